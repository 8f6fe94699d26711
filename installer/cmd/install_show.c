/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs that show and check, and change nothing. */
#include <stdio.h>

#include "base/channel.h"
#include "base/str.h"
#include "cmd/install_job.h"
#include "data/json.h"
#include "observe/bmc.h"
#include "observe/erase.h"
#include "observe/health.h"
#include "plan/net.h"
#include "plan/select.h"
#include "ui/facts_text.h"
#include "ui/machine_text.h"

void job_show_plan(const struct job *j, struct console *c)
{
	AUTO_STR text = STR_INIT;
	char hash[HASH_HEX];

	if (j->o.json)
		plan_json(j->plan, &text);
	else
		plan_text(j->plan, &text);
	if (j->o.json)
		str_addc(&text, '\n');
	if (c)
		console_text(c, str_text(&text));
	else
		fputs(str_text(&text), stdout);
	fflush(stdout);
	plan_hash(j->plan, hash);
	channel_emit("plan", "install", "hash", hash, "ops", j->plan->n_ops ? "some" : "none", NULL);
}

int verb_observe(struct job *j, struct error *err)
{
	AUTO_STR text = STR_INIT;

	if (job_machine(j, err))
		return -1;
	/* A recorded machine has nothing to ask. */
	if (!j->o.machine) {
		observe_health(j->sys, &j->a, j->machine);
		observe_bmc(j->sys, "", &j->a, j->machine);
		observe_erase(j->sys, "", &j->a, j->machine);
	}
	if (j->o.json)
		field_to_json(&machine_schema, j->machine, false, true, &text);
	else {
		machine_text(j->machine, &text);
		str_addc(&text, '\n');
		facts_text(j->machine, &text);
	}
	fputs(str_text(&text), stdout);
	return 0;
}

int verb_plan(struct job *j, struct error *err)
{
	if (job_site(j, err) || job_machine(j, err) || job_catalog(j, err) || job_plan(j, err))
		return -1;
	job_show_plan(j, NULL);
	return 0;
}

int verb_explain(struct job *j, struct error *err)
{
	AUTO_STR text = STR_INIT;

	if (job_site(j, err) || job_machine(j, err))
		return -1;
	str_add(&text, "admin.disk\n");
	select_explain(&j->site->admin.disk, j->machine, &text);
	for (size_t i = 0; i < j->site->n_profiles; i++) {
		const struct profile *p = &j->site->profiles[i];

		for (size_t k = 0; k < p->n_disks; k++) {
			str_addf(&text, "profiles.%s.disks.%s\n", p->name, p->disks[k].name);
			select_explain(&p->disks[k], j->machine, &text);
		}
	}
	net_explain(j->site, j->machine, &text);
	fputs(str_text(&text), stdout);
	return 0;
}

int verb_schema(struct job *j, struct error *err)
{
	AUTO_STR text = STR_INIT;

	(void)err;
	json_write(field_json_schema(&site_schema, &j->a), true, &text);
	puts(str_text(&text));
	return 0;
}

static const char reference_head[] =
	"# The site file\n\n"
	"Written by `fulcrum-install reference` from the tables that read site files; `fulcrum-install schema` has the same for\n"
	"editors, `fulcrum-install validate` checks a file on any machine.\n\n"
	"YAML, in UTF-8, without anchors, aliases and tags. Every key is written once; one that is not known here is an error, as is\n"
	"one without a value. `true` and `false` are the only truth values. A size is a number with K, M, G or T (powers of 1024),\n"
	"or bytes: `512M`, `1.5T`. Where wildcards match, `*` stands for any text and `?` for one character. Text with a colon, a\n"
	"number sign or a leading sign of YAML's needs quotes: `\"52:54:00:12:34:56\"`, `\">= 20G\"`.\n\n";

int verb_reference(struct job *j, struct error *err)
{
	AUTO_STR text = STR_INIT;

	(void)j;
	(void)err;
	str_add(&text, reference_head);
	field_reference(&site_schema, &text);
	fputs(str_text(&text), stdout);
	return 0;
}
