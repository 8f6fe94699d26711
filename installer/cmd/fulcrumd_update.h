/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `fulcrumd update --status | --confirm | --rollback [--old-database] | --give-up WHY`: the two releases of this machine. */
#pragma once
#include "admin/trial.h"

enum update_word { UPDATE_STATUS, UPDATE_CONFIRM, UPDATE_ROLLBACK, UPDATE_GIVE_UP };

/* The exit code. WHY is for UPDATE_GIVE_UP. */
int fulcrumd_update(const struct admin_paths *paths, enum update_word word, bool old_database, const char *why);
/*
 * For the daemon, every second: while this release is on trial, keeps it once the must-pass checks are green, and gives it up
 * shortly before its time is over. SECONDS is what trial_seconds() said at start, 0 ends it.
 */
void fulcrumd_trial_tick(const struct admin *ad, unsigned int *seconds);
