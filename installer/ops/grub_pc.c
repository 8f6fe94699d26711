/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in GRUB's images for BIOS machines. The offsets are in the header. */
#include "ops/grub_pc.h"

#include <string.h>

enum {
	KERNEL_LBA = 0x5c,
	DRIVE_CHECK = 0x66,
	MAGIC = 0x1fe,
	LIST = 0x1f4, /* first entry of the list */
	LIST_COUNT = LIST + 8,
	LIST_SEGMENT = LIST + 10,
	SECOND_COUNT = LIST - 12 + 8, /* of the entry that ends the list */
	FIRST_SEGMENT = 0x820, /* one sector past 0x8000, where boot.img puts the first one */
};

static uint64_t get(const unsigned char *p, unsigned int bytes)
{
	uint64_t n = 0;

	while (bytes--)
		n = n << 8 | p[bytes];
	return n;
}

static void put(unsigned char *p, unsigned int bytes, uint64_t n)
{
	for (; bytes--; n >>= 8)
		*p++ = (unsigned char)n;
}

int grub_pc_boot(const void *boot, size_t len, uint64_t core_lba, unsigned char code[GRUB_PC_CODE], struct error *err)
{
	const unsigned char *b = boot;

	if (len != GRUB_PC_SECTOR || b[MAGIC] != 0x55 || b[MAGIC + 1] != 0xaa || b[DRIVE_CHECK] != 0xeb)
		return error_set(err, ERR_MEDIUM, "bios/boot.img: is not the boot sector of GRUB for BIOS");
	memcpy(code, b, GRUB_PC_CODE);
	put(code + KERNEL_LBA, 8, core_lba);
	put(code + DRIVE_CHECK, 2, 0x9090);
	return 0;
}

int grub_pc_core(unsigned char *core, size_t len, uint64_t core_lba, struct error *err)
{
	uint64_t rest = (len + GRUB_PC_SECTOR - 1) / GRUB_PC_SECTOR - 1;

	/* Whoever made it wrote its own length there. */
	if (len <= GRUB_PC_SECTOR || get(core + LIST_COUNT, 2) != rest || get(core + LIST_SEGMENT, 2) != FIRST_SEGMENT ||
	    get(core + SECOND_COUNT, 2))
		return error_set(err, ERR_MEDIUM, "bios/core.img: is not the core of GRUB for BIOS");
	put(core + LIST, 8, core_lba + 1);
	return 0;
}

bool grub_pc_next(const unsigned char code[GRUB_PC_CODE], uint64_t *ret_lba)
{
	*ret_lba = get(code + KERNEL_LBA, 8);
	return code[0] == 0xeb && get(code + DRIVE_CHECK, 2) == 0x9090;
}

bool grub_pc_list(const unsigned char first[GRUB_PC_SECTOR], uint64_t *ret_lba, uint64_t *ret_sectors)
{
	*ret_lba = get(first + LIST, 8);
	*ret_sectors = get(first + LIST_COUNT, 2);
	return get(first + LIST_SEGMENT, 2) == FIRST_SEGMENT && !get(first + SECOND_COUNT, 2);
}
