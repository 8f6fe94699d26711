/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who a disk is, as the kernel says it. One reading for observing and for the guards, so that what a
 * plan names and what is compared before a write cannot drift apart.
 */
#pragma once
#include "sys/host.h"

/*
 * Serial number and worldwide name of the block device whose sysfs directory is DIR ("/sys/block/sda")
 * and whose device path is PATH ("/sys/devices/.../block/sda"); both below H's root. NULL: it has none,
 * or a placeholder that many have.
 */
void disk_identity(const struct host *h, const char *dir, const char *path, const char **ret_serial,
		   const char **ret_wwn);
