/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The release in an image, or on a device, that is not mounted: its files by name, its key, its signed manifest. */
#pragma once
#include "data/iso9660.h"
#include "ops/source.h"

struct iso_release {
	struct iso_source src;
	struct iso iso;
	struct sys sys; /* answers `fetch` from the release in the image */
	struct sys_ops ops;
};

/* Reads the directories. SRC's ctx is kept; texts are in A. ERR_MEDIUM when it is no image, or one of others. */
MUST_CHECK int iso_release_open(struct iso_release *ret, const struct iso_source *src, struct arena *a, struct error *err);
/* The bytes of F to SINK. */
MUST_CHECK int iso_release_stream(const struct iso_release *r, const struct iso_file *f, sys_sink sink, void *ctx, struct error *err);
/* The same, appended to RET: at most MAX bytes. */
MUST_CHECK int iso_release_text(const struct iso_release *r, const char *path, size_t max, struct str *ret, struct error *err);
/* The key that it must be signed with, as hex in A: that of the file PATH, or, if that is NULL, the one that it carries. NULL on error. */
const char *iso_release_key(const struct iso_release *r, const char *path, struct arena *a, struct error *err);
/* Its manifest, whose signature is KEY's. */
MUST_CHECK int iso_release_seed(struct iso_release *r, const char *key, struct arena *a, struct seed *ret, struct error *err);
/* What its two files that may change say (model/site_area.h); ERR_MEDIUM names the one that is damaged. */
MUST_CHECK int iso_release_area(const struct iso_release *r, struct str *ret_text, bool *ret_unattended, struct error *err);
