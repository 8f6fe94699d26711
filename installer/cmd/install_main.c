/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fulcrum-install: observe, plan, explain, apply. `plan` is what it does unless told otherwise; `run` is the
 * installer's life on the booted medium. Options, wiring and exit codes only.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/fd.h"
#include "base/str.h"
#include "cmd/install_node.h"
#include "data/json.h"
#include "data/yaml.h"
#include "engine/engine.h"
#include "engine/preflight.h"
#include "engine/site_find.h"
#include "observe/machine.h"
#include "observe/observe.h"
#include "ops/source.h"
#include "plan/planner.h"
#include "plan/select.h"
#include "ui/console.h"
#include "ui/machine_text.h"

static const char default_medium[] = "/run/fulcrum/medium/fulcrum";
static const char default_key[] = "/usr/share/fulcrum/release.pub";
static const char target_dir[] = "/run/fulcrum/target", journal_path[] = "/run/fulcrum/journal";
static const char config_dir[] = "/run/fulcrum/config", seed_path[] = "/run/fulcrum/seed";

enum { REBOOT_AFTER_MS = 1000, ENTROPY_SEED = 16 };

struct opts {
	const char *machine, *medium, *key, *site, *plan_hash, *seed, *profile, *node;
	bool json, reinstall, dry;
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
	bool have_catalog, written;
	struct plan *plan;
};

static int load_machine(struct job *j, struct error *err)
{
	AUTO_STR text = STR_INIT;

	if (!j->o.machine)
		return observe_machine(j->sys, "", &j->a, &j->machine, err);
	if (file_read(j->o.machine, JSON_MAX_BYTES, &text, err))
		return -1;
	j->machine = ARENA_NEW(&j->a, struct machine);
	return field_from_json(&machine_schema, arena_strdup(&j->a, j->o.machine), str_text(&text), text.len, j->machine, &j->a, err);
}

/* All findings go to stderr in one run; *ERR then only counts them. */
static int parse_site(struct job *j, const char *text, size_t len, struct error *err)
{
	struct findings f = { .arena = &j->a };
	AUTO_STR out = STR_INIT;

	j->site_text = arena_strndup(&j->a, text, len);
	j->site = site_parse(j->site_name, j->site_text, len, &j->a, &f);
	if (!f.n && j->site)
		return 0;
	findings_print(&f, &out);
	return error_set(err, ERR_INPUT, "%zu finding%s in the site file; nothing was changed\n%s", f.n, f.n == 1 ? "" : "s",
			 str_text(&out));
}

static int load_site(struct job *j, struct error *err)
{
	AUTO_STR text = STR_INIT;
	const char *slash = strrchr(j->o.site, '/');

	if (file_read(j->o.site, YAML_MAX_BYTES + 1, &text, err))
		return -1;
	j->site_name = slash ? slash + 1 : j->o.site;
	return parse_site(j, str_text(&text), text.len, err);
}

static int load_catalog(struct job *j, struct error *err)
{
	AUTO_STR key = STR_INIT;
	const char *path = j->o.key ? j->o.key : default_key;
	const char *medium = j->o.medium ? j->o.medium : default_medium;

	/* On a workstation there may be no medium: a plan of layout and consent is possible without one. */
	if (!j->o.medium && access(medium, F_OK)) {
		j->catalog = (struct catalog){ .build_id = "none", .version = "none", .seed_hash = "none" };
		return 0;
	}
	if (file_read(path, 256, &key, err))
		return -1;
	j->release_key = arena_strndup(&j->a, str_text(&key), strcspn(str_text(&key), "\n"));
	j->have_catalog = true;
	return source_catalog(j->sys, arena_printf(&j->a, "file://%s", medium), j->release_key, &j->a, &j->catalog, err);
}

/* The seed of this boot's plans: the same for `plan` and the `apply` after it, another after a reboot. */
static const char *plan_seed(struct job *j)
{
	char seed[2 * ENTROPY_SEED + 1];
	struct error ignored;

	if (j->o.seed)
		return j->o.seed;
	if (!file_read_line(seed_path, seed, sizeof(seed)) && hex_is(seed, 2 * ENTROPY_SEED))
		return arena_strdup(&j->a, seed);
	random_hex(ENTROPY_SEED, seed);
	if (!access("/run/fulcrum", W_OK) && file_replace(seed_path, seed, strlen(seed), 0600, &ignored))
		fprintf(stderr, "fulcrum-install: the plan's seed was not kept (%s): another run has another hash\n", ignored.msg);
	return arena_strdup(&j->a, seed);
}

static int find_profile(const struct job *j, const struct profile **ret, struct error *err)
{
	AUTO_STR names = STR_INIT;

	*ret = site_profile(j->site, j->o.profile);
	if (*ret)
		return 0;
	for (size_t i = 0; i < j->site->n_profiles; i++)
		str_addf(&names, "%s%s", i ? ", " : "", j->site->profiles[i].name);
	error_set(err, ERR_NOT_FOUND, "--profile %s: the site file has no such profile", j->o.profile);
	return error_hint(err, "one of: %s", str_text(&names));
}

static int make_plan(struct job *j, struct error *err)
{
	struct plan_request r = { .site = j->site, .machine = j->machine, .catalog = &j->catalog,
				  .site_text = j->site_text, .seed = plan_seed(j), .reinstall = j->o.reinstall };
	const struct profile *p;
	struct identity who;

	if (!j->o.profile)
		return plan_admin(&r, &j->a, &j->plan, err);
	if (find_profile(j, &p, err) || install_identity(j->site, p, j->machine, j->o.node, &j->a, &who, err))
		return -1;
	if (!j->have_catalog)
		install_catalog_guess(p, &j->a, &j->catalog);
	return plan_node(&r, p, &who, &j->a, &j->plan, err);
}

static void show_plan(const struct job *j)
{
	AUTO_STR text = STR_INIT;
	char hash[HASH_HEX];

	if (j->o.json)
		plan_json(j->plan, &text);
	else
		plan_text(j->plan, &text);
	fputs(str_text(&text), stdout);
	if (j->o.json)
		putchar('\n');
	fflush(stdout);
	plan_hash(j->plan, hash);
	channel_emit("plan", "install", "hash", hash, "ops", j->plan->n_ops ? "some" : "none", NULL);
}

static int apply_plan(struct job *j, struct console *c, struct error *err)
{
	struct engine_sink sink = console_sink(c);
	AUTO_STR dry = STR_INIT;
	struct engine e = {
		.sys = j->o.dry ? sys_dry_new(&dry) : j->sys, .root = "", .release_key = j->release_key,
		.source = arena_printf(&j->a, "file://%s", j->o.medium ? j->o.medium : default_medium),
		.target = target_dir, .site_text = j->site_text, .journal = j->o.dry ? NULL : journal_path, .sink = &sink,
	};
	int rc;

	if (!j->have_catalog)
		return error_set(err, ERR_MEDIUM, "no medium to install from at %s", j->o.medium ? j->o.medium : default_medium);
	rc = engine_apply(&e, j->plan, err);
	if (j->o.dry) {
		fputs(str_text(&dry), stdout);
		sys_free(e.sys);
	}
	return rc;
}

/* The proof of an install: the machine, observed anew, needs nothing more. */
static int look_again(struct job *j, struct error *err)
{
	if (load_machine(j, err) || make_plan(j, err))
		return error_wrap(err, "verify");
	if (j->plan->n_ops)
		return error_set(err, ERR_VERIFY, "after the install the machine still is not as wanted: %zu steps are left",
				 j->plan->n_ops);
	return 0;
}

/* --- verbs --- */

static int verb_observe(struct job *j, struct error *err)
{
	AUTO_STR text = STR_INIT;

	if (load_machine(j, err))
		return -1;
	if (j->o.json)
		field_to_json(&machine_schema, j->machine, false, true, &text);
	else
		machine_text(j->machine, &text);
	fputs(str_text(&text), stdout);
	return 0;
}

static int verb_validate(struct job *j, struct error *err)
{
	if (load_site(j, err))
		return -1;
	printf("%s: good: site %s, %zu network%s, %zu profile%s, %zu rule%s\n", j->site_name, j->site->site,
	       j->site->n_networks, j->site->n_networks == 1 ? "" : "s", j->site->n_profiles,
	       j->site->n_profiles == 1 ? "" : "s", j->site->n_rules, j->site->n_rules == 1 ? "" : "s");
	return 0;
}

static int verb_plan(struct job *j, struct error *err)
{
	if (load_site(j, err) || load_machine(j, err) || load_catalog(j, err) || make_plan(j, err))
		return -1;
	show_plan(j);
	return 0;
}

static int verb_explain(struct job *j, struct error *err)
{
	AUTO_STR text = STR_INIT;

	if (load_site(j, err) || load_machine(j, err))
		return -1;
	str_add(&text, "admin.disk\n");
	select_explain(&j->site->admin.disk, j->machine, &text);
	for (size_t i = 0; i < j->site->n_profiles; i++) {
		const struct profile *p = &j->site->profiles[i];

		for (size_t k = 0; k < p->n_disks; k++) {
			str_addf(&text, "profiles.%s.disks.%s\n", p->name, p->disks[k].name);
			select_explain(&p->disks[k], j->machine, &text);
		}
	}
	fputs(str_text(&text), stdout);
	return 0;
}

static int verb_apply(struct job *j, struct error *err)
{
	struct console c;
	char hash[HASH_HEX];

	console_init(&c, stdout, "install");
	if (!j->o.plan_hash)
		return error_set(err, ERR_USAGE, "apply needs --plan-hash: run plan, look at it, and give its hash");
	/* An id made of an empty pool would not be random: wait here, too. */
	preflight_entropy(NULL);
	if (verb_plan(j, err) || (!j->o.dry && !j->o.machine && preflight_memory(j->machine, err)))
		return -1;
	plan_hash(j->plan, hash);
	if (strlen(j->o.plan_hash) < PLAN_SHORT || strncmp(hash, j->o.plan_hash, strlen(j->o.plan_hash)) != 0) {
		error_set(err, ERR_CHANGED, "the plan now is %.*s, not %s: nothing was written", PLAN_SHORT, hash, j->o.plan_hash);
		return error_hint(err, "look at the plan above and give its hash");
	}
	return apply_plan(j, &c, err);
}

static bool cmdline_has(const char *word)
{
	AUTO_STR text = STR_INIT;
	struct error ignored;
	size_t n = strlen(word);

	if (file_read("/proc/cmdline", 65536, &text, &ignored))
		return false;
	for (const char *p = strstr(str_text(&text), word); p; p = strstr(p + 1, word))
		if ((p == str_text(&text) || p[-1] == ' ') && (p[n] == '\0' || p[n] == ' ' || p[n] == '\n'))
			return true;
	return false;
}

/* True if the plan would write over a finished admin node: its keys, its database, its nodes' histories. */
static bool replaces_admin(const struct job *j)
{
	const struct plan_disk *pd = &j->plan->disks[0];

	if (!strcmp(pd->consent, "own unfinished attempt"))
		return false;
	for (size_t i = 0; i < j->machine->n_disks; i++)
		if (str_eq(j->machine->disks[i].name, pd->name) && disk_partition(&j->machine->disks[i], "fulcrum-data"))
			return true;
	return false;
}

/* Consent to write: the site file's own and the boot entry's together, or a person who types the hash. */
static int confirm(struct job *j, struct error *err)
{
	char hash[HASH_HEX], line[128];

	plan_hash(j->plan, hash);
	if (replaces_admin(j)) {
		/* `wipe:` stays in a site file for years: it must not turn a newer stick into the end of a working node. */
		printf("\nThis disk carries a Fulcrum admin node. Its data would be lost: an unattended install does not do that.\n");
		channel_emit("stage", "install", "stage", "confirm", "text", "the disk carries an admin node: a person must confirm", NULL);
	} else if (j->site->admin.unattended && cmdline_has("fulcrum.unattended")) {
		printf("unattended: the site file and the boot entry both consent\n");
		return 0;
	}
	if (cmdline_has("fulcrum.unattended") && !j->site->admin.unattended)
		printf("the boot entry asks for an unattended install, the site file does not say `unattended: true`\n");
	for (;;) {
		printf("\nType the plan's hash (%.*s) and Enter to write, or \"no\" to stop: ", PLAN_SHORT, hash);
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			return error_set(err, ERR_REFUSED, "nobody confirmed the plan: nothing was written");
		line[strcspn(line, "\r\n")] = '\0';
		if (!strncmp(line, hash, PLAN_SHORT) && strlen(line) >= PLAN_SHORT)
			return 0;
		if (!strcmp(line, "no"))
			return error_set(err, ERR_REFUSED, "stopped by the person at the console: nothing was written");
		printf("\"%s\" is not %.*s\n", line, PLAN_SHORT, hash);
	}
}

/* Whether a cable is plugged in is known only of ports that are up: brought up where the site file asks for it. */
static int look_for_links(struct job *j, struct error *err)
{
	const struct network *net = site_network(j->site, "admin");

	if (!net || !net->nic.link)
		return 0;
	if (observe_nics_up(j->sys, err) || observe_nics("", &j->a, j->machine, err))
		return error_wrap(err, "networks.admin.nic: link");
	return 0;
}

static int run_install(struct job *j, struct console *c, struct error *err)
{
	struct engine_sink sink = console_sink(c);
	AUTO_STR text = STR_INIT;
	const char *from;

	sink.stage(c, "observe", "looking at this machine");
	if (load_machine(j, err) || preflight_memory(j->machine, err))
		return -1;
	preflight_entropy(&sink);
	if (site_find(j->sys, j->machine, j->o.medium ? j->o.medium : default_medium, config_dir, &j->a, &text, &from, err))
		return -1;
	printf("site file: %s\n", from);
	j->site_name = "site.yaml";
	if (parse_site(j, str_text(&text), text.len, err) || look_for_links(j, err))
		return -1;
	sink.stage(c, "plan", "planning");
	if (load_catalog(j, err))
		return -1;
	preflight_clock(j->sys, &j->catalog, &sink);
	if (make_plan(j, err))
		return -1;
	putchar('\n');
	show_plan(j);
	if (!j->plan->n_ops) {
		sink.stage(c, "done", "nothing to do: this machine already is the admin node. Take the stick out and restart it");
		return 0;
	}
	if (confirm(j, err) || apply_plan(j, c, err))
		return -1;
	sink.stage(c, "verify", "looking at the machine again: nothing may be left to do");
	if (look_again(j, err))
		return -1;
	j->written = true;
	sink.stage(c, "done", "installed and verified; rebooting into the admin node");
	return 0;
}

/* The installer's life. Ends in a reboot after success; stays on the screen after a failure. */
static int verb_run(struct job *j, struct error *err)
{
	struct console c;

	console_init(&c, stdout, "install");
	printf("\nFulcrum installer\n");
	if (run_install(j, &c, err)) {
		console_error(&c, err);
		channel_emit("stage", "install", "stage", "failed", "text", err->msg, NULL);
		return -1;
	}
	if (!j->written)
		return 0;
	if (j->sys->ops->sync(j->sys, err) || j->sys->ops->sleep_ms(j->sys, REBOOT_AFTER_MS, err))
		return -1;
	return j->sys->ops->reboot(j->sys, err);
}

static int verb_schema(struct job *j, struct error *err)
{
	AUTO_STR text = STR_INIT;

	(void)err;
	json_write(field_json_schema(&site_schema, &j->a), true, &text);
	puts(str_text(&text));
	return 0;
}

static int verb_reference(struct job *j, struct error *err)
{
	AUTO_STR text = STR_INIT;

	(void)j;
	(void)err;
	field_reference(&site_schema, &text);
	fputs(str_text(&text), stdout);
	return 0;
}

static const struct verb {
	const char *name, *args, *what;
	int (*run)(struct job *j, struct error *err);
	bool needs_site;
} verbs[] = {
	{ "plan", "SITE.yaml", "show what would be done to this machine (the default)", verb_plan, true },
	{ "apply", "--plan-hash HASH SITE.yaml", "do it, if the plan still has that hash", verb_apply, true },
	{ "validate", "SITE.yaml", "check a site file, on any machine", verb_validate, true },
	{ "explain", "SITE.yaml", "each disk with why it matches a selector, or why not", verb_explain, true },
	{ "observe", "", "show this machine: disks, volume groups, arrays, ports", verb_observe, false },
	{ "run", "", "the installer's life on a booted medium", verb_run, false },
	{ "schema", "", "JSON Schema of the site file", verb_schema, false },
	{ "reference", "", "reference page of the site file", verb_reference, false },
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
	      "  --medium DIR      the release to install (default: the booted medium)\n"
	      "  --key FILE        public key of the release\n"
	      "  --seed HEX        make the plan's ids of this seed\n"
	      "  --reinstall       plan also when the machine already is as wanted\n"
	      "  --dry-run         apply over the dry back end: say every effect, have none\n"
	      "  -o text|json      how a plan or a machine is printed; --json for short\n",
	      out);
	return out == stdout ? 0 : error_exit_code(ERR_USAGE);
}

enum { OPT_MACHINE = 256, OPT_MEDIUM, OPT_KEY, OPT_HASH, OPT_SEED, OPT_REINSTALL, OPT_DRY, OPT_PROFILE, OPT_NODE, OPT_JSON };
static const struct option long_options[] = {
	{ "machine", required_argument, NULL, OPT_MACHINE }, { "medium", required_argument, NULL, OPT_MEDIUM },
	{ "key", required_argument, NULL, OPT_KEY },	     { "plan-hash", required_argument, NULL, OPT_HASH },
	{ "profile", required_argument, NULL, OPT_PROFILE }, { "node", required_argument, NULL, OPT_NODE },
	{ "seed", required_argument, NULL, OPT_SEED },	     { "reinstall", no_argument, NULL, OPT_REINSTALL },
	{ "dry-run", no_argument, NULL, OPT_DRY },	     { "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, OPT_JSON },
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
		case OPT_REINSTALL: o->reinstall = true; break;
		case OPT_DRY: o->dry = true; break;
		case OPT_JSON: o->json = true; break;
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

int main(int argc, char **argv)
{
	struct job j = { 0 };
	const struct verb *v = &verbs[0];
	struct error err = { 0 };
	int rc;

	rc = parse_options(argc, argv, &j.o);
	if (rc >= 0)
		return rc;
	if (optind < argc && find_verb(argv[optind]))
		v = find_verb(argv[optind++]);
	if (optind < argc)
		j.o.site = argv[optind++];
	if (optind < argc && v == &verbs[0])
		fprintf(stderr, "fulcrum-install: there is no verb \"%s\"\n", j.o.site);
	if (optind < argc || (v->needs_site && !j.o.site) || (!v->needs_site && j.o.site))
		return usage(stderr);
	j.sys = sys_real_new();
	rc = v->run(&j, &err) ? error_exit_code(err.kind) : 0;
	if (rc && strcmp(v->name, "run") != 0) {
		fprintf(stderr, "fulcrum-install: %s\n", err.msg);
		if (err.hint[0])
			fprintf(stderr, "  what to do: %s\n", err.hint);
	}
	sys_free(j.sys);
	arena_release(&j.a);
	return rc;
}
