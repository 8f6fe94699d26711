/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Field tables: one row describes one member of a struct, and from that row come the reader
 * (tree -> struct), the writer (struct -> tree), the JSON Schema and the reference page.
 * Reading is strict: unknown, duplicate and missing keys and wrong types are findings with their
 * position and the nearest known name; all of a document's findings are collected in one run.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "data/tree.h"

enum field_type {
	FIELD_T_BOOL,	 /* bool; true/false (YAML also accepts only these words) */
	FIELD_T_U64,	 /* uint64_t; decimal digits */
	FIELD_T_I64,	 /* int64_t */
	FIELD_T_SIZE,	 /* uint64_t bytes; "512M" or digits read, digits written */
	FIELD_T_STRING,	 /* const char *; NULL when absent */
	FIELD_T_ENUM,	 /* int-sized enum; names[] by value; "" stands for no name: not read, not written */
	FIELD_T_STRINGS, /* const char **, with a size_t count member */
	FIELD_T_STRUCT,	 /* struct embedded */
	FIELD_T_STRUCTS, /* pointer to array of struct, with a size_t count member; a sequence */
	FIELD_T_MAP,	 /* as STRUCTS, but a mapping: the key is read into the struct's first
			    member, a const char *, which its schema does not list */
	FIELD_T_CUSTOM,	 /* own scalar grammar: codec */
};

enum field_flags {
	FIELD_REQUIRED = 1,
	FIELD_SECRET = 2, /* written as "***" unless asked for secrets */
	FIELD_OMIT_EMPTY = 4, /* not written when zero, NULL or empty */
	FIELD_NONZERO = 8, /* zero, "" and an enum's first name mean "not given": not read, not written */
	FIELD_LINE = 16, /* text of one line: control characters are refused */
	FIELD_ONE = 32, /* STRINGS: a single text may be written as such; an empty list is refused */
};
/*
 * Flag of a row in a schema with short_for: it is a key of the first row's value V (1 to 23), and of
 * others that are flagged so. A row with no such flag is a key of all.
 */
#define FIELD_OF(v) (256u << (v))
#define FIELD_OF_ANY (~255u)

/* A scalar with a grammar of its own (conditions, address ranges). */
struct field_codec {
	const char *what; /* "a size condition, for example \">= 20G\"": for messages and reference */
	const char *pattern; /* JSON Schema pattern, or NULL */
	/* 0, or -1 with *RET_WHY set to what is wrong. */
	int (*read)(const char *text, void *member, struct arena *a, const char **ret_why);
	const char *(*write)(const void *member, struct arena *a); /* NULL: omitted */
};

struct schema;
struct field {
	const char *name;
	enum field_type type;
	unsigned int flags;
	size_t offset;
	size_t count_offset;	   /* STRINGS, STRUCTS, MAP */
	size_t present_offset;	   /* bool member set true when the key is there; 0 = none */
	const char *const *names;  /* ENUM: NULL-terminated */
	const struct schema *sub;  /* STRUCT, STRUCTS, MAP */
	const struct field_codec *codec;
	const char *doc;	   /* one line for the reference */
};

struct schema {
	const char *name;
	size_t size; /* sizeof the struct */
	const struct field *fields;
	size_t nfields;
	size_t pos_offset; /* a struct pos member filled with where the object starts; 0 = none */
	/*
	 * Not NULL: a mapping of one key, which names the value of the first field (an enum) and holds a
	 * mapping of the other fields, or only the value of the field named here: { esp: 512M } is
	 * short for { esp: { size: 512M } }.
	 */
	const char *short_for;
	unsigned int long_for; /* FIELD_OF values whose mapping is always written out: the short form would miss something */
	const char *doc;
};

/* Compile-time check that the member has the type that the row says. */
#define FIELD_CHECK(s, m, t) \
	(offsetof(s, m) + 0 * sizeof(char[_Generic(&((s *)0)->m, t *: 1, default: -1)]))

#define FIELD_BOOL(s, m, fl, d) \
	{ .name = #m, .type = FIELD_T_BOOL, .flags = (fl), .offset = FIELD_CHECK(s, m, bool), .doc = (d) }
#define FIELD_U64(s, m, fl, d) \
	{ .name = #m, .type = FIELD_T_U64, .flags = (fl), .offset = FIELD_CHECK(s, m, uint64_t), .doc = (d) }
#define FIELD_I64(s, m, fl, d) \
	{ .name = #m, .type = FIELD_T_I64, .flags = (fl), .offset = FIELD_CHECK(s, m, int64_t), .doc = (d) }
#define FIELD_SIZE(s, m, fl, d) \
	{ .name = #m, .type = FIELD_T_SIZE, .flags = (fl), .offset = FIELD_CHECK(s, m, uint64_t), .doc = (d) }
#define FIELD_STRING(s, m, fl, d) \
	{ .name = #m, .type = FIELD_T_STRING, .flags = (fl), .offset = FIELD_CHECK(s, m, const char *), .doc = (d) }
#define FIELD_ENUM(s, m, fl, n, d) \
	{ .name = #m, .type = FIELD_T_ENUM, .flags = (fl), .offset = offsetof(s, m) + \
	  0 * sizeof(char[sizeof(((s *)0)->m) == sizeof(int) ? 1 : -1]), .names = (n), .doc = (d) }
#define FIELD_STRINGS(s, m, fl, d) \
	{ .name = #m, .type = FIELD_T_STRINGS, .flags = (fl), .offset = FIELD_CHECK(s, m, const char **), \
	  .count_offset = FIELD_CHECK(s, n_##m, size_t), .doc = (d) }
#define FIELD_STRUCT(s, m, fl, sc, d) \
	{ .name = #m, .type = FIELD_T_STRUCT, .flags = (fl), .offset = offsetof(s, m), .sub = (sc), .doc = (d) }
#define FIELD_STRUCTS(s, m, fl, sc, d) \
	{ .name = #m, .type = FIELD_T_STRUCTS, .flags = (fl), .offset = offsetof(s, m), \
	  .count_offset = FIELD_CHECK(s, n_##m, size_t), .sub = (sc), .doc = (d) }
#define FIELD_MAP(s, m, fl, sc, d) \
	{ .name = #m, .type = FIELD_T_MAP, .flags = (fl), .offset = offsetof(s, m), \
	  .count_offset = FIELD_CHECK(s, n_##m, size_t), .sub = (sc), .doc = (d) }
#define FIELD_CUSTOM(s, m, fl, c, d) \
	{ .name = #m, .type = FIELD_T_CUSTOM, .flags = (fl), .offset = offsetof(s, m), .codec = (c), .doc = (d) }
/* As a row macro's result, with another key in the document than the member's name. */
#define SCHEMA(nm, s, f, d) \
	{ .name = (nm), .size = sizeof(s), .fields = (f), .nfields = ARRAY_LEN(f), .doc = (d) }

/* Fills zeroed *OBJ from T. Findings are added to F; PATH is the prefix for them ("" at the root). */
void field_read(const struct schema *sc, const struct tree *t, void *obj, struct arena *a,
		const char *path, struct findings *f);
/* The struct as a map in field order. SECRETS writes secret members too (for a file of mode 0600). */
struct tree *field_write(const struct schema *sc, const void *obj, bool secrets, struct arena *a);
/* JSON Schema (draft 2020-12) of SC. */
struct tree *field_json_schema(const struct schema *sc, struct arena *a);
/* Reference text (Markdown) of SC and everything below it. */
void field_reference(const struct schema *sc, struct str *out);

/* Shorthands over tree, json and field for whole documents. */
/* JSON text to *OBJ; the first finding becomes *ERR. */
MUST_CHECK int field_from_json(const struct schema *sc, const char *name, const char *text, size_t len,
			       void *obj, struct arena *a, struct error *err);
MUST_CHECK int field_from_tree(const struct schema *sc, const struct tree *t, void *obj, struct arena *a,
			       struct error *err);
void field_to_json(const struct schema *sc, const void *obj, bool secrets, bool pretty, struct str *out);
