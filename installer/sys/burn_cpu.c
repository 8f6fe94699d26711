/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every CPU at once, with an answer that is known. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/str.h"
#include "sys/burn.h"

const char burn_known[] = "cdda49abf7ea4ed2fe6ddb10b1c4d45e06a74fe1c6947da29c4ad85f7a8b39b5";

struct worker {
	pthread_t thread;
	int cpu;
	const char *known;
	uint64_t until_ms;
	uint64_t blocks, wrong, ms;
	bool bound;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned char *block = malloc(BURN_BLOCK);
	uint64_t begun = clock_mono_ms(), now = begun;
	char hex[HASH_HEX];
	cpu_set_t own;

	if (!block)
		abort();
	CPU_ZERO(&own);
	CPU_SET((size_t)w->cpu, &own);
	/* A CPU that was taken away meanwhile: the others go on. */
	w->bound = !pthread_setaffinity_np(pthread_self(), sizeof(own), &own);
	for (size_t i = 0; i < BURN_BLOCK; i++)
		block[i] = (unsigned char)(7 * i + 13);
	for (; w->bound && (now < w->until_ms || !w->blocks); now = clock_mono_ms()) {
		hash_buffer(block, BURN_BLOCK, hex);
		w->wrong += !str_eq(hex, w->known);
		w->blocks++;
	}
	w->ms = now - begun;
	free(block);
	return NULL;
}

static uint64_t rate_of(const struct worker *w)
{
	return w->blocks * BURN_BLOCK * 1000 / (w->ms ? w->ms : 1);
}

static int by_rate(const void *a, const void *b)
{
	uint64_t x = rate_of(a), y = rate_of(b);

	return (x > y) - (x < y);
}

static void summarise(struct worker *w, size_t n, struct burnt_cpu *ret)
{
	*ret = (struct burnt_cpu){ .first_wrong = -1, .slowest = -1 };
	for (size_t i = 0; i < n; i++) {
		ret->wrong += w[i].wrong;
		if (w[i].wrong && (ret->first_wrong < 0 || w[i].cpu < ret->first_wrong))
			ret->first_wrong = w[i].cpu;
		ret->cpus += w[i].bound;
	}
	qsort(w, n, sizeof(*w), by_rate);
	/* Those that did not compute are the first ones. */
	w += n - ret->cpus;
	if (!ret->cpus)
		return;
	ret->slowest = w[0].cpu;
	ret->median_rate = rate_of(&w[ret->cpus / 2]);
	ret->slowest_percent = ret->median_rate ? rate_of(&w[0]) * 100 / ret->median_rate : 0;
}

int burn_cpu(uint64_t seconds, const char *known, struct burnt_cpu *ret, struct error *err)
{
	uint64_t until_ms = clock_mono_ms() + seconds * 1000;
	struct worker *w;
	cpu_set_t may;
	size_t n = 0;
	int failed = 0;

	if (sched_getaffinity(0, sizeof(may), &may))
		return error_sys(err, errno, "the CPUs of this process");
	w = calloc((size_t)CPU_COUNT(&may), sizeof(*w));
	if (!w)
		abort();
	for (int cpu = 0; cpu < CPU_SETSIZE && !failed; cpu++) {
		if (!CPU_ISSET((size_t)cpu, &may))
			continue;
		w[n] = (struct worker){ .cpu = cpu, .known = known, .until_ms = until_ms };
		failed = pthread_create(&w[n].thread, NULL, work, &w[n]);
		n += !failed;
	}
	for (size_t i = 0; i < n; i++)
		pthread_join(w[i].thread, NULL);
	if (!failed)
		summarise(w, n, ret);
	free(w);
	return failed ? error_sys(err, failed, "a thread for each CPU") : 0;
}
