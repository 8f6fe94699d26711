/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs of hardware tests as values. */
#include "admin/hwtests.h"

#include <string.h>

#include "data/json.h"

#define HWTEST_COLUMNS \
	"SELECT id, title, label, product, created, claimed, ended, tests, attempt, claim_seq, outcome, text, software, results, peer, address FROM hwtest "

struct hwtest_list {
	struct arena *arena;
	struct hwtest *items;
	size_t n;
};

static int hwtest_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	struct hwtest_list *list = ctx;
	struct arena *a = list->arena;

	list->items = arena_grow(a, list->items, list->n, sizeof(*list->items));
	list->items[list->n++] = (struct hwtest){
		.id = row_i64(row, 0), .title = row_text(row, 1, a), .label = row_text(row, 2, a), .product = row_text(row, 3, a),
		.created_s = row_i64(row, 4), .claimed_s = row_i64(row, 5), .ended_s = row_i64(row, 6), .order = row_text(row, 7, a),
		.attempt = row_u64(row, 8), .claim_seq = row_u64(row, 9), .outcome = row_text(row, 10, a), .text = row_text(row, 11, a),
		.software = row_text(row, 12, a), .results = row_text(row, 13, a), .peer = row_i64(row, 14), .address = row_text(row, 15, a),
	};
	return 0;
}

int hwtest_load(struct store *st, int64_t id, struct arena *a, struct hwtest **ret, struct error *err)
{
	struct hwtest_list list = { a, NULL, 0 };

	if (store_each(st, HWTEST_COLUMNS "WHERE id = ?1", hwtest_row, &list, err, "i", id))
		return -1;
	*ret = list.n ? &list.items[0] : NULL;
	return 0;
}

int hwtests_of(struct store *st, const char *title, struct arena *a, struct hwtest **ret, size_t *ret_n, struct error *err)
{
	struct hwtest_list list = { a, NULL, 0 };

	if (title ? store_each(st,
			       HWTEST_COLUMNS "WHERE label IN (SELECT label FROM hwtest WHERE title = ?1 OR label = ?1"
					      " UNION SELECT label FROM node WHERE name = ?1) ORDER BY id DESC LIMIT ?2",
			       hwtest_row, &list, err, "su", title, (uint64_t)HWTESTS_MAX) :
		    store_each(st, HWTEST_COLUMNS "ORDER BY id DESC LIMIT ?1", hwtest_row, &list, err, "u", (uint64_t)HWTESTS_MAX))
		return -1;
	*ret = list.items;
	*ret_n = list.n;
	return 0;
}

int hwtests_peers(struct store *st, const struct hwtest *w, struct arena *a, struct hwtest **ret, size_t *ret_n, struct error *err)
{
	struct hwtest_list list = { a, NULL, 0 };

	if (store_each(st,
		       HWTEST_COLUMNS "WHERE product = ?1 AND label <> ?2 AND results IS NOT NULL ORDER BY id DESC LIMIT ?3",
		       hwtest_row, &list, err, "ssu", w->product, w->label, (uint64_t)HWTESTS_MAX))
		return -1;
	*ret = list.items;
	*ret_n = list.n;
	return 0;
}

int hwtest_results(const struct hwtest *w, struct arena *a, struct hwtest_result **ret, size_t *ret_n, struct error *err)
{
	struct tree *t;

	*ret = NULL;
	*ret_n = 0;
	if (!w->results)
		return 0;
	t = json_parse("results", w->results, strlen(w->results), a, err);
	if (!t)
		return -1;
	*ret = arena_array(a, t->n + 1, sizeof(**ret));
	for (size_t i = 0; i < t->n; i++)
		if (field_from_tree(&hwtest_result_schema, t->items[i], &(*ret)[i], a, err))
			return -1;
	*ret_n = t->n;
	return 0;
}

/* --- a run */

int hwtest_read_order(const struct hwtest *w, struct arena *a, struct hwtest_order *ret, struct error *err)
{
	*ret = (struct hwtest_order){ 0 };
	if (field_from_json(&hwtest_order_schema, "tests", w->order, strlen(w->order), ret, a, err))
		return -1;
	ret->id = (uint64_t)w->id;
	return 0;
}

/* The run that N is in, with its order. */
static int present(struct admin *ad, const struct node *n, struct arena *a, struct hwtest **ret, struct hwtest_order *ret_order, struct error *err)
{
	if (hwtest_load(ad->store, n->hwtest, a, ret, err))
		return -1;
	if (!*ret)
		return error_set(err, ERR_INTERNAL, "%s is %s, and nothing says how", node_title(n), life_name(n->state));
	return hwtest_read_order(*ret, a, ret_order, err);
}

int hwtest_give(struct admin *ad, const struct node *n, struct arena *a, struct msg_order *o, struct error *err)
{
	struct hwtest_order t = { 0 };
	const char *why;
	struct hwtest *w;

	if (present(ad, n, a, &w, &t, err) || hwtest_pair_ready(ad, n, a, &t, &why, err))
		return -1;
	if (why) {
		o->text = why;
		return 0;
	}
	o->hwtest = t;
	o->order = ORDER_TEST;
	o->text = arena_printf(a, "hardware tests %lld are wanted", (long long)w->id);
	return 0;
}

int hwtest_running(struct admin *ad, const struct node *n, const struct attempt *at, uint64_t id, bool *ret, struct error *err)
{
	struct hwtest *w = NULL;

	*ret = false;
	if (n->state != NODE_TESTING)
		return 0;
	if (hwtest_load(ad->store, n->hwtest, n->arena, &w, err))
		return -1;
	*ret = w && w->claimed_s && w->attempt == at->id && (uint64_t)w->id == id;
	return 0;
}

int hwtest_claimed_by(struct admin *ad, const struct node *n, const struct attempt *at, const struct msg_report *m, bool *ret, struct error *err)
{
	struct hwtest *w;

	if (hwtest_running(ad, n, at, m->hwtest, ret, err) || hwtest_load(ad->store, n->hwtest, n->arena, &w, err))
		return -1;
	*ret = *ret && w && w->claim_seq == m->seq;
	return 0;
}

int hwtest_end(struct admin *ad, const struct node *n, const struct msg_report *m, struct event_ctx *c, struct error *err)
{
	struct hwtest_limits l = hwtest_limits(&ad->site->tests, 0);
	struct tree *list = tree_new(n->arena, TREE_SEQ);
	struct hwtest_order o = { 0 };
	struct arena *a = n->arena;
	AUTO_STR text = STR_INIT;
	struct hwtest_result *r;
	size_t count, failed;
	struct hwtest *w;

	if (present(ad, n, a, &w, &o, err))
		return -1;
	count = hwtest_judge(&o, &l, m->measured, m->n_measured, a, &r, &failed);
	for (size_t i = 0; i < count; i++)
		tree_push(a, list, field_write(&hwtest_result_schema, &r[i], false, a));
	json_write(list, false, &text);
	c->results = arena_strdup(a, str_text(&text));
	c->outcome = failed ? "failed" : "passed";
	c->software = ad->catalog ? ad->catalog->build_id : NULL;
	c->text = arena_printf(a, "hardware tests %lld: all of %zu values are good", (long long)w->id, count);
	if (!failed)
		return 0;
	c->message = arena_printf(a, "hardware tests %lld: %s", (long long)w->id, hwtest_failures(r, count, a));
	c->text = c->message;
	c->hint = arena_printf(a, "what to do about each: fulcrum test show %s", node_title(n));
	return 0;
}

int hwtest_interrupted(struct admin *ad, const struct node *n, struct event_ctx *c, struct error *err)
{
	struct arena *a = n->arena;
	struct attempt *at;

	if (attempt_find(ad->store, n->attempt, a, &at, err))
		return -1;
	c->outcome = "failed";
	c->message = arena_printf(a, "hardware tests %lld: the machine restarted in them%s%s", (long long)n->hwtest, at && at->op ? ", in " : "",
				  at && at->op ? at->op : "");
	c->hint = arena_printf(a, "if nobody restarted it, look at power, cooling and what it said: fulcrum bundle %s", node_title(n));
	c->text = c->message;
	return 0;
}

/* Whether KIND is what failed in W, which failed: a run that did not get to its results failed in all that it was to do. */
static int failed_in(const struct hwtest *w, enum hwtest_kind kind, struct arena *a, bool *ret, struct error *err)
{
	struct hwtest_result *r;
	size_t n;

	if (hwtest_results(w, a, &r, &n, err))
		return -1;
	*ret = !n;
	for (size_t i = 0; i < n; i++) {
		const struct measure_type *m = measure_find(r[i].name);

		*ret |= !r[i].pass && m && m->kind == kind;
	}
	return 0;
}

int hwtest_failed(struct admin *ad, const struct node *n, struct arena *a, const char **ret, struct error *err)
{
	struct hwtest_list list = { a, NULL, 0 };
	bool known[HWTEST__N] = { 0 };

	*ret = NULL;
	/* One that was stopped says nothing of the machine: the one before it stands. */
	if (store_each(ad->store, HWTEST_COLUMNS "WHERE label = ?1 AND outcome IN ('passed', 'failed') ORDER BY id DESC LIMIT ?2", hwtest_row, &list, err,
		       "su", n->label, (uint64_t)HWTESTS_MAX))
		return -1;
	for (size_t i = 0; i < list.n && !*ret; i++) {
		struct hwtest_order o;

		if (hwtest_read_order(&list.items[i], a, &o, err))
			return -1;
		for (size_t k = 0; k < o.n_tests && !*ret; k++) {
			enum hwtest_kind kind = hwtest_find(o.tests[k]);
			bool failed = str_eq(list.items[i].outcome, "failed");

			if (kind == HWTEST__N || known[kind])
				continue;
			known[kind] = true;
			if (failed && failed_in(&list.items[i], kind, a, &failed, err))
				return -1;
			if (failed)
				*ret = list.items[i].text;
		}
	}
	return 0;
}
