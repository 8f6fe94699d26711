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
#include "gpt_fit.h"
#include "sys/gpt_ids.h"
#include "sys/text.h"

enum { SECTOR = 512, SECTORS = 256, MAX_HEAD = 64 * SECTOR, TAIL = 33 * SECTOR };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	fit_gpt(disk, SECTOR, SECTORS, 1);
	fit_gpt(disk, SECTOR, SECTORS, SECTORS - 1);
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
