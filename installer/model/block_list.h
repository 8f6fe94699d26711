/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The digests of a medium, block by block: a file beside the release, of fixed size, that is filled after the image was
 * made, so that it covers what no other list does: boot sectors, tables, directories, loaders, the menu. What may be
 * changed later (model/site_area.h) and the list itself are holes: they count as zeros. The text, then zeros to the end:
 *	fulcrum-blocks 1
 *	image BYTES
 *	hole AT BYTES		one a hole, in their order
 *	---
 *	HEX			one a block of 1 MiB; the last may be shorter
 *	ed25519 SIGNATURE	over all lines above
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/str.h"

#define BLOCK_LIST_PATH "check/blocks"

enum {
	BLOCK_LIST_BLOCK = 1 << 20,
	BLOCK_LIST_HOLES = 3,
	BLOCK_LIST_MAX = 32 << 20, /* as a file: an image of about 500 GiB */
};

struct block_hole {
	uint64_t at, size;
};

struct block_list {
	uint64_t image; /* bytes of it */
	struct block_hole holes[BLOCK_LIST_HOLES];
	size_t n_holes;
	const char **digests;
	size_t n;
};

/*
 * The digest of one block: the LEN bytes DATA that stand AT in the image, holes as zeros.
 */
void block_list_digest(const struct block_list *l, uint64_t at, const unsigned char *data, size_t len, char ret[HASH_HEX]);
/* Appends the signed text of L; ERR_INPUT when SEC_HEX is no key. */
MUST_CHECK int block_list_write(const struct block_list *l, const char *sec_hex, struct str *ret, struct error *err);
/*
 * Reads the file DATA (LEN bytes); the digests are in A. ERR_MEDIUM when PUB_HEX's signature does not hold, or it is not exactly
 * of the form above.
 */
MUST_CHECK int block_list_read(const char *data, size_t len, const char *pub_hex, struct arena *a, struct block_list *ret,
			       struct error *err);
