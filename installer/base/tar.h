/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a tar archive in memory: POSIX.1-1988 ustar, regular files only, so that every tar reads it. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/*
 * Appends a file of mode 0600 to OUT. NAME has less than 100 bytes, without a leading slash; longer ones are cut. MTIME
 * in seconds since 1970, 0 if before.
 */
void tar_add(struct str *out, const char *name, const void *data, size_t len, int64_t mtime);
/* The two empty blocks that end an archive. */
void tar_end(struct str *out);
