/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A forked child's answer comes through a pipe: a head, then the error value as it is in memory (both
 * are the same program), or the output. What the child read may have taken it over: nothing of an
 * answer is used before all of it was checked. Knows nothing of what the child does.
 */
#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

enum { ANSWER_MAX = 16 * 1024 * 1024, CHILDREN_MAX = 64, SILENT_MS = 1000, END_MS = 5 };

enum answer_status { ANSWER_OK = 1, ANSWER_ERROR };

struct answer_head {
	char magic[8];
	uint64_t status, len; /* len: of what follows */
};

static const char answer_magic[8] = "answer1";

/* --- in the child */

/* What this process has mapped already, in bytes; RLIMIT_AS counts it. */
static uint64_t mapped_bytes(void)
{
	char line[128];

	if (file_read_line("/proc/self/statm", line, sizeof(line)))
		return 0;
	return strtoull(line, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int limit(int what, uint64_t soft, uint64_t hard)
{
	const struct rlimit r = { soft, hard };

	return setrlimit((__rlimit_resource_t)what, &r);
}

/* Should memory run out all the same, it is not the installer that goes. Without /proc it may be. */
static void give_way(void)
{
	AUTO_FD fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	struct error ignored;

	if (fd >= 0 && fd_write_all(fd, "1000", 4, &ignored))
		return;
}

static int apply_limits(const struct child_limits *l)
{
	uint64_t mapped = mapped_bytes();

	if (limit(RLIMIT_CORE, 0, 0) || (l->cpu_s && limit(RLIMIT_CPU, l->cpu_s, l->cpu_s + 1)) ||
	    (l->reads_only && limit(RLIMIT_FSIZE, 0, 0)))
		return -1;
	if (!l->memory_bytes)
		return 0;
	give_way();
	return mapped ? limit(RLIMIT_AS, mapped + l->memory_bytes, mapped + l->memory_bytes) : 0;
}

/*
 * The parent's descriptors go: what it holds open to write, or has locked, must neither be in reach of
 * what happens here, nor stay locked by a child that hangs in the kernel.
 */
static void close_others(int fd)
{
	if (fd > 3)
		close_range(3, (unsigned int)fd - 1, 0);
	close_range((unsigned int)fd + 1, UINT_MAX, 0);
}

static void child_main(child_fn fn, void *ctx, const struct child_limits *limits, int fd, pid_t parent)
	__attribute__((noreturn));

static void child_main(child_fn fn, void *ctx, const struct child_limits *limits, int fd, pid_t parent)
{
	struct answer_head head = { .status = ANSWER_OK };
	struct str out = STR_INIT;
	struct error err, ignored;
	const void *body;

	/* An installer that is gone must not leave a writer behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	close_others(fd);
	if (apply_limits(limits))
		_exit(1);
	memset(&err, 0, sizeof(err));
	if (fn(ctx, &out, &err))
		head.status = ANSWER_ERROR;
	memcpy(head.magic, answer_magic, sizeof(head.magic));
	body = head.status == ANSWER_ERROR ? (const void *)&err : str_text(&out);
	head.len = head.status == ANSWER_ERROR ? sizeof(err) : out.len;
	if (fd_write_all(fd, &head, sizeof(head), &ignored) || fd_write_all(fd, body, head.len, &ignored))
		_exit(1);
	_exit(0);
}

/* --- what it answered */

static bool is_error(const struct error *e)
{
	return (unsigned int)e->kind < ERR__KINDS && e->msg[0] && memchr(e->msg, '\0', sizeof(e->msg)) &&
	       memchr(e->hint, '\0', sizeof(e->hint));
}

static int killed_by(int sig, struct error *err)
{
	const char *name = sigabbrev_np(sig);

	if (sig == SIGXCPU)
		return error_set(err, ERR_IO, "took too much processor time and was ended");
	return error_set(err, ERR_IO, "killed by signal %d (%s)", sig, name ? name : "?");
}

static int unpack(const struct str *answer, int status, struct str *out, struct error *err)
{
	struct answer_head head;
	struct error told;

	if (WIFSIGNALED(status))
		return killed_by(WTERMSIG(status), err);
	if (!WIFEXITED(status) || WEXITSTATUS(status) || !answer->len)
		return error_set(err, ERR_IO, "ended without an answer");
	if (answer->len < sizeof(head))
		return error_set(err, ERR_IO, "answered %zu bytes, which is no answer", answer->len);
	memcpy(&head, answer->s, sizeof(head));
	if (memcmp(head.magic, answer_magic, sizeof(head.magic)) || head.len != answer->len - sizeof(head))
		return error_set(err, ERR_IO, "answered %zu bytes of garbage", answer->len);
	if (head.status == ANSWER_OK) {
		if (out)
			str_addn(out, answer->s + sizeof(head), head.len);
		return 0;
	}
	if (head.status == ANSWER_ERROR && head.len == sizeof(told)) {
		memcpy(&told, answer->s + sizeof(head), sizeof(told));
		if (is_error(&told)) {
			*err = told;
			return -1;
		}
	}
	return error_set(err, ERR_IO, "answered with an error that is none");
}

/* --- children at work */

/* A child that was started for a job and has not ended. */
struct running {
	struct child_job *job;
	pid_t pid;
	int fd; /* -1: it has said all that it had to say */
	uint64_t start_ms;
	struct str answer;
};

static int start(child_fn fn, struct child_job *job, const struct child_limits *limits, struct running *ret)
{
	int fds[2];
	pid_t pid, parent = getpid();

	if (pipe2(fds, O_CLOEXEC))
		return error_sys(job->err, errno, "pipe");
	pid = fork();
	if (!pid)
		child_main(fn, job->ctx, limits, fds[1], parent);
	close(fds[1]);
	*ret = (struct running){ .job = job, .pid = pid, .fd = fds[0], .start_ms = clock_mono_ms() };
	if (pid > 0)
		return 0;
	error_sys(job->err, errno, "fork");
	fd_close(&ret->fd);
	return -1;
}

/* Takes what there is to read; -1 when it is more than any answer has. */
static int hear(struct running *r)
{
	char buf[65536];
	ssize_t n = read(r->fd, buf, sizeof(buf));

	if (n < 0)
		return errno == EINTR ? 0 : error_sys(r->job->err, errno, "answer of a child");
	if (!n)
		fd_close(&r->fd);
	str_addn(&r->answer, buf, (size_t)n);
	if (r->answer.len > ANSWER_MAX)
		return error_set(r->job->err, ERR_IO, "an answer without end");
	return 0;
}

/* 1: gone, and its job has a result. -1: has to go, *ERR of its job says why. 0: still at work. */
static int attend_one(struct running *r, bool readable, unsigned int timeout_ms)
{
	int status = 0;
	pid_t gone;

	if (readable && hear(r))
		return -1;
	if (r->fd < 0) {
		gone = waitpid(r->pid, &status, WNOHANG);
		if (gone == r->pid) {
			r->job->rc = unpack(&r->answer, status, r->job->out, r->job->err);
			return 1;
		}
		if (gone < 0 && errno != EINTR)
			return error_sys(r->job->err, errno, "wait for a child");
	}
	if (clock_mono_ms() < r->start_ms + timeout_ms)
		return 0;
	return error_set(r->job->err, ERR_IO, r->fd < 0 ? "did not end in %u s" : "no answer in %u s",
			 (timeout_ms + 999) / 1000);
}

/* True when it is dead; in uninterruptible sleep it cannot die yet. */
static bool kill_one(struct running *r)
{
	r->job->rc = -1;
	kill(r->pid, SIGKILL);
	return waitpid(r->pid, NULL, WNOHANG) != 0;
}

/* Until one says something, or the next deadline; shortly if one has only to end. */
static int next_wait_ms(const struct running *list, size_t n, unsigned int timeout_ms)
{
	uint64_t now = clock_mono_ms();
	int wait_ms = SILENT_MS;

	for (size_t i = 0; i < n; i++) {
		uint64_t end_ms = list[i].start_ms + timeout_ms;

		if (list[i].fd < 0 && wait_ms > END_MS)
			wait_ms = END_MS;
		if (end_ms < now + (uint64_t)wait_ms)
			wait_ms = end_ms > now ? (int)(end_ms - now) : 0;
	}
	return wait_ms;
}

/* One round: waits until one says something or a time is up, and takes what ended out of LIST. */
static void attend(struct running *list, size_t *n, pid_t *killed, size_t *n_killed, unsigned int timeout_ms)
{
	struct pollfd p[CHILDREN_MAX];
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++)
		p[i] = (struct pollfd){ .fd = list[i].fd, .events = POLLIN };
	if (poll(p, *n, next_wait_ms(list, *n, timeout_ms)) < 0)
		return;
	for (size_t i = 0; i < *n; i++) {
		struct running *r = &list[i];
		int what = attend_one(r, p[i].revents != 0, timeout_ms);

		if (!what) {
			list[kept++] = *r;
			continue;
		}
		if (what < 0 && !kill_one(r))
			killed[(*n_killed)++] = r->pid;
		fd_close(&r->fd);
		str_release(&r->answer);
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

void child_run_all(child_fn fn, struct child_job *jobs, size_t n, size_t busy, const struct child_limits *limits)
{
	struct running list[CHILDREN_MAX];
	pid_t *killed = calloc(n ? n : 1, sizeof(*killed));
	size_t n_list = 0, n_killed = 0, next = 0;

	if (!killed)
		abort();
	while (next < n || n_list) {
		while (next < n && has_room(list, n_list, busy)) {
			jobs[next].rc = start(fn, &jobs[next], limits, &list[n_list]);
			n_list += !jobs[next++].rc;
		}
		if (n_list)
			attend(list, &n_list, killed, &n_killed, limits->timeout_ms);
	}
	reap(killed, n_killed);
	free(killed);
}

int child_run(child_fn fn, void *ctx, unsigned int timeout_ms, struct str *out, struct error *err)
{
	const struct child_limits limits = { .timeout_ms = timeout_ms };
	struct child_job job = { .ctx = ctx, .out = out, .err = err };

	child_run_all(fn, &job, 1, 1, &limits);
	return job.rc;
}
