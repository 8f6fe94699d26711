/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `run`: the installer's life on a booted medium. */
#include <string.h>

#include "base/channel.h"
#include "base/str.h"
#include "cmd/install_job.h"
#include "engine/preflight.h"
#include "engine/site_find.h"
#include "observe/observe.h"

static const char config_dir[] = "/run/fulcrum/config";

enum { REBOOT_AFTER_MS = 1000 };

/* The proof of an install: the machine, observed anew, needs nothing more. */
static int look_again(struct job *j, struct error *err)
{
	if (job_machine(j, err) || job_plan(j, err))
		return error_wrap(err, "verify");
	if (j->plan->n_ops)
		return error_set(err, ERR_VERIFY, "after the install the machine still is not as wanted: %zu steps are left",
				 j->plan->n_ops);
	return 0;
}

/* Whether a cable is plugged in is known only of ports that are up: brought up where the site file asks for it. */
static int look_for_links(struct job *j, struct error *err)
{
	const struct network *net = site_network(j->site, "admin");

	if (!net || !net->nic.link)
		return 0;
	if (observe_nics_up(j->sys, err) || observe_nics("", &j->a, j->machine, err))
		return error_wrap(err, "networks.admin.nic: link");
	return 0;
}

/* *RET_WRITTEN: something was installed, and the machine is to start from it. */
static int run_install(struct job *j, struct console *c, bool *ret_written, struct error *err)
{
	struct engine_sink sink = console_sink(c);
	AUTO_STR text = STR_INIT;
	const char *from;

	sink.stage(c, "observe", "looking at this machine");
	if (job_machine(j, err) || preflight_memory(j->machine, err))
		return -1;
	preflight_entropy(&sink);
	if (site_find(j->sys, j->machine, job_medium(j), config_dir, &j->a, &text, &from, err))
		return -1;
	console_say(c, "site file: %s\n", from);
	j->site_name = "site.yaml";
	if (job_parse_site(j, str_text(&text), text.len, err) || look_for_links(j, err))
		return -1;
	sink.stage(c, "plan", "planning");
	if (job_catalog(j, err))
		return -1;
	preflight_clock(j->sys, &j->catalog, &sink);
	if (job_plan(j, err))
		return -1;
	console_say(c, "\n");
	job_show_plan(j, c);
	if (!j->plan->n_ops) {
		sink.stage(c, "done", "nothing to do: this machine already is the admin node. Take the stick out and restart it");
		return 0;
	}
	if (job_confirm(j, c, err) || job_apply(j, c, err))
		return -1;
	sink.stage(c, "verify", "looking at the machine again: nothing may be left to do");
	if (look_again(j, err))
		return -1;
	*ret_written = true;
	sink.stage(c, "done", "installed and verified; rebooting into the admin node");
	return 0;
}

static int restart(struct job *j, struct console *c, struct error *err)
{
	console_say(c, "restarting\n");
	console_close(c);
	if (j->sys->ops->sync(j->sys, err) || j->sys->ops->sleep_ms(j->sys, REBOOT_AFTER_MS, err))
		return -1;
	return j->sys->ops->reboot(j->sys, err);
}

/* Everything anew, but for what the command line said. */
static void forget(struct job *j)
{
	arena_release(&j->a);
	*j = (struct job){ .o = j->o, .sys = j->sys };
}

/* The installer's life. Ends in a restart, or when there is nothing to do; a failure leads to the menu, and maybe again. */
int verb_run(struct job *j, struct error *err)
{
	bool written = false;
	struct console c;

	channel_log(JOB_PROGRESS);
	console_init(&c, true, "install");
	console_say(&c, "\nFulcrum installer\n");
	while (run_install(j, &c, &written, err)) {
		enum menu_choice choice;

		console_error(&c, err);
		channel_emit("stage", "install", "stage", "failed", "text", err->msg, NULL);
		choice = job_menu(j, &c, err);
		if (choice == MENU_RESTART)
			return restart(j, &c, err);
		if (choice != MENU_RETRY) {
			console_close(&c);
			return -1;
		}
		forget(j);
		memset(err, 0, sizeof(*err));
		console_say(&c, "\n");
	}
	if (written)
		return restart(j, &c, err);
	console_close(&c);
	return 0;
}
