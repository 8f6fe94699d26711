/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links and networks of a site file: addresses inside subnets, ranges that do not overlap, names that exist, what two
 * networks may not share. As in site_check.c every complaint is collected, and what was complained of is passed over.
 */
#include <inttypes.h>
#include <string.h>

#include "model/check.h"

enum { MTU_LEAST = 1280, MTU_MOST = 9216, MTU_USUAL = 1500, VLAN_MOST = 4094, LINK_NAME_MOST = 10, DEVICE_NAME_MOST = 15 };

/* --- names of devices */

/* A bond and a bridge are called so on the machine, and VLANs on them "NAME.1234": 15 bytes, and nobody else's. */
static void check_device(const struct check *c, struct pos pos, const char *path, const char *name, size_t most)
{
	static const char *const taken[] = { "lo", "all", "default", "eth", "en", "wl", "bond0", "sit0" };

	if (strlen(name) > most) {
		finding_add(c->f, pos, path, NULL, "%s is too long for a network device, %zu characters are possible", quoted(c, name), most);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
		size_t n = strlen(taken[i]);

		if (!strncmp(name, taken[i], n) && name[n + strspn(name + n, "0123456789")] == '\0') {
			finding_add(c->f, pos, path, NULL, "%s is a name that the kernel gives", quoted(c, name));
			return;
		}
	}
}

static const char **link_names(const struct check *c)
{
	const char **names = arena_array(c->f->arena, c->s->n_links + 1, sizeof(*names));

	for (size_t i = 0; i < c->s->n_links; i++)
		names[i] = c->s->links[i].name;
	return names;
}

static const struct link *link_named(const struct link *links, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(links[i].name, name))
			return &links[i];
	return NULL;
}

/* --- links */

static void check_mtu(const struct check *c, const struct tree *t, const char *path, uint64_t mtu)
{
	if (mtu && (mtu < MTU_LEAST || mtu > MTU_MOST))
		finding_add(c->f, at(t, "mtu"), under(c, path, "mtu"), NULL, "%" PRIu64 " bytes are not possible, %d to %d are", mtu,
			    MTU_LEAST, MTU_MOST);
}

static bool same_nic(const struct nic_selector *a, const struct nic_selector *b)
{
	return nic_selector_is_set(a) && str_eq(a->mac, b->mac) && str_eq(a->permanent_mac, b->permanent_mac) &&
	       str_eq(a->driver, b->driver) && str_eq(a->pci, b->pci) && str_eq(a->link, b->link) &&
	       str_eq(a->speed.text, b->speed.text) && str_eq(a->neighbour, b->neighbour) &&
	       str_eq(a->neighbour_port, b->neighbour_port);
}

static void check_nic(const struct check *c, const struct nic_selector *s, const struct tree *t, const char *path, bool member)
{
	const char *const keys[] = { "count", "pick" };

	if (!t || t->kind != TREE_MAP)
		return;
	if (!member && !t->n)
		finding_add(c->f, t->pos, path, "for example { mac: \"52:54:00:12:34:56\" } or { link: up }", "needs at least one condition");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!member && tree_get(t, keys[i]))
			finding_add(c->f, at(t, keys[i]), under(c, path, keys[i]), "several ports make a bond: see `links`",
				    "is a key of the ports of a bond");
	if (s->count > 1 && (s->mac || s->permanent_mac))
		finding_add(c->f, at(t, "count"), under(c, path, "count"), NULL, "an address names one port, and %" PRIu64 " are wanted", s->count);
	if (s->count > 16)
		finding_add(c->f, at(t, "count"), under(c, path, "count"), NULL, "%" PRIu64 " ports are too many for a bond, 16 are possible",
			    s->count);
}

static void check_bond(const struct check *c, const struct bond *b, const struct tree *t, const char *path)
{
	const struct tree *nics = tree_get(t, "nics");
	const char *p = under(c, path, "nics");
	bool hashes = b->mode == BOND_8023AD || b->mode == BOND_BALANCE_XOR;

	if (nics && nics->kind == TREE_SEQ && !nics->n)
		finding_add(c->f, nics->pos, p, "for example [ { speed: \">= 10G\", count: 2 } ]", "at least one port is needed");
	for (size_t i = 0; i < b->n_nics; i++) {
		check_nic(c, &b->nics[i], nth(nics, i), item(c, p, i), true);
		for (size_t j = 0; j < i; j++)
			if (same_nic(&b->nics[i], &b->nics[j])) {
				finding_add(c->f, nth_pos(nics, i), item(c, p, i), "one line with `count:` takes several ports",
					    "has the same conditions as nics[%zu]: one port cannot be both", j);
				break;
			}
	}
	if (b->hash && b->mode && !hashes)
		finding_add(c->f, at(t, "hash"), under(c, path, "hash"), NULL, "%s has no choice of it, 802.3ad and balance-xor have",
			    bond_mode_names[b->mode]);
	if (b->lacp_rate && b->mode && b->mode != BOND_8023AD)
		finding_add(c->f, at(t, "lacp_rate"), under(c, path, "lacp_rate"), NULL, "%s does not speak LACP, 802.3ad does",
			    bond_mode_names[b->mode]);
}

/* T: the tree of the links, PATH its path. */
static void check_links(const struct check *c, const struct link *links, size_t n, const struct tree *t, const char *path)
{
	for (size_t i = 0; i < n; i++) {
		const struct link *l = &links[i];
		const struct tree *own = nth(t, i), *nic = tree_get(own, "nic"), *bond = tree_get(own, "bond");
		const char *p = under(c, path, l->name);
		size_t before = c->f->n;

		check_label(c, key_pos(t, i), path, l->name);
		if (c->f->n == before)
			check_device(c, key_pos(t, i), path, l->name, LINK_NAME_MOST);
		if (own && own->kind == TREE_MAP && !nic && !bond && !misspelt(own, "nic") && !misspelt(own, "bond"))
			finding_add(c->f, own->pos, p, "for example { nic: { mac: \"52:54:00:12:34:56\" } }", "needs `nic` or `bond`");
		if (nic && bond)
			finding_add(c->f, bond->pos, under(c, p, "bond"), "the ports of a bond stand in its `nics`", "a link is one port or a bond");
		check_nic(c, &l->nic, nic, under(c, p, "nic"), false);
		check_bond(c, &l->bond, bond, under(c, p, "bond"));
		check_mtu(c, own, p, l->mtu);
		for (size_t j = 0; j < i; j++)
			if (same_nic(&l->nic, &links[j].nic))
				finding_add(c->f, at(own, "nic"), under(c, p, "nic"), "add `mac:` to say which port",
					    "has the same conditions as link %s: one port cannot be both", links[j].name);
	}
}

/* --- IPv4 of one network */

static uint32_t broadcast(const struct network *n)
{
	return n->net | ~n->mask;
}

/* Sets NET, MASK and PREFIX of N; they stay 0 when the subnet is no good. */
static void check_subnet(const struct check *c, struct network *n, struct pos pos, const char *path)
{
	unsigned int prefix = 0, top;
	uint32_t addr, mask;
	struct in6 ignored;
	bool is6;

	if (subnet_parse(n->subnet, &is6, &addr, &ignored, &prefix) || is6) {
		finding_add(c->f, pos, path, strchr(n->subnet, ':') ? "IPv6 has a key of its own: `subnet6`" : NULL,
			    "%s is not a subnet, such as 192.168.124.0/24", quoted(c, n->subnet));
		return;
	}
	if (prefix < 8 || prefix > 30) {
		finding_add(c->f, pos, path, NULL, "a prefix of /%u is not possible, /8 to /30 are", prefix);
		return;
	}
	mask = ~(uint32_t)0 << (32 - prefix);
	top = addr >> 24;
	if (addr & ~mask)
		finding_add(c->f, pos, path,
			    arena_printf(c->f->arena, "did you mean %s/%u?", ipv4_text(addr & mask, c->f->arena), prefix),
			    "%s is an address in a subnet, not a subnet", quoted(c, n->subnet));
	else if (!top || top == 127 || top >= 224 || addr >> 16 == 0xa9fe)
		finding_add(c->f, pos, path, "for example 192.168.124.0/24", "%s is not for ordinary addresses",
			    quoted(c, n->subnet));
	n->net = addr & mask;
	n->mask = mask;
	n->prefix = prefix;
}

/* The address TEXT, which must be one for a host inside N; 0 when it is not. */
static uint32_t check_address(const struct check *c, const struct network *n, struct pos pos, const char *path,
			      const char *text)
{
	uint32_t addr;

	if (ipv4_parse(text, &addr)) {
		finding_add(c->f, pos, path, NULL, "%s is not an address, such as 192.168.124.10", quoted(c, text));
		return 0;
	}
	if (!n->mask)
		return 0;
	if ((addr & n->mask) != n->net)
		finding_add(c->f, pos, path, NULL, "%s is not in %s", text, n->subnet);
	else if (addr == n->net || addr == broadcast(n))
		finding_add(c->f, pos, path, NULL, "%s is the %s address of %s", text,
			    addr == n->net ? "network" : "broadcast", n->subnet);
	else
		return addr;
	return 0;
}

static void check_range(const struct check *c, const struct network *n, struct pos pos, const char *path,
			struct addr_range *r, uint32_t gateway)
{
	const struct findings *f = c->f;
	size_t before = f->n;

	if (!r->text || !n->mask || addr_range_resolve(r, n->net))
		return; /* complained of before */
	if (r->first > r->last)
		finding_add(c->f, pos, path, NULL, "%s ends before it begins", r->text);
	else if (r->first <= n->net || r->last >= broadcast(n))
		finding_add(c->f, pos, path, NULL, "%s (%s-%s) is not inside %s", r->text, ipv4_text(r->first, f->arena),
			    ipv4_text(r->last, f->arena), n->subnet);
	else if (n->addr >= r->first && n->addr <= r->last)
		finding_add(c->f, pos, path, NULL, "%s holds %s, the admin node's own address", r->text, n->address);
	else if (gateway && gateway >= r->first && gateway <= r->last)
		finding_add(c->f, pos, path, NULL, "%s holds %s, the gateway", r->text, n->gateway);
	if (f->n != before)
		r->first = r->last = 0;
}

static void missing_key(const struct check *c, const struct tree *t, const char *path, const char *key, const char *hint)
{
	if (t && t->kind == TREE_MAP && !tree_get(t, key) && !misspelt(t, key))
		finding_add(c->f, t->pos, path, hint, "key \"%s\" is missing", key);
}

static void check_ranges(const struct check *c, struct network *n, const struct tree *t, const char *path,
			 uint32_t gateway)
{
	bool provisioning = str_eq(n->name, "admin");
	const struct tree *hosts = tree_get(t, "hosts"), *discovery = tree_get(t, "discovery");

	if (provisioning) {
		missing_key(c, t, path, "hosts", "for example .81-.160");
		missing_key(c, t, path, "discovery", "for example .81-.160");
	} else if (discovery) {
		finding_add(c->f, discovery->pos, under(c, path, "discovery"), NULL, "only the network named admin discovers machines");
	}
	if (hosts && !n->dhcp)
		check_range(c, n, hosts->pos, under(c, path, "hosts"), &n->hosts, gateway);
	if (provisioning && discovery)
		check_range(c, n, discovery->pos, under(c, path, "discovery"), &n->discovery, gateway);
	if (n->hosts.first && n->discovery.first && n->hosts.first <= n->discovery.last &&
	    n->discovery.first <= n->hosts.last)
		finding_add(c->f, at(t, "discovery"), under(c, path, "discovery"), NULL, "%s overlaps hosts, %s",
			    n->discovery.text, n->hosts.text);
}

static void check_ipv4(const struct check *c, struct network *n, const struct tree *t, const char *path)
{
	static const char *const ours[] = { "subnet", "address", "gateway", "hosts" };
	uint32_t gateway = 0;

	if (n->dhcp) {
		if (str_eq(n->name, "admin"))
			finding_add(c->f, at(t, "dhcp"), under(c, path, "dhcp"), "give it a subnet and an address",
				    "on the admin network this site's own server gives the addresses");
		for (size_t i = 0; i < ARRAY_LEN(ours); i++)
			if (tree_get(t, ours[i]))
				finding_add(c->f, at(t, ours[i]), under(c, path, ours[i]), "leave it out, or `dhcp`",
					    "comes from the other network's server, as `dhcp` says");
		return;
	}
	if (n->ipv6 != IPV6_SLAAC || str_eq(n->name, "admin") || tree_get(t, "subnet") || tree_get(t, "address")) {
		missing_key(c, t, path, "subnet", "for example 192.168.124.0/24");
		missing_key(c, t, path, "address", "the admin node's own address in it");
	}
	if (n->subnet)
		check_subnet(c, n, at(t, "subnet"), under(c, path, "subnet"));
	if (n->address)
		n->addr = check_address(c, n, at(t, "address"), under(c, path, "address"), n->address);
	if (n->gateway)
		gateway = check_address(c, n, at(t, "gateway"), under(c, path, "gateway"), n->gateway);
	if (gateway && gateway == n->addr)
		finding_add(c->f, at(t, "gateway"), under(c, path, "gateway"),
			    "leave it out when the site has no way out", "is the admin node's own address");
	check_ranges(c, n, t, path, gateway);
}

/* --- IPv6 of one network */

static void check_subnet6(const struct check *c, struct network *n, const struct tree *t, const char *path)
{
	struct in6 net = { { 0 } }, host = { { 0 } };
	unsigned int prefix;
	uint32_t ignored;
	bool is6;

	path = under(c, path, "subnet6");
	if (subnet_parse(n->subnet6, &is6, &ignored, &net, &prefix) || !is6) {
		finding_add(c->f, at(t, "subnet6"), path, NULL, "%s is not an IPv6 subnet, such as fd00:124::/64", quoted(c, n->subnet6));
		return;
	}
	if (prefix < 16 || prefix > 96) {
		finding_add(c->f, at(t, "subnet6"), path, "a node's address ends in the 32 bits of its IPv4 address",
			    "a prefix of /%u is not possible, /16 to /96 are", prefix);
		return;
	}
	for (unsigned int i = 0; i < prefix / 8; i++)
		host.b[i] = net.b[i];
	if (prefix % 8)
		host.b[prefix / 8] = (uint8_t)(net.b[prefix / 8] & 0xff << (8 - prefix % 8));
	if (memcmp(host.b, net.b, sizeof(net.b)) != 0)
		finding_add(c->f, at(t, "subnet6"), path,
			    arena_printf(c->f->arena, "did you mean %s/%u?", ipv6_text(&host, c->f->arena), prefix),
			    "%s is an address in a subnet, not a subnet", quoted(c, n->subnet6));
	else if (net.b[0] == 0xff || !net.b[0] || (net.b[0] == 0xfe && (net.b[1] & 0xc0) == 0x80))
		finding_add(c->f, at(t, "subnet6"), path, "for example fd00:124::/64", "%s is not for ordinary addresses", quoted(c, n->subnet6));
	n->net6 = host;
	n->prefix6 = prefix;
}

static void check_address6(const struct check *c, const struct network *n, const struct tree *t, const char *path, const char *key,
			   const char *text, bool link_local)
{
	struct in6 addr;
	bool local;

	path = under(c, path, key);
	if (ipv6_parse(text, &addr)) {
		finding_add(c->f, at(t, key), path, NULL, "%s is not an IPv6 address, such as fd00:124::10", quoted(c, text));
		return;
	}
	local = addr.b[0] == 0xfe && (addr.b[1] & 0xc0) == 0x80;
	if (link_local && local)
		return;
	if (n->prefix6 && !ipv6_same_net(&addr, &n->net6, n->prefix6))
		finding_add(c->f, at(t, key), path, NULL, "%s is not in %s", text, n->subnet6);
	else if (n->prefix6 && !memcmp(addr.b, n->net6.b, sizeof(addr.b)))
		finding_add(c->f, at(t, key), path, NULL, "%s is the address of all routers of %s", text, n->subnet6);
}

static void check_ipv6(const struct check *c, struct network *n, const struct tree *t, const char *path)
{
	if (n->ipv6 != IPV6_STATIC) {
		static const char *const ours[] = { "subnet6", "address6", "gateway6" };

		for (size_t i = 0; i < ARRAY_LEN(ours); i++)
			if (tree_get(t, ours[i]))
				finding_add(c->f, at(t, ours[i]), under(c, path, ours[i]), "write `ipv6: static`, or leave it out",
					    "has no meaning where IPv6 is %s", ipv6_mode_names[n->ipv6]);
		return;
	}
	missing_key(c, t, path, "subnet6", "for example fd00:124::/64");
	missing_key(c, t, path, "address6", "the admin node's own IPv6 address in it");
	if (n->subnet6)
		check_subnet6(c, n, t, path);
	if (n->address6)
		check_address6(c, n, t, path, "address6", n->address6, false);
	if (n->gateway6)
		check_address6(c, n, t, path, "gateway6", n->gateway6, true);
	for (uint32_t ip = n->hosts.first; n->address6 && ip && ip <= n->hosts.last; ip++)
		if (str_eq(network_node_address6(n, ip, c->f->arena), n->address6)) {
			finding_add(c->f, at(t, "address6"), under(c, path, "address6"), "take another one, such as the subnet's ::1",
				    "is the address of the node that is %s", ipv4_text(ip, c->f->arena));
			break;
		}
}

/* --- what else a network has */

static void check_route(const struct check *c, const struct network *n, const struct net_route *r, const struct tree *t, const char *path)
{
	struct in6 to6 = { { 0 } }, via6 = { { 0 } };
	uint32_t to4 = 0, via4 = 0;
	unsigned int prefix = 0;
	bool is6 = false;

	if (!r->to || !r->via)
		return;
	if (subnet_parse(r->to, &is6, &to4, &to6, &prefix)) {
		finding_add(c->f, at(t, "to"), under(c, path, "to"), NULL, "%s is not a subnet, such as 10.20.0.0/16", quoted(c, r->to));
		return;
	}
	if (!prefix)
		finding_add(c->f, at(t, "to"), under(c, path, "to"), "that is `gateway` or `gateway6`", "%s is everything", quoted(c, r->to));
	else if (!is6 && prefix < 32 && to4 & ~(~(uint32_t)0 << (32 - prefix)))
		finding_add(c->f, at(t, "to"), under(c, path, "to"), NULL, "%s is an address in a subnet, not a subnet", quoted(c, r->to));
	path = under(c, path, "via");
	if (is6 ? ipv6_parse(r->via, &via6) : ipv4_parse(r->via, &via4))
		finding_add(c->f, at(t, "via"), path, NULL, "%s is not an IPv%d address, as the subnet is", quoted(c, r->via), is6 ? 6 : 4);
	else if (!is6 && n->mask && (via4 & n->mask) != n->net)
		finding_add(c->f, at(t, "via"), path, "a router is reached without one", "%s is not in %s", r->via, n->subnet);
	else if (is6 && n->prefix6 && via6.b[0] != 0xfe && !ipv6_same_net(&via6, &n->net6, n->prefix6))
		finding_add(c->f, at(t, "via"), path, "a router is reached without one", "%s is not in %s", r->via, n->subnet6);
}

static void check_names(const struct check *c, const struct network *n, const struct tree *t, const char *path)
{
	const struct tree *dns = tree_get(t, "dns"), *search = tree_get(t, "search");
	struct in6 ignored6;
	uint32_t ignored;

	for (size_t i = 0; i < n->n_dns; i++)
		if (n->dns[i] && ipv4_parse(n->dns[i], &ignored) && ipv6_parse(n->dns[i], &ignored6))
			finding_add(c->f, nth_pos(dns, i), item(c, under(c, path, "dns"), i), NULL, "%s is not an address", quoted(c, n->dns[i]));
	check_twice(c, dns, under(c, path, "dns"), n->dns, n->n_dns);
	for (size_t i = 0; i < n->n_search; i++)
		if (n->search[i] && strspn(n->search[i], "abcdefghijklmnopqrstuvwxyz0123456789-.") != strlen(n->search[i]))
			finding_add(c->f, nth_pos(search, i), item(c, under(c, path, "search"), i), "lower-case letters, digits, hyphens and dots",
				    "%s is not a domain", quoted(c, n->search[i]));
	check_twice(c, search, under(c, path, "search"), n->search, n->n_search);
}

static void check_place(const struct check *c, const struct network *n, const struct tree *t, const char *path)
{
	const struct tree *nic = tree_get(t, "nic"), *on = tree_get(t, "on");
	const struct link *l = link_named(c->s->links, c->s->n_links, n->on);

	if (n->on && !l)
		unknown_name(c, on->pos, under(c, path, "on"), "link", n->on, link_names(c), c->s->n_links);
	if (on && nic)
		finding_add(c->f, nic->pos, under(c, path, "nic"), "leave one of them out", "the link says which port, by `on`");
	else if (!on && !nic && t && t->kind == TREE_MAP && !misspelt(t, "nic") && !misspelt(t, "on"))
		finding_add(c->f, t->pos, path, "the admin node's port to it; or `on:` and the name of a link", "key \"nic\" is missing");
	check_nic(c, &n->nic, nic, under(c, path, "nic"), false);
	if (!on && link_named(c->s->links, c->s->n_links, n->name))
		finding_add(c->f, t ? t->pos : c->s->networks[0].pos, path, arena_printf(c->f->arena, "write `on: %s`", n->name),
			    "has a port of its own, and there is a link of the same name");
	if (n->vlan > VLAN_MOST)
		finding_add(c->f, at(t, "vlan"), under(c, path, "vlan"), NULL, "%" PRIu64 " is not a VLAN, 1 to %d are", n->vlan, VLAN_MOST);
	if (n->bridge) {
		size_t before = c->f->n;

		check_label(c, at(t, "bridge"), under(c, path, "bridge"), n->bridge);
		if (c->f->n == before)
			check_device(c, at(t, "bridge"), under(c, path, "bridge"), n->bridge, DEVICE_NAME_MOST);
		if (link_named(c->s->links, c->s->n_links, n->bridge))
			finding_add(c->f, at(t, "bridge"), under(c, path, "bridge"), NULL, "%s is the name of a link", quoted(c, n->bridge));
	}
	check_mtu(c, t, path, n->mtu);
	if (l && l->mtu && n->mtu > l->mtu)
		finding_add(c->f, at(t, "mtu"), under(c, path, "mtu"), NULL, "is more than the %" PRIu64 " of link %s", n->mtu, l->name);
	if (l && l->mtu && !n->mtu && l->mtu < MTU_USUAL)
		finding_add(c->f, t->pos, path, "say `mtu:` here, too", "wants the usual %d, link %s carries %" PRIu64, MTU_USUAL, l->name,
			    l->mtu);
}

static void check_network(const struct check *c, struct network *n, const struct tree *t, const char *path)
{
	const struct tree *routes = tree_get(t, "routes");

	if (n->ipv6 == IPV6_DEFAULT)
		n->ipv6 = tree_get(t, "subnet6") || tree_get(t, "address6") ? IPV6_STATIC : IPV6_OFF;
	check_place(c, n, t, path);
	check_ipv4(c, n, t, path);
	check_ipv6(c, n, t, path);
	for (size_t i = 0; i < n->n_routes; i++)
		check_route(c, n, &n->routes[i], nth(routes, i), item(c, under(c, path, "routes"), i));
	check_names(c, n, t, path);
}

/* --- two networks */

/* What two networks may not share: addresses, the port, the default route. */
static void check_two_networks(const struct check *c, const struct network *n, const struct network *o,
			       const struct tree *t, const char *path)
{
	uint32_t mask = n->mask & o->mask; /* the shorter prefix */
	unsigned int prefix6 = n->prefix6 < o->prefix6 ? n->prefix6 : o->prefix6;

	if (mask && (n->net & mask) == (o->net & mask))
		finding_add(c->f, at(t, "subnet"), under(c, path, "subnet"), NULL, "%s overlaps %s of network %s",
			    n->subnet, o->subnet, o->name);
	if (prefix6 && ipv6_same_net(&n->net6, &o->net6, prefix6))
		finding_add(c->f, at(t, "subnet6"), under(c, path, "subnet6"), NULL, "%s overlaps %s of network %s",
			    n->subnet6, o->subnet6, o->name);
	if (same_nic(&n->nic, &o->nic) && !n->on && !o->on)
		finding_add(c->f, at(t, "nic"), under(c, path, "nic"), "add `mac:` to say which port",
			    "has the same conditions as network %s: one port cannot be both", o->name);
	if (n->on && str_eq(n->on, o->on) && n->vlan == o->vlan && n->vlan)
		finding_add(c->f, at(t, "vlan"), under(c, path, "vlan"), NULL, "is the VLAN of network %s, too", o->name);
	else if (n->on && str_eq(n->on, o->on) && !n->vlan && !o->vlan)
		finding_add(c->f, at(t, "on"), under(c, path, "on"), "tell them apart by `vlan:`", "network %s is on this link untagged, too", o->name);
	if (n->bridge && str_eq(n->bridge, o->bridge))
		finding_add(c->f, at(t, "bridge"), under(c, path, "bridge"), NULL, "is the bridge of network %s, too", o->name);
	if (n->gateway && o->gateway)
		finding_add(c->f, at(t, "gateway"), under(c, path, "gateway"), NULL,
			    "network %s has a gateway too, there is one default route", o->name);
	if (n->gateway6 && o->gateway6)
		finding_add(c->f, at(t, "gateway6"), under(c, path, "gateway6"), NULL,
			    "network %s has a gateway6 too, there is one default route", o->name);
}

void networks_check(const struct check *c)
{
	const struct tree *t = tree_get(c->tree, "networks");
	struct site *s = c->s;

	check_links(c, s->links, s->n_links, tree_get(c->tree, "links"), "links");
	if (t && t->kind == TREE_MAP && !tree_get(t, "admin"))
		finding_add(c->f, t->pos, "networks", "it is the one that nodes boot from", "network \"admin\" is missing%s",
			    meant_by(c, t, "admin"));
	for (size_t i = 0; i < s->n_networks; i++) {
		struct network *n = &s->networks[i];
		const char *path = under(c, "networks", n->name);

		check_label(c, key_pos(t, i), "networks", n->name);
		check_network(c, n, nth(t, i), path);
		for (size_t j = 0; j < i; j++)
			check_two_networks(c, n, &s->networks[j], nth(t, i), path);
	}
}

/* --- profiles */

static bool names_one_port(const struct nic_selector *s)
{
	return s->mac || s->permanent_mac;
}

/* The site's own port selectors fit the admin node; those that name a port by its address fit nothing else. */
static const char *admins_own(const struct site *s, const struct network *n)
{
	const struct link *l = link_named(s->links, s->n_links, n->on);
	bool own = !l && names_one_port(&n->nic);

	for (size_t i = 0; l && i < l->bond.n_nics; i++)
		own = own || names_one_port(&l->bond.nics[i]);
	if (l && names_one_port(&l->nic))
		own = true;
	return own ? l ? l->name : n->name : NULL;
}

static void check_profile_network(const struct check *c, const struct profile *p, const char *name, struct pos pos, const char *path)
{
	const char **names = arena_array(c->f->arena, c->s->n_networks + 1, sizeof(*names));
	const struct network *n = site_network(c->s, name);
	const char *whose;

	for (size_t i = 0; i < c->s->n_networks; i++)
		names[i] = c->s->networks[i].name;
	if (!n) {
		unknown_name(c, pos, path, "network", name, names, c->s->n_networks);
		return;
	}
	if (n->subnet && !str_eq(name, "admin") && !tree_get(tree_get(tree_get(c->tree, "networks"), name), "hosts"))
		finding_add(c->f, pos, path, arena_printf(c->f->arena, "give networks.%s a `hosts:` range", name),
			    "network %s has no addresses for nodes", name);
	whose = admins_own(c->s, n);
	/* A node's port to the admin network is the one that it netboots from. */
	if (whose && !(str_eq(name, "admin") && !n->on) && !link_named(p->links, p->n_links, whose))
		finding_add(c->f, pos, path,
			    arena_printf(c->f->arena, "say which port it is on a node: `links: { %s: { nic: { pci: ... } } }` in the profile", whose),
			    "%s names a port of the admin node by its address", n->on ? under(c, "links", whose) : under(c, "networks", whose));
}

void profile_networks_check(const struct check *c, const struct profile *p, const struct tree *t, const char *path)
{
	const struct tree *list = tree_get(t, "networks"), *links = tree_get(t, "links");
	const char *at_networks = under(c, path, "networks"), *at_links = under(c, path, "links");
	static const char *admin_only[] = { "admin" };
	const char **names = p->n_networks ? p->networks : admin_only;
	size_t n = p->n_networks ? p->n_networks : 1;
	bool admin = false;

	for (size_t i = 0; i < n; i++) {
		admin = admin || !names[i] || str_eq(names[i], "admin");
		if (names[i] && (p->n_networks || site_network(c->s, "admin")))
			check_profile_network(c, p, names[i], p->n_networks ? nth_pos(list, i) : t->pos,
					      p->n_networks ? list && list->kind == TREE_SEQ ? item(c, at_networks, i) : at_networks : path);
	}
	if (!admin)
		finding_add(c->f, list ? list->pos : t->pos, at_networks, "nodes are deployed and checked over it", "network admin is missing");
	check_twice(c, list, at_networks, p->networks, p->n_networks);
	check_links(c, p->links, p->n_links, links, at_links);
	for (size_t i = 0; i < p->n_links; i++) {
		const struct network *net = site_network(c->s, p->links[i].name);
		const char **known = arena_array(c->f->arena, c->s->n_links + c->s->n_networks, sizeof(*known));
		size_t n_known = 0;

		if (link_named(c->s->links, c->s->n_links, p->links[i].name) || (net && !net->on))
			continue;
		for (size_t k = 0; k < c->s->n_links; k++)
			known[n_known++] = c->s->links[k].name;
		for (size_t k = 0; k < c->s->n_networks; k++)
			if (!c->s->networks[k].on)
				known[n_known++] = c->s->networks[k].name;
		unknown_name(c, key_pos(links, i), at_links, "link, and no network with a port of its own,", p->links[i].name, known, n_known);
	}
}
