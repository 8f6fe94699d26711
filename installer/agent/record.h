/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flight recorder's other end: what kernel, agent and system said since this machine started, sent to the admin node
 * at the moments after which nobody might be able to ask any more. Takes 10 s a source at most, so that it comes after what is
 * waited for; cannot fail: what cannot be read is left out, what does not arrive is said on the console.
 */
#pragma once
#include "agent/client.h"

/* PROGRESS: file that the agent's own words are kept in, or NULL for a deployed system, whose journal is sent instead. */
void record_send(struct client *c, const char *progress);
