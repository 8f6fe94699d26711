/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Applying a plan: for a person who gives its hash (`apply`), and for `run`. */
#include <stdio.h>
#include <string.h>

#include "base/channel.h"
#include "base/str.h"
#include "cmd/install_job.h"
#include "engine/engine.h"
#include "engine/preflight.h"

static const char target_dir[] = "/run/fulcrum/target";

int job_apply(struct job *j, struct console *c, struct error *err)
{
	struct engine_sink sink = console_sink(c);
	AUTO_STR dry = STR_INIT;
	struct engine e = {
		.sys = j->o.dry ? sys_dry_new(&dry) : j->sys, .root = "", .release_key = j->release_key,
		.source = arena_printf(&j->a, "file://%s", job_medium(j)),
		.target = target_dir, .site_text = j->site_text, .journal = j->o.dry ? NULL : JOB_JOURNAL, .sink = &sink,
	};
	int rc;

	if (!j->have_catalog)
		return error_set(err, ERR_MEDIUM, "no medium to install from at %s", job_medium(j));
	rc = engine_apply(&e, j->plan, err);
	if (j->o.dry) {
		fputs(str_text(&dry), stdout);
		sys_free(e.sys);
	}
	return rc;
}

int verb_apply(struct job *j, struct error *err)
{
	struct console c;
	char hash[HASH_HEX];
	int rc;

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
	channel_log(JOB_PROGRESS);
	console_init(&c, false, "install");
	rc = job_apply(j, &c, err);
	console_close(&c);
	return rc;
}
