/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel counts of faults of memory, CPUs and ports: looked at before and after something, they tell of it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct faults {
	bool edac;		    /* memory controllers that tell (Documentation/driver-api/edac.rst) */
	uint64_t corrected, uncorrected; /* errors of all of them */
	bool mce;
	uint64_t machine_checks; /* exceptions, of all CPUs: /proc/interrupts */
};
/* ROOT is the prefix of /sys and /proc. */
void observe_faults(const char *root, struct arena *a, struct faults *ret);
/* Sum of a row of /proc/interrupts that begins with NAME; false if there is none. Pure. */
bool interrupts_sum(const char *text, const char *name, uint64_t *ret);
/* What port NIC counted: packets with errors; packets that were dropped. False if it does not count. */
bool observe_port_faults(const char *root, struct arena *a, const char *nic, uint64_t *ret_errors, uint64_t *ret_dropped);
