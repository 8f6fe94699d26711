/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of encrypted devices: read once, wiped when done. */
#include "cmd/secrets.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { KEY_FILE_MAX = 8192 };

static void keep(struct site_keys *s, const char *name, const void *bytes, size_t len)
{
	unsigned char *copy = malloc(len ? len : 1);

	s->list = reallocarray(s->list, s->n + 1, sizeof(*s->list));
	if (!copy || !s->list)
		abort();
	memcpy(copy, bytes, len);
	s->list[s->n++] = (struct op_secret){ .name = name, .bytes = copy, .len = len };
}

static int read_key_file(struct sys *sys, const struct layout_item *it, const char *dir, struct site_keys *s, struct error *err)
{
	AUTO_STR path = STR_INIT;
	/* As large as it can get from the start: growing would leave a copy behind. */
	struct str bytes = { .s = calloc(1, KEY_FILE_MAX + 2), .cap = KEY_FILE_MAX + 2 };
	int rc;

	if (!bytes.s)
		abort();
	str_addf(&path, "%s/%s", dir, it->key_file);
	rc = sys->ops->read_file(sys, str_text(&path), KEY_FILE_MAX, &bytes, err);
	if (!rc && !bytes.len)
		rc = error_set(err, ERR_INPUT, "%s: is empty", str_text(&path));
	if (!rc)
		keep(s, it->name, bytes.s, bytes.len);
	explicit_bzero(bytes.s, bytes.cap);
	str_release(&bytes);
	return rc ? error_hint(err, "the key file of crypt \"%s\" lies beside the site file, with at most %d bytes", it->name, KEY_FILE_MAX) : 0;
}

int site_keys_read(struct sys *sys, const struct profile *p, const char *dir, struct site_keys *ret, struct error *err)
{
	for (size_t i = 0; i < p->n_layout; i++) {
		const struct layout_item *it = &p->layout[i];

		if (it->role != PART_CRYPT)
			continue;
		if (it->passphrase)
			keep(ret, it->name, it->passphrase, strlen(it->passphrase));
		else if (read_key_file(sys, it, dir, ret, err))
			return -1;
	}
	return 0;
}

void site_keys_release(struct site_keys *s)
{
	for (size_t i = 0; i < s->n; i++) {
		/* Ours, though whoever reads them may not write. */
		explicit_bzero((unsigned char *)(uintptr_t)s->list[i].bytes, s->list[i].len);
		free((void *)(uintptr_t)s->list[i].bytes);
	}
	free(s->list);
	*s = (struct site_keys)SITE_KEYS_INIT;
}
