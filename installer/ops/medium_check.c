/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A medium against its lists. */
#include "ops/medium_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NAMED_MAX = 3 }; /* files named beside a block that none of SEED's explains */

void medium_check_finding(struct medium_check *c, const char *text)
{
	c->findings = arena_grow(c->a, c->findings, c->n_findings, sizeof(*c->findings));
	c->findings[c->n_findings++] = arena_strdup(c->a, text);
}

static int by_place(const void *a, const void *b)
{
	const struct medium_file *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* Holes are for what may be changed, and nothing else: what a hole leaves out has a check of its own. */
static void check_holes(struct medium_check *c)
{
	static const char *const allowed[] = { "custom/site.area", "custom/boot.cfg", BLOCK_LIST_PATH };

	for (size_t i = 0; i < c->list->n_holes; i++) {
		const struct block_hole *h = &c->list->holes[i];
		bool known = false;

		for (size_t n = 0; n < ARRAY_LEN(allowed); n++) {
			const struct iso_file *f = iso_find(c->iso, allowed[n]);

			known |= f && f->at == h->at && f->size == h->size;
		}
		if (!known)
			medium_check_finding(c, arena_printf(c->a, "the %" PRIu64 " bytes at %" PRIu64 " are left out of the list of blocks, and are no "
								   "file that may be changed", h->size, h->at));
	}
}

/* N of them: they want more alignment than an arena has. */
static struct hash *new_hashes(struct arena *a, size_t n)
{
	uintptr_t p = (uintptr_t)arena_array(a, n + 1, sizeof(struct hash));

	return (struct hash *)((p + _Alignof(struct hash) - 1) & ~(uintptr_t)(_Alignof(struct hash) - 1));
}

void medium_check_begin(struct medium_check *c, const struct iso *iso, const struct seed *seed, const struct block_list *list,
			struct arena *a)
{
	struct hash *hashes = new_hashes(a, seed->n);

	*c = (struct medium_check){ .a = a, .iso = iso, .list = list, .bytes = list ? list->image : iso->bytes };
	c->files = arena_array(a, seed->n, sizeof(*c->files));
	for (size_t i = 0; i < seed->n; i++) {
		const struct seed_entry *e = &seed->entries[i];
		const struct iso_file *f = iso_find(iso, arena_printf(a, "fulcrum/%s", e->path));

		if (!f || f->size != e->size) {
			medium_check_finding(c, arena_printf(a, "/fulcrum/%s is %s", e->path, f ? "of another size" : "missing"));
			continue;
		}
		hash_begin(&hashes[i]);
		c->files[c->n_files++] = (struct medium_file){ .e = e, .at = f->at, .hash = &hashes[i] };
	}
	if (c->n_files)
		qsort(c->files, c->n_files, sizeof(*c->files), by_place);
	if (list)
		check_holes(c);
}

static void add_bad(struct medium_check *c, enum medium_bad_kind kind, uint64_t at, size_t len, const char *why)
{
	c->bad = arena_grow(c->a, c->bad, c->n_bad, sizeof(*c->bad));
	c->bad[c->n_bad++] = (struct medium_bad){ kind, at, len, arena_strdup(c->a, why) };
}

/* The part of the block that is F's; several files may share bytes. */
static void to_file(struct medium_file *f, uint64_t at, const unsigned char *data, size_t len)
{
	uint64_t from = f->at > at ? f->at : at;
	uint64_t to = f->at + f->e->size < at + len ? f->at + f->e->size : at + len;

	if (from >= to)
		return;
	if (data)
		hash_add(f->hash, data + (from - at), (size_t)(to - from));
	else
		f->unreadable = true;
}

void medium_check_block(struct medium_check *c, uint64_t at, const unsigned char *data, size_t len, const char *why)
{
	size_t index = (size_t)(at / BLOCK_LIST_BLOCK);
	char got[HASH_HEX];

	if (!data) {
		add_bad(c, MEDIUM_UNREADABLE, at, len, why);
	} else if (c->list && index < c->list->n) {
		block_list_digest(c->list, at, data, len, got);
		if (strcmp(got, c->list->digests[index]) != 0)
			add_bad(c, MEDIUM_DIFFERS, at, len, NULL);
	}
	while (c->first < c->n_files && c->files[c->first].at + c->files[c->first].e->size <= at)
		c->first++;
	for (size_t i = c->first; i < c->n_files && c->files[i].at < at + len; i++)
		to_file(&c->files[i], at, data, len);
}

static bool overlaps(const struct medium_bad *b, uint64_t at, uint64_t size)
{
	return at < b->at + b->len && b->at < at + size;
}

/* What a bad block holds that no file of the release accounts for. */
static void tell_outside(struct medium_check *c, const struct medium_bad *b, struct str *out)
{
	size_t named = 0;

	str_add(out, "outside of the release's files: boot sectors, tables, directories, loaders or menu");
	for (size_t i = 0; i < c->iso->n && named < NAMED_MAX; i++) {
		const struct iso_file *f = &c->iso->files[i];

		if (str_starts(f->path, "fulcrum/") || !overlaps(b, f->at, f->size))
			continue;
		str_addf(out, "%s/%s", named++ ? ", " : "; in it is ", f->path);
	}
}

static void tell_block(struct medium_check *c, const struct medium_bad *b)
{
	AUTO_STR text = STR_INIT;
	bool named = false;

	str_addf(&text, "block %" PRIu64 ", bytes %" PRIu64 " to %" PRIu64 ", ", b->at / BLOCK_LIST_BLOCK, b->at, b->at + b->len - 1);
	if (b->kind == MEDIUM_UNREADABLE)
		str_addf(&text, "cannot be read (%s): ", b->why);
	else
		str_add(&text, "differs: ");
	for (size_t i = 0; i < c->n_files; i++) {
		const struct medium_file *f = &c->files[i];

		if (!(f->bad || f->unreadable) || !overlaps(b, f->at, f->e->size))
			continue;
		str_addf(&text, "%s/fulcrum/%s", named ? ", " : "", f->e->path);
		named = true;
	}
	if (!named)
		tell_outside(c, b, &text);
	medium_check_finding(c, str_text(&text));
}

static bool in_bad_block(const struct medium_check *c, const struct medium_file *f)
{
	for (size_t i = 0; i < c->n_bad; i++)
		if (overlaps(&c->bad[i], f->at, f->e->size))
			return true;
	return false;
}

void medium_check_end(struct medium_check *c)
{
	for (size_t i = 0; i < c->n_files; i++) {
		struct medium_file *f = &c->files[i];
		char got[HASH_HEX];

		hash_end(f->hash, got);
		f->bad = !f->unreadable && strcmp(got, f->e->hash) != 0;
		/* Without a list of blocks, or where that agrees: two lists that contradict each other. */
		if (f->bad && !in_bad_block(c, f))
			medium_check_finding(c, arena_printf(c->a, "/fulcrum/%s, bytes %" PRIu64 " to %" PRIu64 ", is damaged: its content is not what "
								   "was signed", f->e->path, f->at, f->at + f->e->size - 1));
	}
	for (size_t i = 0; i < c->n_bad; i++)
		tell_block(c, &c->bad[i]);
}
