/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of the live system, for those who want to reach it or be told by it: only brought up when somebody asked. */
#pragma once
#include "engine/engine.h"
#include "model/machine.h"
#include "model/site.h"
#include "sys/sys.h"

struct live_net {
	struct sys *sys;
	struct arena *a;
	const struct site *site; /* NULL: there is none yet, every port asks for an address */
	const struct machine *machine;
	bool admin_address; /* the admin node's own is known to be nobody else's */
	bool ask;	    /* ports without an address that no network of the site names ask by DHCP */
};

/*
 * The admin node's addresses on the ports of its networks, as far as SITE finds them; the rest by DHCP, which goes on
 * in the background when nobody answers at once. What cannot be done is told to SINK as a note. May be called again.
 */
void live_net_up(const struct live_net *n, const struct engine_sink *sink);

struct live_address {
	const char *port;
	const char *text; /* "192.168.124.10", "fe80::5054:ff:fe12:3456%eth0" */
};
/* Those that the kernel has now, but for the loopback's; of `ip -o addr show`. */
MUST_CHECK int live_net_addresses(struct sys *sys, struct arena *a, struct live_address **ret, size_t *ret_n, struct error *err);
/* The same of its output. */
size_t live_net_parse(const char *text, struct arena *a, struct live_address **ret);
