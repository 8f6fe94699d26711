/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Too little memory; clocks of 1980, of today and of the far future. */
#include <string.h>

#include "base/clock.h"
#include "engine/preflight.h"
#include "tap.h"

static struct error err;
static char set_to[32], stage[32], said[300];
static bool fails;

static int w_exec(struct sys *s UNUSED, const struct sys_exec *x, struct error *e)
{
	snprintf(set_to, sizeof(set_to), "%s %s", x->argv[0], x->argv[3]);
	return fails ? error_set(e, ERR_IO, "date: exit 1") : 0;
}

static void on_stage(void *ctx UNUSED, const char *name, const char *text)
{
	snprintf(stage, sizeof(stage), "%s", name);
	snprintf(said, sizeof(said), "%s", text);
}

static const struct sys_ops ops = { .exec = w_exec };
static struct sys sys = { .ops = &ops };
static const struct engine_sink sink = { .stage = on_stage };

static void clock_with(int64_t epoch)
{
	const struct catalog c = { .epoch = (uint64_t)epoch };

	set_to[0] = stage[0] = said[0] = '\0';
	preflight_clock(&sys, &c, &sink);
}

static void test_memory(void)
{
	struct machine m = { .memory_bytes = 384ull << 20 };

	ok(preflight_memory(&m, &err) && err.kind == ERR_REFUSED && strstr(err.msg, "has 384 MiB, an install needs 512 MiB"),
	   "384 MiB are refused with the numbers: %s", err.msg);
	m.memory_bytes = 768ull << 20;
	ok(!preflight_memory(&m, &err), "768 MiB are enough");
	m.memory_bytes = (512ull << 20) - 1;
	ok(preflight_memory(&m, &err), "a byte under the limit is not");
	m.memory_bytes = 0;
	ok(!preflight_memory(&m, &err), "a kernel that does not say is no reason to stop");
}

static void test_clock(void)
{
	int64_t now = clock_real_s();
	char want[64];

	clock_with(now - 86400);
	ok(!set_to[0] && !stage[0], "a clock after the build is left alone, in silence");
	snprintf(want, sizeof(want), "date @%lld", (long long)now + 86400);
	clock_with(now + 86400);
	ok(!strcmp(set_to, want) && !strcmp(stage, "clock") && strstr(said, "set to the build's time"),
	   "one before it is set to the build's time, and that is said");
	clock_with(now - 11ll * 366 * 86400);
	ok(!set_to[0] && strstr(said, "left as it is"),
	   "one in the far future is told, and left");
	clock_with(0);
	ok(!set_to[0], "a release that does not say when it was built changes nothing");
	fails = true;
	clock_with(now + 86400);
	ok(strstr(said, "cannot be set: date: exit 1"), "a clock that cannot be set is told, and stops nothing: %s", said);
}

int main(void)
{
	test_memory();
	test_clock();
	return tap_end();
}
