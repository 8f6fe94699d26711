/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text tables. */
#include "ui/table.h"

#include <string.h>

/* Characters of UTF-8 text, as good as columns for what is shown here. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static const char *clean(struct arena *a, const char *text)
{
	char *copy = arena_strdup(a, text);

	for (char *p = copy; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return copy;
}

static void add_cell(struct table *t, size_t at, const char *text)
{
	t->cells = arena_grow(t->arena, t->cells, at, sizeof(*t->cells));
	t->cells[at] = text;
}

void table_init(struct table *t, struct arena *a, const char *headers)
{
	size_t n = 1;

	memset(t, 0, sizeof(*t));
	t->arena = a;
	for (const char *p = headers; *p; p++)
		n += *p == ',';
	t->columns = n;
	t->right = arena_array(a, n, sizeof(*t->right));
	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(headers, ",");

		t->right[i] = *headers == '>';
		add_cell(t, i, arena_strndup(a, headers + t->right[i], len - t->right[i]));
		headers += len + (headers[len] == ',');
	}
	t->n = n;
}

void table_cell(struct table *t, const char *text)
{
	add_cell(t, t->n, str_empty(text) ? "-" : clean(t->arena, text));
	t->n++;
}

void table_print(const struct table *t, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;
	size_t *widest = arena_array(&a, t->columns, sizeof(*widest));

	for (size_t i = 0; i < t->n; i++)
		if (width(t->cells[i]) > widest[i % t->columns])
			widest[i % t->columns] = width(t->cells[i]);
	for (size_t i = 0; i < t->n; i++) {
		size_t col = i % t->columns, pad = widest[col] - width(t->cells[i]);
		bool last = col + 1 == t->columns || i + 1 == t->n;

		if (t->right[col])
			str_addf(out, "%*s", (int)pad, "");
		str_add(out, t->cells[i]);
		if (last) {
			str_addc(out, '\n');
			continue;
		}
		str_addf(out, "%*s  ", t->right[col] ? 0 : (int)pad, "");
	}
}
