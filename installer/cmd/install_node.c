/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Identity of a node without an admin node. */
#include "cmd/install_node.h"

#include <string.h>

#include "base/str.h"
#include "plan/net.h"
#include "plan/select.h"

/* As a host name is written; the site file's own names were checked when it was read. */
static bool name_is_good(const char *s)
{
	size_t n = strlen(s);

	return n && n < 64 && s[0] != '-' && s[n - 1] != '-' &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static bool inside(const struct addr_range *r, uint32_t v)
{
	return r->first && v >= r->first && v <= r->last;
}

/* A node's own: in the subnet, and nobody else's. */
static int pick_address(const struct network *net, const char *text, uint32_t *ret, struct error *err)
{
	const char *why = NULL;
	uint32_t gateway = 0;

	if (net->gateway && ipv4_parse(net->gateway, &gateway))
		return error_set(err, ERR_INPUT, "networks.admin.gateway: %s is not an IPv4 address", net->gateway);
	*ret = net->hosts.first;
	if (!text)
		return *ret ? 0 : error_set(err, ERR_INPUT, "networks.admin: has no hosts to take an address from");
	if (ipv4_parse(text, ret))
		return error_set(err, ERR_INPUT, "--address %s: not an IPv4 address", text);
	if ((*ret & net->mask) != net->net)
		why = "is not in";
	else if (*ret == net->net || *ret == (net->net | ~net->mask))
		why = "is no host's address in";
	else if (*ret == net->addr)
		why = "is the admin node's in";
	else if (gateway && *ret == gateway)
		why = "is the gateway's in";
	else if (inside(&net->discovery, *ret))
		why = "is given to machines that are discovered in";
	return why ? error_set(err, ERR_INPUT, "--address %s: %s networks.admin (%s)", text, why, net->subnet) : 0;
}

/* In every other network of P, the address at the same place among its hosts as ADDRESS has among the admin network's. */
static int own_networks(const struct site *s, const struct profile *p, uint32_t address, struct arena *a, struct identity *who,
			struct error *err)
{
	static const char *admin_only[] = { "admin" };
	const char **names = p->n_networks ? p->networks : admin_only;
	const struct network *admin = site_network(s, "admin");

	who->n_networks = p->n_networks ? p->n_networks : 1;
	who->networks = arena_array(a, who->n_networks, sizeof(*who->networks));
	for (size_t i = 0; i < who->n_networks; i++) {
		const struct network *net = site_network(s, names[i]);
		uint32_t own = address;

		if (!net)
			return error_set(err, ERR_INPUT, "networks.%s: is missing", names[i]);
		if (net != admin)
			own = net->hosts.first ? net->hosts.first + (address - admin->hosts.first) % (net->hosts.last - net->hosts.first + 1) : 0;
		who->networks[i] = (struct node_network){ .name = names[i], .address = own ? ipv4_text(own, a) : NULL,
							  .address6 = network_node_address6(net, own, a) };
	}
	return 0;
}

static bool has_link(const struct site *s, const struct profile *p)
{
	const struct network *admin = site_network(s, "admin");
	const char *name = admin->on ? admin->on : admin->name;

	for (size_t i = 0; i < p->n_links; i++)
		if (str_eq(p->links[i].name, name))
			return true;
	return admin->on != NULL;
}

/* The port that a machine of an admin node would have netbooted from. */
static int pick_port(const struct site *s, const struct profile *p, const struct machine *m, const struct identity *who, struct arena *a,
		     const char **ret, struct error *err)
{
	const struct nic_selector linked = { .link = "up" }, any = { .mac = NULL };
	const struct net_request r = { .site = s, .machine = m, .profile = p, .networks = who->networks, .n_networks = who->n_networks };
	const struct nic *nic = NULL;
	struct net net;

	if (has_link(s, p)) {
		if (net_resolve(&r, a, &net, NULL, NULL, err))
			return -1;
		*ret = net.devs[0].mac;
		return 0;
	}
	if (select_nic(m->n_nics == 1 ? &any : &linked, "the node's port", m, a, &nic, err))
		return -1;
	*ret = nic_address(nic);
	return 0;
}

int install_identity(const struct site *s, const struct profile *p, const struct machine *m, const char *hostname,
		     const char *address_text, struct arena *a, struct identity *who, struct error *err)
{
	const struct network *net = site_network(s, "admin");
	const char *mac = NULL;
	uint32_t address = 0;
	const char *dot = strchr(s->admin.name, '.');

	hostname = hostname ? hostname : p->name;
	if (!name_is_good(hostname))
		return error_set(err, ERR_INPUT, "--node %s: not a host name: lower-case letters, digits, inner hyphens", hostname);
	if (!net)
		return error_set(err, ERR_INPUT, "networks.admin: is missing");
	if (pick_address(net, address_text, &address, err))
		return -1;
	if (own_networks(s, p, address, a, who, err) || pick_port(s, p, m, who, a, &mac, err))
		return -1;
	*who = (struct identity){
		.networks = who->networks, .n_networks = who->n_networks, .node = hostname, .hostname = hostname, .domain = dot ? dot + 1 : NULL,
		.address = ipv4_text(address, a), .prefix = net->prefix, .gateway = net->gateway,
		.mac = mac, .admin_address = net->address,
		.ssh_keys = s->admin.access.ssh_keys, .n_ssh_keys = s->admin.access.n_ssh_keys,
		.packages = p->packages, .n_packages = p->n_packages,
	};
	return 0;
}

void install_catalog_guess(const struct profile *p, struct arena *a, struct catalog *c)
{
	c->images = ARENA_NEW(a, struct catalog_image);
	*c->images = (struct catalog_image){ .name = p->image, .version = "none", .fs = "ext4", .list_hash = "none",
					     .chunk_bytes = 1u << 20 };
	c->n_images = 1;
}
