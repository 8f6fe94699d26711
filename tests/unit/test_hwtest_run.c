/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hardware tests on a machine, with an admin node of a few lines: that they begin only after the claim, what is told of
 * programs that cannot do their work, of counters that went up meanwhile and of bytes that came wrong, and that they stop; and
 * what the two ends of a network between nodes are given.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/hwtest.h"
#include "data/json.h"
#include "machines/tree.h"
#include "observe/faults.h"
#include "tap.h"

static struct error err;
static char pub[KEY_PUB_HEX], sec[KEY_SEC_HEX], site_pub[KEY_PUB_HEX], site_sec[KEY_SEC_HEX], release_pub[KEY_PUB_HEX], release_sec[KEY_SEC_HEX];
static char root[] = "/tmp/test_hwtest_run.XXXXXX";

/* The world: what the admin node takes, what programs say, what comes by HTTP. */
static struct world {
	bool refuse_claim, refuse_progress;
	const char *no_program;	    /* that test's cannot do its work */
	bool smart_fails, count_up; /* the disk's verdict; counters go up while the memory is tested */
	const char *image;
	const char *token; /* comes with the claim, if it is accepted */
	size_t claims, progress, tested, asked_smart;
	struct str programs; /* what was run */
	struct str input;    /* what the last of them was given */
	struct str address;  /* where the last claim says that it serves */
	struct str report;   /* the last one of results */
} w;

static int answer(const char *path UNUSED, const struct tree *request)
{
	const char *kind = tree_get_text(request, "report");

	if (str_eq(kind, "claim")) {
		w.claims++;
		str_clear(&w.address);
		str_add(&w.address, tree_get_text(request, "address") ? tree_get_text(request, "address") : "");
		return !w.refuse_claim;
	}
	if (str_eq(kind, "progress")) {
		w.progress++;
		return !w.refuse_progress;
	}
	w.tested += str_eq(kind, "tested");
	str_clear(&w.report);
	json_write(request, false, &w.report);
	return 1;
}

static int see_post(struct sys *s UNUSED, const struct sys_post *p, struct error *e)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	AUTO_STR box = STR_INIT;
	const char *path = strchr(p->url + strlen("http://"), '/'), *sign = "";
	const struct tree *request = json_parse("request", p->body, p->len, &a, e);
	char sig[SIG_HEX];

	for (const char *const *h = p->headers; *h; h++)
		if (str_starts(*h, PROTO_HEADER))
			sign = *h + strlen(PROTO_HEADER) + 2;
	*p->ret_status = 200;
	if (w.token && seal_buffer(pub, w.token, strlen(w.token), &box, e))
		return -1;
	str_addf(p->ret_body, "{\"accepted\":%s", request && answer(path, request) ? "true" : "false");
	if (w.token)
		str_addf(p->ret_body, ",\"secrets\":[{\"name\":\"peer\",\"sealed\":\"%s\"}]", str_text(&box));
	str_add(p->ret_body, "}");
	proto_answer_text(path, sign, str_text(p->ret_body), &text);
	if (!request || sign_buffer(site_sec, str_text(&text), text.len, sig, e))
		return -1;
	str_add(p->ret_header, sig);
	return 0;
}

static const char *program_says(const char *test)
{
	if (str_eq(test, "cpu"))
		return "{\"measured\":[{\"name\":\"cpu.tested\",\"value\":2},{\"name\":\"cpu.wrong\",\"value\":0}]}";
	if (str_eq(test, "memory"))
		return "{\"measured\":[{\"name\":\"memory.tested\",\"value\":4096},{\"name\":\"memory.wrong\",\"value\":0}]}";
	if (str_eq(test, "serve") || str_eq(test, "visit"))
		return "{\"measured\":[{\"name\":\"network.tested\",\"value\":4096},{\"name\":\"network.wrong\",\"value\":0},"
		       "{\"name\":\"network.peer-to\",\"value\":100},{\"name\":\"network.peer-from\",\"value\":90}]}";
	return "{\"measured\":[{\"name\":\"disk.tested\",\"value\":4096},{\"name\":\"disk.errors\",\"value\":1,\"text\":\"sector 8\"}]}";
}

static void counters_are(const char *corrected, const char *interrupts)
{
	static const char port[] = "/sys/class/net/eth0/statistics/";
	static const char *const quiet[] = { "rx_errors", "tx_errors", "rx_dropped", "tx_dropped" };

	tree_put(root, "/sys/devices/system/edac/mc/mc0/ce_count", corrected, strlen(corrected), "w");
	tree_put(root, "/sys/devices/system/edac/mc/mc0/ue_count", "0", 1, "w");
	tree_put(root, "/proc/interrupts", interrupts, strlen(interrupts), "w");
	for (size_t i = 0; i < ARRAY_LEN(quiet); i++) {
		AUTO_STR path = STR_INIT;

		str_addf(&path, "%s%s", port, quiet[i]);
		tree_put(root, str_text(&path), "1", 1, "w");
	}
}

static int see_exec(struct sys *s UNUSED, const struct sys_exec *x, struct error *e)
{
	if (str_eq(x->argv[0], "smartctl")) {
		str_addf(x->output, "{\"smart_status\":{\"passed\":%s},\"nvme_smart_health_information_log\":{\"media_errors\":%zu}}",
			 w.smart_fails ? "false" : "true", w.asked_smart++);
		return 0;
	}
	for (size_t i = 0; x->argv[i]; i++)
		str_addf(&w.programs, "%s%s", x->argv[i], x->argv[i + 1] ? " " : "\n");
	str_clear(&w.input);
	str_add(&w.input, x->input ? x->input : "");
	if (w.count_up && str_eq(x->argv[1], "memory"))
		counters_are("7", "MCE:  3  4  Machine check exceptions");
	x->tick(x->tick_ctx);
	if (*x->stop)
		return error_set(e, ERR_CONFLICT, "stopped");
	if (str_eq(w.no_program, x->argv[1]))
		return error_set(e, ERR_IO, "fulcrum-hwtest: ended by signal 9");
	str_add(x->output, program_says(x->argv[1]));
	return 0;
}

static int give(const char *text, sys_sink sink, void *ctx, struct error *e)
{
	return sink(ctx, text, strlen(text), e);
}

static int see_fetch(struct sys *s UNUSED, const char *url, uint64_t offset UNUSED, uint64_t length UNUSED, sys_sink sink, void *ctx, struct error *e)
{
	AUTO_STR seed = STR_INIT;
	char hash[HASH_HEX], sig[SIG_HEX];

	if (!w.image)
		return error_set(e, ERR_NET, "%s: connection refused", url);
	if (str_ends(url, "/images/a/blob"))
		return give(w.image, sink, ctx, e);
	hash_buffer("image", 5, hash);
	str_addf(&seed, "%s 3 images/a/aaa\n%s 5 images/a/blob\n%s 900 mirror/large\n", hash, hash, hash);
	if (str_ends(url, "/SEED"))
		return give(str_text(&seed), sink, ctx, e);
	if (sign_buffer(release_sec, str_text(&seed), seed.len, sig, e))
		return -1;
	str_clear(&seed);
	str_addf(&seed, "ed25519 %s\n", sig);
	return give(str_text(&seed), sink, ctx, e);
}

static int no_sleep(struct sys *s UNUSED, unsigned int ms UNUSED, struct error *e UNUSED)
{
	return 0;
}

static const struct sys_ops ops = { .post = see_post, .exec = see_exec, .fetch = see_fetch, .sleep_ms = no_sleep };
static struct sys sys = { .ops = &ops };

static struct disk disks[] = {
	{ .name = "nvme0n1", .path = "/dev/nvme0n1", .serial = "N1", .bus = BUS_NVME, .size_bytes = 1 << 30 },
	{ .name = "sr0", .path = "/dev/sr0", .removable = true, .size_bytes = 1 << 20 },
	{ .name = "vda", .path = "/dev/vda", .bus = BUS_VIRTIO, .size_bytes = 1 << 30 },
};
static struct nic nics[] = { { .name = "eth0", .link = true }, { .name = "eth1" } };
static const struct machine machine = { .memory_bytes = 1 << 30, .disks = disks, .n_disks = 3, .nics = nics, .n_nics = 2 };

static void run(struct world world, struct hwtest_order o)
{
	AUTO_ARENA a = ARENA_INIT;
	struct client c = { .sys = &sys, .server = o.serves ? "127.0.0.1:80" : "192.0.2.1", .site_key = site_pub, .pub = pub, .sec = sec, .node = "node-1", .attempt = 7 };
	const struct ram_agent ra = { .root = root, .release_key = release_pub };

	str_release(&w.programs);
	str_release(&w.report);
	str_release(&w.input);
	str_release(&w.address);
	w = world;
	o.id = 9;
	counters_are("5", "MCE:  0  4  Machine check exceptions");
	ok(!hwtest_carry_out(&c, &ra, &machine, &o, &a, &err), "tests are run: %s", err.msg);
}

static bool told(const char *part)
{
	bool there = strstr(str_text(&w.report), part) != NULL;

	if (!there)
		printf("# not in %s\n", str_text(&w.report));
	return there;
}

static void all_of_them(void)
{
	static const char *names[] = { "cpu", "memory", "disk", "network" };
	const struct hwtest_order o = { .tests = names, .n_tests = 4, .cpu_seconds = 3, .memory_seconds = 4, .disk_reads = 10, .whole = true };

	run((struct world){ .image = "image" }, o);
	is_str(str_text(&w.programs),
	       "fulcrum-hwtest cpu --seconds 3\nfulcrum-hwtest memory --seconds 4\n"
	       "fulcrum-hwtest disk /dev/nvme0n1 --reads 10 --whole\nfulcrum-hwtest disk /dev/vda --reads 10 --whole\n",
	       "every test once, every disk whose medium stays");
	ok(w.claims == 1 && w.tested == 1 && told("\"hwtest\":9"), "they are claimed and told once, by their number");
	ok(w.progress >= 5, "progress is told of each (%zu)", w.progress);
	ok(told("{\"name\":\"disk.errors\",\"object\":\"N1\",\"value\":1,\"text\":\"sector 8\"}") &&
		   told("{\"name\":\"disk.errors\",\"object\":\"vda\",\"value\":1,\"text\":\"sector 8\"}"), "a disk is called by its serial, or by its name");
	ok(told("{\"name\":\"disk.failing\",\"object\":\"N1\",\"value\":0}") && told("{\"name\":\"disk.defects\",\"object\":\"N1\",\"value\":1}"),
	   "its own verdict is told, and what it counted meanwhile");
	ok(told("{\"name\":\"memory.corrected\",\"value\":0}") && told("{\"name\":\"memory.machine-checks\",\"value\":0}"), "so are quiet counters");
	ok(told("{\"name\":\"network.tested\",\"value\":5}") && told("{\"name\":\"network.wrong\",\"value\":0}"), "the largest file of the images came, as it must be");
	ok(told("{\"name\":\"network.errors\",\"object\":\"eth0\",\"value\":0}") && !strstr(str_text(&w.report), "eth1"), "ports with a link are told of");
}

static void what_goes_wrong(void)
{
	static const char *names[] = { "memory", "disk", "network" };
	const struct hwtest_order o = { .tests = names, .n_tests = 3 };

	run((struct world){ .image = "imagE", .no_program = "memory", .count_up = true, .smart_fails = true }, o);
	ok(told("{\"name\":\"memory.tested\",\"value\":0,\"text\":\"fulcrum-hwtest: ended by signal 9\"}") && w.tested == 1,
	   "a program that is killed has tested nothing, and says why");
	ok(told("{\"name\":\"memory.corrected\",\"value\":2}") && told("{\"name\":\"memory.machine-checks\",\"value\":3}"), "what was counted meanwhile is told");
	ok(told("{\"name\":\"disk.failing\",\"object\":\"N1\",\"value\":1}"), "a disk that says it fails is told");
	ok(told("{\"name\":\"network.wrong\",\"value\":1}"), "so are bytes that are not what the release's list says");
	run((struct world){ 0 }, o);
	ok(told("\"network.tested\",\"value\":0,\"text\":") && told("connection refused"), "a network that brings nothing is a result");
}

static void between_two(void)
{
	static const char *names[] = { "network" };
	static const char token[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct hwtest_order o = { .tests = names, .n_tests = 1, .network_seconds = 7, .peer = "node-2", .serves = true };

	run((struct world){ .token = token }, o);
	is_str(str_text(&w.address), "127.0.0.1:7357", "the one that serves says with its claim where: from where it reaches the admin node");
	is_str(str_text(&w.programs), "fulcrum-hwtest serve 127.0.0.1:7357 --seconds 7 --wait 120 --stall 20\n", "there it listens, for a time");
	is_str(str_text(&w.input), token, "the token is not on its command line");
	ok(told("{\"name\":\"network.peer-to\",\"object\":\"node-2\",\"value\":100}") && told("{\"name\":\"network.errors\",\"object\":\"eth0\",\"value\":0}"),
	   "what was measured is told with the other's name, and what ports counted");
	o.serves = false;
	o.address = "192.0.2.7:7357";
	run((struct world){ .token = token }, o);
	ok(!w.address.len, "the one that comes serves nowhere");
	is_str(str_text(&w.programs), "fulcrum-hwtest visit 192.0.2.7:7357 --seconds 7 --wait 60 --stall 20\n", "it goes where it was told");
	ok(!strstr(str_text(&w.report), token) && w.tested == 1, "no report has the token");
	run((struct world){ .token = token, .no_program = "visit" }, o);
	ok(told("{\"name\":\"network.tested\",\"object\":\"node-2\",\"value\":0,\"text\":\"fulcrum-hwtest: ended by signal 9\"}"), "one that is not reached is a result");
	run((struct world){ .token = NULL }, o);
	ok(!w.programs.len && told("\"network.tested\",\"object\":\"node-2\",\"value\":0,\"text\":\"the admin node sent no token\""), "without a token nothing is tried");
	run((struct world){ .token = "short" }, o);
	ok(!w.programs.len && told("token has 5 characters"), "nor with half of one");
	run((struct world){ .token = token, .refuse_progress = true }, o);
	ok(!w.tested, "what is not wanted any more stops");
}

static void not_wanted(void)
{
	static const char *names[] = { "cpu", "memory" };
	const struct hwtest_order o = { .tests = names, .n_tests = 2 };

	run((struct world){ .refuse_claim = true }, o);
	ok(!w.programs.len && !w.tested, "without an accepted claim nothing runs");
	run((struct world){ .refuse_progress = true }, o);
	ok(!w.tested && !strstr(str_text(&w.programs), "memory"), "what is not wanted any more stops, and nothing follows");
}

static void counters(void)
{
	static const char text[] = "           CPU0  CPU1\n  0:  1  2  timer\nMCE:   3   4   Machine check exceptions\n MCP: 9 9 polls\n";
	uint64_t v;

	ok(interrupts_sum(text, "MCE", &v) && v == 7, "a row of /proc/interrupts is added up over the CPUs");
	ok(!interrupts_sum(text, "THR", &v) && !interrupts_sum("", "MCE", &v), "one that is not there is told");
}

int main(void)
{
	key_generate(pub, sec);
	key_generate(site_pub, site_sec);
	key_generate(release_pub, release_sec);
	if (!mkdtemp(root))
		return 1;
	all_of_them();
	what_goes_wrong();
	between_two();
	not_wanted();
	counters();
	str_release(&w.programs);
	str_release(&w.report);
	str_release(&w.input);
	str_release(&w.address);
	tree_remove(root);
	return tap_end();
}
