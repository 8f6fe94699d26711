/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Children, and the probing that runs in them: each really crashes, hangs, spins, eats memory, writes
 * where it must not, or answers garbage, and it is a finding about its disk and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "sys/child.h"
#include "sys/probe.h"
#include "tap.h"

static struct error err;
static char dir[] = "/tmp/fulcrum-child-XXXXXX", disk_path[64], other_path[64];
static int held = -1; /* a descriptor of the parent, open to write */

/* --- what children do */

/* The sanitizers would catch it and end in their own way: the kernel's way is what is wanted. */
static void crash(void)
{
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

static void spin(void)
{
	for (volatile unsigned int i = 0;; i++)
		;
}

/* Takes memory until there is no more, and then does what arenas and strings do. */
static void eat(void)
{
	enum { STEP = 1 << 20, MOST = 512 };

	for (size_t i = 0; i < MOST; i++) {
		volatile char *p = malloc(STEP);

		if (!p) {
			signal(SIGABRT, SIG_DFL);
			abort();
		}
		for (size_t at = 0; at < STEP; at += 4096)
			p[at] = 1;
	}
}

/* The descriptor of the answer: the only one above 2. */
static int answer_fd(void)
{
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return fd;
	return -1;
}

static void write_raw(const void *data, size_t len)
{
	if (write(answer_fd(), data, len) != (ssize_t)len)
		_exit(9);
}

/* An answer of status 2 (an error), whose text never ends. */
static void bad_error(void)
{
	struct {
		char magic[8];
		uint64_t status, len;
		struct error e;
	} answer = { .magic = "answer1", .status = 2, .len = sizeof(struct error) };

	memset(answer.e.msg, 'x', sizeof(answer.e.msg));
	write_raw(&answer, sizeof(answer));
	_exit(0);
}

/* One of status 1 that says it has more bytes than come. */
static void half_answer(void)
{
	struct {
		char magic[8];
		uint64_t status, len;
	} head = { .magic = "answer1", .status = 1, .len = 255 };

	write_raw(&head, sizeof(head));
	write_raw("half", 4);
	_exit(0);
}

/* Writes to a file that it may open. */
static int open_and_write(void)
{
	int fd = open(other_path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -1 : (int)write(fd, "x", 1);
}

static int say(void *ctx, struct str *out, struct error *e)
{
	const char *how = ctx;

	(void)e;
	if (!strcmp(how, "much"))
		for (int i = 0; i < 100000; i++)
			str_add(out, "0123456789");
	else if (!strcmp(how, "crash"))
		crash();
	else if (!strcmp(how, "kill"))
		raise(SIGKILL);
	else if (!strcmp(how, "spin"))
		spin();
	else if (!strcmp(how, "eat"))
		eat();
	else if (!strcmp(how, "abort"))
		signal(SIGABRT, SIG_DFL), abort();
	else if (!strcmp(how, "garbage"))
		write_raw("\x7f""ELF and so on, for a while", 27), _exit(0);
	else if (!strcmp(how, "prefix"))
		write_raw("noise", 5);
	else if (!strcmp(how, "bad error"))
		bad_error();
	else if (!strcmp(how, "half"))
		half_answer();
	else if (!strcmp(how, "silent"))
		close(answer_fd()), pause();
	else if (!strcmp(how, "write"))
		str_addf(out, "%d", open_and_write());
	else if (!strcmp(how, "held"))
		str_add(out, write(held, "x", 1) < 0 && errno == EBADF ? "closed" : "open");
	else if (!strcmp(how, "hang"))
		pause();
	else if (!strcmp(how, "leave"))
		_exit(0);
	else if (!strcmp(how, "fail"))
		return error_set(e, ERR_CHANGED, "it is not as it was"),
		       error_hint(e, "look again");
	return 0;
}

/* --- what the parent makes of it */

static const struct child_limits tight = { .timeout_ms = 20000, .cpu_s = 1, .memory_bytes = 48 << 20, .reads_only = true };

static int child(const char *how, const struct child_limits *limits, struct str *out)
{
	char text[16];
	struct child_job job = { .ctx = text, .out = out, .err = &err };

	snprintf(text, sizeof(text), "%s", how);
	memset(&err, 0, sizeof(err));
	str_clear(out);
	child_run_all(say, &job, 1, 1, limits);
	return job.rc;
}

static void ends(const char *how, const struct child_limits *limits, const char *message, const char *what)
{
	AUTO_STR out = STR_INIT;
	int rc = child(how, limits, &out);

	ok(rc == -1 && err.kind == ERR_IO && !out.len, "%s is an error of a device", what);
	is_str(err.msg, message, "that says how it ended");
}

static void test_answers(void)
{
	static const struct child_limits loose = { .timeout_ms = 5000 };
	AUTO_STR out = STR_INIT;

	ok(!child("nothing", &loose, &out) && !out.len, "a child may say nothing");
	ok(!child("much", &loose, &out) && out.len == 1000000, "a child may say a lot");
	ok(!child("much", &tight, &out) && out.len == 1000000, "within limits, too");
	ok(child("fail", &tight, &out) && err.kind == ERR_CHANGED, "a child's error has its kind");
	is_str(err.msg, "it is not as it was", "its text");
	is_str(err.hint, "look again", "and its hint");
	ok(!child("held", &loose, &out) && str_eq(out.s, "closed"), "what the parent has open is not in reach of a child");
}

static void test_ends(void)
{
	static const struct child_limits quick = { .timeout_ms = 500 };
	struct rlimit r;

	ends("crash", &tight, "killed by signal 11 (SEGV)", "a crash");
	ends("kill", &tight, "killed by signal 9 (KILL)", "being killed from outside");
	ends("abort", &tight, "killed by signal 6 (ABRT)", "giving up");
	ends("leave", &tight, "ended without an answer", "leaving early");
	ends("hang", &quick, "no answer in 1 s", "hanging");
	ends("silent", &quick, "did not end in 1 s", "hanging after the answer was closed");
	ends("spin", &tight, "took too much processor time and was ended", "an endless loop");
	ends("write", &tight, "killed by signal 25 (XFSZ)", "writing to a file");
	ends("garbage", &tight, "answered 27 bytes of garbage", "garbage");
	ends("prefix", &tight, "answered 29 bytes of garbage", "noise in front of an answer");
	ends("half", &tight, "answered 28 bytes of garbage", "half an answer");
	ends("bad error", &tight, "answered with an error that is none", "an error whose text does not end");
	ok(!getrlimit(RLIMIT_CPU, &r) && r.rlim_cur == RLIM_INFINITY, "the limits are the child's alone");
}

/* The sanitizer's allocator ends by itself, and without it ours does. */
static void test_memory(void)
{
	AUTO_STR out = STR_INIT;
	int rc = child("eat", &tight, &out);

	ok(rc == -1 && err.kind == ERR_IO && !out.len, "eating memory ends the child: %s", err.msg);
	ok(!child("eat", &(struct child_limits){ .timeout_ms = 20000 }, &out), "where nothing bounds it, it gets it");
}

/* Disks that do not answer: many hang, one in the middle answers, and nobody waits for each in turn. */
static void test_many_children(void)
{
	enum { N = 26, ALIVE = 20, CRASHED = 21, EACH_MS = 300 };
	static char hang[] = "hang", alive[] = "much", crash[] = "crash";
	struct child_job jobs[N];
	struct str texts[N];
	struct error *errs = calloc(N, sizeof(*errs));
	uint64_t start = clock_mono_ms(), took;
	unsigned int silent = 0;

	for (size_t i = 0; i < N; i++) {
		texts[i] = (struct str)STR_INIT;
		jobs[i] = (struct child_job){ .ctx = i == ALIVE ? alive : i == CRASHED ? crash : hang, .out = &texts[i], .err = &errs[i] };
	}
	child_run_all(say, jobs, N, 8, &(struct child_limits){ .timeout_ms = EACH_MS });
	took = clock_mono_ms() - start;
	for (size_t i = 0; i < N; i++)
		silent += jobs[i].rc && str_eq(errs[i].msg, "no answer in 1 s");
	ok(silent == N - 2, "of %d children each that hangs is told", N);
	ok(!jobs[ALIVE].rc && texts[ALIVE].len == 1000000, "one that answers is heard among them");
	ok(jobs[CRASHED].rc && str_eq(errs[CRASHED].msg, "killed by signal 11 (SEGV)"), "one that crashes is told apart");
	ok(took < N * EACH_MS / 2, "in %u ms, not %d deadlines one after the other", (unsigned int)took, N);
	/* Deadlines longer than the patience with a silent child: what is silent makes room. */
	start = clock_mono_ms();
	child_run_all(say, jobs, 8, 4, &(struct child_limits){ .timeout_ms = 2500 });
	took = clock_mono_ms() - start;
	ok(took < 4500, "silent children make room for others: %u ms, not 5000", (unsigned int)took);
	for (size_t i = 0; i < N; i++)
		str_release(&texts[i]);
	free(errs);
}

/* --- probing */

static int probe_like(void *ctx, struct str *out, struct error *e)
{
	static char hang[] = "hang", spin_word[] = "spin", crash_word[] = "crash", eat_word[] = "eat", garbage[] = "garbage";
	const struct disk *d = ctx;

	switch (d->name[2]) {
	case 'a': return say(crash_word, out, e);
	case 'b': return say(hang, out, e);
	case 'c': return say(spin_word, out, e);
	case 'd': return say(eat_word, out, e);
	case 'e': return say(garbage, out, e);
	case 'f': str_add(out, "{\"name\": \"sdf\", \"path\""); return 0;
	case 'g': str_add(out, "{\"name\":\"sdg\",\"path\":\"/dev/sdg\",\"bus\":\"unknown\",\"size_bytes\":1,\"sector_bytes\":512,"
			       "\"table\":\"gpt\",\"partitions\":[{\"number\":1,\"start_bytes\":18446744073709551615,\"size_bytes\":2}]}"); return 0;
	case 'h': str_add(out, "{\"name\":\"sdh\",\"path\":\"/dev/sdh\",\"bus\":\"unknown\",\"size_bytes\":1,\"sector_bytes\":512,"
			       "\"table\":\"\\u001b[2J\"}"); return 0;
	default: return probe_look(ctx, out, e);
	}
}

static void test_probing(void)
{
	static const char *const wanted[] = {
		"killed by signal 11 (SEGV)", "no answer in 8 s", "took too much processor time and was ended", NULL,
		"answered 27 bytes of garbage", "answer:1:", "answered what cannot be", "answered what cannot be", "",
	};
	static const struct child_limits limits = { .timeout_ms = 8000, .cpu_s = 1, .memory_bytes = 48 << 20, .reads_only = true };
	struct disk disks[ARRAY_LEN(wanted)], *list[ARRAY_LEN(wanted)];
	struct error *results = calloc(ARRAY_LEN(wanted), sizeof(*results));
	AUTO_ARENA a = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		disks[i] = (struct disk){ .name = arena_printf(&a, "sd%c", (char)('a' + i)), .path = disk_path, .size_bytes = 8 << 20, .sector_bytes = 512 };
		list[i] = &disks[i];
	}
	probe_all(probe_like, &limits, list, ARRAY_LEN(wanted), &a, results);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		const char *text = results[i].msg;

		ok(wanted[i] ? wanted[i][0] ? strstr(text, wanted[i]) != NULL : !text[0] : text[0],
		   "%s: %s", disks[i].name, text[0] ? text : "is looked at");
		ok(text[0] ? disk_is_blank(&disks[i]) && !disks[i].table : str_eq(disks[i].signatures[0].type, "swap"),
		   "%s", text[0] ? "and nothing of it is believed" : "and what it carries is seen");
	}
	free(results);
}

/* A disk of which an end cannot be read was not looked at; a file that is shorter than it says stands for it. */
static void test_unreadable(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct disk d = { .name = "sdz", .path = disk_path, .size_bytes = 9 << 20, .sector_bytes = 512 }, *list = &d;
	struct error result;

	probe_all(probe_look, &tight, &list, 1, &a, &result);
	ok(strstr(result.msg, "has 8388608 bytes, not 9437184"), "a disk of another size is not believed: %s", result.msg);
}

static size_t open_descriptors(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void make_files(void)
{
	AUTO_FD fd = -1;

	if (!mkdtemp(dir))
		abort();
	snprintf(disk_path, sizeof(disk_path), "%s/disk", dir);
	snprintf(other_path, sizeof(other_path), "%s/other", dir);
	fd = open(disk_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	/* A swap area: version 1, one page, the magic at the end of the first. */
	if (fd < 0 || ftruncate(fd, 8 << 20) || pwrite(fd, "\1\0\0\0\377\7\0\0", 8, 1024) != 8 || pwrite(fd, "SWAPSPACE2", 10, 4086) != 10)
		abort();
	held = open(other_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (held < 0)
		abort();
}

int main(void)
{
	size_t before;

	make_files();
	before = open_descriptors();
	test_answers();
	test_ends();
	test_memory();
	test_many_children();
	test_probing();
	test_unreadable();
	ok(open_descriptors() == before, "no descriptor was left open");
	unlink(disk_path);
	unlink(other_path);
	rmdir(dir);
	return tap_end();
}
