/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The RAM life: from discovery to a written disk. */
#include <stdio.h>
#include <string.h>

#include "agent/clock.h"
#include "agent/hwtest.h"
#include "agent/measure.h"
#include "agent/ports.h"
#include "agent/record.h"
#include "agent/run.h"
#include "agent/secrets.h"
#include "base/channel.h"
#include "base/clock.h"
#include "base/str.h"
#include "data/json.h"
#include "observe/bmc.h"
#include "observe/erase.h"
#include "observe/health.h"
#include "observe/machine.h"

enum { REPORT_EVERY_MS = 1000, IMPORTANT_TRIES = 300, POLL_MS = 2000, NOTES_MAX = 4096 };

/* Progress goes to the console and, once in a while, to the admin node. */
struct watch {
	const struct engine_sink *to_console;
	struct client *client;
	uint64_t next_ms;
	struct str notes; /* what the admin node is told in the end */
};

static void on_step(void *ctx, const struct progress *at)
{
	struct watch *p = ctx;
	uint64_t now = clock_mono_ms();
	struct msg_report r = { .report = REPORT_PROGRESS, .op = at->op->id, .done = at->done, .total = at->total,
				.percent = at->percent };
	struct msg_ack ack = { 0 };
	AUTO_ARENA a = ARENA_INIT;
	struct error ignored;

	p->to_console->step(p->to_console->ctx, at);
	if (now < p->next_ms)
		return;
	p->next_ms = now + REPORT_EVERY_MS;
	/* A lost progress report is no reason to stop writing. */
	if (client_report(p->client, &r, 1, &ack, &a, &ignored))
		p->next_ms = clock_mono_ms() + 5 * REPORT_EVERY_MS;
}

static void on_stage(void *ctx, const char *stage, const char *text)
{
	struct watch *p = ctx;

	p->to_console->stage(p->to_console->ctx, stage, text);
}

static void on_note(void *ctx, const char *text)
{
	struct watch *p = ctx;

	if (p->to_console->note)
		p->to_console->note(p->to_console->ctx, text);
	if (p->notes.len < NOTES_MAX)
		str_addf(&p->notes, "%s%s", p->notes.len ? "; " : "", text);
}

static void watch_release(struct watch *p)
{
	str_release(&p->notes);
}
#define AUTO_WATCH CLEANUP(watch_release) struct watch

static int read_order_plan(const struct msg_order *o, struct arena *a, struct plan **ret, struct error *err)
{
	char hash[HASH_HEX];
	struct tree *t;

	if (!o->plan || !o->plan_hash)
		return error_set(err, ERR_INPUT, "the order carries no plan");
	t = json_parse("plan", o->plan, strlen(o->plan), a, err);
	if (!t)
		return -1;
	*ret = plan_read(t, a, err);
	if (!*ret)
		return -1;
	/* Over what was understood, not over the bytes: nothing unread can hide in an approved plan. */
	plan_hash(*ret, hash);
	if (!str_eq(hash, o->plan_hash))
		return error_set(err, ERR_INPUT, "the plan's hash is %.8s, the order names %.8s", hash, o->plan_hash);
	if (str_eq((*ret)->kind, "wipe") != (o->order == ORDER_WIPE))
		return error_set(err, ERR_INPUT, "the order is to %s, its plan is of kind %s", order_names[o->order], (*ret)->kind);
	return 0;
}

static int report_failure(struct client *c, const struct error *cause, struct arena *a, struct error *err)
{
	struct msg_report r = { .report = REPORT_FAILED, .error = cause->msg, .hint = cause->hint[0] ? cause->hint : NULL };
	struct msg_ack ack = { 0 };

	return client_report(c, &r, IMPORTANT_TRIES, &ack, a, err);
}

/* The keys are in memory for as long as the plan runs. */
static int apply_with_keys(struct engine *e, const struct plan *plan, const struct msg_ack *ack, const char *sec, struct arena *a,
			   struct error *err)
{
	struct keys keys = { 0 };
	int rc = keys_open(ack, plan, sec, a, &keys, err);

	e->secrets = keys.list;
	e->n_secrets = keys.n;
	if (!rc)
		rc = engine_apply(e, plan, err);
	keys_wipe(&keys);
	return rc;
}

/* What the end of the engine's run is told as. */
static void fill_end(const struct engine *e, bool wiping, const struct watch *p, struct msg_report *ret)
{
	*ret = (struct msg_report){ .report = wiping ? REPORT_WIPED : REPORT_APPLIED };
	if (wiping) {
		ret->erased = e->erased;
		ret->n_erased = e->n_erased;
	} else {
		ret->key = e->node_key;
	}
	ret->text = p->notes.len ? str_text(&p->notes) : NULL;
}

/* Claims the intent to deploy or to wipe, writes, reports. *RET_DONE: all is done and the admin node knows. */
static int carry_out(struct client *c, const struct ram_agent *ra, const struct msg_order *o, struct arena *a, bool *ret_done,
		     struct error *err)
{
	struct msg_report claim = { .report = REPORT_CLAIM, .plan_hash = o->plan_hash };
	struct msg_report end;
	struct msg_ack ack = { 0 };
	AUTO_WATCH p = { .client = c, .to_console = ra->console };
	struct engine_sink sink = { .ctx = &p, .step = on_step, .stage = on_stage, .note = on_note };
	struct engine e = { .sys = c->sys, .root = ra->root, .release_key = ra->release_key, .target = ra->target,
			    .journal = ra->journal, .sink = &sink, .keep = a, .source = arena_printf(a, "http://%s", c->server) };
	AUTO_STR text = STR_INIT;
	struct error cause;
	struct plan *plan = NULL;

	if (read_order_plan(o, a, &plan, err))
		return report_failure(c, err, a, &cause);
	plan_text(plan, &text);
	fputs(str_text(&text), stdout);
	channel_emit("plan", "agent", "hash", o->plan_hash, NULL);
	if (client_report(c, &claim, IMPORTANT_TRIES, &ack, a, err))
		return -1;
	if (!ack.accepted) {
		printf("fulcrum: the admin node did not accept the claim: %s\n", ack.text ? ack.text : "no reason given");
		return 0;
	}
	if (apply_with_keys(&e, plan, &ack, c->sec, a, &cause)) {
		ra->show_error(ra->console->ctx, &cause);
		if (report_failure(c, &cause, a, err))
			return -1;
		record_send(c, ra->progress);
		return 0;
	}
	fill_end(&e, o->order == ORDER_WIPE, &p, &end);
	if (client_report(c, &end, IMPORTANT_TRIES, &ack, a, err))
		return -1;
	*ret_done = ack.accepted;
	return 0;
}

/* *RET_NEWS: nothing is ordered yet, and what was told of the ports no longer holds. */
static int follow_orders(struct client *c, const struct ram_agent *ra, struct ports *ports, const struct machine *m, bool *ret_news,
			 struct error *err)
{
	char said[512] = "";
	bool recorded = false;

	*ret_news = false;
	for (;;) {
		AUTO_ARENA a = ARENA_INIT;
		struct msg_order o = { 0 };
		bool done = false;

		if (client_poll(c, &o, &a, err)) {
			if (err->kind != ERR_NET)
				return -1;
			o = (struct msg_order){ .order = ORDER_WAIT, .poll_ms = POLL_MS, .text = "the admin node does not answer" };
		}
		if (o.text && !str_eq(said, o.text)) {
			printf("fulcrum: %s\n", o.text);
			fflush(stdout);
			snprintf(said, sizeof(said), "%s", o.text);
		}
		switch (o.order) {
		case ORDER_DEPLOY:
		case ORDER_WIPE:
			if (carry_out(c, ra, &o, &a, &done, err))
				return -1;
			break;
		case ORDER_TEST:
			if (hwtest_carry_out(c, ra, m, &o.hwtest, &a, err))
				return -1;
			break;
		case ORDER_REBOOT:
			done = true;
			break;
		case ORDER_WAIT:
			if (!recorded)
				record_send(c, ra->progress);
			recorded = true;
			*ret_news = ports_news(ports, clock_mono_ms());
			if (*ret_news)
				return 0;
			break;
		case ORDER_CHECK: /* for the deployed system */
			break;
		}
		if (done) {
			/* The admin node has acknowledged the new boot intent: only now is a reboot safe. */
			printf("fulcrum: rebooting\n");
			fflush(stdout);
			record_send(c, ra->progress);
			return c->sys->ops->reboot(c->sys, err);
		}
		if (client_pause(c, o.poll_ms, err))
			return -1;
	}
}

/* What this machine is, and what its disks already have. */
static int observe(struct client *c, const struct ram_agent *ra, struct arena *a, struct machine **ret, struct error *err)
{
	struct machine *m;

	channel_emit("stage", "agent", "stage", "observe", "text", "looking at this machine", NULL);
	if (observe_machine(c->sys, ra->root, a, &m, err))
		return error_wrap(err, "observe");
	observe_health(c->sys, a, m);
	observe_bmc(c->sys, ra->root, a, m);
	observe_erase(c->sys, ra->root, a, m);
	measure_images(c->sys, arena_printf(a, "http://%s", c->server), ra->release_key, m, a);
	printf("fulcrum: %s %s, serial %s, %zu disk%s, %zu port%s\n", m->system.vendor ? m->system.vendor : "unknown",
	       m->system.product ? m->system.product : "machine", m->system.serial ? m->system.serial : "unknown", m->n_disks,
	       m->n_disks == 1 ? "" : "s", m->n_nics, m->n_nics == 1 ? "" : "s");
	*ret = m;
	return 0;
}

static void follow_clock(const struct client *c, const struct ram_agent *ra, struct arena *a)
{
	const char *said = clock_follow(c->sys, c->time_s, ra->epoch_s, a);

	if (!said)
		return;
	printf("fulcrum: %s\n", said);
	channel_emit("stage", "agent", "stage", "clock", "text", said, NULL);
}

/*
 * Hello, and orders, until the end; another hello whenever the ports have news, each under a key of its own: what was signed
 * for an earlier one cannot be played back.
 */
static int live(struct client *c, const struct ram_agent *ra, struct ports *ports, struct machine *m, struct arena *a, struct error *err)
{
	bool news = false;

	do {
		struct msg_hello hello = { .life = LIFE_RAM, .boot_id = client_boot_id(a) };

		if (news)
			client_new_key(c);
		hello.key = c->pub;
		ports_tell(ports, m, a);
		hello.machine = *m;
		if (client_hello(c, &hello, a, err))
			return -1;
		follow_clock(c, ra, a);
		fflush(stdout);
		if (follow_orders(c, ra, ports, m, &news, err))
			return -1;
	} while (news);
	return 0;
}

int agent_run_ram(struct client *c, const struct ram_agent *ra, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct ports *ports = ports_open(c->sys, ra->root);
	struct machine *m = NULL;
	int rc = observe(c, ra, &a, &m, err);

	if (!rc && ra->listen)
		ports_listen(ports, c->sys);
	if (!rc)
		rc = live(c, ra, ports, m, &a, err);
	ports_close(ports);
	return rc;
}
