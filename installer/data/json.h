/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON text to a tree and back; the only user of yyjson. Strict JSON: RFC 8259, no duplicate keys. */
#pragma once
#include "base/error.h"
#include "data/tree.h"

enum { JSON_MAX_BYTES = 8 * 1024 * 1024, JSON_MAX_DEPTH = 32, JSON_MAX_NODES = 400000 };

/* NULL with *ERR set (kind ERR_INPUT, with line and column) when it is not JSON within the limits. */
struct tree *json_parse(const char *file, const char *data, size_t len, struct arena *a,
			struct error *err);
/*
 * Canonical when not PRETTY: no white space, keys in the tree's order; PRETTY ends with a newline.
 * Bytes that are not UTF-8 (a disk's serial may hold any) become U+FFFD. Appended to OUT.
 */
void json_write(const struct tree *t, bool pretty, struct str *out);
