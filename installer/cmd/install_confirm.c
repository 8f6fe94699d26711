/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who consents to a write. */
#include <string.h>

#include "base/channel.h"
#include "base/cmdline.h"
#include "base/fd.h"
#include "base/str.h"
#include "cmd/install_job.h"

void job_cmdline(struct str *ret)
{
	struct error ignored;

	str_add(ret, "");
	if (file_read("/proc/cmdline", 65536, ret, &ignored))
		str_clear(ret);
}

static bool carries_admin(const struct plan_disk *pd, const struct machine *m)
{
	if (str_starts(pd->consent, "own unfinished attempt"))
		return false;
	for (size_t i = 0; i < m->n_disks; i++)
		if (str_eq(m->disks[i].name, pd->name) && disk_partition(&m->disks[i], "fulcrum-data"))
			return true;
	return false;
}

/* True if the plan would write over a finished admin node: its keys, its database, its nodes' histories. */
static bool replaces_admin(const struct job *j)
{
	for (size_t i = 0; i < j->plan->n_disks; i++)
		if (carries_admin(&j->plan->disks[i], j->machine))
			return true;
	return false;
}

bool job_hash_is(const char *hash, const char *given)
{
	size_t n = strlen(given);

	return n >= PLAN_SHORT && n < HASH_HEX && !strncmp(hash, given, n);
}

bool job_boot_consents(void)
{
	AUTO_STR line = STR_INIT;

	job_cmdline(&line);
	return cmdline_has(str_text(&line), "fulcrum.unattended");
}

bool job_consents(const struct job *j)
{
	return j->site->admin.unattended && job_boot_consents() && !replaces_admin(j);
}

/* Why a person is asked: of the two consents, one alone is none. On the consoles, and as stage "confirm". */
static void explain_question(const struct job *j, struct console *c)
{
	bool boot = job_boot_consents(), site = j->site->admin.unattended;
	const char *why = site && !boot ? "the site file consents, the boot entry does not" :
			  boot && !site ? "the boot entry consents, the site file does not" :
					  "nobody consented before";

	if (replaces_admin(j)) {
		why = "the disk carries an admin node";
		/* `wipe:` stays in a site file for years: it must not turn a newer stick into the end of a working node. */
		console_say(c, "\nA disk of this plan carries a Fulcrum admin node. Its data would be lost: an\n"
			       "unattended install does not do that.\n");
	}
	if (boot && !site)
		console_say(c, "The boot entry asks for an unattended install, the site file does not say\n`unattended: true`.\n");
	if (site && !boot)
		console_say(c, "The site file says `unattended: true`, the boot entry (fulcrum.unattended) does not.\n");
	channel_emit("stage", c->who, "stage", "confirm", "text", why, NULL);
}

int job_confirm(struct job *j, struct console *c, struct error *err)
{
	char hash[HASH_HEX], line[SCREEN_TYPED_MAX];
	AUTO_STR prompt = STR_INIT;

	plan_hash(j->plan, hash);
	if (job_consents(j)) {
		console_say(c, "unattended: the site file and the boot entry both consent\n");
		return 0;
	}
	explain_question(j, c);
	str_addf(&prompt, "\nType the plan's hash (%.*s) and Enter to write, \"no\" to stop, \"password\" for a login from elsewhere: ", PLAN_SHORT, hash);
	for (;;) {
		if (console_ask(c, str_text(&prompt), line) < 0)
			return error_set(err, ERR_REFUSED, "nobody confirmed the plan: nothing was written");
		if (job_hash_is(hash, line))
			return 0;
		if (!strcmp(line, "no"))
			return error_set(err, ERR_REFUSED, "stopped by the person at the console: nothing was written");
		if (!strcmp(line, "password")) {
			if (job_remote_once(j, c, err))
				console_error(c, err);
			continue;
		}
		console_say(c, "\"%s\" is not %.*s\n", line, PLAN_SHORT, hash);
	}
}
