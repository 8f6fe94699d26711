/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Networks: from a site file and a machine to devices, to commands of iproute2 and to systemd-networkd's files, against
 * tests/net/; names of ports, selectors, addresses. Linked without sys/ and observe/. FULCRUM_UPDATE=1 writes what comes
 * out into the cases. Run from the top of the tree.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "plan/net.h"
#include "plan/net_ip.h"
#include "plan/net_networkd.h"
#include "plan/select.h"
#include "tap.h"

static const char boot_mac[] = "52:54:00:aa:cc:00";

static void stop(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(1);
}

static char *load(const char *path, struct arena *a)
{
	AUTO_STR text = STR_INIT;
	struct error err;

	if (file_read(path, 1 << 24, &text, &err))
		stop(err.msg);
	return arena_strdup(a, str_text(&text));
}

static struct site *load_site(const char *path, struct arena *a)
{
	const char *text = load(path, a);
	struct findings f = { .arena = a };
	struct site *s = site_parse("site.yaml", text, strlen(text), a, &f);
	AUTO_STR said = STR_INIT;

	findings_print(&f, &said);
	if (f.n)
		stop(str_text(&said));
	return s;
}

static struct machine *load_machine(const char *path, struct arena *a)
{
	struct machine *m = ARENA_NEW(a, struct machine);
	const char *text = load(path, a);
	struct error err;

	if (field_from_json(&machine_schema, path, text, strlen(text), m, a, &err))
		stop(err.msg);
	return m;
}

/* The value of "@KEY value" in TEXT. */
static const char *value(const char *text, const char *key, struct arena *a)
{
	const char *at = strstr(text, key);

	return at ? arena_strndup(a, at + strlen(key), strcspn(at + strlen(key), "\n")) : "";
}

/* A node's addresses as if it were the third of its kind. */
static void third_node(const struct site *s, const struct profile *p, struct arena *a, struct net_request *r)
{
	static const char *admin_only[] = { "admin" };
	const char **names = p->n_networks ? p->networks : admin_only;
	size_t n = p->n_networks ? p->n_networks : 1;
	struct node_network *list = arena_array(a, n, sizeof(*list));

	for (size_t i = 0; i < n; i++) {
		const struct network *net = site_network(s, names[i]);
		uint32_t ip = net->hosts.first ? net->hosts.first + 2 : 0;

		list[i] = (struct node_network){ net->name, ip ? ipv4_text(ip, a) : NULL, network_node_address6(net, ip, a) };
	}
	r->networks = list;
	r->n_networks = n;
	r->profile = p;
}

static void describe(const struct net *net, bool node, const char **notes, size_t n_notes, struct arena *a, struct str *out)
{
	struct net_file *files;
	const char **lines;
	size_t n;

	net_lines(net, a, &lines, &n);
	for (size_t i = 0; i < n; i++)
		str_addf(out, "%s\n", lines[i]);
	for (size_t i = 0; i < n_notes; i++)
		str_addf(out, "note: %s\n", notes[i]);
	if (!node) {
		str_add(out, "--- up\n");
		net_ip_up(net, out);
		str_add(out, "--- down\n");
		net_ip_down(net, out);
		return;
	}
	net_networkd(net, a, &files, &n);
	for (size_t i = 0; i < n; i++)
		str_addf(out, "--- %s\n%s", files[i].path, files[i].text);
}

static void golden(const char *name)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *path = arena_printf(&a, "tests/net/%s", name), *text = load(path, &a);
	const char *expect = strstr(text, "@EXPECT\n") + strlen("@EXPECT\n"), *kind = value(text, "@KIND ", &a);
	const struct site *s = load_site(value(text, "@SITE ", &a), &a);
	struct net_request r = { .site = s, .machine = load_machine(value(text, "@MACHINE ", &a), &a) };
	bool node = strcmp(kind, "admin") != 0;
	const char **notes = NULL;
	AUTO_STR seen = STR_INIT;
	struct error err = { 0 };
	size_t n_notes = 0;
	struct net net = { 0 };

	if (node) {
		third_node(s, site_profile(s, kind), &a, &r);
		r.boot_mac = r.machine->n_nics > 1 ? boot_mac : r.machine->nics[0].mac;
	}
	if (net_resolve(&r, &a, &net, node ? NULL : &notes, &n_notes, &err))
		str_addf(&seen, "error %s: %s\n  hint: %s\n", error_kind_name(err.kind), err.msg, err.hint);
	else
		describe(&net, node, notes, n_notes, &a, &seen);
	if (getenv("FULCRUM_UPDATE")) {
		AUTO_STR all = STR_INIT;

		str_addn(&all, text, (size_t)(expect - text));
		str_add(&all, str_text(&seen));
		if (file_replace(path, str_text(&all), all.len, 0644, &err))
			stop(err.msg);
	}
	is_str(str_text(&seen), expect, "%s", name);
}

/* A network that travelled as JSON is the same, and compiles to the same. */
static void travels(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct site *s = load_site("tests/net/lacp.yaml", &a);
	const struct net_request r = { .site = s, .machine = load_machine("tests/machines/four-nics.json", &a) };
	AUTO_STR once = STR_INIT;
	AUTO_STR again = STR_INIT;
	AUTO_STR up = STR_INIT;
	AUTO_STR up_again = STR_INIT;
	struct net net, read = { 0 };
	struct error err;

	if (!ok(!net_resolve(&r, &a, &net, NULL, NULL, &err), "all of lacp.yaml can be had"))
		return;
	field_to_json(&net_schema, &net, false, true, &once);
	ok(!field_from_json(&net_schema, "net", str_text(&once), once.len, &read, &a, &err), "it is read back");
	field_to_json(&net_schema, &read, false, true, &again);
	is_str(str_text(&again), str_text(&once), "and is the same");
	net_ip_up(&net, &up);
	net_ip_up(&read, &up_again);
	is_str(str_text(&up_again), str_text(&up), "as is what it is compiled to");
}

static void names(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct nic nics[] = {
		{ .name = "eth0", .mac = "52:54:00:00:00:01", .pci = "0000:03:00.0" },
		{ .name = "eth1", .mac = "52:54:00:00:00:02", .pci = "0000:c1:00.1" },
		{ .name = "eth2", .mac = "52:54:00:00:00:03", .pci = "0001:03:00.0" },
		{ .name = "eth3", .mac = "52:54:00:00:00:04", .pci = "0000:04:00.0" },
		{ .name = "eth4", .mac = "52:54:00:00:00:05", .pci = "0000:04:00.0", .dev_port = 1 },
		{ .name = "eth5", .mac = "52:54:00:00:00:06" },
		{ .name = "eth6", .mac = "52:54:00:00:00:07", .pci = "0000:05:00.0" },
		{ .name = "eth7", .mac = "52:54:00:00:00:08", .permanent_mac = "52:54:00:00:00:09", .pci = "0000:05:00.0" },
		{ .name = "eth8", .mac = "52:54:00:00:00:0a", .pci = "10000:e1:00.0" },
	};
	static const char *const want[] = { "enp3s0",	       "enp193s0f1",	  "enP1p3s0",	     "enp4s0",		"enp4s0d1",
					    "enx525400000006", "enx525400000007", "enx525400000009", "enx52540000000a" };
	const struct machine m = { .nics = nics, .n_nics = ARRAY_LEN(nics) };

	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		is_str(nic_pinned_name(&m, &nics[i], &a), want[i], "%s is called %s", nics[i].pci ? nics[i].pci : nics[i].mac, want[i]);
}

static void addresses(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct site *s = load_site("tests/sites/example-two-networks.yaml", &a);
	const struct network *n = site_network(s, "storage");
	struct in6 x, y;
	unsigned int prefix;
	uint32_t four;
	bool is6;

	is_str(network_node_address6(n, 0x0a140101, &a), "fd00:20::a14:101", "a node's IPv6 address ends in its IPv4 address");
	ok(!network_node_address6(site_network(s, "admin"), 0x0a140101, &a), "and there is none where the network has no IPv6");
	ok(n->ipv6 == IPV6_STATIC && site_network(s, "admin")->ipv6 == IPV6_OFF, "a subnet6 is enough to say static");
	ok(!ipv6_parse("fd00::1", &x) && !ipv6_parse("fd00:0:0:1::1", &y) && ipv6_same_net(&x, &y, 48) && !ipv6_same_net(&x, &y, 64) &&
		   ipv6_same_net(&x, &y, 63),
	   "prefixes are compared to the bit");
	ok(!subnet_parse("10.0.0.0/8", &is6, &four, &x, &prefix) && !is6 && prefix == 8 && four == 0x0a000000, "an IPv4 subnet is read");
	ok(!subnet_parse("fd00::/64", &is6, &four, &x, &prefix) && is6 && prefix == 64, "an IPv6 subnet is read");
	is_str(subnet_of("10.1.2.3/20", &a), "10.1.0.0/20", "the subnet of an address");
	is_str(subnet_of("fd00:1:2:3ff::5/57", &a), "fd00:1:2:380::/57", "of an IPv6 address");
	ok(subnet_parse("10.0.0.0", &is6, &four, &x, &prefix) && subnet_parse("10.0.0.0/33", &is6, &four, &x, &prefix) &&
		   subnet_parse("fd00::/129", &is6, &four, &x, &prefix) && subnet_parse("fd00::%eth0/64", &is6, &four, &x, &prefix) &&
		   subnet_parse("10.0.0.0/08", &is6, &four, &x, &prefix) && subnet_parse("", &is6, &four, &x, &prefix),
	   "and nothing that is none");
}

static void explained(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct machine *m = load_machine("tests/machines/four-nics.json", &a);
	const struct site *s = load_site("tests/sites/example-two-networks.yaml", &a);
	AUTO_STR out = STR_INIT;
	bool neighbour;

	net_explain(s, m, &out);
	is_str(str_text(&out),
	       "links.pair.bond.nics[0]\n"
	       "wanted: 2 ports\n"
	       "* eth0       52:54:00:aa:cc:00  matches\n"
	       "* eth1       52:54:00:aa:cc:01  matches\n"
	       "  eth2       52:54:00:aa:cc:02  speed is 1G, wanted >= 10G\n"
	       "  eth3       52:54:00:aa:cc:03  speed is unknown without a link, wanted >= 10G\n"
	       "networks.public.nic\n"
	       "wanted: 1 port\n"
	       "  eth0       52:54:00:aa:cc:00  speed is 10G, wanted <= 1G\n"
	       "  eth1       52:54:00:aa:cc:01  speed is 10G, wanted <= 1G\n"
	       "* eth2       52:54:00:aa:cc:02  matches\n"
	       "  eth3       52:54:00:aa:cc:03  speed is unknown without a link, wanted <= 1G; link is down, wanted up\n",
	       "every port is explained");
	ok(net_wants_links(s, &neighbour) && !neighbour, "speed is known of links that are up only");
	ok(net_wants_links(load_site("tests/net/lacp.yaml", &a), &neighbour) && neighbour, "and neighbours have to be listened for");
}

static void first_by_path(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct machine *m = load_machine("tests/machines/four-nics.json", &a);
	struct nic_selector s = { .driver = "i*", .count = 3, .pick = NIC_PICK_FIRST_BY_PATH };
	const struct nic **found;
	struct error err = { 0 };
	size_t n;

	ok(!select_nics(&s, "x", m, &a, &found, &n, &err) && n == 3 && str_eq(found[0]->name, "eth2") && str_eq(found[1]->name, "eth3") &&
		   str_eq(found[2]->name, "eth0"),
	   "ports come by their place, not by the kernel's order");
	s.pick = NIC_PICK_NONE;
	ok(select_nics(&s, "x", m, &a, &found, &n, &err) && err.kind == ERR_SELECT && strstr(err.hint, "pick"), "a tie is not guessed");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int main(void)
{
	struct dirent **list;
	int n = scandir("tests/net", &list, NULL, by_name);
	unsigned int cases = 0;

	for (int i = 0; i < n; i++) {
		if (str_ends(list[i]->d_name, ".t")) {
			golden(list[i]->d_name);
			cases++;
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	ok(cases >= 9, "all cases were found");
	travels();
	names();
	addresses();
	explained();
	first_by_path();
	return tap_end();
}
