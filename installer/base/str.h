/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing string and small string helpers. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

struct str {
	char *s; /* always terminated; never NULL once something was added */
	size_t len, cap;
};

#define STR_INIT { NULL, 0, 0 }
#define AUTO_STR CLEANUP(str_release) struct str

void str_release(struct str *b);
void str_clear(struct str *b);
void str_cut(struct str *b, size_t len); /* to its first LEN bytes; longer than it is: no change */
void str_add(struct str *b, const char *s);
void str_addn(struct str *b, const char *s, size_t n);
void str_addc(struct str *b, char c);
void str_addf(struct str *b, const char *fmt, ...) PRINTF(2, 3);
/* The text, "" when nothing was added; owned by B. */
const char *str_text(const struct str *b);

bool str_eq(const char *a, const char *b); /* NULL equals only NULL */
bool str_empty(const char *s);		   /* NULL or "" */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* Edit distance, capped: for "did you mean". */
size_t str_distance(const char *a, const char *b);
/* The one of N NAMES that WORD is most likely meant to be, or NULL. */
const char *str_nearest(const char *word, const char *const *names, size_t n);
