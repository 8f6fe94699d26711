/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one line of a layout may say, given what it stands on: sizes, levels, keys, file systems, places. */
#include <inttypes.h>
#include <string.h>

#include "base/size.h"
#include "model/layout_lines.h"

/* By what the line makes. */
static const struct role_rule {
	uint64_t least, most;	/* bytes, 0 = any */
	enum fs_type fs[3];	/* that it may have; the first is the usual one */
	bool no_rest;		/* cannot take the rest */
	bool fixed;		/* its usual size is a number of bytes */
} rules[PART__N] = {
	[PART_BIOS] = { 1 << 20, 64 << 20, { FS_NONE }, true, true },
	[PART_ESP] = { 64 << 20, 0, { FS_VFAT }, true, true },
	[PART_BOOT] = { 256 << 20, 0, { FS_EXT4 }, true, true },
	[PART_ROOT] = { 256 << 20, 0, { FS_EXT4 }, false, false },
	[PART_SWAP] = { 0, 0, { FS_SWAP }, false, true },
	[PART_DATA] = { 16 << 20, 0, { FS_EXT4, FS_XFS }, false, false },
	[PART_RAID] = { 16 << 20, 0, { FS_NONE }, false, false },
	[PART_CRYPT] = { 32 << 20, 0, { FS_NONE }, false, false },
	[PART_GROUP] = { 16 << 20, 0, { FS_NONE }, false, false },
	[PART_POOL] = { 64 << 20, 0, { FS_NONE }, false, false },
};

enum { XFS_LEAST_MIB = 300 }; /* mkfs.xfs makes nothing smaller */

static void complain(const struct layout *y, const struct line *l, const char *key, const char *hint, const char *text)
{
	finding_add(y->c->f, at(l->v, key), under(y->c, l->path, key), hint, "%s", text);
}

/* --- sizes */

static void check_bounds(const struct layout *y, const struct line *l)
{
	const struct layout_item *it = l->item;
	const struct part_size *s = &it->size;
	bool open = s->rest || s->percent || (!s->bytes && !rules[it->role].fixed);
	char min[SIZE_TEXT_MAX], max[SIZE_TEXT_MAX];

	if (it->min_bytes && !open)
		complain(y, l, "min", NULL, "bounds a part or the rest, and the size is neither");
	if (it->max_bytes && !open)
		complain(y, l, "max", NULL, "bounds a part or the rest, and the size is neither");
	if (open && it->min_bytes && it->max_bytes && it->min_bytes > it->max_bytes)
		complain(y, l, "max", NULL,
			 arena_printf(y->c->f->arena, "%s is less than min, %s", size_format(it->max_bytes, max),
				      size_format(it->min_bytes, min)));
}

/* What takes the whole of a device has no size of its own; what makes partitions or volumes has one. */
static void check_no_size(const struct layout *y, const struct line *l)
{
	static const char *const keys[] = { "size", "min", "max" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (tree_get(l->v, keys[i]))
			complain(y, l, keys[i], NULL,
				 arena_printf(y->c->f->arena, "it takes the whole of %s", base_text(y, &l->on[0])));
}

static void check_size(const struct layout *y, const struct line *l)
{
	const struct role_rule *r = &rules[l->item->role];
	const struct part_size *s = &l->item->size;
	uint64_t least = r->least, most_given = s->bytes ? s->bytes : l->item->max_bytes;
	const char *name = role_name(l);

	if (l->n_on && !(line_ground(l) & ~(unsigned int)ON_WHOLE)) {
		check_no_size(y, l);
		return;
	}
	if (line_ground(l) & ON_POOL && !s->bytes) {
		finding_add(y->c->f, at(l->v, "size"), l->path, "for example 100G: it may be more than its pool has",
			    "a volume of a pool needs a size in bytes");
		return;
	}
	if (l->item->fs == FS_XFS && least < (uint64_t)XFS_LEAST_MIB << 20) {
		least = (uint64_t)XFS_LEAST_MIB << 20;
		name = "xfs";
	}
	if (most_given && most_given < least)
		finding_add(y->c->f, at(l->v, s->bytes ? "size" : "max"), l->path, NULL,
			    "is too small: %s has at least %" PRIu64 "M", name, least >> 20);
	if (s->bytes && r->most && s->bytes > r->most)
		finding_add(y->c->f, at(l->v, "size"), l->path, NULL, "is too large: %s has at most %" PRIu64 "M", name,
			    r->most >> 20);
	if (s->rest && r->no_rest)
		finding_add(y->c->f, at(l->v, "size"), l->path, NULL, "%s cannot take the rest of the disk", name);
	check_bounds(y, l);
}

/* --- what only some lines say */

static void check_fs(const struct layout *y, const struct line *l)
{
	const struct role_rule *r = &rules[l->item->role];

	if (l->item->fs == FS_DEFAULT)
		return;
	for (size_t i = 0; i < ARRAY_LEN(r->fs); i++)
		if (r->fs[i] != FS_DEFAULT && r->fs[i] == l->item->fs)
			return;
	complain(y, l, "fs", l->item->role == PART_ROOT ? "it is the image's: ext4" : NULL,
		 arena_printf(y->c->f->arena, "%s cannot be %s", role_name(l), fs_names[l->item->fs]));
}

static void check_mount(const struct layout *y, const struct line *l)
{
	static const char *const taken[] = { "/boot", "/dev", "/etc", "/proc", "/run",
					     "/sys",  "/usr", "/lib", "/bin",  "/sbin" };
	/* The image has things there that the system needs; what is below may be mounted. */
	static const char *const hidden[] = { "/var", "/var/lib", "/var/lib/dpkg", "/var/lib/fulcrum", "/root" };
	const char *m = l->item->mount;
	size_t n = strlen(m);

	if (m[0] != '/' || n < 2 || m[n - 1] == '/' || strstr(m, "//") || strstr(m, "/.") || strpbrk(m, " \\\"'#")) {
		complain(y, l, "mount", NULL, arena_printf(y->c->f->arena, "%s is not a directory such as /srv", quoted(y->c, m)));
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
		size_t k = strlen(taken[i]);

		if (!strncmp(m, taken[i], k) && (!m[k] || m[k] == '/'))
			complain(y, l, "mount", NULL, arena_printf(y->c->f->arena, "%s belongs to the system", quoted(y->c, m)));
	}
	for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
		if (!strcmp(m, hidden[i]))
			complain(y, l, "mount", "a directory below it may be mounted",
				 arena_printf(y->c->f->arena, "%s would hide what the image has there", quoted(y->c, m)));
}

static void check_data(const struct layout *y, const struct line *l)
{
	if (l->item->mount)
		check_mount(y, l);
	else if (!tree_get(l->v, "mount"))
		finding_add(y->c->f, l->v ? l->v->pos : l->pos, l->path, "for example { data: { size: 10G, mount: /srv } }",
			    "does not say where it is mounted");
}

static void check_type(const struct layout *y, const struct line *l)
{
	if (l->item->type && l->n_on && !(line_ground(l) & (ON_DISK | ON_SET)))
		complain(y, l, "type", NULL,
			 arena_printf(y->c->f->arena, "is of partitions, and it stands on %s", base_text(y, &l->on[0])));
}

static void check_stripes(const struct layout *y, const struct line *l)
{
	const struct base *b = l->n_on ? &l->on[0] : NULL;
	size_t n;

	if (!l->item->stripes || !b)
		return;
	if (b->ground != ON_GROUP) {
		complain(y, l, "stripes", NULL,
			 arena_printf(y->c->f->arena, "are of volumes of a group, and it stands on %s", base_text(y, b)));
		return;
	}
	n = line_members(b->line);
	if (n && l->item->stripes > n)
		complain(y, l, "stripes", NULL,
			 arena_printf(y->c->f->arena, "%" PRIu64 " are wanted, and %s has %zu member%s", l->item->stripes,
				      base_text(y, b), n, n == 1 ? "" : "s"));
}

/* --- raid */

static size_t least_members(uint64_t level)
{
	switch (level) {
	case 0:
	case 1:
	case 10:
		return 2;
	case 5:
		return 3;
	case 6:
		return 4;
	default:
		return 0;
	}
}

/* Two members on one disk would fail together. */
static void check_apart(const struct layout *y, const struct line *l)
{
	for (size_t i = 1; i < l->n_on; i++)
		for (size_t j = 0; j < i; j++)
			if (l->on[i].disks && l->on[i].disks == l->on[j].disks) {
				finding_add(y->c->f, on_pos(l, l->on[i].index), under(y->c, l->path, "on"),
					    "a disk that fails would take both",
					    "%s is on the same disks as %s", base_text(y, &l->on[i]), base_text(y, &l->on[j]));
				return;
			}
}

static void check_raid(const struct layout *y, const struct line *l)
{
	const struct layout_item *it = l->item;
	size_t least = least_members(it->level), n = line_members(l);

	check_apart(y, l);
	if (!it->level_set) {
		if (!l->v || l->v->kind != TREE_MAP || misspelt(l->v, "level"))
			return;
		finding_add(y->c->f, l->v->pos, l->path, "1 for a mirror, 6 for capacity",
			    "does not say its `level`");
		return;
	}
	if (!least)
		complain(y, l, "level", NULL,
			 arena_printf(y->c->f->arena, "%" PRIu64 " is not a level: 0, 1, 5, 6 and 10 are", it->level));
	else if (l->n_on && l->n_on >= it->n_on && n < least)
		complain(y, l, "level", "`count` of the role makes a set of disks",
			 arena_printf(y->c->f->arena, "a raid of level %" PRIu64 " has at least %zu members, here it has %zu", it->level,
				      least, n));
}

/* --- crypt. What is complained of a passphrase never shows it. */

static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void check_key_file(const struct layout *y, const struct line *l)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *s = l->item->key_file;

	if (strspn(s, good) != strlen(s) || s[0] == '.' || strlen(s) > 64)
		complain(y, l, "key_file", "it lies beside this file: letters, digits, dots, hyphens and underscores, no directory",
			 arena_printf(y->c->f->arena, "%s is not the name of a file", quoted(y->c, s)));
}

static void check_crypt(const struct layout *y, const struct line *l)
{
	enum { LEAST = 8, MOST = 512 };
	const struct layout_item *it = l->item;
	bool phrase = tree_get(l->v, "passphrase"), file = tree_get(l->v, "key_file");

	if (phrase && file)
		complain(y, l, "key_file", NULL, "a crypt is opened by a passphrase or by a key file, not by both");
	else if (!phrase && !file && l->v && l->v->kind == TREE_MAP && !misspelt(l->v, "passphrase") && !misspelt(l->v, "key_file"))
		finding_add(y->c->f, l->v->pos, l->path, "give it a `passphrase` or a `key_file`", "does not say what opens it");
	if (it->passphrase && characters(it->passphrase) < LEAST)
		complain(y, l, "passphrase", NULL,
			 arena_printf(y->c->f->arena, "is too short: at least %d characters", LEAST));
	else if (it->passphrase && strlen(it->passphrase) > MOST)
		complain(y, l, "passphrase", NULL, arena_printf(y->c->f->arena, "is too long: at most %d bytes", MOST));
	if (it->key_file)
		check_key_file(y, l);
}

void layout_check_line(const struct layout *y, struct line *l)
{
	check_size(y, l);
	check_fs(y, l);
	check_type(y, l);
	check_stripes(y, l);
	if (l->item->role == PART_DATA)
		check_data(y, l);
	if (l->item->role == PART_RAID)
		check_raid(y, l);
	if (l->item->role == PART_CRYPT)
		check_crypt(y, l);
}
