/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware's list, from text. */
#include "observe/boot_entries.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "base/uuid.h"

enum { ENTRIES_MAX = 1024, DIGITS = 4 };

/* Four hex digits, as of Boot####. */
static bool read_number(const char *s, const char *end, unsigned int *ret)
{
	*ret = 0;
	if (end - s < DIGITS)
		return false;
	for (size_t i = 0; i < DIGITS; i++) {
		if (!isxdigit((unsigned char)s[i]))
			return false;
		*ret = *ret * 16 + (unsigned int)(isdigit((unsigned char)s[i]) ? s[i] - '0' : (s[i] | 32) - 'a' + 10);
	}
	return true;
}

/* "0001,0000" */
static bool read_order(const char *s, const char *end, struct arena *a, struct boot_entries *b)
{
	for (unsigned int number; s < end; s += DIGITS + 1) {
		if (!read_number(s, end, &number) || (s + DIGITS < end && s[DIGITS] != ',') || b->n_order == ENTRIES_MAX)
			return false;
		for (size_t i = 0; i < b->n_order; i++)
			if (b->order[i] == number)
				return false;
		b->order = arena_grow(a, b->order, b->n_order, sizeof(*b->order));
		b->order[b->n_order++] = number;
	}
	return true;
}

/* "HD(1,GPT,f1b4...,0x800,0x20000)/..." */
static const char *gpt_partition(const char *path, struct arena *a)
{
	const char *guid;
	char *lower;

	if (!str_starts(path, "HD("))
		return NULL;
	guid = path + strlen("HD(");
	guid += strspn(guid, "0123456789");
	if (!str_starts(guid, ",GPT,"))
		return NULL;
	guid += strlen(",GPT,");
	if (strlen(guid) < UUID_TEXT || guid[UUID_TEXT - 1] != ',')
		return NULL;
	lower = arena_strndup(a, guid, UUID_TEXT - 1);
	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return uuid_is(lower) ? lower : NULL;
}

/* A node of the path: "/MAC(525400123456,0)"; of old firmware "BBS(Network,...)". */
static bool is_network(const char *path)
{
	static const char *const nodes[] = { "MAC(", "IPv4(", "IPv6(", "Uri(", "BBS(Network" };

	for (size_t i = 0; i < ARRAY_LEN(nodes); i++)
		for (const char *p = strstr(path, nodes[i]); p; p = strstr(p + 1, nodes[i]))
			if (p == path || p[-1] == '/')
				return true;
	return false;
}

/* "Boot0001* label<TAB>path" */
static bool read_entry(const char *s, const char *end, struct arena *a, struct boot_entries *b, unsigned int number)
{
	const char *tab = memchr(s, '\t', (size_t)(end - s));
	struct boot_entry *e;

	if (boot_entries_find(b, number) || b->n == ENTRIES_MAX)
		return false;
	b->v = arena_grow(a, b->v, b->n, sizeof(*b->v));
	e = &b->v[b->n++];
	*e = (struct boot_entry){ .number = number, .active = s[-2] == '*', .path = "",
				  .label = arena_strndup(a, s, (size_t)((tab ? tab : end) - s)) };
	if (!tab)
		return true;
	e->path = arena_strndup(a, tab + 1, (size_t)(end - tab - 1));
	e->partition = gpt_partition(e->path, a);
	e->network = is_network(e->path);
	return true;
}

int boot_entries_read(const char *text, size_t len, struct arena *a, struct boot_entries *ret, struct error *err)
{
	static const char order[] = "BootOrder: ";
	const char *end = text + len;
	bool ordered = false;

	*ret = (struct boot_entries){ .n = 0 };
	for (const char *next; text < end; text = next) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((stop ? stop : end) - text), head = strlen("Boot####* ");
		unsigned int number;

		next = text + n + (stop != NULL);
		if (n >= strlen(order) && !memcmp(text, order, strlen(order))) {
			if (ordered || !read_order(text + strlen(order), text + n, a, ret))
				return error_set(err, ERR_INPUT, "the firmware's boot order makes no sense");
			ordered = true;
			continue;
		}
		if (n < head || memcmp(text, "Boot", 4) != 0 || !read_number(text + 4, text + n, &number) ||
		    (text[8] != '*' && text[8] != ' ') || text[9] != ' ')
			continue;
		if (!read_entry(text + head, text + n, a, ret, number))
			return error_set(err, ERR_INPUT, "the firmware's list has Boot%04X twice, or too many entries", number);
	}
	return 0;
}

const struct boot_entry *boot_entries_find(const struct boot_entries *b, unsigned int number)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].number == number)
			return &b->v[i];
	return NULL;
}

void boot_entries_order(const struct boot_entries *b, unsigned int number, bool first, struct arena *a,
			struct boot_entries *ret)
{
	unsigned int *order = arena_array(a, b->n_order + 1, sizeof(*order));
	size_t n = 0, at = 0;
	bool network = false;

	for (size_t i = 0; i < b->n_order; i++) {
		const struct boot_entry *e = boot_entries_find(b, b->order[i]);

		if (!e || e->number == number)
			continue;
		order[n++] = e->number;
		if (e->network) {
			network = true;
			at = n;
		}
	}
	if (first)
		at = 0;
	else if (!network)
		at = n;
	memmove(order + at + 1, order + at, (n - at) * sizeof(*order));
	order[at] = number;
	*ret = (struct boot_entries){ .v = b->v, .n = b->n, .order = order, .n_order = n + 1 };
}
