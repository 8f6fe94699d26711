/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of a kernel command line. */
#include "base/cmdline.h"

#include <string.h>

#include "base/str.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* The next word from *P on, without its double quotes, in RET; false at the end. */
static bool next_word(const char **p, struct str *ret)
{
	const char *s = *p;
	bool quoted = false;

	while (is_space(*s))
		s++;
	if (!*s)
		return false;
	str_clear(ret);
	str_add(ret, "");
	for (; *s && (quoted || !is_space(*s)); s++) {
		if (*s == '"')
			quoted = !quoted;
		else
			str_addc(ret, *s);
	}
	*p = s;
	return true;
}

bool cmdline_has(const char *line, const char *word)
{
	AUTO_STR w = STR_INIT;

	while (next_word(&line, &w))
		if (!strcmp(str_text(&w), word))
			return true;
	return false;
}

const char *cmdline_value(const char *line, const char *name, struct arena *a, size_t *ret_n)
{
	size_t len = strlen(name), n = 0;
	const char *found = NULL;
	AUTO_STR w = STR_INIT;

	while (next_word(&line, &w)) {
		if (strncmp(str_text(&w), name, len) != 0 || str_text(&w)[len] != '=')
			continue;
		found = arena_strdup(a, str_text(&w) + len + 1);
		n++;
	}
	if (ret_n)
		*ret_n = n;
	return found;
}

const char *cmdline_words(const char *line, const char *prefix, struct arena *a)
{
	AUTO_STR found = STR_INIT;
	AUTO_STR w = STR_INIT;

	while (next_word(&line, &w))
		if (str_starts(str_text(&w), prefix))
			str_addf(&found, "%s%s", found.len ? " " : "", str_text(&w));
	return found.len ? arena_strdup(a, str_text(&found)) : NULL;
}
