/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From discovered to approved. */
#include "admin/plans.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/addresses.h"
#include "admin/bootconf.h"
#include "admin/hwtests.h"
#include "admin/rules.h"
#include "admin/secrets.h"
#include "base/clock.h"
#include "data/json.h"
#include "plan/planner.h"

/* What may happen without a person: nothing on any of the plan's disks is lost. */
static bool plan_is_harmless(const struct plan *p)
{
	for (size_t i = 0; i < p->n_disks; i++)
		if (p->disks[i].n_destroys || !str_eq(p->disks[i].consent, "blank"))
			return false;
	return p->n_disks > 0;
}

int attempt_plan(const struct attempt *at, struct arena *a, struct plan **ret, struct error *err)
{
	struct tree *t;

	*ret = NULL;
	if (!at || !at->plan)
		return error_set(err, ERR_NOT_FOUND, "there is no plan yet");
	t = json_parse("plan", at->plan, strlen(at->plan), a, err);
	if (!t)
		return -1;
	*ret = plan_read(t, a, err);
	return *ret ? 0 : -1;
}

const char *plan_esp_serial(const struct plan *p)
{
	for (size_t i = 0; i < p->n_ops; i++)
		if (p->ops[i].kind == OP_MKFS) {
			const struct op_mkfs *m = p->ops[i].params;

			if (str_eq(m->fs, fs_names[FS_VFAT]))
				return m->uuid;
		}
	return NULL;
}

static const void *first_op(const struct plan *p, enum op_kind kind)
{
	for (size_t i = 0; i < p->n_ops; i++)
		if (p->ops[i].kind == kind)
			return p->ops[i].params;
	return NULL;
}

const struct op_image *plan_image(const struct plan *p)
{
	return first_op(p, OP_IMAGE);
}

/*
 * One row a check: the probe of the deployed system's agent (agent/checks.h), of what, and what must be
 * seen. An empty argument or expectation drops the row.
 */
struct check_ctx {
	const struct admin *ad;
	const struct op_identity *id;
	struct arena *a;
};

static const char *want_root(const struct check_ctx *c) { return c->id->root_uuid; }
static const char *want_hostname(const struct check_ctx *c) { return c->id->who.hostname; }
static const char *of_mac(const struct check_ctx *c) { return c->id->who.mac; }
static const char *want_in_step(const struct check_ctx *c UNUSED) { return "in step"; }
static const char *want_none_failed(const struct check_ctx *c UNUSED) { return "none failed"; }
static const char *want_200(const struct check_ctx *c UNUSED) { return "200"; }
static const char *of_ssh(const struct check_ctx *c UNUSED) { return "22"; }

static const char *want_address(const struct check_ctx *c)
{
	return arena_printf(c->a, "%s/%" PRIu64, c->id->who.address, c->id->who.prefix);
}

static const char *want_gateway(const struct check_ctx *c)
{
	return c->id->who.gateway ? c->id->who.gateway : "none";
}

static const char *of_mirror(const struct check_ctx *c)
{
	return arena_printf(c->a, "http://%s/mirror/dists/trixie/InRelease", c->id->who.admin_address);
}

static const char *of_esps(const struct check_ctx *c)
{
	AUTO_STR serials = STR_INIT;

	for (size_t i = 0; i < c->id->n_esp_uuids; i++)
		str_addf(&serials, "%s%s", i ? "," : "", c->id->esp_uuids[i]);
	return arena_strdup(c->a, str_text(&serials));
}

static const char *want_ssh(const struct check_ctx *c)
{
	for (size_t i = 0; i < c->id->who.n_packages; i++)
		if (str_eq(c->id->who.packages[i], "openssh-server"))
			return "yes";
	return NULL;
}

static const struct {
	const char *name, *probe;
	const char *(*argument)(const struct check_ctx *c);
	const char *(*expected)(const struct check_ctx *c);
} check_rows[] = {
	{ "root file system", "root-uuid", NULL, want_root },
	{ "boot loaders", "esps", of_esps, want_in_step },
	{ "host name", "hostname", NULL, want_hostname },
	{ "address", "address", of_mac, want_address },
	{ "gateway", "gateway", NULL, want_gateway },
	{ "mirror", "http", of_mirror, want_200 },
	{ "clock", "clock", NULL, want_in_step },
	{ "services", "units", NULL, want_none_failed },
	{ "ssh", "listening", of_ssh, want_ssh },
};

int node_checks(const struct admin *ad, const struct plan *p, struct arena *a, struct check **ret,
		size_t *ret_n, struct error *err)
{
	struct check_ctx c = { ad, first_op(p, OP_IDENTITY), a };

	if (!c.id)
		return error_set(err, ERR_INTERNAL, "plan of %s gives no identity", p->subject);
	*ret = arena_array(a, ARRAY_LEN(check_rows), sizeof(**ret));
	*ret_n = 0;
	for (size_t i = 0; i < ARRAY_LEN(check_rows); i++) {
		const char *expected = check_rows[i].expected(&c);

		if (!expected)
			continue;
		(*ret)[(*ret_n)++] = (struct check){
			.name = check_rows[i].name, .probe = check_rows[i].probe, .expected = expected,
			.argument = check_rows[i].argument ? check_rows[i].argument(&c) : NULL,
		};
	}
	return 0;
}

/* --- advancing */

int node_inventory(struct admin *ad, const struct node *n, struct arena *a, struct machine **ret, struct error *err)
{
	struct machine *m = ARENA_NEW(a, struct machine);
	const char *json;

	if (node_machine(ad->store, n, a, &json, err) ||
	    field_from_json(&machine_schema, "inventory", json, strlen(json), m, a, err))
		return -1;
	*ret = m;
	return 0;
}

static int try_bind(struct admin *ad, struct node *n, bool *ret_moved, struct error *err)
{
	struct event_ctx c = { .now_s = clock_real_s() };
	struct arena *a = n->arena;
	struct error why;
	struct machine *m;
	struct binding b;

	if (node_inventory(ad, n, a, &m, err))
		return -1;
	if (rules_bind(ad->site, ad->store, m, bootconf_latest(ad->seen, m), a, &b, &why))
		return node_message(ad->store, n, why.msg, why.hint, false, err);
	c.name = b.name;
	c.profile = b.profile->name;
	c.address = b.address;
	c.mac = b.mac;
	c.counter = b.counter;
	c.counter_next = b.counter_next;
	c.rule = rule_title(ad->site, b.rule, a);
	c.roles = rule_roles(b.rule, a);
	c.text = arena_printf(a, "%s, profile %s, %s on %s, by %s", b.name, b.profile->name, b.address, b.mac, c.rule);
	*ret_moved = true;
	return node_apply(ad->store, n, EV_BOUND, &c, err);
}

static int read_wipe(const struct node *n, struct arena *a, const char ***ret, size_t *ret_n,
		     struct error *err)
{
	struct tree *t = json_parse("wipe", n->intent_wipe, strlen(n->intent_wipe), a, err);
	const char **list;

	if (!t)
		return -1;
	list = arena_array(a, t->n, sizeof(*list));
	for (size_t i = 0; i < t->n; i++)
		list[i] = t->items[i]->text;
	*ret = list;
	*ret_n = t->n;
	return 0;
}

static void fill_identity(const struct admin *ad, const struct node *n, const struct profile *profile,
			  struct identity *who)
{
	*who = (struct identity){
		.node = node_title(n), .hostname = node_title(n), .domain = ad->domain,
		.address = n->address, .mac = n->mac, .admin_address = ad->network->address,
		.gateway = ad->network->gateway, .site_key = ad->site_pub, .prefix = ad->network->prefix,
		.attempt = n->attempt, .ssh_keys = ad->site->admin.access.ssh_keys,
		.n_ssh_keys = ad->site->admin.access.n_ssh_keys, .packages = profile->packages,
		.n_packages = profile->n_packages,
	};
}

/* The goal of the last attempt that began to write: its half-done disk is ours too. */
static int begun_goal(struct admin *ad, const struct node *n, const char **ret, struct error *err)
{
	struct attempt *at;
	struct plan *p;

	*ret = NULL;
	if (attempt_claimed(ad->store, n, n->arena, &at, err))
		return -1;
	if (!at)
		return 0;
	if (attempt_plan(at, n->arena, &p, err))
		return -1;
	*ret = p->goal;
	return 0;
}

/* -1 with *WHY set when the planning is refused; *ERR stays untouched then. */
static int make_plan(struct admin *ad, struct node *n, const struct machine *m, struct plan **ret,
		     bool *ret_refused, struct error *why, struct error *err)
{
	const struct profile *profile = site_profile(ad->site, n->profile);
	struct plan_request r = { .site = ad->site, .machine = m, .catalog = ad->catalog };
	const char **wipe, *begun;
	struct identity who;
	struct attempt *at;

	*ret_refused = true;
	if (!ad->catalog) {
		*why = ad->catalog_error;
		return 0;
	}
	if (!profile) {
		error_set(why, ERR_INPUT, "the site file has no profile \"%s\" any more", n->profile);
		return 0;
	}
	if (attempt_find(ad->store, n->attempt, n->arena, &at, err) ||
	    begun_goal(ad, n, &begun, err) || read_wipe(n, n->arena, &wipe, &r.n_wipe, err))
		return -1;
	if (!at)
		return error_set(err, ERR_INTERNAL, "node %s has no attempt", node_title(n));
	fill_identity(ad, n, profile, &who);
	if (addresses_of(ad->store, ad->site, n, profile, n->arena, &who.networks, &who.n_networks, why)) {
		if (why->kind == ERR_CONFLICT || why->kind == ERR_INPUT)
			return 0;
		*err = *why;
		return -1;
	}
	r.seed = at->seed;
	r.wipe = wipe;
	r.own_goal = n->own_goal;
	r.reinstall = str_eq(n->intent, "operator") || n->installed == 0;
	r.full = n->intent_full;
	if (plan_node(&r, profile, &who, n->arena, ret, why)) {
		/* The disk may carry what an attempt began and did not finish. */
		if (why->kind != ERR_REFUSED || !begun || str_eq(begun, n->own_goal))
			goto refused;
		r.own_goal = begun;
		if (plan_node(&r, profile, &who, n->arena, ret, why))
			goto refused;
	}
	if (secrets_there(ad, profile, *ret, why))
		return 0;
	if ((*ret)->n_ops == 0) {
		error_set(why, ERR_CONFLICT, "the machine already is as its plan wants it");
		error_hint(why, "`fulcrum deploy %s` writes it again", node_title(n));
		return 0;
	}
	*ret_refused = false;
	return 0;
refused:
	if (why->kind == ERR_REFUSED)
		snprintf(why->hint, sizeof(why->hint),
			 "to destroy that, say so by the disk's name above: fulcrum deploy %s --wipe SERIAL",
			 node_title(n));
	return 0;
}

static int try_plan(struct admin *ad, struct node *n, bool *ret_moved, struct error *err)
{
	struct event_ctx c = { .now_s = clock_real_s() };
	AUTO_STR json = STR_INIT;
	char hash[HASH_HEX];
	struct plan *plan = NULL;
	struct machine *m;
	struct error why;
	bool refused;

	/* Only what the agent that waits has just seen is worth a plan. */
	if (!n->fresh)
		return 0;
	if (node_inventory(ad, n, n->arena, &m, err) || make_plan(ad, n, m, &plan, &refused, &why, err))
		return -1;
	if (refused)
		return node_message(ad->store, n, why.msg, why.hint, !str_empty(n->intent), err);
	plan_json(plan, &json);
	plan_hash(plan, hash);
	c.plan = str_text(&json);
	c.plan_hash = hash;
	c.text = arena_printf(n->arena, "plan %.*s, %zu steps", PLAN_SHORT, hash, plan->n_ops);
	*ret_moved = true;
	return node_apply(ad->store, n, EV_PLANNED, &c, err);
}

/* What its last tests say stands on it for as long as nothing else does. */
static int tell_failed_tests(struct admin *ad, struct node *n, const char *failed, struct error *err)
{
	if (!failed || n->message)
		return 0;
	return node_message(ad->store, n, failed, arena_printf(n->arena, "look at it: fulcrum test show %s; or: fulcrum deploy %s", node_title(n), node_title(n)),
			    false, err);
}

static int try_approve(struct admin *ad, struct node *n, bool *ret_moved, struct error *err)
{
	struct event_ctx c = { .now_s = clock_real_s() };
	bool operator = str_eq(n->intent, "operator");
	const struct op_image *image;
	const char *failed;
	struct attempt *at;
	struct plan *p;

	if (attempt_find(ad->store, n->attempt, n->arena, &at, err) || attempt_plan(at, n->arena, &p, err) ||
	    hwtest_failed(ad, n, n->arena, &failed, err))
		return -1;
	/* It was made before the operator spoke. */
	image = plan_image(p);
	if (operator && n->intent_full && image && image->diff)
		return try_plan(ad, n, ret_moved, err);
	if (operator && n->intent_plan && !str_starts(at->plan_hash, n->intent_plan)) {
		const char *msg = arena_printf(n->arena, "the operator asked for plan %.*s, but what the machine is now gives %.*s",
					       PLAN_SHORT, n->intent_plan, PLAN_SHORT, at->plan_hash);
		const char *hint = arena_printf(n->arena, "read it with `fulcrum node plan %s`, then: fulcrum deploy %s --plan %.*s",
						node_title(n), node_title(n), PLAN_SHORT, at->plan_hash);

		return node_message(ad->store, n, msg, hint, true, err);
	}
	if (operator) {
		c.intent = "operator";
		c.text = "the operator said deploy";
	} else if (ad->site->policy.approve == APPROVE_AUTO && n->installed == 0 && !failed && plan_is_harmless(p)) {
		c.intent = "policy";
		c.text = "policy: first deploy, and nothing is destroyed";
	} else {
		return tell_failed_tests(ad, n, failed, err);
	}
	*ret_moved = true;
	return node_apply(ad->store, n, EV_APPROVED, &c, err);
}

int node_replan(struct admin *ad, struct node *n, struct error *err)
{
	bool moved;

	return n->state == NODE_PLANNED ? try_plan(ad, n, &moved, err) : 0;
}

static int advance(struct admin *ad, struct node *n, struct error *err)
{
	bool moved;

	do {
		int result = 0;

		moved = false;
		/* Every other state waits for a word from outside. */
		if (n->state == NODE_DISCOVERED)
			result = try_bind(ad, n, &moved, err);
		else if (n->state == NODE_BOUND)
			result = try_plan(ad, n, &moved, err);
		else if (n->state == NODE_PLANNED)
			result = try_approve(ad, n, &moved, err);
		if (result)
			return -1;
	} while (moved);
	return 0;
}

int node_advance(struct admin *ad, struct node *n, struct error *err)
{
	struct node *with;

	if (advance(ad, n, err) || hwtest_with(ad, n, n->arena, &with, NULL, err))
		return -1;
	/* Tests with another node end for both: that one goes on, too. */
	return with ? advance(ad, with, err) : 0;
}
