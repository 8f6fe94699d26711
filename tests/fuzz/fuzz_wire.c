/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz layers: base data model sys
 *
 * Any bytes as a frame from the network: nothing is read past its end, and what counts as an answer is one to us.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sys/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const unsigned char us[WIRE_MAC] = { 0x52, 0x54, 0, 0xfc, 0, 1 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of exactly its size, so that a byte more is seen. */
	unsigned char *frame = malloc(size ? size : 1), mac[WIRE_MAC];
	struct wire_offer o;

	if (!frame)
		abort();
	memcpy(frame, data, size);
	if (wire_arp_conflict(frame, size, us, 0xc0a87c0a, mac))
		assert(size >= 42 && memcmp(mac, us, WIRE_MAC) != 0);
	if (wire_dhcp_offer(frame, size, us, 0x12345678, &o))
		assert(size >= 14 + 20 + 8 + 240 && !memcmp(frame + 14 + (frame[14] & 15) * 4 + 8 + 28, us, WIRE_MAC));
	free(frame);
	return 0;
}
