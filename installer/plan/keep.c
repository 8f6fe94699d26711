/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `preserve` asks for: which lines are there already and stay, with all that they stand on. What cannot be
 * judged from outside (a part of a set, a file system of another kind, the inside of an array) is
 * refused, because guessing would either lose it or give a system without it.
 */
#include "plan/work.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"

/* An attempt of ours was cut on this disk: what is there in part is not what anybody meant to keep. */
static bool half_made(const struct work *w, const struct bound *b)
{
	const struct disk *d = b->disk;

	if (d->journal_goal && !d->journal_finished && !d->journal_keeps)
		return true;
	return w->r->own_goal && same_guid(d->table_uuid, goal_unfinished(w->r->own_goal, w->a));
}

static bool half_made_unit(const struct work *w, const struct unit *u)
{
	for (size_t i = 0; i < u->n_places; i++)
		if (half_made(w, &w->bounds[u->places[i].disk]))
			return true;
	for (size_t i = 0; i < u->n_on; i++)
		if (half_made_unit(w, u->on[i]))
			return true;
	return false;
}

/* WHY is about U, which the line that asks stands on or is. */
static int refuse(struct work *w, const struct unit *u, const char *why, struct error *err)
{
	const struct unit *asks = w->asks ? w->asks : u;

	if (asks == u)
		error_set(err, ERR_REFUSED, "%s: %s is to be preserved, but %s", w->where, u->name, why);
	else
		error_set(err, ERR_REFUSED, "%s: %s is to be preserved, %s carries it, and %s", w->where, asks->name, u->name, why);
	return error_hint(err, "mend that first, or take `preserve` away from %s: then it is made new", asks->name);
}

/* --- partitions */

struct members {
	size_t n, seen, signed_n; /* wanted; with our label; that carry TYPE */
	const char *uuid;	  /* of the first signature */
	bool same;		  /* all of one uuid */
	const char *other;	  /* what one carries instead */
	const char *missing;	  /* disk without it */
};

static void look(struct work *w, const struct unit *u, const char *type, struct members *m)
{
	for (size_t i = 0; i < u->n_places; i++) {
		const struct partition *p = place_seen(w, u, i);
		const struct signature *s = partition_signature(p, type);

		m->n++;
		m->seen += p != NULL;
		if (!p)
			m->missing = w->bounds[u->places[i].disk].disk->name;
		if (!s) {
			if (p && p->n_signatures)
				m->other = p->signatures[0].type;
			continue;
		}
		if (!m->signed_n++) {
			m->uuid = s->uuid;
			m->same = true;
		}
		m->same = m->same && same_guid(s->uuid, m->uuid);
	}
	for (size_t i = 0; i < u->n_on; i++)
		if (u->on[i]->item->role == PART_PART)
			look(w, u->on[i], type, m);
}

/* 1 if all partitions of U carry TYPE, 0 if there is nothing to keep, -1 if it is neither. */
static int partitions_there(struct work *w, const struct unit *u, const char *type, const char **ret_uuid, struct error *err)
{
	struct members m = { 0 };
	bool one = str_eq(type, "linux_raid_member");

	look(w, u, type, &m);
	*ret_uuid = m.uuid;
	if (m.n && m.signed_n == m.n && (m.same || !one))
		return 1;
	if (!m.seen || half_made_unit(w, u))
		return 0;
	if (m.missing)
		return refuse(w, u, arena_printf(w->a, "its part on %s is missing", m.missing), err);
	if (m.other)
		return refuse(w, u, arena_printf(w->a, "what carries its label is %s, wanted %s", m.other, type), err);
	return refuse(w, u, m.signed_n == m.n ? "its members are of several arrays" :
			    arena_printf(w->a, "what carries its label has no readable %s", type), err);
}

const struct lvm_group *group_seen(struct work *w, const struct unit *u)
{
	const struct machine *m = w->r->machine;
	struct members seen = { 0 };

	look(w, u, "LVM2_member", &seen);
	for (size_t i = 0; i < m->n_groups; i++)
		for (size_t k = 0; k < m->groups[i].n_members; k++)
			if (str_eq(m->groups[i].name, u->name) && same_guid(m->groups[i].members[k], seen.uuid))
				return &m->groups[i];
	return NULL;
}

const struct lvm_volume *volume_seen(const struct lvm_group *g, const char *name)
{
	for (size_t i = 0; g && i < g->n_volumes; i++)
		if (str_eq(g->volumes[i].name, name))
			return &g->volumes[i];
	return NULL;
}

/* --- lines */

static int is_there(struct work *w, struct unit *u, struct error *err);

static int volume_there(struct work *w, struct unit *u, struct error *err)
{
	struct unit *g = group_of(u);
	int rc = is_there(w, g, err);

	return rc > 0 ? volume_seen(group_seen(w, g), u->name) != NULL : rc;
}

static int group_there(struct work *w, struct unit *u, struct error *err)
{
	const char *ignored;
	int rc;

	for (size_t i = 0; i < u->n_on; i++) {
		rc = is_there(w, u->on[i], err);
		if (rc <= 0)
			return rc;
		if (u->on[i]->item->role != PART_PART)
			return refuse(w, u, arena_printf(w->a, "nobody can see into %s from outside", u->on[i]->name), err);
	}
	rc = partitions_there(w, u, "LVM2_member", &ignored, err);
	if (rc > 0 && !group_seen(w, u))
		return refuse(w, u, "its physical volumes are of another volume group, or their metadata cannot be read", err);
	return rc;
}

/* The members are there; what they say of the array has to be what the line says. */
static int array_there(struct work *w, const struct unit *u, struct error *err)
{
	const struct machine *m = w->r->machine;
	const char *level = arena_printf(w->a, "raid%" PRIu64, u->item->level);

	for (size_t i = 0; i < m->n_arrays; i++)
		if (same_guid(m->arrays[i].uuid, u->uuid) && m->arrays[i].level && !str_eq(m->arrays[i].level, level))
			return refuse(w, u, arena_printf(w->a, "it is a %s, wanted %s", m->arrays[i].level, level), err);
	return 1;
}

/* 1 if what line U makes is there, 0 if it is not, -1 with *ERR if that cannot be said. */
static int is_there(struct work *w, struct unit *u, struct error *err)
{
	const char *uuid = NULL;
	int rc;

	if (is_volume(u))
		return volume_there(w, u, err);
	if (u->item->role == PART_GROUP)
		return group_there(w, u, err);
	/*
	 * On an array or a LUKS volume the inside is not to be seen: what is below says it, unless the attempt that
	 * made it was cut, perhaps before there was an inside.
	 */
	if (u->n_on && u->on[0]->item->role != PART_PART)
		return half_made_unit(w, u) ? 0 : is_there(w, u->on[0], err);
	if (u->signature) {
		rc = partitions_there(w, u, u->signature, &uuid, err);
		if (rc > 0)
			u->uuid = uuid;
		return rc > 0 && u->item->role == PART_RAID ? array_there(w, u, err) : rc;
	}
	for (size_t i = 0; i < u->n_places; i++)
		if (!place_seen(w, u, i))
			return 0;
	return 1;
}

static void keep_below(struct unit *u)
{
	for (size_t i = 0; i < u->n_on; i++) {
		if (u->on[i]->kept == UNIT_NEW)
			u->on[i]->kept = UNIT_CARRIER;
		keep_below(u->on[i]);
	}
}

/* All that stands on U, which stays with its content, stays too. */
static int keep_above(struct work *w, struct unit *u, struct error *err)
{
	for (size_t i = 0; i < w->n_units; i++) {
		struct unit *v = &w->units[i];

		if (v == u || !stands_on(v, u))
			continue;
		/* A volume that a visible group does not have yet is made in what is free. */
		if (u->item->role == PART_GROUP && group_seen(w, u) && is_volume(v) && !volume_seen(group_seen(w, u), v->name))
			continue;
		if (v->item->role == PART_ROOT || v->item->role == PART_BOOT)
			return refuse(w, u, arena_printf(w->a, "%s stands on it, which every install writes", v->name), err);
		v->kept = UNIT_CONTENT;
	}
	return 0;
}

/* What stays is there as it was made: uuids of what carries it are known from its partitions. */
static int keep_ids(struct work *w, struct unit *u, struct error *err)
{
	int rc = u->kept == UNIT_NEW ? 1 : is_there(w, u, err);

	if (rc < 0)
		return -1;
	return rc ? 0 : refuse(w, u, "not all of it is there", err);
}

static void keep_partitions(struct work *w, struct unit *u)
{
	for (size_t i = 0; i < u->n_places && u->kept != UNIT_NEW; i++) {
		struct bound *b = &w->bounds[u->places[i].disk];

		b->wants[u->places[i].part].kept = place_seen(w, u, i);
		b->keeps = true;
	}
}

/* A disk is left alone when all that is on it, as far up as it goes, stays with its content. */
static bool left_alone(struct work *w, size_t disk)
{
	for (size_t i = 0; i < w->n_units; i++)
		for (size_t k = 0; k < w->units[i].n_places; k++) {
			if (w->units[i].places[k].disk != disk)
				continue;
			for (size_t v = 0; v < w->n_units; v++)
				if (stands_on(&w->units[v], &w->units[i]) && w->units[v].kept == UNIT_NEW)
					return false;
		}
	return w->bounds[disk].keeps;
}

/* A promise that no later run could keep is said when it is made. */
static void note_new(struct work *w, const struct unit *u)
{
	const struct unit *g = is_volume(u) ? group_of(u) : u;

	work_note(w, arena_printf(w->a, "nothing to keep was found for %s: it is made new", u->name));
	if (g->item->role == PART_GROUP && g->n_on && g->on[0]->item->role != PART_PART)
		work_note(w, arena_printf(w->a, "a later install cannot keep %s: nobody can see into %s from outside", u->name,
					  g->on[0]->name));
}

int keep_find(struct work *w, struct error *err)
{
	for (size_t i = 0; i < w->n_units; i++) {
		struct unit *u = &w->units[i];
		int rc;

		if (!u->item->preserve)
			continue;
		w->asks = u;
		if (u->item->role == PART_ROOT || u->item->role == PART_BOOT)
			return refuse(w, u, "every install writes it", err);
		rc = is_there(w, u, err);
		if (rc < 0)
			return -1;
		if (!rc) {
			note_new(w, u);
			continue;
		}
		u->kept = UNIT_CONTENT;
		keep_below(u);
		if (keep_above(w, u, err))
			return -1;
	}
	w->asks = NULL;
	for (size_t i = 0; i < w->n_units; i++) {
		if (keep_ids(w, &w->units[i], err))
			return -1;
		keep_partitions(w, &w->units[i]);
	}
	for (size_t i = 0; i < w->n_bounds; i++)
		w->bounds[i].untouched = left_alone(w, i);
	return 0;
}

/* --- for people */

static const char *kept_words(struct work *w, const struct unit *u)
{
	const struct lvm_volume *v;

	switch (u->item->role) {
	case PART_RAID:
		return arena_printf(w->a, "array %s", u->name);
	case PART_CRYPT:
		return arena_printf(w->a, "LUKS volume %s", u->name);
	case PART_GROUP:
		return arena_printf(w->a, "LVM group %s", u->name);
	case PART_NONE:
	case PART_BIOS:
	case PART_ESP:
	case PART_BOOT:
	case PART_ROOT:
	case PART_SWAP:
	case PART_DATA:
	case PART_PART:
	case PART_POOL:
	case PART__N:
		break;
	}
	if (!is_volume(u))
		return arena_printf(w->a, "%s %s%s%s", u->fs == FS_NONE ? "partition" : fs_names[u->fs], u->name,
				    u->item->mount ? " on " : "", u->item->mount ? u->item->mount : "");
	v = volume_seen(group_seen(w, group_of(u)), u->name);
	return arena_printf(w->a, "LVM volume %s%s%s%s%s", u->name, v ? " " : "", v ? size_words(v->size_bytes, w->a) : "",
			    u->item->mount ? " on " : "", u->item->mount ? u->item->mount : "");
}

static bool reaches(const struct unit *u, size_t disk)
{
	for (size_t i = 0; i < u->n_places; i++)
		if (u->places[i].disk == disk)
			return true;
	for (size_t i = 0; i < u->n_on; i++)
		if (reaches(u->on[i], disk))
			return true;
	return false;
}

void keep_list(struct work *w)
{
	for (size_t i = 0; i < w->n_units; i++)
		for (size_t d = 0; d < w->n_bounds; d++) {
			const struct unit *u = &w->units[i];
			struct plan_disk *row = w->bounds[d].row;
			const char *words;

			if (u->kept != UNIT_CONTENT || !reaches(u, d))
				continue;
			words = kept_words(w, u);
			if (u->n_on)
				words = arena_printf(w->a, "%s  (in %s)", words, u->on[0]->name);
			for (size_t k = 0; k < u->n_places; k++) {
				const struct table_part *p = &w->bounds[d].parts[u->places[k].part];

				if (u->places[k].disk == d)
					words = arena_printf(w->a, "%s %s  (partition %" PRIu64 " %s)", words,
							     size_words(p->size_bytes, w->a), p->number, p->name);
			}
			add_line(w->a, &row->keeps, &row->n_keeps, words);
		}
}
