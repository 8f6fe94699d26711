/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several consoles as one. */
#include "ui/screens.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ui/control.h"

/* Back to the line's start, and all of it away. */
static const char over[] = "\r\033[K";

enum { CLOSE_MS = 1000, MARK_MAX = 48 };

int screens_add(struct screens *s, const char *name, int out, int in)
{
	size_t at = 0;
	struct screen *n;

	while (at < s->n && (s->s[at].out >= 0 || s->s[at].in >= 0))
		at++;
	if (at == SCREENS_MAX || (out < 0 && in < 0))
		return -1;
	/* Writing to one that has gone is an error, and not the end of us; those that we start have it back (sys/exec.c). */
	signal(SIGPIPE, SIG_IGN);
	n = &s->s[at];
	*n = (struct screen){ .out = out, .in = in, .tty = out >= 0 && isatty(out) == 1 };
	snprintf(n->name, sizeof(n->name), "%s", name);
	s->n += at == s->n;
	return (int)at;
}

void screens_remove(struct screens *s, int at)
{
	struct screen *n = &s->s[at];

	if (n->in >= 0 && n->in != n->out)
		close(n->in);
	fd_close(&n->out);
	str_release(&n->waiting);
	*n = (struct screen){ .out = -1, .in = -1 };
}

static bool is_there(const struct screens *s, int fd)
{
	for (size_t i = 0; i < s->n; i++)
		if (terminal_same(s->s[i].out, fd))
			return true;
	return false;
}

/* NAME, if it is there and none of those before; SPEED as for terminal_speed(). */
static void open_line(struct screens *s, const char *name, unsigned int speed)
{
	AUTO_FD fd = terminal_open(name);
	int at;

	/* tty0 and tty1 may be one. */
	if (fd < 0 || is_there(s, fd))
		return;
	terminal_sane(fd);
	terminal_speed(fd, speed);
	at = screens_add(s, name, fd, fd);
	if (at < 0)
		return;
	s->s[at].local = true;
	fd = -1;
}

/* What the kernel writes to, then what the boot asked for besides. The other places are for stdout, stdin, and who is not here. */
static void open_consoles(struct screens *s)
{
	char names[SCREENS_LOCAL_MAX][TERMINAL_NAME];
	struct terminal_line asked[SCREENS_MAX];
	AUTO_STR text = STR_INIT;
	AUTO_STR words = STR_INIT;
	struct error ignored;
	size_t n = 0;

	if (!file_read("/proc/consoles", 65536, &text, &ignored))
		n = terminal_consoles(str_text(&text), names, ARRAY_LEN(names));
	for (size_t i = 0; i < n; i++)
		open_line(s, names[i], 0);
	n = file_read("/proc/cmdline", 65536, &words, &ignored) ? 0 : terminal_asked(str_text(&words), asked, ARRAY_LEN(asked));
	for (size_t i = 0; i < n && s->n < ARRAY_LEN(names); i++)
		open_line(s, asked[i].name, asked[i].speed);
}

void screens_open(struct screens *s, bool all)
{
	*s = (struct screens){ .n = 0 };
	if (all)
		open_consoles(s);
	if (!is_there(s, STDOUT_FILENO))
		screens_add(s, "stdout", terminal_reopen(STDOUT_FILENO), -1);
	if (!is_there(s, STDIN_FILENO) || !all)
		screens_add(s, "stdin", -1, fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
}

/* --- what is shown */

static void mark_left_out(struct screen *s)
{
	if (!s->left_out)
		return;
	str_addf(&s->waiting, "... %zu line%s left out\n", s->left_out, s->left_out == 1 ? "" : "s");
	s->left_out = 0;
}

static void flush(struct screen *s)
{
	size_t at = 0;

	if (s->out < 0)
		return;
	while (at < s->waiting.len) {
		ssize_t n = write(s->out, s->waiting.s + at, s->waiting.len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			/* Gone for good, or only full. */
			if (n < 0 && errno != EAGAIN)
				at = s->waiting.len;
			break;
		}
		at += (size_t)n;
	}
	if (at) {
		s->waiting.len -= at;
		memmove(s->waiting.s, s->waiting.s + at, s->waiting.len + 1);
	}
	if (!s->waiting.len && s->left_out) {
		mark_left_out(s);
		flush(s);
	}
}

void screens_flush(struct screens *s)
{
	for (size_t i = 0; i < s->n; i++)
		flush(&s->s[i]);
}

static void end_live(struct screen *s)
{
	if (s->live)
		str_add(&s->waiting, over);
	s->live = false;
}

/* One line, with its newline if it has one. */
static void add_line(struct screen *s, const char *line, size_t len)
{
	if (s->waiting.len + len + MARK_MAX > SCREEN_WAITING_MAX) {
		s->left_out++;
		return;
	}
	mark_left_out(s);
	str_addn(&s->waiting, line, len);
}

static void put(struct screen *s, const char *text)
{
	if (s->out < 0)
		return;
	flush(s);
	end_live(s);
	while (*text) {
		size_t len = strcspn(text, "\n");

		len += text[len] == '\n';
		add_line(s, text, len);
		text += len;
	}
	flush(s);
}

void screens_put(struct screens *s, const char *text)
{
	for (size_t i = 0; i < s->n; i++)
		put(&s->s[i], text);
}

size_t screens_put_local(struct screens *s, const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (!s->s[i].local)
			continue;
		put(&s->s[i], text);
		n++;
	}
	return n;
}

void screens_plain(struct screens *s, const char *text)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->s[i].tty)
			put(&s->s[i], text);
}

void screens_tell_others(struct screens *s, int busy, const char *text)
{
	for (size_t i = 0; i < s->n; i++)
		if ((int)i != busy)
			put(&s->s[i], text);
}

void screens_prompt(struct screens *s, const char *text)
{
	screens_put(s, text);
}

void screens_live(struct screens *s, const char *text)
{
	for (size_t i = 0; i < s->n; i++) {
		struct screen *n = &s->s[i];

		flush(n);
		if (!n->tty || n->waiting.len)
			continue;
		str_add(&n->waiting, "\r");
		str_add(&n->waiting, text);
		str_add(&n->waiting, "\033[K");
		n->live = true;
		flush(n);
	}
}

/* --- what is typed */

/* True if S gave a whole line. A line that is too long is cut. */
static bool take(struct screen *s, char ret[SCREEN_TYPED_MAX])
{
	char c;

	for (;;) {
		ssize_t n = read(s->in, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		/* Ctrl-D at a terminal is no end: it can be typed at again. Its hang-up is seen by poll(). */
		if (n < 0 || (!n && isatty(s->in) == 1))
			return false;
		if (!n) {
			s->in = -1;
			return false;
		}
		if (c == '\r' || c == '\n') {
			memcpy(ret, s->typed, s->n_typed);
			ret[s->n_typed] = '\0';
			s->n_typed = 0;
			return true;
		}
		if (s->n_typed < SCREEN_TYPED_MAX - 1)
			s->typed[s->n_typed++] = c;
		/* What was not opened by us may wait in read(). */
		struct pollfd p = { .fd = s->in, .events = POLLIN };

		if (poll(&p, 1, 0) != 1)
			return false;
	}
}

static nfds_t watch(struct screens *s, int busy, struct pollfd p[2 * SCREENS_MAX + 1], bool *ret_can)
{
	nfds_t n = 0;

	*ret_can = false;
	for (size_t i = 0; i < s->n; i++) {
		p[n++] = (struct pollfd){ .fd = (int)i == busy ? -1 : s->s[i].in, .events = POLLIN };
		p[n++] = (struct pollfd){ .fd = s->s[i].waiting.len ? s->s[i].out : -1, .events = POLLOUT };
		*ret_can |= s->s[i].in >= 0;
	}
	return n;
}

/* LINE came from the hub: where it was typed is kept, what was typed stays. */
static void strip(struct screen *s, char line[SCREEN_TYPED_MAX])
{
	const char *typed = control_typed(line, s->from);

	memmove(line, typed, strlen(typed) + 1);
}

/* Index of the screen whose line is in RET, or -1. */
static int taken(struct screens *s, const struct pollfd *p, char ret[SCREEN_TYPED_MAX])
{
	for (size_t i = 0; i < s->n; i++) {
		short seen = p[2 * i].revents;

		if (seen & POLLIN && take(&s->s[i], ret)) {
			if (s->s[i].relays)
				strip(&s->s[i], ret);
			return (int)i;
		}
		if (seen & (POLLERR | POLLNVAL) || (seen & POLLHUP && !(seen & POLLIN)))
			s->s[i].in = -1;
	}
	return -1;
}

int screens_line_or(struct screens *s, int busy, int fd, int timeout_ms, char ret[SCREEN_TYPED_MAX])
{
	uint64_t end = clock_mono_ms() + (uint64_t)(timeout_ms < 0 ? 0 : timeout_ms);
	struct pollfd p[2 * SCREENS_MAX + 1];
	bool can;

	for (;;) {
		nfds_t n = watch(s, busy, p, &can);
		uint64_t now = clock_mono_ms();
		int at;

		if (!can)
			return -2;
		p[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
		if (poll(p, n, timeout_ms < 0 ? -1 : now < end ? (int)(end - now) : 0) < 0 && errno != EINTR)
			return -2;
		screens_flush(s);
		at = taken(s, p, ret);
		if (at >= 0)
			return at;
		if (p[n - 1].revents)
			return -3;
		if (timeout_ms >= 0 && clock_mono_ms() >= end)
			return -1;
	}
}

bool screens_expect(struct screens *s, int at, const char *line, int timeout_ms)
{
	uint64_t end = clock_mono_ms() + (uint64_t)timeout_ms;
	char typed[SCREEN_TYPED_MAX];

	for (uint64_t now; (now = clock_mono_ms()) < end && s->s[at].in >= 0;) {
		struct pollfd p[2] = { { .fd = s->s[at].in, .events = POLLIN },
				       { .fd = s->s[at].waiting.len ? s->s[at].out : -1, .events = POLLOUT } };

		if (poll(p, 2, (int)(end - now)) < 0 && errno != EINTR)
			return false;
		flush(&s->s[at]);
		if (p[0].revents && take(&s->s[at], typed)) {
			strip(&s->s[at], typed);
			if (!strcmp(typed, line))
				return true;
		}
		if (p[0].revents & (POLLERR | POLLHUP))
			return false;
	}
	return false;
}

int screens_line(struct screens *s, int timeout_ms, char ret[SCREEN_TYPED_MAX])
{
	return screens_line_or(s, -1, -1, timeout_ms, ret);
}

/* --- the end */

static bool all_sent(struct screens *s)
{
	screens_flush(s);
	for (size_t i = 0; i < s->n; i++)
		if (s->s[i].waiting.len || (s->s[i].tty && terminal_unsent(s->s[i].out)))
			return false;
	return true;
}

void screens_drain(struct screens *s)
{
	uint64_t end = clock_mono_ms() + CLOSE_MS;

	while (!all_sent(s) && clock_mono_ms() < end)
		poll(NULL, 0, 20);
}

void screens_close(struct screens *s)
{
	screens_drain(s);
	for (size_t i = 0; i < s->n; i++) {
		struct screen *n = &s->s[i];

		/* A serial line that nobody reads would hold up the close for 30 s (serial_core.c: closing_wait). */
		if (n->tty && (n->waiting.len || terminal_unsent(n->out)))
			terminal_drop(n->out);
		if (n->in >= 0 && n->in != n->out)
			close(n->in);
		fd_close(&n->out);
		str_release(&n->waiting);
	}
	s->n = 0;
}
