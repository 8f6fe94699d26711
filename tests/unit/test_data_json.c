/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON both ways: strict reading with positions, canonical writing, and that hostile text is cheap. */
#include "base/clock.h"
#include "data/json.h"
#include "tap.h"

/* TEXT read and written again, or the error. */
static const char *result_n(const char *text, size_t len, struct arena *a)
{
	struct error err = { 0 };
	struct tree *t = json_parse("f", text, len, a, &err);
	AUTO_STR out = STR_INIT;

	if (t)
		json_write(t, false, &out);
	else
		str_addf(&out, "%s%s", err.kind == ERR_INPUT ? "" : "wrong kind ", err.msg);
	return arena_strdup(a, str_text(&out));
}

static const char *result(const char *text, struct arena *a)
{
	return result_n(text, strlen(text), a);
}

static void test_reads(void)
{
	static const char *const same[] = {
		"{}", "[]", "null", "true", "[false]", "\"\"", "{\"\":\"\"}", "0", "-1", "1.5e-7",
		"18446744073709551616", "[1.0,1e2,123456789012345678901234567890]",
		"{\"b\":1,\"a\":[{\"c\":null}],\"\xc3\xa4\":\"\\n\\t\\\\\\\"\\u001F/\"}",
	};
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		AUTO_ARENA a = ARENA_INIT;

		is_str(result(same[i], &a), same[i], "reads and writes unchanged: %s", same[i]);
	}
}

static void test_positions(void)
{
	static const char text[] = "{\n  \"a\": \"x\\ny\",\n  \"\xc3\xa4\": [ 10, \"b\" ],\n  \"c\": {\"d\": true}\n}";
	AUTO_ARENA a = ARENA_INIT;
	struct error err = { 0 };
	struct tree *t = json_parse("f", text, sizeof(text) - 1, &a, &err);
	const struct tree *list;

	if (!ok(t != NULL, "a document with lines is read"))
		return;
	list = t->items[1];
	ok(t->key_pos[0].line == 2 && t->key_pos[0].column == 3, "a key knows where it stands");
	ok(t->items[0]->pos.line == 2 && t->items[0]->pos.column == 8, "so does a text with an escape in it");
	ok(list->items[0]->pos.line == 3 && list->items[0]->pos.column == 10, "so does a number, behind a wide character");
	ok(list->items[1]->pos.column == 14, "so does a text in a list");
	ok(t->items[2]->pos.line == 4 && t->items[2]->items[0]->pos.column == 9, "others stand where their key does");
	is_str(list->items[0]->text, "10", "a number is as written");
	ok(!list->items[0]->quoted && list->items[1]->quoted && t->items[0]->kind == TREE_STRING, "texts are quoted, numbers are not");
}

static void test_refuses(void)
{
	static const struct {
		const char *name, *text, *wanted;
	} cases[] = {
		{ "nothing", "", "f:1:1: is empty, not JSON" },
		{ "an open object", "{\"a\":\n1", "f:2:2: not JSON: unexpected end of data" },
		{ "a trailing comma", "[1,]", "f:1:3: not JSON: trailing comma is not allowed" },
		{ "a comment", "[1] // x", "f:1:5: not JSON: unexpected content after document" },
		{ "a second document", "{} {}", "f:1:4: not JSON: unexpected content after document" },
		{ "NaN", "[NaN]", "f:1:2: not JSON: unexpected character, expected a valid JSON value" },
		{ "a leading zero", "[01]", "f:1:2: not JSON: number with leading zero is not allowed" },
		{ "single quotes", "{'a':1}", "f:1:2: not JSON: unexpected character, expected a string for object key" },
		{ "a duplicate key", "{\"a\":1,\n \"b\":2,\n \"a\":3}", "f:3:2: key \"a\" is given twice" },
		{ "a duplicate key, escaped", "{\"a\":1,\"\\u0061\":3}", "f:1:8: key \"a\" is given twice" },
		{ "NUL in a text", "[\"x\\u0000y\"]", "f:1:2: a string holds a NUL character" },
		{ "NUL in a key", "{\"\\u0000\":1}", "f:1:2: a key holds a NUL character" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_ARENA a = ARENA_INIT;

		is_str(result(cases[i].text, &a), cases[i].wanted, "refuses: %s", cases[i].name);
	}
}

static void test_bytes(void)
{
	AUTO_ARENA a = ARENA_INIT;

	ok(str_starts(result("[\"\xff\"]", &a), "f:1:3: not JSON: "), "refuses: bytes that are not UTF-8");
	ok(str_starts(result("[\"\\ud800\"]", &a), "f:1:"), "refuses: half of a surrogate pair");
	ok(str_starts(result_n("[1\0]", 4, &a), "f:1:3: not JSON: "), "refuses: NUL bytes");
	ok(str_starts(result("\xef\xbb\xbf{}", &a), "f:1:1: not JSON: "), "refuses: a byte order mark");
}

static const char *repeated(const char *head, const char *what, size_t n, const char *tail, struct arena *a)
{
	AUTO_STR s = STR_INIT;

	str_add(&s, head);
	for (size_t i = 0; i < n; i++)
		str_add(&s, what);
	str_add(&s, tail);
	return arena_strdup(a, str_text(&s));
}

static void test_limits(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR keys = STR_INIT;
	uint64_t begin = clock_mono_ms();
	const char *deep = repeated("", "[", JSON_MAX_DEPTH, "", &a);

	deep = repeated(deep, "]", JSON_MAX_DEPTH, "", &a);
	is_str(result(deep, &a), deep, "the depth that is allowed is read");
	ok(str_ends(result(repeated("", "[", 10000, repeated("", "]", 10000, "", &a), &a), &a), "nested too deeply"),
	   "refuses: 10,000 lists in lists");
	ok(str_starts(result(repeated("", "[", 1000000, "", &a), &a), "f:1:1000001: not JSON: "), "refuses: a million brackets");
	ok(str_ends(result(repeated("[0", ",0", JSON_MAX_NODES, "]", &a), &a), "too many values"),
	   "refuses: more values than any message has");
	is_str(result_n(repeated("", " ", JSON_MAX_BYTES + 1, "", &a), JSON_MAX_BYTES + 1, &a),
	       "f: 8388609 bytes are too many, at most 8388608 are read", "refuses: a huge text");
	str_addc(&keys, '{');
	for (unsigned int i = 0; i < 100000; i++)
		str_addf(&keys, "\"k%u\":0,", i);
	str_add(&keys, "\"k77777\":1}");
	ok(str_ends(result(str_text(&keys), &a), "key \"k77777\" is given twice"), "finds one duplicate among 100,000 keys");
	ok(clock_mono_ms() - begin < 10000, "and all of that takes less than 10 s, also with sanitizers");
}

static void test_writes(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR out = STR_INIT;
	struct tree *map = tree_new(&a, TREE_MAP), *seq = tree_new(&a, TREE_SEQ);

	tree_add(&a, map, "serial", tree_string(&a, "A\xff" "B\xc3\x28"));
	tree_add(&a, map, "n", tree_u64(&a, UINT64_MAX));
	tree_add(&a, map, "none", tree_string(&a, NULL));
	tree_push(&a, seq, tree_bool(&a, false));
	tree_add(&a, map, "list", seq);
	json_write(map, false, &out);
	is_str(str_text(&out), "{\"serial\":\"A\xef\xbf\xbd" "B\xef\xbf\xbd(\",\"n\":18446744073709551615,\"none\":null,\"list\":[false]}",
	       "writes what was built; bytes that are not UTF-8 become a mark");
	str_clear(&out);
	json_write(seq, true, &out);
	is_str(str_text(&out), "[\n  false\n]\n", "pretty text is indented and ends its line");
}

int main(void)
{
	test_reads();
	test_positions();
	test_refuses();
	test_bytes();
	test_limits();
	test_writes();
	return tap_end();
}
