/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of the guide. */
#include <stdio.h>
#include <string.h>

#include "guide/inner.h"
#include "plan/select.h"

const char *kept_text(struct guide *g, const struct str *text)
{
	return text->len ? arena_strdup(g->a, str_text(text)) : NULL;
}

const char *plain_words(const char *text, struct arena *a)
{
	char *s = arena_strdup(a, str_empty(text) ? "-" : text);

	for (char *c = s; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return s;
}

void add_lines(struct str *out, const char *text, size_t indent)
{
	size_t at = 0;

	for (const char *word = text; *word;) {
		size_t n;

		if (*word == '\n') {
			str_addc(out, '\n');
			at = 0;
			word++;
			continue;
		}
		/* Spaces at the beginning of a line are meant; those where a line is broken are not. */
		n = strspn(word, " ");
		n += strcspn(word + n, " \n");
		if (at > indent && at + n > GUIDE_WIDTH) {
			str_addf(out, "\n%*s", (int)indent, "");
			at = indent;
			word += strspn(word, " ");
			continue;
		}
		/* A word that fits on no line is broken. */
		if (at + n > GUIDE_WIDTH)
			n = GUIDE_WIDTH - at;
		str_addn(out, word, n);
		at += n;
		word += n;
	}
}

const char *error_words(const struct error *err, struct arena *a)
{
	AUTO_STR text = STR_INIT;

	str_add(&text, err->msg);
	if (err->hint[0])
		str_addf(&text, "\n-> %s", err->hint);
	return arena_strdup(a, str_text(&text));
}

const char *port_mac(const struct nic *n)
{
	return n->permanent_mac ? n->permanent_mac : n->mac;
}

const char *disk_never(const struct disk *d, struct arena *a)
{
	const struct disk_selector any = { .path = d->topology };

	return select_why_not(&any, d, a);
}
