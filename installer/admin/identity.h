/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose machine is it. A machine has several keys (addresses of its ports, what its board says of itself, serial numbers
 * of disks and memory modules); a node is known by those that it was last seen with. Parts may be swapped: what speaks for
 * a node is weighed against what speaks against it, by one table. Keys that several nodes have tell them from nothing, and
 * are said.
 */
#pragma once
#include "admin/nodes.h"
#include "admin/store.h"
#include "model/machine.h"

struct identified {
	struct node *node; /* NULL: none that is known */
	const char *twin; /* new, although it has keys of another node: which, and why it is not that one; or NULL */
};

/*
 * Whose machine M is, at NOW_S. ERR_CONFLICT, with what it takes, if it could be either of several nodes.
 */
MUST_CHECK int identity_find(struct store *st, const struct machine *m, int64_t now_s, struct arena *a, struct identified *ret,
			     struct error *err);
/*
 * NODE has these keys now. Keys of parts that move (ports, disks, modules) are taken from the node that had them. Inside
 * the caller's transaction.
 */
MUST_CHECK int identity_keep(struct store *st, int64_t node, const struct machine *m, struct arena *a, struct error *err);
/* What other nodes have in common with NODE and should not, in words; NULL: nothing. */
MUST_CHECK int identity_note(struct store *st, int64_t node, struct arena *a, const char **ret, struct error *err);

/* A machine whose hello was refused because nobody knows whose it is. */
struct held {
	const char *label, *reason, *hint;
	int64_t first_s, last_s;
};
MUST_CHECK int identity_hold(struct store *st, const char *label, const char *reason, const char *hint, int64_t now_s,
			     struct error *err);
MUST_CHECK int identity_release(struct store *st, const char *label, struct error *err);
/* Those that asked within the last minutes before NOW_S. */
MUST_CHECK int identity_held(struct store *st, int64_t now_s, struct arena *a, struct held **ret, size_t *ret_n, struct error *err);
