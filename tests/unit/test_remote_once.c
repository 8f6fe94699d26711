/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The password for one login, with a server that only says what dropbear says: it expires, it ends with its login, a later
 * one voids it, and of many who claim it at the same time one has it. Files are real, below a directory of the test's.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "engine/remote.h"
#include "tap.h"

enum { LONG_MS = 600000, SHORT_MS = 3000, SOON_MS = 20000, ROUNDS = 40, CLAIMANTS = 8 };

static const char hash[] = "$6$abcdefgh$abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh";
static char dir[] = "/tmp/fulcrum-once-XXXXXX";
static struct sys *real;
static struct error err;

static const char *at(const char *name)
{
	static char path[2][256];
	static unsigned int turn;

	turn ^= 1;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

/* /run/fulcrum/remote/x and /etc/shadow are the test's. */
static const char *below(const char *path)
{
	return at(strrchr(path, '/') + 1);
}

static int w_read(struct sys *s UNUSED, const char *path, size_t max, struct str *ret, struct error *e)
{
	return real->ops->read_file(real, below(path), max, ret, e);
}

static int w_write(struct sys *s UNUSED, const char *path, const void *data, size_t len, mode_t mode, struct error *e)
{
	return real->ops->write_file(real, below(path), data, len, mode, e);
}

static int w_rename(struct sys *s UNUSED, const char *from, const char *to, struct error *e)
{
	const char *old = below(from);

	return real->ops->rename(real, old, below(to), e);
}

static int w_remove(struct sys *s UNUSED, const char *path, struct error *e)
{
	return real->ops->remove(real, below(path), e);
}

static int w_sleep(struct sys *s UNUSED, unsigned int ms, struct error *e)
{
	return real->ops->sleep_ms(real, ms, e);
}

static int w_exec(struct sys *s UNUSED, const struct sys_exec *x, struct error *e)
{
	if (str_eq(x->argv[0], "mkpasswd"))
		str_addf(x->output, "%s\n", hash);
	else if (!str_eq(x->argv[0], "kill") || kill(atoi(x->argv[1]), SIGTERM))
		return error_set(e, ERR_IO, "%s", x->argv[0]);
	return 0;
}

static const struct sys_ops ops = { .exec = w_exec, .read_file = w_read, .write_file = w_write, .rename = w_rename, .remove = w_remove,
				    .sleep_ms = w_sleep };
static struct sys sys = { .ops = &ops };

static void put(const char *name, const char *text, mode_t mode)
{
	if (file_replace(at(name), text, strlen(text), mode, &err)) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
}

static bool file_says(const char *name, const char *text)
{
	AUTO_STR is = STR_INIT;

	return !file_read(at(name), 4096, &is, &err) && strstr(str_text(&is), text);
}

static bool locked(void)
{
	return file_says("shadow", "root:*:");
}

static pid_t server(void)
{
	AUTO_STR is = STR_INIT;

	return file_read(at("server.pid"), 64, &is, &err) ? 0 : (pid_t)atoi(str_text(&is));
}

/* What is waited for is seen; the time only bounds it. */
static bool soon(bool (*seen)(void))
{
	uint64_t end = clock_mono_ms() + SOON_MS;

	while (!seen() && clock_mono_ms() < end)
		usleep(20000);
	return seen();
}

static pid_t watched;
static bool watched_is_gone(void)
{
	/* What lost its keeper is ours, and still there until we have taken notice. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return watched > 1 && kill(watched, 0) && errno == ESRCH;
}

static bool begin(unsigned int lives_ms)
{
	unsigned int port = 0;

	return !remote_once_start(&sys, "abcde-fghij-kmnpq", lives_ms, &port, &err) && port == REMOTE_PORT;
}

static void test_expiry(void)
{
	ok(begin(SHORT_MS), "a password is made: %s", err.msg);
	ok(file_says("shadow", hash), "which lets in");
	watched = server();
	ok(soon(locked), "until its time is over");
	ok(soon(watched_is_gone), "then nothing listens");
	ok(remote_once_claim(&sys, &err) && err.kind == ERR_DENIED, "and a login that came too late is none: %s", err.msg);
}

static void test_login(void)
{
	put("login", "", 0644);
	ok(begin(LONG_MS) && soon(locked), "the first login ends it long before its time");
	watched = server();
	ok(soon(watched_is_gone), "and nothing listens any more");
	ok(!remote_once_claim(&sys, &err), "that login has it");
	ok(remote_once_claim(&sys, &err) && err.kind == ERR_DENIED && strstr(err.hint, "fulcrum-install remote"), "no other: %s", err.hint);
	unlink(at("login"));
}

static void test_later(void)
{
	ok(begin(LONG_MS), "a password is made");
	watched = server();
	ok(begin(LONG_MS), "and another");
	ok(soon(watched_is_gone) && !locked(), "the earlier one's server goes, the later one lets in");
	watched = server();
	ok(!kill(watched, 0), "at a server of its own");
	put("login", "", 0644);
	ok(begin(LONG_MS) && soon(locked) && soon(watched_is_gone), "until it is voided, too");
	unlink(at("login"));
}

/* CLAIMANTS processes that all wait for the same moment; how many have got it. */
static int race(void)
{
	pid_t pids[CLAIMANTS];
	int gate[2], won = 0, status;
	char c;

	put("once", "", 0600);
	if (pipe(gate))
		return -1;
	for (int i = 0; i < CLAIMANTS; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		close(gate[1]);
		if (read(gate[0], &c, 1)) /* its end: all are there */
			_exit(2);
		_exit(remote_once_claim(&sys, &err) ? 1 : 0);
	}
	close(gate[0]);
	close(gate[1]);
	for (int i = 0; i < CLAIMANTS; i++) {
		if (waitpid(pids[i], &status, 0) != pids[i] || !WIFEXITED(status) || WEXITSTATUS(status) > 1)
			return -1;
		won += !WEXITSTATUS(status);
	}
	return won;
}

static void test_race(void)
{
	int once = 0;

	for (int i = 0; i < ROUNDS; i++)
		once += race() == 1;
	ok(once == ROUNDS, "of %d who claim it at the same time one has it, %d times of %d", CLAIMANTS, once, ROUNDS);
	ok(!file_says("once", "") && file_says("once.used", ""), "and it is used up");
}

static void make_world(void)
{
	AUTO_STR script = STR_INIT;
	AUTO_STR path = STR_INIT;

	if (!mkdtemp(dir) || mkdir(at("bin"), 0755)) {
		printf("Bail out! %s\n", dir);
		exit(1);
	}
	put("shadow", "root:*:20000:0:99999:7:::\n", 0600);
	str_addf(&script, "#!/bin/sh\necho $$ >%s/server.pid\necho '[1] Not backgrounding' >&2\n"
			  "[ ! -e %s/login ] || echo \"[2] Password auth succeeded for 'root'\" >&2\nexec sleep 600\n", dir, dir);
	put("bin/dropbear", str_text(&script), 0755);
	str_addf(&path, "%s/bin:%s", dir, getenv("PATH"));
	setenv("PATH", str_text(&path), 1);
}

int main(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	real = sys_small_new();
	make_world();
	test_expiry();
	test_login();
	test_later();
	test_race();
	if (real->ops->remove(real, dir, &err))
		printf("# %s\n", err.msg);
	sys_free(real);
	return tap_end();
}
