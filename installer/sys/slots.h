/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disk that an admin node runs from: its two system slots, its ESP with the boot choice (data/grubenv.h), its data.
 * Partitions are known by their GPT names, which the installer gave them and no file system can lose.
 */
#pragma once
#include "data/grubenv.h"
#include "sys/sys.h"

struct slots {
	struct disk disk;	 /* name, path, size and sector are set */
	uint64_t esp, data;	 /* partition numbers */
	uint64_t system[2];	 /* of slots a and b */
	const char *uuid[2];	 /* their file systems; NULL where one is not whole */
	char running;		 /* 'a' or 'b' */
};

#define SLOT_INDEX(slot) ((slot) == 'b')
#define SLOT_OTHER(slot) ((slot) == 'b' ? 'a' : 'b')

/*
 * The one partition that carries the file system UUID, on whatever disk it is: *RET_DISK and *RET_PARTITION. Disks
 * that cannot be read are passed over. Returns how many carry it. ROOT is a prefix of /sys.
 */
unsigned int slots_find_fs(struct sys *s, const char *root, const char *uuid, struct arena *a, struct disk *ret_disk,
			   uint64_t *ret_partition);
/* The disk of the slot with file system UUID. ERR_NOT_FOUND, ERR_SELECT: none, or several; ERR_CONFLICT: a layout without slots. */
MUST_CHECK int slots_find(struct sys *s, const char *root, const char *uuid, struct arena *a, struct slots *ret,
			  struct error *err);
/* Value of NAME= on the kernel command line below ROOT, or NULL. */
const char *slots_kernel_param(const char *root, const char *name, struct arena *a);

/* Where it stands on the ESP; both are made by the installer (ops/boot.c). */
#define BOOTSEL_CHOICE "EFI/debian/fulcrum.env"
#define BOOTSEL_COPY   "EFI/debian/fulcrum.sav"

/*
 * The boot choice on the ESP that is mounted at ESP. It stands there twice: what GRUB writes to, and a copy of the good
 * slot's name alone, for when that one is damaged. Writing goes in place, and is on the disk afterwards.
 */
MUST_CHECK int bootsel_read_at(struct sys *s, const char *esp, struct bootsel *ret, struct error *err);
MUST_CHECK int bootsel_write_at(struct sys *s, const char *esp, const struct bootsel *b, struct error *err);
/* The same on the ESP of SLOTS, which is mounted below DIR meanwhile. */
MUST_CHECK int bootsel_read(struct sys *s, const struct slots *slots, const char *dir, struct bootsel *ret, struct error *err);
MUST_CHECK int bootsel_write(struct sys *s, const struct slots *slots, const char *dir, const struct bootsel *b,
			     struct error *err);
