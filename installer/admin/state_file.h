/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an export is inside of its seal (base/sealed.h): files one after the other, and at the end the manifest, which names each with
 * size and digest, and says whose state it is. For each file 2 bytes length of its path, the path, 8 bytes size (both little-endian), its
 * bytes. The manifest is the one whose path is "manifest.json"; it is the last. Knows nothing of what the files mean.
 */
#pragma once
#include "base/sealed.h"
#include "data/field.h"

enum { STATE_FILE_VERSION = 1, STATE_PATH_MAX = 512 };

struct state_entry {
	const char *path; /* "fulcrum/site.yaml" */
	uint64_t bytes;
	const char *digest; /* BLAKE2b-256 */
};
struct state_count {
	const char *state;
	uint64_t nodes;
};
struct state_left {
	const char *what;
	uint64_t bytes;
};

struct state_manifest {
	uint64_t fulcrum_state; /* STATE_FILE_VERSION */
	const char *site, *name, *address; /* of the admin node */
	const char *release; /* that wrote it */
	const char *written; /* when, by its clock */
	uint64_t schema, reader; /* of the database; see store.h */
	const char **ports; /* its networks as they were bound, a line each */
	size_t n_ports;
	struct state_count *nodes;
	size_t n_nodes;
	struct state_left *left_out;
	size_t n_left_out;
	struct state_entry *files;
	size_t n_files;
};
extern const struct schema state_manifest_schema;

/* BYTES bytes of FD, from here on, as PATH; a row of M->files, in A. ERR_CHANGED if FD ends before. */
MUST_CHECK int state_put(struct sealed *s, const char *path, int fd, uint64_t bytes, struct state_manifest *m, struct arena *a, struct error *err);
/* The manifest; then the seal is finished. */
MUST_CHECK int state_put_end(struct sealed *s, const struct state_manifest *m, struct error *err);

/* Gets each file as it comes; not yet known to be whole. Returning -1 with *ERR set stops. */
struct state_sink {
	int (*begin)(void *ctx, const char *path, uint64_t bytes, struct error *err);
	int (*data)(void *ctx, const void *data, size_t len, struct error *err);
	int (*end)(void *ctx, struct error *err);
	void *ctx;
};
/*
 * All of it, every digest proved; SINK may be NULL. *RET is A's. Paths are relative, of plain names: none leads out of where it is put.
 * ERR_MEDIUM, ERR_INPUT: what was sealed is not what the manifest says, or is of a version that this release does not know.
 */
MUST_CHECK int state_get(struct sealed *s, const struct state_sink *sink, struct state_manifest *ret, struct arena *a, struct error *err);
