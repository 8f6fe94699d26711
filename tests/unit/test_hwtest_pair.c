/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of two nodes in the store: wanted for both or for neither, each other's peers, and how they end together. */
#include <stdlib.h>
#include <unistd.h>

#include "admin/hwtests.h"
#include "tap.h"

static char dir[] = "/tmp/test_pair.XXXXXX";
static struct error err;
static struct store *st;
static struct arena arena;

static struct node *add(const char *label, const char *mac)
{
	struct machine *m = ARENA_NEW(&arena, struct machine);
	struct event_ctx c = { .now_s = 1000, .machine = m, .machine_json = "{}", .boot = label, .key = label };
	struct node *n = NULL;

	m->machine = MACHINE_VERSION;
	m->system.serial = label;
	m->nics = ARENA_NEW(&arena, struct nic);
	m->nics[0].name = "eth0";
	m->nics[0].mac = mac;
	m->n_nics = 1;
	if (node_add(st, label, &c, &arena, &n, &err))
		abort();
	return n;
}

static struct hwtest *run_of(const struct node *n)
{
	struct hwtest *w = NULL;

	return hwtest_load(st, n->hwtest, &arena, &w, &err) ? NULL : w;
}

static void refresh(struct node *n)
{
	struct node *now = NULL;

	if (node_load(st, n->id, &arena, &now, &err) || !now)
		abort();
	*n = *now;
}

static bool want(struct node *a, struct node *b)
{
	const struct event_ctx c = { .now_s = 1001, .tests = "{\"peer\":\"b\"}" }, c_with = { .now_s = 1001, .tests = "{\"peer\":\"a\",\"serves\":true}" };

	return !node_test_both(st, a, &c, b, &c_with, &err);
}

static bool claim(struct node *n, const char *address)
{
	const struct event_ctx c = { .now_s = 1002, .attempt = n->attempt, .seq = 1, .hwtest = n->hwtest, .address = address };

	return !node_apply(st, n, EV_CLAIMED, &c, &err);
}

static bool end(struct node *n, enum node_event ev, const char *outcome, const char *text)
{
	const struct event_ctx c = { .now_s = 1003, .attempt = ev == EV_TESTED ? n->attempt : 0, .outcome = outcome, .text = text, .results = "[]" };

	return !node_apply(st, n, ev, &c, &err);
}

static bool are(struct node *a, enum node_state sa, struct node *b, enum node_state sb)
{
	refresh(a);
	refresh(b);
	return a->state == sa && b->state == sb;
}

static void both_or_none(struct node *a, struct node *b)
{
	struct hwtest *runs;
	size_t n;

	ok(!node_apply(st, b, EV_TEST, &(struct event_ctx){ .now_s = 1000, .tests = "{}" }, &err), "one is queued by itself");
	ok(!want(a, b) && err.kind == ERR_CONFLICT, "it is not tested with another: %s", err.msg);
	ok(are(a, NODE_DISCOVERED, b, NODE_QUEUED) && !a->hwtest && !hwtests_of(st, NULL, &arena, &runs, &n, &err) && n == 1, "of that one nothing is wanted");
	ok(!node_delete(st, add("c", "52:54:00:00:00:03"), &err), "one without tests is forgotten");
	ok(end(b, EV_CANCEL, NULL, NULL) && want(a, b) && are(a, NODE_QUEUED, b, NODE_QUEUED), "then both are");
	ok(run_of(a)->peer == b->hwtest && run_of(b)->peer == a->hwtest && a->hwtest != b->hwtest, "each has the other's run");
	ok(node_delete(st, a, &err) && err.kind == ERR_CONFLICT, "neither is forgotten: %s", err.msg);
}

static void ends(struct node *a, struct node *b)
{
	ok(end(b, EV_TIMEOUT, NULL, "nobody came up") && are(a, NODE_DISCOVERED, b, NODE_DISCOVERED), "one that does not come up ends both");
	ok(str_eq(run_of(a)->outcome, "stopped") && str_eq(run_of(b)->outcome, "stopped"), "both were stopped");
	is_str(run_of(a)->text, "the tests of b, which these are with, ended: nobody came up", "the other's says why");
	ok(want(a, b) && claim(b, "192.0.2.2:7357") && str_eq(run_of(b)->address, "192.0.2.2:7357") && claim(a, NULL), "both run");
	ok(!run_of(a)->address, "one of them says where it listens");
	ok(end(a, EV_TIMEOUT, "failed", "fell silent") && are(a, NODE_DISCOVERED, b, NODE_DISCOVERED), "one that falls silent ends both");
	ok(str_eq(run_of(a)->outcome, "failed") && str_eq(run_of(b)->outcome, "stopped"), "it has failed, the other was stopped");
	ok(want(a, b) && claim(b, "192.0.2.2:7357") && claim(a, NULL) && end(a, EV_TESTED, "passed", "good"), "both run, one comes to its results");
	ok(are(a, NODE_DISCOVERED, b, NODE_TESTING), "the other comes to its own");
	ok(end(b, EV_TESTED, "failed", "bad") && are(a, NODE_DISCOVERED, b, NODE_DISCOVERED), "and does");
	ok(str_eq(run_of(a)->outcome, "passed") && str_eq(run_of(b)->outcome, "failed"), "each is kept");
	ok(want(a, b) && claim(b, "192.0.2.2:7357") && end(b, EV_TESTED, "failed", "nobody came") && are(a, NODE_DISCOVERED, b, NODE_DISCOVERED),
	   "results before the other began end both");
	ok(want(a, b) && end(a, EV_CANCEL, NULL, "enough") && are(a, NODE_DISCOVERED, b, NODE_DISCOVERED), "so does an operator");
	ok(!node_apply(st, a, EV_TEST, &(struct event_ctx){ .now_s = 1004, .tests = "{}" }, &err) &&
		   !node_apply(st, b, EV_TEST, &(struct event_ctx){ .now_s = 1004, .tests = "{}" }, &err) && end(a, EV_CANCEL, NULL, NULL) &&
		   are(a, NODE_DISCOVERED, b, NODE_QUEUED),
	   "what two are tested for by themselves ends by itself");
	ok(!node_delete(st, b, &err), "and does not keep a node from being forgotten");
}

int main(void)
{
	struct node *a, *b;

	if (!mkdtemp(dir) || store_open(arena_printf(&arena, "%s/db", dir), &st, &err))
		return 1;
	a = add("a", "52:54:00:00:00:01");
	b = add("b", "52:54:00:00:00:02");
	both_or_none(a, b);
	ends(a, b);
	store_close(st);
	unlink(arena_printf(&arena, "%s/db", dir));
	unlink(arena_printf(&arena, "%s/db-wal", dir));
	rmdir(dir);
	arena_release(&arena);
	return tap_end();
}
