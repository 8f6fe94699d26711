/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as the journal's zone of a disk, as they are and with a checksum that fits. What is accepted must be what a
 * record of it says again.
 */
#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "model/disk_journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const unsigned char *zone)
{
	unsigned char again[DISK_JOURNAL_BYTES] = { 0 };
	AUTO_ARENA a = ARENA_INIT;
	struct disk_journal j, k;

	if (!disk_journal_read(zone, &a, &j))
		return;
	disk_journal_record(&j, again);
	assert(disk_journal_read(again, &a, &k));
	assert(k.turn == j.turn && k.finished == j.finished && k.keeps == j.keeps);
	assert(!strcmp(k.goal, j.goal) && !strcmp(k.plan, j.plan) && !strcmp(k.step, j.step));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char zone[DISK_JOURNAL_BYTES] = { 0 };
	char sum[HASH_HEX], *line;

	if (size > sizeof(zone))
		size = sizeof(zone);
	if (size)
		memcpy(zone, data, size);
	check(zone);
	zone[DISK_JOURNAL_TEXT - 1] = '\0';
	line = strstr((char *)zone, "\nsum ");
	if (line && line + 5 + HASH_HEX < (char *)zone + DISK_JOURNAL_TEXT) {
		hash_buffer(zone, (size_t)(line + 1 - (char *)zone), sum);
		memcpy(line + 5, sum, HASH_HEX - 1);
		check(zone);
	}
	return 0;
}
