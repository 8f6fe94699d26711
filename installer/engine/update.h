/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another release for an admin node that runs: into its other system slot, with its mirror and images beside those that
 * are served, to be started once and on trial (data/grubenv.h, ops/boot.c). What runs is not touched, and what the other
 * slot has only after every byte of the new release is on the data file system and verified. May be repeated after a
 * power cut at any point.
 */
#pragma once
#include "model/catalog.h"
#include "ops/ops.h"
#include "sys/slots.h"

enum { UPDATE_SECONDS = 600, UPDATE_SECONDS_LEAST = 60, UPDATE_SECONDS_MOST = 65535 /* softdog's */ };

struct update {
	struct sys *sys;
	const char *root;	 /* prefix of /sys and /proc: "" */
	const char *run;	 /* /run/fulcrum */
	const char *data;	 /* /data, mounted */
	const char *source;	 /* URL of the release */
	const char *release_key; /* hex: who may sign it */
	unsigned int seconds;	 /* how long it has to prove itself */
	bool allow_older;
	/* A line for people: at which step it is. */
	void (*say)(const char *line);
};

/* What update_look() found. */
struct update_view {
	struct slots slots;
	struct bootsel sel;
	struct catalog new;
	const char *running;	    /* name of the release that runs */
	const char *other_uuid, *data_uuid, *console;
	const char *database;	    /* what a way back would mean for it */
	uint64_t free_bytes, need_bytes;
};

/* Reads the signed lists of the release and looks at this machine; changes nothing. *ERR says why it cannot be done. */
MUST_CHECK int update_look(const struct update *u, struct update_view *v, struct arena *a, struct error *err);
/* Does it, up to the choice of the boot loader; the next start is the trial. */
MUST_CHECK int update_write(const struct update *u, const struct update_view *v, struct error *err);
/*
 * What becomes of a database when the release with schema NEW, read by programs from schema NEW_READER on, follows the one with
 * schema OLD (READER likewise): words in A. NULL texts: the release does not say. ERR_REFUSED if the new one could not read it.
 */
MUST_CHECK int update_database(const char *old, const char *old_reader, const char *new, const char *new_reader, struct arena *a,
			       const char **ret, struct error *err);
