/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz layers: base data model sys
 *
 * Any bytes at any places of a disk, looked at as the product looks at disks, without the child around
 * it: partition tables and superblocks of all that libblkid knows. What a look says must be taken by
 * the parent, be the same at a second look, and call a disk blank only if its ends are empty.
 *
 * An input is: a byte of flags, then pieces: u32 (little-endian) of 512 bytes each from the start, or,
 * with its highest bit, from the end; u16 of length; that many bytes. `pack_disk` makes one of an image.
 * With PROBE_SAY in the environment it prints what was seen.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "gpt_fit.h"
#include "sys/probe.h"

/* 64 MiB: less is no disk for ZFS. */
enum { SIZE = 64 << 20, END = 1 << 20, PIECE_HEAD = 6 };
enum { SECTORS_4K = 1, FIT_GPT = 2, LOOK_TWICE = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* The ends of the disk are compared as a whole, which costs more than all probing if it is watched. */
const char *__asan_default_options(void)
{
	return "intercept_memcmp=0";
}

static unsigned char disk[SIZE];

/* Where the pieces went, so that only these are put back to zero. */
static struct {
	size_t at, len;
} written[256];
static size_t n_written;

static void put_piece(size_t at, const uint8_t *data, size_t len)
{
	if (at >= SIZE || n_written == sizeof(written) / sizeof(written[0]))
		return;
	if (len > SIZE - at)
		len = SIZE - at;
	memcpy(disk + at, data, len);
	written[n_written].at = at;
	written[n_written++].len = len;
}

static void unpack(const uint8_t *data, size_t size)
{
	while (size > PIECE_HEAD) {
		size_t at = data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16, len = data[4] | (size_t)data[5] << 8;

		at = at % (SIZE / 512) * 512;
		if (data[3] & 0x80)
			at = SIZE - 512 - at;
		data += PIECE_HEAD;
		size -= PIECE_HEAD;
		if (len > size)
			len = size;
		put_piece(at, data, len);
		data += len;
		size -= len;
	}
}

static bool is_empty(const unsigned char *p)
{
	return (p[0] == 0 || p[0] == 0xff) && !memcmp(p, p + 1, END - 1);
}

/* True, with what the look said in OUT, if the disk could be looked at. */
static bool look(const char *path, uint64_t sector, struct str *out)
{
	struct disk d = { .name = "disk", .path = path, .size_bytes = SIZE, .sector_bytes = sector };
	AUTO_ARENA a = ARENA_INIT;
	struct error err;

	memset(&err, 0, sizeof(err));
	if (probe_look(&d, out, &err)) {
		assert(err.msg[0]);
		return false;
	}
	d = (struct disk){ .name = "disk", .path = path, .size_bytes = SIZE, .sector_bytes = sector };
	if (probe_take(str_text(out), out->len, &d, &a, &err)) {
		fprintf(stderr, "%s\n%s\n", err.msg, str_text(out));
		abort();
	}
	assert(!disk_is_blank(&d) || (is_empty(disk) && is_empty(disk + SIZE - END)));
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t sector = size && data[0] & SECTORS_4K ? 4096 : 512;
	AUTO_STR first = STR_INIT;
	AUTO_STR second = STR_INIT;
	char path[32];
	int fd;

	for (size_t i = 0; i < n_written; i++)
		memset(disk + written[i].at, 0, written[i].len);
	n_written = 0;
	if (size)
		unpack(data + 1, size - 1);
	if (size && data[0] & FIT_GPT) {
		fit_gpt(disk, sector, SIZE / sector, 1);
		fit_gpt(disk, sector, SIZE / sector, SIZE / sector - 1);
		put_piece(sector, disk + sector, 512);
		put_piece(SIZE - sector, disk + SIZE - sector, 512);
	}
	fd = memfd_create("disk", MFD_CLOEXEC);
	assert(fd >= 0 && !ftruncate(fd, SIZE));
	for (size_t i = 0; i < n_written; i++)
		assert(pwrite(fd, disk + written[i].at, written[i].len, (off_t)written[i].at) == (ssize_t)written[i].len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (look(path, sector, &first) && getenv("PROBE_SAY"))
		puts(str_text(&first));
	if (first.len && data[0] & LOOK_TWICE)
		assert(look(path, sector, &second) && str_eq(str_text(&first), str_text(&second)));
	close(fd);
	return 0;
}
