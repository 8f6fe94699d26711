/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading /sys and /proc below a root. What is not there is NULL, false or 0: hardware leaves out a
 * lot.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

struct host {
	const char *root;
	struct arena *a;
};

/* The first line, cleaned; NULL when there is no such file or it is empty. */
const char *host_text(const struct host *h, const char *fmt, ...) PRINTF(2, 3);
/* A number, decimal or 0x... */
bool host_u64(const struct host *h, uint64_t *ret, const char *fmt, ...) PRINTF(3, 4);
bool host_exists(const struct host *h, const char *fmt, ...) PRINTF(2, 3);
/* At most MAX bytes of a file of any content; 0 when it is not there. */
size_t host_bytes(const struct host *h, unsigned char *ret, size_t max, const char *path);
/* The whole text of a file, "" when it is not there. */
void host_file(const struct host *h, struct str *ret, const char *path);
/* The path that links lead to, without the root; NULL when it is not there. */
const char *host_real(const struct host *h, const char *fmt, ...) PRINTF(2, 3);
/* The last component of where a link points; NULL when it is none. */
const char *host_link_name(const struct host *h, const char *fmt, ...) PRINTF(2, 3);
/*
 * Names in a directory, without those that begin with a dot, in natural order: sda, sdb, ..., sdaa.
 */
const char **host_list(const struct host *h, size_t *ret_n, const char *fmt, ...) PRINTF(3, 4);
/* The last PCI function in a sysfs path, or NULL. */
const char *host_pci(const struct host *h, const char *sysfs_path);
/* What an unprivileged program could still write on the file system with PATH, bytes. */
MUST_CHECK int host_free_bytes(const char *path, uint64_t *ret, struct error *err);
