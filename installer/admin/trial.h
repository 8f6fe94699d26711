/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The admin node's two releases, seen from the one that runs: which it is, whether it is on trial, keeping it or going
 * back. Writing a release into the other slot is not done here (engine/update.h). What the boot loader goes by is on the
 * ESP (data/grubenv.h); what people are told is kept in update.json beside the site file.
 *
 * What is served follows the slot: the release that starts makes seed/current its own.
 */
#pragma once
#include "admin/admin.h"
#include "sys/sys.h"

/* A release on trial gives up so long before the kernel's own clock restarts the machine. */
enum { TRIAL_SPARE_S = 20 };

struct trial {
	struct sys *sys;
	const char *root; /* prefix of /proc, /sys and /dev: "" except in tests */
	struct admin_paths paths;
};

/*
 * At start, after the data file system was mounted and before services: makes what is served the running release's, and
 * ends the trial of one that was given up, with its database if that cannot be read. Troubles are appended to WARNINGS.
 * May be repeated, also after a power cut.
 */
void trial_settle(const struct trial *t, struct str *warnings);
/* Seconds from the kernel's start that the running release has to prove itself; 0: it is not on trial. */
unsigned int trial_seconds(const struct trial *t);
/* The running release is the good one from now on. */
MUST_CHECK int trial_confirm(const struct trial *t, struct error *err);
/* Ends a trial because of WHY and restarts into the release before. ERR_CONFLICT if there is none. */
MUST_CHECK int trial_give_up(const struct trial *t, const char *why, struct error *err);
/*
 * By hand, back to the release in the other slot, and restarts. Refused while that would not read the database, unless
 * OLD_DATABASE: then it gets the copy from before it was migrated, and what happened since is lost.
 */
MUST_CHECK int trial_rollback(const struct trial *t, bool old_database, struct error *err);
/* For people, to OUT. */
MUST_CHECK int trial_status(const struct trial *t, struct str *out, struct error *err);
/* Name of the running release: release.json of the slot. NULL if it has none. */
const char *trial_release(const struct trial *t, struct arena *a);
