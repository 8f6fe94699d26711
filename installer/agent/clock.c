/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Following the admin node's clock: one step, not a discipline. The deployed system has chrony for that. */
#include "agent/clock.h"

#include <inttypes.h>

#include "base/clock.h"

enum { TOLERATED_S = 60 };

const char *clock_follow(struct sys *sys, int64_t told_s, int64_t epoch_s, struct arena *a)
{
	static const char *const keep[] = { "hwclock", "--systohc", "--utc", NULL };
	int64_t now = clock_real_s(), apart = now > told_s ? now - told_s : told_s - now;
	const char *const set[] = { "date", "-u", "-s", arena_printf(a, "@%" PRId64, told_s), NULL };
	char is[21], told[21];
	struct error err;

	if (told_s <= 0 || apart <= TOLERATED_S)
		return NULL;
	clock_text(now, is);
	clock_text(told_s, told);
	if (told_s < epoch_s)
		return arena_printf(a, "the admin node's clock says %s, before this system was built: not followed, this machine's says %s",
				    told, is);
	if (sys->ops->exec(sys, &(struct sys_exec){ .argv = set }, &err))
		return arena_printf(a, "the clock says %s, the admin node's %s, and it cannot be set: %s", is, told, err.msg);
	if (sys->ops->exec(sys, &(struct sys_exec){ .argv = keep }, &err))
		return arena_printf(a, "the clock said %s: set to the admin node's %s, but not in the hardware: %s", is, told, err.msg);
	return arena_printf(a, "the clock said %s: set to the admin node's %s", is, told);
}
