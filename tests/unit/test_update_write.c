/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another release into the other slot, in the world of world.h, with the power failing at every effect: nothing is
 * chosen for the next start that is not whole, the running slot stays the good one, and the same command goes through
 * afterwards.
 */
#include "data/grubenv.h"
#include "engine/update.h"
#include "ops/source.h"
#include "sys/sys_fake.h"
#include "tap.h"
#include "unit/world.h"

static char root[] = "/tmp/test_update_write.XXXXXX";
static const char esp[] = "/run/fulcrum/update/esp", slot[] = "/run/fulcrum/update/slot";
static const char uuid_a[] = "aaaaaaaa-0000-4000-8000-000000000001", uuid_b[] = "bbbbbbbb-0000-4000-8000-000000000002";
static struct sys_ops ops;
static struct sys sys = { .ops = &ops };

/* The choice is a file that is written in place; the world's own knows devices alone. */
static int open_file(struct sys *s UNUSED, const char *path, int *ret, struct error *e UNUSED)
{
	came("open_block");
	*ret = (int)(file_at(path, true) - w.files);
	w.handles++;
	return 0;
}

static void say(const char *line UNUSED)
{
}

static struct update update_of(struct sys *s)
{
	return (struct update){ .sys = s, .root = "", .run = "/run/fulcrum", .data = root, .source = source, .release_key = pub,
				.seconds = 600, .say = say };
}

static void begin(struct update_view *v, struct arena *a)
{
	static const char *const names[] = { "fulcrum-bios", "fulcrum-esp", "fulcrum-slot-a", "fulcrum-slot-b", "fulcrum-data" };
	AUTO_STR block = STR_INIT;
	char path[160];

	world_reset();
	w.table_guid = "11111111-0000-4000-8000-000000000001";
	w.n_parts = ARRAY_LEN(names);
	for (size_t i = 0; i < w.n_parts; i++)
		w.parts[i] = (struct partition){ .number = i + 1, .name = names[i], .size_bytes = 1 << 30 };
	grubenv_write(&(struct bootsel){ .slot = 'a' }, &block);
	snprintf(path, sizeof(path), "%s/%s", esp, BOOTSEL_CHOICE);
	file_put(path, str_text(&block), block.len);
	snprintf(path, sizeof(path), "%s/%s", esp, BOOTSEL_COPY);
	file_put(path, str_text(&block), block.len);
	*v = (struct update_view){
		.slots = { .disk = { .name = "vdz", .path = disk_node, .size_bytes = 6ull << 30, .sector_bytes = 512 },
			   .esp = 2, .data = 5, .system = { 3, 4 }, .uuid = { uuid_a, uuid_b }, .running = 'a' },
		.running = "old", .other_uuid = uuid_b, .data_uuid = "cccccccc-0000-4000-8000-000000000003", .console = "console=ttyS0",
		.database = "stays as it is", .free_bytes = 1ull << 40,
	};
	if (source_catalog(&world_sys, source, pub, a, &v->new, &err))
		tree_die("catalog", err.msg);
}

static bool same(const char *one, const char *two)
{
	const struct file *f = file_at(one, false), *g = file_at(two, false);

	return f && g && f->data.len == g->data.len && !memcmp(f->data.s, g->data.s, f->data.len);
}

/* Whether the new release lies whole in the other slot, with its mirror beside the one that is served. */
static bool is_whole(const struct update_view *v)
{
	static const char *const files[][2] = { { "root.squashfs", "root.squashfs" }, { "boot/vmlinuz", "vmlinuz" },
						{ "boot/initrd.img", "initrd.img" } };
	AUTO_ARENA a = ARENA_INIT;
	struct seed seed;
	struct error ignored;

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (!same(arena_printf(&a, "%s/%s", release, files[i][0]), arena_printf(&a, "%s/%s", slot, files[i][1])))
			return false;
	if (!file_at(arena_printf(&a, "%s/grub.cfg", slot), false) || source_seed(&world_sys, source, pub, &a, &seed, &ignored))
		return false;
	for (size_t i = 0; i < seed.n; i++)
		if (!same(arena_printf(&a, "%s/%s", release, seed.entries[i].path),
			  arena_printf(&a, "%s/seed/%s/%s", root, v->new.build_id, seed.entries[i].path)))
			return false;
	return !file_at(arena_printf(&a, "%s/seed/current/build-id", root), false);
}

static void whole(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct update u = update_of(&sys);
	struct update_view v;
	struct bootsel b;
	const struct file *menu;

	begin(&v, &a);
	ok(!update_write(&u, &v, &err), "a release is written%s%s", err.msg[0] ? ": " : "", err.msg);
	ok(is_whole(&v) && !w.mounts && !w.handles, "whole, beside what is served, and nothing is left open");
	ok(!bootsel_read_at(&sys, esp, &b, &err) && b.slot == 'a' && b.trial == 'b' && b.tries == 1 && b.seconds == 600,
	   "it is started next, once; the good one is the running one");
	menu = file_at(arena_printf(&a, "%s/grub.cfg", slot), false);
	ok(menu && strstr(menu->data.s, uuid_b) && strstr(menu->data.s, "panic=10 $fulcrum_trial console=ttyS0") && strstr(menu->data.s, uuid_a),
	   "its menu starts its own slot, and offers the other");
}

static void damaged(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct update u = update_of(&sys);
	struct update_view v;
	struct bootsel b;

	begin(&v, &a);
	file_at("/release/efi/shimx64.efi", false)->data.s[0] ^= 1;
	ok(update_write(&u, &v, &err) && err.kind == ERR_MEDIUM && strstr(err.msg, "efi/shimx64.efi"), "a bad file is named: %s", err.msg);
	ok(!bootsel_read_at(&sys, esp, &b, &err) && b.slot == 'a' && !b.trial, "nothing is started next");
	ok(!file_at(arena_printf(&a, "%s/grub.cfg", slot), false) && !w.parts[3].n_signatures, "and the other slot was not touched");
}

static void at_every_effect(enum sys_fake_mode mode, const char *how)
{
	size_t lost = 0, chosen = 0;
	uint64_t n;

	for (n = 1; n < 1000; n++) {
		AUTO_ARENA a = ARENA_INIT;
		struct sys *cut = sys_fake_new(&sys);
		struct update u = update_of(cut), again = update_of(&sys);
		struct update_view v;
		struct bootsel b;
		bool past, bad;

		begin(&v, &a);
		sys_fake_fail_at(cut, n, mode);
		(void)!update_write(&u, &v, &err);
		past = sys_fake_calls(cut) < n;
		sys_free(cut);
		bad = bootsel_read_at(&sys, esp, &b, &err) || b.slot != 'a' || (b.trial && !is_whole(&v));
		chosen += b.trial != 0;
		w.mounts = w.handles = 0;
		bad = bad || update_write(&again, &v, &err) || !is_whole(&v) || bootsel_read_at(&sys, esp, &b, &err) || b.trial != 'b';
		if (bad)
			printf("# effect %llu: %zu lost: %s\n", (unsigned long long)n, ++lost, err.msg);
		if (past)
			break;
	}
	ok(n > 50 && n < 1000 && !lost && chosen, "%s: at each of %llu effects the power may fail", how, (unsigned long long)n - 1);
}

int main(void)
{
	if (!mkdtemp(root))
		return 1;
	key_generate(pub, sec);
	ops = world_ops;
	ops.open_block = open_file;
	whole();
	damaged();
	at_every_effect(SYS_FAKE_CUT, "nothing more arrives");
	at_every_effect(SYS_FAKE_TORN, "half of a write arrives");
	rmdir(root);
	return tap_end();
}
