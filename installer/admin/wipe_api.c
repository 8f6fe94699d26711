/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operator may ask of wipes: what one would be, that it happens, and the certificates. */
#include <string.h>

#include "admin/api.h"
#include "admin/wipes.h"
#include "base/clock.h"
#include "data/json.h"

struct wipe_wanted {
	const char *plan_hash;
	bool all_disks;
};
static const struct field wanted_fields[] = {
	FIELD_STRING(struct wipe_wanted, plan_hash, 0, "do it by this plan; its first 8 digits suffice; without: only show it"),
	FIELD_BOOL(struct wipe_wanted, all_disks, 0, "not only the disks that it was deployed on"),
};
static const struct schema wanted_schema = SCHEMA("wipe", struct wipe_wanted, wanted_fields, "a wipe is wanted, or to be shown");

static int check_possible(const struct node *n, struct error *err)
{
	if (life_find(n->state, EV_WIPE))
		return 0;
	error_set(err, ERR_CONFLICT, "%s is %s: it cannot be wiped now", node_title(n), life_states[n->state].name);
	return error_hint(err, "wait until it is ready or failed; what is under way: fulcrum node events %s", node_title(n));
}

static int show(const struct node *n, const struct wipe_wanted *w, const struct plan *p, const char *hash, struct arena *a,
		struct api_answer *as)
{
	struct tree *t = tree_new(a, TREE_MAP);
	AUTO_STR text = STR_INIT;

	plan_text(p, &text);
	str_addf(&text, "wipe with: fulcrum wipe %s%s --plan %.*s\n", node_title(n), w->all_disks ? " --all-disks" : "", PLAN_SHORT, hash);
	tree_add(a, t, "node", tree_string(a, node_title(n)));
	tree_add(a, t, "state", tree_string(a, life_states[n->state].name));
	tree_add(a, t, "hash", tree_string(a, arena_strdup(a, hash)));
	tree_add(a, t, "text", tree_string(a, arena_strdup(a, str_text(&text))));
	tree_add(a, t, "plan", plan_write(p, a));
	api_json(as, t);
	return 0;
}

static int carry_out(struct admin *ad, struct node *n, const struct plan *p, const char *hash, struct api_answer *as, struct error *err)
{
	struct event_ctx c = { .now_s = clock_real_s(), .plan_hash = hash };
	bool own_system = n->life == LIFE_DISK;
	struct tree *t = tree_new(n->arena, TREE_MAP);
	struct arena *a = n->arena;
	AUTO_STR json = STR_INIT;

	plan_json(p, &json);
	c.plan = str_text(&json);
	c.text = arena_printf(a, "wipe %.*s of %zu disk%s: the operator said so", PLAN_SHORT, hash, p->n_disks, p->n_disks == 1 ? "" : "s");
	if (node_apply(ad->store, n, EV_WIPE, &c, err))
		return -1;
	tree_add(a, t, "node", tree_string(a, node_title(n)));
	tree_add(a, t, "state", tree_string(a, life_states[n->state].name));
	tree_add(a, t, "plan_hash", tree_string(a, arena_strdup(a, hash)));
	tree_add(a, t, "text", tree_string(a, own_system ? "it is told to netboot; its disks are as they are until the agent has claimed the wipe" :
							   "the agent takes the wipe at its next poll"));
	api_json(as, t);
	return 0;
}

int op_wipe(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct wipe_wanted w = { 0 };
	struct arena *a = rq->arena;
	char hash[HASH_HEX];
	struct node *n;
	struct plan *p;

	if (op_find(ad, rq, &n, err))
		return -1;
	if (rq->body_len && field_from_json(&wanted_schema, "request", rq->body, rq->body_len, &w, a, err))
		return -1;
	if ((w.plan_hash && api_check_hash(w.plan_hash, err)) || check_possible(n, err) || wipe_plan(ad, n, w.all_disks, a, &p, err))
		return -1;
	plan_hash(p, hash);
	if (!w.plan_hash)
		return show(n, &w, p, hash, a, as);
	if (str_starts(hash, w.plan_hash))
		return carry_out(ad, n, p, hash, as, err);
	error_set(err, ERR_CHANGED, "the wipe of %s is %.*s now, not %.*s", node_title(n), PLAN_SHORT, hash, PLAN_SHORT, w.plan_hash);
	return error_hint(err, "read it again: fulcrum wipe %s%s", node_title(n), w.all_disks ? " --all-disks" : "");
}

int op_wipes(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct tree *t = tree_new(rq->arena, TREE_MAP), *list = tree_new(rq->arena, TREE_SEQ);
	struct arena *a = rq->arena;
	struct wipe *wipes;
	size_t n;

	if (wipes_all(ad->store, a, &wipes, &n, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct tree *w = tree_new(a, TREE_MAP);

		tree_add(a, w, "number", tree_i64(a, wipes[i].id));
		tree_add(a, w, "node", tree_string(a, wipes[i].title));
		tree_add(a, w, "label", tree_string(a, wipes[i].label));
		tree_add(a, w, "ended", api_time(a, wipes[i].ended_s));
		tree_add(a, w, "plan", tree_string(a, wipes[i].plan_hash));
		tree_push(a, list, w);
	}
	tree_add(a, t, "wipes", list);
	api_json(as, t);
	return 0;
}

int op_certificate(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct wipe *w;

	if (wipe_find(ad->store, rq->arg, rq->arena, &w, err))
		return -1;
	if (!w) {
		error_set(err, ERR_NOT_FOUND, "nothing that is called \"%.80s\" was wiped", rq->arg);
		return error_hint(err, "`fulcrum wipe list` shows all certificates");
	}
	/* As it was signed and kept. */
	as->type = "application/json";
	str_add(&as->body, w->certificate);
	str_addc(&as->body, '\n');
	return 0;
}
