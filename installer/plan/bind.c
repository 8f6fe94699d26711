/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Roles to disks: exactly what each selector asks for, no disk in two roles; and their rows in the plan. */
#include "plan/work.h"

#include <inttypes.h>

#include "base/str.h"
#include "plan/select.h"

static const char system_role[] = "system";

static const char *role_of(const struct disk_selector *s)
{
	return s->name ? s->name : system_role;
}

/* Disks that no line stands on stay as they are: they are not even asked for. */
static bool role_used(const struct work *w, const char *role)
{
	for (size_t i = 0; i < w->n_items; i++) {
		if (!w->items[i].n_on && str_eq(role, system_role))
			return true;
		for (size_t k = 0; k < w->items[i].n_on; k++)
			if (str_eq(w->items[i].on[k], role))
				return true;
	}
	return false;
}

static int bind_role(struct work *w, const struct disk_selector *s, struct error *err)
{
	const char *role = role_of(s), *why;
	const char *what = w->one_role ? arena_printf(w->a, "%s.disk", w->where) : arena_printf(w->a, "%s.disks.%s", w->where, role);
	const struct disk **found;
	size_t n;

	if (select_disks(s, what, w->r->machine, w->a, &found, &n, &why, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < w->n_bounds; k++) {
			if (w->bounds[k].disk != found[i])
				continue;
			error_set(err, ERR_SELECT, "%s: disk %s %s is taken by role %s already", what, found[i]->name,
				  disk_id(found[i]), w->bounds[k].set);
			return error_hint(err, "make the conditions of %s and %s such that no disk matches both",
					  w->bounds[k].set, role);
		}
		w->bounds = arena_grow(w->a, w->bounds, w->n_bounds, sizeof(*w->bounds));
		w->bounds[w->n_bounds++] = (struct bound){
			.role = n > 1 ? arena_printf(w->a, "%s.%zu", role, i) : role,
			.set = role, .selector = s, .disk = found[i], .why = why,
		};
	}
	return 0;
}

int bind_disks(struct work *w, struct error *err)
{
	for (size_t pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < w->n_selectors; i++) {
			bool is_system = str_eq(role_of(&w->selectors[i]), system_role);

			/* The system's first disk is the plan's first: it carries the mark of a finished install. */
			if (is_system == !pass && role_used(w, role_of(&w->selectors[i])) && bind_role(w, &w->selectors[i], err))
				return -1;
		}
	if (!w->n_bounds || !str_eq(w->bounds[0].set, system_role))
		return error_set(err, ERR_INPUT, "%s.disks: no disk has the role system", w->where);
	return 0;
}

static const struct bound *bound_of(const struct work *w, const struct disk *d)
{
	for (size_t i = 0; i < w->n_bounds; i++)
		if (w->bounds[i].disk == d)
			return &w->bounds[i];
	return NULL;
}

/* Why no role took D. */
static const char *why_not(struct work *w, const struct disk *d)
{
	AUTO_STR words = STR_INIT;
	const struct disk_selector *last = NULL;

	if (d->in_use || d->read_only)
		return select_why_not(w->bounds[0].selector, d, w->a);
	for (size_t i = 0; i < w->n_bounds; i++) {
		const struct disk_selector *s = w->bounds[i].selector;
		const char *why;

		if (s == last)
			continue;
		last = s;
		why = select_why_not(s, d, w->a);
		if (w->n_selectors > 1)
			str_addf(&words, "%s%s: ", words.len ? "; " : "", role_of(s));
		str_add(&words, why ? why : "the tie-break chose another");
	}
	return arena_strdup(w->a, str_text(&words));
}

void list_disks(struct work *w)
{
	const struct machine *m = w->r->machine;
	struct plan *p = w->plan;

	p->disks = arena_array(w->a, w->n_bounds, sizeof(*p->disks));
	p->n_disks = w->n_bounds;
	for (size_t i = 0; i < w->n_bounds; i++) {
		const struct disk *d = w->bounds[i].disk;
		char state[HASH_HEX];

		disk_state(d, state);
		p->disks[i] = (struct plan_disk){
			.role = w->bounds[i].role, .name = d->name, .path = d->path, .serial = d->serial, .wwn = d->wwn,
			.topology = d->topology, .model = d->model, .size_bytes = d->size_bytes,
			.sector_bytes = d->sector_bytes, .state = arena_strdup(w->a, state), .table_uuid = d->table_uuid,
			.why = w->bounds[i].why,
		};
		/* What stands on a disk that is not written is left standing. */
		for (size_t k = 0; k < d->n_holders && !w->bounds[i].untouched; k++)
			add_line(w->a, &p->disks[i].holders, &p->disks[i].n_holders, d->holders[k]);
		w->bounds[i].row = &p->disks[i];
	}
	for (size_t i = 0; i < m->n_disks; i++) {
		const struct disk *d = &m->disks[i];

		if (bound_of(w, d))
			continue;
		p->others = arena_grow(w->a, p->others, p->n_others, sizeof(*p->others));
		p->others[p->n_others++] = (struct plan_other){
			.name = d->name, .id = disk_id(d), .size_bytes = d->size_bytes, .why = why_not(w, d),
		};
	}
}
