/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trees and findings. Knows neither YAML nor JSON nor what the documents mean.
 */
#include "data/tree.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tree *tree_new(struct arena *a, enum tree_kind kind)
{
	struct tree *t = ARENA_NEW(a, struct tree);

	t->kind = kind;
	return t;
}

struct tree *tree_string(struct arena *a, const char *text)
{
	struct tree *t = tree_new(a, text ? TREE_STRING : TREE_NULL);

	t->text = arena_strdup(a, text);
	t->quoted = text != NULL;
	return t;
}

struct tree *tree_u64(struct arena *a, uint64_t v)
{
	struct tree *t = tree_new(a, TREE_NUMBER);

	t->text = arena_printf(a, "%" PRIu64, v);
	return t;
}

struct tree *tree_i64(struct arena *a, int64_t v)
{
	struct tree *t = tree_new(a, TREE_NUMBER);

	t->text = arena_printf(a, "%" PRId64, v);
	return t;
}

struct tree *tree_bool(struct arena *a, bool v)
{
	struct tree *t = tree_new(a, TREE_BOOL);

	t->text = v ? "true" : "false";
	return t;
}

void tree_add(struct arena *a, struct tree *map, const char *key, struct tree *value)
{
	map->keys = arena_grow(a, map->keys, map->n, sizeof(*map->keys));
	map->key_pos = arena_grow(a, map->key_pos, map->n, sizeof(*map->key_pos));
	map->items = arena_grow(a, map->items, map->n, sizeof(*map->items));
	map->keys[map->n] = arena_strdup(a, key);
	map->key_pos[map->n] = value->pos;
	map->items[map->n++] = value;
}

void tree_push(struct arena *a, struct tree *seq, struct tree *value)
{
	seq->items = arena_grow(a, seq->items, seq->n, sizeof(*seq->items));
	seq->items[seq->n++] = value;
}

const struct tree *tree_get(const struct tree *t, const char *key)
{
	if (!t || t->kind != TREE_MAP)
		return NULL;
	for (size_t i = 0; i < t->n; i++)
		if (str_eq(t->keys[i], key))
			return t->items[i];
	return NULL;
}

const char *tree_get_text(const struct tree *t, const char *key)
{
	const struct tree *c = tree_get(t, key);

	return c && c->kind != TREE_MAP && c->kind != TREE_SEQ && c->kind != TREE_NULL ? c->text : NULL;
}

void finding_add(struct findings *f, struct pos pos, const char *path, const char *hint,
		 const char *fmt, ...)
{
	struct finding *x;
	char text[1024];
	va_list ap;

	if (f->n == FINDINGS_MAX) {
		f->dropped++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f->items = arena_grow(f->arena, f->items, f->n, sizeof(*f->items));
	x = &f->items[f->n++];
	x->pos = pos;
	x->path = arena_strdup(f->arena, path ? path : "");
	x->hint = arena_strdup(f->arena, hint);
	x->text = arena_strdup(f->arena, text);
}

struct ranked {
	struct finding finding;
	size_t rank;
};

static int rank_cmp(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;

	if (a->finding.pos.line != b->finding.pos.line)
		return a->finding.pos.line < b->finding.pos.line ? -1 : 1;
	if (a->finding.pos.column != b->finding.pos.column)
		return a->finding.pos.column < b->finding.pos.column ? -1 : 1;
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

static void print_hint(const char *hint, struct str *out)
{
	while (*hint) {
		size_t n = strcspn(hint, "\n");

		str_add(out, "  ");
		str_addn(out, hint, n);
		str_addc(out, '\n');
		hint += n + (hint[n] == '\n');
	}
}

/* By position, in A. */
static struct ranked *sorted(const struct findings *f, struct arena *a)
{
	struct ranked *r = arena_array(a, f->n, sizeof(*r));

	for (size_t i = 0; i < f->n; i++)
		r[i] = (struct ranked){ f->items[i], i };
	qsort(r, f->n, sizeof(*r), rank_cmp);
	return r;
}

struct tree *findings_tree(const struct findings *f, struct arena *a)
{
	struct ranked *r = f->n ? sorted(f, a) : NULL;
	struct tree *list = tree_new(a, TREE_SEQ);

	for (size_t i = 0; i < f->n; i++) {
		const struct finding *x = &r[i].finding;
		struct tree *t = tree_new(a, TREE_MAP);

		if (x->pos.line) {
			tree_add(a, t, "line", tree_u64(a, x->pos.line));
			tree_add(a, t, "column", tree_u64(a, x->pos.column));
		}
		tree_add(a, t, "path", tree_string(a, x->path));
		tree_add(a, t, "text", tree_string(a, x->text));
		if (x->hint)
			tree_add(a, t, "hint", tree_string(a, x->hint));
		tree_push(a, list, t);
	}
	return list;
}

void findings_print(struct findings *f, struct str *out)
{
	struct ranked *r;

	if (!f->n)
		return;
	r = sorted(f, f->arena);
	for (size_t i = 0; i < f->n; i++) {
		const struct finding *x = &r[i].finding;

		if (!str_empty(x->pos.file))
			str_add(out, x->pos.file);
		if (x->pos.line)
			str_addf(out, ":%u:%u", x->pos.line, x->pos.column);
		if (out->len && out->s[out->len - 1] != '\n')
			str_add(out, ": ");
		if (x->path[0])
			str_addf(out, "%s: ", x->path);
		str_addf(out, "%s\n", x->text);
		if (x->hint)
			print_hint(x->hint, out);
	}
	if (f->dropped)
		str_addf(out, "%s: %zu more findings are not shown\n",
			 f->items[0].pos.file ? f->items[0].pos.file : "", f->dropped);
}

size_t utf8_char(const char *s, size_t n, uint32_t *ret_c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c0 = n ? (unsigned char)s[0] : 0xff;
	size_t len = c0 < 0x80 ? 1 : c0 < 0xc2 ? 0 : c0 < 0xe0 ? 2 : c0 < 0xf0 ? 3 : c0 < 0xf5 ? 4 : 0;
	uint32_t c = len == 1 ? c0 : c0 & (0x7fu >> len);

	if (!len || len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret_c = c;
	return len;
}

const char *text_quoted(const char *text, struct arena *a)
{
	enum { MOST = 60 };
	size_t len = strlen(text), n = 0, step;
	char buf[MOST + 8];
	uint32_t c;

	buf[n++] = '"';
	for (size_t i = 0; i < len; i += step) {
		step = utf8_char(text + i, len - i, &c);
		if (n + step > MOST) {
			memcpy(buf + n, "...", 3);
			n += 3;
			break;
		}
		if (!step || c < 0x20 || (c >= 0x7f && c < 0xa0)) {
			buf[n++] = '?';
			step = step ? step : 1;
			continue;
		}
		memcpy(buf + n, text + i, step);
		n += step;
	}
	buf[n++] = '"';
	return arena_strndup(a, buf, n);
}
