/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Field tables on a struct with every type of field: reading, complaining, writing, documenting. */
#include "data/field.h"
#include "data/json.h"
#include "data/yaml.h"
#include "tap.h"

enum colour { NO_COLOUR, RED, GREEN };
static const char *const colour_names[] = { "", "red", "green", NULL };
enum shape { ANY_SHAPE, ROUND, SQUARE };
static const char *const shape_names[] = { "any", "round", "square", NULL };

struct part {
	enum shape shape;
	uint64_t size;
	const char *mount;
	struct pos pos;
};
struct room {
	const char *key;
	uint64_t beds;
	struct pos pos;
};
struct house {
	bool lit, maybe, maybe_set;
	uint64_t floors, bytes;
	int64_t depth;
	const char *name, *pin, *line;
	enum colour colour;
	enum shape shape;
	const char **tags;
	size_t n_tags;
	struct part *parts;
	size_t n_parts;
	struct room *rooms;
	size_t n_rooms;
	struct room attic;
	const char *code;
};

static int code_read(const char *text, void *member, struct arena *a, const char **ret_why)
{
	const char *copy = arena_strdup(a, text);

	if (text[0] != 'x') {
		*ret_why = text[0] == 'y' ? "y is not x" : NULL;
		return -1;
	}
	memcpy(member, &copy, sizeof(copy));
	return 0;
}

static const char *code_write(const void *member, struct arena *a)
{
	const char *text;

	(void)a;
	memcpy(&text, member, sizeof(text));
	return text;
}

static const struct field_codec code = { "a code such as x1", "^x", code_read, code_write };

static const struct field part_fields[] = {
	FIELD_ENUM(struct part, shape, FIELD_REQUIRED, shape_names, "its shape"),
	FIELD_SIZE(struct part, size, FIELD_NONZERO, "its size"),
	FIELD_STRING(struct part, mount, FIELD_NONZERO, "where"),
};
static const struct schema part_schema = { .name = "part", .size = sizeof(struct part), .fields = part_fields,
					   .nfields = ARRAY_LEN(part_fields), .pos_offset = offsetof(struct part, pos),
					   .short_for = "size", .doc = "A part." };
static const struct field room_fields[] = { FIELD_U64(struct room, beds, FIELD_REQUIRED, "beds in it") };
static const struct schema room_schema = { .name = "room", .size = sizeof(struct room), .fields = room_fields,
					   .nfields = ARRAY_LEN(room_fields), .pos_offset = offsetof(struct room, pos),
					   .doc = "A room." };
static const struct field house_fields[] = {
	FIELD_BOOL(struct house, lit, FIELD_OMIT_EMPTY, "light | is on"),
	{ .name = "maybe", .type = FIELD_T_BOOL, .offset = FIELD_CHECK(struct house, maybe, bool),
	  .present_offset = FIELD_CHECK(struct house, maybe_set, bool), .doc = "three values" },
	FIELD_U64(struct house, floors, 0, "floors"),
	FIELD_SIZE(struct house, bytes, FIELD_OMIT_EMPTY, "size"),
	FIELD_I64(struct house, depth, FIELD_OMIT_EMPTY, "depth"),
	FIELD_STRING(struct house, name, FIELD_REQUIRED, "its name"),
	FIELD_STRING(struct house, pin, FIELD_SECRET | FIELD_OMIT_EMPTY, "a secret"),
	FIELD_STRING(struct house, line, FIELD_LINE | FIELD_NONZERO, "one line"),
	FIELD_ENUM(struct house, colour, 0, colour_names, "its colour"),
	FIELD_ENUM(struct house, shape, FIELD_NONZERO, shape_names, "its shape"),
	FIELD_STRINGS(struct house, tags, FIELD_OMIT_EMPTY, "words"),
	FIELD_STRUCTS(struct house, parts, FIELD_OMIT_EMPTY, &part_schema, "parts"),
	FIELD_MAP(struct house, rooms, FIELD_OMIT_EMPTY, &room_schema, "rooms by name"),
	FIELD_STRUCT(struct house, attic, FIELD_OMIT_EMPTY, &room_schema, "the attic"),
	FIELD_CUSTOM(struct house, code, 0, &code, "its code"),
};
static const struct schema house_schema = SCHEMA("house", struct house, house_fields, "A house.");

/* Keys of some values only, and lists that may be one text. */
enum tool { TOOL_NONE, TOOL_SAW, TOOL_DRILL, TOOL_GLUE };
static const char *const tool_names[] = { "", "saw", "drill", "glue", NULL };
struct tool_line {
	enum tool kind;
	uint64_t size, teeth;
	const char **fits;
	size_t n_fits;
	const char *code;
};
static const struct field tool_fields[] = {
	FIELD_ENUM(struct tool_line, kind, FIELD_REQUIRED, tool_names, "which"),
	FIELD_SIZE(struct tool_line, size, FIELD_NONZERO, "its size"),
	FIELD_STRINGS(struct tool_line, fits, FIELD_ONE | FIELD_NONZERO, "what it is for"),
	FIELD_U64(struct tool_line, teeth, FIELD_REQUIRED | FIELD_OF(TOOL_SAW), "how many"),
	FIELD_STRING(struct tool_line, code, FIELD_SECRET | FIELD_OF(TOOL_DRILL) | FIELD_OF(TOOL_GLUE), "opens it"),
};
static const struct schema tool_schema = { .name = "tool", .size = sizeof(struct tool_line), .fields = tool_fields,
					   .nfields = ARRAY_LEN(tool_fields), .short_for = "size",
					   .long_for = FIELD_OF(TOOL_SAW), .doc = "A tool." };

static const char full_yaml[] =
	"lit: true\nmaybe: false\nfloors: 3\nbytes: 1.5G\ndepth: -4\nname: \"h\"\npin: '1234'\nline: a b\n"
	"colour: green\nshape: square\ntags: [ a, \"1\", 2 ]\nparts:\n  - round: 1M\n  - { square: { size: 512, mount: /x } }\n"
	"rooms: { hall: { beds: 0 }, bed: { beds: 2 } }\nattic: { beds: 7 }\ncode: x9\n";
static const char full_json[] =
	"{\"lit\":true,\"maybe\":false,\"floors\":3,\"bytes\":1610612736,\"depth\":-4,\"name\":\"h\",\"pin\":\"1234\","
	"\"line\":\"a b\",\"colour\":\"green\",\"shape\":\"square\",\"tags\":[\"a\",\"1\",\"2\"],"
	"\"parts\":[{\"round\":1048576},{\"square\":{\"size\":512,\"mount\":\"/x\"}}],"
	"\"rooms\":{\"hall\":{\"beds\":0},\"bed\":{\"beds\":2}},\"attic\":{\"beds\":7},\"code\":\"x9\"}";

static const char *tool_findings(const char *yaml, struct tool_line *ret, struct arena *a)
{
	struct findings f = { .arena = a };
	AUTO_STR seen = STR_INIT;

	*ret = (struct tool_line){ 0 };
	field_read(&tool_schema, yaml_parse("t", yaml, strlen(yaml), a, &f), ret, a, "", &f);
	findings_print(&f, &seen);
	return arena_strdup(a, str_text(&seen));
}

static void test_keys_of_a_value(void)
{
	static const struct {
		const char *yaml, *wanted;
	} cases[] = {
		{ "saw: { teeth: 7, fits: wood }", "" },
		{ "drill: { fits: [ wood, iron ], code: x }", "" },
		{ "glue: 5M", "" },
		{ "saw: {}", "t:1:6: saw: key \"teeth\" is missing\n  how many\n" },
		{ "saw: 5M", "t:1:6: saw: wants a mapping, not text\n" },
		{ "drill: { teeth: 7 }", "t:1:10: drill: \"teeth\" is a key of saw\n" },
		{ "saw: { teeth: 1, code: x }", "t:1:18: saw: \"code\" is a key of drill, glue\n" },
		{ "saw: { teeth: 1, coda: x }", "t:1:18: saw: unknown key \"coda\"\n  known: size, fits, teeth\n" },
		{ "saw: { teth: 1 }", "t:1:8: saw: unknown key \"teth\" (did you mean \"teeth\"?)\n" },
		{ "saw: { teeth:1 }", "t:1:8: saw: a space is needed after \"teeth:\"\n" },
		{ "sew: { teeth: 1, code: x }", "t:1:1: unknown key \"sew\" (did you mean \"saw\"?)\n" },
		{ "glue: { fits: [] }", "t:1:15: glue.fits: may not be empty\n  leave the key out if nothing is meant\n" },
		{ "glue: { fits: \"\" }", "t:1:15: glue.fits: may not be empty\n  leave the key out if nothing is meant\n" },
		{ "glue: { fits: {} }", "t:1:15: glue.fits: wants text or a list of it, not a mapping\n" },
	};
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	struct tool_line tool;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		is_str(tool_findings(cases[i].yaml, &tool, &a), cases[i].wanted, "%s", cases[i].yaml);
	tool_findings("saw: { teeth: 7, fits: wood }", &tool, &a);
	ok(tool.n_fits == 1 && !strcmp(tool.fits[0], "wood"), "one text is a list of one");
	field_to_json(&tool_schema, &tool, true, false, &text);
	is_str(str_text(&text), "{\"saw\":{\"fits\":[\"wood\"],\"teeth\":7}}", "and written as such");
	str_clear(&text);
	json_write(field_json_schema(&tool_schema, &a), false, &text);
	ok(strstr(str_text(&text), "\"saw\":{\"type\":\"object\",\"properties\":{\"size\"") &&
		   strstr(str_text(&text), "\"glue\":{\"anyOf\":[{\"type\":[\"string\",\"integer\"]"),
	   "its schema has a short form only where there is one");
	ok(strstr(str_text(&text), "\"fits\":{\"anyOf\":[{\"type\":\"string\",\"minLength\":1},{\"type\":\"array\"") != NULL,
	   "and both forms of a list");
	str_clear(&text);
	field_reference(&tool_schema, &text);
	ok(strstr(str_text(&text), "| `teeth` | whole number | `saw`, required | how many |") &&
		   strstr(str_text(&text), "| `fits` | text, or a list of it | all | what it is for |") &&
		   strstr(str_text(&text), "| `code` | text | `drill`, `glue` | opens it |"),
	   "its reference says which keys are whose");
}

static void test_round_trip(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR out = STR_INIT;
	struct findings f = { .arena = &a };
	struct house h = { 0 }, j = { 0 };
	struct error err = { 0 };

	field_read(&house_schema, yaml_parse("f", full_yaml, sizeof(full_yaml) - 1, &a, &f), &h, &a, "", &f);
	ok(!f.n, "every type of field is read from YAML");
	ok(h.lit && !h.maybe && h.maybe_set && h.floors == 3 && h.bytes == 1610612736 && h.depth == -4, "scalars have their values");
	ok(h.colour == GREEN && h.shape == SQUARE && h.n_tags == 3 && !strcmp(h.tags[2], "2"), "words and lists have theirs");
	ok(h.n_parts == 2 && h.parts[0].shape == ROUND && h.parts[0].size == 1048576 && h.parts[1].size == 512,
	   "short and long forms are the same");
	ok(h.n_rooms == 2 && !strcmp(h.rooms[1].key, "bed") && h.rooms[1].beds == 2, "a map's keys are read into its structs");
	ok(h.parts[1].pos.line == 14 && h.parts[1].pos.column == 5 && h.attic.pos.line == 16, "structs know where they began");
	field_to_json(&house_schema, &h, true, false, &out);
	is_str(str_text(&out), full_json, "all of it is written as JSON");
	ok(!field_from_json(&house_schema, "j", str_text(&out), out.len, &j, &a, &err), "which is read again");
	str_clear(&out);
	field_to_json(&house_schema, &j, true, false, &out);
	is_str(str_text(&out), full_json, "and written again without a difference");
	str_clear(&out);
	field_to_json(&house_schema, &j, false, false, &out);
	ok(strstr(str_text(&out), "\"pin\":\"***\"") && !strstr(str_text(&out), "1234"), "secrets are not written unless asked for");
}

static void test_empty(void)
{
	static const char json[] = "{\"name\":\"x\",\"colour\":null,\"pin\":null,\"maybe\":null,\"parts\":null}";
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR out = STR_INIT;
	struct house h = { 0 };
	struct error err = { 0 };

	field_to_json(&house_schema, &h, true, false, &out);
	is_str(str_text(&out), "{\"floors\":0,\"name\":null,\"attic\":{\"beds\":0}}", "what is empty is left out where its row says so");
	ok(!field_from_json(&house_schema, "j", json, sizeof(json) - 1, &h, &a, &err) && !h.maybe_set && !h.pin,
	   "JSON's null is the same as nothing");
	ok(field_from_json(&house_schema, "j", "{\"name\":null}", 13, &h, &a, &err) && err.kind == ERR_INPUT,
	   "but not for what is required");
	is_str(err.msg, "j:1:2: name: wants text, not nothing", "which is said with its position");
}

static const char *findings_of(const char *yaml, struct arena *a)
{
	struct findings f = { .arena = a };
	AUTO_STR out = STR_INIT;
	struct house h = { 0 };

	field_read(&house_schema, yaml_parse("f", yaml, strlen(yaml), a, &f), &h, a, "", &f);
	findings_print(&f, &out);
	return arena_strdup(a, str_text(&out));
}

static void test_findings(void)
{
	static const struct {
		const char *name, *yaml, *wanted;
	} cases[] = {
		{ "an unknown key with a near name", "name: x\nfloor: 1\n", "f:2:1: unknown key \"floor\" (did you mean \"floors\"?)\n" },
		{ "an unknown key with none", "name: x\nattic: { beds: 1, elephants: 2 }\n",
		  "f:2:19: attic: unknown key \"elephants\"\n  known: beds\n" },
		{ "a missing key", "attic: {}\n", "f:1:1: key \"name\" is missing\n  its name\nf:1:8: attic: key \"beds\" is missing\n  beds in it\n" },
		{ "a misspelt required key, once", "nmae: x\n", "f:1:1: unknown key \"nmae\" (did you mean \"name\"?)\n" },
		{ "a boolean that is another word", "name: x\nlit: yes\n", "f:2:6: lit: \"yes\" is not true or false\n" },
		{ "a boolean in quotes", "name: x\nlit: \"true\"\n",
		  "f:2:6: lit: wants true or false, not text in quotes\n  write it without quotes\n" },
		{ "a number in quotes", "name: x\nfloors: '3'\n",
		  "f:2:9: floors: wants a whole number, not text in quotes\n  write it without quotes\n" },
		{ "a number with a leading zero", "name: x\nfloors: 010\n", "f:2:9: floors: \"010\" is not a whole number\n" },
		{ "a number with a sign", "name: x\nfloors: +1\ndepth: -0x1\n",
		  "f:2:9: floors: \"+1\" is not a whole number\nf:3:8: depth: \"-0x1\" is not a whole number\n" },
		{ "a number with a point", "name: x\nfloors: 1.0\n", "f:2:9: floors: \"1.0\" is not a whole number\n" },
		{ "a number that is too large", "name: x\nfloors: 18446744073709551616\ndepth: -9223372036854775809\n",
		  "f:2:9: floors: \"18446744073709551616\" is not a whole number\nf:3:8: depth: \"-9223372036854775809\" is not a whole number\n" },
		{ "a size with an unknown unit", "name: x\nbytes: 4X\n", "f:2:8: bytes: \"4X\" is not a size, such as 512M or 1.5T\n" },
		{ "an unknown word", "name: x\ncolour: gren\n", "f:2:9: colour: unknown word \"gren\" (did you mean \"green\"?)\n" },
		{ "an empty word", "name: x\ncolour: \"\"\n", "f:2:9: colour: unknown word \"\"\n  known: red, green\n" },
		{ "the word for nothing", "name: x\nshape: any\n", "f:2:8: shape: unknown word \"any\"\n  known: round, square\n" },
		{ "text for a list", "name: x\ntags: a\n", "f:2:7: tags: wants a list, not text\n" },
		{ "a mapping for text", "name: { a: b }\n", "f:1:7: name: wants text, not a mapping\n" },
		{ "a list for a mapping", "name: x\nrooms: [ a ]\n", "f:2:8: rooms: wants a mapping, not a list\n" },
		{ "no value", "name:\nlit: ~\n",
		  "f:1:6: name: has no value\n  give one, or leave the key out\nf:2:6: lit: has no value\n  give one, or leave the key out\n" },
		{ "text of several lines", "name: \"a\\nb\"\nline: \"a\\nb\"\n", "f:2:7: line: wants one line of text\n" },
		{ "empty text", "name: \"\"\nline: \"\"\n", "f:2:7: line: may not be empty\n  leave the key out if nothing is meant\n" },
		{ "a grammar of its own", "name: x\ncode: z\n", "f:2:7: code: \"z\" is not a code such as x1\n" },
		{ "a grammar with a reason", "name: x\ncode: y\n", "f:2:7: code: \"y\": y is not x\n  wanted: a code such as x1\n" },
		{ "an unknown name of a short form", "name: x\nparts: [ { rond: 1M } ]\n",
		  "f:2:12: parts[0]: unknown key \"rond\" (did you mean \"round\"?)\n" },
		{ "two names in a short form", "name: x\nparts: [ { round: 1M, square: 1M } ]\n",
		  "f:2:10: parts[0]: wants one key here, not 2\n  one of: any, round, square\n" },
		{ "a short form without a value", "name: x\nparts: [ { round: } ]\n",
		  "f:2:19: parts[0].round: has no value\n  write {} for what is usual\n" },
		{ "a bad item in a map in a list", "name: x\nparts: [ 1, { round: { size: 0, x: 1 } } ]\n",
		  "f:2:10: parts[0]: wants a mapping, not text\nf:2:30: parts[1].round.size: may not be 0\n  leave the key out if nothing is meant\n"
		  "f:2:33: parts[1].round: unknown key \"x\"\n  known: size, mount\n" },
		{ "a root that is no mapping", "- name: x\n", "f:1:1: wants a mapping, not a list\n" },
		{ "nothing twice: what the parser refused is passed over", "name: *x\n",
		  "f:1:7: aliases (*) are not read\n  write the value out where it is needed; put text that begins with * in quotes\n" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_ARENA a = ARENA_INIT;

		is_str(findings_of(cases[i].yaml, &a), cases[i].wanted, "complains of: %s", cases[i].name);
	}
}

static void test_bad_stays_safe(void)
{
	static const char yaml[] = "tags: [ a, [ b ], c ]\nparts: [ x, { round: 1M } ]\nrooms: { r: 1 }\n";
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR out = STR_INIT;
	struct findings f = { .arena = &a };
	struct house h = { 0 };

	field_read(&house_schema, yaml_parse("f", yaml, sizeof(yaml) - 1, &a, &f), &h, &a, "", &f);
	ok(f.n == 4 && h.n_tags == 3 && !h.tags[1] && !strcmp(h.tags[2], "c") && h.n_parts == 2 && h.parts[1].size == 1048576,
	   "what was read with findings has its full length, with NULL and zero in the gaps");
	field_to_json(&house_schema, &h, true, false, &out);
	ok(out.len > 0, "and can be written");
}

static void test_json_errors(void)
{
	static const char json[] = "{\n \"name\": 7,\n \"floors\": \"3\", \"lit\": 1,\n \"bytes\": 1e9}";
	AUTO_ARENA a = ARENA_INIT;
	struct house h = { 0 };
	struct error err = { 0 };
	struct tree *t = tree_new(&a, TREE_MAP);

	ok(field_from_json(&house_schema, "j", json, sizeof(json) - 1, &h, &a, &err) == -1 && err.kind == ERR_INPUT,
	   "JSON with other types is refused");
	is_str(err.msg, "j:2:10: name: wants text, not a number", "with the first finding");
	ok(field_from_json(&house_schema, "j", "{", 1, &h, &a, &err) == -1, "what is not JSON is refused");
	tree_add(&a, t, "nam", tree_string(&a, "x"));
	ok(field_from_tree(&house_schema, t, &h, &a, &err) == -1, "a tree that a program made is read as strictly");
	is_str(err.msg, "unknown key \"nam\" (did you mean \"name\"?)", "without a position, as it has none");
	t->keys[0] = "name";
	tree_add(&a, t, "floors", tree_u64(&a, 9));
	ok(!field_from_tree(&house_schema, t, &h, &a, &err) && h.floors == 9, "and read when it is right");
}

static void test_documents(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR ref = STR_INIT;
	const struct tree *s = field_json_schema(&house_schema, &a), *props = tree_get(s, "properties"), *p;

	is_str(tree_get_text(s, "$schema"), "https://json-schema.org/draft/2020-12/schema", "the schema says which draft it is");
	ok(props && props->n == ARRAY_LEN(house_fields), "it has every key");
	is_str(tree_get_text(s, "additionalProperties"), "false", "and allows no other");
	ok(tree_get(s, "required")->n == 1, "required keys are required");
	p = tree_get(tree_get(tree_get(props, "parts"), "items"), "properties");
	ok(p && tree_get(p, "round") && tree_get(tree_get(p, "round"), "anyOf")->n == 2, "short forms have both their forms");
	is_str(tree_get_text(tree_get(props, "code"), "pattern"), "^x", "a grammar of its own has its pattern");
	field_reference(&house_schema, &ref);
	ok(strstr(str_text(&ref), "| `name` | text | required | its name |\n") != NULL, "the reference has a line a key");
	ok(strstr(str_text(&ref), "light \\| is on") != NULL, "a bar does not end a cell");
	ok(strstr(str_text(&ref), "| `shape` | `round`, `square` |") != NULL, "words are listed, but not the one for nothing");
	p = NULL;
	for (const char *at = str_text(&ref); (at = strstr(at, "## room\n")); at++)
		p = p ? s : props;
	ok(p == props, "a schema that is used twice is described once");
}

int main(void)
{
	test_round_trip();
	test_keys_of_a_value();
	test_empty();
	test_findings();
	test_bad_stays_safe();
	test_json_errors();
	test_documents();
	return tap_end();
}
