/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Field tables of the catalog. */
#include "model/catalog.h"

static const struct field image_fields[] = {
	FIELD_STRING(struct catalog_image, name, FIELD_REQUIRED, "name that profiles use"),
	FIELD_STRING(struct catalog_image, version, FIELD_REQUIRED, "version"),
	FIELD_STRING(struct catalog_image, fs, FIELD_REQUIRED, "file system inside"),
	FIELD_STRING(struct catalog_image, list_hash, FIELD_REQUIRED, "BLAKE2b-256 of its chunk list"),
	FIELD_U64(struct catalog_image, image_bytes, FIELD_REQUIRED, "size of the file system"),
	FIELD_U64(struct catalog_image, data_bytes, FIELD_REQUIRED, "bytes to fetch"),
	FIELD_U64(struct catalog_image, chunk_bytes, FIELD_REQUIRED, "chunk size"),
};
static const struct schema image_schema =
	SCHEMA("image", struct catalog_image, image_fields, "one node image");

static const struct field catalog_fields[] = {
	FIELD_STRING(struct catalog, build_id, FIELD_REQUIRED, "id of the release"),
	FIELD_STRING(struct catalog, version, FIELD_REQUIRED, "version of the release"),
	FIELD_STRING(struct catalog, seed_hash, FIELD_REQUIRED, "BLAKE2b-256 of the seed manifest"),
	FIELD_U64(struct catalog, seed_bytes, 0, "bytes to seed"),
	FIELD_U64(struct catalog, seed_files, 0, "files to seed"),
	FIELD_U64(struct catalog, epoch, FIELD_OMIT_EMPTY, "when it was built, seconds since 1970"),
	FIELD_STRUCTS(struct catalog, images, 0, &image_schema, "node images"),
};
const struct schema catalog_schema =
	SCHEMA("catalog", struct catalog, catalog_fields, "what there is to install");
