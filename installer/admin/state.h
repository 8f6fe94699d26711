/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole state of an admin node: carried away, taken over by another machine, begun anew.
 *
 * What is the site's lies in <data> (/data/fulcrum) and dropbear's host key beside it; it is carried whole. What is this machine's
 * own stays: to which ports and slots it was bound (admin.json), how its last update ended (update.json), mirror and images (they are on the
 * medium), logs.
 *
 * Another state takes the place of this one in one step, at the start of the machine, before anything reads it:
 *
 *	<data>.new	is being made; worth nothing
 *	<data>.next	is whole, by a rename: from here on it is what counts. state_settle() puts it in place, however often
 *			the power fails meanwhile
 *	<data>.former	what was there before
 */
#pragma once
#include "admin/admin.h"
#include "admin/state_file.h"
#include "sys/sys.h"

struct state_env {
	struct sys *sys;
	const char *root; /* prefix of /sys and /proc: "" except in tests */
	struct admin_paths paths;
	void (*tell)(uint64_t done, uint64_t total); /* bytes; NULL: nobody is told. TOTAL 0: not known */
};

/* Where the daemon puts a copy of its database for an export. */
const char *state_database_copy(const struct admin_paths *paths, struct arena *a);
/* One at a time: *RET is held until it is closed. ERR_CONFLICT if another is at it. */
MUST_CHECK int state_lock(const struct state_env *e, int *ret, struct error *err);

/*
 * Seals all of it with PASS into FD. DATABASE: the copy. SITE_HASH: of the site file that the daemon had when it made it; another one on the
 * disk is ERR_CHANGED. *RET is A's.
 */
MUST_CHECK int state_export(const struct state_env *e, const char *database, const char *site_hash, int fd, const char *pass,
			    struct state_manifest *ret, struct arena *a, struct error *err);
/* Reads all of FD, which is NAME, and proves every digest; nothing is written. */
MUST_CHECK int state_check(int fd, const char *name, const char *pass, struct state_manifest *ret, struct arena *a, struct error *err);
/* The release that is served here, "unknown" if it does not say. */
const char *state_release(const struct state_env *e, struct arena *a);
/* For people. */
void state_manifest_print(const struct state_manifest *m, struct str *out);

/* What an import would do. */
struct state_view {
	struct str plan;
	char hash[HASH_HEX];
};
/*
 * Reads FD into <data>.new, proves it, brings its database to this release's schema, and binds its networks to this machine's ports.
 * OWN_NODES: how many nodes this machine has; with any it is ERR_REFUSED, unless REPLACE. SITE_FILE: instead of the one in
 * FD, for ports that its selectors do not find here; only `links`, `networks` and `admin` may differ. NULL: none. Nothing that counts is
 * changed; on failure <data>.new is gone.
 */
MUST_CHECK int state_import_look(const struct state_env *e, int fd, const char *name, const char *pass, uint64_t own_nodes, bool replace,
				 const char *site_file, struct state_view *ret, struct error *err);
/*
 * What a factory reset would do, made in <data>.new: the site file in force with its key files, and no more; keys are made anew at the start.
 * KEEP: the former state stays as <data>.former with the host key, and so do the logs; else both are removed. *RET_SITE, the site's name, is A's.
 */
MUST_CHECK int state_reset_look(const struct state_env *e, uint64_t own_nodes, bool keep, struct state_view *ret, const char **ret_site,
				struct arena *a, struct error *err);
/* What state_import_look() or state_reset_look() made is what the next start takes. May be repeated. */
MUST_CHECK int state_commit(const struct state_env *e, struct error *err);
/* It is not wanted. */
void state_drop(const struct state_env *e);

/*
 * Puts what was committed in place, if anything was. At start, after the data file system was mounted and before anything reads it. May be
 * repeated. Troubles are appended to WARNINGS.
 */
void state_settle(const struct state_env *e, struct str *warnings);
