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
	const char *none = str_empty(t->cells[t->n % t->columns]) ? "" : "-";

	add_cell(t, t->n, str_empty(text) ? none : clean(t->arena, text));
	t->n++;
}

void table_print(const struct table *t, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;
	size_t *widest = arena_array(&a, t->columns, sizeof(*widest));
	size_t blanks = 0; /* wanted in front of the next text of the row */

	for (size_t i = 0; i < t->n; i++)
		if (width(t->cells[i]) > widest[i % t->columns])
			widest[i % t->columns] = width(t->cells[i]);
	for (size_t i = 0; i < t->n; i++) {
		size_t col = i % t->columns, pad = widest[col] - width(t->cells[i]);

		if (*t->cells[i]) {
			str_addf(out, "%*s%s", (int)(blanks + (t->right[col] ? pad : 0)), "", t->cells[i]);
			blanks = t->right[col] ? 0 : pad;
		} else {
			blanks += pad;
		}
		if (widest[col])
			blanks += 2;
		if (col + 1 == t->columns || i + 1 == t->n) {
			str_addc(out, '\n');
			blanks = 0;
		}
	}
}
