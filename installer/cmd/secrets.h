/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of a profile's encrypted devices, read from the site file and from what lies beside it. They travel apart from
 * the plan, live only here, and are overwritten when they are let go.
 */
#pragma once
#include "base/error.h"
#include "model/site.h"
#include "ops/ops.h"

struct site_keys {
	struct op_secret *list;
	size_t n;
};
#define SITE_KEYS_INIT { NULL, 0 }
#define AUTO_SITE_KEYS CLEANUP(site_keys_release) struct site_keys

/*
 * One for each crypt of P's layout, by its name: the passphrase, or the bytes of the key file in DIR, where the site
 * file lies. RET is released by the caller also after a failure.
 */
MUST_CHECK int site_keys_read(struct sys *sys, const struct profile *p, const char *dir, struct site_keys *ret, struct error *err);
/* Overwrites the bytes, then frees. */
void site_keys_release(struct site_keys *s);
