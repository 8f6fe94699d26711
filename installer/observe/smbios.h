/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware's own table of what is plugged in: SMBIOS (DMTF DSP0134, 3.7.0), as the kernel keeps it in
 * /sys/firmware/dmi/tables/DMI. Firmware writes what it likes: a strict reader of foreign bytes. Pure.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "model/machine.h"

/*
 * The memory modules of TABLE (structures of type 17, 7.18), empty slots left out; strings are cleaned, A's, and
 * absent where they are a maker's filler. What a structure is too short to say is 0. -1 if TABLE is not whole structures
 * one after the other up to their end (type 127, or the last byte); *RET then has none.
 */
MUST_CHECK int smbios_dimms(const uint8_t *table, size_t len, struct arena *a, struct dimm **ret, size_t *ret_n);
/* TABLE, as far as it is whole, has a structure of TYPE: 38 is a management controller (7.39). */
bool smbios_has(const uint8_t *table, size_t len, uint8_t type);
