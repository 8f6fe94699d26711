/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk as a bar, to scale, and in words. A part that would be narrower than a column is one column wide, and the
 * others give way for it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "guide/inner.h"
#include "model/disk_words.h"

enum { PARTS_MAX = 18 };

struct part {
	uint64_t start, size;
	const char *name;  /* "1", or "" for what is free */
	const char *words; /* what it is */
	bool keep;
	unsigned int width;
};

struct bar {
	struct arena *a;
	struct part parts[PARTS_MAX + 2];
	size_t n, left_out; /* left_out: partitions that are not drawn */
	uint64_t size;
};

static void add_part(struct bar *b, uint64_t start, uint64_t size, const char *name, const char *words, bool keep)
{
	if (b->n == PARTS_MAX) {
		b->left_out++;
		return;
	}
	b->parts[b->n++] = (struct part){ start, size, name, words, keep, 0 };
}

static int by_start(const void *x, const void *y)
{
	const struct part *a = x, *b = y;

	return a->start < b->start ? -1 : a->start > b->start;
}

/* What lies between the parts and is worth a column. */
static void add_gaps(struct bar *b)
{
	uint64_t at = 0;
	size_t n = b->n;

	qsort(b->parts, b->n, sizeof(b->parts[0]), by_start);
	for (size_t i = 0; i <= n; i++) {
		uint64_t end = i < n ? b->parts[i].start : b->size;

		if (end > at && end - at > b->size / 100 && b->n < PARTS_MAX)
			b->parts[b->n++] = (struct part){ at, end - at, "", "free", true, 0 };
		if (i < n && b->parts[i].start + b->parts[i].size > at)
			at = b->parts[i].start + b->parts[i].size;
	}
	qsort(b->parts, b->n, sizeof(b->parts[0]), by_start);
}

/* Columns between the bars of all parts, together WIDTH. */
static void share(struct bar *b, unsigned int width)
{
	uint64_t all = 0;
	unsigned int sum = 0;

	for (size_t i = 0; i < b->n; i++)
		all += b->parts[i].size;
	for (size_t i = 0; i < b->n; i++) {
		double part = all ? (double)b->parts[i].size / (double)all : 0;

		b->parts[i].width = (unsigned int)(part * width);
		if (!b->parts[i].width)
			b->parts[i].width = 1;
		sum += b->parts[i].width;
	}
	while (sum != width) {
		struct part *widest = &b->parts[0];

		for (size_t i = 1; i < b->n; i++)
			if (b->parts[i].width > widest->width)
				widest = &b->parts[i];
		widest->width = sum > width ? widest->width - 1 : widest->width + 1;
		sum = sum > width ? sum - 1 : sum + 1;
	}
}

static void add_rule(const struct bar *b, const char *left, const char *between, const char *right, struct str *out)
{
	str_add(out, left);
	for (size_t i = 0; i < b->n; i++) {
		for (unsigned int k = 0; k < b->parts[i].width; k++)
			str_add(out, "\xe2\x94\x80");
		str_add(out, i + 1 < b->n ? between : right);
	}
	str_addc(out, '\n');
}

static void draw(struct bar *b, struct str *out)
{
	if (!b->n)
		return;
	share(b, GUIDE_WIDTH - (unsigned int)b->n - 1);
	add_rule(b, "\xe2\x94\x8c", "\xe2\x94\xac", "\xe2\x94\x90", out);
	for (size_t i = 0; i < b->n; i++) {
		const struct part *p = &b->parts[i];
		const char *label = p->name[0] ? arena_printf(b->a, "%s %s", p->name, p->words) : p->words;

		/* Not even the number fits into one column when it has two digits: the list below has it. */
		if (p->width < 2 && strlen(p->name) > 1)
			label = "";
		str_addf(out, "\xe2\x94\x82%-*.*s", (int)p->width, (int)p->width, label);
	}
	str_add(out, "\xe2\x94\x82\n");
	add_rule(b, "\xe2\x94\x94", "\xe2\x94\xb4", "\xe2\x94\x98", out);
}

static void list(const struct bar *b, const char *lost, const char *kept, struct str *out)
{
	char size[SIZE_TEXT_MAX];

	for (size_t i = 0; i < b->n; i++) {
		const struct part *p = &b->parts[i];
		const char *fate = !p->name[0] ? "" : p->keep ? kept : lost;

		str_addf(out, "  %2s %9s  %-*.44s%s%s\n", p->name, size_format(p->size, size), fate[0] ? 44 : 0, p->words, fate[0] ? "  " : "", fate);
	}
	if (b->left_out)
		str_addf(out, "  and %zu more\n", b->left_out);
}

/* --- now */

static bool keeps(const struct op_table *t, const struct partition *p)
{
	for (size_t i = 0; t && i < t->n_parts; i++)
		if (t->parts[i].keep && t->parts[i].start_bytes == p->start_bytes)
			return true;
	return false;
}

static void before(struct bar *b, const struct disk *d, const struct op_table *t)
{
	b->size = d->size_bytes;
	for (size_t i = 0; i < d->n_partitions; i++) {
		const struct partition *p = &d->partitions[i];

		/* Logical partitions lie inside an extended one: each is drawn where it is, the extended one not at all. */
		add_part(b, p->start_bytes, p->size_bytes, arena_printf(b->a, "%" PRIu64, p->number),
			 plain_words(partition_words(p, b->a), b->a), keeps(t, p));
	}
	if (d->n_partitions)
		add_gaps(b);
	else
		add_part(b, 0, d->size_bytes, "", plain_words(disk_content_words(d, b->a), b->a), false);
}

/* --- then */

static const struct op_table *table_of(const struct plan *plan)
{
	for (size_t i = 0; plan && i < plan->n_ops; i++)
		if (plan->ops[i].kind == OP_TABLE)
			return plan->ops[i].params;
	return NULL;
}

/* "ext4 slot-a" for partition NUMBER. */
static const char *purpose(const struct plan *plan, const struct op_table *t, const struct table_part *p, struct arena *a)
{
	const char *dev = arena_printf(a, "%s:%" PRIu64, t->disk, p->number);
	const char *name = p->name && str_starts(p->name, "fulcrum-") ? p->name + strlen("fulcrum-") : p->name;

	for (size_t i = 0; i < plan->n_ops; i++) {
		const struct op_mkfs *m = plan->ops[i].params;

		if (plan->ops[i].kind == OP_MKFS && str_eq(m->dev, dev))
			return arena_printf(a, "%s %s", name ? name : "", m->fs);
	}
	return name ? name : "";
}

static void after(struct bar *b, const struct disk *d, const struct plan *plan, const struct op_table *t)
{
	b->size = d->size_bytes;
	for (size_t i = 0; i < t->n_parts; i++) {
		const struct table_part *p = &t->parts[i];

		add_part(b, p->start_bytes, p->size_bytes, arena_printf(b->a, "%" PRIu64, p->number),
			 plain_words(purpose(plan, t, p, b->a), b->a), p->keep);
	}
	add_gaps(b);
}

void map_draw(const struct disk *d, const struct plan *plan, struct str *drawing, struct str *words)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct op_table *t = table_of(plan);
	struct bar now = { .a = &a }, then = { .a = &a };

	before(&now, d, t);
	str_addf(drawing, "now:\n");
	draw(&now, drawing);
	str_addf(words, "now: %s\n", d->table ? d->table : disk_is_blank(d) ? "blank" : "no partition table");
	list(&now, plan ? "goes" : "", "stays", words);
	if (!t)
		return;
	after(&then, d, plan, t);
	str_add(drawing, "then:\n");
	draw(&then, drawing);
	str_add(words, "then: gpt\n");
	list(&then, "new", "stays", words);
}
