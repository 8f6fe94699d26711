/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hardware tests: what an agent is told to do, whether what it reports is of the tests that run, the judging, and the runs
 * that were kept. They are rows of their own, which outlive their nodes. Moving a node is node_apply's.
 */
#pragma once
#include "admin/admin.h"
#include "admin/nodes.h"
#include "data/tree.h"
#include "model/hwtest.h"

enum { HWTESTS_MAX = 200 };

struct hwtest {
	int64_t id;
	const char *title, *label; /* what its node was called */
	const char *product;	   /* vendor and product; NULL: unknown */
	int64_t created_s, claimed_s, ended_s;
	const char *order; /* JSON of a struct hwtest_order */
	uint64_t attempt, claim_seq;
	const char *outcome;  /* "" before its end; "passed", "failed", "stopped" */
	const char *text;     /* how it ended */
	const char *software; /* what measured: build of the release */
	const char *results;  /* JSON array of struct hwtest_result, or NULL */
	int64_t peer;	      /* the run of the node that it is tested with; 0: none */
	const char *address;  /* where it listens for that one; NULL: nowhere (yet) */
};

/* *RET is NULL when there is no such run. */
MUST_CHECK int hwtest_load(struct store *st, int64_t id, struct arena *a, struct hwtest **ret, struct error *err);
/* Runs of what is, or was, called TITLE, by name or label, or (NULL) of all; the newest first, at most HWTESTS_MAX. */
MUST_CHECK int hwtests_of(struct store *st, const char *title, struct arena *a, struct hwtest **ret, size_t *ret_n, struct error *err);
/* Runs with results of other machines of the same product as W's; the newest first, at most HWTESTS_MAX. */
MUST_CHECK int hwtests_peers(struct store *st, const struct hwtest *w, struct arena *a, struct hwtest **ret, size_t *ret_n, struct error *err);
/* W's order, with its number. */
MUST_CHECK int hwtest_read_order(const struct hwtest *w, struct arena *a, struct hwtest_order *ret, struct error *err);
/* W's results, none if there are none. */
MUST_CHECK int hwtest_results(const struct hwtest *w, struct arena *a, struct hwtest_result **ret, size_t *ret_n, struct error *err);

/* What the agent in memory of N, which is queued, does now. */
MUST_CHECK int hwtest_give(struct admin *ad, const struct node *n, struct arena *a, struct msg_order *o, struct error *err);
/* *RET: N is being tested by run ID, which attempt AT claimed. */
MUST_CHECK int hwtest_running(struct admin *ad, const struct node *n, const struct attempt *at, uint64_t id, bool *ret, struct error *err);
/* *RET: M is the very claim by which AT began the tests that N is in. */
MUST_CHECK int hwtest_claimed_by(struct admin *ad, const struct node *n, const struct attempt *at, const struct msg_report *m, bool *ret,
				 struct error *err);
/* Judges M, the end of the tests of N, by the site's limits: fills C with results, outcome, and what a person should know. */
MUST_CHECK int hwtest_end(struct admin *ad, const struct node *n, const struct msg_report *m, struct event_ctx *c, struct error *err);
/* N's machine restarted while it was tested, which is a result: fills C. */
MUST_CHECK int hwtest_interrupted(struct admin *ad, const struct node *n, struct event_ctx *c, struct error *err);
/* *RET: why a test failed that N's machine did not pass since; of each kind the last that was not stopped counts. Or NULL. */
MUST_CHECK int hwtest_failed(struct admin *ad, const struct node *n, struct arena *a, const char **ret, struct error *err);

/* --- hwtest_pair.c: tests of the network between two nodes */

/* *RET: the node that N's last tests are, or were, with, or NULL; *RET_RUN (may be NULL) its run. */
MUST_CHECK int hwtest_with(struct admin *ad, const struct node *n, struct arena *a, struct node **ret, struct hwtest **ret_run, struct error *err);
/*
 * For N, whose order is O, to be given: the one that serves begins when the other is there, that one when the first listens,
 * which is what O is told then. *RET_WHY: why N waits, or NULL.
 */
MUST_CHECK int hwtest_pair_ready(struct admin *ad, const struct node *n, struct arena *a, struct hwtest_order *o, const char **ret_why,
				 struct error *err);
/* N's claim M, into C; *RET_WHY: why it cannot be taken, or NULL. */
MUST_CHECK int hwtest_begin(struct admin *ad, const struct node *n, const struct msg_report *m, struct event_ctx *c, const char **ret_why,
			    struct error *err);
/* The token of N's tests with another, if they are, sealed to the agent KEY (hex), into ACK. */
MUST_CHECK int hwtest_secret(struct admin *ad, const struct node *n, const char *key, struct msg_ack *ack, struct error *err);

/*
 * hwtest_api.c: all runs of what is called TITLE, with results, each value beside that of the run before it and the median of
 * the newest of other machines of the same product; or (NULL) of all, without results.
 */
MUST_CHECK int hwtests_tree(struct admin *ad, const char *title, struct arena *a, struct tree **ret, struct error *err);
