/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Planning: a pure function of what is wanted, what was observed and what there is to install.
 * Nothing here can reach the world; sys/ and observe/ are not linked into its tests.
 */
#pragma once
#include "base/error.h"
#include "model/catalog.h"
#include "model/plan.h"

struct plan_request {
	const struct site *site;
	const struct machine *machine;
	const struct catalog *catalog;
	const char *site_text; /* admin: the site file, which the installed node keeps */
	const char *seed; /* hex; ids of this install are made of it */
	bool reinstall;	  /* plan also when the machine already is as wanted */
	bool full;	  /* write the whole image, also where only a part differs */
	const char *const *wipe; /* further consents, by disk_id (operator) */
	size_t n_wipe;
	const char *own_goal; /* GUID of our earlier deployment of this node, whose destruction is consented; or NULL */
};

/* What a `wipe:` must say to give D of M away: its serial, or where that is not D's alone its WWN or place. Never NULL. */
const char *plan_consent_name(const struct machine *m, const struct disk *d);
/* The admin node's own installation. Errors: ERR_SELECT with the table of candidates, ERR_REFUSED, ERR_INPUT (too small, with the sum). */
MUST_CHECK int plan_admin(const struct plan_request *r, struct arena *a, struct plan **ret, struct error *err);
/* A node's, from its profile and identity. */
MUST_CHECK int plan_node(const struct plan_request *r, const struct profile *profile,
			 const struct identity *who, struct arena *a, struct plan **ret, struct error *err);
