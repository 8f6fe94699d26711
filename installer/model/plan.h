/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan: what will be done to one machine, as a value. It names every disk by a stable identity
 * with the state it was seen in, says what it destroys, and lists operations with all their inputs.
 * Its canonical JSON has a hash, which is its name: what a person approves is exactly what runs.
 */
#pragma once
#include "data/field.h"
#include "model/machine.h"
#include "model/net.h"
#include "model/site.h"

/* Firmware entries that begin so are ours. */
#define BOOT_ENTRY_LABEL "Fulcrum "

/* plan_disk.state where all of a disk goes, whatever it carries. */
#define PLAN_ANY_STATE "any"

enum { PLAN_VERSION = 1, PLAN_SHORT = 8 /* hex digits shown to people */ };

struct plan_disk {
	const char *role; /* "system"; of a set "system.0", "system.1", ... */
	const char *name, *path; /* as seen when planned: for people; the engine resolves by identity */
	const char *serial, *wwn, *topology, *model;
	uint64_t size_bytes, sector_bytes;
	const char *state;   /* disk_state() when planned */
	const char *table_uuid; /* disk GUID when planned, NULL = none: compared before each destructive step */
	const char *why;     /* why this disk */
	const char **destroys; /* what is on it, a line each */
	size_t n_destroys;
	const char **keeps; /* what is preserved on it, a line each */
	size_t n_keeps;
	const char **holders; /* kernel devices that stand on it and are taken down first: "md127", "dm-2" */
	size_t n_holders;
	const char *consent; /* "blank", "site file", "operator", "own earlier deployment", "nothing is lost" */
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
	bool keep; /* it is there already, with exactly these members, and its content stays */
};

/*
 * Devices are named by references, which the engine resolves when it needs them:
 *   "system", "system.1"   a disk of the plan, by role
 *   "system:3"             a partition of it, by number
 *   "raid:NAME"            an md array            /dev/md/NAME
 *   "crypt:NAME"           an opened LUKS volume  /dev/mapper/NAME
 *   "lv:GROUP/NAME"        a logical volume       /dev/mapper/GROUP-NAME
 */

/* Operation parameters, one struct per type; every struct has its field table in plan.c. */
struct extent {
	uint64_t start_bytes, size_bytes;
};
struct op_clear { /* take holders down, wipe every signature of the disk and of its partitions */
	const char *disk;    /* role */
	struct extent *keep; /* partitions that stay untouched: then the table stays, too */
	size_t n_keep;
};
struct op_table { /* write a new GPT, or change one around what it keeps */
	const char *disk, *uuid; /* provisional disk GUID; `commit` gives the final one */
	struct table_part *parts;
	size_t n_parts;
};
struct op_raid { /* an md array */
	const char *name, *uuid; /* uuid as mdadm writes it: 8x:8x:8x:8x hex */
	const char *metadata;	 /* "1.2"; "1.0" where firmware or GRUB must see a plain file system */
	uint64_t level;
	const char **members; /* devices */
	size_t n_members;
	bool keep; /* assemble what is there; make nothing */
};
struct op_crypt { /* LUKS2, opened as crypt:NAME */
	const char *name, *dev, *uuid; /* uuid NULL: kept inside an array, where planning cannot see it */
	const char *key; /* name of the secret, whose bytes travel apart from the plan */
	bool keep;	 /* open what is there; make nothing */
};
struct op_group { /* an LVM volume group */
	const char *name;
	const char **members;
	size_t n_members;
	bool keep;	     /* it is there */
	const char **remove; /* volumes of a kept group that go */
	size_t n_remove;
};
struct op_volume { /* a logical volume */
	const char *group, *name;
	const char *kind;     /* "linear", "striped", "pool" (thin pool), "thin" */
	const char *pool;     /* thin: its pool */
	uint64_t size_bytes;  /* whole extents; 0 = all that is free in the group */
	uint64_t stripes;
	bool keep; /* it is there: only activate it */
};
struct op_mkfs {
	const char *dev, *fs, *label, *uuid; /* vfat: uuid is the serial ABCD-1234 */
};
struct op_image { /* stream a chunked file-system image onto a device, new UUID, grow */
	const char *dev, *image, *version, *list_hash; /* BLAKE2b of the chunk list */
	const char *uuid; /* new file-system UUID */
	uint64_t image_bytes, data_bytes; /* uncompressed size; bytes to fetch */
	bool diff; /* read each chunk first, fetch and write only those that differ */
	uint64_t write_bytes; /* diff: so much differed when it was planned */
	bool bench;
};
struct op_system { /* put the live system (root image, kernel, initramfs) into a slot */
	const char *dev, *slot_uuid, *data_uuid, *build_id, *console;
	const char *other_uuid; /* the other slot, for the menu; may be NULL */
};
struct op_seed { /* copy the medium's content to the data file system, every byte checked */
	const char *dev, *build_id, *seed_hash; /* BLAKE2b of SEED */
	uint64_t bytes, files;
	bool bench;
	bool beside; /* what is served stays the same: the release that starts takes its own */
};
struct op_admin { /* the admin node's own state: site file, NIC binding, keys' directory */
	const char *dev, *site_hash, *nic_mac; /* the text itself may hold secrets: it travels apart from the plan */
	const char *data_uuid, *slot_uuid, *slot_b_uuid;
	const char *networks; /* site_networks_hash() */
	struct net net; /* bound at install; the node keeps it, and finds its ports by their addresses */
};
struct node_network { /* a network that a node is on, and what it is there */
	const char *name, *address, *address6; /* addresses may be NULL: DHCP, SLAAC, none */
};
struct identity { /* what makes a deployed system this node and no other */
	const char *node, *hostname, *domain, *address, *mac, *admin_address, *gateway, *site_key;
	uint64_t prefix, attempt;
	const char **ssh_keys;
	size_t n_ssh_keys;
	const char **packages;
	size_t n_packages;
	struct node_network *networks; /* the admin network among them; none: only that, with `address` */
	size_t n_networks;
};
struct fstab_line { /* a file system of the layout besides root and ESP */
	const char *uuid, *where, *fs; /* swap: where is "none"; uuid NULL: kept where planning cannot see it */
	const char *dev;	       /* what it is on; a name of its own (/dev/md/x, /dev/mapper/x) outlives the install */
};
struct crypttab_line {
	const char *name, *uuid; /* uuid NULL: kept where planning cannot see it */
	const char *dev;	 /* what it is on, as for fstab_line */
	const char *key; /* secret that is kept as a key file on the root file system; NULL: asked for at boot */
	bool root;	 /* needed to reach the root file system: opened by the initramfs */
};
struct array_line {
	const char *name, *uuid;
};
struct op_identity {
	const char *dev, *root_uuid, *console;
	const char *root_arg; /* "UUID=..." or "/dev/mapper/..." */
	const char *boot_uuid; /* file system of /boot, NULL: on the root file system */
	const char **esp_uuids; /* FAT serials; the first is mounted on /boot/efi, the others hold the same */
	size_t n_esp_uuids;
	struct fstab_line *fstab; /* /boot among them */
	size_t n_fstab;
	struct crypttab_line *crypttab;
	size_t n_crypttab;
	struct array_line *arrays;
	size_t n_arrays;
	const char **groups; /* LVM's: no others are activated by themselves */
	size_t n_groups;
	const char **packages; /* what the storage needs: mdadm, lvm2, ... */
	size_t n_packages;
	struct identity who;
	struct net net;
};
struct bios_target {
	const char *disk; /* role */
	uint64_t number;  /* its BIOS boot partition */
};
struct op_boot { /* signed shim and GRUB on every ESP, removable path first; GRUB for BIOS where there is a partition for it */
	const char *kind; /* "admin" or "node" */
	const char *root_uuid; /* file system GRUB reads its configuration from */
	const char *slot_b_uuid; /* a second one, between which fulcrum.env on the ESP chooses; NULL: there is one */
	const char **esps; /* devices; all get the same */
	size_t n_esps;
	struct bios_target *bios;
	size_t n_bios;
	const char *entry;   /* label of the one firmware entry, which starts the first ESP; NULL: a machine with BIOS */
	const char **others; /* PARTUUIDs of our ESPs on disks that stay: entries for them are not ours to remove */
	size_t n_others;
};
struct disk_guid {
	const char *disk, *uuid;
};
struct op_commit { /* after everything is proved: the final disk GUIDs, the mark of a finished install; the first disk's comes last */
	struct disk_guid *disks;
	size_t n_disks;
};

struct op_erase { /* all of a disk, by the first of METHODS that works and is proved by samples */
	const char *disk;     /* role */
	const char **methods; /* names of model/erase.h, in this order */
	size_t n_methods;
	const char *seed;     /* of the places that are sampled */
	uint64_t random;      /* how many of them besides both ends */
};

enum op_kind { OP_CLEAR, OP_TABLE, OP_RAID, OP_CRYPT, OP_GROUP, OP_VOLUME, OP_MKFS, OP_IMAGE, OP_SYSTEM, OP_SEED, OP_ADMIN, OP_IDENTITY, OP_BOOT, OP_COMMIT, OP_ERASE, OP__N };
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
	const char *kind, *subject; /* "admin", "node" or "wipe"; its name */
	const char *machine; /* "serial QEMU-0001, 2 CPUs, 4 GiB" */
	const char *profile;
	const char *goal; /* final disk GUID of a finished install of this goal on this disk */
	const char *seed; /* ids are made of it */
	const char **networks; /* what the machine is on, and by which ports: a line each */
	size_t n_networks;
	const char **notes; /* what a person should know before approving, a line each */
	size_t n_notes;
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
/* The first operation that destroys anything, as an index; n_ops when none does. */
size_t plan_point_of_no_return(const struct plan *p);
/* Text for people, as in DESIGN: heading with short hash, disks, what is destroyed, numbered steps. */
void plan_text(const struct plan *p, struct str *out);
/* The same for a screen of so many columns (80 above). */
void plan_text_columns(const struct plan *p, size_t columns, struct str *out);
