/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flight recorder: what kernel and agent of a node said, by attempt and boot, as files below data/records/LABEL, and the
 * one bundle of all that is known of a node.
 */
#pragma once
#include "admin/admin.h"
#include "admin/nodes.h"
#include "data/tree.h"

/* Keeps M of N, in place of what the same boot said before; of many boots the oldest go. ERR_INPUT if M is no record. */
MUST_CHECK int recorder_keep(struct admin *ad, const struct node *n, const struct msg_record *m, struct error *err);
/*
 * All of N as {"name", "files": [{"name", "text"}]}: inventory, events, plan, checks and records, every secret of the site
 * file taken out. *RET is A's.
 */
MUST_CHECK int recorder_bundle(struct admin *ad, const struct node *n, struct arena *a, struct tree **ret, struct error *err);
/* Drops what was kept of N. */
void recorder_forget(struct admin *ad, const struct node *n);
