/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports that were carried away, and whatever else the site's key signed as a text. */
#pragma once
#include "base/error.h"
#include "data/tree.h"

/* The text MEMBER of T, parsed, if T's key signed it and, unless KEY is NULL, is KEY; else NULL with *ERR: ERR_INPUT, ERR_DENIED. */
struct tree *signed_open(const char *file, const struct tree *t, const char *member, const char *key, struct arena *a, struct error *err);

/*
 * Whether FILE, an answer of `fulcrum report`, carries a report that its key signed (Ed25519, RFC 8032), and shows it; KEY, if
 * not NULL, is the site's key in hex as a person knows it: without it the key in the file is shown to be compared. Exit code: 0,
 * 13 when the signature or the key is wrong, 3 when FILE is no report.
 */
int report_check(const char *file, const char *key);
