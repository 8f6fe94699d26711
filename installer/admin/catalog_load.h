/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what was seeded: the release, and the heads of the signed image lists. An image whose list is
 * not signed by the release key is an error, not a missing image: somebody has to know.
 */
#pragma once
#include "base/hash.h"
#include "model/catalog.h"

/* SEED: the directory with release.json, SEED and images/. RELEASE_KEY: file with the public key in hex. */
MUST_CHECK int catalog_load(const char *seed, const char *release_key, struct arena *a,
			    struct catalog **ret, struct error *err);
