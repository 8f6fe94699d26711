/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checksums of a GPT that fit whatever it says, so that what lies behind them is reached. */
#pragma once
#include <stdint.h>
#include <string.h>

static inline uint32_t fit_crc32(const unsigned char *p, uint64_t len)
{
	uint32_t crc = ~(uint32_t)0;

	while (len--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	return ~crc;
}

static inline void fit_put32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

/*
 * Makes both checksums of the header at LBA of DISK fit, if what it says of itself lies in these SECTORS
 * of SECTOR bytes. Sets the magic, too.
 */
static inline void fit_gpt(unsigned char *disk, uint64_t sector, uint64_t sectors, uint64_t lba)
{
	unsigned char *h = disk + lba * sector;
	uint64_t entries = 0, bytes;
	uint32_t size;

	memcpy(h, "EFI PART", 8);
	memcpy(&size, h + 12, 4);
	memcpy(&entries, h + 72, 8);
	bytes = (uint64_t)h[80] * h[84];
	if (!memcmp(h + 81, "\0\0\0", 3) && !memcmp(h + 85, "\0\0\0", 3) && entries < sectors &&
	    bytes <= (sectors - entries) * sector)
		fit_put32(h + 88, fit_crc32(disk + entries * sector, bytes));
	fit_put32(h + 16, 0);
	if (size <= sector)
		fit_put32(h + 16, fit_crc32(h, size));
}
