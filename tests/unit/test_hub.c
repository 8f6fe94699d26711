/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One installer, several watchers: what was said before, what is said, who answers, who does not read, and the end. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "tap.h"
#include "ui/control.h"
#include "ui/hub.h"

static struct error err;
static char dir[] = "/tmp/fulcrum-hub-XXXXXX", path[64];
static struct task task;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int watcher(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(at.sun_path, path);
	/* It is made by a process that has only begun. */
	for (int tries = 0; connect(fd, (const struct sockaddr *)&at, sizeof(at)); tries++) {
		if (tries == 500)
			die("connect");
		poll(NULL, 0, 10);
	}
	return fd;
}

/* Reads until what was read ends with WANT; false after 5 s or at the end. */
static bool reads(int fd, const char *want, struct str *got)
{
	uint64_t end = clock_mono_ms() + 5000;

	while (!str_ends(str_text(got), want)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		char buf[65536];
		ssize_t n;

		if (clock_mono_ms() > end || poll(&p, 1, 5000) != 1 || (n = read(fd, buf, sizeof(buf))) <= 0)
			return false;
		str_addn(got, buf, (size_t)n);
	}
	return true;
}

static void say(const char *text)
{
	for (size_t at = 0, len = strlen(text); at < len;) {
		struct pollfd p = { .fd = task.fd, .events = POLLOUT };
		ssize_t n = write(task.fd, text + at, len - at);

		if (n > 0)
			at += (size_t)n;
		else if (errno != EAGAIN || poll(&p, 1, 5000) != 1)
			die("the hub does not take what is said");
	}
}

static void type(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die("type");
}

static void test_cut(void)
{
	struct live_cut c = LIVE_CUT_INIT;
	AUTO_STR text = STR_INIT;
	static const char said[] = "a\n\r10%\033[K\r20%\033[K\r\033[Kb\n\r30%\033";

	for (size_t i = 0; i < strlen(said); i++)
		live_cut(&c, said + i, 1, &text);
	is_str(str_text(&text), "a\nb\n", "lines that move are no text, however they are cut");
	is_str(str_text(&c.line), "", "text has taken the last one's place");
	live_cut(&c, "[K", 2, &text);
	is_str(str_text(&c.line), "30%", "and the next is whole with its end");
	live_cut_release(&c);
}

static void test_watch(void)
{
	AUTO_FD one = -1;
	AUTO_FD two = -1;
	AUTO_STR a = STR_INIT;
	AUTO_STR b = STR_INIT;

	say("the plan\n\r10%\033[K");
	one = watcher();
	ok(reads(one, "10%\033[K", &a) && str_starts(str_text(&a), "the plan\n"), "who comes later sees what was said, and where it stands");
	say("\r\033[Kstep 1\n");
	ok(reads(one, "step 1\n", &a), "and what is said then");
	two = watcher();
	ok(reads(two, "step 1\n", &b), "so does a second one");
	is_str(str_text(&b), "the plan\nstep 1\n", "without lines that moved");
	say("both\n");
	ok(reads(one, "both\n", &a) && reads(two, "both\n", &b), "both hear the same");
}

static void test_answer(void)
{
	AUTO_FD one = watcher();
	AUTO_FD two = watcher();
	AUTO_STR a = STR_INIT;
	AUTO_STR b = STR_INIT;
	AUTO_STR typed = STR_INIT;

	say("begin\n");
	if (!reads(one, "begin\n", &a) || !reads(two, "begin\n", &b))
		die("watchers");
	type(one, "early\n");
	ok(reads(one, "nothing is asked now\n", &a), "a line before a question is none's answer");
	say("\nwell? ");
	if (!reads(one, "well? ", &a) || !reads(two, "well? ", &b))
		die("question");
	type(one, "yes\n");
	ok(reads(task.fd, "\n", &typed), "the installer hears an answer");
	is_str(str_text(&typed), "yes\n", "and nothing else");
	ok(reads(two, "(answered at another login)\n", &b), "the other is told");
	type(two, "no\n");
	ok(reads(two, "nothing is asked now\n", &b), "and its own answer comes too late");
}

/* What is pasted is longer than what is typed. */
static void test_long(void)
{
	AUTO_FD one = watcher();
	AUTO_STR a = STR_INIT;
	AUTO_STR typed = STR_INIT;
	char key[3001];

	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 2] = '\n';
	key[sizeof(key) - 1] = '\0';
	say("\nkey? ");
	if (!reads(one, "key? ", &a))
		die("question");
	type(one, key);
	ok(reads(task.fd, "\n", &typed), "a long line is heard");
	is_str(str_text(&typed), key, "whole");
}

/* A watcher with a terminal: it is told to let go, hears nothing meanwhile, and has it back. */
static void test_terminal(void)
{
	AUTO_FD one = watcher();
	AUTO_FD two = watcher();
	AUTO_STR a = STR_INIT;
	AUTO_STR b = STR_INIT;
	AUTO_STR typed = STR_INIT;

	type(one, CONTROL_TERMINAL "../sda\n" CONTROL_TERMINAL "pts/7\n");
	say("\nwhere? ");
	if (!reads(one, "where? ", &a) || !reads(two, "where? ", &b))
		die("question");
	type(one, "here\n");
	ok(reads(task.fd, "\n", &typed), "the installer hears an answer of a terminal");
	is_str(str_text(&typed), "\005pts/7 here\n", "and which one it is");
	str_clear(&typed);
	say("thanks\n\005ho");
	say("ld pts/7\nnot there\n");
	ok(reads(one, CONTROL_HOLD "\n", &a), "it is told to let go");
	ok(strstr(str_text(&a), "thanks\n") && !strstr(str_text(&a), "not there"), "and told nothing more");
	type(one, CONTROL_HELD "\n");
	ok(reads(task.fd, "\n", &typed), "that it did is passed on, asked or not");
	is_str(str_text(&typed), "\005pts/7 " CONTROL_HELD "\n", "with its name");
	ok(reads(two, "not there\n", &b) && !strchr(str_text(&b), CONTROL_ENQ), "others see nothing of that");
	say(CONTROL_FREE " pts/8\n" CONTROL_FREE " pts/7\nback\n");
	ok(reads(one, "back\n", &a) && strstr(str_text(&a), CONTROL_FREE "\nback\n"), "it has it back, and hears again");
}

static void test_stuck(void)
{
	AUTO_FD stuck = watcher();
	AUTO_FD good = watcher();
	AUTO_STR a = STR_INIT;
	AUTO_STR b = STR_INIT;
	uint64_t begin = clock_mono_ms();
	char line[64];

	for (int i = 0; i < 20000; i++) {
		snprintf(line, sizeof(line), "a line with a number, which is %d\n", i);
		say(line);
		/* The good one reads as it comes. */
		if (i % 100 == 99 && !reads(good, line, &a))
			break;
	}
	ok(str_ends(str_text(&a), "which is 19999\n") && clock_mono_ms() - begin < 30000, "one who does not read holds up nobody");
	ok(reads(stuck, "lines were left out\n", &b), "and is told so when it does");
	ok(b.len < 600000, "of a bounded amount: %zu", b.len);
}

static void test_end(void)
{
	AUTO_FD one = watcher();
	AUTO_STR a = STR_INIT;
	char c;

	say("the end\n");
	task_end(&task, HUB_END_MS);
	ok(reads(one, "the end\n", &a), "the last words arrive");
	ok(read(one, &c, 1) == 0, "then it is over");
	ok(access(path, F_OK), "and the socket is gone");
}

int main(void)
{
	if (!mkdtemp(dir))
		die("mkdtemp");
	snprintf(path, sizeof(path), "%s/hub.sock", dir);
	test_cut();
	if (hub_start(path, &task, &err))
		die("hub_start");
	test_watch();
	test_answer();
	test_long();
	test_terminal();
	test_stuck();
	test_end();
	rmdir(dir);
	return tap_end();
}
