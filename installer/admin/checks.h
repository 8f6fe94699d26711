/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The admin node's own must-pass checks, a table: what has to be true of this machine for the site to
 * be served. A thread of their own runs them, because they wait for the network; the rest of the daemon
 * sees only their last results.
 */
#pragma once
#include "admin/admin.h"
#include "proto/proto.h"

/* Runs all once. True if all pass. Results live in A. */
bool checks_once(const struct admin *ad, struct arena *a, struct check_result **ret, size_t *ret_n);

/* Every second until all pass for the first time, then every 30 s. AD must outlive it. */
struct checks *checks_start(const struct admin *ad);
/*
 * Ends the thread; NULL is fine. False if it hangs in the network: it goes on until the process ends, so
 * what it uses (AD) must not be released.
 */
bool checks_stop(struct checks *c);
/* True once: the first time after all have passed. */
bool checks_turned_green(struct checks *c);
/* The last results, copied into A. True if they all pass; false also when there are none yet. */
bool checks_last(struct checks *c, struct arena *a, struct check_result **ret, size_t *ret_n);
