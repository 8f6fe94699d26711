/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan: what will be done to one machine, as a value. It names every disk by a stable identity
 * with the state it was seen in, says what it destroys, and lists operations with all their inputs.
 * Its canonical JSON has a hash, which is its name: what a person approves is exactly what runs.
 */
#pragma once
#include "data/field.h"
#include "model/machine.h"
#include "model/site.h"

enum { PLAN_VERSION = 1, PLAN_SHORT = 8 /* hex digits shown to people */ };

struct plan_disk {
	const char *role; /* "system" */
	const char *name, *path; /* as seen when planned: for people; the engine resolves by identity */
	const char *serial, *wwn, *topology, *model;
	uint64_t size_bytes, sector_bytes;
	const char *state;   /* disk_state() when planned */
	const char *why;     /* why this disk */
	const char **destroys; /* what is on it, a line each */
	size_t n_destroys;
	const char *consent; /* "blank", "site file", "operator", "own earlier deployment" */
};

struct plan_other { /* a disk that was not taken */
	const char *name, *id, *why;
	uint64_t size_bytes;
};

struct table_part {
	uint64_t number;
	const char *name; /* PARTLABEL */
	const char *type_uuid, *uuid;
	uint64_t start_bytes, size_bytes;
};

/* Operation parameters, one struct per type; every struct has its field table in plan.c. */
struct op_clear { /* wipe every signature of the disk and of its partitions */
	const char *disk; /* role */
};
struct op_table { /* write a new GPT */
	const char *disk, *uuid; /* provisional disk GUID; `commit` gives the final one */
	struct table_part *parts;
	size_t n_parts;
};
struct op_mkfs {
	const char *disk, *fs, *label, *uuid; /* vfat: uuid is the serial ABCD-1234 */
	uint64_t number;
};
struct op_image { /* stream a chunked file-system image onto a partition, new UUID, grow */
	const char *disk, *image, *version, *list_hash; /* BLAKE2b of the chunk list */
	const char *uuid; /* new file-system UUID */
	uint64_t number, image_bytes, data_bytes; /* uncompressed size; bytes to fetch */
	bool bench;
};
struct op_system { /* put the live system (root image, kernel, initramfs) into a slot */
	const char *disk, *slot_uuid, *data_uuid, *build_id, *console;
	uint64_t number;
};
struct op_seed { /* copy the medium's content to the data file system, every byte checked */
	const char *disk, *build_id, *seed_hash; /* BLAKE2b of SEED */
	uint64_t number, bytes, files;
	bool bench;
};
struct op_admin { /* the admin node's own state: site file, NIC binding, keys' directory */
	const char *disk, *site_text, *nic_mac;
	const char *data_uuid, *slot_uuid;
	uint64_t number;
};
struct identity { /* what makes a deployed system this node and no other */
	const char *node, *hostname, *domain, *address, *mac, *admin_address, *gateway, *site_key;
	uint64_t prefix, attempt;
	const char **ssh_keys;
	size_t n_ssh_keys;
	const char **packages;
	size_t n_packages;
};
struct fstab_line { /* a file system of the layout besides root and ESP */
	const char *uuid, *where, *fs; /* swap: where is "none" */
};
struct op_identity {
	const char *disk, *root_uuid, *esp_uuid, *console;
	struct fstab_line *fstab;
	size_t n_fstab;
	uint64_t number;
	struct identity who;
};
struct op_boot { /* signed shim and GRUB on the ESP, removable path first */
	const char *disk, *kind; /* "admin" or "node" */
	const char *root_uuid; /* file system GRUB reads its configuration from */
	uint64_t esp_number;
};
struct op_commit { /* after everything is proved: the final disk GUID, the mark of a finished install */
	const char *disk, *uuid;
};

enum op_kind { OP_CLEAR, OP_TABLE, OP_MKFS, OP_IMAGE, OP_SYSTEM, OP_SEED, OP_ADMIN, OP_IDENTITY, OP_BOOT, OP_COMMIT, OP__N };
extern const char *const op_kind_names[];
extern const struct schema *const op_schemas[OP__N];

struct op {
	enum op_kind kind;
	const char *id; /* "image:system:3" */
	const char *text; /* for people: "debian-13@2026..., 413 MiB in 1 MiB chunks" */
	const char **needs;
	size_t n_needs;
	uint64_t weight; /* expected share of the time, in bytes written */
	void *params;
};

struct plan {
	uint64_t plan; /* PLAN_VERSION */
	const char *kind, *subject; /* "admin" or "node"; its name */
	const char *machine; /* "serial QEMU-0001, 2 CPUs, 4 GiB" */
	const char *profile;
	const char *goal; /* final disk GUID of a finished install of this goal on this disk */
	const char *seed; /* ids are made of it */
	struct plan_disk *disks;
	size_t n_disks;
	struct plan_other *others;
	size_t n_others;
	struct op *ops; /* empty: the machine is as wanted */
	size_t n_ops;
};

struct tree *plan_write(const struct plan *p, struct arena *a);
struct plan *plan_read(const struct tree *t, struct arena *a, struct error *err);
/* Canonical JSON, the bytes that are hashed and signed. */
void plan_json(const struct plan *p, struct str *out);
void plan_hash(const struct plan *p, char ret_hex[HASH_HEX]);
/* Text for people, as in DESIGN: heading with short hash, disks, what is destroyed, numbered steps. */
void plan_text(const struct plan *p, struct str *out);
