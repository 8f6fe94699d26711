/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a person finds on the consoles after a run that failed: the cause, what to do, and five ways on. Nobody is
 * waited for with a blank screen, and nothing goes on by itself: only a person knows whether the cause is mended.
 */
#include <string.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/str.h"
#include "cmd/install_job.h"

static const char *const shell_argv[] = { "/etc/fulcrum/shell", NULL };

static const struct item {
	const char *key, *word, *what;
	enum menu_choice choice;
} items[] = {
	{ "r", "retry", "look at the machine again, plan anew, and go on from what is there", MENU_RETRY },
	{ "n", "new", "make another site file here, step by step", MENU_NEW },
	{ "s", "shell", "a shell on this console; `exit` comes back here", MENU_SHELL },
	{ "b", "bundle", "save all that is known as one file on a stick or volume", MENU_BUNDLE },
	{ "p", "password", "let somebody in from elsewhere, by a password for one login", MENU_REMOTE },
	{ "x", "restart", "restart this machine", MENU_RESTART },
};

static void show(struct console *c)
{
	AUTO_STR text = STR_INIT;

	str_add(&text, "\n");
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		str_addf(&text, "   %s  %-8s %s\n", items[i].key, items[i].word, items[i].what);
	console_text(c, str_text(&text));
}

void job_shell(struct console *c, int at)
{
	struct screen *s = &c->screens.s[at];
	struct error err;

	if (s->out < 0 || s->out != s->in || isatty(s->out) != 1) {
		console_say(c, "%s is no console: there is no shell on it\n", s->name);
		return;
	}
	for (size_t i = 0; i < c->screens.n; i++)
		if ((int)i != at && c->screens.s[i].out >= 0)
			str_addf(&c->screens.s[i].waiting, "a shell is open on %s\n", s->name);
	screens_flush(&c->screens);
	channel_emit("stage", c->who, "stage", "shell", "text", s->name, NULL);
	if (terminal_run(s->out, shell_argv, &err))
		console_error(c, &err);
	console_say(c, "\nback from the shell on %s\n", s->name);
	channel_emit("stage", c->who, "stage", "menu", "text", "back from the shell", NULL);
}

static void save_bundle(struct job *j, struct console *c, const struct error *cause)
{
	const char *where;
	struct error err = { 0 };

	console_say(c, "bundle: looking for a volume to save on\n");
	if (job_save_bundle(j, cause, &where, &err)) {
		console_error(c, &err);
		return;
	}
	console_say(c, "bundle: saved as %s\n", where);
	channel_emit("bundle", c->who, "text", where, NULL);
}

static void open_remote(struct job *j, struct console *c)
{
	struct error err = { 0 };

	if (job_remote_once(j, c, &err))
		console_error(c, &err);
}

static const struct item *find(const char *typed)
{
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		if (!strcmp(typed, items[i].key) || !strcmp(typed, items[i].word))
			return &items[i];
	return NULL;
}

enum menu_choice job_menu(struct job *j, struct console *c, const struct error *cause)
{
	char typed[SCREEN_TYPED_MAX];

	for (;;) {
		const struct item *i;
		int at;

		show(c);
		at = console_ask(c, "\nr, n, s, b, p or x, and Enter: ", typed);
		if (at < 0)
			return MENU_GONE;
		i = find(typed);
		if (i && (i->choice == MENU_RETRY || i->choice == MENU_NEW || i->choice == MENU_RESTART))
			return i->choice;
		if (i && i->choice == MENU_SHELL)
			job_shell(c, at);
		else if (i && i->choice == MENU_REMOTE)
			open_remote(j, c);
		else if (i)
			save_bundle(j, c, cause);
		else if (typed[0])
			console_say(c, "\"%s\" is none of these\n", typed);
		console_summary(c, cause);
	}
}
