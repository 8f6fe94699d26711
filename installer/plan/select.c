/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selectors: one table row a condition, so that matching and explaining cannot drift apart. */
#include "plan/select.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/str.h"

/* NULL when WANTED is not asked for or matches; shell wildcards are allowed. */
static const char *text_why(const char *what, const char *wanted, const char *seen, struct arena *a)
{
	if (!wanted)
		return NULL;
	if (str_empty(seen))
		return arena_printf(a, "%s is unknown, wanted %s", what, wanted);
	if (fnmatch(wanted, seen, 0) == 0)
		return NULL;
	return arena_printf(a, "%s is %s, wanted %s", what, seen, wanted);
}

static const char *why_serial(const struct disk_selector *s, const struct disk *d, struct arena *a)
{
	return text_why("serial", s->serial, d->serial, a);
}
static const char *why_wwn(const struct disk_selector *s, const struct disk *d, struct arena *a)
{
	return text_why("wwn", s->wwn, d->wwn, a);
}
static const char *why_model(const struct disk_selector *s, const struct disk *d, struct arena *a)
{
	return text_why("model", s->model, d->model, a);
}
static const char *why_vendor(const struct disk_selector *s, const struct disk *d, struct arena *a)
{
	return text_why("vendor", s->vendor, d->vendor, a);
}
static const char *why_path(const struct disk_selector *s, const struct disk *d, struct arena *a)
{
	return text_why("path", s->path, d->topology, a);
}
static const char *why_pci(const struct disk_selector *s, const struct disk *d, struct arena *a)
{
	return text_why("pci", s->pci, d->pci, a);
}
static const char *why_bus(const struct disk_selector *s, const struct disk *d, struct arena *a)
{
	if (s->bus == BUS_UNKNOWN || s->bus == d->bus)
		return NULL;
	return arena_printf(a, "bus is %s, wanted %s", disk_bus_names[d->bus], disk_bus_names[s->bus]);
}
static const char *why_rotational(const struct disk_selector *s, const struct disk *d, struct arena *a)
{
	(void)a;
	if (!s->rotational_set || s->rotational == d->rotational)
		return NULL;
	return d->rotational ? "rotational, wanted not" : "not rotational, wanted rotational";
}
static const char *why_size(const struct disk_selector *s, const struct disk *d, struct arena *a)
{
	char buf[SIZE_TEXT_MAX];

	if (!s->size.set || (d->size_bytes >= s->size.min && d->size_bytes <= s->size.max))
		return NULL;
	return arena_printf(a, "size is %s, wanted %s", size_format(d->size_bytes, buf), s->size.text);
}
static const char *why_sector(const struct disk_selector *s, const struct disk *d, struct arena *a)
{
	if (!s->sector || s->sector == d->sector_bytes)
		return NULL;
	return arena_printf(a, "sector is %" PRIu64 ", wanted %" PRIu64, d->sector_bytes, s->sector);
}
static const char *why_blank(const struct disk_selector *s, const struct disk *d, struct arena *a)
{
	(void)a;
	if (!s->blank_set || s->blank == disk_is_blank(d))
		return NULL;
	return s->blank ? "carries something, wanted blank" : "is blank, wanted not";
}

/* Asks for one disk by what it is called, and not for whatever there is. */
static bool names_one(const char *wanted)
{
	return wanted && !strpbrk(wanted, "*?[");
}
/*
 * What a disk carries that could not be looked at is not known, and a device that crashes or hangs those
 * who read it is no place for a system: only somebody who names it may take it.
 */
static const char *why_unread(const struct disk_selector *s, const struct disk *d, struct arena *a)
{
	if (!d->unread || names_one(s->serial) || names_one(s->wwn) || names_one(s->path))
		return NULL;
	return arena_printf(a, "could not be read (%s), and is not named by serial, wwn or path", d->damage ? d->damage : "no reason is known");
}

typedef const char *(*why_fn)(const struct disk_selector *s, const struct disk *d, struct arena *a);
static const why_fn conditions[] = {
	why_serial, why_wwn,	    why_model, why_vendor, why_path, why_pci,
	why_bus,    why_rotational, why_size,  why_sector, why_blank, why_unread,
};

/* Why D may not be a target of anything, whatever is asked for. */
static const char *never_why(const struct disk *d, struct arena *a)
{
	if (d->in_use)
		return arena_printf(a, "never a target: %s", d->in_use);
	return d->read_only ? "never a target: read-only" : NULL;
}

const char *select_why_not(const struct disk_selector *s, const struct disk *d, struct arena *a)
{
	const char *why = never_why(d, a);

	for (size_t i = 0; i < ARRAY_LEN(conditions) && !why; i++)
		why = conditions[i](s, d, a);
	return why;
}

/* One disk of the machine, and how S looks at it. */
struct candidate {
	const struct disk *disk;
	const char *never; /* why it may not be a target at all */
	const char *fails; /* the conditions that do not hold */
	bool matches, taken;
};

/* Every condition of S that does not hold for D; NULL when all hold. */
static const char *all_fails(const struct disk_selector *s, const struct disk *d, struct arena *a)
{
	AUTO_STR b = STR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
		const char *why = conditions[i](s, d, a);

		if (why)
			str_addf(&b, "%s%s", b.len ? "; " : "", why);
	}
	return b.len ? arena_strdup(a, str_text(&b)) : NULL;
}

/*
 * Attachment paths in the order a person counts in: ports 2 and 10 come as 2, 10. Runs of (hexadecimal)
 * digits of one length compare as text, a longer run is the larger number.
 */
static int path_order(const char *a, const char *b)
{
	static const char digits[] = "0123456789abcdef";
	size_t na, nb;

	while (*a && *a == *b) {
		a++;
		b++;
	}
	na = strspn(a, digits);
	nb = strspn(b, digits);
	if (na != nb)
		return na < nb ? -1 : 1;
	return *a < *b ? -1 : *a > *b;
}

/* What observation could not place comes last. */
static int topology_order(const struct disk *a, const struct disk *b)
{
	if (!a->topology || !b->topology)
		return !a->topology - !b->topology;
	return path_order(a->topology, b->topology);
}

/* Negative, 0 or positive as A comes before B under PICK. */
static int pick_order(enum pick pick, const struct disk *a, const struct disk *b)
{
	switch (pick) {
	case PICK_SMALLEST:
		return a->size_bytes < b->size_bytes ? -1 : a->size_bytes > b->size_bytes;
	case PICK_LARGEST:
		return a->size_bytes > b->size_bytes ? -1 : a->size_bytes < b->size_bytes;
	case PICK_FIRST_BY_PATH:
		return topology_order(a, b);
	case PICK_NONE:
		break;
	}
	return 0;
}

static const char *const pick_words[] = {
	[PICK_NONE] = "", [PICK_SMALLEST] = "smallest", [PICK_LARGEST] = "largest", [PICK_FIRST_BY_PATH] = "first by path"
};

/* The candidates for one selector, in the machine's order, and how many are wanted and match. */
struct table {
	const struct disk_selector *s;
	struct candidate *items;
	size_t n, wanted, matches, in_the_way; /* in_the_way: all conditions hold, but never a target */
	bool tie; /* `pick` leaves two equal at the border of the set */
};

/* Candidate I of T is among those that PICK takes; *RET_TIE: another one has the same right to its place. */
static bool is_picked(const struct table *t, size_t i, bool *ret_tie)
{
	size_t before = 0, equal = 0;

	for (size_t j = 0; j < t->n; j++) {
		int order = t->items[j].matches ?
				    pick_order(t->s->pick, t->items[j].disk, t->items[i].disk) : 1;

		before += order < 0;
		equal += order == 0; /* itself too */
	}
	*ret_tie = before < t->wanted && before + equal > t->wanted;
	return before < t->wanted;
}

static void look_at_all(const struct disk_selector *s, const struct machine *m, struct arena *a, struct table *ret)
{
	*ret = (struct table){ .s = s, .n = m->n_disks, .wanted = s->count ? s->count : 1 };
	ret->items = arena_array(a, m->n_disks, sizeof(*ret->items));
	for (size_t i = 0; i < m->n_disks; i++) {
		struct candidate *c = &ret->items[i];

		c->disk = &m->disks[i];
		c->never = never_why(c->disk, a);
		c->fails = all_fails(s, c->disk, a);
		c->matches = !c->never && !c->fails;
		ret->matches += c->matches;
		ret->in_the_way += c->never && !c->fails;
	}
	if (ret->matches < ret->wanted)
		return;
	for (size_t i = 0; i < ret->n; i++) {
		struct candidate *c = &ret->items[i];
		bool tie;

		c->taken = c->matches && is_picked(ret, i, &tie);
		ret->tie = ret->tie || (c->taken && tie);
	}
}

static bool is_bound(const struct table *t)
{
	return t->matches >= t->wanted && !t->tie;
}

/* What S asks for, in words: the reason shown beside the disk that was taken. */
static const char *wanted_words(const struct disk_selector *s, struct arena *a)
{
	AUTO_STR b = STR_INIT;
	const struct {
		const char *what, *value;
	} texts[] = { { "serial", s->serial }, { "wwn", s->wwn },   { "model", s->model },
		      { "vendor", s->vendor }, { "path", s->path }, { "pci", s->pci } };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].value)
			str_addf(&b, "%s%s %s", b.len ? ", " : "", texts[i].what, texts[i].value);
	if (s->bus != BUS_UNKNOWN)
		str_addf(&b, "%sbus %s", b.len ? ", " : "", disk_bus_names[s->bus]);
	if (s->rotational_set)
		str_addf(&b, "%s%srotational", b.len ? ", " : "", s->rotational ? "" : "not ");
	if (s->size.set)
		str_addf(&b, "%s%s", b.len ? ", " : "", s->size.text);
	if (s->sector)
		str_addf(&b, "%ssector %" PRIu64, b.len ? ", " : "", s->sector);
	if (s->blank_set)
		str_addf(&b, "%s%sblank", b.len ? ", " : "", s->blank ? "" : "not ");
	return arena_strdup(a, b.len ? str_text(&b) : "any disk");
}

/* "the smallest", "the 3 smallest", "the first 3 by path" */
static const char *pick_text(const struct table *t, struct arena *a)
{
	if (t->wanted == 1)
		return arena_printf(a, "the %s", pick_words[t->s->pick]);
	if (t->s->pick == PICK_FIRST_BY_PATH)
		return arena_printf(a, "the first %zu by path", t->wanted);
	return arena_printf(a, "the %zu %s", t->wanted, pick_words[t->s->pick]);
}

/* --- the table for people */

static size_t with_id(const struct table *t, const char *id)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += str_eq(disk_id(t->items[i].disk), id);
	return n;
}

static size_t with_wwn(const struct table *t, const char *wwn)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += str_eq(t->items[i].disk->wwn, wwn);
	return n;
}

/*
 * What C is called: "S5GXNF0R123456", with what several paths lead to marked as such. A serial that others have,
 * too (it may be the controller's, or a clone's), does not say which disk it is: its WWN or its place does.
 */
static const char *id_text(const struct table *t, const struct candidate *c, struct arena *a)
{
	const struct disk *d = c->disk;
	const char *id = disk_id(d), *more = d->wwn && with_wwn(t, d->wwn) == 1 ? d->wwn : d->topology;

	if (more && with_id(t, id) > 1)
		id = arena_printf(a, "%s at %s", id, more);
	return d->n_paths ? arena_printf(a, "%s (%zu paths)", id, d->n_paths + 1) : id;
}

static const char *verdict(const struct table *t, const struct candidate *c, struct arena *a)
{
	if (c->never && c->fails)
		return arena_printf(a, "%s; %s", c->never, c->fails);
	if (c->never)
		return arena_printf(a, "would match, but is %s", c->never);
	if (c->fails)
		return c->fails;
	if (!is_bound(t) || t->matches == t->wanted)
		return "matches";
	return arena_printf(a, "matches, %s%s%s", c->taken ? "" : "not ", t->wanted > 1 ? "one of " : "", pick_text(t, a));
}

/* Adds the line of C: "* nvme0n1  S5GX...456    477 GiB  matches"; the star is for what was taken. */
static void add_line(const struct table *t, const struct candidate *c, int name_w, int id_w, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;
	char size[SIZE_TEXT_MAX];

	str_addf(out, "\n%s %-*s  %-*s  %9s  %s", is_bound(t) && c->taken ? "*" : " ", name_w, c->disk->name, id_w,
		 id_text(t, c, &a), size_format(c->disk->size_bytes, size), verdict(t, c, &a));
}

static void table_widths(const struct table *t, int *ret_name, int *ret_id)
{
	AUTO_ARENA a = ARENA_INIT;

	*ret_name = 4;
	*ret_id = 6;
	for (size_t i = 0; i < t->n; i++) {
		int name = (int)strlen(t->items[i].disk->name), id = (int)strlen(id_text(t, &t->items[i], &a));

		*ret_name = name > *ret_name ? name : *ret_name;
		*ret_id = id > *ret_id ? id : *ret_id;
	}
}

static const char no_disk[] = "\n  no disk was found at all";

/* How the selection ended, in one line: what an error begins with. */
static const char *outcome(const struct table *t, struct arena *a)
{
	const char *is_needed = t->wanted == 1 ? "is needed" : "are needed";

	if (t->tie && t->s->pick != PICK_NONE)
		return arena_printf(a, "%zu disks match, and which %s %s is not clear: several are equal", t->matches,
				    t->wanted == 1 ? "is" : "are", pick_text(t, a));
	if (t->matches == 1)
		return arena_printf(a, "1 disk matches, exactly %zu %s", t->wanted, is_needed);
	if (t->matches)
		return arena_printf(a, "%zu disks match, exactly %zu %s", t->matches, t->wanted, is_needed);
	return arena_printf(a, "no disk matches, exactly %zu %s", t->wanted, is_needed);
}

static const char *remedy(const struct table *t, struct arena *a)
{
	if (!t->n)
		return "check the controller's mode, its cables, and whether it needs a driver that is not here";
	if (t->matches < t->wanted && t->in_the_way)
		return "a disk that is in use, read-only or a copy of another is never taken: see beside it";
	if (t->matches < t->wanted && t->wanted > 1)
		return arena_printf(a, "change the conditions so that %zu of these disks match, or `count`", t->wanted);
	if (t->matches < t->wanted)
		return "change the conditions so that exactly one of these disks matches";
	if (t->s->pick != PICK_NONE && t->s->pick != PICK_FIRST_BY_PATH)
		return "add a condition, or write `pick: first-by-path`";
	return t->wanted == 1 ? "add `serial:` or `pick:` to say which" : "add conditions, `pick:` or a larger `count:`";
}

void select_explain(const struct disk_selector *s, const struct machine *m, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;
	struct table t;
	int name_w, id_w;

	look_at_all(s, m, &a, &t);
	table_widths(&t, &name_w, &id_w);
	str_add(out, "wanted: ");
	if (t.wanted > 1)
		str_addf(out, "%zu disks: ", t.wanted);
	str_add(out, wanted_words(s, &a));
	if (s->pick != PICK_NONE)
		str_addf(out, ", then %s", pick_text(&t, &a));
	for (size_t i = 0; i < t.n; i++)
		add_line(&t, &t.items[i], name_w, id_w, out);
	if (!t.n)
		str_add(out, no_disk);
	if (!is_bound(&t))
		str_addf(out, "\n  stops: %s\n  hint: %s", outcome(&t, &a), remedy(&t, &a));
	str_addc(out, '\n');
}

/*
 * The table as an error shows it: what matches first, then what only lacks being free, then the others. An
 * error is short: of a machine with very many disks, the last ones are only counted.
 */
static void error_table(const struct table *t, struct str *out)
{
	enum { MOST = 1200 };
	size_t left = t->n;
	int name_w, id_w;

	table_widths(t, &name_w, &id_w);
	for (int rank = 0; rank < 3; rank++)
		for (size_t i = 0; i < t->n && out->len < MOST; i++) {
			const struct candidate *c = &t->items[i];

			if ((c->matches ? 0 : c->fails ? 2 : 1) != rank)
				continue;
			add_line(t, c, name_w, id_w, out);
			left--;
		}
	if (!t->n)
		str_add(out, no_disk);
	else if (left)
		str_addf(out, "\n  and %zu more: fulcrum-install explain shows all", left);
}

static int selection_error(const struct table *t, const char *what, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	const struct pos *pos = &t->s->pos;

	error_table(t, &text);
	error_set(err, ERR_SELECT, "%s: %s%s", what, outcome(t, &a), str_text(&text));
	if (pos->file)
		error_wrap(err, "%s:%u:%u", pos->file, pos->line, pos->column);
	return error_hint(err, "%s", remedy(t, &a));
}

/* The order of a set, which gives its members their names: that of their places in the machine. */
static int set_order(const void *x, const void *y)
{
	const struct disk *const *a = x, *const *b = y;
	int order = topology_order(*a, *b);

	return order ? order : strcmp((*a)->name, (*b)->name);
}

static const char *why_taken(const struct table *t, struct arena *a)
{
	const char *words = wanted_words(t->s, a);

	if (t->matches > t->wanted)
		return arena_printf(a, "%s, %s of %zu", words,
				    t->wanted == 1 ? pick_words[t->s->pick] : pick_text(t, a), t->matches);
	if (t->wanted == 1)
		return arena_printf(a, "%s, the only match of %zu", words, t->n);
	return arena_printf(a, "%s, the only %zu that match of %zu", words, t->wanted, t->n);
}

int select_disks(const struct disk_selector *s, const char *what, const struct machine *m, struct arena *a,
		 const struct disk ***ret, size_t *ret_n, const char **ret_why, struct error *err)
{
	struct table t;

	look_at_all(s, m, a, &t);
	if (!is_bound(&t))
		return selection_error(&t, what, err);
	*ret = arena_array(a, t.wanted, sizeof(**ret));
	*ret_n = 0;
	for (size_t i = 0; i < t.n; i++)
		if (t.items[i].taken)
			(*ret)[(*ret_n)++] = t.items[i].disk;
	qsort(*ret, *ret_n, sizeof(**ret), set_order);
	*ret_why = why_taken(&t, a);
	return 0;
}
