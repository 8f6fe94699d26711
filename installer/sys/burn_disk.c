/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a disk: three parts of it in order, and single blocks all over. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/order.h"
#include "sys/block.h"
#include "sys/burn.h"

enum { CHUNK = 1 << 20, BLOCK = 4096 };
static const uint64_t part_bytes = UINT64_C(1) << 30;

struct reading {
	int fd;
	ssize_t (*read)(int fd, void *buf, size_t len, off_t at);
	uint64_t size; /* whole blocks */
	unsigned char *buf;
	struct burnt_disk *out;
};

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* 0 or an errno. */
static int read_all(struct reading *r, uint64_t at, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = r->read(r->fd, r->buf + done, len - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? errno : ENODATA;
		done += (size_t)n;
	}
	r->out->tested += len;
	return 0;
}

static void note_error(struct reading *r, uint64_t at, int code)
{
	if (r->out->errors++)
		return;
	r->out->first_error = at;
	r->out->error = code;
}

/* Which of its blocks do not come. */
static void read_bad_chunk(struct reading *r, uint64_t at, size_t len)
{
	for (size_t done = 0; done < len && r->out->errors < BURN_ERRORS_MAX; done += BLOCK) {
		int code = read_all(r, at + done, BLOCK);

		if (code)
			note_error(r, at + done, code);
	}
}

static void read_part(struct reading *r, const char *name, uint64_t from, uint64_t to)
{
	uint64_t begun = now_us(), us, rate;

	if (from >= to)
		return;
	for (uint64_t at = from; at < to && r->out->errors < BURN_ERRORS_MAX; at += CHUNK) {
		size_t len = to - at < CHUNK ? (size_t)(to - at) : CHUNK;

		if (read_all(r, at, len))
			read_bad_chunk(r, at, len);
	}
	us = now_us() - begun;
	rate = (uint64_t)((double)(to - from) * 1e6 / (double)(us ? us : 1));
	if (r->out->slowest && rate >= r->out->rate)
		return;
	r->out->rate = rate;
	r->out->slowest = name;
}

static uint64_t block_down(uint64_t v)
{
	return v - v % BLOCK;
}

static void read_parts(struct reading *r, const struct burn_disk *how)
{
	uint64_t part = block_down(how->part ? how->part : part_bytes), third = block_down(r->size / 3);

	if (how->whole || part > third)
		part = third;
	if (part == third) {
		read_part(r, "begin", 0, third);
		read_part(r, "middle", third, 2 * third);
		read_part(r, "end", 2 * third, r->size);
		return;
	}
	read_part(r, "begin", 0, part);
	read_part(r, "middle", block_down(r->size / 2 - part / 2), block_down(r->size / 2 - part / 2) + part);
	read_part(r, "end", r->size - part, r->size);
}

static void read_blocks(struct reading *r, const struct burn_disk *how)
{
	uint64_t *us = calloc(how->reads ? how->reads : 1, sizeof(*us)), seed = how->seed;
	size_t n = 0;

	if (!us)
		abort();
	for (uint64_t i = 0; i < how->reads && r->out->errors < BURN_ERRORS_MAX; i++) {
		uint64_t at, begun;
		int code;

		/* A linear congruential step (Knuth, TAOCP 3.3.4): the high bits are good enough for places. */
		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		at = (seed >> 16) % (r->size / BLOCK) * BLOCK;
		begun = now_us();
		code = read_all(r, at, BLOCK);
		us[n] = now_us() - begun;
		if (code) {
			note_error(r, at, code);
			continue;
		}
		if (us[n] > r->out->worst_us) {
			r->out->worst_us = us[n];
			r->out->worst_at = at;
		}
		n++;
	}
	qsort(us, n, sizeof(*us), order_u64);
	r->out->latency_us = n ? us[n / 2] : 0;
	free(us);
}

int burn_disk(const struct burn_disk *how, struct burnt_disk *ret, struct error *err)
{
	AUTO_FD fd = open(how->path, O_RDONLY | O_CLOEXEC | O_DIRECT);
	struct reading r = { .out = ret, .read = how->read ? how->read : pread };
	struct block b;

	*ret = (struct burnt_disk){ 0 };
	/* A file system may not know O_DIRECT; a disk's driver does. */
	if (fd < 0 && errno == EINVAL)
		fd = open(how->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, errno, "%s", how->path);
	if (block_measure(fd, &b, err))
		return error_wrap(err, "%s", how->path);
	r.fd = fd;
	r.size = block_down(b.size);
	if (!r.size)
		return error_set(err, ERR_IO, "%s: has no block that could be read", how->path);
	if (posix_memalign((void **)&r.buf, BLOCK, CHUNK))
		abort();
	read_parts(&r, how);
	read_blocks(&r, how);
	free(r.buf);
	return 0;
}
