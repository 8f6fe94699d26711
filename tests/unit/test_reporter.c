/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Progress to a URL: whole lines, in batches, none twice; a server that is not there; what is dropped is counted. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "engine/reporter.h"
#include "tap.h"

static struct error err;
static char path[] = "/tmp/fulcrum-report-XXXXXX";
static struct str got;
static char type[64], pin[64];
static unsigned int posts;
static bool down;
static int file;

static int w_post(struct sys *s UNUSED, const struct sys_post *p, struct error *e)
{
	if (down)
		return error_set(e, ERR_NET, "%s: connection refused", p->url);
	posts++;
	snprintf(type, sizeof(type), "%s", p->headers[0]);
	snprintf(pin, sizeof(pin), "%s", p->pin ? p->pin : "");
	str_addn(&got, p->body, p->len);
	return 0;
}

static const struct sys_ops ops = { .post = w_post };
static struct sys sys = { .ops = &ops };

static void add(const char *text)
{
	if (fd_write_all(file, text, strlen(text), &err))
		exit(1);
}

static void test_lines(void)
{
	struct reporter r = { .sys = &sys, .url = "https://h/", .pin = "sha256//x", .path = path };

	add("{\"t\":\"a\"}\n{\"t\":\"b\"}\n{\"t\":");
	ok(reporter_turn(&r, &err) == 1 && posts == 1, "what there is goes out");
	is_str(str_text(&got), "{\"t\":\"a\"}\n{\"t\":\"b\"}\n", "as whole lines");
	is_str(type, "Content-Type: application/x-ndjson", "said to be what they are");
	is_str(pin, "sha256//x", "to the server with that key alone");
	ok(reporter_turn(&r, &err) == 0 && posts == 1, "half a line waits");
	add("\"c\"}\n");
	down = true;
	ok(reporter_turn(&r, &err) == -1 && reporter_wait_ms(&r) == 2 * REPORT_EVERY_MS, "a server that is not there is tried again, later");
	for (int i = 0; i < 20; i++)
		ok(reporter_turn(&r, &err) == -1, "and again");
	ok(reporter_wait_ms(&r) == REPORT_RETRY_MS, "at last four times a minute");
	down = false;
	str_clear(&got);
	ok(reporter_turn(&r, &err) == 0, "until it is");
	is_str(str_text(&got), "{\"t\":\"c\"}\n", "no line was lost, none comes twice");
	ok(!r.failed && !r.dropped, "nothing was dropped");
}

static void test_dropped(void)
{
	struct reporter r = { .sys = &sys, .url = "http://h/", .path = path };
	char line[80];
	size_t lines = 0, told = 0;
	unsigned int most = posts;

	for (; lines < 20000; lines++) {
		snprintf(line, sizeof(line), "{\"t\":\"step\",\"n\":%06zu,\"text\":\"something of some length\"}\n", lines);
		add(line);
	}
	down = true;
	ok(reporter_turn(&r, &err) == -1 && r.dropped, "what is too much for a server that is not there is dropped");
	down = false;
	str_clear(&got);
	for (int rc = 1, turns = 0; rc > 0 && turns < 100; turns++)
		rc = reporter_turn(&r, &err);
	ok(str_starts(str_text(&got), "{\"t\":\"report\",\"who\":\"report\",\"dropped\":"), "the server is told first how many lines it misses");
	ok(sscanf(str_text(&got), "{\"t\":\"report\",\"who\":\"report\",\"dropped\":%zu", &told) == 1, "with a number");
	for (const char *s = str_text(&got); (s = strstr(s, "\"t\":\"step\"")); s++)
		lines--;
	/* Three lines were there before. */
	ok(lines + 3 == told, "which is right: %zu", told);
	ok(str_ends(str_text(&got), line), "and gets the newest");
	ok(got.len <= REPORT_BACKLOG_MAX + REPORT_BATCH_MAX && posts - most >= 3, "in several requests");
}

int main(void)
{
	file = mkstemp(path);
	if (file < 0)
		return 1;
	test_lines();
	test_dropped();
	unlink(path);
	close(file);
	str_release(&got);
	return tap_end();
}
