/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that stand on a disk and that this program can take down again: md arrays and device-mapper maps (LVM,
 * dm-crypt, multipath, partitions of maps). What they are comes from sysfs: Documentation/ABI/stable/sysfs-block
 * ("holders", "slaves"), testing/sysfs-block-dm, admin-guide/md.rst.
 */
#pragma once
#include "sys/host.h"

struct holder {
	const char *name;   /* the kernel's: "dm-3", "md127" */
	const char *mapped; /* its name below /dev/mapper; NULL for an array */
};

/* "LVM vg0-root", "crypt x", "multipath mpatha", "raid1", "inactive"; NULL if NAME is nothing that can be taken down. */
const char *holder_kind(const struct host *h, const char *name);
/*
 * All that stands on the block device at DIR of sysfs and on its partitions, however far up, in the order in which
 * it has to go: what stands on another comes before it, nothing twice. *RET_FOREIGN (may be NULL) is the first
 * that is neither md nor device mapper, or NULL.
 */
const struct holder *holders_list(const struct host *h, const char *dir, size_t *ret_n, const char **ret_foreign);
