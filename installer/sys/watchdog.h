/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watchdogs (Documentation/watchdog/watchdog-api.rst): early userspace keeps one in hardware fed as long as the machine
 * runs, and on trial starts the kernel's own (softdog), which nobody feeds.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"

/* What the first one in hardware calls itself, or NULL: a kernel that hangs is restarted by nobody. ROOT: prefix of /sys. */
const char *watchdog_hardware(const char *root, struct arena *a);
/* Stops the kernel's own; none is fine. ROOT: prefix of /sys and /dev. */
MUST_CHECK int watchdog_trial_end(const char *root, struct error *err);
