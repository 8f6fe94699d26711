/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the files of an ISO 9660 image lie (ECMA-119, names by Rock Ridge: SUSP 1.12, RRIP 1.12). Reads directories
 * only; a file is a place in the image, so that its bytes can be read, hashed or, in a copy, replaced without moving
 * anything. A file of 4 GiB and more has several extents, which must lie side by side. Strict: both halves of a both-endian number must
 * agree, every extent must lie in the image, and what no tool of ours makes (interleaved files, extents apart, relocated directories, no
 * Rock Ridge) is refused.
 */
#pragma once
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum { ISO_BLOCK = 2048, ISO_MAX_FILES = 200000, ISO_MAX_DEPTH = 16, ISO_MAX_PATH = 1024 };

/* The image: all LEN bytes at AT into BUF, which lie within SIZE. */
struct iso_source {
	int (*read_at)(void *ctx, uint64_t at, void *buf, size_t len, struct error *err);
	void *ctx;
	uint64_t size;
};

struct iso_file {
	const char *path; /* "fulcrum/build-id" */
	uint64_t at, size; /* its bytes in the image */
};

struct iso {
	struct iso_file *files; /* plain files, in the order of the directories */
	size_t n;
	uint64_t bytes; /* what the volume says it has; at least as many are there */
};

/* ERR_MEDIUM when it is no such image, is cut short, or is damaged. */
MUST_CHECK int iso_read(const struct iso_source *src, struct arena *a, struct iso *ret, struct error *err);
/* By path, or NULL. */
const struct iso_file *iso_find(const struct iso *iso, const char *path);
