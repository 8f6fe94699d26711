/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The release that is installed from: a signed manifest (SEED) and signed chunk lists, on a medium
 * or served by the admin node. No byte leaves here unverified.
 */
#pragma once
#include "model/catalog.h"
#include "ops/ops.h"

struct seed_entry {
	const char *path; /* relative to the release */
	const char *hash;
	uint64_t size;
};
struct seed {
	struct seed_entry *entries;
	size_t n;
	uint64_t bytes;
	char hash[HASH_HEX]; /* of the manifest itself */
};

struct chunk {
	bool zero;
	uint64_t offset;
	uint32_t length;
	const char *hash, *raw_hash; /* of the compressed and of the raw bytes */
};
struct chunk_list {
	struct catalog_image image;
	struct chunk *chunks;
	size_t n;
};

/* Whole of REL (at most MAX bytes) after its signature file REL.sig was checked; ERR_MEDIUM names it. */
MUST_CHECK int source_signed(struct sys *sys, const char *source, const char *key, const char *rel, size_t max,
			     struct str *ret, struct error *err);
/* A small file of the release (at most MAX bytes), its bytes compared with the manifest. */
MUST_CHECK int source_listed(struct sys *sys, const char *source, const struct seed *seed, const char *rel, size_t max,
			     struct str *ret, struct error *err);
MUST_CHECK int source_seed(struct sys *sys, const char *source, const char *key, struct arena *a,
			   struct seed *ret, struct error *err);
/* Entry by path, or NULL. */
const struct seed_entry *seed_find(const struct seed *s, const char *path);
/* Whole of the small file REL (at most MAX bytes), compared with the manifest; ERR_MEDIUM names it. */
MUST_CHECK int source_listed(struct sys *sys, const char *source, const struct seed *seed, const char *rel, size_t max,
			     struct str *ret, struct error *err);
/* Parses the text of a chunk list; everything in it is bounds-checked. */
MUST_CHECK int chunk_list_parse(const char *text, struct arena *a, struct chunk_list *ret, struct error *err);
MUST_CHECK int source_chunks(struct sys *sys, const char *source, const char *key, const char *image,
			     struct arena *a, struct chunk_list *ret, struct error *err);
/* Everything on offer, all lists verified. */
MUST_CHECK int source_catalog(struct sys *sys, const char *source, const char *key, struct arena *a,
			      struct catalog *ret, struct error *err);

/* Called with the running total of one file's bytes; may be NULL. */
typedef void (*copy_progress)(void *ctx, uint64_t bytes);
/* Progress of several files as one operation's: ctx for copy_sum_tell; BEFORE is what earlier files had. */
struct copy_sum {
	struct op_env *env;
	uint64_t before, total;
};
void copy_sum_tell(void *ctx, uint64_t bytes);

/* Copies E to PATH, hashing what is written; a difference removes PATH and is ERR_MEDIUM naming E. */
MUST_CHECK int source_copy(struct sys *sys, const char *source, const struct seed_entry *e, const char *path,
			   copy_progress progress, void *ctx, struct error *err);
/* What was copied to PATH before still has E's hash; ERR_VERIFY, or ERR_IO where it cannot be read. */
MUST_CHECK int source_verify_file(struct sys *sys, const struct seed_entry *e, const char *path, struct error *err);
