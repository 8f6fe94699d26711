/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A walk over the structures, every offset compared with the length that is there. */
#include "observe/smbios.h"

#include <string.h>

#include "sys/text.h"

enum {
	HEAD = 4, /* type, length, handle: 6.1.2 */
	TYPE_DIMM = 17,
	TYPE_END = 127,
	DIMMS_MAX = 1024,
	STRING_MAX = 64, /* as long as older versions let them be; more is cut */
};

/* Offsets in a structure of type 17: 7.18, table 76. */
enum {
	AT_TOTAL_WIDTH = 0x08,
	AT_DATA_WIDTH = 0x0a,
	AT_SIZE = 0x0c,
	AT_LOCATOR = 0x10,
	AT_BANK = 0x11,
	AT_TYPE = 0x12,
	AT_SPEED = 0x15,
	AT_VENDOR = 0x17,
	AT_SERIAL = 0x18,
	AT_PART = 0x1a,
	AT_SIZE_LONG = 0x1c,
	AT_CONFIGURED = 0x20,
	AT_SPEED_LONG = 0x54,
	AT_CONFIGURED_LONG = 0x58,
};
enum { SIZE_UNKNOWN = 0xffff, SIZE_IS_LONG = 0x7fff, SIZE_IN_KIB = 0x8000, WIDTH_UNKNOWN = 0xffff, SPEED_IS_LONG = 0xffff };

/* One structure: its formatted part, and the strings behind it. */
struct part {
	const uint8_t *at;
	size_t len;
	const char *strings, *end; /* END is where the two zeros begin */
};

static unsigned int u8_at(const struct part *p, size_t at)
{
	return at < p->len ? p->at[at] : 0;
}

static unsigned int u16_at(const struct part *p, size_t at)
{
	return at + 2 <= p->len ? p->at[at] | (unsigned int)p->at[at + 1] << 8 : 0;
}

static uint32_t u32_at(const struct part *p, size_t at)
{
	return at + 4 <= p->len ? u16_at(p, at) | (uint32_t)u16_at(p, at + 2) << 16 : 0;
}

/* The string that the byte AT numbers, from 1 (6.1.3); NULL if there is none, or it says nothing. */
static const char *string_at(const struct part *p, size_t at, struct arena *a)
{
	unsigned int number = u8_at(p, at);
	const char *s = p->strings;

	if (!number)
		return NULL;
	while (--number && s < p->end)
		s += strnlen(s, (size_t)(p->end - s)) + 1;
	if (s >= p->end)
		return NULL;
	s = text_clean(a, s, (size_t)(p->end - s) < STRING_MAX ? (size_t)(p->end - s) : STRING_MAX);
	return text_is_board_filler(s) ? NULL : s;
}

/* 7.18.2 */
static const char *type_name(unsigned int type)
{
	static const char *const names[] = {
		[0x03] = "DRAM",  [0x07] = "RAM",    [0x0f] = "SDRAM",	 [0x12] = "DDR",    [0x13] = "DDR2",   [0x14] = "DDR2 FB-DIMM",
		[0x18] = "DDR3",  [0x19] = "FBD2",   [0x1a] = "DDR4",	 [0x1b] = "LPDDR",  [0x1c] = "LPDDR2", [0x1d] = "LPDDR3",
		[0x1e] = "LPDDR4", [0x1f] = "NVDIMM", [0x20] = "HBM",	 [0x21] = "HBM2",   [0x22] = "DDR5",   [0x23] = "LPDDR5",
		[0x24] = "HBM3",
	};

	return type < ARRAY_LEN(names) ? names[type] : NULL;
}

static uint64_t size_of(const struct part *p)
{
	unsigned int size = u16_at(p, AT_SIZE);

	if (size == SIZE_UNKNOWN)
		return 0;
	if (size == SIZE_IS_LONG) /* MiB; the highest bit is reserved */
		return (uint64_t)(u32_at(p, AT_SIZE_LONG) & 0x7fffffff) << 20;
	return size & SIZE_IN_KIB ? (uint64_t)(size & 0x7fff) << 10 : (uint64_t)size << 20;
}

static uint64_t speed_of(const struct part *p, size_t at, size_t at_long)
{
	unsigned int speed = u16_at(p, at);

	return speed == SPEED_IS_LONG ? u32_at(p, at_long) & 0x7fffffff : speed;
}

static void read_dimm(const struct part *p, struct arena *a, struct dimm *ret)
{
	unsigned int total = u16_at(p, AT_TOTAL_WIDTH), data = u16_at(p, AT_DATA_WIDTH);

	ret->slot = string_at(p, AT_LOCATOR, a);
	ret->bank = string_at(p, AT_BANK, a);
	ret->type = type_name(u8_at(p, AT_TYPE));
	ret->vendor = string_at(p, AT_VENDOR, a);
	ret->serial = string_at(p, AT_SERIAL, a);
	ret->part = string_at(p, AT_PART, a);
	ret->size_bytes = size_of(p);
	ret->speed_mts = speed_of(p, AT_SPEED, AT_SPEED_LONG);
	ret->configured_mts = speed_of(p, AT_CONFIGURED, AT_CONFIGURED_LONG);
	ret->ecc = total != WIDTH_UNKNOWN && data && total > data;
}

/* The structure at *AT of TABLE, and where the next one begins; false if it is not whole. */
static bool next_part(const uint8_t *table, size_t len, size_t *at, struct part *ret)
{
	size_t left = len - *at, end;

	if (left < HEAD || table[*at + 1] < HEAD || table[*at + 1] > left)
		return false;
	*ret = (struct part){ .at = table + *at, .len = table[*at + 1] };
	/* Strings end with a zero each and one more; without any there are two all the same. */
	for (end = *at + ret->len; end + 1 < len; end++)
		if (!table[end] && !table[end + 1]) {
			ret->strings = (const char *)table + *at + ret->len;
			ret->end = (const char *)table + end;
			*at = end + 2;
			return true;
		}
	return false;
}

int smbios_dimms(const uint8_t *table, size_t len, struct arena *a, struct dimm **ret, size_t *ret_n)
{
	struct dimm *dimms = NULL;
	struct part p;
	size_t n = 0;

	*ret = NULL;
	*ret_n = 0;
	for (size_t at = 0; at < len;) {
		if (!next_part(table, len, &at, &p))
			return -1;
		if (p.at[0] == TYPE_END)
			break;
		if (p.at[0] != TYPE_DIMM || !u16_at(&p, AT_SIZE) || n == DIMMS_MAX)
			continue;
		dimms = arena_grow(a, dimms, n, sizeof(*dimms));
		read_dimm(&p, a, &dimms[n++]);
	}
	*ret = dimms;
	*ret_n = n;
	return 0;
}

bool smbios_has(const uint8_t *table, size_t len, uint8_t type)
{
	struct part p;

	for (size_t at = 0; at < len && next_part(table, len, &at, &p) && p.at[0] != TYPE_END;)
		if (p.at[0] == type)
			return true;
	return false;
}
