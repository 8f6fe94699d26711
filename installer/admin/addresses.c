/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of nodes outside of the admin network. */
#include "admin/addresses.h"

#include <string.h>

struct list {
	struct arena *a;
	struct node_network *v;
	size_t n;
};

static int add_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	struct list *l = ctx;

	l->v = arena_grow(l->a, l->v, l->n, sizeof(*l->v));
	l->v[l->n++] = (struct node_network){ .name = row_text(row, 0, l->a), .address = row_text(row, 1, l->a) };
	return 0;
}

int addresses_kept(struct store *st, const struct node *n, struct arena *a, struct node_network **ret, size_t *ret_n, struct error *err)
{
	struct list l = { .a = a };

	if (store_each(st, "SELECT network, address FROM address WHERE node = ?1 ORDER BY network", add_row, &l, err, "i", n->id))
		return -1;
	*ret = l.v;
	*ret_n = l.n;
	return 0;
}

static bool in_hosts(const struct network *net, const char *address)
{
	uint32_t ip;

	return address && !ipv4_parse(address, &ip) && net->hosts.first && ip >= net->hosts.first && ip <= net->hosts.last;
}

/* The next free one after the place that the node has in the admin network's hosts: equal ranges give equal numbers. */
static uint32_t wish(const struct site *s, const struct network *net, const struct node *n)
{
	const struct network *admin = site_network(s, "admin");
	uint32_t own, at;

	if (!admin || !n->address || ipv4_parse(n->address, &own) || own < admin->hosts.first)
		return net->hosts.first;
	at = own - admin->hosts.first;
	return at <= net->hosts.last - net->hosts.first ? net->hosts.first + at : net->hosts.first;
}

static int give(struct store *st, const struct site *s, const struct network *net, const struct node *n, struct arena *a,
		const char **ret, struct error *err)
{
	uint32_t count = net->hosts.last - net->hosts.first + 1, from = wish(s, net, n);

	for (uint32_t i = 0; net->hosts.first && i < count; i++) {
		uint32_t ip = net->hosts.first + (from - net->hosts.first + i) % count;
		int64_t taken;

		*ret = ipv4_text(ip, a);
		if (store_number(st, "SELECT 1 FROM address WHERE network = ?1 AND address = ?2", &taken, err, "ss", net->name, *ret))
			return -1;
		if (!taken)
			return store_run(st, "INSERT OR REPLACE INTO address (node, network, address) VALUES (?1, ?2, ?3)", err, "iss",
					 n->id, net->name, *ret);
	}
	error_set(err, ERR_CONFLICT, "no address is free in hosts %s of network \"%s\"", net->hosts.text ? net->hosts.text : "(none)",
		  net->name);
	return error_hint(err, "widen networks.%s.hosts in the site file and restart fulcrumd", net->name);
}

static int address_in(struct store *st, const struct site *s, const struct network *net, const struct node *n,
		      const struct node_network *kept, size_t n_kept, struct arena *a, const char **ret, struct error *err)
{
	*ret = NULL;
	if (str_eq(net->name, "admin")) {
		*ret = n->address;
		return 0;
	}
	if (!net->prefix) /* its server gives it, or there is no IPv4 */
		return 0;
	for (size_t i = 0; i < n_kept; i++)
		if (str_eq(kept[i].name, net->name) && in_hosts(net, kept[i].address)) {
			*ret = kept[i].address;
			return 0;
		}
	return give(st, s, net, n, a, ret, err);
}

static int fill(struct store *st, const struct site *s, const struct node *n, const char *const *names, size_t n_names, struct arena *a,
		struct node_network *ret, struct error *err)
{
	struct node_network *kept;
	size_t n_kept;

	if (addresses_kept(st, n, a, &kept, &n_kept, err))
		return -1;
	for (size_t i = 0; i < n_names; i++) {
		const struct network *net = site_network(s, names[i]);
		uint32_t ip = 0;

		if (!net)
			return error_set(err, ERR_INPUT, "the site file has no network \"%s\"", names[i]);
		ret[i].name = net->name;
		if (address_in(st, s, net, n, kept, n_kept, a, &ret[i].address, err))
			return -1;
		if (ret[i].address && !ipv4_parse(ret[i].address, &ip))
			ret[i].address6 = network_node_address6(net, ip, a);
	}
	return 0;
}

int addresses_of(struct store *st, const struct site *s, const struct node *n, const struct profile *p, struct arena *a,
		 struct node_network **ret, size_t *ret_n, struct error *err)
{
	static const char *const admin_only[] = { "admin" };
	const char *const *names = p->n_networks ? p->networks : admin_only;

	*ret_n = p->n_networks ? p->n_networks : 1;
	*ret = arena_array(a, *ret_n, sizeof(**ret));
	if (store_begin(st, true, err))
		return -1;
	if (fill(st, s, n, names, *ret_n, a, *ret, err)) {
		store_rollback(st);
		return -1;
	}
	return store_commit(st, err);
}
