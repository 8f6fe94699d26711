/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine must have before anything is planned for it: memory, entropy, a clock that is not absurd. */
#pragma once
#include "base/error.h"
#include "engine/engine.h"
#include "model/catalog.h"
#include "model/machine.h"

enum { PREFLIGHT_MEMORY_MIB = 512 };

/* ERR_REFUSED, with the numbers, on a machine that would run out of memory in the middle. */
MUST_CHECK int preflight_memory(const struct machine *m, struct error *err);
/*
 * Returns when the kernel's random pool is ready (random(7)), which every key and id is made from; tells SINK
 * when that takes longer than a moment.
 */
void preflight_entropy(const struct engine_sink *sink);
/*
 * A clock before the release was built (a dead battery starts in 1980) is set to that time, because signatures
 * with dates would fail; one more than 10 years after it is only told. Never set back. SINK hears of both, and of a
 * clock that cannot be set: a wrong clock stops nothing.
 */
void preflight_clock(struct sys *sys, const struct catalog *c, const struct engine_sink *sink);
