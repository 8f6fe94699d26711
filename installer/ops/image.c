/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Streaming a chunked image onto a device: every chunk's hash checked before it is decompressed, zero chunks written as
 * zeros (so that nothing of the old content shows through), a lost connection resumed at the chunk where it broke; then a
 * new UUID, and grown to the device. With `diff` each chunk is read first, and only those that differ are asked for and
 * written: the bytes are the same afterwards. The only user of zstd's decoder.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/size.h"
#include "base/str.h"
#include "ops/bench.h"
#include "ops/compare.h"

/* TRIES without a chunk between them: 4 minutes, in which an admin node has started again. */
enum { TRIES = 30, PAUSE_MAX_S = 10, SAMPLES = 16 };
/* Chunks examined ahead of a request: one request for neighbours, and progress that moves. */
enum { AHEAD = 32 };

struct stream {
	struct op_env *env;
	const struct chunk_list *list;
	int h;
	size_t next, end; /* chunk being received; the first one that is not wanted */
	unsigned char *buf, *raw;
	size_t have;
	unsigned char *differs; /* by chunk: found different, and written; NULL: all are written, unseen */
	uint64_t fetched, written; /* bytes */
};

static void tell(const struct stream *s, uint64_t done)
{
	/* Examined, not written, is what a difference counts by. */
	if (!s->differs)
		op_progress(s->env, done, s->list->image.image_bytes);
}

/* Zero chunks from NEXT on, as one range; those that are zeros already are passed over. */
static int write_zeros(struct stream *s, struct error *err)
{
	while (s->next < s->end && s->list->chunks[s->next].zero) {
		uint64_t from = (uint64_t)s->next * s->list->image.chunk_bytes, len = 0;

		while (s->next < s->end && s->list->chunks[s->next].zero && (!s->differs || s->differs[s->next]))
			len += chunk_bytes(s->list, s->next++);
		if (!len) {
			s->next++;
			continue;
		}
		tell(s, from + len);
		s->written += len;
		if (s->env->sys->ops->zero_at(s->env->sys, s->h, from, len, err))
			return -1;
	}
	return 0;
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
	s->next++;
	s->have = 0;
	s->fetched += c->length;
	s->written += got;
	tell(s, at + got);
	return write_zeros(s, err);
}

static int receive(void *ctx, const void *data, size_t len, struct error *err)
{
	struct stream *s = ctx;
	const unsigned char *p = data;

	while (len) {
		size_t want;

		if (s->next >= s->end)
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

/* Chunks NEXT to END: one request, and another one where the network broke. */
static int stream_range(struct stream *s, const char *url, struct error *err)
{
	const struct chunk *c = s->list->chunks;
	struct sys *sys = s->env->sys;

	if (write_zeros(s, err))
		return -1;
	for (unsigned int try = 1; s->next < s->end; try++) {
		size_t before = s->next;
		uint64_t length = 0;

		/* To the end of the file, where that is wanted: one that goes on is not what was signed. */
		for (size_t i = s->next; s->differs && i < s->end; i++)
			length += c[i].length;
		s->have = 0;
		if (!sys->ops->fetch(sys, url, c[s->next].offset, length, receive, s, err)) {
			if (s->next < s->end)
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

static int stream_all(struct stream *s, const char *url, struct error *err)
{
	s->end = s->list->n;
	return stream_range(s, url, err);
}

/*
 * One pass: examines chunks up to the first one with data that is as it should be, then asks for those
 * before it. Their bytes lie side by side in the chunks file, because zeros take no room there.
 */
static int stream_differing(struct stream *s, const char *url, struct error *err)
{
	const struct chunk_list *l = s->list;
	size_t from = 0;

	for (size_t i = 0; i < l->n; i++) {
		bool same;

		if (chunk_same(s->env->sys, s->h, l, i, s->raw, &same, err))
			return -1;
		s->differs[i] = !same;
		if ((same && !l->chunks[i].zero) || i - from + 1 == AHEAD || i + 1 == l->n) {
			s->next = from;
			s->end = same ? i : i + 1;
			from = i + 1;
			if (stream_range(s, url, err))
				return -1;
		}
		op_progress(s->env, (uint64_t)i * l->image.chunk_bytes + chunk_bytes(l, i), l->image.image_bytes);
	}
	return 0;
}

/* Reads what was written back, of a whole image some chunks that are spread over it, and compares it with the list. */
static int read_back(struct stream *s, const char *url UNUSED, struct error *err)
{
	size_t step = s->list->n / SAMPLES + 1;

	for (size_t i = 0; i < s->list->n; i++) {
		bool same;

		if (s->differs ? !s->differs[i] && i % step : i % step || s->list->chunks[i].zero)
			continue;
		if (chunk_same(s->env->sys, s->h, s->list, i, s->raw, &same, err))
			return -1;
		if (!same)
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

/* What was moved, for the record: {"t":"image","who":"agent","mode":"diff",...}. */
static void tell_moved(const struct stream *s, uint64_t ms)
{
	char n[5][24], fetched[SIZE_TEXT_MAX], written[SIZE_TEXT_MAX];
	const struct chunk_list *l = s->list;
	AUTO_STR note = STR_INIT;
	uint64_t moved = 0;

	for (size_t i = 0; s->differs && i < l->n; i++)
		moved += s->differs[i];
	if (!s->differs)
		moved = l->n;
	snprintf(n[0], sizeof(n[0]), "%zu", l->n);
	snprintf(n[1], sizeof(n[1]), "%" PRIu64, moved);
	snprintf(n[2], sizeof(n[2]), "%" PRIu64, s->fetched);
	snprintf(n[3], sizeof(n[3]), "%" PRIu64, s->written);
	snprintf(n[4], sizeof(n[4]), "%" PRIu64, ms);
	channel_emit("image", "agent", "mode", s->differs ? "diff" : "full", "chunks", n[0], "moved", n[1], "fetched", n[2],
		     "written", n[3], "ms", n[4], NULL);
	if (!s->differs || !s->env->note)
		return;
	str_addf(&note, "image %s: %" PRIu64 " of %zu chunks differed: %s fetched, %s written", l->image.name, moved, l->n,
		 size_format(s->fetched, fetched), size_format(s->written, written));
	s->env->note(s->env->progress_ctx, str_text(&note));
}

static int stream_and_prove(struct stream *s, const char *dev, const char *url, struct error *err)
{
	uint64_t start = clock_mono_ms();
	int rc;

	s->buf = malloc(8u << 20);
	s->raw = malloc((size_t)s->list->image.chunk_bytes);
	if (!s->buf || !s->raw)
		abort();
	rc = with_device(s, dev, url, s->differs ? stream_differing : stream_all, err);
	/* Opened anew: the last close dropped the kernel's cache, so that the bytes come from the disk. */
	if (!rc)
		rc = with_device(s, dev, url, read_back, err);
	free(s->buf);
	free(s->raw);
	if (!rc)
		tell_moved(s, clock_mono_ms() - start);
	return rc;
}

int image_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_image *p = params;
	AUTO_ARENA a = ARENA_INIT;
	struct chunk_list list;
	struct stream s = { .env = env, .list = &list };
	const char *dev, *url = arena_printf(&a, "%s/images/%s/chunks", env->source, p->image);
	uint64_t start;

	if (source_chunks(env->sys, env->source, env->release_key, p->image, &a, &list, err) ||
	    op_dev_path(env, p->dev, &a, &dev, err))
		return -1;
	if (strcmp(list.image.list_hash, p->list_hash) != 0)
		return error_set(err, ERR_CHANGED, "image %s is another one than the plan named", p->image);
	if (p->diff)
		s.differs = arena_array(&a, list.n, 1);
	else if (p->bench && bench_stream(env, p, dev, err))
		return -1;
	start = clock_mono_ms();
	if (stream_and_prove(&s, dev, url, err) || personalise(env, p, dev, &a, err))
		return -1;
	bench_tell("agent", p->diff ? "image-diff" : "image-stream", p->image_bytes, clock_mono_ms() - start);
	if (p->bench)
		bench_memory(env->sys, "agent");
	return 0;
}

int image_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_image *p = params;
	const struct op_mkfs as_fs = { .dev = p->dev, .fs = "ext4", .uuid = p->uuid };

	return mkfs_verify(env, &as_fs, err);
}
