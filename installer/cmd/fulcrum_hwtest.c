/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fulcrum test ... */
#include "cmd/fulcrum_hwtest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/fulcrum_client.h"
#include "data/json.h"
#include "model/hwtest.h"
#include "ui/table.h"

static const char usage_text[] =
	"usage: fulcrum test NODE [cpu|memory|disk|network]... [--seconds N] [--whole] [--restart]\n"
	"       fulcrum test NODE network --with NODE [--seconds N] [--restart]\n"
	"       fulcrum test cancel NODE\n"
	"       fulcrum test list [NODE]\n"
	"       fulcrum test show NODE\n";

/* --- asking for them */

static const char *wanted_body(const struct test_words *w, struct arena *a)
{
	struct tree *t = tree_new(a, TREE_MAP), *tests = tree_new(a, TREE_SEQ);
	AUTO_STR out = STR_INIT;

	for (size_t i = 1; i < w->n; i++)
		tree_push(a, tests, tree_string(a, w->words[i]));
	tree_add(a, t, "tests", tests);
	if (w->seconds)
		tree_add(a, t, "seconds", tree_u64(a, strtoull(w->seconds, NULL, 10)));
	if (w->whole)
		tree_add(a, t, "whole", tree_bool(a, true));
	if (w->restart)
		tree_add(a, t, "restart", tree_bool(a, true));
	if (w->with)
		tree_add(a, t, "with", tree_string(a, w->with));
	json_write(t, false, &out);
	return arena_strdup(a, str_text(&out));
}

static bool is_number(const char *s)
{
	char *end;

	errno = 0;
	return s[0] >= '1' && s[0] <= '9' && (strtoull(s, &end, 10), !*end && !errno);
}

/* --- showing what came of them */

static const char *joined(const struct tree *list, struct arena *a)
{
	AUTO_STR out = STR_INIT;

	for (size_t i = 0; list && i < list->n; i++)
		str_addf(&out, "%s%s", i ? " " : "", list->items[i]->text);
	return arena_strdup(a, str_text(&out));
}

static void print_list(const struct tree *runs, struct arena *a)
{
	static const char *const keys[] = { "number", "node", "label" };
	AUTO_STR out = STR_INIT;
	struct table t;

	if (!runs->n) {
		puts("nothing was tested yet");
		return;
	}
	table_init(&t, a, ">NUMBER,NODE,LABEL,WHEN,TESTS,OUTCOME,");
	for (size_t i = 0; i < runs->n; i++) {
		const struct tree *r = runs->items[i];
		const char *ended = tree_get_text(r, "ended"), *outcome = tree_get_text(r, "outcome");

		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			table_cell(&t, tree_get_text(r, keys[k]));
		table_cell(&t, ended ? ended : tree_get_text(r, "wanted"));
		table_cell(&t, tree_get_text(r, "peer") ? arena_printf(a, "%s with %s", joined(tree_get(r, "tests"), a), tree_get_text(r, "peer")) :
							  joined(tree_get(r, "tests"), a));
		table_cell(&t, outcome);
		table_cell(&t, str_eq(outcome, "passed") || !tree_get_text(r, "text") ? "" : tree_get_text(r, "text"));
	}
	table_print(&t, &out);
	fputs(str_text(&out), stdout);
}

static const char *value_of(const struct tree *r, const char *key, struct arena *a)
{
	const char *text = tree_get_text(r, key), *name = tree_get_text(r, "name");

	return text && name ? measure_text(name, strtoull(text, NULL, 10), a) : "-";
}

static const char *limit_of(const struct tree *r, struct arena *a)
{
	const struct measure_type *t = measure_find(tree_get_text(r, "name"));

	if (!str_eq(tree_get_text(r, "judged"), "true"))
		return "-";
	return arena_printf(a, "%s %s", t && t->sense == AT_MOST ? "<=" : ">=", tree_get(r, "limit") ? value_of(r, "limit", a) : "0");
}

static void print_results(const struct tree *results, struct arena *a)
{
	AUTO_STR out = STR_INIT;
	struct table t;

	table_init(&t, a, "WHAT,OF,>VALUE,>LIMIT,,>BEFORE,>OTHERS,");
	for (size_t i = 0; i < results->n; i++) {
		const struct tree *r = results->items[i];
		const char *machines = tree_get_text(r, "machines"), *text = tree_get_text(r, "text");

		table_cell(&t, tree_get_text(r, "name"));
		table_cell(&t, tree_get_text(r, "object") ? tree_get_text(r, "object") : "");
		table_cell(&t, value_of(r, "value", a));
		table_cell(&t, limit_of(r, a));
		table_cell(&t, str_eq(tree_get_text(r, "pass"), "true") ? "" : "FAILED");
		table_cell(&t, value_of(r, "before", a));
		table_cell(&t, machines ? arena_printf(a, "%s (%s)", value_of(r, "median", a), machines) : "-");
		table_cell(&t, text ? text : "");
	}
	table_print(&t, &out);
	fputs(str_text(&out), stdout);
}

static void print_failures(const struct tree *results)
{
	for (size_t i = 0; i < results->n; i++) {
		const struct tree *r = results->items[i];
		const char *object = tree_get_text(r, "object"), *cause = tree_get_text(r, "cause"), *hint = tree_get_text(r, "hint");

		if (str_eq(tree_get_text(r, "pass"), "true"))
			continue;
		printf("%s%s%s: %s\n", tree_get_text(r, "name"), object ? " " : "", object ? object : "", cause ? cause : "");
		if (hint)
			printf("  what to do: %s\n", hint);
	}
}

/* The newest run, with its results; the table puts the one before it, and machines of the same product, beside them. */
static void print_newest(const struct tree *runs, struct arena *a)
{
	static const char *const keys[] = { "label", "product", "peer", "wanted", "begun", "ended", "attempt", "software", "outcome", "text" };
	const struct tree *run = runs->items[0], *results = tree_get(run, "results");

	printf("%-10s %s\n", "run", tree_get_text(run, "number"));
	printf("%-10s %s\n", "node", tree_get_text(run, "node"));
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (tree_get_text(run, keys[i]))
			printf("%-10s %s\n", keys[i], tree_get_text(run, keys[i]));
	if (!results || !results->n)
		return;
	print_results(results, a);
	print_failures(results);
	if (runs->n > 1)
		printf("%zu earlier run%s: fulcrum test list %s\n", runs->n - 1, runs->n == 2 ? "" : "s", tree_get_text(run, "node"));
}

/* 10 if what is shown did not pass. */
static int show_runs(const struct show *o, const struct tree *t, bool newest, struct arena *a)
{
	const struct tree *runs = tree_get(t, "runs");

	if (o->json)
		return show_json(o, t, a);
	if (!runs || (newest && !runs->n))
		return 1;
	if (!newest) {
		print_list(runs, a);
		return 0;
	}
	print_newest(runs, a);
	return str_eq(tree_get_text(runs->items[0], "outcome"), "failed") ? 10 : 0;
}

/* --- the words */

static int ask(const struct show *o, const char *path, const char *body, bool runs, bool newest, struct arena *a)
{
	struct tree *t = NULL;
	struct error err;

	if (client_ask(path, body, a, &t, &err))
		return client_fail("fulcrum", &err);
	return runs ? show_runs(o, t, newest, a) : show_deploy(o, t, a);
}

int run_test(const struct show *o, const struct test_words *w)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *first = w->n ? w->words[0] : "";
	bool shows = str_eq(first, "list") || str_eq(first, "show"), plain = !w->seconds && !w->whole && !w->restart && !w->with;

	if (plain && w->n == 1 && str_eq(first, "list"))
		return ask(o, "/tests", NULL, true, false, &a);
	if (plain && w->n == 2 && shows)
		return ask(o, client_path("/tests/%s", w->words[1], &a), NULL, true, str_eq(first, "show"), &a);
	if (plain && w->n == 2 && str_eq(first, "cancel"))
		return ask(o, client_path("/node/%s/test-cancel", w->words[1], &a), "", false, false, &a);
	if (!w->n || shows || str_eq(first, "cancel") || (w->seconds && !is_number(w->seconds))) {
		fputs(usage_text, stderr);
		return 2;
	}
	return ask(o, client_path("/node/%s/test", first, &a), wanted_body(w, &a), false, false, &a);
}
