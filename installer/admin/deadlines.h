/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes that pass the deadline of their state (life.h). */
#pragma once
#include "admin/admin.h"

/* When nodes were looked at, and when it is worth it again; zero before the first time. */
struct deadlines {
	int64_t swept_s, next_s;
};

/*
 * EV_TIMEOUT for every node that is late at NOW_S (since 1970), and what follows from it (node_advance). Cheap to call each
 * second: nodes are read only when one of them can be late, which D keeps, or when the clock went back. Errors go to stderr, and the node
 * is tried again.
 */
void deadlines_run(struct admin *ad, struct deadlines *d, int64_t now_s);
