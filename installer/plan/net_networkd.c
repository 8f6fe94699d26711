/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices to files of systemd-networkd. */
#include "plan/net_networkd.h"

#include <inttypes.h>
#include <string.h>

struct files {
	struct arena *a;
	struct net_file *v;
	size_t n;
};

static void add_file(struct files *f, const struct net_dev *d, const char *kind, struct str *text)
{
	f->v = arena_grow(f->a, f->v, f->n, sizeof(*f->v));
	f->v[f->n++] = (struct net_file){ arena_printf(f->a, "etc/systemd/network/10-fulcrum-%s.%s", d->name, kind),
					  arena_strdup(f->a, str_text(text)) };
	str_clear(text);
}

/* udev gives the name; without this file it would choose one by its own rules, which change between releases. */
static void link_file(struct files *f, const struct net_dev *d)
{
	AUTO_STR b = STR_INIT;

	str_addf(&b, "[Match]\nPermanentMACAddress=%s\n\n[Link]\nName=%s\n", d->mac, d->name);
	add_file(f, d, "link", &b);
}

static void netdev_file(struct files *f, const struct net_dev *d)
{
	AUTO_STR b = STR_INIT;

	str_addf(&b, "[NetDev]\nName=%s\nKind=%s\n", d->name, net_kind_names[d->kind]);
	/* Said, because udev would make one up for devices that are no hardware. */
	if (d->mac)
		str_addf(&b, "MACAddress=%s\n", d->mac);
	if (d->mtu)
		str_addf(&b, "MTUBytes=%" PRIu64 "\n", d->mtu);
	if (d->kind == NET_VLAN)
		str_addf(&b, "\n[VLAN]\nId=%" PRIu64 "\n", d->vlan);
	if (d->kind == NET_BRIDGE)
		str_add(&b, "\n[Bridge]\nSTP=no\nForwardDelaySec=0\n");
	if (d->kind == NET_BOND) {
		str_addf(&b, "\n[Bond]\nMode=%s\nMIIMonitorSec=100ms\n", bond_mode_names[d->mode]);
		if (d->hash)
			str_addf(&b, "TransmitHashPolicy=%s\n", bond_hash_names[d->hash]);
		if (d->lacp_rate)
			str_addf(&b, "LACPTransmitRate=%s\n", lacp_rate_names[d->lacp_rate]);
	}
	add_file(f, d, "netdev", &b);
}

/* What D is to those above it. */
static bool add_uppers(const struct net *net, const struct net_dev *d, struct str *b)
{
	bool enslaved = false;

	for (size_t i = 0; i < net->n_devs; i++) {
		const struct net_dev *up = &net->devs[i];

		if (str_eq(up->on, d->name))
			str_addf(b, "VLAN=%s\n", up->name);
		for (size_t k = 0; k < up->n_members; k++)
			if (str_eq(up->members[k], d->name)) {
				str_addf(b, "%s=%s\n", up->kind == NET_BOND ? "Bond" : "Bridge", up->name);
				enslaved = true;
			}
	}
	return enslaved;
}

/* The network's own packets are smaller than what the device carries for others: said by its routes. */
static void add_small_routes(const struct net_dev *d, struct str *b)
{
	AUTO_ARENA a = ARENA_INIT;

	for (size_t i = 0; i < d->n_addresses; i++)
		str_addf(b, "\n[Address]\nAddress=%s\nAddPrefixRoute=no\n", d->addresses[i]);
	for (size_t i = 0; i < d->n_addresses; i++)
		str_addf(b, "\n[Route]\nDestination=%s\nScope=link\nMTUBytes=%" PRIu64 "\n", subnet_of(d->addresses[i], &a), d->ip_mtu);
}

static void add_ip(const struct net_dev *d, struct str *b)
{
	for (size_t i = 0; i < d->n_addresses && !d->ip_mtu; i++)
		str_addf(b, "Address=%s\n", d->addresses[i]);
	str_addf(b, "DHCP=%s\nIPv6AcceptRA=%s\n", d->dhcp ? "ipv4" : "no", d->slaac ? "yes" : "no");
}

static bool has_ipv6(const struct net_dev *d)
{
	for (size_t i = 0; i < d->n_addresses; i++)
		if (strchr(d->addresses[i], ':'))
			return true;
	return d->slaac;
}

static void network_file(struct files *f, const struct net *net, const struct net_dev *d)
{
	bool needed = str_eq(d->network, "admin"), enslaved;
	AUTO_STR b = STR_INIT;

	if (d->kind == NET_PORT)
		str_addf(&b, "[Match]\nPermanentMACAddress=%s\n", d->mac);
	else
		str_addf(&b, "[Match]\nName=%s\n", d->name);
	/* The boot waits for the admin network, and for no cable that may be missing elsewhere. */
	if (d->mtu || !needed)
		str_add(&b, "\n[Link]\n");
	if (d->mtu)
		str_addf(&b, "MTUBytes=%" PRIu64 "\n", d->mtu);
	if (!needed)
		str_add(&b, "RequiredForOnline=no\n");
	str_add(&b, "\n[Network]\n");
	enslaved = add_uppers(net, d, &b);
	if (d->network)
		add_ip(d, &b);
	else if (!enslaved)
		str_add(&b, "DHCP=no\nIPv6AcceptRA=no\n");
	str_addf(&b, "LinkLocalAddressing=%s\nLLMNR=no\nMulticastDNS=no\n", has_ipv6(d) ? "ipv6" : "no");
	/* No gateway unless the site declares one: offline means offline. */
	if (d->gateway)
		str_addf(&b, "Gateway=%s\n", d->gateway);
	if (d->gateway6)
		str_addf(&b, "Gateway=%s\n", d->gateway6);
	if (d->ip_mtu)
		add_small_routes(d, &b);
	for (size_t i = 0; i < d->n_routes; i++)
		str_addf(&b, "\n[Route]\nDestination=%s\nGateway=%s\n", d->routes[i].to, d->routes[i].via);
	/* Name servers are in /etc/resolv.conf, which nobody but we write. */
	if (d->dhcp)
		str_add(&b, "\n[DHCPv4]\nUseDNS=no\nUseNTP=no\nUseHostname=no\n");
	add_file(f, d, "network", &b);
}

void net_networkd(const struct net *net, struct arena *a, struct net_file **ret, size_t *ret_n)
{
	struct files f = { .a = a };

	for (size_t i = 0; i < net->n_devs; i++) {
		if (net->devs[i].kind == NET_PORT)
			link_file(&f, &net->devs[i]);
		else
			netdev_file(&f, &net->devs[i]);
		network_file(&f, net, &net->devs[i]);
	}
	*ret = f.v;
	*ret_n = f.n;
}
