/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests of a medium's blocks. Nothing of the list is believed before its signature held. */
#include "model/block_list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char head[] = "fulcrum-blocks 1\n", signature[] = "ed25519 ";

enum { DIGEST_HEX = HASH_HEX - 1 };

/* Counts LEN zeros. */
static void add_zeros(struct hash *h, uint64_t len)
{
	static const unsigned char zeros[4096];

	for (uint64_t n; len; len -= n) {
		n = len < sizeof(zeros) ? len : sizeof(zeros);
		hash_add(h, zeros, (size_t)n);
	}
}

void block_list_digest(const struct block_list *l, uint64_t at, const unsigned char *data, size_t len, char ret[HASH_HEX])
{
	uint64_t done = at, end = at + len;
	struct hash h;

	hash_begin(&h);
	for (size_t i = 0; i < l->n_holes; i++) {
		uint64_t from = l->holes[i].at > done ? l->holes[i].at : done;
		uint64_t to = l->holes[i].at + l->holes[i].size < end ? l->holes[i].at + l->holes[i].size : end;

		if (from >= to)
			continue;
		hash_add(&h, data + (done - at), (size_t)(from - done));
		add_zeros(&h, to - from);
		done = to;
	}
	hash_add(&h, data + (done - at), (size_t)(end - done));
	hash_end(&h, ret);
}

int block_list_write(const struct block_list *l, const char *sec_hex, struct str *ret, struct error *err)
{
	AUTO_STR text = STR_INIT;
	char sig[SIG_HEX];

	str_addf(&text, "%simage %" PRIu64 "\n", head, l->image);
	for (size_t i = 0; i < l->n_holes; i++)
		str_addf(&text, "hole %" PRIu64 " %" PRIu64 "\n", l->holes[i].at, l->holes[i].size);
	str_add(&text, "---\n");
	for (size_t i = 0; i < l->n; i++)
		str_addf(&text, "%s\n", l->digests[i]);
	if (sign_buffer(sec_hex, str_text(&text), text.len, sig, err))
		return -1;
	str_addf(&text, "%s%s\n", signature, sig);
	str_addn(ret, str_text(&text), text.len);
	return 0;
}

static int malformed(struct error *err, const char *what)
{
	error_set(err, ERR_MEDIUM, "/" BLOCK_LIST_PATH ": %s", what);
	return error_hint(err, "write the medium again");
}

/* "KEY NUMBER" and maybe " NUMBER" at *P, which goes behind its line. False when it is not that. */
static bool take_numbers(char **p, const char *key, uint64_t *a, uint64_t *b)
{
	char *at = *p, *end;

	if (!str_starts(at, key))
		return false;
	at += strlen(key);
	for (uint64_t *v = a; v; v = v == a ? b : NULL) {
		if (*at != ' ' || at[1] < '0' || at[1] > '9')
			return false;
		errno = 0;
		*v = strtoull(at + 1, &end, 10);
		if (errno)
			return false;
		at = end;
	}
	if (*at != '\n')
		return false;
	*p = at + 1;
	return true;
}

static int read_head(char **p, struct block_list *l, struct error *err)
{
	uint64_t end = 0;

	*p += strlen(head);
	if (!take_numbers(p, "image", &l->image, NULL) || !l->image)
		return malformed(err, "it does not say how large the image is");
	while (str_starts(*p, "hole ")) {
		struct block_hole *h = &l->holes[l->n_holes];

		if (l->n_holes == BLOCK_LIST_HOLES || !take_numbers(p, "hole", &h->at, &h->size) || h->at < end ||
		    h->at > l->image || h->size > l->image - h->at)
			return malformed(err, "a hole is impossible");
		end = h->at + h->size;
		l->n_holes++;
	}
	if (!str_starts(*p, "---\n"))
		return malformed(err, "a line in front of the digests is none of it");
	*p += strlen("---\n");
	return 0;
}

int block_list_read(const char *data, size_t len, const char *pub_hex, struct arena *a, struct block_list *ret, struct error *err)
{
	char *text = arena_strndup(a, data, len), *p = text, *sig = NULL, *end = NULL;
	uint64_t count;

	memset(ret, 0, sizeof(*ret));
	if (str_starts(text, head)) {
		sig = strstr(text, "\ned25519 ");
		end = sig ? strchr(sig + 1, '\n') : NULL;
	}
	if (!end)
		return malformed(err, "no list of digests");
	sig++;
	*end = '\0';
	if (!sign_check(pub_hex, text, (size_t)(sig - text), sig + strlen(signature)))
		return malformed(err, "its signature does not hold: it was changed, is damaged, or another key signed it");
	for (const char *z = data + (end - text) + 1; z < data + len; z++)
		if (*z)
			return malformed(err, "there is something behind its end");
	if (read_head(&p, ret, err))
		return -1;
	count = (ret->image - 1) / BLOCK_LIST_BLOCK + 1;
	if ((uint64_t)(sig - p) != count * (DIGEST_HEX + 1))
		return malformed(err, "it has not one digest a block");
	ret->n = (size_t)count;
	ret->digests = arena_array(a, ret->n, sizeof(*ret->digests));
	for (size_t i = 0; i < ret->n; i++, p += DIGEST_HEX + 1) {
		if (p[DIGEST_HEX] != '\n')
			return malformed(err, "a digest is none");
		p[DIGEST_HEX] = '\0';
		if (!hex_is(p, DIGEST_HEX))
			return malformed(err, "a digest is none");
		ret->digests[i] = p;
	}
	return 0;
}
