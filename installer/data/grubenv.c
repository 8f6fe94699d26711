/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "data/grubenv.h"

#include <stdlib.h>
#include <string.h>

static const char head[] = "# GRUB Environment Block\n";

void grubenv_write(const struct bootsel *b, struct str *ret)
{
	size_t from = ret->len;

	str_addf(ret, "%sslot=%c\n", head, b->slot);
	if (b->trial)
		str_addf(ret, "trial=%c\ntries=%u\nseconds=%u\n", b->trial, b->tries, b->seconds);
	while (ret->len - from < GRUBENV_BYTES)
		str_addc(ret, '#');
}

/* The value of NAME= in the N bytes at TEXT, as long as it says at most MAX characters; else NULL. */
static const char *value(const char *text, size_t n, const char *name, size_t max, char *ret)
{
	size_t len = strlen(name);

	for (const char *p = text, *end = text + n; p < end;) {
		const char *line = memchr(p, '\n', (size_t)(end - p));

		if (!line)
			return NULL;
		if ((size_t)(line - p) > len && !memcmp(p, name, len) && p[len] == '=') {
			size_t got = (size_t)(line - p) - len - 1;

			if (got > max)
				return NULL;
			memcpy(ret, p + len + 1, got);
			ret[got] = '\0';
			return ret;
		}
		p = line + 1;
	}
	return NULL;
}

static char slot_of(const char *s)
{
	return s && (!strcmp(s, "a") || !strcmp(s, "b")) ? *s : '\0';
}

int grubenv_read(const char *text, size_t len, struct bootsel *ret, struct error *err)
{
	char s[16];
	const char *v;

	memset(ret, 0, sizeof(*ret));
	if (len != GRUBENV_BYTES || memcmp(text, head, strlen(head)) != 0)
		return error_set(err, ERR_INPUT, "no environment block of GRUB");
	ret->slot = slot_of(value(text, len, "slot", 15, s));
	if (!ret->slot)
		return error_set(err, ERR_INPUT, "the environment block does not say which slot is the good one");
	ret->trial = slot_of(value(text, len, "trial", 15, s));
	if (!ret->trial)
		return 0;
	v = value(text, len, "tries", 15, s);
	ret->tries = v && !strcmp(v, "1");
	v = value(text, len, "seconds", 15, s);
	ret->seconds = v ? (unsigned int)strtoul(v, NULL, 10) : 0;
	return 0;
}
