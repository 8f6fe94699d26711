/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers of management controllers, whole and cut. */
#include "observe/bmc.h"
#include "tap.h"

int main(void)
{
	/* Get Device ID of a controller with firmware 2.87 that speaks IPMI 2.0; of an old one, 1.5. */
	static const uint8_t id[] = { 0, 0x20, 0x81, 0x02, 0x87, 0x02, 0xdf, 0x7c, 0x2a, 0 }, old[] = { 0, 0x20, 1, 0x81, 0x05, 0x51 };
	static const uint8_t address[] = { 0, 0x11, 10, 1, 0, 7 }, unset[] = { 0, 0x11, 0, 0, 0, 0 };
	static const uint8_t mac[] = { 0, 0x11, 0x52, 0x54, 0, 0xaa, 0xbb, 7 }, refused[] = { 0xc1, 0, 1, 2, 3, 4, 5, 6 };
	AUTO_ARENA a = ARENA_INIT;
	struct bmc b = { 0 };
	bool none = true;

	ok(bmc_read_id(id, sizeof(id), &a, &b), "an id");
	is_str(b.version, "2.87", "its firmware");
	is_str(b.ipmi, "2.0", "and what it speaks");
	ok(bmc_read_id(old, sizeof(old), &a, &b) && str_eq(b.version, "1.05") && str_eq(b.ipmi, "1.5"), "an old one, that is being updated");
	ok(bmc_read_address(address, sizeof(address), &a, &b), "an address");
	is_str(b.address, "10.1.0.7", "as text");
	b.address = NULL;
	ok(bmc_read_address(unset, sizeof(unset), &a, &b) && !b.address, "none is set");
	ok(bmc_read_mac(mac, sizeof(mac), &a, &b), "a MAC address");
	is_str(b.mac, "52:54:00:aa:bb:07", "as text");
	for (size_t n = 0; n < 6; n++)
		none = none && !bmc_read_id(id, n, &a, &b) && !bmc_read_address(address, n, &a, &b) && !bmc_read_mac(mac, n, &a, &b);
	ok(none, "cut anywhere they are none");
	ok(!bmc_read_mac(refused, sizeof(refused), &a, &b) && !bmc_read_id(refused, sizeof(refused), &a, &b), "nor is a refusal");
	return tap_end();
}
