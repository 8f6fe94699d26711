/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock of a machine that runs from memory. Its battery may be dead, and what is deployed checks signatures with
 * dates: the admin node, the site's time authority, says what time it is in its signed answer to hello.
 */
#pragma once
#include <stdint.h>

#include "base/arena.h"
#include "sys/sys.h"

/*
 * Sets the system's and the hardware's clock to TOLD_S if they are more than a minute apart; never to a time before
 * EPOCH_S, when this system was built. 0: that is not known. Seconds since 1970. Returns what a person should know, in A, or
 * NULL: a clock that cannot be set stops nothing.
 */
const char *clock_follow(struct sys *sys, int64_t told_s, int64_t epoch_s, struct arena *a);
