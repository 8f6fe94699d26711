/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The board's management controller, asked from inside: its firmware, and the address of its network port. */
#pragma once
#include "model/machine.h"
#include "sys/sys.h"

/*
 * Loads the kernel's drivers, where the firmware names a controller (SMBIOS type 38) or one has them already, and asks it. 5 s an
 * answer at most, and the first that does not come is the last question. Changes nothing on it; cannot fail.
 */
void observe_bmc(struct sys *sys, const char *root, struct arena *a, struct machine *m);
/* Pure readers of its answers, of LEN bytes with the completion code first (IPMI 2.0: 20.1, 23.2); false: it is none. */
MUST_CHECK bool bmc_read_id(const uint8_t *answer, size_t len, struct arena *a, struct bmc *ret);
MUST_CHECK bool bmc_read_address(const uint8_t *answer, size_t len, struct arena *a, struct bmc *ret);
MUST_CHECK bool bmc_read_mac(const uint8_t *answer, size_t len, struct arena *a, struct bmc *ret);
