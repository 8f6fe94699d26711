/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device already has of an image: read chunk by chunk, compared by the hashes of the signed list.
 * Nothing is written. The agent measures with it before it says hello, and `image` works by it.
 */
#pragma once
#include "ops/source.h"

struct compare_how {
	uint64_t limit_ms; /* it may take so long; 0 = as long as it takes */
	void (*progress)(void *ctx, uint64_t done, uint64_t total); /* bytes examined; may be NULL */
	void *ctx;
};

/* Length of chunk I of L: the last one may be shorter. */
uint64_t chunk_bytes(const struct chunk_list *l, size_t i);
/* True if H holds chunk I of L already; BUF has room for a chunk, and the chunk's bytes afterwards. */
MUST_CHECK int chunk_same(struct sys *sys, int h, const struct chunk_list *l, size_t i, unsigned char *buf,
			  bool *ret, struct error *err);
/*
 * Compares DEV with the image of L. *RET_ALIKE is false, and *RET untouched, if a sample of its chunks shows that DEV holds
 * something else: then nothing is to be gained. ERR_IO when the time is over.
 */
MUST_CHECK int image_compare(struct sys *sys, const char *dev, const struct chunk_list *l,
			     const struct compare_how *how, bool *ret_alike, struct comparison *ret,
			     struct error *err);
