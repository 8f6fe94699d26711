/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disk life: small, and the same on any Linux that was deployed. */
#include <stdio.h>

#include "agent/checks.h"
#include "agent/record.h"
#include "agent/run.h"
#include "base/clock.h"
#include "base/str.h"
#include "observe/machine.h"

enum { POLL_MS = 5000, REPORT_TRIES = 30, RECORD_EVERY_MS = 60000 };

/* When the admin node gets to know what this boot said: while it waits for checks, it waits for nothing else. */
struct recording {
	bool wanted;
	uint64_t next_ms; /* while checks are ordered, not before */
};

static int run_checks(struct client *c, const struct msg_order *o, struct recording *rec, struct arena *a, struct error *err)
{
	struct msg_report r = { .report = REPORT_CHECKS };
	struct msg_ack ack = { 0 };

	r.results = checks_run(c->sys, o->checks, o->n_checks, a);
	r.n_results = o->n_checks;
	for (size_t i = 0; i < r.n_results; i++)
		printf("check %s: %s%s%s\n", r.results[i].name, r.results[i].pass ? "pass" : "FAIL",
		       r.results[i].pass ? "" : ": ", r.results[i].pass ? "" : r.results[i].seen);
	fflush(stdout);
	for (size_t i = 0; i < r.n_results; i++)
		rec->wanted |= !r.results[i].pass;
	return client_report(c, &r, REPORT_TRIES, &ack, a, err);
}

static int follow_order(struct client *c, const struct msg_order *o, struct recording *rec, struct arena *a, struct error *err)
{
	static const char *const reboot[] = { "systemctl", "reboot", NULL };

	switch (o->order) {
	case ORDER_CHECK:
		return run_checks(c, o, rec, a, err);
	case ORDER_REBOOT:
		printf("the admin node asks for a reboot: %s\n", o->text ? o->text : "");
		fflush(stdout);
		return c->sys->ops->exec(c->sys, &(struct sys_exec){ .argv = reboot }, err);
	case ORDER_DEPLOY: /* never to a running system */
	case ORDER_WIPE:
	case ORDER_TEST:
	case ORDER_WAIT:
		break;
	}
	return 0;
}

static void record(struct client *c, const struct msg_order *o, struct recording *rec)
{
	uint64_t now = clock_mono_ms();

	if (!rec->wanted || (o->order == ORDER_CHECK && now < rec->next_ms))
		return;
	record_send(c, NULL);
	*rec = (struct recording){ .next_ms = clock_mono_ms() + RECORD_EVERY_MS };
}

int agent_run_disk(struct client *c, struct error *err)
{
	AUTO_ARENA machine_arena = ARENA_INIT;
	struct msg_hello hello = { .life = LIFE_DISK, .boot_id = client_boot_id(&machine_arena), .key = c->pub,
				   .node = c->node, .attempt = c->attempt };
	struct recording rec = { .wanted = true, .next_ms = clock_mono_ms() + RECORD_EVERY_MS };

	hello.machine.machine = MACHINE_VERSION;
	observe_system("", &machine_arena, &hello.machine);
	if (client_hello(c, &hello, &machine_arena, err))
		return -1;
	for (;;) {
		AUTO_ARENA a = ARENA_INIT;
		struct msg_order o = { 0 };

		if (client_poll(c, &o, &a, err) || follow_order(c, &o, &rec, &a, err)) {
			printf("%s\n", err->msg);
			fflush(stdout);
			/* Not known any more, or another key: say hello again rather than give up. */
			if (err->kind == ERR_DENIED || err->kind == ERR_NOT_FOUND)
				return -1;
			o.poll_ms = POLL_MS;
		} else {
			record(c, &o, &rec);
		}
		if (client_pause(c, o.poll_ms, err))
			return -1;
	}
}
