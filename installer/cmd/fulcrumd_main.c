/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fulcrumd: the admin node's daemon, and what has to be done before it. Options and wiring only; every
 * path can be moved, so that tests run the real thing as an ordinary user.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/checks.h"
#include "admin/deadlines.h"
#include "admin/effects.h"
#include "admin/life.h"
#include "admin/network.h"
#include "admin/nodes.h"
#include "admin/plans.h"
#include "admin/server.h"
#include "admin/setup.h"
#include "base/channel.h"
#include "base/clock.h"
#include "base/fd.h"
#include "cmd/fulcrumd_network.h"
#include "cmd/fulcrumd_state.h"
#include "cmd/fulcrumd_update.h"

struct options {
	struct admin_paths paths;
	const char *nic, *out;
	unsigned int grace_s, poll_ms, timeout_s;
	char *const *words; /* after the verb */
	int n_words;
	bool grace_set, checks, dot, old_database, update_set;
	enum update_word update;
	const char *why;
};

static const char usage_text[] =
	"usage: fulcrumd VERB [OPTION]...\n"
	"verbs\n"
	"  run      serve the site (a service does this)\n"
	"  setup    mount the data, give addresses, render the services' configuration\n"
	"  render   only render: --out DIR, --nic NAME\n"
	"  check    run the admin node's own checks once\n"
	"  life     print the table of a node's life, --dot as a graph\n"
	"  update   --status, --confirm, --rollback [--old-database], --give-up WHY: the two releases of this machine\n"
	"  network  show, check FILE, apply FILE [--timeout SECONDS], confirm, revert; watch (a service does this)\n"
	"  export, import, factory-reset   the whole state of this site; each alone tells how\n"
	"options\n"
	"  --data DIR         state of this site (/data/fulcrum)\n"
	"  --run DIR          sockets and rendered files (/run/fulcrum)\n"
	"  --seed DIR         what was seeded (/data/seed/current)\n"
	"  --release-key FILE (/usr/share/fulcrum/release.pub)\n"
	"  --poll-ms N        how often agents ask (2000)\n"
	"  --grace SECONDS    how long checks may fail on a node that just came up (600)\n"
	"  --no-checks        do not check this machine (tests)\n";

static int fail(const struct error *err)
{
	fprintf(stderr, "fulcrumd: %s\n", err->msg);
	if (err->hint[0])
		fprintf(stderr, "  %s\n", err->hint);
	return error_exit_code(err->kind);
}

/* --- run */

/* How long this release has to prove itself; 0: it need not, or it did. */
static unsigned int on_trial_s;

static void tick(struct admin *ad)
{
	static struct deadlines deadlines;

	if (checks_turned_green(ad->checks))
		channel_emit("service", "admin", "text", "ready", NULL);
	fulcrumd_trial_tick(ad, &on_trial_s);
	deadlines_run(ad, &deadlines, clock_real_s());
	effects_run(ad);
}

/* A changed site file may bind or plan what could not be before. */
static void advance_all(struct admin *ad)
{
	AUTO_ARENA a = ARENA_INIT;
	struct node *nodes;
	struct error err;
	size_t n;

	if (nodes_all(ad->store, &a, &nodes, &n, &err)) {
		fprintf(stderr, "fulcrumd: %s\n", err.msg);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (node_advance(ad, &nodes[i], &err))
			fprintf(stderr, "fulcrumd: %s: %s\n", node_title(&nodes[i]), err.msg);
}

static int serve(struct admin *ad, const struct options *o, struct error *err)
{
	struct server *server;
	int result;

	const struct trial t = { .sys = sys_real_new(), .root = "", .paths = ad->paths };

	on_trial_s = o->checks ? trial_seconds(&t) : 0;
	sys_free(t.sys);
	ad->started_s = clock_real_s();
	if (o->poll_ms)
		ad->poll_ms = o->poll_ms;
	if (o->grace_set)
		ad->grace_s = o->grace_s;
	if (!ad->catalog)
		fprintf(stderr, "fulcrumd: nothing can be deployed: %s\n", ad->catalog_error.msg);
	if (effects_restore(ad, err))
		return -1;
	advance_all(ad);
	effects_run(ad);
	/* Before any thread: the signals that end us are blocked there. */
	if (server_open(ad, &server, err))
		return -1;
	if (o->checks)
		ad->checks = checks_start(ad);
	printf("fulcrumd: serving site %s, key %s\n", ad->site->site, ad->site_pub);
	fflush(stdout);
	result = server_run(server, tick, err);
	server_close(server);
	return result;
}

static int verb_run(const struct options *o)
{
	static struct admin ad; /* outlives main: the checks' thread may hang in the network when we end */
	struct error err;
	int code = 0;

	if (make_dirs(o->paths.run, 0755, &err) || admin_open(&ad, &o->paths, &err))
		code = fail(&err);
	else if (serve(&ad, o, &err))
		code = fail(&err);
	if (!checks_stop(ad.checks)) {
		store_close(ad.store);
		_exit(code);
	}
	admin_close(&ad);
	return code;
}

/* --- the others */

static int verb_setup(const struct options *o)
{
	struct setup s = { .root = "", .data_root = "/data", .paths = o->paths };
	AUTO_STR warnings = STR_INIT;
	struct error err;
	int code = 0;

	s.sys = sys_real_new();
	if (setup_run(&s, &warnings, &err))
		code = fail(&err);
	fputs(str_text(&warnings), stderr);
	sys_free(s.sys);
	return code;
}

static int verb_render(const struct options *o)
{
	struct render_ctx c = { .nic = o->nic, .data = o->paths.data, .run = o->paths.run,
				.seed = o->paths.seed, .cpus = 1 };
	AUTO_ARENA a = ARENA_INIT;
	struct sys *sys;
	struct error err;
	int code = 0;

	if (!o->nic || !o->out) {
		fputs(usage_text, stderr);
		return 2;
	}
	if (admin_read_site(network_site_path(&o->paths, &a), &a, &c.site, NULL, &err))
		return fail(&err);
	c.network = site_network(c.site, "admin");
	sys = sys_real_new();
	if (setup_render(sys, &c, o->out, &err))
		code = fail(&err);
	sys_free(sys);
	return code;
}

static int verb_check(const struct options *o)
{
	struct admin ad;
	AUTO_ARENA a = ARENA_INIT;
	struct check_result *r;
	struct error err;
	bool green;
	size_t n;

	/* Not the store: a running daemon has it, and does not share. */
	if (admin_load(&ad, &o->paths, &err))
		return fail(&err);
	green = checks_once(&ad, &a, &r, &n);
	for (size_t i = 0; i < n; i++)
		printf("%-4s  %-18s %s%s%s\n", r[i].pass ? "ok" : "BAD", r[i].name, r[i].seen,
		       r[i].pass ? "" : "; wanted: ", r[i].pass ? "" : r[i].expected);
	admin_close(&ad);
	return green ? 0 : 10;
}

static int verb_life(const struct options *o)
{
	AUTO_STR out = STR_INIT;

	if (o->dot)
		life_dot(&out);
	else
		life_markdown(&out);
	fputs(str_text(&out), stdout);
	return 0;
}

static int verb_network(const struct options *o)
{
	return fulcrumd_network(&o->paths, o->timeout_s, o->words, o->n_words);
}

static int verb_update(const struct options *o)
{
	if (o->update_set)
		return fulcrumd_update(&o->paths, o->update, o->old_database, o->why);
	fputs(usage_text, stderr);
	return 2;
}

static const struct {
	const char *name;
	int (*run)(const struct options *o);
} verbs[] = {
	{ "run", verb_run },	 { "setup", verb_setup }, { "render", verb_render },
	{ "check", verb_check }, { "life", verb_life },
	{ "network", verb_network }, { "update", verb_update },
};

enum { TIMEOUT_LEAST_S = 5, TIMEOUT_MOST_S = 86400 };
enum { OPT_DATA = 256, OPT_RUN, OPT_SEED, OPT_KEY, OPT_POLL, OPT_GRACE, OPT_NO_CHECKS, OPT_NIC, OPT_OUT, OPT_DOT, OPT_TIMEOUT, OPT_OLD_DATABASE,
       OPT_UPDATE /* and what follows: enum update_word */ };

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "data", required_argument, NULL, OPT_DATA },	 { "run", required_argument, NULL, OPT_RUN },
		{ "seed", required_argument, NULL, OPT_SEED },	 { "release-key", required_argument, NULL, OPT_KEY },
		{ "poll-ms", required_argument, NULL, OPT_POLL }, { "grace", required_argument, NULL, OPT_GRACE },
		{ "no-checks", no_argument, NULL, OPT_NO_CHECKS }, { "nic", required_argument, NULL, OPT_NIC },
		{ "out", required_argument, NULL, OPT_OUT },	 { "dot", no_argument, NULL, OPT_DOT },
		{ "timeout", required_argument, NULL, OPT_TIMEOUT },
		{ "status", no_argument, NULL, OPT_UPDATE + UPDATE_STATUS },
		{ "confirm", no_argument, NULL, OPT_UPDATE + UPDATE_CONFIRM },
		{ "rollback", no_argument, NULL, OPT_UPDATE + UPDATE_ROLLBACK },
		{ "give-up", required_argument, NULL, OPT_UPDATE + UPDATE_GIVE_UP },
		{ "old-database", no_argument, NULL, OPT_OLD_DATABASE },
		{ "help", no_argument, NULL, 'h' },		 { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", longs, NULL)) >= 0)
		switch (c) {
		case OPT_DATA: o->paths.data = optarg; break;
		case OPT_RUN: o->paths.run = optarg; break;
		case OPT_SEED: o->paths.seed = optarg; break;
		case OPT_KEY: o->paths.release_key = optarg; break;
		case OPT_POLL: o->poll_ms = (unsigned int)strtoul(optarg, NULL, 10); break;
		case OPT_GRACE:
			o->grace_s = (unsigned int)strtoul(optarg, NULL, 10);
			o->grace_set = true;
			break;
		case OPT_NO_CHECKS: o->checks = false; break;
		case OPT_NIC: o->nic = optarg; break;
		case OPT_OUT: o->out = optarg; break;
		case OPT_DOT: o->dot = true; break;
		case OPT_OLD_DATABASE: o->old_database = true; break;
		case OPT_UPDATE + UPDATE_STATUS:
		case OPT_UPDATE + UPDATE_CONFIRM:
		case OPT_UPDATE + UPDATE_ROLLBACK:
		case OPT_UPDATE + UPDATE_GIVE_UP:
			o->update = (enum update_word)(c - OPT_UPDATE);
			o->update_set = true;
			o->why = optarg;
			break;
		case OPT_TIMEOUT:
			o->timeout_s = (unsigned int)strtoul(optarg, NULL, 10);
			if (o->timeout_s < TIMEOUT_LEAST_S || o->timeout_s > TIMEOUT_MOST_S)
				return -1;
			break;
		default: return -1;
		}
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = {
		.paths = { "/data/fulcrum", "/run/fulcrum", "/data/seed/current", "/usr/share/fulcrum/release.pub" },
		.checks = true,
		.timeout_s = 120,
	};

	if (argc > 1 && fulcrumd_state_verb(argv[1]))
		return fulcrumd_state(argc, argv);
	if (parse(argc, argv, &o) == 0 && optind < argc) {
		o.words = argv + optind + 1;
		o.n_words = argc - optind - 1;
		for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
			if (strcmp(argv[optind], verbs[i].name) == 0 && (!o.n_words || verbs[i].run == verb_network))
				return verbs[i].run(&o);
	}
	fputs(usage_text, stderr);
	return 2;
}
