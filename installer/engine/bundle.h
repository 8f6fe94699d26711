/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bundle: one tar file with all that is known of a run, for somebody who was not there. It holds no secret, and
 * making it changes nothing on the disks of the machine: it goes to a volume that is there for such things.
 */
#pragma once
#include "base/error.h"
#include "model/machine.h"
#include "model/plan.h"
#include "sys/sys.h"

struct bundle {
	const struct machine *machine;	/* NULL: not known */
	const struct plan *plan;	/* NULL: none was made */
	const char *site_text;		/* NULL: none was found */
	const struct error *error;	/* NULL: none */
	const char *journal, *progress; /* files */
	int64_t now_s;
};

/* "fulcrum-bundle-20261124-164100", the tar's name without its end and the directory in it. */
const char *bundle_name(const struct bundle *b, struct arena *a);
/*
 * The whole tar into RET. Cannot fail: what cannot be read is told in its README. Every secret of the site file is
 * taken out of every file of it.
 */
void bundle_make(struct sys *sys, const struct bundle *b, struct str *ret);

struct bundle_target {
	const char *dev, *type; /* block device, file system */
	const char *what;	/* for people */
};

/*
 * Where a bundle may go, best first: FAT and ext4 volumes labelled FULCRUM-CFG, then those on removable and USB disks. Never
 * a disk that PLAN (may be NULL) writes to, one that is in use (as the boot medium is), or one that is read-only. Returns
 * how many; *RET is in A.
 */
size_t bundle_targets(const struct machine *m, const struct plan *plan, struct arena *a, struct bundle_target **ret);
/*
 * Saves TAR as NAME.tar on the first of the targets that takes it, mounted below MOUNT_DIR for that alone. Nothing is
 * formatted, deleted or overwritten but an earlier bundle of the same second. *RET_WHERE, in A, says where it is, for
 * people. ERR_NOT_FOUND when there is no such volume, with what to plug in.
 */
MUST_CHECK int bundle_save(struct sys *sys, const struct bundle *b, const struct str *tar, const char *mount_dir, struct arena *a,
			   const char **ret_where, struct error *err);
