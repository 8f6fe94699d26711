/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks before anything is written: for `run` and `apply`, and by hand. */
#include <stdio.h>
#include <string.h>

#include "base/channel.h"
#include "base/str.h"
#include "cmd/install_job.h"
#include "engine/preflight.h"
#include "observe/observe.h"

void job_preflight(struct job *j, const struct error *plan_error, struct preflight *p)
{
	*p = (struct preflight){ .sys = j->sys, .a = &j->a, .site = j->site, .machine = j->machine, .catalog = &j->catalog,
				 .plan = plan_error ? NULL : j->plan, .plan_error = plan_error, .medium = j->have_catalog ? job_medium(j) : NULL, .root = "",
				 .elsewhere = j->o.machine };
	preflight_run(p);
	for (size_t i = 0; i < PREFLIGHT_ROWS; i++)
		channel_emit("preflight", "install", "name", p->rows[i].name, "result", preflight_result_names[p->rows[i].result], "text",
			     p->rows[i].text, "hint", p->rows[i].hint, NULL);
}

static bool asks(const struct preflight *p)
{
	for (size_t i = 0; i < PREFLIGHT_ROWS; i++)
		if (p->rows[i].result == PREFLIGHT_ASKS)
			return true;
	return false;
}

static void show_asked(const struct preflight *p, struct console *c)
{
	AUTO_STR text = STR_INIT;

	for (size_t i = 0; i < PREFLIGHT_ROWS; i++) {
		const struct preflight_row *r = &p->rows[i];

		if (r->result != PREFLIGHT_ASKS)
			continue;
		str_addf(&text, "\n%s: %s\n", r->name, r->text);
		console_wrap(r->hint, 4, &text);
	}
	console_text(c, str_text(&text));
}

int job_preflight_agree(const struct job *j, const struct preflight *p, struct console *c, struct error *err)
{
	bool unattended = j->site->admin.unattended && job_boot_consents();
	char line[SCREEN_TYPED_MAX];

	if (preflight_judge(p, unattended, err))
		return -1;
	if (!asks(p))
		return 0;
	show_asked(p, c);
	for (;;) {
		if (console_ask(c, "\nType \"ignore\" and Enter to go on all the same, or \"no\" to stop: ", line) < 0 || !strcmp(line, "no"))
			return preflight_judge(p, true, err);
		if (!strcmp(line, "ignore"))
			break;
		console_say(c, "\"%s\" is neither\n", line);
	}
	channel_emit("note", "install", "text", "a person goes on in spite of the preflight", NULL);
	return 0;
}

int verb_preflight(struct job *j, struct error *err)
{
	struct error plan_error = { 0 };
	struct preflight p;
	AUTO_STR text = STR_INIT;
	int rc;

	if (job_site(j, err) || job_machine(j, err))
		return -1;
	/* Whether there is a link is known only of ports that are up. */
	if (!j->o.machine && (observe_nics_up(j->sys, err) || observe_nics("", &j->a, j->machine, err)))
		return -1;
	if (job_catalog(j, err))
		return -1;
	rc = job_plan(j, &plan_error);
	job_preflight(j, rc ? &plan_error : NULL, &p);
	if (j->o.json)
		preflight_json(&p, &text);
	else
		preflight_text(&p, &text);
	fputs(str_text(&text), stdout);
	return preflight_judge(&p, true, err);
}
