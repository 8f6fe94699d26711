/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hardware tests: the table of measures, the limits, and judging made-up numbers. */
#include <stdlib.h>

#include "base/str.h"
#include "data/json.h"
#include "data/yaml.h"
#include "model/hwtest.h"
#include "tap.h"

static struct arena arena;

static const char *all_names[] = { "cpu", "memory", "disk", "network" };
static const struct hwtest_order all = { .id = 1, .tests = all_names, .n_tests = 4 };

/* What a good machine tells. */
static const struct measured good[] = {
	{ "cpu.tested", NULL, 4, NULL },	   { "cpu.wrong", NULL, 0, NULL },   { "cpu.rate", NULL, 900000000, NULL },
	{ "cpu.slowest", NULL, 97, NULL },	   { "memory.tested", NULL, 1 << 30, NULL }, { "memory.wrong", NULL, 0, NULL },
	{ "memory.rate", NULL, 5000000000, NULL }, { "disk.tested", "sda", 3u << 30, NULL }, { "disk.errors", "sda", 0, NULL },
	{ "disk.rate", "sda", 180000000, NULL },   { "disk.latency", "sda", 8000, NULL },    { "disk.worst-latency", "sda", 40000, NULL },
	{ "network.tested", NULL, 1 << 30, NULL }, { "network.rate", NULL, 110000000, NULL }, { "network.errors", "eth0", 0, NULL },
};

static void table(void)
{
	for (size_t i = 0; i < measure_types_n; i++) {
		const struct measure_type *t = &measure_types[i];
		size_t same = 0;

		for (size_t k = 0; k < measure_types_n; k++)
			same += str_eq(t->name, measure_types[k].name);
		ok(same == 1 && str_starts(t->name, hwtest_types[t->kind].name), "%s: its name is one test's, and its own", t->name);
		ok(t->limit == UINT64_MAX || (t->cause && t->hint) || str_eq(t->name, "cpu.tested"), "%s: what is judged has a cause and a remedy", t->name);
	}
	for (int k = 0; k < HWTEST__N; k++) {
		size_t must = 0;

		for (size_t i = 0; i < measure_types_n; i++)
			must += measure_types[i].kind == (enum hwtest_kind)k && measure_types[i].always;
		ok(must && hwtest_find(hwtest_types[k].name) == (enum hwtest_kind)k, "%s: silence is no pass", hwtest_types[k].name);
	}
	ok(hwtest_find("gpu") == HWTEST__N && !measure_find("gpu.rate"), "what there is not is not found");
}

/* Judges GOOD with the row NAME as VALUE. Returns how many fail; *RET_WHY is what is said of them. */
static size_t with(const struct hwtest_limits *l, const char *name, uint64_t value, const char *text, const char **ret_why)
{
	struct measured m[ARRAY_LEN(good) + 1];
	struct hwtest_result *r;
	size_t n = 0, failed, count;
	bool there = false;

	for (; n < ARRAY_LEN(good); n++) {
		m[n] = good[n];
		if (!str_eq(m[n].name, name))
			continue;
		m[n].value = value;
		m[n].text = text;
		there = true;
	}
	if (!there)
		m[n++] = (struct measured){ name, "sdb", value, text };
	count = hwtest_judge(&all, l, m, n, &arena, &r, &failed);
	*ret_why = hwtest_failures(r, count, &arena);
	return failed;
}

static void judging(void)
{
	static const struct hwtest_limits none;
	struct hwtest_limits l = hwtest_limits(&none, 0);
	struct hwtest_result *r;
	const char *why;
	size_t failed, n;

	n = hwtest_judge(&all, &l, good, ARRAY_LEN(good), &arena, &r, &failed);
	ok(n == ARRAY_LEN(good) && !failed, "a good machine passes, and every value is kept");
	ok(!r[2].judged && r[2].pass && r[3].judged, "a rate without a limit is told, not judged");
	ok(with(&l, "cpu.wrong", 1, "CPU 3", &why) == 1, "one wrong hash fails");
	is_str(why, "cpu.wrong: 1 (at most 0): computed a wrong hash: CPU 3", "and is told with the CPU");
	ok(with(&l, "cpu.slowest", 49, NULL, &why) == 1 && !with(&l, "cpu.slowest", 50, NULL, &why), "a limit itself passes, less does not");
	ok(with(&l, "memory.wrong", 2, "at 0x1000", &why) == 1, "wrong memory fails");
	ok(with(&l, "memory.corrected", 1, NULL, &why) == 1, "a corrected error fails where none is allowed");
	ok(with(&l, "disk.errors", 1, "sector 12", &why) == 1, "an unreadable sector fails");
	is_str(why, "disk.errors sda: 1 (at most 0): cannot read what it should: sector 12", "and is told with its disk and place");
	ok(with(&l, "disk.worst-latency", 2000001, NULL, &why) == 1 && !with(&l, "disk.worst-latency", 2000000, NULL, &why),
	   "a limit in milliseconds judges microseconds");
	ok(with(&l, "disk.failing", 1, NULL, &why) == 1 && with(&l, "disk.defects", 1, NULL, &why) == 1, "so do a disk's own words");
	ok(!with(&l, "disk.latency", 1 << 30, NULL, &why), "what is only told never fails");
	ok(!with(&l, "gpu.rate", 1, NULL, &why), "a name that nobody knows does not count");
	l.memory.max_corrected = 5;
	l.disk.min_rate = 200000000;
	ok(with(&l, "memory.corrected", 5, NULL, &why) == 1, "the site's limits count: five corrected errors may be, and the disk is too slow");
	is_str(why, "disk.rate sda: 172 MiB/s (at least 191 MiB/s): is slower than it must be", "with value and limit");
}

static void silence(void)
{
	static const struct hwtest_limits none;
	static const char *disk[] = { "disk" };
	const struct hwtest_order o = { .id = 1, .tests = disk, .n_tests = 1 };
	struct hwtest_limits l = hwtest_limits(&none, 0);
	struct hwtest_result *r;
	size_t failed, n;

	n = hwtest_judge(&o, &l, NULL, 0, &arena, &r, &failed);
	ok(n == 2 && failed == 2, "a test that tells nothing fails");
	ok(strstr(hwtest_failures(r, n, &arena), "disk.tested: 0 B (at least 0 B): was not told"), "and says so");
	n = hwtest_judge(&o, &l, good, ARRAY_LEN(good), &arena, &r, &failed);
	ok(n == 5 && !failed, "what was not ordered does not count");
	n = hwtest_judge(&o, &l, good, 8, &arena, &r, &failed);
	ok(n == 2 && failed == 1 && str_eq(r[1].name, "disk.errors"), "half a test is not a test");
}

static void between_two(void)
{
	static const char *network[] = { "network" };
	static const struct measured m[] = {
		{ "network.tested", "node-2", 1 << 30, NULL }, { "network.wrong", "node-2", 0, NULL }, { "network.peer-to", "node-2", 110000000, NULL },
		{ "network.peer-from", "node-2", 90000000, NULL },
	};
	static const struct hwtest_limits none;
	const struct hwtest_order o = { .id = 1, .tests = network, .n_tests = 1, .peer = "node-2" };
	struct hwtest_limits l = hwtest_limits(&none, 0);
	struct hwtest_result *r;
	size_t failed, n;

	n = hwtest_judge(&o, &l, m, ARRAY_LEN(m), &arena, &r, &failed);
	ok(n == 4 && !failed && !r[2].judged && !r[3].judged, "between two nodes rates are told where the site has no limit");
	n = hwtest_judge(&o, &l, m, 3, &arena, &r, &failed);
	ok(n == 4 && failed == 1 && str_eq(r[3].name, "network.peer-from"), "one way is not both");
	l.network.min_peer_rate = 100000000;
	n = hwtest_judge(&o, &l, m, ARRAY_LEN(m), &arena, &r, &failed);
	ok(n == 4 && failed == 1, "the limit is of each way");
	is_str(hwtest_failures(r, n, &arena), "network.peer-from node-2: 86 MiB/s (at least 95 MiB/s): is slower than it must be", "and is told with the peer");
}

static void addresses(void)
{
	static const char *const bad[] = { "", "192.0.2.1", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:80x", "192.0.2.256:80", "a:80", ":80",
					   "192.0.2.1:-1", "192.0.2.1: 80", "1192.0.2.100.100:80", "--whole:80", NULL };
	char ip[HWTEST_IP_SIZE];
	uint16_t port = 0;

	ok(hwtest_address("192.0.2.1:7357", ip, &port) && str_eq(ip, "192.0.2.1") && port == 7357, "an address and a port");
	ok(hwtest_address("255.255.255.255:65535", ip, &port) && port == 65535, "the longest");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ok(!hwtest_address(bad[i], ip, &port), "none: %s", bad[i] ? bad[i] : "nothing");
}

static void limits(void)
{
	static const char text[] = "cpu: { seconds: 5, min_rate: 50M }\ndisk: { max_latency_ms: 200, reads: 10 }\n";
	struct findings f = { .arena = &arena };
	struct hwtest_limits given = { 0 }, l;
	struct tree *t = yaml_parse("tests", text, strlen(text), &arena, &f);
	AUTO_STR out = STR_INIT;

	field_read(&hwtest_limits_schema, t, &given, &arena, "", &f);
	l = hwtest_limits(&given, 0);
	ok(!f.n && l.cpu.seconds == 5 && l.cpu.min_rate == 50 << 20 && l.disk.max_latency_ms == 200 && l.disk.reads == 10, "limits are read");
	ok(l.cpu.min_share == 50 && l.memory.seconds == 60 && l.network.seconds == 10 && !l.network.min_rate, "what is not given has its default");
	l = hwtest_limits(&given, 7);
	ok(l.cpu.seconds == 7 && l.memory.seconds == 7 && l.network.seconds == 7, "what the operator says of time is for all");
	field_to_json(&hwtest_limits_schema, &given, false, false, &out);
	is_str(str_text(&out), "{\"cpu\":{\"seconds\":5,\"min_rate\":52428800},\"disk\":{\"max_latency_ms\":200,\"reads\":10}}",
	       "only what was given is written");
}

static void words(void)
{
	is_str(measure_text("disk.rate", 50 << 20, &arena), "50 MiB/s", "a rate for people");
	is_str(measure_text("disk.latency", 1234, &arena), "1.23 ms", "a short time");
	is_str(measure_text("disk.latency", 123456, &arena), "123 ms", "a long one");
	is_str(measure_text("cpu.slowest", 97, &arena), "97 %", "a part");
	is_str(measure_text("cpu.wrong", 3, &arena), "3", "a count");
}

int main(void)
{
	table();
	judging();
	silence();
	between_two();
	addresses();
	limits();
	words();
	arena_release(&arena);
	return tap_end();
}
