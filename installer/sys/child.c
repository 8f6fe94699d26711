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
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

enum { ANSWER_OK = 'k', ANSWER_ERROR = 'e', ANSWER_MAX = 16 * 1024 * 1024, CHILDREN_MAX = 64, SILENT_MS = 1000 };

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

/* A child that was started for a job and has not ended. */
struct running {
	struct child_job *job;
	pid_t pid;
	int fd;
	uint64_t start_ms;
	struct str answer;
};

static int start(child_fn fn, struct child_job *job, struct running *ret)
{
	int fds[2];
	pid_t pid, parent = getpid();

	if (pipe2(fds, O_CLOEXEC))
		return error_sys(job->err, errno, "pipe");
	pid = fork();
	if (!pid)
		child_main(fn, job->ctx, fds[1], parent);
	close(fds[1]);
	*ret = (struct running){ .job = job, .pid = pid, .fd = fds[0], .start_ms = clock_mono_ms() };
	if (pid > 0)
		return 0;
	error_sys(job->err, errno, "fork");
	fd_close(&ret->fd);
	return -1;
}

/* 1 when the child said all that it had to say, -1 when that is not to be had. */
static int hear(struct running *r)
{
	char buf[65536];
	ssize_t n = read(r->fd, buf, sizeof(buf));

	if (n < 0)
		return errno == EINTR ? 0 : error_sys(r->job->err, errno, "answer of a child");
	if (!n)
		return 1;
	str_addn(&r->answer, buf, (size_t)n);
	if (r->answer.len > ANSWER_MAX)
		return error_set(r->job->err, ERR_IO, "an answer without end");
	return 0;
}

/* Takes what the child answered, or kills it. True if it is gone. */
static bool end(struct running *r, int heard)
{
	int status = 0;

	fd_close(&r->fd);
	r->job->rc = -1;
	if (heard < 0) {
		kill(r->pid, SIGKILL);
		str_release(&r->answer);
		return waitpid(r->pid, NULL, WNOHANG) != 0;
	}
	while (waitpid(r->pid, &status, 0) < 0)
		if (errno != EINTR) {
			error_sys(r->job->err, errno, "wait for a child");
			str_release(&r->answer);
			return true;
		}
	r->job->rc = unpack(&r->answer, status, r->job->out, r->job->err);
	str_release(&r->answer);
	return true;
}

/* One round: waits until one says something or a time is up, and takes what ended out of LIST. */
static void attend(struct running *list, size_t *n, pid_t *killed, size_t *n_killed, unsigned int timeout_ms)
{
	struct pollfd p[CHILDREN_MAX];
	uint64_t now = clock_mono_ms();
	int wait_ms = SILENT_MS;
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++) {
		uint64_t end_ms = list[i].start_ms + timeout_ms;

		p[i] = (struct pollfd){ .fd = list[i].fd, .events = POLLIN };
		if (end_ms < now + (uint64_t)wait_ms)
			wait_ms = end_ms > now ? (int)(end_ms - now) : 0;
	}
	if (poll(p, *n, wait_ms) < 0)
		return;
	now = clock_mono_ms();
	for (size_t i = 0; i < *n; i++) {
		int heard = p[i].revents ? hear(&list[i]) : 0;

		if (!heard && now >= list[i].start_ms + timeout_ms)
			heard = error_set(list[i].job->err, ERR_IO, "no answer in %u s", (timeout_ms + 999) / 1000);
		if (!heard)
			list[kept++] = list[i];
		else if (!end(&list[i], heard))
			killed[(*n_killed)++] = list[i].pid;
	}
	*n = kept;
}

/* Whether one more may be started; if only time is missing, the others are attended meanwhile. */
static bool has_room(const struct running *list, size_t n, size_t busy)
{
	uint64_t now = clock_mono_ms();
	size_t fresh = 0;

	for (size_t i = 0; i < n; i++)
		fresh += now - list[i].start_ms < SILENT_MS;
	return n < CHILDREN_MAX && fresh < busy;
}

/* In uninterruptible sleep they cannot die: 1 s for all together, then they are init's. */
static void reap(const pid_t *killed, size_t n)
{
	for (int tries = 0; tries < 100; tries++) {
		size_t left = 0;

		for (size_t i = 0; i < n; i++)
			left += waitpid(killed[i], NULL, WNOHANG) == 0;
		if (!left)
			return;
		poll(NULL, 0, 10);
	}
}

void child_run_all(child_fn fn, struct child_job *jobs, size_t n, size_t busy, unsigned int timeout_ms)
{
	struct running list[CHILDREN_MAX];
	pid_t *killed = calloc(n ? n : 1, sizeof(*killed));
	size_t n_list = 0, n_killed = 0, next = 0;

	if (!killed)
		abort();
	while (next < n || n_list) {
		while (next < n && has_room(list, n_list, busy)) {
			jobs[next].rc = start(fn, &jobs[next], &list[n_list]);
			n_list += !jobs[next++].rc;
		}
		if (n_list)
			attend(list, &n_list, killed, &n_killed, timeout_ms);
	}
	reap(killed, n_killed);
	free(killed);
}

int child_run(child_fn fn, void *ctx, unsigned int timeout_ms, struct str *out, struct error *err)
{
	struct child_job job = { .ctx = ctx, .out = out, .err = err };

	child_run_all(fn, &job, 1, 1, timeout_ms);
	return job.rc;
}
