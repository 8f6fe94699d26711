/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another site file for the running daemon, as far as it changes rules, profiles, policy and tests; its networks are changed by
 * network.h alone, which can take back what cuts an admin off.
 */
#pragma once
#include "admin/admin.h"
#include "data/tree.h"

/*
 * Reads TEXT as a site file and shows in *RET (A's) what its rules would make of every node; with APPLY it then becomes the
 * site file, the former one being kept beside it as site.yaml.HASH (of its bytes), and nodes that wait go on by the new rules. ERR_INPUT
 * with all findings; ERR_REFUSED when it changes more than that, or lacks a profile that a node has; ERR_CONFLICT while a
 * change of the networks is not confirmed. On these nothing has changed; a store that fails while nodes go on is told, too, and
 * then the new rules are in force: those nodes go on at their next hello.
 */
MUST_CHECK int site_change(struct admin *ad, const char *text, size_t len, bool apply, struct arena *a, struct tree **ret,
			   struct error *err);
