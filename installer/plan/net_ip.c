/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices to commands of iproute2. */
#include "plan/net_ip.h"

#include <inttypes.h>
#include <string.h>

static bool has_ipv6(const struct net_dev *d)
{
	for (size_t i = 0; i < d->n_addresses; i++)
		if (strchr(d->addresses[i], ':'))
			return true;
	return d->slaac;
}

static void make(const struct net_dev *d, struct str *out)
{
	switch (d->kind) {
	case NET_PORT:
		return;
	case NET_VLAN:
		str_addf(out, "ip link add link %s name %s type vlan id %" PRIu64 "\n", d->on, d->name, d->vlan);
		return;
	case NET_BRIDGE:
		str_addf(out, "ip link add name %s address %s type bridge stp_state 0 forward_delay 0\n", d->name, d->mac);
		break;
	case NET_BOND:
		str_addf(out, "ip link add name %s address %s type bond mode %s miimon 100", d->name, d->mac, bond_mode_names[d->mode]);
		if (d->hash)
			str_addf(out, " xmit_hash_policy %s", bond_hash_names[d->hash]);
		if (d->lacp_rate)
			str_addf(out, " lacp_rate %s", lacp_rate_names[d->lacp_rate]);
		str_addc(out, '\n');
		break;
	}
	/* A port must be down to be enslaved. */
	for (size_t i = 0; i < d->n_members; i++) {
		if (d->kind == NET_BOND)
			str_addf(out, "ip link set dev %s down\n", d->members[i]);
		str_addf(out, "ip link set dev %s master %s\n", d->members[i], d->name);
	}
}

/* Before it is up: no address that nobody asked for, and no router's word where none is wanted. */
static void quiet(const struct net_dev *d, struct str *out)
{
	if (!has_ipv6(d))
		str_addf(out, "ip link set dev %s addrgenmode none\n", d->name);
	/* -e: a kernel without IPv6 has no such key */
	str_addf(out, "sysctl -q -e -w net/ipv6/conf/%s/accept_ra=%d\n", d->name, d->slaac);
}

static void give(const struct net_dev *d, struct str *out)
{
	for (size_t i = 0; i < d->n_addresses; i++) {
		bool six = strchr(d->addresses[i], ':') != NULL;

		/* Without a cable, detecting duplicates would never end. noprefixroute: the route comes below, with its size. */
		str_addf(out, "ip address replace %s dev %s%s%s\n", d->addresses[i], d->name, six ? " nodad" : "", d->ip_mtu ? " noprefixroute" : "");
	}
}

static void ways(const struct net_dev *d, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;

	for (size_t i = 0; i < d->n_addresses && d->ip_mtu; i++)
		str_addf(out, "ip route replace %s dev %s mtu %" PRIu64 "\n", subnet_of(d->addresses[i], &a), d->name, d->ip_mtu);
	if (d->gateway)
		str_addf(out, "ip route replace default via %s dev %s\n", d->gateway, d->name);
	if (d->gateway6)
		str_addf(out, "ip route replace default via %s dev %s\n", d->gateway6, d->name);
	for (size_t i = 0; i < d->n_routes; i++)
		str_addf(out, "ip route replace %s via %s dev %s\n", d->routes[i].to, d->routes[i].via, d->name);
}

/*
 * Stays in the background after two tries, and goes on asking: what is plugged in later gets its address then.
 */
static void lease(const struct net_dev *d, struct str *out)
{
	str_addf(out, "udhcpc -b -S -t 2 -T 1 -A 5 -i %s -p /run/fulcrum/udhcpc.%s.pid -s /usr/share/udhcpc/network.script\n", d->name, d->name);
}

void net_ip_up(const struct net *net, struct str *out)
{
	for (size_t i = 0; i < net->n_devs; i++)
		make(&net->devs[i], out);
	for (size_t i = 0; i < net->n_devs; i++) {
		const struct net_dev *d = &net->devs[i];

		/* A port's first: a device is not larger than the one below. */
		if (d->mtu)
			str_addf(out, "ip link set dev %s mtu %" PRIu64 "\n", d->name, d->mtu);
		quiet(d, out);
		str_addf(out, "ip link set dev %s up\n", d->name);
	}
	for (size_t i = 0; i < net->n_devs; i++)
		give(&net->devs[i], out);
	for (size_t i = 0; i < net->n_devs; i++)
		ways(&net->devs[i], out);
	for (size_t i = 0; i < net->n_devs; i++)
		if (net->devs[i].dhcp)
			lease(&net->devs[i], out);
}

void net_ip_down(const struct net *net, struct str *out)
{
	for (size_t i = net->n_devs; i--;) {
		const struct net_dev *d = &net->devs[i];

		if (d->dhcp)
			str_addf(out, "stop /run/fulcrum/udhcpc.%s.pid\n", d->name);
		if (d->kind != NET_PORT) {
			str_addf(out, "ip link delete dev %s\n", d->name);
			continue;
		}
		str_addf(out, "ip link set dev %s down\n", d->name);
		str_addf(out, "ip address flush dev %s\n", d->name);
		str_addf(out, "ip link set dev %s mtu 1500\n", d->name);
		str_addf(out, "ip link set dev %s addrgenmode eui64\n", d->name);
	}
}
