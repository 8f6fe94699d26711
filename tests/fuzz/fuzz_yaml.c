/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as YAML. Must not crash, and what was taken must be within the limits, have a position
 * everywhere, and survive being written as JSON and read as YAML again.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "data/json.h"
#include "data/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t check_tree(const struct tree *t, unsigned int depth)
{
	size_t n = 1;

	assert(depth <= YAML_MAX_DEPTH + 1 && t->pos.file && t->pos.line && t->pos.column);
	assert(t->kind == TREE_MAP || t->kind == TREE_SEQ || (t->text && !t->n));
	for (size_t i = 0; i < t->n; i++) {
		assert(t->kind != TREE_MAP || (t->keys[i] && t->key_pos[i].line));
		for (size_t j = 0; j < i && t->kind == TREE_MAP; j++)
			assert(strcmp(t->keys[i], t->keys[j]));
		n += check_tree(t->items[i], depth + 1);
	}
	return n;
}

static void check_again(const struct tree *t, struct arena *a)
{
	struct findings f = { .arena = a };
	AUTO_STR once = STR_INIT;
	AUTO_STR twice = STR_INIT;
	AUTO_STR yaml = STR_INIT;
	AUTO_STR thrice = STR_INIT;
	struct error err = { 0 };
	const struct tree *json;

	json_write(t, false, &once);
	json = json_parse("json", str_text(&once), once.len, a, &err);
	assert(json);
	json_write(json, false, &twice);
	assert(!strcmp(str_text(&once), str_text(&twice)));
	/* YAML takes no key of more than 1024 characters, and null only without a value to its left. */
	if (once.len > 1000)
		return;
	t = yaml_parse("again", str_text(&once), once.len, a, &f);
	assert(t && !f.n);
	yaml_write(json, &yaml);
	t = yaml_parse("written", str_text(&yaml), yaml.len, a, &f);
	assert(t && !f.n);
	json_write(t, false, &thrice);
	assert(!strcmp(str_text(&once), str_text(&thrice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR out = STR_INIT;
	struct findings f = { .arena = &a };
	const struct tree *t = yaml_parse("fuzz", (const char *)data, size, &a, &f);

	assert(t || f.n);
	if (t)
		assert(check_tree(t, 1) <= YAML_MAX_NODES);
	if (t && !f.n)
		check_again(t, &a);
	findings_print(&f, &out);
	for (size_t i = 0; i < out.len; i++)
		assert(out.s[i] == '\n' || ((unsigned char)out.s[i] >= 0x20 && out.s[i] != 0x7f));
	return 0;
}
