/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From sizes that people write to partitions with exact bounds. */
#pragma once
#include "base/error.h"
#include "model/plan.h"
#include "model/site.h"

/* One partition wanted: what a layout line, or the admin node's own layout, asks for. */
struct layout_part {
	enum part_role role;
	const char *name;  /* PARTLABEL */
	enum fs_type fs;   /* FS_NONE: no file system is made */
	uint64_t bytes;	   /* 0 = the rest of the disk */
	const char *label; /* of its file system, or NULL */
	const char *mount; /* where a data file system goes, or NULL */
};

/*
 * Places N parts on D in order: 1 MiB alignment (or the disk's own, where that is sane), GPT at both ends kept
 * free, bounds in whole sectors. RET has room for N rows; ids are made of SEED. ERR_INPUT with the sum,
 * line by line, when they do not fit.
 */
MUST_CHECK int layout_place(const struct layout_part *parts, size_t n, const struct disk *d, const char *seed,
			    struct arena *a, struct table_part *ret, struct error *err);
