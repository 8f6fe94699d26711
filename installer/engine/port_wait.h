/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long the ports of a site's networks are waited for before a plan is made. The admin network is worth all of the time
 * that a slow link takes (observe_links_wait); the others are not: once the admin network's port is up they have 10 s, or,
 * where they are told by what a switch says of itself, which it does every 30 s, 35 s. An admin node without them is
 * installed all the same, and looks for them at each start.
 */
#pragma once
#include "base/arena.h"
#include "model/machine.h"
#include "model/site.h"

struct port_wait {
	const struct site *site;
	struct arena *a;
	/* in between; begins as 0 */
	uint64_t others_until_ms; /* 0: the admin network's port is not there yet */
};

/*
 * Whether M, as it was seen at NOW_MS of a clock that never jumps, is good enough to go on with. What is waited for beyond the
 * admin network, and what it is gone on without, is said to TELL, once each.
 */
MUST_CHECK bool port_wait_over(struct port_wait *w, const struct machine *m, uint64_t now_ms, void (*tell)(void *ctx, const char *line),
			       void *ctx);
