/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of the layout to units that know what they stand on, and to the partitions that they want on disks. Knows the usual name,
 * size, type and file system of each role; checks nothing that model/ has checked, but that the
 * graph ends somewhere, since all that follows walks it.
 */
#include "plan/work.h"

#include "base/str.h"

static const char linux_type[] = "0fc63daf-8483-4772-8e79-3d69d8477de4";

/* Partition types: UEFI 2.10 table 5.6, and the Discoverable Partitions Specification for the Linux ones. */
static const struct role_row {
	const char *type;
	const char *signature; /* of what it makes of its partitions, where that is no file system */
	uint64_t bytes;	       /* usual size; 0 = the rest */
	enum fs_type fs;
} roles[PART__N] = {
	[PART_NONE] = { linux_type, NULL, 0, FS_NONE },
	[PART_BIOS] = { "21686148-6449-6e6f-744e-656564454649", NULL, 1ull << 20, FS_NONE },
	[PART_ESP] = { "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", NULL, 512ull << 20, FS_VFAT },
	[PART_BOOT] = { linux_type, NULL, 1ull << 30, FS_EXT4 },
	[PART_ROOT] = { linux_type, NULL, 0, FS_EXT4 },
	[PART_SWAP] = { "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", NULL, 1ull << 30, FS_SWAP },
	[PART_DATA] = { linux_type, NULL, 0, FS_EXT4 },
	[PART_PART] = { linux_type, NULL, 0, FS_NONE },
	[PART_RAID] = { "a19d880f-05fc-4d3b-a006-743f0f84911e", "linux_raid_member", 0, FS_NONE },
	[PART_CRYPT] = { "ca7d7ccb-63ed-4c53-861c-1742536059cc", "crypto_LUKS", 0, FS_NONE },
	[PART_GROUP] = { "e6d6d379-f507-44c2-a23c-238f2a3df928", "LVM2_member", 0, FS_NONE },
	[PART_POOL] = { linux_type, NULL, 0, FS_NONE },
};

static bool carries(enum part_role role)
{
	return role >= PART_PART;
}

static const char *item_name(const struct layout_item *it)
{
	return it->name ? it->name : part_role_names[it->role];
}

static struct unit *carrier_named(struct work *w, const char *name)
{
	for (size_t i = 0; i < w->n_units; i++)
		if (carries(w->items[i].role) && str_eq(w->units[i].name, name))
			return &w->units[i];
	return NULL;
}

static size_t disks_in(const struct work *w, const char *set)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_bounds; i++)
		n += str_eq(w->bounds[i].set, set);
	return n;
}

static void want_partition(struct work *w, struct unit *u, size_t disk, bool of_set)
{
	const struct layout_item *it = u->item;
	const struct role_row *row = &roles[it->role];
	struct bound *b = &w->bounds[disk];
	struct layout_part *p;
	bool none = !it->size.bytes && !it->size.percent && !it->size.rest;

	b->wants = arena_grow(w->a, b->wants, b->n_wants, sizeof(*b->wants));
	p = &b->wants[b->n_wants];
	*p = (struct layout_part){
		.name = u->label, .id = of_set ? arena_printf(w->a, "%s@%s", u->label, b->role) : u->label,
		.type_uuid = it->type ? it->type : row->type, .bytes = none ? row->bytes : it->size.bytes,
		.percent = it->size.percent, .rest = it->size.rest || (none && !row->bytes),
		.min_bytes = it->min_bytes, .max_bytes = it->max_bytes,
	};
	if (it->role == PART_ROOT && p->min_bytes < w->root_least)
		p->min_bytes = w->root_least;
	u->places = arena_grow(w->a, u->places, u->n_places, sizeof(*u->places));
	u->places[u->n_places++] = (struct place){ disk, b->n_wants++ };
}

static int stand(struct work *w, struct unit *u, const char *name, struct error *err)
{
	struct unit *carrier = carrier_named(w, name);
	size_t n = disks_in(w, name);

	if (carrier && carrier != u && !n) {
		u->on = arena_grow(w->a, u->on, u->n_on, sizeof(struct unit *));
		u->on[u->n_on++] = carrier;
		return 0;
	}
	if (!n)
		return error_set(err, ERR_INPUT, "%s: line %s stands on \"%s\", which is neither a disk nor another line",
				 w->where, u->name, name);
	for (size_t i = 0; i < w->n_bounds; i++)
		if (str_eq(w->bounds[i].set, name))
			want_partition(w, u, i, n > 1);
	return 0;
}

/* What partitions under U carry in the end. */
static const char *made_signature(const struct unit *u)
{
	const char *own = roles[u->item->role].signature;

	return own ? own : u->fs != FS_NONE ? fs_names[u->fs] : NULL;
}

static const char *wanted_signature(const struct work *w, const struct unit *u)
{
	if (u->item->role != PART_PART)
		return made_signature(u);
	for (size_t i = 0; i < w->n_units; i++)
		for (size_t k = 0; k < w->units[i].n_on; k++)
			if (w->units[i].on[k] == u)
				return made_signature(&w->units[i]);
	return NULL;
}

/* No chain of N lines without a cycle is longer than N. */
static bool ends(const struct unit *u, size_t depth)
{
	for (size_t i = 0; i < u->n_on; i++)
		if (!depth || !ends(u->on[i], depth - 1))
			return false;
	return true;
}

int graph_build(struct work *w, struct error *err)
{
	static const char *const usual_place[] = { "system" };

	w->n_units = w->n_items;
	w->units = arena_array(w->a, w->n_items + 1, sizeof(*w->units));
	for (size_t i = 0; i < w->n_items; i++) {
		const struct layout_item *it = &w->items[i];

		w->units[i] = (struct unit){
			.item = it, .name = item_name(it), .label = arena_printf(w->a, "fulcrum-%s", item_name(it)),
			.fs = it->fs == FS_DEFAULT ? roles[it->role].fs : it->fs,
		};
	}
	for (size_t i = 0; i < w->n_items; i++) {
		const char *const *on = w->items[i].n_on ? w->items[i].on : usual_place;

		for (size_t k = 0; k < (w->items[i].n_on ? w->items[i].n_on : 1); k++)
			if (stand(w, &w->units[i], on[k], err))
				return -1;
	}
	for (size_t i = 0; i < w->n_units; i++) {
		if (!ends(&w->units[i], w->n_units))
			return error_set(err, ERR_INPUT, "%s: line %s stands on itself", w->where, w->units[i].name);
		w->units[i].signature = wanted_signature(w, &w->units[i]);
	}
	return 0;
}
