/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What changed in a machine: two inventories compared, and the rows that are kept of it. What changes by itself (links,
 * temperatures, hours, kernel names, drivers, clocks) is no change.
 */
#pragma once
#include "admin/store.h"
#include "model/machine.h"

struct change {
	int64_t time_s;
	const char *what;	  /* "disk S5GXNF0R123456", "port 52:54:00:aa:bb:01", "memory" */
	const char *was, *became; /* NULL: it was not there, is not there any more */
};

/*
 * Pure. Groups of facts that one of the two was not looked at for are left out; neighbours that were not heard are. In the order of
 * what a machine says.
 */
void history_compare(const struct machine *was, const struct machine *is, struct arena *a, struct change **ret, size_t *ret_n);
/*
 * OLD with what the system on its disk sees of itself, which is all but the disks and the neighbours of ports. OLD's members live
 * on in what is returned.
 */
struct machine *history_merge(const struct machine *old, const struct machine *seen, struct arena *a);
/*
 * Compares M with the inventory that is kept of NODE and writes what changed, inside the caller's transaction. With
 * MERGE M is only what a running system sees of itself; *RET_JSON is the inventory to keep then, NULL if there was none to
 * merge it with.
 */
MUST_CHECK int history_write(struct store *st, int64_t node, const struct machine *m, bool merge, int64_t now_s, struct arena *a,
			     const char **ret_json, struct error *err);
/* The newest LIMIT changes of NODE, oldest first. */
MUST_CHECK int history_list(struct store *st, int64_t node, size_t limit, struct arena *a, struct change **ret, size_t *ret_n,
			    struct error *err);
