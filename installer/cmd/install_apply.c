/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Applying a plan: for a person who gives its hash (`apply`), and for `run`. */
#include <stdio.h>
#include <string.h>

#include "base/channel.h"
#include "base/str.h"
#include "cmd/install_job.h"
#include "cmd/secrets.h"
#include "engine/engine.h"
#include "engine/preflight.h"
#include "observe/observe.h"

static const char target_dir[] = "/run/fulcrum/target";

/* The keys that the plan names, from the site file and the directory that it lies in. */
static int read_keys(const struct job *j, struct site_keys *ret, struct error *err)
{
	const char *slash = j->o.site ? strrchr(j->o.site, '/') : NULL;
	AUTO_STR dir = STR_INIT;
	const struct profile *p = j->site && j->plan->profile ? site_profile(j->site, j->plan->profile) : NULL;

	if (!p)
		return 0; /* an admin node has none */
	if (slash)
		str_addn(&dir, j->o.site, (size_t)(slash - j->o.site));
	return site_keys_read(j->sys, p, slash ? str_text(&dir) : ".", ret, err);
}

int job_apply(struct job *j, struct console *c, struct error *err)
{
	struct engine_sink sink = console_sink(c);
	AUTO_SITE_KEYS keys = SITE_KEYS_INIT;
	AUTO_STR dry = STR_INIT;
	struct engine e;
	int rc;

	if (!j->have_catalog)
		return error_set(err, ERR_MEDIUM, "no medium to install from at %s", job_medium(j));
	if (read_keys(j, &keys, err))
		return -1;
	e = (struct engine){
		.sys = j->o.dry ? sys_dry_new(&dry) : j->sys, .root = "", .release_key = j->release_key,
		.source = arena_printf(&j->a, "file://%s", job_medium(j)),
		.target = target_dir, .site_text = j->site_text, .journal = j->o.dry ? NULL : JOB_JOURNAL, .sink = &sink,
		.secrets = keys.list, .n_secrets = keys.n,
	};
	rc = engine_apply(&e, j->plan, err);
	if (j->o.dry) {
		fputs(str_text(&dry), stdout);
		sys_free(e.sys);
	}
	return rc;
}

/* The plan that is to be applied, made and shown; with --plan it is the saved one. */
static int plan_to_apply(struct job *j, struct error *err)
{
	if (j->o.plan && job_saved_plan(j, err))
		return -1;
	if (verb_plan(j, err))
		return j->o.plan ? error_wrap(err, "%s: cannot be planned again", j->o.plan) : -1;
	return j->o.plan ? job_same_plan(j, err) : 0;
}

/* A file alone, or a site file alone, is no consent. */
static int agreed(const struct job *j, struct error *err)
{
	char hash[HASH_HEX];

	plan_hash(j->plan, hash);
	if (!j->o.plan_hash)
		return job_consents(j) ? 0 :
			       error_set(err, ERR_REFUSED, "apply without --plan-hash needs `unattended: true` in the site file, and no admin "
							   "node on a disk of the plan: nothing was written");
	if (job_hash_is(hash, j->o.plan_hash))
		return 0;
	error_set(err, ERR_CHANGED, "the plan now is %.*s, not %s: nothing was written", PLAN_SHORT, hash, j->o.plan_hash);
	return error_hint(err, "look at the plan above and give its hash");
}

/* A node's plan has another machine's network: its admin node answers there. */
static int check(struct job *j, struct error *err)
{
	struct preflight p;

	if (j->o.dry || j->o.machine)
		return 0;
	if (j->o.profile)
		return preflight_memory(j->machine, err);
	if (observe_nics_up(j->sys, err) || observe_nics("", &j->a, j->machine, err))
		return error_wrap(err, "network ports");
	job_preflight(j, NULL, &p);
	return preflight_judge(&p, true, err);
}

int verb_apply(struct job *j, struct error *err)
{
	struct engine_sink sink;
	struct console c;
	int rc;

	if (!j->o.plan_hash && !job_boot_consents())
		return error_set(err, ERR_USAGE, "apply needs --plan-hash: run plan, look at it, and give its hash");
	/* An id made of an empty pool would not be random: wait here, too. */
	preflight_entropy(NULL);
	if (plan_to_apply(j, err) || agreed(j, err))
		return -1;
	channel_log(JOB_PROGRESS);
	console_init(&c, false, "install");
	sink = console_sink(&c);
	if (!j->o.dry && !j->o.machine)
		preflight_clock(j->sys, &j->catalog, &sink);
	rc = check(j, err) ? -1 : job_apply(j, &c, err);
	console_close(&c);
	return rc;
}
