/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Field tables of a machine, and the pure questions that are asked of its disks. */
#include "model/machine.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "data/json.h"

const char *const disk_bus_names[] = { "unknown", "nvme", "sata", "sas", "scsi", "usb", "virtio", "mmc", NULL };

static const struct field signature_fields[] = {
	FIELD_STRING(struct signature, type, FIELD_REQUIRED, "what it is, in libblkid's words"),
	FIELD_STRING(struct signature, usage, FIELD_OMIT_EMPTY, "filesystem, raid, crypto or other"),
	FIELD_STRING(struct signature, label, FIELD_OMIT_EMPTY, "its label"),
	FIELD_STRING(struct signature, uuid, FIELD_OMIT_EMPTY, "its UUID"),
	FIELD_U64(struct signature, offset, 0, "where its magic stands, bytes from the start"),
};
static const struct schema signature_schema =
	SCHEMA("signature", struct signature, signature_fields, "a file system, RAID member, volume ...");

static const struct field comparison_fields[] = {
	FIELD_STRING(struct comparison, list_hash, FIELD_REQUIRED, "BLAKE2b-256 of the image's chunk list"),
	FIELD_U64(struct comparison, chunks, 0, "chunks of the image"),
	FIELD_U64(struct comparison, same, 0, "chunks that are there already"),
	FIELD_U64(struct comparison, fetch_bytes, 0, "bytes that the others are to fetch"),
	FIELD_U64(struct comparison, write_bytes, 0, "bytes that the others are to write"),
};
static const struct schema comparison_schema =
	SCHEMA("comparison", struct comparison, comparison_fields, "how it compares with an image");

static const struct field partition_fields[] = {
	FIELD_U64(struct partition, number, FIELD_REQUIRED, "number in the table"),
	FIELD_STRING(struct partition, name, FIELD_OMIT_EMPTY, "PARTLABEL"),
	FIELD_STRING(struct partition, type_uuid, FIELD_OMIT_EMPTY, "type"),
	FIELD_STRING(struct partition, uuid, FIELD_OMIT_EMPTY, "PARTUUID"),
	FIELD_U64(struct partition, start_bytes, 0, "start, bytes"),
	FIELD_U64(struct partition, size_bytes, 0, "size, bytes"),
	FIELD_STRUCTS(struct partition, signatures, FIELD_OMIT_EMPTY, &signature_schema, "what it carries"),
	FIELD_STRUCTS(struct partition, compared, FIELD_OMIT_EMPTY, &comparison_schema, "how it compares with images"),
};
static const struct schema partition_schema =
	SCHEMA("partition", struct partition, partition_fields, "one partition");

static const struct field health_fields[] = {
	FIELD_STRING(struct disk_health, source, FIELD_OMIT_EMPTY, "who asked it"),
	FIELD_STRING(struct disk_health, verdict, FIELD_OMIT_EMPTY, "its own word: passed or failed"),
	FIELD_U64(struct disk_health, temperature_c, FIELD_OMIT_EMPTY, "temperature, degrees Celsius"),
	FIELD_U64(struct disk_health, hours, FIELD_OMIT_EMPTY, "hours it was powered"),
	FIELD_U64(struct disk_health, wear_percent, FIELD_OMIT_EMPTY, "how much of its life is used up, percent"),
	FIELD_U64(struct disk_health, errors, FIELD_OMIT_EMPTY, "data that could not be read or written"),
	FIELD_U64(struct disk_health, reallocated, FIELD_OMIT_EMPTY, "sectors that were replaced"),
	FIELD_U64(struct disk_health, pending, FIELD_OMIT_EMPTY, "sectors that cannot be read now"),
};
static const struct schema health_schema =
	SCHEMA("health", struct disk_health, health_fields, "what a disk says of its health");

static const struct field disk_fields[] = {
	FIELD_STRING(struct disk, name, FIELD_REQUIRED, "kernel name, for people only"),
	FIELD_STRING(struct disk, path, FIELD_REQUIRED, "device node when observed"),
	FIELD_STRING(struct disk, serial, FIELD_OMIT_EMPTY, "serial number"),
	FIELD_STRING(struct disk, wwn, FIELD_OMIT_EMPTY, "world-wide name, EUI-64 or NGUID"),
	FIELD_STRING(struct disk, model, FIELD_OMIT_EMPTY, "model"),
	FIELD_STRING(struct disk, vendor, FIELD_OMIT_EMPTY, "vendor"),
	FIELD_STRING(struct disk, revision, FIELD_OMIT_EMPTY, "version of its firmware"),
	FIELD_STRING(struct disk, pci, FIELD_OMIT_EMPTY, "PCI address of the controller"),
	FIELD_STRING(struct disk, topology, FIELD_OMIT_EMPTY, "where it is attached: sysfs device path"),
	FIELD_ENUM(struct disk, bus, 0, disk_bus_names, "how it is attached"),
	FIELD_U64(struct disk, size_bytes, FIELD_REQUIRED, "size, bytes"),
	FIELD_U64(struct disk, sector_bytes, FIELD_REQUIRED, "logical sector, bytes"),
	FIELD_U64(struct disk, physical_bytes, FIELD_OMIT_EMPTY, "physical sector, bytes"),
	FIELD_U64(struct disk, optimal_io_bytes, FIELD_OMIT_EMPTY, "preferred write size, bytes"),
	FIELD_BOOL(struct disk, rotational, FIELD_OMIT_EMPTY, "it spins"),
	FIELD_BOOL(struct disk, removable, FIELD_OMIT_EMPTY, "its medium can be taken out"),
	FIELD_BOOL(struct disk, read_only, FIELD_OMIT_EMPTY, "the kernel refuses writes"),
	FIELD_STRING(struct disk, in_use, FIELD_OMIT_EMPTY, "why it may not be a target"),
	FIELD_STRINGS(struct disk, paths, FIELD_OMIT_EMPTY, "kernel names of further paths to it"),
	FIELD_STRINGS(struct disk, holders, FIELD_OMIT_EMPTY, "kernel devices that stand on it, topmost first"),
	FIELD_STRING(struct disk, journal_goal, FIELD_OMIT_EMPTY, "goal of an earlier run of ours"),
	FIELD_STRING(struct disk, journal_plan, FIELD_OMIT_EMPTY, "hash of its plan"),
	FIELD_STRING(struct disk, journal_step, FIELD_OMIT_EMPTY, "operation it was in"),
	FIELD_BOOL(struct disk, journal_finished, FIELD_OMIT_EMPTY, "it ended well"),
	FIELD_BOOL(struct disk, journal_keeps, FIELD_OMIT_EMPTY, "it preserved something here"),
	FIELD_STRING(struct disk, table, FIELD_OMIT_EMPTY, "kind of partition table"),
	FIELD_STRING(struct disk, table_uuid, FIELD_OMIT_EMPTY, "disk GUID"),
	FIELD_STRING(struct disk, damage, FIELD_OMIT_EMPTY, "what probing complained of"),
	FIELD_BOOL(struct disk, unread, FIELD_OMIT_EMPTY, "probing failed: what it carries is not known"),
	FIELD_STRUCTS(struct disk, partitions, FIELD_OMIT_EMPTY, &partition_schema, "partitions in order"),
	FIELD_STRUCTS(struct disk, signatures, FIELD_OMIT_EMPTY, &signature_schema, "on the whole disk"),
	FIELD_STRUCT(struct disk, health, FIELD_OMIT_EMPTY, &health_schema, "what it says of its health"),
	FIELD_STRINGS(struct disk, erase, FIELD_OMIT_EMPTY, "ways to erase it that it allows, strongest first"),
	FIELD_STRING(struct disk, erase_note, FIELD_OMIT_EMPTY, "why it does not allow others"),
};
const struct schema disk_schema = SCHEMA("disk", struct disk, disk_fields, "one disk");

static const struct field lvm_volume_fields[] = {
	FIELD_STRING(struct lvm_volume, name, FIELD_REQUIRED, "name"),
	FIELD_STRING(struct lvm_volume, uuid, FIELD_OMIT_EMPTY, "UUID"),
	FIELD_STRING(struct lvm_volume, kind, FIELD_OMIT_EMPTY, "linear, striped, thin-pool, thin, ..."),
	FIELD_STRING(struct lvm_volume, pool, FIELD_OMIT_EMPTY, "pool of a thin volume"),
	FIELD_U64(struct lvm_volume, size_bytes, 0, "size, bytes"),
};
static const struct schema lvm_volume_schema =
	SCHEMA("lvm_volume", struct lvm_volume, lvm_volume_fields, "one logical volume");
static const struct field lvm_group_fields[] = {
	FIELD_STRING(struct lvm_group, name, FIELD_REQUIRED, "name"),
	FIELD_STRING(struct lvm_group, uuid, FIELD_OMIT_EMPTY, "UUID"),
	FIELD_U64(struct lvm_group, size_bytes, 0, "size, bytes"),
	FIELD_U64(struct lvm_group, free_bytes, 0, "not used by volumes, bytes"),
	FIELD_U64(struct lvm_group, extent_bytes, 0, "extent, bytes"),
	FIELD_STRINGS(struct lvm_group, members, 0, "UUIDs of its physical volumes"),
	FIELD_U64(struct lvm_group, missing, FIELD_OMIT_EMPTY, "physical volumes that are not here"),
	FIELD_STRUCTS(struct lvm_group, volumes, FIELD_OMIT_EMPTY, &lvm_volume_schema, "logical volumes"),
};
static const struct schema lvm_group_schema =
	SCHEMA("lvm_group", struct lvm_group, lvm_group_fields, "one volume group");
static const struct field md_array_fields[] = {
	FIELD_STRING(struct md_array, name, FIELD_OMIT_EMPTY, "name"),
	FIELD_STRING(struct md_array, uuid, FIELD_REQUIRED, "UUID"),
	FIELD_STRING(struct md_array, level, FIELD_OMIT_EMPTY, "raid0, raid1, ..."),
	FIELD_STRING(struct md_array, metadata, FIELD_OMIT_EMPTY, "version of its superblock"),
	FIELD_U64(struct md_array, devices, 0, "members it wants"),
	FIELD_U64(struct md_array, found, 0, "members that are here"),
};
static const struct schema md_array_schema = SCHEMA("md_array", struct md_array, md_array_fields, "one md array");

static const struct field nic_fields[] = {
	FIELD_STRING(struct nic, name, FIELD_REQUIRED, "kernel name, for people only"),
	FIELD_STRING(struct nic, mac, FIELD_OMIT_EMPTY, "address in use"),
	FIELD_STRING(struct nic, permanent_mac, FIELD_OMIT_EMPTY, "address of the hardware"),
	FIELD_STRING(struct nic, driver, FIELD_OMIT_EMPTY, "kernel driver"),
	FIELD_STRING(struct nic, pci, FIELD_OMIT_EMPTY, "PCI address"),
	FIELD_BOOL(struct nic, link, 0, "carrier seen"),
	FIELD_U64(struct nic, speed_mbit, FIELD_OMIT_EMPTY, "speed, Mbit/s"),
	FIELD_U64(struct nic, dev_port, FIELD_OMIT_EMPTY, "which of several ports of one PCI function"),
	FIELD_STRING(struct nic, neighbour, FIELD_OMIT_EMPTY, "name of its switch, by LLDP"),
	FIELD_STRING(struct nic, neighbour_port, FIELD_OMIT_EMPTY, "port of its switch, by LLDP"),
};
static const struct schema nic_schema = SCHEMA("nic", struct nic, nic_fields, "one network port");

static const struct field system_fields[] = {
	FIELD_STRING(struct machine_system, vendor, FIELD_OMIT_EMPTY, "DMI system vendor"),
	FIELD_STRING(struct machine_system, product, FIELD_OMIT_EMPTY, "DMI product name"),
	FIELD_STRING(struct machine_system, serial, FIELD_OMIT_EMPTY, "DMI serial number"),
	FIELD_STRING(struct machine_system, uuid, FIELD_OMIT_EMPTY, "DMI system UUID"),
	FIELD_STRING(struct machine_system, board_vendor, FIELD_OMIT_EMPTY, "DMI board vendor"),
	FIELD_STRING(struct machine_system, board, FIELD_OMIT_EMPTY, "DMI board name"),
	FIELD_STRING(struct machine_system, board_serial, FIELD_OMIT_EMPTY, "DMI board serial number"),
	FIELD_STRING(struct machine_system, bios_version, FIELD_OMIT_EMPTY, "version of the firmware"),
	FIELD_STRING(struct machine_system, bios_date, FIELD_OMIT_EMPTY, "date of the firmware"),
	FIELD_STRINGS(struct machine_system, placeholders, FIELD_OMIT_EMPTY, "members that had a maker's filler, and which"),
};
static const struct schema system_schema =
	SCHEMA("system", struct machine_system, system_fields, "what the firmware says of the machine");

static const struct field dimm_fields[] = {
	FIELD_STRING(struct dimm, slot, FIELD_OMIT_EMPTY, "where it is plugged in"),
	FIELD_STRING(struct dimm, bank, FIELD_OMIT_EMPTY, "its bank"),
	FIELD_STRING(struct dimm, type, FIELD_OMIT_EMPTY, "DDR4, DDR5, ..."),
	FIELD_STRING(struct dimm, vendor, FIELD_OMIT_EMPTY, "maker"),
	FIELD_STRING(struct dimm, serial, FIELD_OMIT_EMPTY, "serial number"),
	FIELD_STRING(struct dimm, part, FIELD_OMIT_EMPTY, "part number"),
	FIELD_U64(struct dimm, size_bytes, 0, "size, bytes"),
	FIELD_U64(struct dimm, speed_mts, FIELD_OMIT_EMPTY, "how fast it can be, MT/s"),
	FIELD_U64(struct dimm, configured_mts, FIELD_OMIT_EMPTY, "how fast it is, MT/s"),
	FIELD_BOOL(struct dimm, ecc, FIELD_OMIT_EMPTY, "it corrects errors"),
};
static const struct schema dimm_schema = SCHEMA("dimm", struct dimm, dimm_fields, "one memory module");

static const struct field pci_fields[] = {
	FIELD_STRING(struct pci_device, address, FIELD_REQUIRED, "PCI address"),
	FIELD_STRING(struct pci_device, kind, 0, "what it is, by its class"),
	FIELD_STRING(struct pci_device, ids, 0, "vendor:device"),
	FIELD_STRING(struct pci_device, board_ids, FIELD_OMIT_EMPTY, "vendor:device of the card"),
	FIELD_STRING(struct pci_device, driver, FIELD_OMIT_EMPTY, "kernel driver"),
};
static const struct schema pci_schema = SCHEMA("pci_device", struct pci_device, pci_fields, "one PCI device");

static const struct field bmc_fields[] = {
	FIELD_STRING(struct bmc, address, FIELD_OMIT_EMPTY, "address of its network port"),
	FIELD_STRING(struct bmc, mac, FIELD_OMIT_EMPTY, "MAC address of its network port"),
	FIELD_STRING(struct bmc, version, FIELD_OMIT_EMPTY, "version of its firmware"),
	FIELD_STRING(struct bmc, ipmi, FIELD_OMIT_EMPTY, "version of IPMI that it speaks"),
};
static const struct schema bmc_schema = SCHEMA("bmc", struct bmc, bmc_fields, "the management controller");

static const struct field source_fields[] = {
	FIELD_STRING(struct fact_source, facts, FIELD_REQUIRED, "group of facts"),
	FIELD_STRING(struct fact_source, source, FIELD_REQUIRED, "where they come from"),
};
static const struct schema source_schema = SCHEMA("source", struct fact_source, source_fields, "source of a group of facts");

static const struct field machine_fields[] = {
	FIELD_U64(struct machine, machine, FIELD_REQUIRED, "format of this record"),
	FIELD_STRUCT(struct machine, system, 0, &system_schema, "identity by firmware"),
	FIELD_STRING(struct machine, firmware, 0, "uefi or bios"),
	FIELD_BOOL(struct machine, secure_boot, FIELD_OMIT_EMPTY, "secure boot is on"),
	FIELD_U64(struct machine, memory_bytes, 0, "memory, bytes"),
	FIELD_U64(struct machine, cpus, 0, "processors online"),
	FIELD_U64(struct machine, cpu_sockets, FIELD_OMIT_EMPTY, "processor packages"),
	FIELD_U64(struct machine, cpu_cores, FIELD_OMIT_EMPTY, "processor cores, of all packages"),
	FIELD_STRING(struct machine, cpu_model, FIELD_OMIT_EMPTY, "processor model"),
	FIELD_STRING(struct machine, microcode, FIELD_OMIT_EMPTY, "version of its microcode"),
	FIELD_STRING(struct machine, tpm, FIELD_OMIT_EMPTY, "version of its TPM"),
	FIELD_STRUCT(struct machine, bmc, FIELD_OMIT_EMPTY, &bmc_schema, "management controller"),
	FIELD_STRING(struct machine, architecture, FIELD_OMIT_EMPTY, "uname -m"),
	FIELD_STRING(struct machine, kernel, FIELD_OMIT_EMPTY, "kernel that observed"),
	FIELD_STRING(struct machine, console, FIELD_OMIT_EMPTY, "console= words of its kernel command line"),
	FIELD_I64(struct machine, clock_s, 0, "its clock when observed, seconds since 1970"),
	FIELD_I64(struct machine, clock_skew_s, FIELD_OMIT_EMPTY, "seconds that it was ahead of the admin node's"),
	FIELD_STRUCTS(struct machine, disks, 0, &disk_schema, "disks"),
	FIELD_STRUCTS(struct machine, groups, FIELD_OMIT_EMPTY, &lvm_group_schema, "LVM volume groups"),
	FIELD_STRUCTS(struct machine, arrays, FIELD_OMIT_EMPTY, &md_array_schema, "md arrays"),
	FIELD_STRUCTS(struct machine, nics, 0, &nic_schema, "network ports"),
	FIELD_STRUCTS(struct machine, dimms, FIELD_OMIT_EMPTY, &dimm_schema, "memory modules"),
	FIELD_STRUCTS(struct machine, pci, FIELD_OMIT_EMPTY, &pci_schema, "PCI devices of note"),
	FIELD_STRUCTS(struct machine, sources, FIELD_OMIT_EMPTY, &source_schema, "where groups of facts come from"),
};
const struct schema machine_schema =
	SCHEMA("machine", struct machine, machine_fields, "what was observed of a machine");

const char *machine_source(const struct machine *m, const char *facts)
{
	for (size_t i = 0; i < m->n_sources; i++)
		if (str_eq(m->sources[i].facts, facts))
			return m->sources[i].source;
	return NULL;
}

void machine_set_source(struct machine *m, const char *facts, const char *source, struct arena *a)
{
	struct fact_source *more;

	for (size_t i = 0; i < m->n_sources; i++)
		if (str_eq(m->sources[i].facts, facts)) {
			m->sources[i].source = source;
			return;
		}
	/* Always a new array: this one may have been read, and has no room. */
	more = arena_array(a, m->n_sources + 1, sizeof(*more));
	for (size_t i = 0; i < m->n_sources; i++)
		more[i] = m->sources[i];
	m->sources = more;
	m->sources[m->n_sources++] = (struct fact_source){ .facts = facts, .source = source };
}

bool disk_is_blank(const struct disk *d)
{
	return !d->table && !d->n_partitions && !d->n_signatures && !d->damage;
}

static void add_signatures(struct tree *list, const struct signature *s, size_t n, struct arena *a)
{
	for (size_t i = 0; i < n; i++)
		tree_push(a, list, field_write(&signature_schema, &s[i], false, a));
}

void disk_state(const struct disk *d, char ret_hex[HASH_HEX])
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	struct tree *t = tree_new(&a, TREE_MAP), *parts = tree_new(&a, TREE_SEQ), *sigs = tree_new(&a, TREE_SEQ);

	tree_add(&a, t, "serial", tree_string(&a, d->serial));
	tree_add(&a, t, "wwn", tree_string(&a, d->wwn));
	tree_add(&a, t, "size", tree_u64(&a, d->size_bytes));
	tree_add(&a, t, "sector", tree_u64(&a, d->sector_bytes));
	tree_add(&a, t, "table", tree_string(&a, d->table));
	tree_add(&a, t, "guid", tree_string(&a, d->table_uuid));
	tree_add(&a, t, "damage", tree_string(&a, d->damage));
	/* It is a part of why a plan may wipe this disk. */
	if (d->journal_goal) {
		tree_add(&a, t, "journal_goal", tree_string(&a, d->journal_goal));
		tree_add(&a, t, "journal_step", tree_string(&a, d->journal_step));
		tree_add(&a, t, "journal_finished", tree_bool(&a, d->journal_finished));
		tree_add(&a, t, "journal_keeps", tree_bool(&a, d->journal_keeps));
	}
	for (size_t i = 0; i < d->n_partitions; i++) {
		struct partition p = d->partitions[i];

		p.n_compared = 0; /* measured only where a reimage is considered */
		tree_push(&a, parts, field_write(&partition_schema, &p, false, &a));
	}
	tree_add(&a, t, "partitions", parts);
	add_signatures(sigs, d->signatures, d->n_signatures, &a);
	tree_add(&a, t, "signatures", sigs);
	json_write(t, false, &text);
	hash_buffer(str_text(&text), text.len, ret_hex);
}

const char *disk_id(const struct disk *d)
{
	if (!str_empty(d->serial))
		return d->serial;
	if (!str_empty(d->wwn))
		return d->wwn;
	return str_empty(d->topology) ? d->name : d->topology;
}

const struct partition *disk_partition(const struct disk *d, const char *name)
{
	for (size_t i = 0; i < d->n_partitions; i++)
		if (str_eq(d->partitions[i].name, name))
			return &d->partitions[i];
	return NULL;
}

char *partition_path(struct arena *a, const char *disk_path, uint64_t number)
{
	size_t n = strlen(disk_path);
	/* The kernel puts a p between a name that ends in a digit and the number (block/partitions/core.c). */
	bool digit = n && isdigit((unsigned char)disk_path[n - 1]);

	return arena_printf(a, "%s%s%llu", disk_path, digit ? "p" : "", (unsigned long long)number);
}

const char *nic_address(const struct nic *n)
{
	return n->permanent_mac ? n->permanent_mac : n->mac;
}

/* "0000:03:00.1" as enp3s0f1; NULL: no such address, or too long a name. */
static const char *name_by_path(const struct nic *n, struct arena *a)
{
	unsigned int domain, bus, slot, function;
	AUTO_STR name = STR_INIT;
	int end = 0;

	if (!n->pci || sscanf(n->pci, "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &end) != 4 || n->pci[end])
		return NULL;
	str_add(&name, "en");
	if (domain)
		str_addf(&name, "P%u", domain);
	str_addf(&name, "p%us%u", bus, slot);
	if (function)
		str_addf(&name, "f%u", function);
	if (n->dev_port)
		str_addf(&name, "d%u", (unsigned int)n->dev_port);
	return name.len > 15 ? NULL : arena_strdup(a, str_text(&name));
}

static const char *name_by_address(const struct nic *n, struct arena *a)
{
	const char *mac = nic_address(n);
	AUTO_STR name = STR_INIT;

	if (!mac || strlen(mac) != 17)
		return n->name;
	str_add(&name, "enx");
	for (; *mac; mac++)
		if (*mac != ':')
			str_addc(&name, *mac);
	return arena_strdup(a, str_text(&name));
}

const char *nic_pinned_name(const struct machine *m, const struct nic *n, struct arena *a)
{
	const char *name = name_by_path(n, a);

	for (size_t i = 0; name && i < m->n_nics; i++)
		if (&m->nics[i] != n && str_eq(name, name_by_path(&m->nics[i], a)))
			name = NULL;
	return name ? name : name_by_address(n, a);
}
