/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs by argument vector, with a deadline; no shell anywhere. The child gets no descriptor but
 * 0, 1 and 2, the C locale, its own process group, and dies with us. Refuses to know what the
 * programs mean: it knows exit codes, signals, and the end of what they said, which goes into the
 * error.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "sys/real.h"

enum { OUTPUT_MAX = 1024 * 1024, TAIL_MAX = 600, TIMEOUT_MS = 60000, TICK_MS = 1000 };

/* The end of a stream: what a program said last explains why it failed. */
struct tail {
	char text[TAIL_MAX];
	size_t len;
};

enum { IN, OUT, ERR, FAIL, ENDS }; /* FAIL: where the child says that exec did not happen */

struct run {
	const struct sys_exec *x;
	pid_t pid;
	int pidfd;
	int ours[ENDS], theirs[ENDS];
	struct tail out_tail, err_tail;
};

static void close_ends(int ends[ENDS])
{
	for (int i = 0; i < ENDS; i++)
		fd_close(&ends[i]);
}

static void run_release(struct run *r)
{
	close_ends(r->ours);
	close_ends(r->theirs);
	fd_close(&r->pidfd);
}

static void tail_add(struct tail *t, const char *data, size_t len)
{
	if (len >= TAIL_MAX) {
		data += len - TAIL_MAX;
		len = TAIL_MAX;
	}
	if (t->len + len > TAIL_MAX) {
		size_t drop = t->len + len - TAIL_MAX;

		memmove(t->text, t->text + drop, t->len - drop);
		t->len -= drop;
	}
	memcpy(t->text + t->len, data, len);
	t->len += len;
}

/* One line: white space squeezed, line ends as "; ". RET holds 2 * TAIL_MAX. */
static void tail_text(const struct tail *t, char *ret)
{
	size_t at = 0;
	bool line = false, space = false;

	for (size_t i = 0; i < t->len; i++) {
		unsigned char c = (unsigned char)t->text[i];

		if (c == '\n' || c == '\r') {
			line = true;
		} else if (isspace(c)) {
			space = true;
		} else {
			if (line && at)
				ret[at++] = ';';
			if ((line || space) && at)
				ret[at++] = ' ';
			line = space = false;
			ret[at++] = iscntrl(c) ? '?' : (char)c;
		}
	}
	ret[at] = '\0';
}

static void command_text(const struct sys_exec *x, struct str *out)
{
	for (size_t i = 0; x->argv[i] && out->len < 200; i++)
		str_addf(out, "%s%s", i ? " " : "", x->argv[i]);
}

/* Reports errno of STEP to the parent, which reads it only when exec did not happen. */
static void child_fail(int fd, char step) __attribute__((noreturn));

static void child_fail(int fd, char step)
{
	int report[2] = { errno, step };
	ssize_t n = write(fd, report, sizeof(report));

	_exit(n == sizeof(report) ? 127 : 126);
}

static void child_main(const struct sys_exec *x, const int ends[ENDS], pid_t parent)
	__attribute__((noreturn));

static void child_main(const struct sys_exec *x, const int ends[ENDS], pid_t parent)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	int high[ENDS];
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	setpgid(0, 0);
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Out of the way first: we may have been started with 0, 1 or 2 closed. */
	for (int i = 0; i < ENDS; i++) {
		high[i] = fcntl(ends[i], F_DUPFD_CLOEXEC, 3);
		if (high[i] < 0)
			_exit(126);
	}
	for (int i = IN; i <= ERR; i++)
		if (dup2(high[i], i) < 0)
			child_fail(high[FAIL], 'd');
	/* Belt and braces: all of ours are close-on-exec already; a library's may not be. */
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	/* What it mounts goes with it: mdadm's initramfs hook leaves efivarfs below /sys. */
	if (x->root && (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || chroot(x->root) || chdir("/")))
		child_fail(high[FAIL], 'r');
	if (setenv("LC_ALL", "C", 1) || setenv("TZ", "UTC", 1) ||
	    setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 0))
		child_fail(high[FAIL], 'd');
	execvp(x->argv[0], (char *const *)(uintptr_t)x->argv);
	child_fail(high[FAIL], 'x');
}

/* INPUT, then its end; a file in memory cannot block, nor be a broken pipe. */
static int open_input(const struct sys_exec *x, int *ret, struct error *err)
{
	const char *input = x->input;
	size_t len = input ? (x->input_len ? x->input_len : strlen(input)) : 0;
	AUTO_FD fd = input ? memfd_create("stdin", MFD_CLOEXEC)
			   : open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_sys(err, errno, "standard input");
	if (fd_write_all(fd, input, len, err))
		return -1;
	if (len && lseek(fd, 0, SEEK_SET))
		return error_sys(err, errno, "standard input");
	*ret = fd_take(&fd);
	return 0;
}

/* 1 while FD may say more. */
static int drain(int *fd, struct tail *tail, struct str *output)
{
	char buf[16384];
	ssize_t n = read(*fd, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return errno == EINTR;
	if (n <= 0) {
		fd_close(fd);
		return 0;
	}
	tail_add(tail, buf, (size_t)n);
	if (output && output->len < OUTPUT_MAX) {
		size_t room = OUTPUT_MAX - output->len;

		str_addn(output, buf, (size_t)n < room ? (size_t)n : room);
	}
	return 1;
}

static int wait_ms(const struct sys_exec *x, uint64_t left)
{
	uint64_t most = x->tick ? TICK_MS : INT_MAX;

	return (int)(left < most ? left : most);
}

/* 0 when the child has ended, -1 at the deadline, or when it is to stop. */
static int watch(struct run *r, struct str *output, uint64_t end)
{
	uint64_t tick = clock_mono_ms() + TICK_MS;

	for (;;) {
		struct pollfd p[3] = {
			{ .fd = r->pidfd, .events = POLLIN },
			{ .fd = r->ours[OUT], .events = POLLIN },
			{ .fd = r->ours[ERR], .events = POLLIN },
		};
		uint64_t now = clock_mono_ms();

		if (now >= end)
			return -1;
		if (r->x->tick && now >= tick) {
			r->x->tick(r->x->tick_ctx);
			tick = now + TICK_MS;
			if (r->x->stop && *r->x->stop)
				return -1;
		}
		if (poll(p, 3, wait_ms(r->x, end - now)) <= 0)
			continue;
		if (p[1].revents)
			drain(&r->ours[OUT], &r->out_tail, output);
		if (p[2].revents)
			drain(&r->ours[ERR], &r->err_tail, NULL);
		if (!p[0].revents)
			continue;
		/* What it left in the pipes; a grandchild that keeps them is not waited for. */
		while (r->ours[OUT] >= 0 && drain(&r->ours[OUT], &r->out_tail, output))
			;
		while (r->ours[ERR] >= 0 && drain(&r->ours[ERR], &r->err_tail, NULL))
			;
		return 0;
	}
}

static int failed(const struct run *r, int status, const int *report, struct error *err)
{
	const struct tail *tail = r->err_tail.len ? &r->err_tail : &r->out_tail;
	AUTO_STR command = STR_INIT;
	char said[2 * TAIL_MAX];

	command_text(r->x, &command);
	if (report) {
		error_sys(err, report[0], "%s",
			  report[1] == 'r'   ? r->x->root
			  : report[1] == 'x' ? r->x->argv[0]
					     : "descriptors");
		return error_wrap(err, "%s", str_text(&command));
	}
	tail_text(tail, said);
	if (WIFSIGNALED(status))
		error_set(err, ERR_IO, "%s: ended by signal %d", str_text(&command),
			  WTERMSIG(status));
	else
		error_set(err, ERR_IO, "%s: exit %d", str_text(&command), WEXITSTATUS(status));
	if (said[0]) {
		size_t at = strlen(err->msg);

		/* A truncating append: the message's room is the message's room. */
		snprintf(err->msg + at, sizeof(err->msg) - at, ": %s", said);
	}
	return -1;
}

static int finish(struct run *r, struct str *output, struct error *err)
{
	unsigned int timeout_ms = r->x->timeout_ms ? r->x->timeout_ms : TIMEOUT_MS;
	int status = 0, report[2];

	if (watch(r, output, clock_mono_ms() + timeout_ms)) {
		AUTO_STR command = STR_INIT;

		kill(-r->pid, SIGKILL);
		kill(r->pid, SIGKILL);
		for (int i = 0; i < 100 && !waitpid(r->pid, NULL, WNOHANG); i++)
			poll(NULL, 0, 10);
		command_text(r->x, &command);
		if (r->x->stop && *r->x->stop)
			return error_set(err, ERR_CONFLICT, "%s: stopped", str_text(&command));
		error_set(err, ERR_IO, "%s: not done in %u s, killed", str_text(&command), (timeout_ms + 999) / 1000);
		return error_hint(err, "it hangs, or this machine is very slow or busy: dmesg tells more; mend that and try again");
	}
	while (waitpid(r->pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_sys(err, errno, "%s: wait", r->x->argv[0]);
	if (read(r->ours[FAIL], report, sizeof(report)) == sizeof(report))
		return failed(r, status, report, err);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return failed(r, status, NULL, err);
	return 0;
}

static int open_ends(struct run *r, struct error *err)
{
	if (open_input(r->x, &r->theirs[IN], err))
		return -1;
	for (int i = OUT; i <= FAIL; i++) {
		int p[2];

		if (pipe2(p, O_CLOEXEC))
			return error_sys(err, errno, "pipe");
		r->ours[i] = p[0];
		r->theirs[i] = p[1];
		if (fcntl(p[0], F_SETFL, O_NONBLOCK))
			return error_sys(err, errno, "pipe");
	}
	return 0;
}

int real_exec(struct sys *s UNUSED, const struct sys_exec *x, struct error *err)
{
	CLEANUP(run_release) struct run r = {
		.x = x, .pidfd = -1, .ours = { -1, -1, -1, -1 }, .theirs = { -1, -1, -1, -1 }
	};
	pid_t parent = getpid();

	if (open_ends(&r, err))
		return error_wrap(err, "%s", x->argv[0]);
	r.pid = fork();
	if (r.pid < 0)
		return error_sys(err, errno, "%s: fork", x->argv[0]);
	if (!r.pid)
		child_main(x, r.theirs, parent);
	setpgid(r.pid, r.pid); /* here too: whoever is first */
	close_ends(r.theirs);
	r.pidfd = pidfd_open(r.pid, 0);
	if (r.pidfd < 0) {
		int errnum = errno;

		kill(r.pid, SIGKILL);
		waitpid(r.pid, NULL, 0);
		return error_sys(err, errnum, "%s: pidfd", x->argv[0]);
	}
	return finish(&r, x->output, err);
}
