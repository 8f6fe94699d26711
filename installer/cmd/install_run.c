/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `run`: the installer's life on a booted medium. */
#include <string.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/str.h"
#include "cmd/install_job.h"
#include "engine/port_wait.h"
#include "engine/preflight.h"
#include "engine/site_find.h"
#include "engine/site_net.h"
#include "observe/lldp.h"
#include "observe/observe.h"
#include "plan/net.h"

static const char config_dir[] = "/run/fulcrum/config";

enum { REBOOT_AFTER_MS = 1000, SITE_BACK_MS = 15000, SITE_LOOK_MS = 500 };

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

/* Waiting until the site's networks find their ports. */
struct link_wait {
	struct job *j;
	struct console *c;
	struct lldp *lldp; /* NULL: nobody asks for neighbours */
	struct port_wait ports;
};

static void port_line(void *ctx, const char *line)
{
	struct link_wait *w = ctx;

	console_say(w->c, "%s\n", line);
	channel_emit("link", "install", "text", line, NULL);
}

static bool ports_found(void *ctx)
{
	struct link_wait *w = ctx;
	struct error ignored;
	bool all;

	if (observe_nics("", &w->j->a, w->j->machine, &ignored))
		return false;
	if (w->lldp) {
		lldp_poll(w->lldp);
		lldp_fill(w->lldp, w->j->machine, &w->j->a, &all);
	}
	return port_wait_over(&w->ports, w->j->machine, clock_mono_ms(), port_line, w);
}

/*
 * Whether a cable is plugged in is known only of ports that are up, and who else is there is asked through one. Where the
 * site file asks for links, they are waited for.
 */
static int look_for_links(struct job *j, struct console *c, struct error *err)
{
	struct link_wait w = { .j = j, .c = c, .ports = { .site = j->site, .a = &j->a } };
	bool neighbours;
	int rc;

	if (!net_wants_links(j->site, &neighbours)) {
		if (observe_nics_up(j->sys, err) || observe_nics("", &j->a, j->machine, err))
			return error_wrap(err, "network ports");
		return 0;
	}
	if (neighbours)
		w.lldp = lldp_open(j->machine);
	rc = observe_links_wait(j->sys, ports_found, port_line, &w, err);
	lldp_close(w.lldp);
	return rc ? error_wrap(err, "looking for links") : 0;
}

/* Page by page, with a person; what else they want is in j->chosen. */
static int make_site(struct job *j, struct console *c, const char *reason, struct error *err)
{
	enum menu_choice choice = MENU_NONE;
	int rc = job_catalog(j, err);

	if (!rc)
		rc = job_guide(j, c, reason, &choice, err);
	j->chosen = (int)choice;
	return rc;
}

static int no_site(struct error *err)
{
	error_set(err, ERR_INPUT, "no site file: the kernel command line names none, no volume is labelled FULCRUM-CFG, and the image carries none");
	return error_hint(err, "put site.yaml on a FAT or ext4 volume labelled FULCRUM-CFG and attach it, or into the image with "
			       "`fulcrum-install customize`; the README shows an example");
}

static int search_site(struct job *j, struct console *c, struct str *text, struct site_found *found, struct error *err)
{
	struct engine_sink sink = console_sink(c);
	AUTO_STR cmdline = STR_INIT;
	struct site_search q = {
		.sys = j->sys, .machine = j->machine, .release = job_medium(j), .mount_dir = config_dir, .sink = &sink,
		.net_up = site_net_up, .net_down = site_net_down,
	};

	job_cmdline(&cmdline);
	q.cmdline = str_text(&cmdline);
	return site_find(&q, &j->a, text, found, err);
}

/*
 * A stick that was pulled to mend its site file, and is back, needs a moment until the kernel has seen it; the person
 * who asks for another attempt does not. Nothing was found where the attempt before had one: looks again for a while.
 */
static int await_site(struct job *j, struct console *c, struct str *text, struct site_found *found, struct error *err)
{
	const uint64_t until = clock_mono_ms() + SITE_BACK_MS;

	console_say(c, "site file: the one of the attempt before is not there; waiting %d s for its volume\n", SITE_BACK_MS / 1000);
	while (found->from == SITE_NOWHERE && clock_mono_ms() < until) {
		str_clear(text);
		if (j->sys->ops->sleep_ms(j->sys, SITE_LOOK_MS, err) || job_machine(j, err) || search_site(j, c, text, found, err))
			return -1;
	}
	return 0;
}

/* Finds the site file, shows where and why there, and parses it. */
static int find_site(struct job *j, struct console *c, struct error *err)
{
	AUTO_STR text = STR_INIT;
	struct site_found found;

	if (search_site(j, c, &text, &found, err))
		return -1;
	if (found.from == SITE_NOWHERE && j->had_site && await_site(j, c, &text, &found, err))
		return -1;
	console_say(c, "site file: %s\n", found.where ? found.where : "none was found");
	console_text(c, found.report);
	channel_emit("site", c->who, "from", site_from_names[found.from], "text", found.where ? found.where : "", NULL);
	if (found.from == SITE_NOWHERE)
		return job_guide_is_off() ? no_site(err) : make_site(j, c, "No site file was found: what this install shall be is asked here.", err);
	j->had_site = true;
	j->site_name = "site.yaml";
	return job_parse_site(j, str_text(&text), text.len, err);
}

/* The one that is there, or one that is made now: because there is none, or a person wants another. */
static int get_site(struct job *j, struct console *c, struct error *err)
{
	const bool wanted = j->chosen == MENU_NEW;

	j->chosen = MENU_NONE;
	return wanted ? make_site(j, c, "A new site file, for this machine.", err) : find_site(j, c, err);
}

/* The plan, shown, and all checks; -1 if either speaks against an install. */
static int plan_and_check(struct job *j, struct console *c, struct error *err)
{
	struct engine_sink sink = console_sink(c);
	struct error plan_error = { 0 };
	AUTO_STR text = STR_INIT;
	struct preflight p;
	bool planned;

	sink.stage(c, "plan", "planning");
	if (job_catalog(j, err))
		return -1;
	planned = !job_plan(j, &plan_error);
	sink.stage(c, "preflight", "checking the machine and its network");
	job_preflight(j, planned ? NULL : &plan_error, &p);
	preflight_text(&p, &text);
	console_text(c, str_text(&text));
	job_remote_up(j, c, p.address_free);
	if (planned) {
		console_say(c, "\n");
		job_show_plan(j, c);
	}
	if (planned && !j->plan->n_ops)
		return 0;
	return job_preflight_agree(j, &p, c, err);
}

/* *RET_WRITTEN: something was installed, and the machine is to start from it. */
static int run_install(struct job *j, struct console *c, bool *ret_written, struct error *err)
{
	struct engine_sink sink = console_sink(c);

	sink.stage(c, "observe", "looking at this machine");
	/* Too little memory is told first: nothing that follows could end well. */
	if (job_machine(j, err) || preflight_memory(j->machine, err))
		return -1;
	preflight_entropy(&sink);
	if (get_site(j, c, err) || look_for_links(j, c, err) || plan_and_check(j, c, err))
		return -1;
	if (!j->plan->n_ops) {
		sink.stage(c, "done", "nothing to do: this machine already is the admin node. Take the stick out and restart it");
		return 0;
	}
	if ((j->agreed[0] ? job_still_agreed(j, err) : job_confirm(j, c, err)) || job_apply(j, c, err))
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
	job_remote_end(j);
	console_close(c);
	if (j->sys->ops->sync(j->sys, err) || j->sys->ops->sleep_ms(j->sys, REBOOT_AFTER_MS, err))
		return -1;
	return j->sys->ops->reboot(j->sys, err);
}

/* Everything anew, but for what the command line said, whether a new site file is wanted, and that there was one. */
static void forget(struct job *j, const char *seed, enum menu_choice choice)
{
	arena_release(&j->a);
	*j = (struct job){ .o = j->o, .sys = j->sys, .report = j->report, .chosen = (int)choice, .had_site = j->had_site };
	/* Was in the arena, if the guide set it. */
	j->o.seed = seed;
}

/* What a person wants after a run that came to nothing: said already, or asked for with the reason. */
static enum menu_choice next_choice(struct job *j, struct console *c, const struct error *err)
{
	if (j->chosen)
		return (enum menu_choice)j->chosen;
	console_error(c, err);
	channel_emit("stage", "install", "stage", "failed", "text", err->msg, NULL);
	return job_menu(j, c, err);
}

/* The installer's life. Ends in a restart, or when there is nothing to do; a failure leads to the menu, and maybe again. */
int verb_run(struct job *j, struct error *err)
{
	const char *seed = j->o.seed;
	bool written = false;
	struct console c;

	channel_log(JOB_PROGRESS);
	console_init(&c, true, "install");
	console_watched(&c);
	console_say(&c, "\nFulcrum installer\n");
	channel_emit("screen", "install", "name", "start", "at", "all", NULL);
	while (run_install(j, &c, &written, err)) {
		enum menu_choice choice = next_choice(j, &c, err);

		if (choice == MENU_RESTART)
			return restart(j, &c, err);
		if (choice != MENU_RETRY && choice != MENU_NEW) {
			job_remote_end(j);
			console_close(&c);
			return -1;
		}
		forget(j, seed, choice);
		memset(err, 0, sizeof(*err));
		console_say(&c, "\n");
	}
	if (written)
		return restart(j, &c, err);
	job_remote_end(j);
	console_close(&c);
	return 0;
}
