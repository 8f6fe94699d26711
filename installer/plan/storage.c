/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the graph to operations: first all that clears and divides disks, then every line after what it
 * stands on. What an operation needs is what made its devices, so the order comes from the graph and
 * not from paths in the code.
 */
#include "plan/work.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "base/uuid.h"

static const uint64_t mib = PLAN_MIB;

/* --- the list */

void *op_add(struct work *w, enum op_kind kind, const char *id, uint64_t weight, const char *text)
{
	struct plan *p = w->plan;
	struct op *op;

	p->ops = arena_grow(w->a, p->ops, p->n_ops, sizeof(*p->ops));
	op = &p->ops[p->n_ops++];
	*op = (struct op){ .kind = kind, .id = id, .text = text, .weight = weight };
	op->params = arena_alloc(w->a, op_schemas[kind]->size);
	return op->params;
}

void op_needs(struct work *w, const char *id)
{
	struct op *op = &w->plan->ops[w->plan->n_ops - 1];

	for (size_t i = 0; i < op->n_needs; i++)
		if (str_eq(op->needs[i], id))
			return;
	if (id)
		add_line(w->a, &op->needs, &op->n_needs, id);
}

static bool is_needed(const struct plan *p, const char *id)
{
	for (size_t i = 0; i < p->n_ops; i++)
		for (size_t k = 0; k < p->ops[i].n_needs; k++)
			if (str_eq(p->ops[i].needs[k], id))
				return true;
	return false;
}

void op_needs_all(struct work *w)
{
	size_t last = w->plan->n_ops - 1;

	for (size_t i = 0; i < last; i++)
		if (!is_needed(w->plan, w->plan->ops[i].id))
			op_needs(w, w->plan->ops[i].id);
}

/* --- disks */

static const char *table_id(struct work *w, size_t disk)
{
	const struct bound *b = &w->bounds[disk];

	return b->untouched ? NULL : arena_printf(w->a, "table:%s", b->role);
}

static void clear_disk(struct work *w, const struct bound *b)
{
	size_t n = b->row->n_destroys;
	const char *what = n ? arena_printf(w->a, "wipe %zu thing%s listed above from %s", n, n == 1 ? "" : "s", b->disk->name) :
			       arena_printf(w->a, "both ends of %s, to be sure", b->disk->name);
	struct op_clear *op;

	if (b->keeps && !n)
		what = arena_printf(w->a, "what is left between partitions of %s", b->disk->name);
	op = op_add(w, OP_CLEAR, arena_printf(w->a, "clear:%s", b->role), 4 * mib, what);
	op->disk = b->role;
	for (size_t i = 0; i < b->n_wants; i++) {
		if (!b->parts[i].keep)
			continue;
		op->keep = arena_grow(w->a, op->keep, op->n_keep, sizeof(*op->keep));
		op->keep[op->n_keep++] = (struct extent){ b->parts[i].start_bytes, b->parts[i].size_bytes };
	}
}

/* Rows of the table in the order in which they lie on the disk. */
static void sort_parts(struct table_part *rows, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && rows[k - 1].start_bytes > rows[k].start_bytes; k--) {
			struct table_part t = rows[k];

			rows[k] = rows[k - 1];
			rows[k - 1] = t;
		}
}

static void divide_disk(struct work *w, const struct bound *b)
{
	AUTO_STR words = STR_INIT;
	struct op_table *op = op_add(w, OP_TABLE, arena_printf(w->a, "table:%s", b->role), mib, NULL);

	op->disk = b->role;
	op->uuid = goal_unfinished(w->plan->goal, w->a);
	op->n_parts = b->n_wants;
	op->parts = arena_array(w->a, b->n_wants + 1, sizeof(*op->parts));
	memcpy(op->parts, b->parts, b->n_wants * sizeof(*op->parts));
	sort_parts(op->parts, op->n_parts);
	str_addf(&words, "gpt%s%s:", w->n_bounds > 1 ? " on " : "", w->n_bounds > 1 ? b->disk->name : "");
	for (size_t i = 0; i < op->n_parts; i++)
		str_addf(&words, "%s %s %s%s", i ? "," : "", op->parts[i].name + strlen("fulcrum-"),
			 size_words(op->parts[i].size_bytes, w->a), op->parts[i].keep && !w->in_place ? " kept" : "");
	if (w->in_place)
		str_add(&words, "; all stay where they are");
	w->plan->ops[w->plan->n_ops - 1].text = arena_strdup(w->a, str_text(&words));
	if (!w->in_place)
		op_needs(w, arena_printf(w->a, "clear:%s", b->role));
}

/* --- what stands on them */

static void needs_carriers(struct work *w, const struct unit *u)
{
	for (size_t i = 0; i < u->n_places; i++)
		op_needs(w, table_id(w, u->places[i].disk));
	for (size_t i = 0; i < u->n_on; i++) {
		if (u->on[i]->op)
			op_needs(w, u->on[i]->op);
		else
			needs_carriers(w, u->on[i]);
	}
}

/* Devices that U is made of: partitions, and what other lines offer. */
static void add_members(struct work *w, const struct unit *u, const char ***list, size_t *n)
{
	for (size_t i = 0; i < u->n_places; i++)
		add_line(w->a, list, n, place_ref(w, &u->places[i]));
	for (size_t i = 0; i < u->n_on; i++) {
		if (u->on[i]->item->role == PART_PART)
			add_members(w, u->on[i], list, n);
		else
			add_line(w->a, list, n, unit_ref(w, u->on[i]));
	}
}

/* "md-main" for a device on an array, "partition 3" on a disk, "2 partitions". */
static const char *carrier_words(struct work *w, const struct unit *u)
{
	AUTO_STR t = STR_INIT;
	size_t n = u->n_places;

	for (size_t i = 0; i < u->n_on; i++) {
		if (u->on[i]->item->role == PART_PART)
			n += u->on[i]->n_places;
		else
			str_addf(&t, "%s%s", t.len ? ", " : "", u->on[i]->name);
	}
	if (n == 1 && u->n_places == 1)
		str_addf(&t, "%spartition %" PRIu64 "%s%s", t.len ? ", " : "",
			 w->bounds[u->places[0].disk].parts[u->places[0].part].number, w->n_bounds > 1 ? " of " : "",
			 w->n_bounds > 1 ? w->bounds[u->places[0].disk].disk->name : "");
	else if (n)
		str_addf(&t, "%s%zu partition%s", t.len ? ", " : "", n, n == 1 ? "" : "s");
	return arena_strdup(w->a, str_text(&t));
}

/* As mdadm writes UUIDs: four groups of eight digits. */
static const char *md_uuid(struct work *w, const char *uuid)
{
	char hex[33];
	size_t n = 0;

	for (const char *c = uuid; *c && n < 32; c++)
		if (*c != '-' && *c != ':')
			hex[n++] = *c;
	hex[n] = '\0';
	return arena_printf(w->a, "%.8s:%.8s:%.8s:%.8s", hex, hex + 8, hex + 16, hex + 24);
}

/* GRUB and rescue tools read a mirror with its superblock at the end like the plain file system. */
static const char *array_metadata(const struct work *w, const struct unit *u)
{
	for (size_t i = 0; i < w->r->machine->n_arrays && u->kept != UNIT_NEW; i++)
		if (same_guid(w->r->machine->arrays[i].uuid, u->uuid) && w->r->machine->arrays[i].metadata)
			return w->r->machine->arrays[i].metadata;
	for (size_t i = 0; i < w->n_units; i++) {
		enum part_role role = w->units[i].item->role;

		if ((role == PART_BOOT || role == PART_ROOT) && w->units[i].n_on && w->units[i].on[0] == u && u->item->level == 1)
			return "1.0";
	}
	return "1.2";
}

static void make_array(struct work *w, struct unit *u)
{
	struct op_raid *op;

	u->op = arena_printf(w->a, "raid:%s", u->name);
	op = op_add(w, OP_RAID, u->op, 4 * mib,
		    u->kept ? arena_printf(w->a, "%s, as it is, from %s", u->name, carrier_words(w, u)) :
			      arena_printf(w->a, "%s: level %" PRIu64 " over %s, %s", u->name, u->item->level,
					   carrier_words(w, u), size_words(u->bytes, w->a)));
	op->name = u->name;
	op->uuid = md_uuid(w, u->uuid);
	op->metadata = array_metadata(w, u);
	op->level = u->item->level;
	op->keep = u->kept != UNIT_NEW;
	add_members(w, u, &op->members, &op->n_members);
	needs_carriers(w, u);
}

static void make_crypt(struct work *w, struct unit *u)
{
	struct op_crypt *op;

	u->op = arena_printf(w->a, "crypt:%s", u->name);
	op = op_add(w, OP_CRYPT, u->op, 4 * mib,
		    arena_printf(w->a, "%s on %s, %s%s", u->name, carrier_words(w, u), u->kept ? "opened as it is by " : "LUKS2, ",
				 u->item->passphrase ? "passphrase" : "key file"));
	op->name = u->name;
	op->dev = u->n_on ? unit_ref(w, u->on[0]) : place_ref(w, &u->places[0]);
	op->uuid = u->uuid;
	op->key = u->name;
	op->keep = u->kept != UNIT_NEW;
	needs_carriers(w, u);
}

static void make_group(struct work *w, struct unit *u)
{
	const struct lvm_volume **gone;
	size_t n = removed_volumes(w, u, &gone);
	struct op_group *op;

	u->op = arena_printf(w->a, "group:%s", u->name);
	op = op_add(w, OP_GROUP, u->op, 4 * mib,
		    u->kept ? arena_printf(w->a, "%s, as it is, on %s%s", u->name, carrier_words(w, u), n ? ", without:" : "") :
			      arena_printf(w->a, "%s on %s, %s", u->name, carrier_words(w, u), size_words(u->bytes, w->a)));
	op->name = u->name;
	op->keep = u->kept != UNIT_NEW;
	add_members(w, u, &op->members, &op->n_members);
	for (size_t i = 0; i < n; i++) {
		struct op *row = &w->plan->ops[w->plan->n_ops - 1];

		add_line(w->a, &op->remove, &op->n_remove, gone[i]->name);
		row->text = arena_printf(w->a, "%s %s", row->text, gone[i]->name);
	}
	needs_carriers(w, u);
}

static const char *volume_kind(const struct unit *u)
{
	if (u->item->role == PART_POOL)
		return "pool";
	if (u->on[0]->item->role == PART_POOL)
		return "thin";
	return u->item->stripes > 1 ? "striped" : "linear";
}

static void make_volume(struct work *w, struct unit *u)
{
	const struct unit *g = group_of(u);
	const char *kind = volume_kind(u), *extra = "";
	struct op_volume *op;

	if (str_eq(kind, "thin"))
		extra = arena_printf(w->a, " in pool %s", u->on[0]->name);
	else if (str_eq(kind, "striped"))
		extra = arena_printf(w->a, " over %" PRIu64 " stripes", u->item->stripes);
	else if (str_eq(kind, "pool"))
		extra = ", thin pool";
	u->op = arena_printf(w->a, "volume:%s/%s", g->name, u->name);
	op = op_add(w, OP_VOLUME, u->op, mib,
		    arena_printf(w->a, "%s/%s%s, %s%s", g->name, u->name, extra, size_words(u->bytes, w->a),
				 u->kept ? ", as it is" : u->takes_free ? ", all that is free" : ""));
	op->group = g->name;
	op->name = u->name;
	op->kind = kind;
	op->pool = str_eq(kind, "thin") ? u->on[0]->name : NULL;
	op->size_bytes = u->takes_free ? 0 : u->bytes;
	op->stripes = u->item->stripes > 1 ? u->item->stripes : 0;
	op->keep = u->kept != UNIT_NEW;
	needs_carriers(w, u);
	/* All that is free is known once the others have theirs. */
	for (size_t i = 0; i < w->n_units && u->takes_free; i++)
		if (&w->units[i] != u && w->units[i].n_on && w->units[i].on[0] == u->on[0])
			op_needs(w, arena_printf(w->a, "volume:%s/%s", g->name, w->units[i].name));
}

/* --- file systems */

static const char *fs_label(struct work *w, const struct unit *u)
{
	switch (u->fs) {
	case FS_VFAT: {
		char *label = arena_printf(w->a, "FULCRUM-%.3s", u->name);

		for (char *c = label; *c; c++)
			*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
		return label;
	}
	case FS_XFS:
		return arena_strndup(w->a, u->label, 12);
	case FS_EXT4:
	case FS_SWAP:
	case FS_DEFAULT:
	case FS_NONE:
		break;
	}
	return strlen(u->label) > 16 ? arena_strndup(w->a, u->label, 16) : u->label;
}

const char *fs_uuid(struct work *w, const struct unit *u, size_t place)
{
	const char *name = arena_printf(w->a, "fs:%s", u->label);
	const struct signature *s;
	char fat[10];

	if (u->kept != UNIT_NEW) {
		s = u->n_places ? partition_signature(place_seen(w, u, place), fs_names[u->fs]) : NULL;
		return s ? s->uuid : NULL;
	}
	if (u->n_places > 1)
		name = arena_printf(w->a, "%s@%s", name, w->bounds[u->places[place].disk].role);
	if (u->fs != FS_VFAT)
		return work_id(w, name);
	fat_id_from_seed(w->plan->seed, name, fat);
	return arena_strdup(w->a, fat);
}

static void make_fs(struct work *w, struct unit *u, size_t place)
{
	const struct place *p = u->n_places ? &u->places[place] : NULL;
	const char *id = arena_printf(w->a, "mkfs:%s%s%s", u->label, u->n_places > 1 ? "@" : "",
				      u->n_places > 1 ? w->bounds[p->disk].role : "");
	struct op_mkfs *op;

	if (p)
		op = op_add(w, OP_MKFS, id, 4 * mib,
			    arena_printf(w->a, "%s on partition %" PRIu64 "%s%s, %s", fs_names[u->fs],
					 w->bounds[p->disk].parts[p->part].number, w->n_bounds > 1 ? " of " : "",
					 w->n_bounds > 1 ? w->bounds[p->disk].disk->name : "", u->label));
	else
		op = op_add(w, OP_MKFS, id, 4 * mib,
			    arena_printf(w->a, "%s on %s, %s", fs_names[u->fs],
					 is_volume(u) ? arena_printf(w->a, "volume %s/%s", group_of(u)->name, u->name) :
							u->on[0]->name, u->label));
	op->dev = p ? place_ref(w, p) : unit_ref(w, u);
	op->fs = fs_names[u->fs];
	op->label = fs_label(w, u);
	op->uuid = fs_uuid(w, u, place);
	if (is_volume(u))
		op_needs(w, u->op);
	else
		needs_carriers(w, u);
}

static void name_ids(struct work *w, struct unit *u)
{
	if (u->kept != UNIT_NEW)
		return;
	if (u->item->role == PART_RAID)
		u->uuid = work_id(w, arena_printf(w->a, "md:%s", u->name));
	else if (u->item->role == PART_CRYPT)
		u->uuid = work_id(w, arena_printf(w->a, "luks:%s", u->name));
}

/* The operations of U after those of all that it stands on. */
static void list_unit(struct work *w, struct unit *u)
{
	if (u->listed)
		return;
	u->listed = true;
	for (size_t i = 0; i < u->n_on; i++)
		list_unit(w, u->on[i]);
	for (size_t i = 0; i < w->n_units && u->takes_free; i++)
		if (w->units[i].n_on && w->units[i].on[0] == u->on[0])
			list_unit(w, &w->units[i]);
	name_ids(w, u);
	if (u->item->role == PART_RAID)
		make_array(w, u);
	else if (u->item->role == PART_CRYPT)
		make_crypt(w, u);
	else if (u->item->role == PART_GROUP)
		make_group(w, u);
	else if (is_volume(u))
		make_volume(w, u);
	if (u->kept != UNIT_NEW || u->fs == FS_NONE || (w->image_on_root && u->item->role == PART_ROOT))
		return;
	for (size_t i = 0; i < (u->n_places ? u->n_places : 1); i++)
		make_fs(w, u, i);
}

void storage_ops(struct work *w)
{
	for (size_t i = 0; i < w->n_bounds && !w->in_place; i++)
		if (!w->bounds[i].untouched)
			clear_disk(w, &w->bounds[i]);
	for (size_t i = 0; i < w->n_bounds; i++)
		if (!w->bounds[i].untouched)
			divide_disk(w, &w->bounds[i]);
	for (size_t i = 0; i < w->n_units; i++)
		list_unit(w, &w->units[i]);
}
