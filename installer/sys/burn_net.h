/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a network between two machines is worth: one serves, the other comes; a stream of known blocks goes to the one that
 * serves, then one comes back, and each end compares what arrives, byte by byte, and counts by its own clock. TCP over IPv4,
 * one connection, no threads; every wait has an end. A program of its own does it (cmd/hwtest_main.c), which may be killed.
 *
 * On the wire, integers being little-endian of 64 bits: the token; the other's word that it knows it; then for each direction
 * blocks, each beginning with its number from 1 on, a 0 where the next number would be, and from the end that received
 * bytes, milliseconds, wrong blocks, number of the first of them.
 */
#pragma once
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { NET_BLOCK = 65536, NET_TOKEN = 64 };

struct burn_net {
	const char *ip; /* of the one that serves */
	uint16_t port;
	const char *token; /* NET_TOKEN characters that both ends were given: it keeps strangers out */
	uint64_t seconds;  /* each direction */
	unsigned int wait_ms;  /* for the other to come, or to be there */
	unsigned int stall_ms; /* nothing moves for so long: given up */
};
/* One direction, as the end counted that received it. */
struct burnt_way {
	uint64_t bytes, rate; /* bytes a second */
	uint64_t wrong, first_wrong; /* blocks that arrived otherwise than they were sent; number of the first, from 1 on */
};
struct burnt_net {
	struct burnt_way to, from; /* the other end, as seen from this one */
};

/*
 * Listens until one comes that knows the token, and not longer. Whoever does not is turned away, one after the other, and
 * counted. ERR_NET: nobody came, nothing moved, or the other went away; ERR_IO: it cannot listen there.
 */
MUST_CHECK int burn_net_serve(const struct burn_net *how, struct burnt_net *ret, struct error *err);
/* Tries until the other listens. ERR_NET: it does not, or does not know the token, or as above. */
MUST_CHECK int burn_net_visit(const struct burn_net *how, struct burnt_net *ret, struct error *err);

/* Block NUMBER of the stream. */
void burn_net_block(uint64_t number, unsigned char ret[NET_BLOCK]);
/* The address from which this machine reaches IP, as routes are now; nothing is sent. */
MUST_CHECK int burn_net_own(const char *ip, char ret[INET_ADDRSTRLEN], struct error *err);
