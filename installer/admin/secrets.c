/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking keys up, and sealing them. */
#include "admin/secrets.h"

#include <string.h>

#include "base/fd.h"

/* A site file's `key_file` may be as long; cryptsetup itself reads up to 8 MiB. */
enum { KEY_FILE_MAX = 65536 };

/* The line of PROFILE's layout that NAME is the key of. */
static const struct layout_item *crypt_line(const struct profile *profile, const char *name)
{
	for (size_t i = 0; profile && i < profile->n_layout; i++) {
		const struct layout_item *it = &profile->layout[i];

		if (it->role == PART_CRYPT && str_eq(it->name ? it->name : part_role_names[PART_CRYPT], name))
			return it;
	}
	return NULL;
}

static int read_key_file(const struct admin *ad, const char *name, const char *file, struct str *ret, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *path = arena_printf(&a, "%s/%s", ad->paths.data, file);
	struct error why;

	if (file_read(path, KEY_FILE_MAX, ret, &why)) {
		error_set(err, ERR_NOT_FOUND, "the key file of crypt %s cannot be read: %s", name, why.msg);
		return error_hint(err, "put it beside the site file of the admin node, as %s, readable by root alone", path);
	}
	if (!ret->len)
		return error_set(err, ERR_INPUT, "the key file of crypt %s, %s, is empty", name, path);
	return 0;
}

/* The bytes of key NAME; the caller wipes RET. */
static int look_up(const struct admin *ad, const struct profile *profile, const char *name, struct str *ret, struct error *err)
{
	const struct layout_item *it = crypt_line(profile, name);

	if (!it || (!it->passphrase && !it->key_file)) {
		error_set(err, ERR_NOT_FOUND, "the site file has no key for crypt %s any more", name);
		return error_hint(err, "it changed since the plan was made: plan again");
	}
	if (it->key_file)
		return read_key_file(ad, name, it->key_file, ret, err);
	str_add(ret, it->passphrase);
	return 0;
}

static void wipe(struct str *s)
{
	if (s->s)
		explicit_bzero(s->s, s->len);
	str_clear(s);
}

/* Every key of P; with KEY they are sealed and appended to *RET. */
static int each_key(const struct admin *ad, const struct profile *profile, const struct plan *p, const char *key,
		    struct arena *a, struct sealed_secret **ret, size_t *ret_n, struct error *err)
{
	for (size_t i = 0; i < p->n_ops; i++) {
		const struct op_crypt *op = p->ops[i].params;
		AUTO_STR bytes = STR_INIT;
		AUTO_STR box = STR_INIT;
		int rc;

		if (p->ops[i].kind != OP_CRYPT)
			continue;
		rc = look_up(ad, profile, op->key, &bytes, err);
		if (!rc && key)
			rc = seal_buffer(key, bytes.s, bytes.len, &box, err);
		wipe(&bytes);
		if (rc)
			return -1;
		if (!key)
			continue;
		*ret = arena_grow(a, *ret, *ret_n, sizeof(**ret));
		(*ret)[(*ret_n)++] = (struct sealed_secret){ .name = op->key, .sealed = arena_strdup(a, str_text(&box)) };
	}
	return 0;
}

int secrets_there(const struct admin *ad, const struct profile *profile, const struct plan *p, struct error *err)
{
	return each_key(ad, profile, p, NULL, NULL, NULL, NULL, err);
}

int secrets_seal(const struct admin *ad, const struct profile *profile, const struct plan *p, const char *key, struct arena *a,
		 struct sealed_secret **ret, size_t *ret_n, struct error *err)
{
	*ret = NULL;
	*ret_n = 0;
	return each_key(ad, profile, p, key, a, ret, ret_n, err);
}
