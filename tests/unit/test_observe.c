/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observation on replayed trees: whole machines as text, and what must never count as a disk. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "machines/tree.h"
#include "observe/machine.h"
#include "sys/holders.h"
#include "sys/sys_fake.h"
#include "tap.h"

static char *replay(const char *name, struct arena *a)
{
	char *root = arena_printf(a, "%s/fulcrum-tree-XXXXXX",
				  getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	AUTO_STR text = STR_INIT;
	struct error err;

	if (!mkdtemp(root))
		tree_die("make", root);
	if (file_read(arena_printf(a, "tests/machines/%s.tree", name), 1 << 20, &text, &err))
		tree_die("read", err.msg);
	tree_make(root, text.s);
	return root;
}

static void test_whole(const char *name)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR seen = STR_INIT;
	AUTO_STR wanted = STR_INIT;
	char *root = replay(name, &a);
	struct machine *m = NULL;
	struct error err;

	ok(!observe_machine(NULL, root, &a, &m, &err), "%s: can be observed", name);
	field_to_json(&machine_schema, m, false, true, &seen);
	if (getenv("FULCRUM_UPDATE") &&
	    file_replace(arena_printf(&a, "tests/machines/%s.observed.json", name), str_text(&seen), seen.len, 0644, &err))
		tree_die("write", err.msg);
	if (file_read(arena_printf(&a, "tests/machines/%s.observed.json", name), 1 << 20, &wanted,
		      &err))
		str_add(&wanted, err.msg);
	is_str(str_text(&seen), str_text(&wanted), "%s: is seen as recorded", name);
	tree_remove(root);
}

static const struct disk *disk_named(const struct machine *m, const char *name)
{
	for (size_t i = 0; i < m->n_disks; i++)
		if (str_eq(m->disks[i].name, name))
			return &m->disks[i];
	return NULL;
}

/* --- the order in which what stands on a disk has to go */

static void goes(const char *root, const char *disk, const char *order, const char *foreign)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR seen = STR_INIT;
	const struct host h = { .root = root, .a = &a };
	const char *other;
	const struct holder *list;
	size_t n;

	list = holders_list(&h, arena_printf(&a, "/sys/block/%s", disk), &n, &other);
	for (size_t i = 0; i < n; i++)
		str_addf(&seen, "%s%s%s%s", i ? " " : "", list[i].name, list[i].mapped ? "=" : "", list[i].mapped ? list[i].mapped : "");
	is_str(str_text(&seen), order, "%s: from the top", disk);
	is_str(other ? other : "", foreign, "%s: what cannot be taken down", disk);
}

static void test_holders(void)
{
	AUTO_ARENA a = ARENA_INIT;
	char *root = replay("holders", &a);

	goes(root, "sda", "dm-1=vg0-root dm-2=vg0-swap dm-0=secret md127", "");
	goes(root, "sdb", "dm-1=vg0-root dm-2=vg0-swap dm-0=secret md127", "");
	goes(root, "sde", "", "");
	goes(root, "sdf", "", "bcache0");
	goes(root, "sdi", "md126", "");
	goes(root, "sdj", "dm-6=plain md5", "");
	tree_remove(root);
}

/* --- with a probe that answers by script */

static int scripted_probe(struct sys *s UNUSED, struct disk *d, struct arena *a, struct error *err)
{
	if (str_eq(d->name, "sda") || str_eq(d->name, "sdc"))
		return error_set(err, ERR_IO, "%s: probe: no answer in 20 s", d->path);
	if (str_eq(d->name, "mmcblk0")) {
		d->partitions = ARENA_NEW(a, struct partition);
		d->n_partitions = 1;
		d->partitions->signatures = ARENA_NEW(a, struct signature);
		d->partitions->n_signatures = 1;
		d->partitions->signatures->type = "vfat";
		d->partitions->signatures->label = "FULCRUM-CFG";
	}
	return 0;
}

static void test_probed(void)
{
	static const struct sys_ops script = { .probe = scripted_probe };
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR said = STR_INIT;
	struct sys *dry = sys_dry_new(&said), *fake = sys_fake_new(dry);
	char *root = replay("rack", &a);
	char first[HASH_HEX], second[HASH_HEX];
	struct machine *m = NULL;
	struct error err;
	struct disk copy;

	sys_fake_override(fake, &script);
	ok(!observe_machine(fake, root, &a, &m, &err),
	   "a disk that cannot be probed does not end the observation");
	is_str(disk_named(m, "sdc")->damage, "probe: no answer in 20 s",
	       "it is damage on that disk, without its kernel name");
	ok(!disk_is_blank(disk_named(m, "sdc")) && disk_named(m, "sdc")->unread, "and the disk is not blank, but unread");
	ok(!disk_named(m, "nvme0n1")->unread, "one that answered is read");
	ok(!disk_named(m, "sda") && disk_named(m, "sdb") && disk_named(m, "sdb")->n_paths == 1 &&
	   str_eq(disk_named(m, "sdb")->paths[0], "sda") && !disk_named(m, "sdb")->damage,
	   "of two paths to a disk the one that answers is taken");
	is_str(disk_named(m, "mmcblk0")->in_use, "site-file medium",
	       "the disk that carries the site file is in use");
	ok(disk_is_blank(disk_named(m, "nvme0n1")), "a disk on which nothing was found is blank");
	copy = *disk_named(m, "nvme0n1");
	disk_state(&copy, first);
	copy.name = "nvme7n1";
	copy.path = "/dev/nvme7n1";
	disk_state(&copy, second);
	is_str(first, second, "a disk's state does not know its kernel name");
	sys_free(fake);
	sys_free(dry);
	tree_remove(root);
}

/* What is found on the two members of a pair with equal ids, by script. */
static int differing_probe(struct sys *s UNUSED, struct disk *d, struct arena *a UNUSED, struct error *err UNUSED)
{
	d->table = "gpt";
	d->table_uuid = str_eq(d->name, "sdf") ? "22222222-2222-4222-8222-222222222222" :
						  "11111111-1111-4111-8111-111111111111";
	return 0;
}

static void test_same_ids_other_content(void)
{
	static const struct sys_ops script = { .probe = differing_probe };
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR said = STR_INIT;
	struct sys *dry = sys_dry_new(&said), *fake = sys_fake_new(dry);
	char *root = replay("multipath", &a);
	struct machine *m = NULL;
	struct error err;

	sys_fake_override(fake, &script);
	ok(!observe_machine(fake, root, &a, &m, &err), "two SAS disks with one WWN and different tables are seen");
	is_str(disk_named(m, "sde")->in_use, "shares its identity (serial SAS-77) with sdf: nothing tells them apart",
	       "they are not two paths to one disk: neither may be a target");
	is_str(disk_named(m, "sdf")->in_use, "shares its identity (serial SAS-77) with sde: nothing tells them apart",
	       "nor the other");
	ok(disk_named(m, "sda")->n_paths == 1, "while paths that show the same are one disk");
	sys_free(fake);
	sys_free(dry);
	tree_remove(root);
}

/* The boot medium came by the second of two paths: neither may be written. */
static void test_used_by_other_path(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	char *root = replay("rack", &a);
	struct machine *m = NULL;
	struct error err;

	str_add(&text, "f /proc/self/mountinfo\n"
		       "\t40 1 65:16 / /run/fulcrum/medium ro - iso9660 /dev/sdr ro\n");
	for (int i = 0; i < 2; i++) {
		const char *dir = arena_printf(
			&a, "/sys/devices/pci0000:50/0000:50:0%d.0/host7%d/target7%d:0:0/7%d:0:0:0/block/sd%c", i, i, i, i,
			'q' + i);

		str_addf(&text, "l /sys/block/sd%c ..%s\nf %s/size\n\t2048000\nf %s/dev\n\t65:%d\n", 'q' + i,
			 dir + strlen("/sys"), dir, dir, i * 16);
		str_addf(&text, "f %s/wwid\n\tnaa.5000c500a1b2c3d4\nf %s/serial\n\tTWO-PATHS\n", dir, dir);
	}
	tree_make(root, text.s);
	ok(!observe_machine(NULL, root, &a, &m, &err), "a machine with two paths to the boot medium is seen");
	ok(!disk_named(m, "sdr"), "as one disk");
	is_str(disk_named(m, "sdq")->in_use, "boot medium", "which is in use, because one path is");
	tree_remove(root);
}

static void test_nothing(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct machine *m = NULL;
	struct error err;

	ok(observe_machine(NULL, "/nonexistent", &a, &m, &err),
	   "a root without a machine is refused");
	ok(str_starts(err.msg, "/nonexistent/sys: "), "by its path");
}

/* --- time */

enum { MANY = 200 };

static void test_fast(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	char *root = replay("rack", &a);
	struct machine *m = NULL;
	struct error err;
	uint64_t start, took;
	int rc;

	for (int i = 0; i < MANY; i++) {
		const char *dir = arena_printf(
			&a,
			"/sys/devices/pci0000:40/0000:40:%02x.0/0000:41:%02x.0/host%d/target%d:0:0/%d:0:0:0/block/sdx%d",
			i / 8, i, 50 + i, 50 + i, 50 + i, i);

		str_addf(&text, "l /sys/block/sdx%d ..%s\n", i, dir + strlen("/sys"));
		str_addf(&text, "l %s/device ../../../%d:0:0:0\n", dir, 50 + i);
		str_addf(
			&text,
			"f %s/size\n\t1953525168\nf %s/dev\n\t8:%d\nf %s/queue/logical_block_size\n\t4096\n",
			dir, dir, i, dir);
		str_addf(&text, "f %s/sdx%d1/partition\n\t1\nf %s/sdx%d1/dev\n\t8:%d\n", dir, i,
			 dir, i, i);
	}
	tree_make(root, text.s);
	start = clock_mono_ms();
	rc = observe_machine(NULL, root, &a, &m, &err);
	took = clock_mono_ms() - start;
	ok(!rc && m->n_disks > MANY, "more than %d disks are seen", MANY);
	printf("# in %llu ms\n", (unsigned long long)took);
	tree_remove(root);
}

int main(void)
{
	test_whole("qemu-many");
	test_whole("rack");
	test_whole("holders");
	test_holders();
	test_whole("multipath");
	test_whole("clones");
	test_probed();
	test_same_ids_other_content();
	test_used_by_other_path();
	test_nothing();
	test_fast();
	return tap_end();
}
