/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes as text and back. */
#include "base/size.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char suffixes[] = "KMGTP";

int size_parse(const char *s, uint64_t *ret_bytes)
{
	uint64_t whole = 0, num = 0, den = 1, unit = 1, frac;
	const char *p = s;

	if (!isdigit((unsigned char)*p))
		return -1;
	for (; isdigit((unsigned char)*p); p++)
		if (__builtin_mul_overflow(whole, 10u, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*p - '0'), &whole))
			return -1;
	if (*p == '.') {
		int digits = 0;

		for (p++; isdigit((unsigned char)*p); p++) {
			if (++digits > 3)
				return -1;
			num = num * 10 + (uint64_t)(*p - '0');
			den *= 10;
		}
		if (!digits)
			return -1;
	}
	if (*p == ' ')
		p++;
	if (*p) {
		const char *u = strchr(suffixes, toupper((unsigned char)*p));

		if (*p == 'B' && !p[1] && den == 1) {
			*ret_bytes = whole;
			return 0;
		}
		if (!u)
			return -1;
		unit = (uint64_t)1 << (10 * (u - suffixes + 1));
		p++;
		if (*p == 'i' && p[1] == 'B')
			p += 2;
		if (*p)
			return -1;
	} else if (den != 1) {
		return -1; /* a fraction of a byte */
	}
	frac = unit / den * num + unit % den * num / den;
	if (__builtin_mul_overflow(whole, unit, &whole) ||
	    __builtin_add_overflow(whole, frac, ret_bytes))
		return -1;
	return 0;
}

const char *size_format(uint64_t bytes, char buf[SIZE_TEXT_MAX])
{
	double v = (double)bytes;
	int i = -1;

	while (v >= 1023.5 && i < 4) {
		v /= 1024;
		i++;
	}
	if (i < 0)
		snprintf(buf, SIZE_TEXT_MAX, "%u B", (unsigned int)bytes);
	else
		snprintf(buf, SIZE_TEXT_MAX, v < 9.95 ? "%.1f %ciB" : "%.0f %ciB", v, suffixes[i]);
	return buf;
}
