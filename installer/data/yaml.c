/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * YAML, through libyaml's events. Refuses every part of YAML that makes one text mean two things:
 * anchors, aliases, tags, duplicate keys, further documents. Does not guess types: plain scalars
 * stay text until a field table reads them. Everything but a syntax error is noted and passed
 * over, so that one run shows all there is to complain of.
 */
#include "data/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
	const char *file;
	struct arena *a;
	struct findings *f;
	yaml_parser_t parser;
	size_t nodes;
	bool stopped; /* no more events: a syntax error or a limit, already noted */
};

static void event_delete(yaml_event_t *e)
{
	yaml_event_delete(e);
}

#define AUTO_EVENT CLEANUP(event_delete) yaml_event_t

static struct pos mark_pos(const struct reader *r, yaml_mark_t m)
{
	return (struct pos){ r->file, (unsigned int)m.line + 1, (unsigned int)m.column + 1 };
}

/* Position of byte AT, for libyaml's reader, which counts no lines. */
static struct pos byte_pos(const char *file, const char *data, size_t at)
{
	struct pos p = { file, 1, 1 };

	for (size_t i = 0; i < at; i++) {
		if (data[i] == '\n') {
			p.line++;
			p.column = 1;
		} else if (((unsigned char)data[i] & 0xc0) != 0x80) {
			p.column++;
		}
	}
	return p;
}

/* What libyaml says, in words for a person; only what its users meet, the rest as it is. */
static const struct {
	const char *theirs, *ours, *hint;
} problems[] = {
	{ "found character that cannot start any token", "this character may not stand here",
	  "indent with spaces, not tabs; put text that begins with % @ ` in quotes" },
	{ "found a tab character that violates indentation", "a tab is used to indent",
	  "indent with spaces" },
	{ "mapping values are not allowed in this context", "a key may not stand here",
	  "check the indentation; put text with \": \" in it in quotes" },
	{ "could not find expected ':'", "a key without its \":\"", NULL },
	{ "did not find expected ',' or '}'", "\",\" or \"}\" is missing", NULL },
	{ "did not find expected ',' or ']'", "\",\" or \"]\" is missing", NULL },
	{ "did not find expected key", "a key is expected here", "check the indentation" },
	{ "did not find expected node content", "a value is expected here", NULL },
	{ "did not find expected '-' indicator", "\"-\" is expected here", "check the indentation" },
	{ "found unexpected end of stream", "the file ends inside quotes", NULL },
	{ "did not find expected <document start>", "nothing more may stand here", NULL },
	{ "block sequence entries are not allowed in this context", "a list may not begin here",
	  "check the indentation" },
};

static void note_syntax(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *text = p->problem ? p->problem : "cannot be read", *hint = NULL;

	r->stopped = true;
	for (size_t i = 0; i < ARRAY_LEN(problems); i++)
		if (p->problem && !strcmp(p->problem, problems[i].theirs)) {
			text = problems[i].ours;
			hint = problems[i].hint;
		}
	if (p->context && p->context_mark.line != p->problem_mark.line)
		finding_add(r->f, mark_pos(r, p->problem_mark), "", hint, "%s (%s that began on line %zu)", text,
			    p->context, p->context_mark.line + 1);
	else
		finding_add(r->f, mark_pos(r, p->problem_mark), "", hint, "%s", text);
}

/* The next event; false when there is none to be had. E must be deleted only after true. */
static bool next_event(struct reader *r, yaml_event_t *e)
{
	if (r->stopped)
		return false;
	if (yaml_parser_parse(&r->parser, e))
		return true;
	note_syntax(r);
	memset(e, 0, sizeof(*e));
	return false;
}

static void stop(struct reader *r, struct pos pos, const char *text)
{
	finding_add(r->f, pos, "", NULL, "%s", text);
	r->stopped = true;
}

static void refuse_properties(struct reader *r, struct pos pos, const yaml_char_t *anchor,
			      const yaml_char_t *tag)
{
	if (anchor)
		finding_add(r->f, pos, "", "write the value out where it is needed", "anchors (&) are not read");
	if (tag)
		finding_add(r->f, pos, "", "leave it out: the key says what its value is", "tags (!) are not read");
}

static bool null_word(const char *s)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcmp(s, words[i]))
			return true;
	return false;
}

static void read_scalar(struct reader *r, struct tree *t, const yaml_event_t *e)
{
	const char *text = (const char *)e->data.scalar.value;
	size_t len = e->data.scalar.length;

	t->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (len > YAML_MAX_SCALAR) {
		finding_add(r->f, t->pos, "", NULL, "text of %zu bytes is too long, at most %d are read", len,
			    YAML_MAX_SCALAR);
		t->bad = true;
		len = 0;
	}
	/* Only escapes ("\0", "\x1b") can bring these: the file itself has none. */
	for (size_t i = 0, n; i < len && !t->bad; i += n ? n : 1) {
		uint32_t c = 0;

		n = utf8_char(text + i, len - i, &c);
		/* U+009B begins a terminal's control sequence as ESC [ does. */
		if (!n || (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || c == 0xfffe || c == 0xffff) {
			finding_add(r->f, t->pos, "", NULL, "text holds a control character");
			t->bad = true;
			len = 0;
		}
	}
	t->text = arena_strndup(r->a, text, len);
	t->kind = !t->quoted && null_word(t->text) ? TREE_NULL : TREE_STRING;
}

static struct tree *build(struct reader *r, const yaml_event_t *e, unsigned int depth);

static void build_seq(struct reader *r, struct tree *t, unsigned int depth)
{
	for (;;) {
		AUTO_EVENT e = { 0 };

		if (!next_event(r, &e) || e.type == YAML_SEQUENCE_END_EVENT)
			return;
		tree_push(r->a, t, build(r, &e, depth + 1));
	}
}

static void add_entry(struct reader *r, struct tree *map, const struct tree *key, struct tree *value)
{
	const char *quoted;

	if (key->bad)
		return;
	if (key->kind == TREE_MAP || key->kind == TREE_SEQ || (key->kind == TREE_NULL && !key->text[0])) {
		finding_add(r->f, key->pos, "", NULL, "%s may not be a key",
			    key->kind == TREE_MAP ? "a mapping" : key->kind == TREE_SEQ ? "a list" : "nothing");
		return;
	}
	quoted = text_quoted(key->text, r->f->arena);
	for (size_t i = 0; i < map->n; i++)
		if (!strcmp(map->keys[i], key->text)) {
			finding_add(r->f, key->pos, "", NULL, "key %s is given twice, first on line %u", quoted,
				    map->key_pos[i].line);
			return;
		}
	tree_add(r->a, map, key->text, value);
	map->key_pos[map->n - 1] = key->pos;
}

static void build_map(struct reader *r, struct tree *t, unsigned int depth)
{
	for (;;) {
		AUTO_EVENT k = { 0 };
		AUTO_EVENT v = { 0 };
		struct tree *key, *value;

		if (!next_event(r, &k) || k.type == YAML_MAPPING_END_EVENT)
			return;
		key = build(r, &k, depth + 1);
		if (!next_event(r, &v))
			return;
		value = build(r, &v, depth + 1);
		add_entry(r, t, key, value);
	}
}

/* The tree that begins with E; never NULL. Recursion is bounded by YAML_MAX_DEPTH. */
static struct tree *build(struct reader *r, const yaml_event_t *e, unsigned int depth)
{
	struct tree *t = tree_new(r->a, TREE_NULL);

	t->pos = mark_pos(r, e->start_mark);
	if (++r->nodes > YAML_MAX_NODES) {
		stop(r, t->pos, "the file has too many values");
		return t;
	}
	if (e->type == YAML_SCALAR_EVENT) {
		refuse_properties(r, t->pos, e->data.scalar.anchor, e->data.scalar.tag);
		read_scalar(r, t, e);
		return t;
	}
	if (e->type == YAML_ALIAS_EVENT) {
		finding_add(r->f, t->pos, "", "write the value out where it is needed; put text that begins with * in quotes",
			    "aliases (*) are not read");
		t->bad = true;
		t->text = "";
		return t;
	}
	if (depth > YAML_MAX_DEPTH) {
		stop(r, t->pos, "nested too deeply");
		return t;
	}
	if (e->type == YAML_SEQUENCE_START_EVENT) {
		t->kind = TREE_SEQ;
		refuse_properties(r, t->pos, e->data.sequence_start.anchor, e->data.sequence_start.tag);
		build_seq(r, t, depth);
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		t->kind = TREE_MAP;
		refuse_properties(r, t->pos, e->data.mapping_start.anchor, e->data.mapping_start.tag);
		build_map(r, t, depth);
	}
	return t;
}

/*
 * What libyaml's reader would refuse without a line number, or would take although it is not UTF-8:
 * every such byte is a finding of its own, up to a few. True when there is none.
 */
static bool check_bytes(struct reader *r, const char *data, size_t len)
{
	enum { MOST = 5 };
	unsigned int bad = 0;
	uint32_t c = 0;
	size_t n;

	if (len >= 2 && (!memcmp(data, "\xff\xfe", 2) || !memcmp(data, "\xfe\xff", 2))) {
		finding_add(r->f, (struct pos){ r->file, 1, 1 }, "", "save it as UTF-8", "the file is UTF-16");
		return false;
	}
	for (size_t i = 0; i < len && bad < MOST; i += n ? n : 1) {
		n = utf8_char(data + i, len - i, &c);
		if (!n) {
			finding_add(r->f, byte_pos(r->file, data, i), "", "save it as UTF-8",
				    "byte 0x%02x is not UTF-8", (unsigned int)(unsigned char)data[i]);
			bad++;
		} else if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7f && c < 0xa0 && c != 0x85) ||
			   (c == 0xfeff && i) || c == 0xfffe || c == 0xffff) {
			finding_add(r->f, byte_pos(r->file, data, i), "", NULL, "control character U+%04X",
				    (unsigned int)c);
			bad++;
		}
	}
	return !bad;
}

/* The root of the one document, or NULL; see to it that there is no second. */
static struct tree *read_document(struct reader *r)
{
	struct tree *root = NULL;

	for (;;) {
		AUTO_EVENT e = { 0 };

		if (!next_event(r, &e))
			return NULL;
		if (e.type == YAML_STREAM_END_EVENT)
			return root;
		if (e.type == YAML_STREAM_START_EVENT || e.type == YAML_DOCUMENT_END_EVENT)
			continue;
		if (e.type != YAML_DOCUMENT_START_EVENT) {
			root = build(r, &e, 1);
			continue;
		}
		if (e.data.document_start.tag_directives.start != e.data.document_start.tag_directives.end)
			finding_add(r->f, mark_pos(r, e.start_mark), "", NULL, "tags (!) are not read");
		if (root) {
			stop(r, mark_pos(r, e.start_mark), "a second document begins: one file is one document");
			return root;
		}
	}
}

struct tree *yaml_parse(const char *file, const char *data, size_t len, struct arena *a,
			struct findings *f)
{
	struct reader r = { .file = arena_strdup(a, file), .a = a, .f = f };
	struct tree *root;

	if (len > YAML_MAX_BYTES) {
		finding_add(f, (struct pos){ r.file, 0, 0 }, "", NULL,
			    "%zu bytes are too many, at most %d are read", len, YAML_MAX_BYTES);
		return NULL;
	}
	if (!check_bytes(&r, data, len))
		return NULL;
	if (len >= 3 && !memcmp(data, "\xef\xbb\xbf", 3)) { /* libyaml would count it as a column */
		data += 3;
		len -= 3;
	}
	if (!yaml_parser_initialize(&r.parser))
		abort();
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)data, len);
	root = read_document(&r);
	yaml_parser_delete(&r.parser);
	if (root ? root->kind == TREE_NULL && !root->quoted && !root->bad && !root->text[0] : !r.stopped) {
		root = tree_new(a, TREE_MAP);
		root->pos = (struct pos){ r.file, 1, 1 };
	}
	return root;
}
