/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens, as JSON lines: to a virtio-serial port named org.fulcrum.progress, where the machine has one
 * (virtual machines, some BMCs), and to the file that channel_log() names. It cannot fail what it reports on:
 * every error is swallowed, and a reader that does not read is not waited for.
 *
 * Every line is one object: "t" says what it is, "who" (install, agent, admin) who says it, "ms" when, by the clock
 * that counts from the start of the machine. Then, by "t":
 *   stage   stage, text        a stage begins: observe, plan, apply, verify, done, failed, ...
 *   plan    hash, ops          a plan was made; ops is "some" or "none"
 *   step    id, n, of          operation n of `of` moves: done of total bytes of it, percent of the whole plan by
 *           done, total        weight, rate in bytes a second (0: not known), left in seconds to the end (left out
 *           percent, rate      while it is not known)
 *           left
 *   preflight name, result,    a check before anything is written; result is good, note, unknown, ignored, asks or stops
 *           text, hint
 *   remote  text, addresses,   a login from elsewhere was opened, or used
 *           port, fingerprint
 *   note    text               something to know that is no failure
 *   error   kind, text, hint   what failed, and what to do
 *   others  of who sends them
 */
#pragma once
#include <stdint.h>

enum { CHANNEL_LOG_MAX = 8 << 20, CHANNEL_LOG_END = 256 << 10 /* not for steps */ };

/*
 * From now on every line is appended to the file PATH (mode 0600), too, at most CHANNEL_LOG_MAX bytes; NULL ends
 * that. A file that cannot be made, a directory that is not there or a full disk is no error here.
 */
void channel_log(const char *path);
/* Emits {"t":T,"who":WHO, ...}; the variable part is pairs of const char *key, const char *value, ended by NULL. */
void channel_emit(const char *t, const char *who, ...) __attribute__((sentinel));

struct channel_move {
	const char *id;
	unsigned int n, of, percent;
	uint64_t done, total, rate;
	int64_t left_s; /* negative: not known */
};
void channel_step(const char *who, const struct channel_move *m);
