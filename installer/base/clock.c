/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clocks. */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

uint64_t clock_mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int64_t clock_real_s(void)
{
	return (int64_t)time(NULL);
}

void clock_text(int64_t real_s, char ret[21])
{
	time_t t = (time_t)real_s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || tm.tm_year > 8099)
		t = 0, gmtime_r(&t, &tm);
	strftime(ret, 21, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
