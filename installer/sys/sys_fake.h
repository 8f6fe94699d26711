/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests: a back end around another one, which counts the effects, makes the Nth one fail, or
 * cuts the power at it. A test walks N upward until a run passes: then every error path has been
 * taken.
 *
 *	for (uint64_t n = 1;; n++) {
 *		struct sys *s = sys_fake_new(inner);
 *		sys_fake_fail_at(s, n, SYS_FAKE_ONCE);
 *		... run ...
 *		if (sys_fake_calls(s) < n) break;	// N was past the end
 *	}
 */
#pragma once
#include "sys/sys.h"

enum sys_fake_mode {
	SYS_FAKE_ONCE, /* the Nth effect fails with ERR_IO "injected"; later ones work */
	SYS_FAKE_CUT, /* and every later one: as after a power cut, nothing more reaches INNER */
	SYS_FAKE_TORN, /* CUT, and half of the data of the Nth arrives, if it is a write_at */
};

/*
 * INNER is used, not owned. Every verb but sleep_ms counts as an effect. A failing close still
 * closes INNER's handle, without syncing it.
 */
struct sys *sys_fake_new(struct sys *inner);
/* N counts from 1; 0: nothing fails. */
void sys_fake_fail_at(struct sys *s, uint64_t n, enum sys_fake_mode mode);
/* Verbs that are set in OVER answer instead of INNER's (they get INNER as their struct sys). */
void sys_fake_override(struct sys *s, const struct sys_ops *over);
/* Effects asked for until now, the failed ones included. */
uint64_t sys_fake_calls(const struct sys *s);
/* Name of the verb that was made to fail: "write_at"; NULL if none was yet. */
const char *sys_fake_failed(const struct sys *s);
