/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Field tables: tree to struct. Knows the types of fields and how to complain of them; not
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
		return fd->flags & FIELD_ONE ? "text or a list of it" : "a list";
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
	const char *near = str_nearest(word, names, n);

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
	bool one = fd->flags & FIELD_ONE;
	const char **items;

	if (one && !t->bad && t->kind == TREE_STRING) {
		items = arena_array(r->a, 1, sizeof(*items));
		items[0] = read_string(r, fd->flags, w, t);
		set_array(obj, fd, items, 1);
		return;
	}
	if (t->bad || t->kind != TREE_SEQ) {
		complain_kind(r, w, field_wants(fd), t);
		return;
	}
	if (one && !t->n) {
		finding_add(r->f, t->pos, path(r, w), "leave the key out if nothing is meant", "may not be empty");
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

/* The rows of a schema that are keys of one mapping: those FROM and after that are not of another value than OF. */
struct rows {
	const struct schema *sc;
	size_t from;
	unsigned int of; /* FIELD_OF the first row's value; 0 = any */
};

static bool row_fits(const struct rows *rows, const struct field *fd)
{
	unsigned int of = fd->flags & FIELD_OF_ANY;

	return !of || !rows->of || of & rows->of;
}

/* One key that no row has; the row that was meant is marked in MEANT. */
static void unknown_key(const struct reader *r, const struct rows *rows, const struct tree *t, size_t k,
			const struct where *w, bool *meant)
{
	const struct schema *sc = rows->sc;
	const char **names = arena_array(r->f->arena, sc->nfields, sizeof(*names)), *near;
	size_t colon = strcspn(t->keys[k], ":"), n = 0;

	/* "passphrase:secret" is one word to YAML: what follows the colon is not to be shown. */
	if (t->keys[k][colon]) {
		finding_add(r->f, t->key_pos[k], path(r, w), NULL, "a space is needed after %s",
			    quoted(r, arena_strndup(r->f->arena, t->keys[k], colon + 1)));
		for (size_t i = rows->from; i < sc->nfields; i++)
			meant[i] = meant[i] || (strlen(sc->fields[i].name) == colon &&
						!strncmp(sc->fields[i].name, t->keys[k], colon));
		return;
	}
	for (size_t i = rows->from; i < sc->nfields; i++)
		if (row_fits(rows, &sc->fields[i]))
			names[n++] = sc->fields[i].name;
	near = complain_unknown(r, t->key_pos[k], w, "key", t->keys[k], names, n);
	for (size_t i = rows->from; i < sc->nfields && near; i++)
		meant[i] = meant[i] || near == sc->fields[i].name;
}

/* A key that is known, but of other values of the first row. */
static void misplaced_key(const struct reader *r, const struct rows *rows, const struct field *fd, struct pos pos,
			  const struct where *w)
{
	const char *const *names = rows->sc->fields[0].names;
	AUTO_STR whose = STR_INIT;

	for (size_t v = 0; names[v]; v++)
		if (fd->flags & FIELD_OF_ANY & FIELD_OF(v))
			str_addf(&whose, "%s%s", whose.len ? ", " : "", names[v]);
	finding_add(r->f, pos, path(r, w), NULL, "\"%s\" is a key of %s", fd->name, str_text(&whose));
}

/* The keys of mapping T against ROWS. */
static void read_keys(const struct reader *r, const struct rows *rows, const struct tree *t, const struct where *w,
		      void *obj)
{
	const struct schema *sc = rows->sc;
	bool *meant = NULL; /* rows that need not be missed: a misspelt key is in their place */

	for (size_t k = 0; k < t->n; k++) {
		const struct field *fd = NULL;

		for (size_t i = rows->from; i < sc->nfields && !fd; i++)
			if (!strcmp(sc->fields[i].name, t->keys[k]))
				fd = &sc->fields[i];
		if (fd && !row_fits(rows, fd)) {
			misplaced_key(r, rows, fd, t->key_pos[k], w);
			continue;
		}
		if (fd) {
			read_field(r, fd, &(struct where){ w, fd->name, 0 }, t->items[k], obj);
			continue;
		}
		if (!meant)
			meant = arena_array(r->f->arena, sc->nfields, sizeof(*meant));
		unknown_key(r, rows, t, k, w, meant);
	}
	for (size_t i = rows->from; i < sc->nfields; i++)
		if ((sc->fields[i].flags & FIELD_REQUIRED) && row_fits(rows, &sc->fields[i]) &&
		    !tree_get(t, sc->fields[i].name) && !(meant && meant[i]))
			finding_add(r->f, t->pos, path(r, w), sc->fields[i].doc, "key \"%s\" is missing",
				    sc->fields[i].name);
}

/* A schema with short_for: { esp: 512M }. */
static void read_named(const struct reader *r, const struct schema *sc, const struct tree *t,
		       const struct where *w, void *obj)
{
	const struct field *first = &sc->fields[0];
	struct rows rows = { sc, 1, 0 };
	struct where key;
	const struct tree *v;
	int value;

	if (t->n != 1) {
		finding_add(r->f, t->pos, path(r, w), name_list(r, "one of: ", first->names, count_names(first->names)),
			    "wants one key here, not %zu", t->n);
		return;
	}
	v = t->items[0];
	key = (struct where){ w, t->keys[0], 0 };
	read_word(r, first, w, t->key_pos[0], "key", t->keys[0], (char *)obj + first->offset);
	memcpy(&value, (char *)obj + first->offset, sizeof(value));
	rows.of = value ? FIELD_OF(value) : 0;
	if (v->kind == TREE_MAP) {
		read_keys(r, &rows, v, &key, obj);
		return;
	}
	/* What was given may be anything, a secret too: it is not shown. */
	if (rows.of & sc->long_for) {
		complain_kind(r, &key, "a mapping", v);
		return;
	}
	if (v->kind == TREE_NULL && !v->bad) {
		finding_add(r->f, v->pos, path(r, &key), "write {} for what is usual", "has no value");
		return;
	}
	for (size_t i = 1; i < sc->nfields; i++)
		if (!strcmp(sc->fields[i].name, sc->short_for))
			read_field(r, &sc->fields[i], &key, v, obj);
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
		read_keys(r, &(struct rows){ sc, 0, 0 }, t, w, obj);
}

void field_read(const struct schema *sc, const struct tree *t, void *obj, struct arena *a,
		const char *path_prefix, struct findings *f)
{
	struct reader r = { a, f };

	read_object(&r, sc, t, &(struct where){ NULL, path_prefix ? path_prefix : "", 0 }, obj);
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
