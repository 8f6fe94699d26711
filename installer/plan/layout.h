/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From sizes that people write to partitions with exact bounds. */
#pragma once
#include "base/error.h"
#include "model/plan.h"

enum { LAYOUT_LEAST_REST = 16 * 1024 * 1024 }; /* what takes the rest gets at least this */

/* One partition wanted. Its size is one of BYTES, PERCENT and REST. */
struct layout_part {
	const char *name;      /* PARTLABEL */
	const char *id;	       /* its PARTUUID is made of this: unique among all disks of a plan */
	const char *type_uuid; /* partition type */
	uint64_t bytes;
	uint64_t percent; /* of the disk */
	bool rest;	  /* a share of what the others leave; equal shares, if several want it */
	uint64_t min_bytes, max_bytes;	/* bounds of a percentage or a rest; 0 = none */
	const struct partition *kept;	/* it is there and stays: number, place, ids */
};

/*
 * Places N parts on D, bounds at 1 MiB (or at what the disk prefers, where that is sane), GPT at both ends kept
 * free. What is kept stays where it is; the others fill the gaps: those of fixed size in order into the first gap
 * that has room, then each that takes a rest into the gap that leaves it most. RET has room for N rows, by index
 * of PARTS; new partitions get the lowest free numbers in order; ids are made of SEED. ERR_INPUT with the sum,
 * line by line, when they do not fit.
 */
MUST_CHECK int layout_place(const struct layout_part *parts, size_t n, const struct disk *d, const char *seed,
			    struct arena *a, struct table_part *ret, struct error *err);
/* One that takes a share: its bounds, in whole units, and what it gets. */
struct share {
	uint64_t min, max, size;
};
/*
 * Shares HAVE, in whole UNITs, among N that all want the same, each within its bounds; what does not divide goes to the last
 * that may have it. The sum of their minima fits.
 */
void share_out(uint64_t have, uint64_t unit, struct share *rows, size_t n);
/* Unit of bounds and sizes on D. */
uint64_t layout_alignment(const struct disk *d);
