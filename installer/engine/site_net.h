/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network that a site file is fetched over, before there is one that says what the network is. Words as the
 * kernel's own ip= (Documentation/admin-guide/nfs/nfsroot.rst), in fulcrum.ip=:
 *
 *   dhcp                         the first port that has a link and gets an answer (also when nothing is said)
 *   ADDRESS[/PREFIX]:SERVER:GATEWAY:NETMASK:HOST:PORT:AUTOCONF:DNS:DNS
 *                                as many fields as needed; SERVER and HOST are not used; AUTOCONF is dhcp or none;
 *                                PORT is a name or a MAC with hyphens, and may be left out when one port has a link
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "engine/engine.h"
#include "sys/sys.h"

struct net_spec {
	bool dhcp;
	const char *address; /* NULL with dhcp */
	unsigned int prefix;
	const char *gateway, *port, *dns[2]; /* NULL: not given */
};

/* ERR_INPUT says what is wrong with TEXT (NULL or "": dhcp). Pure. */
MUST_CHECK int site_net_parse(const char *text, struct arena *a, struct net_spec *ret, struct error *err);
/*
 * Brings ports up and gives one an address. A port that is new on its switch gets nothing through for up to 50 s
 * (spanning tree), so that DHCP is asked for 90 s; SINK hears of it. ERR_NET says what was seen per port.
 */
MUST_CHECK int site_net_up(struct sys *sys, const char *spec, const struct engine_sink *sink, struct arena *a,
			   struct error *err);
/* Takes addresses, name servers and lease away again; ports stay up. What cannot be undone is left. */
void site_net_down(struct sys *sys, struct arena *a);
