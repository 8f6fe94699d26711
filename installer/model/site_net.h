/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The networks of a site file: links (a port, or several as one bond), and networks that lie on them. The admin
 * node is on every network; a node on those that its profile names. Their field tables are in site_net.c, what
 * only the whole shows is in site_net_check.c. Which port of a machine a selector means is plan/net.h's to say.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/field.h"

/* IPv4 range inside a subnet; ".81-.160" is short for the subnet's own prefix. Host order. */
struct addr_range {
	const char *text;
	uint32_t first, last; /* resolved by site_check; 0,0 = absent */
};

/* "a condition on a speed": ">= 10G", "1G", "1G..25G"; decimal, per second. */
struct speed_cond {
	bool set;
	uint64_t min, max; /* Mbit/s, inclusive */
	const char *text;
};

enum nic_pick { NIC_PICK_NONE, NIC_PICK_FIRST_BY_PATH };

/* All that is given must hold; exactly one port must match, or of a bond `count`. */
struct nic_selector {
	const char *mac;	   /* the hardware's, or the one in use */
	const char *permanent_mac; /* the hardware's alone */
	const char *driver, *pci, *link; /* link: "up" */
	struct speed_cond speed;
	const char *neighbour, *neighbour_port; /* what the switch says of itself by LLDP */
	uint64_t count;	    /* bond: so many ports; 0 and 1: one */
	enum nic_pick pick; /* bond: which of more */
	struct pos pos;
};

enum bond_mode { BOND_NONE, BOND_ACTIVE_BACKUP, BOND_8023AD, BOND_BALANCE_RR, BOND_BALANCE_XOR, BOND_BALANCE_TLB, BOND_BALANCE_ALB };
extern const char *const bond_mode_names[]; /* as the kernel spells them (Documentation/networking/bonding.rst) */
enum bond_hash { BOND_HASH_NONE, BOND_HASH_L2, BOND_HASH_L23, BOND_HASH_L34 };
extern const char *const bond_hash_names[];
enum lacp_rate { LACP_RATE_NONE, LACP_RATE_SLOW, LACP_RATE_FAST };
extern const char *const lacp_rate_names[];

struct bond {
	enum bond_mode mode; /* BOND_NONE: the link is no bond */
	struct nic_selector *nics;
	size_t n_nics;
	enum bond_hash hash;
	enum lacp_rate lacp_rate;
	struct pos pos;
};

struct link {
	const char *name;
	struct nic_selector nic; /* unless it is a bond */
	struct bond bond;
	uint64_t mtu; /* 0: what the networks on it need */
	struct pos pos;
};

enum ipv6_mode { IPV6_DEFAULT /* static with a subnet6, else off */, IPV6_OFF, IPV6_SLAAC, IPV6_STATIC };
extern const char *const ipv6_mode_names[];

struct net_route {
	const char *to, *via;
	struct pos pos;
};

struct in6 {
	uint8_t b[16];
};

struct network {
	const char *name;    /* "admin" is the provisioning network */
	const char *on;	     /* link; NULL: its own port, `nic` */
	struct nic_selector nic;
	uint64_t vlan;	     /* 0: untagged */
	const char *bridge;  /* name of a bridge that carries its addresses; NULL: none */
	const char *subnet;  /* "192.168.124.0/24"; NULL: no IPv4, or dhcp */
	const char *address; /* the admin node's own */
	const char *gateway; /* NULL: none (offline) */
	bool dhcp;	     /* a foreign network: IPv4 address from its server */
	struct addr_range hosts, discovery;
	enum ipv6_mode ipv6; /* never IPV6_DEFAULT after site_check */
	const char *subnet6, *address6, *gateway6;
	uint64_t mtu; /* 0: the link's, else 1500 */
	struct net_route *routes;
	size_t n_routes;
	const char **dns;
	size_t n_dns;
	const char **search;
	size_t n_search;
	uint32_t net, mask, addr; /* resolved by site_check, host order */
	unsigned int prefix;
	struct in6 net6;
	unsigned int prefix6; /* 0: none */
	struct pos pos;
};

extern const struct schema link_schema, network_schema;
extern const struct field_codec mac_codec, range_codec;

/* Sets FIRST and LAST of R from its text, short addresses being inside network NET; -1: bad text. */
MUST_CHECK int addr_range_resolve(struct addr_range *r, uint32_t net);
/* Dotted text of a host-order IPv4 address. */
const char *ipv4_text(uint32_t addr, struct arena *a);
/* 0 and the host-order address, or -1. */
MUST_CHECK int ipv4_parse(const char *text, uint32_t *ret);
/* Text of an IPv6 address (RFC 5952), and back: 0, or -1. */
const char *ipv6_text(const struct in6 *addr, struct arena *a);
MUST_CHECK int ipv6_parse(const char *text, struct in6 *ret);
/* "10.0.0.0/8", "fd00::/64": 0 with *RET_PREFIX and, by family, *RET4 (host order) or *RET6; -1: neither. */
MUST_CHECK int subnet_parse(const char *text, bool *ret_is6, uint32_t *ret4, struct in6 *ret6, unsigned int *ret_prefix);
/* "10.0.0.0/24" of the address "10.0.0.5/24", of either family; "?" of none. */
const char *subnet_of(const char *address, struct arena *a);
/* Whether the first PREFIX bits of A and B are the same. */
bool ipv6_same_net(const struct in6 *a, const struct in6 *b, unsigned int prefix);
/*
 * The IPv6 address in N of the node whose IPv4 address there is ADDR: the prefix, then zeros, then the 32 bits of
 * ADDR. So it is fixed with the IPv4 address, and nobody has to remember it. NULL where N has no static IPv6.
 */
const char *network_node_address6(const struct network *n, uint32_t addr, struct arena *a);

/* Whether S asks for anything at all. */
bool nic_selector_is_set(const struct nic_selector *s);
bool link_is_bond(const struct link *l);
