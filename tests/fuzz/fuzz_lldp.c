/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz layers: base data model sys observe
 *
 * Any bytes as an LLDP frame. What is taken from it goes onto screens and into JSON: short, clean text, or nothing.
 */
#include <assert.h>
#include <string.h>

#include "observe/lldp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_clean(const char *text)
{
	if (!text)
		return;
	assert(text[0] && strlen(text) <= 1024);
	for (const char *c = text; *c; c++)
		assert((unsigned char)*c >= 0x20 && *c != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *name = NULL, *port = NULL;

	if (!lldp_parse(data, size, &a, &name, &port)) {
		assert(size >= 14 && (name || port));
		is_clean(name);
		is_clean(port);
	}
	return 0;
}
