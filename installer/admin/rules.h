/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Late binding: which profile, name and address a discovered machine gets. The first rule whose
 * conditions all hold binds it; a bound node keeps what it got. Decides only; node_apply writes.
 */
#pragma once
#include "admin/nodes.h"
#include "model/site.h"

/* NULL if RULE matches M, else why not, for people. Pure. */
const char *rule_mismatch(const struct rule *rule, const struct machine *m, struct arena *a);

struct binding {
	const struct profile *profile;
	const char *name, *address, *mac;
	const char *counter; /* name pattern whose sequence advances to .counter_next; NULL = fixed name */
	int64_t counter_next;
};

/*
 * Fills *RET for machine M. BOOT_MAC: the adapter that netbooted, or NULL to guess (link up first).
 * ERR_NOT_FOUND when no rule matches, with each rule's reason; ERR_CONFLICT when names or addresses
 * have run out.
 */
MUST_CHECK int rules_bind(const struct site *site, struct store *st, const struct machine *m,
			  const char *boot_mac, struct arena *a, struct binding *ret, struct error *err);
