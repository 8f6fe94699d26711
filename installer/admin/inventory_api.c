/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operator may ask about inventories. */
#include <string.h>

#include "admin/api.h"
#include "admin/history.h"
#include "admin/identity.h"
#include "admin/inventory_api.h"
#include "base/clock.h"

enum { CHANGES_MAX = 500 };

int op_node_history(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct arena *a = rq->arena;
	struct tree *t = tree_new(a, TREE_MAP), *list = tree_new(a, TREE_SEQ);
	struct change *changes;
	struct node *n;
	size_t count;

	if (op_find(ad, rq, &n, err) || history_list(ad->store, n->id, CHANGES_MAX, a, &changes, &count, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct tree *c = tree_new(a, TREE_MAP);

		tree_add(a, c, "time", api_time(a, changes[i].time_s));
		tree_add(a, c, "what", tree_string(a, changes[i].what));
		if (changes[i].was)
			tree_add(a, c, "was", tree_string(a, changes[i].was));
		if (changes[i].became)
			tree_add(a, c, "is", tree_string(a, changes[i].became));
		tree_push(a, list, c);
	}
	tree_add(a, t, "node", tree_string(a, node_title(n)));
	tree_add(a, t, "changes", list);
	api_json(as, t);
	return 0;
}

int inventory_add_held(struct admin *ad, struct arena *a, struct tree *t, struct error *err)
{
	struct tree *list = tree_new(a, TREE_SEQ);
	struct held *held;
	size_t n;

	if (identity_held(ad->store, clock_real_s(), a, &held, &n, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct tree *h = tree_new(a, TREE_MAP);

		tree_add(a, h, "machine", tree_string(a, held[i].label));
		tree_add(a, h, "since", api_time(a, held[i].first_s));
		tree_add(a, h, "last", api_time(a, held[i].last_s));
		tree_add(a, h, "message", tree_string(a, held[i].reason));
		if (!str_empty(held[i].hint))
			tree_add(a, h, "hint", tree_string(a, held[i].hint));
		tree_push(a, list, h);
	}
	if (n)
		tree_add(a, t, "held", list);
	return 0;
}
