/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine: takes a plan, never a profile, and runs it: look again, compare with what the plan
 * assumed, apply each operation, verify it by looking, mark it in the journal. The admin node's
 * installation and a node's deployment both come through here.
 */
#pragma once
#include "base/error.h"
#include "engine/progress.h"
#include "model/plan.h"
#include "ops/ops.h"
#include "sys/sys.h"

/* Where progress goes. Every member may be NULL; none can fail the run. */
struct engine_sink {
	void *ctx;
	/* An operation begins, moves or ends. */
	void (*step)(void *ctx, const struct progress *p);
	void (*stage)(void *ctx, const char *stage, const char *text);
	/* Something a person should read that is no failure. */
	void (*note)(void *ctx, const char *text);
};

struct engine {
	struct sys *sys;
	const char *root;	 /* prefix of /sys and /proc: "" */
	const char *source;	 /* URL of the release */
	const char *release_key; /* hex */
	const char *target;	 /* mount directory, for example /run/fulcrum/target */
	const char *journal;	 /* file; NULL = none */
	const char *site_text;	 /* for the plan of an admin node; NULL for a node's */
	const struct op_secret *secrets; /* keys of encrypted devices that the plan names */
	size_t n_secrets;
	const struct engine_sink *sink;
	char node_key[KEY_PUB_HEX]; /* out: key of the deployed system, when the plan made one */
	struct arena *keep; /* a plan that erases needs it: where `erased` lies */
	struct erased *erased; /* out: a disk each that was erased, also when a later one failed */
	size_t n_erased;
};

/*
 * Runs PLAN. Before the first write every disk of the plan is found again by its identity and must be in the
 * state that the plan saw: else ERR_CHANGED and nothing was written. An empty plan succeeds at once.
 */
MUST_CHECK int engine_apply(struct engine *e, const struct plan *plan, struct error *err);
