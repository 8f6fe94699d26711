/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Must-pass checks that a running system reports: as they are kept, and whether they are what was asked for. */
#pragma once
#include "admin/admin.h"
#include "admin/nodes.h"

/* The results of M as a JSON array; *RET_BAD is those that do not pass, in one line, or NULL. In A. */
const char *checks_json(const struct msg_report *m, struct arena *a, const char **ret_bad);
/* *RET: the checks of N, whose system attempt AT deployed, that M does not answer as they must be, or NULL. Silence is no pass. */
MUST_CHECK int checks_unmet(struct admin *ad, const struct node *n, const struct attempt *at, const struct msg_report *m, const char **ret,
			    struct error *err);
