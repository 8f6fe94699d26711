/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of a secretstream to and from a file. */
#include "base/sealed.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

enum {
	MAGIC = 16,
	SALT = crypto_pwhash_SALTBYTES,
	START = crypto_secretstream_xchacha20poly1305_HEADERBYTES,
	CHECK = 16,
	AT_COST = MAGIC,
	AT_SALT = AT_COST + 16,
	AT_START = AT_SALT + SALT,
	AT_CHECK = AT_START + START,
	HEADER = AT_CHECK + CHECK,
	MORE = crypto_secretstream_xchacha20poly1305_ABYTES,
	PIECE = 65536,
};
_Static_assert(HEADER == 88, "sealed.h says so");

static const char magic[MAGIC] = { 'f', 'u', 'l', 'c', 'r', 'u', 'm', '-', 's', 'e', 'a', 'l', 'e', 'd', '1', '\n' };
const struct sealed_cost sealed_cost = { .memory = UINT64_C(64) << 20, .passes = 3 };
/* What a header may ask of us, before anything of it is proved. */
static const uint64_t memory_most = UINT64_C(1) << 30;
static const uint32_t passes_most = 64;

struct sealed {
	crypto_secretstream_xchacha20poly1305_state state;
	int fd;
	const char *name;
	uint64_t at;	  /* bytes of the file before the piece in hand */
	size_t len, used; /* of PLAIN */
	bool last;	  /* the piece in hand is the last one */
	unsigned char plain[PIECE], box[PIECE + MORE];
};

int sealed_pass_check(const char *pass, struct error *err)
{
	size_t n = strlen(pass);

	if (n < SEALED_PASS_MIN) {
		error_set(err, ERR_REFUSED, "the passphrase has %zu bytes, at least %d are wanted", n, SEALED_PASS_MIN);
		return error_hint(err, "whoever has the file may try without end; five words at random are good");
	}
	if (n > SEALED_PASS_MAX)
		return error_set(err, ERR_REFUSED, "the passphrase has %zu bytes, at most %d are taken", n, SEALED_PASS_MAX);
	return 0;
}

static struct sealed *new_one(int fd, const char *name)
{
	struct sealed *s = calloc(1, sizeof(*s));

	if (!s || sodium_init() < 0)
		abort();
	s->fd = fd;
	s->name = name;
	return s;
}

void sealed_free(struct sealed *s)
{
	if (s)
		sodium_memzero(s, sizeof(*s));
	free(s);
}

/* --- the header */

static void put_le(unsigned char *at, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (unsigned char)(v >> 8 * i);
}

static uint64_t get_le(const unsigned char *at, int bytes)
{
	uint64_t v = 0;

	for (int i = 0; i < bytes; i++)
		v |= (uint64_t)at[i] << 8 * i;
	return v;
}

static void digest(const unsigned char *header, unsigned char ret[CHECK])
{
	crypto_generichash(ret, CHECK, header, AT_CHECK, NULL, 0);
}

static int make_key(const char *pass, const struct sealed_cost *c, const unsigned char *salt, unsigned char *ret, struct error *err)
{
	if (!crypto_pwhash(ret, crypto_secretstream_xchacha20poly1305_KEYBYTES, pass, strlen(pass), salt, c->passes, (size_t)c->memory,
			   crypto_pwhash_ALG_ARGON2ID13))
		return 0;
	return error_set(err, ERR_IO, "not enough memory for the passphrase's key: %" PRIu64 " MiB are needed", c->memory >> 20);
}

/* --- writing */

static int push(struct sealed *s, const unsigned char *data, size_t len, unsigned char tag, struct error *err)
{
	unsigned long long n;

	crypto_secretstream_xchacha20poly1305_push(&s->state, s->box, &n, data, len, NULL, 0, tag);
	return fd_write_all(s->fd, s->box, (size_t)n, err);
}

int sealed_create(int fd, const char *pass, const struct sealed_cost *cost, struct sealed **ret, struct error *err)
{
	unsigned char header[HEADER] = { 0 }, key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
	struct sealed *s;

	if (sealed_pass_check(pass, err))
		return -1;
	s = new_one(fd, "output");
	cost = cost ? cost : &sealed_cost;
	memcpy(header, magic, MAGIC);
	put_le(header + AT_COST, cost->memory, 8);
	put_le(header + AT_COST + 8, cost->passes, 4);
	randombytes_buf(header + AT_SALT, SALT);
	if (make_key(pass, cost, header + AT_SALT, key, err)) {
		sealed_free(s);
		return -1;
	}
	crypto_secretstream_xchacha20poly1305_init_push(&s->state, header + AT_START, key);
	sodium_memzero(key, sizeof(key));
	digest(header, header + AT_CHECK);
	if (fd_write_all(fd, header, HEADER, err) || push(s, NULL, 0, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE, err)) {
		sealed_free(s);
		return -1;
	}
	*ret = s;
	return 0;
}

int sealed_write(struct sealed *s, const void *data, size_t len, struct error *err)
{
	const unsigned char *p = data;

	while (len) {
		size_t n = len < PIECE - s->len ? len : PIECE - s->len;

		memcpy(s->plain + s->len, p, n);
		s->len += n;
		p += n;
		len -= n;
		if (s->len < PIECE)
			continue;
		if (push(s, s->plain, PIECE, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE, err))
			return -1;
		s->len = 0;
	}
	return 0;
}

int sealed_finish(struct sealed *s, struct error *err)
{
	return push(s, s->plain, s->len, crypto_secretstream_xchacha20poly1305_TAG_FINAL, err);
}

/* --- reading */

static int damaged(const struct sealed *s, const char *how, struct error *err)
{
	error_set(err, ERR_MEDIUM, "%s: %s at byte %" PRIu64, s->name, how, s->at);
	return error_hint(err, "it is not as it was written: take another copy of it");
}

/* As much as there is, at most MAX: *RET_N. */
static int read_some(struct sealed *s, void *buf, size_t max, size_t *ret_n, struct error *err)
{
	unsigned char *p = buf;

	*ret_n = 0;
	while (*ret_n < max) {
		ssize_t n = read(s->fd, p + *ret_n, max - *ret_n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, errno, "%s", s->name);
		if (!n)
			break;
		*ret_n += (size_t)n;
	}
	return 0;
}

static int read_header(struct sealed *s, const char *pass, struct error *err)
{
	unsigned char header[HEADER], want[CHECK], key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
	struct sealed_cost cost;
	size_t n;
	int rc;

	if (read_some(s, header, HEADER, &n, err))
		return -1;
	if (n < MAGIC || memcmp(header, magic, MAGIC)) {
		error_set(err, ERR_INPUT, "%s: is not a sealed file of Fulcrum", s->name);
		return error_hint(err, "`fulcrum export` writes such files");
	}
	if (n < HEADER)
		return damaged(s, "ends early", err);
	digest(header, want);
	cost = (struct sealed_cost){ .memory = get_le(header + AT_COST, 8), .passes = (uint32_t)get_le(header + AT_COST + 8, 4) };
	if (memcmp(want, header + AT_CHECK, CHECK) || cost.memory > memory_most || cost.memory < crypto_pwhash_MEMLIMIT_MIN ||
	    cost.passes > passes_most || cost.passes < crypto_pwhash_OPSLIMIT_MIN)
		return damaged(s, "damaged", err);
	if (make_key(pass, &cost, header + AT_SALT, key, err))
		return -1;
	rc = crypto_secretstream_xchacha20poly1305_init_pull(&s->state, header + AT_START, key);
	sodium_memzero(key, sizeof(key));
	s->at = HEADER;
	return rc ? damaged(s, "damaged", err) : 0;
}

/* The next piece into PLAIN. BOXED: its length in the file, if it is not the last. */
static int pull(struct sealed *s, size_t boxed, bool *ret_good, struct error *err)
{
	unsigned long long len;
	unsigned char tag;
	size_t n;

	*ret_good = false;
	if (read_some(s, s->box, boxed, &n, err))
		return -1;
	if (n < MORE)
		return damaged(s, "ends early", err);
	if (crypto_secretstream_xchacha20poly1305_pull(&s->state, s->plain, &len, &tag, s->box, n, NULL, 0))
		return 0;
	s->last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
	s->len = (size_t)len;
	s->used = 0;
	s->at += n;
	*ret_good = true;
	return 0;
}

int sealed_open(int fd, const char *name, const char *pass, struct sealed **ret, struct error *err)
{
	struct sealed *s = new_one(fd, name);
	bool good;

	if (read_header(s, pass, err) || pull(s, MORE, &good, err)) {
		sealed_free(s);
		return -1;
	}
	if (!good || s->last) {
		sealed_free(s);
		error_set(err, ERR_DENIED, "%s: this passphrase does not open it", name);
		return error_hint(err, "or its first 105 bytes were changed");
	}
	*ret = s;
	return 0;
}

int sealed_read(struct sealed *s, void *ret, size_t len, struct error *err)
{
	unsigned char *p = ret;

	while (len) {
		size_t n = len < s->len - s->used ? len : s->len - s->used;
		bool good;

		if (!n) {
			if (s->last)
				return damaged(s, "ends early", err);
			if (pull(s, PIECE + MORE, &good, err))
				return -1;
			if (!good)
				return damaged(s, "damaged, or cut short, in the 64 KiB", err);
			continue;
		}
		memcpy(p, s->plain + s->used, n);
		s->used += n;
		p += n;
		len -= n;
	}
	return 0;
}

int sealed_end(struct sealed *s, struct error *err)
{
	unsigned char more;
	bool good;
	size_t n;

	/* What was written may have filled its last piece but one, exactly. */
	if (s->used == s->len && !s->last) {
		if (pull(s, PIECE + MORE, &good, err))
			return -1;
		if (!good)
			return damaged(s, "damaged, or cut short, in the 64 KiB", err);
	}
	if (s->used < s->len || !s->last)
		return damaged(s, "goes on", err);
	if (read_some(s, &more, 1, &n, err))
		return -1;
	return n ? damaged(s, "something was appended", err) : 0;
}
