/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deadlines of nodes in the store: who is late, who is not, and that nobody is looked at for nothing. */
#include <stdlib.h>
#include <unistd.h>

#include "admin/deadlines.h"
#include "admin/nodes.h"
#include "tap.h"

static char dir[] = "/tmp/test_deadlines.XXXXXX";
static struct error err;
static struct admin ad;

static void apply(struct node *n, enum node_event ev, const struct event_ctx *c)
{
	if (node_apply(ad.store, n, ev, c, &err)) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
}

static struct node *add(const char *label, const char *mac, int64_t now_s)
{
	struct machine *m = ARENA_NEW(&ad.arena, struct machine);
	struct event_ctx c = { .now_s = now_s, .machine = m, .machine_json = "{}", .boot = label, .key = label };
	struct node *n = NULL;

	m->machine = MACHINE_VERSION;
	m->system.serial = label;
	m->nics = ARENA_NEW(&ad.arena, struct nic);
	m->nics[0].name = "eth0";
	m->nics[0].mac = mac;
	m->n_nics = 1;
	if (node_add(ad.store, label, &c, &ad.arena, &n, &err)) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	return n;
}

/* Approved at NOW_S: late after 900 s of silence. */
static struct node *approved(const char *name, const char *mac, const char *address, int64_t now_s)
{
	struct node *n = add(name, mac, now_s);
	const struct event_ctx bound = { .now_s = now_s, .name = arena_printf(&ad.arena, "node-%s", name), .profile = "server",
					 .address = address, .mac = mac, .counter = "node-{seq}", .counter_next = 2 };
	const struct event_ctx planned = { .now_s = now_s, .plan = "{}", .plan_hash = "abc" };
	const struct event_ctx ok = { .now_s = now_s, .intent = "policy" };

	apply(n, EV_BOUND, &bound);
	apply(n, EV_PLANNED, &planned);
	apply(n, EV_APPROVED, &ok);
	return n;
}

static enum node_state state(const struct node *n)
{
	struct node *now = NULL;

	return node_load(ad.store, n->id, &ad.arena, &now, &err) || !now ? NODE__STATES : now->state;
}

static void late_and_not(void)
{
	struct deadlines d = { 0 };
	struct node *quiet = approved("quiet", "52:54:00:00:00:01", "192.168.124.81", 10000);
	struct node *talks = approved("talks", "52:54:00:00:00:02", "192.168.124.82", 10000);
	struct node *now = NULL;

	deadlines_run(&ad, &d, 10000);
	ok(d.swept_s == 10000 && d.next_s == 10300, "looked at again when the shortest deadline of all may have passed (%d)", (int)d.next_s);
	deadlines_run(&ad, &d, 10299);
	ok(d.swept_s == 10000, "and not before");
	deadlines_run(&ad, &d, 10850);
	ok(d.next_s == 10901, "or when one of these is late (%d)", (int)d.next_s);
	ok(!node_heard(ad.store, talks, 10890, &err), "one of them says something");
	deadlines_run(&ad, &d, 10900);
	ok(state(quiet) == NODE_APPROVED, "nobody is late in the last second of a deadline");
	deadlines_run(&ad, &d, 10901);
	ok(state(quiet) == NODE_FAILED && state(talks) == NODE_APPROVED, "in the next one the silent one is, the other is not");
	ok(!node_load(ad.store, quiet->id, &ad.arena, &now, &err) && now, "it can be read");
	is_str(now ? now->message : NULL, "approved: silent for too long", "and says why");
	is_str(now ? now->hint : NULL, "look at its console, then: fulcrum deploy node-quiet", "and what to do");
	ok(d.next_s == 11201, "the next look (%d)", (int)d.next_s);
	deadlines_run(&ad, &d, 11791);
	ok(state(talks) == NODE_FAILED, "the other's deadline counts from its word");
}

static void clocks(void)
{
	struct deadlines d = { 0 };
	struct node *n = approved("early", "52:54:00:00:00:03", "192.168.124.83", 20000);
	struct node *back;

	deadlines_run(&ad, &d, 20700);
	ok(d.next_s == 20901, "late at 20901 (%d)", (int)d.next_s);
	deadlines_run(&ad, &d, 5000);
	ok(d.swept_s == 5000 && d.next_s == 5300, "a clock that went back is no reason to wait until it is there again");
	back = approved("back", "52:54:00:00:00:04", "192.168.124.84", 5001);
	deadlines_run(&ad, &d, 5902);
	ok(state(back) == NODE_FAILED && state(n) == NODE_APPROVED, "what came after that has its deadline by the clock as it is");
	ad.started_s = 30000;
	deadlines_run(&ad, &d, 30500);
	ok(state(n) == NODE_APPROVED && d.next_s == 30800, "silence while this program did not run is not the nodes'");
	deadlines_run(&ad, &d, 30901);
	ok(state(n) == NODE_FAILED, "it counts from its start");
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	if (store_open(arena_printf(&ad.arena, "%s/db", dir), &ad.store, &err)) {
		printf("Bail out! %s\n", err.msg);
		return 1;
	}
	late_and_not();
	clocks();
	store_close(ad.store);
	unlink(arena_printf(&ad.arena, "%s/db", dir));
	rmdir(dir);
	arena_release(&ad.arena);
	return tap_end();
}
