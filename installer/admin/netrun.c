/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binding, keeping, raising and lowering the admin node's network. */
#include "admin/netrun.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "data/json.h"
#include "observe/observe.h"
#include "plan/net.h"
#include "plan/net_ip.h"

enum { WAIT_MS = 500, NIC_TRIES = 40, WORDS_MOST = 24, KEPT_MAX = 1 << 20 };

/* --- what is kept */

static struct tree *read_state(const struct netrun *n, struct arena *a, struct error *err)
{
	const char *path = arena_printf(a, "%s/admin.json", n->data);
	AUTO_STR text = STR_INIT;

	if (file_read(path, KEPT_MAX, &text, err))
		return NULL;
	return json_parse(path, arena_strdup(a, str_text(&text)), text.len, a, err);
}

/* *RET_SAME: it was bound from these links and networks. */
static int read_kept(const struct netrun *n, const struct site *site, struct arena *a, struct net *ret, bool *ret_same, struct error *err)
{
	const struct tree *t = read_state(n, a, err), *net;
	char hash[HASH_HEX];

	memset(ret, 0, sizeof(*ret));
	*ret_same = false;
	if (!t)
		return -1;
	net = tree_get(t, "net");
	if (!net)
		return 0;
	if (field_from_tree(&net_schema, net, ret, a, err))
		return error_wrap(err, "admin.json: net");
	site_networks_hash(site, hash);
	*ret_same = str_eq(tree_get_text(t, "networks"), hash);
	return 0;
}

int netrun_keep(const struct netrun *n, const struct site *site, const struct net *net, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct tree *old = read_state(n, &a, err);
	struct tree *t = tree_new(&a, TREE_MAP);
	AUTO_STR text = STR_INIT;
	char hash[HASH_HEX];

	if (!old)
		return -1;
	site_networks_hash(site, hash);
	for (size_t i = 0; i < old->n; i++)
		if (!str_eq(old->keys[i], "net") && !str_eq(old->keys[i], "networks"))
			tree_add(&a, t, old->keys[i], old->items[i]);
	tree_add(&a, t, "networks", tree_string(&a, hash));
	tree_add(&a, t, "net", field_write(&net_schema, net, false, &a));
	json_write(t, true, &text);
	return file_replace(arena_printf(&a, "%s/admin.json", n->data), str_text(&text), text.len, 0600, err);
}

int netrun_now(const struct netrun *n, struct arena *a, struct net *ret, struct error *err)
{
	const char *path = arena_printf(a, "%s/net.json", n->run);
	AUTO_STR text = STR_INIT;

	memset(ret, 0, sizeof(*ret));
	if (file_read(path, KEPT_MAX, &text, err))
		return err->sys == ENOENT ? 0 : -1;
	return field_from_json(&net_schema, path, arena_strdup(a, str_text(&text)), text.len, ret, a, err);
}

int netrun_set_now(const struct netrun *n, const struct net *net, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;

	field_to_json(&net_schema, net, false, true, &text);
	return n->sys->ops->write_file(n->sys, arena_printf(&a, "%s/net.json", n->run), str_text(&text), text.len, 0644, err);
}

/* --- ports that are there */

static const struct nic *find_nic(const struct machine *m, const char *mac)
{
	for (size_t i = 0; i < m->n_nics; i++)
		if (mac && (str_eq(nic_address(&m->nics[i]), mac) || str_eq(m->nics[i].mac, mac)))
			return &m->nics[i];
	return NULL;
}

static bool keeps(const struct net *net, const char *name)
{
	return net_dev_named(net, name) != NULL;
}

/* NET without what stands on ports that M does not have. A bond stays with one port. */
static void prune(const struct net *net, const struct machine *m, struct arena *a, struct net *ret)
{
	ret->devs = arena_array(a, net->n_devs, sizeof(*ret->devs));
	ret->n_devs = 0;
	for (size_t i = 0; i < net->n_devs; i++) {
		struct net_dev d = net->devs[i];
		const char **members = arena_array(a, d.n_members + 1, sizeof(*members));
		size_t n = 0;

		for (size_t k = 0; k < d.n_members; k++)
			if (keeps(ret, d.members[k]))
				members[n++] = d.members[k];
		if (d.kind == NET_PORT ? !find_nic(m, d.mac) : d.kind == NET_VLAN ? !keeps(ret, d.on) : !n)
			continue;
		d.members = members;
		d.n_members = n;
		ret->devs[ret->n_devs++] = d;
	}
}

static void warn_missing(const struct net *net, const struct machine *m, const struct net *left, struct str *warnings)
{
	for (size_t i = 0; i < net->n_devs; i++) {
		const struct net_dev *d = &net->devs[i];

		if (d->kind == NET_PORT && !find_nic(m, d->mac))
			str_addf(warnings, "port %s (%s) is not there\n", d->name, d->mac);
		if (d->network && !net_find(left, d->network))
			str_addf(warnings, "network \"%s\" is not configured: its port is not there\n", d->network);
	}
}

/* --- binding */

int netrun_resolve(const struct netrun *n, const struct site *site, struct arena *a, struct net *ret, const char ***notes,
		   size_t *n_notes, struct error *err)
{
	struct machine *m = ARENA_NEW(a, struct machine);
	const struct net_request r = { .site = site, .machine = m };
	bool neighbour;

	m->machine = MACHINE_VERSION;
	/* Whether a cable is plugged in is known only of ports that are up. */
	if ((net_wants_links(site, &neighbour) && !n->root[0] && observe_nics_up(n->sys, err)) || observe_nics(n->root, a, m, err))
		return -1;
	return net_resolve(&r, a, ret, notes, n_notes, err);
}

static bool has_all(const struct net *net, const struct site *site)
{
	for (size_t i = 0; i < site->n_networks; i++)
		if (!net_find(net, site->networks[i].name))
			return false;
	return true;
}

/* The first port below the admin network. */
static const char *admin_port(const struct net *net)
{
	const struct net_dev *d = net_find(net, "admin");

	while (d && d->kind != NET_PORT)
		d = net_dev_named(net, d->on ? d->on : d->n_members ? d->members[0] : NULL);
	return d ? d->mac : NULL;
}

/*
 * Bound anew; if that is not clear, what is kept has to do. With SAME, only a network was missing when it was bound: what
 * is cabled otherwise today is no reason to move the admin network to another port.
 */
static int bind_anew(const struct netrun *n, const struct site *site, struct arena *a, const struct net *kept, bool same,
		     struct net *ret, struct str *warnings, struct error *err)
{
	const char **notes = NULL;
	size_t n_notes = 0;

	if (!netrun_resolve(n, site, a, ret, &notes, &n_notes, err)) {
		if (same && !str_eq(admin_port(ret), admin_port(kept)))
			*ret = *kept;
		for (size_t i = 0; i < n_notes; i++)
			str_addf(warnings, "%s\n", notes[i]);
		return 0;
	}
	if (!net_find(kept, "admin"))
		return -1;
	str_addf(warnings, "the networks of the site file cannot be had, those of before are kept: %s\n", err->msg);
	*ret = *kept;
	return 0;
}

int netrun_bind(const struct netrun *n, const struct site *site, struct arena *a, struct net *ret, struct str *warnings, struct error *err)
{
	struct net kept = { 0 }, whole = { 0 };
	bool same;

	if (read_kept(n, site, a, &kept, &same, err))
		return -1;
	for (int tries = NIC_TRIES; tries-- > 0;) {
		struct machine m = { .machine = MACHINE_VERSION };
		AUTO_STR said = STR_INIT;
		int bad = 0;

		if (same && has_all(&kept, site))
			whole = kept;
		else
			bad = bind_anew(n, site, a, &kept, same, &whole, &said, err);
		if (!bad) {
			if (observe_nics(n->root, a, &m, err))
				return -1;
			prune(&whole, &m, a, ret);
			if (net_find(ret, "admin")) {
				str_add(warnings, str_text(&said));
				warn_missing(&whole, &m, ret, warnings);
				return 0;
			}
			error_set(err, ERR_NOT_FOUND, "no port of the admin network is there");
			error_hint(err, "attach it again, or install again: the site file then says which port it is");
		}
		if (tries) {
			struct error ignored;

			if (n->sys->ops->sleep_ms(n->sys, WAIT_MS, &ignored))
				return -1;
		}
	}
	return -1;
}

/* --- doing */

static int stop(const struct netrun *n, const char *file, struct error *err)
{
	AUTO_STR pid = STR_INIT;
	char *end;

	if (n->sys->ops->read_file(n->sys, file, 64, &pid, err))
		return -1;
	end = strpbrk(str_text(&pid), "\n");
	if (end)
		*end = '\0';
	const char *const argv[] = { "kill", str_text(&pid), NULL };

	return n->sys->ops->exec(n->sys, &(struct sys_exec){ .argv = argv, .timeout_ms = 10000 }, err);
}

static int do_line(const struct netrun *n, char *line, struct error *err)
{
	const char *argv[WORDS_MOST + 1];
	char *save = NULL;
	int words = 0;

	for (char *w = strtok_r(line, " ", &save); w && words < WORDS_MOST; w = strtok_r(NULL, " ", &save))
		argv[words++] = w;
	argv[words] = NULL;
	if (!strcmp(argv[0], "stop"))
		return stop(n, argv[1], err);
	return n->sys->ops->exec(n->sys, &(struct sys_exec){ .argv = argv, .timeout_ms = 20000 }, err);
}

/* LINES, one after the other; with ALL past those that fail. */
static int do_lines(const struct netrun *n, const struct str *lines, bool all, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	char *save = NULL;

	for (char *line = strtok_r(arena_strdup(&a, str_text(lines)), "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (do_line(n, line, err) && !all)
			return -1;
	}
	return 0;
}

static int rename_port(const struct netrun *n, const char *from, const char *to, struct error *err)
{
	const char *const down[] = { "ip", "link", "set", "dev", from, "down", NULL };
	const char *const name[] = { "ip", "link", "set", "dev", from, "name", to, NULL };

	if (n->sys->ops->exec(n->sys, &(struct sys_exec){ .argv = down, .timeout_ms = 10000 }, err))
		return -1;
	return n->sys->ops->exec(n->sys, &(struct sys_exec){ .argv = name, .timeout_ms = 10000 }, err);
}

static int name_ports(const struct netrun *n, const struct net *net, struct error *err)
{
	struct machine m = { .machine = MACHINE_VERSION };
	AUTO_ARENA a = ARENA_INIT;

	if (observe_nics(n->root, &a, &m, err))
		return -1;
	for (size_t i = 0; i < net->n_devs; i++) {
		const struct net_dev *d = &net->devs[i];
		const struct nic *nic = d->kind == NET_PORT ? find_nic(&m, d->mac) : NULL;

		if (!nic || str_eq(nic->name, d->name))
			continue;
		/* A port that was moved may still have the name that this one gets now. */
		for (size_t k = 0; k < m.n_nics; k++)
			if (str_eq(m.nics[k].name, d->name)) {
				m.nics[k].name = arena_printf(&a, "moved%zu", k);
				if (rename_port(n, d->name, m.nics[k].name, err))
					return -1;
			}
		if (rename_port(n, nic->name, d->name, err))
			return error_wrap(err, "port %s", d->mac);
	}
	return 0;
}

int netrun_up(const struct netrun *n, const struct net *net, struct error *err)
{
	AUTO_STR lines = STR_INIT;

	net_ip_up(net, &lines);
	if (name_ports(n, net, err) || do_lines(n, &lines, false, err))
		return error_wrap(err, "network");
	return netrun_set_now(n, net, err);
}

void netrun_down(const struct netrun *n, const struct net *net)
{
	AUTO_STR lines = STR_INIT;
	struct error ignored;

	net_ip_down(net, &lines);
	if (do_lines(n, &lines, true, &ignored))
		return;
}
