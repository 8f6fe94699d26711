/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical bounds, measured in the same machine and the same run as what they bound: the plainest way to move the
 * same bytes. Only where the site file says `bench: true`; the figures go to the progress channel.
 */
#include "ops/bench.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"

void bench_tell(const char *who, const char *name, uint64_t bytes, uint64_t ms)
{
	char b[24], m[24];

	snprintf(b, sizeof(b), "%" PRIu64, bytes);
	snprintf(m, sizeof(m), "%" PRIu64, ms);
	channel_emit("bench", who, "name", name, "bytes", b, "ms", m, NULL);
}

/* KEY's kibibytes in /proc/meminfo, or 0. */
static uint64_t meminfo_kib(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

void bench_memory(struct sys *s, const char *who)
{
	struct rusage self, children;
	AUTO_STR text = STR_INIT;
	struct error ignored;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	bench_tell(who, "memory-own", (uint64_t)self.ru_maxrss * 1024, 0);
	bench_tell(who, "memory-child", (uint64_t)children.ru_maxrss * 1024, 0);
	if (s->ops->read_file(s, "/proc/meminfo", 1 << 16, &text, &ignored))
		return;
	/* What can be had at once counts as free, the root image in memory as used. */
	bench_tell(who, "memory-in-use",
		   (meminfo_kib(str_text(&text), "MemTotal:") - meminfo_kib(str_text(&text), "MemAvailable:")) * 1024, 0);
}

struct plain {
	struct op_env *env;
	int h;
	uint64_t at, limit;
};

static int plain_write(void *ctx, const void *data, size_t len, struct error *err)
{
	struct plain *p = ctx;

	if (p->at + len > p->limit)
		return error_set(err, ERR_INTERNAL, "bench: the plain stream is larger than the image");
	if (p->env->sys->ops->write_at(p->env->sys, p->h, p->at, data, len, err))
		return -1;
	p->at += len;
	return 0;
}

int bench_stream(struct op_env *env, const struct op_image *p, const char *dev, struct error *err)
{
	const char *name = str_starts(env->source, "file://") ? "plain-file-to-disk" : "plain-http-to-disk";
	AUTO_STR url = STR_INIT;

	str_addf(&url, "%s/bench/%s.raw", env->source, p->image);
	/* Twice, and the second counts: the first finds the server's cache and the disk's space cold. */
	for (int round = 0; round < 2; round++) {
		struct plain plain = { .env = env, .limit = p->image_bytes };
		uint64_t start = clock_mono_ms();
		int rc;

		if (env->sys->ops->open_block(env->sys, dev, &plain.h, err))
			return -1;
		rc = env->sys->ops->fetch(env->sys, str_text(&url), 0, 0, plain_write, &plain, err);
		if (env->sys->ops->close(env->sys, plain.h, true, err))
			rc = -1;
		if (rc)
			return error_wrap(err, "bench");
		if (round)
			bench_tell("agent", name, plain.at, clock_mono_ms() - start);
	}
	return 0;
}

struct plain_copy {
	struct sys *sys;
	int h;
	uint64_t at;
	struct hash hash;
};

static int hash_and_write(void *ctx, const void *data, size_t len, struct error *err)
{
	struct plain_copy *c = ctx;

	hash_add(&c->hash, data, len);
	if (c->sys->ops->write_at(c->sys, c->h, c->at, data, len, err))
		return -1;
	c->at += len;
	return 0;
}

static int copy_one(struct sys *s, const char *url, const char *to, uint64_t *bytes, struct error *err)
{
	struct plain_copy c = { .sys = s };
	char hex[HASH_HEX];
	struct error later;
	int rc;

	hash_begin(&c.hash);
	if (s->ops->create(s, to, 0644, &c.h, err))
		return -1;
	rc = s->ops->fetch(s, url, 0, 0, hash_and_write, &c, err);
	hash_end(&c.hash, hex);
	if (s->ops->close(s, c.h, false, rc ? &later : err))
		rc = -1;
	*bytes += c.at;
	return rc;
}

/* The medium's pages leave memory, so that both copies read from the medium. */
static void forget(const char *path)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

static int copy_all(struct sys *s, const char *source, const struct seed *seed, const char *dir, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	uint64_t start = clock_mono_ms(), bytes = 0;

	for (size_t i = 0; i < seed->n; i++)
		if (copy_one(s, arena_printf(&a, "%s/%s", source, seed->entries[i].path), arena_printf(&a, "%s/%zu", dir, i),
			     &bytes, err))
			return error_wrap(err, "bench");
	if (s->ops->sync(s, err))
		return -1;
	bench_tell("install", "plain-verified-copy", bytes, clock_mono_ms() - start);
	return 0;
}

int bench_copy(struct op_env *env, const struct seed *seed, const char *data, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *dir = arena_printf(&a, "%s/bench-copy", data), *from = env->source + strlen("file://");
	struct sys *s = env->sys;
	struct error later;
	int rc;

	for (size_t i = 0; i < seed->n; i++)
		forget(arena_printf(&a, "%s/%s", from, seed->entries[i].path));
	if (s->ops->make_dirs(s, dir, 0700, err))
		return -1;
	rc = copy_all(s, env->source, seed, dir, err);
	/* Nothing of it stays on the admin node, whatever the outcome. */
	if (s->ops->remove(s, dir, rc ? &later : err))
		rc = -1;
	return rc;
}
