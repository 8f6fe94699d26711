/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout of a profile: roles of disks, names, and what stands on what. All complaints are collected; what
 * was complained of is left out of the graph, so that one mistake is told once. Knows no
 * disks: whether anything fits is the planner's to say.
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <string.h>

#include "model/layout_lines.h"

enum { NAME_MOST = 20 };

static const char name_hint[] = "lower-case letters, digits and inner hyphens, not digits alone, at most 20";

static bool name_is_good(const char *s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	size_t n = strlen(s);

	if (n > NAME_MOST || s[0] == '-' || s[n - 1] == '-')
		return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n && strpbrk(s, letters);
}

/* --- words */

const char *line_text(const struct layout *y, const struct line *l)
{
	return arena_printf(y->c->f->arena, "%s %s", role_name(l), quoted(y->c, l->name));
}

const char *base_text(const struct layout *y, const struct base *b)
{
	if (b->line)
		return line_text(y, b->line);
	if (b->ground == ON_DISK)
		return arena_printf(y->c->f->arena, "disk %s", quoted(y->c, b->disks->name));
	return arena_printf(y->c->f->arena, "the %" PRIu64 " disks of %s", b->disks->count, quoted(y->c, b->disks->name));
}

struct pos on_pos(const struct line *l, size_t index)
{
	const struct tree *on = tree_get(l->v, "on");

	return on && on->kind == TREE_SEQ ? nth_pos(on, index) : at(l->v, "on");
}

/* How many devices B is. */
static size_t base_members(const struct base *b)
{
	return b->ground & (ON_SET | ON_PARTS) ? b->disks->count : 1;
}

size_t line_members(const struct line *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_on; i++)
		n += base_members(&l->on[i]);
	return n;
}

unsigned int line_ground(const struct line *l)
{
	unsigned int ground = 0;

	for (size_t i = 0; i < l->n_on; i++)
		ground |= l->on[i].ground;
	return ground;
}

/* --- names */

static bool carries(enum part_role role)
{
	return role >= PART_PART;
}

/*
 * Names that something else has on the machine: a volume group is a directory of /dev, a LUKS volume a file of
 * /dev/mapper, and LVM keeps some volume names to itself.
 */
static bool name_is_taken(const struct line *l, unsigned int ground)
{
	static const char *const dev[] = { "block", "bsg", "bus", "char", "core", "cpu", "disk", "dri", "fd", "full", "fuse", "hpet",
					   "hugepages", "hwrng", "initctl", "input", "kmsg", "kvm", "log", "mapper", "mcelog", "md", "mem",
					   "mqueue", "net", "null", "nvram", "port", "ppp", "ptmx", "pts", "random", "raw", "rfkill",
					   "rtc", "shm", "snapshot", "snd", "stderr", "stdin", "stdout", "tty", "uhid", "uinput",
					   "urandom", "usb", "vfio", "vhci", "zero" };
	/* With a number behind, these are devices. */
	static const char *const numbered[] = { "dm-", "fb", "hidraw", "loop", "md", "mmcblk", "nbd", "nvme", "ram", "rtc", "sg", "sr",
						"tty", "vcs", "watchdog", "zram" };

	if (l->item->role == PART_CRYPT)
		return !strcmp(l->name, "control");
	if (ground & (ON_GROUP | ON_POOL))
		return str_starts(l->name, "snapshot") || str_starts(l->name, "pvmove");
	if (l->item->role != PART_GROUP)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(dev); i++)
		if (!strcmp(l->name, dev[i]))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(numbered); i++)
		if (str_starts(l->name, numbered[i]) && strspn(l->name + strlen(numbered[i]), "0123456789"))
			return true;
	return !fnmatch("[hsv]d[a-z]", l->name, 0) || !fnmatch("xvd[a-z]", l->name, 0);
}

static const struct disk_selector *role_named(const struct profile *p, const char *name)
{
	for (size_t i = 0; i < p->n_disks; i++)
		if (str_eq(p->disks[i].name, name))
			return &p->disks[i];
	return NULL;
}

static void check_name(const struct layout *y, const struct line *l)
{
	bool given = l->item->name;
	struct pos pos = given ? at(l->v, "name") : l->pos;
	const char *path = given ? under(y->c, l->path, "name") : l->path;

	if (!name_is_good(l->name))
		finding_add(y->c->f, pos, path, name_hint, "%s is not a name", quoted(y->c, l->name));
	else if (name_is_taken(l, line_ground(l)))
		finding_add(y->c->f, pos, path, NULL, "%s is taken by the system", quoted(y->c, l->name));
	if (carries(l->item->role) && role_named(y->p, l->name))
		finding_add(y->c->f, pos, path, "`on` would name both", "%s is a role of `disks`, too", quoted(y->c, l->name));
	for (const struct line *o = y->lines; o < l; o++)
		if (!strcmp(o->name, l->name)) {
			if (!given && !carries(l->item->role) && l->item->role < PART_SWAP && o->item->role == l->item->role)
				return; /* there may be one, and that is said */
			finding_add(y->c->f, pos, path, given ? NULL : "give it a `name`",
				    "%s is the name of the line at %u:%u, too", quoted(y->c, l->name), o->pos.line,
				    o->pos.column);
			break;
		}
}

/* --- what stands on what */

static struct line *line_named(const struct layout *y, const char *name)
{
	struct line *leaf = NULL;

	for (size_t i = 0; i < y->n; i++)
		if (!strcmp(y->lines[i].name, name)) {
			if (carries(y->lines[i].item->role))
				return &y->lines[i];
			leaf = &y->lines[i];
		}
	return leaf;
}

/* "known: system, data, md-boot", or the one that was meant. */
static void complain_unknown_base(const struct layout *y, const struct line *l, size_t index, const char *name)
{
	struct findings *f = y->c->f;
	const char **known = arena_array(f->arena, y->p->n_disks + y->n, sizeof(*known));
	const char *path = under(y->c, l->path, "on");
	size_t n = 0;

	for (size_t i = 0; i < y->p->n_disks; i++)
		known[n++] = y->p->disks[i].name;
	for (size_t i = 0; i < y->n; i++)
		if (carries(y->lines[i].item->role) && &y->lines[i] != l)
			known[n++] = y->lines[i].name;
	unknown_name(y->c, on_pos(l, index), path, "disk and no line", name, known, n);
}

static void add_base(const struct layout *y, struct line *l, struct base b)
{
	l->on = arena_grow(y->c->f->arena, l->on, l->n_on, sizeof(*l->on));
	l->on[l->n_on++] = b;
}

/* Finds what NAME is. A role of `disks` comes first: lines that carry nothing may have its name. */
static void resolve(const struct layout *y, struct line *l, size_t index, const char *name)
{
	static const char system_role[] = "system";
	const struct disk_selector *disks = role_named(y->p, name);
	struct line *line = disks ? NULL : line_named(y, name);

	if (disks) {
		add_base(y, l, (struct base){ disks->count > 1 ? ON_SET : ON_DISK, disks, NULL, index });
	} else if (line && carries(line->item->role)) {
		static const enum ground grounds[PART__N] = {
			[PART_PART] = ON_PART, [PART_RAID] = ON_RAID, [PART_CRYPT] = ON_CRYPT,
			[PART_GROUP] = ON_GROUP, [PART_POOL] = ON_POOL,
		};

		add_base(y, l, (struct base){ grounds[line->item->role], NULL, line, index });
	} else if (line && line->item->role != PART_NONE) {
		finding_add(y->c->f, on_pos(l, index), under(y->c, l->path, "on"),
			    "part, raid, crypt, group and pool carry other lines",
			    "%s is a %s line, nothing can stand on it", quoted(y->c, name), role_name(line));
	} else if (!line && !y->broken && strcmp(name, system_role)) {
		complain_unknown_base(y, l, index, name); /* that there is no system was said already */
	}
}

static void resolve_all(const struct layout *y, struct line *l)
{
	const struct layout_item *it = l->item;

	if (!it->n_on && !tree_get(l->v, "on"))
		resolve(y, l, 0, "system");
	for (size_t i = 0; i < it->n_on; i++) {
		bool twice = false;

		for (size_t k = 0; k < i && it->on[i]; k++)
			twice = twice || str_eq(it->on[k], it->on[i]);
		if (twice)
			finding_add(y->c->f, on_pos(l, i), under(y->c, l->path, "on"), NULL, "%s is listed twice",
				    quoted(y->c, it->on[i]));
		else if (it->on[i])
			resolve(y, l, i, it->on[i]);
	}
}

enum { UNSEEN, ON_WAY, SEEN };

/* Follows L's bases; WAY (DEPTH lines) is how it was reached. */
static void find_loops(const struct layout *y, struct line *l, struct line **way, size_t depth)
{
	AUTO_STR text = STR_INIT;
	size_t from = depth;

	if (l->mark == SEEN)
		return;
	if (l->mark == ON_WAY) {
		while (way[from - 1] != l)
			from--;
		for (size_t i = from - 1; i < depth; i++) {
			way[i]->looped = true;
			str_addf(&text, "%s -> ", way[i]->name);
		}
		finding_add(y->c->f, on_pos(l, 0), under(y->c, l->path, "on"), "one of them must stand on a disk",
			    "stands on itself: %s%s", str_text(&text), l->name);
		return;
	}
	l->mark = ON_WAY;
	way[depth] = l;
	for (size_t i = 0; i < l->n_on; i++)
		if (l->on[i].line)
			find_loops(y, l->on[i].line, way, depth + 1);
	l->mark = SEEN;
}

/* What each line may stand on. No two rows allow each other, so what is left has no loops. */
static const unsigned int allowed[PART__N] = {
	[PART_BIOS] = ON_DISK | ON_SET,
	[PART_ESP] = ON_DISK | ON_SET,
	[PART_BOOT] = ON_DISK | ON_RAID,
	[PART_ROOT] = ON_DISK | ON_RAID | ON_CRYPT | ON_GROUP | ON_POOL,
	[PART_SWAP] = ON_DISK | ON_RAID | ON_CRYPT | ON_GROUP | ON_POOL,
	[PART_DATA] = ON_DISK | ON_RAID | ON_CRYPT | ON_GROUP | ON_POOL,
	[PART_PART] = ON_DISK | ON_SET,
	[PART_RAID] = ON_DISK | ON_SET | ON_PART | ON_PARTS,
	[PART_CRYPT] = ON_DISK | ON_PART | ON_RAID,
	[PART_GROUP] = ON_DISK | ON_SET | ON_PART | ON_PARTS | ON_RAID | ON_CRYPT,
	[PART_POOL] = ON_GROUP,
};

static const char *remedy(enum part_role role, enum ground ground)
{
	if (ground & (ON_SET | ON_PARTS) && role != PART_POOL)
		return "a raid or a group makes one of several disks: put it on that";
	switch (role) {
	case PART_BIOS:
	case PART_ESP:
		return "firmware reads it: it stands on disks only; on a set there is one on every disk";
	case PART_BOOT:
		return "GRUB reads it: it stands on a disk or a raid of level 1";
	case PART_ROOT:
	case PART_SWAP:
	case PART_DATA:
		return "let it stand on the disk itself: it makes a partition of its own";
	case PART_RAID:
		return "a raid stands on disks and parts, what is to be encrypted or divided stands on the raid";
	case PART_CRYPT:
		return "a crypt stands on a disk, a part or a raid; a group may stand on the crypt";
	case PART_GROUP:
		return "a group stands on disks, parts, raids and crypts";
	case PART_POOL:
		return "a pool stands on a group";
	case PART_PART:
		return "a part stands on disks";
	case PART_NONE:
	case PART__N:
		break;
	}
	return NULL;
}

/* Leaves L only the bases that it can have. */
static void check_bases(const struct layout *y, struct line *l)
{
	enum part_role role = l->item->role;
	size_t n = 0;

	if (l->item->n_on > 1 && role != PART_RAID && role != PART_GROUP)
		finding_add(y->c->f, on_pos(l, 1), under(y->c, l->path, "on"), "a raid or a group makes one of several",
			    "%s stands on one thing, not on %zu", role_name(l), l->item->n_on);
	for (size_t i = 0; i < l->n_on; i++) {
		struct base *b = &l->on[i];

		if (b->ground == ON_PART && b->line->n_on) {
			b->disks = b->line->on[0].disks;
			b->ground = b->disks && b->disks->count > 1 ? ON_PARTS : ON_PART;
		}
		if (allowed[role] & b->ground)
			l->on[n++] = *b;
		else if (!l->looped)
			finding_add(y->c->f, on_pos(l, b->index), under(y->c, l->path, "on"), remedy(role, b->ground),
				    "%s cannot stand on %s", role_name(l), base_text(y, b));
	}
	l->n_on = l->looped ? 0 : n;
}

/* --- roles of disks */

static bool same_conditions(const struct disk_selector *a, const struct disk_selector *b)
{
	return str_eq(a->serial, b->serial) && str_eq(a->wwn, b->wwn) && str_eq(a->model, b->model) &&
	       str_eq(a->vendor, b->vendor) && str_eq(a->path, b->path) && str_eq(a->pci, b->pci) && a->bus == b->bus &&
	       a->rotational_set == b->rotational_set && a->rotational == b->rotational && a->size.set == b->size.set &&
	       a->size.min == b->size.min && a->size.max == b->size.max && a->sector == b->sector &&
	       a->blank_set == b->blank_set && a->blank == b->blank && a->pick == b->pick;
}

static bool is_used(const struct layout *y, const struct disk_selector *d)
{
	for (size_t i = 0; i < y->n; i++) {
		const struct line *l = &y->lines[i];

		for (size_t k = 0; k < l->item->n_on; k++)
			if (str_eq(l->item->on[k], d->name))
				return true;
		if (!l->item->n_on && str_eq(d->name, "system"))
			return true;
	}
	return false;
}

static void check_roles(const struct layout *y)
{
	const struct check *c = y->c;

	if (y->disks && y->disks->kind == TREE_MAP && !tree_get(y->disks, "system"))
		finding_add(c->f, y->disks->pos, y->disks_path, "it is where the system boots from", "no disk is named system%s",
			    meant_by(c, y->disks, "system"));
	for (size_t i = 0; i < y->p->n_disks; i++) {
		const struct disk_selector *d = &y->p->disks[i];
		const char *path = under(c, y->disks_path, d->name);

		if (!name_is_good(d->name))
			finding_add(c->f, key_pos(y->disks, i), y->disks_path, name_hint, "%s is not a name", quoted(c, d->name));
		else if (y->n && !y->broken && !is_used(y, d))
			finding_add(c->f, key_pos(y->disks, i), path, "disks that are not named stay as they are",
				    "no line of the layout stands on it");
		for (size_t j = 0; j < i; j++)
			if (same_conditions(&y->p->disks[j], d)) {
				finding_add(c->f, nth_pos(y->disks, i), path, "one disk cannot have two roles: make them differ, or make one set with `count`",
					    "has the same conditions as %s", quoted(c, y->p->disks[j].name));
				break;
			}
	}
}

/* --- the whole */

static void read_lines(struct layout *y)
{
	y->n = y->p->n_layout;
	y->lines = arena_array(y->c->f->arena, y->n, sizeof(*y->lines));
	for (size_t i = 0; i < y->n; i++) {
		struct line *l = &y->lines[i];
		const struct tree *t = nth(y->t, i);

		l->item = &y->p->layout[i];
		l->v = t && t->kind == TREE_MAP ? nth(t, 0) : NULL;
		l->pos = nth_pos(y->t, i);
		l->name = l->item->name ? l->item->name : role_name(l);
		l->path = item(y->c, y->path, i);
		if (l->item->role == PART_NONE)
			y->broken = true;
		else
			l->path = under(y->c, l->path, role_name(l));
	}
}

void layout_check(const struct check *c, const struct profile *p, const struct tree *t, const char *path)
{
	struct layout y = { .c = c, .p = p, .disks = tree_get(t, "disks"), .t = tree_get(t, "layout"),
			    .path = under(c, path, "layout"), .disks_path = under(c, path, "disks") };
	struct line *way[LAYOUT_MOST + 1];
	bool readable = y.t && y.t->kind == TREE_SEQ;

	if (readable && p->n_layout > LAYOUT_MOST) {
		finding_add(c->f, nth_pos(y.t, LAYOUT_MOST), y.path, NULL, "%zu lines are too many, %d are possible", p->n_layout,
			    LAYOUT_MOST);
		return;
	}
	y.broken = !y.disks || y.disks->kind != TREE_MAP;
	if (readable)
		read_lines(&y);
	check_roles(&y);
	if (!readable)
		return;
	for (size_t i = 0; i < y.n; i++)
		if (y.lines[i].item->role != PART_NONE)
			resolve_all(&y, &y.lines[i]);
	for (size_t i = 0; i < y.n; i++)
		find_loops(&y, &y.lines[i], way, 0);
	for (size_t i = 0; i < y.n; i++)
		check_bases(&y, &y.lines[i]);
	for (size_t i = 0; i < y.n; i++)
		if (y.lines[i].item->role != PART_NONE) {
			check_name(&y, &y.lines[i]);
			layout_check_line(&y, &y.lines[i]);
		}
	layout_check_whole(&y);
}
