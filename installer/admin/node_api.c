/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the operator may ask of a node besides a deploy: why it is what it is, another binding, its checks again, its end;
 * and of all: other rules, and a signed report of what was checked.
 */
#include <string.h>

#include "admin/api.h"
#include "admin/effects.h"
#include "admin/explain.h"
#include "admin/nodes.h"
#include "admin/plans.h"
#include "admin/recorder.h"
#include "admin/rules.h"
#include "admin/site_change.h"
#include "base/clock.h"
#include "data/json.h"

int op_find(struct admin *ad, const struct api_request *rq, struct node **ret, struct error *err)
{
	if (node_find(ad->store, rq->arg, rq->arena, ret, err))
		return -1;
	if (!*ret) {
		error_set(err, ERR_NOT_FOUND, "there is no node \"%.80s\"", rq->arg);
		return error_hint(err, "`fulcrum node list` shows all");
	}
	return 0;
}

static int answer_node(struct api_answer *as, const struct node *n, const char *text, struct arena *a)
{
	struct tree *t = tree_new(a, TREE_MAP);

	tree_add(a, t, "node", tree_string(a, node_title(n)));
	tree_add(a, t, "state", tree_string(a, life_states[n->state].name));
	tree_add(a, t, "text", tree_string(a, text));
	api_json(as, t);
	return 0;
}

int op_explain(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct tree *t;
	struct node *n;

	if (op_find(ad, rq, &n, err) || explain_node(ad, n, rq->arena, &t, err))
		return -1;
	api_json(as, t);
	return 0;
}

static int set_lock(struct admin *ad, const struct api_request *rq, bool locked, struct api_answer *as, struct error *err)
{
	struct node *n;

	if (op_find(ad, rq, &n, err))
		return -1;
	if (locked && !n->name) {
		error_set(err, ERR_CONFLICT, "%s has no binding that could be locked", node_title(n));
		return error_hint(err, "see: fulcrum explain %s", node_title(n));
	}
	if (node_lock(ad->store, n, locked, err))
		return -1;
	return answer_node(as, n, locked ? "its binding is locked" : "its binding may change", rq->arena);
}

int op_lock(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	return set_lock(ad, rq, true, as, err);
}

int op_unlock(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	return set_lock(ad, rq, false, as, err);
}

/* EV for the node, if its state knows it; HINT says what to do where not. */
static int move(struct admin *ad, const struct api_request *rq, enum node_event ev, const char *hint, struct node **ret,
		struct error *err)
{
	struct event_ctx c = { .now_s = clock_real_s() };

	if (op_find(ad, rq, ret, err))
		return -1;
	if (!life_find((*ret)->state, ev)) {
		error_set(err, ERR_CONFLICT, "%s is %s: %s has no meaning now", node_title(*ret), life_states[(*ret)->state].name,
			  life_event_names[ev]);
		return error_hint(err, "%s", hint);
	}
	return node_apply(ad->store, *ret, ev, &c, err);
}

int op_rebind(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct node *n;

	if (move(ad, rq, EV_REBIND, "one with a system of its own is released first: fulcrum node release NODE", &n, err) ||
	    node_advance(ad, n, err))
		return -1;
	return answer_node(as, n, n->message ? n->message : n->name ? arena_printf(rq->arena, "by %s", n->rule) : "no rule binds it",
			   rq->arena);
}

int op_release(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct node *n;

	if (move(ad, rq, EV_RELEASE, "wait until it is ready or failed", &n, err))
		return -1;
	return answer_node(as, n, "out of use, its disks as they were; fulcrum node rebind takes it back, fulcrum node delete forgets it",
			   rq->arena);
}

int op_delete(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct node *n;

	if (op_find(ad, rq, &n, err))
		return -1;
	if (life_states[n->state].boot == BOOT_LOCAL) {
		error_set(err, ERR_CONFLICT, "%s is %s: it is in use", node_title(n), life_states[n->state].name);
		return error_hint(err, "release it first: fulcrum node release %s", node_title(n));
	}
	if (node_delete(ad->store, n, err) || effects_sweep(ad, err))
		return -1;
	recorder_forget(ad, n);
	return answer_node(as, n, "forgotten; a machine that comes back is a new one", rq->arena);
}

int op_bundle(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct tree *t;
	struct node *n;

	if (op_find(ad, rq, &n, err) || recorder_bundle(ad, n, rq->arena, &t, err))
		return -1;
	api_json(as, t);
	return 0;
}

int op_verify(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct node *n;

	if (move(ad, rq, EV_VERIFY, "only what was ready once is checked again", &n, err))
		return -1;
	return answer_node(as, n, "its system is asked at its next poll", rq->arena);
}

/* --- rules */

int op_rules(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct tree *t;

	if (explain_rules(ad, ad->site, rq->arena, &t, NULL, err))
		return -1;
	api_json(as, t);
	return 0;
}

static int change_rules(struct admin *ad, const struct api_request *rq, bool apply, struct api_answer *as, struct error *err)
{
	struct tree *t;

	if (site_change(ad, rq->body, rq->body_len, apply, rq->arena, &t, err))
		return -1;
	tree_add(rq->arena, t, "applied", tree_bool(rq->arena, apply));
	api_json(as, t);
	return 0;
}

int op_rules_check(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	return change_rules(ad, rq, false, as, err);
}

int op_rules_apply(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	return change_rules(ad, rq, true, as, err);
}

/* --- a report to carry away */

static int report_node(struct admin *ad, const struct node *n, struct arena *a, struct tree *list, struct error *err)
{
	struct tree *t = tree_new(a, TREE_MAP), *checks = NULL;
	struct attempt *at;
	struct error bad;

	if (attempt_find(ad->store, n->installed, a, &at, err))
		return -1;
	if (at && at->results)
		checks = json_parse("results", at->results, strlen(at->results), a, &bad);
	tree_add(a, t, "node", tree_string(a, node_title(n)));
	tree_add(a, t, "state", tree_string(a, life_states[n->state].name));
	tree_add(a, t, "since_s", tree_i64(a, n->since_s));
	tree_add(a, t, "heard_s", tree_i64(a, n->heard_s));
	if (at && at->plan_hash)
		tree_add(a, t, "plan", tree_string(a, at->plan_hash));
	if (n->message)
		tree_add(a, t, "message", tree_string(a, n->message));
	tree_add(a, t, "checks", checks ? checks : tree_new(a, TREE_NULL));
	tree_push(a, list, t);
	return 0;
}

int op_report(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct arena *a = rq->arena;
	struct tree *report = tree_new(a, TREE_MAP), *list = tree_new(a, TREE_SEQ), *t;
	struct node *nodes;
	size_t n;

	if (nodes_all(ad->store, a, &nodes, &n, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (report_node(ad, &nodes[i], a, list, err))
			return -1;
	tree_add(a, report, "site", tree_string(a, ad->site->site));
	tree_add(a, report, "time_s", tree_i64(a, clock_real_s()));
	tree_add(a, report, "release", ad->catalog ? tree_string(a, ad->catalog->build_id) : tree_new(a, TREE_NULL));
	tree_add(a, report, "nodes", list);
	if (api_signed(ad, "report", report, a, &t, err))
		return -1;
	api_json(as, t);
	return 0;
}
