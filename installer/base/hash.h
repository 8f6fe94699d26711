/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BLAKE2b-256 (RFC 7693), Ed25519 (RFC 8032), and boxes sealed to its keys; with sealed.h the only user of libsodium. BLAKE2b because it is
 * the fastest sound hash on machines, and emulators, without special instructions: every seeded
 * byte passes through it. Digests and keys travel as lower-case hex.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/str.h"

enum {
	HASH_BYTES = 32,
	HASH_HEX = 65,	/* with the NUL */
	KEY_PUB_HEX = 65,
	KEY_SEC_HEX = 129,
	SIG_HEX = 129,
};

struct hash {
	_Alignas(64) unsigned char state[384];
};

void hash_begin(struct hash *h);
void hash_add(struct hash *h, const void *data, size_t len);
void hash_end(struct hash *h, char ret_hex[HASH_HEX]);
void hash_buffer(const void *data, size_t len, char ret_hex[HASH_HEX]);
/*
 * SHA-256 (FIPS 180-4) of all that FD has from here on, as hex, and how many bytes that were. For lists that other tools read
 * too: everything of our own uses the above. ERR_IO, without the file's name.
 */
MUST_CHECK int sha256_fd(int fd, char ret_hex[HASH_HEX], uint64_t *ret_bytes, struct error *err);
/* Digest of LEN bytes keyed with SEED: for ids that are unique and yet repeatable. Writes 32 bytes. */
void hash_keyed(const char *seed, const char *name, unsigned char ret[HASH_BYTES]);

/* LEN random bytes from the kernel; waits for its entropy pool. */
void random_bytes(void *buf, size_t len);
/* LEN random bytes as hex; RET holds 2*LEN+1. */
void random_hex(size_t len, char *ret);

void key_generate(char ret_pub[KEY_PUB_HEX], char ret_sec[KEY_SEC_HEX]);
MUST_CHECK int sign_buffer(const char *sec_hex, const void *data, size_t len, char ret_sig[SIG_HEX],
			   struct error *err);
/* True only if SIG_HEX is PUB_HEX's signature over the data. Malformed input is false. */
MUST_CHECK bool sign_check(const char *pub_hex, const void *data, size_t len, const char *sig_hex);
/*
 * Seals LEN bytes for the holder of PUB_HEX's secret half: libsodium's sealed box (an ephemeral X25519 key and
 * XSalsa20-Poly1305) to the Curve25519 form of that Ed25519 key (RFC 7748, the birational map), appended to OUT as hex.
 * It does not say who sealed it: what carries it must be signed. ERR_INPUT when PUB_HEX is no key.
 */
MUST_CHECK int seal_buffer(const char *pub_hex, const void *data, size_t len, struct str *out, struct error *err);
/*
 * Opens what seal_buffer made for the key whose secret half is SEC_HEX. RET has room for MAX bytes, which a caller wipes
 * (explicit_bzero) after use. ERR_DENIED when it was sealed for another key, or changed, or is larger.
 */
MUST_CHECK int seal_open(const char *sec_hex, const char *sealed_hex, unsigned char *ret, size_t max, size_t *ret_len,
			 struct error *err);
/* True if S is exactly N lower-case hex digits. */
bool hex_is(const char *s, size_t n);
