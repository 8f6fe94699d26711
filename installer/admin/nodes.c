/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of the store as values, and node_apply. */
#include "admin/nodes.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { HEARD_EVERY_S = 5, BOOTS_KEPT = 64 };

#define NODE_COLUMNS \
	"SELECT id, label, name, profile, address, mac, state, since, heard, life, boot, fresh," \
	" intent, intent_plan, intent_wipe, reboots, attempt, installed, own_goal," \
	" message, hint FROM node "

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
	return 0;
}

static int one(const struct node_list *list, struct node **ret)
{
	*ret = list->n ? &list->items[0] : NULL;
	return 0;
}

static int node_load(struct store *st, int64_t id, struct arena *a, struct node **ret, struct error *err)
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

static int key_owner(struct store *st, const char *kind, const char *value, int64_t *ret, struct error *err)
{
	return store_number(st, "SELECT node FROM nodekey WHERE kind = ?1 AND value = ?2", ret, err, "ss",
			    kind, value);
}

int node_find_mac(struct store *st, const char *mac, struct arena *a, struct node **ret, struct error *err)
{
	int64_t id;

	*ret = NULL;
	if (key_owner(st, "mac", mac, &id, err))
		return -1;
	return id ? node_load(st, id, a, ret, err) : 0;
}

/* Addresses that every other adapter has too identify nothing. */
static bool mac_identifies(const char *mac)
{
	return mac && strlen(mac) == 17 && strcmp(mac, "00:00:00:00:00:00") != 0 &&
	       strcmp(mac, "ff:ff:ff:ff:ff:ff") != 0;
}

static const char *nic_mac(const struct nic *nic)
{
	return mac_identifies(nic->permanent_mac) ? nic->permanent_mac :
	       mac_identifies(nic->mac)		  ? nic->mac :
						    NULL;
}

/* "UUID/serial" in lower case, or NULL when either is missing or a filler. */
static const char *board_key(const struct machine *m, struct arena *a)
{
	const char *uuid = m->system.uuid, *serial = m->system.serial;
	char *key;

	if (str_empty(uuid) || str_empty(serial) || strspn(uuid, "0-") == strlen(uuid) ||
	    strspn(uuid, "fF-") == strlen(uuid) || strspn(serial, "0 .-") == strlen(serial) ||
	    strstr(serial, "filled") || strstr(serial, "Filled") || strcasecmp(serial, "none") == 0 ||
	    strcasecmp(serial, "not specified") == 0 || strcasecmp(serial, "default string") == 0)
		return NULL;
	key = arena_printf(a, "%s/%s", uuid, serial);
	for (char *p = key; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return key;
}

int node_identify(struct store *st, const struct machine *m, struct arena *a, struct node **ret,
		  struct error *err)
{
	const char *board = board_key(m, a), *by = NULL;
	int64_t id = 0;

	*ret = NULL;
	for (size_t i = 0; i < m->n_nics; i++) {
		const char *mac = nic_mac(&m->nics[i]);
		int64_t owner;

		if (!mac)
			continue;
		if (key_owner(st, "mac", mac, &owner, err))
			return -1;
		if (owner && id && owner != id) {
			error_set(err, ERR_CONFLICT, "network adapters %s and %s belong to different nodes", by, mac);
			return error_hint(err, "was an adapter moved from one machine to another?");
		}
		if (owner)
			id = owner, by = mac;
	}
	if (!id && board && key_owner(st, "board", board, &id, err))
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

int nodes_timed(struct store *st, struct arena *a, struct node **ret, size_t *ret_n, struct error *err)
{
	struct node_list list = { a, NULL, 0 };

	for (int s = 0; s < NODE__STATES; s++)
		if ((life_states[s].silence_s || life_states[s].limit_s) &&
		    store_each(st, NODE_COLUMNS "WHERE state = ?1", node_row, &list, err, "s",
			       life_states[s].name))
			return -1;
	*ret = list.items;
	*ret_n = list.n;
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

/* --- changes that are not of state */

int node_heard(struct store *st, struct node *n, int64_t now_s, struct error *err)
{
	if (now_s - n->heard_s < HEARD_EVERY_S && now_s >= n->heard_s)
		return 0;
	if (store_begin(st, false, err))
		return -1;
	if (store_run(st, "UPDATE node SET heard = ?2 WHERE id = ?1", err, "ii", n->id, now_s)) {
		store_rollback(st);
		return -1;
	}
	n->heard_s = now_s;
	return store_commit(st, err);
}

int node_message(struct store *st, struct node *n, const char *message, const char *hint,
		 bool spend_intent, struct error *err)
{
	if (!spend_intent && str_eq(n->message, message) && str_eq(n->hint, hint))
		return 0;
	if (store_begin(st, spend_intent, err))
		return -1;
	if (store_run(st, "UPDATE node SET message = ?2, hint = ?3 WHERE id = ?1", err, "iss", n->id, message,
		      hint) ||
	    (spend_intent &&
	     store_run(st, "UPDATE node SET intent = '', intent_plan = NULL, intent_wipe = '[]' WHERE id = ?1",
		       err, "i", n->id))) {
		store_rollback(st);
		return -1;
	}
	n->message = arena_strdup(n->arena, message);
	n->hint = arena_strdup(n->arena, hint);
	if (spend_intent)
		n->intent = "", n->intent_plan = NULL, n->intent_wipe = "[]";
	return store_commit(st, err);
}

static int keep_seq(struct store *st, uint64_t attempt, enum agent_life life, uint64_t seq, struct error *err)
{
	return life == LIFE_RAM ?
		       store_run(st, "UPDATE attempt SET agent_seq = ?2 WHERE id = ?1", err, "uu", attempt, seq) :
		       store_run(st, "UPDATE attempt SET disk_seq = ?2 WHERE id = ?1", err, "uu", attempt, seq);
}

int attempt_progress(struct store *st, const struct attempt *at, enum agent_life life,
		     const struct msg_report *r, const char *results, struct error *err)
{
	if (store_begin(st, false, err))
		return -1;
	if (keep_seq(st, at->id, life, r->seq, err))
		goto undo;
	if (r->report == REPORT_PROGRESS &&
	    store_run(st,
		      "UPDATE attempt SET op = ?2, text = ?3, done = ?4, total = ?5, percent = ?6 WHERE id = ?1",
		      err, "ussuuu", at->id, r->op, r->text, r->done, r->total, r->percent))
		goto undo;
	if (results &&
	    store_run(st, "UPDATE attempt SET results = ?2 WHERE id = ?1", err, "us", at->id, results))
		goto undo;
	return store_commit(st, err);
undo:
	store_rollback(st);
	return -1;
}

int attempt_recount(struct store *st, const struct attempt *at, struct error *err)
{
	if (store_begin(st, false, err))
		return -1;
	if (keep_seq(st, at->id, LIFE_DISK, 0, err)) {
		store_rollback(st);
		return -1;
	}
	return store_commit(st, err);
}

/* --- the life */

static int add_event(struct store *st, int64_t node, uint64_t attempt, int64_t now_s, const char *from,
		     enum node_event ev, const char *to, const char *text, enum life_effect effect,
		     struct error *err)
{
	if (store_run(st,
		      "INSERT INTO event (node, attempt, time, from_state, event, to_state, text)"
		      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		      err, "iuissss", node, attempt, now_s, from, life_event_names[ev], to, text))
		return -1;
	return store_run(st, "INSERT INTO effect (event, kind) VALUES (?1, ?2)", err, "is",
			 store_last_id(st), life_effect_names[effect]);
}

static int add_keys(struct store *st, int64_t node, const struct machine *m, struct arena *a,
		    struct error *err)
{
	const char *board = board_key(m, a);

	for (size_t i = 0; i < m->n_nics; i++) {
		const char *mac = nic_mac(&m->nics[i]);

		if (mac && store_run(st, "INSERT OR IGNORE INTO nodekey (kind, value, node) VALUES ('mac', ?1, ?2)",
				     err, "si", mac, node))
			return -1;
	}
	if (board && store_run(st, "INSERT OR IGNORE INTO nodekey (kind, value, node) VALUES ('board', ?1, ?2)",
			       err, "si", board, node))
		return -1;
	return 0;
}

static int add_boot(struct store *st, int64_t node, const char *boot, int64_t now_s, struct error *err)
{
	if (store_run(st, "INSERT OR REPLACE INTO boot (node, token, time) VALUES (?1, ?2, ?3)", err, "isi",
		      node, boot, now_s))
		return -1;
	return store_run(st,
			 "DELETE FROM boot WHERE node = ?1 AND token NOT IN"
			 " (SELECT token FROM boot WHERE node = ?1 ORDER BY time DESC LIMIT ?2)",
			 err, "iu", node, (uint64_t)BOOTS_KEPT);
}

static int new_attempt(struct store *st, int64_t node, const struct event_ctx *c, struct error *err)
{
	char seed[2 * 16 + 1];

	random_hex(16, seed);
	if (store_run(st, "INSERT INTO attempt (node, created, seed, agent_key) VALUES (?1, ?2, ?3, ?4)", err,
		      "iiss", node, c->now_s, (const char *)seed, c->key))
		return -1;
	return store_run(st, "UPDATE node SET attempt = ?2 WHERE id = ?1", err, "ii", node,
			 store_last_id(st));
}

static int write_hello(struct store *st, const struct node *n, const struct event_ctx *c, struct error *err)
{
	int64_t claimed;

	if (store_number(st, "SELECT claimed FROM attempt WHERE id = ?1", &claimed, err, "u", n->attempt))
		return -1;
	/* An attempt that never wrote anything goes on, with the same seed: the same plan for the same machine. */
	if (claimed ? new_attempt(st, n->id, c, err) :
		      store_run(st,
				"UPDATE attempt SET agent_key = ?2, agent_seq = 0, plan = NULL, plan_hash = NULL"
				" WHERE id = ?1",
				err, "us", n->attempt, c->key))
		return -1;
	if (add_keys(st, n->id, c->machine, n->arena, err) || add_boot(st, n->id, c->boot, c->now_s, err))
		return -1;
	return store_run(st,
			 "UPDATE node SET life = 'ram', boot = ?2, heard = ?3, machine = ?4, fresh = 1, reboots = 0,"
			 " intent = CASE intent WHEN 'policy' THEN '' ELSE intent END WHERE id = ?1",
			 err, "isis", n->id, c->boot, c->now_s, c->machine_json);
}

static int write_disk_hello(struct store *st, const struct node *n, const struct event_ctx *c,
			    struct error *err)
{
	if (add_boot(st, n->id, c->boot, c->now_s, err) ||
	    store_run(st, "UPDATE attempt SET disk_seq = 0 WHERE id = ?1", err, "u", c->attempt))
		return -1;
	return store_run(st,
			 "UPDATE node SET life = 'disk', boot = ?2, heard = ?3, fresh = 0, reboots = reboots + 1"
			 " WHERE id = ?1",
			 err, "isi", n->id, c->boot, c->now_s);
}

static int write_bound(struct store *st, const struct node *n, const struct event_ctx *c, struct error *err)
{
	if (store_run(st,
		      "UPDATE node SET name = ?2, profile = ?3, address = ?4, mac = ?5, message = NULL, hint = NULL"
		      " WHERE id = ?1",
		      err, "issss", n->id, c->name, c->profile, c->address, c->mac))
		return -1;
	if (!c->counter)
		return 0;
	return store_run(st, "INSERT OR REPLACE INTO counter (name, next) VALUES (?1, ?2)", err, "si",
			 c->counter, c->counter_next);
}

/* Everything that must hold before a plan may run is looked at here, inside the transaction. */
static int write_claimed(struct store *st, const struct node *n, const struct event_ctx *c,
			 struct error *err)
{
	int64_t good;

	if (store_number(st,
			 "SELECT 1 FROM node JOIN attempt ON attempt.id = node.attempt WHERE node.id = ?1"
			 " AND node.intent <> '' AND attempt.id = ?2 AND attempt.plan_hash = ?3 AND attempt.claimed = 0",
			 &good, err, "ius", n->id, c->attempt, c->plan_hash))
		return -1;
	if (!good)
		return error_set(err, ERR_CONFLICT, "no unspent intent for this attempt and plan");
	if (store_run(st, "UPDATE attempt SET claimed = ?2, claim_seq = ?3, agent_seq = ?3 WHERE id = ?1", err,
		      "uiu", c->attempt, c->now_s, c->seq))
		return -1;
	return store_run(st,
			 "UPDATE node SET intent = '', intent_plan = NULL, intent_wipe = '[]', fresh = 0,"
			 " message = NULL, hint = NULL WHERE id = ?1",
			 err, "i", n->id);
}

static int write_applied(struct store *st, const struct node *n, const struct event_ctx *c,
			 struct error *err)
{
	int64_t good;

	if (store_number(st, "SELECT 1 FROM attempt WHERE id = ?1 AND id = ?2 AND claimed > 0 AND applied = 0",
			 &good, err, "uu", c->attempt, n->attempt))
		return -1;
	if (!good)
		return error_set(err, ERR_CONFLICT, "attempt %llu is not being deployed",
				 (unsigned long long)c->attempt);
	if (store_run(st,
		      "UPDATE attempt SET applied = ?2, disk_key = ?3, disk_seq = 0, agent_seq = ?4, percent = 100"
		      " WHERE id = ?1",
		      err, "uisu", c->attempt, c->now_s, c->key, c->seq))
		return -1;
	return store_run(st,
			 "UPDATE node SET installed = ?2, own_goal = ?3, message = NULL, hint = NULL WHERE id = ?1",
			 err, "ius", n->id, c->attempt, c->own_goal);
}

static int write_stop(struct store *st, const struct node *n, const struct event_ctx *c, struct error *err)
{
	return store_run(st,
			 "UPDATE node SET intent = '', intent_plan = NULL, intent_wipe = '[]', fresh = 0,"
			 " message = ?2, hint = ?3 WHERE id = ?1",
			 err, "iss", n->id, c->message, c->hint);
}

/* What EV writes besides state, event and effect. */
static int write_event(struct store *st, const struct node *n, const struct life_row *row,
		       const struct event_ctx *c, struct error *err)
{
	bool report = c->attempt && c->seq;

	switch (row->event) {
	case EV_HELLO:
		if (write_hello(st, n, c, err))
			return -1;
		if (row->from == NODE_DEPLOYING)
			return store_run(st, "UPDATE node SET message = ?2, hint = ?3 WHERE id = ?1", err, "iss", n->id,
					 c->message, c->hint);
		return 0;
	case EV_DISK_HELLO:
		if (row->to == NODE_VERIFYING && row->from == NODE_FAILED &&
		    store_run(st, "UPDATE node SET message = NULL, hint = NULL WHERE id = ?1", err, "i", n->id))
			return -1;
		return write_disk_hello(st, n, c, err);
	case EV_BOUND:
		return write_bound(st, n, c, err);
	case EV_PLANNED:
		if (store_run(st, "UPDATE attempt SET plan = ?2, plan_hash = ?3 WHERE id = ?1", err, "uss",
			      n->attempt, c->plan, c->plan_hash))
			return -1;
		return store_run(st, "UPDATE node SET message = NULL, hint = NULL WHERE id = ?1", err, "i", n->id);
	case EV_APPROVED:
		return store_run(st, "UPDATE node SET intent = ?2, message = NULL, hint = NULL WHERE id = ?1", err,
				 "is", n->id, c->intent);
	case EV_DEPLOY:
		return store_run(st,
				 "UPDATE node SET intent = 'operator', intent_plan = ?2, intent_wipe = ?3, reboots = 0,"
				 " message = NULL, hint = NULL WHERE id = ?1",
				 err, "iss", n->id, c->plan_hash, c->wipe_json ? c->wipe_json : "[]");
	case EV_CLAIMED:
		return write_claimed(st, n, c, err);
	case EV_APPLIED:
		return write_applied(st, n, c, err);
	case EV_FAIL:
	case EV_TIMEOUT:
		if (report && keep_seq(st, c->attempt, LIFE_RAM, c->seq, err))
			return -1;
		return write_stop(st, n, c, err);
	case EV_CHECKS_OK:
	case EV_CHECKS_BAD:
		if (keep_seq(st, c->attempt, LIFE_DISK, c->seq, err) ||
		    store_run(st, "UPDATE attempt SET results = ?2 WHERE id = ?1", err, "us", c->attempt, c->results))
			return -1;
		return store_run(st, "UPDATE node SET message = ?2, hint = ?3 WHERE id = ?1", err, "iss", n->id,
				 c->message, c->hint);
	case EV__N:
		break;
	}
	return error_set(err, ERR_INTERNAL, "event %d has no writer", row->event);
}

static int refresh(struct store *st, struct node *n, struct error *err)
{
	struct node *now;

	if (node_load(st, n->id, n->arena, &now, err))
		return -1;
	if (!now)
		return error_set(err, ERR_INTERNAL, "node %lld vanished", (long long)n->id);
	*n = *now;
	return 0;
}

int node_apply(struct store *st, struct node *n, enum node_event ev, const struct event_ctx *ctx,
	       struct error *err)
{
	const struct life_row *row;

	if (store_begin(st, true, err))
		return -1;
	/* The caller's copy may be old: the state that counts is the one in this transaction. */
	if (refresh(st, n, err))
		goto undo;
	row = life_find(n->state, ev);
	if (!row) {
		error_set(err, ERR_CONFLICT, "%s is %s: %s has no meaning now", node_title(n),
			  life_states[n->state].name, life_event_names[ev]);
		goto undo;
	}
	if (write_event(st, n, row, ctx, err))
		goto undo;
	if (row->to != row->from &&
	    store_run(st, "UPDATE node SET state = ?2, since = ?3 WHERE id = ?1", err, "isi", n->id,
		      life_states[row->to].name, ctx->now_s))
		goto undo;
	if (refresh(st, n, err) ||
	    add_event(st, n->id, n->attempt, ctx->now_s, life_states[row->from].name, ev,
		      life_states[row->to].name, ctx->text ? ctx->text : row->doc, row->effect, err))
		goto undo;
	return store_commit(st, err);
undo:
	store_rollback(st);
	return -1;
}

int node_add(struct store *st, const char *label, const struct event_ctx *ctx, struct arena *a,
	     struct node **ret, struct error *err)
{
	struct node n = { .arena = a };

	if (store_begin(st, true, err))
		return -1;
	if (store_run(st,
		      "INSERT INTO node (label, state, since, heard, life, machine)"
		      " VALUES (?1, 'discovered', ?2, ?2, 'ram', '')",
		      err, "si", label, ctx->now_s))
		goto undo;
	n.id = store_last_id(st);
	if (new_attempt(st, n.id, ctx, err) || refresh(st, &n, err) || write_hello(st, &n, ctx, err) ||
	    add_event(st, n.id, n.attempt, ctx->now_s, "", EV_HELLO, life_states[NODE_DISCOVERED].name,
		      ctx->text ? ctx->text : "first seen", EFFECT_NOTIFY, err))
		goto undo;
	if (store_commit(st, err))
		return -1;
	return node_load(st, n.id, a, ret, err);
undo:
	store_rollback(st);
	return -1;
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
	e->kind = str_eq(row_text(row, 1, a), life_effect_names[EFFECT_HOSTS]) ? EFFECT_HOSTS : EFFECT_NOTIFY;
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
