/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LLDP frames: what is taken from good ones, and that others are none. */
#include <string.h>

#include "observe/lldp.h"
#include "tap.h"

static uint8_t frame[512];
static size_t len;

static void begin(void)
{
	static const uint8_t head[] = { 0x01, 0x80, 0xc2, 0, 0, 0x0e, 0x52, 0x54, 0, 0, 0, 0xff, 0x88, 0xcc };

	memcpy(frame, head, sizeof(head));
	len = sizeof(head);
}

static void tlv(unsigned int type, const char *value, size_t n)
{
	frame[len++] = (uint8_t)(type << 1 | n >> 8);
	frame[len++] = (uint8_t)n;
	memcpy(frame + len, value, n);
	len += n;
}

static const char *name, *port;

static int parse(struct arena *a)
{
	name = port = NULL;
	return lldp_parse(frame, len, a, &name, &port);
}

static void usual(void)
{
	begin();
	tlv(1, "\4\x52\x54\0\0\0\xff", 7);
	tlv(2, "\5Ethernet1/7", 12);
	tlv(3, "\0\x78", 2);
	tlv(4, "to rack 3", 9);
	tlv(5, "tor-1", 5);
	tlv(8, "\5\1\12\0\0\1\2\0\0\0\1\0", 12);
	tlv(127, "\0\x80\xc2\1\0\5", 6);
	tlv(0, "", 0);
}

int main(void)
{
	AUTO_ARENA a = ARENA_INIT;
	size_t whole;
	bool all = true;

	usual();
	ok(!parse(&a) && str_eq(name, "tor-1") && str_eq(port, "Ethernet1/7"), "name and port of a switch");
	whole = len;
	for (len = 0; len < whole; len++)
		all = all && parse(&a);
	ok(all, "cut anywhere it is none");
	usual();
	memset(frame + len, 0, 20);
	len += 20;
	ok(!parse(&a), "what fills it up to the least size is passed over");
	begin();
	tlv(1, "\4\x52\x54\0\0\0\xff", 7);
	tlv(2, "\3\x52\x54\0\0\0\x07", 7);
	tlv(3, "\0\1", 2);
	tlv(0, "", 0);
	ok(!parse(&a) && str_eq(name, "52:54:00:00:00:ff") && str_eq(port, "52:54:00:00:00:07"), "without names, addresses");
	begin();
	tlv(1, "\7box", 4);
	tlv(2, "\7p\x1b[31m", 7);
	tlv(3, "\0\1", 2);
	tlv(0, "", 0);
	ok(!parse(&a) && str_eq(name, "box") && !strchr(port, 0x1b), "no control characters are taken");
	begin();
	tlv(1, "\7box", 4);
	tlv(2, "\7p", 2);
	tlv(3, "\0\0", 2);
	tlv(0, "", 0);
	ok(parse(&a), "a time to live of nothing is good-bye");
	begin();
	tlv(2, "\7p", 2);
	tlv(1, "\7box", 4);
	tlv(3, "\0\1", 2);
	tlv(0, "", 0);
	ok(parse(&a), "the first three come in their order");
	usual();
	len -= 2;
	tlv(1, "\7other", 6);
	tlv(0, "", 0);
	ok(parse(&a), "and once");
	usual();
	frame[13] = 0;
	ok(parse(&a), "another protocol is none");
	return tap_end();
}
