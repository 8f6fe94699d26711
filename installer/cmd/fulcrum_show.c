/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers of fulcrumd as a person reads them, or as they are. */
#include "cmd/fulcrum_show.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/tar.h"
#include "cmd/fulcrum_inventory.h"
#include "data/json.h"
#include "ui/table.h"

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

	if (str_eq(get(n, "state"), "deploying") || str_eq(get(n, "state"), "wiping") || str_eq(get(n, "state"), "testing"))
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
	table_init(&t, a, "NAME,STATE,SINCE,ADDRESS,PROFILE,ROLES,");
	for (size_t i = 0; i < nodes->n; i++) {
		const struct tree *n = nodes->items[i];
		const char *p = progress(n, a);

		table_cell(&t, get(n, "name"));
		table_cell(&t, get(n, "state"));
		table_cell(&t, get(n, "since"));
		table_cell(&t, get(n, "address"));
		table_cell(&t, get(n, "profile"));
		table_cell(&t, get(n, "roles"));
		table_cell(&t, p);
	}
	table_print(&t, &out);
	fputs(str_text(&out), stdout);
}

void show_checks(const struct tree *checks)
{
	for (size_t i = 0; checks && i < checks->n; i++) {
		const struct tree *c = checks->items[i];
		const char *name = get(c, "name"), *seen = get(c, "seen"), *expected = get(c, "expected");
		bool pass = is_true(c, "pass");

		printf("  %-4s %-18s %s%s%s\n", pass ? "ok" : "BAD", name ? name : "", seen ? seen : "",
		       pass ? "" : "   wanted: ", pass || !expected ? "" : expected);
	}
}

int show_status(const struct show *o, const struct tree *t, struct arena *a)
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
	show_checks(checks);
	print_nodes(tree_get(t, "nodes"), a);
	print_held(t);
	return green ? 0 : 10;
}

int show_list(const struct show *o, const struct tree *t, struct arena *a)
{
	if (o->json) {
		print_json(t);
		return 0;
	}
	print_nodes(tree_get(t, "nodes"), a);
	print_held(t);
	return 0;
}

int show_node(const struct show *o, const struct tree *t, struct arena *a UNUSED)
{
	static const char *const keys[] = { "name", "state", "since", "heard", "profile", "address", "mac", "roles", "bound_by", "locked", "life", "boots",
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
	print_facts(t);
	if (tree_get(t, "checks"))
		puts("checks");
	show_checks(tree_get(t, "checks"));
	return 0;
}

int show_text(const struct show *o, const struct tree *t, struct arena *a UNUSED)
{
	if (o->json)
		print_json(t);
	else
		fputs(get(t, "text") ? get(t, "text") : "", stdout);
	return 0;
}

int show_deploy(const struct show *o, const struct tree *t, struct arena *a UNUSED)
{
	if (o->json)
		print_json(t);
	else
		printf("%s is %s: %s\n", get(t, "node"), get(t, "state"), get(t, "text"));
	return 0;
}

int show_events(const struct show *o, const struct tree *t, struct arena *a)
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

int show_json(const struct show *o UNUSED, const struct tree *t, struct arena *a UNUSED)
{
	print_json(t);
	return 0;
}

int show_bundle(const struct show *o, const struct tree *t, struct arena *a)
{
	const struct tree *files = tree_get(t, "files");
	AUTO_STR tar = STR_INIT;
	struct error err;

	if (o->json)
		return show_json(o, t, a);
	if (isatty(STDOUT_FILENO)) {
		fprintf(stderr, "fulcrum: a bundle is a file: fulcrum bundle NODE >NODE.tar\n");
		return 2;
	}
	for (size_t i = 0; files && i < files->n; i++) {
		const char *text = get(files->items[i], "text");

		tar_add(&tar, arena_printf(a, "%s/%s", get(t, "name"), get(files->items[i], "name")), text, strlen(text), clock_real_s());
	}
	tar_end(&tar);
	if (fd_write_all(STDOUT_FILENO, str_text(&tar), tar.len, &err)) {
		fprintf(stderr, "fulcrum: %s\n", err.msg);
		return error_exit_code(err.kind);
	}
	return 0;
}

int show_rules(const struct show *o, const struct tree *t, struct arena *a)
{
	static const char *const keys[] = { "node", "state", "is", "would_be", "rule", "change" };
	const struct tree *nodes = tree_get(t, "nodes");
	AUTO_STR out = STR_INIT;
	struct table table;

	if (o->json) {
		print_json(t);
		return 0;
	}
	if (str_eq(get(t, "version"), get(t, "version_now")))
		printf("rules %s\n", get(t, "version"));
	else
		printf("rules %s, %s %s\n", get(t, "version"), is_true(t, "applied") ? "in force now instead of" : "not applied; in force are",
		       get(t, "version_now"));
	table_init(&table, a, "NODE,STATE,IS,WOULD BE,BY,CHANGE");
	for (size_t i = 0; nodes && i < nodes->n; i++)
		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			table_cell(&table, get(nodes->items[i], keys[k]));
	table_print(&table, &out);
	fputs(str_text(&out), stdout);
	return 0;
}
