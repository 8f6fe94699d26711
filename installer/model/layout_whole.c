/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What only all lines of a layout together show: what is missing or there twice, whether GRUB finds its way to the
 * system and a person can open it, and whether what is to be kept can be.
 */
#include <inttypes.h>
#include <string.h>

#include "model/layout_lines.h"

static const struct line *line_of(const struct layout *y, enum part_role role)
{
	for (size_t i = 0; i < y->n; i++)
		if (y->lines[i].item->role == role)
			return &y->lines[i];
	return NULL;
}

static void check_roles(const struct layout *y)
{
	static const enum part_role single[] = { PART_BIOS, PART_ESP, PART_BOOT, PART_ROOT }, needed[] = { PART_ESP, PART_ROOT };

	for (size_t r = 0; r < ARRAY_LEN(single); r++) {
		const struct line *first = line_of(y, single[r]);

		for (size_t i = 0; i < y->n; i++)
			if (y->lines[i].item->role == single[r] && &y->lines[i] != first)
				finding_add(y->c->f, y->lines[i].pos, y->lines[i].path, NULL, "a second %s, there may be one",
					    part_role_names[single[r]]);
	}
	for (size_t r = 0; r < ARRAY_LEN(needed) && !y->broken; r++)
		if (!line_of(y, needed[r]))
			finding_add(y->c->f, y->t->pos, y->path,
				    needed[r] == PART_ESP ? "for example { esp: 512M }" : "for example { root: rest }",
				    "no %s line", part_role_names[needed[r]]);
}

/* A part, raid or crypt is one device: one line takes it. */
static void check_users(const struct layout *y)
{
	for (size_t i = 0; i < y->n; i++)
		for (size_t k = 0; k < y->lines[i].n_on; k++) {
			struct line *l = &y->lines[i], *carrier = l->on[k].line;

			if (!carrier || !(l->on[k].ground & ON_WHOLE))
				continue;
			if (!carrier->user)
				carrier->user = l;
			else
				finding_add(y->c->f, on_pos(l, l->on[k].index), under(y->c, l->path, "on"),
					    "a group on it makes room for several", "%s carries %s on line %u already",
					    line_text(y, carrier), line_text(y, carrier->user), carrier->user->pos.line);
		}
}

/* Whether A and B take their size from the same room. */
static bool same_room(const struct base *a, const struct base *b)
{
	return a->ground & (ON_DISK | ON_SET) ? a->disks == b->disks && b->ground & (ON_DISK | ON_SET) :
		a->ground == ON_GROUP && a->line == b->line;
}

/* Percentages with a `max` may come to less. */
static void check_percent(const struct layout *y, const struct line *l)
{
	for (size_t k = 0; k < l->n_on && l->item->size.percent; k++) {
		uint64_t sum = 0;

		for (const struct line *o = y->lines; o <= l; o++)
			for (size_t j = 0; j < o->n_on && !o->item->max_bytes; j++)
				sum += same_room(&l->on[k], &o->on[j]) ? o->item->size.percent : 0;
		if (sum > 100 && sum - l->item->size.percent <= 100)
			finding_add(y->c->f, at(l->v, "size"), l->path, NULL, "with it, %" PRIu64 "%% of %s are given away", sum,
				    base_text(y, &l->on[k]));
	}
}

static void check_mounts(const struct layout *y, const struct line *l)
{
	for (const struct line *o = y->lines; o < l && l->item->mount; o++)
		if (str_eq(o->item->mount, l->item->mount)) {
			finding_add(y->c->f, at(l->v, "mount"), under(y->c, l->path, "mount"), NULL,
				    "%s is mounted there, too", line_text(y, o));
			return;
		}
}

/* What device-mapper calls a volume: hyphens of the names are doubled. */
static const char *mapped_name(const struct layout *y, const char *group, const char *name)
{
	AUTO_STR s = STR_INIT;

	for (const char *const *w = (const char *const[]){ group, "", name, NULL }; *w; w++) {
		if (!(*w)[0])
			str_addc(&s, '-');
		for (const char *p = *w; *p; p++)
			str_add(&s, *p == '-' ? "--" : (const char[]){ *p, '\0' });
	}
	return arena_strdup(y->c->f->arena, str_text(&s));
}

static const char *group_of(const struct line *l)
{
	while (l->n_on && l->on[0].ground == ON_POOL)
		l = l->on[0].line;
	return l->n_on && l->on[0].ground == ON_GROUP ? l->on[0].line->name : NULL;
}

static void check_mapped(const struct layout *y, const struct line *l)
{
	for (size_t i = 0; i < y->n && l->item->role == PART_CRYPT; i++) {
		const struct line *o = &y->lines[i];
		const char *group = group_of(o);

		if (group && !strcmp(l->name, mapped_name(y, group, o->name)))
			finding_add(y->c->f, at(l->v, "name"), under(y->c, l->path, "name"), NULL,
				    "%s of group \"%s\" has this name in /dev/mapper", line_text(y, o), group);
	}
}

/* --- the way to root */

/* Why GRUB cannot read what is on B; NULL when it can. */
static const char *unreadable_base(const struct layout *y, const struct base *b)
{
	struct arena *a = y->c->f->arena;

	if (b->ground == ON_RAID && b->line->item->level_set && b->line->item->level != 1)
		return arena_printf(a, "it stands on a raid of level %" PRIu64 ", \"%s\"", b->line->item->level, b->line->name);
	if (b->ground == ON_CRYPT)
		return arena_printf(a, "it is encrypted, by \"%s\"", b->line->name);
	if (b->ground == ON_POOL)
		return arena_printf(a, "it is a thin volume, of \"%s\"", b->line->name);
	for (size_t i = 0; b->ground == ON_GROUP && i < b->line->n_on; i++) {
		const char *why = unreadable_base(y, &b->line->on[i]);

		if (why)
			return why;
	}
	return NULL;
}

/* The first LUKS volume below L that only a file opens, or NULL. */
static const struct line *file_crypt(const struct line *l)
{
	const struct line *found = NULL;

	for (size_t i = 0; i < l->n_on && !found; i++) {
		const struct line *o = l->on[i].line;

		if (o && o->item->role == PART_CRYPT && o->item->key_file && !o->item->passphrase)
			found = o;
		else if (o)
			found = file_crypt(o);
	}
	return found;
}

static void check_boot(const struct layout *y)
{
	const struct line *root = line_of(y, PART_ROOT), *boot = line_of(y, PART_BOOT), *crypt;
	const char *why = NULL;

	if (boot && boot->n_on && boot->on[0].ground == ON_RAID && unreadable_base(y, &boot->on[0]))
		finding_add(y->c->f, on_pos(boot, 0), under(y->c, boot->path, "on"), "GRUB reads it: a raid of level 1 has a copy on every disk",
			    "boot cannot stand on a raid of level %" PRIu64, boot->on[0].line->item->level);
	if (!root || !root->n_on)
		return;
	if (root->item->stripes > 1)
		why = "it is striped";
	else
		why = unreadable_base(y, &root->on[0]);
	if (why && !boot && !y->broken)
		finding_add(y->c->f, root->pos, root->path, "add a line { boot: 1G }, on a disk or on a raid of level 1",
			    "GRUB cannot read root: %s", why);
	crypt = file_crypt(root);
	if (crypt)
		finding_add(y->c->f, at(crypt->v, "key_file"), under(y->c, crypt->path, "key_file"), "give it a `passphrase`",
			    "root stands on it, and nobody could give a file at boot");
}

/* GRUB for BIOS goes on with what the ESP of the same disk says. */
static void check_bios(const struct layout *y)
{
	const struct line *bios = line_of(y, PART_BIOS), *esp = line_of(y, PART_ESP);

	for (size_t k = 0; bios && esp && k < bios->n_on; k++) {
		bool found = false;

		for (size_t j = 0; j < esp->n_on; j++)
			found = found || same_room(&bios->on[k], &esp->on[j]);
		if (!found && !y->broken)
			finding_add(y->c->f, on_pos(bios, bios->on[k].index), bios->path, "put bios and esp on the same disks",
				    "esp is not on %s: GRUB for BIOS reads it on the disk that it was started from",
				    base_text(y, &bios->on[k]));
	}
}

/* Nothing of L lies on a disk as it is: every way down from it leads through a LUKS volume. */
static bool is_sealed(const struct line *l)
{
	for (size_t i = 0; i < l->n_on; i++) {
		const struct line *o = l->on[i].line;

		if (!o || (o->item->role != PART_CRYPT && !is_sealed(o)))
			return false;
	}
	return l->n_on > 0;
}

/* The system keeps a copy of a key file on its root file system: a key in the clear beside what it locks is none. */
static void check_key_files(const struct layout *y)
{
	const struct line *root = line_of(y, PART_ROOT);

	if (!root || y->broken || is_sealed(root))
		return;
	for (size_t i = 0; i < y->n; i++) {
		const struct line *l = &y->lines[i];

		if (l->item->role == PART_CRYPT && l->item->key_file && !l->item->passphrase)
			finding_add(y->c->f, at(l->v, "key_file"), under(y->c, l->path, "key_file"),
				    "give it a `passphrase`, which is asked for at boot, or put root on a crypt",
				    "would lie on the root file system, which is not encrypted");
	}
}

/* --- preserve */

/* Whether L stands on BELOW, however far up. */
static bool stands_on(const struct line *l, const struct line *below)
{
	for (size_t i = 0; i < l->n_on; i++)
		if (l->on[i].line && (l->on[i].line == below || stands_on(l->on[i].line, below)))
			return true;
	return false;
}

/* The first LUKS volume below L. */
static const struct line *crypt_below(const struct line *l)
{
	const struct line *found = NULL;

	for (size_t i = 0; i < l->n_on && !found; i++)
		if (l->on[i].line)
			found = l->on[i].line->item->role == PART_CRYPT ? l->on[i].line : crypt_below(l->on[i].line);
	return found;
}

static void complain_preserve(const struct layout *y, const struct line *l, const char *hint, const char *text)
{
	finding_add(y->c->f, at(l->v, "preserve"), under(y->c, l->path, "preserve"), hint, "%s", text);
}

static void check_preserve(const struct layout *y, const struct line *l)
{
	struct arena *a = y->c->f->arena;
	const struct line *crypt = crypt_below(l);

	if (!l->item->preserve)
		return;
	if (crypt && !(crypt == l->on[0].line && crypt->item->preserve && l->item->role == PART_DATA))
		complain_preserve(y, l,
				  l->on[0].line == crypt && l->item->role == PART_DATA ?
					  "mark the crypt: it is kept with the one file system on it" :
					  "mark a crypt with one data file system on it, or keep it outside of the crypt",
				  arena_printf(a, "cannot be seen before %s is opened", line_text(y, crypt)));
	for (size_t i = 0; i < y->n; i++) {
		const struct line *o = &y->lines[i];

		if (!stands_on(o, l))
			continue;
		if (o->item->role == PART_ROOT || o->item->role == PART_BOOT) {
			complain_preserve(y, l, "mark the lines on it that are to be kept",
					  arena_printf(a, "all that stands on it is kept, and %s is made anew each time", line_text(y, o)));
			return;
		}
		if (l->item->role == PART_CRYPT && o->item->role != PART_DATA) {
			complain_preserve(y, l, "put the data file system on the crypt itself",
					  arena_printf(a, "keeps one data file system on it, and it carries %s", line_text(y, o)));
			return;
		}
	}
}

void layout_check_whole(const struct layout *y)
{
	check_roles(y);
	check_users(y);
	check_boot(y);
	check_bios(y);
	check_key_files(y);
	for (size_t i = 0; i < y->n; i++) {
		check_percent(y, &y->lines[i]);
		check_mounts(y, &y->lines[i]);
		check_mapped(y, &y->lines[i]);
		check_preserve(y, &y->lines[i]);
	}
}
