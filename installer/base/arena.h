/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A document (site file, machine, plan, message) lives in one arena: parse, use, drop. Memory is
 * zeroed. Running out of memory aborts: the journal makes that safe, untested recovery would not be.
 */
#pragma once
#include <stdarg.h>
#include <stddef.h>

#include "base/compiler.h"

struct arena {
	struct arena_block *blocks;
};

#define ARENA_INIT { NULL }
#define AUTO_ARENA CLEANUP(arena_release) struct arena

void arena_release(struct arena *a);
/* SIZE zeroed bytes, aligned for any type; never NULL. */
void *arena_alloc(struct arena *a, size_t size);
/* N zeroed elements; aborts on overflow. */
void *arena_array(struct arena *a, size_t n, size_t size);
/* A copy of OLD (N elements) with room for one more, amortised: doubles at powers of two. */
void *arena_grow(struct arena *a, void *old, size_t n, size_t size);
char *arena_strdup(struct arena *a, const char *s); /* NULL stays NULL */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
