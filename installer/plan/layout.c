/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layout: sizes to sectors. */
#include "plan/layout.h"

#include <inttypes.h>

#include "base/size.h"
#include "base/str.h"
#include "base/uuid.h"

static const uint64_t mib = 1024 * 1024;

/* A range between kept partitions, and what was put into it so far, at the least size of each. */
struct gap {
	uint64_t start, end, used;
	size_t n_flexible;
};

struct placing {
	const struct layout_part *parts;
	size_t n;
	const struct disk *d;
	uint64_t align;
	bool fresh;	/* as if nothing were kept */
	uint64_t *size; /* by part */
	size_t *gap_of; /* by part; of one that is kept nothing */
	struct gap *gaps;
	size_t n_gaps;
};

/* Odd preferred sizes (33553920 from some USB bridges) would give weird bounds: they are ignored. */
uint64_t layout_alignment(const struct disk *d)
{
	uint64_t io = d->optimal_io_bytes;

	if (io > mib && io <= 16 * mib && io % mib == 0)
		return io;
	return mib;
}

static uint64_t round_up(uint64_t bytes, uint64_t unit)
{
	return bytes / unit * unit + (bytes % unit ? unit : 0);
}

static bool stays(const struct placing *p, size_t i)
{
	return p->parts[i].kept && !p->fresh;
}

/* The least that part I can do with; all of its size, unless it takes a rest. */
static uint64_t least(const struct placing *p, size_t i)
{
	const struct layout_part *w = &p->parts[i];
	uint64_t bytes = w->bytes, min = round_up(w->min_bytes, p->align);

	if (stays(p, i))
		return w->kept->size_bytes;
	if (w->rest)
		return round_up(min > LAYOUT_LEAST_REST ? min : LAYOUT_LEAST_REST, p->align);
	if (w->percent) {
		bytes = p->d->size_bytes / 100 * w->percent / p->align * p->align;
		if (w->max_bytes && bytes > w->max_bytes)
			bytes = w->max_bytes / p->align * p->align;
		bytes = bytes < min ? min : bytes;
	}
	return round_up(bytes ? bytes : p->align, p->align);
}

static uint64_t most(const struct placing *p, size_t i)
{
	uint64_t max = p->parts[i].max_bytes / p->align * p->align, min = least(p, i);

	if (!p->parts[i].max_bytes)
		return UINT64_MAX;
	return max < min ? min : max;
}

/* --- what is free */

static const struct partition *next_kept(const struct placing *p, uint64_t from)
{
	const struct partition *best = NULL;

	for (size_t i = 0; i < p->n; i++) {
		const struct partition *k = p->parts[i].kept;

		if (stays(p, i) && k->start_bytes >= from && (!best || k->start_bytes < best->start_bytes))
			best = k;
	}
	return best;
}

static void find_gaps(struct placing *p, struct arena *a)
{
	uint64_t at = 0, size = p->d->size_bytes, limit = size / p->align * p->align;
	const struct partition *k = NULL;

	/* The last MiB is kept free for the backup table (33 sectors of 512 bytes, 5 of 4096). */
	if (limit + mib > size)
		limit -= limit ? p->align : 0;
	p->gaps = arena_array(a, p->n + 1, sizeof(*p->gaps));
	p->n_gaps = 0;
	do {
		uint64_t start = round_up(at < p->align ? p->align : at, p->align), end;

		k = next_kept(p, at);
		end = k && k->start_bytes < limit ? k->start_bytes / p->align * p->align : limit;
		if (end > start)
			p->gaps[p->n_gaps++] = (struct gap){ .start = start, .end = end };
		at = k ? k->start_bytes + k->size_bytes : at;
	} while (k);
}

static uint64_t room(const struct gap *g)
{
	return g->end - g->start - g->used;
}

/* --- who goes where */

static bool put(struct placing *p, size_t i, size_t gap)
{
	uint64_t bytes = least(p, i);

	if (gap == p->n_gaps || room(&p->gaps[gap]) < bytes)
		return false;
	p->gap_of[i] = gap;
	p->size[i] = bytes;
	p->gaps[gap].used += bytes;
	p->gaps[gap].n_flexible += p->parts[i].rest;
	return true;
}

static size_t first_gap(const struct placing *p, uint64_t bytes)
{
	size_t g = 0;

	while (g < p->n_gaps && room(&p->gaps[g]) < bytes)
		g++;
	return g;
}

/* The gap that leaves most to one more that takes a rest. */
static size_t widest_gap(const struct placing *p)
{
	size_t best = p->n_gaps;
	uint64_t share = 0;

	for (size_t g = 0; g < p->n_gaps; g++) {
		uint64_t s = room(&p->gaps[g]) / (p->gaps[g].n_flexible + 1);

		if (s > share) {
			share = s;
			best = g;
		}
	}
	return best;
}

static bool put_all(struct placing *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (!stays(p, i) && !p->parts[i].rest && !put(p, i, first_gap(p, least(p, i))))
			return false;
	for (size_t i = 0; i < p->n; i++)
		if (!stays(p, i) && p->parts[i].rest && !put(p, i, widest_gap(p)))
			return false;
	return true;
}

static uint64_t at_level(struct share *rows, size_t n, uint64_t level)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		rows[i].size = level < rows[i].min ? rows[i].min : level > rows[i].max ? rows[i].max : level;
		sum += rows[i].size;
	}
	return sum;
}

void share_out(uint64_t have, uint64_t unit, struct share *rows, size_t n)
{
	uint64_t lo = 0, hi = have / unit, left;

	while (lo < hi) {
		uint64_t mid = lo + (hi - lo + 1) / 2;

		if (at_level(rows, n, mid * unit) <= have)
			lo = mid;
		else
			hi = mid - 1;
	}
	left = have - at_level(rows, n, lo * unit);
	for (size_t i = n; i-- > 0 && left;) {
		uint64_t more = rows[i].max - rows[i].size < left ? rows[i].max - rows[i].size : left;

		rows[i].size += more;
		left -= more;
	}
}

/* What take a rest share what GAP has left. */
static void grow(struct placing *p, size_t gap, struct arena *a)
{
	struct share *rows = arena_array(a, p->n, sizeof(*rows));
	size_t *who = arena_array(a, p->n, sizeof(*who)), n = 0;
	uint64_t have = room(&p->gaps[gap]);

	for (size_t i = 0; i < p->n; i++) {
		if (stays(p, i) || !p->parts[i].rest || p->gap_of[i] != gap)
			continue;
		rows[n] = (struct share){ .min = least(p, i), .max = most(p, i) };
		have += rows[n].min;
		who[n++] = i;
	}
	if (n)
		share_out(have, p->align, rows, n);
	for (size_t i = 0; i < n; i++)
		p->size[who[i]] = rows[i].size;
}

/* --- rows of the table */

static bool number_taken(const struct placing *p, uint64_t number)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->parts[i].kept && p->parts[i].kept->number == number)
			return true;
	return false;
}

static void fill(struct placing *p, const char *seed, struct arena *a, struct table_part *ret)
{
	uint64_t number = 1;

	for (size_t g = 0; g < p->n_gaps; g++)
		grow(p, g, a);
	for (size_t i = 0; i < p->n; i++) {
		const struct layout_part *w = &p->parts[i];
		const struct partition *k = w->kept;
		char uuid[UUID_TEXT];

		if (k) {
			ret[i] = (struct table_part){ .number = k->number, .name = k->name, .type_uuid = k->type_uuid,
						      .uuid = k->uuid, .start_bytes = k->start_bytes,
						      .size_bytes = k->size_bytes, .keep = true };
			if (p->fresh)
				p->gaps[p->gap_of[i]].start += p->size[i];
			continue;
		}
		while (number_taken(p, number))
			number++;
		uuid_from_seed(seed, w->id, uuid);
		ret[i] = (struct table_part){ .number = number++, .name = w->name, .type_uuid = w->type_uuid,
					      .uuid = arena_strdup(a, uuid),
					      .start_bytes = p->gaps[p->gap_of[i]].start, .size_bytes = p->size[i] };
		p->gaps[p->gap_of[i]].start += p->size[i];
	}
}

static int does_not_fit(const struct placing *p, struct error *err)
{
	AUTO_STR sum = STR_INIT;
	char size[SIZE_TEXT_MAX], have[SIZE_TEXT_MAX];
	uint64_t need = p->align + mib;
	bool kept = false;

	for (size_t i = 0; i < p->n; i++) {
		const struct layout_part *w = &p->parts[i];

		need += least(p, i);
		kept = kept || stays(p, i);
		str_addf(&sum, "\n  %-18s %9s", w->name, size_format(least(p, i), size));
		if (stays(p, i))
			str_add(&sum, "  kept");
		else if (w->rest)
			str_add(&sum, "  at least: it takes the rest");
		else if (w->percent)
			str_addf(&sum, "  %" PRIu64 " %% of the disk", w->percent);
	}
	if (need <= p->d->size_bytes && kept) {
		str_add(&sum, "\n  between what is kept:");
		for (size_t g = 0; g < p->n_gaps; g++)
			str_addf(&sum, "%s %s", g ? "," : "", size_format(p->gaps[g].end - p->gaps[g].start, size));
		error_set(err, ERR_INPUT, "disk %s %s: the layout does not fit between the partitions that are kept%s",
			  p->d->name, disk_id(p->d), str_text(&sum));
		return error_hint(err, "choose smaller sizes, or do not preserve what is in the way");
	}
	error_set(err, ERR_INPUT, "disk %s %s is too small: %s, the layout needs %s%s\n  %-18s %9s", p->d->name,
		  disk_id(p->d), size_format(p->d->size_bytes, have), size_format(need, size), str_text(&sum),
		  "both ends, table", "2.0 MiB");
	return error_hint(err, "choose a larger disk or smaller sizes");
}

/* True if what is kept is where it would be put if it were made now. */
static bool as_if_fresh(struct placing *p, struct arena *a)
{
	struct table_part *row = arena_array(a, p->n, sizeof(*row));
	struct layout_part *anew = arena_array(a, p->n, sizeof(*anew));
	struct placing q = *p;

	for (size_t i = 0; i < p->n; i++) {
		anew[i] = p->parts[i];
		anew[i].kept = NULL;
	}
	q.parts = anew;
	find_gaps(&q, a);
	if (!put_all(&q))
		return false;
	fill(&q, "", a, row);
	for (size_t i = 0; i < p->n; i++) {
		const struct partition *k = p->parts[i].kept;

		if (k && (k->start_bytes != row[i].start_bytes || k->size_bytes != row[i].size_bytes))
			return false;
	}
	return true;
}

int layout_place(const struct layout_part *parts, size_t n, const struct disk *d, const char *seed,
		 struct arena *a, struct table_part *ret, struct error *err)
{
	struct placing p = { .parts = parts, .n = n, .d = d, .align = layout_alignment(d) };

	p.size = arena_array(a, n + 1, sizeof(*p.size));
	p.gap_of = arena_array(a, n + 1, sizeof(*p.gap_of));
	/* A second run keeps what the first one made: the others must come out where the first run put them. */
	p.fresh = as_if_fresh(&p, a);
	find_gaps(&p, a);
	if (!put_all(&p))
		return does_not_fit(&p, err);
	fill(&p, seed, a, ret);
	return 0;
}
