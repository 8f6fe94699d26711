/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tree as YAML that a person would have written: blocks, and on one line what fits there. Written by hand
 * because libyaml's emitter chooses neither, and its released versions overflow on hostile text.
 */
#include "data/yaml.h"

#include <string.h>
#include <strings.h>

enum { WIDTH = 100, STEP = 2 };

/* Other readers take these for something else than text. */
static bool special_word(const char *s)
{
	static const char *const words[] = { "true", "false", "null", "yes", "no", "on", "off", "y", "n" };
	const char *dot = strchr(s, '.');
	size_t numeric = strspn(s, "0123456789.eExX+_");

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcasecmp(s, words[i]))
			return true;
	/* With two dots it is an address or a version. */
	return s[0] && !s[numeric] && !(dot && strchr(dot + 1, '.'));
}

static bool is_plain(const char *s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-";

	return s[0] && s[0] != '-' && !s[strspn(s, letters)];
}

/* Line breaks of Unicode's, which a reader would fold, and what no line shows. */
static bool is_invisible(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff;
}

static void add_quoted(struct str *out, const char *s)
{
	uint32_t c;

	str_addc(out, '"');
	for (size_t n = 1; *s; s += n) {
		n = utf8_char(s, strlen(s), &c);
		if (!n) {
			/* No UTF-8, as a disk's serial may be. */
			n = 1;
			c = 0xfffd;
		}
		if (c == '"' || c == '\\')
			str_addf(out, "\\%c", (char)c);
		else if (is_invisible(c) || c == 0xfffd)
			str_addf(out, "\\u%04x", c);
		else
			str_addn(out, s, n);
	}
	str_addc(out, '"');
}

static void add_scalar(struct str *out, const struct tree *t)
{
	if (t->kind == TREE_NULL)
		str_add(out, "null");
	else if (t->kind != TREE_STRING || (is_plain(t->text) && !(t->quoted && special_word(t->text))))
		str_add(out, t->text); /* what was plain when it was read stays so: it may be a number */
	else
		add_quoted(out, t->text);
}

static void add_key(struct str *out, const char *key)
{
	if (is_plain(key))
		str_add(out, key);
	else
		add_quoted(out, key);
	str_addc(out, ':');
}

static bool is_list(const struct tree *t)
{
	return t->kind == TREE_MAP || t->kind == TREE_SEQ;
}

/* "{ a: 1, b: [ x ] }" */
static void add_flow(struct str *out, const struct tree *t)
{
	if (!is_list(t)) {
		add_scalar(out, t);
		return;
	}
	str_addc(out, t->kind == TREE_MAP ? '{' : '[');
	for (size_t i = 0; i < t->n; i++) {
		str_add(out, i ? ", " : " ");
		if (t->kind == TREE_MAP) {
			add_key(out, t->keys[i]);
			str_addc(out, ' ');
		}
		add_flow(out, t->items[i]);
	}
	str_addf(out, "%s%c", t->n ? " " : "", t->kind == TREE_MAP ? '}' : ']');
}

/* What stands after a key or a dash at column AT: on its line where it fits, else below. */
static void add_value(struct str *out, const struct tree *t, size_t at, size_t indent);

static void add_block(struct str *out, const struct tree *t, size_t indent)
{
	for (size_t i = 0; i < t->n; i++) {
		size_t begin = out->len;

		str_addf(out, "%*s", (int)indent, "");
		if (t->kind == TREE_MAP)
			add_key(out, t->keys[i]);
		else
			str_addc(out, '-');
		add_value(out, t->items[i], out->len - begin, indent + STEP);
	}
}

static void add_value(struct str *out, const struct tree *t, size_t at, size_t indent)
{
	AUTO_STR flow = STR_INIT;

	add_flow(&flow, t);
	if (is_list(t) && t->n && at + 1 + flow.len > WIDTH) {
		str_addc(out, '\n');
		add_block(out, t, indent);
	} else {
		str_addf(out, " %s\n", str_text(&flow));
	}
}

void yaml_write(const struct tree *t, struct str *out)
{
	if (is_list(t) && t->n) {
		add_block(out, t, 0);
	} else {
		add_flow(out, t);
		str_addc(out, '\n');
	}
}
