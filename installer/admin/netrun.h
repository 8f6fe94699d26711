/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The admin node's own network as it runs: bound to ports at install, kept in admin.json, brought up at every start by
 * iproute2, and taken down when it is changed. Everything is done through sys/; what is to be done is plan/net_ip.h's.
 */
#pragma once
#include "admin/admin.h"
#include "model/net.h"
#include "sys/sys.h"

struct netrun {
	struct sys *sys;
	const char *root; /* prefix of /sys and /proc: "" except in tests */
	const char *data, *run; /* as in struct admin_paths */
};

/*
 * The network of SITE on this machine: as it is kept in admin.json, if that was bound from the same `links` and
 * `networks`; else bound anew, by this machine's ports (brought up first where a condition asks for a link), and for want
 * of that what is kept. Waits up to 20 s for ports of the admin network to appear. What cannot be had now is left
 * out of *RET, and said in WARNINGS; the admin network must be there. *RET is A's.
 */
MUST_CHECK int netrun_bind(const struct netrun *n, const struct site *site, struct arena *a, struct net *ret, struct str *warnings,
			   struct error *err);
/* Bound by this machine's ports alone; the networks that fail are NOTES, as for net_resolve(). */
MUST_CHECK int netrun_resolve(const struct netrun *n, const struct site *site, struct arena *a, struct net *ret, const char ***notes,
			      size_t *n_notes, struct error *err);
/* Makes NET from ports that have nothing; ports get its names. On failure part of it stands. */
MUST_CHECK int netrun_up(const struct netrun *n, const struct net *net, struct error *err);
/* Takes NET down, as far as it stands. */
void netrun_down(const struct netrun *n, const struct net *net);
/* What is up now, as <run>/net.json says; *RET is empty if nothing is. */
MUST_CHECK int netrun_now(const struct netrun *n, struct arena *a, struct net *ret, struct error *err);
MUST_CHECK int netrun_set_now(const struct netrun *n, const struct net *net, struct error *err);
/* Keeps NET, bound from SITE, in admin.json, on stable storage; what else is in there stays. */
MUST_CHECK int netrun_keep(const struct netrun *n, const struct site *site, const struct net *net, struct error *err);
