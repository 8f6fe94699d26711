/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File descriptors with a scope, whole-file reads, and writes that leave the old file or the new. */
#pragma once
#include <stddef.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/str.h"

#define AUTO_FD CLEANUP(fd_close) int

void fd_close(int *fd);	 /* closes unless negative; sets -1 */
int fd_take(int *fd);	 /* gives the descriptor away: returns it and sets -1 */
/* Whole of PATH, at most MAX bytes (more is an error), into RET (appended). */
MUST_CHECK int file_read(const char *path, size_t max, struct str *ret, struct error *err);
/* First line of a small file without its newline; *RET is "" if there is none. -errno on failure. */
MUST_CHECK int file_read_line(const char *path, char *ret, size_t size);
MUST_CHECK int fd_write_all(int fd, const void *data, size_t len, struct error *err);
/* Replace PATH with DATA through a temporary beside it, rename and fsync: old or new, never half. */
MUST_CHECK int file_replace(const char *path, const void *data, size_t len, mode_t mode,
			    struct error *err);
/* mkdir -p; existing directories are fine. */
MUST_CHECK int make_dirs(const char *path, mode_t mode, struct error *err);
