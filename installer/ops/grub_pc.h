/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two parts of GRUB for BIOS machines (i386-pc of GRUB 2.12), and the numbers in them that say where on a disk
 * they lie: include/grub/i386/pc/boot.h and boot/i386/pc/{boot,diskboot}.S of GRUB. Reads and writes no disk.
 *
 *   boot.img, one sector: the firmware loads it from LBA 0 of the disk. Its first 440 bytes are code, the rest of
 *   the sector is the disk's (signature, protective partition entry).
 *     0x5c  u64  LBA of core.img
 *     0x66  jump that trusts the drive number that the firmware gives in DL; two NOPs make it doubt what is no
 *           hard disk, because some firmwares hand over 0
 *   core.img: its first sector loads the others by a list that grows down from its end:
 *     0x1f4  u64 LBA, u16 sectors, u16 segment they go to
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { GRUB_PC_SECTOR = 512, GRUB_PC_CODE = 440 };

/*
 * CODE becomes what BOOT (LEN bytes of boot.img) is on a disk whose core.img begins at LBA CORE_LBA. ERR_MEDIUM when
 * BOOT is no boot.img.
 */
MUST_CHECK int grub_pc_boot(const void *boot, size_t len, uint64_t core_lba, unsigned char code[GRUB_PC_CODE],
			    struct error *err);
/*
 * CORE (LEN bytes of core.img, followed by room up to a whole sector, zeros) becomes what lies at LBA CORE_LBA.
 * ERR_MEDIUM when it is no core.img.
 */
MUST_CHECK int grub_pc_core(unsigned char *core, size_t len, uint64_t core_lba, struct error *err);
/*
 * What firmware and loader will do: the LBA that the code of a disk's first sector jumps to, and the LBA and count of
 * the sectors that the first sector there loads. False when it is not GRUB's.
 */
bool grub_pc_next(const unsigned char code[GRUB_PC_CODE], uint64_t *ret_lba);
bool grub_pc_list(const unsigned char first[GRUB_PC_SECTOR], uint64_t *ret_lba, uint64_t *ret_sectors);
