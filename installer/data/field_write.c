/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Field tables: struct to tree and to JSON. Secrets are written only to who asks for them. */
#include <string.h>

#include "data/field.h"
#include "data/json.h"

static bool member_bool(const void *obj, size_t offset)
{
	bool v;

	memcpy(&v, (const char *)obj + offset, sizeof(v));
	return v;
}

static uint64_t member_u64(const void *obj, size_t offset)
{
	uint64_t v;

	memcpy(&v, (const char *)obj + offset, sizeof(v));
	return v;
}

static size_t member_size(const void *obj, size_t offset)
{
	size_t v;

	memcpy(&v, (const char *)obj + offset, sizeof(v));
	return v;
}

static const void *member_ptr(const void *obj, size_t offset)
{
	const void *v;

	memcpy(&v, (const char *)obj + offset, sizeof(v));
	return v;
}

static struct tree *write_object(const struct schema *sc, const void *obj, bool secrets, struct arena *a);

static struct tree *write_list(const struct field *fd, const void *obj, bool secrets, struct arena *a)
{
	struct tree *t = tree_new(a, fd->type == FIELD_T_MAP ? TREE_MAP : TREE_SEQ);
	size_t n = member_size(obj, fd->count_offset);
	const char *items = member_ptr(obj, fd->offset);

	for (size_t i = 0; i < n; i++) {
		const char *item = items + i * (fd->sub ? fd->sub->size : sizeof(char *));

		if (fd->type == FIELD_T_STRINGS)
			tree_push(a, t, fd->flags & FIELD_SECRET && !secrets ? tree_string(a, "***")
									     : tree_string(a, member_ptr(item, 0)));
		else if (fd->type == FIELD_T_STRUCTS)
			tree_push(a, t, write_object(fd->sub, item, secrets, a));
		else
			tree_add(a, t, member_ptr(item, 0), write_object(fd->sub, item, secrets, a));
	}
	return t;
}

static struct tree *write_enum(const struct field *fd, const char *member, struct arena *a)
{
	size_t n = 0;
	int v;

	while (fd->names[n])
		n++;
	memcpy(&v, member, sizeof(v));
	if (v < 0 || (size_t)v >= n || !fd->names[v][0])
		return NULL;
	return tree_string(a, fd->names[v]);
}

/* Whether FD of OBJ is zero, NULL or without items. */
static bool is_empty(const struct field *fd, const void *obj)
{
	const char *member = (const char *)obj + fd->offset;
	int word;

	switch (fd->type) {
	case FIELD_T_BOOL:
		return !member_bool(obj, fd->offset);
	case FIELD_T_U64:
	case FIELD_T_I64:
	case FIELD_T_SIZE:
		return !member_u64(obj, fd->offset);
	case FIELD_T_STRING:
		return str_empty(member_ptr(obj, fd->offset));
	case FIELD_T_ENUM:
		memcpy(&word, member, sizeof(word));
		return !word;
	case FIELD_T_STRINGS:
	case FIELD_T_STRUCTS:
	case FIELD_T_MAP:
		return !member_size(obj, fd->count_offset);
	case FIELD_T_STRUCT:
	case FIELD_T_CUSTOM:
		return false; /* seen by what is written of them */
	}
	return false;
}

/* What is written of FD, or NULL for nothing. */
static struct tree *write_field(const struct field *fd, const void *obj, bool secrets, struct arena *a)
{
	const char *member = (const char *)obj + fd->offset, *text;
	struct tree *t;

	if (fd->present_offset ? !member_bool(obj, fd->present_offset)
			       : (fd->flags & (FIELD_OMIT_EMPTY | FIELD_NONZERO)) && is_empty(fd, obj))
		return NULL;
	switch (fd->type) {
	case FIELD_T_BOOL:
		return tree_bool(a, member_bool(obj, fd->offset));
	case FIELD_T_I64:
		return tree_i64(a, (int64_t)member_u64(obj, fd->offset));
	case FIELD_T_U64:
	case FIELD_T_SIZE:
		return tree_u64(a, member_u64(obj, fd->offset));
	case FIELD_T_STRING:
		text = member_ptr(obj, fd->offset);
		return tree_string(a, text && fd->flags & FIELD_SECRET && !secrets ? "***" : text);
	case FIELD_T_ENUM:
		return write_enum(fd, member, a);
	case FIELD_T_CUSTOM:
		text = fd->codec->write(member, a);
		return text ? tree_string(a, text) : NULL;
	case FIELD_T_STRUCT:
		t = write_object(fd->sub, member, secrets, a);
		return t->n || !(fd->flags & FIELD_OMIT_EMPTY) ? t : NULL;
	case FIELD_T_STRINGS:
	case FIELD_T_STRUCTS:
	case FIELD_T_MAP:
		return write_list(fd, obj, secrets, a);
	}
	return NULL;
}

/* Whether FD is a key of what the first row of OBJ says. */
static bool is_key(const struct schema *sc, const struct field *fd, const void *obj)
{
	unsigned int of = fd->flags & FIELD_OF_ANY;
	int value;

	if (!of)
		return true;
	memcpy(&value, (const char *)obj + sc->fields[0].offset, sizeof(value));
	return value > 0 && value < 24 && of & FIELD_OF(value);
}

static struct tree *write_object(const struct schema *sc, const void *obj, bool secrets, struct arena *a)
{
	struct tree *t = tree_new(a, TREE_MAP), *outer, *name;

	for (size_t i = sc->short_for ? 1 : 0; i < sc->nfields; i++) {
		struct tree *v;

		if (!is_key(sc, &sc->fields[i], obj))
			continue;
		v = write_field(&sc->fields[i], obj, secrets, a);

		if (v)
			tree_add(a, t, sc->fields[i].name, v);
	}
	if (!sc->short_for)
		return t;
	outer = tree_new(a, TREE_MAP);
	name = write_field(&sc->fields[0], obj, secrets, a);
	/* The short form is what a person would write. */
	if (name && t->n == 1 && str_eq(t->keys[0], sc->short_for))
		t = t->items[0];
	if (name)
		tree_add(a, outer, name->text, t);
	return outer;
}

struct tree *field_write(const struct schema *sc, const void *obj, bool secrets, struct arena *a)
{
	return write_object(sc, obj, secrets, a);
}

void field_to_json(const struct schema *sc, const void *obj, bool secrets, bool pretty, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;

	json_write(field_write(sc, obj, secrets, &a), pretty, out);
}
