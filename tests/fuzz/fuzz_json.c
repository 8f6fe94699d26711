/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as JSON, and as the messages that come over the network. What is taken must be written
 * back and read again without a difference.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "data/field.h"
#include "data/json.h"
#include "model/machine.h"
#include "model/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct tree *t, bool pretty, struct arena *a)
{
	AUTO_STR once = STR_INIT;
	AUTO_STR twice = STR_INIT;
	struct error err = { 0 };

	json_write(t, pretty, &once);
	t = json_parse("again", str_text(&once), once.len, a, &err);
	assert(t);
	json_write(t, pretty, &twice);
	assert(!strcmp(str_text(&once), str_text(&twice)));
}

static void check_machine(const char *text, size_t len, struct arena *a)
{
	AUTO_STR once = STR_INIT;
	AUTO_STR twice = STR_INIT;
	struct machine m = { 0 }, again = { 0 };
	struct error err = { 0 };

	if (field_from_json(&machine_schema, "machine", text, len, &m, a, &err)) {
		assert(err.kind == ERR_INPUT && err.msg[0]);
		return;
	}
	field_to_json(&machine_schema, &m, true, false, &once);
	assert(!field_from_json(&machine_schema, "again", str_text(&once), once.len, &again, a, &err));
	field_to_json(&machine_schema, &again, true, false, &twice);
	assert(!strcmp(str_text(&once), str_text(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR out = STR_INIT;
	struct error err = { 0 };
	const struct tree *t = json_parse("fuzz", (const char *)data, size, &a, &err);
	struct plan *plan;

	if (!t) {
		assert(err.kind == ERR_INPUT && err.msg[0]);
		return 0;
	}
	check_again(t, false, &a);
	check_again(t, true, &a);
	check_machine((const char *)data, size, &a);
	plan = plan_read(t, &a, &err);
	if (plan) {
		plan_json(plan, &out);
		plan_text(plan, &out);
	}
	return 0;
}
