/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sealed streams: what goes in comes out, and nothing else ever does: every bit turned, every length cut to, pieces in
 * another order, another passphrase.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/sealed.h"
#include "tap.h"

enum { PIECE = 65536, BOXED = PIECE + 17, HEADER = 88, GREETING = 17 };

/* As cheap as libsodium lets it be: thousands of files are opened here. */
static const struct sealed_cost cheap = { .memory = 8192, .passes = 1 };
static const char pass[] = "five words at random are good";
static struct error err;

static int memory_file(const void *data, size_t len)
{
	int fd = memfd_create("sealed", MFD_CLOEXEC);

	if (fd < 0 || fd_write_all(fd, data, len, &err) || lseek(fd, 0, SEEK_SET))
		abort();
	return fd;
}

/* LEN bytes sealed, in writes of STEP; *RET is the caller's. */
static size_t seal(const unsigned char *data, size_t len, size_t step, unsigned char **ret)
{
	AUTO_FD fd = memory_file("", 0);
	struct sealed *s;
	ssize_t n;

	if (sealed_create(fd, pass, &cheap, &s, &err))
		abort();
	for (size_t at = 0; at < len; at += step)
		if (sealed_write(s, data + at, len - at < step ? len - at : step, &err))
			abort();
	if (sealed_finish(s, &err))
		abort();
	sealed_free(s);
	*ret = malloc(len + 4 * PIECE);
	n = pread(fd, *ret, len + 4 * PIECE, 0);
	if (!*ret || n < 0)
		abort();
	return (size_t)n;
}

/* 0 if the LEN bytes at FILE are good and hold exactly the WANT bytes; bytes that are handed out must be right in any case. */
static int opens(const unsigned char *file, size_t len, const char *with, const unsigned char *want, size_t n_want)
{
	AUTO_FD fd = memory_file(file, len);
	unsigned char buf[1000];
	struct sealed *s;
	int rc = 0;

	memset(&err, 0, sizeof(err));
	if (sealed_open(fd, "a.file", with, &s, &err))
		return -1;
	for (size_t at = 0; !rc && at < n_want; at += sizeof(buf)) {
		size_t n = n_want - at < sizeof(buf) ? n_want - at : sizeof(buf);

		rc = sealed_read(s, buf, n, &err);
		if (!rc && memcmp(buf, want + at, n)) {
			ok(false, "bytes that were not written were handed out, at %zu", at);
			rc = -1;
		}
	}
	if (!rc)
		rc = sealed_end(s, &err);
	sealed_free(s);
	return rc;
}

static void sizes(const unsigned char *data)
{
	static const size_t lens[] = { 0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 77 };

	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		unsigned char *file;
		size_t n = seal(data, lens[i], i % 2 ? 777 : PIECE, &file);

		ok(!opens(file, n, pass, data, lens[i]), "%zu bytes come back: %s", lens[i], err.msg);
		ok(n == HEADER + GREETING + lens[i] + 17 * (lens[i] / PIECE + 1), "and cost what the header says: %zu", n);
		ok(lens[i] == 0 || opens(file, n, pass, data, lens[i] - 1), "a byte less is noticed: %s", err.msg);
		ok(opens(file, n, pass, data, lens[i] + 1) && err.kind == ERR_MEDIUM, "there is not a byte more: %s", err.msg);
		free(file);
	}
}

static void every_bit(const unsigned char *data)
{
	unsigned char *file;
	size_t len = 300, n = seal(data, len, 300, &file), lost = 0, told = 0;

	for (size_t at = 0; at < n; at++)
		for (int bit = 0; bit < 8; bit++) {
			file[at] ^= (unsigned char)(1 << bit);
			if (!opens(file, n, pass, data, len))
				lost++;
			if (err.kind == ERR_MEDIUM || err.kind == ERR_INPUT || err.kind == ERR_DENIED)
				told++;
			file[at] ^= (unsigned char)(1 << bit);
		}
	ok(!lost && told == 8 * n, "each of %zu bits turned is noticed: %zu not, %zu told", 8 * n, lost, told);
	lost = 0;
	for (size_t cut = 0; cut < n; cut++)
		lost += !opens(file, cut, pass, data, len);
	ok(!lost, "so is each of %zu lengths that it may be cut to", n);
	ok(!opens(file, n, pass, data, len), "and as it was it is good");
	free(file);
}

static void pieces(const unsigned char *data)
{
	const size_t len = 3 * PIECE + 10, first = HEADER + GREETING;
	unsigned char *file, *other;
	size_t n = seal(data, len, len, &file);

	other = malloc(n + 1);
	if (!other)
		abort();
	memcpy(other, file, n);
	memcpy(other + first, file + first + BOXED, BOXED);
	memcpy(other + first + BOXED, file + first, BOXED);
	ok(opens(other, n, pass, data, len) && err.kind == ERR_MEDIUM, "pieces in another order: %s", err.msg);
	memcpy(other, file, n);
	memmove(other + first, other + first + BOXED, n - first - BOXED);
	ok(opens(other, n - BOXED, pass, data + PIECE, len - PIECE) && err.kind == ERR_MEDIUM, "the first one left out: %s", err.msg);
	ok(opens(file, n - 27, pass, data, len - 10) && err.kind == ERR_MEDIUM, "cut after a whole piece: %s", err.msg);
	memcpy(other, file, n);
	other[n] = 0; /* at the end of the last piece, which proves its length, too */
	ok(opens(other, n + 1, pass, data, len) && err.kind == ERR_MEDIUM, "a byte more: %s", err.msg);
	other[first + 2 * BOXED + 5] ^= 1;
	ok(opens(other, n, pass, data, len) && strstr(err.msg, "byte 131211"), "damage is told with its place: %s", err.msg);
	free(file);
	free(other);
}

static void passphrases(const unsigned char *data)
{
	AUTO_FD fd = memory_file("", 0);
	struct sealed *s;
	unsigned char *file, *again;
	size_t n = seal(data, 100, 100, &file), m = seal(data, 100, 100, &again);

	ok(opens(file, n, "five words at random are goad", data, 100) && err.kind == ERR_DENIED && !strstr(err.msg, "words"),
	   "another passphrase: %s", err.msg);
	ok(opens(file, n, "", data, 100) && err.kind == ERR_DENIED, "none");
	ok(n == m && memcmp(file + HEADER, again + HEADER, n - HEADER), "the same under the same passphrase is another file each time");
	ok(sealed_create(fd, "short", NULL, &s, &err) && err.kind == ERR_REFUSED && err.hint[0], "a short one is refused: %s", err.msg);
	ok(lseek(fd, 0, SEEK_END) == 0, "and nothing was written");
	ok(opens((const unsigned char *)"#!/bin/sh\n echo this is a file of another kind, long enough to hold a whole header of eighty-eight bytes", 100, pass, data, 100) &&
		   err.kind == ERR_INPUT,
	   "another kind of file: %s", err.msg);
	ok(opens(data, 0, pass, data, 0) && err.kind == ERR_INPUT, "an empty one: %s", err.msg);
	free(file);
	free(again);
}

/* A header that asks for a terabyte is not followed, though its digest is right: none of it is proved by then. */
static void hungry_header(const unsigned char *data)
{
	unsigned char *file;
	size_t n = seal(data, 1, 1, &file);

	file[16 + 5] = 1;
	ok(opens(file, n, pass, data, 1) && err.kind == ERR_MEDIUM, "a header that asks for a terabyte of memory: %s", err.msg);
	free(file);
}

static void as_shipped(void)
{
	AUTO_FD fd = memory_file("", 0);
	char back[3];
	struct sealed *s;

	ok(!sealed_create(fd, pass, NULL, &s, &err) && !sealed_write(s, "abc", 3, &err) && !sealed_finish(s, &err), "sealed at full cost");
	sealed_free(s);
	ok(lseek(fd, 0, SEEK_SET) == 0 && !sealed_open(fd, "x", pass, &s, &err) && !sealed_read(s, back, 3, &err) &&
		   !sealed_end(s, &err) && !memcmp(back, "abc", 3),
	   "and opened");
	sealed_free(s);
}

int main(void)
{
	const size_t len = 4 * PIECE;
	unsigned char *data = malloc(len);

	if (!data)
		return 1;
	random_bytes(data, len);
	sizes(data);
	every_bit(data);
	pieces(data);
	passphrases(data);
	hungry_header(data);
	as_shipped();
	free(data);
	return tap_end();
}
