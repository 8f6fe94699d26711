/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs hardware tests, one after the other. */
#include "agent/hwtest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/str.h"
#include "data/json.h"
#include "observe/faults.h"
#include "observe/health.h"
#include "ops/source.h"
#include "sys/burn_net.h"

enum { IMPORTANT_TRIES = 300, REPORT_EVERY_MS = 2000, SLACK_MS = 600 * 1000, MS_A_READ = 1000, SERVE_WAIT_S = 120, VISIT_WAIT_S = 60, STALL_S = 20 };
/* Slower than this is not waited for. */
static const uint64_t slow_disk = 10 << 20, slow_memory = 100 << 20, part_bytes = UINT64_C(3) << 30;
static const char images[] = "images/";

struct testing {
	struct client *c;
	const struct ram_agent *ra;
	const struct machine *m;
	const struct hwtest_order *o;
	struct arena *a;
	struct measured *list;
	size_t n;
	size_t step, steps; /* a disk is a step of its own */
	const char *name, *object;
	uint64_t begun_ms, takes_ms, next_ms;
	bool stop;
	const char *sealed; /* the token of tests with a peer, as it came with the claim; NULL: none came */
	const char *address; /* where this node serves */
};

static void tell(struct testing *t, const char *name, const char *object, uint64_t value, const char *text)
{
	t->list = arena_grow(t->a, t->list, t->n, sizeof(*t->list));
	t->list[t->n++] = (struct measured){ .name = name, .object = object, .value = value, .text = text };
}

/* --- progress */

static uint64_t percent_of(const struct testing *t, uint64_t now)
{
	uint64_t own = t->takes_ms ? (now - t->begun_ms) * 100 / t->takes_ms : 0;

	return (t->step * 100 + (own > 99 ? 99 : own)) / (t->steps ? t->steps : 1);
}

static void on_tick(void *ctx)
{
	struct testing *t = ctx;
	uint64_t now = clock_mono_ms();
	struct msg_report r = { .report = REPORT_PROGRESS, .percent = percent_of(t, now), .done = t->step, .total = t->steps };
	struct msg_ack ack = { 0 };
	AUTO_ARENA a = ARENA_INIT;
	struct error ignored;

	if (now < t->next_ms || t->stop)
		return;
	r.op = arena_printf(&a, "test:%s%s%s", t->name, t->object ? ":" : "", t->object ? t->object : "");
	t->next_ms = now + REPORT_EVERY_MS;
	/* A report that is lost is no reason to stop; that it is not wanted is. */
	if (client_report(t->c, &r, 1, &ack, &a, &ignored))
		return;
	t->stop = !ack.accepted;
}

static void begin(struct testing *t, const char *name, const char *object, uint64_t takes_ms)
{
	t->name = name;
	t->object = object;
	t->begun_ms = clock_mono_ms();
	t->takes_ms = takes_ms;
	t->next_ms = 0;
	printf("fulcrum: hardware test %s%s%s\n", name, object ? " of " : "", object ? object : "");
	fflush(stdout);
	channel_emit("hwtest", "agent", "test", name, "object", object ? object : "", NULL);
	on_tick(t);
}

/* --- by fulcrum-hwtest */

static int take_measured(struct testing *t, const char *object, const char *text, size_t len, struct error *err)
{
	struct tree *tree = json_parse("fulcrum-hwtest", text, len, t->a, err);
	const struct tree *list = tree ? tree_get(tree, "measured") : NULL;

	if (!tree)
		return -1;
	for (size_t i = 0; list && i < list->n; i++) {
		struct measured m = { 0 };

		if (field_from_tree(&measured_schema, list->items[i], &m, t->a, err))
			return -1;
		tell(t, m.name, object ? object : m.object, m.value, m.text);
	}
	return 0;
}

/* One that cannot do its work has tested nothing, and says why. */
static void run_with(struct testing *t, const char *const *argv, const char *input, uint64_t limit_ms)
{
	struct sys *sys = t->c->sys;
	AUTO_STR out = STR_INIT;
	struct error err;
	const struct sys_exec x = { .argv = argv, .input = input, .output = &out, .timeout_ms = limit_ms < UINT32_MAX ? (unsigned int)limit_ms : UINT32_MAX,
				    .tick = on_tick, .tick_ctx = t, .stop = &t->stop };

	if (!sys->ops->exec(sys, &x, &err) && !take_measured(t, t->object, str_text(&out), out.len, &err))
		return;
	tell(t, arena_printf(t->a, "%s.tested", t->name), t->object, 0, arena_strdup(t->a, err.msg));
}

static void run(struct testing *t, const char *const *argv, uint64_t limit_ms)
{
	run_with(t, argv, NULL, limit_ms);
}

static const char *number(struct testing *t, uint64_t v)
{
	return arena_printf(t->a, "%" PRIu64, v);
}

static void test_cpu(struct testing *t)
{
	const char *const argv[] = { "fulcrum-hwtest", "cpu", "--seconds", number(t, t->o->cpu_seconds), NULL };

	begin(t, "cpu", NULL, t->o->cpu_seconds * 1000);
	run(t, argv, t->o->cpu_seconds * 1000 + SLACK_MS);
	t->step++;
}

static void test_memory(struct testing *t)
{
	const char *const argv[] = { "fulcrum-hwtest", "memory", "--seconds", number(t, t->o->memory_seconds), NULL };
	/* Six patterns, written and read. */
	uint64_t slowest_ms = t->m->memory_bytes / slow_memory * 12 * 1000;
	struct faults before, after;

	begin(t, "memory", NULL, t->o->memory_seconds * 1000);
	observe_faults(t->ra->root, t->a, &before);
	run(t, argv, t->o->memory_seconds * 1000 + slowest_ms + SLACK_MS);
	observe_faults(t->ra->root, t->a, &after);
	if (before.edac && after.edac) {
		tell(t, "memory.corrected", NULL, after.corrected - before.corrected, NULL);
		tell(t, "memory.uncorrected", NULL, after.uncorrected - before.uncorrected, NULL);
	}
	if (before.mce && after.mce)
		tell(t, "memory.machine-checks", NULL, after.machine_checks - before.machine_checks, NULL);
	t->step++;
}

/* --- disks */

static bool is_tested(const struct disk *d)
{
	return !d->removable && d->size_bytes > 0;
}

static size_t count_disks(const struct machine *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_disks; i++)
		n += is_tested(&m->disks[i]);
	return n;
}

/* What the disks say of themselves now; of their number and order as M has them. */
static struct machine health_of(struct testing *t)
{
	struct machine now = *t->m;

	now.disks = arena_array(t->a, t->m->n_disks + 1, sizeof(*now.disks));
	for (size_t i = 0; i < t->m->n_disks; i++) {
		now.disks[i] = t->m->disks[i];
		now.disks[i].health = (struct disk_health){ 0 };
	}
	observe_health(t->c->sys, t->a, &now);
	return now;
}

static uint64_t defects(const struct disk_health *h)
{
	return h->errors + h->reallocated + h->pending;
}

static void tell_health(struct testing *t, const struct disk *before, const struct disk *after)
{
	const struct disk_health *was = &before->health, *is = &after->health;

	if (!is->source)
		return;
	if (is->verdict)
		tell(t, "disk.failing", t->object, str_eq(is->verdict, "failed"), NULL);
	/* A sector that was pending and could be read is one less: no defect. */
	if (was->source)
		tell(t, "disk.defects", t->object, defects(is) > defects(was) ? defects(is) - defects(was) : 0, NULL);
}

static void test_disk(struct testing *t, const struct disk *d)
{
	const char *const argv[] = { "fulcrum-hwtest", "disk", d->path, "--reads", number(t, t->o->disk_reads), t->o->whole ? "--whole" : NULL, NULL };
	uint64_t bytes = t->o->whole || d->size_bytes < part_bytes ? d->size_bytes : part_bytes;

	begin(t, "disk", d->serial ? d->serial : d->name, bytes / (10 * slow_disk) * 1000);
	run(t, argv, bytes / slow_disk * 1000 + t->o->disk_reads * MS_A_READ + SLACK_MS);
	t->step++;
}

static void test_disks(struct testing *t)
{
	struct machine before, after;

	if (!count_disks(t->m)) {
		tell(t, "disk.tested", NULL, 0, "the machine has no disk");
		return;
	}
	before = health_of(t);
	for (size_t i = 0; i < t->m->n_disks && !t->stop; i++)
		if (is_tested(&t->m->disks[i]))
			test_disk(t, &t->m->disks[i]);
	after = health_of(t);
	for (size_t i = 0; i < t->m->n_disks; i++) {
		const struct disk *d = &t->m->disks[i];

		t->object = d->serial ? d->serial : d->name;
		if (is_tested(d))
			tell_health(t, &before.disks[i], &after.disks[i]);
	}
}

/* --- network */

struct fetching {
	struct testing *t;
	struct hash hash;
	uint64_t bytes;
};

static int take_bytes(void *ctx, const void *data, size_t len, struct error *err)
{
	struct fetching *f = ctx;

	hash_add(&f->hash, data, len);
	f->bytes += len;
	on_tick(f->t);
	return f->t->stop ? error_set(err, ERR_CONFLICT, "stopped") : 0;
}

/* The largest file of the images on offer: what it must be the release's signed list says. */
static const struct seed_entry *largest(const struct seed *s)
{
	const struct seed_entry *best = NULL;

	for (size_t i = 0; i < s->n; i++)
		if (str_starts(s->entries[i].path, images) && (!best || s->entries[i].size > best->size))
			best = &s->entries[i];
	return best;
}

static int fetch_over_and_over(struct testing *t, const char *source, struct error *err)
{
	uint64_t begun = clock_mono_ms(), until = begun + t->o->network_seconds * 1000, bytes = 0, wrong = 0, ms;
	struct sys *sys = t->c->sys;
	const struct seed_entry *e;
	struct seed seed = { 0 };

	if (source_seed(sys, source, t->ra->release_key, t->a, &seed, err))
		return -1;
	e = largest(&seed);
	if (!e)
		return error_set(err, ERR_NOT_FOUND, "%s has no image", source);
	begun = clock_mono_ms();
	do {
		struct fetching f = { .t = t };
		char hex[HASH_HEX];

		hash_begin(&f.hash);
		if (sys->ops->fetch(sys, arena_printf(t->a, "%s/%s", source, e->path), 0, 0, take_bytes, &f, err))
			return -1;
		hash_end(&f.hash, hex);
		wrong += !str_eq(hex, e->hash);
		bytes += f.bytes;
	} while (clock_mono_ms() < until && !t->stop);
	ms = clock_mono_ms() - begun;
	tell(t, "network.tested", NULL, bytes, NULL);
	tell(t, "network.wrong", NULL, wrong, NULL);
	tell(t, "network.rate", NULL, bytes / (ms ? ms : 1) * 1000, NULL);
	return 0;
}

static int open_token(struct testing *t, char ret[NET_TOKEN + 1], struct error *err)
{
	size_t n = 0;

	if (!t->sealed)
		return error_set(err, ERR_INPUT, "the admin node sent no token");
	if (seal_open(t->c->sec, t->sealed, (unsigned char *)ret, NET_TOKEN, &n, err))
		return -1;
	ret[n] = '\0';
	return n == NET_TOKEN ? 0 : error_set(err, ERR_INPUT, "the admin node's token has %zu characters", n);
}

/* With the node that the order names. The program that does it is ended when nobody wants it any more, and what it listens on with it. */
static void exchange_with_peer(struct testing *t)
{
	const char *const argv[] = { "fulcrum-hwtest", t->o->serves ? "serve" : "visit", t->o->serves ? t->address : t->o->address,
				     "--seconds", number(t, t->o->network_seconds), "--wait", number(t, t->o->serves ? SERVE_WAIT_S : VISIT_WAIT_S),
				     "--stall", number(t, STALL_S), NULL };
	char token[NET_TOKEN + 1];
	struct error err;

	if (open_token(t, token, &err))
		tell(t, "network.tested", t->o->peer, 0, arena_strdup(t->a, err.msg));
	else
		run_with(t, argv, token, 2 * t->o->network_seconds * 1000 + SLACK_MS);
	explicit_bzero(token, sizeof(token));
}

static void fetch_from_admin(struct testing *t)
{
	struct error err;

	if (fetch_over_and_over(t, arena_printf(t->a, "http://%s", t->c->server), &err))
		tell(t, "network.tested", NULL, 0, arena_strdup(t->a, err.msg));
}

struct port_count {
	bool counts;
	uint64_t errors, dropped;
};

static void count_ports(struct testing *t, struct port_count *ret)
{
	for (size_t i = 0; i < t->m->n_nics; i++)
		ret[i].counts = t->m->nics[i].link && observe_port_faults(t->ra->root, t->a, t->m->nics[i].name, &ret[i].errors, &ret[i].dropped);
}

static void test_network(struct testing *t)
{
	struct port_count *before = arena_array(t->a, t->m->n_nics + 1, sizeof(*before)), *after = arena_array(t->a, t->m->n_nics + 1, sizeof(*after));

	begin(t, "network", t->o->peer, (t->o->peer ? 2 : 1) * t->o->network_seconds * 1000);
	count_ports(t, before);
	if (t->o->peer)
		exchange_with_peer(t);
	else
		fetch_from_admin(t);
	count_ports(t, after);
	for (size_t i = 0; i < t->m->n_nics; i++) {
		if (!before[i].counts || !after[i].counts)
			continue;
		tell(t, "network.errors", t->m->nics[i].name, after[i].errors - before[i].errors, NULL);
		tell(t, "network.dropped", t->m->nics[i].name, after[i].dropped - before[i].dropped, NULL);
	}
	t->step++;
}

/* --- all */

static void (*const tests[HWTEST__N])(struct testing *t) = {
	[HWTEST_CPU] = test_cpu, [HWTEST_MEMORY] = test_memory, [HWTEST_DISK] = test_disks, [HWTEST_NETWORK] = test_network,
};

static int report(struct testing *t, struct msg_report *r, bool *ret_accepted, struct error *err)
{
	struct msg_ack ack = { 0 };

	r->hwtest = t->o->id;
	if (client_report(t->c, r, IMPORTANT_TRIES, &ack, t->a, err))
		return -1;
	*ret_accepted = ack.accepted;
	for (size_t i = 0; i < ack.n_secrets; i++)
		if (str_eq(ack.secrets[i].name, HWTEST_TOKEN))
			t->sealed = ack.secrets[i].sealed;
	if (!ack.accepted)
		printf("fulcrum: the admin node did not accept it: %s\n", ack.text ? ack.text : "no reason given");
	return 0;
}

/* Where the peer will find this node: its address on the network by which it reaches the admin node. NULL, and said why: nowhere. */
static const char *where_to_serve(struct testing *t)
{
	const char *server = arena_strndup(t->a, t->c->server, strcspn(t->c->server, ":"));
	char ip[INET_ADDRSTRLEN];
	struct error err;

	if (!burn_net_own(server, ip, &err))
		return arena_printf(t->a, "%s:%d", ip, HWTEST_PORT);
	printf("fulcrum: %s\n", err.msg);
	return NULL;
}

int hwtest_carry_out(struct client *c, const struct ram_agent *ra, const struct machine *m, const struct hwtest_order *o, struct arena *a,
		     struct error *err)
{
	struct msg_report claim = { .report = REPORT_CLAIM }, end = { .report = REPORT_TESTED };
	struct testing t = { .c = c, .ra = ra, .m = m, .o = o, .a = a };
	bool accepted;

	if (o->serves)
		claim.address = t.address = where_to_serve(&t);
	if (report(&t, &claim, &accepted, err))
		return -1;
	if (!accepted)
		return 0;
	for (size_t i = 0; i < o->n_tests; i++)
		t.steps += hwtest_find(o->tests[i]) == HWTEST_DISK ? count_disks(m) : 1;
	for (size_t i = 0; i < o->n_tests && !t.stop; i++) {
		enum hwtest_kind k = hwtest_find(o->tests[i]);

		if (k != HWTEST__N)
			tests[k](&t);
	}
	if (t.stop) {
		printf("fulcrum: hardware tests stopped: the admin node does not want them any more\n");
		fflush(stdout);
		return 0;
	}
	end.measured = t.list;
	end.n_measured = t.n;
	return report(&t, &end, &accepted, err);
}
