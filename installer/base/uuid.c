/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seeded UUIDs. */
#include "base/uuid.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"

void uuid_from_seed(const char *seed, const char *name, char ret[UUID_TEXT])
{
	unsigned char b[HASH_BYTES];

	hash_keyed(seed, name, b);
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x80); /* version 8: vendor specific */
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80); /* RFC variant */
	snprintf(ret, UUID_TEXT, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
		 b[14], b[15]);
}

void fat_id_from_seed(const char *seed, const char *name, char ret[10])
{
	unsigned char b[HASH_BYTES];

	hash_keyed(seed, name, b);
	snprintf(ret, 10, "%02X%02X-%02X%02X", b[0], b[1], b[2], b[3]);
}

bool uuid_is(const char *text)
{
	if (strlen(text) != UUID_TEXT - 1)
		return false;
	for (size_t i = 0; i < UUID_TEXT - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	}
	return true;
}
