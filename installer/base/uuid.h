/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UUIDs made from a seed and a name (RFC 9562, version 8): unique per install, repeatable in a plan. */
#pragma once
#include <stdbool.h>

enum { UUID_TEXT = 37 };

/* Lower-case text of the UUID of (SEED, NAME). */
void uuid_from_seed(const char *seed, const char *name, char ret[UUID_TEXT]);
/* True for 8-4-4-4-12 hex digits, in any case (RFC 9562). */
bool uuid_is(const char *text);
/* The 8 hex digits of a FAT serial of (SEED, NAME), as "ABCD-1234"; RET holds 10. */
void fat_id_from_seed(const char *seed, const char *name, char ret[10]);
