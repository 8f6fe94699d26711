/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EFI system partitions, compared by digests of the files that start it, as ops/boot.c writes them. */
#include "agent/esps.h"

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/hash.h"
#include "base/str.h"

enum { FILE_MAX = 16 << 20, TABLE_MAX = 1 << 20 };

static const char *const files[] = { "EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/grubx64.efi", "EFI/debian/grub.cfg" };

struct esp {
	const char *serial;
	char digests[ARRAY_LEN(files)][HASH_HEX];
};

/*
 * Where the device is mounted, or NULL. A line of mountinfo (proc_pid_mountinfo(5)) is: id, parent, major:minor, root,
 * mount point, ... A file system that is mounted for writing cannot be mounted read-only beside that.
 */
static const char *mounted_at(struct sys *sys, dev_t dev, struct arena *a)
{
	const char *wanted = arena_printf(a, "%u:%u", major(dev), minor(dev));
	AUTO_STR text = STR_INIT;
	struct error ignored;
	char *save = NULL;

	if (sys->ops->read_file(sys, "/proc/self/mountinfo", TABLE_MAX, &text, &ignored))
		return NULL;
	for (char *line = text.s ? strtok_r(text.s, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		char device[32], root[8], at[256];

		if (sscanf(line, "%*s %*s %31s %7s %255s", device, root, at) == 3 && str_eq(device, wanted) && str_eq(root, "/"))
			return arena_strdup(a, at);
	}
	return NULL;
}

static int read_files(struct sys *sys, const char *at, struct esp *e, struct arena *a, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO_STR bytes = STR_INIT;

		if (sys->ops->read_file(sys, arena_printf(a, "%s/%s", at, files[i]), FILE_MAX, &bytes, err))
			return error_wrap(err, "%s", e->serial);
		hash_buffer(str_text(&bytes), bytes.len, e->digests[i]);
	}
	return 0;
}

static int read_esp(struct sys *sys, const char *device, dev_t dev, const char *dir, struct esp *e, struct arena *a,
		    struct error *err)
{
	const char *at = mounted_at(sys, dev, a);
	struct error ignored;
	int rc;

	if (at)
		return read_files(sys, at, e, a, err);
	if (sys->ops->make_dirs(sys, dir, 0700, err) ||
	    sys->ops->mount(sys, device, dir, "vfat", MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOEXEC, NULL, err))
		return error_wrap(err, "%s", e->serial);
	rc = read_files(sys, dir, e, a, err);
	if (sys->ops->umount(sys, dir, rc ? &ignored : err))
		return rc ? rc : error_wrap(err, "%s", e->serial);
	return rc;
}

static const char *difference(const struct esp *first, const struct esp *e, struct arena *a)
{
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (strcmp(first->digests[i], e->digests[i]) != 0)
			return arena_printf(a, "%s differs from %s in %s", e->serial, first->serial, files[i]);
	return NULL;
}

const char *esps_seen(struct sys *sys, const char *serials, const char *by_uuid, const char *dir, struct arena *a)
{
	struct esp first = { .serial = NULL };
	char *save = NULL, *list = arena_strdup(a, serials ? serials : "");

	for (char *serial = strtok_r(list, ",", &save); serial; serial = strtok_r(NULL, ",", &save)) {
		const char *device = arena_printf(a, "%s/%s", by_uuid, serial), *differs;
		struct esp e = { .serial = serial };
		struct error err;
		struct stat st;

		if (stat(device, &st)) /* with its disk */
			continue;
		if (read_esp(sys, device, st.st_rdev, dir, &e, a, &err))
			return arena_strdup(a, err.msg);
		differs = first.serial ? difference(&first, &e, a) : NULL;
		if (differs)
			return differs;
		if (!first.serial)
			first = e;
	}
	return first.serial ? "in step" : "none is there";
}
