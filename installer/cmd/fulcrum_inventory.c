/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inventories as text. */
#include "cmd/fulcrum_inventory.h"

#include <stdio.h>

#include "base/str.h"
#include "model/machine.h"
#include "ui/facts_text.h"
#include "ui/table.h"

void print_facts(const struct tree *t)
{
	const struct tree *inventory = tree_get(t, "machine");
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	struct machine m = { 0 };
	struct error err;

	/* A daemon of another release may say what this program does not know: then -o json has it. */
	if (!inventory || field_from_tree(&machine_schema, inventory, &m, &a, &err))
		return;
	facts_text(&m, &text);
	fputs(str_text(&text), stdout);
}

int show_history(const struct show *o, const struct tree *t, struct arena *a)
{
	const struct tree *changes = tree_get(t, "changes");
	AUTO_STR out = STR_INIT;
	struct table table;

	if (o->json)
		return show_json(o, t, a);
	if (!changes || !changes->n) {
		puts("nothing has changed since it was first seen");
		return 0;
	}
	table_init(&table, a, "TIME,WHAT,WAS,IS");
	for (size_t i = 0; i < changes->n; i++) {
		const char *was = tree_get_text(changes->items[i], "was"), *is = tree_get_text(changes->items[i], "is");

		table_cell(&table, tree_get_text(changes->items[i], "time"));
		table_cell(&table, tree_get_text(changes->items[i], "what"));
		table_cell(&table, was ? was : "(not there)");
		table_cell(&table, is ? is : "(gone)");
	}
	table_print(&table, &out);
	fputs(str_text(&out), stdout);
	return 0;
}

void print_held(const struct tree *t)
{
	const struct tree *held = tree_get(t, "held");

	for (size_t i = 0; held && i < held->n; i++) {
		const char *hint = tree_get_text(held->items[i], "hint");

		printf("held: %s: %s\n", tree_get_text(held->items[i], "machine"), tree_get_text(held->items[i], "message"));
		if (hint)
			printf("  %s\n", hint);
	}
}
