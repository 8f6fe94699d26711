/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing the networks of a running admin node in a way that locks nobody out: what is applied goes back by itself
 * unless it is confirmed in time. Until then nothing of it is on the disk, so that a power cut goes back, too.
 *
 *   check     what a site file would change
 *   apply     the new networks are up, the old ones are what boots; <run>/network.pending holds file and deadline
 *   confirm   the new site file is the site file
 *   revert    the old ones are up again: a person says so, or network_expire() does after the deadline
 *
 * One at a time: each takes a lock.
 */
#pragma once
#include "admin/netrun.h"

struct network_change {
	struct sys *sys;
	const char *root; /* as in struct netrun */
	struct admin_paths paths;
};

/*
 * Reads and checks FILE against the site file: all findings at once; only `links`, `networks` and `profiles` may differ.
 * Appends what would change to OUT, a line each, with - and +. ERR_SELECT if a port cannot be told.
 */
MUST_CHECK int network_check(const struct network_change *c, const char *file, struct str *out, struct error *err);
/* That, and does it, until confirmed or TIMEOUT_S seconds are over. If it fails the old networks are up again. */
MUST_CHECK int network_apply(const struct network_change *c, const char *file, unsigned int timeout_s, struct str *out, struct error *err);
/* ERR_CONFLICT if nothing waits. */
MUST_CHECK int network_confirm(const struct network_change *c, struct error *err);
MUST_CHECK int network_revert(const struct network_change *c, struct error *err);
/* Reverts what was not confirmed in time; *RET_DONE: something was. */
MUST_CHECK int network_expire(const struct network_change *c, bool *ret_done, struct error *err);
/* The networks that are up, a line each; what waits, and for how long. */
MUST_CHECK int network_show(const struct network_change *c, struct str *out, struct error *err);
/* The site file that holds now: the one that waits to be confirmed, else <data>/site.yaml. */
const char *network_site_path(const struct admin_paths *paths, struct arena *a);
