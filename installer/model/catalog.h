/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to install: the release on a medium, or seeded on the admin node. */
#pragma once
#include "data/field.h"

struct catalog_image {
	const char *name, *version, *fs, *list_hash;
	uint64_t image_bytes, data_bytes, chunk_bytes;
};

struct catalog {
	const char *build_id, *version;
	const char *seed_hash; /* BLAKE2b of SEED */
	uint64_t seed_bytes, seed_files;
	uint64_t epoch; /* when it was built, seconds since 1970; 0 = it does not say */
	struct catalog_image *images;
	size_t n_images;
};

extern const struct schema catalog_schema;
