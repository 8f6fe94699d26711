/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patterns in all memory that is free, one thread a CPU. Why not memtester: it has one thread, no end but that of its
 * loops, and tells of a fault in words; a machine with a TiB would be at it for days.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/hash.h"
#include "sys/burn.h"

enum { LEAST = 1 << 20, RESERVE = 192 << 20, THREADS_MAX = 256 };

/* --- patterns */

static inline uint64_t word_of(const uint64_t *at, size_t i, unsigned int pattern, uint64_t seed)
{
	uint64_t w;

	switch (pattern / 2) {
	case 0:
		w = (uint64_t)(uintptr_t)at;
		break;
	case 1:
		w = UINT64_C(1) << ((i + seed) % 64);
		break;
	default:
		w = burn_word(seed, i);
		break;
	}
	return pattern % 2 ? ~w : w;
}

void pattern_fill(uint64_t *words, size_t n, unsigned int pattern, uint64_t seed)
{
	for (size_t i = 0; i < n; i++)
		words[i] = word_of(&words[i], i, pattern, seed);
	/* What follows reads memory, not what the compiler remembers of it. */
	__asm__ volatile("" : : "r"(words) : "memory");
}

void pattern_check(const uint64_t *words, size_t n, unsigned int pattern, uint64_t seed, struct fault *f)
{
	__asm__ volatile("" : : "r"(words) : "memory");
	for (size_t i = 0; i < n; i++) {
		uint64_t seen = words[i], wanted = word_of(&words[i], i, pattern, seed);

		if (seen == wanted)
			continue;
		if (!f->words++) {
			f->first = i;
			f->wanted = wanted;
			f->seen = seen;
		}
	}
}

/* --- all of it */

struct slice {
	pthread_t thread;
	uint64_t *words;
	size_t n;
	uint64_t seed, until_ms;
	uint64_t passes;
	struct fault fault;
};

static void *scrub(void *arg)
{
	struct slice *s = arg;

	do {
		for (unsigned int p = 0; p < PATTERNS; p++) {
			pattern_fill(s->words, s->n, p, s->seed + s->passes);
			pattern_check(s->words, s->n, p, s->seed + s->passes, &s->fault);
		}
		s->passes++;
	} while (clock_mono_ms() < s->until_ms);
	return NULL;
}

/* Bytes that the kernel thinks a program could have without swapping (proc(5), MemAvailable). */
static int available(uint64_t *ret, struct error *err)
{
	AUTO_STR text = STR_INIT;
	const char *line;

	if (file_read("/proc/meminfo", 65536, &text, err))
		return -1;
	line = strstr(str_text(&text), "MemAvailable:");
	*ret = line ? strtoull(line + strlen("MemAvailable:"), NULL, 10) * 1024 : 0;
	return 0;
}

/* The physical address of P (Documentation/admin-guide/mm/pagemap.rst), if we may know it. */
static bool physical(const void *p, uint64_t *ret)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	AUTO_FD fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry, va = (uint64_t)(uintptr_t)p;

	if (fd < 0 || pread(fd, &entry, sizeof(entry), (off_t)(va / page * sizeof(entry))) != sizeof(entry))
		return false;
	entry &= (UINT64_C(1) << 55) - 1;
	*ret = entry * page + va % page;
	return entry != 0;
}

static void note_fault(const struct slice *s, const uint64_t *base, struct burnt_memory *ret)
{
	const uint64_t *at = &s->words[s->fault.first];

	if (!s->fault.words || ret->wrong) {
		ret->wrong += s->fault.words;
		return;
	}
	ret->wrong = s->fault.words;
	ret->wanted = s->fault.wanted;
	ret->seen = s->fault.seen;
	ret->physical = physical(at, &ret->first_address);
	if (!ret->physical)
		ret->first_address = (uint64_t)((uintptr_t)at - (uintptr_t)base);
}

static int run(uint64_t *base, size_t words, uint64_t seconds, struct burnt_memory *ret, struct error *err)
{
	uint64_t begun = clock_mono_ms(), ms, bytes = 0;
	struct slice *slices;
	size_t threads, n = 0;
	cpu_set_t may;
	int failed = 0;

	threads = sched_getaffinity(0, sizeof(may), &may) ? 1 : (size_t)CPU_COUNT(&may);
	threads = threads > THREADS_MAX ? THREADS_MAX : threads;
	slices = calloc(threads, sizeof(*slices));
	if (!slices)
		abort();
	for (; n < threads && !failed; n += !failed) {
		size_t from = words / threads * n, to = n + 1 == threads ? words : words / threads * (n + 1);

		slices[n] = (struct slice){ .words = base + from, .n = to - from, .until_ms = begun + seconds * 1000 };
		random_bytes(&slices[n].seed, sizeof(slices[n].seed));
		failed = pthread_create(&slices[n].thread, NULL, scrub, &slices[n]);
	}
	for (size_t i = 0; i < n; i++) {
		pthread_join(slices[i].thread, NULL);
		bytes += slices[i].passes * slices[i].n * sizeof(uint64_t) * PATTERNS * 2;
		ret->passes = !i || slices[i].passes < ret->passes ? slices[i].passes : ret->passes;
		note_fault(&slices[i], base, ret);
	}
	ms = clock_mono_ms() - begun;
	ret->rate = bytes / (ms ? ms : 1) * 1000;
	ret->tested = words * sizeof(uint64_t);
	free(slices);
	return failed ? error_sys(err, failed, "a thread for each CPU") : 0;
}

int burn_memory(const struct burn_memory *how, struct burnt_memory *ret, struct error *err)
{
	uint64_t size, reserve = how->reserve;
	void *base;
	int rc;

	*ret = (struct burnt_memory){ 0 };
	if (available(&size, err))
		return -1;
	if (!reserve)
		reserve = size / 10 > RESERVE ? size / 10 : RESERVE;
	size = size > reserve ? size - reserve : 0;
	if (how->most && size > how->most)
		size = how->most;
	size -= size % LEAST;
	if (!size)
		return error_set(err, ERR_CONFLICT, "of the memory that is available nothing is left beside a reserve of %" PRIu64 " MiB", reserve >> 20);
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return error_sys(err, errno, "%" PRIu64 " MiB of memory", size >> 20);
	/* In memory, and there to stay: what is swapped, or moved by compaction, was not tested. */
	if (mlock(base, size))
		rc = error_set(err, ERR_DENIED, "%" PRIu64 " MiB of memory cannot be locked: %s", size >> 20, strerror(errno));
	else
		rc = run(base, size / sizeof(uint64_t), how->seconds, ret, err);
	munmap(base, size);
	return rc;
}
