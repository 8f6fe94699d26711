/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trees and findings: what others build on without looking. */
#include "data/tree.h"
#include "tap.h"

static void test_tree(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct tree *map = tree_new(&a, TREE_MAP), *seq = tree_new(&a, TREE_SEQ);
	char key[16] = "name";

	tree_add(&a, map, key, tree_string(&a, "x"));
	strcpy(key, "other");
	tree_add(&a, map, "n", tree_u64(&a, UINT64_MAX));
	tree_add(&a, map, "i", tree_i64(&a, INT64_MIN));
	tree_add(&a, map, "b", tree_bool(&a, true));
	tree_add(&a, map, "none", tree_string(&a, NULL));
	tree_add(&a, map, "list", seq);
	is_str(tree_get_text(map, "name"), "x", "a map keeps its own copy of a key");
	is_str(tree_get_text(map, "n"), "18446744073709551615", "the largest number is written whole");
	is_str(tree_get_text(map, "i"), "-9223372036854775808", "the smallest number is written whole");
	is_str(tree_get_text(map, "b"), "true", "a boolean has a text");
	is_str(tree_get_text(map, "none"), NULL, "null has no text");
	is_str(tree_get_text(map, "list"), NULL, "a list has no text");
	ok(!tree_get(map, "absent") && !tree_get(seq, "name") && !tree_get(NULL, "x"),
	   "what is not there is NULL, also in what is no map");
	for (unsigned int i = 0; i < 1000; i++)
		tree_push(&a, seq, tree_u64(&a, i));
	ok(seq->n == 1000 && !strcmp(seq->items[777]->text, "777"), "a list grows and keeps its order");
}

static void test_findings(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR out = STR_INIT;
	struct findings f = { .arena = &a };

	finding_add(&f, (struct pos){ "x", 9, 1 }, "b", NULL, "last");
	finding_add(&f, (struct pos){ "x", 2, 7 }, "a.b", "do this\nand that", "number %d", 2);
	finding_add(&f, (struct pos){ "x", 2, 7 }, "", NULL, "same place, later");
	finding_add(&f, (struct pos){ "x", 2, 3 }, "a", NULL, "before");
	finding_add(&f, (struct pos){ "x", 0, 0 }, "", NULL, "the whole file");
	findings_print(&f, &out);
	is_str(str_text(&out), "x: the whole file\nx:2:3: a: before\nx:2:7: a.b: number 2\n  do this\n  and that\n"
			       "x:2:7: same place, later\nx:9:1: b: last\n",
	       "findings are printed by position, then in the order found");
	for (unsigned int i = 0; i < 2 * FINDINGS_MAX; i++)
		finding_add(&f, (struct pos){ "x", 1, 1 }, "", NULL, "noise");
	ok(f.n == FINDINGS_MAX && f.dropped == FINDINGS_MAX + 5, "noise is counted, not kept");
	str_clear(&out);
	findings_print(&f, &out);
	ok(str_ends(str_text(&out), "x: 505 more findings are not shown\n"), "and its amount is said");
}

static void test_texts(void)
{
	AUTO_ARENA a = ARENA_INIT;
	uint32_t c = 0;

	is_str(text_quoted("plain", &a), "\"plain\"", "text is quoted");
	is_str(text_quoted("a\x1b[31m\n\x7f\xc2\x9b", &a), "\"a?[31m???\"", "control characters do not reach a terminal");
	is_str(text_quoted("\xff\xc3", &a), "\"??\"", "bytes that are not UTF-8 do not either");
	ok(strlen(text_quoted(arena_printf(&a, "%0500d", 0), &a)) <= 68, "long text is cut");
	is_str(text_quoted("\xc3\xa4", &a), "\"\xc3\xa4\"", "other characters stay");
	ok(utf8_char("\xf0\x9f\x98\x80", 4, &c) == 4 && c == 0x1f600, "four bytes are one character");
	ok(!utf8_char("\xc0\x80", 2, &c) && !utf8_char("\xe0\x80\x80", 3, &c) && !utf8_char("\xed\xa0\x80", 3, &c) &&
		   !utf8_char("\xf4\x90\x80\x80", 4, &c) && !utf8_char("\xe2\x82", 2, &c) && !utf8_char("", 0, &c),
	   "overlong forms, surrogates, what is too large or cut are not characters");
}

int main(void)
{
	test_tree();
	test_findings();
	test_texts();
	return tap_end();
}
