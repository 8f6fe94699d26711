/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as an ISO 9660 image, from its volume descriptor on: what is accepted lies in the image and has paths that
 * can be. And any bytes as the changeable area: what is accepted is what would be written for it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "data/iso9660.h"
#include "model/site_area.h"

enum { DESCRIPTOR_AT = 16 * ISO_BLOCK, BLOCKS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned char image[BLOCKS * ISO_BLOCK];

static int read_at(void *ctx, uint64_t at, void *buf, size_t len, struct error *err)
{
	const struct iso_source *src = ctx;

	(void)err;
	assert(at <= src->size && len <= src->size - at);
	memcpy(buf, image + at, len);
	return 0;
}

/* The big-endian half like the little-endian one: else hardly anything is looked at behind it. */
static void fit(unsigned char *p)
{
	for (int i = 0; i < 4; i++)
		p[7 - i] = p[i];
}

static void fit_image(size_t blocks)
{
	unsigned char *pvd = image + DESCRIPTOR_AT;

	memcpy(pvd, "\1CD001\1", 7);
	pvd[80] = (unsigned char)blocks;
	memset(pvd + 81, 0, 3);
	fit(pvd + 80);
	pvd[128] = 0;
	pvd[129] = ISO_BLOCK >> 8;
	fit(pvd + 158);
	fit(pvd + 166);
	for (size_t b = 17; b < blocks; b++) {
		unsigned char *p = image + b * ISO_BLOCK;

		for (size_t i = 0; i + 34 <= ISO_BLOCK && p[i] >= 34; i += p[i]) {
			fit(p + i + 2);
			fit(p + i + 10);
		}
	}
}

static void check_iso(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	struct iso_source src = { .read_at = read_at };
	struct error err;
	struct iso iso;

	if (size > sizeof(image) - DESCRIPTOR_AT)
		size = sizeof(image) - DESCRIPTOR_AT;
	memset(image, 0, sizeof(image));
	memcpy(image + DESCRIPTOR_AT, data, size);
	src.size = (DESCRIPTOR_AT + size + ISO_BLOCK - 1) / ISO_BLOCK * ISO_BLOCK;
	src.ctx = &src;
	if (size >= ISO_BLOCK)
		fit_image(src.size / ISO_BLOCK);
	if (iso_read(&src, &a, &iso, &err))
		return;
	assert(iso.bytes <= src.size && iso.n <= ISO_MAX_FILES);
	for (size_t i = 0; i < iso.n; i++) {
		const struct iso_file *f = &iso.files[i];

		assert(!f->size || (f->at <= iso.bytes && f->size <= iso.bytes - f->at));
		assert(f->path[0] && f->path[0] != '/' && !strstr(f->path, "//") && strlen(f->path) <= ISO_MAX_PATH);
		assert(iso_find(&iso, f->path));
	}
}

static void check_area(const uint8_t *data, size_t size)
{
	static const char zeros[SITE_AREA_BYTES];
	AUTO_STR padded = STR_INIT;
	AUTO_STR text = STR_INIT;
	AUTO_STR again = STR_INIT;
	struct error err;

	str_addn(&padded, (const char *)data, size);
	if (size < SITE_AREA_BYTES)
		str_addn(&padded, zeros, SITE_AREA_BYTES - size);
	if (site_area_read(padded.s, padded.len, &text, &err))
		return;
	assert(!site_area_write(str_text(&text), text.len, &again, &err));
	assert(again.len == padded.len && !memcmp(again.s, padded.s, again.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_iso(data, size);
	if (size >= 20 && !memcmp(data, "fulcrum-site-area 1\n", 20))
		check_area(data, size);
	return 0;
}
