/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the files of this room share the observation of disks: what a disk is (disks.c), what uses it
 * (uses.c), where it is attached (place.c), which of them are one disk or cannot be told apart
 * (paths.c), what LVM and md say of it (storage.c).
 */
#pragma once
#include "model/machine.h"
#include "sys/host.h"
#include "sys/sys.h"

/* --- uses.c */

struct uses {
	struct use *items;
	size_t n;
};

/* Everything that is mounted, swapped to or looped on this machine. */
void uses_read(const struct host *h, struct uses *ret);
/* Sets holders and in_use of D, whose sysfs directory is DIR. */
void uses_of(const struct host *h, const struct uses *u, const char *dir, struct disk *d);

/* --- place.c */

/*
 * The sysfs path of disk NAME, without the root. An NVMe namespace that several controllers may
 * share stands under none of them: then it is the first controller's. NULL when there is no such
 * disk.
 */
const char *place_path(const struct host *h, const char *name);
/* Sets topology, pci and bus of D, which is at PATH. */
void place_find(const struct host *h, const char *path, struct disk *d);

/* --- paths.c */

/* What was learned of a disk besides its members: only needed while paths are told from clones. */
struct seen_disk {
	struct disk disk;
	const char *subsystem; /* NVMe: name of its subsystem, or NULL */
	bool answered;	       /* it could be read, or nobody tried */
};

/*
 * Folds the N disks of SEEN into M->disks: several paths to one disk become one, and disks that
 * nothing tells apart are marked as in use, all of them.
 */
void paths_fold(struct seen_disk *seen, size_t n, struct arena *a, struct machine *m);

/* --- storage.c */

/* Fills groups and arrays of M from what its disks carry; activates nothing, and cannot fail. */
void observe_storage(struct sys *sys, struct arena *a, struct machine *m);
