/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a disk holds when the power goes: reads a log that QEMU's block filter blklogwrites recorded (the format
 * of the kernel's dm-log-writes: every write in the order in which the guest sent it, and every flush), and
 * makes the disk as it would be had the power gone just before entry K.
 *
 * A write counts as kept once a later flush is in front of K (or if it was FUA itself). Writes after the last
 * flush were in the drive's cache: MODE says whether they are lost, kept, or by a die of SEED each lost, kept or
 * torn at a sector. Knows nothing of installing; regions of the disk have the names that the caller gives them.
 *
 *	cutlog list LOG				every entry: number, what, byte offset, bytes
 *	cutlog points LOG NAME:START:END...	flushes where the work moves on to other regions: "K NAMES"
 *	cutlog build LOG IMAGE K MODE SEED	IMAGE: a copy of the disk before the log; prints what became of
 *						the writes that no flush had covered
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint64_t magic = 0x6a736677736872ull;

enum { FLUSH = 1, FUA = 2, DISCARD = 4, MARK = 8 };
enum { SUPER_BYTES = 28, ENTRY_BYTES = 32, REGIONS_MAX = 32, COPY = 1 << 20 };

struct entry {
	uint64_t at, len, flags;
	uint64_t data; /* offset of its bytes in the log */
};

struct log {
	int fd;
	uint64_t n, sector;
	struct entry *entries;
};

struct region {
	char name[32];
	uint64_t start, end;
};

static void die(const char *what)
{
	fprintf(stderr, "cutlog: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
	exit(1);
}

static void read_all(int fd, void *p, size_t len, uint64_t at)
{
	ssize_t n;

	for (size_t done = 0; done < len; done += (size_t)n) {
		n = pread(fd, (char *)p + done, len - done, (off_t)(at + done));
		if (n <= 0)
			die("the log ends too early");
	}
}

static uint64_t le64(const unsigned char *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

static uint64_t round_up(uint64_t v, uint64_t to)
{
	return (v + to - 1) / to * to;
}

/* The superblock's count is only written now and then: what follows it is found by reading on. */
static void log_open(struct log *l, const char *path)
{
	unsigned char b[ENTRY_BYTES];
	off_t size;
	uint64_t at;

	l->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (l->fd < 0)
		die(path);
	size = lseek(l->fd, 0, SEEK_END);
	if (!size)
		return; /* nothing was written yet, not even the superblock */
	read_all(l->fd, b, SUPER_BYTES, 0);
	if (le64(b) != magic || le64(b + 8) != 1)
		die("not a log of version 1");
	l->sector = le64(b + 24) & 0xffffffff;
	if (l->sector < 512 || l->sector > 4096)
		die("odd sector size");
	for (at = l->sector; at + l->sector <= (uint64_t)size;) {
		struct entry e;

		read_all(l->fd, b, ENTRY_BYTES, at);
		e = (struct entry){ le64(b) * l->sector, le64(b + 8) * l->sector, le64(b + 16), at + l->sector };
		if (!e.len && !e.flags)
			break; /* never written */
		at += l->sector + (e.flags & DISCARD ? 0 : round_up(e.len, l->sector));
		if (at > (uint64_t)size)
			break; /* the last one, cut short */
		if (l->n % 1024 == 0)
			l->entries = realloc(l->entries, (l->n + 1024) * sizeof(*l->entries));
		if (!l->entries)
			die("memory");
		l->entries[l->n++] = e;
	}
}

static const char *word(const struct entry *e)
{
	if (e->flags & MARK)
		return "mark";
	if (e->flags & DISCARD)
		return "discard";
	if (!e->len)
		return "flush";
	return e->flags & FUA ? "fua" : "write";
}

static int list(const struct log *l)
{
	for (uint64_t i = 0; i < l->n; i++)
		printf("%" PRIu64 " %s %" PRIu64 " %" PRIu64 "\n", i, word(&l->entries[i]), l->entries[i].at, l->entries[i].len);
	return 0;
}

/* --- where the work moves on --- */

static size_t regions_read(char **argv, int n, struct region *out)
{
	size_t count = 0;

	for (int i = 0; i < n && count < REGIONS_MAX; i++, count++)
		if (sscanf(argv[i], "%31[^:]:%" SCNu64 ":%" SCNu64, out[count].name, &out[count].start, &out[count].end) != 3)
			die("a region is NAME:START:END");
	return count;
}

/* The regions that entry E writes to, as bits; the last bit is everything else. */
static uint64_t where(const struct entry *e, const struct region *r, size_t n)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < n; i++)
		if (e->at < r[i].end && e->at + e->len > r[i].start)
			bits |= 1ull << i;
	return bits ? bits : 1ull << n;
}

static int points(const struct log *l, const struct region *r, size_t n)
{
	uint64_t now = 0, before = 0;

	for (uint64_t i = 0; i < l->n; i++) {
		const struct entry *e = &l->entries[i];
		const char *comma = "";

		if (e->len)
			now |= where(e, r, n);
		if (!(e->flags & (FLUSH | FUA)) || !now)
			continue;
		if (now != before) {
			printf("%" PRIu64 " ", i);
			for (size_t k = 0; k <= n; k++)
				if (now & 1ull << k) {
					printf("%s%s", comma, k < n ? r[k].name : "else");
					comma = ",";
				}
			putchar('\n');
		}
		before = now;
		now = 0;
	}
	return 0;
}

/* --- the disk at a cut --- */

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static void zero(int fd, uint64_t at, uint64_t len)
{
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)len))
		die("punching a hole");
}

static bool all_zero(const unsigned char *p, size_t len)
{
	return !len || (!p[0] && !memcmp(p, p + 1, len - 1));
}

/* Bytes FROM to TO of entry E reach the disk. */
static void put(const struct log *l, int fd, const struct entry *e, uint64_t from, uint64_t to)
{
	static unsigned char buf[COPY];

	if (e->flags & DISCARD) {
		if (to > from)
			zero(fd, e->at + from, to - from);
		return;
	}
	for (uint64_t at = from; at < to;) {
		size_t n = to - at < COPY ? (size_t)(to - at) : COPY;

		read_all(l->fd, buf, n, e->data + at);
		if (all_zero(buf, n))
			zero(fd, e->at + at, n);
		else if (pwrite(fd, buf, n, (off_t)(e->at + at)) != (ssize_t)n)
			die("writing the image");
		at += n;
	}
}

/* Entry I, which no flush had covered: lost, kept, or one part of it. Returns 'l', 'k' or 't'. */
static char put_unflushed(const struct log *l, int fd, const struct entry *e, const char *mode, uint64_t *die_of)
{
	uint64_t sectors = e->len / l->sector, roll = next_random(die_of) % 3, cut;

	if (!strcmp(mode, "lost") || (!strcmp(mode, "random") && roll == 0))
		return 'l';
	if (!strcmp(mode, "kept") || roll == 1 || sectors < 2) {
		put(l, fd, e, 0, e->len);
		return 'k';
	}
	/* A drive may write the end of a request first: either part may be the one that arrived. */
	cut = (1 + next_random(die_of) % (sectors - 1)) * l->sector;
	if (next_random(die_of) % 2)
		put(l, fd, e, 0, cut);
	else
		put(l, fd, e, cut, e->len);
	return 't';
}

static int build(const struct log *l, const char *image, uint64_t k, const char *mode, uint64_t seed)
{
	int fd = open(image, O_WRONLY | O_CLOEXEC);
	uint64_t flushed = 0, lost = 0, kept = 0, torn = 0, die_of = seed;

	if (fd < 0)
		die(image);
	if (k > l->n)
		die("the log is shorter than that");
	for (uint64_t i = 0; i < k; i++)
		if (l->entries[i].flags & FLUSH)
			flushed = i;
	for (uint64_t i = 0; i < k; i++) {
		const struct entry *e = &l->entries[i];

		if (!e->len || e->flags & MARK)
			continue;
		if (i < flushed || e->flags & FUA) {
			put(l, fd, e, 0, e->len);
			continue;
		}
		switch (put_unflushed(l, fd, e, mode, &die_of)) {
		case 'l': lost++; break;
		case 'k': kept++; break;
		default: torn++; break;
		}
	}
	if (close(fd))
		die(image);
	printf("lost %" PRIu64 " kept %" PRIu64 " torn %" PRIu64 "\n", lost, kept, torn);
	return 0;
}

int main(int argc, char **argv)
{
	struct region regions[REGIONS_MAX];
	struct log l = { 0 };

	if (argc >= 3)
		log_open(&l, argv[2]);
	if (argc == 3 && !strcmp(argv[1], "list"))
		return list(&l);
	if (argc >= 3 && !strcmp(argv[1], "points"))
		return points(&l, regions, regions_read(argv + 3, argc - 3, regions));
	if (argc == 7 && !strcmp(argv[1], "build"))
		return build(&l, argv[3], strtoull(argv[4], NULL, 10), argv[5], strtoull(argv[6], NULL, 10));
	fputs("usage: cutlog list LOG | points LOG NAME:START:END... | build LOG IMAGE K lost|kept|random SEED\n", stderr);
	return 2;
}
