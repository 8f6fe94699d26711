/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounds that are measured beside the work they bound; see bench.c. */
#pragma once
#include "ops/ops.h"
#include "ops/source.h"

/* {"t":"bench",...} on the progress channel. */
void bench_tell(const char *who, const char *name, uint64_t bytes, uint64_t ms);
/*
 * The most memory that this process and the largest of its children ever had (as VmHWM says it), and what the machine
 * has in use now, told as "memory-own", "memory-child" and "memory-in-use", in bytes.
 */
void bench_memory(struct sys *s, const char *who);
/* The image's uncompressed bytes, SOURCE/bench/IMAGE.raw, from the admin node or a medium to DEV, nothing else. */
MUST_CHECK int bench_stream(struct op_env *env, const struct op_image *p, const char *dev, struct error *err);
/* The seed's files read, hashed and written one after the other, nothing else. */
MUST_CHECK int bench_copy(struct op_env *env, const struct seed *seed, const char *data, struct error *err);
