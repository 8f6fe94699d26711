/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the booted root image this site's admin node, before any service starts: finds and mounts the
 * data file system, gives the network adapters their addresses, renders the services' configuration.
 * Run again it changes nothing.
 */
#pragma once
#include "admin/admin.h"
#include "admin/render.h"
#include "model/net.h"
#include "sys/sys.h"

struct setup {
	struct sys *sys;
	const char *root;      /* prefix of /sys and /proc: "" except in tests */
	const char *data_root; /* where the data file system is mounted: /data */
	struct admin_paths paths;
};

/* The whole of `fulcrumd setup`. Findings that do not stop the start are appended to WARNINGS. */
MUST_CHECK int setup_run(const struct setup *s, struct str *warnings, struct error *err);
/* Only the rendered files, into DIR (`fulcrumd render`). NIC: the provisioning adapter's kernel name. */
MUST_CHECK int setup_render(struct sys *sys, const struct render_ctx *c, const char *dir, struct error *err);
/* Sets what of C follows from NET, which is up: the admin network, its device, which networks are missing. C->site is set. */
void setup_context(struct render_ctx *c, const struct net *net, struct arena *a);
/* Host name, /etc/hosts and /etc/resolv.conf of the admin node of SITE. */
MUST_CHECK int setup_name_machine(struct sys *sys, const struct site *site, struct arena *a, struct error *err);
