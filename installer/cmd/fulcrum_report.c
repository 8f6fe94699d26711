/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fulcrum report check. */
#include "cmd/fulcrum_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/hash.h"
#include "cmd/fulcrum_client.h"
#include "cmd/fulcrum_show.h"
#include "data/json.h"
#include "ui/table.h"

enum { REPORT_MAX = 64 << 20 };

struct tree *signed_open(const char *file, const struct tree *t, const char *member, const char *key, struct arena *a, struct error *err)
{
	const char *text = tree_get_text(t, member), *own = tree_get_text(t, "key"), *sign = tree_get_text(t, "signature");

	if (!text || !own || !sign || !hex_is(own, KEY_PUB_HEX - 1) || !hex_is(sign, SIG_HEX - 1)) {
		error_set(err, ERR_INPUT, "%s: is no signed %s: it has no text, key and signature", file, member);
		return NULL;
	}
	if (key && !str_eq(key, own)) {
		error_set(err, ERR_DENIED, "%s: was signed by another key, %s", file, own);
		error_hint(err, "the key of a site is shown by `fulcrum status -o json` on its admin node");
		return NULL;
	}
	if (!sign_check(own, text, strlen(text), sign)) {
		error_set(err, ERR_DENIED, "%s: is not what its key signed", file);
		error_hint(err, "it was changed after it was made: have it made again");
		return NULL;
	}
	return json_parse(file, text, strlen(text), a, err);
}

static void print_report(const struct tree *r, struct arena *a)
{
	const struct tree *nodes = tree_get(r, "nodes"), *time = tree_get(r, "time_s");
	AUTO_STR out = STR_INIT;
	struct table table;
	char when[21] = "";

	if (time)
		clock_text(strtoll(time->text, NULL, 10), when);
	printf("site %s, %s\n", tree_get_text(r, "site"), when);
	table_init(&table, a, "NODE,STATE,>PASSED,>FAILED,");
	for (size_t i = 0; nodes && i < nodes->n; i++) {
		const struct tree *n = nodes->items[i], *checks = tree_get(n, "checks");
		size_t good = 0, bad = 0;

		for (size_t k = 0; checks && k < checks->n; k++)
			*(str_eq(tree_get_text(checks->items[k], "pass"), "true") ? &good : &bad) += 1;
		table_cell(&table, tree_get_text(n, "node"));
		table_cell(&table, tree_get_text(n, "state"));
		table_cell(&table, arena_printf(a, "%zu", good));
		table_cell(&table, arena_printf(a, "%zu", bad));
		table_cell(&table, tree_get_text(n, "message"));
	}
	table_print(&table, &out);
	fputs(str_text(&out), stdout);
}

int report_check(const char *file, const char *key)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	struct tree *t, *report;
	struct error err;

	if (file_read(file, REPORT_MAX, &text, &err))
		return client_fail("fulcrum", &err);
	t = json_parse(file, str_text(&text), text.len, &a, &err);
	report = t ? signed_open(file, t, "report", key, &a, &err) : NULL;
	if (!report)
		return client_fail("fulcrum", &err);
	print_report(report, &a);
	printf("signed by %s%s\n", tree_get_text(t, "key"), key ? "" : ": compare it with the site's own");
	return 0;
}
