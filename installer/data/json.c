/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON, through yyjson. Refuses what two readers could understand differently (duplicate keys, NUL
 * in a string) and what only an attack would send (depth, number of values). Does not know what
 * numbers are for: they stay as written until a field table reads them.
 */
#include "data/json.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

/*
 * yyjson gives no positions, but reading in place leaves every string and raw number where it stood:
 * its address is its offset, and only that of strings and numbers is looked at, in document order.
 */
struct reader {
	const char *file;
	const char *data; /* as given: line ends are counted here */
	const char *copy; /* what yyjson works on, of the same length */
	size_t len, nodes;
	size_t at; /* how far lines are counted */
	struct pos pos;
	struct arena *a;
	struct error *err;
};

static int complain(struct reader *r, struct pos pos, const char *text)
{
	return error_set(r->err, ERR_INPUT, "%s:%u:%u: %s", r->file, pos.line, pos.column, text);
}

static void locate(struct reader *r, const char *p)
{
	size_t to = p ? (size_t)(p - r->copy) : 0;

	if (!p || p < r->copy || to > r->len || to < r->at)
		return;
	for (; r->at < to; r->at++) {
		if (r->data[r->at] == '\n') {
			r->pos.line++;
			r->pos.column = 1;
		} else if (((unsigned char)r->data[r->at] & 0xc0) != 0x80) {
			r->pos.column++;
		}
	}
}

static int key_cmp(const void *x, const void *y)
{
	const char *const *a = x, *const *b = y;

	return strcmp(*a, *b);
}

/* A duplicate among the N keys, or NULL; sorted when there are many, lest it be quadratic. */
static const char *duplicate_key(const char *const *keys, size_t n, struct arena *a)
{
	const char **sorted;

	if (n < 16) {
		for (size_t i = 1; i < n; i++)
			for (size_t j = 0; j < i; j++)
				if (!strcmp(keys[i], keys[j]))
					return keys[i];
		return NULL;
	}
	sorted = arena_array(a, n, sizeof(*sorted));
	memcpy(sorted, keys, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), key_cmp);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(sorted[i], sorted[i - 1]))
			return sorted[i];
	return NULL;
}

static struct tree *convert(struct reader *r, yyjson_val *v, unsigned int depth);

static int convert_array(struct reader *r, struct tree *t, yyjson_val *v, unsigned int depth)
{
	yyjson_arr_iter it = yyjson_arr_iter_with(v);

	t->items = arena_array(r->a, yyjson_arr_size(v), sizeof(struct tree *));
	for (yyjson_val *x; (x = yyjson_arr_iter_next(&it));) {
		t->items[t->n] = convert(r, x, depth + 1);
		if (!t->items[t->n++])
			return -1;
	}
	return 0;
}

static int convert_object(struct reader *r, struct tree *t, yyjson_val *v, unsigned int depth)
{
	yyjson_obj_iter it = yyjson_obj_iter_with(v);
	size_t size = yyjson_obj_size(v);
	const char *dup;

	t->items = arena_array(r->a, size, sizeof(struct tree *));
	t->keys = arena_array(r->a, size, sizeof(*t->keys));
	t->key_pos = arena_array(r->a, size, sizeof(*t->key_pos));
	for (yyjson_val *k; (k = yyjson_obj_iter_next(&it));) {
		const char *key = yyjson_get_str(k);

		locate(r, key - 1); /* the quote */
		if (strlen(key) != yyjson_get_len(k))
			return complain(r, r->pos, "a key holds a NUL character");
		t->keys[t->n] = key;
		t->key_pos[t->n] = r->pos;
		t->items[t->n] = convert(r, yyjson_obj_iter_get_val(k), depth + 1);
		if (!t->items[t->n++])
			return -1;
	}
	dup = duplicate_key(t->keys, t->n, r->a);
	for (size_t i = t->n; dup && i-- > 0;)
		if (!strcmp(t->keys[i], dup)) {
			const char *text = arena_printf(r->a, "key %s is given twice", text_quoted(dup, r->a));

			return complain(r, t->key_pos[i], text);
		}
	return 0;
}

static struct tree *convert(struct reader *r, yyjson_val *v, unsigned int depth)
{
	struct tree *t;

	if (depth > JSON_MAX_DEPTH) {
		complain(r, r->pos, "nested too deeply");
		return NULL;
	}
	if (++r->nodes > JSON_MAX_NODES) {
		complain(r, r->pos, "too many values");
		return NULL;
	}
	t = ARENA_NEW(r->a, struct tree);
	switch (yyjson_get_type(v)) {
	case YYJSON_TYPE_RAW:
		locate(r, yyjson_get_raw(v));
		t->kind = TREE_NUMBER;
		t->text = arena_strndup(r->a, yyjson_get_raw(v), yyjson_get_len(v));
		break;
	case YYJSON_TYPE_STR:
		locate(r, yyjson_get_str(v) - 1);
		t->kind = TREE_STRING;
		t->quoted = true;
		t->text = yyjson_get_str(v);
		if (strlen(t->text) != yyjson_get_len(v)) {
			complain(r, r->pos, "a string holds a NUL character");
			return NULL;
		}
		break;
	case YYJSON_TYPE_BOOL:
		t->kind = TREE_BOOL;
		t->text = yyjson_get_bool(v) ? "true" : "false";
		break;
	case YYJSON_TYPE_ARR:
		t->kind = TREE_SEQ;
		t->pos = r->pos;
		return convert_array(r, t, v, depth) ? NULL : t;
	case YYJSON_TYPE_OBJ:
		t->kind = TREE_MAP;
		t->pos = r->pos;
		return convert_object(r, t, v, depth) ? NULL : t;
	case YYJSON_TYPE_NULL:
	default: /* yyjson_type is a number, not an enum */
		t->kind = TREE_NULL;
		break;
	}
	t->pos = r->pos;
	return t;
}

struct tree *json_parse(const char *file, const char *data, size_t len, struct arena *a,
			struct error *err)
{
	struct reader r = { .data = data, .len = len, .pos = { NULL, 1, 1 }, .a = a, .err = err };
	yyjson_read_err e = { 0 };
	struct tree *t = NULL;
	yyjson_doc *doc;
	char *copy;

	r.file = r.pos.file = arena_strdup(a, file);
	if (len > JSON_MAX_BYTES) {
		error_set(err, ERR_INPUT, "%s: %zu bytes are too many, at most %d are read", file, len,
			  JSON_MAX_BYTES);
		return NULL;
	}
	if (!len) {
		error_set(err, ERR_INPUT, "%s:1:1: is empty, not JSON", file);
		return NULL;
	}
	copy = arena_alloc(a, len + YYJSON_PADDING_SIZE);
	memcpy(copy, data, len);
	r.copy = copy;
	doc = yyjson_read_opts(copy, len, YYJSON_READ_INSITU | YYJSON_READ_NUMBER_AS_RAW, NULL, &e);
	if (doc) {
		t = convert(&r, yyjson_doc_get_root(doc), 1);
		yyjson_doc_free(doc);
		return t;
	}
	if (e.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
		abort();
	locate(&r, copy + e.pos);
	complain(&r, r.pos, arena_printf(a, "not JSON: %s", e.msg));
	return NULL;
}

/* TEXT with what is not UTF-8 replaced; TEXT itself when it is clean. */
static const char *clean_text(const char *text, size_t len, struct str *scratch)
{
	uint32_t c;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = utf8_char(text + i, len - i, &c);
		if (!n)
			goto dirty;
	}
	return text;
dirty:
	str_clear(scratch);
	for (size_t i = 0; i < len; i += n ? n : 1) {
		n = utf8_char(text + i, len - i, &c);
		if (n)
			str_addn(scratch, text + i, n);
		else
			str_add(scratch, "\xef\xbf\xbd");
	}
	return str_text(scratch);
}

static yyjson_mut_val *text_value(yyjson_mut_doc *doc, const char *text, struct str *scratch)
{
	const char *clean = clean_text(text, strlen(text), scratch);

	return clean == text ? yyjson_mut_str(doc, text) : yyjson_mut_strcpy(doc, clean);
}

static yyjson_mut_val *build(yyjson_mut_doc *doc, const struct tree *t, struct str *scratch)
{
	yyjson_mut_val *v = NULL;

	switch (t->kind) {
	case TREE_NULL:
		return yyjson_mut_null(doc);
	case TREE_BOOL:
		return yyjson_mut_bool(doc, !strcmp(t->text, "true"));
	case TREE_NUMBER:
		return yyjson_mut_raw(doc, t->text);
	case TREE_STRING:
		return text_value(doc, t->text, scratch);
	case TREE_SEQ:
		v = yyjson_mut_arr(doc);
		for (size_t i = 0; i < t->n; i++)
			if (!yyjson_mut_arr_append(v, build(doc, t->items[i], scratch)))
				abort();
		return v;
	case TREE_MAP:
		v = yyjson_mut_obj(doc);
		for (size_t i = 0; i < t->n; i++) {
			yyjson_mut_val *key = text_value(doc, t->keys[i], scratch);

			if (!yyjson_mut_obj_add(v, key, build(doc, t->items[i], scratch)))
				abort();
		}
		return v;
	}
	return v;
}

void json_write(const struct tree *t, bool pretty, struct str *out)
{
	yyjson_write_flag flags = pretty ? YYJSON_WRITE_PRETTY_TWO_SPACES | YYJSON_WRITE_NEWLINE_AT_END : 0;
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	AUTO_STR scratch = STR_INIT;
	size_t len = 0;
	char *text;

	if (!doc)
		abort();
	yyjson_mut_doc_set_root(doc, build(doc, t, &scratch));
	/* Only running out of memory is left to fail: text is clean, raw numbers are ours. */
	text = yyjson_mut_write_opts(doc, flags, NULL, &len, NULL);
	if (!text)
		abort();
	str_addn(out, text, len);
	free(text);
	yyjson_mut_doc_free(doc);
}
