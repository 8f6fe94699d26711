/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/slots.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/cmdline.h"
#include "base/fd.h"

static const char choice_path[] = BOOTSEL_CHOICE, copy_path[] = BOOTSEL_COPY;

const char *slots_kernel_param(const char *root, const char *name, struct arena *a)
{
	AUTO_STR text = STR_INIT;
	struct error ignored;

	if (file_read(arena_printf(a, "%s/proc/cmdline", root), 65536, &text, &ignored))
		return NULL;
	return cmdline_value(str_text(&text), name, a, NULL);
}

/* --- finding */

static uint64_t sysfs_number(const char *root, const char *disk, const char *attr, struct arena *a)
{
	char line[32];

	if (file_read_line(arena_printf(a, "%s/sys/block/%s/%s", root, disk, attr), line, sizeof(line)))
		return 0;
	return strtoull(line, NULL, 10);
}

static unsigned int look_on_disk(struct sys *s, const char *root, const char *name, const char *uuid, struct arena *a,
				 struct disk *ret_disk, uint64_t *ret_partition)
{
	struct disk d = { .name = arena_strdup(a, name), .path = arena_printf(a, "/dev/%s", name) };
	unsigned int found = 0;
	struct error ignored;

	d.size_bytes = sysfs_number(root, name, "size", a) * 512;
	d.sector_bytes = sysfs_number(root, name, "queue/logical_block_size", a);
	/* A disk that cannot be read is not where we were installed; if it is, not finding it says so. */
	if (!d.size_bytes || s->ops->probe(s, &d, a, &ignored))
		return 0;
	for (size_t i = 0; i < d.n_partitions; i++)
		for (size_t j = 0; j < d.partitions[i].n_signatures; j++) {
			const char *seen = d.partitions[i].signatures[j].uuid;

			if (!seen || strcasecmp(seen, uuid) != 0)
				continue;
			found++;
			*ret_disk = d;
			*ret_partition = d.partitions[i].number;
		}
	return found;
}

unsigned int slots_find_fs(struct sys *s, const char *root, const char *uuid, struct arena *a, struct disk *ret_disk,
			   uint64_t *ret_partition)
{
	static const char *const never[] = { "loop", "ram", "zram", "sr", "dm-", "md", "fd" };
	DIR *dir = opendir(arena_printf(a, "%s/sys/block", root));
	unsigned int found = 0;
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		bool skip = e->d_name[0] == '.';

		for (size_t k = 0; k < ARRAY_LEN(never); k++)
			skip = skip || str_starts(e->d_name, never[k]);
		if (!skip)
			found += look_on_disk(s, root, e->d_name, uuid, a, ret_disk, ret_partition);
	}
	if (dir)
		closedir(dir);
	return found;
}

static const char *fs_of(const struct partition *p)
{
	for (size_t i = 0; i < p->n_signatures; i++)
		if (p->signatures[i].uuid && str_eq(p->signatures[i].usage, "filesystem"))
			return p->signatures[i].uuid;
	return NULL;
}

int slots_find(struct sys *s, const char *root, const char *uuid, struct arena *a, struct slots *ret, struct error *err)
{
	uint64_t number = 0;
	unsigned int n;

	*ret = (struct slots){ 0 };
	n = slots_find_fs(s, root, uuid, a, &ret->disk, &number);
	if (!n)
		return error_set(err, ERR_NOT_FOUND, "no disk carries the running slot, file system %s", uuid);
	if (n > 1)
		return error_set(err, ERR_SELECT, "%u file systems have the UUID %s of the running slot", n, uuid);
	for (size_t i = 0; i < ret->disk.n_partitions; i++) {
		const struct partition *p = &ret->disk.partitions[i];

		if (str_eq(p->name, "fulcrum-esp"))
			ret->esp = p->number;
		else if (str_eq(p->name, "fulcrum-data"))
			ret->data = p->number;
		for (int k = 0; k < 2; k++)
			if (str_eq(p->name, k ? "fulcrum-slot-b" : "fulcrum-slot-a")) {
				ret->system[k] = p->number;
				ret->uuid[k] = fs_of(p);
			}
	}
	if (!ret->esp || !ret->data || !ret->system[0] || !ret->system[1])
		return error_set(err, ERR_CONFLICT, "%s: has no two system slots", ret->disk.path);
	ret->running = number == ret->system[1] ? 'b' : 'a';
	return 0;
}

/* --- the choice */

static int read_one(struct sys *s, const char *path, struct bootsel *ret, struct error *err)
{
	AUTO_STR text = STR_INIT;

	if (s->ops->read_file(s, path, GRUBENV_BYTES, &text, err))
		return -1;
	return grubenv_read(str_text(&text), text.len, ret, err) ? error_wrap(err, "%s", path) : 0;
}

int bootsel_read_at(struct sys *s, const char *esp, struct bootsel *ret, struct error *err)
{
	AUTO_STR choice = STR_INIT;
	AUTO_STR copy = STR_INIT;
	struct error ignored;

	str_addf(&choice, "%s/%s", esp, choice_path);
	str_addf(&copy, "%s/%s", esp, copy_path);
	if (!read_one(s, str_text(&choice), ret, err))
		return 0;
	/* As GRUB does it: the copy has no trial. */
	return read_one(s, str_text(&copy), ret, &ignored);
}

/* In place: GRUB writes to the same sectors, and a new file beside the old one would move them while they are being written. */
static int write_one(struct sys *s, const char *path, const struct str *block, struct error *err)
{
	AUTO_STR there = STR_INIT;
	struct error ignored;
	int h, rc;

	if (s->ops->read_file(s, path, GRUBENV_BYTES, &there, err))
		return -1;
	if (there.len != GRUBENV_BYTES)
		return error_set(err, ERR_CONFLICT, "%s: is no environment block of GRUB", path);
	if (s->ops->open_block(s, path, &h, err))
		return -1;
	rc = s->ops->write_at(s, h, 0, str_text(block), block->len, err);
	if (s->ops->close(s, h, !rc, rc ? &ignored : err))
		rc = -1;
	return rc;
}

int bootsel_write_at(struct sys *s, const char *esp, const struct bootsel *b, struct error *err)
{
	const struct bootsel good = { .slot = b->slot };
	AUTO_STR choice = STR_INIT;
	AUTO_STR copy = STR_INIT;
	AUTO_STR block = STR_INIT;
	AUTO_STR plain = STR_INIT;

	str_addf(&choice, "%s/%s", esp, choice_path);
	str_addf(&copy, "%s/%s", esp, copy_path);
	grubenv_write(b, &block);
	grubenv_write(&good, &plain);
	/* One after the other, each on the disk before the next: one of them is whole at any time. */
	if (write_one(s, str_text(&choice), &block, err))
		return -1;
	return write_one(s, str_text(&copy), &plain, err);
}

static int with_esp(struct sys *s, const struct slots *slots, const char *dir, const struct bootsel *write,
		    struct bootsel *read, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *esp = arena_printf(&a, "%s/esp", dir), *dev = partition_path(&a, slots->disk.path, slots->esp);
	struct error later;
	int rc;

	if (s->ops->make_dirs(s, esp, 0700, err) ||
	    s->ops->mount(s, dev, esp, "vfat", MS_NODEV | MS_NOSUID | MS_NOEXEC | (write ? MS_SYNCHRONOUS : MS_RDONLY), NULL, err))
		return -1;
	rc = write ? bootsel_write_at(s, esp, write, err) : bootsel_read_at(s, esp, read, err);
	if (s->ops->umount(s, esp, &later)) {
		if (!rc)
			*err = later;
		return -1;
	}
	return rc;
}

int bootsel_read(struct sys *s, const struct slots *slots, const char *dir, struct bootsel *ret, struct error *err)
{
	return with_esp(s, slots, dir, NULL, ret, err);
}

int bootsel_write(struct sys *s, const struct slots *slots, const char *dir, const struct bootsel *b, struct error *err)
{
	return with_esp(s, slots, dir, b, NULL, err);
}
