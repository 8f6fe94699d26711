/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the operator may see and ask, and what anybody may: the boot scripts and a status without
 * secrets. Answers are made from the store at the moment of asking; nothing is kept here.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "admin/api.h"
#include "admin/bootconf.h"
#include "admin/checks.h"
#include "admin/identity.h"
#include "admin/inventory_api.h"
#include "admin/nodes.h"
#include "admin/plans.h"
#include "admin/state.h"
#include "base/clock.h"
#include "data/json.h"

enum { EVENTS_MAX = 500 };

int api_boot_grub(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	char mac[18];

	if (mac_parse(rq->arg, mac))
		return error_set(err, ERR_INPUT, "\"%.40s\" is no MAC address", rq->arg);
	as->type = "text/plain";
	return bootconf_grub(ad, mac, rq->arena, &as->body, err);
}

/* --- pieces */

struct tree *api_time(struct arena *a, int64_t s)
{
	char text[21];

	clock_text(s, text);
	return tree_string(a, text[0] ? arena_strdup(a, text) : NULL);
}

static void add_text(struct arena *a, struct tree *t, const char *key, const char *text)
{
	if (!str_empty(text))
		tree_add(a, t, key, tree_string(a, arena_strdup(a, text)));
}

/* Progress exists while it writes, and after that until the node is ready. */
static int add_progress(struct admin *ad, const struct node *n, struct arena *a, struct tree *t,
			struct error *err)
{
	struct attempt *at;

	if (n->state != NODE_DEPLOYING && n->state != NODE_DEPLOYED && n->state != NODE_VERIFYING &&
	    n->state != NODE_FAILED && n->state != NODE_WIPING && n->state != NODE_TESTING)
		return 0;
	if (attempt_find(ad->store, n->attempt, a, &at, err))
		return -1;
	if (!at || (!at->claimed_s && n->state != NODE_WIPING && n->state != NODE_TESTING))
		return 0;
	tree_add(a, t, "percent", tree_u64(a, at->percent));
	add_text(a, t, "op", at->op);
	if ((n->state == NODE_DEPLOYING || n->state == NODE_WIPING || n->state == NODE_TESTING) && at->total) {
		tree_add(a, t, "done", tree_u64(a, at->done));
		tree_add(a, t, "total", tree_u64(a, at->total));
	}
	return 0;
}

static int public_node(struct admin *ad, const struct node *n, struct arena *a, struct tree **ret,
		       struct error *err)
{
	struct tree *t = tree_new(a, TREE_MAP);

	tree_add(a, t, "name", tree_string(a, node_title(n)));
	tree_add(a, t, "state", tree_string(a, life_states[n->state].name));
	tree_add(a, t, "since", api_time(a, n->since_s));
	*ret = t;
	return add_progress(ad, n, a, t, err);
}

static int node_tree(struct admin *ad, const struct node *n, struct arena *a, struct tree **ret,
		     struct error *err)
{
	const char *note = NULL;
	struct tree *t;

	if (public_node(ad, n, a, &t, err) || (!n->message && identity_note(ad->store, n->id, a, &note, err)))
		return -1;
	tree_add(a, t, "heard", api_time(a, n->heard_s));
	add_text(a, t, "profile", n->profile);
	add_text(a, t, "address", n->address);
	add_text(a, t, "mac", n->mac);
	add_text(a, t, "roles", n->roles);
	add_text(a, t, "bound_by", n->rule);
	if (n->locked)
		tree_add(a, t, "locked", tree_bool(a, true));
	tree_add(a, t, "life", tree_string(a, agent_life_names[n->life]));
	tree_add(a, t, "boots", tree_string(a, boot_answer_names[life_states[n->state].boot]));
	tree_add(a, t, "attempt", tree_u64(a, n->attempt));
	tree_add(a, t, "installed", tree_u64(a, n->installed));
	add_text(a, t, "intent", n->intent);
	if (n->intent_full)
		tree_add(a, t, "full", tree_bool(a, true));
	add_text(a, t, "message", n->message ? n->message : note);
	add_text(a, t, "hint", n->hint);
	*ret = t;
	return 0;
}

static struct tree *event_tree(const struct event *e, struct arena *a)
{
	struct tree *t = tree_new(a, TREE_MAP);

	tree_add(a, t, "id", tree_i64(a, e->id));
	tree_add(a, t, "time", api_time(a, e->time_s));
	tree_add(a, t, "node", tree_string(a, e->node));
	tree_add(a, t, "attempt", tree_u64(a, e->attempt));
	tree_add(a, t, "from", tree_string(a, e->from));
	tree_add(a, t, "event", tree_string(a, e->event));
	tree_add(a, t, "to", tree_string(a, e->to));
	tree_add(a, t, "text", tree_string(a, e->text));
	return t;
}

static struct tree *admin_tree(struct admin *ad, bool secrets, struct arena *a)
{
	struct tree *t = tree_new(a, TREE_MAP), *list = tree_new(a, TREE_SEQ);
	struct check_result *r = NULL;
	size_t n = 0;
	bool green = checks_last(ad->checks, a, &r, &n);

	tree_add(a, t, "name", tree_string(a, ad->site->admin.name));
	tree_add(a, t, "address", tree_string(a, ad->network->address));
	if (ad->catalog) {
		tree_add(a, t, "version", tree_string(a, ad->catalog->version));
		tree_add(a, t, "build_id", tree_string(a, ad->catalog->build_id));
	}
	if (secrets)
		tree_add(a, t, "site_key", tree_string(a, ad->site_pub));
	tree_add(a, t, "green", tree_bool(a, green));
	for (size_t i = 0; i < n; i++) {
		struct tree *c = field_write(&check_result_schema, &r[i], false, a);

		tree_push(a, list, c);
	}
	tree_add(a, t, "checks", list);
	return t;
}

static int status_tree(struct admin *ad, bool operator, struct arena *a, struct tree **ret,
		       struct error *err)
{
	struct tree *t = tree_new(a, TREE_MAP), *list = tree_new(a, TREE_SEQ), *counts = tree_new(a, TREE_MAP);
	uint64_t by_state[NODE__STATES] = { 0 };
	struct node *nodes;
	size_t n;

	if (nodes_all(ad->store, a, &nodes, &n, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct tree *node;

		by_state[nodes[i].state]++;
		if (operator ? node_tree(ad, &nodes[i], a, &node, err) : public_node(ad, &nodes[i], a, &node, err))
			return -1;
		tree_push(a, list, node);
	}
	for (int s = 0; s < NODE__STATES; s++)
		if (by_state[s])
			tree_add(a, counts, life_states[s].name, tree_u64(a, by_state[s]));
	tree_add(a, t, "site", tree_string(a, ad->site->site));
	tree_add(a, t, "time", api_time(a, clock_real_s()));
	tree_add(a, t, "admin", admin_tree(ad, operator, a));
	tree_add(a, t, "counts", counts);
	tree_add(a, t, "nodes", list);
	*ret = t;
	return operator ? inventory_add_held(ad, a, t, err) : 0;
}

int api_public_status(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct tree *t;

	if (status_tree(ad, false, rq->arena, &t, err))
		return -1;
	api_json(as, t);
	return 0;
}

int op_status(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct tree *t;

	if (status_tree(ad, true, rq->arena, &t, err))
		return -1;
	api_json(as, t);
	return 0;
}

int op_nodes(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct arena *a = rq->arena;
	struct tree *t = tree_new(a, TREE_MAP), *list = tree_new(a, TREE_SEQ);
	struct node *nodes;
	size_t n;

	if (nodes_all(ad->store, a, &nodes, &n, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct tree *node;

		if (node_tree(ad, &nodes[i], a, &node, err))
			return -1;
		tree_push(a, list, node);
	}
	tree_add(a, t, "nodes", list);
	if (inventory_add_held(ad, a, t, err))
		return -1;
	api_json(as, t);
	return 0;
}

/* --- one node */

/* The attempt whose plan is of interest: the present one's, or what the disk was written by. */
static int plan_attempt(struct admin *ad, const struct node *n, struct arena *a, struct attempt **ret,
			struct error *err)
{
	if (attempt_find(ad->store, n->attempt, a, ret, err))
		return -1;
	if ((!*ret || !(*ret)->plan) && n->installed)
		return attempt_find(ad->store, n->installed, a, ret, err);
	return 0;
}

static struct tree *parsed(const char *name, const char *json, struct arena *a)
{
	struct error ignored;
	struct tree *t = json ? json_parse(name, json, strlen(json), a, &ignored) : NULL;

	return t ? t : tree_new(a, TREE_NULL);
}

int op_node(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct arena *a = rq->arena;
	struct attempt *at, *installed;
	const char *machine;
	struct tree *t;
	struct node *n;

	if (op_find(ad, rq, &n, err) || node_tree(ad, n, a, &t, err) || plan_attempt(ad, n, a, &at, err) ||
	    attempt_find(ad->store, n->installed, a, &installed, err) ||
	    node_machine(ad->store, n, a, &machine, err))
		return -1;
	if (at && at->plan_hash)
		tree_add(a, t, "plan_hash", tree_string(a, at->plan_hash));
	if (installed && installed->results)
		tree_add(a, t, "checks", parsed("results", installed->results, a));
	tree_add(a, t, "machine", parsed("inventory", machine, a));
	api_json(as, t);
	return 0;
}

/* How much of the image is moved, for programs; the plan's text says it to people. */
static struct tree *image_tree(const struct op_image *op, struct arena *a)
{
	struct tree *t = tree_new(a, TREE_MAP);

	tree_add(a, t, "reimage", tree_string(a, op->diff ? "differential" : "full"));
	tree_add(a, t, "image_bytes", tree_u64(a, op->image_bytes));
	tree_add(a, t, "fetch_bytes", tree_u64(a, op->data_bytes));
	tree_add(a, t, "write_bytes", tree_u64(a, op->diff ? op->write_bytes : op->image_bytes));
	return t;
}

int op_plan(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct arena *a = rq->arena;
	AUTO_STR text = STR_INIT;
	struct attempt *at;
	struct tree *t;
	struct node *n;
	struct plan *p;

	if (op_find(ad, rq, &n, err) || plan_attempt(ad, n, a, &at, err))
		return -1;
	if (!at || !at->plan) {
		error_set(err, ERR_CONFLICT, "%s has no plan: it is %s%s%s", node_title(n), life_states[n->state].name,
			  n->message ? ": " : "", n->message ? n->message : "");
		return n->hint ? error_hint(err, "%s", n->hint) : -1;
	}
	if (attempt_plan(at, a, &p, err))
		return -1;
	plan_text(p, &text);
	if (n->state == NODE_PLANNED)
		str_addf(&text, "approve with: fulcrum deploy %s --plan %.*s\n", node_title(n), PLAN_SHORT, at->plan_hash);
	t = tree_new(a, TREE_MAP);
	tree_add(a, t, "node", tree_string(a, node_title(n)));
	tree_add(a, t, "state", tree_string(a, life_states[n->state].name));
	tree_add(a, t, "attempt", tree_u64(a, at->id));
	tree_add(a, t, "hash", tree_string(a, at->plan_hash));
	tree_add(a, t, "text", tree_string(a, arena_strdup(a, str_text(&text))));
	if (plan_image(p))
		tree_add(a, t, "image", image_tree(plan_image(p), a));
	tree_add(a, t, "plan", parsed("plan", at->plan, a));
	api_json(as, t);
	return 0;
}

/* --- deploy */

struct deploy_request {
	const char *plan_hash;
	bool full;
	const char **wipe;
	size_t n_wipe;
};
static const struct field deploy_fields[] = {
	FIELD_STRING(struct deploy_request, plan_hash, 0, "only this plan; its first 8 digits suffice"),
	FIELD_BOOL(struct deploy_request, full, 0, "the whole image, also where only a part of it differs"),
	FIELD_STRINGS(struct deploy_request, wipe, 0, "disks whose content may be destroyed, by serial"),
};
static const struct schema deploy_schema =
	SCHEMA("deploy", struct deploy_request, deploy_fields, "one deploy is wanted");

/* Everything that can be said against it before anything changes. */
static int check_deploy(struct admin *ad, const struct node *n, const struct deploy_request *d,
			struct arena *a, struct error *err)
{
	struct attempt *at;

	if (d->plan_hash && api_check_hash(d->plan_hash, err))
		return -1;
	if (!life_find(n->state, EV_DEPLOY)) {
		error_set(err, ERR_CONFLICT, "%s is %s: it cannot be deployed now%s%s", node_title(n),
			  life_states[n->state].name, n->message ? ": " : "", n->message ? n->message : "");
		if (n->state == NODE_DISCOVERED)
			return error_hint(err, "%s", n->hint ? n->hint : "no rule binds it");
		return error_hint(err, "it is under way: fulcrum node events %s", node_title(n));
	}
	/* With `full` it may be planned anew: then the hash is compared with that plan's. */
	if (n->state != NODE_PLANNED || !d->plan_hash || d->full)
		return 0;
	if (attempt_find(ad->store, n->attempt, a, &at, err))
		return -1;
	if (at && at->plan_hash && !str_starts(at->plan_hash, d->plan_hash)) {
		error_set(err, ERR_CHANGED, "the plan of %s is %.*s now, not %.*s", node_title(n), PLAN_SHORT,
			  at->plan_hash, PLAN_SHORT, d->plan_hash);
		return error_hint(err, "read it again: fulcrum node plan %s", node_title(n));
	}
	return 0;
}

static const char *what_follows(const struct node *n)
{
	if (n->state == NODE_APPROVED)
		return "the agent takes the plan at its next poll";
	if (n->state == NODE_BOUND && n->life == LIFE_DISK)
		return "it is told to netboot; what its disk carries is kept until the agent writes";
	return "the agent starts afresh and brings its inventory";
}

int op_deploy(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct event_ctx c = { .now_s = clock_real_s() };
	struct deploy_request d = { 0 };
	struct arena *a = rq->arena;
	struct tree *wipe, *t;
	AUTO_STR wipe_json = STR_INIT;
	struct attempt *at;
	struct node *n;

	if (op_find(ad, rq, &n, err))
		return -1;
	if (rq->body_len && field_from_json(&deploy_schema, "request", rq->body, rq->body_len, &d, a, err))
		return -1;
	if (check_deploy(ad, n, &d, a, err))
		return -1;
	wipe = tree_new(a, TREE_SEQ);
	for (size_t i = 0; i < d.n_wipe; i++)
		tree_push(a, wipe, tree_string(a, d.wipe[i]));
	json_write(wipe, false, &wipe_json);
	c.wipe_json = str_text(&wipe_json);
	c.plan_hash = d.plan_hash;
	c.full = d.full;
	if (node_apply(ad->store, n, EV_DEPLOY, &c, err) || node_advance(ad, n, err))
		return -1;
	/* The intent was refused at once, and is spent: say why here, not only in the node's record. */
	if (str_empty(n->intent) && n->message) {
		error_set(err, n->state == NODE_PLANNED ? ERR_CHANGED : ERR_REFUSED, "%s: %s", node_title(n),
			  n->message);
		return n->hint ? error_hint(err, "%s", n->hint) : -1;
	}
	if (attempt_find(ad->store, n->attempt, a, &at, err))
		return -1;
	t = tree_new(a, TREE_MAP);
	tree_add(a, t, "node", tree_string(a, node_title(n)));
	tree_add(a, t, "state", tree_string(a, life_states[n->state].name));
	if (at && n->state == NODE_APPROVED)
		tree_add(a, t, "plan_hash", tree_string(a, at->plan_hash));
	tree_add(a, t, "text", tree_string(a, what_follows(n)));
	api_json(as, t);
	return 0;
}

/* --- events */

static int answer_events(struct admin *ad, const struct api_request *rq, const struct node *n,
			 struct api_answer *as, struct error *err)
{
	struct arena *a = rq->arena;
	struct tree *t = tree_new(a, TREE_MAP), *list = tree_new(a, TREE_SEQ);
	struct event *events;
	int64_t since = 0;
	size_t count;

	if (rq->since) {
		if (strspn(rq->since, "0123456789") != strlen(rq->since) || strlen(rq->since) > 18)
			return error_set(err, ERR_USAGE, "since: the id of an event is wanted");
		since = strtoll(rq->since, NULL, 10);
	}
	if (events_list(ad->store, n, since, EVENTS_MAX, a, &events, &count, err))
		return -1;
	for (size_t i = 0; i < count; i++)
		tree_push(a, list, event_tree(&events[i], a));
	tree_add(a, t, "events", list);
	api_json(as, t);
	return 0;
}

int op_node_events(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct node *n;

	if (op_find(ad, rq, &n, err))
		return -1;
	return answer_events(ad, rq, n, as, err);
}

int op_events(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	return answer_events(ad, rq, NULL, as, err);
}

/* --- for an export: nobody else can read the database while we have it */

int op_database_copy(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct arena *a = rq->arena;
	const char *path = state_database_copy(&ad->paths, a);
	struct tree *t = tree_new(a, TREE_MAP);
	char hash[HASH_HEX];

	if (store_write_copy(ad->store, path, err))
		return -1;
	hash_buffer(ad->site_text, strlen(ad->site_text), hash);
	tree_add(a, t, "path", tree_string(a, path));
	tree_add(a, t, "site_hash", tree_string(a, hash));
	api_json(as, t);
	return 0;
}
