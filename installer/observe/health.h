/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What disks say of their own health, by smartctl(8): NVMe, ATA and SCSI each have their own words for it. */
#pragma once
#include "model/machine.h"
#include "sys/sys.h"

/*
 * Asks M's disks, one after the other: those that could not be read, that sleep, or that are not on NVMe, SATA, SAS or SCSI
 * are left alone. 10 s a disk, 60 s in all. Changes nothing on them; cannot fail.
 */
void observe_health(struct sys *sys, struct arena *a, struct machine *m);
/* Output of `smartctl --json` with -H and -A. -1 if it is none, or knows nothing of the disk's health. Pure. */
MUST_CHECK int smartctl_read(const char *text, size_t len, struct arena *a, struct disk_health *ret);
