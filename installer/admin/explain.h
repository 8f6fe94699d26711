/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a node is bound as it is, and what other rules would make of all nodes. Reads only; whoever asks gets a value and
 * the same as text for people.
 */
#pragma once
#include "admin/admin.h"
#include "admin/nodes.h"
#include "data/tree.h"

/* Each rule of the site against N's inventory: which binds, which also matches, why the others do not. *RET is A's. */
MUST_CHECK int explain_node(struct admin *ad, const struct node *n, struct arena *a, struct tree **ret, struct error *err);
/*
 * What the rules of CANDIDATE would make of every known node, beside what it is. Nothing changes. *RET_LOST, if not NULL,
 * is the first node whose profile CANDIDATE does not have, or NULL.
 */
MUST_CHECK int explain_rules(struct admin *ad, const struct site *candidate, struct arena *a, struct tree **ret,
			     const char **ret_lost, struct error *err);
