/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hardware tests measure: that a wrong answer, a wrong bit and an unreadable block are seen, and told with their place. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/str.h"
#include "sys/burn.h"
#include "tap.h"

static struct error err;

static void cpus(void)
{
	struct burnt_cpu b;

	ok(!burn_cpu(1, burn_known, &b, &err), "every CPU computes for a second");
	ok(b.cpus == (size_t)sysconf(_SC_NPROCESSORS_ONLN) || b.cpus > 0, "%zu did", b.cpus);
	ok(!b.wrong && b.first_wrong < 0, "the answer is the known one (%s)", burn_known);
	ok(b.median_rate > 0 && b.slowest >= 0 && b.slowest_percent > 0 && b.slowest_percent <= 100, "rates are told: %llu B/s, the slowest %llu %%",
	   (unsigned long long)b.median_rate, (unsigned long long)b.slowest_percent);
	ok(!burn_cpu(0, "0000", &b, &err) && b.wrong >= b.cpus && b.first_wrong >= 0, "another answer is a wrong one, of a CPU with a number");
}

static void patterns(void)
{
	enum { N = 5000 };
	static uint64_t words[N];

	for (unsigned int p = 0; p < PATTERNS; p++) {
		struct fault f = { 0 };
		size_t same = 0;

		pattern_fill(words, N, p, 99);
		pattern_check(words, N, p, 99, &f);
		ok(!f.words, "pattern %u reads as it was written", p);
		words[4321] ^= UINT64_C(1) << 17;
		words[4400] = 0x55;
		pattern_check(words, N, p, 99, &f);
		ok(f.words == 2 && f.first == 4321 && (f.wanted ^ f.seen) == 1 << 17, "one bit of it is seen, with its place");
		pattern_check(words, N, p, 99, &f);
		ok(f.words == 4 && f.first == 4321, "more adds up, and the first stays the first");
		pattern_fill(words, N, p, 99);
		for (size_t i = 1; i < N; i++)
			same += words[i] == words[i - 1];
		ok(!same, "neighbours differ: a line that is stuck is seen");
	}
}

static void memory(void)
{
	const struct burn_memory some = { .seconds = 0, .most = 4 << 20 }, none = { .reserve = UINT64_MAX };
	struct burnt_memory b;

	ok(!burn_memory(&some, &b, &err), "4 MiB are tested: %s", err.msg);
	ok(b.tested == 4 << 20 && !b.wrong && b.passes == 1 && b.rate > 0, "all patterns once, however short it is to take");
	ok(burn_memory(&none, &b, &err) && err.kind == ERR_CONFLICT, "where nothing is left it says so: %s", err.msg);
}

/* A disk with two bad sectors. */
static ssize_t bad_read(int fd, void *buf, size_t len, off_t at)
{
	static const off_t bad[] = { 5000, (3 << 20) + 10 };

	for (size_t i = 0; i < 2; i++)
		if (at <= bad[i] && bad[i] < at + (off_t)len) {
			errno = EIO;
			return -1;
		}
	return pread(fd, buf, len, at);
}

static ssize_t dead_read(int fd UNUSED, void *buf UNUSED, size_t len UNUSED, off_t at UNUSED)
{
	errno = EIO;
	return -1;
}

static void bad_disks(const char *path)
{
	struct burn_disk how = { .path = path, .whole = true, .read = bad_read };
	struct burnt_disk b;

	ok(!burn_disk(&how, &b, &err) && b.errors == 2, "sectors that cannot be read are counted as blocks");
	ok(b.first_error == 4096 && b.error == EIO && b.tested == (8 << 20) - 2 * 4096, "the first with its place, and all around them is read");
	how.read = dead_read;
	how.reads = 10;
	ok(!burn_disk(&how, &b, &err) && b.errors == BURN_ERRORS_MAX && !b.tested, "a dead disk is given up, which is a result");
}

static void disks(void)
{
	char path[] = "/tmp/test_burn.XXXXXX", block[4096] = "content";
	int fd = mkstemp(path);
	struct burn_disk how = { .path = path, .part = 1 << 20, .reads = 50, .seed = 7 };
	struct burnt_disk b, again;

	for (int i = 0; i < 2048; i++)
		if (write(fd, block, sizeof(block)) != sizeof(block))
			abort();
	ok(!burn_disk(&how, &b, &err) && !b.errors, "three parts and single blocks of a file are read");
	ok(b.tested == (3 << 20) + 50 * 4096 && b.rate > 0 && b.slowest, "as much as was asked for, the slowest part is %s", b.slowest);
	ok(b.worst_us >= b.latency_us && b.worst_at < 8 << 20 && b.worst_at % 4096 == 0, "the worst block has a place");
	how.whole = true;
	how.reads = 0;
	ok(!burn_disk(&how, &again, &err) && again.tested == 8 << 20, "the whole of it");
	how.part = UINT64_C(1) << 40;
	how.whole = false;
	ok(!burn_disk(&how, &again, &err) && again.tested == 8 << 20, "one that is smaller than the parts is read once");
	bad_disks(path);
	ok(!ftruncate(fd, 100) && burn_disk(&how, &again, &err) && strstr(err.msg, "has no block"), "one without a block is none: %s", err.msg);
	how.path = "/nonexistent";
	ok(burn_disk(&how, &again, &err) && strstr(err.msg, "/nonexistent"), "one that is not there is named");
	close(fd);
	unlink(path);
}

int main(void)
{
	cpus();
	patterns();
	memory();
	disks();
	return tap_end();
}
