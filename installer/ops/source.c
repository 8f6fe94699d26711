/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a release: manifests and chunk lists are only parsed after their signature held. */
#include "ops/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "data/json.h"

enum { SEED_MAX = 16 << 20, LIST_MAX = 64 << 20, SIG_MAX = 256 };
enum { NET_TRIES = 30, NET_PAUSE_MS = 2000 }; /* a minute: an admin node restarts in less */

struct text_sink {
	struct str *out;
	size_t max;
	const char *rel;
};

static int add_text(void *ctx, const void *data, size_t len, struct error *err)
{
	struct text_sink *t = ctx;

	if (t->out->len + len > t->max)
		return error_set(err, ERR_MEDIUM, "%s: larger than %zu bytes", t->rel, t->max);
	str_addn(t->out, data, len);
	return 0;
}

/* After a failure: true, after a pause, when it was the network's and there are tries left. */
static bool worth_another(struct sys *sys, int try, const struct error *err)
{
	struct error ignored;

	return err->kind == ERR_NET && try < NET_TRIES && !sys->ops->sleep_ms(sys, NET_PAUSE_MS, &ignored);
}

static int get(struct sys *sys, const char *source, const char *rel, size_t max, struct str *ret, struct error *err)
{
	AUTO_STR url = STR_INIT;
	struct text_sink sink = { ret, max, rel };

	str_addf(&url, "%s/%s", source, rel);
	for (int try = 1;; try++) {
		size_t before = ret->len;

		if (!sys->ops->fetch(sys, str_text(&url), 0, 0, add_text, &sink, err))
			return 0;
		if (!worth_another(sys, try, err))
			return -1;
		str_cut(ret, before);
	}
}

int source_signed(struct sys *sys, const char *source, const char *key, const char *rel, size_t max, struct str *ret,
		  struct error *err)
{
	AUTO_STR sig_rel = STR_INIT;
	AUTO_STR sig = STR_INIT;
	static const char prefix[] = "ed25519 ";

	str_addf(&sig_rel, "%s.sig", rel);
	if (get(sys, source, rel, max, ret, err) || get(sys, source, str_text(&sig_rel), SIG_MAX, &sig, err))
		return -1;
	while (sig.len && sig.s[sig.len - 1] == '\n')
		sig.s[--sig.len] = '\0';
	if (!str_starts(str_text(&sig), prefix) ||
	    !sign_check(key, str_text(ret), ret->len, str_text(&sig) + strlen(prefix))) {
		error_set(err, ERR_MEDIUM, "%s: its signature does not hold: the file or %s was changed", rel,
			  str_text(&sig_rel));
		return error_hint(err, "use another copy of the medium; this one is damaged or not ours");
	}
	return 0;
}

static bool path_is_safe(const char *p)
{
	if (!*p || *p == '/')
		return false;
	for (const char *s = p; s; s = strchr(s, '/') ? strchr(s, '/') + 1 : NULL)
		if (!strcmp(s, ".") || !strcmp(s, "..") || str_starts(s, "../") || str_starts(s, "./") || !*s || *s == '/')
			return false;
	return true;
}

/* The next line of *P without its newline, or NULL; what it points to is changed. */
static char *next_line(char **p)
{
	char *line = *p, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	if (end) {
		*end = '\0';
		*p = end + 1;
	} else {
		*p = NULL;
	}
	return line;
}

static bool parse_u64(const char *s, char **ret_end, uint64_t *ret)
{
	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	*ret = strtoull(s, ret_end, 10);
	return !errno;
}

int source_seed(struct sys *sys, const char *source, const char *key, struct arena *a, struct seed *ret,
		struct error *err)
{
	AUTO_STR text = STR_INIT;
	char *p, *line;
	size_t number = 0;

	memset(ret, 0, sizeof(*ret));
	if (source_signed(sys, source, key, "SEED", SEED_MAX, &text, err))
		return -1;
	hash_buffer(str_text(&text), text.len, ret->hash);
	p = arena_strndup(a, str_text(&text), text.len);
	while ((line = next_line(&p))) {
		struct seed_entry *e;
		char *end;

		number++;
		ret->entries = arena_grow(a, ret->entries, ret->n, sizeof(*ret->entries));
		e = &ret->entries[ret->n];
		if (strlen(line) < 68 || line[64] != ' ')
			return error_set(err, ERR_MEDIUM, "SEED:%zu: malformed line", number);
		line[64] = '\0';
		e->hash = line;
		if (!hex_is(e->hash, 64) || !parse_u64(line + 65, &end, &e->size) || *end != ' ' || !path_is_safe(end + 1))
			return error_set(err, ERR_MEDIUM, "SEED:%zu: malformed line", number);
		e->path = end + 1;
		/* Sorted, as it is made: so no path stands twice. */
		if (ret->n && strcmp(ret->entries[ret->n - 1].path, e->path) >= 0)
			return error_set(err, ERR_MEDIUM, "SEED:%zu: out of order", number);
		ret->bytes += e->size;
		ret->n++;
	}
	return 0;
}

const struct seed_entry *seed_find(const struct seed *s, const char *path)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->entries[i].path, path))
			return &s->entries[i];
	return NULL;
}

/* --- chunk lists --- */

static bool parse_chunk(char *line, struct chunk *c)
{
	uint64_t length;
	char *end;

	if (!strcmp(line, "Z")) {
		c->zero = true;
		return true;
	}
	if (!str_starts(line, "D ") || !parse_u64(line + 2, &end, &c->offset) || *end != ' ' ||
	    !parse_u64(end + 1, &end, &length) || *end != ' ' || length == 0 || length > (8u << 20))
		return false;
	c->length = (uint32_t)length;
	if (strlen(end + 1) != 129 || end[65] != ' ')
		return false;
	end[65] = '\0';
	c->hash = end + 1;
	c->raw_hash = end + 66;
	return hex_is(c->hash, 64) && hex_is(c->raw_hash, 64);
}

/* "key value" header lines up to "---". */
static int parse_head(char **p, struct catalog_image *img, uint64_t *ret_count, struct error *err)
{
	const char *digest = NULL;
	const struct {
		const char *key;
		const char **text;
		uint64_t *number;
	} keys[] = { { "name", &img->name, NULL }, { "version", &img->version, NULL }, { "fs", &img->fs, NULL },
		     { "size", NULL, &img->image_bytes }, { "chunk", NULL, &img->chunk_bytes },
		     { "digest", &digest, NULL }, { "count", NULL, ret_count }, { "data", NULL, &img->data_bytes } };
	char *line = next_line(p);
	unsigned int seen = 0;

	if (!line || strcmp(line, "fulcrum-image 1") != 0)
		return error_set(err, ERR_MEDIUM, "not a chunk list of version 1");
	while ((line = next_line(p)) && strcmp(line, "---") != 0) {
		char *value = strchr(line, ' '), *end;
		size_t i;

		if (!value)
			return error_set(err, ERR_MEDIUM, "malformed header line \"%.40s\"", line);
		*value++ = '\0';
		for (i = 0; i < ARRAY_LEN(keys) && strcmp(keys[i].key, line) != 0; i++)
			;
		if (i == ARRAY_LEN(keys))
			return error_set(err, ERR_MEDIUM, "unknown header \"%.40s\"", line);
		if (seen & 1u << i)
			return error_set(err, ERR_MEDIUM, "header \"%s\" stands twice", line);
		seen |= 1u << i;
		if (keys[i].text)
			*keys[i].text = value;
		else if (!parse_u64(value, &end, keys[i].number) || *end)
			return error_set(err, ERR_MEDIUM, "header %s is not a number", line);
	}
	if (!line || str_empty(img->name) || str_empty(img->version) || str_empty(img->fs) ||
	    !str_eq(digest, "blake2b-256") || !img->image_bytes || img->chunk_bytes < 4096 ||
	    img->chunk_bytes > (8u << 20))
		return error_set(err, ERR_MEDIUM, "incomplete header");
	return 0;
}

int chunk_list_parse(const char *text, struct arena *a, struct chunk_list *ret, struct error *err)
{
	char *p = arena_strdup(a, text), *line;
	uint64_t count = 0, at = 0;

	memset(ret, 0, sizeof(*ret));
	if (parse_head(&p, &ret->image, &count, err))
		return -1;
	if (count != (ret->image.image_bytes - 1) / ret->image.chunk_bytes + 1)
		return error_set(err, ERR_MEDIUM, "%" PRIu64 " chunks do not make up the size", count);
	/* A chunk is a line at least: memory is not asked for on the word of a number. */
	if (count > strlen(text))
		return error_set(err, ERR_MEDIUM, "fewer chunks than announced");
	ret->chunks = arena_array(a, count, sizeof(*ret->chunks));
	while ((line = next_line(&p))) {
		struct chunk *c;

		if (ret->n == count)
			return error_set(err, ERR_MEDIUM, "more chunks than announced");
		c = &ret->chunks[ret->n++];
		if (!parse_chunk(line, c) || (!c->zero && c->offset != at))
			return error_set(err, ERR_MEDIUM, "chunk %zu is malformed", ret->n - 1);
		at += c->length;
	}
	if (ret->n != count || at != ret->image.data_bytes)
		return error_set(err, ERR_MEDIUM, "fewer chunks than announced");
	return 0;
}

int source_chunks(struct sys *sys, const char *source, const char *key, const char *image, struct arena *a,
		  struct chunk_list *ret, struct error *err)
{
	AUTO_STR text = STR_INIT;
	const char *rel = arena_printf(a, "images/%s/list", image);
	char hash[HASH_HEX];

	if (source_signed(sys, source, key, rel, LIST_MAX, &text, err))
		return -1;
	if (chunk_list_parse(str_text(&text), a, ret, err))
		return error_wrap(err, "%s", rel);
	/* The signature does not know where the list lies. */
	if (strcmp(ret->image.name, image) != 0)
		return error_set(err, ERR_MEDIUM, "%s: is the list of image \"%s\"", rel, ret->image.name);
	hash_buffer(str_text(&text), text.len, hash);
	ret->image.list_hash = arena_strdup(a, hash);
	return 0;
}

int source_listed(struct sys *sys, const char *source, const struct seed *seed, const char *rel, size_t max, struct str *ret,
		  struct error *err)
{
	const struct seed_entry *e = seed_find(seed, rel);
	char hash[HASH_HEX];

	if (!e)
		return error_set(err, ERR_MEDIUM, "SEED: %s is missing from this release", rel);
	if (get(sys, source, rel, max, ret, err))
		return -1;
	hash_buffer(str_text(ret), ret->len, hash);
	if (strcmp(hash, e->hash) != 0)
		return error_set(err, ERR_MEDIUM, "%s: damaged: its bytes differ from the signed manifest", rel);
	return 0;
}

/* When the release was built; 0 when it carries no word of that. */
static int read_epoch(struct sys *sys, const char *source, const struct seed *seed, struct arena *a, uint64_t *ret,
		      struct error *err)
{
	AUTO_STR text = STR_INIT;
	const char *epoch;
	struct tree *t;
	char *end;

	*ret = 0;
	if (!seed_find(seed, "release.json"))
		return 0;
	if (source_listed(sys, source, seed, "release.json", 65536, &text, err))
		return -1;
	t = json_parse("release.json", str_text(&text), text.len, a, err);
	if (!t)
		return -1;
	epoch = tree_get_text(t, "epoch");
	if (!epoch || !parse_u64(epoch, &end, ret) || *end)
		return error_set(err, ERR_MEDIUM, "release.json: no epoch in it");
	return 0;
}

int source_catalog(struct sys *sys, const char *source, const char *key, struct arena *a, struct catalog *ret,
		   struct error *err)
{
	AUTO_STR id = STR_INIT;
	struct seed seed;

	memset(ret, 0, sizeof(*ret));
	if (source_seed(sys, source, key, a, &seed, err) || source_listed(sys, source, &seed, "build-id", 128, &id, err) ||
	    read_epoch(sys, source, &seed, a, &ret->epoch, err))
		return -1;
	ret->build_id = arena_strndup(a, str_text(&id), strcspn(str_text(&id), "\n"));
	ret->version = ret->build_id;
	ret->seed_hash = arena_strdup(a, seed.hash);
	ret->seed_bytes = seed.bytes;
	ret->seed_files = seed.n;
	for (size_t i = 0; i < seed.n; i++) {
		const char *path = seed.entries[i].path, *name;
		struct chunk_list list;

		if (!str_starts(path, "images/") || !str_ends(path, "/list"))
			continue;
		name = arena_strndup(a, path + 7, strlen(path) - 7 - 5);
		if (source_chunks(sys, source, key, name, a, &list, err))
			return -1;
		ret->images = arena_grow(a, ret->images, ret->n_images, sizeof(*ret->images));
		ret->images[ret->n_images++] = list.image;
	}
	return 0;
}

/* --- verified copies --- */

struct copy {
	struct sys *sys;
	const struct seed_entry *e;
	const char *path;
	int h; /* the file at path, or -1 to only hash */
	uint64_t at;
	struct hash hash;
	copy_progress progress;
	void *ctx;
};

static int copy_some(void *ctx, const void *data, size_t len, struct error *err)
{
	struct copy *c = ctx;

	/* Never more than was signed: a longer file is damage, not data. */
	if (c->at + len > c->e->size)
		return error_set(err, ERR_MEDIUM, "%s: is longer than the signed manifest says", c->e->path);
	hash_add(&c->hash, data, len);
	if (c->h >= 0 && c->sys->ops->write_at(c->sys, c->h, c->at, data, len, err))
		return error_wrap(err, "%s", c->path);
	c->at += len;
	if (c->progress)
		c->progress(c->ctx, c->at);
	return 0;
}

static int copy_check(struct copy *c, struct error *err)
{
	char got[HASH_HEX];

	hash_end(&c->hash, got);
	if (c->at == c->e->size && !strcmp(got, c->e->hash))
		return 0;
	error_set(err, ERR_MEDIUM, "%s: damaged: its bytes differ from the signed manifest (%" PRIu64 " of %" PRIu64
		  " bytes, BLAKE2b %.16s..., wanted %.16s...)", c->e->path, c->at, c->e->size, got, c->e->hash);
	return error_hint(err, "use another copy of the medium, or write it again and check it");
}

static int copy_once(struct sys *sys, const char *source, const struct seed_entry *e, const char *path,
		     copy_progress progress, void *ctx, struct error *err)
{
	struct copy c = { .sys = sys, .e = e, .path = path, .progress = progress, .ctx = ctx };
	AUTO_STR url = STR_INIT;
	struct error ignored;
	int rc;

	str_addf(&url, "%s/%s", source, e->path);
	hash_begin(&c.hash);
	if (sys->ops->create(sys, path, 0644, &c.h, err))
		return -1;
	rc = sys->ops->fetch(sys, str_text(&url), 0, 0, copy_some, &c, err);
	if (!rc)
		rc = copy_check(&c, err);
	/* The file system is synced as a whole when it is unmounted. */
	if (sys->ops->close(sys, c.h, false, rc ? &ignored : err))
		rc = -1;
	if (rc && sys->ops->remove(sys, path, &ignored))
		error_hint(err, "remove %s by hand", path);
	return rc;
}

void copy_sum_tell(void *ctx, uint64_t bytes)
{
	struct copy_sum *s = ctx;

	op_progress(s->env, s->before + bytes, s->total);
}

int source_copy(struct sys *sys, const char *source, const struct seed_entry *e, const char *path,
		copy_progress progress, void *ctx, struct error *err)
{
	for (int try = 1;; try++) {
		if (!copy_once(sys, source, e, path, progress, ctx, err))
			return 0;
		if (!worth_another(sys, try, err))
			return -1;
	}
}

int source_verify_file(struct sys *sys, const struct seed_entry *e, const char *path, struct error *err)
{
	struct copy c = { .sys = sys, .e = e, .path = path, .h = -1 };
	AUTO_STR url = STR_INIT;

	str_addf(&url, "file://%s", path);
	hash_begin(&c.hash);
	if (!sys->ops->fetch(sys, str_text(&url), 0, 0, copy_some, &c, err) && !copy_check(&c, err))
		return 0;
	/* It was right when it was written: this is about the disk, not the medium. */
	if (err->kind == ERR_MEDIUM)
		err->kind = ERR_VERIFY;
	err->hint[0] = '\0';
	error_hint(err, "the disk does not give back what was written to it: look at its cable, or replace it, and install again");
	return error_wrap(err, "read back");
}
