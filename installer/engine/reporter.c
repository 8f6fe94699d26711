/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Progress to a URL. */
#include "engine/reporter.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

static const char *const headers[] = { "Content-Type: application/x-ndjson", NULL };

/* Whole lines from R's offset on, at most MAX bytes, into RET. */
static int read_lines(const struct reporter *r, size_t max, struct str *ret, uint64_t *ret_size, struct error *err)
{
	AUTO_FD fd = open(r->path, O_RDONLY | O_CLOEXEC);
	char *buf, *end;
	struct stat st;
	ssize_t n;

	*ret_size = r->offset;
	if (fd < 0 || fstat(fd, &st))
		return error_sys(err, errno, "%s", r->path);
	*ret_size = (uint64_t)st.st_size;
	buf = malloc(max);
	if (!buf)
		abort();
	n = pread(fd, buf, max, (off_t)r->offset);
	end = n > 0 ? memrchr(buf, '\n', (size_t)n) : NULL;
	if (end)
		str_addn(ret, buf, (size_t)(end - buf) + 1);
	free(buf);
	return n < 0 ? error_sys(err, errno, "%s", r->path) : 0;
}

static uint64_t count_lines(const struct str *text)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text->len; i++)
		n += text->s[i] == '\n';
	return n;
}

/* What is too old to be kept for a server that does not take it. */
static int drop_old(struct reporter *r, struct error *err)
{
	uint64_t size;

	do {
		AUTO_STR text = STR_INIT;

		if (read_lines(r, REPORT_BATCH_MAX, &text, &size, err))
			return -1;
		if (size - r->offset <= REPORT_BACKLOG_MAX || !text.len)
			return 0;
		r->dropped += count_lines(&text);
		r->offset += text.len;
	} while (size - r->offset > REPORT_BACKLOG_MAX / 2);
	return 0;
}

int reporter_turn(struct reporter *r, struct error *err)
{
	AUTO_STR text = STR_INIT;
	AUTO_STR body = STR_INIT;
	uint64_t size;

	if (drop_old(r, err) || read_lines(r, REPORT_BATCH_MAX, &text, &size, err))
		return -1;
	if (!text.len)
		return 0;
	if (r->dropped)
		str_addf(&body, "{\"t\":\"report\",\"who\":\"report\",\"dropped\":%" PRIu64 ",\"ms\":%" PRIu64 "}\n", r->dropped, clock_mono_ms());
	str_addn(&body, text.s, text.len);
	if (r->sys->ops->post(r->sys, &(struct sys_post){ .url = r->url, .pin = r->pin, .headers = headers, .body = body.s, .len = body.len }, err)) {
		r->failed++;
		return -1;
	}
	r->failed = 0;
	r->dropped = 0;
	r->offset += text.len;
	return r->offset < size;
}

unsigned int reporter_wait_ms(const struct reporter *r)
{
	unsigned int ms = REPORT_EVERY_MS;

	for (unsigned int i = 0; i < r->failed && ms < REPORT_RETRY_MS; i++)
		ms *= 2;
	return ms < REPORT_RETRY_MS ? ms : REPORT_RETRY_MS;
}

static void run(void *ctx, int fd)
{
	struct reporter *r = ctx;
	struct error ignored;
	uint64_t end;
	int rc = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		/* Nothing is written there: it wakes us when the installer ends. */
		if (poll(&p, 1, rc > 0 ? 0 : (int)reporter_wait_ms(r)) > 0)
			break;
		rc = reporter_turn(r, &ignored);
	}
	end = clock_mono_ms() + REPORT_END_MS;
	while (reporter_turn(r, &ignored) && clock_mono_ms() < end)
		poll(NULL, 0, 200);
}

int reporter_start(struct reporter *r, struct task *t, struct error *err)
{
	return task_start(run, r, t, err);
}
