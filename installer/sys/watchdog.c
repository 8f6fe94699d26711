/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

enum { MOST = 16 };

/* The name that drivers/watchdog/softdog.c gives itself. */
static const char soft[] = "Software Watchdog";

/* Identity of watchdog N; false if there is none. */
static bool identity(const char *root, int n, char *ret, size_t size, struct arena *a)
{
	return !file_read_line(arena_printf(a, "%s/sys/class/watchdog/watchdog%d/identity", root, n), ret, size);
}

const char *watchdog_hardware(const char *root, struct arena *a)
{
	char name[128];

	for (int i = 0; i < MOST; i++)
		if (identity(root, i, name, sizeof(name), a) && !str_eq(name, soft))
			return arena_strdup(a, name);
	return NULL;
}

int watchdog_trial_end(const char *root, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	char name[128];

	for (int i = 0; i < MOST; i++) {
		const char *path = arena_printf(&a, "%s/dev/watchdog%d", root, i);

		if (!identity(root, i, name, sizeof(name), &a) || !str_eq(name, soft))
			continue;
		AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);

		/* Opening feeds it, and 'V' before closing stops it. */
		if (fd < 0 || write(fd, "V", 1) != 1)
			return error_sys(err, errno, "%s", path);
	}
	return 0;
}
