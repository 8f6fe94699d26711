/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The changeable part of the medium, as bytes. Uses base/ alone: the build's tool links it, too. */
#include "model/site_area.h"

#include <string.h>

static const char magic[] = "fulcrum-site-area 1\n";

/* N times C: what an area is filled up with. */
static void fill(struct str *out, char c, size_t n)
{
	char block[1024];

	memset(block, c, sizeof(block));
	for (size_t len; n; n -= len) {
		len = n < sizeof(block) ? n : sizeof(block);
		str_addn(out, block, len);
	}
}

int site_area_write(const char *text, size_t len, struct str *ret, struct error *err)
{
	char hash[HASH_HEX];
	size_t from = ret->len;

	if (len > SITE_AREA_MAX)
		return error_set(err, ERR_INPUT, "the site file has %zu bytes, and there is room for %d", len, (int)SITE_AREA_MAX);
	hash_buffer(text, len, hash);
	str_addf(ret, "%slength %zu\nblake2b %s\n", magic, len, hash);
	fill(ret, '\0', from + SITE_AREA_HEAD - ret->len);
	str_addn(ret, text, len);
	fill(ret, '\0', from + SITE_AREA_BYTES - ret->len);
	return 0;
}

/* The decimal number after "length ", at most SITE_AREA_MAX; false if there is none. */
static bool parse_length(const char *s, size_t *ret)
{
	size_t v = 0;

	if (!str_starts(s, "length "))
		return false;
	for (s += strlen("length "); *s >= '0' && *s <= '9'; s++) {
		v = v * 10 + (size_t)(*s - '0');
		if (v > SITE_AREA_MAX)
			return false;
	}
	*ret = v;
	return *s == '\n';
}

int site_area_read(const char *data, size_t len, struct str *ret, struct error *err)
{
	AUTO_STR head = STR_INIT;
	AUTO_STR again = STR_INIT;
	size_t n;

	if (len != SITE_AREA_BYTES)
		return error_set(err, ERR_MEDIUM, "has %zu bytes, not %d", len, (int)SITE_AREA_BYTES);
	str_addn(&head, data, SITE_AREA_HEAD);
	if (!str_starts(str_text(&head), magic))
		return error_set(err, ERR_MEDIUM, "does not begin as such a file does");
	if (!parse_length(str_text(&head) + strlen(magic), &n))
		return error_set(err, ERR_MEDIUM, "its length is damaged");
	if (site_area_write(data + SITE_AREA_HEAD, n, &again, err))
		return -1;
	if (memcmp(str_text(&again), data, SITE_AREA_HEAD) != 0)
		return error_set(err, ERR_MEDIUM, "its content is not what its hash says");
	if (memcmp(str_text(&again), data, len) != 0)
		return error_set(err, ERR_MEDIUM, "it is not empty behind its content");
	str_addn(ret, data + SITE_AREA_HEAD, n);
	return 0;
}

void site_area_boot_write(bool unattended, struct str *ret)
{
	size_t from = ret->len;

	str_add(ret, "# Written by fulcrum-install customize: the entry of the boot menu that is taken by itself.\n");
	if (unattended)
		str_add(ret, "set default=unattended\n");
	fill(ret, '\n', from + SITE_AREA_BOOT_BYTES - ret->len);
}

int site_area_boot_read(const char *data, size_t len, bool *ret_unattended, struct error *err)
{
	for (int unattended = 0; unattended < 2; unattended++) {
		AUTO_STR want = STR_INIT;

		site_area_boot_write(unattended, &want);
		if (len != want.len || memcmp(data, str_text(&want), len) != 0)
			continue;
		*ret_unattended = unattended;
		return 0;
	}
	return error_set(err, ERR_MEDIUM, "is none of the two that there are");
}
