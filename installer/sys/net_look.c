/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who else is on the network of a port: whether another machine has an address, and which DHCP servers answer. Not by
 * arping and udhcpc: the one does not see another machine that asks for the same address at the same time, the other
 * takes the first offer and a lease with it, where every offer is wanted and none taken.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/hash.h"
#include "sys/real.h"
#include "sys/wire.h"

/* RFC 5227, 1.1: three probes, one to two seconds apart, then two seconds of listening. DISCOVER goes with the first and third. */
enum { PROBES = 3, PROBE_EVERY_MS = 1000, LISTEN_MS = 4000 };

struct look {
	int arp, ip; /* packet sockets */
	int index;
	unsigned char mac[WIRE_MAC];
	uint32_t address, xid;
	struct net_look *ret;
};

static int packet_socket(const char *nic, int index, unsigned int type, struct error *err)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)type), .sll_ifindex = index };
	AUTO_FD fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons((uint16_t)type));

	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)))
		return error_sys(err, errno, "%s: packet socket", nic);
	return fd_take(&fd);
}

static int port_of(const char *nic, struct look *l, struct error *err)
{
	AUTO_FD fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_ifindex = 0 };

	if (strlen(nic) >= sizeof(ifr.ifr_name))
		return error_set(err, ERR_INPUT, "%s: is no port's name", nic);
	strcpy(ifr.ifr_name, nic);
	if (fd < 0 || ioctl(fd, SIOCGIFINDEX, &ifr))
		return error_sys(err, errno, "%s", nic);
	l->index = ifr.ifr_ifindex;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		return error_sys(err, errno, "%s: address", nic);
	memcpy(l->mac, ifr.ifr_hwaddr.sa_data, WIRE_MAC);
	return 0;
}

static int ask(const struct look *l, const char *nic, bool dhcp, struct error *err)
{
	unsigned char frame[WIRE_FRAME_MAX];
	size_t n = wire_arp_probe(l->mac, l->address, frame);

	if (send(l->arp, frame, n, 0) < 0)
		return error_sys(err, errno, "%s: send", nic);
	if (!dhcp)
		return 0;
	n = wire_dhcp_discover(l->mac, l->xid, frame);
	return send(l->ip, frame, n, 0) < 0 ? error_sys(err, errno, "%s: send", nic) : 0;
}

static void mac_text(const unsigned char b[WIRE_MAC], char ret[NET_MAC])
{
	snprintf(ret, NET_MAC, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

static void add_offer(struct net_look *r, const struct wire_offer *o)
{
	for (size_t i = 0; i < r->n_offers; i++)
		if (r->offers[i].server == o->server)
			return;
	if (r->n_offers == NET_OFFERS_MAX)
		return;
	mac_text(o->mac, r->offers[r->n_offers].mac);
	r->offers[r->n_offers].server = o->server;
	r->offers[r->n_offers++].offered = o->offered;
}

/* All that waits on FD, but no more than comes in one go: a flood must not hold us here. */
static void hear(const struct look *l, int fd)
{
	unsigned char frame[WIRE_FRAME_MAX], mac[WIRE_MAC];
	struct wire_offer offer;

	for (int i = 0; i < 256; i++) {
		ssize_t n = recv(fd, frame, sizeof(frame), 0);

		if (n <= 0)
			return;
		if (fd == l->arp && wire_arp_conflict(frame, (size_t)n, l->mac, l->address, mac))
			mac_text(mac, l->ret->taken_by);
		if (fd == l->ip && wire_dhcp_offer(frame, (size_t)n, l->mac, l->xid, &offer))
			add_offer(l->ret, &offer);
	}
}

static int look(const struct look *l, const char *nic, struct error *err)
{
	uint64_t start = clock_mono_ms(), end = start + LISTEN_MS;
	struct pollfd p[2] = { { .fd = l->arp, .events = POLLIN }, { .fd = l->ip, .events = POLLIN } };

	for (unsigned int asked = 0;;) {
		uint64_t now = clock_mono_ms(), next = asked < PROBES ? start + asked * PROBE_EVERY_MS : end;

		if (now >= end)
			return 0;
		if (asked < PROBES && now >= next) {
			if (ask(l, nic, asked != 1, err))
				return -1;
			asked++;
			continue;
		}
		if (poll(p, 2, (int)(next - now)) < 0 && errno != EINTR)
			return error_sys(err, errno, "%s: poll", nic);
		hear(l, l->arp);
		hear(l, l->ip);
	}
}

int real_net_look(struct sys *s UNUSED, const char *nic, uint32_t address, struct net_look *ret, struct error *err)
{
	struct look l = { .arp = -1, .ip = -1, .address = address, .ret = ret };
	int rc = -1;

	*ret = (struct net_look){ .n_offers = 0 };
	random_bytes(&l.xid, sizeof(l.xid));
	if (!port_of(nic, &l, err)) {
		l.arp = packet_socket(nic, l.index, ETHERTYPE_ARP, err);
		l.ip = l.arp < 0 ? -1 : packet_socket(nic, l.index, ETHERTYPE_IP, err);
		rc = l.ip < 0 ? -1 : look(&l, nic, err);
	}
	fd_close(&l.arp);
	fd_close(&l.ip);
	return rc;
}
