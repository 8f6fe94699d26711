/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream of bytes that is written and read behind a passphrase, in pieces, so that its size costs no memory: libsodium's
 * secretstream (XChaCha20-Poly1305; doc.libsodium.org/secret-key_cryptography/secretstream) under a key that Argon2id
 * (RFC 9106) makes of the passphrase and a salt. Nothing that was changed, cut short, put in another order or appended to is ever
 * handed out as good: each piece proves itself before a byte of it is seen, and the last one says that it is the last.
 *
 *	header	  88 bytes: magic, cost, salt, the stream's own header, and a digest of these, to tell damage from a wrong passphrase
 *	greeting  an empty piece: opens only with the right passphrase
 *	pieces	  of 64 KiB and 17 bytes; the last one is shorter, and marked
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

enum { SEALED_PASS_MIN = 12, SEALED_PASS_MAX = 1024 };

/* What a guess at the passphrase costs. It stands in the header, so that it can be raised later. */
struct sealed_cost {
	uint64_t memory; /* bytes */
	uint32_t passes;
};
/* RFC 9106, 4, for little memory: an admin node has 768 MiB. */
extern const struct sealed_cost sealed_cost;

struct sealed;

/* 0 if PASS may be used: ERR_REFUSED says why not, and never what it is. */
MUST_CHECK int sealed_pass_check(const char *pass, struct error *err);

/* Begins to write to FD, which stays the caller's; with the cost sealed_cost if COST is NULL. */
MUST_CHECK int sealed_create(int fd, const char *pass, const struct sealed_cost *cost, struct sealed **ret, struct error *err);
MUST_CHECK int sealed_write(struct sealed *s, const void *data, size_t len, struct error *err);
/* Without it all that was written is no good. Does not sync FD. */
MUST_CHECK int sealed_finish(struct sealed *s, struct error *err);

/*
 * Begins to read FD, which is NAME in messages. ERR_INPUT: it is no such file; ERR_DENIED: another passphrase; ERR_MEDIUM: damaged, and
 * where. The same from reading on.
 */
MUST_CHECK int sealed_open(int fd, const char *name, const char *pass, struct sealed **ret, struct error *err);
/* Exactly LEN bytes. */
MUST_CHECK int sealed_read(struct sealed *s, void *ret, size_t len, struct error *err);
/* That all of it was read, and that nothing follows. */
MUST_CHECK int sealed_end(struct sealed *s, struct error *err);

void sealed_free(struct sealed *s); /* NULL is fine; keys are wiped */
