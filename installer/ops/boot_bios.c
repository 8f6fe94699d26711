/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB for BIOS: core.img into the BIOS boot partition, the code of boot.img into the first sector of the disk, whose
 * other bytes (disk signature, protective entry) stay.
 *
 * Both are the release's, the same on every machine, so that they can be compared with the signed manifest to the
 * byte. Which system a disk starts stands on the disk itself, in the stub that the UEFI loader reads, too: core.img
 * looks for it on the disk that the firmware started, and there only. A stale disk beside it decides nothing.
 *
 * Verifying goes the way of the firmware: first sector, first sector of the core, the list in that.
 */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "ops/boot.h"
#include "ops/grub_pc.h"

enum { CORE_MAX = 1 << 20 };

/* One disk's loader as it must lie there. */
struct loader {
	const char *disk;	 /* device node */
	uint64_t at, size_bytes; /* its BIOS boot partition */
	unsigned char code[GRUB_PC_CODE];
	struct str core;
};

static void loader_release(struct loader *l)
{
	str_release(&l->core);
}
#define AUTO_LOADER CLEANUP(loader_release) struct loader

static const char type_uuid[] = "21686148-6449-6e6f-744e-656564454649"; /* BIOS boot partition */

static int find_partition(struct op_env *env, const struct bios_target *t, struct loader *l, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct disk d;

	if (op_disk_path(env, t->disk, &l->disk, err) || op_probe(env, t->disk, &a, &d, err))
		return -1;
	if (d.sector_bytes != GRUB_PC_SECTOR)
		return error_set(err, ERR_INPUT, "%s: BIOS starts nothing from a disk with sectors of %" PRIu64 " bytes", l->disk,
				 d.sector_bytes);
	for (size_t i = 0; i < d.n_partitions; i++) {
		const struct partition *p = &d.partitions[i];

		if (p->number != t->number || !p->type_uuid || strcasecmp(p->type_uuid, type_uuid) != 0)
			continue;
		l->at = p->start_bytes;
		l->size_bytes = p->size_bytes;
		return 0;
	}
	return error_set(err, ERR_CHANGED, "%s: partition %" PRIu64 " is no BIOS boot partition", l->disk, t->number);
}

static int make_loader(struct op_env *env, const struct bios_target *t, const struct seed *seed, struct loader *l,
		       struct error *err)
{
	static const char zeros[GRUB_PC_SECTOR];
	AUTO_STR boot = STR_INIT;
	size_t len;

	if (find_partition(env, t, l, err) ||
	    source_listed(env->sys, env->source, seed, "bios/boot.img", GRUB_PC_SECTOR, &boot, err) ||
	    source_listed(env->sys, env->source, seed, "bios/core.img", CORE_MAX, &l->core, err))
		return -1;
	len = l->core.len;
	str_addn(&l->core, zeros, (GRUB_PC_SECTOR - len % GRUB_PC_SECTOR) % GRUB_PC_SECTOR);
	if (l->core.len > l->size_bytes)
		return error_set(err, ERR_INPUT, "%s: the BIOS boot partition is too small for %zu bytes of GRUB", l->disk,
				 l->core.len);
	if (grub_pc_boot(str_text(&boot), boot.len, l->at / GRUB_PC_SECTOR, l->code, err) ||
	    grub_pc_core((unsigned char *)l->core.s, len, l->at / GRUB_PC_SECTOR, err))
		return -1;
	return 0;
}

static int write_bytes(struct op_env *env, const char *disk, uint64_t at, const void *bytes, size_t len, struct error *err)
{
	const struct sys_ops *ops = env->sys->ops;
	struct error ignored;
	int h, rc;

	if (ops->open_disk(env->sys, disk, &h, err))
		return -1;
	rc = ops->write_at(env->sys, h, at, bytes, len, err);
	if (ops->close(env->sys, h, !rc, rc ? &ignored : err))
		rc = -1;
	return rc;
}

/* The core is on stable storage before the first sector says where it is. */
static int apply_one(struct op_env *env, const struct bios_target *t, const struct seed *seed, struct error *err)
{
	AUTO_LOADER l = { .core = STR_INIT };

	if (make_loader(env, t, seed, &l, err) ||
	    write_bytes(env, l.disk, l.at, l.core.s, l.core.len, err) ||
	    write_bytes(env, l.disk, 0, l.code, sizeof(l.code), err))
		return -1;
	return 0;
}

int boot_bios_apply(struct op_env *env, const struct op_boot *p, const struct seed *seed, struct error *err)
{
	for (size_t i = 0; i < p->n_bios; i++)
		if (apply_one(env, &p->bios[i], seed, err))
			return -1;
	return 0;
}

/* As the firmware reads it. */
static int walk(struct op_env *env, int h, const struct loader *l, struct error *err)
{
	int (*read_at)(struct sys *, int, uint64_t, void *, size_t, struct error *) = env->sys->ops->read_at;
	AUTO_ARENA a = ARENA_INIT;
	unsigned char sector[GRUB_PC_SECTOR], *core = arena_array(&a, l->core.len, 1);
	uint64_t first, lba, count;

	if (read_at(env->sys, h, 0, sector, sizeof(sector), err))
		return -1;
	if (memcmp(sector, l->code, sizeof(l->code)) != 0 || sector[510] != 0x55 || sector[511] != 0xaa ||
	    !grub_pc_next(sector, &first))
		return error_set(err, ERR_VERIFY, "%s: the code in its first sector is not as written", l->disk);
	if (first * GRUB_PC_SECTOR != l->at)
		return error_set(err, ERR_VERIFY, "%s: its first sector starts what is at sector %" PRIu64, l->disk, first);
	if (read_at(env->sys, h, first * GRUB_PC_SECTOR, core, GRUB_PC_SECTOR, err))
		return -1;
	if (!grub_pc_list(core, &lba, &count) || lba != first + 1 || (count + 1) * GRUB_PC_SECTOR != l->core.len)
		return error_set(err, ERR_VERIFY, "%s: the core of GRUB does not load the rest of itself", l->disk);
	if (read_at(env->sys, h, lba * GRUB_PC_SECTOR, core + GRUB_PC_SECTOR, count * GRUB_PC_SECTOR, err))
		return -1;
	if (memcmp(core, l->core.s, l->core.len) != 0)
		return error_set(err, ERR_VERIFY, "%s: the core of GRUB is not as written", l->disk);
	return 0;
}

static int verify_one(struct op_env *env, const struct bios_target *t, const struct seed *seed, struct error *err)
{
	AUTO_LOADER l = { .core = STR_INIT };
	struct error ignored;
	int h, rc;

	if (make_loader(env, t, seed, &l, err) || env->sys->ops->open_disk(env->sys, l.disk, &h, err))
		return -1;
	rc = walk(env, h, &l, err);
	if (env->sys->ops->close(env->sys, h, false, rc ? &ignored : err))
		rc = -1;
	return rc;
}

int boot_bios_verify(struct op_env *env, const struct op_boot *p, const struct seed *seed, struct error *err)
{
	for (size_t i = 0; i < p->n_bios; i++)
		if (verify_one(env, &p->bios[i], seed, err))
			return -1;
	return 0;
}
