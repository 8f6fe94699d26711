/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the networks of a site and the observed ports of one machine to that machine's network, a value. Pure. The
 * admin node is on every network; a node on those of its profile, whose links may be its own.
 */
#pragma once
#include "base/error.h"
#include "model/net.h"
#include "model/plan.h"

struct net_request {
	const struct site *site;
	const struct machine *machine;
	const struct profile *profile; /* NULL: the admin node */
	const char *boot_mac;	       /* node: the port that it netbooted from: its port to an admin network without link */
	const struct node_network *networks; /* node: which ones, and its address in each */
	size_t n_networks;
};

/*
 * ERR_SELECT with the table of all ports when a selector does not say exactly which, when one port would be in two links,
 * or when the port that a node netbooted from is not in its link of the admin network. The admin node's networks but
 * `admin` may fail: their reasons are added to NOTES (may be NULL: then they fail, too). *RET is A's.
 */
MUST_CHECK int net_resolve(const struct net_request *r, struct arena *a, struct net *ret, const char ***notes, size_t *n_notes,
			   struct error *err);
/*
 * One port of the admin node's network NAME: the first with a link, else the first. For who has to look around before there is
 * a network: what the others are may be in doubt.
 */
MUST_CHECK int net_port(const struct site *s, const struct machine *m, const char *name, struct arena *a, const struct nic **ret,
			struct error *err);
/* Whether a selector of the site asks for what only a link that is up tells (LLDP: NEIGHBOUR is set, too). */
bool net_wants_links(const struct site *s, bool *ret_neighbour);
/* Whether what becomes of a node, by a rule or its profile's links, depends on what a switch says of itself. */
bool net_nodes_want_neighbours(const struct site *s);
/* For people: every selector of the admin node's networks and of profiles' links, and how it looks at each port. */
void net_explain(const struct site *s, const struct machine *m, struct str *out);
