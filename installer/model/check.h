/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that check a whole site file share; private to site_check.c, site_net_check.c and layout_*.c. */
#pragma once
#include <string.h>

#include "model/site.h"

struct check {
	struct site *s;
	struct findings *f;
	const struct tree *tree; /* that S was read from */
};

/* Where the value of KEY stands, else where T does. */
static inline struct pos at(const struct tree *t, const char *key)
{
	const struct tree *v = tree_get(t, key);

	return v ? v->pos : t ? t->pos : (struct pos){ NULL, 0, 0 };
}

static inline const struct tree *nth(const struct tree *t, size_t i)
{
	return t && i < t->n ? t->items[i] : NULL;
}

static inline struct pos nth_pos(const struct tree *t, size_t i)
{
	return t && i < t->n ? t->items[i]->pos : t ? t->pos : (struct pos){ NULL, 0, 0 };
}

static inline struct pos key_pos(const struct tree *t, size_t i)
{
	return t && t->kind == TREE_MAP && i < t->n ? t->key_pos[i] : (struct pos){ NULL, 0, 0 };
}

/* Whether T has a key that was likely meant to be NAME: it was complained of already. */
static inline bool misspelt(const struct tree *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_distance(t->keys[i], name) <= 2 || (str_starts(t->keys[i], name) && t->keys[i][strlen(name)] == ':'))
			return true;
	return false;
}

static inline const char *under(const struct check *c, const char *path, const char *key)
{
	return arena_printf(c->f->arena, "%s.%s", path, key);
}

static inline const char *item(const struct check *c, const char *path, size_t i)
{
	return arena_printf(c->f->arena, "%s[%zu]", path, i);
}

static inline const char *quoted(const struct check *c, const char *text)
{
	return text_quoted(text, c->f->arena);
}

/* " (is "adimn" meant to be it?)" when one of the keys of mapping T is nearly NAME, which is missing; else "". */
static inline const char *meant_by(const struct check *c, const struct tree *t, const char *name)
{
	const char *near = t && t->kind == TREE_MAP ? str_nearest(name, t->keys, t->n) : NULL;

	return near ? arena_printf(c->f->arena, " (is %s meant to be it?)", quoted(c, near)) : "";
}

/* "no profile is named "servr" (did you mean "server"?)", or a hint with the N names that there are. */
void unknown_name(const struct check *c, struct pos pos, const char *path, const char *what, const char *name,
		  const char *const *known, size_t n);

/* The roles of `disks` and the layout on them; T is the profile's tree, PATH its path. */
void layout_check(const struct check *c, const struct profile *p, const struct tree *t, const char *path);

/* A name as a host has one. */
void check_label(const struct check *c, struct pos pos, const char *path, const char *name);
/* The first of N texts that stands twice is complained of; NULLs were complained of before. */
void check_twice(const struct check *c, const struct tree *t, const char *path, const char *const *list, size_t n);
/* `links` and `networks` of the site: resolves subnets and ranges. */
void networks_check(const struct check *c);
/* `networks` and `links` of profile P; after networks_check(). */
void profile_networks_check(const struct check *c, const struct profile *p, const struct tree *t, const char *path);
