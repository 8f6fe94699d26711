/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a transition causes outside the database, run after its commit and safe to repeat: the node's DHCP
 * and DNS entries (dnsmasq watches their directories), and a line to the progress channel.
 */
#pragma once
#include "admin/admin.h"
#include "admin/nodes.h"

/* Runs what is pending, in order. What fails stays pending and is tried again at the next run. */
void effects_run(struct admin *ad);
/* Drops the entries of names that no node has any more, and has dnsmasq read the rest again. */
MUST_CHECK int effects_sweep(struct admin *ad, struct error *err);
/* /run does not survive a reboot: writes the entries of every bound node anew. */
MUST_CHECK int effects_restore(struct admin *ad, struct error *err);
/* The node's lines. Pure. */
void dhcp_line(const char *mac, const char *address, const char *name, struct str *out);
void hosts_line(const char *address, const char *name, const char *domain, struct str *out);
