/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of nodes on further networks: given once, kept for ever, never twice. */
#include <stdlib.h>
#include <unistd.h>

#include "admin/addresses.h"
#include "tap.h"

static const char text[] =
	"fulcrum: 1\nsite: lab\nadmin:\n  name: admin.lab.example\n  disk: { bus: nvme }\n  access: { ssh_keys: [ \"ssh-ed25519 "
	"AAAAC3NzaC1lZDI1NTE5AAAAID1idgiaeJPvr6Nl/Twxy+gVcVF8aSWxhkJFHU8jh58L ops@lab\" ] }\n"
	"networks:\n"
	"  admin: { subnet: 10.0.0.0/24, address: 10.0.0.1, hosts: .20-.29, discovery: .40-.50, nic: { link: up } }\n"
	"  storage: { nic: { driver: x }, subnet: 10.1.0.0/24, address: 10.1.0.1, hosts: .100-.102, subnet6: \"fd00:1::/64\", address6: \"fd00:1::1\" }\n"
	"  world: { nic: { driver: y }, dhcp: true }\n"
	"profiles:\n"
	"  p: { image: debian-13, disks: { system: {} }, layout: [ { esp: 512M }, { root: rest } ], networks: [ admin, storage, world ] }\n"
	"  q: { image: debian-13, disks: { system: {} }, layout: [ { esp: 512M }, { root: rest } ] }\n";

static char dir[] = "/tmp/test_addresses.XXXXXX";
static struct arena a;
static struct error err;
static struct store *store;
static struct site *site;

static struct node *add_node(const char *mac, const char *address)
{
	struct machine m = { .machine = 1 };
	struct nic nic = { .name = "eth0", .mac = mac };
	struct event_ctx c = { .now_s = 1, .boot = "b", .key = "k", .machine_json = "{}", .machine = &m };
	struct node *n;

	m.nics = &nic;
	m.n_nics = 1;
	if (node_add(store, mac, &c, &a, &n, &err)) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	n->address = address;
	return n;
}

/* "admin 10.0.0.20, storage 10.1.0.100 fd00:..., world -" */
static const char *given(const struct node *n, const char *profile)
{
	struct node_network *list;
	AUTO_STR b = STR_INIT;
	size_t count;

	if (addresses_of(store, site, n, site_profile(site, profile), &a, &list, &count, &err))
		return arena_printf(&a, "%s: %s", error_kind_name(err.kind), err.msg);
	for (size_t i = 0; i < count; i++)
		str_addf(&b, "%s%s %s%s%s", i ? ", " : "", list[i].name, list[i].address ? list[i].address : "-", list[i].address6 ? " " : "",
			 list[i].address6 ? list[i].address6 : "");
	return arena_strdup(&a, str_text(&b));
}

int main(void)
{
	struct findings f = { .arena = &a };
	struct node *first, *second, *third, *fourth;
	const char *path;

	site = site_parse("site.yaml", text, sizeof(text) - 1, &a, &f);
	if (!mkdtemp(dir))
		return 1;
	path = arena_printf(&a, "%s/db", dir);
	if (!ok(!f.n && !store_open(path, &store, &err), "a store is opened%s", f.n ? f.items[0].text : ""))
		return tap_end();
	first = add_node("52:54:00:00:00:01", "10.0.0.20");
	second = add_node("52:54:00:00:00:02", "10.0.0.21");
	third = add_node("52:54:00:00:00:03", "10.0.0.29");
	fourth = add_node("52:54:00:00:00:04", "10.0.0.22");
	is_str(given(second, "p"), "admin 10.0.0.21, storage 10.1.0.101 fd00:1::a01:65, world -", "the number of the admin network, where it is free");
	is_str(given(third, "p"), "admin 10.0.0.29, storage 10.1.0.100 fd00:1::a01:64, world -", "else the first free one");
	is_str(given(first, "p"), "admin 10.0.0.20, storage 10.1.0.102 fd00:1::a01:66, world -", "and another where that is taken");
	is_str(given(second, "p"), "admin 10.0.0.21, storage 10.1.0.101 fd00:1::a01:65, world -", "a node keeps what it has");
	is_str(given(fourth, "p"), "conflict: no address is free in hosts .100-.102 of network \"storage\"", "when none is left, that is said");
	ok(strstr(err.hint, "networks.storage.hosts") != NULL, "with what to do: %s", err.hint);
	is_str(given(fourth, "q"), "admin 10.0.0.22", "a profile without networks is on the admin network");
	store_close(store);
	ok(!store_open(path, &store, &err), "the store is opened again");
	is_str(given(third, "p"), "admin 10.0.0.29, storage 10.1.0.100 fd00:1::a01:64, world -", "and nothing was forgotten");
	/* the site file moves the range: what is outside of it is no address any more */
	for (size_t i = 0; i < site->n_networks; i++)
		if (str_eq(site->networks[i].name, "storage"))
			site->networks[i].hosts.first++;
	is_str(given(third, "p"), "conflict: no address is free in hosts .100-.102 of network \"storage\"", "an address outside of the range goes");
	store_close(store);
	ok(!unlink(path), "the store is one file");
	unlink(arena_printf(&a, "%s-wal", path));
	ok(!rmdir(dir), "nothing is left behind");
	arena_release(&a);
	return tap_end();
}
