/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is on the disks of a plan, as a person would name it, and who agreed to lose it. Every disk needs a consent of its
 * own: that it is blank, that it is our own half-made work, that it is named.
 */
#include "plan/work.h"

#include <inttypes.h>

#include "base/str.h"

/* --- what is there */

static bool disk_has(const struct disk *d, const char *type, const char *uuid)
{
	for (size_t i = 0; i < d->n_signatures; i++)
		if (str_eq(d->signatures[i].type, type) && same_guid(d->signatures[i].uuid, uuid))
			return true;
	for (size_t i = 0; i < d->n_partitions; i++) {
		const struct signature *s = partition_signature(&d->partitions[i], type);

		if (s && same_guid(s->uuid, uuid))
			return true;
	}
	return false;
}

static bool taken(const struct work *w, const struct disk *d)
{
	for (size_t i = 0; i < w->n_bounds; i++)
		if (w->bounds[i].disk == d && !w->bounds[i].untouched)
			return true;
	return false;
}

/* ", also on sdb, which is not taken": disks that lose a companion. NULL: none. */
static const char *companions(struct work *w, const char *type, const char *const *uuids, size_t n)
{
	const struct machine *m = w->r->machine;
	AUTO_STR names = STR_INIT;
	size_t count = 0;

	for (size_t i = 0; i < m->n_disks; i++) {
		bool has = false;

		for (size_t k = 0; k < n && !has; k++)
			has = disk_has(&m->disks[i], type, uuids[k]);
		if (!has || taken(w, &m->disks[i]))
			continue;
		str_addf(&names, "%s%s", count++ ? ", " : "", m->disks[i].name);
	}
	if (!count)
		return NULL;
	return arena_printf(w->a, "%s, which %s not taken", str_text(&names), count > 1 ? "are" : "is");
}

static const struct lvm_group *group_with(const struct machine *m, const char *pv)
{
	for (size_t i = 0; i < m->n_groups; i++)
		for (size_t k = 0; k < m->groups[i].n_members; k++)
			if (same_guid(m->groups[i].members[k], pv))
				return &m->groups[i];
	return NULL;
}

static const struct md_array *array_with(const struct machine *m, const char *uuid)
{
	for (size_t i = 0; i < m->n_arrays; i++)
		if (same_guid(m->arrays[i].uuid, uuid))
			return &m->arrays[i];
	return NULL;
}

static const char *group_words(struct work *w, const struct lvm_group *g, uint64_t bytes)
{
	const char *const *uuids = g->members;
	const char *elsewhere = companions(w, "LVM2_member", uuids, g->n_members);
	AUTO_STR t = STR_INIT;

	str_addf(&t, "LVM group \"%s\" %s", g->name, size_words(bytes, w->a));
	for (size_t i = 0; i < g->n_volumes; i++)
		str_addf(&t, "%s%s %s", i ? ", " : ": ", g->volumes[i].name, size_words(g->volumes[i].size_bytes, w->a));
	if (elsewhere)
		str_addf(&t, "; also has a member on %s", elsewhere);
	if (g->missing)
		str_addf(&t, "; %" PRIu64 " of its members %s on this machine", g->missing, g->missing > 1 ? "are not" : "is not");
	return arena_strdup(w->a, str_text(&t));
}

static const char *array_words(struct work *w, const struct md_array *m, uint64_t bytes)
{
	const char *elsewhere = companions(w, "linux_raid_member", &m->uuid, 1);
	AUTO_STR t = STR_INIT;

	str_addf(&t, "%s array \"%s\", a member of %s", m->level ? m->level : "md", m->name ? m->name : m->uuid,
		 size_words(bytes, w->a));
	if (elsewhere)
		str_addf(&t, "; also has a member on %s", elsewhere);
	if (m->found < m->devices)
		str_addf(&t, "; %" PRIu64 " of %" PRIu64 " members are here", m->found, m->devices);
	return arena_strdup(w->a, str_text(&t));
}

static const char *signature_words(struct work *w, const struct signature *s, const char *where, uint64_t bytes)
{
	const struct lvm_group *g = str_eq(s->type, "LVM2_member") ? group_with(w->r->machine, s->uuid) : NULL;
	const struct md_array *m = str_eq(s->type, "linux_raid_member") ? array_with(w->r->machine, s->uuid) : NULL;
	const char *what;

	if (g)
		what = group_words(w, g, bytes);
	else if (m)
		what = array_words(w, m, bytes);
	else if (str_empty(s->label))
		what = arena_printf(w->a, "%s %s", s->type, size_words(bytes, w->a));
	else
		what = arena_printf(w->a, "%s \"%s\" %s", s->type, s->label, size_words(bytes, w->a));
	return arena_printf(w->a, "%s  (%s)", what, where);
}

/* --- what of it goes */

static void destroy(struct work *w, struct bound *b, const char *line)
{
	add_line(w->a, &b->row->destroys, &b->row->n_destroys, line);
}

static bool is_kept(const struct bound *b, const struct partition *p)
{
	for (size_t i = 0; i < b->n_wants; i++)
		if (b->wants[i].kept == p)
			return true;
	return false;
}

static bool volume_kept(const struct work *w, const struct unit *g, const char *name)
{
	for (size_t i = 0; i < w->n_units; i++)
		if (w->units[i].n_on && stands_on(&w->units[i], g) && is_volume(&w->units[i]) &&
		    w->units[i].kept != UNIT_NEW && str_eq(w->units[i].name, name))
			return true;
	return false;
}

size_t removed_volumes(struct work *w, const struct unit *u, const struct lvm_volume ***ret)
{
	const struct lvm_group *g = u->kept == UNIT_CARRIER ? group_seen(w, u) : NULL;
	size_t n = 0;

	*ret = arena_array(w->a, g ? g->n_volumes + 1 : 1, sizeof(**ret));
	for (size_t i = 0; g && i < g->n_volumes; i++)
		if (!volume_kept(w, u, g->volumes[i].name))
			(*ret)[n++] = &g->volumes[i];
	return n;
}

static void list_removed_volumes(struct work *w)
{
	for (size_t i = 0; i < w->n_units; i++) {
		struct unit *u = &w->units[i];
		const struct lvm_volume **gone;
		size_t n;

		if (u->item->role != PART_GROUP || !u->n_places)
			continue;
		n = removed_volumes(w, u, &gone);
		for (size_t k = 0; k < n; k++)
			destroy(w, &w->bounds[u->places[0].disk],
				arena_printf(w->a, "LVM volume %s %s  (group %s)", gone[k]->name,
					     size_words(gone[k]->size_bytes, w->a), u->name));
	}
}

static void list_destroyed(struct work *w, struct bound *b)
{
	const struct disk *d = b->disk;

	for (size_t i = 0; i < d->n_signatures; i++)
		destroy(w, b, signature_words(w, &d->signatures[i], "whole disk", d->size_bytes));
	for (size_t i = 0; i < d->n_partitions; i++) {
		const struct partition *p = &d->partitions[i];
		const char *where = arena_printf(w->a, "partition %" PRIu64 "%s%s", p->number, p->name ? " " : "",
						 p->name ? p->name : "");

		if (is_kept(b, p))
			continue;
		if (!p->n_signatures)
			destroy(w, b, arena_printf(w->a, "unknown content %s  (%s)", size_words(p->size_bytes, w->a), where));
		for (size_t j = 0; j < p->n_signatures; j++)
			destroy(w, b, signature_words(w, &p->signatures[j], where, p->size_bytes));
	}
	if (d->table && !d->n_partitions)
		destroy(w, b, arena_printf(w->a, "an empty %s partition table", d->table));
	if (d->damage)
		destroy(w, b, arena_printf(w->a, "something unreadable: %s", d->damage));
}

/* --- who agreed */

/* True if D alone of this machine has its serial (or its WWN). Some controllers give one serial to all their disks. */
static bool is_own(const struct machine *m, const struct disk *d, bool wwn)
{
	const char *id = wwn ? d->wwn : d->serial;
	size_t n = 0;

	for (size_t i = 0; i < m->n_disks; i++)
		n += str_eq(wwn ? m->disks[i].wwn : m->disks[i].serial, id);
	return !str_empty(id) && n == 1;
}

/* What a consent to wiping D has to say, so that it names no other disk. */
const char *plan_consent_name(const struct machine *m, const struct disk *d)
{
	if (is_own(m, d, false))
		return d->serial;
	if (is_own(m, d, true))
		return d->wwn;
	return str_empty(d->topology) ? disk_id(d) : d->topology;
}

static bool named(const struct machine *m, const struct disk *d, const char *const *list, size_t n)
{
	const char *name = plan_consent_name(m, d);

	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], name) || (is_own(m, d, true) && str_eq(list[i], d->wwn)))
			return true;
	return false;
}

/*
 * The journal on the disk says that a run of ours was cut there and had nothing to preserve, and what is there is
 * nothing that anybody else has put there since: no table and nothing in it, or our provisional one.
 */
static bool own_half_made(struct work *w, const struct disk *d)
{
	if (!d->journal_goal || d->journal_finished || d->journal_keeps)
		return false;
	if (!d->table)
		return !d->n_partitions && !d->n_signatures;
	return same_guid(d->table_uuid, goal_unfinished(d->journal_goal, w->a));
}

static const char *consent_of(struct work *w, const struct bound *b)
{
	const struct plan_request *r = w->r;
	const struct disk *d = b->disk;
	const char *guid = d->table_uuid;

	if (b->untouched)
		return "nothing is lost";
	if (disk_is_blank(d))
		return "blank";
	if (!b->row->n_destroys)
		return "nothing is lost";
	if (own_half_made(w, d) || same_guid(guid, goal_unfinished(w->plan->goal, w->a)))
		return d->journal_step ? arena_printf(w->a, "own unfinished attempt, cut in step %s", d->journal_step) :
					 "own unfinished attempt";
	if (r->own_goal && (same_guid(guid, r->own_goal) || same_guid(guid, goal_guid(r->own_goal, b->role, false, w->a)) ||
			    same_guid(guid, goal_unfinished(r->own_goal, w->a))))
		return "own earlier deployment";
	if (named(r->machine, d, w->wipe, w->n_wipe))
		return "site file";
	return named(r->machine, d, r->wipe, r->n_wipe) ? "operator" : NULL;
}

/* What stands on the disks that nobody gave away; BRIEF: how many things, where a message has no room for more. */
static void list_refused(const struct work *w, bool brief, struct str *ret)
{
	for (size_t i = 0; i < w->n_bounds; i++) {
		const struct bound *b = &w->bounds[i];

		if (b->row->consent)
			continue;
		if (brief)
			str_addf(ret, "\n%s %s: %zu thing%s", b->disk->name, disk_id(b->disk), b->row->n_destroys,
				 b->row->n_destroys == 1 ? "" : "s");
		else
			str_addf(ret, "\n%s %s carries", b->disk->name, disk_id(b->disk));
		for (size_t k = 0; k < b->row->n_destroys && !brief; k++)
			str_addf(ret, "\n  %s", b->row->destroys[k]);
	}
}

/* All of them at once: who adds one to the site file must not meet the next at the next try. */
static int refuse(const struct work *w, size_t n, struct error *err)
{
	AUTO_STR list = STR_INIT;
	AUTO_STR names = STR_INIT;

	for (size_t i = 0; i < w->n_bounds; i++)
		if (!w->bounds[i].row->consent)
			str_addf(&names, "%s%s", names.len ? ", " : "", plan_consent_name(w->r->machine, w->bounds[i].disk));
	list_refused(w, false, &list);
	if (list.len > sizeof(err->msg) - 128) {
		str_clear(&list);
		list_refused(w, true, &list);
	}
	error_set(err, ERR_REFUSED, "%zu disk%s not blank and nobody consented to wiping %s:%s", n, n == 1 ? " is" : "s are",
		  n == 1 ? "it" : "them", str_text(&list));
	return error_hint(err, "to destroy that, add `wipe: [ %s ]` to %s in the site file", str_text(&names), w->where);
}

static bool array_kept(const struct work *w, const char *uuid)
{
	for (size_t i = 0; i < w->n_units; i++)
		if (w->units[i].kept != UNIT_NEW && w->units[i].item->role == PART_RAID && same_guid(w->units[i].uuid, uuid))
			return true;
	return false;
}

/* Companions elsewhere live on without what goes here: that is easily overlooked in a list. */
static void note_companions(struct work *w)
{
	const struct machine *m = w->r->machine;

	for (size_t i = 0; i < m->n_arrays; i++) {
		const char *const uuid = m->arrays[i].uuid;
		const char *elsewhere = array_kept(w, uuid) ? NULL : companions(w, "linux_raid_member", &uuid, 1);

		for (size_t k = 0; elsewhere && k < w->n_bounds; k++)
			if (!w->bounds[k].untouched && disk_has(w->bounds[k].disk, "linux_raid_member", uuid)) {
				work_note(w, arena_printf(w->a, "array %s loses its member on %s; another is on %s",
							  m->arrays[i].name ? m->arrays[i].name : uuid,
							  w->bounds[k].disk->name, elsewhere));
				break;
			}
	}
}

int consent_find(struct work *w, struct error *err)
{
	size_t refused = 0;

	for (size_t i = 0; i < w->n_bounds; i++)
		if (!w->bounds[i].untouched)
			list_destroyed(w, &w->bounds[i]);
	list_removed_volumes(w);
	note_companions(w);
	for (size_t i = 0; i < w->n_bounds; i++) {
		w->bounds[i].row->consent = consent_of(w, &w->bounds[i]);
		refused += !w->bounds[i].row->consent;
	}
	return refused ? refuse(w, refused, err) : 0;
}
