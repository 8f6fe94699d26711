/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listening to LLDP. */
#include "observe/lldp.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/str.h"
#include "sys/text.h"

enum {
	ETHERTYPE_LLDP = 0x88cc,
	HEADER = 14,
	TLV_END = 0, TLV_CHASSIS, TLV_PORT, TLV_TTL, TLV_PORT_WORDS, TLV_NAME,
	CHASSIS_MAC = 4, PORT_MAC = 3, /* subtypes, tables 8-2 and 8-3 */
	PORTS_MOST = 64, FRAME_MOST = 1600, TEXT_MOST = 256
};

/* --- one frame */

/* An id: a subtype and up to 255 bytes, which are an address or text. */
static const char *id_text(const uint8_t *v, size_t len, uint8_t mac_subtype, struct arena *a)
{
	if (len < 2 || len > 256)
		return NULL;
	if (v[0] == mac_subtype)
		return len != 7 ? NULL : arena_printf(a, "%02x:%02x:%02x:%02x:%02x:%02x", v[1], v[2], v[3], v[4], v[5], v[6]);
	return text_clean(a, (const char *)v + 1, len - 1);
}

int lldp_parse(const uint8_t *frame, size_t len, struct arena *a, const char **ret_name, const char **ret_port)
{
	const char *chassis = NULL, *port = NULL, *name = NULL, *words = NULL;
	size_t at = HEADER;

	if (len < HEADER || frame[12] != ETHERTYPE_LLDP >> 8 || frame[13] != (ETHERTYPE_LLDP & 0xff))
		return -1;
	for (unsigned int n = 1;; n++) {
		size_t type, size;
		const uint8_t *v;

		if (len - at < 2)
			return -1;
		type = frame[at] >> 1;
		size = (size_t)(frame[at] & 1) << 8 | frame[at + 1];
		at += 2;
		v = frame + at;
		if (len - at < size)
			return -1;
		at += size;
		/* The first three are these, in this order, and none of them comes again. */
		if ((n <= 3) != (type >= TLV_CHASSIS && type <= TLV_TTL) || (n <= 3 && type != n))
			return -1;
		if (type == TLV_END)
			break;
		if (type == TLV_CHASSIS)
			chassis = id_text(v, size, CHASSIS_MAC, a);
		else if (type == TLV_PORT)
			port = id_text(v, size, PORT_MAC, a);
		else if (type == TLV_TTL && (size < 2 || !(v[0] | v[1])))
			return -1;
		else if (type == TLV_PORT_WORDS && size <= TEXT_MOST)
			words = text_clean(a, (const char *)v, size);
		else if (type == TLV_NAME && size <= TEXT_MOST)
			name = text_clean(a, (const char *)v, size);
	}
	*ret_name = name ? name : chassis;
	*ret_port = port ? port : words;
	return *ret_name || *ret_port ? 0 : -1;
}

/* --- listening */

struct lldp {
	int fd;
	size_t n;
	struct heard {
		int index;
		char port[IF_NAMESIZE];
		char name[TEXT_MOST + 1], at[TEXT_MOST + 1];
	} ports[PORTS_MOST];
};

struct lldp *lldp_open(const struct machine *m)
{
	/* 7.1, table 7-1: the address that every bridge keeps to itself */
	static const uint8_t nearest_bridge[6] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e };
	struct lldp *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETHERTYPE_LLDP));
	if (l->fd < 0) {
		free(l);
		return NULL;
	}
	for (size_t i = 0; i < m->n_nics && l->n < PORTS_MOST; i++) {
		struct heard *h = &l->ports[l->n];
		struct packet_mreq join = { .mr_type = PACKET_MR_MULTICAST, .mr_alen = sizeof(nearest_bridge) };

		h->index = (int)if_nametoindex(m->nics[i].name);
		if (!h->index || strlen(m->nics[i].name) >= sizeof(h->port))
			continue;
		strcpy(h->port, m->nics[i].name);
		join.mr_ifindex = h->index;
		memcpy(join.mr_address, nearest_bridge, sizeof(nearest_bridge));
		if (!setsockopt(l->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &join, sizeof(join)))
			l->n++;
	}
	return l;
}

void lldp_close(struct lldp *l)
{
	if (!l)
		return;
	fd_close(&l->fd);
	free(l);
}

static void keep(char *to, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	n = n > TEXT_MOST ? TEXT_MOST : n;
	if (n)
		memcpy(to, text, n);
	to[n] = '\0';
}

void lldp_poll(struct lldp *l)
{
	uint8_t frame[FRAME_MOST];
	struct sockaddr_ll from = { 0 };
	socklen_t size = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(l->fd, frame, sizeof(frame), 0, (struct sockaddr *)&from, &size)) >= 0) {
		const char *name = NULL, *port = NULL;
		AUTO_ARENA a = ARENA_INIT;

		for (size_t i = 0; i < l->n; i++)
			if (l->ports[i].index == from.sll_ifindex && from.sll_pkttype != PACKET_OUTGOING &&
			    !lldp_parse(frame, (size_t)n, &a, &name, &port)) {
				keep(l->ports[i].name, name);
				keep(l->ports[i].at, port);
			}
		size = sizeof(from);
	}
}

void lldp_fill(const struct lldp *l, struct machine *m, struct arena *a, bool *ret_all)
{
	*ret_all = true;
	for (size_t k = 0; k < m->n_nics; k++) {
		struct nic *n = &m->nics[k];

		for (size_t i = 0; i < l->n; i++) {
			if (!str_eq(l->ports[i].port, n->name))
				continue;
			n->neighbour = l->ports[i].name[0] ? arena_strdup(a, l->ports[i].name) : n->neighbour;
			n->neighbour_port = l->ports[i].at[0] ? arena_strdup(a, l->ports[i].at) : n->neighbour_port;
		}
		if (n->neighbour || n->neighbour_port)
			machine_set_source(m, "neighbours", "lldp", a);
		*ret_all = *ret_all && (!n->link || n->neighbour || n->neighbour_port);
	}
}
