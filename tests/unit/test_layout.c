/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Placing partitions: cases worked out by hand, all small combinations, and random ones, of which only what
 * must always hold is asked. FULCRUM_SEED=n repeats a random run.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/str.h"
#include "plan/layout.h"
#include "tap.h"

static const uint64_t mib = 1024 * 1024, gib = 1024ull * 1024 * 1024, tib = 1024ull * 1024 * 1024 * 1024;
enum { MAX_PARTS = 12 };

static struct disk disk_of(uint64_t bytes, uint64_t sector)
{
	return (struct disk){ .name = "sda", .serial = "S1", .size_bytes = bytes, .sector_bytes = sector };
}

static struct layout_part want(const char *name, uint64_t bytes)
{
	return (struct layout_part){ .name = name, .id = name, .type_uuid = "t", .bytes = bytes, .rest = !bytes };
}

static bool at(const struct table_part *p, uint64_t number, uint64_t start, uint64_t size)
{
	if (p->number == number && p->start_bytes == start && p->size_bytes == size)
		return true;
	printf("# %s: number %" PRIu64 ", %" PRIu64 " MiB at %" PRIu64 " MiB\n", p->name, p->number, p->size_bytes / mib,
	       p->start_bytes / mib);
	return false;
}

static void by_hand(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct table_part r[4];
	struct error err;
	struct disk d = disk_of(100 * gib, 512);
	struct layout_part p[] = { want("esp", 512 * mib), want("root", 0), want("data", 0), want("swap", 2 * gib) };
	uint64_t left = 100 * gib - 512 * mib - 2 * gib - 2 * mib;

	ok(!layout_place(p, 4, &d, "s", &a, r, &err) && at(&r[0], 1, mib, 512 * mib) &&
	   at(&r[1], 2, 513 * mib, left / 2) && at(&r[2], 3, 513 * mib + left / 2, left / 2) &&
	   at(&r[3], 4, 513 * mib + left, 2 * gib), "two rests share equally what the others leave");
	p[1].min_bytes = 80 * gib;
	ok(!layout_place(p, 4, &d, "s", &a, r, &err) && r[1].size_bytes == 80 * gib && r[2].size_bytes == left - 80 * gib,
	   "a minimum comes before equal shares");
	p[1].min_bytes = 0;
	p[1].max_bytes = 10 * gib;
	ok(!layout_place(p, 4, &d, "s", &a, r, &err) && r[1].size_bytes == 10 * gib && r[2].size_bytes == left - 10 * gib,
	   "what a maximum leaves goes to the others");
	p[1] = want("root", 0);
	p[1].rest = false;
	p[1].percent = 25;
	ok(!layout_place(p, 4, &d, "s", &a, r, &err) && r[1].size_bytes == 25 * gib, "a percentage is of the disk");
	p[1].min_bytes = 30 * gib;
	ok(!layout_place(p, 4, &d, "s", &a, r, &err) && r[1].size_bytes == 30 * gib, "a percentage has its minimum");
	p[1].min_bytes = 0;
	p[1].max_bytes = 20 * gib + 1;
	ok(!layout_place(p, 4, &d, "s", &a, r, &err) && r[1].size_bytes == 20 * gib, "and its maximum, in whole units");
}

static void sizes_of_disks(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct table_part r[2];
	struct error err;
	struct disk d = disk_of(20 * tib, 4096);
	struct layout_part p[] = { want("esp", 512 * mib), want("root", 0) };

	ok(!layout_place(p, 2, &d, "s", &a, r, &err) && r[1].size_bytes == 20 * tib - 514 * mib,
	   "a disk over 2 TiB with sectors of 4096 bytes");
	d.optimal_io_bytes = 4 * mib;
	ok(!layout_place(p, 2, &d, "s", &a, r, &err) && r[0].start_bytes == 4 * mib && r[1].start_bytes % (4 * mib) == 0,
	   "bounds are where the disk prefers them");
	d.optimal_io_bytes = 33553920;
	ok(!layout_place(p, 2, &d, "s", &a, r, &err) && r[0].start_bytes == mib, "odd preferences are ignored");
	d = disk_of(514 * mib + 16 * mib, 512);
	ok(!layout_place(p, 2, &d, "s", &a, r, &err) && r[1].size_bytes == 16 * mib, "it just fits");
	d.size_bytes--;
	ok(layout_place(p, 2, &d, "s", &a, r, &err) && err.kind == ERR_INPUT && strstr(err.msg, "esp") &&
	   strstr(err.msg, "16 MiB  at least") && strstr(err.msg, "both ends"), "one byte less does not: the sum is shown line by line");
	d.size_bytes = 0;
	ok(layout_place(p, 2, &d, "s", &a, r, &err), "a disk without a size takes nothing");
	d.size_bytes = 4096;
	ok(layout_place(p, 2, &d, "s", &a, r, &err), "nor does a tiny one");
}

static void around_what_is_kept(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct table_part r[4];
	struct error err;
	struct disk d = disk_of(100 * gib, 512);
	struct partition data = { .number = 2, .name = "fulcrum-data", .type_uuid = "t", .uuid = "u", .start_bytes = 10 * gib,
				  .size_bytes = 50 * gib };
	struct layout_part p[] = { want("esp", 512 * mib), want("root", 0), want("fulcrum-data", 50 * gib) };

	p[2].kept = &data;
	ok(!layout_place(p, 3, &d, "s", &a, r, &err) && at(&r[0], 1, mib, 512 * mib) &&
	   at(&r[1], 3, 60 * gib, 40 * gib - mib) && at(&r[2], 2, 10 * gib, 50 * gib) && r[2].keep && !r[1].keep &&
	   str_eq(r[2].uuid, "u"), "the others go around what is kept, the rest into the wider gap, with free numbers");
	p[1] = want("root", 25 * gib);
	p[0] = want("esp", 20 * gib);
	ok(layout_place(p, 3, &d, "s", &a, r, &err) && strstr(err.msg, "does not fit between") &&
	   strstr(err.msg, "10 GiB, 40 GiB"), "what only fits without the kept one is refused, with the gaps");
	/* An odd one of another installer: not on our bounds, and before our first MiB. */
	data.start_bytes = 34 * 512;
	data.size_bytes = 3 * gib + 512;
	p[0] = want("esp", 512 * mib);
	ok(!layout_place(p, 3, &d, "s", &a, r, &err) && r[0].start_bytes == 3 * gib + mib && r[2].start_bytes == 34 * 512,
	   "one that lies on odd bounds stays there");
}

/* What a first run made is kept by the second: everything must come out in the same place. */
static void second_run_is_the_first(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct table_part one[4], two[4];
	struct partition seen;
	struct error err;
	struct disk d = disk_of(64 * gib, 512);
	unsigned int same = 0;

	for (size_t keep = 0; keep < 4; keep++) {
		struct layout_part p[] = { want("esp", 512 * mib), want("root", 0), want("data", 10 * gib), want("swap", 2 * gib) };

		if (layout_place(p, 4, &d, "s", &a, one, &err))
			exit(1);
		seen = (struct partition){ .number = one[keep].number, .name = one[keep].name, .type_uuid = "t",
					   .uuid = one[keep].uuid, .start_bytes = one[keep].start_bytes,
					   .size_bytes = one[keep].size_bytes };
		p[keep].kept = &seen;
		if (layout_place(p, 4, &d, "s", &a, two, &err))
			exit(1);
		for (size_t i = 0; i < 4; i++)
			same += two[i].start_bytes == one[i].start_bytes && two[i].size_bytes == one[i].size_bytes &&
				two[i].number == one[i].number && str_eq(two[i].uuid, one[i].uuid);
	}
	ok(same == 16, "whatever is kept of a first run, the second places all as the first did");
}

/* --- what must always hold */

static const char *broken(const struct layout_part *p, size_t n, const struct disk *d, const struct table_part *r)
{
	uint64_t align = layout_alignment(d);

	for (size_t i = 0; i < n; i++) {
		if (p[i].kept) {
			if (r[i].start_bytes != p[i].kept->start_bytes || r[i].size_bytes != p[i].kept->size_bytes ||
			    r[i].number != p[i].kept->number || !r[i].keep)
				return "kept is changed";
		} else {
			if (r[i].keep)
				return "new is called kept";
			if (r[i].start_bytes % align || r[i].size_bytes % align || !r[i].size_bytes)
				return "bounds";
			if (r[i].start_bytes < mib || r[i].start_bytes + r[i].size_bytes + mib > d->size_bytes)
				return "outside";
			if (p[i].bytes && (r[i].size_bytes < p[i].bytes || r[i].size_bytes >= p[i].bytes + align))
				return "size";
			if (!p[i].bytes && r[i].size_bytes < p[i].min_bytes)
				return "minimum";
			if (p[i].max_bytes && r[i].size_bytes > (p[i].max_bytes > p[i].min_bytes ? p[i].max_bytes : p[i].min_bytes) + align &&
			    r[i].size_bytes > LAYOUT_LEAST_REST + align)
				return "maximum";
		}
		for (size_t k = 0; k < i; k++) {
			if (r[i].number == r[k].number)
				return "number twice";
			if (r[i].start_bytes < r[k].start_bytes + r[k].size_bytes &&
			    r[k].start_bytes < r[i].start_bytes + r[i].size_bytes)
				return "overlap";
		}
	}
	return NULL;
}

/* With a rest that has no maximum and nothing kept, no room is left over. */
static const char *wasted(const struct layout_part *p, size_t n, const struct disk *d, const struct table_part *r)
{
	uint64_t align = layout_alignment(d), sum = 0;
	bool open = false;

	for (size_t i = 0; i < n; i++) {
		if (p[i].kept)
			return NULL;
		open = open || (p[i].rest && !p[i].max_bytes);
		sum += r[i].size_bytes;
	}
	return open && sum + 2 * align + mib < d->size_bytes ? "room is left" : NULL;
}

static void all_small_ones(void)
{
	static const uint64_t sizes[] = { 0, 1, 17, 33 }; /* MiB; 0 = the rest */
	unsigned int placed = 0, refused = 0, bad = 0;

	for (uint64_t disk = 1; disk <= 80; disk++) {
		for (unsigned int c = 0; c < 64 * 3; c++) {
			AUTO_ARENA a = ARENA_INIT;
			struct layout_part p[3];
			struct table_part r[3];
			struct disk d = disk_of(disk * mib + disk * 512, 512);
			size_t n = c / 64 + 1;
			uint64_t need = 2;
			struct error err;
			bool fits;

			for (size_t i = 0; i < n; i++) {
				uint64_t s = sizes[c >> (2 * i) & 3];

				p[i] = want(i == 0 ? "a" : i == 1 ? "b" : "c", s * mib);
				need += s ? s : 16;
			}
			fits = !layout_place(p, n, &d, "s", &a, r, &err);
			placed += fits;
			refused += !fits;
			if (fits != (need <= disk) || (fits && (broken(p, n, &d, r) || wasted(p, n, &d, r)))) {
				bad++;
				printf("# disk %" PRIu64 " MiB, case %u: %s\n", disk, c, fits ? "placed" : err.msg);
			}
		}
	}
	ok(!bad && placed > 1000 && refused > 1000, "all small ones: %u placed, %u refused, each as its sum says", placed, refused);
}

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void random_case(uint64_t *rnd, unsigned int *placed, unsigned int *kept, const char **ret_bad)
{
	static const char *const names[MAX_PARTS] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l" };
	AUTO_ARENA a = ARENA_INIT;
	struct layout_part p[MAX_PARTS];
	struct table_part r[MAX_PARTS];
	struct partition seen[MAX_PARTS];
	struct disk d = disk_of(next(rnd) % (8 * tib) / 512 * 512, next(rnd) % 2 ? 512 : 4096);
	size_t n = next(rnd) % MAX_PARTS + 1;
	uint64_t at_bytes = 34 * 512;
	struct error err;

	d.optimal_io_bytes = next(rnd) % 4 ? 0 : (next(rnd) % 20) * mib / 2;
	for (size_t i = 0; i < n; i++) {
		p[i] = want(names[i], next(rnd) % 3 ? next(rnd) % (d.size_bytes / n / 2 * 3 + 1) + 1 : 0);
		if (next(rnd) % 4 == 0) {
			p[i].bytes = p[i].rest = 0;
			p[i].percent = next(rnd) % (100 / n + 1) + 1;
		}
		if (!p[i].bytes && next(rnd) % 3 == 0)
			p[i].min_bytes = next(rnd) % (d.size_bytes / n / 2 + 1);
		if (!p[i].bytes && next(rnd) % 3 == 0)
			p[i].max_bytes = p[i].min_bytes + next(rnd) % (d.size_bytes / n + 1) + 1;
		/* Some are there already, anywhere, on sector bounds. */
		if (next(rnd) % 5 == 0) {
			uint64_t start = at_bytes + next(rnd) % (d.size_bytes / n / 2 + 1) / 512 * 512;
			uint64_t size = next(rnd) % (d.size_bytes / n / 2 + 1) / 512 * 512 + 512;

			if (start + size + mib > d.size_bytes)
				continue;
			seen[i] = (struct partition){ .number = 20 - i, .name = names[i], .type_uuid = "t", .uuid = "u",
						      .start_bytes = start, .size_bytes = size };
			p[i].kept = &seen[i];
			at_bytes = start + size;
			++*kept;
		}
	}
	if (layout_place(p, n, &d, "s", &a, r, &err)) {
		*ret_bad = strstr(err.msg, "too small") || strstr(err.msg, "does not fit") ? NULL : "refused without a reason";
		return;
	}
	++*placed;
	*ret_bad = broken(p, n, &d, r);
	if (!*ret_bad)
		*ret_bad = wasted(p, n, &d, r);
}

static void random_ones(void)
{
	const char *given = getenv("FULCRUM_SEED"), *bad = NULL;
	uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL), rnd = seed * 2654435761u + 1;
	unsigned int placed = 0, kept = 0, i;

	printf("# FULCRUM_SEED=%" PRIu64 "\n", seed);
	for (i = 0; i < 20000 && !bad; i++)
		random_case(&rnd, &placed, &kept, &bad);
	ok(!bad && placed > 5000 && placed < 20000 && kept > 5000, "random ones: %u placed, %u kept parts: no overlap, on bounds, inside, as large as asked",
	   placed, kept);
	if (bad)
		printf("# case %u: %s\n", i - 1, bad);
}

int main(void)
{
	by_hand();
	sizes_of_disks();
	around_what_is_kept();
	second_run_is_the_first();
	all_small_ones();
	random_ones();
	return tap_end();
}
