/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A parsed document as a positioned tree: what YAML and JSON become before field tables read them,
 * and what structs become before they are printed. All memory is the caller's arena's.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct pos {
	const char *file; /* name for messages; lives as long as the tree */
	unsigned int line, column; /* from 1; 0 = unknown */
};

enum tree_kind { TREE_STRING, TREE_NUMBER, TREE_BOOL, TREE_NULL, TREE_MAP, TREE_SEQ };

struct tree {
	enum tree_kind kind;
	struct pos pos;
	/*
	 * Scalars: as written. YAML plain scalars are TREE_STRING, not quoted, but for empty ones, ~ and
	 * null: these are TREE_NULL with a text, and no reader takes them; JSON's null has none.
	 */
	const char *text;
	bool quoted;	   /* YAML: 'x' or "x"; JSON strings and tree_string() always */
	bool bad;	   /* a finding was already made of it: readers pass over it */
	size_t n;	   /* children of a map or sequence */
	struct tree **items;	/* map and sequence: the children in order */
	const char **keys;	/* map: their keys */
	struct pos *key_pos;	/* map: where the keys stand */
};

struct tree *tree_new(struct arena *a, enum tree_kind kind);
struct tree *tree_string(struct arena *a, const char *text); /* NULL becomes TREE_NULL */
struct tree *tree_u64(struct arena *a, uint64_t v);
struct tree *tree_i64(struct arena *a, int64_t v);
struct tree *tree_bool(struct arena *a, bool v);
void tree_add(struct arena *a, struct tree *map, const char *key, struct tree *value);
void tree_push(struct arena *a, struct tree *seq, struct tree *value);
/* Child by key, or NULL; also NULL when T is not a map. */
const struct tree *tree_get(const struct tree *t, const char *key);
/* Text of a scalar child, or NULL. */
const char *tree_get_text(const struct tree *t, const char *key);

/* One complaint about a document. */
struct finding {
	struct pos pos;
	const char *path; /* "networks.admin.subnet" */
	const char *text; /* lower case, no full stop */
	const char *hint; /* NULL or what to do */
};

enum { FINDINGS_MAX = 500 }; /* more are counted, not kept: a document of noise stays cheap */

/* All complaints of one reading, in the order found. */
struct findings {
	struct arena *arena;
	struct finding *items;
	size_t n;
	size_t dropped; /* beyond FINDINGS_MAX */
};

void finding_add(struct findings *f, struct pos pos, const char *path, const char *hint,
		 const char *fmt, ...) PRINTF(5, 6);
/* "site.yaml:14:9: disks.size: ... \n  hint\n" a finding, sorted by position. */
void findings_print(struct findings *f, struct str *out);
/* A list of { line, column, path, text, hint } in the same order, for programs; a position that is not known is left out. */
struct tree *findings_tree(const struct findings *f, struct arena *a);
/* Text in quotes for a message: cut when long, without control characters. */
const char *text_quoted(const char *text, struct arena *a);
/* Bytes of the UTF-8 character at S (N bytes are left), 0 if it is none; *RET_C its code point. */
size_t utf8_char(const char *s, size_t n, uint32_t *ret_c);
