/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network of one machine as a value: devices in the order in which they are made, ports first, each with what it
 * stands on and what it carries. Made from the site file and the observed machine by plan/net.h, it travels in plans,
 * is kept by the admin node, and is compiled to systemd-networkd's files (plan/net_networkd.h) or to commands of
 * iproute2 (plan/net_ip.h). Ports are known by their hardware's address, never by what the kernel calls them.
 */
#pragma once
#include "data/field.h"
#include "model/machine.h"
#include "model/site_net.h"

enum net_kind { NET_PORT, NET_BOND, NET_VLAN, NET_BRIDGE };
extern const char *const net_kind_names[];

struct net_dev {
	enum net_kind kind;
	const char *name; /* the same on every boot; at most 15 bytes */
	const char *mac;  /* port: what finds it; bond and bridge: the address they take, of their first port; vlan: NULL */
	const char *seen; /* port: its kernel name when planned, for people */
	const char *on;	  /* vlan: the device below */
	const char **members; /* bond: its ports; bridge: what it bridges */
	size_t n_members;
	uint64_t vlan;
	uint64_t mtu; /* of the device, 0 = 1500 */
	enum bond_mode mode;
	enum bond_hash hash;
	enum lacp_rate lacp_rate;
	/* the network whose addresses it has; NULL: it only carries others, and the rest is empty */
	const char *network;
	uint64_t ip_mtu;	/* smaller than the device's; 0 = the same */
	const char **addresses; /* "192.168.124.10/24", "fd00::10/64" */
	size_t n_addresses;
	const char *gateway, *gateway6;
	struct net_route *routes;
	size_t n_routes;
	bool dhcp, slaac;
	const char **dns, **search; /* of nodes */
	size_t n_dns, n_search;
};

struct net {
	struct net_dev *devs;
	size_t n_devs;
};

extern const struct schema net_dev_schema, net_schema;

/* The device that has the addresses of network NAME, or NULL. */
const struct net_dev *net_find(const struct net *net, const char *network);
const struct net_dev *net_dev_named(const struct net *net, const char *name);
/*
 * One line for every network, for people: "storage: pair.200, VLAN 200 on pair, active-backup of enp5s0 (52:54:..., eth0)
 * and ...: 10.20.0.10/16, MTU 9000". The lines are A's.
 */
void net_lines(const struct net *net, struct arena *a, const char ***ret, size_t *ret_n);
