/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An inventory as a list of named facts; the rest is comparing lists. */
#include "admin/history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "admin/nodes.h"
#include "base/size.h"

enum { CHANGES_KEPT = 1000 };

struct fact {
	const char *group; /* as in the sources of a machine */
	const char *what, *value;
};
struct facts {
	struct arena *arena;
	struct fact *items;
	size_t n;
};

/* --- a machine as facts */

static const struct fact *find(const struct facts *f, const char *what)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->items[i].what, what))
			return &f->items[i];
	return NULL;
}

static void add(struct facts *f, const char *group, const char *what, const char *value)
{
	const char *name = what;
	size_t same = 1;

	if (str_empty(value))
		return;
	/* Two of one name (disks with equal serial numbers) are told apart by their order. */
	while (find(f, name))
		name = arena_printf(f->arena, "%s #%zu", what, ++same);
	f->items = arena_grow(f->arena, f->items, f->n, sizeof(*f->items));
	f->items[f->n++] = (struct fact){ group, name, value };
}

static const char *size_words(struct arena *a, uint64_t bytes)
{
	char size[SIZE_TEXT_MAX];

	return bytes ? arena_strdup(a, size_format(bytes, size)) : NULL;
}

/* "x y z" of those that are there, or NULL. */
static const char *joined(struct arena *a, const char *const *words, size_t n)
{
	AUTO_STR text = STR_INIT;

	for (size_t i = 0; i < n; i++)
		if (!str_empty(words[i]))
			str_addf(&text, "%s%s", text.len ? " " : "", words[i]);
	return text.len ? arena_strdup(a, str_text(&text)) : NULL;
}
#define JOINED(a, ...) joined(a, (const char *const[]){ __VA_ARGS__ }, ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

static const char *number(struct arena *a, const char *fmt, uint64_t n)
{
	return n ? arena_printf(a, "%s %" PRIu64, fmt, n) : NULL;
}

static void add_system(const struct machine *m, struct facts *f)
{
	const struct machine_system *s = &m->system;
	struct arena *a = f->arena;

	add(f, "system", "system", JOINED(a, s->vendor, s->product));
	add(f, "system", "system serial number", s->serial);
	add(f, "system", "system UUID", s->uuid);
	add(f, "system", "board", JOINED(a, s->board_vendor, s->board, s->board_serial));
	add(f, "system", "firmware version", JOINED(a, s->bios_version, s->bios_date));
	add(f, "firmware", "firmware", m->firmware);
	add(f, "firmware", "secure boot", m->secure_boot ? "on" : "off");
	add(f, "memory", "memory", size_words(a, m->memory_bytes));
	add(f, "processors", "processors", JOINED(a, number(a, "threads", m->cpus), number(a, "packages", m->cpu_sockets),
						  number(a, "cores", m->cpu_cores), m->cpu_model));
	add(f, "tpm", "TPM", m->tpm ? m->tpm : "none");
	add(f, "bmc", "BMC address", m->bmc.address);
	add(f, "bmc", "BMC MAC", m->bmc.mac);
	add(f, "bmc", "BMC firmware", m->bmc.version);
}

static void add_parts(const struct machine *m, struct facts *f)
{
	struct arena *a = f->arena;

	for (size_t i = 0; i < m->n_dimms; i++) {
		const struct dimm *d = &m->dimms[i];

		add(f, "memory_modules", arena_printf(a, "memory module %s", d->slot ? d->slot : "without a slot"),
		    JOINED(a, size_words(a, d->size_bytes), d->type, d->vendor, d->part, d->serial));
	}
	for (size_t i = 0; i < m->n_disks; i++) {
		const struct disk *d = &m->disks[i];
		const struct disk_health *h = &d->health;

		add(f, "disks", arena_printf(a, "disk %s", disk_id(d)),
		    JOINED(a, d->vendor, d->model, size_words(a, d->size_bytes), d->revision ? "firmware" : NULL, d->revision));
		if (h->source)
			add(f, "health", arena_printf(a, "health of disk %s", disk_id(d)),
			    JOINED(a, h->verdict ? h->verdict : "no verdict", number(a, "errors", h->errors),
				   number(a, "reallocated", h->reallocated), number(a, "pending", h->pending)));
	}
	for (size_t i = 0; i < m->n_nics; i++) {
		const char *mac = nic_address(&m->nics[i]);

		add(f, "ports", arena_printf(a, "port %s", mac ? mac : m->nics[i].name),
		    JOINED(a, m->nics[i].pci ? "at" : "here", m->nics[i].pci));
		if (m->nics[i].neighbour)
			add(f, "neighbours", arena_printf(a, "neighbour of port %s", mac ? mac : m->nics[i].name),
			    JOINED(a, m->nics[i].neighbour, m->nics[i].neighbour_port));
	}
	for (size_t i = 0; i < m->n_pci; i++)
		add(f, "pci", arena_printf(a, "PCI device %s", m->pci[i].address), JOINED(a, m->pci[i].kind, m->pci[i].ids, m->pci[i].board_ids));
}

/* --- two of them */

/*
 * A switch speaks when it likes, and a port whose switch was not heard yet is not one without a switch: only what is heard can change,
 * nothing goes.
 */
static const char heard_only[] = "neighbours";

/* A record without sources is of what always was looked at. */
static bool looked(const struct machine *m, const char *group)
{
	static const char *const always[] = { "system", "firmware", "memory", "disks", "ports" };

	if (str_eq(group, heard_only))
		return true;
	if (m->n_sources)
		return machine_source(m, group);
	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		if (str_eq(group, always[i]))
			return true;
	return false;
}

static void add_change(struct arena *a, struct change **list, size_t *n, const char *what, const char *was, const char *became)
{
	*list = arena_grow(a, *list, *n, sizeof(**list));
	(*list)[(*n)++] = (struct change){ .what = what, .was = was, .became = became };
}

void history_compare(const struct machine *was, const struct machine *is, struct arena *a, struct change **ret, size_t *ret_n)
{
	struct facts before = { .arena = a }, now = { .arena = a };

	*ret = NULL;
	*ret_n = 0;
	add_system(was, &before);
	add_parts(was, &before);
	add_system(is, &now);
	add_parts(is, &now);
	for (size_t i = 0; i < before.n; i++) {
		const struct fact *x = &before.items[i], *y = find(&now, x->what);

		if (!y && str_eq(x->group, heard_only))
			continue;
		if (looked(is, x->group) && looked(was, x->group) && (!y || !str_eq(x->value, y->value)))
			add_change(a, ret, ret_n, x->what, x->value, y ? y->value : NULL);
	}
	for (size_t i = 0; i < now.n; i++) {
		const struct fact *y = &now.items[i];

		if (looked(is, y->group) && looked(was, y->group) && !find(&before, y->what))
			add_change(a, ret, ret_n, y->what, NULL, y->value);
	}
}

/* The system on a disk does not listen: its ports are where they were heard last. */
static void keep_neighbours(struct machine *m, const struct machine *old, struct arena *a)
{
	const struct nic *seen = m->nics;

	m->nics = arena_array(a, m->n_nics, sizeof(*m->nics));
	for (size_t i = 0; i < m->n_nics; i++) {
		struct nic *n = &m->nics[i];

		*n = seen[i];
		for (size_t k = 0; k < old->n_nics && !n->neighbour && !n->neighbour_port; k++)
			if (nic_address(n) && str_eq(nic_address(n), nic_address(&old->nics[k]))) {
				n->neighbour = old->nics[k].neighbour;
				n->neighbour_port = old->nics[k].neighbour_port;
			}
	}
}

struct machine *history_merge(const struct machine *old, const struct machine *seen, struct arena *a)
{
	struct machine *m = ARENA_NEW(a, struct machine);

	*m = *seen;
	keep_neighbours(m, old, a);
	m->disks = old->disks;
	m->n_disks = old->n_disks;
	m->groups = old->groups;
	m->n_groups = old->n_groups;
	m->arrays = old->arrays;
	m->n_arrays = old->n_arrays;
	/* They are the agent's. */
	m->kernel = old->kernel;
	m->console = old->console;
	if (!machine_source(seen, "memory_modules")) {
		m->dimms = old->dimms;
		m->n_dimms = old->n_dimms;
	}
	if (!machine_source(seen, "pci")) {
		m->pci = old->pci;
		m->n_pci = old->n_pci;
	}
	if (!machine_source(seen, "bmc"))
		m->bmc = old->bmc;
	if (!machine_source(seen, "clock_skew"))
		m->clock_skew_s = old->clock_skew_s;
	for (size_t i = 0; i < old->n_sources; i++)
		if (!machine_source(m, old->sources[i].facts))
			machine_set_source(m, old->sources[i].facts, old->sources[i].source, a);
	return m;
}

/* --- what is kept */

/* What is kept of NODE, or NULL: nothing yet, or of a release that wrote it otherwise. */
static int kept_machine(struct store *st, int64_t node, struct arena *a, struct machine **ret, struct error *err)
{
	const struct node n = { .id = node };
	struct machine *m = ARENA_NEW(a, struct machine);
	struct error unreadable;
	const char *json;

	*ret = NULL;
	if (node_machine(st, &n, a, &json, err))
		return -1;
	if (!field_from_json(&machine_schema, "inventory", json, strlen(json), m, a, &unreadable))
		*ret = m;
	return 0;
}

/* What is found again as it was written down last (a switch heard anew after a restart) is no change. */
static int write_change(struct store *st, int64_t node, int64_t now_s, const struct change *c, struct error *err)
{
	return store_run(st,
			 "INSERT INTO inventory_change (node, time, what, was, became) SELECT ?1, ?2, ?3, coalesce(?4, last), ?5 FROM"
			 " (SELECT (SELECT became FROM inventory_change WHERE node = ?1 AND what = ?3 ORDER BY id DESC LIMIT 1) AS last)"
			 " WHERE ?4 IS NOT NULL OR last IS NOT ?5",
			 err, "iisss", node, now_s, c->what, c->was, c->became);
}

int history_write(struct store *st, int64_t node, const struct machine *m, bool merge, int64_t now_s, struct arena *a,
		  const char **ret_json, struct error *err)
{
	struct machine *kept, *merged;
	struct change *changes;
	AUTO_STR json = STR_INIT;
	size_t n;

	*ret_json = NULL;
	if (kept_machine(st, node, a, &kept, err))
		return -1;
	if (!kept)
		return 0;
	merged = merge ? history_merge(kept, m, a) : NULL;
	history_compare(kept, merge ? merged : m, a, &changes, &n);
	for (size_t i = 0; i < n; i++)
		if (write_change(st, node, now_s, &changes[i], err))
			return -1;
	if (n && store_run(st,
			   "DELETE FROM inventory_change WHERE node = ?1 AND id <= (SELECT id FROM inventory_change WHERE node = ?1"
			   " ORDER BY id DESC LIMIT 1 OFFSET ?2)",
			   err, "ii", node, (int64_t)CHANGES_KEPT))
		return -1;
	if (merge) {
		field_to_json(&machine_schema, merged, false, false, &json);
		*ret_json = arena_strdup(a, str_text(&json));
	}
	return 0;
}

struct change_list {
	struct arena *arena;
	struct change *items;
	size_t n;
};

static int change_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	struct change_list *l = ctx;
	struct change *c;

	l->items = arena_grow(l->arena, l->items, l->n, sizeof(*c));
	c = &l->items[l->n++];
	c->time_s = row_i64(row, 0);
	c->what = row_text(row, 1, l->arena);
	c->was = row_text(row, 2, l->arena);
	c->became = row_text(row, 3, l->arena);
	return 0;
}

int history_list(struct store *st, int64_t node, size_t limit, struct arena *a, struct change **ret, size_t *ret_n, struct error *err)
{
	struct change_list l = { a, NULL, 0 };

	if (store_each(st,
		       "SELECT time, what, was, became FROM (SELECT id, time, what, was, became FROM inventory_change WHERE node = ?1"
		       " ORDER BY id DESC LIMIT ?2) ORDER BY id",
		       change_row, &l, err, "iu", node, (uint64_t)limit))
		return -1;
	*ret = l.items;
	*ret_n = l.n;
	return 0;
}
