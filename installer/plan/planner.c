/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame of every plan: what it is for, its goal, and whether the machine is there already. What
 * admin node and nodes differ in is in admin.c and node.c.
 */
#include "plan/planner.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "plan/work.h"

struct plan *plan_new(const struct plan_request *r, const char *kind, const char *subject, struct arena *a)
{
	struct plan *p = ARENA_NEW(a, struct plan);

	p->plan = PLAN_VERSION;
	p->kind = kind;
	p->subject = subject;
	p->seed = r->seed;
	return p;
}

int plan_storage(struct work *w, struct error *err)
{
	if (bind_disks(w, err) || graph_build(w, err) || keep_find(w, err) || place_partitions(w, err) ||
	    size_units(w, err))
		return -1;
	if (!unit_by_role(w, PART_ESP) || !unit_by_role(w, PART_ROOT))
		return error_set(err, ERR_INPUT, "%s: the layout has no %s", w->where,
				 unit_by_role(w, PART_ESP) ? "root" : "esp");
	return 0;
}

bool is_first_written(const struct work *w, const struct bound *b)
{
	const struct bound *first = w->bounds;

	while (first < w->bounds + w->n_bounds && first->untouched)
		first++;
	return b == first;
}

static void describe_machine(struct work *w)
{
	const struct machine *m = w->r->machine;
	const int64_t year_2025 = 1735689600, year_2090 = 3786912000;

	w->plan->machine = arena_printf(w->a, "serial %s, %" PRIu64 " CPU%s, %s",
					str_empty(m->system.serial) ? "unknown" : m->system.serial, m->cpus,
					m->cpus == 1 ? "" : "s", size_words(m->memory_bytes, w->a));
	if (m->clock_s && (m->clock_s < year_2025 || m->clock_s > year_2090)) {
		char when[21];

		clock_text(m->clock_s, when);
		work_note(w, arena_printf(w->a, "its clock says %.10s: times in its logs will be wrong until it is set", when));
	}
}

/* The goal is all that is wanted and nothing of how: two runs that want the same have the same goal. */
static void name_goal(struct work *w, const char *content)
{
	AUTO_STR text = STR_INIT;
	char uuid[UUID_TEXT];

	str_addf(&text, "%s\n%s\n", w->plan->kind, w->plan->subject);
	for (size_t i = 0; i < w->n_bounds; i++) {
		const struct bound *b = &w->bounds[i];

		str_addf(&text, "%s\n%" PRIu64 "\n", disk_id(b->disk), b->disk->size_bytes);
		for (size_t k = 0; k < b->n_wants; k++)
			str_addf(&text, "%s %" PRIu64 " %" PRIu64 "\n", b->parts[k].name, b->parts[k].start_bytes,
				 b->parts[k].size_bytes);
	}
	for (size_t i = 0; i < w->n_units; i++) {
		const struct unit *u = &w->units[i];

		if (!u->n_on && u->item->role != PART_RAID)
			continue;
		str_addf(&text, "%s %s %" PRIu64 " %" PRIu64, part_role_names[u->item->role], u->name, u->item->level,
			 u->item->stripes);
		for (size_t k = 0; k < u->n_on; k++)
			str_addf(&text, " %s", u->on[k]->name);
		str_addc(&text, '\n');
	}
	str_add(&text, content);
	uuid_from_seed("goal", str_text(&text), uuid);
	w->plan->goal = arena_strdup(w->a, uuid);
}

/* --- whether it is there already */

static bool partitions_done(const struct work *w, const struct unit *u)
{
	for (size_t i = 0; i < u->n_places; i++) {
		const struct table_part *want = &w->bounds[u->places[i].disk].parts[u->places[i].part];
		const struct partition *p = place_seen(w, u, i);

		if (!p || p->size_bytes != want->size_bytes || p->start_bytes != want->start_bytes)
			return false;
		if (u->signature && !partition_signature(p, u->signature))
			return false;
	}
	return true;
}

/* Volumes in a group on partitions can be seen; what is inside an array or a LUKS volume cannot. */
static bool volume_done(struct work *w, const struct unit *u)
{
	const struct unit *g = is_volume(u) ? group_of(u) : NULL;
	bool visible = g != NULL;

	for (size_t i = 0; g && i < g->n_on; i++)
		visible = visible && g->on[i]->item->role == PART_PART;
	return !visible || volume_seen(group_seen(w, g), u->name);
}

/* The mark is there and every line still is what it was made to be. */
static bool already_done(struct work *w)
{
	for (size_t i = 0; i < w->n_bounds; i++) {
		const struct bound *b = &w->bounds[i];
		const char *guid = goal_guid(w->plan->goal, b->role, is_first_written(w, b), w->a);

		if (!b->untouched && !same_guid(b->disk->table_uuid, guid))
			return false;
	}
	for (size_t i = 0; i < w->n_units; i++)
		if (!partitions_done(w, &w->units[i]) || !volume_done(w, &w->units[i]))
			return false;
	return true;
}

int plan_frame(struct work *w, const char *content, bool *ret_done, struct error *err)
{
	name_goal(w, content);
	describe_machine(w);
	list_disks(w);
	*ret_done = !w->r->reinstall && already_done(w);
	for (size_t i = 0; i < w->n_bounds && *ret_done; i++)
		w->bounds[i].row->consent = "not needed";
	if (*ret_done)
		return 0;
	keep_list(w);
	return consent_find(w, err);
}
