/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The progress channel: JSON lines to a virtio-serial port named org.fulcrum.progress, where the
 * machine has one (virtual machines, some BMCs); nowhere else. It cannot fail what it reports on:
 * every error is swallowed, and a reader that does not read is not waited for.
 */
#pragma once
#include <stdint.h>

/* Emits {"t":T,"who":WHO, ...}; the variable part is pairs of const char *key, const char *value, ended by NULL. */
void channel_emit(const char *t, const char *who, ...) __attribute__((sentinel));
/* A step of an apply: see the members' names in the emitted line. */
void channel_step(const char *who, const char *id, unsigned int n, unsigned int of, uint64_t done,
		  uint64_t total, unsigned int percent);
