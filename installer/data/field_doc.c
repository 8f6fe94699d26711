/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What field tables say of themselves: a JSON Schema for editors and programs, a reference page for
 * people. Adds nothing that the rows do not hold, so neither can drift from what is read.
 */
#include <string.h>

#include "data/field.h"

static const char size_pattern[] = "^[0-9]+(\\.[0-9]{1,3})? ?([KMGTPkmgtp](iB)?|B)?$";

static struct tree *object_schema(const struct schema *sc, struct arena *a);
static struct tree *field_schema(const struct field *fd, struct arena *a);

static void add_text(struct arena *a, struct tree *t, const char *key, const char *text)
{
	tree_add(a, t, key, tree_string(a, text));
}

static struct tree *typed(const char *type, struct arena *a)
{
	struct tree *t = tree_new(a, TREE_MAP);

	add_text(a, t, "type", type);
	return t;
}

static struct tree *text_or_integer(const char *pattern, struct arena *a)
{
	struct tree *t = tree_new(a, TREE_MAP), *types = tree_new(a, TREE_SEQ);

	tree_push(a, types, tree_string(a, "string"));
	tree_push(a, types, tree_string(a, "integer"));
	tree_add(a, t, "type", types);
	if (pattern)
		add_text(a, t, "pattern", pattern);
	return t;
}

static struct tree *enum_schema(const struct field *fd, struct arena *a)
{
	struct tree *t = tree_new(a, TREE_MAP), *names = tree_new(a, TREE_SEQ);

	for (size_t i = fd->flags & FIELD_NONZERO ? 1 : 0; fd->names[i]; i++)
		if (fd->names[i][0])
			tree_push(a, names, tree_string(a, fd->names[i]));
	tree_add(a, t, "enum", names);
	return t;
}

static struct tree *text_schema(const struct field *fd, struct arena *a)
{
	struct tree *t = typed("string", a);

	if (fd->flags & FIELD_NONZERO)
		tree_add(a, t, "minLength", tree_u64(a, 1));
	return t;
}

static struct tree *number_schema(const struct field *fd, struct arena *a)
{
	struct tree *t = typed("integer", a);

	if (fd->type == FIELD_T_U64)
		tree_add(a, t, "minimum", tree_u64(a, fd->flags & FIELD_NONZERO ? 1 : 0));
	return t;
}

static struct tree *list_schema(struct tree *items, struct arena *a)
{
	struct tree *t = typed("array", a);

	tree_add(a, t, "items", items);
	return t;
}

static struct tree *one_or_list_schema(const struct field *fd, struct arena *a)
{
	struct tree *t = tree_new(a, TREE_MAP), *forms = tree_new(a, TREE_SEQ), *list = list_schema(text_schema(fd, a), a);

	tree_add(a, list, "minItems", tree_u64(a, 1));
	tree_push(a, forms, text_schema(fd, a));
	tree_push(a, forms, list);
	tree_add(a, t, "anyOf", forms);
	return t;
}

static struct tree *map_schema(struct tree *values, struct arena *a)
{
	struct tree *t = typed("object", a);

	tree_add(a, t, "additionalProperties", values);
	return t;
}

static struct tree *type_schema(const struct field *fd, struct arena *a)
{
	switch (fd->type) {
	case FIELD_T_BOOL:
		return typed("boolean", a);
	case FIELD_T_U64:
	case FIELD_T_I64:
		return number_schema(fd, a);
	case FIELD_T_SIZE:
		return text_or_integer(size_pattern, a);
	case FIELD_T_STRING:
		return text_schema(fd, a);
	case FIELD_T_ENUM:
		return enum_schema(fd, a);
	case FIELD_T_STRINGS:
		return fd->flags & FIELD_ONE ? one_or_list_schema(fd, a) : list_schema(text_schema(fd, a), a);
	case FIELD_T_STRUCT:
		return object_schema(fd->sub, a);
	case FIELD_T_STRUCTS:
		return list_schema(object_schema(fd->sub, a), a);
	case FIELD_T_MAP:
		return map_schema(object_schema(fd->sub, a), a);
	case FIELD_T_CUSTOM:
		return text_or_integer(fd->codec->pattern, a);
	}
	return tree_new(a, TREE_MAP);
}

static struct tree *field_schema(const struct field *fd, struct arena *a)
{
	struct tree *t = type_schema(fd, a);

	if (!tree_get(t, "description"))
		add_text(a, t, "description", fd->doc);
	return t;
}

/* Whether FD is a key of value V of the first row. */
static bool is_of(const struct field *fd, size_t v)
{
	return !(fd->flags & FIELD_OF_ANY) || fd->flags & FIELD_OF_ANY & FIELD_OF(v);
}

/* The rows FROM and after that are keys of the first row's value V, as one closed object. */
static struct tree *rows_schema(const struct schema *sc, size_t from, size_t v, struct arena *a)
{
	struct tree *t = typed("object", a), *props = tree_new(a, TREE_MAP), *required = tree_new(a, TREE_SEQ);

	for (size_t i = from; i < sc->nfields; i++) {
		if (from && !is_of(&sc->fields[i], v))
			continue;
		tree_add(a, props, sc->fields[i].name, field_schema(&sc->fields[i], a));
		if (sc->fields[i].flags & FIELD_REQUIRED)
			tree_push(a, required, tree_string(a, sc->fields[i].name));
	}
	tree_add(a, t, "properties", props);
	if (required->n)
		tree_add(a, t, "required", required);
	tree_add(a, t, "additionalProperties", tree_bool(a, false));
	return t;
}

/* { esp: 512M } or { esp: { size: 512M } }, for every name of the first row. */
static struct tree *named_schema(const struct schema *sc, struct arena *a)
{
	struct tree *t = typed("object", a), *props = tree_new(a, TREE_MAP);
	const char *const *names = sc->fields[0].names;

	for (size_t n = 0; names[n]; n++) {
		struct tree *either = tree_new(a, TREE_MAP), *forms = tree_new(a, TREE_SEQ);

		if (!names[n][0])
			continue;
		if (sc->long_for & FIELD_OF(n)) {
			tree_add(a, props, names[n], rows_schema(sc, 1, n, a));
			continue;
		}
		for (size_t i = 1; i < sc->nfields; i++)
			if (!strcmp(sc->fields[i].name, sc->short_for))
				tree_push(a, forms, field_schema(&sc->fields[i], a));
		tree_push(a, forms, rows_schema(sc, 1, n, a));
		tree_add(a, either, "anyOf", forms);
		tree_add(a, props, names[n], either);
	}
	tree_add(a, t, "properties", props);
	tree_add(a, t, "minProperties", tree_u64(a, 1));
	tree_add(a, t, "maxProperties", tree_u64(a, 1));
	tree_add(a, t, "additionalProperties", tree_bool(a, false));
	return t;
}

static struct tree *object_schema(const struct schema *sc, struct arena *a)
{
	return sc->short_for ? named_schema(sc, a) : rows_schema(sc, 0, 0, a);
}

struct tree *field_json_schema(const struct schema *sc, struct arena *a)
{
	struct tree *t = tree_new(a, TREE_MAP), *body = object_schema(sc, a);

	add_text(a, t, "$schema", "https://json-schema.org/draft/2020-12/schema");
	add_text(a, t, "title", sc->name);
	add_text(a, t, "description", sc->doc);
	for (size_t i = 0; i < body->n; i++)
		tree_add(a, t, body->keys[i], body->items[i]);
	return t;
}

/* The schemas of a reference, each once, in the order met. */
struct pages {
	struct arena a;
	const struct schema **items;
	size_t n;
};

static void collect(struct pages *p, const struct schema *sc)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->items[i] == sc)
			return;
	p->items = arena_grow(&p->a, p->items, p->n, sizeof(struct schema *));
	p->items[p->n++] = sc;
	for (size_t i = 0; i < sc->nfields; i++)
		if (sc->fields[i].sub)
			collect(p, sc->fields[i].sub);
}

/* TEXT in a table cell: a bar would end it. */
static void add_cell(struct str *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			str_addc(out, '\\');
		str_addc(out, *text);
	}
}

static void add_names(struct str *out, const struct field *fd)
{
	bool first = true;

	for (size_t i = fd->flags & FIELD_NONZERO ? 1 : 0; fd->names[i]; i++) {
		if (!fd->names[i][0])
			continue;
		str_addf(out, "%s`%s`", first ? "" : ", ", fd->names[i]);
		first = false;
	}
}

static void add_type(struct str *out, const struct field *fd)
{
	switch (fd->type) {
	case FIELD_T_BOOL:
		str_add(out, "`true`, `false`");
		break;
	case FIELD_T_U64:
	case FIELD_T_I64:
		str_add(out, "whole number");
		break;
	case FIELD_T_SIZE:
		str_add(out, "size");
		break;
	case FIELD_T_STRING:
		str_add(out, "text");
		break;
	case FIELD_T_ENUM:
		add_names(out, fd);
		break;
	case FIELD_T_STRINGS:
		str_add(out, fd->flags & FIELD_ONE ? "text, or a list of it" : "list of text");
		break;
	case FIELD_T_STRUCT:
		str_addf(out, "[%s](#%s)", fd->sub->name, fd->sub->name);
		break;
	case FIELD_T_STRUCTS:
		str_addf(out, "list of [%s](#%s)", fd->sub->name, fd->sub->name);
		break;
	case FIELD_T_MAP:
		str_addf(out, "name: [%s](#%s)", fd->sub->name, fd->sub->name);
		break;
	case FIELD_T_CUSTOM:
		add_cell(out, fd->codec->what);
		break;
	}
}

/* Names of the values in OF. */
static void add_values(struct str *out, const struct schema *sc, unsigned int of)
{
	const char *const *names = sc->fields[0].names;
	bool first = true;

	for (size_t v = 0; names[v]; v++) {
		if (!(of & FIELD_OF(v)))
			continue;
		str_addf(out, "%s`%s`", first ? "" : ", ", names[v]);
		first = false;
	}
}

/* Of which values of the first row FD is a key. */
static void add_whose(struct str *out, const struct schema *sc, const struct field *fd)
{
	if (fd->flags & FIELD_OF_ANY)
		add_values(out, sc, fd->flags & FIELD_OF_ANY);
	else
		str_add(out, "all");
}

static void add_row(struct str *out, const struct schema *sc, const struct field *fd)
{
	str_addf(out, "| `%s` | ", fd->name);
	add_type(out, fd);
	str_add(out, " | ");
	if (sc->short_for)
		add_whose(out, sc, fd);
	if (fd->flags & FIELD_REQUIRED)
		str_add(out, sc->short_for ? ", required" : "required");
	str_add(out, " | ");
	add_cell(out, fd->doc);
	str_add(out, " |\n");
}

static void add_page(struct str *out, const struct schema *sc)
{
	str_addf(out, "## %s\n\n%s\n\n", sc->name, sc->doc);
	if (sc->short_for) {
		str_add(out, "One key, which is one of ");
		add_names(out, &sc->fields[0]);
		str_addf(out, ". Its value is a mapping as below, or only its `%s`", sc->short_for);
		if (sc->long_for) {
			str_add(out, ", but for ");
			add_values(out, sc, sc->long_for);
		}
		str_add(out, ".\n\n");
	}
	str_addf(out, "| key | value | %s | meaning |\n|---|---|---|---|\n", sc->short_for ? "of" : "needed");
	for (size_t i = sc->short_for ? 1 : 0; i < sc->nfields; i++)
		add_row(out, sc, &sc->fields[i]);
	str_addc(out, '\n');
}

void field_reference(const struct schema *sc, struct str *out)
{
	struct pages p = { .a = ARENA_INIT };

	collect(&p, sc);
	for (size_t i = 0; i < p.n; i++)
		add_page(out, p.items[i]);
	arena_release(&p.a);
}
