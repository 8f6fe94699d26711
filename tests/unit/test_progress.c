/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Percent, rate and time left: at a steady speed, when the speed changes, when all stands still, at the very start,
 * and on input that no run gives.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "engine/progress.h"
#include "tap.h"

enum { MIB = 1 << 20, OPS = 4 };

static struct op ops[OPS];
static struct plan plan = { .ops = ops, .n_ops = OPS };

/* Two light steps, 800 MiB, 200 MiB. */
static void begin(struct progress *p)
{
	static const uint64_t weights[OPS] = { MIB, MIB, 800ull * MIB, 200ull * MIB };

	for (size_t i = 0; i < OPS; i++)
		ops[i].weight = weights[i];
	progress_init(p, &plan, 1000);
	progress_move(p, 0, 0, MIB, false, 1000);
	progress_move(p, 0, MIB, MIB, true, 1100);
	progress_move(p, 1, 0, MIB, false, 1100);
	progress_move(p, 1, MIB, MIB, true, 1200);
}

static bool near_to(uint64_t seen, uint64_t want, uint64_t percent)
{
	uint64_t d = seen > want ? seen - want : want - seen;

	if (d * 100 > want * percent)
		printf("# seen %llu, wanted %llu\n", (unsigned long long)seen, (unsigned long long)want);
	return d * 100 <= want * percent;
}

static void test_steady(void)
{
	struct progress p;
	bool left = true, rate = true;
	unsigned int last = 0;
	bool back = false;

	begin(&p);
	ok(!p.left_known && p.percent == 0, "at the start nothing is foretold");
	progress_move(&p, 2, 0, 800ull * MIB, false, 1200);
	/* 10 MiB a second, told ten times a second */
	for (uint64_t t = 100; t <= 80000; t += 100) {
		progress_move(&p, 2, t * MIB / 100, 800ull * MIB, t == 80000, 1200 + t);
		back |= p.percent < last;
		last = p.percent;
		if (t > 5000) {
			left &= p.left_known && near_to(p.left_s, (100000 - t) / 1000, 12);
			rate &= near_to(p.rate, 10 * MIB, 5);
		}
	}
	ok(left, "at a steady speed the time left is right within an eighth, from the fifth second on");
	ok(rate, "and the rate within a twentieth");
	ok(!back && p.percent == 80, "the percentage is by weight and never goes back: %u", p.percent);
	progress_move(&p, 3, 0, 200ull * MIB, false, 81300);
	ok(p.begins && p.rate == 0 && p.index == 3, "a step that begins has no rate yet");
	progress_move(&p, 3, 200ull * MIB, 200ull * MIB, true, 101300);
	ok(p.finished && p.percent == 100 && p.left_known && p.left_s == 0, "the end is 100 percent and nothing left");
}

/* The speed falls to a third: the time left follows, without a jump from one second to the next. */
static void test_slower(void)
{
	struct progress p;
	uint64_t done = 0, prev = 0, t;
	bool jump = false;

	begin(&p);
	for (t = 500; t <= 80000; t += 500) {
		done += (t <= 30000 ? 9 : 3) * (uint64_t)MIB / 2;
		progress_move(&p, 2, done, 800ull * MIB, false, 1200 + t);
		if (t > 5000 && prev)
			jump |= p.left_s > prev + prev / 7 + 1 || p.left_s + prev / 7 + 1 < prev;
		prev = p.left_known ? p.left_s : 0;
	}
	ok(!jump, "a speed that falls to a third lets the time left grow, not jump");
	/* 581 MiB are left; the truth lies between what the run showed on average and what it shows now */
	ok(p.left_s > 581 / 6 && p.left_s < 581 / 3, "and brings it near the truth: %llu s", (unsigned long long)p.left_s);
	ok(near_to(p.rate, 3 * MIB, 5), "the rate is the present one");
}

static void test_standstill(void)
{
	struct progress p;
	uint64_t before;

	begin(&p);
	for (uint64_t t = 500; t <= 20000; t += 500)
		progress_move(&p, 2, t * MIB / 100, 800ull * MIB, false, 1200 + t);
	before = p.left_s;
	progress_move(&p, 2, 201ull * MIB, 800ull * MIB, false, 1200 + 20000 + 60000);
	ok(p.left_known && p.left_s > before && p.left_s < before * 10, "a minute without a byte makes it longer, not endless: %llu s, then %llu s",
	   (unsigned long long)before, (unsigned long long)p.left_s);
	ok(p.rate < MIB, "and the rate low");
}

static void test_odd(void)
{
	struct progress p;
	char text[PROGRESS_TEXT_MAX];

	begin(&p);
	progress_move(&p, 2, 900ull * MIB, 800ull * MIB, false, 6000);
	ok(p.done == 800ull * MIB && p.percent <= 80, "more done than there is counts as all");
	progress_move(&p, 2, 100ull * MIB, 800ull * MIB, false, 7000);
	ok(p.percent == 79 || p.percent == 80, "a step that starts over takes back no percent: %u", p.percent);
	progress_move(&p, 2, 200ull * MIB, 800ull * MIB, false, 5000);
	ok(p.op_ms <= 6000 && p.left_s < 86400, "a clock that goes back is no harm");
	progress_move(&p, 2, 0, 0, false, 8000);
	ok(p.percent <= 80, "nor is a step of nothing");
	for (size_t i = 0; i < OPS; i++)
		ops[i].weight = 0;
	progress_init(&p, &plan, 0);
	progress_move(&p, 3, 1, 1, true, 10000);
	ok(p.percent == 0, "a plan without weights has no percent");
	for (size_t i = 0; i < OPS; i++)
		ops[i].weight = UINT64_MAX / OPS;
	progress_init(&p, &plan, 0);
	progress_move(&p, 2, UINT64_MAX - 1, UINT64_MAX, false, 10000);
	ok(p.percent == 74 || p.percent == 75, "huge weights do not overflow: %u", p.percent);
	p = (struct progress){ .left_known = false };
	is_str(progress_left(&p, text), "", "what is not known is not told");
}

static void test_words(void)
{
	static const struct {
		uint64_t s;
		const char *want;
	} rows[] = { { 0, "almost done" }, { 7, "about 10 s left" }, { 44, "about 40 s left" }, { 54, "about 50 s left" },
		     { 55, "about 1 min left" }, { 89, "about 1 min left" }, { 120, "about 2 min left" }, { 3600, "about 60 min left" },
		     { 5400, "about 2 h left" }, { 86399, "about 24 h left" }, { 86400, "more than a day left" },
		     { UINT64_MAX, "more than a day left" } };
	char text[PROGRESS_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct progress p = { .left_known = true, .left_s = rows[i].s };

		is_str(progress_left(&p, text), rows[i].want, "%llu s", (unsigned long long)rows[i].s);
	}
}

int main(void)
{
	test_steady();
	test_slower();
	test_standstill();
	test_odd();
	test_words();
	return tap_end();
}
