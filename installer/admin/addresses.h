/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a node is on each network of its profile. Given once, from the network's `hosts`, and kept: a node has the
 * same addresses for as long as the store lives, however often it is deployed and whatever else comes and goes.
 */
#pragma once
#include "admin/nodes.h"
#include "model/plan.h"
#include "model/site.h"

/*
 * The networks of P with N's addresses, those it had none in yet being given and written now. ERR_CONFLICT where none is
 * free. An address that is outside of its network's present `hosts` is given anew. *RET is A's.
 */
MUST_CHECK int addresses_of(struct store *st, const struct site *s, const struct node *n, const struct profile *p, struct arena *a,
			    struct node_network **ret, size_t *ret_n, struct error *err);
/* All that N was ever given besides its address on the admin network, by network. */
MUST_CHECK int addresses_kept(struct store *st, const struct node *n, struct arena *a, struct node_network **ret, size_t *ret_n,
			      struct error *err);
