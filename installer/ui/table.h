/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text tables for terminals: columns as wide as their widest cell, two spaces between, no trailing
 * blanks. Knows nothing of what is in it.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"

struct table {
	struct arena *arena;
	size_t columns, n; /* N cells */
	const char **cells; /* row after row */
	bool *right;	    /* by column: numbers stand at the right */
};

/* HEADERS: comma-separated; a header that starts with '>' makes its column right-aligned. */
void table_init(struct table *t, struct arena *a, const char *headers);
/*
 * The next cell, left to right, row by row. NULL or "" prints as "-", in a column without a header as nothing. Text is copied;
 * control characters become '?'.
 */
void table_cell(struct table *t, const char *text);
void table_print(const struct table *t, struct str *out);
