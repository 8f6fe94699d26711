/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deadlines of states, looked at no more often than they can pass. */
#include "admin/deadlines.h"

#include <stdio.h>

#include "admin/life.h"
#include "admin/nodes.h"
#include "admin/plans.h"

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t late_at(const struct admin *ad, enum node_state state, int64_t since_s, int64_t heard_s, const char **ret_why)
{
	return life_late_at(state, later(since_s, ad->started_s), later(heard_s, ad->started_s), ret_why);
}

static int expire(struct admin *ad, struct node *n, const char *why, int64_t now_s, struct error *err)
{
	struct event_ctx c = { .now_s = now_s };

	c.message = arena_printf(n->arena, "%s: %s", life_states[n->state].name, why);
	c.hint = arena_printf(n->arena, "look at its console, then: fulcrum %s %s",
			      n->state == NODE_LEAVING || n->state == NODE_WIPING ? "wipe" :
			      n->state == NODE_QUEUED || n->state == NODE_TESTING ? "test" : "deploy", node_title(n));
	c.text = c.message;
	/* What hangs a machine is a result. */
	c.outcome = n->state == NODE_TESTING ? "failed" : NULL;
	/* After its tests a node goes on from where it was. */
	return node_apply(ad->store, n, EV_TIMEOUT, &c, err) || node_advance(ad, n, err) ? -1 : 0;
}

/* Node ID looked late; read again, for what happened to another may have moved it. */
static int expire_if_late(struct admin *ad, int64_t id, int64_t now_s, struct arena *a, struct error *err)
{
	struct node *n;
	const char *why;

	if (node_load(ad->store, id, a, &n, err))
		return -1;
	if (!n || late_at(ad, n->state, n->since_s, n->heard_s, &why) > now_s)
		return 0;
	if (expire(ad, n, why, now_s, err))
		return error_wrap(err, "%s", node_title(n));
	return 0;
}

/* Those of STATE; *NEXT_S becomes the soonest deadline of the others, if it is sooner. */
static int sweep(struct admin *ad, enum node_state state, int64_t now_s, int64_t *next_s, struct arena *a, struct error *err)
{
	struct node_times *t;
	const char *why;
	int rc = 0;
	size_t n;

	if (nodes_times(ad->store, state, a, &t, &n, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		int64_t at = late_at(ad, state, t[i].since_s, t[i].heard_s, &why);

		if (at > now_s) {
			if (at < *next_s)
				*next_s = at;
		} else if (expire_if_late(ad, t[i].id, now_s, a, err)) {
			fprintf(stderr, "fulcrumd: %s\n", err->msg);
			rc = -1;
		}
	}
	return rc;
}

void deadlines_run(struct admin *ad, struct deadlines *d, int64_t now_s)
{
	AUTO_ARENA a = ARENA_INIT;
	/* Whatever a node does from here on, no deadline is sooner than the shortest from now: all count from what happens to it. */
	int64_t next_s = now_s + life_shortest_s();
	struct error err;

	if (now_s < d->next_s && now_s >= d->swept_s)
		return;
	for (int s = 0; s < NODE__STATES; s++)
		if (life_is_timed((enum node_state)s) && sweep(ad, (enum node_state)s, now_s, &next_s, &a, &err))
			next_s = now_s + 1;
	d->swept_s = now_s;
	d->next_s = next_s;
}
