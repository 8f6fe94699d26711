/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of a kernel command line, as the kernel takes them apart (lib/cmdline.c, next_arg): white space ends a
 * word, but not inside double quotes, which are not part of the value.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* True if LINE has WORD as a whole word: "fulcrum.unattended". */
bool cmdline_has(const char *line, const char *word);
/* All words that begin with PREFIX, as they stand and in order, with spaces between, in A; NULL: none. */
const char *cmdline_words(const char *line, const char *prefix, struct arena *a);
/* The last value of NAME=, in A, or NULL; *RET_N (may be NULL) is how often it is given. */
const char *cmdline_value(const char *line, const char *name, struct arena *a, size_t *ret_n);
