/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hardware tests as data: which there are, what each measures and how that is judged, and the limits, which the site file
 * may set. Measuring is sys/burn.h's; here is what it means. Pure.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "data/field.h"

/* X(constant, name, what it does) */
#define HWTESTS(X) \
	X(HWTEST_CPU, "cpu", "every CPU at once computes hashes whose answers are known") \
	X(HWTEST_MEMORY, "memory", "all that is free, but for a reserve, is written with patterns and read back") \
	X(HWTEST_DISK, "disk", "both ends and the middle of every disk are read, and single blocks all over it; nothing is written") \
	X(HWTEST_NETWORK, "network", "a file of the admin node is fetched over and over; with a peer, bytes go to it and come back")
#define X(constant, name, doc) constant,
enum hwtest_kind { HWTESTS(X) HWTEST__N };
#undef X
struct hwtest_type {
	const char *name, *doc;
};
extern const struct hwtest_type hwtest_types[HWTEST__N];
/* The test called NAME, HWTEST__N if there is none. */
enum hwtest_kind hwtest_find(const char *name);

/* `tests` of the site file. What is 0 there has its default after hwtest_limits(). Rates are bytes a second. */
struct hwtest_limits {
	struct hwtest_cpu {
		uint64_t seconds, min_rate, min_share;
	} cpu;
	struct hwtest_memory {
		uint64_t seconds, min_rate, max_corrected;
	} memory;
	struct hwtest_disk {
		uint64_t min_rate, max_latency_ms, reads;
	} disk;
	struct hwtest_network {
		uint64_t seconds, min_rate, min_peer_rate, max_errors;
	} network;
};
extern const struct schema hwtest_limits_schema;
/* GIVEN with the defaults where it says nothing; SECONDS, if not 0, is every test's. */
struct hwtest_limits hwtest_limits(const struct hwtest_limits *given, uint64_t seconds);

/* What an agent is to do. */
struct hwtest_order {
	uint64_t id; /* of this run; 0: none */
	const char **tests; /* names */
	size_t n_tests;
	uint64_t cpu_seconds, memory_seconds, network_seconds, disk_reads;
	bool whole; /* every sector of the disks */
	/* network between two nodes; NULL, and false: with the admin node */
	const char *peer;    /* what the other is called */
	bool serves;	     /* it listens; the other comes to it */
	const char *address; /* to whom comes: where the other listens, as hwtest_address has it */
};
extern const struct schema hwtest_order_schema;

/* Where a node listens for its peer's network test, and what the token that both are given is called among an answer's secrets. */
enum { HWTEST_PORT = 7357, HWTEST_IP_SIZE = 16 };
#define HWTEST_TOKEN "peer"
/* "192.168.124.21:7357": an IPv4 address and a port. False if TEXT is no such thing. */
bool hwtest_address(const char *text, char ret_ip[HWTEST_IP_SIZE], uint16_t *ret_port);

/* One thing that was measured: `name` is a row of the table below. */
struct measured {
	const char *name;   /* "disk.rate" */
	const char *object; /* of what: "sda", "CPU 3", "eth0"; NULL: of the machine */
	uint64_t value;
	const char *text; /* the first wrong address, sector, ...; NULL: nothing to tell */
};
extern const struct schema measured_schema;

/* How a value is read, and how it is judged. */
enum measure_unit { UNIT_COUNT, UNIT_BYTES, UNIT_RATE, UNIT_PERCENT, UNIT_MICROSECONDS };
enum measure_sense { AT_LEAST, AT_MOST };
struct measure_type {
	const char *name;
	enum hwtest_kind kind;
	enum measure_unit unit;
	enum measure_sense sense;
	bool always; /* a test that does not tell it was not done */
	bool with_peer; /* so is one with a peer */
	uint64_t limit;	     /* where the site file has no say; UINT64_MAX: it is told, not judged */
	size_t setting;	     /* offset in struct hwtest_limits, if limit is 0 and `scale` is not */
	uint64_t scale;	     /* the setting's unit in units of the value */
	const char *cause, *hint; /* of one that fails */
	const char *doc;
};
extern const struct measure_type measure_types[];
extern const size_t measure_types_n;
const struct measure_type *measure_find(const char *name);

/* A judged value. */
struct hwtest_result {
	const char *name, *object, *text;
	uint64_t value, limit;
	bool judged, pass; /* one that is not judged passes */
	const char *cause, *hint; /* of one that does not pass */
};
extern const struct schema hwtest_result_schema;

/*
 * N measured values of a run of O, judged by L: as they came, and after them a row for each ordered test that did not tell
 * what it must. Unknown names, and tests that were not ordered, do not count. *RET_FAILED of the rows do not pass.
 */
size_t hwtest_judge(const struct hwtest_order *o, const struct hwtest_limits *l, const struct measured *m, size_t n, struct arena *a,
		    struct hwtest_result **ret, size_t *ret_failed);
/* The rows of R that do not pass, in one line: "disk.errors sda: 3 (at most 0): cannot read ...". */
const char *hwtest_failures(const struct hwtest_result *r, size_t n, struct arena *a);
/* VALUE of the measure NAME for people: "118 MiB/s", "12.5 ms". */
const char *measure_text(const char *name, uint64_t value, struct arena *a);
