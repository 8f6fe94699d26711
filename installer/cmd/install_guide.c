/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guide's pages shown and answered, and what they need done: on the consoles of a machine without a site file, and by
 * hand (`tui`), where only a site file comes of it.
 */
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/cmdline.h"
#include "base/fd.h"
#include "base/size.h"
#include "cmd/install_job.h"
#include "engine/volume.h"
#include "guide/guide.h"
#include "observe/observe.h"
#include "ui/offer.h"

static const char mount_dir[] = "/run/fulcrum/volume", file_name[] = "site.yaml";
static const char *const key_files[] = { "authorized_keys", "id_ed25519.pub", "id_ecdsa.pub", "id_rsa.pub" };
static const char *const save_names[] = { "site.yaml", "site-2.yaml", "site-3.yaml", "site-4.yaml", "site-5.yaml", "site-6.yaml" };

static const char *medium_words(struct job *j)
{
	const struct catalog *c = &j->catalog;
	char size[SIZE_TEXT_MAX];

	if (!j->have_catalog)
		return "none: there is nothing to install from here";
	return arena_printf(&j->a, "Fulcrum %s, build %.16s, %s, signature checked", c->version ? c->version : "?", c->build_id,
			    size_format(c->seed_bytes, size));
}

static void begin(struct job *j, struct guide *g, const char *reason, bool installs)
{
	/* One seed for all plans of this guide, and for the one that is made of its text. */
	j->o.seed = job_seed(j);
	*g = (struct guide){ .machine = j->machine, .catalog = &j->catalog, .seed = j->o.seed, .reason = arena_strdup(&j->a, reason),
			     .medium = medium_words(j), .reinstall = j->o.reinstall, .installs = installs };
	guide_begin(g, &j->a);
}

/* --- what the guide asks for */

static void say_error(struct guide *g, const struct error *err)
{
	guide_say(g, "%s%s%s", err->msg, err->hint[0] ? "\n-> " : "", err->hint);
}

/* Also brings ports up: whether a cable is plugged in is known only of those. */
static void look_again(struct job *j, struct guide *g)
{
	struct error err = { 0 };

	if (job_machine(j, &err) || (!j->o.machine && (observe_nics_up(j->sys, &err) || observe_nics("", &j->a, j->machine, &err))))
		say_error(g, &err);
	if (j->machine)
		guide_look(g, j->machine);
}

static void read_keys(struct job *j, struct guide *g)
{
	AUTO_STR text = STR_INIT;
	struct error err = { 0 };
	const char *from;

	if (j->o.machine) {
		guide_say(g, "The machine is a recorded one: there is no stick to read from");
		return;
	}
	/* The stick may have been plugged in since. */
	look_again(j, g);
	if (volume_read(j->sys, j->machine, key_files, ARRAY_LEN(key_files), mount_dir, &j->a, &text, &from, &err))
		say_error(g, &err);
	else
		guide_keys(g, str_text(&text), from);
}

static void save(struct job *j, struct guide *g, const char *who)
{
	struct error err = { 0 };
	const char *where;

	look_again(j, g);
	if (volume_save(j->sys, j->machine, g->plan, save_names, ARRAY_LEN(save_names), g->site_text, mount_dir, &j->a, &where, &err)) {
		say_error(g, &err);
		return;
	}
	guide_say(g, "The site file was saved as %s", where);
	channel_emit("note", who, "text", g->problem, NULL);
}

/* --- on the consoles */

/* What fulcrum.tui= says, or "". */
static const char *boot_word(struct arena *a)
{
	AUTO_STR line = STR_INIT;
	const char *word;

	job_cmdline(&line);
	word = cmdline_value(str_text(&line), "fulcrum.tui", a, NULL);
	return word ? word : "";
}

static enum offer_mode wanted_mode(struct arena *a)
{
	const char *word = boot_word(a);

	return !strcmp(word, "plain") ? OFFER_PLAIN : !strcmp(word, "newt") ? OFFER_NEWT : OFFER_AUTO;
}

bool job_guide_is_off(void)
{
	AUTO_ARENA a = ARENA_INIT;

	return !strcmp(boot_word(&a), "off");
}

/* What was shown is what is done: the same plan again, from the text alone. */
static int take_site(struct job *j, const struct guide *g, struct error *err)
{
	plan_hash(g->plan, j->agreed);
	j->site_name = file_name;
	return job_parse_site(j, g->site_text, strlen(g->site_text), err);
}

int job_still_agreed(const struct job *j, struct error *err)
{
	char now[HASH_HEX];

	plan_hash(j->plan, now);
	if (!strcmp(j->agreed, now))
		return 0;
	error_set(err, ERR_CHANGED, "the plan now is %.*s, %.*s was shown: nothing was written", PLAN_SHORT, now, PLAN_SHORT, j->agreed);
	return error_hint(err, "the machine changed meanwhile: look at it again");
}

/* The password stands on the consoles: the next page must not come over it. */
static void let_in(struct job *j, struct console *c, struct guide *g)
{
	char typed[SCREEN_TYPED_MAX];
	struct error err = { 0 };

	if (job_remote_once(j, c, &err))
		say_error(g, &err);
	else
		(void)!console_ask(c, "\nEnter goes back to the page: ", typed);
}

/* True while there is a page to show. */
static bool do_for_guide(struct job *j, struct console *c, struct guide *g, struct offer *o, enum guide_do what)
{
	/* Of these everybody sees something: what they were told about the page is no question any more. */
	if (what == DO_REMOTE || what == DO_SHELL)
		o->last = NULL;
	switch (what) {
	case DO_AGAIN: look_again(j, g); return true;
	case DO_KEYS: read_keys(j, g); return true;
	case DO_SAVE: save(j, g, c->who); return true;
	case DO_REMOTE: let_in(j, c, g); return true;
	case DO_SHELL: job_shell(c, o->driver); return true;
	case DO_NEXT:
	case DO_BACK:
	case DO_SHOW:
	case DO_ADD:
	case DO_DROP: return true;
	case DO_FIND:
	case DO_RESTART:
	case DO_INSTALL: return false;
	}
	return true;
}

int job_guide(struct job *j, struct console *c, const char *reason, enum menu_choice *ret, struct error *err)
{
	struct guide g;
	struct offer o;
	enum guide_do what;

	*ret = MENU_NONE;
	if (observe_nics_up(j->sys, err) || observe_nics("", &j->a, j->machine, err))
		console_say(c, "note: ports: %s\n", err->msg);
	begin(j, &g, reason, j->have_catalog);
	offer_begin(&o, c, wanted_mode(&j->a), arena_printf(&j->a, "Fulcrum installer  %s", j->catalog.version ? j->catalog.version : ""));
	do {
		struct guide_answer answer;

		if (offer_ask(&o, guide_page(&g), &j->a, &answer)) {
			offer_end(&o);
			*ret = MENU_GONE;
			return error_set(err, ERR_REFUSED, "nobody answered: nothing was written");
		}
		what = guide_take(&g, &answer);
	} while (do_for_guide(j, c, &g, &o, what));
	offer_end(&o);
	if (what == DO_INSTALL)
		return take_site(j, &g, err);
	*ret = what == DO_RESTART ? MENU_RESTART : MENU_RETRY;
	return error_set(err, ERR_REFUSED, "stopped by the person at the console: nothing was written");
}

/* --- by hand */

static bool terminal_draws(struct tui_look *look, bool plain)
{
	const char *term = getenv("TERM");
	struct winsize size = { 0 };
	bool tty = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;

	setlocale(LC_CTYPE, "");
	look->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	if (tty && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		look->rows = size.ws_row;
	return tty && !plain && !str_empty(term) && strcmp(term, "dumb") != 0 && size.ws_row >= TUI_ROWS && size.ws_col >= TUI_COLUMNS;
}

/* True when the file is there: the end. */
static bool save_here(struct job *j, struct guide *g)
{
	const char *path = j->o.site ? j->o.site : file_name;
	struct error err = { 0 };

	if (!access(path, F_OK)) {
		guide_say(g, "%s is there already: nothing is overwritten. Give the name of another file on the command line", path);
		return false;
	}
	if (file_replace(path, g->site_text, strlen(g->site_text), 0600, &err)) {
		say_error(g, &err);
		return false;
	}
	return true;
}

int verb_tui(struct job *j, struct error *err)
{
	struct tui_look look = { .banner = "Fulcrum: a site file, step by step" };
	bool draws = terminal_draws(&look, j->o.plain);
	char hash[HASH_HEX];
	struct guide g;

	if (job_machine(j, err) || job_catalog(j, err))
		return -1;
	begin(j, &g, j->o.machine ? arena_printf(&j->a, "A site file for the machine of %s.", j->o.machine) : "A site file for this machine.", false);
	for (;;) {
		const struct guide_page *p = guide_page(&g);
		struct guide_answer answer;
		enum guide_do what;

		if (draws ? tui_newt(p, &look, &j->a, &answer) : tui_plain(p, &look, &j->a, &answer))
			return error_set(err, ERR_REFUSED, "nobody answered to the end: nothing was written");
		what = guide_take(&g, &answer);
		if (what == DO_AGAIN)
			look_again(j, &g);
		else if (what == DO_KEYS)
			read_keys(j, &g);
		else if (what == DO_SAVE && save_here(j, &g))
			break;
	}
	plan_hash(g.plan, hash);
	printf("saved: %s (plan %.*s)\n", j->o.site ? j->o.site : file_name, PLAN_SHORT, hash);
	return 0;
}
