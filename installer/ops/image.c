/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Streaming a chunked image onto a partition: one request, every chunk's hash checked before it is
 * decompressed, zero chunks written as zeros (so that nothing of the old content shows through), a lost
 * connection resumed at the chunk where it broke; then a new UUID, and grown to the partition. The only user of zstd's decoder.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/clock.h"
#include "base/str.h"
#include "ops/bench.h"
#include "ops/source.h"

/* TRIES without a chunk between them: 4 minutes, in which an admin node has started again. */
enum { TRIES = 30, PAUSE_MAX_S = 10, SAMPLES = 16 };

struct stream {
	struct op_env *env;
	const struct chunk_list *list;
	int h;
	size_t next;	 /* chunk being received */
	uint64_t next_at; /* where its data starts in the chunks file */
	unsigned char *buf, *raw;
	size_t have;
};

static uint64_t chunk_bytes(const struct chunk_list *l, size_t i)
{
	uint64_t at = (uint64_t)i * l->image.chunk_bytes, left = l->image.image_bytes - at;

	return left < l->image.chunk_bytes ? left : l->image.chunk_bytes;
}

/* Zero chunks from NEXT on, as one range. */
static int write_zeros(struct stream *s, struct error *err)
{
	uint64_t from = (uint64_t)s->next * s->list->image.chunk_bytes, len = 0;

	while (s->next < s->list->n && s->list->chunks[s->next].zero)
		len += chunk_bytes(s->list, s->next++);
	if (!len)
		return 0;
	op_progress(s->env, from + len, s->list->image.image_bytes);
	return s->env->sys->ops->zero_at(s->env->sys, s->h, from, len, err);
}

static int write_chunk(struct stream *s, struct error *err)
{
	const struct chunk *c = &s->list->chunks[s->next];
	uint64_t at = (uint64_t)s->next * s->list->image.chunk_bytes, want = chunk_bytes(s->list, s->next);
	char hash[HASH_HEX];
	size_t got;

	hash_buffer(s->buf, c->length, hash);
	if (strcmp(hash, c->hash) != 0) {
		error_set(err, ERR_MEDIUM, "images/%s/chunks: damaged: chunk %zu (bytes %" PRIu64 " to %" PRIu64
			  ") differs from the signed list", s->list->image.name, s->next, c->offset, c->offset + c->length - 1);
		return error_hint(err, "check the admin node's disk and seed the images again from a good medium");
	}
	got = ZSTD_decompress(s->raw, (size_t)s->list->image.chunk_bytes, s->buf, c->length);
	if (ZSTD_isError(got) || got != want)
		return error_set(err, ERR_MEDIUM, "images/%s/chunks: chunk %zu does not decompress", s->list->image.name, s->next);
	if (s->env->sys->ops->write_at(s->env->sys, s->h, at, s->raw, got, err))
		return -1;
	s->next_at = c->offset + c->length;
	s->next++;
	s->have = 0;
	op_progress(s->env, at + got, s->list->image.image_bytes);
	return write_zeros(s, err);
}

static int receive(void *ctx, const void *data, size_t len, struct error *err)
{
	struct stream *s = ctx;
	const unsigned char *p = data;

	while (len) {
		size_t want;

		if (s->next >= s->list->n)
			return error_set(err, ERR_MEDIUM, "images/%s/chunks: longer than its list says", s->list->image.name);
		want = s->list->chunks[s->next].length - s->have;
		if (want > len)
			want = len;
		memcpy(s->buf + s->have, p, want);
		s->have += want;
		p += want;
		len -= want;
		if (s->have == s->list->chunks[s->next].length && write_chunk(s, err))
			return -1;
	}
	return 0;
}

static int stream_all(struct stream *s, const char *url, struct error *err)
{
	struct sys *sys = s->env->sys;

	if (write_zeros(s, err))
		return -1;
	for (unsigned int try = 1; s->next < s->list->n; try++) {
		size_t before = s->next;

		s->have = 0;
		if (!sys->ops->fetch(sys, url, s->next_at, 0, receive, s, err)) {
			if (s->next < s->list->n)
				return error_set(err, ERR_MEDIUM, "images/%s/chunks: shorter than its list says", s->list->image.name);
			break;
		}
		/* Only the network is worth another try; what was verified stays written. */
		if (s->next > before)
			try = 1;
		if (err->kind != ERR_NET || try == TRIES)
			return -1;
		if (sys->ops->sleep_ms(sys, 1000u * (try < PAUSE_MAX_S ? try : PAUSE_MAX_S), err))
			return -1;
	}
	return 0;
}

/* Reads some chunks back, spread over the image, and compares them with the list. */
static int read_back(struct stream *s, const char *url UNUSED, struct error *err)
{
	size_t step = s->list->n / SAMPLES + 1;
	char hash[HASH_HEX];

	for (size_t i = 0; i < s->list->n; i += step) {
		const struct chunk *c = &s->list->chunks[i];
		size_t len = (size_t)chunk_bytes(s->list, i);

		if (c->zero)
			continue;
		if (s->env->sys->ops->read_at(s->env->sys, s->h, (uint64_t)i * s->list->image.chunk_bytes, s->raw, len, err))
			return -1;
		hash_buffer(s->raw, len, hash);
		if (strcmp(hash, c->raw_hash) != 0)
			return error_set(err, ERR_VERIFY, "chunk %zu reads back different from what was written: the disk is faulty", i);
	}
	return 0;
}

static int with_device(struct stream *s, const char *dev, const char *url,
		       int (*work)(struct stream *s, const char *url, struct error *err), struct error *err)
{
	const struct sys_ops *ops = s->env->sys->ops;
	struct error later;
	int rc;

	if (ops->open_block(s->env->sys, dev, &s->h, err))
		return -1;
	rc = work(s, url, err);
	if (ops->close(s->env->sys, s->h, !rc, rc ? &later : err))
		rc = -1;
	return rc;
}

/* New UUID and full size; resize2fs grows a mounted file system without a check before it. */
static int personalise(struct op_env *env, const struct op_image *p, const char *dev, struct arena *a, struct error *err)
{
	const char *const uuid[] = { "tune2fs", "-U", p->uuid, dev, NULL };
	const char *const grow[] = { "resize2fs", dev, NULL };
	const char *dir;
	int rc;

	if (env->sys->ops->exec(env->sys, &(struct sys_exec){ .argv = uuid }, err) ||
	    op_mount(env, p->dev, "ext4", false, "root", a, &dir, err))
		return -1;
	rc = env->sys->ops->exec(env->sys, &(struct sys_exec){ .argv = grow, .timeout_ms = 300000 }, err);
	return op_umount(env, dir, rc, err);
}

int image_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_image *p = params;
	AUTO_ARENA a = ARENA_INIT;
	struct chunk_list list;
	struct stream s = { .env = env, .list = &list };
	const char *dev, *url = arena_printf(&a, "%s/images/%s/chunks", env->source, p->image);
	uint64_t start;
	int rc;

	if (source_chunks(env->sys, env->source, env->release_key, p->image, &a, &list, err) ||
	    op_dev_path(env, p->dev, &a, &dev, err))
		return -1;
	if (strcmp(list.image.list_hash, p->list_hash) != 0)
		return error_set(err, ERR_CHANGED, "image %s is another one than the plan named", p->image);
	if (p->bench && bench_stream(env, p, dev, err))
		return -1;
	start = clock_mono_ms();
	s.buf = malloc(8u << 20);
	s.raw = malloc((size_t)list.image.chunk_bytes);
	if (!s.buf || !s.raw)
		abort();
	rc = with_device(&s, dev, url, stream_all, err);
	/* Opened anew: the last close dropped the kernel's cache, so that the bytes come from the disk. */
	if (!rc)
		rc = with_device(&s, dev, url, read_back, err);
	free(s.buf);
	free(s.raw);
	if (rc || personalise(env, p, dev, &a, err))
		return -1;
	bench_tell("agent", "image-stream", p->image_bytes, clock_mono_ms() - start);
	return 0;
}

int image_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_image *p = params;
	const struct op_mkfs as_fs = { .dev = p->dev, .fs = "ext4", .uuid = p->uuid };

	return mkfs_verify(env, &as_fs, err);
}
