/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of an observation, each filling its members of a struct machine. See machine.h. */
#pragma once
#include "model/machine.h"
#include "sys/sys.h"

/*
 * Everything but the disks: firmware, identity, memory, processors, kernel, clock, network ports.
 */
void observe_system(const char *root, struct arena *a, struct machine *m);
/* Firmware, identity, memory, processors, kernel, clock. */
void observe_firmware(const char *root, struct arena *a, struct machine *m);
/* The physical network ports, by name. */
MUST_CHECK int observe_nics(const char *root, struct arena *a, struct machine *m,
			    struct error *err);
/* The disks, by name. SYS may be NULL: no probing. */
MUST_CHECK int observe_disks(struct sys *sys, const char *root, struct arena *a, struct machine *m,
			     struct error *err);

/*
 * Brings all physical ports up, because a port that is down knows no carrier, and waits until each
 * has one, 3 s at most. An effect: `ip link set` through SYS.
 */
MUST_CHECK int observe_nics_up(struct sys *sys, struct error *err);
