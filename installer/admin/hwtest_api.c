/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operator may ask of hardware tests: that they run, that they stop, and what came of them. */
#include <stdlib.h>
#include <string.h>

#include "admin/api.h"
#include "admin/hwtests.h"
#include "admin/plans.h"
#include "base/clock.h"
#include "base/order.h"
#include "data/json.h"

enum { SECONDS_MAX = 7 * 24 * 3600 };

struct test_wanted {
	const char **tests;
	size_t n_tests;
	uint64_t seconds;
	bool whole, restart;
	const char *with;
};
static const struct field wanted_fields[] = {
	FIELD_STRINGS(struct test_wanted, tests, 0, "which: cpu, memory, disk, network; none: all"),
	FIELD_U64(struct test_wanted, seconds, FIELD_NONZERO, "how long each, but disk; without it as the site file says"),
	FIELD_BOOL(struct test_wanted, whole, 0, "disk: every sector"),
	FIELD_BOOL(struct test_wanted, restart, 0, "a node whose own system runs restarts for it, and again afterwards"),
	FIELD_STRING(struct test_wanted, with, 0, "network: between this node and that one; both are tested"),
};
static const struct schema wanted_schema = SCHEMA("test", struct test_wanted, wanted_fields, "hardware tests are wanted");

static int check_possible(const struct node *n, const struct test_wanted *w, struct error *err)
{
	if (!life_find(n->state, EV_TEST)) {
		error_set(err, ERR_CONFLICT, "%s is %s: it cannot be tested now", node_title(n), life_name(n->state));
		return error_hint(err, "wait until it stands still; what is under way: fulcrum node events %s", node_title(n));
	}
	if (n->life == LIFE_DISK && !w->restart) {
		error_set(err, ERR_REFUSED, "%s runs its own system: it would have to restart for its tests, and again afterwards", node_title(n));
		return error_hint(err, "say so: fulcrum test %s --restart", node_title(n));
	}
	return 0;
}

static int check_tests(struct test_wanted *w, struct arena *a, struct error *err)
{
	for (size_t i = 0; i < w->n_tests; i++) {
		if (hwtest_find(w->tests[i]) == HWTEST__N) {
			error_set(err, ERR_USAGE, "there is no test \"%.40s\"", w->tests[i]);
			return error_hint(err, "there are cpu, memory, disk and network");
		}
		for (size_t k = 0; k < i; k++)
			if (str_eq(w->tests[k], w->tests[i]))
				return error_set(err, ERR_USAGE, "the test \"%s\" is named twice", w->tests[i]);
	}
	if (w->seconds > SECONDS_MAX)
		return error_set(err, ERR_USAGE, "seconds: a week (%d) at most", SECONDS_MAX);
	if (w->with && (w->whole || w->n_tests > 1 || (w->n_tests && hwtest_find(w->tests[0]) != HWTEST_NETWORK)))
		return error_set(err, ERR_USAGE, "with another node only the network is tested");
	if (w->n_tests)
		return 0;
	w->tests = arena_array(a, HWTEST__N, sizeof(*w->tests));
	for (int i = 0; i < HWTEST__N; i++)
		if (!w->with || i == HWTEST_NETWORK)
			w->tests[w->n_tests++] = hwtest_types[i].name;
	return 0;
}

/* What the machine is sold as: machines of one kind are compared. */
static const char *product_of(const struct machine *m, struct arena *a)
{
	if (!m->system.product)
		return NULL;
	return arena_printf(a, "%s %s", m->system.vendor ? m->system.vendor : "unknown", m->system.product);
}

/* What N is to do, into C. */
static int fill_wanted(struct admin *ad, const struct node *n, const struct hwtest_order *o, struct event_ctx *c, struct arena *a, struct error *err)
{
	AUTO_STR json = STR_INIT;
	struct machine *m;

	if (node_inventory(ad, n, a, &m, err))
		return -1;
	field_to_json(&hwtest_order_schema, o, false, false, &json);
	c->tests = arena_strdup(a, str_text(&json));
	c->product = product_of(m, a);
	return 0;
}

static int find_with(struct admin *ad, const struct node *n, const struct test_wanted *w, struct arena *a, struct node **ret, struct error *err)
{
	if (node_find(ad->store, w->with, a, ret, err))
		return -1;
	if (!*ret)
		return error_set(err, ERR_NOT_FOUND, "there is no node \"%.80s\"", w->with);
	if ((*ret)->id == n->id)
		return error_set(err, ERR_USAGE, "%s is tested with another node, not with itself", node_title(n));
	return check_possible(*ret, w, err);
}

/* N comes to the other, which serves. */
static int want_both(struct admin *ad, struct node *n, struct node *with, struct hwtest_order *o, struct event_ctx *c, struct arena *a, struct error *err)
{
	struct event_ctx c_with = { .now_s = c->now_s };
	struct hwtest_order serves = *o;

	serves.serves = true;
	serves.peer = node_title(n);
	o->peer = node_title(with);
	if (fill_wanted(ad, with, &serves, &c_with, a, err) || fill_wanted(ad, n, o, c, a, err))
		return -1;
	c->text = arena_printf(a, "the network between it and %s is to be tested", o->peer);
	c_with.text = arena_printf(a, "the network between it and %s is to be tested", serves.peer);
	return node_test_both(ad->store, n, c, with, &c_with, err);
}

int op_test(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct event_ctx c = { .now_s = clock_real_s() };
	struct test_wanted w = { 0 };
	struct hwtest_limits l;
	struct arena *a = rq->arena;
	struct tree *t = tree_new(a, TREE_MAP);
	struct node *n, *with = NULL;
	struct hwtest_order o;
	bool own_system;

	if (op_find(ad, rq, &n, err))
		return -1;
	if (rq->body_len && field_from_json(&wanted_schema, "request", rq->body, rq->body_len, &w, a, err))
		return -1;
	if (check_tests(&w, a, err) || check_possible(n, &w, err) || (w.with && find_with(ad, n, &w, a, &with, err)))
		return -1;
	own_system = n->life == LIFE_DISK;
	l = hwtest_limits(&ad->site->tests, w.seconds);
	o = (struct hwtest_order){ .tests = w.tests, .n_tests = w.n_tests, .cpu_seconds = l.cpu.seconds, .memory_seconds = l.memory.seconds,
				   .network_seconds = l.network.seconds, .disk_reads = l.disk.reads, .whole = w.whole };
	if (with ? want_both(ad, n, with, &o, &c, a, err) : fill_wanted(ad, n, &o, &c, a, err) || node_apply(ad->store, n, EV_TEST, &c, err))
		return -1;
	tree_add(a, t, "node", tree_string(a, node_title(n)));
	tree_add(a, t, "state", tree_string(a, life_name(n->state)));
	tree_add(a, t, "number", tree_i64(a, n->hwtest));
	if (with)
		tree_add(a, t, "with", tree_string(a, node_title(with)));
	tree_add(a, t, "text", tree_string(a, own_system ? "it is told to netboot; after its tests it boots its own disk, and is checked" :
							   "the agent takes the tests at its next poll, or when the machine netboots"));
	api_json(as, t);
	return 0;
}

int op_test_cancel(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct event_ctx c = { .now_s = clock_real_s(), .text = "the operator said stop" };
	struct tree *t = tree_new(rq->arena, TREE_MAP);
	struct arena *a = rq->arena;
	struct node *n;

	if (op_find(ad, rq, &n, err))
		return -1;
	if (!life_find(n->state, EV_CANCEL))
		return error_set(err, ERR_CONFLICT, "%s is %s: no tests run or wait there", node_title(n), life_name(n->state));
	if (node_apply(ad->store, n, EV_CANCEL, &c, err) || node_advance(ad, n, err))
		return -1;
	tree_add(a, t, "node", tree_string(a, node_title(n)));
	tree_add(a, t, "state", tree_string(a, life_name(n->state)));
	tree_add(a, t, "text", tree_string(a, "its tests are stopped; what runs on the machine ends at its next report"));
	api_json(as, t);
	return 0;
}

/* --- what came of them */

static void add_time(struct arena *a, struct tree *t, const char *key, int64_t s)
{
	tree_add(a, t, key, s ? api_time(a, s) : tree_new(a, TREE_NULL));
}

static int run_tree(const struct hwtest *w, struct arena *a, struct tree **ret, struct error *err)
{
	struct tree *t = tree_new(a, TREE_MAP), *names = tree_new(a, TREE_SEQ);
	struct hwtest_order o;

	if (hwtest_read_order(w, a, &o, err))
		return -1;
	for (size_t i = 0; i < o.n_tests; i++)
		tree_push(a, names, tree_string(a, o.tests[i]));
	tree_add(a, t, "number", tree_i64(a, w->id));
	tree_add(a, t, "node", tree_string(a, w->title));
	tree_add(a, t, "label", tree_string(a, w->label));
	tree_add(a, t, "product", tree_string(a, w->product));
	add_time(a, t, "wanted", w->created_s);
	add_time(a, t, "begun", w->claimed_s);
	add_time(a, t, "ended", w->ended_s);
	tree_add(a, t, "attempt", tree_u64(a, w->attempt));
	tree_add(a, t, "software", tree_string(a, w->software));
	tree_add(a, t, "tests", names);
	if (o.peer)
		tree_add(a, t, "peer", tree_string(a, o.peer));
	tree_add(a, t, "outcome", tree_string(a, w->ended_s ? w->outcome : w->claimed_s ? "running" : "wanted"));
	tree_add(a, t, "text", tree_string(a, w->text));
	*ret = t;
	return 0;
}

/* Runs with their results, the newest first. */
struct past {
	const struct hwtest *runs;
	struct values {
		struct hwtest_result *r;
		size_t n;
	} *values;
	size_t n;
};

static int read_past(const struct hwtest *runs, size_t n, struct arena *a, struct past *ret, struct error *err)
{
	*ret = (struct past){ .runs = runs, .values = arena_array(a, n + 1, sizeof(*ret->values)), .n = n };
	for (size_t i = 0; i < n; i++)
		if (hwtest_results(&runs[i], a, &ret->values[i].r, &ret->values[i].n, err))
			return -1;
	return 0;
}

/* What V says of the same thing as R, by name and object; of another machine (ANY) by name alone: its disks are called otherwise. */
static const struct hwtest_result *same_value(const struct values *v, const struct hwtest_result *r, bool any)
{
	for (size_t i = 0; i < v->n; i++)
		if (str_eq(v->r[i].name, r->name) && (any || str_eq(v->r[i].object, r->object)))
			return &v->r[i];
	return NULL;
}

/* Whether a run before AT is of the same machine and has what R is. */
static bool was_counted(const struct past *p, size_t at, const struct hwtest_result *r)
{
	for (size_t i = 0; i < at; i++)
		if (str_eq(p->runs[i].label, p->runs[at].label) && same_value(&p->values[i], r, true))
			return true;
	return false;
}

/* The last that each other machine of the kind has of R, and their median. */
static void add_median(struct tree *t, const struct hwtest_result *r, const struct past *peers, struct arena *a)
{
	uint64_t *values = arena_array(a, peers->n + 1, sizeof(*values));
	size_t n = 0;

	for (size_t i = 0; i < peers->n; i++) {
		const struct hwtest_result *p = same_value(&peers->values[i], r, true);

		if (p && !was_counted(peers, i, r))
			values[n++] = p->value;
	}
	if (!n)
		return;
	qsort(values, n, sizeof(*values), order_u64);
	tree_add(a, t, "median", tree_u64(a, values[n / 2]));
	tree_add(a, t, "machines", tree_u64(a, n));
}

/* Run AT of OWN, each value beside that of the last run before it that has one. */
static struct tree *results_tree(const struct past *own, size_t at, const struct past *peers, struct arena *a)
{
	struct tree *list = tree_new(a, TREE_SEQ);

	for (size_t i = 0; i < own->values[at].n; i++) {
		const struct hwtest_result *r = &own->values[at].r[i], *was = NULL;
		struct tree *t = field_write(&hwtest_result_schema, r, false, a);

		for (size_t k = at + 1; k < own->n && !was; k++)
			was = same_value(&own->values[k], r, false);
		if (was)
			tree_add(a, t, "before", tree_u64(a, was->value));
		add_median(t, r, peers, a);
		tree_push(a, list, t);
	}
	return list;
}

int hwtests_tree(struct admin *ad, const char *title, struct arena *a, struct tree **ret, struct error *err)
{
	struct tree *list = tree_new(a, TREE_SEQ);
	struct past own, peers = { 0 };
	struct hwtest *runs, *others;
	size_t n, n_others;

	if (hwtests_of(ad->store, title, a, &runs, &n, err))
		return -1;
	if (title && (read_past(runs, n, a, &own, err) || (n && (hwtests_peers(ad->store, &runs[0], a, &others, &n_others, err) ||
								  read_past(others, n_others, a, &peers, err)))))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct tree *t;

		if (run_tree(&runs[i], a, &t, err))
			return -1;
		if (title && runs[i].results)
			tree_add(a, t, "results", results_tree(&own, i, &peers, a));
		tree_push(a, list, t);
	}
	*ret = tree_new(a, TREE_MAP);
	tree_add(a, *ret, "runs", list);
	return 0;
}

int op_tests(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct tree *t;

	if (hwtests_tree(ad, NULL, rq->arena, &t, err))
		return -1;
	api_json(as, t);
	return 0;
}

int op_tests_of(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct tree *t;

	if (hwtests_tree(ad, rq->arg, rq->arena, &t, err))
		return -1;
	if (!tree_get(t, "runs")->n) {
		error_set(err, ERR_NOT_FOUND, "nothing that is called \"%.80s\" was tested", rq->arg);
		return error_hint(err, "`fulcrum test list` shows all runs; `fulcrum test NODE` makes one");
	}
	api_json(as, t);
	return 0;
}
