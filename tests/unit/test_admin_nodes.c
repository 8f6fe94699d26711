/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store and node_apply: what a transaction keeps, and what a claim needs. */
#include <stdlib.h>
#include <unistd.h>

#include "admin/bootconf.h"
#include "admin/nodes.h"
#include "admin/rules.h"
#include "tap.h"

static char dir[] = "/tmp/test_nodes.XXXXXX";
static struct error err;

static struct store *open_store(struct arena *a)
{
	struct store *st = NULL;

	if (store_open(arena_printf(a, "%s/db", dir), &st, &err)) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	return st;
}

static struct machine *machine(struct arena *a, const char *mac, const char *serial)
{
	struct machine *m = ARENA_NEW(a, struct machine);

	m->machine = MACHINE_VERSION;
	m->memory_bytes = 4ull << 30;
	m->system.serial = serial;
	m->system.uuid = "7d1f6f5e-0c3b-4a53-9f0e-52540000fc11";
	m->nics = ARENA_NEW(a, struct nic);
	m->nics[0].name = "eth0";
	m->nics[0].mac = mac;
	m->n_nics = 1;
	return m;
}

static struct event_ctx hello(const struct machine *m, const char *boot, const char *key)
{
	return (struct event_ctx){ .now_s = 1000, .machine = m, .machine_json = "{}", .boot = boot, .key = key };
}

static size_t count_events(struct store *st, const struct node *n, struct arena *a)
{
	struct event *e;
	size_t count;

	return events_list(st, n, 0, 1000, a, &e, &count, &err) ? 0 : count;
}

static bool apply(struct store *st, struct node *n, enum node_event ev, const struct event_ctx *c)
{
	return node_apply(st, n, ev, c, &err) == 0;
}

static void claims(struct store *st, struct node *n, struct arena *a)
{
	struct event_ctx bound = { .now_s = 1001, .name = "node-1", .profile = "server", .address = "192.168.124.81",
				   .mac = "52:54:00:00:00:01", .counter = "node-{seq}", .counter_next = 2 };
	struct event_ctx planned = { .now_s = 1002, .plan = "{}", .plan_hash = "abc" };
	struct event_ctx approved = { .now_s = 1003, .intent = "policy" };
	struct event_ctx claim = { .now_s = 1004, .attempt = n->attempt, .plan_hash = "abc", .seq = 1 };
	struct event_ctx wrong = claim;
	struct effect *effects;
	uint64_t first = n->attempt;
	size_t before, pending;

	ok(!apply(st, n, EV_PLANNED, &planned) && err.kind == ERR_CONFLICT, "a discovered node cannot be planned");
	ok(apply(st, n, EV_BOUND, &bound) && n->state == NODE_BOUND, "bound");
	is_str(n->name, "node-1", "and refreshed");
	ok(apply(st, n, EV_PLANNED, &planned), "planned");
	ok(!apply(st, n, EV_CLAIMED, &claim), "a plan that nobody approved cannot be claimed");
	ok(apply(st, n, EV_APPROVED, &approved) && str_eq(n->intent, "policy"), "approved: there is an intent");
	before = count_events(st, n, a);
	wrong.plan_hash = "abd";
	ok(!apply(st, n, EV_CLAIMED, &wrong), "another plan's claim is refused");
	wrong = claim;
	wrong.attempt++;
	ok(!apply(st, n, EV_CLAIMED, &wrong), "another attempt's claim is refused");
	wrong = claim;
	wrong.plan_hash = NULL;
	ok(!apply(st, n, EV_CLAIMED, &wrong), "a claim without a plan is refused");
	ok(n->state == NODE_APPROVED && count_events(st, n, a) == before, "none of them left a trace");
	ok(apply(st, n, EV_CLAIMED, &claim) && str_eq(n->intent, ""), "the right one spends the intent");
	ok(!apply(st, n, EV_CLAIMED, &claim), "once");
	ok(effects_pending(st, a, &effects, &pending, &err) == 0 && pending == count_events(st, n, a),
	   "every event has its effect");
	ok(effects_done(st, effects[pending - 1].event, &err) == 0 && effects_pending(st, a, &effects, &pending, &err) == 0 &&
		   pending == 0, "done effects are done");
	struct event_ctx again = hello(machine(a, "52:54:00:00:00:01", "S1"), "ram:2:k", "k2");

	ok(apply(st, n, EV_HELLO, &again) && n->state == NODE_FAILED && n->attempt != first,
	   "an agent that comes back while deploying: failed, with a new attempt");
	ok(apply(st, n, EV_DEPLOY, &(struct event_ctx){ .now_s = 1005 }) && n->state == NODE_BOUND, "deploy arms it again");
	again = hello(machine(a, "52:54:00:00:00:01", "S1"), "ram:3:k", "k3");
	first = n->attempt;
	ok(apply(st, n, EV_HELLO, &again) && n->attempt == first && str_eq(n->intent, "operator"),
	   "an attempt that wrote nothing goes on, and the operator's intent with it");
}

static void identity(struct store *st, struct arena *a)
{
	struct node *n;

	ok(node_identify(st, machine(a, "52:54:00:00:00:01", "other"), a, &n, &err) == 0 && n, "known by its adapter");
	ok(node_identify(st, machine(a, "52:54:00:00:00:99", "S1"), a, &n, &err) == 0 && n, "known by its board: the adapter was replaced");
	ok(node_identify(st, machine(a, "52:54:00:00:00:99", "S9"), a, &n, &err) == 0 && !n, "one UUID for two machines does not make them one");
	ok(node_identify(st, machine(a, "52:54:00:00:00:99", "To be filled by O.E.M."), a, &n, &err) == 0 && !n,
	   "a filler for a serial number identifies nothing");
	ok(node_find(st, "node-1", a, &n, &err) == 0 && n, "found by name");
	ok(node_find(st, "m-1", a, &n, &err) == 0 && n, "and still by its first label");
	ok(node_find(st, "' OR 1=1", a, &n, &err) == 0 && !n, "a name is never SQL");
}

static void reopen(struct arena *a)
{
	struct store *st = open_store(a);
	struct node *n;

	ok(node_find(st, "node-1", a, &n, &err) == 0 && n && n->state == NODE_BOUND, "all is there after closing");
	ok(store_run(st, "PRAGMA user_version = 99", &err, "") == 0, "a later release migrates");
	store_close(st);
	st = NULL;
	ok(store_open(arena_printf(a, "%s/db", dir), &st, &err) != 0 && err.kind == ERR_CONFLICT && err.hint[0],
	   "a database of a later release is refused, with what to do");
}

static void macs(void)
{
	char mac[18];

	ok(mac_parse("52:54:00:AB:cd:EF", mac) == 0 && strcmp(mac, "52:54:00:ab:cd:ef") == 0, "MAC addresses become small");
	ok(mac_parse("", mac) && mac_parse("52:54:00:ab:cd", mac) && mac_parse("52:54:00:ab:cd:e", mac) &&
		   mac_parse("52-54-00-ab-cd-ef", mac) && mac_parse("52:54:00:ab:cd:ef0", mac), "and nothing else is one");
}

static void rules(struct arena *a)
{
	struct rule r = { .when.memory = { .set = true, .min = 8ull << 30, .max = UINT64_MAX, .text = ">= 8G" } };
	struct machine *m = machine(a, "52:54:00:00:00:01", "QEMU-1");

	is_str(rule_mismatch(&r, m, a), "memory is 4.0 GiB, wanted >= 8G", "a rule says why it does not match");
	r = (struct rule){ .when.serial = "qemu-*", .when.mac = "52:54:00:*" };
	ok(!rule_mismatch(&r, m, a), "patterns match, in capitals or not");
	r.when.firmware = "uefi";
	is_str(rule_mismatch(&r, m, a), "firmware is \"\", wanted \"uefi\"", "what is unknown does not match");
}

int main(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct event_ctx c = hello(machine(&a, "52:54:00:00:00:01", "S1"), "ram:1:k", "k1");
	struct store *st;
	struct node *n = NULL;

	if (!mkdtemp(dir))
		return 1;
	st = open_store(&a);
	ok(node_add(st, "m-1", &c, &a, &n, &err) == 0 && n->state == NODE_DISCOVERED && n->attempt, "first seen: discovered");
	claims(st, n, &a);
	identity(st, &a);
	store_close(st);
	reopen(&a);
	macs();
	rules(&a);
	unlink(arena_printf(&a, "%s/db", dir));
	unlink(arena_printf(&a, "%s/db-wal", dir));
	rmdir(dir);
	return tap_end();
}
