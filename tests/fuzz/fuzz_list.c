/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz layers: base data model sys observe plan ops
 *
 * Any text as a chunk list. What is accepted must be safe to stream by: chunks that make up the image
 * and the data exactly, none larger than the buffers that it will be read into.
 */
#include <assert.h>
#include <string.h>

#include "ops/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_list(const struct chunk_list *l)
{
	const struct catalog_image *i = &l->image;
	uint64_t at = 0;

	assert(i->name && i->name[0] && i->version && i->version[0] && i->fs && i->fs[0]);
	assert(i->chunk_bytes >= 4096 && i->chunk_bytes <= 8u << 20 && l->n);
	assert(i->image_bytes > (l->n - 1) * i->chunk_bytes && i->image_bytes - (l->n - 1) * i->chunk_bytes <= i->chunk_bytes);
	for (size_t k = 0; k < l->n; k++) {
		const struct chunk *c = &l->chunks[k];

		if (c->zero) {
			assert(!c->length && !c->hash && !c->raw_hash);
			continue;
		}
		assert(c->offset == at && c->length && c->length <= 8u << 20);
		assert(hex_is(c->hash, 64) && hex_is(c->raw_hash, 64));
		at += c->length;
	}
	assert(at == i->data_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *text = arena_strndup(&a, (const char *)data, size);
	struct chunk_list list;
	struct error err = { 0 };

	if (chunk_list_parse(text, &a, &list, &err))
		assert(err.kind == ERR_MEDIUM && err.msg[0]);
	else
		check_list(&list);
	return 0;
}
