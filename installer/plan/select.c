/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selectors: one table row a condition, so that matching and explaining cannot drift apart. */
#include "plan/select.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <string.h>

#include "base/size.h"
#include "base/str.h"
#include "plan/planner.h"

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

typedef const char *(*why_fn)(const struct disk_selector *s, const struct disk *d, struct arena *a);
static const why_fn conditions[] = {
	why_serial, why_wwn,	    why_model, why_vendor, why_path, why_pci,
	why_bus,    why_rotational, why_size,  why_sector, why_blank,
};

const char *select_why_not(const struct disk_selector *s, const struct disk *d, struct arena *a)
{
	if (d->in_use)
		return arena_printf(a, "never a target: %s", d->in_use);
	if (d->read_only)
		return "read-only";
	for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
		const char *why = conditions[i](s, d, a);

		if (why)
			return why;
	}
	return NULL;
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
		return strcmp(a->topology ? a->topology : "~", b->topology ? b->topology : "~");
	case PICK_NONE:
		break;
	}
	return 0;
}

static const char *const pick_words[] = {
	[PICK_NONE] = "", [PICK_SMALLEST] = "smallest", [PICK_LARGEST] = "largest", [PICK_FIRST_BY_PATH] = "first by path"
};

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

static void explain_lines(const struct disk_selector *s, const struct machine *m, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;
	size_t name_w = 4, id_w = 6;

	for (size_t i = 0; i < m->n_disks; i++) {
		size_t n = strlen(m->disks[i].name), id = strlen(disk_id(&m->disks[i]));

		name_w = n > name_w ? n : name_w;
		id_w = id > id_w ? id : id_w;
	}
	if (!m->n_disks)
		str_add(out, "\n  no disk was found at all");
	for (size_t i = 0; i < m->n_disks; i++) {
		const struct disk *d = &m->disks[i];
		const char *why = select_why_not(s, d, &a);
		char size[SIZE_TEXT_MAX];

		str_addf(out, "\n  %-*s  %-*s  %9s  %s", (int)name_w, d->name, (int)id_w, disk_id(d),
			 size_format(d->size_bytes, size), why ? why : "matches");
	}
}

void select_explain(const struct disk_selector *s, const struct machine *m, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;

	str_addf(out, "wanted: %s%s%s", wanted_words(s, &a), s->pick != PICK_NONE ? ", then the " : "",
		 pick_words[s->pick]);
	explain_lines(s, m, out);
	str_addc(out, '\n');
}

static int selection_error(const struct disk_selector *s, const char *what, const struct machine *m,
			   size_t matches, struct error *err)
{
	AUTO_STR table = STR_INIT;
	AUTO_STR pos = STR_INIT;

	if (s->pos.file)
		str_addf(&pos, "%s:%u:%u: ", s->pos.file, s->pos.line, s->pos.column);
	explain_lines(s, m, &table);
	if (matches)
		error_set(err, ERR_SELECT, "%s%s: %zu disks match, exactly 1 is needed%s", str_text(&pos), what, matches,
			  str_text(&table));
	else
		error_set(err, ERR_SELECT, "%s%s: no disk matches, exactly 1 is needed%s", str_text(&pos), what,
			  str_text(&table));
	return error_hint(err, matches ? "add `serial:` or `pick:` to say which" :
					 "change the conditions so that exactly one of these disks matches");
}

int select_disk(const struct disk_selector *s, const char *what, const struct machine *m, struct arena *a,
		const struct disk **ret, const char **ret_why, struct error *err)
{
	const struct disk *best = NULL;
	size_t matches = 0, ties = 0;

	for (size_t i = 0; i < m->n_disks; i++) {
		const struct disk *d = &m->disks[i];
		int order;

		if (select_why_not(s, d, a))
			continue;
		matches++;
		order = best ? pick_order(s->pick, d, best) : -1;
		if (order < 0) {
			best = d;
			ties = 1;
		} else if (order == 0) {
			ties++;
		}
	}
	/* A pick that leaves two disks equal has not said which. */
	if (!matches || ties != 1 || (matches > 1 && s->pick == PICK_NONE))
		return selection_error(s, what, m, matches, err);
	*ret = best;
	if (matches > 1)
		*ret_why = arena_printf(a, "%s, %s of %zu", wanted_words(s, a), pick_words[s->pick], matches);
	else
		*ret_why = arena_printf(a, "%s, the only match of %zu", wanted_words(s, a), m->n_disks);
	return 0;
}

static const char *nic_why_not(const struct nic_selector *s, const struct nic *n, struct arena *a)
{
	const char *mac = n->permanent_mac ? n->permanent_mac : n->mac, *why;

	if (s->mac && !str_eq(s->mac, mac) && !str_eq(s->mac, n->mac))
		return arena_printf(a, "mac is %s, wanted %s", mac ? mac : "unknown", s->mac);
	why = text_why("driver", s->driver, n->driver, a);
	if (!why)
		why = text_why("pci", s->pci, n->pci, a);
	if (!why && s->link && !str_eq(s->link, n->link ? "up" : "down"))
		why = arena_printf(a, "link is %s, wanted %s", n->link ? "up" : "down", s->link);
	return why;
}

int select_nic(const struct nic_selector *s, const char *what, const struct machine *m, struct arena *a,
	       const struct nic **ret, struct error *err)
{
	AUTO_STR table = STR_INIT;
	AUTO_STR pos = STR_INIT;
	size_t matches = 0;

	for (size_t i = 0; i < m->n_nics; i++) {
		const char *why = nic_why_not(s, &m->nics[i], a);

		str_addf(&table, "\n  %-10s %s  %s", m->nics[i].name, m->nics[i].mac ? m->nics[i].mac : "?",
			 why ? why : "matches");
		if (why)
			continue;
		matches++;
		*ret = &m->nics[i];
	}
	if (matches == 1)
		return 0;
	if (s->pos.file)
		str_addf(&pos, "%s:%u:%u: ", s->pos.file, s->pos.line, s->pos.column);
	if (!m->n_nics)
		str_add(&table, "\n  no network port was found at all");
	if (matches)
		error_set(err, ERR_SELECT, "%s%s: %zu ports match, exactly 1 is needed%s", str_text(&pos), what,
			  matches, str_text(&table));
	else
		error_set(err, ERR_SELECT, "%s%s: no port matches, exactly 1 is needed%s", str_text(&pos), what,
			  str_text(&table));
	return error_hint(err, matches ? "add `mac:` to say which" : "check the cable, or change the conditions");
}
