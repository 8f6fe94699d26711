/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine's network as systemd-networkd's files (systemd.link(5), systemd.netdev(5), systemd.network(5)). Pure: the
 * same value gives the same bytes. Ports are matched by their permanent address, and called what the value calls them.
 */
#pragma once
#include "base/str.h"
#include "model/net.h"

struct net_file {
	const char *path; /* below the root: "etc/systemd/network/10-fulcrum-front.netdev" */
	const char *text;
};

/* In the order of the devices; A's. */
void net_networkd(const struct net *net, struct arena *a, struct net_file **ret, size_t *ret_n);
