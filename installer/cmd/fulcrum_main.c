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
#include "cmd/fulcrum_client.h"
#include "data/json.h"
#include "ui/table.h"

struct options {
	bool json, full;
	const char *plan;
	const char **wipe;
	size_t n_wipe;
	const char *words[4]; /* what is not an option */
	int n_words;
};

/* A name as one segment of a path. */
static const char *segment(const char *name, struct arena *a)
{
	AUTO_STR out = STR_INIT;

	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("-._", *p))
			str_addc(&out, (char)*p);
		else
			str_addf(&out, "%%%02X", *p);
	return arena_strdup(a, str_text(&out));
}

/* --- printing */

static const char *get(const struct tree *t, const char *key)
{
	return tree_get_text(t, key);
}

static bool is_true(const struct tree *t, const char *key)
{
	return str_eq(get(t, key), "true");
}

static void print_json(const struct tree *t)
{
	AUTO_STR out = STR_INIT;

	json_write(t, true, &out);
	puts(str_text(&out));
}

static const char *progress(const struct tree *n, struct arena *a)
{
	const char *percent = get(n, "percent"), *op = get(n, "op"), *message = get(n, "message");

	if (str_eq(get(n, "state"), "deploying"))
		return arena_printf(a, "%s %%  %s", percent ? percent : "0", op ? op : "");
	if (!message)
		return "";
	/* The first line says what; `node show` has it all. */
	return arena_strndup(a, message, strcspn(message, "\n"));
}

static void print_nodes(const struct tree *nodes, struct arena *a)
{
	AUTO_STR out = STR_INIT;
	struct table t;

	if (!nodes || !nodes->n) {
		puts("no nodes yet: boot one from the network");
		return;
	}
	table_init(&t, a, "NAME,STATE,SINCE,ADDRESS,PROFILE,");
	for (size_t i = 0; i < nodes->n; i++) {
		const struct tree *n = nodes->items[i];
		const char *p = progress(n, a);

		table_cell(&t, get(n, "name"));
		table_cell(&t, get(n, "state"));
		table_cell(&t, get(n, "since"));
		table_cell(&t, get(n, "address"));
		table_cell(&t, get(n, "profile"));
		table_cell(&t, *p ? p : " ");
	}
	table_print(&t, &out);
	fputs(str_text(&out), stdout);
}

static void print_checks(const struct tree *checks)
{
	for (size_t i = 0; checks && i < checks->n; i++) {
		const struct tree *c = checks->items[i];
		const char *name = get(c, "name"), *seen = get(c, "seen"), *expected = get(c, "expected");
		bool pass = is_true(c, "pass");

		printf("  %-4s %-18s %s%s%s\n", pass ? "ok" : "BAD", name ? name : "", seen ? seen : "",
		       pass ? "" : "   wanted: ", pass || !expected ? "" : expected);
	}
}

/* --- verbs; each gets the parsed answer */

static int show_status(const struct options *o, const struct tree *t, struct arena *a)
{
	const struct tree *admin = tree_get(t, "admin"), *checks = tree_get(admin, "checks");
	bool green = is_true(admin, "green");

	if (o->json) {
		print_json(t);
		return green ? 0 : 10;
	}
	printf("site %s   admin %s %s   release %s\n", get(t, "site"), get(admin, "name"), get(admin, "address"),
	       get(admin, "build_id") ? get(admin, "build_id") : "none: the seed cannot be used");
	if (!checks || !checks->n)
		puts("the admin node has not been checked yet");
	else
		printf("the admin node is %s\n", green ? "ready: all checks pass" : "NOT ready");
	print_checks(checks);
	print_nodes(tree_get(t, "nodes"), a);
	return green ? 0 : 10;
}

static int show_list(const struct options *o, const struct tree *t, struct arena *a)
{
	if (o->json)
		print_json(t);
	else
		print_nodes(tree_get(t, "nodes"), a);
	return 0;
}

static int show_node(const struct options *o, const struct tree *t, struct arena *a UNUSED)
{
	static const char *const keys[] = { "name", "state", "since", "heard", "profile", "address", "mac", "life", "boots",
					    "attempt", "installed", "plan_hash", "percent", "op", "intent", "full", "message", "hint" };
	const struct tree *m = tree_get(t, "machine"), *sys = tree_get(m, "system"), *disks = tree_get(m, "disks");

	if (o->json) {
		print_json(t);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (get(t, keys[i]))
			printf("%-10s %s\n", keys[i], get(t, keys[i]));
	printf("%-10s %s %s, serial %s\n", "machine", get(sys, "vendor") ? get(sys, "vendor") : "",
	       get(sys, "product") ? get(sys, "product") : "", get(sys, "serial") ? get(sys, "serial") : "unknown");
	for (size_t i = 0; disks && i < disks->n; i++) {
		const struct tree *d = disks->items[i];

		printf("%-10s %s  %s  %s  %s bytes\n", "disk", get(d, "name"), get(d, "serial") ? get(d, "serial") : "no serial",
		       get(d, "model") ? get(d, "model") : "", get(d, "size_bytes") ? get(d, "size_bytes") : "?");
	}
	if (tree_get(t, "checks"))
		puts("checks");
	print_checks(tree_get(t, "checks"));
	return 0;
}

static int show_plan(const struct options *o, const struct tree *t, struct arena *a UNUSED)
{
	if (o->json)
		print_json(t);
	else
		fputs(get(t, "text") ? get(t, "text") : "", stdout);
	return 0;
}

static int show_deploy(const struct options *o, const struct tree *t, struct arena *a UNUSED)
{
	if (o->json)
		print_json(t);
	else
		printf("%s is %s: %s\n", get(t, "node"), get(t, "state"), get(t, "text"));
	return 0;
}

static int show_events(const struct options *o, const struct tree *t, struct arena *a)
{
	const struct tree *events = tree_get(t, "events");
	AUTO_STR out = STR_INIT;
	struct table table;

	if (o->json) {
		print_json(t);
		return 0;
	}
	table_init(&table, a, "TIME,NODE,>ATTEMPT,FROM,EVENT,TO,TEXT");
	for (size_t i = 0; events && i < events->n; i++) {
		static const char *const keys[] = { "time", "node", "attempt", "from", "event", "to", "text" };

		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			table_cell(&table, get(events->items[i], keys[k]));
	}
	table_print(&table, &out);
	fputs(str_text(&out), stdout);
	return 0;
}

/* One row a command: its words (NODE stands for a name), the path (%s likewise), and what prints it. */
enum { POST = 1 };
static const struct command {
	const char *words[3];
	const char *path;
	int method;
	int (*show)(const struct options *o, const struct tree *t, struct arena *a);
	const char *doc;
} commands[] = {
	{ { "status" }, "/status", 0, show_status, "the site and its nodes; exit 0 only if the admin node is ready" },
	{ { "node", "list" }, "/nodes", 0, show_list, "all nodes" },
	{ { "node", "show", "NODE" }, "/node/%s", 0, show_node, "everything known of one" },
	{ { "node", "plan", "NODE" }, "/node/%s/plan", 0, show_plan, "what will be (or was) done to it" },
	{ { "node", "deploy", "NODE" }, "/node/%s/deploy", POST, show_deploy, "deploy it once: [--plan HASH] [--wipe SERIAL]... [--full]" },
	{ { "node", "events", "NODE" }, "/node/%s/events", 0, show_events, "what happened to it" },
	{ { "deploy", "NODE" }, "/node/%s/deploy", POST, show_deploy, "the same as node deploy" },
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

static void usage(FILE *to)
{
	fputs("usage: fulcrum [-o table|json] COMMAND\n", to);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		AUTO_STR words = STR_INIT;

		for (size_t k = 0; k < 3 && commands[i].words[k]; k++)
			str_addf(&words, "%s%s", k ? " " : "", commands[i].words[k]);
		fprintf(to, "  %-18s %s\n", str_text(&words), commands[i].doc);
	}
	fputs("  network            show, check FILE, apply FILE [--timeout SECONDS], confirm, revert: this machine's own networks\n", to);
	fputs("FULCRUM_SOCKET overrides the daemon's socket, /run/fulcrum/operator.sock.\n", to);
}

static const struct command *find_command(const struct options *o, const char **ret_node)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		const struct command *c = &commands[i];
		int n = 0;
		bool same = true;

		*ret_node = NULL;
		for (; n < 3 && c->words[n]; n++) {
			if (n >= o->n_words)
				same = false;
			else if (strcmp(c->words[n], "NODE") == 0)
				*ret_node = o->words[n];
			else
				same = same && strcmp(c->words[n], o->words[n]) == 0;
		}
		if (same && n == o->n_words)
			return c;
	}
	return NULL;
}

static int run(const struct options *o)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct command *c;
	const char *node, *path;
	struct tree *t = NULL;
	struct error err;

	c = find_command(o, &node);
	if (!c || (c->method != POST && (o->plan || o->n_wipe || o->full))) {
		usage(stderr);
		return 2;
	}
	/* Only literals of the table above are formats here. */
	path = node ? arena_printf(&a, "%.*s%s%s", (int)(strstr(c->path, "%s") - c->path), c->path, segment(node, &a),
				   strstr(c->path, "%s") + 2) :
		      c->path;
	if (client_ask(path, c->method == POST ? deploy_body(o, &a) : NULL, &a, &t, &err)) {
		fprintf(stderr, "fulcrum: %s\n", err.msg);
		if (err.hint[0])
			fprintf(stderr, "  %s\n", err.hint);
		return error_exit_code(err.kind);
	}
	return c->show(o, t, &a);
}

/* The networks are not the daemon's: it is restarted when they change. Root at the machine itself asks for it. */
static int run_network(int argc, char **argv, struct arena *a)
{
	char **words = arena_array(a, (size_t)argc + 2, sizeof(*words));

	words[0] = arena_strdup(a, "fulcrumd");
	for (int i = 1; i < argc; i++)
		words[i] = argv[i];
	execvp(words[0], words);
	fprintf(stderr, "fulcrum: fulcrumd: %s\n", strerror(errno));
	return 8;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' }, { "plan", required_argument, NULL, 'p' },
		{ "wipe", required_argument, NULL, 'w' },   { "full", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },	    { NULL, 0, NULL, 0 },
	};
	AUTO_ARENA a = ARENA_INIT;
	struct options o = { 0 };
	int c;

	if (argc > 1 && !strcmp(argv[1], "network"))
		return run_network(argc, argv, &a);
	while ((c = getopt_long(argc, argv, "o:h", longs, NULL)) >= 0)
		switch (c) {
		case 'o':
			o.json = strcmp(optarg, "json") == 0;
			if (o.json || strcmp(optarg, "table") == 0)
				break;
			fprintf(stderr, "fulcrum: -o takes table or json\n");
			return 2;
		case 'p':
			o.plan = optarg;
			break;
		case 'w':
			o.wipe = arena_grow(&a, o.wipe, o.n_wipe, sizeof(*o.wipe));
			o.wipe[o.n_wipe++] = optarg;
			break;
		case 'f':
			o.full = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	for (; optind < argc && o.n_words < (int)ARRAY_LEN(o.words); optind++)
		o.words[o.n_words++] = argv[optind];
	return run(&o);
}
