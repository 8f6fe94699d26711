/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was observed of a machine: a plain value that travels as JSON from an agent to the admin
 * node, is recorded by `fulcrum-install observe --json`, and is all that planning knows of the world.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "data/field.h"

enum { MACHINE_VERSION = 1 };

/* A file system, RAID member, LVM PV ... as libblkid names it. */
struct signature {
	const char *type;  /* "ext4", "LVM2_member", "linux_raid_member", "gpt" is in table, not here */
	const char *usage; /* "filesystem", "raid", "crypto", "other" */
	const char *label, *uuid;
	uint64_t offset; /* of the magic, bytes from the start of the device */
};

/* How a partition compares with an image, chunk by chunk: what a differential reimage would move. */
struct comparison {
	const char *list_hash; /* BLAKE2b of the image's chunk list */
	uint64_t chunks, same; /* chunks of the image; those that are on the partition already */
	uint64_t fetch_bytes, write_bytes;
};

struct partition {
	uint64_t number;
	const char *name; /* PARTLABEL */
	const char *type_uuid, *uuid;
	uint64_t start_bytes, size_bytes;
	struct signature *signatures;
	size_t n_signatures;
	struct comparison *compared; /* what was measured on the machine itself; not part of disk_state() */
	size_t n_compared;
};

enum disk_bus { BUS_UNKNOWN, BUS_NVME, BUS_SATA, BUS_SAS, BUS_SCSI, BUS_USB, BUS_VIRTIO, BUS_MMC, BUS__N };
extern const char *const disk_bus_names[];

/* in_use of a disk with a volume labelled FULCRUM-CFG: never a target, but small files may be read from it and saved there. */
#define DISK_SITE_MEDIUM "site-file medium"

/* What a disk says of its own health. */
struct disk_health {
	const char *source;  /* "smartctl"; NULL: it was not asked, or has no answer */
	const char *verdict; /* "passed" or "failed": its own word */
	uint64_t temperature_c, hours, wear_percent; /* of its life that is used up; 0 also where it does not say */
	uint64_t errors;	/* data that could not be read or written: NVMe media errors, ATA attributes 187 and 198 */
	uint64_t reallocated, pending; /* ATA sectors */
};

struct disk {
	const char *name;   /* "nvme0n1" */
	const char *path;   /* "/dev/nvme0n1" */
	const char *serial, *wwn, *model, *vendor;
	const char *revision; /* of its firmware */
	const char *pci;    /* "0000:00:04.0", the controller; NULL if not on PCI */
	const char *topology; /* sysfs device path, stable while cabling is: the by-path key */
	enum disk_bus bus;
	uint64_t size_bytes, sector_bytes, physical_bytes, optimal_io_bytes;
	bool rotational, removable, read_only;
	const char *in_use;	/* why it may not be a target: "boot medium", "mounted on /x", "swap", ...; else NULL */
	const char **paths;	/* kernel names of further paths to the same disk (multipath) */
	size_t n_paths;
	const char **holders;	/* kernel devices that stand on it, topmost first: "dm-2 LVM vg0-root", "md127 raid1"; can be taken down */
	size_t n_holders;
	/* The record that an earlier run of ours left in front of the first partition (engine/journal.h). */
	const char *journal_goal; /* NULL: none */
	const char *journal_plan, *journal_step; /* hash of its plan; the operation it was in */
	bool journal_finished, journal_keeps; /* it ended well; its plan preserved something here */
	const char *table;	/* "gpt", "dos", NULL = none */
	const char *table_uuid;
	const char *damage;	/* what the probes complained of (ambivalent, bad table), else NULL */
	bool unread;		/* there was no looking at it at all: damage says why, what it carries is not known */
	struct partition *partitions;
	size_t n_partitions;
	struct signature *signatures; /* on the whole disk */
	size_t n_signatures;
	struct disk_health health; /* not part of disk_state() */
	const char **erase; /* ways to erase it that it allows, strongest first (model/erase.h); not part of disk_state() */
	size_t n_erase;
	const char *erase_note; /* why not others */
};

struct nic {
	const char *name, *mac, *permanent_mac, *driver, *pci;
	bool link;
	uint64_t speed_mbit; /* 0 = unknown */
	uint64_t dev_port;   /* which of several ports of one PCI function */
	const char *neighbour, *neighbour_port; /* what the switch says of itself by LLDP; NULL: was not listened for, or says nothing */
};

/* An LVM volume group, read from its metadata without activating anything. */
struct lvm_volume {
	const char *name, *uuid;
	const char *kind; /* "linear", "striped", "thin-pool", "thin", or LVM's own word */
	const char *pool; /* thin: its pool */
	uint64_t size_bytes;
};
struct lvm_group {
	const char *name, *uuid;
	uint64_t size_bytes, free_bytes, extent_bytes;
	const char **members; /* UUIDs of its physical volumes, as their signatures carry them */
	size_t n_members;
	uint64_t missing; /* physical volumes that are not on this machine */
	struct lvm_volume *volumes;
	size_t n_volumes;
};

/* An md array, from the superblocks of its members. */
struct md_array {
	const char *name, *uuid; /* uuid as the members' signatures carry it */
	const char *level;	 /* "raid1" */
	const char *metadata;	 /* "1.2" */
	uint64_t devices, found; /* wanted; seen on this machine */
};

struct machine_system {
	const char *vendor, *product, *serial, *uuid;
	const char *board_vendor, *board, *board_serial;
	const char *bios_version, *bios_date;
	/* Members whose value was a maker's filler and is left out: "serial: To be filled by O.E.M." */
	const char **placeholders;
	size_t n_placeholders;
};

/* A memory module that is plugged in, as SMBIOS names it. */
struct dimm {
	const char *slot, *bank;
	const char *type; /* "DDR4" */
	const char *vendor, *serial, *part;
	uint64_t size_bytes;
	uint64_t speed_mts, configured_mts; /* what it can, what it does: million transfers a second; 0 = unknown */
	bool ecc; /* it is wider than its data */
};

/* A PCI function of a class that a person asks for. */
struct pci_device {
	const char *address; /* "0000:03:00.0" */
	const char *kind;    /* "display", "accelerator", "network", "infiniband", "storage", "nvme", "fibre-channel" */
	const char *ids;     /* vendor:device of the hardware, "8086:1521" */
	const char *board_ids; /* of the card's maker, likewise; or NULL */
	const char *driver;  /* kernel driver that has it, or NULL */
};

/* The board's management controller, as its kernel driver tells. */
struct bmc {
	const char *address, *mac, *version; /* of its LAN channel; of its firmware */
	const char *ipmi;		     /* version of the interface, "2.0" */
};

/* Where a group of facts comes from; a group that is not named was not looked at. */
struct fact_source {
	const char *facts;  /* "system", "memory_modules", ...: see observe/README.md */
	const char *source; /* "smbios", "sysfs", ... */
};

struct machine {
	uint64_t machine; /* MACHINE_VERSION */
	struct machine_system system;
	const char *firmware; /* "uefi" or "bios" */
	bool secure_boot;
	uint64_t memory_bytes, cpus;
	uint64_t cpu_sockets, cpu_cores; /* 0: not known */
	const char *cpu_model, *microcode, *architecture, *kernel;
	const char *tpm; /* version of its TPM, "2.0" or "1.2"; NULL: none is seen */
	struct bmc bmc;
	const char *console; /* console= words of its kernel command line, carried to the installed system */
	int64_t clock_s; /* its real-time clock when observed, seconds since 1970 */
	struct disk *disks;
	size_t n_disks;
	struct lvm_group *groups;
	size_t n_groups;
	struct md_array *arrays;
	size_t n_arrays;
	/* How far its clock was ahead of the admin node's when it said hello, seconds; in the sources if it is known. */
	int64_t clock_skew_s;
	struct nic *nics;
	size_t n_nics;
	struct dimm *dimms;
	size_t n_dimms;
	struct pci_device *pci;
	size_t n_pci;
	struct fact_source *sources;
	size_t n_sources;
};

extern const struct schema machine_schema;
extern const struct schema disk_schema;

/* Where M's FACTS come from, or NULL. */
const char *machine_source(const struct machine *m, const char *facts);
/* Says so; again for the same FACTS replaces. SOURCE must live as long as M. */
void machine_set_source(struct machine *m, const char *facts, const char *source, struct arena *a);

/* True if nothing at all was found on D: no table, no signature, no damage. */
bool disk_is_blank(const struct disk *d);
/*
 * Name of D's observed state: identity, size, sector, table, partitions, signatures. A plan keeps it, and
 * apply compares it again before the first write. Kernel names (sda) are not in it.
 */
void disk_state(const struct disk *d, char ret_hex[HASH_HEX]);
/* What names D to people and in consents: serial, else WWN, else topology. Never NULL. */
const char *disk_id(const struct disk *d);
/* Partition whose PARTLABEL is NAME, or NULL. */
const struct partition *disk_partition(const struct disk *d, const char *name);
/* The address that finds N again whatever is set on it: the hardware's, else the one in use; may be NULL. */
const char *nic_address(const struct nic *n);
/*
 * What port N of M is called on the admin node and on a deployed system, whatever the kernel called it: by its PCI
 * address as systemd.net-naming-scheme(7) does it ("enp3s0f1"), or where that is none or not N's alone, by its hardware's
 * address ("enx525400aabb01"). At most 15 bytes.
 */
const char *nic_pinned_name(const struct machine *m, const struct nic *n, struct arena *a);
/* Path of the block device of partition NUMBER of DISK_PATH: /dev/sda + 2 = /dev/sda2, nvme0n1p2. */
char *partition_path(struct arena *a, const char *disk_path, uint64_t number);
