/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guide: page by page from a machine to a site file and its plan. Pure: pages are values, answers are values, and
 * what a page needs done in the world (a second look, reading keys, saving) it asks its caller for. Everything that is
 * answered ends in a struct site, is written by the site file's field tables, read again by site_parse() and planned by
 * the planner, so that nothing can be said here that a site file could not say, and the file replays the same install.
 */
#pragma once
#include "base/hash.h"
#include "guide/page.h"
#include "model/catalog.h"
#include "model/machine.h"
#include "model/plan.h"

enum guide_step { STEP_WELCOME, STEP_DISK, STEP_MAP, STEP_CONSENT, STEP_PORT, STEP_NETWORK, STEP_NAMES, STEP_KEYS, STEP_NODES, STEP_REVIEW, STEP_FILE, STEP__N };

struct guide_answers {
	const struct disk *disk; /* of the machine; NULL: none chosen */
	char consent[HASH_HEX];	 /* state of the disk whose content may be lost; "": none */
	const char *mac;	 /* of the port; NULL: none chosen */
	const char *subnet, *address, *hosts, *discovery, *gateway; /* gateway: "" for none */
	const char *site, *name;
	const char **keys;
	size_t n_keys;
	const char *image; /* nodes get it; NULL: nodes get nothing yet */
};

struct guide {
	struct arena *a;
	const struct machine *machine;
	const struct catalog *catalog;
	const char *seed;   /* of the plan */
	const char *reason; /* why a person is asked */
	const char *medium; /* what is known of the medium, for the first page */
	bool reinstall;	    /* plan also when the machine already is as wanted */
	bool installs;	    /* this machine can be installed now; else only a site file is made */

	enum guide_step step;
	const char *problem; /* for the next page */
	struct guide_answers said;
	/* Of STEP_REVIEW: */
	const char *site_text;
	struct plan *plan;
};

/* Before the first page. All pointers are kept; G's texts live in A. */
void guide_begin(struct guide *g, struct arena *a);
/* The machine as it is now: what was answered holds as far as it still can; says what does not. */
void guide_look(struct guide *g, const struct machine *m);
/* The page to show now. It holds until the next call. */
const struct guide_page *guide_page(struct guide *g);
/*
 * Takes the answer to it. DO_NEXT: show the next page (which may be the same one, with a problem). Else what the caller
 * is to do: look again (then guide_look()), find a site file, open a shell, restart, save g->site_text, read keys (then
 * guide_keys()), or install g->plan, which was made of g->site_text and shown.
 */
enum guide_do guide_take(struct guide *g, const struct guide_answer *answer);
/* Adds the SSH keys of TEXT, the lines of an authorized_keys or .pub file named FROM; says how many, and which not. */
void guide_keys(struct guide *g, const char *text, const char *from);
/* TEXT is shown on top of the next page. */
void guide_say(struct guide *g, const char *fmt, ...) PRINTF(2, 3);
/* The site file of what was said so far, with its defaults. */
const char *guide_site_text(struct guide *g);
