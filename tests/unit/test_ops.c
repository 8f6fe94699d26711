/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations one by one over the world in memory: what each makes, that it may be repeated, that its second look
 * finds what is wrong, that it fails when any effect of it fails, and that no key shows anywhere.
 */
#include <stdlib.h>
#include <string.h>

#include "ops/ops.h"
#include "sys/sys_fake.h"
#include "tap.h"
#include "unit/world.h"

static const char key_bytes[] = "s3cret\0with a NUL and a line end\n";
static const struct op_secret secrets[] = { { "box", (const unsigned char *)key_bytes, sizeof(key_bytes) - 1 } };

/* system:1 and :2 are an array, on it LUKS, on it a group with volumes. */
static const char *members[] = { "system:1", "system:2" };
static const char *box[] = { "crypt:box" };
static struct op_raid raid = { .name = "md", .uuid = "01234567:89abcdef:01234567:89abcdef", .metadata = "1.2", .level = 1,
			       .members = members, .n_members = 2 };
static struct op_crypt luks = { .name = "box", .dev = "raid:md", .uuid = "11111111-2222-3333-4444-555555555555", .key = "box" };
static struct op_group group = { .name = "vg0", .members = box, .n_members = 1 };
static struct op_volume root = { .group = "vg0", .name = "root", .kind = "linear", .size_bytes = 256 << 20 };
static struct op_volume pool = { .group = "vg0", .name = "pool", .kind = "pool", .size_bytes = 64 << 20 };
static struct op_volume thin = { .group = "vg0", .name = "thin", .kind = "thin", .pool = "pool", .size_bytes = 512 << 20 };
static struct op_volume rest = { .group = "vg0", .name = "rest", .kind = "linear" };
static struct op_mkfs xfs = { .dev = "lv:vg0/rest", .fs = "xfs", .label = "x", .uuid = "22222222-2222-3333-4444-555555555555" };
static struct op_mkfs swap = { .dev = "raid:md", .fs = "swap", .label = "swap", .uuid = "32222222-2222-3333-4444-555555555555" };

static struct op ops[] = {
	{ .kind = OP_RAID, .id = "raid:md", .params = &raid },	   { .kind = OP_CRYPT, .id = "crypt:box", .params = &luks },
	{ .kind = OP_GROUP, .id = "group:vg0", .params = &group }, { .kind = OP_VOLUME, .id = "root", .params = &root },
	{ .kind = OP_VOLUME, .id = "pool", .params = &pool },	   { .kind = OP_VOLUME, .id = "thin", .params = &thin },
	{ .kind = OP_VOLUME, .id = "rest", .params = &rest },	   { .kind = OP_MKFS, .id = "mkfs:rest", .params = &xfs },
};
static struct plan_disk disk = { .role = "system", .name = "vdz", .size_bytes = 1 << 30, .sector_bytes = 512 };
static struct plan plan = { .disks = &disk, .n_disks = 1, .ops = ops, .n_ops = ARRAY_LEN(ops) };
static const char *disk_paths[] = { disk_node };
static size_t notes;

static void on_note(void *ctx UNUSED, const char *text UNUSED)
{
	notes++;
}

static struct op_env env = { .plan = &plan, .disk_paths = disk_paths, .source = source, .target = "/target",
			     .secrets = secrets, .n_secrets = 1, .note = on_note };

static void start(void)
{
	world_reset();
	env.sys = &world_sys;
	w.table_guid = "disk";
	w.n_parts = 3;
	for (size_t i = 0; i < w.n_parts; i++)
		w.parts[i] = (struct partition){ .number = i + 1, .start_bytes = (i + 1) << 26, .size_bytes = 1 << 26 };
	stack.n = stack.made = 0;
	raid.keep = luks.keep = group.keep = root.keep = pool.keep = thin.keep = rest.keep = false;
	group.n_remove = 0;
}

static int apply(const struct op *op)
{
	return op_types[op->kind].apply(&env, op->params, &err);
}

static int verify(const struct op *op)
{
	return op_types[op->kind].verify(&env, op->params, &err);
}

/* The first N operations, each looked at again. */
static bool build(size_t n)
{
	start();
	for (size_t i = 0; i < n; i++)
		if (apply(&ops[i]) || verify(&ops[i]))
			return false;
	return true;
}

static void test_makes(void)
{
	notes = 0;
	ok(build(ARRAY_LEN(ops)), "RAID, LUKS, LVM and a file system are made: %s", err.msg);
	ok(notes > 0, "that the first synchronisation runs on is said");
	ok(stack_find("/dev/mapper/vg0-thin") && stack_find("/dev/mapper/vg0-thin")->size == 512 << 20, "a thin volume has its size");
	ok(stack.seen_len == sizeof(key_bytes) - 1 && !memcmp(stack.seen_input, key_bytes, stack.seen_len),
	   "the key reaches cryptsetup with all its bytes");
}

static void test_repeats(void)
{
	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		if (i == 4) /* a pool that carries volumes is not made again alone */
			continue;
		ok(build(i + 1) && !apply(&ops[i]) && !verify(&ops[i]), "%s may be repeated", ops[i].id);
	}
}

/* Everything down, as after a restart; then all of it is kept. */
static void test_keeps(void)
{
	static const char *gone[] = { "rest", "never" };

	ok(build(7), "a stack is there: %s", err.msg);
	for (size_t i = 0; i < stack.n; i++)
		stack.devs[i].running = stack.devs[i].path[0] != '/'; /* a group is not a device */
	raid.keep = luks.keep = group.keep = root.keep = pool.keep = thin.keep = true;
	group.remove = gone;
	group.n_remove = 2;
	for (size_t i = 0; i < 6; i++)
		ok(!apply(&ops[i]) && !verify(&ops[i]), "%s is taken as it is: %s", ops[i].id, err.msg);
	ok(!stack_find("/dev/mapper/vg0-rest"), "a volume that is not wanted any more is gone");
	ok(stack_find("/dev/mapper/vg0-thin") != NULL, "the others are not");
}

static void refused(size_t op, const char *what, const char *text)
{
	memset(&err, 0, sizeof(err));
	ok(verify(&ops[op]) && err.kind == ERR_VERIFY && strstr(err.msg, text), "the second look finds %s: %s", what, err.msg);
}

static void test_looks_again(void)
{
	build(1);
	stack.lie_level = "raid0";
	refused(0, "another level", "MD_LEVEL is raid0, wanted raid1");
	build(1);
	w.sigs[1].uuid = "someone else's";
	refused(0, "a member with another superblock", "/dev/vdz2 carries the superblock of array someone else's");
	build(1);
	stack_find("/dev/md/md")->n_members = 1;
	refused(0, "a member that is missing", "/dev/vdz2 is not a member");
	build(2);
	stack_find("/dev/mapper/box")->uuid[0] = '9';
	refused(1, "another device under the name", "open under that name");
	build(2);
	stack_find("/dev/md/md")->sig.type = "ext4";
	refused(1, "a device without LUKS", "does not carry LUKS");
	build(3);
	stack_find("vg0")->path[2] = '9';
	refused(2, "a member of another group", "is not in it");
	build(4);
	stack_find("/dev/mapper/vg0-root")->size--;
	refused(3, "a volume of another size", "wanted 268435456");
	build(4);
	stack_find("/dev/mapper/vg0-root")->running = false;
	refused(3, "a volume that is not active", "wanted linear, active");
	build(4);
	stack_drop(stack_find("/dev/mapper/vg0-root"));
	refused(3, "a volume that is not there", "is not there");
}

static void test_key(void)
{
	AUTO_STR dry = STR_INIT;
	struct sys *s = sys_dry_new(&dry);
	struct op_env bare = env;

	build(1);
	env.sys = s;
	ok(!apply(&ops[1]) && strstr(str_text(&dry), "luksFormat"), "a dry run formats nothing");
	ok(!strstr(str_text(&dry), "s3cret"), "and shows no key");
	sys_free(s);
	build(1);
	bare.sys = &world_sys;
	bare.n_secrets = 0;
	ok(op_types[OP_CRYPT].apply(&bare, &luks, &err) && err.kind == ERR_INPUT && strstr(err.msg, "the key of \"box\" is not here"),
	   "a key that is missing stops it: %s", err.msg);
	/* Its header is not there: cryptsetup says so, and the error holds what it said. */
	luks.keep = true;
	ok(apply(&ops[1]) && !strstr(err.msg, "s3cret") && err.hint[0], "no error shows a key: %s", err.msg);
}

/* Every effect of every operation fails once: that is an error, and no other one, and the next try is good. */
static void test_fails(void)
{
	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		size_t n, bad = 0;

		for (n = 1; n < 100; n++) {
			struct sys *f;
			bool reached;
			int rc;

			build(i);
			f = sys_fake_new(&world_sys);
			sys_fake_fail_at(f, n, SYS_FAKE_ONCE);
			env.sys = f;
			memset(&err, 0, sizeof(err));
			rc = apply(&ops[i]) || verify(&ops[i]);
			reached = sys_fake_failed(f) != NULL;
			sys_free(f);
			env.sys = &world_sys;
			if (!reached)
				break;
			bad += !rc;
			bad += apply(&ops[i]) || verify(&ops[i]);
		}
		ok(n > 2 && n < 100 && !bad, "%s: each of its %zu effects may fail", ops[i].id, n - 1);
	}
}

static void test_mkfs(void)
{
	static const struct op as_swap = { .kind = OP_MKFS, .id = "mkfs:swap", .params = &swap };

	static struct op_mkfs fat = { .dev = "system:3", .fs = "vfat", .label = "ESP", .uuid = "ABCD-1234" };
	static const struct op as_fat = { .kind = OP_MKFS, .id = "mkfs:esp", .params = &fat };
	AUTO_STR dry = STR_INIT;
	struct sys *s = sys_dry_new(&dry);

	build(1);
	ok(!apply(&as_swap) && !verify(&as_swap), "swap on an array: %s", err.msg);
	ok(!apply(&as_fat) && !verify(&as_fat), "a FAT on a partition: %s", err.msg);
	env.sys = s;
	disk.sector_bytes = 4096;
	ok(!apply(&as_fat), "a FAT on a disk with large sectors");
	is_str(str_text(&dry), "exec mkfs.vfat -F 32 -S 4096 -i ABCD1234 -n ESP /dev/vdz3\n", "has large sectors, too");
	disk.sector_bytes = 512;
	sys_free(s);
	env.sys = &world_sys;
}

int main(void)
{
	key_generate(pub, sec);
	env.release_key = pub;
	test_makes();
	test_repeats();
	test_keeps();
	test_looks_again();
	test_key();
	test_fails();
	test_mkfs();
	world_reset();
	return tap_end();
}
