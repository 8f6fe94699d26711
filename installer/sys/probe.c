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
	END_BYTES = 1024 * 1024, /* of each end: where every known signature has at least one copy */
};

/* No disk reaches here, and sums of two such do not overflow: what a hostile table says is kept below. */
static const uint64_t PROBE_FAR = 1ULL << 62;

struct look {
	struct block block;
	bool journal; /* the zone of model/disk_journal.h is ours: it does not count as content */
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

/* libblkid always counts in sectors of 512 bytes. */
static uint64_t extent_bytes(blkid_loff_t sectors)
{
	return sectors < 0 || (uint64_t)sectors > PROBE_FAR / 512 ? PROBE_FAR : (uint64_t)sectors * 512;
}

static int by_number(const void *x, const void *y)
{
	const struct partition *a = x, *b = y;

	return a->number < b->number ? -1 : a->number > b->number;
}

/* Partitions of the disk, without what is on them. */
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
		ret->type_uuid = type ? text_clean(&l->arena, type, strlen(type)) :
					arena_printf(&l->arena, "0x%02x", (unsigned int)blkid_partition_get_type(p));
		ret->start_bytes = extent_bytes(blkid_partition_get_start(p));
		ret->size_bytes = extent_bytes(blkid_partition_get_size(p));
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
		complain(l, n > 1 ? "several partition tables at once: %s" : "table cannot be read%s", n > 1 ? str_text(&types) : "");
	}
	scan_partitions(l, pr, &d->partitions, &d->n_partitions);
	/* A protective MBR without a GPT that libblkid accepts: say what is wrong with that. */
	if ((str_eq(d->table, "gpt") || str_eq(d->table, "PMBR")) && gpt_check(&l->block, &l->damage, &ignored))
		complain(l, "%s", ignored.msg);
}

static bool is_uniform(const unsigned char *p, size_t len)
{
	if (p[0] != 0 && p[0] != 0xff) /* some flash reads as ones after an erase */
		return false;
	return !memcmp(p, p + 1, len - 1);
}

static bool covers_journal(uint64_t start, uint64_t len)
{
	return start <= DISK_JOURNAL_AT && start + len >= DISK_JOURNAL_AT + DISK_JOURNAL_BYTES;
}

/* Whether the disk carries a journal of ours, and what it says into D if that is not NULL. */
static void find_journal(struct look *l, struct disk *d)
{
	unsigned char zone[DISK_JOURNAL_BYTES];
	struct disk_journal j;
	struct error ignored;

	l->journal = covers_journal(0, l->block.size) &&
		     !block_read(l->block.fd, DISK_JOURNAL_AT, zone, sizeof(zone), &ignored) &&
		     disk_journal_read(zone, &l->arena, &j);
	if (!d)
		return;
	/* Inside a partition these are somebody's data, whatever they look like. */
	for (size_t i = 0; i < d->n_partitions; i++)
		if (d->partitions[i].start_bytes < DISK_JOURNAL_AT + DISK_JOURNAL_BYTES)
			l->journal = false;
	d->journal_goal = l->journal ? j.goal : NULL;
	d->journal_plan = l->journal ? j.plan : NULL;
	d->journal_step = l->journal ? j.step : NULL;
	d->journal_finished = l->journal && j.finished;
	d->journal_keeps = l->journal && j.keeps;
}

static int read_end(const struct look *l, uint64_t start, uint64_t size, bool last, bool *ret_uniform, struct error *err)
{
	size_t len = size < END_BYTES ? (size_t)size : END_BYTES;
	uint64_t at = last ? start + size - len : start;
	unsigned char *buf = len ? malloc(len) : NULL;
	int rc;

	*ret_uniform = true;
	if (!len)
		return 0;
	if (!buf)
		abort();
	rc = block_read(l->block.fd, at, buf, len, err);
	if (!rc && l->journal && covers_journal(at, len))
		memset(buf + (DISK_JOURNAL_AT - at), buf[0], DISK_JOURNAL_BYTES);
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
	if (d->size_bytes && l.block.size != d->size_bytes)
		return error_set(err, ERR_CHANGED, "%s: has %" PRIu64 " bytes, not %" PRIu64, d->path, l.block.size, d->size_bytes);
	d->size_bytes = l.block.size; /* 0: of an array or a volume that was just made nobody knows it yet */
	if (block_forget(&l.block, err))
		return -1;
	/* Where every sign of a former life is: what cannot be read there is not known, and not nothing. */
	for (int last = 0; last < 2; last++)
		if (read_end(&l, 0, l.block.size, last, &ignored, err))
			return -1;
	d->damage = NULL;
	scan_table(&l, d);
	find_journal(&l, d);
	scan_signatures(&l, "", 0, l.block.size, &d->signatures, &d->n_signatures);
	for (size_t i = 0; i < d->n_partitions; i++) {
		struct partition *p = &d->partitions[i];
		char *where = arena_printf(&l.arena, "partition %" PRIu64 ": ", p->number);

		p->signatures = NULL;
		p->n_signatures = 0;
		if (p->start_bytes >= l.block.size || p->size_bytes > l.block.size - p->start_bytes)
			complain(&l, "%sreaches past the end of the disk", where);
		else if (p->size_bytes)
			scan_signatures(&l, where, p->start_bytes, p->size_bytes, &p->signatures, &p->n_signatures);
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
	if (!is_clean(d->table, a) || !is_clean(d->table_uuid, a) || !is_clean(d->damage, a) ||
	    d->n_partitions > PARTITIONS_MAX || !are_signatures(d->signatures, d->n_signatures, a))
		return false;
	for (size_t i = 0; i < d->n_partitions; i++) {
		const struct partition *p = &d->partitions[i];

		if (p->start_bytes > PROBE_FAR || p->size_bytes > PROBE_FAR || !is_clean(p->name, a) || !is_clean(p->type_uuid, a) ||
		    !is_clean(p->uuid, a) || !are_signatures(p->signatures, p->n_signatures, a))
			return false;
	}
	return true;
}

int probe_take(const char *text, size_t len, struct disk *d, struct arena *a, struct error *err)
{
	struct disk seen = { 0 };

	if (field_from_json(&disk_schema, "answer", text, len, &seen, a, err))
		return -1;
	if (!is_possible(&seen, a))
		return error_set(err, ERR_IO, "answered what cannot be");
	d->size_bytes = d->size_bytes ? d->size_bytes : seen.size_bytes;
	d->table = seen.table;
	d->table_uuid = seen.table_uuid;
	d->damage = seen.damage;
	d->partitions = seen.partitions;
	d->n_partitions = seen.n_partitions;
	d->signatures = seen.signatures;
	d->n_signatures = seen.n_signatures;
	d->journal_goal = seen.journal_goal;
	d->journal_plan = seen.journal_plan;
	d->journal_step = seen.journal_step;
	d->journal_finished = seen.journal_finished;
	d->journal_keeps = seen.journal_keeps;
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

struct wipe_job {
	const char *path;
	const struct extent *keep;
	size_t n_keep;
};

/* What libblkid knows of the range; zeroing its ends comes after. */
static void wipe_range(const struct look *l, uint64_t start, uint64_t size)
{
	AUTO_PROBE pr = open_range(l, start, size, SUPERBLOCKS | TABLES);

	for (int i = 0; pr && i < HITS_MAX && !blkid_do_probe(pr); i++)
		if (blkid_do_wipe(pr, 0))
			return; /* the proof at the end decides */
}

/* A cut in the middle of the wipe must not lose whose wipe it was. */
static int zero_around_journal(const struct look *l, uint64_t at, uint64_t len, struct error *err)
{
	uint64_t after = DISK_JOURNAL_AT + DISK_JOURNAL_BYTES;

	if (!l->journal || !covers_journal(at, len))
		return block_zero(l->block.fd, at, len, err);
	if (block_zero(l->block.fd, at, DISK_JOURNAL_AT - at, err) ||
	    (at + len > after && block_zero(l->block.fd, after, at + len - after, err)))
		return -1;
	return 0;
}

static int zero_ends(const struct look *l, uint64_t start, uint64_t size, struct error *err)
{
	uint64_t len = size < END_BYTES ? size : END_BYTES;

	if (zero_around_journal(l, start, len, err) ||
	    zero_around_journal(l, start + size - len, len, err))
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

/* 1 if P is one of the ranges to keep, 0 if it goes, -1 if it is neither. */
static int is_kept(const struct wipe_job *j, const struct partition *p, struct error *err)
{
	for (size_t i = 0; i < j->n_keep; i++) {
		const struct extent *k = &j->keep[i];

		if (p->start_bytes == k->start_bytes && p->size_bytes == k->size_bytes)
			return 1;
		if (p->start_bytes < k->start_bytes + k->size_bytes && k->start_bytes < p->start_bytes + p->size_bytes)
			return error_set(err, ERR_CHANGED, "partition %" PRIu64 " overlaps what is to be kept", p->number);
	}
	return 0;
}

/*
 * Partitions of the disk that go: into *RET_GONE. Every range to keep must be a partition now, or the disk is not the
 * one that was planned for.
 */
static int find_gone(struct look *l, const struct wipe_job *j, struct partition **ret_gone, size_t *ret_n,
		     struct error *err)
{
	static const uint64_t file_sectors[] = { 512, 4096 };
	struct partition *parts = NULL;
	size_t n = 0, kept = 0;

	/* A file does not say of what sectors its table was made. */
	for (size_t i = 0; i < (l->block.device ? 1 : ARRAY_LEN(file_sectors)); i++)
		old_partitions(l, l->block.device ? l->block.sector : file_sectors[i], &parts, &n);
	l->block.sector = l->block.device ? l->block.sector : 512;
	for (size_t i = 0; i < n; i++) {
		int keep = is_kept(j, &parts[i], err);

		if (keep < 0)
			return -1;
		if (keep) {
			kept++;
			continue;
		}
		*ret_gone = arena_grow(&l->arena, *ret_gone, *ret_n, sizeof(**ret_gone));
		(*ret_gone)[(*ret_n)++] = parts[i];
	}
	if (kept != j->n_keep)
		return error_set(err, ERR_CHANGED, "has %zu of the %zu partitions to keep", kept, j->n_keep);
	return 0;
}

/* True if byte AT is in something that stays: a partition to keep, or either copy of the table. */
static bool stays(const struct look *l, const struct wipe_job *j, uint64_t at)
{
	uint64_t table = 2 * l->block.sector + 16384;

	for (size_t i = 0; i < j->n_keep; i++)
		if (at - j->keep[i].start_bytes < j->keep[i].size_bytes)
			return true;
	return at < table || at >= l->block.size - table;
}

/* Signatures of the disk as a whole, beside what stays; proved by looking once more. */
static int wipe_around(struct look *l, const struct wipe_job *j, struct error *err)
{
	for (int pass = 0; pass < 2; pass++) {
		AUTO_PROBE pr = open_range(l, 0, l->block.size, SUPERBLOCKS);

		for (int i = 0; pr && i < HITS_MAX && !blkid_do_probe(pr); i++) {
			const char *offset = value(l, pr, "SBMAGIC_OFFSET"), *type = value(l, pr, "TYPE");
			uint64_t at = offset ? strtoull(offset, NULL, 10) : 0;

			if (stays(l, j, at))
				continue;
			if (pass)
				return error_set(err, ERR_VERIFY, "%s is still there at byte %" PRIu64, type ? type : "something", at);
			if (blkid_do_wipe(pr, 0))
				break;
		}
	}
	return 0;
}

/* The ends of the disk, and its table with them; where something is kept, both stay until the new table replaces them. */
static int wipe_whole(struct look *l, const struct wipe_job *j, struct error *err)
{
	if (j->n_keep)
		return wipe_around(l, j, err);
	wipe_range(l, 0, l->block.size);
	return zero_ends(l, 0, l->block.size, err);
}

static int wipe_parts(const struct look *l, const struct partition *parts, size_t from, size_t n, struct error *err)
{
	for (size_t i = from; i < n; i++) {
		wipe_range(l, parts[i].start_bytes, parts[i].size_bytes);
		if (zero_ends(l, parts[i].start_bytes, parts[i].size_bytes, err))
			return error_wrap(err, "partition %" PRIu64, parts[i].number);
	}
	return 0;
}

/*
 * The copy of the table at the end may be of another time: it shows once the front is gone. What it names goes before
 * it does.
 */
static int wipe_by_copy(struct look *l, const struct wipe_job *j, struct partition **gone, size_t *n, struct error *err)
{
	size_t before = *n;

	if (zero_around_journal(l, 0, l->block.size < END_BYTES ? l->block.size : END_BYTES, err) || find_gone(l, j, gone, n, err))
		return -1;
	return wipe_parts(l, *gone, before, *n, err);
}

static int wipe_child(void *ctx, struct str *out UNUSED, struct error *err)
{
	const struct wipe_job *j = ctx;
	struct partition *gone = NULL;
	AUTO_LOOK l = LOOK_INIT;
	size_t n = 0;

	if (block_open(j->path, BLOCK_OWN, &l.block, err) || find_gone(&l, j, &gone, &n, err))
		return -1;
	find_journal(&l, NULL);
	/* Children first: as long as the table stands, a second attempt finds them again. */
	if (wipe_parts(&l, gone, 0, n, err) || (!j->n_keep && wipe_by_copy(&l, j, &gone, &n, err)) || wipe_whole(&l, j, err))
		return -1;
	if (fsync(l.block.fd))
		return error_sys(err, errno, "fsync");
	if ((!j->n_keep && forget_partitions(&l.block, err)) || block_forget(&l.block, err))
		return -1;
	posix_fadvise(l.block.fd, 0, 0, POSIX_FADV_DONTNEED);
	for (size_t i = 0; i < n; i++) {
		char *where = arena_printf(&l.arena, "former partition %" PRIu64 ": ", gone[i].number);

		if (prove_blank(&l, where, gone[i].start_bytes, gone[i].size_bytes, err))
			return -1;
	}
	if (!j->n_keep && prove_blank(&l, "", 0, l.block.size, err))
		return -1;
	if (l.damage.len)
		return error_set(err, ERR_VERIFY, "%s", str_text(&l.damage));
	return 0;
}

int real_wipe(struct sys *s UNUSED, const char *path, const struct extent *keep, size_t n_keep, struct error *err)
{
	struct wipe_job j = { .path = path, .keep = keep, .n_keep = n_keep };

	if (child_run(wipe_child, &j, WIPE_MS, NULL, err))
		return error_wrap(err, "%s: wipe", path);
	return 0;
}
