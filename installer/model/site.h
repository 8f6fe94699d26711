/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The site file: everything an admin declares, as a value. Its field tables (site.c) are the only
 * place that knows its keys. See README.md for an example.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/field.h"
#include "model/hwtest.h"
#include "model/machine.h"
#include "model/site_net.h"

/* "a condition on a size": ">= 20G", "<= 2T", "20G..100G", "= 512M". */
struct size_cond {
	bool set;
	uint64_t min, max; /* inclusive */
	const char *text;
};

enum pick { PICK_NONE, PICK_SMALLEST, PICK_LARGEST, PICK_FIRST_BY_PATH };

/* All that is given must hold; exactly one disk must match, or `pick` breaks the tie. */
struct disk_selector {
	const char *name; /* role: key of the map, "system"; set by the reader of the map */
	const char *serial, *wwn, *model, *vendor, *path, *pci;
	enum disk_bus bus; /* BUS_UNKNOWN = any */
	bool rotational, rotational_set;
	struct size_cond size;
	uint64_t sector; /* logical sector, 0 = any */
	bool blank, blank_set;
	enum pick pick;
	uint64_t count; /* how many disks make the set; 0 and 1: one */
	struct pos pos;
};

/*
 * What a line of the layout makes. Those from PART_PART on carry others: a plain partition, an md array, a
 * LUKS2 volume, an LVM volume group, a thin pool.
 */
enum part_role {
	PART_NONE, PART_BIOS, PART_ESP, PART_BOOT, PART_ROOT, PART_SWAP, PART_DATA,
	PART_PART, PART_RAID, PART_CRYPT, PART_GROUP, PART_POOL, PART__N
};
extern const char *const part_role_names[]; /* by part_role */
enum fs_type { FS_DEFAULT, FS_EXT4, FS_XFS, FS_VFAT, FS_SWAP, FS_NONE };
extern const char *const fs_names[]; /* by fs_type; "" for FS_DEFAULT is not accepted */

/* Size of a partition or volume: bytes, a part of the whole, or a share of what the others leave. */
struct part_size {
	bool rest;
	uint64_t bytes;	  /* 0, !rest and !percent = default of the role: for root and data the rest */
	uint64_t percent; /* 1 to 100, of the disk or volume group */
};

/*
 * One line of `layout`: a mapping with one key, the role, whose value is a size or a mapping of the other
 * members. `on` says what it stands on: a role of `disks` (then it is a partition, one on every disk of the
 * set), or the name of another line (raid, crypt, group, pool, part). Its own name is `name`, else its role's.
 */
struct layout_item {
	enum part_role role;
	const char *name;
	const char **on; /* none: "system" */
	size_t n_on;
	struct part_size size;
	uint64_t min_bytes, max_bytes; /* bounds of a percentage or a rest; 0 = none */
	enum fs_type fs;
	const char *mount; /* data: where; NULL otherwise */
	const char *type;  /* GPT type GUID, if not the role's usual one */
	uint64_t level;	   /* raid: 0, 1, 5, 6, 10 */
	bool level_set;
	uint64_t stripes;	/* a volume over so many physical volumes */
	const char *passphrase; /* crypt: secret */
	const char *key_file;	/* crypt: a file beside the site file, whose bytes are the key */
	bool preserve; /* keep it and its content if it is there; make it if it is not */
	struct pos pos;
};

/* How a node that carries a version of its image gets the wanted one. */
enum reimage { REIMAGE_DIFFERENTIAL, REIMAGE_FULL };

struct profile {
	const char *name;
	const char *image;
	struct disk_selector *disks; /* map role -> selector; the skeleton needs "system" */
	size_t n_disks;
	struct layout_item *layout;
	size_t n_layout;
	enum reimage reimage;
	const char **packages;
	size_t n_packages;
	const char **wipe; /* serials whose content may be destroyed */
	size_t n_wipe;
	const char **networks; /* none: "admin" */
	size_t n_networks;
	struct link *links; /* for its nodes in place of the site's of the same name */
	size_t n_links;
	struct pos pos;
};

struct rule {
	struct rule_when {
		struct size_cond memory;
		const char *vendor, *product, *serial, *mac, *firmware;
		uint64_t cpus; /* at least */
		uint64_t disks; /* at least */
		uint64_t ports; /* network ports, at least */
		const char *neighbour; /* name of a switch that one of its ports hears */
	} when;
	struct rule_bind {
		const char *profile;
		const char *name; /* "node-{seq}" */
		struct addr_range addresses; /* a part of the admin network's hosts; none: all of them */
		const char **roles; /* labels for people and for `fulcrum deploy --role` */
		size_t n_roles;
	} bind;
	struct pos pos;
};

enum approve { APPROVE_HOLD, APPROVE_AUTO };

struct site {
	uint64_t fulcrum; /* format, 1 */
	const char *site;
	struct site_admin {
		const char *name; /* fully qualified */
		struct disk_selector disk;
		const char **wipe;
		size_t n_wipe;
		bool unattended; /* consents to an install without a question, with the boot entry for it */
		struct site_access {
			const char **ssh_keys;
			size_t n_ssh_keys;
		} access;
	} admin;
	struct link *links;
	size_t n_links;
	struct network *networks;
	size_t n_networks;
	struct profile *profiles;
	size_t n_profiles;
	struct rule *rules;
	size_t n_rules;
	struct site_policy {
		enum approve approve; /* first deploys of blank machines: hold (default) or auto */
		uint64_t at_once; /* so many nodes are written at the same time; 0: all that may be */
	} policy;
	struct hwtest_limits tests;
	struct site_preflight {
		const char **ignore; /* names of site_preflight_ignorable */
		size_t n_ignore;
	} preflight;
	struct site_installer {
		bool ssh; /* admin.access.ssh_keys may log in while it installs */
	} installer;
	struct site_report {
		const char *url; /* NULL: none */
		const char *pin; /* https: hash of the server's public key, "sha256//BASE64" */
	} report;
	bool bench; /* agents also time a plain HTTP-to-disk stream */
};

extern const struct schema site_schema, rule_schema;
/* Whether NAME (LEN bytes) is what a rule's name PATTERN makes for some number. */
bool rule_makes_name(const char *pattern, const char *name, size_t len);
/* What `preflight.ignore` may name: the checks of engine/preflight.h that a person may overrule. NULL-terminated. */
extern const char *const site_preflight_ignorable[];

/*
 * Reads, then checks the whole: addresses inside subnets, ranges that do not overlap, names that
 * exist, keys that are SSH keys, layouts with a root and an ESP, exactly one `rest` last, ... All findings in one run.
 * Returns the site; use it only when F stayed empty.
 */
struct site *site_parse(const char *file, const char *data, size_t len, struct arena *a,
			struct findings *f);

/*
 * What site_parse() does after reading: all that one value alone cannot show. T is the tree that S
 * was read from, for positions. Resolves ranges and networks. S may have been read with findings.
 */
void site_check(struct site *s, const struct tree *t, struct findings *f);

const struct network *site_network(const struct site *s, const char *name);
const struct profile *site_profile(const struct site *s, const char *name);
/* Name of all that `links` and `networks` of S say: what was bound from the one is not from another. */
void site_networks_hash(const struct site *s, char ret_hex[HASH_HEX]);
