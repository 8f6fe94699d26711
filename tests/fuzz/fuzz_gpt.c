/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz layers: base data model sys
 *
 * Any bytes as the start and the end of a disk with a GPT, with checksums that fit, so that what
 * lies behind them is reached: sizes, places and counts are the input's. And any bytes as foreign
 * text, which must come out fit for JSON.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/json.h"
#include "sys/gpt_ids.h"
#include "sys/text.h"

enum { SECTOR = 512, SECTORS = 256, MAX_HEAD = 64 * SECTOR, TAIL = 33 * SECTOR };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static void put32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

/* Makes both checksums of the header at LBA fit, if what it says of itself lies on the disk. */
static void fit(unsigned char *disk, uint64_t lba)
{
	unsigned char *h = disk + lba * SECTOR;
	uint64_t entries = 0, bytes;
	uint32_t size;

	memcpy(h, "EFI PART", 8);
	memcpy(&size, h + 12, 4);
	memcpy(&entries, h + 72, 8);
	bytes = (uint64_t)h[80] * h[84];
	if (!memcmp(h + 81, "\0\0\0", 3) && !memcmp(h + 85, "\0\0\0", 3) && entries < SECTORS &&
	    bytes <= (SECTORS - entries) * SECTOR)
		put32(h + 88, crc32(disk + entries * SECTOR, bytes));
	put32(h + 16, 0);
	if (size <= SECTOR)
		put32(h + 16, crc32(h, size));
}

static void check_text(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR json = STR_INIT;
	struct error err;
	const char *clean = text_clean(&a, (const char *)data, size);

	json_write(tree_string(&a, clean), false, &json);
	assert(json_parse("text", str_text(&json), json.len, &a, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char disk[SECTOR * SECTORS];
	struct table_part part = { .number = 1,
				   .uuid = "00000001-0203-8405-8607-08090a0b0c0d",
				   .type_uuid = "0fc63daf-8483-4772-8e79-3d69d8477de4",
				   .start_bytes = 40 * SECTOR,
				   .size_bytes = 10 * SECTOR };
	struct block b = { .fd = -1, .size = sizeof(disk), .sector = SECTOR };
	size_t head = size / 2 < MAX_HEAD ? size / 2 : MAX_HEAD,
	       tail = size - head < TAIL ? size - head : TAIL;
	AUTO_STR why = STR_INIT;
	AUTO_STR after = STR_INIT;
	struct error err;

	check_text(data, size);
	memset(disk, 0, sizeof(disk));
	if (head)
		memcpy(disk + SECTOR, data, head);
	if (tail)
		memcpy(disk + sizeof(disk) - tail, data + head, tail);
	fit(disk, 1);
	fit(disk, SECTORS - 1);
	b.fd = memfd_create("disk", MFD_CLOEXEC);
	assert(b.fd >= 0 && write(b.fd, disk, sizeof(disk)) == (ssize_t)sizeof(disk));
	assert(!gpt_check(&b, &why, &err));
	/* What is whole takes new ids and stays whole; what is not is left alone. */
	if (!gpt_set_ids(&b, part.uuid, NULL, 0, &err)) {
		assert(!why.len);
		assert(!gpt_check(&b, &after, &err) && !after.len);
	} else {
		assert(why.len);
	}
	if (!gpt_set_ids(&b, part.uuid, &part, 1, &err))
		assert(!gpt_check(&b, &after, &err) && !after.len);
	close(b.fd);
	return 0;
}
