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
/* The first of SITE's rules that matches M, or NULL. Pure. */
const struct rule *rules_first(const struct site *site, const struct machine *m, struct arena *a);
/* "rule 2 of 7f3a91c2": which, and of which version of the rules. *RET is A's. */
const char *rule_title(const struct site *site, const struct rule *rule, struct arena *a);

/* RULE's roles with commas between, "" for none. *RET is A's. */
const char *rule_roles(const struct rule *rule, struct arena *a);

enum { RULES_SHORT = 8 };
/* The first digits of a hash over all rules as they mean: a version that two people can compare. Pure. */
void rules_version(const struct site *site, char ret[RULES_SHORT + 1]);

struct binding {
	const struct rule *rule;
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
