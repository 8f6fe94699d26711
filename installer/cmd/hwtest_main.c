/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fulcrum-hwtest: one hardware test, in a process of its own: it takes a machine's memory and CPUs, and may be killed by
 * the kernel for it, which is a result too. Prints { "measured": [ ... ] } as model/hwtest.h has it.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/size.h"
#include "data/json.h"
#include "model/hwtest.h"
#include "sys/burn.h"
#include "sys/burn_net.h"

static const char usage_text[] =
	"usage: fulcrum-hwtest cpu [--seconds N] [--known HASH]\n"
	"       fulcrum-hwtest memory [--seconds N] [--reserve SIZE] [--most SIZE]\n"
	"       fulcrum-hwtest disk PATH [--reads N] [--part SIZE] [--whole]\n"
	"       fulcrum-hwtest serve|visit ADDRESS:PORT [--seconds N] [--wait N] [--stall N] <TOKEN\n"
	"Tests what this machine has, reads only, and prints what was measured as JSON.\n"
	"serve and visit are the two ends of a network; both read the same 64 characters.\n";

struct options {
	uint64_t seconds, reserve, most, part, reads, wait, stall;
	bool whole;
	const char *known;
};

static void told(struct arena *a, struct tree *list, const char *name, uint64_t value, const char *text)
{
	struct measured m = { .name = name, .value = value, .text = text };

	tree_push(a, list, field_write(&measured_schema, &m, false, a));
}

static int cpu(const struct options *o, struct arena *a, struct tree *list, struct error *err)
{
	struct burnt_cpu b;

	if (burn_cpu(o->seconds, o->known ? o->known : burn_known, &b, err))
		return -1;
	told(a, list, "cpu.tested", b.cpus, NULL);
	told(a, list, "cpu.wrong", b.wrong, b.wrong ? arena_printf(a, "CPU %d", b.first_wrong) : NULL);
	told(a, list, "cpu.rate", b.median_rate, NULL);
	told(a, list, "cpu.slowest", b.slowest_percent, b.cpus > 1 ? arena_printf(a, "CPU %d", b.slowest) : NULL);
	return 0;
}

static int memory(const struct options *o, struct arena *a, struct tree *list, struct error *err)
{
	const struct burn_memory how = { .seconds = o->seconds, .reserve = o->reserve, .most = o->most };
	struct burnt_memory b;
	struct error ignored;

	/* Where it does come to the worst, this goes, and not the agent. */
	(void)!file_replace("/proc/self/oom_score_adj", "1000", 4, 0644, &ignored);
	if (burn_memory(&how, &b, err))
		return -1;
	told(a, list, "memory.tested", b.tested, arena_printf(a, "%" PRIu64 " passes", b.passes));
	told(a, list, "memory.wrong", b.wrong,
	     b.wrong ? arena_printf(a, "first at %s 0x%" PRIx64 ", bits 0x%016" PRIx64 " (wrote 0x%016" PRIx64 ", read 0x%016" PRIx64 ")",
				    b.physical ? "physical address" : "offset", b.first_address, b.wanted ^ b.seen, b.wanted, b.seen) :
		       NULL);
	told(a, list, "memory.rate", b.rate, NULL);
	return 0;
}

static int disk(const struct options *o, const char *path, struct arena *a, struct tree *list, struct error *err)
{
	struct burn_disk how = { .path = path, .part = o->part, .whole = o->whole, .reads = o->reads };
	struct burnt_disk b;

	random_bytes(&how.seed, sizeof(how.seed));
	if (burn_disk(&how, &b, err))
		return -1;
	told(a, list, "disk.tested", b.tested, NULL);
	told(a, list, "disk.errors", b.errors,
	     b.errors ? arena_printf(a, "first at sector %" PRIu64 " (of 512 bytes): %s%s", b.first_error / 512, strerror(b.error),
				     b.errors >= BURN_ERRORS_MAX ? "; given up there" : "") :
			NULL);
	told(a, list, "disk.rate", b.rate, b.slowest);
	told(a, list, "disk.latency", b.latency_us, NULL);
	told(a, list, "disk.worst-latency", b.worst_us, arena_printf(a, "at sector %" PRIu64, b.worst_at / 512));
	return 0;
}

/* From standard input: a command line is there for everybody to read. */
static int read_token(char ret[NET_TOKEN + 1], struct error *err)
{
	size_t n = 0;
	ssize_t got;

	while (n < NET_TOKEN && (got = read(STDIN_FILENO, ret + n, NET_TOKEN - n)) > 0)
		n += (size_t)got;
	ret[n] = '\0';
	return n == NET_TOKEN ? 0 : error_set(err, ERR_USAGE, "no token of %d characters on standard input", NET_TOKEN);
}

static int network(const struct options *o, bool serves, const char *where, struct arena *a, struct tree *list, struct error *err)
{
	char token[NET_TOKEN + 1], ip[HWTEST_IP_SIZE];
	struct burn_net how = { .ip = ip, .token = token, .seconds = o->seconds };
	struct burnt_net b;
	const char *wrong = NULL;
	int rc;

	if (!hwtest_address(where, ip, &how.port))
		return error_set(err, ERR_USAGE, "\"%.40s\" is no IPv4 address with a port", where);
	if (o->wait > UINT32_MAX / 1000 || o->stall > UINT32_MAX / 1000 / 4)
		return error_set(err, ERR_USAGE, "that is too long to wait");
	how.wait_ms = (unsigned int)o->wait * 1000;
	how.stall_ms = (unsigned int)o->stall * 1000;
	rc = read_token(token, err) || (serves ? burn_net_serve(&how, &b, err) : burn_net_visit(&how, &b, err));
	explicit_bzero(token, sizeof(token));
	if (rc)
		return -1;
	if (b.from.wrong || b.to.wrong)
		wrong = arena_printf(a, "%" PRIu64 " blocks from it, %" PRIu64 " to it; first number %" PRIu64 " of %d bytes", b.from.wrong, b.to.wrong,
				     b.from.wrong ? b.from.first_wrong : b.to.first_wrong, NET_BLOCK);
	told(a, list, "network.tested", b.from.bytes + b.to.bytes, NULL);
	told(a, list, "network.wrong", b.from.wrong + b.to.wrong, wrong);
	told(a, list, "network.peer-to", b.to.rate, NULL);
	told(a, list, "network.peer-from", b.from.rate, NULL);
	return 0;
}

static bool number(const char *text, uint64_t *ret)
{
	return !size_parse(text, ret);
}

static bool read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "seconds", required_argument, NULL, 's' }, { "reserve", required_argument, NULL, 'r' },
		{ "most", required_argument, NULL, 'm' },    { "part", required_argument, NULL, 'p' },
		{ "reads", required_argument, NULL, 'n' },   { "whole", no_argument, NULL, 'w' },
		{ "known", required_argument, NULL, 'k' },   { "wait", required_argument, NULL, 'W' },
		{ "stall", required_argument, NULL, 'S' },   { NULL, 0, NULL, 0 },
	};
	bool good = true;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) >= 0)
		switch (c) {
		case 's':
			good &= number(optarg, &o->seconds);
			break;
		case 'r':
			good &= number(optarg, &o->reserve);
			break;
		case 'm':
			good &= number(optarg, &o->most);
			break;
		case 'p':
			good &= number(optarg, &o->part);
			break;
		case 'n':
			good &= number(optarg, &o->reads);
			break;
		case 'W':
			good &= number(optarg, &o->wait);
			break;
		case 'S':
			good &= number(optarg, &o->stall);
			break;
		case 'w':
			o->whole = true;
			break;
		case 'k':
			o->known = optarg;
			break;
		default:
			good = false;
		}
	return good;
}

int main(int argc, char **argv)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR out = STR_INIT;
	struct tree *t = tree_new(&a, TREE_MAP), *list = tree_new(&a, TREE_SEQ);
	struct options o = { .seconds = 10, .reads = 256, .wait = 60, .stall = 20 };
	struct error err;
	bool good = read_options(argc, argv, &o);
	int rc = 1, words = argc - optind;

	if (good && words == 1 && !strcmp(argv[optind], "cpu"))
		rc = cpu(&o, &a, list, &err);
	else if (good && words == 1 && !strcmp(argv[optind], "memory"))
		rc = memory(&o, &a, list, &err);
	else if (good && words == 2 && !strcmp(argv[optind], "disk"))
		rc = disk(&o, argv[optind + 1], &a, list, &err);
	else if (good && words == 2 && (!strcmp(argv[optind], "serve") || !strcmp(argv[optind], "visit")))
		rc = network(&o, argv[optind][0] == 's', argv[optind + 1], &a, list, &err);
	if (rc > 0) {
		fputs(usage_text, stderr);
		return error_exit_code(ERR_USAGE);
	}
	if (rc) {
		fprintf(stderr, "fulcrum-hwtest: %s\n", err.msg);
		return error_exit_code(err.kind);
	}
	tree_add(&a, t, "measured", list);
	json_write(t, false, &out);
	puts(str_text(&out));
	return 0;
}
