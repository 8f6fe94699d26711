/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Secrets of a site file, found by the schema's flag. */
#include "model/site_secrets.h"

#include <string.h>

#include "data/json.h"
#include "data/yaml.h"
#include "model/site.h"

static const char stars[] = "***";

/* Shorter ones would be found in every other word; a site file with such a passphrase is refused. */
enum { SHORTEST = 4, MISSPELT = 3 };

/* Names of the keys that hold secrets. */
struct names {
	const char *v[16];
	size_t n;
};

static void find_names(const struct schema *sc, unsigned int depth, struct names *ret)
{
	for (size_t i = 0; i < sc->nfields && depth < 8; i++) {
		const struct field *f = &sc->fields[i];

		if (f->flags & FIELD_SECRET && ret->n < ARRAY_LEN(ret->v))
			ret->v[ret->n++] = f->name;
		if (f->sub)
			find_names(f->sub, depth + 1, ret);
	}
}

/* Longest first: one that is part of another must not cut that one up. */
static void add_value(struct secrets *s, const char *v)
{
	size_t at = 0;

	for (; at < s->n && strlen(s->values[at]) >= strlen(v); at++)
		if (!strcmp(s->values[at], v))
			return;
	s->values = arena_grow(s->arena, s->values, s->n, sizeof(*s->values));
	memmove(s->values + at + 1, s->values + at, (s->n - at) * sizeof(*s->values));
	s->values[at] = v;
	s->n++;
}

static void add(struct secrets *s, const char *value, size_t len)
{
	const char *v = arena_strndup(s->arena, value, len);
	AUTO_STR json = STR_INIT;

	if (len < SHORTEST)
		return;
	add_value(s, v);
	/* As JSON writes it, without the quotes around it. */
	json_write(tree_string(s->arena, v), false, &json);
	add_value(s, arena_strndup(s->arena, json.s + 1, json.len - 2));
}

static bool is_secret(const struct names *names, const char *key)
{
	for (size_t i = 0; i < names->n; i++)
		if (str_distance(key, names->v[i]) <= MISSPELT)
			return true;
	return false;
}

/* "passphrase:secret", the space forgotten, is one word: where its second part begins, or NULL. */
static const char *glued(const struct names *names, const char *word, struct arena *a)
{
	const char *colon = word ? strchr(word, ':') : NULL;

	return colon && colon[1] && is_secret(names, arena_strndup(a, word, (size_t)(colon - word))) ? colon + 1 : NULL;
}

static const char *clean_word(const struct names *names, const char *word, struct arena *a, struct secrets *s)
{
	const char *value = glued(names, word, a);

	if (!value)
		return word;
	add(s, value, strlen(value));
	return arena_printf(a, "%.*s%s", (int)(value - word), word, stars);
}

static void collect(const struct tree *t, struct secrets *s)
{
	if (t->kind == TREE_MAP || t->kind == TREE_SEQ)
		for (size_t i = 0; i < t->n; i++)
			collect(t->items[i], s);
	else if (t->text)
		add(s, t->text, strlen(t->text));
}

static struct tree *redacted(const struct names *names, const struct tree *t, struct arena *a, struct secrets *s)
{
	struct tree *copy = tree_new(a, t->kind);

	switch (t->kind) {
	case TREE_MAP:
		for (size_t i = 0; i < t->n; i++) {
			bool secret = is_secret(names, t->keys[i]);

			if (secret)
				collect(t->items[i], s);
			tree_add(a, copy, clean_word(names, t->keys[i], a, s),
				 secret ? tree_string(a, stars) : redacted(names, t->items[i], a, s));
		}
		return copy;
	case TREE_SEQ:
		for (size_t i = 0; i < t->n; i++)
			tree_push(a, copy, redacted(names, t->items[i], a, s));
		return copy;
	case TREE_STRING:
		return tree_string(a, clean_word(names, t->text, a, s));
	case TREE_NUMBER:
	case TREE_BOOL:
	case TREE_NULL:
		break;
	}
	copy->text = t->text;
	return copy;
}

/* What stands behind the word NAME on a line of a file that may be no YAML: to the line's end, and to where a value may end. */
static void guess(const char *text, const char *name, struct secrets *s)
{
	for (const char *p = strstr(text, name); p; p = strstr(p + 1, name)) {
		const char *v = p + strlen(name) + strspn(p + strlen(name), " \t:\"'");
		size_t whole = strcspn(v, "\r\n"), part = strcspn(v, "\r\n,}\"'#");

		while (whole && strchr(" \t\"'", v[whole - 1]))
			whole--;
		while (part && v[part - 1] == ' ')
			part--;
		add(s, v, whole);
		add(s, v, part);
	}
}

void site_redact(const char *name, const char *text, size_t len, struct arena *a, struct str *ret, struct secrets *s)
{
	struct findings f = { .arena = a };
	struct names names = { .n = 0 };
	const struct tree *t;
	AUTO_STR out = STR_INIT;

	s->arena = a;
	find_names(&site_schema, 0, &names);
	for (size_t i = 0; i < names.n; i++)
		guess(text, names.v[i], s);
	t = yaml_parse(name, text, len, a, &f);
	if (!t || f.n) {
		str_addf(ret, "left out: it is no YAML, so its secrets cannot be told from the rest; %zu findings\n", f.n);
		return;
	}
	json_write(redacted(&names, t, a, s), true, &out);
	/* The same words elsewhere in it. */
	secrets_scrub(s, &out);
	str_addn(ret, str_text(&out), out.len);
}

static void scrub(struct str *text, const char *value)
{
	const size_t n = strlen(value);
	AUTO_STR out = STR_INIT;
	const char *from = str_text(text), *end = from + text->len, *hit;

	while ((hit = memmem(from, (size_t)(end - from), value, n))) {
		str_addn(&out, from, (size_t)(hit - from));
		str_add(&out, stars);
		from = hit + n;
	}
	if (!out.len)
		return;
	str_addn(&out, from, (size_t)(end - from));
	str_clear(text);
	str_addn(text, out.s, out.len);
}

void secrets_scrub(const struct secrets *s, struct str *text)
{
	for (size_t i = 0; i < s->n; i++)
		scrub(text, s->values[i]);
}
