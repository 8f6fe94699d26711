/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A site file that may be shown: what it says, without its secrets, and the means to find those elsewhere. */
#pragma once
#include "base/arena.h"
#include "base/str.h"

struct secrets {
	struct arena *arena;
	const char **values; /* longest first */
	size_t n;
};

/*
 * Appends to RET what the site file TEXT says, as JSON: the value of every key that site_schema marks as secret,
 * wherever it stands and also if it is misspelt, is "***". Comments are left out, for they may say anything; so is all of
 * a file that is no YAML, in which secrets cannot be told from the rest. The secrets themselves, as far as they can be
 * guessed even then, are added to S.
 */
void site_redact(const char *name, const char *text, size_t len, struct arena *a, struct str *ret, struct secrets *s);
/* Replaces every one of S in TEXT by "***", also as JSON would write it. */
void secrets_scrub(const struct secrets *s, struct str *text);
