/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the seeded directory to a catalog. */
#include "admin/catalog_load.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/hash.h"
#include "data/json.h"

enum { LIST_MAX = 16 * 1024 * 1024, SEED_MAX = 64 * 1024 * 1024 };

/* Release key of a file, its text trimmed and checked. */
static int release_key_read(const char *path, char ret[KEY_PUB_HEX], struct error *err)
{
	char line[KEY_PUB_HEX + 16];
	int e = file_read_line(path, line, sizeof(line));

	if (e)
		return error_sys(err, -e, "%s", path);
	if (!hex_is(line, KEY_PUB_HEX - 1))
		return error_set(err, ERR_MEDIUM, "%s: is no public key in hex", path);
	memcpy(ret, line, KEY_PUB_HEX);
	return 0;
}

/* 0 only if PATH.sig is PUB's signature over DATA, the content of PATH. */
static int signature_check(const char *path, const char *pub, const struct str *data, struct error *err)
{
	static const char head[] = "ed25519 ";
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR sig = STR_INIT;

	if (file_read(arena_printf(&a, "%s.sig", path), 1024, &sig, err))
		return -1;
	while (sig.len && sig.s[sig.len - 1] == '\n')
		sig.s[--sig.len] = '\0';
	if (!str_starts(str_text(&sig), head) ||
	    !sign_check(pub, str_text(data), data->len, str_text(&sig) + strlen(head))) {
		error_set(err, ERR_MEDIUM, "%s: not signed by the release key", path);
		return error_hint(err, "seed again from a stick that was checked");
	}
	return 0;
}

static const char *line_value(const char *text, const char *key, struct arena *a)
{
	size_t n = strlen(key);

	for (const char *p = text; *p && !str_starts(p, "---"); p += strcspn(p, "\n"), p += *p == '\n')
		if (strncmp(p, key, n) == 0 && p[n] == ' ')
			return arena_strndup(a, p + n + 1, strcspn(p + n + 1, "\n"));
	return NULL;
}

static int number_value(const char *path, const char *text, const char *key, struct arena *a, uint64_t *ret,
			struct error *err)
{
	const char *v = line_value(text, key, a);

	if (!v || !*v || strlen(v) > 18 || strspn(v, "0123456789") != strlen(v))
		return error_set(err, ERR_MEDIUM, "%s: \"%s\" is no number", path, key);
	*ret = strtoull(v, NULL, 10);
	return 0;
}

static int load_image(const char *dir, const char *name, const char *pub, struct arena *a,
		      struct catalog_image *img, struct error *err)
{
	const char *path = arena_printf(a, "%s/%s/list", dir, name), *digest;
	AUTO_STR data = STR_INIT;
	char hash[HASH_HEX];

	if (file_read(path, LIST_MAX, &data, err) || signature_check(path, pub, &data, err))
		return -1;
	hash_buffer(str_text(&data), data.len, hash);
	img->list_hash = arena_strdup(a, hash);
	img->name = line_value(str_text(&data), "name", a);
	img->version = line_value(str_text(&data), "version", a);
	img->fs = line_value(str_text(&data), "fs", a);
	digest = line_value(str_text(&data), "digest", a);
	if (!str_starts(str_text(&data), "fulcrum-image 1\n") || !img->version || !img->fs ||
	    !str_eq(img->name, name) || !str_eq(digest, "blake2b-256"))
		return error_set(err, ERR_MEDIUM, "%s: is no image list of format 1 named %s", path, name);
	if (number_value(path, str_text(&data), "size", a, &img->image_bytes, err) ||
	    number_value(path, str_text(&data), "data", a, &img->data_bytes, err) ||
	    number_value(path, str_text(&data), "chunk", a, &img->chunk_bytes, err))
		return -1;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct catalog_image *)a)->name, ((const struct catalog_image *)b)->name);
}

static int load_images(const char *seed, const char *pub, struct arena *a, struct catalog *c,
		       struct error *err)
{
	const char *path = arena_printf(a, "%s/images", seed);
	DIR *dir = opendir(path);
	struct dirent *e;
	int result = 0;

	if (!dir)
		return error_sys(err, errno, "%s", path);
	while (result == 0 && (e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		c->images = arena_grow(a, c->images, c->n_images, sizeof(*c->images));
		result = load_image(path, arena_strdup(a, e->d_name), pub, a, &c->images[c->n_images++], err);
	}
	closedir(dir);
	if (result == 0 && c->n_images)
		qsort(c->images, c->n_images, sizeof(*c->images), by_name);
	return result;
}

/* "<hash> <size> <path>" a line. */
static void sum_seed(const char *text, struct catalog *c)
{
	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		const char *size = strchr(p, ' ');

		if (!size)
			return;
		c->seed_bytes += strtoull(size + 1, NULL, 10);
		c->seed_files++;
	}
}

int catalog_load(const char *seed, const char *release_key, struct arena *a, struct catalog **ret,
		 struct error *err)
{
	struct catalog *c = ARENA_NEW(a, struct catalog);
	const char *path = arena_printf(a, "%s/release.json", seed);
	const char *manifest = arena_printf(a, "%s/SEED", seed);
	AUTO_STR text = STR_INIT;
	AUTO_STR list = STR_INIT;
	char pub[KEY_PUB_HEX], hash[HASH_HEX];
	struct tree *t;

	if (release_key_read(release_key, pub, err) || file_read(manifest, SEED_MAX, &list, err) ||
	    signature_check(manifest, pub, &list, err) || file_read(path, 64 * 1024, &text, err))
		return -1;
	t = json_parse(path, str_text(&text), text.len, a, err);
	if (!t)
		return -1;
	c->build_id = tree_get_text(t, "build_id");
	c->version = tree_get_text(t, "version");
	if (!c->build_id || !c->version)
		return error_set(err, ERR_MEDIUM, "%s: has no build_id or no version", path);
	hash_buffer(str_text(&list), list.len, hash);
	c->seed_hash = arena_strdup(a, hash);
	sum_seed(str_text(&list), c);
	if (load_images(seed, pub, a, c, err))
		return -1;
	*ret = c;
	return 0;
}
