/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames that ask, and their answers. */
#include "sys/wire.h"

#include <net/ethernet.h>
#include <string.h>

enum {
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
	ARP_BYTES = 28,
	IP_HEADER = 20,
	UDP_HEADER = 8,
	UDP = 17,
	PORT_SERVER = 67,
	PORT_CLIENT = 68,
	BOOTP_FIXED = 236, /* up to the magic cookie */
	BOOTP_MIN = 300,   /* RFC 951: shorter ones are thrown away by some */
	COOKIE = 4,
	OPTION_PAD = 0,
	OPTION_MESSAGE = 53,
	OPTION_SERVER = 54,
	OPTION_PARAMETERS = 55,
	OPTION_MAX_SIZE = 57,
	OPTION_END = 255,
	DHCPDISCOVER = 1,
	DHCPOFFER = 2,
	BROADCAST_FLAG = 0x8000,
};

static const unsigned char everybody[WIRE_MAC] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const unsigned char cookie[COOKIE] = { 99, 130, 83, 99 };

static void put16(unsigned char *at, unsigned int v)
{
	at[0] = (unsigned char)(v >> 8);
	at[1] = (unsigned char)v;
}

static void put32(unsigned char *at, uint32_t v)
{
	put16(at, v >> 16);
	put16(at + 2, v & 0xffff);
}

static unsigned int get16(const unsigned char *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

static uint32_t get32(const unsigned char *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static unsigned char *put_ethernet(unsigned char *frame, const unsigned char mac[WIRE_MAC], unsigned int type)
{
	memset(frame, 0, WIRE_FRAME_MAX);
	memcpy(frame, everybody, WIRE_MAC);
	memcpy(frame + WIRE_MAC, mac, WIRE_MAC);
	put16(frame + 2 * WIRE_MAC, type);
	return frame + ETHER_HDR_LEN;
}

/* --- ARP */

size_t wire_arp_probe(const unsigned char mac[WIRE_MAC], uint32_t address, unsigned char ret[WIRE_FRAME_MAX])
{
	unsigned char *p = put_ethernet(ret, mac, ETHERTYPE_ARP);

	put16(p, 1);	      /* Ethernet */
	put16(p + 2, ETHERTYPE_IP);
	p[4] = WIRE_MAC;
	p[5] = sizeof(address);
	put16(p + 6, ARP_REQUEST);
	memcpy(p + 8, mac, WIRE_MAC);
	/* The sender's address stays 0: nobody's table is changed by a probe. */
	put32(p + 24, address);
	return WIRE_ARP_LEN;
}

bool wire_arp_conflict(const unsigned char *frame, size_t len, const unsigned char mac[WIRE_MAC], uint32_t address,
		       unsigned char ret_mac[WIRE_MAC])
{
	const unsigned char *p = frame + ETHER_HDR_LEN;
	unsigned int what;
	uint32_t sender, target;

	if (len < ETHER_HDR_LEN + ARP_BYTES || get16(frame + 2 * WIRE_MAC) != ETHERTYPE_ARP)
		return false;
	if (get16(p) != 1 || get16(p + 2) != ETHERTYPE_IP || p[4] != WIRE_MAC || p[5] != sizeof(address))
		return false;
	what = get16(p + 6);
	sender = get32(p + 14);
	target = get32(p + 24);
	if ((what != ARP_REQUEST && what != ARP_REPLY) || !memcmp(p + 8, mac, WIRE_MAC))
		return false;
	/* It has the address, or it asks with no address of its own, as we do. */
	if (sender != address && !(what == ARP_REQUEST && !sender && target == address))
		return false;
	memcpy(ret_mac, p + 8, WIRE_MAC);
	return true;
}

/* --- DHCP */

/* RFC 1071 */
static unsigned int ip_checksum(const unsigned char *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += get16(data + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

size_t wire_dhcp_discover(const unsigned char mac[WIRE_MAC], uint32_t xid, unsigned char ret[WIRE_FRAME_MAX])
{
	static const unsigned char options[] = { OPTION_MESSAGE, 1, DHCPDISCOVER, OPTION_MAX_SIZE, 2, 0x02, 0x40,
						 OPTION_PARAMETERS, 3, 1, 3, 6, OPTION_END };
	unsigned char *ip = put_ethernet(ret, mac, ETHERTYPE_IP), *udp = ip + IP_HEADER, *b = udp + UDP_HEADER;

	ip[0] = 0x45;
	put16(ip + 2, IP_HEADER + UDP_HEADER + BOOTP_MIN);
	ip[8] = 64; /* hops */
	ip[9] = UDP;
	put32(ip + 16, 0xffffffff);
	put16(ip + 10, ip_checksum(ip, IP_HEADER));
	put16(udp, PORT_CLIENT);
	put16(udp + 2, PORT_SERVER);
	put16(udp + 4, UDP_HEADER + BOOTP_MIN); /* without a checksum, as IPv4 allows */
	b[0] = 1;				/* a request */
	b[1] = 1;				/* Ethernet */
	b[2] = WIRE_MAC;
	put32(b + 4, xid);
	put16(b + 10, BROADCAST_FLAG);
	memcpy(b + 28, mac, WIRE_MAC);
	memcpy(b + BOOTP_FIXED, cookie, COOKIE);
	memcpy(b + BOOTP_FIXED + COOKIE, options, sizeof(options));
	return WIRE_DISCOVER_LEN;
}

/* What the options say; false if they are not whole. */
static bool read_options(const unsigned char *at, size_t len, unsigned int *ret_message, uint32_t *ret_server)
{
	for (size_t i = 0; i < len;) {
		unsigned int option = at[i++], n;

		if (option == OPTION_PAD)
			continue;
		if (option == OPTION_END)
			return true;
		if (i >= len || (n = at[i]) > len - i - 1)
			return false;
		if (option == OPTION_MESSAGE && n == 1)
			*ret_message = at[i + 1];
		if (option == OPTION_SERVER && n == 4)
			*ret_server = get32(at + i + 1);
		i += 1 + n;
	}
	return true;
}

/* The UDP payload of FRAME from a DHCP server's port to a client's, and its length; NULL if it is none. */
static const unsigned char *dhcp_payload(const unsigned char *frame, size_t len, size_t *ret_len)
{
	const unsigned char *ip = frame + ETHER_HDR_LEN, *udp;
	size_t head, total, udp_len;

	if (len < ETHER_HDR_LEN + IP_HEADER || get16(frame + 2 * WIRE_MAC) != ETHERTYPE_IP || ip[0] >> 4 != 4)
		return NULL;
	head = (size_t)(ip[0] & 15) * 4;
	total = get16(ip + 2);
	if (head < IP_HEADER || total < head + UDP_HEADER || total > len - ETHER_HDR_LEN || ip_checksum(ip, head) || ip[9] != UDP)
		return NULL;
	if (get16(ip + 6) & 0x3fff) /* a fragment */
		return NULL;
	udp = ip + head;
	udp_len = get16(udp + 4);
	/* The UDP checksum is not looked at: between virtual machines it is left to a card that is not there. */
	if (get16(udp) != PORT_SERVER || get16(udp + 2) != PORT_CLIENT || udp_len < UDP_HEADER || udp_len > total - head)
		return NULL;
	*ret_len = udp_len - UDP_HEADER;
	return udp + UDP_HEADER;
}

bool wire_dhcp_offer(const unsigned char *frame, size_t len, const unsigned char mac[WIRE_MAC], uint32_t xid,
		     struct wire_offer *ret)
{
	unsigned int message = DHCPOFFER; /* what has no type is BOOTP's */
	uint32_t server = 0;
	const unsigned char *b;
	size_t n;

	b = dhcp_payload(frame, len, &n);
	if (!b || n < BOOTP_FIXED + COOKIE || b[0] != 2 || b[1] != 1 || b[2] != WIRE_MAC || get32(b + 4) != xid)
		return false;
	if (memcmp(b + 28, mac, WIRE_MAC) != 0 || memcmp(b + BOOTP_FIXED, cookie, COOKIE) != 0)
		return false;
	if (!read_options(b + BOOTP_FIXED + COOKIE, n - BOOTP_FIXED - COOKIE, &message, &server) || message != DHCPOFFER)
		return false;
	memcpy(ret->mac, frame + WIRE_MAC, WIRE_MAC);
	ret->offered = get32(b + 16);
	ret->server = server ? server : get32(frame + ETHER_HDR_LEN + 12);
	return true;
}
