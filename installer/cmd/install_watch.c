/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `watch`: what a login from elsewhere gets: the installer's words as they come, its questions, and a shell. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "cmd/install_job.h"
#include "engine/remote.h"
#include "sys/terminal.h"
#include "ui/control.h"
#include "ui/hub.h"

enum { LIVE_EVERY_MS = 5000 };

static const char *const shell_argv[] = { "/etc/fulcrum/shell", NULL };
static const char help[] = "\nFulcrum: watching the installer of this machine. Each with Enter:\n"
			   "  s  a shell (`exit` comes back here)     q  leave; the installer goes on\n"
			   "  what the installer asks is answered here as at its own console\n\n";

struct watch {
	int hub; /* -1: no installer */
	bool tty, stdin_ended, left;
	bool held; /* the installer has the terminal to itself */
	struct control_cut control;
	struct live_cut cut;
	uint64_t live_ms; /* no terminal: when the moving line was last said */
	char typed[HUB_TYPED_MAX];
	size_t n_typed;
};

static int connect_hub(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = HUB_SOCKET };
	AUTO_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof(at)))
		return -1;
	return fd_take(&fd);
}

static void say(const char *text, size_t n)
{
	fwrite(text, 1, n, stdout);
	fflush(stdout);
}

static void say_text(const char *text)
{
	say(text, strlen(text));
}

/* What is no terminal gets whole lines, the moving one now and then. */
static void show(struct watch *w, const char *data, size_t n)
{
	AUTO_STR text = STR_INIT;

	if (w->tty) {
		say(data, n);
		return;
	}
	live_cut(&w->cut, data, n, &text);
	say(str_text(&text), text.len);
	if (!w->cut.line.len || clock_mono_ms() - w->live_ms < LIVE_EVERY_MS)
		return;
	w->live_ms = clock_mono_ms();
	str_addc(&w->cut.line, '\n');
	say(str_text(&w->cut.line), w->cut.line.len);
	str_clear(&w->cut.line);
}

static void open_shell(const struct watch *w)
{
	struct error err = { 0 };

	if (!w->tty) {
		say_text("there is no terminal here: log in with ssh -t\n");
		return;
	}
	if (terminal_run(STDIN_FILENO, shell_argv, &err))
		printf("%s\n", err.msg);
	say_text("\nback from the shell\n");
}

/* One typed line. */
static void take(struct watch *w)
{
	AUTO_STR line = STR_INIT;

	str_addn(&line, w->typed, w->n_typed);
	w->n_typed = 0;
	if (str_eq(str_text(&line), "s") || str_eq(str_text(&line), "shell")) {
		open_shell(w);
	} else if (str_eq(str_text(&line), "q")) {
		w->left = true;
	} else if (w->hub >= 0) {
		str_addc(&line, '\n');
		/* An installer that has gone is seen by the reading end. */
		(void)!send(w->hub, line.s, line.len, MSG_NOSIGNAL);
	}
}

static void hear_typed(struct watch *w)
{
	char buf[HUB_TYPED_MAX];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		w->stdin_ended = true;
		w->left = w->tty;
		return;
	}
	for (ssize_t i = 0; i < n && !w->left; i++) {
		if (buf[i] == '\n' || buf[i] == '\r')
			take(w);
		else if (w->n_typed < HUB_TYPED_MAX - 1)
			w->typed[w->n_typed++] = buf[i];
	}
}

/* Lets go of the terminal, or has it again. */
static void hear_control(struct watch *w)
{
	w->held = str_eq(str_text(&w->control.line), CONTROL_HOLD);
	if (w->held)
		(void)!send(w->hub, CONTROL_HELD "\n", strlen(CONTROL_HELD "\n"), MSG_NOSIGNAL);
}

/* The terminal's name, for the installer to draw on. */
static void tell_terminal(const struct watch *w)
{
	char name[64];
	AUTO_STR line = STR_INIT;

	if (w->hub < 0 || !w->tty || ttyname_r(STDIN_FILENO, name, sizeof(name)) || !str_starts(name, "/dev/"))
		return;
	str_addf(&line, CONTROL_TERMINAL "%s\n", name + strlen("/dev/"));
	(void)!send(w->hub, line.s, line.len, MSG_NOSIGNAL);
}

static void hear_hub(struct watch *w)
{
	char buf[8192];
	ssize_t n = read(w->hub, buf, sizeof(buf));
	bool control;

	if (n < 0 && errno == EINTR)
		return;
	for (size_t at = 0; n > 0 && at < (size_t)n;) {
		AUTO_STR text = STR_INIT;

		at += control_cut(&w->control, buf + at, (size_t)n - at, &text, &control);
		if (text.len)
			show(w, str_text(&text), text.len);
		if (control)
			hear_control(w);
	}
	if (n > 0)
		return;
	/* It may have gone in the middle of a screen. */
	if (w->held) {
		terminal_sane(STDIN_FILENO);
		say_text(TERMINAL_UNDRAWN);
		w->held = false;
	}
	fd_close(&w->hub);
	say_text("\nthe installer has ended\n");
	/* Without a terminal there is no shell to wait for. */
	w->left = !w->tty;
}

int verb_watch(struct job *j, struct error *err)
{
	struct watch w = { .hub = -1, .tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO), .control = CONTROL_CUT_INIT, .cut = LIVE_CUT_INIT };

	if (j->o.once && remote_once_claim(j->sys, err))
		return -1;
	if (j->o.once)
		channel_emit("remote", "install", "text", "the password was used: it is void", NULL);
	w.hub = connect_hub();
	tell_terminal(&w);
	say_text(help);
	if (w.hub < 0)
		say_text("no installer is running here\n");
	w.left = w.hub < 0 && !w.tty;
	while (!w.left) {
		struct pollfd p[2] = { { .fd = w.hub, .events = POLLIN }, { .fd = w.stdin_ended || w.held ? -1 : STDIN_FILENO, .events = POLLIN } };

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[0].revents)
			hear_hub(&w);
		if (p[1].revents && !w.left)
			hear_typed(&w);
	}
	fd_close(&w.hub);
	live_cut_release(&w.cut);
	control_cut_release(&w.control);
	return 0;
}
