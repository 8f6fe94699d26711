/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fulcrum-verify: early userspace's check of the root image, before a byte of it is used. Static
 * and tiny; knows only hashing.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"

static int verify(const char *want, uint64_t size, const char *path, struct error *err)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	static unsigned char buf[1 << 20];
	char got[HASH_HEX];
	uint64_t total = 0;
	struct hash h;
	ssize_t n;

	if (fd < 0)
		return error_sys(err, errno, "%s", path);
	hash_begin(&h);
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, errno, "%s: at byte %" PRIu64, path, total);
		hash_add(&h, buf, (size_t)n);
		total += (uint64_t)n;
	}
	hash_end(&h, got);
	if (total != size)
		return error_set(err, ERR_MEDIUM, "%s: has %" PRIu64 " bytes, %" PRIu64 " were signed", path, total, size);
	if (strcmp(want, got) != 0)
		return error_set(err, ERR_MEDIUM, "%s: content differs from what was built: BLAKE2b %.16s..., wanted %.16s...",
				 path, got, want);
	return 0;
}

int main(int argc, char **argv)
{
	struct error err = { 0 };
	char *end;
	uint64_t size;

	if (argc != 5 || strcmp(argv[1], "file") != 0 || !hex_is(argv[2], HASH_BYTES * 2)) {
		fprintf(stderr, "usage: fulcrum-verify file BLAKE2B-HEX SIZE FILE\n");
		return error_exit_code(ERR_USAGE);
	}
	size = strtoull(argv[3], &end, 10);
	if (*end || end == argv[3]) {
		fprintf(stderr, "fulcrum-verify: \"%s\" is not a size\n", argv[3]);
		return error_exit_code(ERR_USAGE);
	}
	if (verify(argv[2], size, argv[4], &err)) {
		fprintf(stderr, "fulcrum-verify: %s\n", err.msg);
		return error_exit_code(err.kind);
	}
	return 0;
}
