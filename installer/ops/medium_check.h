/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a medium as it was made? Pure: its bytes are given block by block, in their order, and every one is looked at
 * twice: as part of its block (model/block_list.h) and as part of the file of the release that it is in (SEED). The first
 * leaves no byte out, the second has a name for what is damaged.
 */
#pragma once
#include "data/iso9660.h"
#include "model/block_list.h"
#include "ops/source.h"

struct medium_file {
	const struct seed_entry *e;
	uint64_t at; /* in the image */
	struct hash *hash;
	bool unreadable, bad;
};

enum medium_bad_kind { MEDIUM_DIFFERS, MEDIUM_UNREADABLE };
struct medium_bad {
	enum medium_bad_kind kind;
	uint64_t at, len; /* of the block */
	const char *why;  /* why it cannot be read */
};

struct medium_check {
	struct arena *a;
	const struct iso *iso;
	const struct block_list *list; /* NULL: the medium has none that can be believed */
	uint64_t bytes;		       /* how many there are to look at */
	struct medium_file *files;     /* by place */
	size_t n_files, first;	       /* first: all before it are behind us */
	struct medium_bad *bad;
	size_t n_bad;
	const char **findings;
	size_t n_findings;
};

/*
 * Fills CHECK. SEED's files are looked for in ISO; what is missing, or of another size, is a finding already. LIST may be NULL;
 * SEED may be empty, when it could not be believed. All are kept.
 */
void medium_check_begin(struct medium_check *check, const struct iso *iso, const struct seed *seed, const struct block_list *list,
			struct arena *a);
/* The LEN bytes at AT, which is a multiple of BLOCK_LIST_BLOCK: all of the block. DATA NULL: it cannot be read, for WHY. */
void medium_check_block(struct medium_check *check, uint64_t at, const unsigned char *data, size_t len, const char *why);
/* A finding of the caller's, in words. */
void medium_check_finding(struct medium_check *check, const char *text);
/* After the last block: CHECK's findings are whole. */
void medium_check_end(struct medium_check *check);
