/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Consoles as terminals. */
#include "sys/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"

static bool name_is_good(const char *s, size_t n)
{
	return n && n < TERMINAL_NAME && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") >= n;
}

/* "ttyS0                -W- (EC p a)    4:64" */
size_t terminal_consoles(const char *text, char (*ret_names)[TERMINAL_NAME], size_t max)
{
	size_t n = 0;

	for (const char *line = text; *line && n < max; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t len = strcspn(line, " \n"), end = strcspn(line, "\n");
		const char *ops = line + len + strspn(line + len, " ");
		const char *flags = memchr(line, '(', end), *close = flags ? memchr(flags, ')', end - (size_t)(flags - line)) : NULL;

		if (!close || !name_is_good(line, len) || ops[0] == '\0' || ops[1] != 'W')
			continue;
		if (!memchr(flags, 'E', (size_t)(close - flags)) || memchr(flags, 'B', (size_t)(close - flags)))
			continue;
		snprintf(ret_names[n++], TERMINAL_NAME, "%.*s", (int)len, line);
	}
	return n;
}

size_t terminal_asked(const char *cmdline, struct terminal_line *ret, size_t max)
{
	static const char word[] = "console=";
	size_t n = 0;

	for (const char *at = cmdline; *at && n < max; at += strcspn(at, " \n"), at += strspn(at, " \n")) {
		const char *name = at + sizeof(word) - 1;
		size_t len;

		if (strncmp(at, word, sizeof(word) - 1) != 0)
			continue;
		len = strcspn(name, ", \n");
		if (!name_is_good(name, len))
			continue;
		ret[n] = (struct terminal_line){ .speed = name[len] == ',' ? (unsigned int)strtoul(name + len + 1, NULL, 10) : 0 };
		snprintf(ret[n++].name, TERMINAL_NAME, "%.*s", (int)len, name);
	}
	return n;
}

int terminal_open(const char *name)
{
	char path[sizeof("/dev/") + TERMINAL_NAME];
	AUTO_FD fd = -1;

	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	return fd >= 0 && isatty(fd) == 1 ? fd_take(&fd) : -1;
}

int terminal_reopen(int fd)
{
	char path[40];
	struct stat st;
	int again = -1;

	if (fstat(fd, &st))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	/* A regular file never waits, and opened anew it would be written from its beginning. */
	if (!S_ISREG(st.st_mode))
		again = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	return again >= 0 ? again : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

bool terminal_same(int a, int b)
{
	unsigned int dev_a = 0, dev_b = 0;

	/* The device behind it, not the node's number: /dev/console is 5:1 whatever it stands for (tty_io.c). */
	return !ioctl(a, TIOCGDEV, &dev_a) && !ioctl(b, TIOCGDEV, &dev_b) && dev_a == dev_b;
}

void terminal_sane(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		return;
	t.c_iflag |= ICRNL | IXON;
	t.c_iflag &= ~(tcflag_t)(IGNCR | INLCR);
	t.c_oflag |= OPOST | ONLCR;
	t.c_lflag |= ICANON | ISIG | ECHO | ECHOE | ECHOK | IEXTEN;
	tcsetattr(fd, TCSANOW, &t);
}

void terminal_speed(int fd, unsigned int baud)
{
	struct termios t;

	/* glibc takes baud as a number, too, and refuses what is no speed. */
	if (baud && !tcgetattr(fd, &t) && !cfsetspeed(&t, baud))
		tcsetattr(fd, TCSANOW, &t);
}

void terminal_drop(int fd)
{
	tcflush(fd, TCOFLUSH);
}

size_t terminal_unsent(int fd)
{
	int n = 0;

	return ioctl(fd, TIOCOUTQ, &n) || n < 0 ? 0 : (size_t)n;
}

_Noreturn static void child(int fd, bool own_session, const char *const *argv)
{
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	if (own_session) {
		setsid();
		/* Without it there is no Ctrl-C and no job control, but a shell all the same. */
		(void)!ioctl(fd, TIOCSCTTY, 0);
	}
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	/* execvp's prototype predates const; it changes nothing. */
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/*
 * A session's leader that ends takes its terminal with it: everybody's descriptors of it are hung up (tty_io.c:
 * tty_vhangup_session), ours too. PATH is opened anew in the place of FD.
 */
static void revive(int fd, const char *path)
{
	AUTO_FD again = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (again >= 0)
		dup3(again, fd, O_CLOEXEC);
}

int terminal_run(int fd, const char *const *argv, struct error *err)
{
	/* Started by a person in a shell on this very terminal: that session has it already. */
	bool ours = tcgetsid(fd) == getsid(0);
	pid_t group = ours ? tcgetpgrp(fd) : -1, pid;
	char path[64] = "";
	int status;

	if (!ours && ttyname_r(fd, path, sizeof(path)))
		path[0] = '\0';
	terminal_sane(fd);
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return error_sys(err, errno, "%s: fork", argv[0]);
	if (!pid)
		child(fd, !ours, argv);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_sys(err, errno, "%s: wait", argv[0]);
	/* An interactive shell takes the foreground; to take it back from there is no reason to be stopped. */
	if (group > 0) {
		signal(SIGTTOU, SIG_IGN);
		tcsetpgrp(fd, group);
		signal(SIGTTOU, SIG_DFL);
	}
	if (path[0])
		revive(fd, path);
	/* The child cleared it on the description that it shares with us. */
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	terminal_sane(fd);
	return 0;
}

/* --- a child with a terminal to itself */

/* FD's terminal on a description of its own, which waits; a socket has no other. */
static int opened_anew(int fd)
{
	char path[40];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = isatty(fd) == 1 ? open(path, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	if (again >= 0)
		return again;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

int terminal_child(int fd, int (*run)(void *ctx, int result), void *ctx, struct terminal_child *ret, struct error *err)
{
	int p[2];

	*ret = (struct terminal_child){ .pid = -1, .terminal = fd, .result = -1 };
	tcgetattr(fd, &ret->was);
	if (pipe2(p, O_CLOEXEC))
		return error_sys(err, errno, "pipe");
	fflush(NULL);
	ret->pid = fork();
	if (ret->pid < 0) {
		close(p[0]);
		close(p[1]);
		return error_sys(err, errno, "fork");
	}
	if (!ret->pid) {
		int own = opened_anew(fd);

		for (int sig = 1; sig < NSIG; sig++)
			signal(sig, SIG_DFL);
		signal(SIGINT, SIG_IGN);
		/* No controlling terminal: with the end of its session everybody's descriptors of it would be hung up. */
		setsid();
		for (int i = 0; i < 3; i++)
			dup2(own, i);
		_exit(run(ctx, p[1]));
	}
	close(p[1]);
	ret->result = p[0];
	return 0;
}

bool terminal_child_end(struct terminal_child *c)
{
	int status = -1;
	pid_t gone;

	kill(c->pid, SIGKILL);
	while ((gone = waitpid(c->pid, &status, 0)) < 0 && errno == EINTR)
		;
	fd_close(&c->result);
	/* A description without a device of its own was shared with it. */
	fcntl(c->terminal, F_SETFL, fcntl(c->terminal, F_GETFL) | O_NONBLOCK);
	if (isatty(c->terminal) == 1)
		tcsetattr(c->terminal, TCSANOW, &c->was);
	return gone == c->pid && WIFEXITED(status) && !WEXITSTATUS(status);
}
