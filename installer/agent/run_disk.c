/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disk life: small, and the same on any Linux that was deployed. */
#include <stdio.h>

#include "agent/checks.h"
#include "agent/record.h"
#include "agent/run.h"
#include "base/str.h"
#include "observe/machine.h"

enum { POLL_MS = 5000, REPORT_TRIES = 30 };

static int run_checks(struct client *c, const struct msg_order *o, struct arena *a, struct error *err)
{
	struct msg_report r = { .report = REPORT_CHECKS };
	struct msg_ack ack = { 0 };

	r.results = checks_run(c->sys, o->checks, o->n_checks, a);
	r.n_results = o->n_checks;
	for (size_t i = 0; i < r.n_results; i++)
		printf("check %s: %s%s%s\n", r.results[i].name, r.results[i].pass ? "pass" : "FAIL",
		       r.results[i].pass ? "" : ": ", r.results[i].pass ? "" : r.results[i].seen);
	fflush(stdout);
	if (client_report(c, &r, REPORT_TRIES, &ack, a, err))
		return -1;
	for (size_t i = 0; i < r.n_results; i++)
		if (!r.results[i].pass) {
			record_send(c, NULL);
			break;
		}
	return 0;
}

static int follow_order(struct client *c, const struct msg_order *o, struct arena *a, struct error *err)
{
	static const char *const reboot[] = { "systemctl", "reboot", NULL };

	switch (o->order) {
	case ORDER_CHECK:
		return run_checks(c, o, a, err);
	case ORDER_REBOOT:
		printf("the admin node asks for a reboot: %s\n", o->text ? o->text : "");
		fflush(stdout);
		return c->sys->ops->exec(c->sys, &(struct sys_exec){ .argv = reboot }, err);
	case ORDER_DEPLOY: /* never to a running system */
	case ORDER_WAIT:
		break;
	}
	return 0;
}

int agent_run_disk(struct client *c, struct error *err)
{
	AUTO_ARENA machine_arena = ARENA_INIT;
	struct msg_hello hello = { .life = LIFE_DISK, .boot_id = client_boot_id(&machine_arena), .key = c->pub,
				   .node = c->node, .attempt = c->attempt };

	hello.machine.machine = MACHINE_VERSION;
	observe_system("", &machine_arena, &hello.machine);
	if (client_hello(c, &hello, &machine_arena, err))
		return -1;
	record_send(c, NULL);
	for (;;) {
		AUTO_ARENA a = ARENA_INIT;
		struct msg_order o = { 0 };

		if (client_poll(c, &o, &a, err) || follow_order(c, &o, &a, err)) {
			printf("%s\n", err->msg);
			fflush(stdout);
			/* Not known any more, or another key: say hello again rather than give up. */
			if (err->kind == ERR_DENIED || err->kind == ERR_NOT_FOUND)
				return -1;
			o.poll_ms = POLL_MS;
		}
		if (client_pause(c, o.poll_ms, err))
			return -1;
	}
}
