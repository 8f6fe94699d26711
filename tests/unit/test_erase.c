/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Erasing a disk: which methods are chosen of what disks say, where they are sampled, and the operation itself on a file
 * that stands for a disk, with programs that are played: what they do to it, or that they only say that they did.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "model/erase.h"
#include "ops/ops.h"
#include "plan/wipe.h"
#include "sys/sys_fake.h"
#include "tap.h"

enum { SIZE = 8 << 20 };

static struct error err;

/* --- what disks say */

static const char *chosen(const struct erase_caps *c, struct arena *a)
{
	const char *names[ERASE__N], *note;
	size_t n = erase_choose(c, names, &note);
	AUTO_STR out = STR_INIT;

	for (size_t i = 0; i < n; i++)
		str_addf(&out, "%s%s", i ? " " : "", names[i]);
	if (note)
		str_add(&out, " !");
	return arena_strdup(a, str_text(&out));
}

static void test_choice(void)
{
	static const struct {
		struct erase_caps caps;
		const char *want, *what;
	} rows[] = {
		{ { 0 }, "overwrite", "a disk that says nothing is overwritten" },
		{ { .discard = true }, "overwrite discard", "discard proves nothing, and comes last" },
		{ { .sanitize_block = true, .sanitize_crypto = true, .format = true, .format_crypto = true, .discard = true },
		  "nvme-sanitize-block nvme-sanitize-crypto nvme-format-crypto nvme-format overwrite discard", "NVMe: all that there is" },
		{ { .sanitize_block = true, .format = true, .shared = true }, "nvme-format overwrite !",
		  "with other namespaces Sanitize is left out, and that is told" },
		{ { .format = true, .format_all = true, .shared = true }, "overwrite !", "so is a Format that is of all of them" },
		{ { .format = true, .format_all = true }, "nvme-format overwrite", "but not where there is only this one" },
		{ { .ata_security = true, .ata_enhanced = true }, "ata-erase-enhanced ata-erase overwrite", "ATA, enhanced first" },
		{ { .ata_security = true, .ata_enhanced = true, .ata_frozen = true }, "overwrite !", "frozen by the firmware: told, and overwritten" },
		{ { .ata_security = true, .ata_enabled = true }, "ata-erase overwrite !", "a password that is set already may be ours" },
		{ { .format = true, .read_only = true }, "", "what cannot be written cannot be erased" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_ARENA a = ARENA_INIT;
		const char *is = chosen(&rows[i].caps, &a);

		ok(str_eq(is, rows[i].want), "%s (%s)", rows[i].what, is);
	}
}

static void test_answers(void)
{
	static const char ata[] = "\n/dev/sda:\n\nATA device, with non-removable media\nSecurity: \n\tMaster password revision code = 65534\n"
				  "\t\tsupported\n\tnot\tenabled\n\tnot\tlocked\n\t\tfrozen\n\tnot\texpired: security count\n"
				  "\t\tsupported: enhanced erase\n\t2min for SECURITY ERASE UNIT.\nLogical Unit WWN Device Identifier: 5\n\tnot\tfrozen\n";
	unsigned char id[4096] = { [256] = 0x16, [524] = 0x04, [328] = 0x02 };
	struct erase_caps c = { 0 };

	ok(!erase_read_ata(ata, &c) && c.ata_security && c.ata_enhanced && c.ata_frozen && !c.ata_enabled,
	   "ATA security as hdparm tells it, of its own section alone");
	ok(erase_read_ata("/dev/sda:\n drive says nothing\n", &c) != 0, "a disk without that section tells nothing");
	c = (struct erase_caps){ 0 };
	ok(!erase_read_nvme(id, sizeof(id), 1, &c) && c.format && c.format_crypto && c.sanitize_block && !c.sanitize_crypto && !c.shared && !c.format_all,
	   "Identify Controller: Format with both erases, Sanitize by blocks");
	ok(!erase_read_nvme(id, sizeof(id), 2, &c) && c.shared, "two namespaces share their controller");
	ok(!erase_read_nvme(id, sizeof(id), 0, &c) && c.shared, "a number that is not known is not one");
	id[76] = 2;
	ok(!erase_read_nvme(id, sizeof(id), 1, &c) && c.shared, "so do two controllers");
	ok(erase_read_nvme(id, 100, 1, &c) != 0, "a short answer is none");
}

static void test_places(void)
{
	uint64_t one[ERASE_PLACES], two[ERASE_PLACES], other[ERASE_PLACES];
	const uint64_t size = UINT64_C(4) << 40;
	size_t n = erase_places("5eed", "disk0", size, ERASE_RANDOM, one), far = 0;

	ok(n == ERASE_PLACES && one[0] == 0 && one[n - 1] == size - ERASE_BLOCK, "both ends are sampled, and as many places again");
	ok(erase_places("5eed", "disk0", size, ERASE_RANDOM, two) == n && !memcmp(one, two, sizeof(one)), "the same seed gives the same places");
	ok(erase_places("5eee", "disk0", size, ERASE_RANDOM, other) == n && memcmp(one, other, sizeof(one)) != 0, "another gives others");
	for (size_t i = 0; i < n; i++) {
		if (one[i] + ERASE_BLOCK > size || one[i] % 512)
			far++;
	}
	ok(!far, "every place is whole, on the disk, and at a sector");
	ok(erase_places("5eed", "disk0", 1 << 20, ERASE_RANDOM, one) == 256, "a small disk is looked at as a whole");
	ok(erase_places("5eed", "disk0", 100, ERASE_RANDOM, one) == 0, "one without a block has none");
}

/* --- the plan */

static struct disk disks[] = {
	{ .name = "nvme0n1", .path = "/dev/nvme0n1", .serial = "A", .size_bytes = SIZE, .sector_bytes = 512 },
	{ .name = "sda", .path = "/dev/sda", .serial = "B", .size_bytes = 2 * SIZE, .sector_bytes = 512, .erase_note = "frozen" },
	{ .name = "sdb", .path = "/dev/sdb", .serial = "C", .size_bytes = SIZE, .sector_bytes = 512, .in_use = "boot medium" },
};
static const char *nvme_ways[] = { "nvme-format", "overwrite" };

static void test_plan(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct machine m = { .disks = disks, .n_disks = 3 };
	struct plan_disk wanted[] = { { .role = "system", .serial = "A", .size_bytes = SIZE } };
	struct wipe_request r = { .machine = &m, .subject = "node-1", .seed = "5eed", .wanted = wanted, .n_wanted = 1 };
	struct plan *p = NULL;

	disks[0].erase = nvme_ways;
	disks[0].n_erase = 2;
	ok(!plan_wipe(&r, &a, &p, &err) && p->n_disks == 1 && p->n_ops == 1 && str_eq(p->disks[0].serial, "A") && p->n_others == 2,
	   "only the disk that the node was deployed on: %s", err.msg);
	ok(p && ((struct op_erase *)p->ops[0].params)->n_methods == 2, "with the ways that it allows");
	r.wanted = NULL;
	ok(!plan_wipe(&r, &a, &p, &err) && p->n_disks == 2 && p->n_others == 1 && p->n_notes == 1, "all that may be written, when that is wanted");
	ok(str_eq(((struct op_erase *)p->ops[1].params)->methods[0], "overwrite"), "of which nothing is known is overwritten");
	r.wanted = wanted;
	wanted[0].size_bytes++;
	ok(plan_wipe(&r, &a, &p, &err) && err.kind == ERR_SELECT, "a disk of another size is another disk: %s", err.msg);
	wanted[0] = (struct plan_disk){ .role = "system", .serial = "C", .size_bytes = SIZE };
	ok(plan_wipe(&r, &a, &p, &err) && strstr(err.msg, "boot medium"), "one that is in use is refused: %s", err.msg);
	m.n_disks = 0;
	r.wanted = NULL;
	ok(plan_wipe(&r, &a, &p, &err) && err.kind == ERR_SELECT, "a machine without disks has nothing to wipe");
}

/* --- the operation */

static char path[] = "/tmp/test_erase.XXXXXX";
static struct plan_disk pd = { .role = "disk0", .name = "vdz", .path = path, .serial = "A", .size_bytes = SIZE, .sector_bytes = 512, .state = PLAN_ANY_STATE };
static const char *ways[3];
static struct op_erase erase = { .disk = "disk0", .methods = ways, .n_methods = 1, .seed = "5eed", .random = ERASE_RANDOM };
static struct op op = { .kind = OP_ERASE, .id = "erase:disk0", .params = &erase };
static struct plan plan = { .kind = "wipe", .disks = &pd, .n_disks = 1, .ops = &op, .n_ops = 1 };
static const char *paths[] = { path };

/* What the disk's own erase leaves: 0 to 255 over and over; -1: it lies; -2: it fails; -3: something else. */
static int leaves;
static size_t looks;
static char commands[4096];

static void fill(int how)
{
	static unsigned char block[SIZE];
	AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);

	memset(block, how, sizeof(block));
	for (size_t i = 0; how < 0 && i < sizeof(block); i++)
		block[i] = (unsigned char)((i * 2654435761u + (size_t)-how) >> 7);
	if (fd < 0 || fd_write_all(fd, (const char *)block, sizeof(block), &err))
		exit(1);
}

static int played(struct sys *s UNUSED, const struct sys_exec *x, struct error *e)
{
	const char *const *v = x->argv;
	size_t n = strlen(commands);

	for (size_t i = 0; v[i] && n < sizeof(commands) - 100; i++)
		n += (size_t)snprintf(commands + n, sizeof(commands) - n, "%s%s", i ? " " : "|", str_eq(v[i], path) ? "DISK" : v[i]);
	if (str_eq(v[1], "sanitize-log")) {
		static const char runs[] = { 0, 64, 2, 0 }, done[] = { -1, -1, 1, 0 };

		str_addn(x->output, looks++ ? done : runs, 4);
		return 0;
	}
	if (leaves == -2)
		return error_set(e, ERR_IO, "%s: exit 1: INVALID_FIELD", v[0]);
	if (leaves == -3)
		fill(-77);
	else if (leaves >= 0 && !strstr(commands + n - 40, "set-pass"))
		fill(leaves);
	return 0;
}

static const struct sys_ops over = { .exec = played };

static int run(struct sys *fake, struct arena *keep, struct op_env *env)
{
	err.msg[0] = '\0';
	*env = (struct op_env){ .sys = fake, .plan = &plan, .disk_paths = paths, .keep = keep };
	commands[0] = '\0';
	looks = 0;
	fill(-1);
	return op_types[OP_ERASE].apply(env, &erase, &err) || op_types[OP_ERASE].verify(env, &erase, &err);
}

static size_t not_zero(void)
{
	AUTO_STR all = STR_INIT;
	size_t n = 0;

	if (file_read(path, SIZE, &all, &err))
		exit(1);
	for (size_t i = 0; i < all.len; i++)
		n += all.s[i] != 0;
	return n;
}

static void test_methods(struct sys *fake)
{
	static const struct {
		const char *way;
		int leaves;
		const char *commands, *what;
	} rows[] = {
		{ "overwrite", -1, "", "overwriting needs no program" },
		{ "nvme-format", 0, "|nvme format DISK --ses=1 --force --timeout=86400000", "NVMe Format that leaves zeros" },
		{ "nvme-format-crypto", -3, "|nvme format DISK --ses=2 --force --timeout=86400000", "NVMe Format that leaves what it likes" },
		{ "nvme-format", 255, "|nvme format DISK --ses=1 --force --timeout=86400000", "NVMe Format that leaves ones" },
		{ "nvme-sanitize-block", 0, "|nvme sanitize DISK --sanact=2|nvme sanitize-log DISK --raw-binary|nvme sanitize-log DISK --raw-binary",
		  "NVMe Sanitize, waited for" },
		{ "ata-erase-enhanced", 0,
		  "|hdparm --user-master u --security-set-pass fulcrum DISK|hdparm --user-master u --security-erase-enhanced fulcrum DISK",
		  "ATA's two commands" },
		{ "discard", 0, "|blkdiscard DISK", "discard" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_ARENA keep = ARENA_INIT;
		struct op_env env;
		const struct erased *e;

		ways[0] = rows[i].way;
		erase.n_methods = 1;
		leaves = rows[i].leaves;
		ok(!run(fake, &keep, &env), "%s: %s", rows[i].what, err.msg);
		ok(str_eq(commands, rows[i].commands), "%s: its commands (%s)", rows[i].what, commands);
		e = env.erased;
		ok(env.n_erased == 1 && str_eq(e->method, rows[i].way) && e->content == e->samples && e->zeros + e->constant + e->other == e->samples && e->samples == 768,
		   "%s: is told with its samples", rows[i].what);
	}
}

static void test_overwritten(struct sys *fake)
{
	AUTO_ARENA keep = ARENA_INIT;
	struct op_env env;

	ways[0] = "overwrite";
	ok(!run(fake, &keep, &env) && not_zero() == 0, "after overwriting every byte is zero");
	ok(env.erased->zeros == env.erased->samples && str_eq(env.erased->term, "Clear") && !env.erased->n_tried, "and that is what is told");
	ok(!str_empty(env.erased->serial) && env.erased->ended_s >= env.erased->begun_s, "with the disk's number and times");
}

/* A method that fails, or lies, makes room for the next, and that is kept. */
static void test_next(struct sys *fake)
{
	for (leaves = -2; leaves <= -1; leaves++) {
		AUTO_ARENA keep = ARENA_INIT;
		struct op_env env;

		ways[0] = "nvme-format";
		ways[1] = "overwrite";
		erase.n_methods = 2;
		ok(!run(fake, &keep, &env) && str_eq(env.erased->method, "overwrite") && not_zero() == 0, "the next method takes over: %s", err.msg);
		ok(env.erased->n_tried == 1 && strstr(env.erased->tried[0], leaves == -2 ? "INVALID_FIELD" : "reads as before"), "and why is kept: %s",
		   env.erased->n_tried ? env.erased->tried[0] : "nothing");
	}
	for (leaves = -2; leaves <= -1; leaves++) {
		AUTO_ARENA keep = ARENA_INIT;
		struct op_env env;

		erase.n_methods = 1;
		ok(run(fake, &keep, &env) && env.n_erased == 0 && strstr(err.msg, "no method erased it"), "none is left: it failed, and nothing is told as erased");
	}
	leaves = -1;
	ways[0] = "shred";
	{
		AUTO_ARENA keep = ARENA_INIT;
		struct op_env env;

		ok(run(fake, &keep, &env) && err.kind == ERR_INPUT && not_zero() > SIZE / 2, "a method that nobody knows erases nothing: %s", err.msg);
	}
	{
		struct op_env env;

		ways[0] = "overwrite";
		ok(run(fake, NULL, &env) && not_zero() > SIZE / 2, "where the result would be lost nothing is erased");
	}
}

/* Whatever effect fails: either it is told, or what was not hurt by it is proved. */
static void test_faults(struct sys *real)
{
	struct sys *fake = sys_fake_new(real);
	size_t walked = 0, wrong = 0, rode_out = 0;
	uint64_t calls;

	sys_fake_override(fake, &over);
	leaves = 0;
	ways[0] = "nvme-sanitize-block";
	ways[1] = "overwrite";
	erase.n_methods = 2;
	erase.random = 4;
	{
		AUTO_ARENA keep = ARENA_INIT;
		struct op_env env;

		ok(!run(fake, &keep, &env), "nothing fails: %s", err.msg);
	}
	calls = sys_fake_calls(fake);
	sys_free(fake);
	for (uint64_t n = 1; n <= calls; n++) {
		AUTO_ARENA keep = ARENA_INIT;
		struct op_env env;
		bool good;

		/* The samples are one like another. */
		if (n > 12 && n < calls - 12 && n % 97)
			continue;
		fake = sys_fake_new(real);
		sys_fake_override(fake, &over);
		sys_fake_fail_at(fake, n, SYS_FAKE_ONCE);
		good = !run(fake, &keep, &env);
		walked++;
		rode_out += good;
		/* Good means: proved by samples, with what failed kept or harmless. */
		wrong += good && (env.n_erased != 1 || not_zero() != 0);
		sys_free(fake);
	}
	erase.random = ERASE_RANDOM;
	ok(walked > 20 && !wrong, "%zu of %llu effects failed: none was told as erased without being so", walked, (unsigned long long)calls);
	ok(rode_out > 0 && rode_out < walked, "%zu of these were ridden out, others failed the wipe", rode_out);
}

int main(void)
{
	struct sys *real = sys_real_new(), *fake = sys_fake_new(real);
	int fd = mkstemp(path);

	if (fd < 0 || ftruncate(fd, SIZE))
		return 1;
	close(fd);
	sys_fake_override(fake, &over);
	test_choice();
	test_answers();
	test_places();
	test_plan();
	test_methods(fake);
	test_overwritten(fake);
	test_next(fake);
	test_faults(real);
	sys_free(fake);
	sys_free(real);
	unlink(path);
	return tap_end();
}
