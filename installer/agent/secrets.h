/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of encrypted devices, as they arrive with an accepted claim: opened into memory, wiped after the plan has run. */
#pragma once
#include "ops/ops.h"
#include "proto/proto.h"

struct keys {
	struct op_secret *list; /* in the arena that keys_open was given */
	size_t n;
	unsigned char *room; /* what their bytes lie in */
	size_t room_len;
};

/*
 * Opens what ACK carries with the agent's SEC (hex). Every key that PLAN names must be among it: ERR_DENIED or ERR_INPUT
 * otherwise, before anything was written. Also after a failure the caller calls keys_wipe.
 */
MUST_CHECK int keys_open(const struct msg_ack *ack, const struct plan *plan, const char *sec, struct arena *a, struct keys *ret,
			 struct error *err);
void keys_wipe(struct keys *k);
