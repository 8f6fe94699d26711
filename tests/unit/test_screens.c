/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Consoles: which the kernel names, the same text on all of them, one that nobody reads, lines typed at any, and what
 * the moving line looks like. Pipes and
 * sockets stand for the consoles.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/fd.h"
#include "tap.h"
#include "ui/console.h"

static struct error err;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* All that can be read from FD now. */
static void drain(int fd, struct str *ret)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		str_addn(ret, buf, (size_t)n);
}

struct line { /* a console: the machine's end, and ours */
	int theirs, ours;
};

static struct line pipe_line(void)
{
	int p[2];

	if (pipe2(p, O_NONBLOCK | O_CLOEXEC))
		die("pipe");
	return (struct line){ p[1], p[0] };
}

/* Both ways; where a terminal is wanted, it is only said to be one: there is none where tests run. */
static struct line two_way_line(void)
{
	int p[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, p))
		die("socketpair");
	return (struct line){ p[0], p[1] };
}

static void test_asked(void)
{
	struct terminal_line l[SCREENS_MAX];
	size_t n = terminal_asked("quiet console=ttyS1,115200n8 console=tty0  xconsole=ttyS3 console=../sda console= console=hvc0,\n", l, SCREENS_MAX);

	ok(n == 3 && !strcmp(l[0].name, "ttyS1") && l[0].speed == 115200 && !strcmp(l[1].name, "tty0") && !l[1].speed &&
	   !strcmp(l[2].name, "hvc0") && !l[2].speed, "the lines that the boot names, with their speed: %zu", n);
	ok(terminal_asked("console=a console=b", l, 1) == 1 && !terminal_asked("", l, 1), "no more than there is room for");
}

static void test_names(void)
{
	static const char text[] = "ttyS0                -W- (EC p a)    4:64\n"
				   "tty0                 -WU (E  p  )    4:1\n"
				   "hvc0                 -W- (E  p  )  229:0\n"
				   "earlyser0            -W- (EB p  )\n"
				   "pstore-1             -W- (E  p a)\n"
				   "ttyS1                -W- (   p a)    4:65\n"
				   "ttyS2                --- (E  p a)    4:66\n"
				   "../../etc/passwd     -W- (E  p a)    4:67\n"
				   "short\n\n"
				   "aVeryLongNameOfAConsoleThatCannotBe -W- (E  p a)    4:68";
	char names[SCREENS_MAX][TERMINAL_NAME];
	size_t n = terminal_consoles(text, names, SCREENS_MAX);

	ok(n == 3 && !strcmp(names[0], "ttyS0") && !strcmp(names[1], "tty0") && !strcmp(names[2], "hvc0"),
	   "enabled consoles that take text, and no others: %zu", n);
	ok(terminal_consoles(text, names, 2) == 2, "no more than there is room for");
	ok(terminal_consoles("", names, SCREENS_MAX) == 0, "none in an empty text");
}

static void test_all(void)
{
	struct line a = pipe_line(), b = pipe_line();
	struct screens s = { .n = 0 };
	AUTO_STR one = STR_INIT;
	AUTO_STR two = STR_INIT;

	screens_add(&s, "a", a.theirs, -1);
	screens_add(&s, "b", b.theirs, -1);
	screens_put(&s, "first\nsecond\n");
	screens_live(&s, "moving");
	screens_plain(&s, "plain\n");
	drain(a.ours, &one);
	drain(b.ours, &two);
	is_str(str_text(&one), "first\nsecond\nplain\n", "what is no terminal gets whole lines, and none that moves");
	is_str(str_text(&two), str_text(&one), "the same on all");
	screens_close(&s);
	close(a.ours);
	close(b.ours);
}

static void test_terminal(void)
{
	struct line t = two_way_line();
	struct screens s = { .n = 0 };
	AUTO_STR seen = STR_INIT;

	screens_add(&s, "ttyX", t.theirs, t.theirs);
	s.s[0].tty = true;
	ok(!terminal_same(t.theirs, t.theirs) && !terminal_same(-1, -1), "what is no terminal is the same as none");
	screens_live(&s, "10%");
	screens_live(&s, "20%");
	screens_put(&s, "done\n");
	screens_plain(&s, "not here\n");
	drain(t.ours, &seen);
	is_str(str_text(&seen), "\r10%\033[K\r20%\033[K\r\033[Kdone\n", "the moving line gives way to text");
	screens_close(&s);
	close(t.ours);
}

/* A console that nobody reads, beside one that is read. */
static void test_stuck(bool terminal)
{
	struct line stuck = terminal ? two_way_line() : pipe_line(), good = pipe_line();
	struct screens s = { .n = 0 };
	AUTO_STR seen = STR_INIT;
	AUTO_STR late = STR_INIT;
	uint64_t begin = clock_mono_ms();
	unsigned int left_out = 0;
	const char *mark;
	size_t lines = 0;
	char line[100];

	screens_add(&s, "stuck", stuck.theirs, -1);
	s.s[0].tty = terminal;
	screens_add(&s, "good", good.theirs, -1);
	for (int i = 0; i < 20000; i++) {
		snprintf(line, sizeof(line), "line %05d of many, as long as such lines are\n", i);
		screens_put(&s, line);
		screens_live(&s, "moving");
		drain(good.ours, &seen);
	}
	ok(clock_mono_ms() - begin < 5000, "%s that nobody reads holds nothing up", terminal ? "a terminal" : "a pipe");
	ok(seen.len == 20000 * strlen(line), "and the other one shows all");
	ok(s.s[0].waiting.len <= SCREEN_WAITING_MAX && s.s[0].left_out, "what waits is bounded");
	/* Somebody reads again, a line at a time in between. */
	for (int i = 0; i < 100 && s.s[0].waiting.len; i++) {
		drain(stuck.ours, &late);
		screens_flush(&s);
	}
	screens_put(&s, "the end\n");
	drain(stuck.ours, &late);
	mark = strstr(str_text(&late), "... ");
	for (const char *p = str_text(&late); (p = strstr(p, "line ")); p++)
		lines++;
	ok(mark && sscanf(mark, "... %u lines left out", &left_out) == 1 && lines + left_out == 20000,
	   "afterwards it shows where lines are missing, and how many: %zu and %u", lines, left_out);
	ok(strstr(str_text(&late), "the end") != NULL, "and what comes then");
	screens_close(&s);
	close(stuck.ours);
	close(good.ours);
}

static void test_gone(void)
{
	struct line a = two_way_line(), b = pipe_line();
	struct screens s = { .n = 0 };
	AUTO_STR seen = STR_INIT;
	uint64_t begin = clock_mono_ms();
	char typed[SCREEN_TYPED_MAX];

	screens_add(&s, "gone", a.theirs, a.theirs);
	screens_add(&s, "good", b.theirs, -1);
	close(a.ours);
	for (int i = 0; i < 1000; i++)
		screens_put(&s, "text\n");
	drain(b.ours, &seen);
	ok(seen.len == 5000 && !s.s[0].waiting.len, "a console that is gone is no trouble to the others");
	ok(screens_line(&s, -1, typed) == -2 && clock_mono_ms() - begin < 2000, "and nothing can be typed at it any more");
	screens_close(&s);
	close(b.ours);
}

static void type(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die("type");
}

static void test_typed(void)
{
	struct line a = two_way_line(), b = two_way_line(), in = pipe_line();
	struct console c = { .who = "test" };
	char got[SCREEN_TYPED_MAX], longer[600];
	AUTO_STR seen = STR_INIT;

	screens_add(&c.screens, "ttyS0", a.theirs, a.theirs);
	screens_add(&c.screens, "ttyS1", b.theirs, b.theirs);
	ok(screens_line(&c.screens, 50, got) == -1, "nothing is typed");
	type(b.ours, "ye");
	ok(screens_line(&c.screens, 50, got) == -1, "half a line is none");
	type(b.ours, "s\r");
	ok(console_ask(&c, "sure? ", got) == 1 && !strcmp(got, "yes"), "a line may be typed at any of them: %s", got);
	drain(a.ours, &seen);
	is_str(str_text(&seen), "sure? (answered at ttyS1)\n", "the others see the question and where it was answered");
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 2] = '\n';
	longer[sizeof(longer) - 1] = '\0';
	screens_add(&c.screens, "stdin", -1, in.ours);
	type(in.theirs, longer);
	ok(screens_line(&c.screens, 1000, got) == 2 && strlen(got) == SCREEN_TYPED_MAX - 1, "a line without end is cut");
	type(in.theirs, "one\ntwo\n");
	ok(screens_line(&c.screens, 1000, got) == 2 && !strcmp(got, "one"), "the first of two lines comes first");
	ok(screens_line(&c.screens, 1000, got) == 2 && !strcmp(got, "two"), "then the second");
	close(in.theirs);
	close(a.ours);
	close(b.ours);
	ok(screens_line(&c.screens, -1, got) == -2, "when all are gone, nobody can answer");
	console_close(&c);
}

/* --- lines */

static void test_moving_line(void)
{
	static const char *const wanted = "[ 9/14] image     43%  ########............   38 MiB/s  about 2 min left";
	struct op op = { .kind = OP_IMAGE };
	struct progress p = { .op = &op, .index = 8, .count = 14, .percent = 43, .rate = 38ull << 20, .left_known = true, .left_s = 120 };
	AUTO_STR line = STR_INIT;

	console_moving_line(&p, &line);
	is_str(str_text(&line), wanted, "the moving line");
	for (op.kind = 0; op.kind < OP__N; op.kind++) {
		str_clear(&line);
		p.percent = 100;
		p.index = 199;
		p.count = 200;
		p.rate = UINT64_MAX;
		p.left_s = UINT64_MAX;
		console_moving_line(&p, &line);
		ok(line.len < CONSOLE_WIDTH, "%s: fits into a line at its longest: %zu", op_kind_names[op.kind], line.len);
	}
	str_clear(&line);
	p = (struct progress){ .op = &op, .count = 3 };
	op.kind = OP_MKFS;
	console_moving_line(&p, &line);
	is_str(str_text(&line), "[ 1/3] mkfs       0%  ....................             ", "without what is not known yet");
}

static void test_finished_line(void)
{
	struct op op = { .kind = OP_IMAGE, .text = "write the image debian-13 with its 413 MiB in chunks of 1 MiB onto system:3 and grow it" };
	struct progress p = { .op = &op, .index = 8, .count = 14, .percent = 43, .op_ms = 12345 };
	AUTO_STR line = STR_INIT;
	AUTO_STR text = STR_INIT;

	console_finished_line(&p, &line);
	is_str(str_text(&line), "[ 9/14]   43%   12.3 s write the image debian-13 with its 413 MiB in chunks of\n"
				"                       1 MiB onto system:3 and grow it", "the line of a step that is done");
	console_wrap("one\n\na-word-that-is-longer-than-a-line-of-a-console-and-may-have-to-be-copied-by-somebody and more", 2, &text);
	is_str(str_text(&text), "  one\n\n  a-word-that-is-longer-than-a-line-of-a-console-and-may-have-to-be-copied-by-somebody\n  and more\n",
	       "long words stay whole, empty lines stay");
}

/* --- JSON lines */

static void move(unsigned int percent, int64_t left)
{
	const struct channel_move m = { .id = "image:root", .n = 3, .of = 9, .done = 5, .total = 10, .percent = percent, .rate = 7,
					.left_s = left };

	channel_step("test", &m);
}

static void test_channel(void)
{
	char dir[] = "/tmp/fulcrum-channel-XXXXXX", path[64], link[64];
	AUTO_STR text = STR_INIT;

	if (!mkdtemp(dir))
		die("mkdtemp");
	snprintf(path, sizeof(path), "%s/progress.jsonl", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	channel_log(path);
	channel_emit("note", "test", "text", "a \"quoted\"\nline", NULL);
	move(41, 120);
	move(42, -1);
	ok(!file_read(path, 4096, &text, &err), "lines are kept in a file");
	ok(str_starts(str_text(&text), "{\"t\":\"note\",\"who\":\"test\",\"text\":\"a \\\"quoted\\\"\\u000aline\",\"ms\":"), "an event");
	ok(strstr(str_text(&text), "{\"t\":\"step\",\"who\":\"test\",\"id\":\"image:root\",\"n\":3,\"of\":9,\"done\":5,\"total\":10,"
				   "\"percent\":41,\"rate\":7,\"left\":120,\"ms\":"), "a step");
	ok(strstr(str_text(&text), "\"percent\":42,\"rate\":7,\"ms\":"), "a step whose end is not known");
	if (truncate(path, CHANNEL_LOG_MAX - 10))
		die("truncate");
	move(43, 1);
	str_clear(&text);
	ok(!file_read(path, CHANNEL_LOG_MAX, &text, &err) && text.len == CHANNEL_LOG_MAX - 10, "the file does not grow without end");
	if (symlink(path, link))
		die("symlink");
	channel_log(link);
	move(44, 1);
	channel_log("/nowhere/at/all/progress.jsonl");
	move(45, 1);
	channel_log("/dev/full");
	move(46, 1);
	channel_log(NULL);
	ok(true, "a link, a missing directory and a full disk are no trouble");
	unlink(path);
	unlink(link);
	rmdir(dir);
}

/* What a terminal answers to the question where its cursor stands, among whatever else was typed. */
static void test_position(void)
{
	static const struct {
		const char *text;
		int row, column; /* 0: none */
	} cases[] = {
		{ "\033[12;3R", 12, 3 }, { "\033[1;999R", 1, 999 }, { "abc\033[A\033[5;6Rx", 5, 6 }, { "\033[\033[7;8R", 7, 8 },
		{ "", 0, 0 }, { "\033[12;3", 0, 0 }, { "\033[;3R", 0, 0 }, { "\033[3R", 0, 0 }, { "\033[0;0R", 0, 0 }, { "[1;2R", 0, 0 },
		{ "\033[1;2r", 0, 0 }, { "\033[99999999999;1R", 0, 0 }, { "\033[1;-2R", 0, 0 }, { "\033", 0, 0 }, { "\033[", 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int row = 0, column = 0;
		bool found = terminal_position(cases[i].text, strlen(cases[i].text), &row, &column);

		ok(found == (cases[i].row > 0) && row == cases[i].row && column == cases[i].column, "answer %zu: %d, %d", i, row, column);
	}
}

static void test_busy(void)
{
	struct line a = two_way_line(), b = two_way_line(), result = pipe_line();
	struct screens s = { .n = 0 };
	char typed[SCREEN_TYPED_MAX];
	AUTO_STR seen = STR_INIT;

	screens_add(&s, "a", a.theirs, a.theirs);
	screens_add(&s, "b", b.theirs, b.theirs);
	if (write(a.ours, "mine\n", 5) != 5)
		die("write");
	ok(screens_line_or(&s, 0, result.ours, 50, typed) == -1, "what is typed where somebody else reads is not taken");
	if (write(b.ours, "\n", 1) != 1)
		die("write");
	ok(screens_line_or(&s, 0, result.ours, 1000, typed) == 1 && !typed[0], "what is typed at another one is");
	if (write(result.theirs, "x", 1) != 1)
		die("write");
	ok(screens_line_or(&s, 0, result.ours, 1000, typed) == -3, "and the end of what is waited for is seen");
	screens_tell_others(&s, 0, "taken\n");
	drain(a.ours, &seen);
	is_str(str_text(&seen), "", "the one in use is not disturbed");
	drain(b.ours, &seen);
	is_str(str_text(&seen), "taken\n", "the others are told");
	screens_close(&s);
}

int main(void)
{
	test_names();
	test_asked();
	test_all();
	test_terminal();
	test_stuck(false);
	test_stuck(true);
	test_gone();
	test_typed();
	test_moving_line();
	test_finished_line();
	test_channel();
	test_position();
	test_busy();
	return tap_end();
}
