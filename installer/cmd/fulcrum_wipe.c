/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fulcrum wipe ... */
#include "cmd/fulcrum_wipe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/size.h"
#include "cmd/fulcrum_client.h"
#include "cmd/fulcrum_report.h"
#include "data/field.h"
#include "data/json.h"
#include "model/erase.h"
#include "ui/table.h"

enum { CERTIFICATE_MAX = 16 << 20 };

int show_wipe(const struct show *o, const struct tree *t, struct arena *a)
{
	return tree_get(t, "plan") ? show_text(o, t, a) : show_deploy(o, t, a);
}

int show_wipes(const struct show *o, const struct tree *t, struct arena *a)
{
	static const char *const keys[] = { "number", "node", "label", "ended", "plan" };
	const struct tree *wipes = tree_get(t, "wipes");
	AUTO_STR out = STR_INIT;
	struct table table;

	if (o->json)
		return show_json(o, t, a);
	if (!wipes || !wipes->n) {
		puts("nothing was wiped yet");
		return 0;
	}
	table_init(&table, a, ">NUMBER,NODE,LABEL,ENDED,PLAN");
	for (size_t i = 0; i < wipes->n; i++)
		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			table_cell(&table, tree_get_text(wipes->items[i], keys[k]));
	table_print(&table, &out);
	fputs(str_text(&out), stdout);
	return 0;
}

static const char *time_of(const struct tree *t, const char *key, char ret[21])
{
	const char *text = tree_get_text(t, key);

	ret[0] = '\0';
	if (text)
		clock_text(strtoll(text, NULL, 10), ret);
	return ret;
}

static void print_disk(const struct erased *e)
{
	char size[SIZE_TEXT_MAX];

	printf("disk %s  %s  %s\n", e->serial ? e->serial : e->wwn ? e->wwn : "without a serial number", size_format(e->size_bytes, size),
	       e->model ? e->model : "");
	printf("  %s: %s; NIST SP 800-88: %s; %" PRId64 " s\n", e->method, erase_types[erase_find(e->method)].doc, e->term,
	       e->ended_s - e->begun_s);
	printf("  %" PRIu64 " places sampled: %" PRIu64 " had content, %" PRIu64 " could not be read; afterwards %" PRIu64 " zeros, %" PRIu64
	       " another constant byte, %" PRIu64 " something else than before\n",
	       e->samples, e->content, e->unread, e->zeros, e->constant, e->other);
	for (size_t i = 0; i < e->n_tried; i++)
		printf("  failed before: %s\n", e->tried[i]);
}

static int print_disks(const char *file, const struct tree *disks, struct arena *a, struct error *err)
{
	for (size_t i = 0; i < disks->n; i++) {
		struct erased *e = ARENA_NEW(a, struct erased);
		const char *wrong;

		if (field_from_tree(&erased_schema, disks->items[i], e, a, err))
			return error_wrap(err, "%s: disks[%zu]", file, i);
		wrong = erased_wrong(e);
		if (wrong)
			return error_set(err, ERR_INPUT, "%s: disks[%zu] %s", file, i, wrong);
		print_disk(e);
	}
	return 0;
}

static void print_machine(const struct tree *c)
{
	const struct tree *m = tree_get(c, "machine");
	const char *vendor = tree_get_text(m, "vendor"), *product = tree_get_text(m, "product"), *serial = tree_get_text(m, "serial");
	const char *number = tree_get_text(c, "number"), *site = tree_get_text(c, "site"), *node = tree_get_text(c, "node");
	const char *release = tree_get_text(c, "release"), *plan = tree_get_text(c, "plan");
	char begun[21], ended[21];

	printf("wipe %s of %s, site %s, %s to %s\n", number ? number : "?", node ? node : "?", site ? site : "?", time_of(c, "begun_s", begun),
	       time_of(c, "ended_s", ended));
	printf("machine %s %s, serial %s; plan %.8s; release %s\n", vendor ? vendor : "unknown", product ? product : "", serial ? serial : "unknown",
	       plan ? plan : "-", release ? release : "-");
}

int wipe_verify(const char *file, const char *key)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	const struct tree *disks;
	struct tree *t, *c;
	struct error err;

	if (file_read(file, CERTIFICATE_MAX, &text, &err))
		return client_fail("fulcrum", &err);
	t = json_parse(file, str_text(&text), text.len, &a, &err);
	c = t ? signed_open(file, t, "wipe", key, &a, &err) : NULL;
	if (!c)
		return client_fail("fulcrum", &err);
	disks = tree_get(c, "disks");
	if (!str_eq(tree_get_text(c, "certificate"), "1") || !disks || disks->kind != TREE_SEQ || !disks->n) {
		error_set(&err, ERR_INPUT, "%s: is no certificate of a wipe that this program knows", file);
		return client_fail("fulcrum", &err);
	}
	print_machine(c);
	if (print_disks(file, disks, &a, &err))
		return client_fail("fulcrum", &err);
	printf("signed by %s%s\n", tree_get_text(t, "key"), key ? "" : ": compare it with the site's own");
	return 0;
}
