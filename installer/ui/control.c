/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines about terminals, among lines for people. */
#include "ui/control.h"

#include <stdio.h>
#include <string.h>

/* Far more than any of them; the rest of a longer one is dropped. */
enum { LINE_MAX_BYTES = 512 };

size_t control_cut(struct control_cut *c, const char *data, size_t n, struct str *text, bool *ret_line)
{
	*ret_line = false;
	for (size_t i = 0; i < n; i++) {
		if (!c->inside && data[i] != CONTROL_ENQ) {
			str_addc(text, data[i]);
			continue;
		}
		if (!c->inside)
			str_clear(&c->line);
		c->inside = data[i] != '\n';
		if (!c->inside) {
			*ret_line = true;
			return i + 1;
		}
		if (c->line.len < LINE_MAX_BYTES)
			str_addc(&c->line, data[i]);
	}
	return n;
}

void control_cut_release(struct control_cut *c)
{
	str_release(&c->line);
}

bool control_terminal_is_good(const char *s)
{
	const char *number = s + strlen("pts/");

	return str_starts(s, "pts/") && *number && strspn(number, "0123456789") == strlen(number) && strlen(s) < TERMINAL_NAME;
}

const char *control_typed(const char *line, char ret[TERMINAL_NAME])
{
	const char *space = line[0] == CONTROL_ENQ ? strchr(line, ' ') : NULL;

	ret[0] = '\0';
	if (!space)
		return line;
	snprintf(ret, TERMINAL_NAME, "%.*s", (int)(space - line - 1), line + 1);
	if (!control_terminal_is_good(ret))
		ret[0] = '\0';
	return space + 1;
}
