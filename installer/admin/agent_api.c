/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What agents may ask and tell: hello, poll, report. A request counts only when the key that it must
 * be signed with signed it. It reads and judges messages; what follows is life.h's and node_apply's.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "admin/api.h"
#include "admin/bootconf.h"
#include "admin/checked.h"
#include "admin/hwtests.h"
#include "admin/identity.h"
#include "admin/nodes.h"
#include "admin/plans.h"
#include "admin/recorder.h"
#include "admin/secrets.h"
#include "admin/wipes.h"
#include "base/clock.h"
#include "data/json.h"
#include "proto/proto.h"

enum { BOOTS_BEFORE_FAIL = 3, SLOW_POLL = 10 };

static bool signed_by(const struct api_request *rq, const char *key)
{
	AUTO_STR text = STR_INIT;

	if (!key || !rq->sign)
		return false;
	/* A NUL inside would let the text end before the body does. */
	if (strlen(rq->body) != rq->body_len)
		return false;
	proto_request_text(rq->path, rq->body, &text);
	return sign_check(key, str_text(&text), text.len, rq->sign);
}

static int denied(struct error *err)
{
	return error_set(err, ERR_DENIED, "the request is not signed by the key it needs");
}

static int answer(struct api_answer *as, const struct schema *sc, const void *msg)
{
	as->type = "application/json";
	field_to_json(sc, msg, false, false, &as->body);
	return 0;
}

/* --- hello */

static int check_hello(const struct msg_hello *m, struct error *err)
{
	size_t n = strlen(m->boot_id);

	if (!hex_is(m->key, KEY_PUB_HEX - 1))
		return error_set(err, ERR_INPUT, "key: not an Ed25519 public key in hex");
	if (n == 0 || n > 64)
		return error_set(err, ERR_INPUT, "boot_id: 1 to 64 characters are wanted");
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)m->boot_id[i]) && m->boot_id[i] != '-')
			return error_set(err, ERR_INPUT, "boot_id: has a character that no boot id has");
	return 0;
}

/* TIME_S: only for an agent in memory, which is of this release: a deployed one may be of an earlier one, and strict. */
static int welcome(struct admin *ad, const struct node *n, uint64_t attempt, int64_t time_s, struct api_answer *as)
{
	struct msg_welcome w = {
		.node = node_title(n), .state = life_states[n->state].name, .attempt = attempt,
		.poll_ms = ad->poll_ms, .time_s = time_s,
	};

	return answer(as, &msg_welcome_schema, &w);
}

/* Whether this boot's hello is news: false for a repeated one, an error for one of an earlier boot. */
static int is_news(struct admin *ad, const struct node *n, const char *boot, bool *ret, struct error *err)
{
	bool seen;

	*ret = !str_eq(n->boot, boot);
	if (!*ret)
		return 0;
	if (boot_seen(ad->store, n, boot, &seen, err))
		return -1;
	if (seen)
		return error_set(err, ERR_CONFLICT, "%s: a hello of an earlier boot", node_title(n));
	return 0;
}

/* "m-" and the first address; for a machine that has an adapter of an earlier one, with a number behind it. */
static int new_label(struct store *st, const struct machine *m, bool must_be_free, struct arena *a, const char **ret, struct error *err)
{
	char mac[18] = "";
	char *label, *p;
	bool taken = must_be_free;

	for (size_t i = 0; i < m->n_nics && !mac[0]; i++)
		if (!m->nics[i].mac || mac_parse(m->nics[i].mac, mac))
			mac[0] = '\0';
	if (!mac[0])
		return error_set(err, ERR_INPUT, "machine.nics: no adapter with a MAC address");
	label = p = arena_printf(a, "m-%s", mac);
	for (const char *s = label; *s; s++)
		if (*s != ':')
			*p++ = *s;
	*p = '\0';
	*ret = label;
	for (unsigned int i = 2; taken; i++) {
		if (name_is_taken(st, *ret, &taken, err))
			return -1;
		if (taken)
			*ret = arena_printf(a, "%s-%u", label, i);
	}
	return 0;
}

/* Whose machine it is; one that could be of several nodes is held, and the operator sees why. */
static int identify(struct admin *ad, const struct machine *m, int64_t now_s, struct arena *a, struct identified *ret, struct error *err)
{
	const char *label;
	struct error not_kept;

	if (new_label(ad->store, m, false, a, &label, err))
		return -1;
	if (!identity_find(ad->store, m, now_s, a, ret, err))
		return identity_release(ad->store, label, err);
	if (err->kind == ERR_CONFLICT && identity_hold(ad->store, label, err->msg, err->hint, now_s, &not_kept))
		*err = not_kept;
	return -1;
}

static int add_new(struct admin *ad, const struct machine *m, const struct identified *who, struct event_ctx *c, struct arena *a,
		   struct node **ret, struct error *err)
{
	const char *label;

	if (who->twin)
		c->text = arena_printf(a, "first seen; %s", who->twin);
	return new_label(ad->store, m, true, a, &label, err) ? -1 : node_add(ad->store, label, c, a, ret, err);
}

static int hello_ram(struct admin *ad, const struct api_request *rq, const struct msg_hello *m,
		     struct api_answer *as, struct error *err)
{
	struct event_ctx c = { .now_s = clock_real_s(), .key = m->key, .machine = &m->machine };
	struct arena *a = rq->arena;
	AUTO_STR json = STR_INIT;
	struct identified who;
	struct node *n;
	bool news = true;

	c.boot = arena_printf(a, "ram:%s:%s", m->boot_id, m->key);
	field_to_json(&machine_schema, &m->machine, false, false, &json);
	c.machine_json = str_text(&json);
	if (identify(ad, &m->machine, c.now_s, a, &who, err))
		return -1;
	n = who.node;
	if (!n) {
		if (add_new(ad, &m->machine, &who, &c, a, &n, err))
			return -1;
	} else {
		if (is_news(ad, n, c.boot, &news, err))
			return -1;
		if (n->state == NODE_DEPLOYING) {
			c.message = "deploy was interrupted: the agent started again before the end was reported";
			c.hint = arena_printf(a, "see what stopped it, then: fulcrum deploy %s", node_title(n));
			c.text = c.message;
		} else if (n->state == NODE_WIPING) {
			c.message = "the wipe was interrupted: the agent started again before the end was reported";
			c.hint = arena_printf(a, "see what stopped it, then: fulcrum wipe %s", node_title(n));
			c.text = c.message;
		} else if (n->state == NODE_TESTING && news && hwtest_interrupted(ad, n, &c, err)) {
			return -1;
		}
		if (news && node_apply(ad->store, n, EV_HELLO, &c, err))
			return -1;
	}
	if (news && node_advance(ad, n, err))
		return -1;
	return welcome(ad, n, n->attempt, clock_real_s(), as);
}

static int hello_disk(struct admin *ad, const struct api_request *rq, const struct msg_hello *m,
		      struct api_answer *as, struct error *err)
{
	struct event_ctx c = { .now_s = clock_real_s(), .key = m->key, .attempt = m->attempt, .machine = &m->machine };
	struct arena *a = rq->arena;
	struct attempt *at;
	struct node *n;
	bool news;

	if (!m->node)
		return error_set(err, ERR_INPUT, "node: missing, a deployed system knows its name");
	if (attempt_find(ad->store, m->attempt, a, &at, err) || (at && node_load(ad->store, at->node, a, &n, err)))
		return -1;
	if (!at || !n || !str_eq(at->disk_key, m->key))
		return denied(err);
	if (n->installed != at->id) {
		error_set(err, ERR_CONFLICT, "this system was deployed by attempt %" PRIu64 ", the node's is %" PRIu64,
			  at->id, n->installed);
		return error_hint(err, "it booted from an old disk");
	}
	c.boot = arena_printf(a, "disk:%s:%s", m->boot_id, m->key);
	if (is_news(ad, n, c.boot, &news, err))
		return -1;
	if (!news && attempt_recount(ad->store, at, err))
		return -1;
	if (news && life_find(n->state, EV_DISK_HELLO)) {
		if (node_apply(ad->store, n, EV_DISK_HELLO, &c, err))
			return -1;
		if (life_is_netboot(n->state) && n->reboots > BOOTS_BEFORE_FAIL) {
			struct event_ctx f = { .now_s = c.now_s };

			f.message = arena_printf(a, "told to netboot %d times, it booted from its disk each time",
						 BOOTS_BEFORE_FAIL);
			f.hint = "put the network before the disk in the firmware's boot order";
			f.text = f.message;
			if (node_apply(ad->store, n, EV_FAIL, &f, err))
				return -1;
		}
	}
	return welcome(ad, n, at->id, 0, as);
}

int agent_hello(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct msg_hello *m = ARENA_NEW(rq->arena, struct msg_hello);

	if (field_from_json(&msg_hello_schema, "hello", rq->body, rq->body_len, m, rq->arena, err) ||
	    check_hello(m, err))
		return -1;
	if (!signed_by(rq, m->key))
		return denied(err);
	/* The clock that the machine came with: an agent in memory follows ours after its welcome. */
	if (m->sent_s > 0 && m->sent_s < INT64_C(1) << 40) {
		m->machine.clock_skew_s = m->sent_s - clock_real_s();
		machine_set_source(&m->machine, "clock_skew", "hello", rq->arena);
	}
	return m->life == LIFE_RAM ? hello_ram(ad, rq, m, as, err) : hello_disk(ad, rq, m, as, err);
}

/* --- who speaks, for everything after hello */

struct speaker {
	struct node *node;
	struct attempt *attempt;
	enum agent_life life;
};

/*
 * The attempt and its keys say who: a name may have been given to another node meanwhile. The same answer whatever is
 * wrong: a stranger learns nothing.
 */
static int who_speaks(struct admin *ad, const struct api_request *rq, uint64_t attempt, struct speaker *ret, struct error *err)
{
	ret->node = NULL;
	if (attempt_find(ad->store, attempt, rq->arena, &ret->attempt, err) ||
	    (ret->attempt && node_load(ad->store, ret->attempt->node, rq->arena, &ret->node, err)))
		return -1;
	if (!ret->node)
		return denied(err);
	if (signed_by(rq, ret->attempt->agent_key))
		ret->life = LIFE_RAM;
	else if (signed_by(rq, ret->attempt->disk_key))
		ret->life = LIFE_DISK;
	else
		return denied(err);
	return 0;
}

/* --- poll */

static const char *waiting_for(const struct node *n)
{
	if (n->message)
		return n->message;
	return n->state == NODE_PLANNED ? "planned: waits for the operator's approval" : life_states[n->state].doc;
}

/* *RET: why no further node may be written now, or NULL. */
static int too_many(struct admin *ad, struct arena *a, const char **ret, struct error *err)
{
	uint64_t limit = ad->site->policy.at_once, busy;

	*ret = NULL;
	if (!limit)
		return 0;
	if (nodes_count(ad->store, NODE_DEPLOYING, &busy, err))
		return -1;
	if (busy >= limit)
		*ret = arena_printf(a, "approved: waits until fewer than %" PRIu64 " nodes are being written", limit);
	return 0;
}

static int order_ram(struct admin *ad, const struct speaker *s, struct arena *a, struct msg_order *o, struct error *err)
{
	const struct node *n = s->node;
	const char *full;

	o->order = ORDER_WAIT;
	o->text = waiting_for(n);
	if (s->attempt->id != n->attempt) {
		o->text = "a later boot of this machine has taken over";
	} else if (n->state == NODE_APPROVED) {
		if (too_many(ad, a, &full, err))
			return -1;
		if (full) {
			o->text = full;
			return 0;
		}
		o->order = ORDER_DEPLOY;
		o->plan = s->attempt->plan;
		o->plan_hash = s->attempt->plan_hash;
		o->text = arena_printf(a, "plan %.*s is approved", PLAN_SHORT, s->attempt->plan_hash);
	} else if (n->state == NODE_LEAVING) {
		return wipe_order(ad, n, a, o, err);
	} else if (n->state == NODE_QUEUED) {
		return hwtest_give(ad, n, a, o, err);
	} else if (n->state == NODE_RELEASED && !n->fresh) {
		o->order = ORDER_REBOOT;
		o->text = "wiped: it starts afresh";
	} else if (n->state == NODE_DEPLOYED && !n->fresh) {
		o->order = ORDER_REBOOT;
		o->text = s->attempt->applied_s ? "deployed: it boots from its own disk now" : "tested: it boots from its own disk again";
	} else if (n->state == NODE_BOUND && !n->fresh && str_eq(n->intent, "operator")) {
		o->order = ORDER_REBOOT;
		o->text = "deploy again: it starts afresh";
	}
	return 0;
}

static int order_disk(struct admin *ad, const struct speaker *s, struct arena *a, struct msg_order *o,
		      struct error *err)
{
	const struct node *n = s->node;
	struct plan *p;

	o->order = ORDER_WAIT;
	o->text = waiting_for(n);
	if (s->attempt->id != n->installed || n->life != LIFE_DISK) {
		o->text = "this system is no longer the node's";
		return 0;
	}
	switch (n->state) {
	case NODE_BOUND:
	case NODE_PLANNED:
	case NODE_APPROVED:
		o->order = ORDER_REBOOT;
		o->text = "it is to be deployed again: netboot";
		return 0;
	case NODE_LEAVING:
		o->order = ORDER_REBOOT;
		o->text = "its disks are to be wiped: netboot";
		return 0;
	case NODE_QUEUED:
	case NODE_TESTING:
		o->order = ORDER_REBOOT;
		o->text = "its hardware is to be tested: netboot";
		return 0;
	case NODE_DEPLOYED: /* it was here when its tests ended: a start of it is what leads on */
		o->order = ORDER_REBOOT;
		o->text = "it is checked from its start on";
		return 0;
	case NODE_RELEASED:
		o->order = ORDER_REBOOT;
		o->text = "released: netboot";
		return 0;
	case NODE_VERIFYING:
	case NODE_CHECKING:
		o->order = ORDER_CHECK;
		o->text = "must-pass checks";
		if (attempt_plan(s->attempt, a, &p, err))
			return -1;
		return node_checks(ad, p, a, &o->checks, &o->n_checks, err);
	case NODE_READY:
	case NODE_DRIFTED:
		o->poll_ms = (uint64_t)ad->poll_ms * SLOW_POLL;
		return 0;
	case NODE_DISCOVERED:
	case NODE_DEPLOYING:
	case NODE_FAILED:
	case NODE_WIPING:
	case NODE_UNWIPED:
	case NODE__STATES:
		return 0;
	}
	return 0;
}

int agent_poll(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct msg_poll *m = ARENA_NEW(rq->arena, struct msg_poll);
	struct msg_order o = { .poll_ms = ad->poll_ms };
	struct speaker s;

	if (field_from_json(&msg_poll_schema, "poll", rq->body, rq->body_len, m, rq->arena, err) ||
	    who_speaks(ad, rq, m->attempt, &s, err) ||
	    node_heard(ad->store, s.node, clock_real_s(), err))
		return -1;
	if (s.life == LIFE_RAM ? order_ram(ad, &s, rq->arena, &o, err) : order_disk(ad, &s, rq->arena, &o, err))
		return -1;
	return answer(as, &msg_order_schema, &o);
}

/* --- report */

/* A report that has no meaning now is answered, not refused: the agent must learn that it did not count. */
static int not_accepted(struct msg_ack *ack, const char *why)
{
	ack->accepted = false;
	ack->text = why;
	return 0;
}

static int apply_report(struct admin *ad, const struct speaker *s, enum node_event ev,
			const struct event_ctx *c, struct msg_ack *ack, struct error *err)
{
	if (node_apply(ad->store, s->node, ev, c, err) == 0) {
		ack->accepted = true;
		return 0;
	}
	if (err->kind != ERR_CONFLICT)
		return -1;
	return not_accepted(ack, arena_strdup(s->node->arena, err->msg));
}

/* The keys that the claimed plan names, sealed to the agent that claimed it. */
static int add_secrets(struct admin *ad, const struct speaker *s, struct msg_ack *ack, struct error *err)
{
	struct arena *a = s->node->arena;
	struct plan *p;

	if (attempt_plan(s->attempt, a, &p, err))
		return -1;
	return secrets_seal(ad, site_profile(ad->site, s->node->profile), p, s->attempt->agent_key, a, &ack->secrets,
			    &ack->n_secrets, err);
}

static int take_claim(struct admin *ad, const struct speaker *s, const struct msg_report *m, struct event_ctx *c,
		      struct msg_ack *ack, struct error *err)
{
	struct arena *a = s->node->arena;
	struct msg_ack sealed = { 0 };
	const char *why;

	if (s->node->state == NODE_LEAVING) {
		c->plan_hash = m->plan_hash;
		c->text = arena_printf(a, "wipe %.*s: the word is spent, erasing begins", PLAN_SHORT, m->plan_hash ? m->plan_hash : "");
		return apply_report(ad, s, EV_CLAIMED, c, ack, err);
	}
	if (s->node->state == NODE_QUEUED) {
		if (hwtest_begin(ad, s->node, m, c, &why, err))
			return -1;
		if (why)
			return not_accepted(ack, why);
		if (apply_report(ad, s, EV_CLAIMED, c, ack, err))
			return -1;
		return ack->accepted ? hwtest_secret(ad, s->node, s->attempt->agent_key, ack, err) : 0;
	}
	/* Two may have been told to go at the same time. */
	if (s->node->state == NODE_APPROVED && too_many(ad, a, &why, err))
		return -1;
	if (s->node->state == NODE_APPROVED && why)
		return not_accepted(ack, why);

	/* Before the intent is spent: a key that is gone meanwhile costs nothing but this attempt. */
	if (s->node->state == NODE_APPROVED && add_secrets(ad, s, &sealed, err)) {
		c->message = arena_strdup(a, err->msg);
		c->hint = arena_strdup(a, err->hint);
		c->text = c->message;
		if (node_apply(ad->store, s->node, EV_FAIL, c, err))
			return -1;
		return not_accepted(ack, c->message);
	}
	c->plan_hash = m->plan_hash;
	c->text = arena_printf(a, "plan %.*s: the intent is spent, writing begins", PLAN_SHORT, m->plan_hash ? m->plan_hash : "");
	if (apply_report(ad, s, EV_CLAIMED, c, ack, err))
		return -1;
	if (ack->accepted) {
		ack->secrets = sealed.secrets;
		ack->n_secrets = sealed.n_secrets;
	}
	return 0;
}

static int take_applied(struct admin *ad, const struct speaker *s, const struct msg_report *m,
			struct event_ctx *c, struct msg_ack *ack, struct error *err)
{
	struct plan *p;

	if (!hex_is(m->key, KEY_PUB_HEX - 1))
		return error_set(err, ERR_INPUT, "key: not an Ed25519 public key in hex");
	if (!s->attempt->claimed_s)
		return not_accepted(ack, "nothing was claimed");
	if (attempt_plan(s->attempt, s->node->arena, &p, err))
		return -1;
	c->key = m->key;
	c->own_goal = p->goal;
	c->text = m->text;
	return apply_report(ad, s, EV_APPLIED, c, ack, err);
}

/* Tests that came to their end, or did not: the node goes on from where it was. */
static int take_tested(struct admin *ad, const struct speaker *s, const struct msg_report *m, struct event_ctx *c, struct msg_ack *ack,
		       struct error *err)
{
	bool running;

	if (hwtest_running(ad, s->node, s->attempt, m->hwtest, &running, err))
		return -1;
	if (!running)
		return not_accepted(ack, "nothing is being tested");
	if (hwtest_end(ad, s->node, m, c, err) || apply_report(ad, s, EV_TESTED, c, ack, err))
		return -1;
	return node_advance(ad, s->node, err);
}

static int take_untested(struct admin *ad, const struct speaker *s, const struct msg_report *m, struct event_ctx *c, struct msg_ack *ack,
			 struct error *err)
{
	c->message = arena_printf(s->node->arena, "hardware tests: %s", m->error ? m->error : "the agent gave no cause");
	c->hint = m->hint;
	c->text = c->message;
	return apply_report(ad, s, EV_FAIL, c, ack, err) || node_advance(ad, s->node, err) ? -1 : 0;
}

static int take_failed(struct admin *ad, const struct speaker *s, const struct msg_report *m,
		       struct event_ctx *c, struct msg_ack *ack, struct error *err)
{
	struct arena *a = s->node->arena;
	bool wipes = life_is_wipe(s->node->state);

	if (s->node->state == NODE_TESTING)
		return take_untested(ad, s, m, c, ack, err);
	if (s->node->state != NODE_APPROVED && !s->attempt->claimed_s && !wipes)
		return not_accepted(ack, "nothing was claimed");
	c->message = arena_printf(a, "%s%s%s", m->op ? m->op : "", m->op ? ": " : "",
				  m->error ? m->error : "the agent gave no cause");
	c->hint = m->hint ? m->hint :
			    arena_printf(a, "see what stopped it, then: fulcrum %s %s", wipes ? "wipe" : "deploy", node_title(s->node));
	c->text = c->message;
	return apply_report(ad, s, EV_FAIL, c, ack, err);
}

static int take_wiped(struct admin *ad, const struct speaker *s, const struct msg_report *m, struct event_ctx *c, struct msg_ack *ack,
		      struct error *err)
{
	struct wipe *w;

	if (wipe_running(ad, s->node, s->attempt, &w, err))
		return -1;
	if (!w)
		return not_accepted(ack, "nothing is being wiped");
	if (wipe_end(ad, s->node, w, m, c, err) || apply_report(ad, s, c->certificate ? EV_WIPED : EV_FAIL, c, ack, err))
		return -1;
	return c->certificate ? 0 : not_accepted(ack, c->message);
}

static int take_checks(struct admin *ad, const struct speaker *s, const struct msg_report *m,
		       struct event_ctx *c, struct msg_ack *ack, struct error *err)
{
	struct node *n = s->node;
	struct arena *a = n->arena;
	const char *bad;
	bool asked;

	if (s->attempt->id != n->installed)
		return not_accepted(ack, "this system is no longer the node's");
	c->results = checks_json(m, a, &bad);
	if (m->n_results == 0)
		return error_set(err, ERR_INPUT, "results: none, which proves nothing");
	asked = n->state == NODE_VERIFYING || n->state == NODE_CHECKING;
	if (asked && !bad && checks_unmet(ad, n, s->attempt, m, &bad, err))
		return -1;
	if (asked && !bad)
		return apply_report(ad, s, EV_CHECKS_OK, c, ack, err);
	/* Of a system that just came up services still start; one that was ready has no such excuse. */
	if (asked && (n->state == NODE_CHECKING || c->now_s - n->since_s >= (int64_t)ad->grace_s)) {
		c->message = bad;
		c->hint = arena_printf(a, "mend it, or write the node again: fulcrum deploy %s", node_title(n));
		c->text = bad;
		return apply_report(ad, s, EV_CHECKS_BAD, c, ack, err);
	}
	if (!asked && n->state != NODE_READY)
		return not_accepted(ack, "no checks are wanted now");
	/* Just up: services still start. Asked again at the next poll, until the grace is over. */
	ack->accepted = true;
	if (attempt_progress(ad->store, s->attempt, LIFE_DISK, m, c->results, err))
		return -1;
	return node_message(ad->store, n, bad, NULL, false, err);
}

static int take_report(struct admin *ad, const struct speaker *s, const struct msg_report *m,
		       struct msg_ack *ack, struct error *err)
{
	struct event_ctx c = { .now_s = clock_real_s(), .attempt = s->attempt->id, .seq = m->seq };
	enum agent_life wanted = m->report == REPORT_CHECKS ? LIFE_DISK : LIFE_RAM;

	if (s->life != wanted)
		return not_accepted(ack, "not a report of this agent's life");
	if (s->life == LIFE_RAM && s->attempt->id != s->node->attempt)
		return not_accepted(ack, "a later boot of this machine has taken over");
	switch (m->report) {
	case REPORT_CLAIM:
		return take_claim(ad, s, m, &c, ack, err);
	case REPORT_PROGRESS:
		if (s->node->state != NODE_DEPLOYING && s->node->state != NODE_WIPING && s->node->state != NODE_TESTING)
			return not_accepted(ack, "nothing is being written or tested");
		ack->accepted = true;
		return attempt_progress(ad->store, s->attempt, LIFE_RAM, m, NULL, err);
	case REPORT_APPLIED:
		return take_applied(ad, s, m, &c, ack, err);
	case REPORT_FAILED:
		return take_failed(ad, s, m, &c, ack, err);
	case REPORT_CHECKS:
		return take_checks(ad, s, m, &c, ack, err);
	case REPORT_WIPED:
		return take_wiped(ad, s, m, &c, ack, err);
	case REPORT_TESTED:
		return take_tested(ad, s, m, &c, ack, err);
	}
	return error_set(err, ERR_INPUT, "report: no such kind");
}

/* A repeated report gets the answer that the first one got, as far as that is safe to say. */
static int ack_repeated(struct admin *ad, const struct speaker *s, const struct msg_report *m, struct msg_ack *ack,
			struct error *err)
{
	const struct node *n = s->node;
	struct wipe *w;

	ack->accepted = true;
	ack->text = "known already";
	/*
	 * Only the very message that was accepted, of the boot whose attempt runs: its answer was lost on the
	 * way. The agent's key is of its boot, so nobody else can be asking.
	 */
	if (m->report == REPORT_CLAIM && n->state == NODE_WIPING) {
		if (wipe_running(ad, n, s->attempt, &w, err))
			return -1;
		ack->accepted = w && s->attempt->id == n->attempt && m->seq == w->claim_seq && str_eq(m->plan_hash, w->plan_hash);
		return 0;
	}
	if (m->report == REPORT_CLAIM && n->state == NODE_TESTING) {
		if (s->attempt->id != n->attempt)
			return not_accepted(ack, "a later boot of this machine has taken over");
		if (hwtest_claimed_by(ad, n, s->attempt, m, &ack->accepted, err))
			return -1;
		return ack->accepted ? hwtest_secret(ad, n, s->attempt->agent_key, ack, err) : 0;
	}
	if (m->report == REPORT_CLAIM)
		ack->accepted = n->state == NODE_DEPLOYING && s->attempt->id == n->attempt &&
				s->attempt->claimed_s && m->seq == s->attempt->claim_seq &&
				str_eq(m->plan_hash, s->attempt->plan_hash);
	return m->report == REPORT_CLAIM && ack->accepted ? add_secrets(ad, s, ack, err) : 0;
}

int agent_record(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct msg_record *m = ARENA_NEW(rq->arena, struct msg_record);
	struct msg_ack ack = { .accepted = true };
	struct speaker s;

	if (field_from_json(&msg_record_schema, "record", rq->body, rq->body_len, m, rq->arena, err) ||
	    who_speaks(ad, rq, m->attempt, &s, err) || recorder_keep(ad, s.node, m, err))
		return -1;
	return answer(as, &msg_ack_schema, &ack);
}

int agent_report(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err)
{
	struct msg_report *m = ARENA_NEW(rq->arena, struct msg_report);
	struct msg_ack ack = { 0 };
	struct speaker s;
	uint64_t last;

	if (field_from_json(&msg_report_schema, "report", rq->body, rq->body_len, m, rq->arena, err) ||
	    who_speaks(ad, rq, m->attempt, &s, err))
		return -1;
	if (m->seq == 0 || m->seq > INT64_MAX)
		return error_set(err, ERR_INPUT, "seq: counts from 1");
	if (node_heard(ad->store, s.node, clock_real_s(), err))
		return -1;
	last = s.life == LIFE_RAM ? s.attempt->agent_seq : s.attempt->disk_seq;
	if (m->seq <= last ? ack_repeated(ad, &s, m, &ack, err) : take_report(ad, &s, m, &ack, err))
		return -1;
	return answer(as, &msg_ack_schema, &ack);
}
