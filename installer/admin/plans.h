/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes a node as far as it can go without anybody's word: binds it, plans it, and approves the plan
 * if the operator's intent or the policy allows that. What stops it is kept on the node for people.
 */
#pragma once
#include "admin/admin.h"
#include "admin/nodes.h"
#include "model/plan.h"

/*
 * Fails only when the store does; a rule that does not match or a plan that is refused is no failure
 * but the node's message. An operator's intent that the planning refuses is spent by that.
 */
MUST_CHECK int node_advance(struct admin *ad, struct node *n, struct error *err);
/* Makes the plan of N, which nobody approved yet, anew; nothing for a node in another state. */
MUST_CHECK int node_replan(struct admin *ad, struct node *n, struct error *err);
/* N's last inventory. *RET is A's. */
MUST_CHECK int node_inventory(struct admin *ad, const struct node *n, struct arena *a, struct machine **ret, struct error *err);
/* The stored plan of AT. */
MUST_CHECK int attempt_plan(const struct attempt *at, struct arena *a, struct plan **ret, struct error *err);
/* What P does with an image, or NULL. */
const struct op_image *plan_image(const struct plan *p);
/* The FAT serial of PLAN's ESP, or NULL: local boot finds the disk by it. */
const char *plan_esp_serial(const struct plan *p);
/* What must be seen on the running system that PLAN deployed. */
MUST_CHECK int node_checks(const struct admin *ad, const struct plan *p, struct arena *a,
			   struct check **ret, size_t *ret_n, struct error *err);
