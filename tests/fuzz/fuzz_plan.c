/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a plan, as an agent gets them in an order. A plan that is accepted has parameters for
 * every step, can be shown to a person, and means the same, under the same hash, after it was written
 * and read again.
 */
#include <assert.h>
#include <string.h>

#include "data/json.h"
#include "model/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct plan *read_plan(const char *data, size_t size, struct arena *a)
{
	struct error err = { 0 };
	const struct tree *t = json_parse("plan", data, size, a, &err);
	const struct plan *p = t ? plan_read(t, a, &err) : NULL;

	assert(p || (err.kind == ERR_INPUT && err.msg[0]));
	return p;
}

static void check_plan(const struct plan *p)
{
	assert(p->plan == PLAN_VERSION && p->kind && p->subject && p->goal && p->seed);
	for (size_t i = 0; i < p->n_disks; i++)
		assert(p->disks[i].role && p->disks[i].name && p->disks[i].path && p->disks[i].state && p->disks[i].consent);
	for (size_t i = 0; i < p->n_ops; i++)
		assert(p->ops[i].kind < OP__N && p->ops[i].id && p->ops[i].params);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR once = STR_INIT;
	AUTO_STR twice = STR_INIT;
	AUTO_STR text = STR_INIT;
	char hash[HASH_HEX], again[HASH_HEX];
	const struct plan *p = read_plan((const char *)data, size, &a);

	if (!p)
		return 0;
	check_plan(p);
	plan_json(p, &once);
	plan_hash(p, hash);
	plan_text(p, &text);
	assert(!strstr(str_text(&text), "(null)") || strstr(str_text(&once), "(null)"));
	p = read_plan(str_text(&once), once.len, &a);
	assert(p);
	plan_json(p, &twice);
	plan_hash(p, again);
	assert(once.len == twice.len && !memcmp(str_text(&once), str_text(&twice), once.len));
	assert(!strcmp(hash, again));
	return 0;
}
