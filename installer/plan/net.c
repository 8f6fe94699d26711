/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks to devices: which ports, what is made of them, what each carries. */
#include "plan/net.h"

#include <inttypes.h>
#include <string.h>

#include "plan/select.h"

enum { NAME_MOST = 15 };

/* A link that was bound: its ports, and the device that networks are put on. */
struct built {
	const char *name, *base;
	const struct link *link;
	const struct nic **ports;
	size_t n_ports;
	const char *mac; /* what a bond or bridge of them is known by: of the port that netbooted, else of the first */
	uint64_t mtu;
};

/* One network that is to be made. */
struct member {
	const struct network *network;
	const char *address, *address6;
};

struct resolver {
	const struct net_request *r;
	struct arena *a;
	struct built *links;
	size_t n_links;
	struct net_dev *ports, *bonds, *vlans, *bridges; /* each kind apart: joined in this order */
	size_t n_ports, n_bonds, n_vlans, n_bridges;
};

static const struct link *find_link(const struct link *links, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(links[i].name, name))
			return &links[i];
	return NULL;
}

/* --- links */

static int take_port(struct resolver *v, struct built *b, const struct nic *nic, struct error *err)
{
	for (size_t i = 0; i <= v->n_links; i++) {
		const struct built *o = i < v->n_links ? &v->links[i] : b;

		for (size_t k = 0; k < o->n_ports; k++)
			if (o->ports[k] == nic) {
				error_set(err, ERR_SELECT, "port %s %s is wanted twice, by %s and by %s", nic->name,
					  nic->mac ? nic->mac : "", o->name, b->name);
				return error_hint(err, "make their conditions such that no port matches both; fulcrum-install explain shows each");
			}
	}
	b->ports = arena_grow(v->a, b->ports, b->n_ports, sizeof(*b->ports));
	b->ports[b->n_ports++] = nic;
	return 0;
}

static int select_ports(struct resolver *v, struct built *b, const struct link *l, const char *where, struct error *err)
{
	const struct nic_selector *s = link_is_bond(l) ? l->bond.nics : &l->nic;
	size_t n = link_is_bond(l) ? l->bond.n_nics : 1;

	for (size_t i = 0; i < n; i++) {
		const char *what = link_is_bond(l) ? arena_printf(v->a, "%s.bond.nics[%zu]", where, i) : arena_printf(v->a, "%s.nic", where);
		const struct nic **found;
		size_t n_found;

		if (select_nics(&s[i], what, v->r->machine, v->a, &found, &n_found, err))
			return -1;
		for (size_t k = 0; k < n_found; k++)
			if (take_port(v, b, found[k], err))
				return -1;
	}
	return 0;
}

static const struct nic *port_by_address(const struct machine *m, const char *mac)
{
	for (size_t i = 0; i < m->n_nics; i++)
		if (mac && (str_eq(m->nics[i].mac, mac) || str_eq(m->nics[i].permanent_mac, mac)))
			return &m->nics[i];
	return NULL;
}

static int boot_port(struct resolver *v, struct built *b, struct error *err)
{
	const struct nic *nic = port_by_address(v->r->machine, v->r->boot_mac);

	if (!nic)
		return error_set(err, ERR_SELECT, "port %s, which the machine netbooted from, is not seen on it any more",
				 v->r->boot_mac ? v->r->boot_mac : "?");
	return take_port(v, b, nic, err);
}

/* A node that netboots over a port outside of the link would not be reached once it is deployed. */
static int check_boot_port(struct resolver *v, const struct built *b, const struct network *n, struct error *err)
{
	if (!v->r->profile || !str_eq(n->name, "admin") || !v->r->boot_mac)
		return 0;
	for (size_t i = 0; i < b->n_ports; i++)
		if (str_eq(b->ports[i]->mac, v->r->boot_mac) || str_eq(b->ports[i]->permanent_mac, v->r->boot_mac))
			return 0;
	error_set(err, ERR_SELECT, "the machine netbooted from port %s, which is not in link %s of the admin network", v->r->boot_mac, b->name);
	return error_hint(err, "plug it in there, or change the link's conditions; in a profile, `links` are its nodes' own");
}

/* What the networks on link NAME need, and the link itself says. */
static uint64_t link_mtu(const struct resolver *v, const struct member *m, size_t n, const char *name, const struct link *l)
{
	uint64_t most = 0;

	for (size_t i = 0; i < n; i++) {
		const struct network *net = m[i].network;

		if (str_eq(net->on ? net->on : net->name, name) && net->mtu > most)
			most = net->mtu;
	}
	(void)v;
	return l && l->mtu ? l->mtu : most;
}

static struct net_dev *add_dev(struct resolver *v, struct net_dev **list, size_t *n, struct net_dev d)
{
	*list = arena_grow(v->a, *list, *n, sizeof(**list));
	(*list)[*n] = d;
	return &(*list)[(*n)++];
}

static void make_link_devices(struct resolver *v, struct built *b)
{
	const char **names = arena_array(v->a, b->n_ports, sizeof(*names));

	for (size_t i = 0; i < b->n_ports; i++) {
		names[i] = nic_pinned_name(v->r->machine, b->ports[i], v->a);
		add_dev(v, &v->ports, &v->n_ports, (struct net_dev){ .kind = NET_PORT, .name = names[i], .mac = nic_address(b->ports[i]),
								     .seen = b->ports[i]->name, .mtu = b->mtu });
	}
	b->base = names[0];
	b->mac = nic_address(b->ports[0]);
	for (size_t i = 0; i < b->n_ports && v->r->boot_mac; i++)
		if (str_eq(b->ports[i]->mac, v->r->boot_mac) || str_eq(b->ports[i]->permanent_mac, v->r->boot_mac))
			b->mac = nic_address(b->ports[i]);
	if (!b->link || !link_is_bond(b->link))
		return;
	b->base = b->name;
	add_dev(v, &v->bonds, &v->n_bonds,
		(struct net_dev){ .kind = NET_BOND, .name = b->name, .mac = b->mac, .members = names,
				  .n_members = b->n_ports, .mtu = b->mtu, .mode = b->link->bond.mode, .hash = b->link->bond.hash,
				  .lacp_rate = b->link->bond.lacp_rate });
}

/* The link of network N, which is bound and made unless it is there already. */
static int link_of(struct resolver *v, const struct member *m, size_t n_members, const struct network *n, struct built **ret,
		   struct error *err)
{
	const struct net_request *r = v->r;
	const char *name = n->on ? n->on : n->name;
	const struct link *own = r->profile ? find_link(r->profile->links, r->profile->n_links, name) : NULL;
	const struct link *sites = n->on ? find_link(r->site->links, r->site->n_links, name) : NULL;
	struct link implicit = { .name = name, .nic = n->nic };
	struct built b = { .name = name, .link = own ? own : sites };
	const char *where = own	  ? arena_printf(v->a, "profiles.%s.links.%s", r->profile->name, name) :
			    sites ? arena_printf(v->a, "links.%s", name) :
				    arena_printf(v->a, "networks.%s", name);
	int rc;

	for (size_t i = 0; i < v->n_links; i++)
		if (str_eq(v->links[i].name, name)) {
			*ret = &v->links[i];
			return 0;
		}
	if (r->profile && str_eq(n->name, "admin") && !b.link)
		rc = boot_port(v, &b, err);
	else
		rc = select_ports(v, &b, b.link ? b.link : &implicit, where, err);
	if (rc || check_boot_port(v, &b, n, err))
		return -1;
	b.mtu = link_mtu(v, m, n_members, name, b.link);
	make_link_devices(v, &b);
	v->links = arena_grow(v->a, v->links, v->n_links, sizeof(*v->links));
	v->links[v->n_links] = b;
	*ret = &v->links[v->n_links++];
	return 0;
}

/* --- networks */

static struct net_dev *find_dev(struct resolver *v, const char *name)
{
	struct {
		struct net_dev *list;
		size_t n;
	} kinds[] = { { v->ports, v->n_ports }, { v->bonds, v->n_bonds }, { v->vlans, v->n_vlans }, { v->bridges, v->n_bridges } };

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
		for (size_t i = 0; i < kinds[k].n; i++)
			if (str_eq(kinds[k].list[i].name, name))
				return &kinds[k].list[i];
	return NULL;
}

static const char *vlan_name(struct resolver *v, const char *base, uint64_t vlan)
{
	const char *name = arena_printf(v->a, "%s.%" PRIu64, base, vlan);

	/* Only ports that are called by their address are that long. */
	return strlen(name) <= NAME_MOST ? name : arena_printf(v->a, "vlan%" PRIu64 "-%zu", vlan, v->n_vlans);
}

static void add_text(struct arena *a, const char ***list, size_t *n, const char *text)
{
	*list = arena_grow(a, *list, *n, sizeof(**list));
	(*list)[(*n)++] = text;
}

static void carry(struct resolver *v, struct net_dev *d, const struct member *m)
{
	const struct network *n = m->network;
	uint64_t mtu = n->mtu ? n->mtu : 1500;

	d->network = n->name;
	if (m->address)
		add_text(v->a, &d->addresses, &d->n_addresses, arena_printf(v->a, "%s/%u", m->address, n->prefix));
	if (m->address6)
		add_text(v->a, &d->addresses, &d->n_addresses, arena_printf(v->a, "%s/%u", m->address6, n->prefix6));
	d->ip_mtu = d->mtu && mtu < d->mtu ? mtu : 0;
	d->gateway = n->gateway;
	d->gateway6 = n->gateway6;
	d->routes = n->routes;
	d->n_routes = n->n_routes;
	d->dhcp = n->dhcp;
	d->slaac = n->ipv6 == IPV6_SLAAC;
	d->dns = n->dns;
	d->n_dns = n->n_dns;
	d->search = n->search;
	d->n_search = n->n_search;
}

static int put_network(struct resolver *v, const struct member *m, size_t n_members, size_t i, struct error *err)
{
	const struct network *n = m[i].network;
	/* Firmware netboots untagged: for nodes the admin network is what their port is in by itself. */
	uint64_t vlan = v->r->profile && str_eq(n->name, "admin") ? 0 : n->vlan;
	struct built *b;
	struct net_dev *d;

	if (link_of(v, m, n_members, n, &b, err))
		return -1;
	d = find_dev(v, b->base);
	if (vlan)
		d = add_dev(v, &v->vlans, &v->n_vlans, (struct net_dev){ .kind = NET_VLAN, .name = vlan_name(v, b->base, vlan),
									 .on = b->base, .vlan = vlan, .mtu = n->mtu != 1500 ? n->mtu : 0 });
	if (n->bridge) {
		const char **members = arena_array(v->a, 1, sizeof(*members));

		members[0] = d->name;
		d = add_dev(v, &v->bridges, &v->n_bridges,
			    (struct net_dev){ .kind = NET_BRIDGE, .name = n->bridge, .mac = b->mac, .members = members,
					      .n_members = 1, .mtu = d->mtu });
	}
	if (d->network)
		return error_set(err, ERR_INPUT, "networks.%s: is on %s untagged, as network %s is", n->name, d->name, d->network);
	carry(v, d, &m[i]);
	return 0;
}

static void join(struct resolver *v, struct net *ret)
{
	size_t n = v->n_ports + v->n_bonds + v->n_vlans + v->n_bridges, at = 0;
	const struct {
		const struct net_dev *list;
		size_t n;
	} kinds[] = { { v->ports, v->n_ports }, { v->bonds, v->n_bonds }, { v->vlans, v->n_vlans }, { v->bridges, v->n_bridges } };

	ret->devs = arena_array(v->a, n, sizeof(*ret->devs));
	ret->n_devs = n;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
		for (size_t i = 0; i < kinds[k].n; i++) {
			ret->devs[at] = kinds[k].list[i];
			if (ret->devs[at].mtu == 1500)
				ret->devs[at].mtu = 0;
			at++;
		}
}

/* Which networks the machine is on: `admin` first, so that another one's doubtful port does not take its. */
static int list_members(const struct net_request *r, struct arena *a, struct member **ret, size_t *ret_n, struct error *err)
{
	size_t n = r->profile ? r->n_networks : r->site->n_networks;
	struct member *m = arena_array(a, n + 1, sizeof(*m));

	*ret_n = 0;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < n; i++) {
			const char *name = r->profile ? r->networks[i].name : r->site->networks[i].name;
			const struct network *net = site_network(r->site, name);

			if (!net)
				return error_set(err, ERR_INPUT, "networks: no network is named %s", name);
			if (str_eq(name, "admin") == !pass)
				m[(*ret_n)++] = (struct member){
					.network = net,
					.address = r->profile ? r->networks[i].address : net->dhcp ? NULL : net->address,
					.address6 = r->profile ? r->networks[i].address6 : net->ipv6 == IPV6_STATIC ? net->address6 : NULL,
				};
		}
	*ret = m;
	return 0;
}

int net_resolve(const struct net_request *r, struct arena *a, struct net *ret, const char ***notes, size_t *n_notes, struct error *err)
{
	struct resolver v = { .r = r, .a = a };
	struct member *m = NULL;
	size_t n;

	if (list_members(r, a, &m, &n, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!put_network(&v, m, n, i, err))
			continue;
		if (r->profile || str_eq(m[i].network->name, "admin") || !notes)
			return -1;
		add_text(a, notes, n_notes, arena_printf(a, "network %s is not configured: %.*s", m[i].network->name,
							     (int)strcspn(err->msg, "\n"), err->msg));
	}
	join(&v, ret);
	return 0;
}

/* --- questions */

int net_port(const struct site *s, const struct machine *m, const char *name, struct arena *a, const struct nic **ret, struct error *err)
{
	const struct net_request r = { .site = s, .machine = m };
	struct resolver v = { .r = &r, .a = a };
	const struct member only = { .network = site_network(s, name) };
	struct built *b;

	if (!only.network)
		return error_set(err, ERR_INPUT, "networks: no network is named %s", name);
	if (link_of(&v, &only, 1, only.network, &b, err))
		return -1;
	*ret = b->ports[0];
	for (size_t i = b->n_ports; i--;)
		if (b->ports[i]->link)
			*ret = b->ports[i];
	return 0;
}

typedef void (*selector_fn)(void *ctx, const struct nic_selector *s, const char *what);

static void each_in_link(const struct link *l, const char *where, struct arena *a, selector_fn f, void *ctx)
{
	if (!link_is_bond(l))
		f(ctx, &l->nic, arena_printf(a, "%s.nic", where));
	for (size_t i = 0; i < l->bond.n_nics; i++)
		f(ctx, &l->bond.nics[i], arena_printf(a, "%s.bond.nics[%zu]", where, i));
}

static void each_selector(const struct site *s, bool profiles, struct arena *a, selector_fn f, void *ctx)
{
	for (size_t i = 0; i < s->n_links; i++)
		each_in_link(&s->links[i], arena_printf(a, "links.%s", s->links[i].name), a, f, ctx);
	for (size_t i = 0; i < s->n_networks; i++)
		if (!s->networks[i].on)
			f(ctx, &s->networks[i].nic, arena_printf(a, "networks.%s.nic", s->networks[i].name));
	for (size_t i = 0; profiles && i < s->n_profiles; i++)
		for (size_t k = 0; k < s->profiles[i].n_links; k++)
			each_in_link(&s->profiles[i].links[k], arena_printf(a, "profiles.%s.links.%s", s->profiles[i].name,
									  s->profiles[i].links[k].name), a, f, ctx);
}

struct wants {
	bool links, neighbour;
};

static void look_at(void *ctx, const struct nic_selector *s, const char *what UNUSED)
{
	struct wants *w = ctx;

	w->links = w->links || s->link || s->speed.set || s->neighbour || s->neighbour_port;
	w->neighbour = w->neighbour || s->neighbour || s->neighbour_port;
}

bool net_wants_links(const struct site *s, bool *ret_neighbour)
{
	AUTO_ARENA a = ARENA_INIT;
	struct wants w = { 0 };

	each_selector(s, false, &a, look_at, &w);
	*ret_neighbour = w.neighbour;
	return w.links;
}

bool net_nodes_want_neighbours(const struct site *s)
{
	AUTO_ARENA a = ARENA_INIT;
	struct wants w = { 0 };

	each_selector(s, true, &a, look_at, &w);
	for (size_t i = 0; i < s->n_rules; i++)
		w.neighbour = w.neighbour || s->rules[i].when.neighbour;
	return w.neighbour;
}

struct explain {
	const struct machine *m;
	struct str *out;
};

static void explain_one(void *ctx, const struct nic_selector *s, const char *what)
{
	struct explain *e = ctx;

	str_addf(e->out, "%s\n", what);
	select_nics_explain(s, e->m, e->out);
}

void net_explain(const struct site *s, const struct machine *m, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;
	struct explain e = { m, out };

	each_selector(s, true, &a, explain_one, &e);
}
