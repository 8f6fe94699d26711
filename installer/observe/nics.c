/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical network ports. A port counts when a device stands behind it and it speaks Ethernet: no
 * loopback, bridges, bonds, tunnels; no virtual functions and no radios either, which carry no
 * provisioning.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "sys/host.h"
#include "observe/observe.h"

enum {
	ARPHRD_ETHERNET = 1,
	PERMANENT = 0 /* addr_assign_type */,
	CARRIER_MS = 3000,
	STEP_MS = 100
};

static bool is_physical(const struct host *h, const char *name)
{
	uint64_t type;

	return host_exists(h, "/sys/class/net/%s/device", name) &&
	       host_u64(h, &type, "/sys/class/net/%s/type", name) && type == ARPHRD_ETHERNET &&
	       !host_exists(h, "/sys/class/net/%s/phy80211", name) &&
	       !host_exists(h, "/sys/class/net/%s/device/physfn", name);
}

static const char *ask_permanent(struct arena *a, const char *name)
{
	AUTO_FD fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_perm_addr head = { .cmd = ETHTOOL_GPERMADDR, .size = 32 };
	_Alignas(struct ethtool_perm_addr) char answer[sizeof(head) + 32] = { 0 };
	const unsigned char *b = (const unsigned char *)answer + sizeof(head);
	struct ifreq ifr = { .ifr_data = answer };

	memcpy(answer, &head, sizeof(head));
	if (fd < 0 || strlen(name) >= sizeof(ifr.ifr_name))
		return NULL;
	strcpy(ifr.ifr_name, name);
	if (ioctl(fd, SIOCETHTOOL, &ifr))
		return NULL;
	memcpy(&head, answer, sizeof(head));
	if (head.size != 6 || !memcmp(b, "\0\0\0\0\0\0", 6))
		return NULL;
	return arena_printf(a, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

static void read_nic(const struct host *h, const char *name, struct nic *n)
{
	const char *device = host_real(h, "/sys/class/net/%s/device", name);
	uint64_t v;

	n->name = name;
	n->mac = host_text(h, "/sys/class/net/%s/address", name);
	if (host_u64(h, &v, "/sys/class/net/%s/addr_assign_type", name) && v == PERMANENT)
		n->permanent_mac = n->mac;
	else if (!h->root[0])
		n->permanent_mac = ask_permanent(h->a, name);
	/* The ports of a bond all have the bond's: that names none of them. */
	if (n->permanent_mac && host_exists(h, "/sys/class/net/%s/bonding_slave", name))
		n->mac = n->permanent_mac;
	n->driver = host_link_name(h, "/sys/class/net/%s/device/driver", name);
	n->pci = device ? host_pci(h, device) : NULL;
	if (host_u64(h, &v, "/sys/class/net/%s/dev_port", name))
		n->dev_port = v;
	/* Reading fails while the port is down: then nobody knows. */
	n->link = host_u64(h, &v, "/sys/class/net/%s/carrier", name) && v == 1;
	/* -1: unknown. */
	if (n->link && host_u64(h, &v, "/sys/class/net/%s/speed", name) && v < 10000000)
		n->speed_mbit = v;
}

int observe_nics(const char *root, struct arena *a, struct machine *m, struct error *err UNUSED)
{
	const struct host h = { .root = root, .a = a };
	const char **names;
	size_t n;

	m->nics = NULL;
	m->n_nics = 0;
	names = host_list(&h, &n, "/sys/class/net");
	for (size_t i = 0; i < n; i++) {
		if (!is_physical(&h, names[i]))
			continue;
		m->nics = arena_grow(a, m->nics, m->n_nics, sizeof(*m->nics));
		read_nic(&h, names[i], &m->nics[m->n_nics++]);
	}
	return 0;
}

static bool all_linked(const char *root, struct arena *a, struct error *err)
{
	struct machine m = { .machine = MACHINE_VERSION };

	if (observe_nics(root, a, &m, err))
		return false;
	for (size_t i = 0; i < m.n_nics; i++)
		if (!m.nics[i].link)
			return false;
	return true;
}

static int wait_for_links(struct sys *sys, const char *root, struct error *err)
{
	for (int ms = 0; ms < CARRIER_MS; ms += STEP_MS) {
		AUTO_ARENA look = ARENA_INIT;

		if (all_linked(root, &look, err))
			break;
		if (sys->ops->sleep_ms(sys, STEP_MS, err))
			return -1;
	}
	return 0;
}

static int run(struct sys *sys, const char *const *argv, struct error *err)
{
	return sys->ops->exec(sys, &(struct sys_exec){ .argv = argv, .timeout_ms = 10000 }, err);
}

int observe_nics_up(struct sys *sys, struct error *err)
{
	struct machine m = { .machine = MACHINE_VERSION };
	AUTO_ARENA a = ARENA_INIT;
	size_t up = 0;

	if (observe_nics("", &a, &m, err))
		return -1;
	for (size_t i = 0; i < m.n_nics; i++) {
		const char *const argv[] = { "ip", "link", "set", "dev", m.nics[i].name, "up", NULL };

		up += !run(sys, argv, err);
	}
	/* One that cannot (firmware missing, cable module off) is as good as one without a link. */
	if (m.n_nics && !up)
		return -1;
	return wait_for_links(sys, "", err);
}

int observe_nics_wake(struct sys *sys, const char *root, struct error *err)
{
	struct machine m = { .machine = MACHINE_VERSION };
	AUTO_ARENA a = ARENA_INIT;
	struct error ignored;

	if (observe_nics(root, &a, &m, err))
		return -1;
	for (size_t i = 0; i < m.n_nics; i++) {
		/* -e: a kernel without IPv6 has no such key */
		const char *const quiet[] = { "sysctl", "-q", "-e", "-w", arena_printf(&a, "net/ipv6/conf/%s/disable_ipv6=1", m.nics[i].name), NULL };
		/* arp off: the kernel answers for an address on every port, and the one that has it would lose its traffic. */
		const char *const up[] = { "ip", "link", "set", "dev", m.nics[i].name, "arp", "off", "up", NULL };

		if (m.nics[i].link)
			continue;
		/* One that would take addresses by itself stays down. */
		if (run(sys, quiet, &ignored) || run(sys, up, &ignored))
			continue;
	}
	return wait_for_links(sys, root, err);
}
