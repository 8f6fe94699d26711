/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is looked at before anything is written: a table of checks, all run, all told, each with what to do. One that
 * asks stops the install unless a person, or the site file's `preflight.ignore`, says that it may be so.
 */
#pragma once
#include "base/error.h"
#include "engine/engine.h"
#include "model/catalog.h"
#include "model/machine.h"
#include "model/site.h"
#include "sys/sys.h"

enum { PREFLIGHT_MEMORY_MIB = 512 };

/* ERR_REFUSED, with the numbers, on a machine that would run out of memory in the middle. */
MUST_CHECK int preflight_memory(const struct machine *m, struct error *err);
/*
 * Returns when the kernel's random pool is ready (random(7)), which every key and id is made from; tells SINK
 * when that takes longer than a moment.
 */
void preflight_entropy(const struct engine_sink *sink);
/*
 * A clock before the release was built (a dead battery starts in 1980) is set to that time, because signatures
 * with dates would fail; one more than 10 years after it is only told. Never set back. SINK hears of both, and of a
 * clock that cannot be set: a wrong clock stops nothing.
 */
void preflight_clock(struct sys *sys, const struct catalog *c, const struct engine_sink *sink);

enum preflight_result {
	PREFLIGHT_GOOD,
	PREFLIGHT_NOTE,	   /* something to know */
	PREFLIGHT_UNKNOWN, /* could not be looked at, or not here */
	PREFLIGHT_IGNORED, /* asks, and the site file has answered */
	PREFLIGHT_ASKS,
	PREFLIGHT_STOPS,
	PREFLIGHT__N
};
extern const char *const preflight_result_names[];

enum { PREFLIGHT_ROWS = 9 };

struct preflight {
	/* in */
	struct sys *sys;
	struct arena *a;
	const struct site *site;
	const struct machine *machine;
	const struct catalog *catalog;
	const struct plan *plan;	/* NULL: it could not be made, for PLAN_ERROR */
	const struct error *plan_error;
	const char *medium; /* the directory of the release that is installed from; NULL: there is none */
	const char *root;  /* prefix of /sys */
	bool elsewhere;	   /* the machine is a recorded one: the network and the clock of this one say nothing */
	/* out */
	const struct nic *port;	/* to the admin network; NULL: none matches, or several do */
	bool address_free;	/* nobody has the admin node's address, as far as was seen */
	struct preflight_row {
		const char *name; /* of the check: in preflight.ignore, in the channel's lines */
		enum preflight_result result;
		const char *text, *hint; /* what was seen; what to do, or NULL */
	} rows[PREFLIGHT_ROWS];
};

/* Runs all checks. Texts are in P's arena. Takes about 4 s: others on the network are given time to
 * answer; and up to 3 s more where the medium is slow. */
void preflight_run(struct preflight *p);
/*
 * 0, or -1 when a row stops, or, with ASKS_TOO, asks: *ERR is that row's, or lists all of them. A plan that could not be made
 * alone is its own error.
 */
MUST_CHECK int preflight_judge(const struct preflight *p, bool asks_too, struct error *err);
/* For people: one row a check. Appended to OUT. */
void preflight_text(const struct preflight *p, struct str *out);
/* For machines: an array of { name, result, text, hint }. */
void preflight_json(const struct preflight *p, struct str *out);
