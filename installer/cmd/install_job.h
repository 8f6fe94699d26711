/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one command of fulcrum-install works on, and the steps that all of them share: read the site file, look at
 * the machine, read the catalog of the medium, plan. Each of the install_* files beside it holds one purpose.
 */
#pragma once
#include "base/error.h"
#include "model/catalog.h"
#include "model/machine.h"
#include "model/plan.h"
#include "engine/preflight.h"
#include "model/site.h"
#include "sys/sys.h"
#include "sys/task.h"
#include "ui/console.h"

/* Where what happens is kept while this boot lasts (base/channel.h says what is in it). */
#define JOB_PROGRESS "/run/fulcrum/progress.jsonl"
#define JOB_JOURNAL "/run/fulcrum/journal"

struct opts {
	const char *machine, *medium, *key, *site, *plan_hash, *seed, *profile, *node, *address, *to, *plan;
	bool json, reinstall, dry, unattended, show, remove, once, plain, allow_older, no_restart;
	unsigned int seconds; /* 0: not given */
	char *const *args; /* what stands behind the verb; SITE is the first of it where a verb takes one */
	size_t n_args;
};

/* Everything one command works on; lives in one arena. */
struct job {
	struct opts o;
	struct arena a;
	struct sys *sys;
	struct machine *machine;
	struct site *site;
	const char *site_text, *site_name, *release_key;
	struct catalog catalog;
	bool have_catalog;
	struct plan *plan;
	const struct plan *saved; /* --plan */
	struct task report;	  /* lives longer than one attempt; pid 0: none */
	bool had_site;		  /* an attempt before found a site file; lives as long */
	int chosen; /* enum menu_choice: what a person wanted instead of a failure's menu */
	char agreed[HASH_HEX];	  /* the plan that a person wanted written, page by page; "": none yet */
};

/* --- install_job.c: each fills its members of J; texts and values live in J's arena */

/* The directory of the release: --medium, or where the booted medium is mounted. */
const char *job_medium(const struct job *j);
/* The file with the release's key that a live system carries. */
const char *job_default_key(void);
/* This machine, or the recorded one that --machine names. */
MUST_CHECK int job_machine(struct job *j, struct error *err);
/* The site file that the command line names; *ERR lists all findings. */
MUST_CHECK int job_site(struct job *j, struct error *err);
/* The same from TEXT, whose name for messages is j->site_name. */
MUST_CHECK int job_parse_site(struct job *j, const char *text, size_t len, struct error *err);
/* What the medium has to install; without any, an empty one that plans layout and consent. */
MUST_CHECK int job_catalog(struct job *j, struct error *err);
/* The seed of this boot's plans: the same for `plan` and the `apply` after it, another after a reboot. */
const char *job_seed(struct job *j);
/* From all of the above: the admin node's plan, or with --profile a node's. */
MUST_CHECK int job_plan(struct job *j, struct error *err);

/* --- install_apply.c */

/* Runs j->plan, or with --dry-run says what it would do. */
MUST_CHECK int job_apply(struct job *j, struct console *c, struct error *err);

/* --- install_saved.c */

/*
 * Reads the file of --plan, checks it against --plan-hash if that is given, and sets what job_plan() needs to make
 * the same plan again.
 */
MUST_CHECK int job_saved_plan(struct job *j, struct error *err);
/* After job_plan(): ERR_CHANGED unless j->plan is the saved one; says in what it is not. */
MUST_CHECK int job_same_plan(struct job *j, struct error *err);

/* --- install_confirm.c */

/* True if GIVEN, at least PLAN_SHORT digits, is the beginning of HASH. */
bool job_hash_is(const char *hash, const char *given);
/* The kernel command line, appended to RET; nothing if it cannot be read. */
void job_cmdline(struct str *ret);
/* True if the boot entry consents to writing without a question. */
bool job_boot_consents(void);
/* True if the site file and the boot entry both do, and j->plan is none that always needs a person. */
bool job_consents(const struct job *j);

/*
 * Consent to write j->plan: the site file's own and the boot entry's together, or a person at the console who types
 * the plan's hash. ERR_REFUSED without it.
 */
MUST_CHECK int job_confirm(struct job *j, struct console *c, struct error *err);

/* --- install_preflight.c */

/*
 * Looks at all that engine/preflight.h lists, and tells the channel, a line a check. PLAN_ERROR: why there is no j->plan;
 * else NULL.
 */
void job_preflight(struct job *j, const struct error *plan_error, struct preflight *p);
/*
 * Whether the install may go on by P: where a person is there, by asking what only a person may overrule. *ERR lists
 * all that stops.
 */
MUST_CHECK int job_preflight_agree(const struct job *j, const struct preflight *p, struct console *c, struct error *err);

/* --- install_remote.c */

/*
 * What the site file asks for: logins by its keys, progress to its URL; without that, nothing. ADDRESS_FREE: the admin node's
 * address is nobody else's. Failures are notes.
 */
void job_remote_up(struct job *j, struct console *c, bool address_free);
/* Lets what is to be told of this run get through, for some seconds at most. */
void job_remote_end(struct job *j);
/* Opens one login by a password, shown on the machine's own consoles and nowhere else. */
MUST_CHECK int job_remote_once(struct job *j, struct console *c, struct error *err);

/* --- install_menu.c */

enum menu_choice { MENU_NONE, MENU_RETRY, MENU_SHELL, MENU_BUNDLE, MENU_NEW, MENU_REMOTE, MENU_RESTART, MENU_GONE /* nobody can choose any more */ };
/* After CAUSE: offers all of them, does what needs no other, and returns MENU_RETRY, MENU_NEW, MENU_RESTART or MENU_GONE. */
enum menu_choice job_menu(struct job *j, struct console *c, const struct error *cause);

/* A shell on the console that is screen AT of C; returns when it ends. */
void job_shell(struct console *c, int at);

/* --- install_guide.c */

/* True if the kernel's command line says fulcrum.tui=off: without a site file there is only the menu. */
bool job_guide_is_off(void);
/*
 * Page by page to a site file, on the consoles; REASON is why. 0: j->site is made of it, and a person wants the plan
 * j->agreed written. Else *RET is what they want instead; with MENU_NONE there is an error.
 */
MUST_CHECK int job_guide(struct job *j, struct console *c, const char *reason, enum menu_choice *ret, struct error *err);
/* ERR_CHANGED unless j->plan is still that one. */
MUST_CHECK int job_still_agreed(const struct job *j, struct error *err);

/* --- install_bundle.c */

/* Saves what is known of J, and CAUSE (may be NULL), on a volume that is there for it; see engine/bundle.h. */
MUST_CHECK int job_save_bundle(struct job *j, const struct error *cause, const char **ret_where, struct error *err);

/* --- install_show.c */

/* The plan on C's consoles, or without C on stdout; and its hash on the progress channel. */
void job_show_plan(const struct job *j, struct console *c);

/* --- the verbs, in the files of their purpose */
MUST_CHECK int verb_plan(struct job *j, struct error *err);
MUST_CHECK int verb_apply(struct job *j, struct error *err);
MUST_CHECK int verb_check_medium(struct job *j, struct error *err);
MUST_CHECK int verb_customize(struct job *j, struct error *err);
MUST_CHECK int verb_validate(struct job *j, struct error *err);
MUST_CHECK int verb_explain(struct job *j, struct error *err);
MUST_CHECK int verb_observe(struct job *j, struct error *err);
MUST_CHECK int verb_update(struct job *j, struct error *err);
MUST_CHECK int verb_tui(struct job *j, struct error *err);
MUST_CHECK int verb_run(struct job *j, struct error *err);
MUST_CHECK int verb_schema(struct job *j, struct error *err);
MUST_CHECK int verb_preflight(struct job *j, struct error *err);
MUST_CHECK int verb_remote(struct job *j, struct error *err);
MUST_CHECK int verb_watch(struct job *j, struct error *err);
MUST_CHECK int verb_bundle(struct job *j, struct error *err);
MUST_CHECK int verb_reference(struct job *j, struct error *err);
