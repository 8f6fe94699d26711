/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every line offers to those that stand on it, from the partitions upward, and what volumes get of
 * their group. Arrays and LUKS volumes are not made yet: of them this is the least to be expected, so that what is
 * promised here fits later.
 */
#include "plan/work.h"

#include <inttypes.h>

#include "base/size.h"
#include "base/str.h"

static const uint64_t mib = PLAN_MIB, extent = 4ull * PLAN_MIB, luks_header = 16ull * PLAN_MIB;

int place_partitions(struct work *w, struct error *err)
{
	for (size_t i = 0; i < w->n_bounds; i++) {
		struct bound *b = &w->bounds[i];

		b->parts = arena_array(w->a, b->n_wants + 1, sizeof(*b->parts));
		if (layout_place(b->wants, b->n_wants, b->disk, w->plan->seed, w->a, b->parts, err))
			return -1;
	}
	return 0;
}

static uint64_t round_down(uint64_t bytes, uint64_t unit)
{
	return bytes / unit * unit;
}

static uint64_t place_bytes(const struct work *w, const struct place *p)
{
	return w->bounds[p->disk].parts[p->part].size_bytes;
}

/* --- arrays */

/* md keeps room for its superblock, its bitmap and for reshaping: mdadm(8), --data-offset. */
static uint64_t member_bytes(uint64_t bytes)
{
	uint64_t spare = bytes / 512 < 128 * mib ? bytes / 512 : 128 * mib;

	return bytes > spare + 4 * mib ? bytes - spare - 4 * mib : 0;
}

static uint64_t array_bytes(uint64_t level, uint64_t smallest, uint64_t n)
{
	switch (level) {
	case 0:
		return smallest * n;
	case 5:
		return smallest * (n - 1);
	case 6:
		return n > 2 ? smallest * (n - 2) : 0;
	case 10:
		return smallest * n / 2;
	default:
		return smallest;
	}
}

struct carriers {
	uint64_t n, smallest, sum; /* sum in whole extents: of physical volumes */
};

static void add_carrier(struct carriers *c, uint64_t bytes)
{
	c->smallest = !c->n || bytes < c->smallest ? bytes : c->smallest;
	c->sum += bytes > mib ? round_down(bytes - mib, extent) : 0;
	c->n++;
}

static void sum_carriers(const struct work *w, const struct unit *u, struct carriers *c)
{
	for (size_t i = 0; i < u->n_places; i++)
		add_carrier(c, place_bytes(w, &u->places[i]));
	for (size_t i = 0; i < u->n_on; i++) {
		if (u->on[i]->item->role == PART_PART)
			sum_carriers(w, u->on[i], c);
		else
			add_carrier(c, u->on[i]->bytes);
	}
}

/* --- volumes */

/* A thin pool's metadata, kept twice: lvmthin(7). */
static uint64_t pool_overhead(uint64_t bytes)
{
	uint64_t one = round_down(bytes / 1024 + extent - 1, extent);

	return 2 * (one ? one : extent);
}

static bool takes_rest(const struct unit *v)
{
	const struct part_size *s = &v->item->size;

	return s->rest || (!s->bytes && !s->percent && v->item->role != PART_SWAP && v->item->role != PART_BOOT);
}

static uint64_t bounded(const struct unit *v, uint64_t bytes)
{
	if (v->item->max_bytes && bytes > v->item->max_bytes)
		bytes = v->item->max_bytes;
	return bytes < v->item->min_bytes ? v->item->min_bytes : bytes;
}

static uint64_t usual_bytes(const struct unit *v, uint64_t whole)
{
	const struct part_size *s = &v->item->size;

	if (s->percent) {
		uint64_t bytes = bounded(v, whole / 100 * s->percent), spare = pool_overhead(bytes);

		/* Of the group: two pools of 50% fit into it, with their metadata. */
		return v->item->role == PART_POOL && bytes > spare ? bytes - spare : bytes;
	}
	return s->bytes ? s->bytes : 1024 * mib;
}

static uint64_t in_extents(uint64_t bytes)
{
	return round_down(bytes + extent - 1, extent);
}

static uint64_t seen_bytes(const struct lvm_group *g, const char *name)
{
	for (size_t i = 0; g && i < g->n_volumes; i++)
		if (str_eq(g->volumes[i].name, name))
			return g->volumes[i].size_bytes;
	return 0;
}

/* What V takes of its group. */
static uint64_t with_metadata(const struct unit *v)
{
	return v->bytes + (v->item->role == PART_POOL && !takes_rest(v) ? pool_overhead(v->bytes) : 0);
}

static int group_too_small(struct work *w, const struct unit *g, uint64_t have, struct error *err)
{
	AUTO_STR sum = STR_INIT;
	char size[SIZE_TEXT_MAX];
	uint64_t need = 0;

	for (size_t i = 0; i < w->n_units; i++) {
		const struct unit *v = &w->units[i];

		if (!v->n_on || v->on[0] != g || v->kept != UNIT_NEW)
			continue;
		/* The rest that a pool takes has its metadata in it already. */
		need += with_metadata(v);
		str_addf(&sum, "\n  %-18s %9s%s%s", v->name, size_format(with_metadata(v), size),
			 takes_rest(v) ? "  at least: it takes the rest" : "", v->item->role == PART_POOL ? "  with its metadata" : "");
	}
	error_set(err, ERR_INPUT, "%s: volume group %s is too small: it has %s, its volumes need %s%s", w->where, g->name,
		  size_words(have, w->a), size_words(need, w->a), str_text(&sum));
	return error_hint(err, "choose larger disks or smaller sizes");
}

/* Room in G for what is new in it. */
static uint64_t group_room(struct work *w, const struct unit *g)
{
	const struct lvm_group *seen = (g->kept == UNIT_NEW ? NULL : group_seen(w, g));
	uint64_t room;

	if (!seen)
		return g->bytes;
	room = seen->size_bytes;
	for (size_t i = 0; i < w->n_units; i++) {
		const struct unit *v = &w->units[i];

		if (v->n_on && v->on[0] == g && v->kept != UNIT_NEW) {
			uint64_t bytes = seen_bytes(seen, v->name);

			bytes += v->item->role == PART_POOL ? pool_overhead(bytes) : 0;
			room -= bytes < room ? bytes : room;
		}
	}
	return round_down(room, extent);
}

static void share_rest(struct work *w, struct unit *g, uint64_t have, struct unit **rests, size_t n)
{
	struct share *rows = arena_array(w->a, n + 1, sizeof(*rows));

	for (size_t i = 0; i < n; i++)
		rows[i] = (struct share){ .min = rests[i]->bytes,
					  .max = rests[i]->item->max_bytes ? in_extents(rests[i]->item->max_bytes) : UINT64_MAX };
	if (n)
		share_out(have, extent, rows, n);
	g->free_bytes = have;
	for (size_t i = 0; i < n; i++) {
		g->free_bytes -= rows[i].size;
		rests[i]->bytes = rows[i].size;
		/* The last one without a bound gets what is there in the end, rather than what was expected. */
		rests[i]->takes_free = i + 1 == n && rows[i].max == UINT64_MAX;
		if (rests[i]->item->role == PART_POOL)
			rests[i]->bytes -= pool_overhead(rows[i].size);
	}
}

static int size_volumes(struct work *w, struct unit *g, struct error *err)
{
	struct unit **rests = arena_array(w->a, w->n_units + 1, sizeof(struct unit *));
	uint64_t room = group_room(w, g), need = 0, rest_least = 0;
	const struct lvm_group *seen = (g->kept == UNIT_NEW ? NULL : group_seen(w, g));
	size_t n = 0;

	for (size_t i = 0; i < w->n_units; i++) {
		struct unit *v = &w->units[i];
		uint64_t least = v->item->min_bytes > LAYOUT_LEAST_REST ? v->item->min_bytes : LAYOUT_LEAST_REST;

		if (!v->n_on || v->on[0] != g)
			continue;
		if (v->kept != UNIT_NEW) {
			v->bytes = seen_bytes(seen, v->name);
			continue;
		}
		if (takes_rest(v)) {
			least = v->item->role == PART_ROOT && least < w->root_least ? w->root_least : least;
			v->bytes = in_extents(least) + (v->item->role == PART_POOL ? pool_overhead(least) : 0);
			rest_least += v->bytes;
			rests[n++] = v;
			continue;
		}
		v->bytes = in_extents(usual_bytes(v, g->bytes));
		need += with_metadata(v);
	}
	if (need + rest_least > room)
		return group_too_small(w, g, room, err);
	share_rest(w, g, room - need, rests, n);
	return 0;
}

static void size_thin(struct work *w, const struct unit *pool)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < w->n_units; i++) {
		struct unit *v = &w->units[i];

		if (!v->n_on || v->on[0] != pool)
			continue;
		v->bytes = takes_rest(v) ? pool->bytes : in_extents(usual_bytes(v, pool->bytes));
		sum += v->bytes;
	}
	if (sum > pool->bytes)
		work_note(w, arena_printf(w->a, "volumes of pool %s promise %s, it has %s", pool->name,
					  size_words(sum, w->a), size_words(pool->bytes, w->a)));
}

/* --- all */

static int size_unit(struct work *w, struct unit *u, struct error *err)
{
	struct carriers c = { 0 };

	if (is_volume(u)) /* its group or pool said it */
		return 0;
	sum_carriers(w, u, &c);
	switch (u->item->role) {
	case PART_RAID:
		u->bytes = array_bytes(u->item->level, member_bytes(c.smallest), c.n);
		return 0;
	case PART_CRYPT:
		u->bytes = c.smallest > luks_header ? c.smallest - luks_header : 0;
		return 0;
	case PART_GROUP:
		u->bytes = c.sum;
		return size_volumes(w, u, err);
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
		u->bytes = c.smallest;
		break;
	}
	return 0;
}

/* Carriers first; LEVEL is how far up U stands. */
static size_t level_of(const struct unit *u)
{
	size_t level = 0;

	for (size_t i = 0; i < u->n_on; i++) {
		size_t below = level_of(u->on[i]) + 1;

		level = below > level ? below : level;
	}
	return level;
}

int size_units(struct work *w, struct error *err)
{
	for (size_t level = 0; level <= w->n_units; level++)
		for (size_t i = 0; i < w->n_units; i++) {
			struct unit *u = &w->units[i];

			if (level_of(u) != level)
				continue;
			if (size_unit(w, u, err))
				return -1;
			if (u->item->role == PART_POOL)
				size_thin(w, u);
		}
	return 0;
}
