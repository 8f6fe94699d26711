/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory modules in the firmware's table: good ones, old and new, and what is no table. */
#include <string.h>

#include "observe/smbios.h"
#include "tap.h"

static uint8_t table[2048];
static size_t len;

/* A structure of LENGTH bytes, zeros but for its head, and its strings, each with its zero. */
static uint8_t *add(uint8_t type, uint8_t length, const char *strings, size_t n)
{
	uint8_t *at = table + len;

	memset(at, 0, length);
	at[0] = type;
	at[1] = length;
	memcpy(at + length, strings, n);
	len += length + n;
	table[len++] = 0;
	if (!n)
		table[len++] = 0;
	return at;
}

static void put16(uint8_t *at, unsigned int v)
{
	at[0] = (uint8_t)v;
	at[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *at, uint32_t v)
{
	put16(at, v & 0xffff);
	put16(at + 2, v >> 16);
}

/* The usual one: 16 GiB DDR4 with ECC. */
static uint8_t *usual(void)
{
	static const char strings[] = "DIMM_A1\0Bank 0\0Maker\0SER-1\0PART-1 \0";
	uint8_t *d = add(17, 0x28, strings, sizeof(strings) - 1);

	put16(d + 0x08, 72);
	put16(d + 0x0a, 64);
	put16(d + 0x0c, 16384);
	d[0x10] = 1;
	d[0x11] = 2;
	d[0x12] = 0x1a;
	put16(d + 0x15, 3200);
	d[0x17] = 3;
	d[0x18] = 4;
	d[0x1a] = 5;
	put16(d + 0x20, 2933);
	return d;
}

static struct dimm *dimms;
static size_t n;

static int parse(struct arena *a)
{
	return smbios_dimms(table, len, a, &dimms, &n);
}

static void good(struct arena *a)
{
	uint8_t *d;

	add(0, 0x18, "Maker\0", 6);
	usual();
	d = usual(); /* an empty slot */
	put16(d + 0x0c, 0);
	d = add(17, 0x5c, "CPU1_B1\0To Be Filled By O.E.M.\0", 31);
	put16(d + 0x0c, 0x7fff);
	put32(d + 0x1c, 131072);
	d[0x10] = 1;
	d[0x12] = 0x22;
	put16(d + 0x15, 0xffff);
	put32(d + 0x54, 70000);
	d[0x18] = 2;
	d = add(17, 0x15, "", 0); /* version 2.1: as short as it ever was */
	put16(d + 0x0c, 0x8000 | 512);
	add(127, 4, "", 0);
	table[len++] = 0xff; /* what follows the end is none of ours */
	ok(smbios_has(table, len, 17) && smbios_has(table, len, 0) && !smbios_has(table, len, 38) && !smbios_has(table, len, 127),
	   "what kinds of structures there are");
	ok(!parse(a) && n == 3, "three modules and an empty slot");
	ok(str_eq(dimms[0].slot, "DIMM_A1") && str_eq(dimms[0].bank, "Bank 0") && str_eq(dimms[0].vendor, "Maker") &&
		   str_eq(dimms[0].serial, "SER-1") && str_eq(dimms[0].part, "PART-1") && str_eq(dimms[0].type, "DDR4"),
	   "names, cleaned");
	ok(dimms[0].size_bytes == 16ull << 30 && dimms[0].speed_mts == 3200 && dimms[0].configured_mts == 2933 && dimms[0].ecc,
	   "size, speed, ECC");
	ok(dimms[1].size_bytes == 128ull << 30 && dimms[1].speed_mts == 70000, "what is too large for the short members");
	ok(!dimms[1].serial && !dimms[1].ecc, "a filler is no serial number, and no width no ECC");
	ok(dimms[2].size_bytes == 512 << 10 && !dimms[2].slot && !dimms[2].type, "an old and short structure says less");
}

static void bad(struct arena *a)
{
	bool none = true;
	size_t whole;
	uint8_t *d;

	len = 0;
	d = usual();
	whole = len;
	ok(!parse(a) && n == 1, "a table may end without saying so");
	for (len = 1; len < whole; len++)
		none = none && parse(a) && !n && !dimms;
	ok(none, "cut anywhere it is none");
	len = whole;
	d[1] = 3;
	ok(parse(a), "a structure shorter than its head");
	d[1] = 0x28;
	d[0x10] = 6;
	ok(!parse(a) && !dimms[0].slot, "a string that is not there");
	d[0x10] = 255;
	ok(!parse(a) && !dimms[0].slot, "nor is this one");
	d[0x0c] = d[0x0d] = 0xff;
	ok(!parse(a) && n == 1 && !dimms[0].size_bytes, "a size that nobody knows");
	len = 0;
	ok(!parse(a) && !n, "nothing says nothing");
}

int main(void)
{
	AUTO_ARENA a = ARENA_INIT;

	good(&a);
	bad(&a);
	return tap_end();
}
