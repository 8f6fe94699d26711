/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks with equal ids: either several paths to one disk, which are one target, or different disks
 * that nothing tells apart, which are none. Where that is not clear it is the latter: a target by
 * mistake cannot be taken back.
 */
#include <string.h>

#include "observe/disks.h"

/* Serial, WWN and size are equal, and at least one of the two names is there. */
static bool same_identity(const struct disk *a, const struct disk *b)
{
	return (a->serial || a->wwn) && str_eq(a->serial, b->serial) && str_eq(a->wwn, b->wwn) &&
	       a->size_bytes == b->size_bytes;
}

/* Names that are given out once in the world, if their givers keep the rules. */
static bool is_world_wide(const char *wwn)
{
	return wwn && (str_starts(wwn, "naa.") || str_starts(wwn, "eui.") || str_starts(wwn, "uuid."));
}

/* Two ports of a disk are possible at all on these buses; FC and iSCSI are SCSI here. */
static bool may_be_paths(const struct seen_disk *a, const struct seen_disk *b)
{
	enum disk_bus bus = a->disk.bus;

	if (!is_world_wide(a->disk.wwn) || bus != b->disk.bus || a->disk.sector_bytes != b->disk.sector_bytes)
		return false;
	if (bus == BUS_NVME)
		return a->subsystem && str_eq(a->subsystem, b->subsystem);
	return bus == BUS_SAS || bus == BUS_SCSI;
}

/* The same was found on both; a path that did not answer says nothing against it. */
static bool same_content(const struct seen_disk *a, const struct seen_disk *b)
{
	char one[HASH_HEX], two[HASH_HEX];

	if (!a->answered || !b->answered)
		return true;
	disk_state(&a->disk, one);
	disk_state(&b->disk, two);
	return str_eq(one, two);
}

static bool is_boot_medium(const struct disk *d)
{
	return str_eq(d->in_use, "boot medium");
}

static void add_name(struct arena *a, const char ***list, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (str_eq((*list)[i], name))
			return;
	*list = arena_grow(a, *list, *n, sizeof(**list));
	(*list)[(*n)++] = name;
}

/* The members of one group: indexes into what was seen, in the order of their names. */
struct group {
	size_t *items;
	size_t n;
};

static struct group group_of(const struct seen_disk *seen, size_t n, size_t first, struct arena *a)
{
	struct group g = { .items = NULL };

	for (size_t i = 0; i < n; i++) {
		if (!same_identity(&seen[i].disk, &seen[first].disk) && i != first)
			continue;
		g.items = arena_grow(a, g.items, g.n, sizeof(*g.items));
		g.items[g.n++] = i;
	}
	return g;
}

/* Compared with the first that answered: a dead path in front must not vouch for two others. */
static bool is_one_disk(const struct seen_disk *seen, const struct group *g, size_t *ret_best)
{
	size_t best = g->items[0];

	for (size_t i = 0; i < g->n && !seen[best].answered; i++)
		if (seen[g->items[i]].answered)
			best = g->items[i];
	*ret_best = best;
	for (size_t i = 0; i < g->n; i++) {
		const struct seen_disk *s = &seen[g->items[i]];

		if (g->items[i] != best && (!may_be_paths(&seen[best], s) || !same_content(&seen[best], s)))
			return false;
	}
	return true;
}

/* Use by one path is use by all: it may be the boot medium. */
static void fold(const struct seen_disk *seen, const struct group *g, size_t best, struct disk *ret, struct arena *a)
{
	*ret = seen[best].disk;
	for (size_t i = 0; i < g->n; i++) {
		const struct disk *d = &seen[g->items[i]].disk;

		if (g->items[i] == best)
			continue;
		add_name(a, &ret->paths, &ret->n_paths, d->name);
		if (d->in_use && (!ret->in_use || is_boot_medium(d)))
			ret->in_use = d->in_use;
		for (size_t k = 0; k < d->n_holders; k++)
			add_name(a, &ret->holders, &ret->n_holders, d->holders[k]);
	}
}

static const char *shares_identity(const struct seen_disk *seen, const struct group *g, size_t self, struct arena *a)
{
	const struct disk *d = &seen[self].disk;
	AUTO_STR others = STR_INIT;

	for (size_t i = 0; i < g->n; i++)
		if (g->items[i] != self)
			str_addf(&others, "%s%s", others.len ? ", " : "", seen[g->items[i]].disk.name);
	return arena_printf(a, "shares its identity (%s %s) with %s: nothing tells them apart", d->serial ? "serial" : "wwn",
			    disk_id(d), str_text(&others));
}

void paths_fold(struct seen_disk *seen, size_t n, struct arena *a, struct machine *m)
{
	m->disks = arena_array(a, n, sizeof(*m->disks));
	m->n_disks = 0;
	for (size_t i = 0; i < n; i++) {
		struct group g = group_of(seen, n, i, a);
		struct disk *ret = &m->disks[m->n_disks];
		size_t best;

		if (g.n > 1 && is_one_disk(seen, &g, &best)) {
			if (g.items[0] == i) {
				fold(seen, &g, best, ret, a);
				m->n_disks++;
			}
			continue;
		}
		*ret = seen[i].disk;
		m->n_disks++;
		if (g.n > 1 && !ret->in_use)
			ret->in_use = shares_identity(seen, &g, i, a);
	}
}
