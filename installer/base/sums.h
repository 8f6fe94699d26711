/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files beside their signed list: SHA256SUMS as sha256sum(1) writes it (digest, a blank, a blank or *, name), and
 * SHA256SUMS.sig, the release key's Ed25519 signature over it. So an ISO is checked before a byte of it is used.
 */
#pragma once
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

/*
 * Checks the signature of DIR/SHA256SUMS with the key PUB_HEX, then the files of DIR that it names: all, or only ONE when
 * that is not NULL. *RET_FILES: how many hold. ERR_MEDIUM names every file that is missing, unreadable, or differs, at once;
 * also when the signature does not hold, a line is malformed, a name leads out of DIR, or the list does not name ONE.
 */
MUST_CHECK int sums_check(const char *dir, const char *pub_hex, const char *one, size_t *ret_files, struct error *err);
