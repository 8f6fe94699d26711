/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * YAML text to a positioned tree; the only user of libyaml (its event API, because its document
 * API accepts duplicate keys and cyclic aliases, and neither limits depth: parsing is quadratic in it).
 */
#pragma once
#include "base/error.h"
#include "data/tree.h"

enum {
	YAML_MAX_BYTES = 256 * 1024,
	YAML_MAX_DEPTH = 24,
	YAML_MAX_NODES = 20000,
	YAML_MAX_SCALAR = 16 * 1024,
};

/*
 * Parses LEN bytes named FILE. Refused, as findings with a position: syntax errors, aliases,
 * anchors, tags, duplicate keys, keys that are not scalars, several documents, non-UTF-8 (also
 * UTF-16), and anything over the limits above. Returns the root, or NULL when no tree could be
 * made; the tree is only good to use when no finding was added. An empty document is an empty map.
 */
struct tree *yaml_parse(const char *file, const char *data, size_t len, struct arena *a,
			struct findings *f);

/*
 * T as YAML text that yaml_parse() reads as an equal tree, and that other readers of YAML understand alike: text that
 * looks like anything else is quoted. Ends with a newline. Appended to OUT.
 */
void yaml_write(const struct tree *t, struct str *out);
