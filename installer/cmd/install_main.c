/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fulcrum-install: observe, plan, explain, apply. `plan` is what it does unless told otherwise; `run` is the
 * installer's life on the booted medium. Options, dispatch and exit codes only.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/install_job.h"
#include "engine/update.h"

static const struct verb {
	const char *name, *args, *what;
	int (*run)(struct job *j, struct error *err);
	enum { SITE_NONE, SITE_MAY, SITE_NEEDED, SITE_OWN /* the verb looks at its arguments itself */ } site;
} verbs[] = {
	{ "plan", "SITE.yaml", "show what would be done to this machine (the default)", verb_plan, SITE_NEEDED },
	{ "apply", "--plan-hash HASH SITE.yaml", "do it, if the plan still has that hash", verb_apply, SITE_NEEDED },
	{ "validate", "SITE.yaml|-...", "check site files, on any machine; -o json for editors", verb_validate, SITE_OWN },
	{ "customize", "IN.iso SITE.yaml OUT.iso", "a copy of the image with a site file inside", verb_customize, SITE_OWN },
	{ "check-medium", "[FILE.iso|DEVICE|DIR]", "every block and file of a medium against what was signed", verb_check_medium, SITE_MAY },
	{ "explain", "SITE.yaml", "each disk with why it matches a selector, or why not", verb_explain, SITE_NEEDED },
	{ "observe", "", "show this machine: disks, volume groups, arrays, ports", verb_observe, SITE_NONE },
	{ "bundle", "[--to DIR] [SITE.yaml]", "save what is known of this machine and run as one file", verb_bundle, SITE_MAY },
	{ "preflight", "SITE.yaml", "what speaks against an install here, all at once", verb_preflight, SITE_NEEDED },
	{ "remote", "", "open one login from elsewhere, by a password shown on the consoles", verb_remote, SITE_NONE },
	{ "watch", "", "what the running installer says, and asks", verb_watch, SITE_NONE },
	{ "tui", "[--plain] [NEW.yaml]", "make a site file for this machine, step by step", verb_tui, SITE_MAY },
	{ "run", "", "the installer's life on a booted medium", verb_run, SITE_NONE },
	{ "update", "SOURCE", "another release for this admin node: a medium, an ISO, a directory or a URL", verb_update, SITE_NEEDED },
	{ "schema", "", "JSON Schema of the site file", verb_schema, SITE_NONE },
	{ "reference", "", "reference page of the site file", verb_reference, SITE_NONE },
};

static int usage(FILE *out)
{
	fputs("usage: fulcrum-install [VERB] [OPTION]... [SITE.yaml]\n", out);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		fprintf(out, "  %-10s %-28s %s\n", verbs[i].name, verbs[i].args, verbs[i].what);
	fputs("options:\n"
	      "  --machine FILE    a recorded machine (observe's output) instead of this one\n"
	      "  --profile NAME    plan or apply a node of this profile, from the medium itself\n"
	      "  --node HOST       its name (default: the profile's)\n"
	      "  --address ADDR    its address (default: the first of the admin network's hosts)\n"
	      "  --plan FILE       apply exactly this plan, saved with plan -o json\n"
	      "  --medium DIR      the release to install (default: the booted medium)\n"
	      "  --key FILE        public key of the release\n"
	      "  --seed HEX        make the plan's ids of this seed\n"
	      "  --reinstall       plan also when the machine already is as wanted\n"
	      "  --dry-run         apply over the dry back end: say every effect, have none\n"
	      "  --unattended      customize: the boot menu takes the unattended entry by itself\n"
	      "  --show, --remove  customize: show what IN.iso has inside; take it out (IN.iso OUT.iso)\n"
	      "  --to DIR          where to save a bundle (default: a volume labelled FULCRUM-CFG, or a stick)\n"
	      "  --once            watch: use up the password that this login came by\n"
	      "  --allow-older     update: take a release that is older than the one that runs\n"
	      "  --seconds N       update: how long it has to pass its checks (600)\n"
	      "  --no-restart      update: leave the restart to somebody else\n"
	      "  --plain           tui: questions line by line, for screen readers and dumb terminals\n"
	      "  -o text|json      how a plan or a machine is printed; --json for short\n",
	      out);
	return out == stdout ? 0 : error_exit_code(ERR_USAGE);
}

enum { OPT_MACHINE = 256, OPT_MEDIUM, OPT_KEY, OPT_HASH, OPT_SEED, OPT_REINSTALL, OPT_DRY, OPT_PROFILE, OPT_NODE, OPT_JSON, OPT_TO, OPT_ADDRESS, OPT_PLAN, OPT_UNATTENDED, OPT_SHOW, OPT_REMOVE, OPT_ONCE, OPT_PLAIN, OPT_OLDER, OPT_SECONDS, OPT_NO_RESTART };
static const struct option long_options[] = {
	{ "machine", required_argument, NULL, OPT_MACHINE }, { "medium", required_argument, NULL, OPT_MEDIUM },
	{ "key", required_argument, NULL, OPT_KEY },	     { "plan-hash", required_argument, NULL, OPT_HASH },
	{ "profile", required_argument, NULL, OPT_PROFILE }, { "node", required_argument, NULL, OPT_NODE },
	{ "seed", required_argument, NULL, OPT_SEED },	     { "reinstall", no_argument, NULL, OPT_REINSTALL },
	{ "dry-run", no_argument, NULL, OPT_DRY },	     { "help", no_argument, NULL, 'h' },
	{ "address", required_argument, NULL, OPT_ADDRESS }, { "plan", required_argument, NULL, OPT_PLAN },
	{ "to", required_argument, NULL, OPT_TO },	     { "unattended", no_argument, NULL, OPT_UNATTENDED },
	{ "show", no_argument, NULL, OPT_SHOW },	     { "remove", no_argument, NULL, OPT_REMOVE },
	{ "once", no_argument, NULL, OPT_ONCE },	     { "plain", no_argument, NULL, OPT_PLAIN },
	{ "json", no_argument, NULL, OPT_JSON },	     { "allow-older", no_argument, NULL, OPT_OLDER },
	{ "seconds", required_argument, NULL, OPT_SECONDS }, { "no-restart", no_argument, NULL, OPT_NO_RESTART },
	{ NULL, 0, NULL, 0 },
};

/* -1: go on; else the exit code. */
static int parse_options(int argc, char **argv, struct opts *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "ho:", long_options, NULL)) != -1) {
		switch (c) {
		case OPT_MACHINE: o->machine = optarg; break;
		case OPT_MEDIUM: o->medium = optarg; break;
		case OPT_KEY: o->key = optarg; break;
		case OPT_HASH: o->plan_hash = optarg; break;
		case OPT_SEED: o->seed = optarg; break;
		case OPT_PROFILE: o->profile = optarg; break;
		case OPT_NODE: o->node = optarg; break;
		case OPT_ADDRESS: o->address = optarg; break;
		case OPT_PLAN: o->plan = optarg; break;
		case OPT_TO: o->to = optarg; break;
		case OPT_REINSTALL: o->reinstall = true; break;
		case OPT_PLAIN: o->plain = true; break;
		case OPT_DRY: o->dry = true; break;
		case OPT_ONCE: o->once = true; break;
		case OPT_JSON: o->json = true; break;
		case OPT_OLDER: o->allow_older = true; break;
		case OPT_NO_RESTART: o->no_restart = true; break;
		case OPT_SECONDS:
			o->seconds = (unsigned int)strtoul(optarg, NULL, 10);
			if (o->seconds < UPDATE_SECONDS_LEAST || o->seconds > UPDATE_SECONDS_MOST)
				return usage(stderr);
			break;
		case OPT_UNATTENDED: o->unattended = true; break;
		case OPT_SHOW: o->show = true; break;
		case OPT_REMOVE: o->remove = true; break;
		case 'o':
			if (strcmp(optarg, "json") != 0 && strcmp(optarg, "text") != 0)
				return usage(stderr);
			o->json = !strcmp(optarg, "json");
			break;
		case 'h': return usage(stdout);
		default: return usage(stderr);
		}
	}
	return -1;
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static bool arguments_fit(const struct verb *v, struct opts *o)
{
	if ((o->allow_older || o->seconds || o->no_restart) && v->run != verb_update)
		return false;
	if ((o->plan && v->run != verb_apply) || ((o->unattended || o->show || o->remove) && v->run != verb_customize))
		return false;
	if (v->site == SITE_OWN)
		return o->n_args > 0;
	o->site = o->n_args ? o->args[0] : NULL;
	if (o->n_args > 1 && v == &verbs[0])
		fprintf(stderr, "fulcrum-install: there is no verb \"%s\"\n", o->site);
	return o->n_args < 2 && !(v->site == SITE_NEEDED && !o->site) && !(v->site == SITE_NONE && o->site);
}

int main(int argc, char **argv)
{
	struct job j = { .report = TASK_NONE };
	const struct verb *v = &verbs[0];
	struct error err = { 0 };
	int rc;

	rc = parse_options(argc, argv, &j.o);
	if (rc >= 0)
		return rc;
	if (optind < argc && find_verb(argv[optind]))
		v = find_verb(argv[optind++]);
	j.o.args = argv + optind;
	j.o.n_args = (size_t)(argc - optind);
	if (!arguments_fit(v, &j.o))
		return usage(stderr);
	j.sys = sys_real_new();
	rc = v->run(&j, &err) ? error_exit_code(err.kind) : 0;
	if (rc && err.msg[0] && strcmp(v->name, "run") != 0) {
		fprintf(stderr, "fulcrum-install: %s\n", err.msg);
		if (err.hint[0])
			fprintf(stderr, "  what to do: %s\n", err.hint);
	}
	sys_free(j.sys);
	arena_release(&j.a);
	return rc;
}
