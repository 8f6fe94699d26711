/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cleaning of foreign text. */
#include "sys/text.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* Length of the UTF-8 sequence at S (N bytes are there), 0 if it is none or a control character. */
static size_t sequence(const unsigned char *s, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = s[0] < 0x80   ? 1
		     : s[0] < 0xc2 ? 0
		     : s[0] < 0xe0 ? 2
		     : s[0] < 0xf0 ? 3
		     : s[0] < 0xf5 ? 4
				   : 0;
	uint32_t c;

	if (!len || len > n)
		return 0;
	if (len == 1)
		return s[0] >= ' ' && s[0] != 0x7f;
	c = s[0] & (0xffU >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fU);
	}
	/* Overlong forms, surrogates, the C1 controls, and what is beyond Unicode. */
	if (c < least[len] || (c >= 0xd800 && c < 0xe000) || c < 0xa0 || c > 0x10ffff)
		return 0;
	return len;
}

const char *text_clean(struct arena *a, const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	char *ret;
	size_t start = 0;

	if (!s)
		return NULL;
	n = strnlen(s, n);
	while (n && isspace(u[n - 1]))
		n--;
	while (start < n && isspace(u[start]))
		start++;
	if (start == n)
		return NULL;
	ret = arena_strndup(a, s + start, n - start);
	for (size_t i = start; i < n;) {
		size_t len = sequence(u + i, n - i);

		if (!len)
			ret[i - start] = '?';
		i += len ? len : 1;
	}
	return ret;
}

bool text_is_placeholder(const char *s)
{
	/* Compared without case. */
	static const char *const words[] = {
		"to be filled by o.e.m.", "to be filled by oem", "default string", "not specified", "not applicable",
		"not available", "none", "n/a", "na", "null", "unknown", "invalid", "serial", "serial number",
		"o.e.m.", "oem",
	};

	if (!s)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcasecmp(s, words[i]))
			return true;
	/* One character over and over: zeros, blanks, xxxx, ffff. */
	return strspn(s, "0. -") == strlen(s) || (s[1] && strspn(s, (const char[]){ s[0], '\0' }) == strlen(s));
}

bool text_is_board_filler(const char *s)
{
	/* Compared without case. */
	static const char *const words[] = {
		"system serial number", "system product name", "system manufacturer", "system version",
		"chassis serial number", "base board serial number", "board serial number", "not provided", "no dimm", "undefined",
		"0123456789", "123456789", "1234567890", "12345678",
		"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
		"03000200-0400-0500-0006-000700080009", /* one board maker's UUID on every board */
		"12345678-1234-5678-90ab-cddeefaabbcc", /* likewise, of another */
	};

	for (size_t i = 0; s && i < ARRAY_LEN(words); i++)
		if (!strcasecmp(s, words[i]))
			return true;
	return text_is_placeholder(s) || (s && strcasestr(s, "filled by"));
}
