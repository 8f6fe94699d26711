/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Field tables: tree to struct and back. Knows the types of fields and how to complain of them; not
 * what any document means. A struct read with findings is still safe to look at: arrays have their
 * full length, what could not be read is zero or NULL.
 */
#include "data/field.h"

#include <inttypes.h>
#include <string.h>

#include "base/size.h"
#include "data/json.h"

struct reader {
	struct arena *a;
	struct findings *f;
};

/* Where in the document: made into a path only when there is something to complain of. */
struct where {
	const struct where *up;
	const char *key; /* NULL: an item of a list */
	size_t index;
};

static void path_add(const struct where *w, struct str *out)
{
	enum { MOST = 64 };
	size_t n = 0;

	if (w->up)
		path_add(w->up, out);
	if (!w->key) {
		str_addf(out, "[%zu]", w->index);
		return;
	}
	if (out->len && w->key[0])
		str_addc(out, '.');
	for (const char *s = w->key; *s && n < MOST; s++, n++)
		str_addc(out, (unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s);
}

static const char *path(const struct reader *r, const struct where *w)
{
	AUTO_STR s = STR_INIT;

	path_add(w, &s);
	return arena_strdup(r->f->arena, str_text(&s));
}

static const char *quoted(const struct reader *r, const char *text)
{
	return text_quoted(text, r->f->arena);
}

static const char *kind_text(const struct tree *t)
{
	switch (t->kind) {
	case TREE_STRING:
		return "text";
	case TREE_NUMBER:
		return "a number";
	case TREE_BOOL:
		return "true or false";
	case TREE_NULL:
		return "nothing";
	case TREE_MAP:
		return "a mapping";
	case TREE_SEQ:
		return "a list";
	}
	return "";
}

static const char *field_wants(const struct field *fd)
{
	switch (fd->type) {
	case FIELD_T_BOOL:
		return "true or false";
	case FIELD_T_U64:
	case FIELD_T_I64:
		return "a whole number";
	case FIELD_T_SIZE:
		return "a size, such as 512M or 1.5T";
	case FIELD_T_STRING:
		return "text";
	case FIELD_T_ENUM:
		return "a word";
	case FIELD_T_STRINGS:
	case FIELD_T_STRUCTS:
		return "a list";
	case FIELD_T_STRUCT:
	case FIELD_T_MAP:
		return "a mapping";
	case FIELD_T_CUSTOM:
		return fd->codec->what;
	}
	return "";
}

/* The one of NAMES that WORD is most likely meant to be, or NULL. */
static const char *nearest(const char *word, const char *const *names, size_t n)
{
	size_t best = (strlen(word) + 2) / 3 + 1;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t d = str_distance(word, names[i]);

		if (names[i][0] && d < best && d < strlen(names[i])) {
			best = d;
			found = names[i];
		}
	}
	return found;
}

static const char *name_list(const struct reader *r, const char *intro, const char *const *names, size_t n)
{
	AUTO_STR s = STR_INIT;
	bool first = true;

	str_add(&s, intro);
	for (size_t i = 0; i < n; i++) {
		if (!names[i][0])
			continue;
		str_addf(&s, "%s%s", first ? "" : ", ", names[i]);
		first = false;
	}
	return arena_strdup(r->f->arena, str_text(&s));
}

/* Returns the name that was meant, if that is clear, else NULL. */
static const char *complain_unknown(const struct reader *r, struct pos pos, const struct where *w,
				    const char *what, const char *word, const char *const *names,
				    size_t n)
{
	const char *near = nearest(word, names, n);

	if (near)
		finding_add(r->f, pos, path(r, w), NULL, "unknown %s %s (did you mean \"%s\"?)", what,
			    quoted(r, word), near);
	else
		finding_add(r->f, pos, path(r, w), name_list(r, n ? "known: " : "nothing is known here", names, n),
			    "unknown %s %s", what, quoted(r, word));
	return near;
}

static void complain_kind(const struct reader *r, const struct where *w, const char *wants, const struct tree *t)
{
	if (t->bad)
		return;
	if (t->kind == TREE_NULL && t->text)
		finding_add(r->f, t->pos, path(r, w), "give one, or leave the key out", "has no value");
	else
		finding_add(r->f, t->pos, path(r, w), NULL, "wants %s, not %s", wants, kind_text(t));
}

/* Text of a scalar that may be a number, a word or a size; NULL after complaining. */
static const char *scalar_text(const struct reader *r, const struct field *fd, const struct where *w,
			       const struct tree *t)
{
	if (!t->bad && (t->kind == TREE_STRING || t->kind == TREE_NUMBER || t->kind == TREE_BOOL))
		return t->text;
	complain_kind(r, w, field_wants(fd), t);
	return NULL;
}

/* The same for what quotes would make text of: booleans and numbers. */
static const char *plain_text(const struct reader *r, const struct field *fd, const struct where *w,
			      const struct tree *t)
{
	if (!t->bad && t->kind == TREE_STRING && t->quoted) {
		finding_add(r->f, t->pos, path(r, w), "write it without quotes", "wants %s, not text in quotes",
			    field_wants(fd));
		return NULL;
	}
	return scalar_text(r, fd, w, t);
}

/* Decimal digits without a leading zero; false also when they do not fit. */
static bool parse_u64(const char *s, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*s || (s[0] == '0' && s[1]))
		return false;
	for (; *s; s++)
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return false;
	*ret = v;
	return true;
}

static bool parse_i64(const char *s, int64_t *ret)
{
	bool minus = *s == '-';
	uint64_t v;

	if (!parse_u64(s + minus, &v) || v > (uint64_t)INT64_MAX + minus)
		return false;
	*ret = minus ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

static void complain_value(const struct reader *r, const struct field *fd, const struct where *w,
			   const struct tree *t)
{
	finding_add(r->f, t->pos, path(r, w), NULL, "%s is not %s", quoted(r, t->text), field_wants(fd));
}

static void complain_zero(const struct reader *r, const struct where *w, const struct tree *t)
{
	finding_add(r->f, t->pos, path(r, w), "leave the key out if nothing is meant", "%s",
		    t->text[0] ? "may not be 0" : "may not be empty");
}

static void read_bool(const struct reader *r, const struct field *fd, const struct where *w, const struct tree *t,
		      bool *ret)
{
	const char *text = plain_text(r, fd, w, t);

	if (!text)
		return;
	if (!strcmp(text, "true"))
		*ret = true;
	else if (strcmp(text, "false"))
		complain_value(r, fd, w, t);
}

static void read_number(const struct reader *r, const struct field *fd, const struct where *w,
			const struct tree *t, void *member)
{
	const char *text = fd->type == FIELD_T_SIZE ? scalar_text(r, fd, w, t) : plain_text(r, fd, w, t);
	union {
		uint64_t u;
		int64_t i;
	} v = { 0 };
	bool ok;

	if (!text)
		return;
	if (fd->type == FIELD_T_SIZE)
		ok = t->kind != TREE_BOOL && !size_parse(text, &v.u);
	else if (fd->type == FIELD_T_I64)
		ok = parse_i64(text, &v.i);
	else
		ok = parse_u64(text, &v.u);
	if (!ok)
		complain_value(r, fd, w, t);
	else if (!v.u && (fd->flags & FIELD_NONZERO))
		complain_zero(r, w, t);
	else
		memcpy(member, &v, sizeof(v));
}

static const char *read_string(const struct reader *r, unsigned int flags, const struct where *w,
			       const struct tree *t)
{
	if (t->bad || t->kind != TREE_STRING) {
		complain_kind(r, w, "text", t);
		return NULL;
	}
	if (!t->text[0] && (flags & FIELD_NONZERO)) {
		complain_zero(r, w, t);
		return NULL;
	}
	for (const char *s = t->text; *s && (flags & FIELD_LINE); s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f) {
			finding_add(r->f, t->pos, path(r, w), NULL, "wants one line of text");
			return NULL;
		}
	return arena_strdup(r->a, t->text);
}

static size_t count_names(const char *const *names)
{
	size_t n = 0;

	while (names[n])
		n++;
	return n;
}

static void read_word(const struct reader *r, const struct field *fd, const struct where *w, struct pos pos,
		      const char *what, const char *text, void *member)
{
	size_t n = count_names(fd->names), from = fd->flags & FIELD_NONZERO ? 1 : 0;

	for (size_t i = from; i < n; i++)
		if (fd->names[i][0] && !strcmp(fd->names[i], text)) {
			int v = (int)i;

			memcpy(member, &v, sizeof(v));
			return;
		}
	complain_unknown(r, pos, w, what, text, fd->names + from, n - from);
}

static void read_custom(const struct reader *r, const struct field *fd, const struct where *w,
			const struct tree *t, void *member)
{
	const char *text = scalar_text(r, fd, w, t), *why = NULL;

	if (!text || !fd->codec->read(text, member, r->a, &why))
		return;
	if (why)
		finding_add(r->f, t->pos, path(r, w), arena_printf(r->f->arena, "wanted: %s", fd->codec->what),
			    "%s: %s", quoted(r, text), why);
	else
		complain_value(r, fd, w, t);
}

static void read_object(const struct reader *r, const struct schema *sc, const struct tree *t,
			const struct where *w, void *obj);

static void set_array(void *obj, const struct field *fd, const void *items, size_t n)
{
	/* The member's type is only known to its table row: a pointer to some struct. */
	memcpy((char *)obj + fd->offset, &items, sizeof(items));
	memcpy((char *)obj + fd->count_offset, &n, sizeof(n));
}

static void read_strings(const struct reader *r, const struct field *fd, const struct where *w,
			 const struct tree *t, void *obj)
{
	const char **items;

	if (t->bad || t->kind != TREE_SEQ) {
		complain_kind(r, w, "a list", t);
		return;
	}
	items = arena_array(r->a, t->n, sizeof(*items));
	for (size_t i = 0; i < t->n; i++)
		items[i] = read_string(r, fd->flags, &(struct where){ w, NULL, i }, t->items[i]);
	set_array(obj, fd, items, t->n);
}

static void read_structs(const struct reader *r, const struct field *fd, const struct where *w,
			 const struct tree *t, void *obj)
{
	bool map = fd->type == FIELD_T_MAP;
	char *items;

	if (t->bad || t->kind != (map ? TREE_MAP : TREE_SEQ)) {
		complain_kind(r, w, field_wants(fd), t);
		return;
	}
	items = arena_array(r->a, t->n, fd->sub->size);
	for (size_t i = 0; i < t->n; i++) {
		struct where at = { w, map ? t->keys[i] : NULL, i };
		char *item = items + i * fd->sub->size;

		if (map) {
			const char *key = arena_strdup(r->a, t->keys[i]);

			memcpy(item, &key, sizeof(key));
		}
		read_object(r, fd->sub, t->items[i], &at, item);
	}
	set_array(obj, fd, items, t->n);
}

static void read_field(const struct reader *r, const struct field *fd, const struct where *w,
		       const struct tree *t, void *obj)
{
	char *member = (char *)obj + fd->offset;
	const char *text;

	/* JSON's null: not there. What YAML leaves empty has a text, and is complained of below. */
	if (t->kind == TREE_NULL && !t->text && !t->bad && !(fd->flags & FIELD_REQUIRED))
		return;
	if (fd->present_offset)
		*(bool *)((char *)obj + fd->present_offset) = true;
	switch (fd->type) {
	case FIELD_T_BOOL:
		read_bool(r, fd, w, t, (bool *)member);
		break;
	case FIELD_T_U64:
	case FIELD_T_I64:
	case FIELD_T_SIZE:
		read_number(r, fd, w, t, member);
		break;
	case FIELD_T_STRING:
		text = read_string(r, fd->flags, w, t);
		memcpy(member, &text, sizeof(text));
		break;
	case FIELD_T_ENUM:
		text = scalar_text(r, fd, w, t);
		if (text)
			read_word(r, fd, w, t->pos, "word", text, member);
		break;
	case FIELD_T_CUSTOM:
		read_custom(r, fd, w, t, member);
		break;
	case FIELD_T_STRINGS:
		read_strings(r, fd, w, t, obj);
		break;
	case FIELD_T_STRUCT:
		read_object(r, fd->sub, t, w, member);
		break;
	case FIELD_T_STRUCTS:
	case FIELD_T_MAP:
		read_structs(r, fd, w, t, obj);
		break;
	}
}

/* One key that no row of SC from FROM on has; the row that was meant is marked in MEANT. */
static void unknown_key(const struct reader *r, const struct schema *sc, size_t from, const struct tree *t, size_t k,
			const struct where *w, bool *meant)
{
	const char **names = arena_array(r->f->arena, sc->nfields, sizeof(*names)), *near;

	for (size_t i = from; i < sc->nfields; i++)
		names[i - from] = sc->fields[i].name;
	near = complain_unknown(r, t->key_pos[k], w, "key", t->keys[k], names, sc->nfields - from);
	for (size_t i = from; i < sc->nfields && near; i++)
		meant[i] = meant[i] || near == sc->fields[i].name;
}

/* The keys of mapping T against the rows FROM and after of SC. */
static void read_keys(const struct reader *r, const struct schema *sc, size_t from, const struct tree *t,
		      const struct where *w, void *obj)
{
	bool *meant = NULL; /* rows that need not be missed: a misspelt key is in their place */

	for (size_t k = 0; k < t->n; k++) {
		const struct field *fd = NULL;

		for (size_t i = from; i < sc->nfields && !fd; i++)
			if (!strcmp(sc->fields[i].name, t->keys[k]))
				fd = &sc->fields[i];
		if (fd) {
			read_field(r, fd, &(struct where){ w, fd->name, 0 }, t->items[k], obj);
			continue;
		}
		if (!meant)
			meant = arena_array(r->f->arena, sc->nfields, sizeof(*meant));
		unknown_key(r, sc, from, t, k, w, meant);
	}
	for (size_t i = from; i < sc->nfields; i++)
		if ((sc->fields[i].flags & FIELD_REQUIRED) && !tree_get(t, sc->fields[i].name) && !(meant && meant[i]))
			finding_add(r->f, t->pos, path(r, w), sc->fields[i].doc, "key \"%s\" is missing",
				    sc->fields[i].name);
}

/* A schema with short_for: { esp: 512M }. */
static void read_named(const struct reader *r, const struct schema *sc, const struct tree *t,
		       const struct where *w, void *obj)
{
	const struct field *first = &sc->fields[0];
	const struct tree *v;

	if (t->n != 1) {
		finding_add(r->f, t->pos, path(r, w), name_list(r, "one of: ", first->names, count_names(first->names)),
			    "wants one key here, not %zu", t->n);
		return;
	}
	v = t->items[0];
	read_word(r, first, w, t->key_pos[0], "key", t->keys[0], (char *)obj + first->offset);
	if (v->kind == TREE_MAP) {
		read_keys(r, sc, 1, v, &(struct where){ w, t->keys[0], 0 }, obj);
		return;
	}
	if (v->kind == TREE_NULL && !v->bad) {
		finding_add(r->f, v->pos, path(r, &(struct where){ w, t->keys[0], 0 }), "write {} for what is usual",
			    "has no value");
		return;
	}
	for (size_t i = 1; i < sc->nfields; i++)
		if (!strcmp(sc->fields[i].name, sc->short_for))
			read_field(r, &sc->fields[i], &(struct where){ w, t->keys[0], 0 }, v, obj);
}

static void read_object(const struct reader *r, const struct schema *sc, const struct tree *t,
			const struct where *w, void *obj)
{
	if (sc->pos_offset)
		memcpy((char *)obj + sc->pos_offset, &t->pos, sizeof(t->pos));
	if (t->bad || t->kind != TREE_MAP)
		complain_kind(r, w, "a mapping", t);
	else if (sc->short_for)
		read_named(r, sc, t, w, obj);
	else
		read_keys(r, sc, 0, t, w, obj);
}

void field_read(const struct schema *sc, const struct tree *t, void *obj, struct arena *a,
		const char *path_prefix, struct findings *f)
{
	struct reader r = { a, f };

	read_object(&r, sc, t, &(struct where){ NULL, path_prefix ? path_prefix : "", 0 }, obj);
}

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
	size_t n = count_names(fd->names);
	int v;

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

static struct tree *write_object(const struct schema *sc, const void *obj, bool secrets, struct arena *a)
{
	struct tree *t = tree_new(a, TREE_MAP), *outer, *name;

	for (size_t i = sc->short_for ? 1 : 0; i < sc->nfields; i++) {
		struct tree *v = write_field(&sc->fields[i], obj, secrets, a);

		if (v)
			tree_add(a, t, sc->fields[i].name, v);
	}
	if (!sc->short_for)
		return t;
	outer = tree_new(a, TREE_MAP);
	name = write_field(&sc->fields[0], obj, secrets, a);
	if (name)
		tree_add(a, outer, name->text, t);
	return outer;
}

struct tree *field_write(const struct schema *sc, const void *obj, bool secrets, struct arena *a)
{
	return write_object(sc, obj, secrets, a);
}

/* The first finding by position, as an error. */
static int findings_error(struct findings *f, struct error *err)
{
	const struct finding *first = &f->items[0];

	for (size_t i = 1; i < f->n; i++)
		if (f->items[i].pos.line < first->pos.line ||
		    (f->items[i].pos.line == first->pos.line && f->items[i].pos.column < first->pos.column))
			first = &f->items[i];
	error_set(err, ERR_INPUT, "%s%s%s", first->path, first->path[0] ? ": " : "", first->text);
	if (first->pos.line)
		error_wrap(err, "%s:%u:%u", first->pos.file, first->pos.line, first->pos.column);
	if (first->hint)
		error_hint(err, "%s", first->hint);
	return -1;
}

int field_from_tree(const struct schema *sc, const struct tree *t, void *obj, struct arena *a,
		    struct error *err)
{
	AUTO_ARENA own = ARENA_INIT;
	struct findings f = { .arena = &own };

	field_read(sc, t, obj, a, "", &f);
	return f.n ? findings_error(&f, err) : 0;
}

int field_from_json(const struct schema *sc, const char *name, const char *text, size_t len, void *obj,
		    struct arena *a, struct error *err)
{
	AUTO_ARENA own = ARENA_INIT;
	struct tree *t = json_parse(name, text, len, a, err); /* positions keep its file name */
	struct findings f = { .arena = &own };

	if (!t)
		return -1;
	field_read(sc, t, obj, a, "", &f);
	return f.n ? findings_error(&f, err) : 0;
}

void field_to_json(const struct schema *sc, const void *obj, bool secrets, bool pretty, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;

	json_write(field_write(sc, obj, secrets, &a), pretty, out);
}
