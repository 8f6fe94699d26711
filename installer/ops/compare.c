/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing a device with a chunk list. */
#include "ops/compare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { SAMPLES = 16 };

uint64_t chunk_bytes(const struct chunk_list *l, size_t i)
{
	uint64_t at = (uint64_t)i * l->image.chunk_bytes, left = l->image.image_bytes - at;

	return left < l->image.chunk_bytes ? left : l->image.chunk_bytes;
}

static bool all_zeros(const unsigned char *p, size_t len)
{
	return !len || (!p[0] && !memcmp(p, p + 1, len - 1));
}

int chunk_same(struct sys *sys, int h, const struct chunk_list *l, size_t i, unsigned char *buf, bool *ret,
	       struct error *err)
{
	size_t len = (size_t)chunk_bytes(l, i);
	char hash[HASH_HEX];

	if (sys->ops->read_at(sys, h, (uint64_t)i * l->image.chunk_bytes, buf, len, err))
		return -1;
	if (l->chunks[i].zero) {
		*ret = all_zeros(buf, len);
		return 0;
	}
	hash_buffer(buf, len, hash);
	*ret = !strcmp(hash, l->chunks[i].raw_hash);
	return 0;
}

/* A few chunks with data, spread over the image. Zeros say nothing: every empty disk has them. */
static int looks_alike(struct sys *sys, int h, const struct chunk_list *l, unsigned char *buf, bool *ret,
		       struct error *err)
{
	size_t data = 0, seen = 0, step;

	for (size_t i = 0; i < l->n; i++)
		data += !l->chunks[i].zero;
	step = data / SAMPLES + 1;
	*ret = !data;
	for (size_t i = 0; i < l->n && !*ret; i++)
		if (!l->chunks[i].zero && seen++ % step == 0 && chunk_same(sys, h, l, i, buf, ret, err))
			return -1;
	return 0;
}

static int compare_all(struct sys *sys, int h, const struct chunk_list *l, const struct compare_how *how,
		       unsigned char *buf, struct comparison *c, struct error *err)
{
	uint64_t end = how->limit_ms ? clock_mono_ms() + how->limit_ms : UINT64_MAX;

	for (size_t i = 0; i < l->n; i++) {
		uint64_t len = chunk_bytes(l, i);
		bool same;

		if (clock_mono_ms() > end)
			return error_set(err, ERR_IO, "comparing takes longer than %" PRIu64 " s: %zu of %zu chunks were read",
					 how->limit_ms / 1000, i, l->n);
		if (chunk_same(sys, h, l, i, buf, &same, err))
			return -1;
		c->same += same;
		if (!same) {
			c->fetch_bytes += l->chunks[i].length;
			c->write_bytes += len;
		}
		if (how->progress)
			how->progress(how->ctx, (uint64_t)i * l->image.chunk_bytes + len, l->image.image_bytes);
	}
	return 0;
}

int image_compare(struct sys *sys, const char *dev, const struct chunk_list *l, const struct compare_how *how,
		  bool *ret_alike, struct comparison *ret, struct error *err)
{
	struct comparison c = { .list_hash = l->image.list_hash, .chunks = l->n };
	unsigned char *buf;
	struct error later;
	int h, rc;

	if (sys->ops->open_block(sys, dev, &h, err))
		return -1;
	buf = malloc((size_t)l->image.chunk_bytes);
	if (!buf)
		abort();
	rc = looks_alike(sys, h, l, buf, ret_alike, err);
	if (!rc && *ret_alike)
		rc = compare_all(sys, h, l, how, buf, &c, err);
	free(buf);
	if (sys->ops->close(sys, h, false, rc ? &later : err))
		rc = -1;
	if (!rc && *ret_alike)
		*ret = c;
	return rc ? error_wrap(err, "%s", dev) : 0;
}
