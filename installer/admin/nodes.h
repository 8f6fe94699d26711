/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nodes, their attempts and events as values, and the one function that moves a node through its
 * life. It knows the store and the table of life.h; it does not plan, answer or talk to anybody.
 */
#pragma once
#include "admin/life.h"
#include "admin/store.h"
#include "base/hash.h"
#include "model/machine.h"
#include "proto/proto.h"

struct node {
	struct arena *arena; /* of everything here; node_apply refreshes the struct in it */
	int64_t id;
	const char *label, *name, *profile, *address, *mac; /* label: stable id before a name */
	enum node_state state;
	int64_t since_s, heard_s;
	enum agent_life life; /* who spoke last */
	const char *boot;     /* its boot: life, boot id and key */
	bool fresh; /* the running agent's inventory, nothing written since */
	const char *intent; /* "", "policy", "operator": spent by a claim */
	const char *intent_plan, *intent_wipe; /* hash or NULL; JSON array of serials */
	bool intent_full; /* the whole image, also where only a part differs */
	bool locked;	  /* keeps its binding, whatever rules come */
	const char *rule; /* which bound it, of which rules; "" before */
	const char *roles; /* its labels, with commas between; "" for none */
	uint64_t reboots; /* disk boots since it was told to netboot */
	uint64_t attempt, installed; /* the present one; the one whose system is on the disk, 0 = none */
	const char *own_goal; /* disk GUID of our finished deployment */
	int64_t hwtest; /* the last one that was wanted, see hwtests.h; 0: none */
	enum node_state back; /* queued, testing: where it goes afterwards */
	int64_t wipe; /* the last one that was wanted, see wipes.h; 0: none */
	const char *message, *hint; /* why it does not go on; NULL if nothing is wrong */
};

struct attempt {
	uint64_t id;
	int64_t node;
	const char *seed, *plan, *plan_hash;
	const char *agent_key, *disk_key;
	uint64_t agent_seq, disk_seq, claim_seq;
	int64_t claimed_s, applied_s;
	const char *op, *text;
	uint64_t done, total, percent;
	const char *results; /* JSON array of the last checks */
};

struct event {
	int64_t id, time_s;
	uint64_t attempt;
	const char *node, *from, *event, *to, *text;
};

/* Everything an event brings along; written in its transaction. Members not of the event stay zero. */
struct event_ctx {
	int64_t now_s;
	const char *text; /* for the event row; NULL = the row's doc */
	/* hello, disk_hello */
	const char *boot, *key, *machine_json;
	const struct machine *machine;
	/* bound; claimed: address alone, where tests that serve listen */
	const char *name, *profile, *address, *mac, *counter, *rule, *roles;
	int64_t counter_next;
	/* planned, claimed (hash only) */
	const char *plan, *plan_hash;
	/* approved: who */
	const char *intent;
	/* deploy */
	const char *wipe_json; /* plan_hash may be given too */
	bool full;
	/* reports: which attempt and sequence they carry */
	uint64_t attempt, seq;
	/* test: the order, as JSON, and what the machine is; claimed: its number */
	const char *tests, *product;
	int64_t hwtest;
	/* tested: "passed" or "failed"; results are given, too */
	const char *outcome, *software;
	/* wipe: plan and plan_hash; wiped: */
	const char *certificate;
	/* applied: the disk GUID of the finished deployment; key is the deployed system's */
	const char *own_goal;
	/* fail, timeout, checks_bad */
	const char *message, *hint;
	const char *results;
};

/* What the node is called: its name, or its label before it has one. */
const char *node_title(const struct node *n);

/*
 * Moves N by EV: checks that the table allows it and that the event's own conditions hold (a claim's
 * intent, attempt, plan), then writes state, event and effect in one durable transaction and
 * refreshes *N. On failure nothing has changed; kind ERR_CONFLICT if the event has no meaning now.
 */
MUST_CHECK int node_apply(struct store *st, struct node *n, enum node_event ev,
			  const struct event_ctx *ctx, struct error *err);
/*
 * EV_TEST for N by C and for WITH by C_WITH, whose runs are each other's peers from then on: both, or neither. Such runs end
 * together, unless both came to their results: node_apply sees to that. After a failure N and WITH are to be read again.
 */
MUST_CHECK int node_test_both(struct store *st, struct node *n, const struct event_ctx *c, struct node *with, const struct event_ctx *c_with,
			      struct error *err);
/* A machine never seen before: state discovered, first attempt, from its first hello. */
MUST_CHECK int node_add(struct store *st, const char *label, const struct event_ctx *ctx,
			struct arena *a, struct node **ret, struct error *err);

/* These change no state. *RET is NULL when there is no such thing. */
MUST_CHECK int node_find(struct store *st, const char *title, struct arena *a, struct node **ret,
			 struct error *err);
MUST_CHECK int node_load(struct store *st, int64_t id, struct arena *a, struct node **ret, struct error *err);
/* The one whose last hardware tests are run RUN. */
MUST_CHECK int node_find_hwtest(struct store *st, int64_t run, struct arena *a, struct node **ret, struct error *err);
MUST_CHECK int node_find_mac(struct store *st, const char *mac, struct arena *a, struct node **ret,
			     struct error *err);
MUST_CHECK int nodes_all(struct store *st, struct arena *a, struct node **ret, size_t *ret_n,
			 struct error *err);
/* Of all nodes in STATE what their deadlines count from. */
struct node_times {
	int64_t id, since_s, heard_s;
};
MUST_CHECK int nodes_times(struct store *st, enum node_state state, struct arena *a, struct node_times **ret, size_t *ret_n,
			   struct error *err);
MUST_CHECK int node_machine(struct store *st, const struct node *n, struct arena *a,
			    const char **ret_json, struct error *err);
MUST_CHECK int attempt_find(struct store *st, uint64_t id, struct arena *a, struct attempt **ret,
			    struct error *err);
/* The latest claimed attempt of N, or NULL. */
MUST_CHECK int attempt_claimed(struct store *st, const struct node *n, struct arena *a,
			       struct attempt **ret, struct error *err);
/* True if this boot of N said hello before. */
MUST_CHECK int boot_seen(struct store *st, const struct node *n, const char *boot, bool *ret,
			 struct error *err);
/* Events after SINCE, oldest first, of N or (NULL) of all; at most LIMIT: of those the newest when SINCE is 0. */
MUST_CHECK int events_list(struct store *st, const struct node *n, int64_t since, size_t limit,
			   struct arena *a, struct event **ret, size_t *ret_n, struct error *err);

/* N spoke; written at most every few seconds. */
MUST_CHECK int node_heard(struct store *st, struct node *n, int64_t now_s, struct error *err);
/* Why N does not go on; NULL clears. SPEND_INTENT also drops the operator's intent. */
MUST_CHECK int node_message(struct store *st, struct node *n, const char *message, const char *hint,
			    bool spend_intent, struct error *err);
/* Keeps a report's sequence, so that it counts once; with it progress or check results. */
MUST_CHECK int attempt_progress(struct store *st, const struct attempt *at, enum agent_life life,
				const struct msg_report *r, const char *results, struct error *err);

/* The system on disk started its agent anew within one boot: its reports count from 1 again. */
MUST_CHECK int attempt_recount(struct store *st, const struct attempt *at, struct error *err);

/* Locks N's binding, or unlocks it. */
MUST_CHECK int node_lock(struct store *st, struct node *n, bool locked, struct error *err);
/*
 * Forgets N with all that was kept of it, events included: a machine that comes back is a new one. ERR_CONFLICT while it
 * is being deployed, wiped or tested, or is to be tested with another. Its DHCP and DNS entries go at the next sweep of effects.h.
 */
MUST_CHECK int node_delete(struct store *st, const struct node *n, struct error *err);
/* How many nodes are in STATE. */
MUST_CHECK int nodes_count(struct store *st, enum node_state state, uint64_t *ret, struct error *err);

/* Names and addresses in use. */
MUST_CHECK int name_is_taken(struct store *st, const char *name, bool *ret, struct error *err);
MUST_CHECK int address_is_taken(struct store *st, const char *address, bool *ret, struct error *err);
MUST_CHECK int counter_next(struct store *st, const char *counter, int64_t *ret, struct error *err);

/* Effects not done yet, oldest first. */
struct effect {
	int64_t event;
	enum life_effect kind;
	int64_t node;
	struct event what;
	const char *name, *address, *mac;
};
MUST_CHECK int effects_pending(struct store *st, struct arena *a, struct effect **ret, size_t *ret_n,
			       struct error *err);
MUST_CHECK int effects_done(struct store *st, int64_t up_to_event, struct error *err);
