/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wipes: the plan of one, what its agent is told, whether what the agent reports answers that plan, and the certificate.
 * They are rows of their own, which outlive their nodes. Moving a node is node_apply's.
 */
#pragma once
#include "admin/admin.h"
#include "admin/nodes.h"
#include "model/plan.h"

struct wipe {
	int64_t id;
	const char *title, *label; /* what its node was called */
	int64_t created_s, claimed_s, ended_s;
	const char *plan, *plan_hash;
	uint64_t attempt, claim_seq;
	const char *certificate; /* NULL until it has ended well */
};

/* *RET is NULL when there is no such wipe. */
MUST_CHECK int wipe_load(struct store *st, int64_t id, struct arena *a, struct wipe **ret, struct error *err);
/* The newest that ended well of what was called TITLE, by name or label; *RET is NULL when there is none. */
MUST_CHECK int wipe_find(struct store *st, const char *title, struct arena *a, struct wipe **ret, struct error *err);
/* All that ended well, newest first. */
MUST_CHECK int wipes_all(struct store *st, struct arena *a, struct wipe **ret, size_t *ret_n, struct error *err);

/*
 * What a wipe of N would be: of the disks that it was deployed on, or of ALL that may be written. The same until another is
 * wanted, or the machine is seen otherwise. ERR_CONFLICT if nothing was ever deployed on it.
 */
MUST_CHECK int wipe_plan(struct admin *ad, const struct node *n, bool all, struct arena *a, struct plan **ret, struct error *err);
/* What the agent in memory of N, which is leaving, does now. */
MUST_CHECK int wipe_order(struct admin *ad, const struct node *n, struct arena *a, struct msg_order *o, struct error *err);
/* *RET: the wipe that N is in, if attempt AT is the one that claimed it, else NULL. */
MUST_CHECK int wipe_running(struct admin *ad, const struct node *n, const struct attempt *at, struct wipe **ret, struct error *err);
/* Judges M, the end of wipe W of N: fills C with a certificate, or with why there is none. */
MUST_CHECK int wipe_end(struct admin *ad, const struct node *n, const struct wipe *w, const struct msg_report *m, struct event_ctx *c,
			struct error *err);
/* Whether M says of every disk of P, and of no other, that it was erased as P allows; *RET_BAD is why not, or NULL. */
void wipe_judge(const struct plan *p, const struct msg_report *m, struct arena *a, const char **ret_bad);
