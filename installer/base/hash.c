/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashing, signing and randomness over libsodium. */
#include "base/hash.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(((struct hash *)0)->state), "hash state");
_Static_assert(_Alignof(crypto_generichash_state) <= 64, "hash alignment");

static crypto_generichash_state *state(struct hash *h)
{
	return (crypto_generichash_state *)(void *)h->state;
}

static void ready(void)
{
	/* Idempotent; picks the fastest implementation for this CPU. */
	if (sodium_init() < 0)
		abort();
}

void hash_begin(struct hash *h)
{
	ready();
	crypto_generichash_init(state(h), NULL, 0, HASH_BYTES);
}

void hash_add(struct hash *h, const void *data, size_t len)
{
	crypto_generichash_update(state(h), data, len);
}

void hash_end(struct hash *h, char ret_hex[HASH_HEX])
{
	unsigned char out[HASH_BYTES];

	crypto_generichash_final(state(h), out, sizeof(out));
	sodium_bin2hex(ret_hex, HASH_HEX, out, sizeof(out));
}

void hash_buffer(const void *data, size_t len, char ret_hex[HASH_HEX])
{
	struct hash h;

	hash_begin(&h);
	hash_add(&h, data, len);
	hash_end(&h, ret_hex);
}

int sha256_fd(int fd, char ret_hex[HASH_HEX], uint64_t *ret_bytes, struct error *err)
{
	unsigned char out[crypto_hash_sha256_BYTES], buf[65536];
	crypto_hash_sha256_state h;
	ssize_t n;

	ready();
	crypto_hash_sha256_init(&h);
	*ret_bytes = 0;
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, errno, "at byte %llu", (unsigned long long)*ret_bytes);
		crypto_hash_sha256_update(&h, buf, (size_t)n);
		*ret_bytes += (uint64_t)n;
	}
	crypto_hash_sha256_final(&h, out);
	sodium_bin2hex(ret_hex, HASH_HEX, out, sizeof(out));
	return 0;
}

void hash_keyed(const char *seed, const char *name, unsigned char ret[HASH_BYTES])
{
	struct hash h;

	hash_begin(&h);
	hash_add(&h, seed, strlen(seed) + 1); /* the NUL separates seed and name */
	hash_add(&h, name, strlen(name));
	crypto_generichash_final(state(&h), ret, HASH_BYTES);
}

void random_bytes(void *buf, size_t len)
{
	ready();
	randombytes_buf(buf, len);
}

void random_hex(size_t len, char *ret)
{
	unsigned char buf[64];

	if (len > sizeof(buf))
		abort();
	random_bytes(buf, len);
	sodium_bin2hex(ret, 2 * len + 1, buf, len);
	sodium_memzero(buf, sizeof(buf));
}

void key_generate(char ret_pub[KEY_PUB_HEX], char ret_sec[KEY_SEC_HEX])
{
	unsigned char pub[crypto_sign_PUBLICKEYBYTES], sec[crypto_sign_SECRETKEYBYTES];

	ready();
	crypto_sign_keypair(pub, sec);
	sodium_bin2hex(ret_pub, KEY_PUB_HEX, pub, sizeof(pub));
	sodium_bin2hex(ret_sec, KEY_SEC_HEX, sec, sizeof(sec));
	sodium_memzero(sec, sizeof(sec));
}

static int unhex(const char *hex, unsigned char *out, size_t len)
{
	size_t got;

	if (!hex || strlen(hex) != 2 * len)
		return -1;
	return sodium_hex2bin(out, len, hex, 2 * len, NULL, &got, NULL) || got != len ? -1 : 0;
}

int sign_buffer(const char *sec_hex, const void *data, size_t len, char ret_sig[SIG_HEX],
		struct error *err)
{
	unsigned char sec[crypto_sign_SECRETKEYBYTES], sig[crypto_sign_BYTES];

	ready();
	if (unhex(sec_hex, sec, sizeof(sec)))
		return error_set(err, ERR_INPUT, "not an Ed25519 secret key");
	crypto_sign_detached(sig, NULL, data, len, sec);
	sodium_memzero(sec, sizeof(sec));
	sodium_bin2hex(ret_sig, SIG_HEX, sig, sizeof(sig));
	return 0;
}

bool sign_check(const char *pub_hex, const void *data, size_t len, const char *sig_hex)
{
	unsigned char pub[crypto_sign_PUBLICKEYBYTES], sig[crypto_sign_BYTES];

	ready();
	if (unhex(pub_hex, pub, sizeof(pub)) || unhex(sig_hex, sig, sizeof(sig)))
		return false;
	return crypto_sign_verify_detached(sig, data, len, pub) == 0;
}

int seal_buffer(const char *pub_hex, const void *data, size_t len, struct str *out, struct error *err)
{
	unsigned char sign_pub[crypto_sign_PUBLICKEYBYTES], pub[crypto_box_PUBLICKEYBYTES], *box;
	size_t n = len + crypto_box_SEALBYTES;
	char *hex;

	ready();
	if (unhex(pub_hex, sign_pub, sizeof(sign_pub)) || crypto_sign_ed25519_pk_to_curve25519(pub, sign_pub))
		return error_set(err, ERR_INPUT, "not an Ed25519 public key");
	box = malloc(n);
	hex = malloc(2 * n + 1);
	if (!box || !hex || crypto_box_seal(box, data, len, pub))
		abort();
	str_add(out, sodium_bin2hex(hex, 2 * n + 1, box, n));
	free(box);
	free(hex);
	return 0;
}

/* BOX, of N bytes, into RET. */
static int open_box(const char *sec_hex, const unsigned char *box, size_t n, unsigned char *ret)
{
	unsigned char sign_sec[crypto_sign_SECRETKEYBYTES], sec[crypto_box_SECRETKEYBYTES], pub[crypto_box_PUBLICKEYBYTES];
	int rc = -1;

	/* An Ed25519 secret key ends with its public half. */
	if (!unhex(sec_hex, sign_sec, sizeof(sign_sec)) && !crypto_sign_ed25519_sk_to_curve25519(sec, sign_sec) &&
	    !crypto_sign_ed25519_pk_to_curve25519(pub, sign_sec + crypto_sign_SEEDBYTES))
		rc = crypto_box_seal_open(ret, box, n, pub, sec);
	sodium_memzero(sign_sec, sizeof(sign_sec));
	sodium_memzero(sec, sizeof(sec));
	return rc;
}

int seal_open(const char *sec_hex, const char *sealed_hex, unsigned char *ret, size_t max, size_t *ret_len, struct error *err)
{
	size_t n = sealed_hex ? strlen(sealed_hex) / 2 : 0;
	unsigned char *box;
	int rc = -1;

	ready();
	if (n < crypto_box_SEALBYTES || n - crypto_box_SEALBYTES > max)
		return error_set(err, ERR_DENIED, "the sealed box has a length of %zu bytes, which is none of ours", n);
	box = malloc(n);
	if (!box)
		abort();
	if (!unhex(sealed_hex, box, n))
		rc = open_box(sec_hex, box, n, ret);
	free(box);
	if (rc)
		return error_set(err, ERR_DENIED, "the sealed box was sealed for another key, or was changed on its way");
	*ret_len = n - crypto_box_SEALBYTES;
	return 0;
}

bool hex_is(const char *s, size_t n)
{
	if (!s || strlen(s) != n)
		return false;
	return strspn(s, "0123456789abcdef") == n;
}
