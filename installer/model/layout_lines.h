/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A layout while it is checked: its lines, and what each stands on as far as that could be found out. Private to
 * layout_*.c. What a line may not stand on was complained of and is not among its bases, so that every chain
 * of bases ends at disks.
 */
#pragma once
#include "model/check.h"

enum { LAYOUT_MOST = 128 }; /* lines: as many partitions as a GPT usually has */

enum ground {
	ON_DISK = 1, /* a role of one disk */
	ON_SET = 2,
	ON_PART = 4, /* one partition of a part */
	ON_PARTS = 8, /* one on each disk of a set */
	ON_RAID = 16,
	ON_CRYPT = 32,
	ON_GROUP = 64,
	ON_POOL = 128,
	ON_WHOLE = ON_PART | ON_PARTS | ON_RAID | ON_CRYPT, /* devices that one line takes as they are */
};

struct base {
	enum ground ground;
	const struct disk_selector *disks; /* of a part: those that it is on; NULL for other lines */
	struct line *line; /* NULL for disks */
	size_t index; /* in the line's `on` */
};

struct line {
	const struct layout_item *item;
	const struct tree *v; /* its size, or mapping */
	struct pos pos;
	const char *name, *path;
	struct base *on;
	size_t n_on;
	const struct line *user; /* the first line that takes the whole of it */
	bool looped; /* stands on itself */
	int mark;
};

struct layout {
	const struct check *c;
	const struct profile *p;
	const struct tree *disks, *t; /* the roles, the list of lines */
	const char *path, *disks_path;
	struct line *lines;
	size_t n;
	bool broken; /* a line or role was misspelt: what is missing would be a guess */
};

/* "raid", as it is written. */
static inline const char *role_name(const struct line *l)
{
	return part_role_names[l->item->role];
}

/* "raid \"md-boot\"" */
const char *line_text(const struct layout *y, const struct line *l);
/* "disk \"system\"", "the 4 disks of \"data\"", or the line's text. */
const char *base_text(const struct layout *y, const struct base *b);
/* Where the name that B came from stands. */
struct pos on_pos(const struct line *l, size_t index);
/* All that a group or array consists of. */
size_t line_members(const struct line *l);
/* What the bases of L are, as bits. */
unsigned int line_ground(const struct line *l);

/* layout_rules.c: what each line may say. */
void layout_check_line(const struct layout *y, struct line *l);
/* layout_whole.c: what only all lines together show. */
void layout_check_whole(const struct layout *y);
