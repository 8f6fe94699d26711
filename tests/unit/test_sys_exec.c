/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs and children: what they say, how they fail, and that none outlives its deadline. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "sys/sys.h"
#include "tap.h"

static struct sys *s;
static struct error err;

static int run(const struct sys_exec *x)
{
	memset(&err, 0, sizeof(err));
	return s->ops->exec(s, x, &err);
}

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

static size_t open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (d && readdir(d))
		n++;
	closedir(d);
	return n;
}

static void test_says(void)
{
	AUTO_STR out = STR_INIT;
	AUTO_FD loose = open("/dev/null", O_RDONLY); /* on purpose not close-on-exec */

	ok(!run(&(struct sys_exec){ .argv = ARGV("printf", "a b\\n%s", "c"), .output = &out }),
	   "a program runs");
	is_str(str_text(&out), "a b\nc", "its output is kept");
	str_clear(&out);
	ok(!run(&(struct sys_exec){ .argv = ARGV("cat"), .input = "hello", .output = &out }),
	   "a program gets its input");
	is_str(str_text(&out), "hello", "all of it, and its end");
	str_clear(&out);
	ok(!run(&(struct sys_exec){ .argv = ARGV("cat"), .input = "a\0b\n", .input_len = 4, .output = &out }) && out.len == 4 &&
		   !memcmp(out.s, "a\0b\n", 4),
	   "input may hold any byte");
	str_clear(&out);
	ok(!run(&(struct sys_exec){ .argv = ARGV("cat"), .output = &out }) && !out.len,
	   "without input there is only its end");
	ok(!run(&(struct sys_exec){ .argv = ARGV("ls", "/proc/self/fd"), .output = &out }),
	   "a program is asked what it has open");
	is_str(str_text(&out), "0\n1\n2\n3\n", "nothing of ours is open in it (3 is its own)");
	str_clear(&out);
	ok(!run(&(struct sys_exec){ .argv = ARGV("sh", "-c", "echo $LC_ALL $TZ"), .output = &out }),
	   "a program is asked for its locale");
	is_str(str_text(&out), "C UTC\n", "it is C, and UTC");
	str_clear(&out);
	ok(!run(&(struct sys_exec){ .argv = ARGV("head", "-c", "3000000", "/dev/zero"),
				    .output = &out }),
	   "a program that says too much is let finish");
	ok(out.len == 1024 * 1024, "1 MiB of it is kept");
}

static void test_fails(void)
{
	AUTO_STR out = STR_INIT;
	char *at;

	ok(run(&(struct sys_exec){
		   .argv = ARGV("sh", "-c", "echo one; echo two >&2; echo three >&2; exit 7") }),
	   "a non-zero exit is an error");
	ok(err.kind == ERR_IO, "of kind io");
	ok(str_ends(err.msg, ": exit 7: two; three"), "with its code and what it said: %s",
	   err.msg);
	ok(run(&(struct sys_exec){ .argv = ARGV("sh", "-c", "echo out; exit 1"),
				   .output = &out }) &&
		   str_ends(err.msg, ": exit 1: out"),
	   "what was said on stdout counts if nothing else was said");
	is_str(str_text(&out), "out\n", "and is output all the same");
	ok(run(&(struct sys_exec){ .argv = ARGV("sh", "-c", "kill -SEGV $$") }) &&
		   str_ends(err.msg, ": ended by signal 11"),
	   "a signal is named");
	ok(run(&(struct sys_exec){ .argv = ARGV("no-such-program", "x") }),
	   "a missing program is an error");
	is_str(err.msg, "no-such-program x: no-such-program: No such file or directory",
	       "by its name");
	ok(run(&(struct sys_exec){ .argv = ARGV("true"), .root = "/nonexistent" }),
	   "a missing root is an error");
	ok(strstr(err.msg, "true: /nonexistent: ") != NULL, "by its path: %s", err.msg);
	ok(run(&(struct sys_exec){
		   .argv = ARGV("sh", "-c",
				"i=0; while [ $i -lt 500 ]; do echo line $i >&2; i=$((i+1)); done; "
				"printf '\\033[31mlast\\n' >&2; exit 3") }),
	   "a talkative failure is an error");
	at = strstr(err.msg, "line 499; ?[31mlast");
	ok(at && strlen(err.msg) < 1000, "with the end of what it said, and no control characters");
	ok(!run(&(struct sys_exec){ .argv = ARGV("true"), .input = "nobody reads this" }),
	   "input that is not read does no harm");
}

static void test_deadline(void)
{
	uint64_t start = clock_mono_ms(), took;
	AUTO_STR pid = STR_INIT;
	struct error ignored;
	char path[64] = "/tmp/fulcrum-exec-XXXXXX";
	AUTO_FD fd = mkstemp(path);
	char script[256];

	snprintf(script, sizeof(script), "sleep 100 & echo $! >%s; wait", path);
	ok(run(&(struct sys_exec){ .argv = ARGV("sh", "-c", script), .timeout_ms = 500 }),
	   "a program that does not end is an error");
	took = clock_mono_ms() - start;
	ok(strstr(err.msg, ": not done in 1 s, killed") && strstr(err.hint, "very slow"), "that says so: %s: %s", err.msg, err.hint);
	ok(took >= 500 && took < 5000, "after its deadline, not later (%llu ms)",
	   (unsigned long long)took);
	if (file_read(path, 64, &pid, &ignored))
		str_add(&pid, "0");
	/* Killed, and then reaped by whoever adopts orphans: until that it may be a zombie. */
	for (int i = 0; i < 50; i++) {
		char stat[64], text[256] = "";

		snprintf(stat, sizeof(stat), "/proc/%d/stat", atoi(str_text(&pid)));
		took = file_read_line(stat, text, sizeof(text)) != 0 || strstr(text, ") Z ");
		if (took)
			break;
		usleep(20000);
	}
	ok(atoi(str_text(&pid)) > 0 && took, "its own children are killed with it");
	start = clock_mono_ms();
	ok(!run(&(struct sys_exec){ .argv = ARGV("sh", "-c", "sleep 3 & exit 0") }) &&
		   clock_mono_ms() - start < 2000,
	   "a program that leaves one behind is not waited for longer than itself");
	unlink(path);
}

/* Started with no standard descriptors at all, as a daemon may be. */
static void test_closed(void)
{
	int saved[3];
	AUTO_STR out = STR_INIT;
	int rc;

	fflush(stdout);
	for (int i = 0; i < 3; i++) {
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
		close(i);
	}
	rc = run(&(struct sys_exec){ .argv = ARGV("cat"), .input = "in", .output = &out });
	for (int i = 0; i < 3; i++) {
		dup2(saved[i], i);
		close(saved[i]);
	}
	ok(!rc, "a program runs when we have no standard descriptors");
	is_str(str_text(&out), "in", "and has its own");
}

int main(void)
{
	size_t before;

	s = sys_real_new();
	before = open_descriptors();
	test_says();
	test_fails();
	test_deadline();
	test_closed();
	ok(open_descriptors() == before, "no descriptor was left open");
	sys_free(s);
	return tap_end();
}
