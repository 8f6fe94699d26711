/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an install notes on the disks that it writes, so that the disk itself tells after a power cut whose attempt was
 * cut, and where. It lies between the table and the first partition, which nothing of ours uses:
 *
 *   offset 512 KiB   one record of text, padded with zeros to 4096 bytes
 *   offset 516 KiB   another; they are written in turn, so that one of them is whole at any instant
 *
 *   fulcrum-journal 1
 *   turn 7
 *   goal 8c5f...                  UUID of what was wanted (plan.goal)
 *   plan 20f1...                  hash of the plan
 *   step table:system             operation that had begun
 *   state unfinished              or finished
 *   keeps no                      yes: its plan preserved something on this disk
 *   sum 51ab...                   BLAKE2b-256 of all before this line
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"

enum {
	DISK_JOURNAL_AT = 512 * 1024,
	DISK_JOURNAL_RECORD = 4096,
	DISK_JOURNAL_BYTES = 2 * DISK_JOURNAL_RECORD,
	DISK_JOURNAL_TEXT = 512, /* longest text: in one sector, which is written whole or not at all */
};

struct disk_journal {
	uint64_t turn; /* set by whoever writes it */
	const char *goal, *plan, *step;
	bool finished, keeps;
};

/* The record of J, DISK_JOURNAL_RECORD bytes. A step with a longer name is cut. */
void disk_journal_record(const struct disk_journal *j, unsigned char ret[DISK_JOURNAL_RECORD]);
/*
 * The newer whole one of the two records at ZONE, DISK_JOURNAL_BYTES bytes that anybody may have written. False if
 * neither is whole. Strings are A's.
 */
bool disk_journal_read(const unsigned char *zone, struct arena *a, struct disk_journal *ret);
