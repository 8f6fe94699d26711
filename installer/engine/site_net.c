/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network to fetch the site file over. */
#include "engine/site_net.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/site.h"
#include "observe/observe.h"

enum { DHCP_MS = 90000, UDHCPC_MS = 20000, IP_MS = 10000, PAUSE_MS = 1000 };
enum { F_ADDRESS, F_SERVER, F_GATEWAY, F_NETMASK, F_HOST, F_PORT, F_AUTOCONF, F_DNS0, F_DNS1, FIELDS };

static const char resolv_conf[] = "/etc/resolv.conf", lease[] = "/run/fulcrum/lease";

/* --- what is asked for */

static int bad(struct error *err, const char *text, const char *what, const char *value)
{
	error_set(err, ERR_INPUT, "fulcrum.ip=%s: %s %s", text, value, what);
	return error_hint(err, "fulcrum.ip=dhcp, or ADDRESS/PREFIX::GATEWAY:::PORT:none:DNS");
}

static bool is_ipv4(const char *s)
{
	uint32_t v;

	return !ipv4_parse(s, &v);
}

/* Bits of a netmask, 0 if it is none. */
static unsigned int mask_bits(const char *s)
{
	uint32_t mask;

	if (ipv4_parse(s, &mask) || (~mask & (~mask + 1)))
		return 0;
	return (unsigned int)__builtin_popcount(mask);
}

/* ADDRESS, ADDRESS/PREFIX, or with a NETMASK of its own. */
static int parse_address(const char *text, char *address, const char *netmask, struct net_spec *ret, struct error *err)
{
	char *slash = strchr(address, '/'), *end = NULL;

	if (slash) {
		*slash = '\0';
		ret->prefix = (unsigned int)strtoul(slash + 1, &end, 10);
		if (!slash[1] || *end || slash[1] < '0' || slash[1] > '9' || ret->prefix > 32)
			ret->prefix = 0;
	} else if (netmask) {
		ret->prefix = mask_bits(netmask);
	}
	if (!is_ipv4(address))
		return bad(err, text, "is not an IPv4 address", address);
	if (!ret->prefix)
		return bad(err, text, "has neither a prefix (/24) nor a netmask", address);
	ret->address = address;
	return 0;
}

int site_net_parse(const char *text, struct arena *a, struct net_spec *ret, struct error *err)
{
	char *field[FIELDS] = { NULL }, *p = arena_strdup(a, text);
	size_t n = 0;

	*ret = (struct net_spec){ .dhcp = true };
	if (str_empty(text) || !strcmp(text, "dhcp"))
		return 0;
	for (char *f = strsep(&p, ":"); f; f = strsep(&p, ":")) {
		if (n == FIELDS)
			return bad(err, text, "is one field too many", f);
		field[n++] = *f ? f : NULL;
	}
	ret->port = field[F_PORT];
	ret->gateway = field[F_GATEWAY];
	ret->dns[0] = field[F_DNS0];
	ret->dns[1] = field[F_DNS1];
	if (field[F_AUTOCONF] && strcmp(field[F_AUTOCONF], "dhcp") != 0 && strcmp(field[F_AUTOCONF], "none") != 0 &&
	    strcmp(field[F_AUTOCONF], "off") != 0)
		return bad(err, text, "is neither dhcp nor none", field[F_AUTOCONF]);
	ret->dhcp = !field[F_ADDRESS];
	if (!ret->dhcp && parse_address(text, field[F_ADDRESS], field[F_NETMASK], ret, err))
		return -1;
	if (ret->dhcp && field[F_AUTOCONF] && strcmp(field[F_AUTOCONF], "dhcp") != 0)
		return bad(err, text, "needs an address", field[F_AUTOCONF]);
	for (size_t i = 0; i < 3; i++) {
		const char *v = i == 2 ? ret->gateway : ret->dns[i];

		if (v && !is_ipv4(v))
			return bad(err, text, "is not an IPv4 address", v);
	}
	return 0;
}

/* --- doing it */

static bool is_port(const struct nic *n, const char *port)
{
	const char *mac = n->permanent_mac ? n->permanent_mac : n->mac;

	if (str_eq(n->name, port))
		return true;
	for (size_t i = 0; mac; i++) {
		char want = mac[i] == ':' ? '-' : mac[i], got = port[i] >= 'A' && port[i] <= 'F' ? (char)(port[i] + 32) : port[i];

		if (want != got)
			return false;
		if (!want)
			return true;
	}
	return false;
}

static int run(struct sys *sys, const char *const *argv, unsigned int ms, struct error *err)
{
	return sys->ops->exec(sys, &(struct sys_exec){ .argv = argv, .timeout_ms = ms }, err);
}

static void list_ports(const struct machine *m, struct str *out)
{
	for (size_t i = 0; i < m->n_nics; i++)
		str_addf(out, "%s%s %s %s", i ? ", " : "", m->nics[i].name, m->nics[i].mac ? m->nics[i].mac : "",
			 m->nics[i].link ? "has a link" : "has no link");
	if (!m->n_nics)
		str_add(out, "this machine has no port that we have a driver for");
}

/* The port that SPEC names, or the only one with a link. */
static int one_port(const struct net_spec *spec, const struct machine *m, const struct nic **ret, struct error *err)
{
	AUTO_STR ports = STR_INIT;
	size_t n = 0;

	for (size_t i = 0; i < m->n_nics; i++) {
		if (spec->port ? !is_port(&m->nics[i], spec->port) : !m->nics[i].link)
			continue;
		*ret = &m->nics[i];
		n++;
	}
	if (n == 1)
		return 0;
	list_ports(m, &ports);
	if (spec->port)
		return error_set(err, ERR_SELECT, "fulcrum.ip= names the port %s, which is not here: %s", spec->port, str_text(&ports));
	error_set(err, ERR_SELECT, "fulcrum.ip= names no port, and %zu have a link, not 1: %s", n, str_text(&ports));
	return error_hint(err, "name it: ADDRESS/PREFIX::GATEWAY:::PORT:none");
}

static int set_static(struct sys *sys, const struct net_spec *spec, const struct machine *m, struct arena *a, struct error *err)
{
	const struct nic *nic = NULL;
	AUTO_STR dns = STR_INIT;

	if (one_port(spec, m, &nic, err))
		return -1;
	const char *const add[] = { "ip", "address", "replace", arena_printf(a, "%s/%u", spec->address, spec->prefix), "dev",
				    nic->name, NULL };
	const char *const route[] = { "ip", "route", "replace", "default", "via", spec->gateway, "dev", nic->name, NULL };

	if (run(sys, add, IP_MS, err) || (spec->gateway && run(sys, route, IP_MS, err)))
		return -1;
	for (size_t i = 0; i < 2; i++)
		if (spec->dns[i])
			str_addf(&dns, "nameserver %s\n", spec->dns[i]);
	return dns.len ? sys->ops->write_file(sys, resolv_conf, str_text(&dns), dns.len, 0644, err) : 0;
}

static int ask_dhcp(struct sys *sys, const struct net_spec *spec, const struct engine_sink *sink, struct arena *a,
		    struct error *err)
{
	uint64_t end = clock_mono_ms() + DHCP_MS;
	AUTO_STR ports = STR_INIT;
	struct machine m = { .machine = MACHINE_VERSION };
	struct error ignored;

	do {
		if (observe_nics("", a, &m, err))
			return -1;
		for (size_t i = 0; i < m.n_nics; i++) {
			const char *const argv[] = { "udhcpc", "-i", m.nics[i].name, "-n", "-q", "-t", "3", "-T", "2", "-s",
						     "/usr/share/udhcpc/default.script", NULL };

			if (!m.nics[i].link || (spec->port && !is_port(&m.nics[i], spec->port)))
				continue;
			if (sink && sink->note)
				sink->note(sink->ctx, arena_printf(a, "asking for an address on %s (%s)", m.nics[i].name, m.nics[i].mac));
			if (!run(sys, argv, UDHCPC_MS, &ignored))
				return 0;
		}
		if (sys->ops->sleep_ms(sys, PAUSE_MS, err))
			return -1;
	} while (clock_mono_ms() < end);
	list_ports(&m, &ports);
	error_set(err, ERR_NET, "no answer to DHCP within %d s: %s", DHCP_MS / 1000, str_text(&ports));
	return error_hint(err, "check cable and DHCP server, or give an address: fulcrum.ip=ADDRESS/PREFIX::GATEWAY");
}

int site_net_up(struct sys *sys, const char *text, const struct engine_sink *sink, struct arena *a, struct error *err)
{
	struct machine m = { .machine = MACHINE_VERSION };
	struct net_spec spec;

	if (site_net_parse(text, a, &spec, err) || observe_nics_up(sys, err))
		return -1;
	if (spec.dhcp)
		return ask_dhcp(sys, &spec, sink, a, err);
	if (observe_nics("", a, &m, err))
		return -1;
	return set_static(sys, &spec, &m, a, err);
}

void site_net_down(struct sys *sys, struct arena *a)
{
	struct machine m = { .machine = MACHINE_VERSION };
	struct error ignored;

	if (observe_nics("", a, &m, &ignored))
		return;
	for (size_t i = 0; i < m.n_nics; i++) {
		const char *const flush[] = { "ip", "address", "flush", "dev", m.nics[i].name, NULL };

		if (run(sys, flush, IP_MS, &ignored))
			continue; /* nobody is waited for: the next boot is clean */
	}
	if (sys->ops->remove(sys, resolv_conf, &ignored) || sys->ops->remove(sys, lease, &ignored))
		return;
}
