/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small things that all rooms of the planner use: ids, references, lists of lines. */
#include "plan/work.h"

#include <inttypes.h>
#include <string.h>

#include "base/size.h"
#include "base/str.h"
#include "base/uuid.h"

static const char *seeded(const char *seed, const char *name, struct arena *a)
{
	char uuid[UUID_TEXT];

	uuid_from_seed(seed, name, uuid);
	return arena_strdup(a, uuid);
}

const char *work_id(struct work *w, const char *name)
{
	return seeded(w->plan->seed, name, w->a);
}

const char *goal_unfinished(const char *goal, struct arena *a)
{
	return seeded("unfinished", goal, a);
}

const char *goal_guid(const char *goal, const char *role, bool first, struct arena *a)
{
	return first ? goal : seeded(arena_printf(a, "goal:%s", role), goal, a);
}

bool same_guid(const char *a, const char *b)
{
	return a && b && !strcasecmp(a, b);
}

void add_line(struct arena *a, const char ***list, size_t *n, const char *line)
{
	*list = arena_grow(a, *list, *n, sizeof(**list));
	(*list)[(*n)++] = line;
}

void work_note(struct work *w, const char *text)
{
	add_line(w->a, &w->plan->notes, &w->plan->n_notes, text);
}

const char *size_words(uint64_t bytes, struct arena *a)
{
	char text[SIZE_TEXT_MAX];

	return arena_strdup(a, size_format(bytes, text));
}

const struct partition *place_seen(const struct work *w, const struct unit *u, size_t place)
{
	return disk_partition(w->bounds[u->places[place].disk].disk, u->label);
}

const struct signature *partition_signature(const struct partition *p, const char *type)
{
	for (size_t i = 0; p && i < p->n_signatures; i++)
		if (str_eq(p->signatures[i].type, type))
			return &p->signatures[i];
	return NULL;
}

const char *place_ref(struct work *w, const struct place *p)
{
	const struct bound *b = &w->bounds[p->disk];

	return arena_printf(w->a, "%s:%" PRIu64, b->role, b->parts[p->part].number);
}

bool is_volume(const struct unit *u)
{
	return u->n_on && (u->on[0]->item->role == PART_GROUP || u->on[0]->item->role == PART_POOL);
}

struct unit *group_of(const struct unit *u)
{
	struct unit *g = u->on[0];

	return g->item->role == PART_POOL && g->n_on ? g->on[0] : g;
}

/* Dashes of the names that the device mapper joins are doubled. */
const char *mapped_name(struct work *w, const struct unit *u)
{
	const char *const names[] = { group_of(u)->name, u->name };
	AUTO_STR t = STR_INIT;

	for (size_t i = 0; i < 2; i++) {
		if (i)
			str_addc(&t, '-');
		for (const char *c = names[i]; *c; c++)
			str_add(&t, *c == '-' ? "--" : (const char[]){ *c, '\0' });
	}
	return arena_strdup(w->a, str_text(&t));
}

const char *unit_ref(struct work *w, const struct unit *u)
{
	if (u->item->role == PART_RAID)
		return arena_printf(w->a, "raid:%s", u->name);
	if (u->item->role == PART_CRYPT)
		return arena_printf(w->a, "crypt:%s", u->name);
	if (is_volume(u))
		return arena_printf(w->a, "lv:%s/%s", group_of(u)->name, u->name);
	if (u->n_on)
		return unit_ref(w, u->on[0]);
	return place_ref(w, &u->places[0]);
}

bool stands_on(const struct unit *u, const struct unit *below)
{
	if (u == below)
		return true;
	for (size_t i = 0; i < u->n_on; i++)
		if (stands_on(u->on[i], below))
			return true;
	return false;
}

struct unit *unit_by_role(struct work *w, enum part_role role)
{
	for (size_t i = 0; i < w->n_units; i++)
		if (w->units[i].item->role == role)
			return &w->units[i];
	return NULL;
}
