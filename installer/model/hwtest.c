/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of hardware tests, and judging. */
#include "model/hwtest.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/str.h"

#define X(constant, name, doc) [constant] = { name, doc },
const struct hwtest_type hwtest_types[HWTEST__N] = { HWTESTS(X) };
#undef X

enum hwtest_kind hwtest_find(const char *name)
{
	for (int i = 0; i < HWTEST__N; i++)
		if (str_eq(hwtest_types[i].name, name))
			return (enum hwtest_kind)i;
	return HWTEST__N;
}

/* --- what is measured */

#define TOLD .limit = UINT64_MAX /* only told */
#define SET(member) .setting = offsetof(struct hwtest_limits, member), .scale = 1
#define CPU(n) .name = "cpu." n, .kind = HWTEST_CPU
#define MEMORY(n) .name = "memory." n, .kind = HWTEST_MEMORY
#define DISK(n) .name = "disk." n, .kind = HWTEST_DISK
#define NETWORK(n) .name = "network." n, .kind = HWTEST_NETWORK

static const char replace_cpu[] = "look at cooling, voltage and firmware; replace the CPU if it comes again";
static const char replace_memory[] = "reseat the modules, test them one by one, and replace the bad one";
static const char replace_disk[] = "look at its cable and controller; replace the disk";
static const char mend_network[] = "look at cable, port and switch; compare with another port";

const struct measure_type measure_types[] = {
	{ CPU("tested"), UNIT_COUNT, AT_LEAST, .always = true, .limit = 1, .doc = "CPUs that computed" },
	{ CPU("wrong"), UNIT_COUNT, AT_MOST, .always = true, .cause = "computed a wrong hash", .hint = replace_cpu, .doc = "wrong answers" },
	{ CPU("rate"), UNIT_RATE, AT_LEAST, SET(cpu.min_rate), .cause = "is slower than it must be",
	  .hint = "look at the firmware's power settings and at cooling", .doc = "what a CPU hashed, all at work: the median of them" },
	{ CPU("slowest"), UNIT_PERCENT, AT_LEAST, SET(cpu.min_share), .cause = "one CPU is much slower than the others",
	  .hint = "look at cooling: a hot CPU is slowed down", .doc = "the slowest CPU's part of the median" },

	{ MEMORY("tested"), UNIT_BYTES, AT_LEAST, .always = true, .limit = 1 << 20, .cause = "too little was free to be tested",
	  .hint = "look at what else runs there", .doc = "how much was written and read" },
	{ MEMORY("wrong"), UNIT_COUNT, AT_MOST, .always = true, .cause = "read other bits than were written", .hint = replace_memory,
	  .doc = "words that read otherwise than they were written" },
	{ MEMORY("rate"), UNIT_RATE, AT_LEAST, SET(memory.min_rate), .cause = "is slower than it must be",
	  .hint = "look whether every channel has its module, and at their speed: fulcrum node show", .doc = "bytes written and read back" },
	{ MEMORY("corrected"), UNIT_COUNT, AT_MOST, SET(memory.max_corrected), .cause = "corrected errors while it was tested",
	  .hint = replace_memory, .doc = "errors that ECC corrected meanwhile, by EDAC" },
	{ MEMORY("uncorrected"), UNIT_COUNT, AT_MOST, .cause = "had errors that ECC could not correct", .hint = replace_memory,
	  .doc = "errors that ECC could not correct meanwhile, by EDAC" },
	{ MEMORY("machine-checks"), UNIT_COUNT, AT_MOST, .cause = "raised machine checks", .hint = replace_memory,
	  .doc = "machine check exceptions meanwhile" },

	{ DISK("tested"), UNIT_BYTES, AT_LEAST, .always = true, .limit = 1, .cause = "nothing of it was read", .hint = replace_disk,
	  .doc = "how much was read" },
	{ DISK("errors"), UNIT_COUNT, AT_MOST, .always = true, .cause = "cannot read what it should", .hint = replace_disk, .doc = "blocks that could not be read" },
	{ DISK("rate"), UNIT_RATE, AT_LEAST, SET(disk.min_rate), .cause = "is slower than it must be", .hint = replace_disk,
	  .doc = "read in order; the slowest part" },
	{ DISK("latency"), UNIT_MICROSECONDS, AT_MOST, TOLD, .doc = "reading one block, the median" },
	{ DISK("worst-latency"), UNIT_MICROSECONDS, AT_MOST, .setting = offsetof(struct hwtest_limits, disk.max_latency_ms), .scale = 1000,
	  .cause = "took too long to read one block", .hint = replace_disk, .doc = "reading one block, the worst" },
	{ DISK("failing"), UNIT_COUNT, AT_MOST, .cause = "says that it fails", .hint = replace_disk, .doc = "1 if its own verdict is that it fails" },
	{ DISK("defects"), UNIT_COUNT, AT_MOST, .cause = "counted new defects while it was read", .hint = replace_disk,
	  .doc = "errors, reallocated and pending sectors that it counted meanwhile" },

	{ NETWORK("tested"), UNIT_BYTES, AT_LEAST, .always = true, .limit = 1, .cause = "nothing came", .hint = mend_network,
	  .doc = "how much was fetched, or went to the peer and came from it" },
	{ NETWORK("wrong"), UNIT_COUNT, AT_MOST, .cause = "other bytes came than should", .hint = mend_network,
	  .doc = "fetches that are not what the signed list says; blocks from or to the peer that did not arrive as they were sent" },
	{ NETWORK("rate"), UNIT_RATE, AT_LEAST, SET(network.min_rate), .cause = "is slower than it must be", .hint = mend_network,
	  .doc = "from the admin node's HTTP" },
	{ NETWORK("peer-to"), UNIT_RATE, AT_LEAST, .with_peer = true, SET(network.min_peer_rate), .cause = "is slower than it must be", .hint = mend_network,
	  .doc = "to the peer, one stream, as it arrived there" },
	{ NETWORK("peer-from"), UNIT_RATE, AT_LEAST, .with_peer = true, SET(network.min_peer_rate), .cause = "is slower than it must be", .hint = mend_network,
	  .doc = "from the peer, one stream" },
	{ NETWORK("errors"), UNIT_COUNT, AT_MOST, SET(network.max_errors), .cause = "counted errors meanwhile", .hint = mend_network,
	  .doc = "packets with errors that a port counted meanwhile" },
	{ NETWORK("dropped"), UNIT_COUNT, AT_MOST, TOLD, .doc = "packets that a port dropped meanwhile" },
};
const size_t measure_types_n = ARRAY_LEN(measure_types);

const struct measure_type *measure_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(measure_types); i++)
		if (str_eq(measure_types[i].name, name))
			return &measure_types[i];
	return NULL;
}

const char *measure_text(const char *name, uint64_t value, struct arena *a)
{
	const struct measure_type *t = measure_find(name);
	char size[SIZE_TEXT_MAX];

	switch (t ? t->unit : UNIT_COUNT) {
	case UNIT_BYTES:
		return arena_strdup(a, size_format(value, size));
	case UNIT_RATE:
		return arena_printf(a, "%s/s", size_format(value, size));
	case UNIT_PERCENT:
		return arena_printf(a, "%" PRIu64 " %%", value);
	case UNIT_MICROSECONDS:
		if (value >= 10000)
			return arena_printf(a, "%" PRIu64 " ms", value / 1000);
		return arena_printf(a, "%" PRIu64 ".%02" PRIu64 " ms", value / 1000, value % 1000 / 10);
	case UNIT_COUNT:
		break;
	}
	return arena_printf(a, "%" PRIu64, value);
}

/* --- the limits */

enum { CPU_SECONDS = 20, CPU_SHARE = 50, MEMORY_SECONDS = 60, DISK_READS = 256, DISK_LATENCY_MS = 2000, NETWORK_SECONDS = 10 };

struct hwtest_limits hwtest_limits(const struct hwtest_limits *given, uint64_t seconds)
{
	struct hwtest_limits l = *given;
	const struct {
		uint64_t *value, otherwise;
	} rows[] = {
		{ &l.cpu.seconds, CPU_SECONDS },     { &l.cpu.min_share, CPU_SHARE },
		{ &l.memory.seconds, MEMORY_SECONDS }, { &l.disk.reads, DISK_READS },
		{ &l.disk.max_latency_ms, DISK_LATENCY_MS }, { &l.network.seconds, NETWORK_SECONDS },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!*rows[i].value)
			*rows[i].value = rows[i].otherwise;
	if (seconds)
		l.cpu.seconds = l.memory.seconds = l.network.seconds = seconds;
	return l;
}

static const struct field cpu_fields[] = {
	FIELD_U64(struct hwtest_cpu, seconds, FIELD_NONZERO, "how long; without it 20"),
	FIELD_SIZE(struct hwtest_cpu, min_rate, FIELD_NONZERO, "bytes a second that a CPU hashes at least, the median of them; without it that is told, not judged"),
	FIELD_U64(struct hwtest_cpu, min_share, FIELD_NONZERO, "percent of that median that the slowest CPU does at least; without it 50"),
};
static const struct schema cpu_schema = SCHEMA("test_cpu", struct hwtest_cpu, cpu_fields, "Every CPU at once computes hashes whose answers are known.");

static const struct field memory_fields[] = {
	FIELD_U64(struct hwtest_memory, seconds, FIELD_NONZERO, "how long, but all patterns once; without it 60"),
	FIELD_SIZE(struct hwtest_memory, min_rate, FIELD_NONZERO, "bytes a second, written and read back; without it that is told, not judged"),
	FIELD_U64(struct hwtest_memory, max_corrected, FIELD_NONZERO, "errors that ECC may correct meanwhile; without it none"),
};
static const struct schema memory_schema =
	SCHEMA("test_memory", struct hwtest_memory, memory_fields, "What is free is written with patterns and read back.");

static const struct field disk_fields[] = {
	FIELD_SIZE(struct hwtest_disk, min_rate, FIELD_NONZERO, "bytes a second, read in order, the slowest part; without it that is told, not judged"),
	FIELD_U64(struct hwtest_disk, max_latency_ms, FIELD_NONZERO, "milliseconds that reading one block may take; without it 2000"),
	FIELD_U64(struct hwtest_disk, reads, FIELD_NONZERO, "how many single blocks; without it 256"),
};
static const struct schema disk_schema = SCHEMA("test_disk", struct hwtest_disk, disk_fields, "Every disk is read; nothing is written.");

static const struct field network_fields[] = {
	FIELD_U64(struct hwtest_network, seconds, FIELD_NONZERO, "how long; without it 10"),
	FIELD_SIZE(struct hwtest_network, min_rate, FIELD_NONZERO, "bytes a second from the admin node; without it that is told, not judged"),
	FIELD_SIZE(struct hwtest_network, min_peer_rate, FIELD_NONZERO, "bytes a second between two nodes, each way; without it that is told, not judged"),
	FIELD_U64(struct hwtest_network, max_errors, FIELD_NONZERO, "packets with errors that a port may count meanwhile; without it none"),
};
static const struct schema network_schema =
	SCHEMA("test_network", struct hwtest_network, network_fields, "A file of the admin node is fetched over and over; or bytes go between two nodes.");

static const struct field limits_fields[] = {
	FIELD_STRUCT(struct hwtest_limits, cpu, FIELD_OMIT_EMPTY, &cpu_schema, "the CPUs"),
	FIELD_STRUCT(struct hwtest_limits, memory, FIELD_OMIT_EMPTY, &memory_schema, "the memory"),
	FIELD_STRUCT(struct hwtest_limits, disk, FIELD_OMIT_EMPTY, &disk_schema, "the disks"),
	FIELD_STRUCT(struct hwtest_limits, network, FIELD_OMIT_EMPTY, &network_schema, "the network"),
};
const struct schema hwtest_limits_schema = SCHEMA("tests", struct hwtest_limits, limits_fields, "How long hardware tests run, and what must come of them.");

/* --- what travels */

static const struct field order_fields[] = {
	FIELD_U64(struct hwtest_order, id, FIELD_OMIT_EMPTY, "which run"),
	FIELD_STRINGS(struct hwtest_order, tests, FIELD_OMIT_EMPTY, "which tests"),
	FIELD_U64(struct hwtest_order, cpu_seconds, FIELD_OMIT_EMPTY, "cpu: how long"),
	FIELD_U64(struct hwtest_order, memory_seconds, FIELD_OMIT_EMPTY, "memory: how long"),
	FIELD_U64(struct hwtest_order, network_seconds, FIELD_OMIT_EMPTY, "network: how long"),
	FIELD_U64(struct hwtest_order, disk_reads, FIELD_OMIT_EMPTY, "disk: how many single blocks"),
	FIELD_BOOL(struct hwtest_order, whole, FIELD_OMIT_EMPTY, "disk: every sector"),
	FIELD_STRING(struct hwtest_order, peer, FIELD_OMIT_EMPTY, "network: between this node and which"),
	FIELD_BOOL(struct hwtest_order, serves, FIELD_OMIT_EMPTY, "network: the peer comes to this node"),
	FIELD_STRING(struct hwtest_order, address, FIELD_OMIT_EMPTY, "network: where the peer is"),
};
const struct schema hwtest_order_schema = SCHEMA("hwtest", struct hwtest_order, order_fields, "hardware tests to run");

bool hwtest_address(const char *text, char ret_ip[HWTEST_IP_SIZE], uint16_t *ret_port)
{
	const char *colon = text ? strchr(text, ':') : NULL;
	unsigned long port;
	struct in_addr in;
	char *end;

	if (!colon || colon[1] < '1' || colon[1] > '9' || colon - text >= HWTEST_IP_SIZE)
		return false;
	port = strtoul(colon + 1, &end, 10);
	memcpy(ret_ip, text, (size_t)(colon - text));
	ret_ip[colon - text] = '\0';
	*ret_port = (uint16_t)port;
	return !*end && port <= UINT16_MAX && inet_pton(AF_INET, ret_ip, &in) == 1;
}

static const struct field measured_fields[] = {
	FIELD_STRING(struct measured, name, FIELD_REQUIRED, "what"),
	FIELD_STRING(struct measured, object, FIELD_OMIT_EMPTY, "of what"),
	FIELD_U64(struct measured, value, 0, "how much"),
	FIELD_STRING(struct measured, text, FIELD_OMIT_EMPTY, "where, if it is wrong"),
};
const struct schema measured_schema = SCHEMA("measured", struct measured, measured_fields, "one thing that was measured");

static const struct field result_fields[] = {
	FIELD_STRING(struct hwtest_result, name, FIELD_REQUIRED, "what"),
	FIELD_STRING(struct hwtest_result, object, FIELD_OMIT_EMPTY, "of what"),
	FIELD_U64(struct hwtest_result, value, 0, "how much"),
	FIELD_STRING(struct hwtest_result, text, FIELD_OMIT_EMPTY, "where, if it is wrong"),
	FIELD_BOOL(struct hwtest_result, judged, 0, "there is a limit"),
	FIELD_U64(struct hwtest_result, limit, FIELD_OMIT_EMPTY, "the limit"),
	FIELD_BOOL(struct hwtest_result, pass, 0, "it holds"),
	FIELD_STRING(struct hwtest_result, cause, FIELD_OMIT_EMPTY, "what is wrong"),
	FIELD_STRING(struct hwtest_result, hint, FIELD_OMIT_EMPTY, "what to do"),
};
const struct schema hwtest_result_schema = SCHEMA("hwtest_result", struct hwtest_result, result_fields, "one judged value");

/* --- judging */

static bool is_ordered(const struct hwtest_order *o, enum hwtest_kind kind)
{
	for (size_t i = 0; i < o->n_tests; i++)
		if (hwtest_find(o->tests[i]) == kind)
			return true;
	return false;
}

/* False: it is only told. */
static bool limit_of(const struct measure_type *t, const struct hwtest_limits *l, uint64_t *ret)
{
	*ret = t->limit;
	if (!t->scale)
		return t->limit != UINT64_MAX;
	memcpy(ret, (const char *)l + t->setting, sizeof(*ret));
	*ret *= t->scale;
	/* At least nothing is no limit; at most nothing is one. */
	return *ret || t->sense == AT_MOST;
}

static struct hwtest_result judge_one(const struct measure_type *t, const struct hwtest_limits *l, const struct measured *m, struct arena *a)
{
	struct hwtest_result r = { .name = t->name, .object = arena_strdup(a, m->object), .text = arena_strdup(a, m->text), .value = m->value,
				   .pass = true };

	r.judged = limit_of(t, l, &r.limit);
	if (!r.judged)
		r.limit = 0;
	else
		r.pass = t->sense == AT_LEAST ? m->value >= r.limit : m->value <= r.limit;
	if (!r.pass) {
		r.cause = t->cause ? t->cause : "is not what it must be";
		r.hint = t->hint;
	}
	return r;
}

static bool is_told(const struct hwtest_result *r, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(r[i].name, name))
			return true;
	return false;
}

size_t hwtest_judge(const struct hwtest_order *o, const struct hwtest_limits *l, const struct measured *m, size_t n, struct arena *a,
		    struct hwtest_result **ret, size_t *ret_failed)
{
	struct hwtest_result *r = arena_array(a, n + ARRAY_LEN(measure_types) + 1, sizeof(*r));
	size_t count = 0;

	*ret_failed = 0;
	for (size_t i = 0; i < n; i++) {
		const struct measure_type *t = measure_find(m[i].name);

		if (t && is_ordered(o, t->kind))
			r[count++] = judge_one(t, l, &m[i], a);
	}
	for (size_t i = 0; i < ARRAY_LEN(measure_types); i++) {
		const struct measure_type *t = &measure_types[i];

		if (!(t->always || (t->with_peer && o->peer)) || !is_ordered(o, t->kind) || is_told(r, count, t->name))
			continue;
		r[count++] = (struct hwtest_result){ .name = t->name, .judged = true, .cause = "was not told: the test did not come to its end",
						     .hint = "run it again, and see what the agent says on the machine's console" };
	}
	for (size_t i = 0; i < count; i++)
		*ret_failed += !r[i].pass;
	*ret = r;
	return count;
}

const char *hwtest_failures(const struct hwtest_result *r, size_t n, struct arena *a)
{
	AUTO_STR out = STR_INIT;

	for (size_t i = 0; i < n; i++) {
		const struct measure_type *t = measure_find(r[i].name);

		if (r[i].pass)
			continue;
		str_addf(&out, "%s%s%s%s: %s (%s %s): %s%s%s", out.len ? "; " : "", r[i].name, r[i].object ? " " : "", r[i].object ? r[i].object : "",
			 measure_text(r[i].name, r[i].value, a), t && t->sense == AT_MOST ? "at most" : "at least",
			 measure_text(r[i].name, r[i].limit, a), r[i].cause ? r[i].cause : "", r[i].text ? ": " : "", r[i].text ? r[i].text : "");
	}
	return arena_strdup(a, str_text(&out));
}
