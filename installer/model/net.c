/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Field tables of a machine's network, and its words for people. */
#include "model/net.h"

#include <inttypes.h>

#include "base/str.h"

const char *const net_kind_names[] = { "port", "bond", "vlan", "bridge", NULL };

static const struct field route_fields[] = {
	FIELD_STRING(struct net_route, to, FIELD_REQUIRED, "subnet"),
	FIELD_STRING(struct net_route, via, FIELD_REQUIRED, "router"),
};
static const struct schema route_schema = SCHEMA("net_route", struct net_route, route_fields, "one route");

static const struct field dev_fields[] = {
	FIELD_ENUM(struct net_dev, kind, FIELD_REQUIRED, net_kind_names, "port, bond, vlan or bridge"),
	FIELD_STRING(struct net_dev, name, FIELD_REQUIRED, "what it is called"),
	FIELD_STRING(struct net_dev, mac, FIELD_OMIT_EMPTY, "port: the address that finds it; else the one it takes"),
	FIELD_STRING(struct net_dev, seen, FIELD_OMIT_EMPTY, "what the kernel called it when planned"),
	FIELD_STRING(struct net_dev, on, FIELD_OMIT_EMPTY, "vlan: the device below"),
	FIELD_STRINGS(struct net_dev, members, FIELD_OMIT_EMPTY, "bond and bridge: what they consist of"),
	FIELD_U64(struct net_dev, vlan, FIELD_OMIT_EMPTY, "VLAN"),
	FIELD_U64(struct net_dev, mtu, FIELD_OMIT_EMPTY, "largest packet, if not 1500"),
	FIELD_ENUM(struct net_dev, mode, FIELD_NONZERO, bond_mode_names, "of a bond"),
	FIELD_ENUM(struct net_dev, hash, FIELD_NONZERO, bond_hash_names, "of a bond"),
	FIELD_ENUM(struct net_dev, lacp_rate, FIELD_NONZERO, lacp_rate_names, "of a bond"),
	FIELD_STRING(struct net_dev, network, FIELD_OMIT_EMPTY, "whose addresses it has"),
	FIELD_U64(struct net_dev, ip_mtu, FIELD_OMIT_EMPTY, "largest packet of that network, if less"),
	FIELD_STRINGS(struct net_dev, addresses, FIELD_OMIT_EMPTY, "with their prefix"),
	FIELD_STRING(struct net_dev, gateway, FIELD_OMIT_EMPTY, "default route"),
	FIELD_STRING(struct net_dev, gateway6, FIELD_OMIT_EMPTY, "IPv6 default route"),
	FIELD_STRUCTS(struct net_dev, routes, FIELD_OMIT_EMPTY, &route_schema, "further routes"),
	FIELD_BOOL(struct net_dev, dhcp, FIELD_OMIT_EMPTY, "asks for an IPv4 address"),
	FIELD_BOOL(struct net_dev, slaac, FIELD_OMIT_EMPTY, "takes IPv6 addresses as routers say"),
	FIELD_STRINGS(struct net_dev, dns, FIELD_OMIT_EMPTY, "name servers"),
	FIELD_STRINGS(struct net_dev, search, FIELD_OMIT_EMPTY, "domains"),
};
const struct schema net_dev_schema = SCHEMA("net_dev", struct net_dev, dev_fields, "one network device");
static const struct field net_fields[] = {
	FIELD_STRUCTS(struct net, devs, FIELD_OMIT_EMPTY, &net_dev_schema, "devices, in the order in which they are made"),
};
const struct schema net_schema = SCHEMA("net", struct net, net_fields, "the network of a machine");

const struct net_dev *net_find(const struct net *net, const char *network)
{
	for (size_t i = 0; i < net->n_devs; i++)
		if (network && str_eq(net->devs[i].network, network))
			return &net->devs[i];
	return NULL;
}

const struct net_dev *net_dev_named(const struct net *net, const char *name)
{
	for (size_t i = 0; i < net->n_devs; i++)
		if (name && str_eq(net->devs[i].name, name))
			return &net->devs[i];
	return NULL;
}

/* D, and all that it stands on. */
static void add_device(const struct net *net, const struct net_dev *d, struct str *out)
{
	if (!d)
		return;
	str_add(out, d->name);
	switch (d->kind) {
	case NET_PORT:
		str_addf(out, " (%s", d->mac ? d->mac : "no address");
		if (d->seen && !str_eq(d->seen, d->name))
			str_addf(out, ", now %s", d->seen);
		str_addc(out, ')');
		break;
	case NET_VLAN:
		str_addf(out, ", VLAN %" PRIu64 " on ", d->vlan);
		add_device(net, net_dev_named(net, d->on), out);
		break;
	case NET_BOND:
	case NET_BRIDGE:
		str_addf(out, ", %s of ", d->kind == NET_BRIDGE ? "bridge" : bond_mode_names[d->mode]);
		for (size_t i = 0; i < d->n_members; i++) {
			str_add(out, !i ? "" : i + 1 < d->n_members ? ", " : " and ");
			add_device(net, net_dev_named(net, d->members[i]), out);
		}
		break;
	}
}

static void add_carried(const struct net_dev *d, struct str *out)
{
	const char *sep = ": ";

	for (size_t i = 0; i < d->n_addresses; i++, sep = ", ")
		str_addf(out, "%s%s", sep, d->addresses[i]);
	if (d->dhcp)
		str_addf(out, "%sDHCP", sep);
	sep = d->dhcp ? ", " : sep;
	if (d->slaac)
		str_addf(out, "%sSLAAC", sep);
	if (d->gateway || d->gateway6)
		str_addf(out, ", default by %s%s%s", d->gateway ? d->gateway : "", d->gateway && d->gateway6 ? " and " : "",
			 d->gateway6 ? d->gateway6 : "");
	for (size_t i = 0; i < d->n_routes; i++)
		str_addf(out, ", %s by %s", d->routes[i].to, d->routes[i].via);
	if (d->mtu || d->ip_mtu)
		str_addf(out, ", MTU %" PRIu64, d->ip_mtu ? d->ip_mtu : d->mtu);
}

void net_lines(const struct net *net, struct arena *a, const char ***ret, size_t *ret_n)
{
	*ret = NULL;
	*ret_n = 0;
	for (size_t i = 0; i < net->n_devs; i++) {
		AUTO_STR line = STR_INIT;

		if (!net->devs[i].network)
			continue;
		str_addf(&line, "%s: ", net->devs[i].network);
		add_device(net, &net->devs[i], &line);
		add_carried(&net->devs[i], &line);
		*ret = arena_grow(a, *ret, *ret_n, sizeof(**ret));
		(*ret)[(*ret_n)++] = arena_strdup(a, str_text(&line));
	}
}
