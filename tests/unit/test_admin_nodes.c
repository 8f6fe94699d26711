/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store and node_apply: what a transaction keeps, and what a claim needs. */
#include <stdlib.h>
#include <unistd.h>

#include "admin/bootconf.h"
#include "admin/history.h"
#include "admin/identity.h"
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

static struct node *whose(struct store *st, const struct machine *m, int64_t now_s, struct arena *a)
{
	struct identified who = { 0 };

	return identity_find(st, m, now_s, a, &who, &err) ? NULL : who.node;
}

static void identity(struct store *st, struct arena *a)
{
	struct node *n;

	ok(whose(st, machine(a, "52:54:00:00:00:01", "other"), 9000, a), "known by its adapter");
	ok(whose(st, machine(a, "52:54:00:00:00:99", "S1"), 9000, a), "known by its board: the adapter was replaced");
	ok(!whose(st, machine(a, "52:54:00:00:00:99", "S1"), 1010, a), "not while that one is up: then it is a clone");
	ok(!whose(st, machine(a, "52:54:00:00:00:99", "S9"), 9000, a), "one UUID for two machines does not make them one");
	ok(!whose(st, machine(a, "52:54:00:00:00:99", "To be filled by O.E.M."), 9000, a), "a filler for a serial number identifies nothing");
	ok(node_find(st, "node-1", a, &n, &err) == 0 && n, "found by name");
	ok(node_find(st, "m-1", a, &n, &err) == 0 && n, "and still by its first label");
	ok(node_find(st, "' OR 1=1", a, &n, &err) == 0 && !n, "a name is never SQL");
}

/* --- machines of many parts, whose parts are moved */

/* Number I of a series: two ports on the board, a card with one, two disks, two modules. */
static struct machine *whole(struct arena *a, int i)
{
	struct machine *m = ARENA_NEW(a, struct machine);

	m->machine = MACHINE_VERSION;
	m->system = (struct machine_system){ .vendor = "Example", .product = "R1", .serial = arena_printf(a, "SYS-%d", i),
					     .uuid = arena_printf(a, "6f1d7a52-0000-4000-8000-5254000000%02d", i),
					     .board_vendor = "Example", .board = "B1", .board_serial = arena_printf(a, "BOARD-%d", i) };
	m->nics = arena_array(a, 3, sizeof(*m->nics));
	m->n_nics = 3;
	for (int k = 0; k < 3; k++) {
		m->nics[k].name = arena_printf(a, "eth%d", k);
		m->nics[k].mac = m->nics[k].permanent_mac = arena_printf(a, "52:54:00:00:%02d:%02d", i, k);
	}
	m->disks = arena_array(a, 2, sizeof(*m->disks));
	m->n_disks = 2;
	m->dimms = arena_array(a, 2, sizeof(*m->dimms));
	m->n_dimms = 2;
	for (int k = 0; k < 2; k++) {
		m->disks[k].name = arena_printf(a, "nvme%dn1", k);
		m->disks[k].path = arena_printf(a, "/dev/nvme%dn1", k);
		m->disks[k].serial = arena_printf(a, "DISK-%d-%d", i, k);
		m->disks[k].model = "Example 1";
		m->disks[k].size_bytes = 1ull << 40;
		m->dimms[k].slot = arena_printf(a, "A%d", k);
		m->dimms[k].serial = arena_printf(a, "DIMM-%d-%d", i, k);
		m->dimms[k].size_bytes = 16ull << 30;
	}
	return m;
}

static const char *label_of(struct store *st, const struct machine *m, int64_t now_s, struct arena *a)
{
	struct identified who = { 0 };

	if (identity_find(st, m, now_s, a, &who, &err))
		return "held";
	return who.node ? who.node->label : who.twin ? who.twin : "new";
}

static const char *json_of(const struct machine *m, struct arena *a)
{
	AUTO_STR text = STR_INIT;

	field_to_json(&machine_schema, m, false, false, &text);
	return arena_strdup(a, str_text(&text));
}

static struct node *say_hello(struct store *st, const char *label, const struct machine *m, int64_t now_s, struct arena *a)
{
	static int boot;
	struct event_ctx c = { .now_s = now_s, .machine = m, .machine_json = json_of(m, a), .boot = arena_printf(a, "ram:%d:k", ++boot), .key = "k" };
	struct node *n = NULL;

	if (node_find(st, label, a, &n, &err) || (n ? node_apply(st, n, EV_HELLO, &c, &err) : node_add(st, label, &c, a, &n, &err)))
		printf("# %s\n", err.msg);
	return n;
}

enum { LATER = 100000 };

static void swapped_parts(struct store *st, struct arena *a)
{
	struct machine *m = whole(a, 1);

	is_str(label_of(st, m, LATER, a), "one", "a known machine");
	m->nics = whole(a, 7)->nics;
	is_str(label_of(st, m, LATER, a), "one", "all ports swapped");
	m = whole(a, 1);
	m->disks = whole(a, 7)->disks;
	is_str(label_of(st, m, LATER, a), "one", "all disks swapped");
	m->dimms = whole(a, 7)->dimms;
	is_str(label_of(st, m, LATER, a), "one", "disks and modules swapped");
	m = whole(a, 1);
	m->system = whole(a, 7)->system;
	m->nics[0].permanent_mac = "52:54:00:00:77:00";
	m->nics[1].permanent_mac = "52:54:00:00:77:01";
	is_str(label_of(st, m, LATER, a), "one", "board swapped, the card kept");
	m->nics[2].permanent_mac = "52:54:00:00:77:02";
	is_str(label_of(st, m, LATER, a), "one", "board and all ports swapped: known by its disks and modules");
	m->dimms = NULL;
	m->n_dimms = 0;
	m->system.serial = "SYS-1";
	is_str(label_of(st, m, LATER, a), "one", "a new board with the old serial number, and the disks");
	m = whole(a, 1);
	m->disks[0].serial = "DISK-7-0";
	is_str(label_of(st, m, LATER, a), "one", "one of two disks swapped");
}

static void moved_parts(struct store *st, struct arena *a)
{
	struct machine *m = whole(a, 2), *other = whole(a, 7);
	struct node *n;

	m->disks = whole(a, 1)->disks;
	is_str(label_of(st, m, LATER, a), "two", "the disks of one moved into the chassis of two: two");
	other->disks = whole(a, 1)->disks;
	is_str(label_of(st, other, LATER, a), "it has disks in common with one, and is another machine: more of it differs",
	       "moved into a chassis that is new: a new node, and it is said");
	other = whole(a, 7);
	other->nics[0] = whole(a, 1)->nics[2];
	is_str(label_of(st, other, LATER, a), "it has an address of a port in common with one, and is another machine: more of it differs",
	       "the card of one in a new machine: a new node");
	m = whole(a, 2);
	m->nics[2] = whole(a, 1)->nics[2];
	is_str(label_of(st, m, LATER, a), "two", "the card of one in two: two");
	say_hello(st, "two", m, LATER, a);
	ok(node_find_mac(st, m->nics[2].permanent_mac, a, &n, &err) == 0 && n && str_eq(n->label, "two"), "and boots as two from then on");
	is_str(label_of(st, whole(a, 1), LATER, a), "one", "put back, one is one");
	say_hello(st, "one", whole(a, 1), LATER, a);
	ok(node_find_mac(st, m->nics[2].permanent_mac, a, &n, &err) == 0 && n && str_eq(n->label, "one"), "and has its card back");
}

/* Only what the cables lead to is different. */
static void swapped_racks(struct store *st, struct arena *a)
{
	struct machine *one = whole(a, 1), *two = whole(a, 2);

	one->nics[0].neighbour = "tor-2";
	two->nics[0].neighbour = "tor-1";
	is_str(label_of(st, one, LATER, a), "one", "swapped between racks: one is one");
	is_str(label_of(st, two, LATER, a), "two", "and two is two");
}

static void clones(struct store *st, struct arena *a)
{
	struct machine *m = whole(a, 3);
	struct machine_system filler = { .vendor = "To Be Filled By O.E.M.", .serial = "0123456789",
					 .uuid = "03000200-0400-0500-0006-000700080009", .board_serial = "Default string" };
	const char *note;
	struct node *n;

	m->system = whole(a, 1)->system;
	is_str(label_of(st, m, LATER, a), "it has system UUID and serial number in common with one, and is another machine: more of it differs",
	       "equal UUID and serial number, nothing else: another machine");
	n = say_hello(st, "three", m, LATER, a);
	ok(n && !identity_note(st, n->id, a, &note, &err), "it becomes a node");
	is_str(note, "its system UUID and serial number is also that of one: it says nothing of which machine this is", "and it is said");
	ok(node_find(st, "one", a, &n, &err) == 0 && !identity_note(st, n->id, a, &note, &err) && note && strstr(note, "that of three"),
	   "of both");
	is_str(label_of(st, whole(a, 1), LATER, a), "one", "the first is still itself");
	is_str(label_of(st, m, LATER, a), "three", "and so is the second");
	ok(node_find(st, "two", a, &n, &err) == 0 && !identity_note(st, n->id, a, &note, &err) && !note, "others have nothing to say");
	for (int i = 4; i <= 5; i++) {
		m = whole(a, i);
		m->system = filler;
		is_str(label_of(st, m, LATER, a), "new", "fillers in common with nobody");
		say_hello(st, i == 4 ? "four" : "five", m, LATER, a);
		is_str(label_of(st, m, LATER, a), i == 4 ? "four" : "five", "known by its ports and disks");
	}
	ok(node_find(st, "five", a, &n, &err) == 0 && !identity_note(st, n->id, a, &note, &err) && !note, "and fillers are no clones");
}

static void ambiguous(struct store *st, struct arena *a)
{
	struct machine *m = ARENA_NEW(a, struct machine);
	struct held *held;
	size_t n;

	/* Nothing but two cards, of two nodes. */
	m->machine = MACHINE_VERSION;
	m->nics = arena_array(a, 2, sizeof(*m->nics));
	m->nics[0] = whole(a, 1)->nics[0];
	m->nics[1] = whole(a, 2)->nics[0];
	m->n_nics = 2;
	is_str(label_of(st, m, LATER, a), "held", "cards of two nodes and nothing else");
	ok(err.kind == ERR_CONFLICT && strstr(err.msg, "one and of two") && err.hint[0], "it is said of which, and what to do");
	ok(!identity_hold(st, "m-x", err.msg, err.hint, LATER, &err) && !identity_hold(st, "m-x", "otherwise", NULL, LATER + 40, &err) &&
		   !identity_held(st, LATER + 50, a, &held, &n, &err) && n == 1 && str_eq(held[0].reason, "otherwise") &&
		   held[0].first_s == LATER && held[0].last_s == LATER + 40,
	   "held, once, with its last reason");
	m->disks = whole(a, 1)->disks;
	m->n_disks = 2;
	is_str(label_of(st, m, LATER, a), "held", "the disks of one do not decide it: nothing says that it is not two with these disks");
	is_str(label_of(st, whole(a, 2), LATER, a), "two", "others go on");
	ok(!identity_held(st, LATER + 1000, a, &held, &n, &err) && !n, "one that went away is not held");
	ok(!identity_release(st, "m-x", &err) && !identity_held(st, LATER + 50, a, &held, &n, &err) && !n, "nor one that was placed");
}

static void added_again(struct store *st, struct arena *a)
{
	struct node *n, *again;
	uint64_t attempt;

	n = say_hello(st, "six", whole(a, 6), LATER, a);
	attempt = n->attempt;
	ok(!node_delete(st, n, &err), "a dead node is deleted");
	is_str(label_of(st, whole(a, 6), LATER, a), "new", "its machine is not known any more");
	again = say_hello(st, "six", whole(a, 6), LATER, a);
	ok(again && again->attempt != attempt && again->state == NODE_DISCOVERED, "and comes back as a new node, with the same name");
	is_str(label_of(st, whole(a, 6), LATER, a), "six", "which is known again");
}

/* --- history */

static bool changed(const struct change *c, size_t n, const char *what, const char *was, const char *became)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(c[i].what, what) && str_eq(c[i].was, was) && str_eq(c[i].became, became))
			return true;
	for (size_t i = 0; i < n; i++)
		printf("# %s: %s -> %s\n", c[i].what, c[i].was ? c[i].was : "-", c[i].became ? c[i].became : "-");
	return false;
}

/* Node "eight" of M, whose switches speak late, or not at all. */
static void neighbours(struct store *st, struct machine *m, struct arena *a)
{
	static const char what[] = "neighbour of port 52:54:00:00:08:01";
	struct change *c;
	struct node *n;
	size_t count;

	m->nics[1].neighbour = "sw-1";
	m->nics[1].neighbour_port = "Gi1";
	n = say_hello(st, "eight", m, LATER + 3, a);
	ok(!history_list(st, n->id, 100, a, &c, &count, &err) && count == 9 && changed(c, count, what, NULL, "sw-1 Gi1"), "a switch is heard");
	m->nics[1].neighbour = m->nics[1].neighbour_port = NULL;
	say_hello(st, "eight", m, LATER + 4, a);
	ok(!history_list(st, n->id, 100, a, &c, &count, &err) && count == 9, "one that was not heard yet is not gone");
	m->nics[1].neighbour = "sw-1";
	m->nics[1].neighbour_port = "Gi1";
	say_hello(st, "eight", m, LATER + 5, a);
	ok(!history_list(st, n->id, 100, a, &c, &count, &err) && count == 9, "and not new when it is heard again");
	m->nics[1].neighbour = m->nics[1].neighbour_port = NULL;
	say_hello(st, "eight", m, LATER + 6, a);
	m->nics[1].neighbour_port = "Gi2";
	m->nics[1].neighbour = "sw-1";
	say_hello(st, "eight", m, LATER + 7, a);
	ok(!history_list(st, n->id, 100, a, &c, &count, &err) && count == 10 && changed(c, count, what, "sw-1 Gi1", "sw-1 Gi2"),
	   "another port of it is a change, from what was heard last");
}

static void history(struct store *st, struct arena *a)
{
	struct machine *m = whole(a, 8), *seen;
	struct change *c;
	struct node *n;
	size_t count;

	machine_set_source(m, "disks", "sysfs", a);
	machine_set_source(m, "ports", "sysfs", a);
	machine_set_source(m, "system", "smbios", a);
	machine_set_source(m, "memory", "sysfs", a);
	machine_set_source(m, "memory_modules", "smbios", a);
	m->memory_bytes = 32ull << 30;
	n = say_hello(st, "eight", m, LATER, a);
	ok(!history_list(st, n->id, 100, a, &c, &count, &err) && !count, "first seen is no change");
	m->nics[0].link = true;
	m->nics[0].name = "enp1s0";
	m->nics[0].driver = "other";
	m->disks[0].health = (struct disk_health){ .source = "smartctl", .temperature_c = 40, .hours = 9 };
	m->clock_s = 5;
	m->clock_skew_s = 7;
	say_hello(st, "eight", m, LATER + 1, a);
	ok(!history_list(st, n->id, 100, a, &c, &count, &err) && !count, "what changes by itself is none");
	m->memory_bytes = 16ull << 30;
	m->n_dimms = 1;
	m->dimms[0].serial = "DIMM-9-9";
	m->disks[1].serial = "DISK-9-1";
	m->disks[0].revision = "2.0";
	m->system.bios_version = "1.1";
	m->n_nics = 2;
	say_hello(st, "eight", m, LATER + 2, a);
	ok(!history_list(st, n->id, 100, a, &c, &count, &err) && count == 8, "eight changes");
	ok(changed(c, count, "memory", "32 GiB", "16 GiB"), "memory");
	ok(changed(c, count, "memory module A0", "16 GiB DIMM-8-0", "16 GiB DIMM-9-9"), "a module is another one");
	ok(changed(c, count, "memory module A1", "16 GiB DIMM-8-1", NULL), "one is gone");
	ok(changed(c, count, "disk DISK-8-1", "Example 1 1.0 TiB", NULL) && changed(c, count, "disk DISK-9-1", NULL, "Example 1 1.0 TiB"),
	   "a disk went, another came");
	ok(changed(c, count, "disk DISK-8-0", "Example 1 1.0 TiB", "Example 1 1.0 TiB firmware 2.0"), "a disk's firmware");
	ok(changed(c, count, "firmware version", NULL, "1.1"), "the board's firmware");
	ok(changed(c, count, "port 52:54:00:00:08:02", "here", NULL), "a port is gone");
	ok(c[0].time_s == LATER + 2, "with the time of that hello");
	neighbours(st, m, a);
	/* A running system sees ports and memory, not disks. */
	seen = whole(a, 8);
	seen->n_disks = 0;
	seen->system.bios_version = "1.1";
	seen->memory_bytes = m->memory_bytes;
	seen->n_nics = 1;
	machine_set_source(seen, "ports", "sysfs", a);
	machine_set_source(seen, "memory", "sysfs", a);
	seen = history_merge(m, seen, a);
	history_compare(m, seen, a, &c, &count);
	ok(count == 1 && changed(c, count, "port 52:54:00:00:08:01", "here", NULL), "a port that a running system misses");
	ok(seen->n_disks == 2 && seen->n_dimms == 1, "what it does not look at is kept");
	m->nics[0].neighbour = "sw-0";
	seen->nics[0].neighbour = NULL;
	ok(str_eq(history_merge(m, seen, a)->nics[0].neighbour, "sw-0"), "so is where its ports are plugged in");
}

static void parts(struct store *st, struct arena *a)
{
	say_hello(st, "one", whole(a, 1), LATER - 1000, a);
	say_hello(st, "two", whole(a, 2), LATER - 1000, a);
	swapped_parts(st, a);
	moved_parts(st, a);
	swapped_racks(st, a);
	clones(st, a);
	ambiguous(st, a);
	added_again(st, a);
	history(st, a);
}

static void reopen(struct arena *a)
{
	struct store *st = open_store(a);
	struct node *n;

	ok(node_find(st, "node-1", a, &n, &err) == 0 && n && n->state == NODE_BOUND, "all is there after closing");
	ok(store_run(st, "PRAGMA user_version = 99", &err, "") == 0, "a later release migrates, and leaves it readable");
	store_close(st);
	st = NULL;
	if (!ok(!store_open(arena_printf(a, "%s/db", dir), &st, &err), "then it is read as it is"))
		return;
	ok(store_run(st, "UPDATE meta SET value = 99 WHERE name = 'reader'", &err, "") == 0, "another one does not");
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
	parts(st, &a);
	store_close(st);
	reopen(&a);
	macs();
	rules(&a);
	unlink(arena_printf(&a, "%s/db", dir));
	unlink(arena_printf(&a, "%s/db-wal", dir));
	rmdir(dir);
	return tap_end();
}
