/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a recorded tree (see `record`) into files below a directory, for tests that observe it.
 * Anything unexpected ends the program: a test tree is not foreign input.
 */
#pragma once
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

static void tree_die(const char *what, const char *path)
{
	fprintf(stderr, "Bail out! tree: %s: %s: %s\n", what, path, strerror(errno));
	exit(1);
}

static void tree_dirs(const char *path, int above)
{
	char dir[PATH_MAX];
	struct error err;

	snprintf(dir, sizeof(dir), "%s", path);
	if (above)
		*strrchr(dir, '/') = '\0';
	if (make_dirs(dir, 0755, &err))
		tree_die("make", dir);
}

static void tree_put(const char *root, const char *path, const void *data, size_t len,
		     const char *mode)
{
	char full[PATH_MAX];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	tree_dirs(full, 1);
	f = fopen(full, mode);
	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		tree_die("write", full);
}

static void tree_link(const char *root, const char *path, const char *target)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", root, path);
	tree_dirs(full, 1);
	/*
	 * What a link leads to may not have been worth recording: it is a directory all the same.
	 */
	if (symlink(target, full) && errno != EEXIST)
		tree_die("link", full);
	if (access(full, F_OK)) {
		snprintf(full, sizeof(full), "%s%.*s/%s", root, (int)(strrchr(path, '/') - path),
			 path, target);
		if (target[0] != '/')
			tree_dirs(full, 0);
	}
}

static void tree_hex(const char *root, const char *path, const char *hex)
{
	static unsigned char buf[65536];
	size_t n = 0;

	for (; hex[0] && hex[1] && n < sizeof(buf); hex += 2) {
		const char two[3] = { hex[0], hex[1], 0 };

		buf[n++] = (unsigned char)strtoul(two, NULL, 16);
	}
	tree_put(root, path, buf, n, "w");
}

/* TEXT is changed while it is read. */
static inline void tree_make(const char *root, char *text)
{
	char *save = NULL, *file = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *path = line + 2, *space;

		if (line[0] == '\t') {
			tree_put(root, file, line + 1, strlen(line + 1), "a");
			tree_put(root, file, "\n", 1, "a");
			continue;
		}
		space = strchr(path, ' ');
		if (space && line[0] != 'f' && line[0] != 'd')
			*space++ = '\0';
		if (line[0] == 'f') {
			file = path;
			tree_put(root, file, "", 0, "w");
		} else if (line[0] == 'd') {
			char full[PATH_MAX];

			snprintf(full, sizeof(full), "%s%s", root, path);
			tree_dirs(full, 0);
		} else if (line[0] == 'l' && space) {
			tree_link(root, path, space);
		} else if (line[0] == 'x' && space) {
			tree_hex(root, path, space);
		} else if (line[0] != '#') {
			tree_die("line", line);
		}
	}
}

static int tree_remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static inline void tree_remove(const char *root)
{
	nftw(root, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
