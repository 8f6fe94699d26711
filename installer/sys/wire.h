/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ethernet frames that ask who else is on a network, and what comes back: ARP probes (RFC 5227 over RFC 826) and
 * DHCPDISCOVER (RFC 2131, options RFC 2132). Pure: bytes in, bytes out. What is read was written by anybody: a frame that
 * is not whole and right in every field that is looked at is none. Addresses of IPv4 are in host order.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WIRE_MAC = 6, WIRE_FRAME_MAX = 1514, WIRE_ARP_LEN = 60, WIRE_DISCOVER_LEN = 342 };

/* "Does anybody have ADDRESS?", from MAC, claiming nothing (RFC 5227, 1.1). Returns its length. */
size_t wire_arp_probe(const unsigned char mac[WIRE_MAC], uint32_t address, unsigned char ret[WIRE_FRAME_MAX]);
/*
 * True if FRAME shows that another machine than MAC has ADDRESS, or is about to take it (RFC 5227, 2.1.1); RET_MAC is
 * whose.
 */
bool wire_arp_conflict(const unsigned char *frame, size_t len, const unsigned char mac[WIRE_MAC], uint32_t address,
		       unsigned char ret_mac[WIRE_MAC]);

/* Asks every DHCP server for an offer, as MAC, with transaction XID; takes nothing. Returns its length. */
size_t wire_dhcp_discover(const unsigned char mac[WIRE_MAC], uint32_t xid, unsigned char ret[WIRE_FRAME_MAX]);

struct wire_offer {
	unsigned char mac[WIRE_MAC]; /* who sent the frame: the server, or a relay agent */
	uint32_t server;	     /* as it calls itself; else the packet's source */
	uint32_t offered;
};
/* True if FRAME is a DHCPOFFER, or a BOOTP server's answer, to that question. */
bool wire_dhcp_offer(const unsigned char *frame, size_t len, const unsigned char mac[WIRE_MAC], uint32_t xid,
		     struct wire_offer *ret);
