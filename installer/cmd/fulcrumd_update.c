/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/fulcrumd_update.h"

#include <stdio.h>

#include "admin/checks.h"
#include "base/clock.h"
#include "base/str.h"

static int fail(const struct error *err)
{
	fprintf(stderr, "fulcrum: %s\n", err->msg);
	if (err->hint[0])
		fprintf(stderr, "  %s\n", err->hint);
	return error_exit_code(err->kind);
}

static int do_word(const struct trial *t, enum update_word word, bool old_database, const char *why, struct error *err)
{
	AUTO_STR out = STR_INIT;
	int rc;

	switch (word) {
	case UPDATE_STATUS:
		rc = trial_status(t, &out, err);
		fputs(str_text(&out), stdout);
		return rc;
	case UPDATE_CONFIRM: return trial_confirm(t, err);
	case UPDATE_ROLLBACK: return trial_rollback(t, old_database, err);
	case UPDATE_GIVE_UP: return trial_give_up(t, why, err);
	default: return error_set(err, ERR_INTERNAL, "no such word");
	}
}

int fulcrumd_update(const struct admin_paths *paths, enum update_word word, bool old_database, const char *why)
{
	struct trial t = { .sys = sys_real_new(), .root = "", .paths = *paths };
	struct error err = { 0 };
	int code = do_word(&t, word, old_database, why, &err) ? fail(&err) : 0;

	sys_free(t.sys);
	return code;
}

/* "mirror: nobody listens; HTTP: ..." of all that do not pass. */
static const char *red_ones(const struct check_result *r, size_t n, struct arena *a)
{
	AUTO_STR out = STR_INIT;

	for (size_t i = 0; i < n; i++)
		if (!r[i].pass)
			str_addf(&out, "%s%s: %s", out.len ? "; " : "", r[i].name, r[i].seen);
	return arena_printf(a, "its checks did not pass: %s", out.len ? str_text(&out) : "they did not come to an end");
}

void fulcrumd_trial_tick(const struct admin *ad, unsigned int *seconds)
{
	AUTO_ARENA a = ARENA_INIT;
	struct trial t = { .root = "", .paths = ad->paths };
	struct check_result *r;
	struct error err;
	size_t n;
	bool green;

	if (!*seconds)
		return;
	green = checks_last(ad->checks, &a, &r, &n);
	/* The kernel's own clock began to run when this one did. */
	if (!green && clock_mono_ms() / 1000 + TRIAL_SPARE_S < *seconds)
		return;
	t.sys = sys_real_new();
	if (green ? trial_confirm(&t, &err) : trial_give_up(&t, red_ones(r, n, &a), &err))
		fprintf(stderr, "fulcrumd: the trial of this release: %s\n", err.msg);
	else
		*seconds = 0;
	sys_free(t.sys);
}
