/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work that shows what hardware is worth: every CPU at once, all memory that is free, reading a disk. They take the machine
 * for as long as they run, so a program of their own does it (cmd/hwtest_main.c), which may be killed. Nothing is written but
 * memory of this process. Rates are bytes a second.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* SplitMix64 (Steele, Lea, Flood, 2014): a word that follows from its place I alone. */
static inline uint64_t burn_word(uint64_t seed, uint64_t i)
{
	uint64_t z = seed + (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* --- CPUs */

/* BLAKE2b-256 of BURN_BLOCK bytes, byte I being the low 8 bits of 7 * I + 13. */
enum { BURN_BLOCK = 65536 };
extern const char burn_known[];

struct burnt_cpu {
	size_t cpus; /* that computed: those that this process may use */
	uint64_t wrong;
	int first_wrong, slowest; /* numbers of CPUs; -1: none */
	uint64_t median_rate, slowest_percent; /* of the median */
};
/* Hashes on every CPU at once for SECONDS, each thread bound to its CPU; KNOWN is the right answer. */
MUST_CHECK int burn_cpu(uint64_t seconds, const char *known, struct burnt_cpu *ret, struct error *err);

/* --- memory */

/* Each with its complement: a word's own address, a walking bit, random words that follow from a seed. */
enum { PATTERNS = 6 };
struct fault {
	uint64_t words; /* that were wrong */
	size_t first;	/* the first of them */
	uint64_t wanted, seen;
};
void pattern_fill(uint64_t *words, size_t n, unsigned int pattern, uint64_t seed);
/* Adds what differs to F; its first is kept if F has one. */
void pattern_check(const uint64_t *words, size_t n, unsigned int pattern, uint64_t seed, struct fault *f);

struct burnt_memory {
	uint64_t tested, wrong, rate, passes; /* rate: written and read */
	uint64_t first_address, wanted, seen; /* of the first wrong word */
	bool physical;			      /* first_address is; else it is an offset */
};
struct burn_memory {
	uint64_t seconds; /* but all patterns once */
	uint64_t reserve; /* bytes that are left to others; 0: a tenth of what is available, 192 MiB at least */
	uint64_t most;	  /* 0: all that is free */
};
/* ERR_CONFLICT if less than a MiB is left; ERR_DENIED if it may not be locked. */
MUST_CHECK int burn_memory(const struct burn_memory *how, struct burnt_memory *ret, struct error *err);

/* --- disks */

enum { BURN_ERRORS_MAX = 64 };
struct burnt_disk {
	uint64_t tested, errors; /* bytes that were read; blocks of 4096 bytes that could not be: after BURN_ERRORS_MAX it is given up */
	uint64_t first_error;	 /* byte; of the first of them */
	int error;		 /* its errno */
	uint64_t rate;		 /* of the slowest part */
	const char *slowest;	 /* which that is: "begin", "middle", "end" */
	uint64_t latency_us, worst_us, worst_at; /* median and worst of single blocks; the byte where that is */
};
struct burn_disk {
	const char *path; /* a block device, or a regular file */
	uint64_t part;	  /* bytes of each of the three parts; 0: a GiB */
	bool whole;	  /* the three parts are all of it */
	uint64_t reads;	  /* single blocks, all over it */
	uint64_t seed;
	ssize_t (*read)(int fd, void *buf, size_t len, off_t at); /* NULL: pread(2) */
};
/* Past the kernel's cache where that is possible (O_DIRECT). A disk that cannot be read is a result, not an error. */
MUST_CHECK int burn_disk(const struct burn_disk *how, struct burnt_disk *ret, struct error *err);
