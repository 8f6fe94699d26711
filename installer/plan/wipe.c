/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A wipe as a plan. */
#include "plan/wipe.h"

#include "base/size.h"
#include "base/str.h"
#include "model/erase.h"

/* The same disk by all that names it; without serial and WWN its place is all there is. */
static bool is_disk(const struct plan_disk *p, const struct disk *d)
{
	if (p->size_bytes != d->size_bytes)
		return false;
	if (p->serial || p->wwn)
		return str_eq(p->serial, d->serial) && str_eq(p->wwn, d->wwn);
	return str_eq(p->topology, d->topology);
}

/* Why D cannot be erased, or NULL. */
static const char *unfit(const struct disk *d)
{
	if (d->in_use)
		return d->in_use;
	return d->read_only ? "read-only" : NULL;
}

static int find_wanted(const struct machine *m, const struct plan_disk *p, const struct disk **ret, struct str *bad)
{
	const char *id = p->serial ? p->serial : p->wwn ? p->wwn : p->topology ? p->topology : p->name;

	*ret = NULL;
	for (size_t i = 0; i < m->n_disks; i++) {
		if (!is_disk(p, &m->disks[i]))
			continue;
		if (*ret) {
			str_addf(bad, "%sdisk %s: %s and %s both claim this identity", bad->len ? "; " : "", id, (*ret)->name, m->disks[i].name);
			return -1;
		}
		*ret = &m->disks[i];
	}
	if (!*ret)
		str_addf(bad, "%sdisk %s: was not there when the machine was last looked at", bad->len ? "; " : "", id);
	else if (unfit(*ret))
		str_addf(bad, "%sdisk %s (%s): may not be written: %s", bad->len ? "; " : "", id, (*ret)->name, unfit(*ret));
	return *ret && !unfit(*ret) ? 0 : -1;
}

static void add_op(const struct wipe_request *r, const struct disk *d, const char *role, struct arena *a, struct plan *p)
{
	static const char *const any[] = { "overwrite" };
	struct op_erase *e = ARENA_NEW(a, struct op_erase);
	size_t n = d->n_erase ? d->n_erase : 1;
	AUTO_STR text = STR_INIT;
	enum erase_method first;
	char size[SIZE_TEXT_MAX];

	e->disk = role;
	e->methods = arena_array(a, n, sizeof(*e->methods));
	for (size_t i = 0; i < n; i++)
		e->methods[e->n_methods++] = d->n_erase ? d->erase[i] : any[0];
	e->seed = r->seed;
	e->random = ERASE_RANDOM;
	first = erase_find(e->methods[0]);
	str_addf(&text, "%s, %s: %s", d->name, size_format(d->size_bytes, size), e->methods[0]);
	if (first != ERASE__N)
		str_addf(&text, " (%s; NIST SP 800-88: %s)", erase_types[first].doc, erase_types[first].term);
	for (size_t i = 1; i < n; i++)
		str_addf(&text, "%s%s", i == 1 ? "; if that fails " : ", ", e->methods[i]);
	p->ops[p->n_ops++] = (struct op){ .kind = OP_ERASE, .id = arena_printf(a, "erase:%s", role), .weight = d->size_bytes,
					  .text = arena_strdup(a, str_text(&text)), .params = e };
}

static void add_disk(const struct wipe_request *r, const struct disk *d, struct arena *a, struct plan *p)
{
	const char *role = arena_printf(a, "disk%zu", p->n_disks);
	const char **destroys = arena_array(a, 1, sizeof(*destroys));

	destroys[0] = "all that is on it, in every place";
	p->disks[p->n_disks++] = (struct plan_disk){
		.role = role, .name = d->name, .path = d->path, .serial = d->serial, .wwn = d->wwn, .topology = d->topology,
		.model = d->model, .size_bytes = d->size_bytes, .sector_bytes = d->sector_bytes, .state = PLAN_ANY_STATE,
		.why = r->wanted ? "the node was deployed on it" : "all disks are wanted", .destroys = destroys, .n_destroys = 1,
		.consent = "the hash of this plan, said by the operator",
	};
	add_op(r, d, role, a, p);
	if (d->erase_note)
		p->notes[p->n_notes++] = arena_printf(a, "%s (%s): %s", disk_id(d), d->name, d->erase_note);
}

static void add_other(const struct disk *d, const char *why, struct arena *a, struct plan *p)
{
	p->others = arena_grow(a, p->others, p->n_others, sizeof(*p->others));
	p->others[p->n_others++] = (struct plan_other){ .name = d->name, .id = disk_id(d), .why = why, .size_bytes = d->size_bytes };
}

static struct plan *new_plan(const struct wipe_request *r, struct arena *a)
{
	const struct machine *m = r->machine;
	struct plan *p = ARENA_NEW(a, struct plan);

	*p = (struct plan){ .plan = PLAN_VERSION, .kind = "wipe", .subject = r->subject, .goal = "none", .seed = r->seed };
	p->machine = arena_printf(a, "%s %s, serial %s", m->system.vendor ? m->system.vendor : "unknown",
				  m->system.product ? m->system.product : "machine", m->system.serial ? m->system.serial : "unknown");
	p->disks = arena_array(a, m->n_disks + 1, sizeof(*p->disks));
	p->ops = arena_array(a, m->n_disks + 1, sizeof(*p->ops));
	p->notes = arena_array(a, m->n_disks + 1, sizeof(*p->notes));
	return p;
}

static bool is_taken(const struct plan *p, const struct disk *d)
{
	for (size_t i = 0; i < p->n_disks; i++)
		if (is_disk(&p->disks[i], d))
			return true;
	return false;
}

int plan_wipe(const struct wipe_request *r, struct arena *a, struct plan **ret, struct error *err)
{
	const struct machine *m = r->machine;
	struct plan *p = new_plan(r, a);
	AUTO_STR bad = STR_INIT;

	for (size_t i = 0; r->wanted && i < r->n_wanted; i++) {
		const struct disk *d;

		if (!find_wanted(m, &r->wanted[i], &d, &bad) && !is_taken(p, d))
			add_disk(r, d, a, p);
	}
	for (size_t i = 0; i < m->n_disks; i++) {
		const struct disk *d = &m->disks[i];
		const char *why = unfit(d) ? unfit(d) : d->removable ? "its medium can be taken out" : NULL;

		if (is_taken(p, d))
			continue;
		if (r->wanted || why)
			add_other(d, why ? why : "the node was not deployed on it", a, p);
		else
			add_disk(r, d, a, p);
	}
	if (bad.len) {
		error_set(err, ERR_SELECT, "%s", str_text(&bad));
		return error_hint(err, "boot it from the network with its disks in, and ask again; --all-disks takes what is there");
	}
	if (!p->n_disks)
		return error_set(err, ERR_SELECT, "%s: there is no disk that may be written", r->subject);
	*ret = p;
	return 0;
}
