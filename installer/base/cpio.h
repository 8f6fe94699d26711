/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a cpio archive in memory, in the format "newc" that the kernel unpacks as its early user space
 * (Documentation/driver-api/early-userspace/buffer-format.rst).
 */
#pragma once
#include <stddef.h>
#include <sys/types.h>

#include "base/str.h"

/* Appends a file or directory of root's to OUT, which holds this archive alone. MODE with its type (stat(2)); NAME without a leading slash. */
void cpio_add(struct str *out, const char *name, mode_t mode, const void *data, size_t len);
void cpio_end(struct str *out);
