/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a netbooting machine is told: a GRUB script, made on request from the node's state. Local
 * boot is the answer for every node that has its own system; only a node that waits for the agent gets it.
 */
#pragma once
#include "admin/admin.h"
#include "admin/nodes.h"

/* "52:54:00:12:34:56" in lower case into RET; -1 if TEXT is anything else. */
MUST_CHECK int mac_parse(const char *text, char ret[18]);
/* The script for the adapter MAC, already in lower case. */
MUST_CHECK int bootconf_grub(struct admin *ad, const char *mac, struct arena *a, struct str *out,
			     struct error *err);

/* Who asked lately, newest wins: tells which of a machine's adapters netbooted. */
struct bootconf_seen *bootconf_seen_new(void);
void bootconf_seen_free(struct bootconf_seen *s);
/* The adapter of M that asked last, or NULL. */
const char *bootconf_latest(const struct bootconf_seen *s, const struct machine *m);
