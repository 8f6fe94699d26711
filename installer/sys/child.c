/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A forked child's answer comes through a pipe: one byte of status, then the error value as it is
 * in memory (both are the same program), or the output. Knows nothing of what the child does.
 */
#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

enum { ANSWER_OK = 'k', ANSWER_ERROR = 'e', ANSWER_MAX = 16 * 1024 * 1024 };

static void child_main(child_fn fn, void *ctx, int fd, pid_t parent) __attribute__((noreturn));

static void child_main(child_fn fn, void *ctx, int fd, pid_t parent)
{
	static const struct rlimit no_core = { 0, 0 };
	struct str out = STR_INIT;
	struct error err, ignored;
	char status;

	/* An installer that is gone must not leave a writer behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	setrlimit(RLIMIT_CORE, &no_core);
	memset(&err, 0, sizeof(err));
	status = fn(ctx, &out, &err) ? ANSWER_ERROR : ANSWER_OK;
	if (fd_write_all(fd, &status, 1, &ignored))
		_exit(1);
	if (status == ANSWER_ERROR ? fd_write_all(fd, &err, sizeof(err), &ignored)
				   : fd_write_all(fd, str_text(&out), out.len, &ignored))
		_exit(1);
	_exit(0);
}

/* Everything the child says, or -1 at the deadline. */
static int read_answer(int fd, unsigned int timeout_ms, struct str *answer, struct error *err)
{
	uint64_t end = clock_mono_ms() + timeout_ms;
	char buf[65536];

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint64_t now = clock_mono_ms();
		ssize_t n;

		if (now >= end)
			return error_set(err, ERR_IO, "no answer in %u s",
					 (timeout_ms + 999) / 1000);
		if (poll(&p, 1, (int)(end - now)) <= 0)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, errno, "answer of a child");
		if (n == 0)
			return 0;
		str_addn(answer, buf, (size_t)n);
		if (answer->len > ANSWER_MAX)
			return error_set(err, ERR_IO, "an answer without end");
	}
}

static int unpack(const struct str *answer, int status, struct str *out, struct error *err)
{
	const char *text = str_text(answer);

	if (WIFSIGNALED(status))
		return error_set(err, ERR_IO, "ended by signal %d", WTERMSIG(status));
	if (answer->len == 1 + sizeof(*err) && text[0] == ANSWER_ERROR) {
		memcpy(err, text + 1, sizeof(*err));
		return -1;
	}
	if (!answer->len || text[0] != ANSWER_OK || !WIFEXITED(status) || WEXITSTATUS(status))
		return error_set(err, ERR_IO, "ended without an answer");
	if (out)
		str_addn(out, text + 1, answer->len - 1);
	return 0;
}

int child_run(child_fn fn, void *ctx, unsigned int timeout_ms, struct str *out, struct error *err)
{
	AUTO_STR answer = STR_INIT;
	AUTO_FD rd = -1;
	AUTO_FD wr = -1;
	int fds[2], status = 0;
	pid_t pid, parent = getpid();

	if (pipe2(fds, O_CLOEXEC))
		return error_sys(err, errno, "pipe");
	rd = fds[0];
	wr = fds[1];
	pid = fork();
	if (pid < 0)
		return error_sys(err, errno, "fork");
	if (!pid)
		child_main(fn, ctx, wr, parent);
	fd_close(&wr);
	if (read_answer(rd, timeout_ms, &answer, err)) {
		kill(pid, SIGKILL);
		/* In uninterruptible sleep it cannot die: 1 s, then it is init's. */
		for (int i = 0; i < 100 && !waitpid(pid, NULL, WNOHANG); i++)
			poll(NULL, 0, 10);
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_sys(err, errno, "wait for a child");
	return unpack(&answer, status, out, err);
}
