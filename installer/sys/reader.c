/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child that reads. Request and answers are structs over the task's socket: both ends are this program. */
#include "sys/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "sys/task.h"

/* A read of the child's: small, so that a slow medium is seen to move. */
enum { PIECE = 128 << 10, END_MS = 200 };

struct request {
	uint64_t at, len;
};

enum answer_kind { ANSWER_OPEN, ANSWER_DATA, ANSWER_RETRY, ANSWER_FAILED };
struct answer {
	enum answer_kind kind;
	int code;     /* an errno */
	uint64_t at;  /* of the data, or of the byte that does not come */
	uint64_t len; /* of the data that follows; of all, when it was opened */
};

struct reader {
	struct task task;
	struct reader_how how;
	const char *path;
	uint64_t size;
	bool dead;
};

/* --- in the child */

struct child {
	const char *path;
	const struct reader_how *how;
	int out, fd;
};

static int open_path(struct child *c)
{
	fd_close(&c->fd);
	c->fd = open(c->path, O_RDONLY | O_CLOEXEC);
	if (c->fd < 0)
		return errno;
	/* What was read before comes from the medium again, not from memory. */
	posix_fadvise(c->fd, 0, 0, POSIX_FADV_DONTNEED);
	return 0;
}

static bool answer(const struct child *c, enum answer_kind kind, int code, uint64_t at, uint64_t len, const void *data)
{
	const struct answer a = { kind, code, at, len };
	struct error ignored;

	return !fd_write_all(c->out, &a, sizeof(a), &ignored) && (!data || !fd_write_all(c->out, data, (size_t)len, &ignored));
}

/* One piece at AT, tried several times; *RET_N bytes came. An errno. */
static int read_piece(struct child *c, uint64_t at, unsigned char *buf, size_t len, size_t *ret_n, bool *ret_parent)
{
	int code = 0;

	for (int try = 0; try < READER_TRIES; try++) {
		ssize_t n;

		if (try) {
			*ret_parent = answer(c, ANSWER_RETRY, code, at, 0, NULL);
			if (!*ret_parent)
				return code;
			poll(NULL, 0, (int)c->how->pause_ms[try - 1]);
		}
		if (try || c->fd < 0) {
			code = open_path(c);
			if (code)
				continue;
		}
		do
			n = pread(c->fd, buf, len, (off_t)at);
		while (n < 0 && errno == EINTR);
		if (n > 0) {
			*ret_n = (size_t)n;
			return 0;
		}
		/* An end where there was none is a medium that went. */
		code = n ? errno : ENODATA;
	}
	return code;
}

static bool serve(struct child *c, struct request r)
{
	static unsigned char buf[PIECE];

	while (r.len) {
		bool parent = true;
		size_t n = 0;
		int code = read_piece(c, r.at, buf, r.len < PIECE ? (size_t)r.len : PIECE, &n, &parent);

		if (code)
			return parent && answer(c, ANSWER_FAILED, code, r.at, 0, NULL);
		if (!answer(c, ANSWER_DATA, 0, r.at, n, buf))
			return false;
		r.at += n;
		r.len -= n;
	}
	/* The next ones come into memory while these are looked at. */
	posix_fadvise(c->fd, (off_t)r.at, 8 * PIECE, POSIX_FADV_WILLNEED);
	return true;
}

static bool take_request(int fd, struct request *r)
{
	ssize_t n;

	do
		n = recv(fd, r, sizeof(*r), MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*r);
}

static void child_main(void *ctx, int fd)
{
	struct reader *reader = ctx;
	struct child c = { .path = reader->path, .how = &reader->how, .out = fd, .fd = -1 };
	struct request r;
	int code = open_path(&c);
	off_t size = code ? 0 : lseek(c.fd, 0, SEEK_END);

	if (!code && size < 0)
		code = errno;
	if (!answer(&c, ANSWER_OPEN, code, 0, code ? 0 : (uint64_t)size, NULL) || code)
		return;
	while (take_request(fd, &r) && serve(&c, r))
		;
}

/* --- in the parent */

static void tell(const struct reader *r, const char *text)
{
	if (r->how.tell)
		r->how.tell(r->how.ctx, text);
}

static int gone(struct reader *r, int code, struct error *err, const char *what)
{
	r->dead = true;
	error_set(err, ERR_IO, "%s: %s", r->path, what);
	err->sys = code;
	return error_hint(err, "look whether the medium still is plugged in; write it again, or take another one or another port");
}

/* LEN bytes from the child, of what stands AT in the medium. */
static int take(struct reader *r, void *buf, size_t len, uint64_t at, struct error *err)
{
	uint64_t last = clock_mono_ms(), told = last;
	unsigned char *p = buf;

	while (len) {
		struct pollfd wait = { .fd = r->task.fd, .events = POLLIN };
		uint64_t now;
		ssize_t n = recv(r->task.fd, p, len, 0);

		now = clock_mono_ms();
		if (n > 0) {
			p += n;
			len -= (size_t)n;
			last = told = now;
			continue;
		}
		if (!n || (errno != EAGAIN && errno != EINTR))
			return gone(r, EIO, err, "its reader ended");
		if (now - last >= r->how.give_up_ms) {
			char text[96];

			snprintf(text, sizeof(text), "gave no byte for %u s, at byte %" PRIu64, r->how.give_up_ms / 1000, at);
			return gone(r, ETIMEDOUT, err, text);
		}
		if (now - told >= r->how.quiet_ms) {
			char text[96];

			told = now;
			snprintf(text, sizeof(text), "no byte for %" PRIu64 " s, at byte %" PRIu64 ": still waiting", (now - last) / 1000, at);
			tell(r, text);
		}
		poll(&wait, 1, 200);
	}
	return 0;
}

static int take_answer(struct reader *r, struct answer *a, uint64_t at, struct error *err)
{
	for (;;) {
		char text[160];

		if (take(r, a, sizeof(*a), at, err))
			return -1;
		if (a->kind != ANSWER_RETRY)
			return 0;
		snprintf(text, sizeof(text), "byte %" PRIu64 " cannot be read (%s): trying again", a->at, strerror(a->code));
		tell(r, text);
	}
}

static void set_defaults(struct reader_how *h)
{
	static const unsigned int pauses[READER_TRIES - 1] = { 500, 2000, 8000 };

	h->quiet_ms = h->quiet_ms ? h->quiet_ms : 10000;
	h->give_up_ms = h->give_up_ms ? h->give_up_ms : 180000;
	for (size_t i = 0; i < READER_TRIES - 1; i++)
		h->pause_ms[i] = h->pause_ms[i] ? h->pause_ms[i] : pauses[i];
}

int reader_open(const char *path, const struct reader_how *how, struct reader **ret, struct error *err)
{
	struct reader *r = calloc(1, sizeof(*r));
	struct answer a;

	if (!r)
		abort();
	r->how = *how;
	set_defaults(&r->how);
	r->path = strdup(path);
	if (!r->path)
		abort();
	*ret = r;
	if (task_start(child_main, r, &r->task, err) || take_answer(r, &a, 0, err)) {
		reader_close(ret);
		return -1;
	}
	if (a.code) {
		error_sys(err, a.code, "%s", path);
		reader_close(ret);
		return -1;
	}
	r->size = a.len;
	return 0;
}

uint64_t reader_size(const struct reader *r)
{
	return r->size;
}

int reader_read(struct reader *r, uint64_t at, void *buf, size_t len, struct error *err)
{
	const struct request q = { at, len };
	unsigned char *p = buf;

	if (r->dead)
		return gone(r, ETIMEDOUT, err, "does not answer any more");
	/* The child waits for it: it has room for so little. */
	if (len && send(r->task.fd, &q, sizeof(q), MSG_NOSIGNAL) != (ssize_t)sizeof(q))
		return gone(r, EIO, err, "its reader ended");
	while (len) {
		struct answer a;

		if (take_answer(r, &a, at, err))
			return -1;
		if (a.kind != ANSWER_DATA) {
			error_set(err, ERR_IO, "byte %" PRIu64 " cannot be read: %s", a.at, strerror(a.code));
			err->sys = a.code;
			return -1;
		}
		if (a.at != at || a.len > len)
			return gone(r, EIO, err, "its reader gave something else");
		if (take(r, p, (size_t)a.len, at, err))
			return -1;
		p += a.len;
		at += a.len;
		len -= (size_t)a.len;
	}
	return 0;
}

void reader_close(struct reader **r)
{
	if (!*r)
		return;
	task_end(&(*r)->task, END_MS);
	free((void *)(uintptr_t)(*r)->path);
	free(*r);
	*r = NULL;
}
