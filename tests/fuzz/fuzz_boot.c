/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz layers: base data model sys observe
 *
 * Any text as the firmware's list. What is accepted has each entry once, and an order made of it names what exists, each
 * once, with the asked one in its place.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "base/uuid.h"
#include "observe/boot_entries.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_order(const struct boot_entries *b, unsigned int number, bool first, struct arena *a)
{
	struct boot_entries r;
	size_t at = 0, last = 0;

	boot_entries_order(b, number, first, a, &r);
	assert(r.n_order && r.n_order <= b->n_order + 1);
	for (size_t i = 0; i < r.n_order; i++) {
		const struct boot_entry *e = boot_entries_find(&r, r.order[i]);

		assert(e);
		for (size_t k = 0; k < i; k++)
			assert(r.order[k] != r.order[i]);
		if (e->number == number)
			at = i + 1;
		else if (e->network)
			last = i + 1;
	}
	assert(at && (first ? at == 1 : at > last));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	struct boot_entries b;
	struct error err = { 0 };

	if (boot_entries_read(arena_strndup(&a, (const char *)data, size), size, &a, &b, &err)) {
		assert(err.msg[0]);
		return 0;
	}
	for (size_t i = 0; i < b.n; i++) {
		assert(b.v[i].label && b.v[i].path && b.v[i].number <= 0xffff);
		assert(boot_entries_find(&b, b.v[i].number) == &b.v[i]);
		assert(!b.v[i].partition || uuid_is(b.v[i].partition));
		check_order(&b, b.v[i].number, i % 2, &a);
	}
	return 0;
}
