/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hardware tests on the machine itself: begins only once the admin node took the claim, tells of progress, and stops when that
 * is not wanted any more. CPUs, memory and disks are worked on by fulcrum-hwtest, a process of its own; nothing is written.
 */
#pragma once
#include "agent/run.h"

/*
 * Runs the tests of O on M, and reports what was measured. -1 only where the admin node is not reached any more: what is
 * wrong with the machine is a result.
 */
MUST_CHECK int hwtest_carry_out(struct client *c, const struct ram_agent *ra, const struct machine *m, const struct hwtest_order *o,
				struct arena *a, struct error *err);
