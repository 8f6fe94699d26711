/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ARP probes and DHCPDISCOVER as the RFCs have them; answers that are right, and all that is not quite. */
#include <string.h>

#include "base/compiler.h"
#include "sys/wire.h"
#include "tap.h"

static const unsigned char us[WIRE_MAC] = { 0x52, 0x54, 0, 0xfc, 0, 1 }, them[WIRE_MAC] = { 0x52, 0x54, 0, 0xfc, 0, 0x99 };
enum { ADDRESS = 0xc0a87c0a /* 192.168.124.10 */, XID = 0x12345678, ETHERNET = 14, IP = 20, UDP = 8, OPTIONS = 240 };

static unsigned char frame[WIRE_FRAME_MAX];

/* --- ARP */

static size_t arp(unsigned int what, const unsigned char *from, uint32_t sender, uint32_t target)
{
	static const unsigned char head[] = { 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0 };

	memset(frame, 0, sizeof(frame));
	memcpy(frame + 6, from, WIRE_MAC);
	memcpy(frame + 12, head, sizeof(head));
	frame[21] = (unsigned char)what;
	memcpy(frame + 22, from, WIRE_MAC);
	for (int i = 0; i < 4; i++) {
		frame[28 + i] = (unsigned char)(sender >> (24 - 8 * i));
		frame[38 + i] = (unsigned char)(target >> (24 - 8 * i));
	}
	return 42;
}

static bool conflict(size_t n)
{
	unsigned char mac[WIRE_MAC] = { 0 };

	return wire_arp_conflict(frame, n, us, ADDRESS, mac) && !memcmp(mac, them, WIRE_MAC);
}

static void test_arp(void)
{
	static const unsigned char want[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0xfc, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1,
					      0x52, 0x54, 0, 0xfc, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 192, 168, 124, 10 };
	size_t n = wire_arp_probe(us, ADDRESS, frame);

	ok(n == 60 && !memcmp(frame, want, sizeof(want)), "a probe is as RFC 5227 says, and claims nothing");
	ok(!conflict(n), "our own probe, come back, is no conflict");
	ok(conflict(arp(2, them, ADDRESS, 0)), "an answer is one");
	ok(conflict(arp(1, them, ADDRESS, ADDRESS)), "so is an announcement");
	ok(conflict(arp(1, them, 0, ADDRESS)), "and another's probe for the same address");
	ok(!conflict(arp(1, them, ADDRESS + 1, ADDRESS)), "somebody who only asks for the address has it not");
	ok(!conflict(arp(2, them, ADDRESS + 1, ADDRESS)), "another address is no conflict");
	ok(!conflict(arp(2, us, ADDRESS, 0)), "nor is what we say ourselves");
	ok(!conflict(arp(3, them, ADDRESS, 0)), "reverse ARP is passed over");
	for (size_t len = arp(2, them, ADDRESS, 0) - 1; len > 0; len--)
		if (conflict(len)) {
			ok(false, "a frame cut to %zu bytes is none", len);
			return;
		}
	ok(true, "a frame that is cut is none");
}

/* --- DHCP */

static void checksum(void)
{
	uint32_t sum = 0;

	frame[ETHERNET + 10] = frame[ETHERNET + 11] = 0;
	for (size_t i = 0; i < IP; i += 2)
		sum += (uint32_t)frame[ETHERNET + i] << 8 | frame[ETHERNET + i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	frame[ETHERNET + 10] = (unsigned char)(sum >> 8);
	frame[ETHERNET + 11] = (unsigned char)sum;
}

/* An offer of 192.168.1.50 by 192.168.1.1, sent from 192.168.1.2, with these options. */
static size_t offer(const unsigned char *options, size_t n_options)
{
	unsigned char *ip = frame + ETHERNET, *udp = ip + IP, *b = udp + UDP;
	size_t udp_len = UDP + OPTIONS + n_options;

	memset(frame, 0, sizeof(frame));
	memcpy(frame + 6, them, WIRE_MAC);
	frame[12] = 8;
	ip[0] = 0x45;
	ip[2] = (unsigned char)((IP + udp_len) >> 8);
	ip[3] = (unsigned char)(IP + udp_len);
	ip[8] = 64;
	ip[9] = 17;
	memcpy(ip + 12, (const unsigned char[]){ 192, 168, 1, 2, 255, 255, 255, 255 }, 8);
	udp[1] = 67;
	udp[3] = 68;
	udp[4] = (unsigned char)(udp_len >> 8);
	udp[5] = (unsigned char)udp_len;
	b[0] = 2;
	b[1] = 1;
	b[2] = 6;
	memcpy(b + 4, (const unsigned char[]){ 0x12, 0x34, 0x56, 0x78 }, 4);
	memcpy(b + 16, (const unsigned char[]){ 192, 168, 1, 50 }, 4);
	memcpy(b + 28, us, WIRE_MAC);
	memcpy(b + 236, (const unsigned char[]){ 99, 130, 83, 99 }, 4);
	memcpy(b + OPTIONS, options, n_options);
	checksum();
	return ETHERNET + IP + udp_len;
}

static bool is_offer(size_t n, uint32_t server)
{
	struct wire_offer o = { .server = 0 };

	return wire_dhcp_offer(frame, n, us, XID, &o) && o.server == server && o.offered == 0xc0a80132 && !memcmp(o.mac, them, WIRE_MAC);
}

static bool is_none(size_t n)
{
	struct wire_offer o;

	return !wire_dhcp_offer(frame, n, us, XID, &o);
}

static const unsigned char good[] = { 53, 1, 2, 0, 54, 4, 192, 168, 1, 1, 255 };

static void test_discover(void)
{
	size_t n = wire_dhcp_discover(us, XID, frame);
	const unsigned char *ip = frame + ETHERNET, *b = ip + IP + UDP;
	uint32_t sum = 0;

	for (size_t i = 0; i < IP; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	ok(n == 342 && (sum & 0xffff) + (sum >> 16) == 0xffff, "DISCOVER is an IP packet with a good checksum");
	ok(b[0] == 1 && !memcmp(b + 28, us, WIRE_MAC) && !memcmp(b + OPTIONS, "\x35\x01\x01", 3), "it asks, as us, and takes nothing");
	ok(is_none(n), "and is no offer");
}

static void test_offer(void)
{
	static const unsigned char ack[] = { 53, 1, 5, 255 }, cut[] = { 53, 1, 2, 54, 4, 192 }, long_one[] = { 53, 200, 2, 255 };
	static const unsigned char no_type[] = { 1, 4, 255, 255, 255, 0, 255 }, no_end[] = { 53, 1, 2 };
	size_t n = offer(good, sizeof(good));

	ok(is_offer(n, 0xc0a80101), "an offer is read: who, what, from whom");
	ok(is_offer(n + 6, 0xc0a80101), "padding after it does no harm");
	ok(is_offer(offer(no_type, sizeof(no_type)), 0xc0a80102), "a BOOTP answer, too, named by the packet's source");
	ok(is_offer(offer(no_end, sizeof(no_end)), 0xc0a80102), "options may end with the packet");
	ok(is_none(offer(ack, sizeof(ack))), "an ACK is none");
	ok(is_none(offer(cut, sizeof(cut))) && is_none(offer(long_one, sizeof(long_one))), "options that are not whole are none");
	for (size_t len = 1; len < n; len++) {
		offer(good, sizeof(good));
		if (!is_none(len)) {
			ok(false, "a packet cut to %zu bytes is none", len);
			return;
		}
	}
	ok(true, "a packet that is cut is none");
}

/* One wrong byte each, the IP checksum made good again. */
static void test_wrong(void)
{
	static const struct {
		size_t at;
		unsigned char value;
		const char *what;
	} wrong[] = {
		{ 12, 9, "another protocol" }, { 14, 0x65, "another version of IP" }, { 14, 0x44, "a header that is too short" },
		{ 20, 0x20, "a fragment" }, { 21, 1, "the rest of a fragment" }, { 23, 6, "TCP" }, { 35, 66, "another port" },
		{ 37, 69, "not to a client" }, { 42, 1, "a question" }, { 43, 6, "not of Ethernet" }, { 44, 16, "a long address" },
		{ 46, 0x13, "another's transaction" }, { 75, 2, "another's address" }, { 278, 98, "no cookie" },
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		size_t n = offer(good, sizeof(good));

		frame[wrong[i].at] = wrong[i].value;
		checksum();
		ok(is_none(n), "%s is no offer", wrong[i].what);
	}
	offer(good, sizeof(good));
	frame[ETHERNET + 12] ^= 1;
	ok(is_none(ETHERNET + IP + UDP + OPTIONS + sizeof(good)), "nor is a packet whose checksum is wrong");
}

int main(void)
{
	test_arp();
	test_discover();
	test_offer();
	test_wrong();
	return tap_end();
}
