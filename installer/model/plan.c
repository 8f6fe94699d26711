/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan as JSON and back: field tables of every operation, and the one place that joins them. */
#include "model/plan.h"

#include <string.h>

#include "base/str.h"
#include "data/json.h"

const char *const op_kind_names[] = { "clear", "table", "raid",   "crypt", "group",    "volume", "mkfs",   "image",
				      "system", "seed", "admin", "identity", "boot", "commit", "erase", NULL };
_Static_assert(ARRAY_LEN(op_kind_names) == OP__N + 1, "a name for every operation");

static const struct field extent_fields[] = {
	FIELD_U64(struct extent, start_bytes, FIELD_REQUIRED, "start, bytes"),
	FIELD_U64(struct extent, size_bytes, FIELD_REQUIRED, "size, bytes"),
};
static const struct schema extent_schema = SCHEMA("extent", struct extent, extent_fields, "a range that stays");
static const struct field clear_fields[] = {
	FIELD_STRING(struct op_clear, disk, FIELD_REQUIRED, "disk, by role"),
	FIELD_STRUCTS(struct op_clear, keep, FIELD_OMIT_EMPTY, &extent_schema, "partitions that stay, and the table with them"),
};
static const struct field table_part_fields[] = {
	FIELD_U64(struct table_part, number, FIELD_REQUIRED, "number"),
	FIELD_STRING(struct table_part, name, FIELD_REQUIRED, "PARTLABEL"),
	FIELD_STRING(struct table_part, type_uuid, FIELD_REQUIRED, "type"),
	FIELD_STRING(struct table_part, uuid, FIELD_REQUIRED, "PARTUUID"),
	FIELD_U64(struct table_part, start_bytes, FIELD_REQUIRED, "start, bytes"),
	FIELD_U64(struct table_part, size_bytes, FIELD_REQUIRED, "size, bytes"),
	FIELD_BOOL(struct table_part, keep, FIELD_OMIT_EMPTY, "it is there and its content stays"),
};
static const struct schema table_part_schema =
	SCHEMA("part", struct table_part, table_part_fields, "one partition of the table");
static const struct field table_fields[] = {
	FIELD_STRING(struct op_table, disk, FIELD_REQUIRED, "disk, by role"),
	FIELD_STRING(struct op_table, uuid, FIELD_REQUIRED, "disk GUID until the install is proved"),
	FIELD_STRUCTS(struct op_table, parts, 0, &table_part_schema, "partitions"),
};
static const struct field raid_fields[] = {
	FIELD_STRING(struct op_raid, name, FIELD_REQUIRED, "name of the array"),
	FIELD_STRING(struct op_raid, uuid, FIELD_REQUIRED, "its UUID, as mdadm writes it"),
	FIELD_STRING(struct op_raid, metadata, FIELD_REQUIRED, "version of its superblock"),
	FIELD_U64(struct op_raid, level, 0, "0, 1, 5, 6 or 10"),
	FIELD_STRINGS(struct op_raid, members, FIELD_REQUIRED, "devices"),
	FIELD_BOOL(struct op_raid, keep, FIELD_OMIT_EMPTY, "it is there: assembled, not made"),
};
static const struct field crypt_fields[] = {
	FIELD_STRING(struct op_crypt, name, FIELD_REQUIRED, "name when opened"),
	FIELD_STRING(struct op_crypt, dev, FIELD_REQUIRED, "device"),
	FIELD_STRING(struct op_crypt, uuid, FIELD_OMIT_EMPTY, "UUID; without: kept, and not visible when planned"),
	FIELD_STRING(struct op_crypt, key, FIELD_REQUIRED, "which secret opens it; the secret is not here"),
	FIELD_BOOL(struct op_crypt, keep, FIELD_OMIT_EMPTY, "it is there: opened, not made"),
};
static const struct field group_fields[] = {
	FIELD_STRING(struct op_group, name, FIELD_REQUIRED, "name"),
	FIELD_STRINGS(struct op_group, members, FIELD_REQUIRED, "devices"),
	FIELD_BOOL(struct op_group, keep, FIELD_OMIT_EMPTY, "it is there"),
	FIELD_STRINGS(struct op_group, remove, FIELD_OMIT_EMPTY, "volumes of it that go"),
};
static const struct field volume_fields[] = {
	FIELD_STRING(struct op_volume, group, FIELD_REQUIRED, "volume group"),
	FIELD_STRING(struct op_volume, name, FIELD_REQUIRED, "name"),
	FIELD_STRING(struct op_volume, kind, FIELD_REQUIRED, "linear, striped, pool or thin"),
	FIELD_STRING(struct op_volume, pool, FIELD_OMIT_EMPTY, "thin: its pool"),
	FIELD_U64(struct op_volume, size_bytes, 0, "size, bytes; 0: all that is free"),
	FIELD_U64(struct op_volume, stripes, FIELD_OMIT_EMPTY, "striped: over how many"),
	FIELD_BOOL(struct op_volume, keep, FIELD_OMIT_EMPTY, "it is there: activated, not made"),
};
static const struct field mkfs_fields[] = {
	FIELD_STRING(struct op_mkfs, dev, FIELD_REQUIRED, "device"),
	FIELD_STRING(struct op_mkfs, fs, FIELD_REQUIRED, "file system to make"),
	FIELD_STRING(struct op_mkfs, label, 0, "its label"),
	FIELD_STRING(struct op_mkfs, uuid, FIELD_REQUIRED, "its UUID"),
};
static const struct field image_fields[] = {
	FIELD_STRING(struct op_image, dev, FIELD_REQUIRED, "device"),
	FIELD_STRING(struct op_image, image, FIELD_REQUIRED, "image"),
	FIELD_STRING(struct op_image, version, FIELD_REQUIRED, "its version"),
	FIELD_STRING(struct op_image, list_hash, FIELD_REQUIRED, "BLAKE2b-256 of its chunk list"),
	FIELD_STRING(struct op_image, uuid, FIELD_REQUIRED, "UUID that the file system is given"),
	FIELD_U64(struct op_image, image_bytes, FIELD_REQUIRED, "size written"),
	FIELD_U64(struct op_image, data_bytes, FIELD_REQUIRED, "bytes fetched"),
	FIELD_BOOL(struct op_image, diff, FIELD_OMIT_EMPTY, "only chunks that differ"),
	FIELD_U64(struct op_image, write_bytes, FIELD_OMIT_EMPTY, "so much differed when it was planned"),
	FIELD_BOOL(struct op_image, bench, FIELD_OMIT_EMPTY, "time a plain stream first"),
};
static const struct field system_fields[] = {
	FIELD_STRING(struct op_system, dev, FIELD_REQUIRED, "device of the slot"),
	FIELD_STRING(struct op_system, slot_uuid, FIELD_REQUIRED, "file system UUID of the slot"),
	FIELD_STRING(struct op_system, data_uuid, FIELD_REQUIRED, "file system UUID of the data"),
	FIELD_STRING(struct op_system, console, FIELD_OMIT_EMPTY, "kernel console arguments"),
	FIELD_STRING(struct op_system, build_id, FIELD_REQUIRED, "release"),
	FIELD_STRING(struct op_system, other_uuid, FIELD_OMIT_EMPTY, "file system UUID of the other slot"),
};
static const struct field seed_fields[] = {
	FIELD_STRING(struct op_seed, dev, FIELD_REQUIRED, "device of the data"),
	FIELD_STRING(struct op_seed, build_id, FIELD_REQUIRED, "release"),
	FIELD_STRING(struct op_seed, seed_hash, FIELD_REQUIRED, "BLAKE2b-256 of the manifest"),
	FIELD_U64(struct op_seed, bytes, 0, "bytes copied"),
	FIELD_U64(struct op_seed, files, 0, "files copied"),
	FIELD_BOOL(struct op_seed, bench, FIELD_OMIT_EMPTY, "time a plain verified copy after it"),
	FIELD_BOOL(struct op_seed, beside, FIELD_OMIT_EMPTY, "beside what is served, which stays"),
};
static const struct field admin_fields[] = {
	FIELD_STRING(struct op_admin, dev, FIELD_REQUIRED, "device of the data"),
	FIELD_STRING(struct op_admin, data_uuid, FIELD_REQUIRED, "file system UUID of the data"),
	FIELD_STRING(struct op_admin, slot_uuid, FIELD_REQUIRED, "file system UUID of the slot"),
	FIELD_STRING(struct op_admin, slot_b_uuid, FIELD_OMIT_EMPTY, "file system UUID of the slot for updates"),
	FIELD_STRING(struct op_admin, nic_mac, FIELD_OMIT_EMPTY, "port of the admin network"),
	FIELD_STRING(struct op_admin, site_hash, FIELD_REQUIRED, "BLAKE2b-256 of the site file"),
	FIELD_STRING(struct op_admin, networks, FIELD_OMIT_EMPTY, "BLAKE2b-256 of its links and networks"),
	FIELD_STRUCT(struct op_admin, net, FIELD_OMIT_EMPTY, &net_schema, "its network"),
};
static const struct field node_network_fields[] = {
	FIELD_STRING(struct node_network, name, FIELD_REQUIRED, "network"),
	FIELD_STRING(struct node_network, address, FIELD_OMIT_EMPTY, "its IPv4 address"),
	FIELD_STRING(struct node_network, address6, FIELD_OMIT_EMPTY, "its IPv6 address"),
};
static const struct schema node_network_schema =
	SCHEMA("node_network", struct node_network, node_network_fields, "a network that it is on");
static const struct field who_fields[] = {
	FIELD_STRING(struct identity, node, FIELD_REQUIRED, "node"),
	FIELD_U64(struct identity, attempt, 0, "attempt that deploys it"),
	FIELD_STRING(struct identity, hostname, FIELD_REQUIRED, "host name"),
	FIELD_STRING(struct identity, domain, FIELD_OMIT_EMPTY, "domain"),
	FIELD_STRING(struct identity, address, FIELD_REQUIRED, "IPv4 address"),
	FIELD_U64(struct identity, prefix, FIELD_REQUIRED, "prefix length"),
	FIELD_STRING(struct identity, gateway, FIELD_OMIT_EMPTY, "default route, if any"),
	FIELD_STRING(struct identity, mac, FIELD_REQUIRED, "port, by address"),
	FIELD_STRING(struct identity, admin_address, FIELD_REQUIRED, "the admin node"),
	FIELD_STRING(struct identity, site_key, FIELD_OMIT_EMPTY, "public key of the site; without it no agent is set up"),
	FIELD_STRINGS(struct identity, ssh_keys, 0, "who may log in as root"),
	FIELD_STRINGS(struct identity, packages, FIELD_OMIT_EMPTY, "packages to add"),
	FIELD_STRUCTS(struct identity, networks, FIELD_OMIT_EMPTY, &node_network_schema, "networks it is on"),
};
static const struct schema who_schema =
	SCHEMA("identity", struct identity, who_fields, "what makes it this node");
static const struct field fstab_fields[] = {
	FIELD_STRING(struct fstab_line, uuid, FIELD_OMIT_EMPTY, "file system; without: kept, mounted by its device"),
	FIELD_STRING(struct fstab_line, where, FIELD_REQUIRED, "mount point, or none"),
	FIELD_STRING(struct fstab_line, fs, FIELD_REQUIRED, "type"),
	FIELD_STRING(struct fstab_line, dev, FIELD_REQUIRED, "device during the install"),
};
static const struct schema fstab_schema = SCHEMA("fstab", struct fstab_line, fstab_fields, "one line of fstab");
static const struct field crypttab_fields[] = {
	FIELD_STRING(struct crypttab_line, name, FIELD_REQUIRED, "name when opened"),
	FIELD_STRING(struct crypttab_line, uuid, FIELD_OMIT_EMPTY, "UUID; without: kept, opened by its device"),
	FIELD_STRING(struct crypttab_line, dev, FIELD_REQUIRED, "device during the install"),
	FIELD_STRING(struct crypttab_line, key, FIELD_OMIT_EMPTY, "secret kept as a key file; without: asked for"),
	FIELD_BOOL(struct crypttab_line, root, FIELD_OMIT_EMPTY, "needed to reach the root file system"),
};
static const struct schema crypttab_schema =
	SCHEMA("crypttab", struct crypttab_line, crypttab_fields, "one line of crypttab");
static const struct field array_fields[] = {
	FIELD_STRING(struct array_line, name, FIELD_REQUIRED, "name"),
	FIELD_STRING(struct array_line, uuid, FIELD_REQUIRED, "UUID"),
};
static const struct schema array_schema = SCHEMA("array", struct array_line, array_fields, "one line of mdadm.conf");
static const struct field identity_fields[] = {
	FIELD_STRING(struct op_identity, dev, FIELD_REQUIRED, "device of the root file system"),
	FIELD_STRING(struct op_identity, root_uuid, FIELD_REQUIRED, "root file system"),
	FIELD_STRING(struct op_identity, root_arg, FIELD_REQUIRED, "root= of the kernel"),
	FIELD_STRING(struct op_identity, boot_uuid, FIELD_OMIT_EMPTY, "file system of /boot"),
	FIELD_STRINGS(struct op_identity, esp_uuids, FIELD_REQUIRED, "EFI system partitions"),
	FIELD_STRING(struct op_identity, console, FIELD_OMIT_EMPTY, "kernel console arguments"),
	FIELD_STRUCTS(struct op_identity, fstab, FIELD_OMIT_EMPTY, &fstab_schema, "further file systems"),
	FIELD_STRUCTS(struct op_identity, crypttab, FIELD_OMIT_EMPTY, &crypttab_schema, "encrypted devices"),
	FIELD_STRUCTS(struct op_identity, arrays, FIELD_OMIT_EMPTY, &array_schema, "md arrays"),
	FIELD_STRINGS(struct op_identity, groups, FIELD_OMIT_EMPTY, "volume groups"),
	FIELD_STRINGS(struct op_identity, packages, FIELD_OMIT_EMPTY, "packages that the storage needs"),
	FIELD_STRUCT(struct op_identity, who, FIELD_REQUIRED, &who_schema, "identity"),
	FIELD_STRUCT(struct op_identity, net, FIELD_OMIT_EMPTY, &net_schema, "its network"),
};
static const struct field bios_fields[] = {
	FIELD_STRING(struct bios_target, disk, FIELD_REQUIRED, "disk, by role"),
	FIELD_U64(struct bios_target, number, FIELD_REQUIRED, "its BIOS boot partition"),
};
static const struct schema bios_schema = SCHEMA("bios", struct bios_target, bios_fields, "where GRUB for BIOS goes");
static const struct field boot_fields[] = {
	FIELD_STRING(struct op_boot, kind, FIELD_REQUIRED, "admin or node"),
	FIELD_STRING(struct op_boot, root_uuid, FIELD_REQUIRED, "file system with the menu"),
	FIELD_STRING(struct op_boot, slot_b_uuid, FIELD_OMIT_EMPTY, "the other slot's"),
	FIELD_STRINGS(struct op_boot, esps, FIELD_REQUIRED, "EFI system partitions"),
	FIELD_STRUCTS(struct op_boot, bios, FIELD_OMIT_EMPTY, &bios_schema, "BIOS boot partitions"),
	FIELD_STRING(struct op_boot, entry, FIELD_OMIT_EMPTY, "label of the firmware entry; without: a machine with BIOS"),
	FIELD_STRINGS(struct op_boot, others, FIELD_OMIT_EMPTY, "EFI system partitions whose entries stay"),
};
static const struct field guid_fields[] = {
	FIELD_STRING(struct disk_guid, disk, FIELD_REQUIRED, "disk, by role"),
	FIELD_STRING(struct disk_guid, uuid, FIELD_REQUIRED, "final disk GUID"),
};
static const struct schema guid_schema = SCHEMA("guid", struct disk_guid, guid_fields, "one disk's mark");
static const struct field commit_fields[] = {
	FIELD_STRUCTS(struct op_commit, disks, FIELD_REQUIRED, &guid_schema, "disks, the first one marked last"),
};
static const struct field erase_fields[] = {
	FIELD_STRING(struct op_erase, disk, FIELD_REQUIRED, "disk, by role"),
	FIELD_STRINGS(struct op_erase, methods, FIELD_REQUIRED, "methods, tried in this order"),
	FIELD_STRING(struct op_erase, seed, FIELD_REQUIRED, "seed of the places that are sampled"),
	FIELD_U64(struct op_erase, random, 0, "places besides both ends"),
};

static const struct schema clear_schema = SCHEMA("clear", struct op_clear, clear_fields, "wipe all signatures"),
	table_schema = SCHEMA("table", struct op_table, table_fields, "write a partition table"),
	raid_schema = SCHEMA("raid", struct op_raid, raid_fields, "make or assemble an md array"),
	crypt_schema = SCHEMA("crypt", struct op_crypt, crypt_fields, "make or open a LUKS2 volume"),
	group_schema = SCHEMA("group", struct op_group, group_fields, "make or change a volume group"),
	volume_schema = SCHEMA("volume", struct op_volume, volume_fields, "make or activate a logical volume"),
	mkfs_schema = SCHEMA("mkfs", struct op_mkfs, mkfs_fields, "make a file system"),
	image_schema = SCHEMA("image", struct op_image, image_fields, "write an image"),
	system_schema = SCHEMA("system", struct op_system, system_fields, "fill a system slot"),
	seed_schema = SCHEMA("seed", struct op_seed, seed_fields, "seed mirror and images"),
	admin_schema = SCHEMA("admin", struct op_admin, admin_fields, "the admin node's state"),
	identity_schema = SCHEMA("identity", struct op_identity, identity_fields, "a node's identity"),
	boot_schema = SCHEMA("boot", struct op_boot, boot_fields, "boot loader"),
	commit_schema = SCHEMA("commit", struct op_commit, commit_fields, "mark the install as finished"),
	erase_schema = SCHEMA("erase", struct op_erase, erase_fields, "erase all of a disk");

const struct schema *const op_schemas[OP__N] = {
	[OP_CLEAR] = &clear_schema,   [OP_TABLE] = &table_schema, [OP_RAID] = &raid_schema,
	[OP_CRYPT] = &crypt_schema,   [OP_GROUP] = &group_schema, [OP_VOLUME] = &volume_schema,
	[OP_MKFS] = &mkfs_schema,
	[OP_IMAGE] = &image_schema,   [OP_SYSTEM] = &system_schema, [OP_SEED] = &seed_schema,
	[OP_ADMIN] = &admin_schema,   [OP_IDENTITY] = &identity_schema, [OP_BOOT] = &boot_schema,
	[OP_COMMIT] = &commit_schema, [OP_ERASE] = &erase_schema,
};

static const struct field plan_disk_fields[] = {
	FIELD_STRING(struct plan_disk, role, FIELD_REQUIRED, "role in the profile"),
	FIELD_STRING(struct plan_disk, name, FIELD_REQUIRED, "kernel name when planned"),
	FIELD_STRING(struct plan_disk, path, FIELD_REQUIRED, "device node when planned"),
	FIELD_STRING(struct plan_disk, serial, FIELD_OMIT_EMPTY, "serial number"),
	FIELD_STRING(struct plan_disk, wwn, FIELD_OMIT_EMPTY, "world-wide name"),
	FIELD_STRING(struct plan_disk, topology, FIELD_OMIT_EMPTY, "where it is attached"),
	FIELD_STRING(struct plan_disk, model, FIELD_OMIT_EMPTY, "model"),
	FIELD_U64(struct plan_disk, size_bytes, FIELD_REQUIRED, "size, bytes"),
	FIELD_U64(struct plan_disk, sector_bytes, FIELD_REQUIRED, "logical sector, bytes"),
	FIELD_STRING(struct plan_disk, state, FIELD_REQUIRED, "digest of its observed state"),
	FIELD_STRING(struct plan_disk, table_uuid, FIELD_OMIT_EMPTY, "its disk GUID when planned"),
	FIELD_STRING(struct plan_disk, why, 0, "why this disk"),
	FIELD_STRINGS(struct plan_disk, destroys, FIELD_OMIT_EMPTY, "what is lost"),
	FIELD_STRINGS(struct plan_disk, keeps, FIELD_OMIT_EMPTY, "what stays"),
	FIELD_STRINGS(struct plan_disk, holders, FIELD_OMIT_EMPTY, "kernel devices taken down first"),
	FIELD_STRING(struct plan_disk, consent, FIELD_REQUIRED, "who agreed to that"),
};
static const struct schema plan_disk_schema =
	SCHEMA("plan_disk", struct plan_disk, plan_disk_fields, "a disk that is written");
static const struct field other_fields[] = {
	FIELD_STRING(struct plan_other, name, FIELD_REQUIRED, "kernel name"),
	FIELD_STRING(struct plan_other, id, FIELD_REQUIRED, "serial or other identity"),
	FIELD_U64(struct plan_other, size_bytes, 0, "size, bytes"),
	FIELD_STRING(struct plan_other, why, 0, "why it is not taken"),
};
static const struct schema other_schema =
	SCHEMA("other", struct plan_other, other_fields, "a disk that is not taken");

/* An operation without its parameters, whose schema depends on the type. */
static const struct field op_fields[] = {
	FIELD_ENUM(struct op, kind, FIELD_REQUIRED, op_kind_names, "type"),
	FIELD_STRING(struct op, id, FIELD_REQUIRED, "name inside the plan"),
	FIELD_STRING(struct op, text, 0, "for people"),
	FIELD_STRINGS(struct op, needs, FIELD_OMIT_EMPTY, "operations that come before"),
	FIELD_U64(struct op, weight, 0, "share of the time, in bytes"),
};
static const struct schema op_schema = SCHEMA("op", struct op, op_fields, "an operation");

static const struct field plan_fields[] = {
	FIELD_U64(struct plan, plan, FIELD_REQUIRED, "format"),
	FIELD_STRING(struct plan, kind, FIELD_REQUIRED, "admin, node or wipe"),
	FIELD_STRING(struct plan, subject, FIELD_REQUIRED, "for which machine"),
	FIELD_STRING(struct plan, machine, 0, "what that machine is"),
	FIELD_STRING(struct plan, profile, FIELD_OMIT_EMPTY, "profile"),
	FIELD_STRING(struct plan, goal, FIELD_REQUIRED, "disk GUID of the finished goal"),
	FIELD_STRING(struct plan, seed, FIELD_REQUIRED, "ids are made of it"),
	FIELD_STRINGS(struct plan, networks, FIELD_OMIT_EMPTY, "networks and their ports"),
	FIELD_STRINGS(struct plan, notes, FIELD_OMIT_EMPTY, "what to know before approving"),
	FIELD_STRUCTS(struct plan, disks, 0, &plan_disk_schema, "disks written"),
	FIELD_STRUCTS(struct plan, others, FIELD_OMIT_EMPTY, &other_schema, "disks not taken"),
};
static const struct schema plan_schema = SCHEMA("plan", struct plan, plan_fields, "a plan");

struct tree *plan_write(const struct plan *p, struct arena *a)
{
	struct tree *t = field_write(&plan_schema, p, false, a), *ops = tree_new(a, TREE_SEQ);

	for (size_t i = 0; i < p->n_ops; i++) {
		struct tree *o = field_write(&op_schema, &p->ops[i], false, a);

		tree_add(a, o, "params", field_write(op_schemas[p->ops[i].kind], p->ops[i].params, false, a));
		tree_push(a, ops, o);
	}
	tree_add(a, t, "ops", ops);
	return t;
}

/* A shallow copy of map T without KEY: the part that a schema without it can read strictly. */
static struct tree *without(const struct tree *t, const char *key, struct arena *a)
{
	struct tree *copy = tree_new(a, TREE_MAP);

	copy->pos = t->pos;
	if (t->kind != TREE_MAP) {
		*copy = *t;
		return copy;
	}
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->keys[i], key) != 0)
			tree_add(a, copy, t->keys[i], t->items[i]);
	return copy;
}

struct plan *plan_read(const struct tree *t, struct arena *a, struct error *err)
{
	struct plan *p = ARENA_NEW(a, struct plan);
	const struct tree *ops = tree_get(t, "ops");

	if (field_from_tree(&plan_schema, without(t, "ops", a), p, a, err)) {
		error_wrap(err, "plan");
		return NULL;
	}
	if (p->plan != PLAN_VERSION) {
		error_set(err, ERR_INPUT, "plan: format %llu, this program knows %d",
			  (unsigned long long)p->plan, PLAN_VERSION);
		return NULL;
	}
	if (!ops || ops->kind != TREE_SEQ) {
		error_set(err, ERR_INPUT, "plan: ops is missing or not a list");
		return NULL;
	}
	p->ops = arena_array(a, ops->n, sizeof(*p->ops));
	for (size_t i = 0; i < ops->n; i++) {
		struct op *op = &p->ops[i];
		const struct tree *params = tree_get(ops->items[i], "params");

		if (field_from_tree(&op_schema, without(ops->items[i], "params", a), op, a, err)) {
			error_wrap(err, "plan: ops[%zu]", i);
			return NULL;
		}
		op->params = arena_alloc(a, op_schemas[op->kind]->size);
		if (!params) {
			error_set(err, ERR_INPUT, "plan: ops[%zu]: params is missing", i);
			return NULL;
		}
		if (field_from_tree(op_schemas[op->kind], params, op->params, a, err)) {
			error_wrap(err, "plan: ops[%zu]: %s", i, op->id);
			return NULL;
		}
		p->n_ops++;
	}
	return p;
}

size_t plan_point_of_no_return(const struct plan *p)
{
	for (size_t i = 0; i < p->n_ops; i++)
		if (p->ops[i].kind == OP_CLEAR || p->ops[i].kind == OP_TABLE || p->ops[i].kind == OP_ERASE)
			return i;
	return p->n_ops;
}

void plan_json(const struct plan *p, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;

	json_write(plan_write(p, &a), false, out);
}

void plan_hash(const struct plan *p, char ret_hex[HASH_HEX])
{
	AUTO_STR text = STR_INIT;

	plan_json(p, &text);
	hash_buffer(str_text(&text), text.len, ret_hex);
}
