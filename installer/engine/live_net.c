/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of the live system. */
#include "engine/live_net.h"

#include <string.h>

#include "plan/net.h"

enum { IP_MS = 10000, DHCP_MS = 20000 };

static const char lease_script[] = "/usr/share/udhcpc/default.script";

static void note(const struct engine_sink *k, const char *text)
{
	if (k && k->note)
		k->note(k->ctx, text);
}

static void run(const struct live_net *n, const char *const *argv, unsigned int timeout_ms, const struct engine_sink *sink)
{
	const struct sys_exec x = { .argv = argv, .timeout_ms = timeout_ms };
	struct error err = { 0 };

	if (n->sys->ops->exec(n->sys, &x, &err))
		note(sink, err.msg);
}

static const char *dhcp_pid(const struct live_net *n, const char *port)
{
	return arena_printf(n->a, "/run/fulcrum/udhcpc.%s.pid", port);
}

/* A lease that ends, or is renewed, would take the port's own address away. */
static void stop_asking(const struct live_net *n, const char *port, const struct engine_sink *sink)
{
	const char *path = dhcp_pid(n, port);
	AUTO_STR pid = STR_INIT;
	struct error none;

	if (n->sys->ops->read_file(n->sys, path, 64, &pid, &none))
		return;
	str_cut(&pid, strspn(str_text(&pid), "0123456789"));
	const char *const argv[] = { "kill", str_text(&pid), NULL };

	run(n, argv, IP_MS, sink);
	(void)!n->sys->ops->remove(n->sys, path, &none);
}

static void own_address(const struct live_net *n, const struct network *net, const char *port, const struct engine_sink *sink)
{
	const char *const up[] = { "ip", "link", "set", "dev", port, "up", NULL };
	const char *const add[] = { "ip", "addr", "replace", arena_printf(n->a, "%s/%u", net->address, net->prefix), "dev", port, NULL };
	const char *const route[] = { "ip", "route", "replace", "default", "via", net->gateway, "dev", port, NULL };

	stop_asking(n, port, sink);
	run(n, up, IP_MS, sink);
	run(n, add, IP_MS, sink);
	if (net->gateway)
		run(n, route, IP_MS, sink);
}

static void ask_address(const struct live_net *n, const char *port, const struct engine_sink *sink)
{
	const char *pid = dhcp_pid(n, port);
	/* -b: it goes on in the background, with a lease or without. */
	const char *const argv[] = { "udhcpc", "-i", port, "-b", "-t", "2", "-T", "2", "-p", pid, "-s", lease_script, NULL };
	AUTO_STR there = STR_INIT;
	struct error none;

	if (!n->sys->ops->read_file(n->sys, pid, 64, &there, &none))
		return;
	run(n, argv, DHCP_MS, sink);
}

/* Asking would take away what a port has already. */
static bool has_address(const struct live_address *list, size_t n, const char *port)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i].port, port) && !strchr(list[i].text, ':'))
			return true;
	return false;
}

static void ask_addresses(const struct live_net *n, const bool *named, const struct engine_sink *sink)
{
	const struct machine *m = n->machine;
	struct live_address *list;
	struct error err = { 0 };
	size_t n_list;

	if (live_net_addresses(n->sys, n->a, &list, &n_list, &err)) {
		note(sink, err.msg);
		return;
	}
	for (size_t i = 0; i < m->n_nics; i++)
		if (!named[i] && m->nics[i].link && !has_address(list, n_list, m->nics[i].name))
			ask_address(n, m->nics[i].name, sink);
}

void live_net_up(const struct live_net *n, const struct engine_sink *sink)
{
	const struct machine *m = n->machine;
	bool *named = arena_array(n->a, m->n_nics + 1, sizeof(*named));

	for (size_t i = 0; n->site && i < n->site->n_networks; i++) {
		const struct network *net = &n->site->networks[i];
		const struct nic *port = NULL;
		struct error err = { 0 };

		/* Bonds and VLANs are the installed system's: until then one port is as good, and a tag more than is needed. */
		if (net->vlan || !net->address)
			continue;
		if (net_port(n->site, m, net->name, n->a, &port, &err)) {
			err.msg[strcspn(err.msg, "\n")] = '\0';
			note(sink, err.msg);
			continue;
		}
		named[port - m->nics] = true;
		if (n->admin_address || !str_eq(net->name, "admin"))
			own_address(n, net, port->name, sink);
	}
	if (n->ask)
		ask_addresses(n, named, sink);
}

/* The next word of *AT on its line, "" at the end of it. */
static const char *word(const char **at, struct arena *a)
{
	const char *begin = *at + strspn(*at, " \t");
	size_t n = strcspn(begin, " \t\n");

	*at = begin + n;
	return arena_strndup(a, begin, n);
}

/* "2: eth0    inet6 fe80::1/64 scope link ..." */
size_t live_net_parse(const char *text, struct arena *a, struct live_address **ret)
{
	size_t n = 0;

	*ret = NULL;
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *at = line, *port, *family, *address;

		word(&at, a);
		port = word(&at, a);
		family = word(&at, a);
		address = word(&at, a);
		address = arena_strndup(a, address, strcspn(address, "/"));
		if (!address[0] || str_eq(port, "lo") || (!str_eq(family, "inet") && !str_eq(family, "inet6")))
			continue;
		if (str_starts(address, "fe80:"))
			address = arena_printf(a, "%s%%%s", address, port);
		*ret = arena_grow(a, *ret, n, sizeof(**ret));
		(*ret)[n++] = (struct live_address){ port, address };
	}
	return n;
}

int live_net_addresses(struct sys *sys, struct arena *a, struct live_address **ret, size_t *ret_n, struct error *err)
{
	const char *const argv[] = { "ip", "-o", "addr", "show", "up", NULL };
	AUTO_STR text = STR_INIT;

	*ret = NULL;
	*ret_n = 0;
	if (sys->ops->exec(sys, &(struct sys_exec){ .argv = argv, .output = &text, .timeout_ms = IP_MS }, err))
		return -1;
	*ret_n = live_net_parse(str_text(&text), a, ret);
	return 0;
}
