/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounds that are measured beside the work they bound; see bench.c. */
#pragma once
#include "ops/ops.h"
#include "ops/source.h"

/* {"t":"bench",...} on the progress channel. */
void bench_tell(const char *who, const char *name, uint64_t bytes, uint64_t ms);
/* The image's uncompressed bytes from HTTP to DEV, nothing else. */
MUST_CHECK int bench_stream(struct op_env *env, const struct op_image *p, const char *dev, struct error *err);
/* The seed's files read, hashed and written one after the other, nothing else. */
MUST_CHECK int bench_copy(struct op_env *env, const struct seed *seed, const char *data, struct error *err);
