/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a wipe does: which disks go as a whole, and how each of them is erased. Pure. */
#pragma once
#include "base/error.h"
#include "model/plan.h"

struct wipe_request {
	const struct machine *machine;
	const char *subject; /* the node */
	const char *seed;    /* of the places that are sampled */
	const struct plan_disk *wanted; /* disks of the plan that the node was deployed by, found again by identity; NULL: all that may be written */
	size_t n_wanted;
};

/*
 * A plan of kind "wipe": an `erase` a disk. ERR_SELECT names every wanted disk that is not there, or not once, and every one
 * that may not be written; or that there is none at all.
 */
MUST_CHECK int plan_wipe(const struct wipe_request *r, struct arena *a, struct plan **ret, struct error *err);
