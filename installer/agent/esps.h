/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether all EFI system partitions of this system start the same: on a set of disks any of them may be the one that the
 * firmware finds. One that is not there (a mirror that lost a disk) is no difference.
 */
#pragma once
#include "base/arena.h"
#include "sys/sys.h"

/*
 * SERIALS: FAT serials as libblkid writes them, with commas between. BY_UUID: the directory of links to devices by them. One
 * that is not mounted is mounted read-only at DIR for as long as it is read. Returns "in step", or what is different, in A.
 */
const char *esps_seen(struct sys *sys, const char *serials, const char *by_uuid, const char *dir, struct arena *a);
