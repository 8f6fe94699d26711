/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block devices, and regular files that stand for them in tests, by descriptor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"

struct block {
	int fd;
	bool device;	 /* false: a regular file */
	uint64_t size;	 /* bytes */
	uint64_t sector; /* logical; 512 for a file */
};

#define BLOCK_INIT ((struct block){ .fd = -1 })
#define AUTO_BLOCK CLEANUP(block_release) struct block

enum block_open {
	BLOCK_READ,
	BLOCK_SHARED, /* to write, while others may have it open */
	BLOCK_OWN, /* to write; fails when it is mounted or held, after 3 s of waiting */
};

MUST_CHECK int block_open(const char *path, enum block_open how, struct block *ret,
			  struct error *err);
/* Size and sector of what FD is, which stays the caller's; RET must not be released. */
MUST_CHECK int block_measure(int fd, struct block *ret, struct error *err);
void block_release(struct block *b);
/*
 * The next read comes from the device, not from what this kernel remembers of it: what was written through the node of a
 * partition is not in the cache of the whole disk, which stays for as long as anybody holds the disk open. Nothing to
 * do for a file.
 */
MUST_CHECK int block_forget(const struct block *b, struct error *err);
/* Exactly LEN bytes at AT; a short device is an error. */
MUST_CHECK int block_read(int fd, uint64_t at, void *data, size_t len, struct error *err);
MUST_CHECK int block_write(int fd, uint64_t at, const void *data, size_t len, struct error *err);
/* The range reads as zeros afterwards. Regular files get a hole, and grow. */
MUST_CHECK int block_zero(int fd, uint64_t at, uint64_t len, struct error *err);
