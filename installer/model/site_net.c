/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks and links of the site file: field tables, and the grammar of their single values. */
#include "model/site_net.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

const char *const bond_mode_names[] = { "", "active-backup", "802.3ad", "balance-rr", "balance-xor", "balance-tlb", "balance-alb", NULL };
const char *const bond_hash_names[] = { "", "layer2", "layer2+3", "layer3+4", NULL };
const char *const lacp_rate_names[] = { "", "slow", "fast", NULL };
const char *const ipv6_mode_names[] = { "", "off", "slaac", "static", NULL };
static const char *const nic_pick_names[] = { "", "first-by-path", NULL };

enum {
	LINE = FIELD_NONZERO | FIELD_LINE, /* text that says something, on one line */
};

/* --- addresses */

int ipv4_parse(const char *text, uint32_t *ret)
{
	uint32_t v = 0;

	for (int part = 0; part < 4; part++) {
		unsigned int octet = 0, digits = 0;

		if (part && *text++ != '.')
			return -1;
		for (; *text >= '0' && *text <= '9' && digits < 4; text++, digits++)
			octet = octet * 10 + (unsigned int)(*text - '0');
		/* No leading zeros: some programs read them as octal. */
		if (!digits || digits > 3 || octet > 255 || (digits > 1 && octet < (digits == 2 ? 10u : 100u)))
			return -1;
		v = v << 8 | octet;
	}
	if (*text)
		return -1;
	*ret = v;
	return 0;
}

const char *ipv4_text(uint32_t addr, struct arena *a)
{
	return arena_printf(a, "%u.%u.%u.%u", addr >> 24, addr >> 16 & 255, addr >> 8 & 255, addr & 255);
}

/* "10.0.0.5", or the last octets of an address inside NET: ".5", ".0.5", ".0.0.5". */
static int end_parse(const char *text, uint32_t net, uint32_t *ret)
{
	unsigned int dots = 0;
	uint32_t mask, v;
	char full[32];

	for (const char *s = text; *s; s++)
		dots += *s == '.';
	if (text[0] != '.')
		return ipv4_parse(text, ret);
	if (dots > 3 || strlen(text) > 12)
		return -1;
	snprintf(full, sizeof(full), "%s%s", dots == 1 ? "0.0.0" : dots == 2 ? "0.0" : "0", text);
	if (ipv4_parse(full, &v))
		return -1;
	mask = dots == 1 ? 0xffu : dots == 2 ? 0xffffu : 0xffffffu;
	*ret = (net & ~mask) | v;
	return 0;
}

int addr_range_resolve(struct addr_range *r, uint32_t net)
{
	size_t n = strcspn(r->text, "-");
	char first[16];

	if (!r->text[n] || n >= sizeof(first))
		return -1;
	memcpy(first, r->text, n);
	first[n] = '\0';
	if (end_parse(first, net, &r->first) || end_parse(r->text + n + 1, net, &r->last)) {
		r->first = r->last = 0;
		return -1;
	}
	return 0;
}

static int range_read(const char *text, void *member, struct arena *a, const char **ret_why)
{
	struct addr_range *r = member, probe = { .text = text };

	(void)ret_why;
	if (addr_range_resolve(&probe, 0))
		return -1;
	r->text = arena_strdup(a, text);
	return 0;
}

static const char *range_write(const void *member, struct arena *a)
{
	(void)a;
	return ((const struct addr_range *)member)->text;
}

const struct field_codec range_codec = {
	.what = "a range of addresses, such as .81-.160 or 10.0.0.81-10.0.0.160",
	.pattern = "^(\\.[0-9]{1,3}){1,3}-(\\.[0-9]{1,3}){1,3}$|^[0-9]{1,3}(\\.[0-9]{1,3}){3}-[0-9]{1,3}(\\.[0-9]{1,3}){3}$",
	.read = range_read,
	.write = range_write,
};

const char *ipv6_text(const struct in6 *addr, struct arena *a)
{
	char text[INET6_ADDRSTRLEN];

	return arena_strdup(a, inet_ntop(AF_INET6, addr->b, text, sizeof(text)) ? text : "?");
}

int ipv6_parse(const char *text, struct in6 *ret)
{
	/* inet_pton takes no zone (%eth0) and no brackets. */
	return inet_pton(AF_INET6, text, ret->b) == 1 ? 0 : -1;
}

int subnet_parse(const char *text, bool *ret_is6, uint32_t *ret4, struct in6 *ret6, unsigned int *ret_prefix)
{
	size_t len = strcspn(text, "/");
	const char *digits = text[len] ? text + len + 1 : "";
	char addr[INET6_ADDRSTRLEN + 1];
	unsigned int prefix = 0;

	if (!digits[0] || strlen(digits) > 3 || strspn(digits, "0123456789") != strlen(digits) || (digits[0] == '0' && digits[1]) ||
	    len >= sizeof(addr))
		return -1;
	for (const char *d = digits; *d; d++)
		prefix = prefix * 10 + (unsigned int)(*d - '0');
	memcpy(addr, text, len);
	addr[len] = '\0';
	*ret_prefix = prefix;
	*ret_is6 = strchr(addr, ':') != NULL;
	if (*ret_is6)
		return prefix > 128 ? -1 : ipv6_parse(addr, ret6);
	return prefix > 32 ? -1 : ipv4_parse(addr, ret4);
}

const char *subnet_of(const char *address, struct arena *a)
{
	struct in6 six = { { 0 } };
	unsigned int prefix = 0;
	uint32_t four = 0;
	bool is6;

	if (subnet_parse(address, &is6, &four, &six, &prefix))
		return "?";
	if (!is6)
		return arena_printf(a, "%s/%u", ipv4_text(prefix ? four & ~(uint32_t)0 << (32 - prefix) : 0, a), prefix);
	for (unsigned int i = prefix / 8; i < 16; i++)
		six.b[i] = (uint8_t)(six.b[i] & (i > prefix / 8 ? 0 : 0xff << (8 - prefix % 8)));
	return arena_printf(a, "%s/%u", ipv6_text(&six, a), prefix);
}

bool ipv6_same_net(const struct in6 *a, const struct in6 *b, unsigned int prefix)
{
	unsigned int bytes = prefix / 8, bits = prefix % 8;

	if (memcmp(a->b, b->b, bytes) != 0)
		return false;
	return !bits || (a->b[bytes] ^ b->b[bytes]) >> (8 - bits) == 0;
}

const char *network_node_address6(const struct network *n, uint32_t addr, struct arena *a)
{
	struct in6 own = n->net6;

	if (n->ipv6 != IPV6_STATIC || !n->prefix6 || !addr)
		return NULL;
	for (unsigned int i = 0; i < 4; i++)
		own.b[12 + i] = (uint8_t)(addr >> (24 - 8 * i));
	return ipv6_text(&own, a);
}

/* --- conditions on speeds */

/* "10G", "2.5G", "100M" in Mbit/s; decimal, as networks count. */
static int speed_parse(const char *text, size_t n, uint64_t *ret)
{
	uint64_t whole = 0, part = 0, unit;
	size_t i = 0, digits = 0;

	for (; n && *text == ' '; n--)
		text++;
	while (n && text[n - 1] == ' ')
		n--;
	for (; i < n && text[i] >= '0' && text[i] <= '9' && digits < 6; i++, digits++)
		whole = whole * 10 + (uint64_t)(text[i] - '0');
	if (!digits || i + 1 > n)
		return -1;
	if (text[i] == '.') {
		if (i + 3 != n || text[i + 1] < '0' || text[i + 1] > '9')
			return -1;
		part = (uint64_t)(text[i + 1] - '0');
		i += 2;
	}
	unit = text[i] == 'G' || text[i] == 'g' ? 1000 : text[i] == 'M' || text[i] == 'm' ? 1 : 0;
	if (i + 1 != n || !unit || (part && unit == 1) || !(whole + part))
		return -1;
	*ret = whole * unit + part * unit / 10;
	return 0;
}

static int speed_cond_parse(const char *text, struct speed_cond *c)
{
	const char *dots = strstr(text, "..");
	size_t n = strlen(text);

	if (dots)
		return speed_parse(text, (size_t)(dots - text), &c->min) || speed_parse(dots + 2, strlen(dots + 2), &c->max) ||
				       c->min > c->max ? -1 : 0;
	c->max = UINT64_MAX;
	if (str_starts(text, ">="))
		return speed_parse(text + 2, n - 2, &c->min);
	if (str_starts(text, "<=")) {
		c->min = 1; /* unknown is not slow */
		return speed_parse(text + 2, n - 2, &c->max);
	}
	if (speed_parse(text, n, &c->min))
		return -1;
	c->max = c->min;
	return 0;
}

static int speed_read(const char *text, void *member, struct arena *a, const char **ret_why)
{
	struct speed_cond c = { .set = true };

	(void)ret_why;
	if (speed_cond_parse(text, &c))
		return -1;
	c.text = arena_strdup(a, text);
	*(struct speed_cond *)member = c;
	return 0;
}

static const char *speed_write(const void *member, struct arena *a)
{
	const struct speed_cond *c = member;

	(void)a;
	return c->set ? c->text : NULL;
}

static const struct field_codec speed_codec = {
	.what = "a speed per second: 10G, \">= 10G\", \"<= 1G\" or 1G..25G",
	.pattern = "^(>=|<=)? *[0-9]+(\\.[0-9])?[GMgm]$|^[0-9]+(\\.[0-9])?[GMgm] *\\.\\. *[0-9]+(\\.[0-9])?[GMgm]$",
	.read = speed_read,
	.write = speed_write,
};

/* --- texts with few forms; the member is a const char * */

static const char *text_write(const void *member, struct arena *a)
{
	const char *text;

	(void)a;
	memcpy(&text, member, sizeof(text));
	return text;
}

static int link_read(const char *text, void *member, struct arena *a, const char **ret_why)
{
	const char *up = "up";

	(void)a;
	(void)ret_why;
	if (strcmp(text, up) != 0)
		return -1;
	memcpy(member, &up, sizeof(up));
	return 0;
}

static const struct field_codec link_codec = {
	.what = "the word up", .pattern = "^up$", .read = link_read, .write = text_write
};

/* Kept in lower case with colons, as the kernel writes it, however the label on the case does. */
static int mac_read(const char *text, void *member, struct arena *a, const char **ret_why)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	char *mac = arena_strndup(a, "00:00:00:00:00:00", 17);

	if (strlen(text) != 17)
		return -1;
	for (size_t i = 0; i < 17; i++) {
		if (i % 3 == 2) {
			if (text[i] != text[2] || (text[i] != ':' && text[i] != '-'))
				return -1;
			continue;
		}
		if (!strchr(hex, text[i]))
			return -1;
		mac[i] = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] - 'A' + 'a') : text[i];
	}
	if (!strcmp(mac, "00:00:00:00:00:00") || strchr("13579bdf", mac[1])) {
		*ret_why = "is no address of a single port";
		return -1;
	}
	memcpy(member, &mac, sizeof(mac));
	return 0;
}

const struct field_codec mac_codec = {
	.what = "a MAC address, such as 52:54:00:12:34:56",
	.pattern = "^[0-9A-Fa-f]{2}((:[0-9A-Fa-f]{2}){5}|(-[0-9A-Fa-f]{2}){5})$",
	.read = mac_read,
	.write = text_write,
};

/* --- the tables */

static const struct field nic_fields[] = {
	FIELD_CUSTOM(struct nic_selector, mac, 0, &mac_codec, "its address"),
	FIELD_CUSTOM(struct nic_selector, permanent_mac, 0, &mac_codec, "its address as the maker gave it, whatever is in use"),
	FIELD_STRING(struct nic_selector, driver, LINE, "kernel driver; wildcards match"),
	FIELD_STRING(struct nic_selector, pci, LINE, "PCI address; wildcards match"),
	FIELD_CUSTOM(struct nic_selector, speed, 0, &speed_codec, "the speed of its link"),
	FIELD_CUSTOM(struct nic_selector, link, 0, &link_codec, "it has a carrier; slow ones are waited for, up to 90 s"),
	FIELD_STRING(struct nic_selector, neighbour, LINE, "name of the switch it is plugged into, as that says by LLDP; wildcards match"),
	FIELD_STRING(struct nic_selector, neighbour_port, LINE, "port of that switch, by LLDP; wildcards match"),
	FIELD_U64(struct nic_selector, count, FIELD_NONZERO, "bonds: how many ports match; one, if nothing is said"),
	FIELD_ENUM(struct nic_selector, pick, FIELD_NONZERO, nic_pick_names, "bonds: which to take when more match than are wanted"),
};
static const struct schema nic_schema = {
	.name = "nic_selector",
	.size = sizeof(struct nic_selector),
	.fields = nic_fields,
	.nfields = ARRAY_LEN(nic_fields),
	.pos_offset = offsetof(struct nic_selector, pos),
	.doc = "Says which port: all that is given must hold, and exactly one port must match (of a bond, `count`). "
	       "`fulcrum-install explain` shows every port with why it is taken or not.",
};

static const struct field bond_fields[] = {
	FIELD_ENUM(struct bond, mode, FIELD_REQUIRED, bond_mode_names,
		   "how the ports share the work; 802.3ad is LACP, and all balance-* but tlb and alb need a switch set up for them"),
	FIELD_STRUCTS(struct bond, nics, FIELD_REQUIRED | FIELD_OMIT_EMPTY, &nic_schema, "its ports"),
	FIELD_ENUM(struct bond, hash, FIELD_NONZERO, bond_hash_names, "802.3ad and balance-xor: what is kept in order"),
	FIELD_ENUM(struct bond, lacp_rate, FIELD_NONZERO, lacp_rate_names, "802.3ad: how often the partner is asked to speak"),
};
static const struct schema bond_schema = {
	.name = "bond",
	.size = sizeof(struct bond),
	.fields = bond_fields,
	.nfields = ARRAY_LEN(bond_fields),
	.pos_offset = offsetof(struct bond, pos),
	.doc = "Several ports as one. Machines netboot over one port of it: with active-backup and balance-tlb or -alb that works with "
	       "any switch, with 802.3ad the switch must be told to let a port without LACP pass (fallback, or no suspend).",
};

static const struct field link_fields[] = {
	FIELD_STRUCT(struct link, nic, FIELD_OMIT_EMPTY, &nic_schema, "its port, unless it is a bond"),
	FIELD_STRUCT(struct link, bond, FIELD_OMIT_EMPTY, &bond_schema, "several ports as one"),
	FIELD_U64(struct link, mtu, FIELD_NONZERO, "largest packet, 1280 to 9216 bytes; what the networks on it need, if nothing is said"),
};
const struct schema link_schema = {
	.name = "link",
	.size = sizeof(struct link),
	.fields = link_fields,
	.nfields = ARRAY_LEN(link_fields),
	.pos_offset = offsetof(struct link, pos),
	.doc = "A port or a bond, by a name that networks refer to; a bond is called so on the machine, too.",
};

static const struct field route_fields[] = {
	FIELD_STRING(struct net_route, to, FIELD_REQUIRED | LINE, "a subnet, such as 10.20.0.0/16"),
	FIELD_STRING(struct net_route, via, FIELD_REQUIRED | LINE, "a router in this network"),
};
static const struct schema route_schema = {
	.name = "route",
	.size = sizeof(struct net_route),
	.fields = route_fields,
	.nfields = ARRAY_LEN(route_fields),
	.pos_offset = offsetof(struct net_route, pos),
	.doc = "A way to a subnet that is not here.",
};

static const struct field network_fields[] = {
	FIELD_STRING(struct network, on, LINE, "link that it is on"),
	FIELD_STRUCT(struct network, nic, FIELD_OMIT_EMPTY, &nic_schema, "or, without a link, the admin node's port to it"),
	FIELD_U64(struct network, vlan, FIELD_NONZERO,
		  "VLAN, 1 to 4094; of the admin network only the admin node's own side is tagged: machines netboot untagged"),
	FIELD_STRING(struct network, bridge, LINE, "name of a bridge that has the addresses, for virtual machines to join"),
	FIELD_STRING(struct network, subnet, LINE, "for example 192.168.124.0/24"),
	FIELD_STRING(struct network, address, LINE, "the admin node's own address in it"),
	FIELD_STRING(struct network, gateway, LINE, "default route, if there is one"),
	FIELD_BOOL(struct network, dhcp, FIELD_OMIT_EMPTY, "somebody else's network: its DHCP server gives the IPv4 address, not we"),
	FIELD_CUSTOM(struct network, hosts, 0, &range_codec, "addresses of deployed nodes"),
	FIELD_CUSTOM(struct network, discovery, 0, &range_codec, "admin network: addresses of machines not yet known"),
	FIELD_ENUM(struct network, ipv6, FIELD_NONZERO, ipv6_mode_names,
		   "slaac: as a router of this network says; static: by `subnet6`, which alone means the same; off, if nothing is said"),
	FIELD_STRING(struct network, subnet6, LINE,
		     "for example fd00:124::/64; a node's address in it ends in the 32 bits of its IPv4 address"),
	FIELD_STRING(struct network, address6, LINE, "the admin node's own IPv6 address in it"),
	FIELD_STRING(struct network, gateway6, LINE, "IPv6 default route, if there is one"),
	FIELD_U64(struct network, mtu, FIELD_NONZERO, "largest packet, 1280 to 9216 bytes; 1500, if nothing is said"),
	FIELD_STRUCTS(struct network, routes, FIELD_OMIT_EMPTY, &route_schema, "ways to other subnets"),
	FIELD_STRINGS(struct network, dns, FIELD_OMIT_EMPTY | LINE, "name servers of nodes, after the admin node"),
	FIELD_STRINGS(struct network, search, FIELD_OMIT_EMPTY | LINE, "domains that nodes look names up in, after their own"),
};
const struct schema network_schema = {
	.name = "network",
	.size = sizeof(struct network),
	.fields = network_fields,
	.nfields = ARRAY_LEN(network_fields),
	.pos_offset = offsetof(struct network, pos),
	.doc = "One network. The one named `admin` is where nodes boot from; the others are whatever a site calls them: bmc, public, "
	       "storage. A network without `on` has a port of its own.",
};

bool nic_selector_is_set(const struct nic_selector *s)
{
	return s->mac || s->permanent_mac || s->driver || s->pci || s->link || s->speed.set || s->neighbour || s->neighbour_port;
}

bool link_is_bond(const struct link *l)
{
	return l->bond.mode != BOND_NONE || l->bond.n_nics;
}
