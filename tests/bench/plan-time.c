/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long planning takes on a machine of 200 disks (or as many as the first argument says; the second is
 * the number of runs), the median in microseconds of processor time. Pure computing: linked without sys/.
 *
 *	plan-time admin: 200 disks, 101 runs, median N us
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "machines/many.h"
#include "plan/planner.h"

static const char site_text[] =
	"fulcrum: 1\n"
	"site: bench\n"
	"admin:\n"
	"  name: admin.lab.example\n"
	"  disk: { serial: SERIAL-0000 }\n"
	"  wipe: [ SERIAL-0000 ]\n"
	"  access: { ssh_keys: [ \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID1idgiaeJPvr6Nl/Twxy+gVcVF8aSWxhkJFHU8jh58L ops@lab\" ] }\n"
	"networks:\n"
	"  admin: { subnet: 192.168.124.0/24, address: 192.168.124.10, hosts: .81-.160, discovery: .21-.80, nic: { link: up } }\n"
	"profiles:\n"
	"  store:\n"
	"    image: debian-13\n"
	"    disks:\n"
	"      system: { bus: nvme, count: 2 }\n"
	"      data: { rotational: true, count: %zu, pick: first-by-path }\n"
	"    layout:\n"
	"      - { bios: 1M }\n"
	"      - { esp: 512M }\n"
	"      - { raid: { name: md-root, level: 1, size: rest } }\n"
	"      - { root: { on: md-root } }\n"
	"      - { raid: { name: big, level: 6, on: data } }\n"
	"      - { group: { name: vg0, on: big } }\n"
	"      - { data: { name: store, on: vg0, size: 90%%, fs: xfs, mount: /store } }\n"
	"rules:\n"
	"  - { when: {}, bind: { profile: store, name: \"store-{seq}\" } }\n";

static struct catalog_image image = { "debian-13", "20261122T0000Z", "ext4",
				      "1111111111111111111111111111111111111111111111111111111111111111",
				      433061888, 167952676, 1048576 };
static const struct catalog catalog = { .build_id = "20261122-bench", .version = "1",
					.seed_hash = "2222222222222222222222222222222222222222222222222222222222222222",
					.seed_bytes = 450000000, .seed_files = 321, .images = &image, .n_images = 1 };
static const struct identity who = { .node = "node-1", .hostname = "node-1", .domain = "lab.example", .address = "192.168.124.81",
				     .mac = "52:54:00:aa:bb:01", .admin_address = "192.168.124.10",
				     .site_key = "3333333333333333333333333333333333333333333333333333333333333333",
				     .prefix = 24, .attempt = 1 };

enum { SET_MAX = 64 }; /* what a site file may ask for */

static void die(const char *what)
{
	fprintf(stderr, "plan-time: %s\n", what);
	exit(1);
}

static int by_value(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	/* The processor's: planning waits for nothing, and others may load the machine. */
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Planning and naming the plan: what the admin node does whenever a person asks. */
static void plan_once(const struct plan_request *r, const char *kind)
{
	AUTO_ARENA a = ARENA_INIT;
	char hash[HASH_HEX];
	struct error err;
	struct plan *p;

	if (strcmp(kind, "admin") ? plan_node(r, &r->site->profiles[0], &who, &a, &p, &err) : plan_admin(r, &a, &p, &err))
		die(err.msg);
	if (!p->n_ops)
		die("an empty plan measures nothing");
	plan_hash(p, hash);
}

static void measure(const struct plan_request *r, const char *kind, size_t runs)
{
	uint64_t *took = calloc(runs, sizeof(*took));

	if (!took)
		abort();
	for (size_t i = 0; i < runs; i++) {
		uint64_t start = now_ns();

		plan_once(r, kind);
		took[i] = now_ns() - start;
	}
	qsort(took, runs, sizeof(*took), by_value);
	printf("plan-time %s: %zu disks, %zu runs, median %llu us\n", kind, r->machine->n_disks, runs,
	       (unsigned long long)(took[runs / 2] / 1000));
	free(took);
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 200, runs = argc > 2 ? strtoul(argv[2], NULL, 10) : 101;
	AUTO_ARENA a = ARENA_INIT;
	struct findings f = { .arena = &a };
	struct plan_request r = { .catalog = &catalog, .seed = "00112233445566778899aabbccddeeff" };
	AUTO_STR said = STR_INIT;
	char *text;

	if (n < 10 || n > 10000 || !runs || runs > 100000)
		die("usage: plan-time [DISKS [RUNS]], 10 disks or more");
	text = arena_printf(&a, site_text, n - 2 < SET_MAX ? n - 2 : SET_MAX);
	r.site = site_parse("bench", text, strlen(text), &a, &f);
	findings_print(&f, &said);
	if (f.n)
		die(str_text(&said));
	r.site_text = text;
	r.machine = many_disks(n, false, &a);
	measure(&r, "node", runs);
	/* Every disk carries something, of which the admin node's plan must tell what it leaves alone. */
	r.machine = many_disks(n, true, &a);
	measure(&r, "admin", runs);
	return 0;
}
