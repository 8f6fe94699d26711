/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of the store as values, and the outbox. */
#include "admin/nodes.h"

#include <stdio.h>
#include <string.h>

#define NODE_COLUMNS \
	"SELECT id, label, name, profile, address, mac, state, since, heard, life, boot, fresh," \
	" intent, intent_plan, intent_wipe, reboots, attempt, installed, own_goal," \
	" message, hint, intent_full, locked, rule, roles, wipe, hwtest, back FROM node "

const char *node_title(const struct node *n)
{
	return n->name ? n->name : n->label;
}

/* --- reading */

struct node_list {
	struct arena *arena;
	struct node *items;
	size_t n;
};

static int node_row(void *ctx, const struct store_row *row, struct error *err)
{
	struct node_list *list = ctx;
	struct arena *a = list->arena;
	struct node *n;

	list->items = arena_grow(a, list->items, list->n, sizeof(*n));
	n = &list->items[list->n++];
	n->arena = a;
	n->id = row_i64(row, 0);
	n->label = row_text(row, 1, a);
	n->name = row_text(row, 2, a);
	n->profile = row_text(row, 3, a);
	n->address = row_text(row, 4, a);
	n->mac = row_text(row, 5, a);
	if (life_state_parse(row_text(row, 6, a), &n->state))
		return error_set(err, ERR_INTERNAL, "database: node %s is in no known state", n->label);
	n->since_s = row_i64(row, 7);
	n->heard_s = row_i64(row, 8);
	n->life = str_eq(row_text(row, 9, a), agent_life_names[LIFE_DISK]) ? LIFE_DISK : LIFE_RAM;
	n->boot = row_text(row, 10, a);
	n->fresh = row_bool(row, 11);
	n->intent = row_text(row, 12, a);
	n->intent_plan = row_text(row, 13, a);
	n->intent_wipe = row_text(row, 14, a);
	n->reboots = row_u64(row, 15);
	n->attempt = row_u64(row, 16);
	n->installed = row_u64(row, 17);
	n->own_goal = row_text(row, 18, a);
	n->message = row_text(row, 19, a);
	n->hint = row_text(row, 20, a);
	n->intent_full = row_bool(row, 21);
	n->locked = row_bool(row, 22);
	n->rule = row_text(row, 23, a);
	n->roles = row_text(row, 24, a);
	n->wipe = row_i64(row, 25);
	n->hwtest = row_i64(row, 26);
	/* Nothing before its first tests. */
	if (life_state_parse(row_text(row, 27, a), &n->back))
		n->back = NODE_DISCOVERED;
	return 0;
}

static int one(const struct node_list *list, struct node **ret)
{
	*ret = list->n ? &list->items[0] : NULL;
	return 0;
}

int node_load(struct store *st, int64_t id, struct arena *a, struct node **ret, struct error *err)
{
	struct node_list list = { a, NULL, 0 };

	if (store_each(st, NODE_COLUMNS "WHERE id = ?1", node_row, &list, err, "i", id))
		return -1;
	return one(&list, ret);
}

int node_find(struct store *st, const char *title, struct arena *a, struct node **ret, struct error *err)
{
	struct node_list list = { a, NULL, 0 };

	if (store_each(st, NODE_COLUMNS "WHERE name = ?1", node_row, &list, err, "s", title))
		return -1;
	if (!list.n && store_each(st, NODE_COLUMNS "WHERE label = ?1", node_row, &list, err, "s", title))
		return -1;
	return one(&list, ret);
}

int node_find_hwtest(struct store *st, int64_t run, struct arena *a, struct node **ret, struct error *err)
{
	struct node_list list = { a, NULL, 0 };

	if (store_each(st, NODE_COLUMNS "WHERE hwtest = ?1", node_row, &list, err, "i", run))
		return -1;
	return one(&list, ret);
}

int node_find_mac(struct store *st, const char *mac, struct arena *a, struct node **ret, struct error *err)
{
	int64_t id;

	*ret = NULL;
	if (store_number(st, "SELECT node FROM nodekey WHERE kind = 'mac' AND value = ?1", &id, err, "s", mac))
		return -1;
	return id ? node_load(st, id, a, ret, err) : 0;
}

int nodes_all(struct store *st, struct arena *a, struct node **ret, size_t *ret_n, struct error *err)
{
	struct node_list list = { a, NULL, 0 };

	if (store_each(st, NODE_COLUMNS "ORDER BY id", node_row, &list, err, ""))
		return -1;
	*ret = list.items;
	*ret_n = list.n;
	return 0;
}

struct times_list {
	struct arena *arena;
	struct node_times *items;
	size_t n;
};

static int times_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	struct times_list *list = ctx;

	list->items = arena_grow(list->arena, list->items, list->n, sizeof(*list->items));
	list->items[list->n++] = (struct node_times){ row_i64(row, 0), row_i64(row, 1), row_i64(row, 2) };
	return 0;
}

int nodes_times(struct store *st, enum node_state state, struct arena *a, struct node_times **ret, size_t *ret_n, struct error *err)
{
	struct times_list list = { a, NULL, 0 };

	if (store_each(st, "SELECT id, since, heard FROM node WHERE state = ?1", times_row, &list, err, "s", life_states[state].name))
		return -1;
	*ret = list.items;
	*ret_n = list.n;
	return 0;
}

int nodes_count(struct store *st, enum node_state state, uint64_t *ret, struct error *err)
{
	int64_t n;

	if (store_number(st, "SELECT count(*) FROM node WHERE state = ?1", &n, err, "s", life_states[state].name))
		return -1;
	*ret = (uint64_t)n;
	return 0;
}

struct text_ctx {
	struct arena *arena;
	const char *text;
};

static int text_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	struct text_ctx *t = ctx;

	t->text = row_text(row, 0, t->arena);
	return 0;
}

int node_machine(struct store *st, const struct node *n, struct arena *a, const char **ret_json,
		 struct error *err)
{
	struct text_ctx t = { a, NULL };

	if (store_each(st, "SELECT machine FROM node WHERE id = ?1", text_row, &t, err, "i", n->id))
		return -1;
	*ret_json = t.text ? t.text : "null";
	return 0;
}

struct attempt_ctx {
	struct arena *arena;
	struct attempt *found;
};

static int attempt_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	struct attempt_ctx *c = ctx;
	struct arena *a = c->arena;
	struct attempt *at = ARENA_NEW(a, struct attempt);

	at->id = row_u64(row, 0);
	at->node = row_i64(row, 1);
	at->seed = row_text(row, 2, a);
	at->plan = row_text(row, 3, a);
	at->plan_hash = row_text(row, 4, a);
	at->agent_key = row_text(row, 5, a);
	at->disk_key = row_text(row, 6, a);
	at->agent_seq = row_u64(row, 7);
	at->disk_seq = row_u64(row, 8);
	at->claim_seq = row_u64(row, 9);
	at->claimed_s = row_i64(row, 10);
	at->applied_s = row_i64(row, 11);
	at->op = row_text(row, 12, a);
	at->text = row_text(row, 13, a);
	at->done = row_u64(row, 14);
	at->total = row_u64(row, 15);
	at->percent = row_u64(row, 16);
	at->results = row_text(row, 17, a);
	c->found = at;
	return 0;
}

#define ATTEMPT_COLUMNS \
	"SELECT id, node, seed, plan, plan_hash, agent_key, disk_key, agent_seq, disk_seq, claim_seq," \
	" claimed, applied, op, text, done, total, percent, results FROM attempt "

int attempt_find(struct store *st, uint64_t id, struct arena *a, struct attempt **ret, struct error *err)
{
	struct attempt_ctx c = { a, NULL };

	if (store_each(st, ATTEMPT_COLUMNS "WHERE id = ?1", attempt_row, &c, err, "u", id))
		return -1;
	*ret = c.found;
	return 0;
}

int attempt_claimed(struct store *st, const struct node *n, struct arena *a, struct attempt **ret,
		    struct error *err)
{
	struct attempt_ctx c = { a, NULL };

	if (store_each(st, ATTEMPT_COLUMNS "WHERE node = ?1 AND claimed > 0 ORDER BY id DESC LIMIT 1",
		       attempt_row, &c, err, "i", n->id))
		return -1;
	*ret = c.found;
	return 0;
}

int boot_seen(struct store *st, const struct node *n, const char *boot, bool *ret, struct error *err)
{
	int64_t found;

	if (store_number(st, "SELECT 1 FROM boot WHERE node = ?1 AND token = ?2", &found, err, "is", n->id,
			 boot))
		return -1;
	*ret = found != 0;
	return 0;
}

struct event_list {
	struct arena *arena;
	struct event *items;
	size_t n;
};

static int event_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	struct event_list *l = ctx;
	struct arena *a = l->arena;
	struct event *e;

	l->items = arena_grow(a, l->items, l->n, sizeof(*e));
	e = &l->items[l->n++];
	e->id = row_i64(row, 0);
	e->time_s = row_i64(row, 1);
	e->attempt = row_u64(row, 2);
	e->node = row_text(row, 3, a);
	e->from = row_text(row, 4, a);
	e->event = row_text(row, 5, a);
	e->to = row_text(row, 6, a);
	e->text = row_text(row, 7, a);
	return 0;
}

#define EVENT_COLUMNS \
	"SELECT e.id, e.time, e.attempt, coalesce(n.name, n.label), e.from_state, e.event, e.to_state," \
	" e.text FROM event e JOIN node n ON n.id = e.node "

int events_list(struct store *st, const struct node *n, int64_t since, size_t limit, struct arena *a,
		struct event **ret, size_t *ret_n, struct error *err)
{
	struct event_list l = { a, NULL, 0 };
	/* From the start of time the newest are wanted, which come out last first. */
	bool newest = since == 0;
	int failed;

	if (n && newest)
		failed = store_each(st, EVENT_COLUMNS "WHERE e.node = ?1 ORDER BY e.id DESC LIMIT ?2",
				    event_row, &l, err, "iu", n->id, (uint64_t)limit);
	else if (n)
		failed = store_each(st, EVENT_COLUMNS "WHERE e.node = ?1 AND e.id > ?2 ORDER BY e.id LIMIT ?3",
				    event_row, &l, err, "iiu", n->id, since, (uint64_t)limit);
	else if (newest)
		failed = store_each(st, EVENT_COLUMNS "ORDER BY e.id DESC LIMIT ?1", event_row, &l, err, "u",
				    (uint64_t)limit);
	else
		failed = store_each(st, EVENT_COLUMNS "WHERE e.id > ?1 ORDER BY e.id LIMIT ?2", event_row, &l,
				    err, "iu", since, (uint64_t)limit);
	if (failed)
		return -1;
	for (size_t i = 0; newest && i < l.n / 2; i++) {
		struct event e = l.items[i];

		l.items[i] = l.items[l.n - 1 - i];
		l.items[l.n - 1 - i] = e;
	}
	*ret = l.items;
	*ret_n = l.n;
	return 0;
}

int name_is_taken(struct store *st, const char *name, bool *ret, struct error *err)
{
	int64_t found;

	if (store_number(st, "SELECT 1 FROM node WHERE name = ?1 OR label = ?1", &found, err, "s", name))
		return -1;
	*ret = found != 0;
	return 0;
}

int address_is_taken(struct store *st, const char *address, bool *ret, struct error *err)
{
	int64_t found;

	if (store_number(st, "SELECT 1 FROM node WHERE address = ?1", &found, err, "s", address))
		return -1;
	*ret = found != 0;
	return 0;
}

int counter_next(struct store *st, const char *counter, int64_t *ret, struct error *err)
{
	if (store_number(st, "SELECT next FROM counter WHERE name = ?1", ret, err, "s", counter))
		return -1;
	if (*ret == 0)
		*ret = 1;
	return 0;
}

/* --- the outbox */

struct effect_list {
	struct arena *arena;
	struct effect *items;
	size_t n;
};

static int effect_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	struct effect_list *l = ctx;
	struct arena *a = l->arena;
	struct effect *e;

	l->items = arena_grow(a, l->items, l->n, sizeof(*e));
	e = &l->items[l->n++];
	e->event = row_i64(row, 0);
	e->kind = EFFECT_NOTIFY;
	for (int k = 0; k < EFFECT__N; k++)
		if (str_eq(row_text(row, 1, a), life_effect_names[k]))
			e->kind = (enum life_effect)k;
	e->node = row_i64(row, 2);
	e->what.id = e->event;
	e->what.node = row_text(row, 3, a);
	e->what.from = row_text(row, 4, a);
	e->what.event = row_text(row, 5, a);
	e->what.to = row_text(row, 6, a);
	e->what.text = row_text(row, 7, a);
	e->name = row_text(row, 8, a);
	e->address = row_text(row, 9, a);
	e->mac = row_text(row, 10, a);
	return 0;
}

int effects_pending(struct store *st, struct arena *a, struct effect **ret, size_t *ret_n,
		    struct error *err)
{
	struct effect_list l = { a, NULL, 0 };

	if (store_each(st,
		       "SELECT f.event, f.kind, n.id, coalesce(n.name, n.label), e.from_state, e.event,"
		       " e.to_state, e.text, n.name, n.address, n.mac"
		       " FROM effect f JOIN event e ON e.id = f.event JOIN node n ON n.id = e.node"
		       " WHERE f.done = 0 ORDER BY f.event",
		       effect_row, &l, err, ""))
		return -1;
	*ret = l.items;
	*ret_n = l.n;
	return 0;
}

int effects_done(struct store *st, int64_t up_to_event, struct error *err)
{
	if (store_begin(st, false, err))
		return -1;
	if (store_run(st, "UPDATE effect SET done = 1 WHERE done = 0 AND event <= ?1", err, "i",
		      up_to_event)) {
		store_rollback(st);
		return -1;
	}
	return store_commit(st, err);
}
