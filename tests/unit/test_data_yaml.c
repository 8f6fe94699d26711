/* SPDX-License-Identifier: GPL-2.0-or-later */
/* YAML to trees: what is read, what is refused and where, and that hostile text is cheap. */
#include <stdlib.h>

#include "base/clock.h"
#include "data/json.h"
#include "data/yaml.h"
#include "tap.h"

/* The findings of TEXT as they are printed, or its tree as JSON when there are none. */
static const char *result_n(const char *text, size_t len, struct arena *a)
{
	struct findings f = { .arena = a };
	struct tree *t = yaml_parse("f", text, len, a, &f);
	AUTO_STR out = STR_INIT;

	if (f.n)
		findings_print(&f, &out);
	else if (t)
		json_write(t, false, &out);
	return arena_strdup(a, str_text(&out));
}

static const char *result(const char *text, struct arena *a)
{
	return result_n(text, strlen(text), a);
}

static void test_reads(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct findings f = { .arena = &a };
	const struct tree *t, *v;

	is_str(result("", &a), "{}", "an empty document is an empty map");
	is_str(result("# only a comment\n", &a), "{}", "so is a comment");
	is_str(result("---\n...\n", &a), "{}", "so is an empty document with marks");
	is_str(result("\xef\xbb\xbf" "a: b\r\nc: d\r\n", &a), "{\"a\":\"b\",\"c\":\"d\"}",
	       "a UTF-8 mark and CR LF, as some editors write, are read");
	is_str(result("a: [ 1, 0777, NO, 1e3, 12:30:45, true ]", &a),
	       "{\"a\":[\"1\",\"0777\",\"NO\",\"1e3\",\"12:30:45\",\"true\"]}", "no scalar's type is guessed");
	is_str(result("a: |\n  one\n  two\nb: >\n  x\n  y\n", &a), "{\"a\":\"one\\ntwo\\n\",\"b\":\"x y\\n\"}",
	       "block scalars are text");
	is_str(result("a: \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", &a), "{\"a\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"}",
	       "UTF-8 of every length is read");
	is_str(result("{ a: , b: ~, c: null, d: '', e: \"~\" }", &a), "{\"a\":null,\"b\":null,\"c\":null,\"d\":\"\",\"e\":\"~\"}",
	       "empty, ~ and null are nothing, unless quoted");
	t = yaml_parse("f", "a:\n  - b: \"x\"\n    c: y\n", 23, &a, &f);
	v = tree_get(t, "a")->items[0];
	ok(!f.n && tree_get(v, "b")->quoted && !tree_get(v, "c")->quoted, "quotes are remembered");
	ok(v->pos.line == 2 && v->pos.column == 5 && v->key_pos[1].line == 3 && v->key_pos[1].column == 5 &&
		   v->items[1]->pos.column == 8,
	   "keys and values know where they stand");
	ok(tree_get(yaml_parse("f", "a:", 2, &a, &f), "a")->text != NULL, "what was left empty has a text, unlike JSON's null");
}

static void test_refuses(void)
{
	static const struct {
		const char *name, *text, *wanted;
	} cases[] = {
		{ "alias", "a: &x 1\nb: *x\n",
		  "f:1:4: anchors (&) are not read\n  write the value out where it is needed\n"
		  "f:2:4: aliases (*) are not read\n  write the value out where it is needed; put text that begins with * in quotes\n" },
		{ "tag", "a: !!int 1\nb: !x [ 1 ]\nc: ! y\n",
		  "f:1:4: tags (!) are not read\n  leave it out: the key says what its value is\n"
		  "f:2:4: tags (!) are not read\n  leave it out: the key says what its value is\n"
		  "f:3:4: tags (!) are not read\n  leave it out: the key says what its value is\n" },
		{ "tag directive", "%TAG !e! tag:x,1:\n---\na: b\n", "f:1:1: tags (!) are not read\n" },
		{ "duplicate key", "a: 1\nb: 2\n'a': 3\n\"b\": 4\n",
		  "f:3:1: key \"a\" is given twice, first on line 1\nf:4:1: key \"b\" is given twice, first on line 2\n" },
		{ "duplicate key in a flow mapping", "x: { k: 1, k: 2 }", "f:1:12: key \"k\" is given twice, first on line 1\n" },
		{ "list as a key", "? [ a ]\n: b\n", "f:1:3: a list may not be a key\n" },
		{ "mapping as a key", "? { a: b }\n: b\n", "f:1:3: a mapping may not be a key\n" },
		{ "empty key", "?\n: b\n", "f:1:2: nothing may not be a key\n" },
		{ "second document", "a: 1\n---\nb: 2\n", "f:2:1: a second document begins: one file is one document\n" },
		{ "second document after an end mark", "a: 1\n...\n---\nb: 2\n",
		  "f:3:1: a second document begins: one file is one document\n" },
		{ "tab as indentation", "a:\n\tb: 1\n",
		  "f:2:1: this character may not stand here\n  indent with spaces, not tabs; put text that begins with % @ ` in quotes\n" },
		{ "bad indentation", "a:\n  b: 1\n c: 2\n", "f:3:2: a key is expected here (while parsing a block mapping that began on line 1)\n  check the indentation\n" },
		{ "key inside a value", "a: b: c\n", "f:1:5: a key may not stand here\n  check the indentation; put text with \": \" in it in quotes\n" },
		{ "open bracket", "a: [ 1, 2\nb: 3\n", "f:2:2: \",\" or \"]\" is missing (while parsing a flow sequence that began on line 1)\n" },
		{ "open quote", "a: \"x\nb: 3\n", "f:3:1: the file ends inside quotes (while scanning a quoted scalar that began on line 1)\n" },
		{ "NUL by escape", "a: \"x\\0y\"\n", "f:1:4: text holds a control character\n" },
		{ "escape character by escape", "a: \"\\e[2J\"\n", "f:1:4: text holds a control character\n" },
		{ "terminal control sequence by escape", "a: \"\\x9b2J\"\n", "f:1:4: text holds a control character\n" },
		{ "UTF-16", "\xff\xfe" "a", "f:1:1: the file is UTF-16\n  save it as UTF-8\n" },
		{ "UTF-16, big end first", "\xfe\xff", "f:1:1: the file is UTF-16\n  save it as UTF-8\n" },
		{ "Latin-1", "a: 1\nb: caf\xe9\n", "f:2:7: byte 0xe9 is not UTF-8\n  save it as UTF-8\n" },
		{ "control characters, all of them", "a\x01: \xc2\x9b\n\x7f\n",
		  "f:1:2: control character U+0001\nf:1:5: control character U+009B\nf:2:1: control character U+007F\n" },
		{ "byte order mark inside", "a: \xef\xbb\xbfx\n", "f:1:4: control character U+FEFF\n" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_ARENA a = ARENA_INIT;

		is_str(result(cases[i].text, &a), cases[i].wanted, "refuses: %s", cases[i].name);
	}
}

static void test_nul(void)
{
	AUTO_ARENA a = ARENA_INIT;

	is_str(result_n("a: b\nc: \0d\n", 11, &a), "f:2:4: control character U+0000\n", "refuses: NUL bytes");
}

static void test_several(void)
{
	AUTO_ARENA a = ARENA_INIT;

	is_str(result("a: &x 1\na: !t 2\nb: *x\n", &a),
	       "f:1:4: anchors (&) are not read\n  write the value out where it is needed\n"
	       "f:2:1: key \"a\" is given twice, first on line 1\n"
	       "f:2:4: tags (!) are not read\n  leave it out: the key says what its value is\n"
	       "f:3:4: aliases (*) are not read\n  write the value out where it is needed; put text that begins with * in quotes\n",
	       "one run shows all there is to complain of");
}

static const char *repeated(const char *what, size_t n, struct arena *a)
{
	AUTO_STR s = STR_INIT;

	for (size_t i = 0; i < n; i++)
		str_add(&s, what);
	return arena_strdup(a, str_text(&s));
}

static void test_limits(void)
{
	static const struct {
		const char *name, *unit;
		size_t n;
		const char *wanted;
	} cases[] = {
		{ "10,000 lists in lists", "[", 10000, "f:1:25: nested too deeply\n" },
		{ "10,000 mappings in mappings", "{a: ", 10000, "f:1:97: nested too deeply\n" },
		{ "10,000 block lists", "- ", 10000, "f:1:49: nested too deeply\n" },
		{ "60,000 values", "- 1\n", 60000, "f:20000:3: the file has too many values\n" },
		{ "60,000 keys without values", "? ", 60000, "f:1:49: nested too deeply\n" },
		{ "a long key", "k", 30000, "f:1:1: text of 30000 bytes is too long, at most 16384 are read\n" },
		{ "a huge file", "#\n", 200000, "f: 400000 bytes are too many, at most 262144 are read\n" },
	};
	uint64_t begin = clock_mono_ms();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_ARENA a = ARENA_INIT;

		is_str(result(repeated(cases[i].unit, cases[i].n, &a), &a), cases[i].wanted, "refuses: %s", cases[i].name);
	}
	ok(clock_mono_ms() - begin < 5000, "and all of that takes less than 5 s, also with sanitizers");
}

static void test_depth_allowed(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *deep = arena_printf(&a, "%s%s", repeated("[", YAML_MAX_DEPTH, &a), repeated("]", YAML_MAX_DEPTH, &a));

	is_str(result(deep, &a), deep, "the depth that is allowed is read");
}

/* What T is written as is read as T again, and looks as it should. */
static void written(const struct tree *t, const char *want, const char *name)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	AUTO_STR json = STR_INIT;

	yaml_write(t, &text);
	json_write(t, false, &json);
	if (want)
		is_str(str_text(&text), want, "%s", name);
	is_str(result_n(str_text(&text), text.len, &a), str_text(&json), "%s", name);
}

static void test_writes(void)
{
	static const char *const hard[] = {
		"", " ", "a b", "true", "No", "null", "~", "12", "0x1f", "1e3", ".5", "-", "- a", "a: b", "a #b", "#", "\"", "\\",
		"*", "&a", "!t", "%", "@", "`", "[", "{", ",", "a\nb", "\t", "1.2", "1.2.3", "192.168.124.10", ".81-.160", "\xc3\xa4", "?", "52:54:00:aa:bb:01",
		"2026-11-24", "=", "<<", "'", "|", ">",
	};
	AUTO_ARENA a = ARENA_INIT;
	struct findings f = { .arena = &a };
	struct tree *list = tree_new(&a, TREE_SEQ), *map = tree_new(&a, TREE_MAP), *deep = tree_new(&a, TREE_MAP);
	static const char site[] = "fulcrum: 1\nname: lab\nnets:\n  admin: { subnet: 192.168.124.0/24, hosts: .81-.160, on: true }\n"
				   "  office:\n    note: \"a note so long that it does not stand on the line of the network itself, which is wide\"\n";

	for (size_t i = 0; i < ARRAY_LEN(hard); i++) {
		tree_push(&a, list, tree_string(&a, hard[i]));
		tree_add(&a, map, arena_printf(&a, "%s.", hard[i]), tree_string(&a, hard[i]));
	}
	written(list, NULL, "a list of texts that are hard to write");
	written(map, NULL, "a map of them, as keys too");
	tree_add(&a, deep, "list", list);
	tree_add(&a, deep, "none", tree_new(&a, TREE_SEQ));
	tree_push(&a, list, map);
	written(deep, NULL, "both, one in the other");
	written(tree_new(&a, TREE_MAP), "{}\n", "an empty map");
	written(yaml_parse("f", site, strlen(site), &a, &f), site, "short maps stand on one line");
}

int main(void)
{
	test_reads();
	test_refuses();
	test_nul();
	test_several();
	test_limits();
	test_depth_allowed();
	test_writes();
	return tap_end();
}
