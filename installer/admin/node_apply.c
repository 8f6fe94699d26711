/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that changes a node: small notes about it, and node_apply. */
#include "admin/nodes.h"

#include "admin/history.h"
#include "admin/identity.h"

enum { HEARD_EVERY_S = 5, BOOTS_KEPT = 64 };

/* What an operator's word has brought is gone with it: it cannot fire later. */
#define NO_INTENT "intent = '', intent_plan = NULL, intent_wipe = '[]', intent_full = 0"

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
	     store_run(st, "UPDATE node SET " NO_INTENT " WHERE id = ?1", err, "i", n->id))) {
		store_rollback(st);
		return -1;
	}
	n->message = arena_strdup(n->arena, message);
	n->hint = arena_strdup(n->arena, hint);
	if (spend_intent)
		n->intent = "", n->intent_plan = NULL, n->intent_wipe = "[]", n->intent_full = false;
	return store_commit(st, err);
}

int node_lock(struct store *st, struct node *n, bool locked, struct error *err)
{
	if (store_begin(st, true, err))
		return -1;
	if (store_run(st, "UPDATE node SET locked = ?2 WHERE id = ?1", err, "ib", n->id, (int)locked)) {
		store_rollback(st);
		return -1;
	}
	n->locked = locked;
	return store_commit(st, err);
}

/* *RET: the node whose tests, which have not ended, are with N's; 0: none. Without BEGUN_TOO only those count that nobody claimed yet. */
static int peer_node(struct store *st, const struct node *n, bool begun_too, int64_t *ret, struct error *err)
{
	return store_number(st,
			    "SELECT node.id FROM node JOIN hwtest ON hwtest.id = node.hwtest"
			    " WHERE ?1 > 0 AND hwtest.peer = ?1 AND hwtest.ended = 0 AND (hwtest.claimed = 0 OR ?2)",
			    ret, err, "ib", n->hwtest, (int)begun_too);
}

int node_delete(struct store *st, const struct node *n, struct error *err)
{
	/* What points at a node goes before it. */
	static const char *const gone[] = {
		"UPDATE hwtest SET outcome = 'stopped', ended = created, text = 'forgotten' WHERE ended = 0 AND id = (SELECT hwtest FROM node WHERE id = ?1)",
		"DELETE FROM effect WHERE event IN (SELECT id FROM event WHERE node = ?1)",
		"DELETE FROM event WHERE node = ?1",   "DELETE FROM nodekey WHERE node = ?1",
		"DELETE FROM boot WHERE node = ?1",    "DELETE FROM address WHERE node = ?1",
		"DELETE FROM attempt WHERE node = ?1", "DELETE FROM node WHERE id = ?1",
	};
	int64_t peer = 0;
	struct node *now;

	if (store_begin(st, true, err))
		return -1;
	if (node_load(st, n->id, n->arena, &now, err) || (now && peer_node(st, now, true, &peer, err)))
		goto undo;
	if (now && (now->state == NODE_DEPLOYING || now->state == NODE_WIPING || now->state == NODE_TESTING)) {
		error_set(err, ERR_CONFLICT, "%s is %s", node_title(now), life_name(now->state));
		error_hint(err, "wait for its end, or until it counts as silent");
		goto undo;
	}
	if (peer && now->state == NODE_QUEUED) {
		error_set(err, ERR_CONFLICT, "%s is to be tested with another node", node_title(now));
		error_hint(err, "fulcrum test cancel %s", node_title(now));
		goto undo;
	}
	for (size_t i = 0; i < ARRAY_LEN(gone); i++)
		if (store_run(st, gone[i], err, "i", n->id))
			goto undo;
	return store_commit(st, err);
undo:
	store_rollback(st);
	return -1;
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
	const char *ignored;
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
	if (history_write(st, n->id, c->machine, false, c->now_s, n->arena, &ignored, err) ||
	    identity_keep(st, n->id, c->machine, n->arena, err) || add_boot(st, n->id, c->boot, c->now_s, err))
		return -1;
	return store_run(st,
			 "UPDATE node SET life = 'ram', boot = ?2, heard = ?3, machine = ?4, fresh = 1, reboots = 0,"
			 " intent = CASE intent WHEN 'policy' THEN '' ELSE intent END WHERE id = ?1",
			 err, "isis", n->id, c->boot, c->now_s, c->machine_json);
}

/* What the running system sees of its machine: a port or a module may be another one since it was deployed. */
static int write_seen(struct store *st, const struct node *n, const struct event_ctx *c, struct error *err)
{
	const char *json;

	/* An agent of an earlier release does not say what it looked at: what it leaves out may be there. */
	if (!c->machine->n_sources)
		return 0;
	if (history_write(st, n->id, c->machine, true, c->now_s, n->arena, &json, err) ||
	    identity_keep(st, n->id, c->machine, n->arena, err))
		return -1;
	return json ? store_run(st, "UPDATE node SET machine = ?2 WHERE id = ?1", err, "is", n->id, json) : 0;
}

static int write_disk_hello(struct store *st, const struct node *n, const struct event_ctx *c,
			    struct error *err)
{
	if (c->machine && write_seen(st, n, c, err))
		return -1;
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
		      "UPDATE node SET name = ?2, profile = ?3, address = ?4, mac = ?5, rule = ?6, roles = ?7, message = NULL,"
		      " hint = NULL WHERE id = ?1",
		      err, "issssss", n->id, c->name, c->profile, c->address, c->mac, c->rule ? c->rule : "", c->roles ? c->roles : ""))
		return -1;
	if (!c->counter)
		return 0;
	return store_run(st, "INSERT OR REPLACE INTO counter (name, next) VALUES (?1, ?2)", err, "si",
			 c->counter, c->counter_next);
}

static int refuse_locked(const struct node *n, struct error *err)
{
	if (!n->locked)
		return 0;
	error_set(err, ERR_CONFLICT, "the binding of %s is locked", node_title(n));
	return error_hint(err, "fulcrum node unlock %s", node_title(n));
}

/* What the binding gave is free again. The plan was for that name: it is gone, too. */
static int write_unbound(struct store *st, const struct node *n, struct error *err)
{
	if (store_run(st, "DELETE FROM address WHERE node = ?1", err, "i", n->id) ||
	    store_run(st, "UPDATE attempt SET plan = NULL, plan_hash = NULL WHERE id = ?1 AND claimed = 0", err, "u", n->attempt))
		return -1;
	return store_run(st,
			 "UPDATE node SET name = NULL, profile = NULL, address = NULL, mac = NULL, rule = '', roles = '', reboots = 0, message = NULL,"
			 " hint = NULL, " NO_INTENT " WHERE id = ?1",
			 err, "i", n->id);
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
			 "UPDATE node SET " NO_INTENT ", fresh = 0, message = NULL, hint = NULL WHERE id = ?1",
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
			 "UPDATE node SET " NO_INTENT ", fresh = 0, message = ?2, hint = ?3 WHERE id = ?1",
			 err, "iss", n->id, c->message, c->hint);
}

/* --- wipes */

static int write_wipe(struct store *st, const struct node *n, const struct event_ctx *c, struct error *err)
{
	if (refuse_locked(n, err) ||
	    store_run(st, "INSERT INTO wipe (title, label, created, plan, plan_hash) VALUES (?1, ?2, ?3, ?4, ?5)", err, "ssiss", node_title(n),
		      n->label, c->now_s, c->plan, c->plan_hash))
		return -1;
	return store_run(st, "UPDATE node SET wipe = ?2, reboots = 0, message = NULL, hint = NULL, " NO_INTENT " WHERE id = ?1", err, "ii",
			 n->id, store_last_id(st));
}

static int restart_progress(struct store *st, const struct event_ctx *c, struct error *err)
{
	return store_run(st, "UPDATE attempt SET agent_seq = ?2, op = NULL, text = NULL, done = 0, total = 0, percent = 0 WHERE id = ?1", err,
			 "uu", c->attempt, c->seq);
}

/* As write_claimed: everything that must hold before a disk is erased. */
static int write_wipe_claimed(struct store *st, const struct node *n, const struct event_ctx *c, struct error *err)
{
	int64_t good;

	if (store_number(st,
			 "SELECT 1 FROM node JOIN wipe ON wipe.id = node.wipe WHERE node.id = ?1 AND node.attempt = ?2"
			 " AND wipe.plan_hash = ?3 AND wipe.claimed = 0",
			 &good, err, "ius", n->id, c->attempt, c->plan_hash))
		return -1;
	if (!good)
		return error_set(err, ERR_CONFLICT, "no unspent word for this attempt and wipe");
	if (store_run(st, "UPDATE wipe SET claimed = ?2, attempt = ?3, claim_seq = ?4 WHERE id = ?1", err, "iiuu", n->wipe, c->now_s, c->attempt,
		      c->seq) ||
	    restart_progress(st, c, err))
		return -1;
	return store_run(st, "UPDATE node SET fresh = 0, message = NULL, hint = NULL WHERE id = ?1", err, "i", n->id);
}

static int write_wiped(struct store *st, const struct node *n, const struct event_ctx *c, struct error *err)
{
	int64_t good;

	if (store_number(st, "SELECT 1 FROM wipe WHERE id = ?1 AND attempt = ?2 AND claimed > 0 AND ended = 0", &good, err, "iu", n->wipe, c->attempt))
		return -1;
	if (!good || !c->certificate)
		return error_set(err, ERR_CONFLICT, "attempt %llu is not wiping %s", (unsigned long long)c->attempt, node_title(n));
	if (store_run(st, "UPDATE wipe SET ended = ?2, certificate = ?3 WHERE id = ?1", err, "iis", n->wipe, c->now_s, c->certificate) ||
	    keep_seq(st, c->attempt, LIFE_RAM, c->seq, err) || write_unbound(st, n, err))
		return -1;
	/* No system is its own any more: one that comes from a disk that was not there is an old one. */
	return store_run(st, "UPDATE node SET installed = 0, own_goal = NULL, locked = 0, fresh = 0 WHERE id = ?1", err, "i", n->id);
}

/* --- hardware tests */

static int write_test(struct store *st, const struct node *n, const struct event_ctx *c, struct error *err)
{
	if (store_run(st, "INSERT INTO hwtest (title, label, product, created, tests) VALUES (?1, ?2, ?3, ?4, ?5)", err, "sssis", node_title(n),
		      n->label, c->product, c->now_s, c->tests))
		return -1;
	return store_run(st, "UPDATE node SET hwtest = ?2, back = ?3, reboots = 0, " NO_INTENT " WHERE id = ?1", err, "iis", n->id,
			 store_last_id(st), life_states[life_back(n->state)].name);
}

/* The order that was given counts once, whatever comes twice or late. */
static int write_test_claimed(struct store *st, const struct node *n, const struct event_ctx *c, struct error *err)
{
	int64_t good;

	if (store_number(st,
			 "SELECT 1 FROM node JOIN hwtest ON hwtest.id = node.hwtest WHERE node.id = ?1 AND node.attempt = ?2"
			 " AND hwtest.id = ?3 AND hwtest.claimed = 0 AND hwtest.ended = 0",
			 &good, err, "iui", n->id, c->attempt, c->hwtest))
		return -1;
	if (!good)
		return error_set(err, ERR_CONFLICT, "no tests are wanted of this attempt by that number");
	if (store_run(st, "UPDATE hwtest SET claimed = ?2, attempt = ?3, claim_seq = ?4, address = ?5 WHERE id = ?1", err, "iiuus", n->hwtest, c->now_s,
		      c->attempt, c->seq, c->address))
		return -1;
	return restart_progress(st, c, err);
}

/* OUTCOME "stopped": there are no results. What its tests are told of goes before what was wrong with the node before. */
static int write_test_end(struct store *st, const struct node *n, const struct event_ctx *c, const char *outcome, struct error *err)
{
	if (store_run(st, "UPDATE hwtest SET ended = ?2, outcome = ?3, text = ?4, software = ?5, results = ?6 WHERE id = ?1 AND ended = 0", err,
		      "iissss", n->hwtest, c->now_s, outcome, c->text, c->software, c->results) ||
	    (c->attempt && c->seq && keep_seq(st, c->attempt, LIFE_RAM, c->seq, err)))
		return -1;
	if (c->message &&
	    store_run(st, "UPDATE node SET message = ?2, hint = ?3 WHERE id = ?1", err, "iss", n->id, c->message, c->hint))
		return -1;
	/* Not to be taken for one that came up in the agent by itself: it is told to boot its own disk. */
	return store_run(st, "UPDATE node SET fresh = 0 WHERE id = ?1 AND back = ?2", err, "is", n->id, life_states[NODE_DEPLOYED].name);
}

static int write_tested(struct store *st, const struct node *n, const struct event_ctx *c, struct error *err)
{
	int64_t good;

	if (store_number(st, "SELECT 1 FROM hwtest WHERE id = ?1 AND attempt = ?2 AND claimed > 0 AND ended = 0", &good, err, "iu", n->hwtest, c->attempt))
		return -1;
	if (!good || !c->outcome)
		return error_set(err, ERR_CONFLICT, "attempt %llu is not testing %s", (unsigned long long)c->attempt, node_title(n));
	return write_test_end(st, n, c, c->outcome, err);
}

/* The agent that its own system made room for is up: from now on the way back is a restart. */
static int write_test_hello(struct store *st, const struct node *n, struct error *err)
{
	return store_run(st, "UPDATE node SET back = ?2 WHERE id = ?1", err, "is", n->id, life_states[life_back_restarted(n->back)].name);
}

/* What EV writes of tests besides; those that end by anything but their results were stopped. */
static int write_test_event(struct store *st, const struct node *n, const struct life_row *row, const struct event_ctx *c, struct error *err)
{
	if (row->from == NODE_QUEUED && row->event == EV_HELLO)
		return write_test_hello(st, n, err);
	return row->to == NODE_BACK && row->event != EV_TESTED ? write_test_end(st, n, c, c->outcome ? c->outcome : "stopped", err) : 0;
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
		if (row->from == NODE_DEPLOYING || row->from == NODE_WIPING)
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
				 "UPDATE node SET intent = 'operator', intent_plan = ?2, intent_wipe = ?3, intent_full = ?4,"
				 " reboots = 0, message = NULL, hint = NULL WHERE id = ?1",
				 err, "issb", n->id, c->plan_hash, c->wipe_json ? c->wipe_json : "[]", (int)c->full);
	case EV_CLAIMED:
		if (row->from == NODE_QUEUED)
			return write_test_claimed(st, n, c, err);
		return row->from == NODE_LEAVING ? write_wipe_claimed(st, n, c, err) : write_claimed(st, n, c, err);
	case EV_TEST:
		return write_test(st, n, c, err);
	case EV_TESTED:
		return write_tested(st, n, c, err);
	case EV_CANCEL:
		return 0;
	case EV_WIPE:
		return write_wipe(st, n, c, err);
	case EV_WIPED:
		return write_wiped(st, n, c, err);
	case EV_APPLIED:
		return write_applied(st, n, c, err);
	case EV_FAIL:
	case EV_TIMEOUT:
		if (row->to == NODE_BACK)
			return 0;
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
	case EV_VERIFY:
		return store_run(st, "UPDATE node SET message = NULL, hint = NULL WHERE id = ?1", err, "i", n->id);
	case EV_REBIND:
	case EV_RELEASE:
		return refuse_locked(n, err) || write_unbound(st, n, err) ? -1 : 0;
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

static int apply_in(struct store *st, struct node *n, enum node_event ev, const struct event_ctx *ctx, struct error *err);

/* N's tests ended by EV. The other's, which are with them, have nobody left: only where both came to results each has its own end. */
static int end_peer(struct store *st, const struct node *n, enum node_event ev, const char *text, int64_t now_s, struct error *err)
{
	struct event_ctx c = { .now_s = now_s };
	struct node *peer = NULL;
	int64_t id;

	if (peer_node(st, n, ev != EV_TESTED, &id, err))
		return -1;
	if (!id)
		return 0;
	if (node_load(st, id, n->arena, &peer, err))
		return -1;
	c.text = arena_printf(n->arena, "the tests of %s, which these are with, ended: %s", node_title(n), text);
	return apply_in(st, peer, EV_CANCEL, &c, err);
}

/* node_apply within a transaction. */
static int apply_in(struct store *st, struct node *n, enum node_event ev, const struct event_ctx *ctx, struct error *err)
{
	const struct life_row *row;
	enum node_state to;

	/* The caller's copy may be old: the state that counts is the one in this transaction. */
	if (refresh(st, n, err))
		return -1;
	row = life_find(n->state, ev);
	if (!row)
		return error_set(err, ERR_CONFLICT, "%s is %s: %s has no meaning now", node_title(n), life_states[n->state].name,
				 life_event_names[ev]);
	to = row->to == NODE_BACK ? n->back : row->to;
	if (write_event(st, n, row, ctx, err) || write_test_event(st, n, row, ctx, err))
		return -1;
	if (to != row->from &&
	    store_run(st, "UPDATE node SET state = ?2, since = ?3 WHERE id = ?1", err, "isi", n->id,
		      life_states[to].name, ctx->now_s))
		return -1;
	if (refresh(st, n, err) ||
	    add_event(st, n->id, n->attempt, ctx->now_s, life_states[row->from].name, ev,
		      life_states[to].name, ctx->text ? ctx->text : row->doc, row->effect, err))
		return -1;
	return row->to == NODE_BACK ? end_peer(st, n, ev, ctx->text ? ctx->text : row->doc, ctx->now_s, err) : 0;
}

int node_apply(struct store *st, struct node *n, enum node_event ev, const struct event_ctx *ctx, struct error *err)
{
	if (store_begin(st, true, err))
		return -1;
	if (apply_in(st, n, ev, ctx, err)) {
		store_rollback(st);
		return -1;
	}
	return store_commit(st, err);
}

int node_test_both(struct store *st, struct node *n, const struct event_ctx *c, struct node *with, const struct event_ctx *c_with,
		   struct error *err)
{
	static const char set_peer[] = "UPDATE hwtest SET peer = ?2 WHERE id = ?1";

	if (store_begin(st, true, err))
		return -1;
	if (apply_in(st, n, EV_TEST, c, err) || apply_in(st, with, EV_TEST, c_with, err) ||
	    store_run(st, set_peer, err, "ii", n->hwtest, with->hwtest) || store_run(st, set_peer, err, "ii", with->hwtest, n->hwtest)) {
		store_rollback(st);
		return -1;
	}
	return store_commit(st, err);
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
