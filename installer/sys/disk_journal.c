/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing the journal onto a disk; probe.c reads it. */
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "sys/block.h"
#include "sys/real.h"

static int write_record(const struct block *b, const struct disk_journal *j, struct error *err)
{
	unsigned char zone[DISK_JOURNAL_BYTES], record[DISK_JOURNAL_RECORD];
	struct disk_journal next = *j, before;
	AUTO_ARENA a = ARENA_INIT;

	if (b->size < DISK_JOURNAL_AT + DISK_JOURNAL_BYTES)
		return error_set(err, ERR_IO, "has only %" PRIu64 " bytes", b->size);
	if (block_read(b->fd, DISK_JOURNAL_AT, zone, sizeof(zone), err))
		return -1;
	next.turn = disk_journal_read(zone, &a, &before) ? before.turn + 1 : 0;
	disk_journal_record(&next, record);
	/* The other one is the last whole record. */
	if (block_write(b->fd, DISK_JOURNAL_AT + next.turn % 2 * DISK_JOURNAL_RECORD, record, sizeof(record), err))
		return -1;
	return fsync(b->fd) ? error_sys(err, errno, "fsync") : 0;
}

int real_journal_write(struct sys *s UNUSED, const char *path, const struct disk_journal *j, struct error *err)
{
	AUTO_BLOCK b = BLOCK_INIT;

	/* Partitions of it may be mounted; this lies outside of all. */
	if (block_open(path, BLOCK_SHARED, &b, err) || write_record(&b, j, err))
		return error_wrap(err, "%s: journal", path);
	return 0;
}
