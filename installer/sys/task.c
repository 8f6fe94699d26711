/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Children beside the program. */
#include "sys/task.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

enum { LINE_MAX_BYTES = 512, STEP_MS = 20, TERM_MS = 2000 };

static void to_null(void)
{
	int fd = open("/dev/null", O_RDWR);

	for (int i = 0; i < 3 && fd >= 0; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

static void close_others(int fd)
{
	if (fd > 3)
		close_range(3, (unsigned int)fd - 1, 0);
	close_range((unsigned int)fd + 1, UINT_MAX, 0);
}

static void default_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int task_start(task_fn fn, void *ctx, struct task *ret, struct error *err)
{
	int ends[2];
	pid_t pid;

	*ret = (struct task)TASK_NONE;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return error_sys(err, errno, "socketpair");
	/* A description of its own each: ours never waits, the task decides for itself. */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	pid = fork();
	if (!pid) {
		default_signals();
		signal(SIGPIPE, SIG_IGN);
		setsid();
		to_null();
		close_others(ends[1]);
		fn(ctx, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return error_sys(err, errno, "fork");
	}
	*ret = (struct task){ pid, ends[0] };
	return 0;
}

/* True if PID is gone within MS. */
static bool gone_in(pid_t pid, unsigned int ms)
{
	uint64_t end = clock_mono_ms() + ms;

	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (clock_mono_ms() >= end)
			return false;
		poll(NULL, 0, STEP_MS);
	}
	return true;
}

void task_end(struct task *t, unsigned int timeout_ms)
{
	fd_close(&t->fd);
	if (t->pid > 0 && !gone_in(t->pid, timeout_ms)) {
		kill(t->pid, SIGKILL);
		gone_in(t->pid, TERM_MS);
	}
	t->pid = 0;
}

/* --- programs that are heard */

static pid_t spawn(const char *const *argv, int *ret_fd, struct error *err)
{
	int ends[2];
	pid_t pid, parent = getpid();

	if (pipe2(ends, O_CLOEXEC))
		return error_sys(err, errno, "pipe");
	pid = fork();
	if (!pid) {
		default_signals();
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(127);
		to_null();
		dup2(ends[1], STDERR_FILENO);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return error_sys(err, errno, "fork");
	}
	*ret_fd = ends[0];
	return pid;
}

struct lines {
	char text[LINE_MAX_BYTES];
	size_t n;
};

/* Hands whole lines of DATA on; what is too long is cut. *LAST keeps the latest. True: enough. */
static bool feed(struct lines *l, const char *data, size_t n, char last[LINE_MAX_BYTES], task_line line, void *ctx)
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] != '\n') {
			if (l->n < LINE_MAX_BYTES - 1)
				l->text[l->n++] = data[i];
			continue;
		}
		l->text[l->n] = '\0';
		memcpy(last, l->text, l->n + 1);
		l->n = 0;
		if (line(ctx, last))
			return true;
	}
	return false;
}

static int follow(int fd, const char *name, unsigned int timeout_ms, task_line line, void *ctx, struct error *err)
{
	uint64_t now = clock_mono_ms(), end = now + timeout_ms;
	char last[LINE_MAX_BYTES] = "";
	struct lines l = { .n = 0 };

	for (; now < end; now = clock_mono_ms()) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		char buf[1024];
		ssize_t n;

		if (poll(&p, 1, (int)(end - now)) <= 0)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_set(err, ERR_IO, "%s ended: %s", name, last[0] ? last : "it said nothing");
		if (feed(&l, buf, (size_t)n, last, line, ctx))
			return 0;
	}
	return error_set(err, ERR_NET, "%s: the time is over", name);
}

int task_follow(const char *const *argv, unsigned int timeout_ms, task_line line, void *ctx, struct error *err)
{
	int fd = -1, rc;
	pid_t pid = spawn(argv, &fd, err);

	if (pid < 0)
		return -1;
	rc = follow(fd, argv[0], timeout_ms, line, ctx, err);
	close(fd);
	kill(pid, SIGTERM);
	if (!gone_in(pid, TERM_MS)) {
		kill(pid, SIGKILL);
		gone_in(pid, TERM_MS);
	}
	return rc;
}
