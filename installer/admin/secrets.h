/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys of a node's encrypted devices: a passphrase in the site file, or a file beside it. They are looked up when they
 * are needed and leave only sealed for the agent that claimed: no plan, message, log or row of the store has them.
 */
#pragma once
#include "admin/admin.h"
#include "model/plan.h"
#include "proto/proto.h"

/*
 * Whether every key that P names can be had for a node of PROFILE. ERR_NOT_FOUND or ERR_INPUT says which cannot, and what to
 * do, without a word of any key.
 */
MUST_CHECK int secrets_there(const struct admin *ad, const struct profile *profile, const struct plan *p, struct error *err);
/* The same keys, each sealed to KEY (the agent's, hex); the list lives in A and has nothing in the clear. */
MUST_CHECK int secrets_seal(const struct admin *ad, const struct profile *profile, const struct plan *p, const char *key,
			    struct arena *a, struct sealed_secret **ret, size_t *ret_n, struct error *err);
