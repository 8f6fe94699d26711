/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is on a disk, and its removal; the only user of libblkid, which reads bytes that anyone may
 * have written: so it always runs in a child with a deadline. What it cannot make sense of is
 * "damage", never "nothing": a disk counts as blank only if every look found nothing.
 */
#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sys/block.h"
#include "sys/child.h"
#include "sys/gpt_ids.h"
#include "sys/probe.h"
#include "sys/real.h"
#include "sys/text.h"

enum {
	PROBES_BUSY = 8, /* each reads a few MiB: more would only make the heads jump */
	WIPE_MS = 300000,
	HITS_MAX = 64, /* signatures found on one range: more is a loop */
	PARTITIONS_MAX = 512,
	END_BYTES =
		1024 * 1024, /* of each end: where every known signature has at least one copy */
};

struct look {
	struct block block;
	struct arena arena;
	struct str damage;
};

static void look_release(struct look *l)
{
	block_release(&l->block);
	arena_release(&l->arena);
	str_release(&l->damage);
}

#define AUTO_LOOK CLEANUP(look_release) struct look
#define LOOK_INIT ((struct look){ .block = { .fd = -1 } })

static void free_probe(blkid_probe *pr)
{
	blkid_free_probe(*pr);
}

#define AUTO_PROBE CLEANUP(free_probe) blkid_probe

static void complain(struct look *l, const char *fmt, ...) PRINTF(2, 3);

static void complain(struct look *l, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	str_addf(&l->damage, "%s%s", l->damage.len ? "; " : "", text);
}

enum chains { SUPERBLOCKS = 1, TABLES = 2 };

/* A prober of SIZE bytes at START; NULL if the range cannot be looked at. */
static blkid_probe open_range(const struct look *l, uint64_t start, uint64_t size,
			      unsigned int chains)
{
	blkid_probe pr = blkid_new_probe();

	if (!pr)
		abort();
	if (blkid_probe_set_device(pr, l->block.fd, (blkid_loff_t)start, (blkid_loff_t)size) ||
	    (!l->block.device && blkid_probe_set_sectorsize(pr, (unsigned int)l->block.sector))) {
		blkid_free_probe(pr);
		return NULL;
	}
	blkid_probe_enable_superblocks(pr, (chains & SUPERBLOCKS) != 0);
	/* A bad checksum is a find too: what was once there is not nothing. */
	blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE |
						      BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID |
						      BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_BADCSUM);
	blkid_probe_enable_partitions(pr, (chains & TABLES) != 0);
	blkid_probe_set_partitions_flags(pr, BLKID_PARTS_FORCE_GPT | BLKID_PARTS_MAGIC);
	return pr;
}

static const char *value(struct look *l, blkid_probe pr, const char *name)
{
	const char *text;
	size_t len;

	if (blkid_probe_lookup_value(pr, name, &text, &len))
		return NULL;
	return text_clean(&l->arena, text, len);
}

static void add_signature(struct look *l, blkid_probe pr, struct signature **list, size_t *n)
{
	const char *offset = value(l, pr, "SBMAGIC_OFFSET");
	struct signature *s;

	*list = arena_grow(&l->arena, *list, *n, sizeof(**list));
	s = &(*list)[(*n)++];
	s->type = value(l, pr, "TYPE");
	if (!s->type)
		s->type = "unknown";
	s->usage = value(l, pr, "USAGE");
	s->label = value(l, pr, "LABEL");
	s->uuid = value(l, pr, "UUID");
	s->offset = offset ? strtoull(offset, NULL, 10) : 0;
}

/*
 * All signatures of a range. libblkid's safe probing says -2 for "several at once" in its manual,
 * and -1 in its releases 2.39 to 2.42: any negative answer is counted out by plain probing, which
 * finds all.
 */
static void scan_signatures(struct look *l, const char *where, uint64_t start, uint64_t size,
			    struct signature **list, size_t *n)
{
	AUTO_PROBE pr = open_range(l, start, size, SUPERBLOCKS);
	AUTO_STR types = STR_INIT;
	int rc;

	*list = NULL;
	*n = 0;
	if (!pr) {
		complain(l, "%scannot be probed", where);
		return;
	}
	while ((rc = blkid_do_probe(pr)) == 0 && *n < HITS_MAX) {
		add_signature(l, pr, list, n);
		str_addf(&types, "%s%s", types.len ? ", " : "", (*list)[*n - 1].type);
		if (blkid_probe_has_value(pr, "SBBADCSUM"))
			complain(l, "%s%s with a wrong checksum", where, (*list)[*n - 1].type);
	}
	if (rc < 0) {
		complain(l, "%scannot be read", where);
		return;
	}
	blkid_reset_probe(pr);
	if (blkid_do_safeprobe(pr) < 0) {
		if (*n > 1)
			complain(l, "%sseveral at once: %s", where, str_text(&types));
		else
			complain(l, "%scannot be probed", where);
	}
}

static int by_number(const void *x, const void *y)
{
	const struct partition *a = x, *b = y;

	return a->number < b->number ? -1 : a->number > b->number;
}

/* Partitions of the disk, without what is on them. libblkid always counts in 512 bytes. */
static void scan_partitions(struct look *l, blkid_probe pr, struct partition **list, size_t *n)
{
	blkid_partlist parts = blkid_probe_get_partitions(pr);
	int count = parts ? blkid_partlist_numof_partitions(parts) : 0;

	*list = NULL;
	*n = 0;
	for (int i = 0; i < count && *n < PARTITIONS_MAX; i++) {
		blkid_partition p = blkid_partlist_get_partition(parts, i);
		const char *name = blkid_partition_get_name(p), *uuid = blkid_partition_get_uuid(p);
		const char *type = blkid_partition_get_type_string(p);
		int number = blkid_partition_get_partno(p);
		struct partition *ret;

		*list = arena_grow(&l->arena, *list, *n, sizeof(**list));
		ret = &(*list)[(*n)++];
		ret->number = number > 0 ? (uint64_t)number : 0;
		ret->name = text_clean(&l->arena, name, name ? strlen(name) : 0);
		ret->uuid = text_clean(&l->arena, uuid, uuid ? strlen(uuid) : 0);
		ret->type_uuid = type ? text_clean(&l->arena, type, strlen(type))
				      : arena_printf(&l->arena, "0x%02x",
						     (unsigned int)blkid_partition_get_type(p));
		ret->start_bytes = (uint64_t)blkid_partition_get_start(p) * 512;
		ret->size_bytes = (uint64_t)blkid_partition_get_size(p) * 512;
	}
	if (*n)
		qsort(*list, *n, sizeof(**list), by_number);
}

static void scan_table(struct look *l, struct disk *d)
{
	AUTO_PROBE pr = open_range(l, 0, l->block.size, TABLES);
	AUTO_STR types = STR_INIT;
	struct error ignored;
	size_t n = 0;
	int rc;

	d->table = d->table_uuid = NULL;
	d->partitions = NULL;
	d->n_partitions = 0;
	if (!pr) {
		complain(l, "cannot be probed");
		return;
	}
	rc = blkid_do_safeprobe(pr);
	if (!rc) {
		d->table = value(l, pr, "PTTYPE");
		d->table_uuid = value(l, pr, "PTUUID");
		if (!d->table)
			d->table = "unknown";
	} else if (rc < 0) {
		blkid_reset_probe(pr);
		while (!(rc = blkid_do_probe(pr)) && n++ < HITS_MAX) {
			const char *type = value(l, pr, "PTTYPE");

			str_addf(&types, "%s%s", types.len ? ", " : "", type ? type : "unknown");
			if (!d->table)
				d->table = type;
		}
		complain(l,
			 n > 1 ? "several partition tables at once: %s" : "table cannot be read%s",
			 n > 1 ? str_text(&types) : "");
	}
	scan_partitions(l, pr, &d->partitions, &d->n_partitions);
	/* A protective MBR without a GPT that libblkid accepts: say what is wrong with that. */
	if ((str_eq(d->table, "gpt") || str_eq(d->table, "PMBR")) &&
	    gpt_check(&l->block, &l->damage, &ignored))
		complain(l, "%s", ignored.msg);
}

static bool is_uniform(const unsigned char *p, size_t len)
{
	if (p[0] != 0 && p[0] != 0xff) /* some flash reads as ones after an erase */
		return false;
	return !memcmp(p, p + 1, len - 1);
}

static int read_end(const struct look *l, uint64_t start, uint64_t size, bool last,
		    bool *ret_uniform, struct error *err)
{
	size_t len = size < END_BYTES ? (size_t)size : END_BYTES;
	unsigned char *buf = len ? malloc(len) : NULL;
	int rc;

	*ret_uniform = true;
	if (!len)
		return 0;
	if (!buf)
		abort();
	rc = block_read(l->block.fd, last ? start + size - len : start, buf, len, err);
	if (!rc)
		*ret_uniform = is_uniform(buf, len);
	free(buf);
	return rc;
}

/* A disk without any known sign may be encrypted or foreign: bytes at its ends are a sign too. */
static void scan_ends(struct look *l)
{
	struct error err;
	bool uniform;

	for (int last = 0; last < 2; last++) {
		if (read_end(l, 0, l->block.size, last, &uniform, &err))
			complain(l, "%s", err.msg);
		else if (!uniform)
			complain(l, "unknown data in the %s MiB", last ? "last" : "first");
	}
}

int probe_look(void *ctx, struct str *out, struct error *err)
{
	AUTO_LOOK l = LOOK_INIT;
	struct disk *d = ctx;
	bool ignored;

	if (block_open(d->path, BLOCK_READ, &l.block, err))
		return -1;
	if (!l.block.device && d->sector_bytes)
		l.block.sector = d->sector_bytes;
	if (l.block.size != d->size_bytes)
		return error_set(err, ERR_CHANGED, "%s: has %" PRIu64 " bytes, not %" PRIu64,
				 d->path, l.block.size, d->size_bytes);
	/*
	 * What was written through a partition's own node is not in the cache of the whole disk, which
	 * keeps what it read before for as long as anybody, such as a guard, holds the disk open.
	 */
	if (l.block.device)
		ioctl(l.block.fd, BLKFLSBUF);
	/* Where every sign of a former life is: what cannot be read there is not known, and not nothing. */
	for (int last = 0; last < 2; last++)
		if (read_end(&l, 0, l.block.size, last, &ignored, err))
			return -1;
	d->damage = NULL;
	scan_table(&l, d);
	scan_signatures(&l, "", 0, l.block.size, &d->signatures, &d->n_signatures);
	for (size_t i = 0; i < d->n_partitions; i++) {
		struct partition *p = &d->partitions[i];
		char *where = arena_printf(&l.arena, "partition %" PRIu64 ": ", p->number);

		p->signatures = NULL;
		p->n_signatures = 0;
		if (p->start_bytes >= l.block.size || p->size_bytes > l.block.size - p->start_bytes)
			complain(&l, "%sreaches past the end of the disk", where);
		else if (p->size_bytes)
			scan_signatures(&l, where, p->start_bytes, p->size_bytes, &p->signatures,
					&p->n_signatures);
	}
	if (!d->table && !d->n_partitions && !d->n_signatures && !l.damage.len)
		scan_ends(&l);
	if (l.damage.len)
		d->damage = text_clean(&l.arena, l.damage.s, l.damage.len);
	field_to_json(&disk_schema, d, false, false, out);
	return 0;
}

/* --- in the parent, which believes nothing */

static bool is_clean(const char *s, struct arena *a)
{
	return !s || str_eq(text_clean(a, s, strlen(s)), s);
}

static bool are_signatures(const struct signature *list, size_t n, struct arena *a)
{
	for (size_t i = 0; i < n; i++)
		if (!list[i].type || !is_clean(list[i].type, a) || !is_clean(list[i].usage, a) ||
		    !is_clean(list[i].label, a) || !is_clean(list[i].uuid, a))
			return false;
	return n <= HITS_MAX;
}

/* True for what a child can have seen: numbers that can be added, and words that can be shown. */
static bool is_possible(const struct disk *d, struct arena *a)
{
	static const uint64_t far = 1ULL << 62;

	if (!is_clean(d->table, a) || !is_clean(d->table_uuid, a) || !is_clean(d->damage, a) ||
	    d->n_partitions > PARTITIONS_MAX || !are_signatures(d->signatures, d->n_signatures, a))
		return false;
	for (size_t i = 0; i < d->n_partitions; i++) {
		const struct partition *p = &d->partitions[i];

		if (p->start_bytes > far || p->size_bytes > far || !is_clean(p->name, a) || !is_clean(p->type_uuid, a) ||
		    !is_clean(p->uuid, a) || !are_signatures(p->signatures, p->n_signatures, a))
			return false;
	}
	return true;
}

int probe_take(const char *text, size_t len, struct disk *d, struct arena *a, struct error *err)
{
	struct disk seen;

	memset(&seen, 0, sizeof(seen));
	if (field_from_json(&disk_schema, "answer", text, len, &seen, a, err))
		return -1;
	if (!is_possible(&seen, a))
		return error_set(err, ERR_IO, "answered what cannot be");
	d->table = seen.table;
	d->table_uuid = seen.table_uuid;
	d->damage = seen.damage;
	d->partitions = seen.partitions;
	d->n_partitions = seen.n_partitions;
	d->signatures = seen.signatures;
	d->n_signatures = seen.n_signatures;
	return 0;
}

void probe_all(child_fn look, const struct child_limits *limits, struct disk *const *disks, size_t n, struct arena *a,
	       struct error *results)
{
	struct child_job *jobs = arena_array(a, n, sizeof(*jobs));
	struct disk *copies = arena_array(a, n, sizeof(*copies));
	struct str *texts = arena_array(a, n, sizeof(*texts));

	for (size_t i = 0; i < n; i++) {
		results[i].msg[0] = results[i].hint[0] = '\0';
		copies[i] = *disks[i];
		jobs[i] = (struct child_job){ .ctx = &copies[i], .out = &texts[i], .err = &results[i] };
	}
	child_run_all(look, jobs, n, PROBES_BUSY, limits);
	for (size_t i = 0; i < n; i++) {
		if (jobs[i].rc || probe_take(str_text(&texts[i]), texts[i].len, disks[i], a, &results[i]))
			error_wrap(&results[i], "%s: probe", disks[i]->path);
		str_release(&texts[i]);
	}
}

int real_probe_many(struct sys *s UNUSED, struct disk *const *disks, size_t n, struct arena *a,
		    struct error *results, struct error *err UNUSED)
{
	/* A look takes some MiB and part of a second; a library that is led astray gets no more than this. */
	static const struct child_limits limits = {
		.timeout_ms = 20000, .cpu_s = 15, .memory_bytes = 64 << 20, .reads_only = true
	};

	probe_all(probe_look, &limits, disks, n, a, results);
	return 0;
}

int real_probe(struct sys *s, struct disk *d, struct arena *a, struct error *err)
{
	struct error result;

	if (real_probe_many(s, &d, 1, a, &result, err))
		return -1;
	if (!result.msg[0])
		return 0;
	*err = result;
	return -1;
}

/* --- wiping */

/* What libblkid knows of the range; zeroing its ends comes after. */
static void wipe_range(const struct look *l, uint64_t start, uint64_t size)
{
	AUTO_PROBE pr = open_range(l, start, size, SUPERBLOCKS | TABLES);

	for (int i = 0; pr && i < HITS_MAX && !blkid_do_probe(pr); i++)
		if (blkid_do_wipe(pr, 0))
			return; /* the proof at the end decides */
}

static int zero_ends(const struct look *l, uint64_t start, uint64_t size, struct error *err)
{
	uint64_t len = size < END_BYTES ? size : END_BYTES;

	if (block_zero(l->block.fd, start, len, err) ||
	    block_zero(l->block.fd, start + size - len, len, err))
		return -1;
	return 0;
}

static int prove_blank(struct look *l, const char *where, uint64_t start, uint64_t size,
		       struct error *err)
{
	struct signature *list;
	bool uniform;
	size_t n;

	scan_signatures(l, where, start, size, &list, &n);
	if (n)
		return error_set(err, ERR_VERIFY, "%s%s is still there at byte %" PRIu64, where,
				 list[0].type, list[0].offset);
	for (int last = 0; last < 2; last++) {
		if (read_end(l, start, size, last, &uniform, err))
			return -1;
		if (!uniform)
			return error_set(err, ERR_VERIFY, "%sis not empty after it was zeroed",
					 where);
	}
	return 0;
}

/* Adds the partitions that the table shows when sectors are of SECTOR bytes. */
static void old_partitions(struct look *l, uint64_t sector, struct partition **list, size_t *n)
{
	AUTO_PROBE pr = NULL;
	struct partition *found = NULL;
	size_t n_found = 0;

	l->block.sector = sector;
	pr = open_range(l, 0, l->block.size, TABLES);
	if (pr)
		scan_partitions(l, pr, &found, &n_found);
	for (size_t i = 0; i < n_found; i++) {
		struct partition *p = &found[i];

		if (p->start_bytes >= l->block.size)
			continue;
		if (p->size_bytes > l->block.size - p->start_bytes)
			p->size_bytes = l->block.size - p->start_bytes;
		*list = arena_grow(&l->arena, *list, *n, sizeof(**list));
		(*list)[(*n)++] = *p;
	}
}

/* The kernel forgets the partitions; a device that has none by nature (EINVAL) is fine. */
static int forget_partitions(const struct block *b, struct error *err)
{
	for (int tries = 0; b->device && ioctl(b->fd, BLKRRPART); tries++) {
		if (errno == EINVAL || errno == ENOTTY)
			return 0;
		if (errno != EBUSY || tries == 30)
			return error_sys(err, errno, "read the table again");
		usleep(100000);
	}
	return 0;
}

static int wipe_child(void *ctx, struct str *out UNUSED, struct error *err)
{
	static const uint64_t file_sectors[] = { 512, 4096 };
	const char *path = ctx;
	struct partition *parts = NULL;
	AUTO_LOOK l = LOOK_INIT;
	size_t n = 0;

	if (block_open(path, BLOCK_OWN, &l.block, err))
		return -1;
	/* A file does not say of what sectors its table was made. */
	for (size_t i = 0; i < (l.block.device ? 1 : ARRAY_LEN(file_sectors)); i++)
		old_partitions(&l, l.block.device ? l.block.sector : file_sectors[i], &parts, &n);
	l.block.sector = l.block.device ? l.block.sector : 512;
	/* Children first: as long as the table stands, a second attempt finds them again. */
	for (size_t i = 0; i < n; i++) {
		wipe_range(&l, parts[i].start_bytes, parts[i].size_bytes);
		if (zero_ends(&l, parts[i].start_bytes, parts[i].size_bytes, err))
			return error_wrap(err, "partition %" PRIu64, parts[i].number);
	}
	wipe_range(&l, 0, l.block.size);
	if (zero_ends(&l, 0, l.block.size, err))
		return -1;
	if (fsync(l.block.fd))
		return error_sys(err, errno, "fsync");
	if (forget_partitions(&l.block, err))
		return -1;
	/* From the device, not from memory. */
	if (l.block.device)
		ioctl(l.block.fd, BLKFLSBUF);
	posix_fadvise(l.block.fd, 0, 0, POSIX_FADV_DONTNEED);
	for (size_t i = 0; i < n; i++) {
		char *where =
			arena_printf(&l.arena, "former partition %" PRIu64 ": ", parts[i].number);

		if (prove_blank(&l, where, parts[i].start_bytes, parts[i].size_bytes, err))
			return -1;
	}
	if (prove_blank(&l, "", 0, l.block.size, err))
		return -1;
	if (l.damage.len)
		return error_set(err, ERR_VERIFY, "%s", str_text(&l.damage));
	return 0;
}

int real_wipe(struct sys *s UNUSED, const char *path, const struct extent *keep UNUSED, size_t n_keep,
	      struct error *err)
{
	if (n_keep)
		return error_set(err, ERR_INTERNAL, "%s: wiping around what stays is not possible", path);
	/* The cast gives the path to a child that only reads it. */
	if (child_run(wipe_child, (void *)(uintptr_t)path, WIPE_MS, NULL, err))
		return error_wrap(err, "%s: wipe", path);
	return 0;
}
