/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that hardware and foreign disks give us: it may be anything, and it goes into JSON and onto
 * screens.
 */
#pragma once
#include <stdbool.h>

#include "base/arena.h"

/*
 * The first N bytes of S up to a NUL, as UTF-8 without control characters: what is not becomes '?'.
 * White space at both ends goes. NULL when nothing is left or S is NULL.
 */
const char *text_clean(struct arena *a, const char *s, size_t n);
/*
 * True for what makers leave where a name belongs: "To be filled by O.E.M.", "Default string", zeros.
 * It names nothing, because many have it. NULL is none.
 */
bool text_is_placeholder(const char *s);
/* The same for what firmware says of a board and what is plugged into it: these fillers, and some numbers that all of them have. */
bool text_is_board_filler(const char *s);
