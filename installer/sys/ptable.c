/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Partition tables; the only user of libparted. It writes what the plan says to the sector, decides
 * nothing, and repairs nothing: whatever libparted would ask a person is answered with "cancel".
 * It runs in a child, because libparted keeps its state and its complaints in global variables.
 *
 * A table is composed in memory, with all its ids, and then copied to the disk in an order that shows
 * at every instant the old table, none, or the new one: never a half, never one with other ids.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/fs.h>
#include <parted/parted.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "sys/block.h"
#include "sys/child.h"
#include "sys/gpt_ids.h"
#include "sys/real.h"

enum {
	WRITE_MS = 120000,
	KERNEL_MS = 5000,
	END_BYTES = 1024 * 1024,
	PARTS_MAX = 128,
	NAME_CHARS = 36,
};

struct job {
	const char *path;
	uint64_t sector;
	const struct op_table *table;
	const char *uuid; /* table_guid */
};

/* libparted's handler gets no context; this lives and dies in the child. */
static struct str complaints = STR_INIT;

static PedExceptionOption refuse(PedException *e)
{
	str_addf(&complaints, "%s%s", complaints.len ? "; " : "", e->message);
	return e->options & PED_EXCEPTION_CANCEL ? PED_EXCEPTION_CANCEL : PED_EXCEPTION_UNHANDLED;
}

static int parted_error(struct error *err, const char *doing)
{
	return error_set(err, ERR_IO, "%s: %s", doing,
			 complaints.len ? str_text(&complaints) : "libparted does not say why");
}

/* --- the table */

static void destroy_disk(PedDisk **d)
{
	if (*d)
		ped_disk_destroy(*d);
}

static void destroy_device(PedDevice **d)
{
	if (*d)
		ped_device_destroy(*d);
}

static int check_part(const struct table_part *p, const struct block *b, struct error *err)
{
	/* A header and 128 entries of 128 bytes at either end, and the protective MBR. */
	uint64_t tail = b->sector + (16384 + b->sector - 1) / b->sector * b->sector,
		 head = tail + b->sector;
	unsigned char ignored[GUID_BYTES] = { 0 };

	if (p->number < 1 || p->number > PARTS_MAX)
		return error_set(err, ERR_INPUT, "no such number in a GPT");
	if (p->name && strlen(p->name) > NAME_CHARS)
		return error_set(err, ERR_INPUT, "\"%s\" is longer than %d characters", p->name,
				 NAME_CHARS);
	if (guid_parse(p->type_uuid, ignored) || guid_parse(p->uuid, ignored))
		return error_set(err, ERR_INPUT, "\"%s\", \"%s\": not two UUIDs",
				 p->type_uuid ? p->type_uuid : "", p->uuid ? p->uuid : "");
	if (p->start_bytes % b->sector || p->size_bytes % b->sector || !p->size_bytes)
		return error_set(err, ERR_INPUT,
				 "is not made of whole sectors of %" PRIu64 " bytes", b->sector);
	if (p->start_bytes < head || p->start_bytes >= b->size ||
	    p->size_bytes > b->size - p->start_bytes ||
	    b->size - p->start_bytes - p->size_bytes < tail)
		return error_set(err, ERR_CHANGED, "does not fit a disk of %" PRIu64 " bytes",
				 b->size);
	return 0;
}

/* All that can be known before anything is written; libparted looks for overlaps. */
static int check_table(const struct op_table *t, const struct block *b, struct error *err)
{
	unsigned char ignored[GUID_BYTES] = { 0 };

	if (guid_parse(t->uuid, ignored))
		return error_set(err, ERR_INPUT, "disk GUID \"%s\" is not a UUID",
				 t->uuid ? t->uuid : "");
	for (size_t i = 0; i < t->n_parts; i++) {
		if (check_part(&t->parts[i], b, err))
			return error_wrap(err, "partition %" PRIu64, t->parts[i].number);
		for (size_t k = 0; k < i; k++)
			if (t->parts[k].number == t->parts[i].number)
				return error_set(err, ERR_INPUT,
						 "partition %" PRIu64 " is there twice",
						 t->parts[i].number);
	}
	return 0;
}

/* DISK owns the partition as soon as it was added. */
static int add_part(PedDisk *disk, const struct table_part *p, uint64_t sector, struct error *err)
{
	PedSector start = (PedSector)(p->start_bytes / sector);
	PedSector end = (PedSector)((p->start_bytes + p->size_bytes) / sector) - 1;
	unsigned char type[GUID_BYTES] = { 0 };
	PedPartition *part;
	PedConstraint *exact;
	int added;

	if (guid_parse(p->type_uuid, type))
		return error_set(err, ERR_INPUT, "type \"%s\" is not a UUID", p->type_uuid);
	part = ped_partition_new(disk, PED_PARTITION_NORMAL, NULL, start, end);
	if (!part)
		return parted_error(err, "new");
	part->num = (int)p->number; /* libparted numbers only those without a number */
	exact = ped_constraint_exact(&part->geom);
	added = exact && ped_disk_add_partition(disk, part, exact);
	if (exact)
		ped_constraint_destroy(exact);
	if (!added) {
		ped_partition_destroy(part);
		return parted_error(err, "add");
	}
	/* libparted takes the bytes in the order of the text and swaps them itself. */
	if (!ped_partition_set_name(part, p->name ? p->name : "") ||
	    !ped_partition_set_type_uuid(part, type))
		return parted_error(err, "name and type");
	if (part->num != (int)p->number || part->geom.start != start || part->geom.end != end)
		return error_set(err, ERR_IO, "libparted would place it elsewhere");
	return 0;
}

/* Signs of whatever was there in an earlier life must not show up in the new partitions. */
static int clear_ends(const struct job *j, const struct block *b, struct error *err)
{
	for (size_t i = 0; i < j->table->n_parts; i++) {
		const struct table_part *p = &j->table->parts[i];
		uint64_t len = p->size_bytes < END_BYTES ? p->size_bytes : END_BYTES;

		if (p->keep)
			continue;
		if (block_zero(b->fd, p->start_bytes, len, err) ||
		    block_zero(b->fd, p->start_bytes + p->size_bytes - len, len, err))
			return error_wrap(err, "partition %" PRIu64, p->number);
	}
	return 0;
}

/* Lets libparted write the table to the file in memory behind B, which has the disk's size. */
static int compose(const struct job *j, const struct block *b, struct error *err)
{
	CLEANUP(destroy_device) PedDevice *device = NULL;
	CLEANUP(destroy_disk) PedDisk *disk = NULL;
	char path[32];

	ped_exception_set_handler(refuse);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", b->fd);
	device = ped_device_get(path);
	if (!device)
		return parted_error(err, "open");
	/* A file has no sectors of its own: it stands for a device with those. */
	device->sector_size = device->phys_sector_size = (long long)b->sector;
	device->length = (PedSector)(b->size / b->sector);
	disk = ped_disk_new_fresh(device, ped_disk_type_get("gpt"));
	if (!disk)
		return parted_error(err, "new table");
	for (size_t i = 0; i < j->table->n_parts; i++)
		if (add_part(disk, &j->table->parts[i], b->sector, err))
			return error_wrap(err, "partition %" PRIu64, j->table->parts[i].number);
	if (!ped_disk_commit_to_dev(disk))
		return parted_error(err, "commit");
	return gpt_set_ids(b, j->table->uuid, j->table->parts, j->table->n_parts, err);
}

static int copy_range(const struct block *from, const struct block *to, uint64_t at, uint64_t len, struct error *err)
{
	unsigned char *buf = malloc((size_t)len);
	int rc;

	if (!buf)
		abort();
	rc = block_read(from->fd, at, buf, (size_t)len, err) || block_write(to->fd, at, buf, (size_t)len, err) ? -1 : 0;
	free(buf);
	if (!rc && fsync(to->fd))
		return error_sys(err, errno, "fsync");
	return rc;
}

/*
 * The backup first, while the old primary stands whole; then the primary, while the new backup does: one of
 * the two is whole at every instant, so that what is kept is always in a table.
 */
static int install_table(const struct block *from, const struct block *to, struct error *err)
{
	uint64_t s = to->sector, entries = (16384 + s - 1) / s * s, sectors = to->size / s;

	if (copy_range(from, to, (sectors - 1) * s - entries, entries, err) ||
	    copy_range(from, to, (sectors - 1) * s, s, err) || copy_range(from, to, 2 * s, entries, err) ||
	    copy_range(from, to, 0, s, err) || copy_range(from, to, s, s, err))
		return error_wrap(err, "table");
	return 0;
}

static bool keeps_any(const struct op_table *t)
{
	for (size_t i = 0; i < t->n_parts; i++)
		if (t->parts[i].keep)
			return true;
	return false;
}

static bool keeps_all(const struct op_table *t)
{
	for (size_t i = 0; i < t->n_parts; i++)
		if (!t->parts[i].keep)
			return false;
	return t->n_parts > 0;
}

static int write_gpt(const struct job *j, const struct block *b, struct error *err)
{
	struct block memory = { .fd = -1, .size = b->size, .sector = b->sector };
	AUTO_FD fd = memfd_create("table", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)b->size))
		return error_sys(err, errno, "memory for the table");
	memory.fd = fd;
	if (compose(j, &memory, err))
		return -1;
	/* What stays must be there now exactly as the new table says. */
	if (keeps_any(j->table) && gpt_has(b, j->table->parts, j->table->n_parts, err))
		return -1;
	/* Only now, when all of it is known to be right, is the disk touched. */
	if (clear_ends(j, b, err))
		return -1;
	return install_table(&memory, b, err);
}

/* --- what the kernel makes of it */

static int read_attribute(const char *dir, const char *name, char *ret, size_t size)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return -1;
	return file_read_line(path, ret, size) || !ret[0] ? -1 : 0;
}

static int read_u64(const char *dir, const char *name, uint64_t *ret)
{
	char line[32];

	if (read_attribute(dir, name, line, sizeof(line)))
		return -1;
	*ret = strtoull(line, NULL, 10);
	return 0;
}

/* The node of partition DIR of sysfs must be there and be of the same device. */
static bool node_is_right(const char *dir, const char *name)
{
	char path[sizeof("/dev/") + NAME_MAX], dev[32];
	unsigned int maj, min;
	struct stat st;

	if (read_attribute(dir, "dev", dev, sizeof(dev)) || sscanf(dev, "%u:%u", &maj, &min) != 2)
		return false;
	snprintf(path, sizeof(path), "/dev/%s", name);
	return !stat(path, &st) && S_ISBLK(st.st_mode) && st.st_rdev == makedev(maj, min);
}

static const struct table_part *find_part(const struct op_table *t, uint64_t number)
{
	for (size_t i = 0; i < t->n_parts; i++)
		if (t->parts[i].number == number)
			return &t->parts[i];
	return NULL;
}

/* 0 when all partitions of the table are there, with nodes, and no other. */
static int kernel_agrees(const char *sysfs, const struct op_table *t, struct error *err)
{
	DIR *dir = opendir(sysfs);
	struct dirent *e;
	size_t right = 0;
	int rc = 0;

	if (!dir)
		return error_sys(err, errno, "%s", sysfs);
	while (!rc && (e = readdir(dir))) {
		char path[PATH_MAX];
		uint64_t number, start, size;
		const struct table_part *p;

		if (e->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", sysfs, e->d_name) >= (int)sizeof(path) ||
		    read_u64(path, "partition", &number) || read_u64(path, "start", &start) ||
		    read_u64(path, "size", &size))
			continue;
		p = find_part(t, number);
		/* sysfs counts in 512 bytes, whatever the sector. */
		if (!p || p->start_bytes != start * 512 || p->size_bytes != size * 512)
			rc = error_set(err, ERR_IO,
				       "the kernel sees %s at byte %" PRIu64 " with %" PRIu64
				       " bytes, which is not what was written",
				       e->d_name, start * 512, size * 512);
		else if (!node_is_right(path, e->d_name))
			rc = error_set(err, ERR_IO, "/dev/%s is not there, or not of this disk",
				       e->d_name);
		else
			right++;
	}
	closedir(dir);
	if (!rc && right != t->n_parts)
		rc = error_set(err, ERR_IO, "the kernel sees %zu of %zu partitions", right,
			       t->n_parts);
	return rc;
}

static int reread(const struct block *b, uint64_t end, struct error *err)
{
	while (ioctl(b->fd, BLKRRPART)) {
		if (errno != EBUSY || clock_mono_ms() >= end)
			return error_sys(err, errno, "the kernel does not read the new table");
		usleep(100000);
	}
	return 0;
}

/*
 * Waits until kernel and device nodes are as written, twice in a row: a device manager that is late
 * may still remove the nodes of the former table.
 */
static int wait_for_kernel(const struct job *j, const struct block *b, struct error *err)
{
	uint64_t end = clock_mono_ms() + KERNEL_MS;
	char sysfs[64];
	struct stat st;
	int agreed = 0;

	if (!b->device)
		return 0;
	if (fstat(b->fd, &st))
		return error_sys(err, errno, "stat");
	snprintf(sysfs, sizeof(sysfs), "/sys/dev/block/%u:%u", major(st.st_rdev),
		 minor(st.st_rdev));
	if (reread(b, end, err))
		return -1;
	for (;;) {
		agreed = kernel_agrees(sysfs, j->table, err) ? 0 : agreed + 1;
		if (agreed == 2)
			return 0;
		if (clock_mono_ms() >= end && !agreed)
			return -1;
		usleep(agreed ? 150000 : 50000);
	}
}

/* --- the verbs */

static int open_job(const struct job *j, enum block_open how, struct block *b, struct error *err)
{
	if (block_open(j->path, how, b, err))
		return -1;
	if (!b->device)
		b->sector = j->sector;
	if (b->sector != j->sector)
		return error_set(err, ERR_CHANGED, "has sectors of %" PRIu64 " bytes, not %" PRIu64,
				 b->sector, j->sector);
	if (b->sector < 512 || b->sector > 65536 || (b->sector & (b->sector - 1)))
		return error_set(err, ERR_INTERNAL, "sectors of %" PRIu64 " bytes", b->sector);
	return 0;
}

static int write_child(void *ctx, struct str *out UNUSED, struct error *err)
{
	const struct job *j = ctx;
	AUTO_BLOCK b = BLOCK_INIT;

	if (open_job(j, BLOCK_OWN, &b, err))
		return -1;
	if (check_table(j->table, &b, err))
		return -1;
	/* Nothing moves: the disk GUID alone changes, after the table was found to be exactly this one. */
	if (keeps_all(j->table) ? gpt_has(&b, j->table->parts, j->table->n_parts, err) ||
					  gpt_set_ids(&b, j->table->uuid, j->table->parts, j->table->n_parts, err) :
				  write_gpt(j, &b, err))
		return -1;
	return wait_for_kernel(j, &b, err);
}

static int guid_child(void *ctx, struct str *out UNUSED, struct error *err)
{
	const struct job *j = ctx;
	AUTO_BLOCK b = BLOCK_INIT;

	/* Its file systems may be mounted: the GUID is changed last of all. */
	if (open_job(j, BLOCK_SHARED, &b, err))
		return -1;
	return gpt_set_ids(&b, j->uuid, NULL, 0, err);
}

int real_table_write(struct sys *s UNUSED, const char *path, uint64_t sector,
		     const struct op_table *t, struct error *err)
{
	struct job j = { .path = path, .sector = sector, .table = t };

	if (child_run(write_child, &j, WRITE_MS, NULL, err))
		return error_wrap(err, "%s: partition table", path);
	return 0;
}

int real_table_guid(struct sys *s UNUSED, const char *path, uint64_t sector, const char *uuid,
		    struct error *err)
{
	struct job j = { .path = path, .sector = sector, .uuid = uuid };

	if (child_run(guid_child, &j, WRITE_MS, NULL, err))
		return error_wrap(err, "%s: disk GUID", path);
	return 0;
}
