/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GUIDs of a GPT (UEFI 2.10, section 5.3), which libparted can make but not set, and whether
 * both copies of it are whole. Everything is read from the device with bounds checked; nothing is
 * repaired.
 */
#pragma once
#include <stdint.h>

#include "base/str.h"
#include "model/plan.h"
#include "sys/block.h"

enum { GUID_BYTES = 16 };

/* "c12a7328-f81f-..." to the 16 bytes in the order of the text (RFC 9562). -1: not a UUID. */
MUST_CHECK int guid_parse(const char *text, unsigned char ret[GUID_BYTES]);
/* To and from the byte order of a GPT, where the first three fields are little-endian. */
void guid_swap(unsigned char guid[GUID_BYTES]);

/*
 * Adds to WHY what is wrong with the table on B ("backup header: checksum", ...), nothing if both
 * copies are whole and carry the same partitions. Different disk GUIDs in them are not damage: a
 * commit that was cut short leaves them so, and the primary is what counts. Fails only if B cannot
 * be read.
 */
MUST_CHECK int gpt_check(const struct block *b, struct str *why, struct error *err);

/*
 * Whether the table on B, both copies whole, has each of PARTS that is to be kept: number, bounds, type and
 * GUID. ERR_CHANGED names the first that is not as it should be.
 */
MUST_CHECK int gpt_has(const struct block *b, const struct table_part *parts, size_t n, struct error *err);

/*
 * Sets the disk GUID and, if PARTS, those of the partitions, after proving that the table has
 * exactly these partitions where they should be. Both copies must be whole. The backup is written
 * and on the medium before the primary is touched: a power cut leaves one whole copy at any
 * instant.
 */
MUST_CHECK int gpt_set_ids(const struct block *b, const char *disk_uuid,
			   const struct table_part *parts, size_t n_parts, struct error *err);
