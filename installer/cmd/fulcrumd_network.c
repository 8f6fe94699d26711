/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of `fulcrumd network`, which `fulcrum network` hands on, and the watch that a service runs: it tells of each
 * port's link on the consoles, and takes back what nobody confirmed.
 */
#include "cmd/fulcrumd_network.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/network.h"
#include "base/channel.h"
#include "base/clock.h"
#include "observe/observe.h"
#include "ui/screens.h"

enum { LOOK_MS = 1000 };

static int fail(const struct error *err)
{
	fprintf(stderr, "fulcrum: %s\n", err->msg);
	if (err->hint[0])
		fprintf(stderr, "  %s\n", err->hint);
	return error_exit_code(err->kind);
}

/* --- watch */

struct watch {
	const struct network_change *change;
	struct screens screens;
	struct link_watch *links;
	bool reverting;
};

static void say(struct watch *w, const char *line)
{
	AUTO_STR text = STR_INIT;

	str_addf(&text, "fulcrum: %s\n", line);
	screens_put(&w->screens, str_text(&text));
}

static void tell(void *ctx, const char *line)
{
	say(ctx, line);
	channel_emit("link", "admin", "text", line, NULL);
}

static void expire(struct watch *w)
{
	struct error err;
	bool done;

	if (network_expire(w->change, &done, &err)) {
		/* Said once: it is tried again every second. */
		if (!w->reverting)
			say(w, err.msg);
		w->reverting = true;
		return;
	}
	w->reverting = false;
	if (!done)
		return;
	say(w, "the change of the networks was not confirmed: the old ones are up again");
	channel_emit("network", "admin", "text", "reverted", NULL);
}

static int watch(const struct network_change *c)
{
	struct watch w = { .change = c, .links = links_new() };
	struct error err;

	screens_open(&w.screens, true);
	for (;;) {
		links_look(w.links, "", clock_mono_ms(), tell, &w);
		expire(&w);
		if (c->sys->ops->sleep_ms(c->sys, LOOK_MS, &err))
			break;
	}
	links_free(w.links);
	return fail(&err);
}

/* --- words */

static int apply(const struct network_change *c, const char *file, unsigned int timeout_s)
{
	AUTO_STR out = STR_INIT;
	struct error err;
	int rc;

	/* The terminal that we are called from may hang on the very network. */
	if (signal(SIGHUP, SIG_IGN) == SIG_ERR || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return 1;
	rc = network_apply(c, file, timeout_s, &out, &err);
	fputs(str_text(&out), stdout);
	channel_emit("network", "admin", "text", rc ? "failed" : "applied", NULL);
	if (rc)
		return fail(&err);
	printf("applied; it goes back in %u s unless you say: fulcrum network confirm\n", timeout_s);
	return 0;
}

int fulcrumd_network(const struct admin_paths *paths, unsigned int timeout_s, char *const *words, int n)
{
	struct network_change c = { .sys = sys_real_new(), .root = "", .paths = *paths };
	const char *verb = n ? words[0] : "show";
	AUTO_STR out = STR_INIT;
	struct error err = { 0 };
	int code = 0, rc = 0;

	if (!strcmp(verb, "watch") && n == 1) {
		code = watch(&c);
	} else if (!strcmp(verb, "apply") && n == 2) {
		code = apply(&c, words[1], timeout_s);
	} else if (!strcmp(verb, "check") && n == 2) {
		rc = network_check(&c, words[1], &out, &err);
	} else if (!strcmp(verb, "confirm") && n == 1) {
		rc = network_confirm(&c, &err);
		channel_emit("network", "admin", "text", rc ? "failed" : "confirmed", NULL);
	} else if (!strcmp(verb, "revert") && n == 1) {
		rc = network_revert(&c, &err);
		channel_emit("network", "admin", "text", rc ? "failed" : "reverted", NULL);
	} else if (!strcmp(verb, "show") && n <= 1) {
		rc = network_show(&c, &out, &err);
	} else {
		fputs("usage: fulcrum network [show | check FILE | apply FILE [--timeout SECONDS] | confirm | revert]\n", stderr);
		code = 2;
	}
	fputs(str_text(&out), stdout);
	if (rc)
		code = fail(&err);
	sys_free(c.sys);
	return code;
}
