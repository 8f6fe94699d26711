/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BLAKE2b-256 (RFC 7693) and Ed25519 (RFC 8032); the only user of libsodium. BLAKE2b because it is
 * the fastest sound hash on machines, and emulators, without special instructions: every seeded
 * byte passes through it. Digests and keys travel as lower-case hex.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"

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
/* True if S is exactly N lower-case hex digits. */
bool hex_is(const char *s, size_t n);
