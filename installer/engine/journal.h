/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal: the plan, then one line an operation begins or ends, each on stable storage before going on. */
#pragma once
#include "base/error.h"
#include "model/plan.h"

struct journal {
	int fd; /* -1: none is kept */
};

MUST_CHECK int journal_open(struct journal *j, const char *path, const struct plan *plan, struct error *err);
/* WHAT is "begin", "done" or "failed". */
MUST_CHECK int journal_add(struct journal *j, const char *op_id, const char *what, struct error *err);
void journal_close(struct journal *j);
