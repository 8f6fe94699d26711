/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One installer, several watchers. */
#include "ui/hub.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ui/control.h"

enum { END_MS = 1000 };

static const char clear[] = "\033[K", lost_mark[] = "\n... some lines were left out\n";

struct watcher {
	int fd; /* -1: none */
	bool lost;
	struct str waiting;
	char typed[HUB_TYPED_MAX];
	size_t n_typed;
	char terminal[TERMINAL_NAME]; /* "": it has none */
	bool held; /* the installer writes there itself */
};

struct hub {
	int fd, listener;
	struct live_cut cut;
	struct control_cut control;
	struct str kept; /* what was said, without lines that moved */
	struct watcher w[HUB_WATCHERS_MAX];
};

/* --- lines that move */

void live_cut(struct live_cut *c, const char *data, size_t n, struct str *text)
{
	for (size_t i = 0; i < n; i++) {
		if (!c->inside) {
			if (data[i] == '\r')
				c->inside = true;
			else
				str_addc(text, data[i]);
			continue;
		}
		str_addc(&c->now, data[i]);
		if (!str_ends(str_text(&c->now), clear))
			continue;
		str_cut(&c->now, c->now.len - strlen(clear));
		str_clear(&c->line);
		str_add(&c->line, str_text(&c->now));
		str_clear(&c->now);
		c->inside = false;
	}
}

void live_cut_release(struct live_cut *c)
{
	str_release(&c->now);
	str_release(&c->line);
}

/* --- watchers */

static void drop(struct watcher *w)
{
	fd_close(&w->fd);
	str_release(&w->waiting);
	*w = (struct watcher){ .fd = -1 };
}

static void flush(struct watcher *w)
{
	while (w->fd >= 0 && w->waiting.len) {
		ssize_t n = send(w->fd, w->waiting.s, w->waiting.len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			drop(w);
			return;
		}
		w->waiting.len -= (size_t)n;
		memmove(w->waiting.s, w->waiting.s + n, w->waiting.len + 1);
		if (!w->waiting.len && w->lost) {
			w->lost = false;
			str_add(&w->waiting, lost_mark);
		}
	}
}

static void tell(struct watcher *w, const char *data, size_t n)
{
	if (w->fd < 0 || w->held)
		return;
	flush(w);
	if (w->fd < 0)
		return;
	if (w->lost || w->waiting.len + n > HUB_WAITING_MAX)
		w->lost = true;
	else
		str_addn(&w->waiting, data, n);
	flush(w);
}

static void tell_text(struct watcher *w, const char *text)
{
	tell(w, text, strlen(text));
}

/* The oldest lines go. */
static void bound(struct str *kept)
{
	const char *cut;

	if (kept->len <= HUB_KEPT_MAX)
		return;
	cut = memchr(kept->s + kept->len - HUB_KEPT_MAX / 2, '\n', HUB_KEPT_MAX / 2);
	cut = cut ? cut + 1 : kept->s + kept->len - HUB_KEPT_MAX / 2;
	kept->len -= (size_t)(cut - kept->s);
	memmove(kept->s, cut, kept->len + 1);
}

static void welcome(struct hub *h)
{
	int fd = accept4(h->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	for (size_t i = 0; i < HUB_WATCHERS_MAX && fd >= 0; i++) {
		struct watcher *w = &h->w[i];

		if (w->fd >= 0)
			continue;
		*w = (struct watcher){ .fd = fd };
		fd = -1;
		tell(w, str_text(&h->kept), h->kept.len);
		if (h->cut.line.len) {
			AUTO_STR live = STR_INIT;

			str_addf(&live, "\r%s%s", str_text(&h->cut.line), clear);
			tell(w, str_text(&live), live.len);
		}
	}
	fd_close(&fd);
}

/* --- the two directions */

/* A question stands at the end of what was said, without a newline. */
static bool is_asking(const struct hub *h)
{
	return h->kept.len && h->kept.s[h->kept.len - 1] != '\n';
}

/* LINE of the installer: the watcher at that terminal lets go of it, or has it again. */
static void lend(struct hub *h, const char *line)
{
	const char *name = strchr(line, ' ');
	bool hold = str_starts(line, CONTROL_HOLD " ");

	for (size_t i = 0; i < HUB_WATCHERS_MAX && name; i++) {
		struct watcher *w = &h->w[i];

		if (w->fd < 0 || !w->terminal[0] || !str_eq(w->terminal, name + 1) || w->held == hold)
			continue;
		w->held = false;
		tell_text(w, hold ? CONTROL_HOLD "\n" : CONTROL_FREE "\n");
		w->held = hold;
	}
}

/* False once the installer has gone. */
static bool say(struct hub *h)
{
	char buf[8192];
	ssize_t n = read(h->fd, buf, sizeof(buf));
	bool control;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	for (size_t at = 0; at < (size_t)n;) {
		AUTO_STR text = STR_INIT;

		at += control_cut(&h->control, buf + at, (size_t)n - at, &text, &control);
		live_cut(&h->cut, str_text(&text), text.len, &h->kept);
		for (size_t i = 0; i < HUB_WATCHERS_MAX; i++)
			tell(&h->w[i], str_text(&text), text.len);
		if (control)
			lend(h, str_text(&h->control.line));
	}
	bound(&h->kept);
	return n > 0;
}

/* What was typed, and where. False if the installer does not take it. */
static bool pass_on(struct hub *h, const struct watcher *from, const char *typed)
{
	AUTO_STR line = STR_INIT;

	if (from->terminal[0])
		str_addf(&line, "%c%s ", CONTROL_ENQ, from->terminal);
	str_addf(&line, "%s\n", typed);
	return send(h->fd, line.s, line.len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)line.len;
}

/* A word of the watcher's program, no answer. */
static void hear_control(struct hub *h, struct watcher *from, const char *line)
{
	if (str_starts(line, CONTROL_TERMINAL) && control_terminal_is_good(line + strlen(CONTROL_TERMINAL)))
		snprintf(from->terminal, sizeof(from->terminal), "%s", line + strlen(CONTROL_TERMINAL));
	else if (str_eq(line, CONTROL_HELD) && from->held)
		(void)!pass_on(h, from, line);
}

/* The first answer counts; who comes later is told. */
static void answer(struct hub *h, struct watcher *from)
{
	AUTO_STR line = STR_INIT;

	str_addn(&line, from->typed, from->n_typed);
	from->n_typed = 0;
	if (str_text(&line)[0] == CONTROL_ENQ) {
		hear_control(h, from, str_text(&line));
		return;
	}
	if (!is_asking(h)) {
		tell_text(from, "nothing is asked now\n");
		return;
	}
	if (!pass_on(h, from, str_text(&line)))
		return;
	str_addf(&h->kept, "%s\n", str_text(&line));
	for (size_t i = 0; i < HUB_WATCHERS_MAX; i++)
		if (&h->w[i] != from)
			tell_text(&h->w[i], "(answered at another login)\n");
}

static void hear(struct hub *h, struct watcher *w)
{
	char buf[HUB_TYPED_MAX];
	ssize_t n = recv(w->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (!n || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		drop(w);
		return;
	}
	for (ssize_t i = 0; i < n && w->fd >= 0; i++) {
		if (buf[i] == '\n')
			answer(h, w);
		else if (w->n_typed < HUB_TYPED_MAX - 2)
			w->typed[w->n_typed++] = buf[i];
	}
}

static int listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	AUTO_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || strlen(path) >= sizeof(at.sun_path))
		return -1;
	strcpy(at.sun_path, path);
	unlink(path);
	umask(077);
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) || listen(fd, HUB_WATCHERS_MAX))
		return -1;
	return fd_take(&fd);
}

static void turn(struct hub *h, bool *goes_on)
{
	struct pollfd p[HUB_WATCHERS_MAX + 2];

	for (size_t i = 0; i < HUB_WATCHERS_MAX; i++)
		p[i] = (struct pollfd){ .fd = h->w[i].fd, .events = (short)(POLLIN | (h->w[i].waiting.len ? POLLOUT : 0)) };
	p[HUB_WATCHERS_MAX] = (struct pollfd){ .fd = h->fd, .events = POLLIN };
	p[HUB_WATCHERS_MAX + 1] = (struct pollfd){ .fd = h->listener, .events = POLLIN };
	if (poll(p, HUB_WATCHERS_MAX + 2, -1) < 0)
		return;
	for (size_t i = 0; i < HUB_WATCHERS_MAX; i++) {
		if (p[i].revents & POLLOUT)
			flush(&h->w[i]);
		if (p[i].revents & (POLLIN | POLLHUP | POLLERR) && h->w[i].fd >= 0)
			hear(h, &h->w[i]);
	}
	if (p[HUB_WATCHERS_MAX].revents)
		*goes_on = say(h);
	if (p[HUB_WATCHERS_MAX + 1].revents)
		welcome(h);
}

void hub_run(const char *socket_path, int fd)
{
	struct hub h = { .fd = fd, .listener = listen_at(socket_path), .cut = LIVE_CUT_INIT, .control = CONTROL_CUT_INIT };
	uint64_t end;
	bool goes_on = true, waits = true;

	for (size_t i = 0; i < HUB_WATCHERS_MAX; i++)
		h.w[i].fd = -1;
	while (goes_on)
		turn(&h, &goes_on);
	for (end = clock_mono_ms() + END_MS; waits && clock_mono_ms() < end; poll(NULL, 0, 10)) {
		waits = false;
		for (size_t i = 0; i < HUB_WATCHERS_MAX; i++) {
			flush(&h.w[i]);
			waits |= h.w[i].fd >= 0 && h.w[i].waiting.len;
		}
	}
	for (size_t i = 0; i < HUB_WATCHERS_MAX; i++)
		if (h.w[i].fd >= 0)
			drop(&h.w[i]);
	if (h.listener >= 0)
		unlink(socket_path);
	fd_close(&h.listener);
	live_cut_release(&h.cut);
	control_cut_release(&h.control);
	str_release(&h.kept);
}

static void run_task(void *ctx, int fd)
{
	hub_run(ctx, fd);
}

int hub_start(const char *socket_path, struct task *t, struct error *err)
{
	return task_start(run_task, (void *)(uintptr_t)socket_path, t, err);
}
