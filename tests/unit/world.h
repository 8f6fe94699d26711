/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world in memory for whole plans: files by path, one disk (vdz) that remembers its table and file
 * systems, mounts and handles that are counted, every effect by name in the order it came; and a small
 * signed release below /release. Anything an operation should not do ends the program.
 */
#pragma once
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <zstd.h>

#include "base/hash.h"
#include "base/str.h"
#include "machines/tree.h"
#include "sys/sys.h"

enum { FILES = 128, CHUNK = 4096, CHUNKS = 10, IMAGE = (CHUNKS - 1) * CHUNK + 1001 };

static struct error err;
static char pub[KEY_PUB_HEX], sec[KEY_SEC_HEX];
static const char release[] = "/release", source[] = "file:///release", disk_node[] = "/dev/vdz";

struct file {
	char path[160];
	struct str data;
};

static struct world {
	struct file files[FILES];
	size_t n_files;
	int mounts, handles;
	size_t queries, installs, calls; /* calls: effects that arrived */
	const char *initramfs;		 /* what lsinitramfs -l shows, after STALE looks that showed nothing */
	size_t looks, stale, renewals;
	const char *verbs[1024];
	/* the disk */
	const char *table_guid;
	struct partition parts[8];
	struct signature sigs[8], whole;
	size_t n_parts;
	bool foreign; /* carries something nobody planned for */
	struct disk_journal marked; /* what its journal says */
	char marked_step[96];
	size_t taken_down; /* how often what stood on it was */
	/* faults */
	const char *holder_stays; /* what stands on it and does not go */
	const char *lie_path, *lie; /* files whose path ends so are written, but hold LIE */
	bool faulty;		    /* the disk gives back other bytes once it was closed */
	size_t cut;		    /* bytes after which a fetch of the chunks loses the network; 0 = never */
	size_t cuts, sleeps;
	size_t chunk_bytes, chunk_fetches; /* of the image's chunks: what was asked for */
	const char *guard_refuses;	/* why the disk cannot be guarded */
	size_t intrude_at, guard_checks; /* the so-manieth look at the table sees another one; 0 = never */
} w;

static void came(const char *verb)
{
	if (w.calls < ARRAY_LEN(w.verbs))
		w.verbs[w.calls] = verb;
	w.calls++;
}

static struct file *file_at(const char *path, bool make)
{
	struct file *f;

	for (size_t i = 0; i < w.n_files; i++)
		if (!strcmp(w.files[i].path, path))
			return &w.files[i];
	if (!make)
		return NULL;
	if (w.n_files == FILES)
		tree_die("too many files", path);
	f = &w.files[w.n_files++];
	snprintf(f->path, sizeof(f->path), "%s", path);
	return f;
}

static void file_put(const char *path, const void *data, size_t len)
{
	struct file *f = file_at(path, true);

	str_clear(&f->data);
	str_addn(&f->data, data, len);
}

#include "unit/world_stack.h"

static struct partition *part_of(const char *dev)
{
	unsigned long n = strtoul(dev + strlen(disk_node), NULL, 10);

	if (!str_starts(dev, disk_node) || n < 1 || n > w.n_parts)
		tree_die("no such device", dev);
	return &w.parts[n - 1];
}

static const struct signature *part_sig(const char *dev)
{
	const struct partition *p = part_of(dev);

	return p->n_signatures ? p->signatures : NULL;
}

static void sign_dev(const char *dev, const char *type, const char *uuid)
{
	struct stack_dev *d = stack_find(dev);
	struct partition *p = d ? NULL : part_of(dev);
	struct signature *g = d ? &d->sig : &w.sigs[p->number - 1];

	uuid = kept_text(uuid);
	if (d) {
		*g = (struct signature){ .type = type, .uuid = uuid };
		d->signed_ = true;
		return;
	}

	*g = (struct signature){ .type = type, .uuid = uuid };
	p->signatures = g;
	p->n_signatures = 1;
}

static const char *after(const char *const *argv, const char *option)
{
	for (size_t i = 0; argv[i]; i++)
		if (!strcmp(argv[i], option))
			return argv[i + 1];
	return NULL;
}

static const char *last(const char *const *argv)
{
	while (argv[1])
		argv++;
	return *argv;
}

/* Programs of the deployed system. */
static int target_exec(const struct sys_exec *x, struct error *e)
{
	const char *const *v = x->argv;
	char path[160];

	if (!strcmp(v[0], "/usr/bin/dpkg-query")) {
		w.queries++;
		return error_set(e, ERR_IO, "dpkg-query: exit 1: no packages found");
	}
	if (!strcmp(v[0], "/usr/bin/env") && after(v, "install"))
		w.installs++;
	if (!strcmp(v[0], "/usr/bin/readlink") && !strcmp(v[1], "-e"))
		str_add(x->output, "/boot/initrd.img-6.12\n");
	else if (!strcmp(v[0], "/usr/bin/readlink"))
		str_addf(x->output, "boot%s-6.12\n", v[1]);
	if (!strcmp(v[0], "/usr/bin/lsinitramfs")) {
		w.looks++;
		str_add(x->output, w.initramfs && w.looks > w.stale ? w.initramfs : "");
	}
	if (!strcmp(v[0], "/usr/sbin/update-initramfs"))
		w.renewals++;
	if (!strcmp(v[0], "/usr/bin/ssh-keygen")) {
		snprintf(path, sizeof(path), "%s%s.pub", x->root, after(v, "-f"));
		file_put(path, "ssh-ed25519 AAAA node-1\n", 24);
	}
	return 0;
}

static int w_exec(struct sys *s UNUSED, const struct sys_exec *x, struct error *e)
{
	const char *const *v = x->argv;
	static char fat[10];

	came("exec");
	if (!strcmp(v[0], "mdadm"))
		return stack_mdadm(x, e);
	if (!strcmp(v[0], "cryptsetup"))
		return stack_crypt(x, last(v), e);
	if (!strcmp(v[0], "lvm"))
		return stack_lvm(x, last(v), e);
	if (!strcmp(v[0], "dmsetup"))
		stack_dmsetup(x->output);
	if (!strcmp(v[0], "mkfs.xfs"))
		sign_dev(last(v), "xfs", after(v, "-m") + strlen("uuid="));
	if (!strcmp(v[0], "mkswap"))
		sign_dev(last(v), "swap", after(v, "-U"));
	if (x->root)
		return target_exec(x, e);
	if (!strcmp(v[0], "mke2fs"))
		sign_dev(last(v), "ext4", after(v, "-U"));
	if (!strcmp(v[0], "tune2fs"))
		sign_dev(last(v), "ext4", after(v, "-U"));
	if (!strcmp(v[0], "mkfs.vfat")) {
		snprintf(fat, sizeof(fat), "%.4s-%s", after(v, "-i"), after(v, "-i") + 4);
		sign_dev(last(v), "vfat", fat);
	}
	return 0;
}

static int w_mount(struct sys *s UNUSED, const char *from, const char *to UNUSED, const char *type UNUSED,
		   unsigned long flags, const char *options UNUSED, struct error *e UNUSED)
{
	came("mount");
	if (flags & MS_REMOUNT)
		return 0;
	if (str_starts(from, "/dev/vd"))
		part_of(from);
	w.mounts++;
	return 0;
}

static int w_umount(struct sys *s UNUSED, const char *target UNUSED, struct error *e UNUSED)
{
	came("umount");
	w.mounts--;
	return 0;
}

static int w_make_dirs(struct sys *s UNUSED, const char *path UNUSED, mode_t mode UNUSED, struct error *e UNUSED)
{
	came("make_dirs");
	return 0;
}

static int w_write_file(struct sys *s UNUSED, const char *path, const void *data, size_t len, mode_t mode UNUSED,
			struct error *e UNUSED)
{
	came("write_file");
	if (w.lie_path && str_ends(path, w.lie_path))
		file_put(path, w.lie, strlen(w.lie));
	else
		file_put(path, data, len);
	return 0;
}

static int w_read_file(struct sys *s UNUSED, const char *path, size_t max, struct str *ret, struct error *e)
{
	const struct file *f = file_at(path, false);

	came("read_file");
	if (!f || f->data.len > max)
		return error_set(e, ERR_IO, "%s: %s", path, f ? "larger than wanted" : "not there");
	str_addn(ret, str_text(&f->data), f->data.len);
	return 0;
}

static int w_symlink(struct sys *s UNUSED, const char *target, const char *path, struct error *e UNUSED)
{
	char from[160], to[160];
	size_t n = w.n_files, len;

	came("symlink");
	/* The one link: seed/current. What lies below its target can be read through it, too. */
	snprintf(from, sizeof(from), "%.*s/%s/", (int)(strrchr(path, '/') - path), path, target);
	len = strlen(from);
	for (size_t i = 0; i < n; i++) {
		if (!str_starts(w.files[i].path, from))
			continue;
		snprintf(to, sizeof(to), "%s/%s", path, w.files[i].path + len);
		file_put(to, str_text(&w.files[i].data), w.files[i].data.len);
	}
	return 0;
}

static int w_remove(struct sys *s UNUSED, const char *path, struct error *e UNUSED)
{
	struct file *f = file_at(path, false);

	came("remove");
	if (f) {
		str_release(&f->data);
		*f = w.files[--w.n_files];
		memset(&w.files[w.n_files], 0, sizeof(*f));
	}
	return 0;
}

static int w_create(struct sys *s UNUSED, const char *path, mode_t mode UNUSED, int *ret, struct error *e UNUSED)
{
	came("create");
	file_put(path, "", 0);
	*ret = (int)(file_at(path, false) - w.files);
	w.handles++;
	return 0;
}

static int w_open_block(struct sys *s UNUSED, const char *path, int *ret, struct error *e UNUSED)
{
	came("open_block");
	if (!stack_find(path))
		part_of(path);
	*ret = (int)(file_at(path, true) - w.files);
	w.handles++;
	return 0;
}

/* Firmware's view: bytes of the disk itself. Its partitions are files of their own here. */
static int w_open_disk(struct sys *s UNUSED, const char *path, int *ret, struct error *e UNUSED)
{
	came("open_disk");
	if (!str_eq(path, disk_node))
		tree_die("opened as a disk", path);
	*ret = (int)(file_at(path, true) - w.files);
	w.handles++;
	return 0;
}

static int w_guard_open(struct sys *s UNUSED, const char *path, const struct plan_disk *want UNUSED, int *ret,
			struct error *e)
{
	came("guard_open");
	if (w.guard_refuses)
		return error_set(e, ERR_CHANGED, "%s: %s", path, w.guard_refuses);
	file_at(path, true);
	*ret = (int)(file_at(path, true) - w.files);
	w.handles++;
	return 0;
}

static int w_guard_check(struct sys *s UNUSED, int h UNUSED, const struct plan_disk *want, char seen[HASH_HEX],
			 struct error *e)
{
	char now[HASH_HEX];

	came("guard_check");
	hash_buffer(w.table_guid ? w.table_guid : "none", w.table_guid ? strlen(w.table_guid) : 4, now);
	if (w.intrude_at && ++w.guard_checks == w.intrude_at)
		now[0] = now[0] == 'f' ? '0' : 'f';
	if (seen[0] && strcmp(seen, now) != 0)
		return error_set(e, ERR_CHANGED, "%s: somebody else wrote to its partition table", want->path);
	memcpy(seen, now, HASH_HEX);
	return 0;
}

static void w_guard_close(struct sys *s UNUSED, int h UNUSED)
{
	w.handles--;
}

static void reach(struct str *b, uint64_t end)
{
	while (b->len < end)
		str_addc(b, 'x');
}

static int w_write_at(struct sys *s UNUSED, int h, uint64_t at, const void *data, size_t len, struct error *e UNUSED)
{
	struct str *b = &w.files[h].data;

	came("write_at");
	reach(b, at + len);
	memcpy(b->s + at, data, len);
	return 0;
}

static int w_zero_at(struct sys *s UNUSED, int h, uint64_t at, uint64_t len, struct error *e UNUSED)
{
	struct str *b = &w.files[h].data;

	came("zero_at");
	reach(b, at + len);
	memset(b->s + at, 0, len);
	return 0;
}

static int w_read_at(struct sys *s UNUSED, int h, uint64_t at, void *data, size_t len, struct error *e)
{
	const struct str *b = &w.files[h].data;

	came("read_at");
	if (at + len > b->len)
		return error_set(e, ERR_IO, "read past the end");
	memcpy(data, b->s + at, len);
	return 0;
}

static int w_close(struct sys *s UNUSED, int h, bool sync UNUSED, struct error *e UNUSED)
{
	came("close");
	if (w.faulty && str_starts(w.files[h].path, disk_node) && w.files[h].data.len)
		w.files[h].data.s[0] ^= 1;
	w.handles--;
	return 0;
}

static int w_fetch(struct sys *s UNUSED, const char *url, uint64_t offset, uint64_t length, sys_sink sink, void *ctx,
		   struct error *e)
{
	const struct file *f = file_at(url + strlen("file://"), false);

	came("fetch");
	if (!f)
		return error_set(e, ERR_NOT_FOUND, "%s: not there", url);
	/* In small pieces, as it may come. */
	uint64_t end = length && offset + length < f->data.len ? offset + length : f->data.len;

	if (str_ends(url, "/chunks"))
		w.chunk_fetches++;
	for (uint64_t at = offset; at < end; at += 97) {
		uint64_t len = end - at < 97 ? end - at : 97;

		if (w.cut && str_ends(url, "/chunks") && at - offset >= w.cut) {
			w.cuts++;
			return error_set(e, ERR_NET, "%s: connection reset", url);
		}
		if (str_ends(url, "/chunks"))
			w.chunk_bytes += len;
		if (sink(ctx, f->data.s + at, len, e))
			return -1;
	}
	return 0;
}

static int w_probe(struct sys *s UNUSED, struct disk *d, struct arena *a UNUSED, struct error *e UNUSED)
{
	struct stack_dev *above = stack_find(d->path);

	came("probe");
	if (above) {
		d->size_bytes = above->size;
		d->signatures = &above->sig;
		d->n_signatures = above->signed_;
	}
	if (!str_eq(d->path, disk_node))
		return 0;
	d->table = w.n_parts ? "gpt" : NULL;
	d->table_uuid = w.table_guid;
	d->partitions = w.parts;
	d->n_partitions = w.n_parts;
	w.whole = (struct signature){ .type = "swap" };
	d->signatures = &w.whole;
	d->n_signatures = w.foreign;
	return 0;
}

static int w_probe_many(struct sys *s, struct disk *const *disks, size_t n, struct arena *a, struct error *results,
			struct error *e UNUSED)
{
	for (size_t i = 0; i < n; i++) {
		results[i].msg[0] = '\0';
		(void)w_probe(s, disks[i], a, &results[i]);
	}
	return 0;
}

static int w_take_down(struct sys *s UNUSED, const char *path, struct str *said, struct error *e)
{
	came("take_down");
	if (!str_eq(path, disk_node))
		tree_die("taken down", path);
	if (w.holder_stays)
		return error_set(e, ERR_CONFLICT, "%s: %s stands on it and does not go", path, w.holder_stays);
	str_add(said, "md0 raid1");
	w.taken_down++;
	return 0;
}

static int w_journal_write(struct sys *s UNUSED, const char *path, const struct disk_journal *j, struct error *e UNUSED)
{
	came("journal_write");
	if (!str_eq(path, disk_node))
		tree_die("journal on", path);
	w.marked = *j;
	snprintf(w.marked_step, sizeof(w.marked_step), "%s", j->step);
	return 0;
}

static int w_wipe(struct sys *s UNUSED, const char *path, const struct extent *keep UNUSED, size_t n_keep UNUSED,
		  struct error *e UNUSED)
{
	came("wipe");
	if (!str_eq(path, disk_node))
		tree_die("wiped", path);
	w.n_parts = 0;
	w.table_guid = NULL;
	w.foreign = false;
	return 0;
}

static int w_table_write(struct sys *s UNUSED, const char *path, uint64_t sector UNUSED, const struct op_table *t,
			 struct error *e UNUSED)
{
	struct file *first = file_at(disk_node, true);

	came("table_write");
	if (!str_eq(path, disk_node) || t->n_parts > ARRAY_LEN(w.parts))
		tree_die("table on", path);
	/* The protective sector; what GRUB has in front of it stays. */
	str_clear(&first->data);
	reach(&first->data, 512);
	memset(first->data.s + 440, 0, 70);
	first->data.s[450] = (char)0xee;
	memcpy(first->data.s + 510, "\x55\xaa", 2);
	w.table_guid = t->uuid;
	w.n_parts = t->n_parts;
	for (size_t i = 0; i < t->n_parts; i++)
		w.parts[i] = (struct partition){ .number = t->parts[i].number, .name = t->parts[i].name,
						 .type_uuid = t->parts[i].type_uuid, .uuid = t->parts[i].uuid,
						 .start_bytes = t->parts[i].start_bytes, .size_bytes = t->parts[i].size_bytes };
	return 0;
}

static int w_table_guid(struct sys *s UNUSED, const char *path UNUSED, uint64_t sector UNUSED, const char *uuid,
			struct error *e UNUSED)
{
	came("table_guid");
	w.table_guid = uuid;
	return 0;
}

static int w_sync(struct sys *s UNUSED, struct error *e UNUSED)
{
	came("sync");
	return 0;
}

static int w_sleep(struct sys *s UNUSED, unsigned int ms UNUSED, struct error *e UNUSED)
{
	w.sleeps++;
	return 0;
}

/* No rename, post or reboot: an operation that came by them would crash here, and should. */
static const struct sys_ops world_ops = {
	.exec = w_exec, .mount = w_mount, .umount = w_umount, .make_dirs = w_make_dirs, .write_file = w_write_file,
	.read_file = w_read_file, .symlink = w_symlink, .remove = w_remove, .create = w_create,
	.open_block = w_open_block, .open_disk = w_open_disk, .write_at = w_write_at, .read_at = w_read_at, .zero_at = w_zero_at,
	.close = w_close, .fetch = w_fetch, .guard_open = w_guard_open, .guard_check = w_guard_check, .guard_close = w_guard_close, .probe = w_probe, .probe_many = w_probe_many, .take_down = w_take_down,
	.journal_write = w_journal_write, .wipe = w_wipe, .table_write = w_table_write,
	.table_guid = w_table_guid, .sync = w_sync, .sleep_ms = w_sleep,
};
static struct sys world_sys = { .ops = &world_ops };

/* --- the release */

static void signed_put(const char *path, const char *text, size_t len)
{
	char sig[SIG_HEX], line[SIG_HEX + 16], name[160];

	if (sign_buffer(sec, text, len, sig, &err))
		tree_die("sign", path);
	snprintf(line, sizeof(line), "ed25519 %s\n", sig);
	snprintf(name, sizeof(name), "%s.sig", path);
	file_put(path, text, len);
	file_put(name, line, strlen(line));
}

static void add_chunk(struct str *list, struct str *chunks, const unsigned char *raw, size_t len)
{
	char packed[CHUNK * 2], hash[HASH_HEX], raw_hash[HASH_HEX];
	size_t n = ZSTD_compress(packed, sizeof(packed), raw, len, 1);

	hash_buffer(packed, n, hash);
	hash_buffer(raw, len, raw_hash);
	str_addf(list, "D %zu %zu %s %s\n", chunks->len, n, hash, raw_hash);
	str_addn(chunks, packed, n);
}

static void make_image(void)
{
	AUTO_STR chunks = STR_INIT;
	AUTO_STR lines = STR_INIT;
	AUTO_STR list = STR_INIT;
	unsigned char raw[CHUNK];

	for (size_t i = 0; i < CHUNK; i++)
		raw[i] = (unsigned char)(i * i >> 3);
	for (size_t i = 0; i + 1 < CHUNKS; i++) {
		raw[0] = (unsigned char)i;
		if (i % 4 == 1)
			str_add(&lines, "Z\n");
		else
			add_chunk(&lines, &chunks, raw, CHUNK);
	}
	add_chunk(&lines, &chunks, raw, IMAGE % CHUNK);
	str_addf(&list, "fulcrum-image 1\nname debian-13\nversion 7\nfs ext4\nsize %d\nchunk %d\ndigest blake2b-256\ncount %d\n"
			"data %zu\n---\n%s", IMAGE, CHUNK, CHUNKS, chunks.len, str_text(&lines));
	signed_put("/release/images/debian-13/list", str_text(&list), list.len);
	file_put("/release/images/debian-13/chunks", str_text(&chunks), chunks.len);
}

/* Something with the numbers of GRUB's images for BIOS in their places. */
static void make_grub_pc(void)
{
	char boot[512], core[3 * 512 - 100];

	memset(boot, 'b', sizeof(boot));
	memcpy(boot, "\xeb\x63", 2);
	memcpy(boot + 0x66, "\xeb\x05", 2);
	memcpy(boot + 510, "\x55\xaa", 2);
	memset(core, 'c', sizeof(core));
	memset(core + 256, 0, 256);
	memcpy(core + 0x1f4, "\x02\0\0\0\0\0\0\0\x02\0\x20\x08", 12);
	file_put("/release/bios/boot.img", boot, sizeof(boot));
	file_put("/release/bios/core.img", core, sizeof(core));
}

static const char index_path[] = "mirror/dists/trixie/main/binary-amd64/Packages";
static const char mirror_index[] =
	"Package: cryptsetup-initramfs\nVersion: 1\n\nPackage: lvm2\n\nPackage: mdadm\n\nPackage: openssh-server\n\n"
	"Package: systemd-cryptsetup\n\nPackage: xfsprogs\n";

static void make_release(void)
{
	static const char *const listed[] = { "bios/boot.img", "bios/core.img", "boot/initrd.img", "boot/vmlinuz", "build-id", "efi/grubx64.efi",
					      "efi/shimx64.efi", "images/debian-13/chunks", "images/debian-13/list",
					      "images/debian-13/list.sig", index_path, "root.squashfs" };
	AUTO_STR seed = STR_INIT;

	make_image();
	make_grub_pc();
	file_put("/release/mirror/dists/trixie/main/binary-amd64/Packages", mirror_index, sizeof(mirror_index) - 1);
	for (size_t i = 0; i < ARRAY_LEN(listed); i++) {
		char path[160], hash[HASH_HEX];
		struct file *f;

		snprintf(path, sizeof(path), "%s/%s", release, listed[i]);
		if (!file_at(path, false))
			file_put(path, listed[i], strlen(listed[i]));
		f = file_at(path, false);
		hash_buffer(f->data.s, f->data.len, hash);
		str_addf(&seed, "%s %zu %s\n", hash, f->data.len, listed[i]);
	}
	signed_put("/release/SEED", str_text(&seed), seed.len);
}

static void world_reset(void)
{
	for (size_t i = 0; i < w.n_files; i++)
		str_release(&w.files[i].data);
	memset(&w, 0, sizeof(w));
	memset(&stack, 0, sizeof(stack));
	make_release();
	w.calls = 0;
}
