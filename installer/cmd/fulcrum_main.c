/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fulcrum: the operator's command. Asks fulcrumd over its socket, which only root can open, and
 * prints what it says; it knows nothing of the store and decides nothing.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "base/fd.h"
#include "cmd/fulcrum_batch.h"
#include "cmd/fulcrum_client.h"
#include "cmd/fulcrum_hwtest.h"
#include "cmd/fulcrum_inventory.h"
#include "cmd/fulcrum_report.h"
#include "cmd/fulcrum_show.h"
#include "cmd/fulcrum_wipe.h"
#include "data/json.h"
#include "data/yaml.h"

struct options {
	struct show show;
	bool full, all, all_disks, whole, restart;
	const char *with;
	const char *plan, *role, *seconds;
	const char **wipe;
	size_t n_wipe;
	const char **words; /* what is not an option */
	size_t n_words;
};

/* One row a command: its words (NODE and FILE stand for one), the path (%s is the node), and what prints it. */
enum { POST = 1, POST_DEPLOY, POST_FILE, POST_WIPE };
static const struct command {
	const char *words[3];
	const char *path;
	int method;
	int (*show)(const struct show *o, const struct tree *t, struct arena *a);
	const char *doc;
} commands[] = {
	{ { "status" }, "/status", 0, show_status, "the site and its nodes; exit 0 only if the admin node is ready" },
	{ { "node", "list" }, "/nodes", 0, show_list, "all nodes" },
	{ { "node", "show", "NODE" }, "/node/%s", 0, show_node, "everything known of one" },
	{ { "node", "plan", "NODE" }, "/node/%s/plan", 0, show_text, "what will be (or was) done to it" },
	{ { "node", "deploy", "NODE" }, "/node/%s/deploy", POST_DEPLOY, show_deploy, "deploy it once: [--plan HASH] [--wipe SERIAL]... [--full]" },
	{ { "node", "events", "NODE" }, "/node/%s/events", 0, show_events, "what happened to it" },
	{ { "node", "history", "NODE" }, "/node/%s/history", 0, show_history, "what changed in its inventory" },
	{ { "deploy", "NODE" }, "/node/%s/deploy", POST_DEPLOY, show_deploy, "the same as node deploy" },
	{ { "node", "lock", "NODE" }, "/node/%s/lock", POST, show_deploy, "its binding stays, whatever rules come" },
	{ { "node", "unlock", "NODE" }, "/node/%s/unlock", POST, show_deploy, "its binding may change" },
	{ { "node", "rebind", "NODE" }, "/node/%s/rebind", POST, show_deploy, "the rules are asked about it again" },
	{ { "node", "release", "NODE" }, "/node/%s/release", POST, show_deploy, "take it out of use; its name and address are free" },
	{ { "node", "delete", "NODE" }, "/node/%s/delete", POST, show_deploy, "forget it with all that was kept of it" },
	{ { "node", "wipe", "NODE" }, "/node/%s/wipe", POST_WIPE, show_wipe, "what wiping it on release would erase, and how; with --plan HASH it happens; [--all-disks]" },
	{ { "wipe", "list" }, "/wipes", 0, show_wipes, "all certificates of wipes" },
	{ { "wipe", "certificate", "NODE" }, "/wipe/%s", 0, show_json, "the newest of what was called so, signed; also when it is forgotten" },
	{ { "wipe", "NODE" }, "/node/%s/wipe", POST_WIPE, show_wipe, "the same as node wipe" },
	{ { "bundle", "NODE" }, "/node/%s/bundle", 0, show_bundle, "all that is known of it, as one tar file on standard output" },
	{ { "explain", "NODE" }, "/node/%s/explain", 0, show_text, "which rule bound it, and why each other did not" },
	{ { "rules" }, "/rules", 0, show_rules, "what the rules in force make of every node" },
	{ { "rules", "check", "FILE" }, "/rules/check", POST_FILE, show_rules, "what those of another site file would make of every node" },
	{ { "rules", "apply", "FILE" }, "/rules/apply", POST_FILE, show_rules, "its rules, profiles, policy and tests from now on" },
	{ { "report" }, "/report", 0, show_json, "all nodes and their last checks, signed by the site's key" },
	{ { "events" }, "/events", 0, show_events, "what happened to all" },
};

static const char *deploy_body(const struct options *o, struct arena *a)
{
	struct tree *t = tree_new(a, TREE_MAP), *wipe = tree_new(a, TREE_SEQ);
	AUTO_STR out = STR_INIT;

	if (o->plan)
		tree_add(a, t, "plan_hash", tree_string(a, o->plan));
	if (o->full)
		tree_add(a, t, "full", tree_bool(a, true));
	for (size_t i = 0; i < o->n_wipe; i++)
		tree_push(a, wipe, tree_string(a, o->wipe[i]));
	tree_add(a, t, "wipe", wipe);
	json_write(t, false, &out);
	return arena_strdup(a, str_text(&out));
}

static const char *wipe_body(const struct options *o, struct arena *a)
{
	struct tree *t = tree_new(a, TREE_MAP);
	AUTO_STR out = STR_INIT;

	if (o->plan)
		tree_add(a, t, "plan_hash", tree_string(a, o->plan));
	if (o->all_disks)
		tree_add(a, t, "all_disks", tree_bool(a, true));
	json_write(t, false, &out);
	return arena_strdup(a, str_text(&out));
}

static void usage(FILE *to)
{
	fputs("usage: fulcrum [-o table|json] COMMAND\n", to);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		AUTO_STR words = STR_INIT;

		for (size_t k = 0; k < 3 && commands[i].words[k]; k++)
			str_addf(&words, "%s%s", k ? " " : "", commands[i].words[k]);
		fprintf(to, "  %-18s %s\n", str_text(&words), commands[i].doc);
	}
	fputs("  deploy             NODE..., --all or --role NAME: each once, whatever becomes of the others\n"
	      "  verify             NODE..., --all or --role NAME: the checks of ready nodes again; exit 10 when one is not as declared\n"
	      "  test               NODE [cpu|memory|disk|network]... [--seconds N] [--whole] [--restart]: its hardware, in its agent; nothing is written\n"
	      "                     NODE network --with NODE: the network between two nodes\n"
	      "  test list [NODE], test show NODE, test cancel NODE   the runs; what came of the last, beside earlier ones and others; no more of it\n"
	      "  wipe verify FILE [KEY]   whether a certificate is what the site's key signed, and what it says\n"
	      "  report check FILE [KEY]  whether a report that was carried away is what the site's key signed\n",
	      to);
	fputs("  network            show, check FILE, apply FILE [--timeout SECONDS], confirm, revert: this machine's own networks\n", to);
	fputs("  update             SOURCE [--allow-older] [--seconds N] [--no-restart] [--dry-run]: another release, from a medium, an ISO,\n"
	      "                     a directory or a URL; --status, --confirm, --rollback [--old-database]\n", to);
	fputs("  export             FILE or -: the whole state of this site, behind a passphrase; --check FILE reads one and proves every byte\n"
	      "  import             FILE [--site FILE] [--replace] [--plan-hash HASH]: this machine takes over the nodes of another admin node;\n"
	      "                     for both: --passphrase-file FILE instead of the question\n"
	      "  factory-reset      --keep-data or --drop-data, [--plan-hash HASH]: back to what the install left\n", to);
	fputs("FULCRUM_SOCKET overrides the daemon's socket, /run/fulcrum/operator.sock.\n", to);
}

static const struct command *find_command(const struct options *o, const char **ret_arg)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		const struct command *c = &commands[i];
		size_t n = 0;
		bool same = true;

		*ret_arg = NULL;
		for (; n < 3 && c->words[n]; n++) {
			if (n >= o->n_words)
				same = false;
			else if (!strcmp(c->words[n], "NODE") || !strcmp(c->words[n], "FILE"))
				*ret_arg = o->words[n];
			else
				same = same && strcmp(c->words[n], o->words[n]) == 0;
		}
		if (same && n == o->n_words)
			return c;
	}
	return NULL;
}

/* An option was given that only `test` has. */
static bool is_of_tests(const struct options *o)
{
	return o->seconds || o->whole || o->restart || o->with;
}

/* Nothing that was said is passed over. */
static bool options_fit(const struct options *o, int method)
{
	bool plan = method == POST_DEPLOY || method == POST_WIPE;

	return !is_of_tests(o) && (plan || !o->plan) && (method == POST_DEPLOY || (!o->n_wipe && !o->full)) && (method == POST_WIPE || !o->all_disks);
}

static int run(const struct options *o)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR file = STR_INIT;
	const struct command *c;
	const char *arg, *path, *body = NULL;
	struct tree *t = NULL;
	struct error err;

	c = find_command(o, &arg);
	if (!c || !options_fit(o, c->method)) {
		usage(stderr);
		return 2;
	}
	if (c->method == POST_FILE) {
		if (file_read(arg, YAML_MAX_BYTES, &file, &err))
			return client_fail("fulcrum", &err);
		body = str_text(&file);
	} else if (c->method) {
		body = c->method == POST_DEPLOY ? deploy_body(o, &a) : c->method == POST_WIPE ? wipe_body(o, &a) : "";
	}
	/* Only literals of the table above are formats here. */
	path = strstr(c->path, "%s") ? client_path(c->path, arg, &a) : c->path;
	if (client_ask(path, body, &a, &t, &err))
		return client_fail("fulcrum", &err);
	return c->show(&o->show, t, &a);
}

/* deploy and verify, of several nodes or by what they are. */
static bool is_batch(const struct options *o)
{
	if (!o->n_words || (strcmp(o->words[0], "deploy") && strcmp(o->words[0], "verify")))
		return false;
	return o->all || o->role || o->n_words > 2 || !strcmp(o->words[0], "verify");
}

static int run_batch(const struct options *o)
{
	AUTO_ARENA a = ARENA_INIT;
	struct batch b = { .show = &o->show, .names = o->words + 1, .n_names = o->n_words - 1, .role = o->role, .all = o->all };

	/* One plan's hash is no word about others. */
	if (o->all_disks || is_of_tests(o) || (o->plan && o->n_words != 2) || (!b.n_names && !b.role && !b.all)) {
		usage(stderr);
		return 2;
	}
	return strcmp(o->words[0], "deploy") ? batch_verify(&b) : batch_deploy(&b, deploy_body(o, &a));
}

/* What is not the daemon's, because it is restarted by it. Root at the machine itself asks for it. */
static int hand_on(const char *program, int argc, char **argv, struct arena *a)
{
	char **words = arena_array(a, (size_t)argc + 2, sizeof(*words));

	words[0] = arena_strdup(a, program);
	for (int i = 1; i < argc; i++)
		words[i] = argv[i];
	execvp(words[0], words);
	fprintf(stderr, "fulcrum: %s: %s\n", program, strerror(errno));
	return 8;
}

/* What the running release knows of itself, fulcrumd says; another one is installed. */
static int run_update(int argc, char **argv, struct arena *a)
{
	static const char *const own[] = { "--status", "--confirm", "--rollback" };

	for (int i = 2; i < argc; i++)
		for (size_t k = 0; k < ARRAY_LEN(own); k++)
			if (!strcmp(argv[i], own[k]))
				return hand_on("fulcrumd", argc, argv, a);
	return hand_on("fulcrum-install", argc, argv, a);
}

/* -1, or the exit code where there is nothing more to do. */
static int read_options(int argc, char **argv, struct options *o, struct arena *a)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' }, { "plan", required_argument, NULL, 'p' },
		{ "wipe", required_argument, NULL, 'w' },   { "full", no_argument, NULL, 'f' },
		{ "all", no_argument, NULL, 'a' },	    { "role", required_argument, NULL, 'r' },
		{ "all-disks", no_argument, NULL, 'A' },    { "help", no_argument, NULL, 'h' },
		{ "seconds", required_argument, NULL, 's' }, { "whole", no_argument, NULL, 'W' },
		{ "restart", no_argument, NULL, 'R' },	    { "with", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "o:h", longs, NULL)) >= 0)
		switch (c) {
		case 'o':
			o->show.json = strcmp(optarg, "json") == 0;
			if (o->show.json || strcmp(optarg, "table") == 0)
				break;
			fprintf(stderr, "fulcrum: -o takes table or json\n");
			return 2;
		case 'p':
			o->plan = optarg;
			break;
		case 'w':
			o->wipe = arena_grow(a, o->wipe, o->n_wipe, sizeof(*o->wipe));
			o->wipe[o->n_wipe++] = optarg;
			break;
		case 'f':
			o->full = true;
			break;
		case 'a':
			o->all = true;
			break;
		case 'A':
			o->all_disks = true;
			break;
		case 's':
			o->seconds = optarg;
			break;
		case 'W':
			o->whole = true;
			break;
		case 'R':
			o->restart = true;
			break;
		case 't':
			o->with = optarg;
			break;
		case 'r':
			o->role = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	for (; optind < argc; optind++) {
		o->words = arena_grow(a, o->words, o->n_words, sizeof(*o->words));
		o->words[o->n_words++] = argv[optind];
	}
	return -1;
}

/* Which family of commands it is. */
static int run_words(const struct options *o)
{
	const char *first = o->n_words ? o->words[0] : "";

	if (o->n_words >= 3 && o->n_words <= 4 && !strcmp(first, "report") && !strcmp(o->words[1], "check"))
		return report_check(o->words[2], o->n_words == 4 ? o->words[3] : NULL);
	if (o->n_words >= 3 && o->n_words <= 4 && !strcmp(first, "wipe") && !strcmp(o->words[1], "verify"))
		return wipe_verify(o->words[2], o->n_words == 4 ? o->words[3] : NULL);
	if (!strcmp(first, "test") && !o->plan && !o->role && !o->all && !o->all_disks && !o->full && !o->n_wipe)
		return run_test(&o->show, &(struct test_words){ .words = o->words + 1, .n = o->n_words - 1, .seconds = o->seconds,
								.whole = o->whole, .restart = o->restart, .with = o->with });
	return is_batch(o) ? run_batch(o) : run(o);
}

int main(int argc, char **argv)
{
	static const char *const of_this_machine[] = { "network", "export", "import", "factory-reset" };
	AUTO_ARENA a = ARENA_INIT;
	struct options o = { 0 };
	int code;

	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(of_this_machine); i++)
		if (!strcmp(argv[1], of_this_machine[i]))
			return hand_on("fulcrumd", argc, argv, &a);
	if (argc > 1 && !strcmp(argv[1], "update"))
		return run_update(argc, argv, &a);
	code = read_options(argc, argv, &o, &a);
	return code < 0 ? run_words(&o) : code;
}
