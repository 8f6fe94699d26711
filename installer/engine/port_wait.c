/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for the ports of networks. */
#include "engine/port_wait.h"

#include "plan/net.h"

enum { LINK_S = 10, NEIGHBOUR_S = 35 };

static bool admin_is_up(const struct port_wait *w, const struct machine *m)
{
	const struct nic *port;
	struct error ignored;

	return !net_port(w->site, m, "admin", w->a, &port, &ignored) && port->link;
}

static unsigned int patience_s(const struct site *s)
{
	bool neighbours;

	return net_wants_links(s, &neighbours) && neighbours ? NEIGHBOUR_S : LINK_S;
}

bool port_wait_over(struct port_wait *w, const struct machine *m, uint64_t now_ms, void (*tell)(void *ctx, const char *line), void *ctx)
{
	const struct net_request r = { .site = w->site, .machine = m };
	const unsigned int wait_s = patience_s(w->site);
	const char **notes = NULL;
	struct error ignored;
	size_t n_notes = 0;
	struct net net;

	if (net_resolve(&r, w->a, &net, &notes, &n_notes, &ignored))
		return false;
	if (!n_notes)
		return true;
	if (!w->others_until_ms && !admin_is_up(w, m))
		return false;
	if (w->others_until_ms && now_ms < w->others_until_ms)
		return false;
	for (size_t i = 0; i < n_notes; i++)
		tell(ctx, w->others_until_ms ? arena_printf(w->a, "going on: %s", notes[i]) :
					       arena_printf(w->a, "waiting up to %u s: %s", wait_s, notes[i]));
	if (w->others_until_ms)
		return true;
	w->others_until_ms = now_ms + wait_s * 1000ull;
	return false;
}
