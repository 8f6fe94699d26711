/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one planning run carries from room to room, private to plan/: the disks that roles took, and the lines of the layout as
 * a graph, in which each line knows what it stands on. The order of planner.h's two plans is the same:
 * bind disks, build the graph, find what is kept, place partitions, size volumes, name the goal, ask for consent,
 * list operations.
 */
#pragma once
#include "plan/layout.h"
#include "plan/planner.h"

enum { PLAN_MIB = 1024 * 1024 };

/* A disk that a role took, and the partitions that the layout wants on it. */
struct bound {
	const char *role; /* "system"; of a set "system.0", "system.1", ... */
	const char *set;  /* the role of `disks` */
	const struct disk_selector *selector;
	const struct disk *disk;
	const char *why;
	struct layout_part *wants; /* in the order of the lines */
	struct table_part *parts;  /* where they come to lie, by the same index */
	size_t n_wants;
	struct plan_disk *row; /* its row in the plan */
	bool keeps;	       /* something on it stays */
	bool untouched;	       /* all of it stays: the disk is not written */
};

/* A partition that the layout wants: an index into the disks, and into the wants of that disk. */
struct place {
	size_t disk, part;
};

enum unit_kept {
	UNIT_NEW,
	UNIT_CARRIER, /* stays, because something on it does; what else is on it goes */
	UNIT_CONTENT, /* stays with all that is on it */
};

/* One line of the layout, bound. */
struct unit {
	const struct layout_item *item;
	const char *name, *label; /* "root", "fulcrum-root" */
	enum fs_type fs;
	struct unit **on; /* what it stands on, unless it is on disks */
	size_t n_on;
	struct place *places; /* its own partitions */
	size_t n_places;
	enum unit_kept kept;
	const char *uuid; /* of its file system, array or LUKS volume; NULL: kept, and not to be seen from outside */
	const char *signature; /* what a partition of its own carries in the end, as libblkid names it; NULL: nothing */
	uint64_t bytes;	       /* what it offers; of arrays and the like the least to be expected */
	uint64_t free_bytes;   /* group: not given to volumes */
	bool takes_free;       /* volume: all that is free in the end */
	const char *op;	       /* operation that makes it; NULL: there is none */
	bool listed;	       /* its operations are in the plan */
};

struct work {
	const struct plan_request *r;
	struct arena *a;
	struct plan *plan;
	const char *where;   /* what asks: "admin", "profiles.server": for messages */
	const struct layout_item *items;
	size_t n_items;
	const struct disk_selector *selectors; /* one a role */
	size_t n_selectors;
	bool one_role; /* the site file names no roles: admin.disk */
	const char *const *wipe; /* consents of the site file */
	size_t n_wipe;
	uint64_t root_least; /* bytes of the image */
	bool image_on_root;  /* root is filled by an image, not made empty */
	bool in_place;	     /* differential: partitions stay, and only what differs is written */
	struct bound *bounds;
	size_t n_bounds;
	struct unit *units; /* by line */
	const struct unit *asks; /* keep.c: the line whose `preserve` is looked at */
	size_t n_units;
};

/* --- work.c: small things that all rooms use */
const char *work_id(struct work *w, const char *name);		/* UUID of the plan's seed and NAME */
/* Disk GUID of the finished GOAL: on the FIRST disk that is written the goal itself, on the one with ROLE its own. */
const char *goal_guid(const char *goal, const char *role, bool first, struct arena *a);
const char *goal_unfinished(const char *goal, struct arena *a); /* disk GUID while GOAL is being worked on */
bool same_guid(const char *a, const char *b);
void add_line(struct arena *a, const char ***list, size_t *n, const char *line);
void work_note(struct work *w, const char *text);
const char *size_words(uint64_t bytes, struct arena *a);
/* The partition of PLACE as it is now, by its label; NULL: there is none. */
const struct partition *place_seen(const struct work *w, const struct unit *u, size_t place);
const struct signature *partition_signature(const struct partition *p, const char *type);
const char *place_ref(struct work *w, const struct place *p);
/* Reference to the device that U offers, see model/plan.h. */
const char *unit_ref(struct work *w, const struct unit *u);
/* Name of volume U below /dev/mapper. */
const char *mapped_name(struct work *w, const struct unit *u);
/* True if U is BELOW or stands on it, however far up. */
bool stands_on(const struct unit *u, const struct unit *below);
struct unit *unit_by_role(struct work *w, enum part_role role);
bool is_volume(const struct unit *u);

/* --- bind.c: roles to disks, and their rows in the plan */
MUST_CHECK int bind_disks(struct work *w, struct error *err);
void list_disks(struct work *w);

/* --- graph.c: lines to units */
MUST_CHECK int graph_build(struct work *w, struct error *err);

/* --- keep.c: what `preserve` asks for */
MUST_CHECK int keep_find(struct work *w, struct error *err);
void keep_list(struct work *w);
/* The volume group of line U as it is on the machine, found by its partitions and its name; or NULL. */
const struct lvm_group *group_seen(struct work *w, const struct unit *u);
const struct lvm_volume *volume_seen(const struct lvm_group *g, const char *name);
/* The group that volume U is in, whatever pool it is in. */
struct unit *group_of(const struct unit *u);

/* --- size.c: what units offer and volumes get */
MUST_CHECK int place_partitions(struct work *w, struct error *err);
MUST_CHECK int size_units(struct work *w, struct error *err);

/* --- consent.c */
MUST_CHECK int consent_find(struct work *w, struct error *err);
/* Volumes of the kept group of line U that go; returns how many. */
size_t removed_volumes(struct work *w, const struct unit *u, const struct lvm_volume ***ret);

/* --- storage.c: units to operations */
/* Appends an operation and returns its zeroed parameters. */
void *op_add(struct work *w, enum op_kind kind, const char *id, uint64_t weight, const char *text);
/* Lets the operation that was added last wait for the one with ID; NULL: for none. */
void op_needs(struct work *w, const char *id);
/* The same for all that nobody waits for yet. */
void op_needs_all(struct work *w);
/* Clears and tables, then what stands on them; not root's file system if an image brings it. */
void storage_ops(struct work *w);
/* UUID of the file system on a partition of U. */
const char *fs_uuid(struct work *w, const struct unit *u, size_t place);

/* --- boot.c */
/* Whether the machine's firmware can start what the layout makes. */
MUST_CHECK int boot_check(struct work *w, struct error *err);
/* Boot loader, then the mark; MENU is what GRUB reads its menu from. Returns the first. */
struct op_boot *boot_ops(struct work *w, const char *kind, const struct unit *menu);

/* --- planner.c: the frame */
struct plan *plan_new(const struct plan_request *r, const char *kind, const char *subject, struct arena *a);
/* Binding, graph, what is kept, places and sizes. */
MUST_CHECK int plan_storage(struct work *w, struct error *err);
/*
 * Names the goal, of which CONTENT is what is not storage, and describes machine and disks. *RET_DONE: the
 * machine already is as wanted, else consent was found.
 */
MUST_CHECK int plan_frame(struct work *w, const char *content, bool *ret_done, struct error *err);
bool is_first_written(const struct work *w, const struct bound *b);
