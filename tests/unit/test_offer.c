/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages on several consoles: which one answers, how, what the others see, and who takes over. Pseudo terminals stand for
 * the consoles; a child plays the person before them, who waits for a text before each thing that is typed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "tap.h"
#include "ui/control.h"
#include "ui/offer.h"

enum { PATIENCE_MS = 60000 };

struct step {
	int line;
	const char *expect, *type;
};

struct stage {
	struct console c;
	struct offer o;
	int masters[2];
	pid_t person;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int pty(int *ret_master)
{
	int slave;

	*ret_master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*ret_master < 0 || grantpt(*ret_master) || unlockpt(*ret_master))
		die("pty");
	slave = open(ptsname(*ret_master), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (slave < 0)
		die("pty");
	return slave;
}

/* True when LINE says TEXT; other lines are emptied meanwhile. */
static bool hear(const int masters[2], int line, const char *text)
{
	static struct str heard[2];
	uint64_t end = clock_mono_ms() + PATIENCE_MS;

	while (clock_mono_ms() < end) {
		struct pollfd p[2] = { { .fd = masters[0], .events = POLLIN }, { .fd = masters[1], .events = POLLIN } };
		char *at = heard[line].s ? strstr(heard[line].s, text) : NULL;

		if (at) {
			/* What was heard is heard once; what follows may have come with it. */
			at += strlen(text);
			memmove(heard[line].s, at, strlen(at) + 1);
			str_cut(&heard[line], strlen(heard[line].s));
			return true;
		}
		poll(p, 2, 100);
		for (int i = 0; i < 2; i++) {
			char buf[4096];
			ssize_t n = p[i].revents & POLLIN ? read(masters[i], buf, sizeof(buf)) : 0;

			for (ssize_t k = 0; k < n; k++)
				if (buf[k])
					str_addc(&heard[i], buf[k]);
		}
	}
	return false;
}

static pid_t person(const int masters[2], const struct step *steps, size_t n)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (size_t i = 0; i < n; i++) {
		if (!hear(masters, steps[i].line, steps[i].expect)) {
			/* The page would wait for ever. */
			fprintf(stderr, "line %d never said [%s]\n", steps[i].line, steps[i].expect);
			kill(getppid(), SIGTERM);
			_exit(1);
		}
		if (write(masters[steps[i].line], steps[i].type, strlen(steps[i].type)) < 0)
			_exit(1);
	}
	/* Reads on: a console that nobody reads is another test. */
	hear(masters, 0, "never said");
	_exit(0);
}

static void begin(struct stage *t, enum offer_mode mode, const struct step *steps, size_t n)
{
	*t = (struct stage){ .c = { .who = "install" } };
	for (int i = 0; i < 2; i++) {
		int slave = pty(&t->masters[i]);

		screens_add(&t->c.screens, i ? "ttyS1" : "ttyS0", slave, slave);
	}
	offer_begin(&t->o, &t->c, mode, "banner");
	t->person = person(t->masters, steps, n);
}

/* Ends it; true if the person heard and typed all. */
static void end(struct stage *t)
{
	int status;
	bool early = waitpid(t->person, &status, WNOHANG) == t->person;

	if (!early) {
		kill(t->person, SIGKILL);
		waitpid(t->person, &status, 0);
	}
	ok(!early, "the person heard all that was waited for");
	screens_close(&t->c.screens);
	close(t->masters[0]);
	close(t->masters[1]);
}

static const struct guide_item items[] = { { "first", "the first one", false }, { "second", NULL, false } };
static const struct guide_field fields[] = { { "name", NULL, "old" }, { "other", "help", "kept" } };
static const struct guide_button buttons[] = { { DO_NEXT, "next", "Next" }, { DO_BACK, "back", "Back" } };
static const struct guide_page list = { .id = "list", .title = "A list", .intro = "Words.", .items = items, .n_items = 2, .buttons = buttons, .n_buttons = 2 };
static const struct guide_page form = { .id = "form", .title = "A form", .fields = fields, .n_fields = 2, .buttons = buttons, .n_buttons = 2 };

static void test_dumb(void)
{
	static const struct step steps[] = {
		{ 0, "Press Enter", "\r" },
		{ 0, "did not say what it is", "" },
		{ 0, "A number from 1 to 2", "2\r" },
		{ 1, "ttyS0 answers: \"A list\"", "" },
		{ 0, "name [old]", "new\r" },
		{ 0, "other (help) [kept]", "\r" },
		{ 0, "next or back [next]", "back\r" },
	};
	AUTO_ARENA a = ARENA_INIT;
	struct guide_answer answer;
	struct stage t;

	begin(&t, OFFER_AUTO, steps, ARRAY_LEN(steps));
	ok(!offer_ask(&t.o, &list, &a, &answer) && answer.what == DO_NEXT && answer.item == 1, "a dumb line is asked by lines");
	ok(!offer_ask(&t.o, &form, &a, &answer) && answer.what == DO_BACK, "and goes on answering");
	ok(!strcmp(answer.values[0], "new") && !strcmp(answer.values[1], "kept"), "its fields come back");
	end(&t);
}

static void test_screen(void)
{
	static const struct step steps[] = {
		{ 1, "Press Enter", "\r" },
		/* A terminal: UTF-8, 80 columns and 24 lines. */
		{ 1, "\033[6n", "\033[1;2R" },
		{ 1, "\033[6n", "\033[24;80R" },
		/* Lines are drawn as it reads them, whatever the environment says. */
		{ 1, "\u2524", "" },
		{ 1, "<Back>", "\033[B\r" },
		{ 1, "<Back>", "er\t\t\r" },
	};
	AUTO_ARENA a = ARENA_INIT;
	struct guide_answer answer;
	struct winsize size;
	struct stage t;

	begin(&t, OFFER_AUTO, steps, ARRAY_LEN(steps));
	ok(!offer_ask(&t.o, &list, &a, &answer) && answer.item == 1, "a terminal that answers gets screens, and is driven by its keys");
	ok(t.o.at[1].kind.utf8 && !t.o.at[1].plain, "it was found to read UTF-8");
	ok(!ioctl(t.c.screens.s[1].out, TIOCGWINSZ, &size) && size.ws_row == 24 && size.ws_col == 80, "its driver is told the size");
	ok(!offer_ask(&t.o, &form, &a, &answer) && answer.what == DO_NEXT && !strcmp(answer.values[0], "older"), "what is typed is added: %s",
	   answer.values[0]);
	end(&t);
}

static void test_take_over(void)
{
	static const struct step steps[] = {
		{ 0, "Press Enter", "\r" },
		{ 0, "A number from 1 to 2", "" },
		{ 1, "Enter here takes over", "\r" },
		{ 0, "ttyS1 took over", "" },
		{ 1, "A number from 1 to 2", "1\r" },
	};
	AUTO_ARENA a = ARENA_INIT;
	struct guide_answer answer;
	struct stage t;

	begin(&t, OFFER_PLAIN, steps, ARRAY_LEN(steps));
	ok(!offer_ask(&t.o, &list, &a, &answer) && answer.item == 0 && t.o.driver == 1, "Enter at another console takes the page there");
	end(&t);
}

/* The first line takes nothing in and gives nothing out in the middle of a page. */
static void test_stuck(void)
{
	static const struct step steps[] = {
		{ 1, "Press Enter", "\r" },
		{ 1, "A number from 1 to 2", "1\r" },
	};
	AUTO_ARENA a = ARENA_INIT;
	struct guide_answer answer;
	struct stage t;
	uint64_t begun;

	begin(&t, OFFER_PLAIN, steps, ARRAY_LEN(steps));
	/* Ctrl-S. */
	ioctl(t.c.screens.s[0].out, TCXONC, 0);
	begun = clock_mono_ms();
	ok(!offer_ask(&t.o, &list, &a, &answer) && t.o.driver == 1, "a line that is stopped holds up nobody");
	ok(clock_mono_ms() - begun < PATIENCE_MS / 2, "nor for long: %llu ms", (unsigned long long)(clock_mono_ms() - begun));
	end(&t);
}

static void test_gone(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct guide_answer answer;
	struct stage t;

	begin(&t, OFFER_AUTO, NULL, 0);
	kill(t.person, SIGKILL);
	waitpid(t.person, NULL, 0);
	close(t.masters[0]);
	close(t.masters[1]);
	ok(offer_ask(&t.o, &list, &a, &answer) == -1, "when all consoles are gone, that is told");
	screens_close(&t.c.screens);
}

/* --- a login from elsewhere: its lines come through the hub (a socket), which here is the person, too; its terminal is the second */

struct login {
	struct stage t;
	int slave;
	char name[32]; /* "pts/3" */
	char typed[64], hold[64], held[64], free_again[64], second[64]; /* what is said of it */
};

static void login_begin(struct login *l)
{
	int hub[2];

	*l = (struct login){ .t = { .c = { .who = "install" } } };
	l->slave = pty(&l->t.masters[1]);
	snprintf(l->name, sizeof(l->name), "%s", ptsname(l->t.masters[1]) + strlen("/dev/"));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, hub))
		die("socketpair");
	l->t.masters[0] = hub[0];
	snprintf(l->typed, sizeof(l->typed), "%c%s \n", CONTROL_ENQ, l->name);
	snprintf(l->second, sizeof(l->second), "%c%s 2\n", CONTROL_ENQ, l->name);
	snprintf(l->hold, sizeof(l->hold), CONTROL_HOLD " %s\n", l->name);
	snprintf(l->held, sizeof(l->held), "%c%s " CONTROL_HELD "\n", CONTROL_ENQ, l->name);
	snprintf(l->free_again, sizeof(l->free_again), CONTROL_FREE " %s\n", l->name);
	ok(screens_add(&l->t.c.screens, "a remote login", hub[1], hub[1]) == 0, "the hub is a console");
	l->t.c.screens.s[0].tty = l->t.c.screens.s[0].relays = true;
}

static void login_offer(struct login *l, enum offer_mode mode, const struct step *steps, size_t n)
{
	offer_begin(&l->t.o, &l->t.c, mode, "banner");
	l->t.person = person(l->t.masters, steps, n);
}

static void login_end(struct login *l)
{
	end(&l->t);
	close(l->slave);
}

static void test_login(void)
{
	struct login l;
	const struct step steps[] = {
		{ 0, "Press Enter", l.typed },
		{ 0, l.hold, l.held },
		{ 1, "\033[6n", "\033[1;2R" },
		{ 1, "\033[6n", "\033[24;80R" },
		{ 1, "<Back>", "\033[B\r" },
		{ 0, l.free_again, "seen\n" },
	};
	AUTO_ARENA a = ARENA_INIT;
	struct guide_answer answer;
	struct screens *s = &l.t.c.screens;

	login_begin(&l);
	login_offer(&l, OFFER_AUTO, steps, ARRAY_LEN(steps));
	ok(!offer_ask(&l.t.o, &list, &a, &answer) && answer.item == 1, "Enter at a login: its own terminal gets screens");
	is_str(s->s[1].name, l.name, "which is a console of its own from then on");
	offer_end(&l.t.o);
	ok(s->s[1].out < 0 && s->s[1].in < 0, "and none any more at the end");
	ok(screens_expect(s, 0, "seen", PATIENCE_MS), "whoever watches there has it back");
	login_end(&l);
}

/* Its program does not let go: questions line by line, as for one without a terminal. */
static void test_login_stuck(void)
{
	struct login l;
	const struct step steps[] = {
		{ 0, "Press Enter", l.typed },
		{ 0, l.free_again, "" },
		{ 0, "A number from 1 to 2", l.second },
	};
	AUTO_ARENA a = ARENA_INIT;
	struct guide_answer answer;

	login_begin(&l);
	login_offer(&l, OFFER_PLAIN, steps, ARRAY_LEN(steps));
	ok(!offer_ask(&l.t.o, &list, &a, &answer) && answer.item == 1, "a login that does not let go of its terminal is asked by lines");
	login_end(&l);
}

int main(void)
{
	test_dumb();
	test_screen();
	test_take_over();
	test_stuck();
	test_login();
	test_login_stuck();
	test_gone();
	return tap_end();
}
