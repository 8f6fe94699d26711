/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding the site file of a booted medium. One table, in this order; the first place that has one is taken:
 *
 *   1 kernel command line   fulcrum.site=http://HOST/PATH or https://..., with fulcrum.site_b2= (below), or
 *                           fulcrum.site=LABEL=NAME:/PATH: that file on the volume with that label
 *   2 volume FULCRUM-CFG    site.yaml on it
 *   3 inside the image      what `fulcrum-install customize` put there (model/site_area.h)
 *   4 beside the release    site.yaml in the release's directory, on a medium whose files were copied
 *
 * A place that has one and cannot give it (no network, another hash, a damaged area, two volumes that differ) is an
 * error, never a reason to go on to the next. fulcrum.site_b2= is the BLAKE2b-256 of the file, 64 hex digits (b2sum -l
 * 256): it must be given with a URL, because no byte is used that was not verified, and may be given with a label.
 */
#pragma once
#include "base/error.h"
#include "base/str.h"
#include "engine/engine.h"
#include "model/machine.h"
#include "sys/sys.h"

enum site_from { SITE_NOWHERE, SITE_ARGUMENT, SITE_VOLUME, SITE_AREA, SITE_RELEASE, SITE_FROM__N };
extern const char *const site_from_names[]; /* "argument", ... */

struct site_search {
	struct sys *sys;
	const struct machine *machine; /* its disks, with their labels */
	const char *cmdline;	       /* the kernel's */
	const char *release;	       /* directory of the release; the changeable area lies beside it */
	const char *mount_dir;	       /* volumes are mounted there, read-only, while they are read */
	const struct engine_sink *sink; /* may be NULL: hears what is waited for */
	/* engine/site_net.h: makes HTTP possible, by what fulcrum.ip= says (NULL: nothing), and undoes that. */
	int (*net_up)(struct sys *sys, const char *spec, const struct engine_sink *sink, struct arena *a, struct error *err);
	void (*net_down)(struct sys *sys, struct arena *a);
};

struct site_found {
	enum site_from from;  /* SITE_NOWHERE: no place has one, and that is no error */
	const char *where;    /* for people, or NULL */
	const char *report;   /* lines: every place of the table, in order, with what was found or why it was not looked at */
};

/* Reads the site file into RET; what RET_FOUND points to is A's. It is not parsed here. */
MUST_CHECK int site_find(const struct site_search *q, struct arena *a, struct str *ret, struct site_found *ret_found,
			 struct error *err);
