/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of probing, for probe.c and for tests, which put a look of their own in its place or run it
 * without a child. Everybody else has sys->ops->probe.
 */
#pragma once
#include "base/arena.h"
#include "model/machine.h"
#include "sys/child.h"

/*
 * A child_fn: looks at the struct disk CTX, which is its own copy with path, size and sector set, and
 * answers with it as JSON. Both ends of the disk must be readable.
 */
int probe_look(void *ctx, struct str *out, struct error *err);
/*
 * Takes what a look answered into D: table, damage, partitions, signatures. D is only changed if all of
 * the answer is a disk that there can be; its texts go to A.
 */
MUST_CHECK int probe_take(const char *text, size_t len, struct disk *d, struct arena *a, struct error *err);
/* LOOK at N disks in children within LIMITS; RESULTS as for sys->ops->probe_many. */
void probe_all(child_fn look, const struct child_limits *limits, struct disk *const *disks, size_t n, struct arena *a,
	       struct error *results);
