/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading, checking and patching both copies of a GPT. Offsets are those of UEFI 2.10, tables 5.5
 * and 5.6.
 */
#include "sys/gpt_ids.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	H_SIZE = 12,
	H_CRC = 16,
	H_MY_LBA = 24,
	H_OTHER_LBA = 32,
	H_DISK_GUID = 56,
	H_ENTRIES_LBA = 72,
	H_COUNT = 80,
	H_ENTRY_SIZE = 84,
	H_ENTRIES_CRC = 88,
	H_MIN = 92,
	E_TYPE = 0,
	E_GUID = 16,
	E_FIRST = 32,
	E_LAST = 40,
	E_MIN = 128,
	ENTRIES_MAX = 4 * 1024 * 1024,
};

/* One copy of the table, in memory. */
struct copy {
	const char *name;
	uint64_t lba;	       /* of the header */
	unsigned char *header; /* one sector */
	unsigned char *entries;
	uint64_t entries_lba;
	uint32_t size, count, entry_size;
};

static void copy_release(struct copy *c)
{
	free(c->header);
	free(c->entries);
	c->header = c->entries = NULL;
}

#define AUTO_COPY CLEANUP(copy_release) struct copy

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const unsigned char *p)
{
	return (uint64_t)get32(p) | (uint64_t)get32(p + 4) << 32;
}

static void put32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

/* CRC-32 of ISO 3309, as the GPT wants it; bit by bit is fast enough for 16 KiB. */
static uint32_t crc32(const unsigned char *p, size_t len)
{
	uint32_t crc = ~(uint32_t)0;

	while (len--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	return ~crc;
}

static uint32_t header_crc(const struct copy *c)
{
	unsigned char h[4096];

	memcpy(h, c->header, c->size);
	put32(h + H_CRC, 0);
	return crc32(h, c->size);
}

int guid_parse(const char *text, unsigned char ret[GUID_BYTES])
{
	if (!text || strlen(text) != 36)
		return -1;
	for (size_t i = 0, n = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		char c = text[i], digit[2] = { c, 0 };

		if (dash ? c != '-' : !isxdigit((unsigned char)c))
			return -1;
		if (dash)
			continue;
		ret[n / 2] =
			(unsigned char)(ret[n / 2] << 4 | (unsigned char)strtoul(digit, NULL, 16));
		n++;
	}
	return 0;
}

void guid_swap(unsigned char g[GUID_BYTES])
{
	static const unsigned char order[GUID_BYTES] = { 3, 2, 1,  0,  5,  4,  7,  6,
							 8, 9, 10, 11, 12, 13, 14, 15 };
	unsigned char old[GUID_BYTES];

	memcpy(old, g, sizeof(old));
	for (size_t i = 0; i < GUID_BYTES; i++)
		g[i] = old[order[i]];
}

static void *allocate(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

/* *RET_WHY is what is wrong with the copy, or NULL. -1 only if the device cannot be read. */
static int copy_read(const struct block *b, struct copy *c, const char **ret_why, struct error *err)
{
	uint64_t sectors = b->size / b->sector, bytes;

	*ret_why = NULL;
	c->header = allocate((size_t)b->sector);
	if (block_read(b->fd, c->lba * b->sector, c->header, (size_t)b->sector, err))
		return -1;
	if (memcmp(c->header, "EFI PART", 8)) {
		*ret_why = "no signature";
		return 0;
	}
	c->size = get32(c->header + H_SIZE);
	if (c->size < H_MIN || c->size > b->sector || c->size > 4096) {
		*ret_why = "impossible size";
		return 0;
	}
	if (header_crc(c) != get32(c->header + H_CRC)) {
		*ret_why = "wrong checksum";
		return 0;
	}
	c->entries_lba = get64(c->header + H_ENTRIES_LBA);
	c->count = get32(c->header + H_COUNT);
	c->entry_size = get32(c->header + H_ENTRY_SIZE);
	bytes = (uint64_t)c->count * c->entry_size;
	if (get64(c->header + H_MY_LBA) != c->lba) {
		*ret_why = "stands in the wrong place";
		return 0;
	}
	if (c->entry_size < E_MIN || c->entry_size % 8 || !bytes || bytes > ENTRIES_MAX ||
	    c->entries_lba >= sectors || bytes > (sectors - c->entries_lba) * b->sector) {
		*ret_why = "impossible partition array";
		return 0;
	}
	c->entries = allocate((size_t)bytes);
	if (block_read(b->fd, c->entries_lba * b->sector, c->entries, (size_t)bytes, err))
		return -1;
	if (crc32(c->entries, (size_t)bytes) != get32(c->header + H_ENTRIES_CRC))
		*ret_why = "wrong checksum of the partition array";
	return 0;
}

/* Both copies; *RET_WHY as above, for the first that is off, whose name is in *RET_WHICH. */
static int read_both(const struct block *b, struct copy *primary, struct copy *backup,
		     const char **ret_which, const char **ret_why, struct error *err)
{
	*primary = (struct copy){ .name = "primary GPT", .lba = 1 };
	*backup = (struct copy){ .name = "backup GPT" };
	*ret_which = primary->name;
	*ret_why = NULL;
	if (b->size / b->sector < 6) {
		*ret_why = "device too small";
		return 0;
	}
	backup->lba = b->size / b->sector - 1;
	if (copy_read(b, primary, ret_why, err) || *ret_why)
		return *ret_why ? 0 : -1;
	*ret_which = backup->name;
	if (get64(primary->header + H_OTHER_LBA) != backup->lba) {
		*ret_why = "not at the end of the device";
		return 0;
	}
	if (copy_read(b, backup, ret_why, err) || *ret_why)
		return *ret_why ? 0 : -1;
	if (primary->count != backup->count || primary->entry_size != backup->entry_size ||
	    memcmp(primary->entries, backup->entries, (size_t)primary->count * primary->entry_size))
		*ret_why = "other partitions than in the primary";
	return 0;
}

int gpt_check(const struct block *b, struct str *why, struct error *err)
{
	AUTO_COPY primary = { .name = NULL };
	AUTO_COPY backup = { .name = NULL };
	const char *which, *what;

	if (read_both(b, &primary, &backup, &which, &what, err))
		return -1;
	if (what)
		str_addf(why, "%s%s: %s", why->len ? "; " : "", which, what);
	return 0;
}

static unsigned char *entry_at(const struct copy *c, uint64_t number)
{
	return c->entries + (size_t)(number - 1) * c->entry_size;
}

static bool entry_used(const unsigned char *e)
{
	static const unsigned char none[GUID_BYTES];

	return memcmp(e + E_TYPE, none, sizeof(none)) != 0;
}

/* The table must be exactly PARTS: what is patched by number was looked at first. */
static int compare(const struct block *b, const struct copy *c, const struct table_part *parts,
		   size_t n, struct error *err)
{
	uint64_t used = 0;

	for (uint32_t i = 1; i <= c->count; i++)
		used += entry_used(entry_at(c, i));
	if (used != n)
		return error_set(err, ERR_VERIFY,
				 "the table has %" PRIu64 " partitions, %zu were written", used, n);
	for (size_t i = 0; i < n; i++) {
		const struct table_part *p = &parts[i];
		const unsigned char *e;
		unsigned char type[GUID_BYTES] = { 0 };

		if (p->number < 1 || p->number > c->count)
			return error_set(err, ERR_VERIFY, "partition %" PRIu64 ": no such number",
					 p->number);
		e = entry_at(c, p->number);
		if (get64(e + E_FIRST) != p->start_bytes / b->sector ||
		    get64(e + E_LAST) != (p->start_bytes + p->size_bytes) / b->sector - 1)
			return error_set(err, ERR_VERIFY,
					 "partition %" PRIu64 ": stands at sectors %" PRIu64
					 " to %" PRIu64 ", not where it was put",
					 p->number, get64(e + E_FIRST), get64(e + E_LAST));
		if (guid_parse(p->type_uuid, type))
			return error_set(err, ERR_INPUT,
					 "partition %" PRIu64 ": \"%s\" is not a UUID", p->number,
					 p->type_uuid);
		guid_swap(type);
		if (memcmp(type, e + E_TYPE, sizeof(type)))
			return error_set(err, ERR_VERIFY, "partition %" PRIu64 ": has another type",
					 p->number);
	}
	return 0;
}

static int patch(struct copy *c, const char *disk_uuid, const struct table_part *parts, size_t n,
		 struct error *err)
{
	unsigned char guid[GUID_BYTES] = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (guid_parse(parts[i].uuid, guid))
			return error_set(err, ERR_INPUT,
					 "partition %" PRIu64 ": \"%s\" is not a UUID",
					 parts[i].number, parts[i].uuid);
		guid_swap(guid);
		memcpy(entry_at(c, parts[i].number) + E_GUID, guid, sizeof(guid));
	}
	if (guid_parse(disk_uuid, guid))
		return error_set(err, ERR_INPUT, "disk GUID: \"%s\" is not a UUID", disk_uuid);
	guid_swap(guid);
	memcpy(c->header + H_DISK_GUID, guid, sizeof(guid));
	put32(c->header + H_ENTRIES_CRC, crc32(c->entries, (size_t)c->count * c->entry_size));
	put32(c->header + H_CRC, header_crc(c));
	return 0;
}

static int copy_write(const struct block *b, const struct copy *c, bool entries, struct error *err)
{
	if (entries && block_write(b->fd, c->entries_lba * b->sector, c->entries,
				   (size_t)c->count * c->entry_size, err))
		return error_wrap(err, "%s", c->name);
	if (block_write(b->fd, c->lba * b->sector, c->header, (size_t)b->sector, err))
		return error_wrap(err, "%s", c->name);
	if (fsync(b->fd))
		return error_sys(err, errno, "%s: fsync", c->name);
	return 0;
}

int gpt_set_ids(const struct block *b, const char *disk_uuid, const struct table_part *parts,
		size_t n_parts, struct error *err)
{
	AUTO_COPY primary = { .name = NULL };
	AUTO_COPY backup = { .name = NULL };
	const char *which, *why;

	if (read_both(b, &primary, &backup, &which, &why, err))
		return -1;
	if (why)
		return error_set(err, ERR_VERIFY, "%s: %s", which, why);
	if (parts && compare(b, &primary, parts, n_parts, err))
		return -1;
	if (patch(&primary, disk_uuid, parts, parts ? n_parts : 0, err) ||
	    patch(&backup, disk_uuid, parts, parts ? n_parts : 0, err))
		return -1;
	if (copy_write(b, &backup, parts != NULL, err) ||
	    copy_write(b, &primary, parts != NULL, err))
		return -1;
	return 0;
}

static bool entry_is(const struct block *b, const unsigned char *e, const struct table_part *p)
{
	unsigned char type[GUID_BYTES] = { 0 }, id[GUID_BYTES] = { 0 };

	if (guid_parse(p->type_uuid, type) || guid_parse(p->uuid, id))
		return false;
	guid_swap(type);
	guid_swap(id);
	return !memcmp(e + E_TYPE, type, sizeof(type)) && !memcmp(e + E_GUID, id, sizeof(id)) &&
	       get64(e + E_FIRST) == p->start_bytes / b->sector &&
	       get64(e + E_LAST) == (p->start_bytes + p->size_bytes) / b->sector - 1;
}

int gpt_has(const struct block *b, const struct table_part *parts, size_t n, struct error *err)
{
	AUTO_COPY primary = { .name = NULL };
	AUTO_COPY backup = { .name = NULL };
	const char *which, *why;

	if (read_both(b, &primary, &backup, &which, &why, err))
		return -1;
	if (why)
		return error_set(err, ERR_CHANGED, "%s: %s: what is to be kept cannot be found by it", which, why);
	for (size_t i = 0; i < n; i++)
		if (parts[i].keep && (parts[i].number < 1 || parts[i].number > primary.count ||
				      !entry_is(b, entry_at(&primary, parts[i].number), &parts[i])))
			return error_set(err, ERR_CHANGED, "partition %" PRIu64 " (%s), which is to be kept, is not where it was",
					 parts[i].number, parts[i].name);
	return 0;
}
