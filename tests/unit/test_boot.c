/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot loader for BIOS over the world in memory: which bytes of the disk it writes and which not, that the
 * second look finds any byte that differs, and what it refuses.
 */
#include <stdlib.h>
#include <string.h>

#include "ops/grub_pc.h"
#include "ops/ops.h"
#include "sys/sys_fake.h"
#include "tap.h"
#include "unit/world.h"

enum { AT = 1 << 20, CORE = 3 * 512 - 100, WHOLE = 3 * 512 };

static struct bios_target target = { "system", 1 };
static struct op_boot boot = { .kind = "node", .root_uuid = "11111111-2222-3333-4444-555555555555", .bios = &target, .n_bios = 1 };
static const struct op op = { .kind = OP_BOOT, .id = "boot:system", .params = &boot };
static struct plan_disk disk = { .role = "system", .name = "vdz", .size_bytes = 1 << 30, .sector_bytes = 512 };
static struct plan plan = { .disks = &disk, .n_disks = 1 };
static const char *disk_paths[] = { disk_node };
static struct op_env env = { .plan = &plan, .disk_paths = disk_paths, .source = source, .target = "/target" };
static struct table_part parts[] = {
	{ .number = 1, .name = "fulcrum-bios", .type_uuid = "21686148-6449-6e6f-744e-656564454649",
	  .uuid = "00000001-0000-8000-8000-000000000001", .start_bytes = AT, .size_bytes = 1 << 20 },
	{ .number = 2, .name = "fulcrum-root", .type_uuid = "0fc63daf-8483-4772-8e79-3d69d8477de4",
	  .uuid = "00000002-0000-8000-8000-000000000002", .start_bytes = 2 << 20, .size_bytes = 1 << 20 },
};
static const struct op_table table = { .disk = "system", .uuid = "11111111-2222-8333-8444-555566667777", .parts = parts,
				       .n_parts = ARRAY_LEN(parts) };

static struct str *bytes(void)
{
	return &file_at(disk_node, false)->data;
}

static void start(void)
{
	world_reset();
	env.sys = &world_sys;
	disk.sector_bytes = 512;
	memset(&err, 0, sizeof(err));
	if (world_sys.ops->table_write(&world_sys, disk_node, 512, &table, &err))
		tree_die("table", err.msg);
}

static int apply(void)
{
	return op_types[OP_BOOT].apply(&env, op.params, &err);
}

static int verify(void)
{
	return op_types[OP_BOOT].verify(&env, op.params, &err);
}

static uint64_t number(const char *p, unsigned int n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | (unsigned char)p[n];
	return v;
}

static void test_writes(void)
{
	char before[512 - GRUB_PC_CODE], core[CORE];
	const char *b;

	start();
	memcpy(before, bytes()->s + GRUB_PC_CODE, sizeof(before));
	memcpy(core, file_at("/release/bios/core.img", false)->data.s, sizeof(core));
	ok(!apply() && !verify(), "GRUB for BIOS is written and looked at: %s", err.msg);
	b = bytes()->s;
	ok(!memcmp(b + GRUB_PC_CODE, before, sizeof(before)), "what follows the code in the first sector stays");
	ok(number(b + 0x5c, 8) == AT / 512, "the first sector starts the core");
	ok(number(b + 0x66, 2) == 0x9090, "and doubts a drive number that is no hard disk's");
	ok(number(b + AT + 0x1f4, 8) == AT / 512 + 1 && number(b + AT + 0x1fc, 2) == WHOLE / 512 - 1 &&
		   number(b + AT + 0x1fe, 2) == 0x820,
	   "the core loads the rest of itself");
	memcpy(core + 0x1f4, b + AT + 0x1f4, 8);
	ok(!memcmp(b + AT, core, sizeof(core)) && !b[AT + CORE] && !b[AT + WHOLE - 1] && bytes()->len == AT + WHOLE,
	   "all else of it is the release's, and no byte follows its last sector");
	ok(!apply() && !verify(), "it may be written again");
}

/* Every byte that matters, each with another value. */
static void test_looks(void)
{
	size_t missed = 0, looked = 0;

	start();
	if (apply())
		tree_die("apply", err.msg);
	for (size_t i = 0; i < AT + WHOLE; i++) {
		if (i == GRUB_PC_CODE)
			i = 510;
		if (i == 512)
			i = AT;
		bytes()->s[i] ^= 1;
		looked++;
		if (!verify() || err.kind != ERR_VERIFY) {
			printf("# byte %zu may differ: %s\n", i, err.msg);
			missed++;
		}
		bytes()->s[i] ^= 1;
	}
	ok(looked == GRUB_PC_CODE + 2 + WHOLE && !missed, "each of %zu bytes that differs is found", looked);
	ok(!verify(), "and none that does not: %s", err.msg);
}

static void refused(const char *what, enum error_kind kind, const char *text)
{
	size_t writes = 0;

	memset(&err, 0, sizeof(err));
	w.calls = 0;
	ok(apply() && err.kind == kind && strstr(err.msg, text), "%s is refused: %s", what, err.msg);
	for (size_t i = 0; i < w.calls; i++)
		writes += !strcmp(w.verbs[i], "write_at");
	ok(!writes && !w.handles, "before a byte is written");
}

static void test_refuses(void)
{
	start();
	w.parts[0].type_uuid = parts[1].type_uuid;
	refused("a partition of another type", ERR_CHANGED, "/dev/vdz: partition 1 is no BIOS boot partition");
	start();
	w.n_parts = 0;
	refused("a partition that is gone", ERR_CHANGED, "/dev/vdz: partition 1 is no BIOS boot partition");
	start();
	w.parts[0].size_bytes = 1024;
	refused("a partition that is too small", ERR_INPUT, "too small for 1536 bytes");
	start();
	disk.sector_bytes = 4096;
	refused("a disk with large sectors", ERR_INPUT, "sectors of 4096 bytes");
	start();
	bytes()->s[0] = 'x';
	file_at("/release/bios/core.img", false)->data.s[700] = 'x';
	refused("a damaged core", ERR_MEDIUM, "bios/core.img: damaged");
}

static void test_not_grub(void)
{
	unsigned char b[3 * 512], code[GRUB_PC_CODE];
	uint64_t lba, count;

	start();
	memcpy(b, file_at("/release/bios/boot.img", false)->data.s, 512);
	ok(!grub_pc_boot(b, 512, 7, code, &err) && grub_pc_next(code, &lba) && lba == 7, "a boot.img is one");
	ok(grub_pc_boot(b, 511, 7, code, &err), "a short one is none");
	b[510] = 0;
	ok(grub_pc_boot(b, 512, 7, code, &err), "nor is one without its mark");
	code[0] = 0;
	ok(!grub_pc_next(code, &lba), "nor code that begins otherwise");
	memset(b, 0, sizeof(b));
	memcpy(b, file_at("/release/bios/core.img", false)->data.s, CORE);
	ok(!grub_pc_core(b, CORE, 7, &err) && grub_pc_list(b, &lba, &count) && lba == 8 && count == 2, "a core.img is one");
	ok(grub_pc_core(b, CORE + 512, 7, &err), "one of another length is none");
	ok(grub_pc_core(b, 512, 7, &err) && grub_pc_core(b, 0, 7, &err), "nor is one without a second sector");
	b[0x1f4 - 4] = 1;
	ok(grub_pc_core(b, CORE, 7, &err) && !grub_pc_list(b, &lba, &count), "nor one with a longer list");
}

static void test_fails(void)
{
	size_t n, bad = 0;

	for (n = 1; n < 200; n++) {
		struct sys *fake;
		const char *failed;
		int rc;

		start();
		fake = env.sys = sys_fake_new(&world_sys);
		sys_fake_fail_at(fake, n, SYS_FAKE_TORN);
		rc = apply() || verify() ? -1 : 0;
		failed = sys_fake_failed(fake);
		sys_free(fake);
		env.sys = &world_sys;
		if (!failed) {
			bad += rc != 0;
			break;
		}
		bad += rc != -1 || !strstr(err.msg, "injected");
		/* What is half done is done again. */
		bad += apply() || verify() || w.handles;
	}
	ok(n > 10 && n < 200 && !bad, "each of its %zu effects may fail, and a second run mends it", n - 1);
}

int main(void)
{
	key_generate(pub, sec);
	env.release_key = pub;
	test_writes();
	test_looks();
	test_refuses();
	test_not_grub();
	test_fails();
	world_reset();
	return tap_end();
}
