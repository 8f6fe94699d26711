/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saving a bundle: from the menu of a failed run, and by hand (`bundle`). */
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "cmd/install_job.h"
#include "engine/bundle.h"

static const char mount_dir[] = "/run/fulcrum/bundle";

static struct bundle bundle_of(const struct job *j, const struct machine *m, const struct error *cause)
{
	return (struct bundle){ .machine = m, .plan = j->plan, .site_text = j->site_text, .error = cause, .journal = JOB_JOURNAL,
				.progress = JOB_PROGRESS, .now_s = clock_real_s() };
}

int job_save_bundle(struct job *j, const struct error *cause, const char **ret_where, struct error *err)
{
	struct job now = { .o = j->o, .sys = j->sys };
	AUTO_STR tar = STR_INIT;
	struct bundle b;
	const char *where;
	int rc;

	/* Looked at anew: the stick may have been plugged in since. */
	if (job_machine(&now, err)) {
		arena_release(&now.a);
		return error_wrap(err, "looking for a volume to save on");
	}
	b = bundle_of(j, now.machine, cause);
	bundle_make(j->sys, &b, &tar);
	rc = bundle_save(j->sys, &b, &tar, mount_dir, &now.a, &where, err);
	if (!rc)
		*ret_where = arena_strdup(&j->a, where);
	arena_release(&now.a);
	return rc;
}

static int save_below(struct job *j, const struct bundle *b, struct error *err)
{
	const char *path = arena_printf(&j->a, "%s/%s.tar", j->o.to, bundle_name(b, &j->a));
	AUTO_STR tar = STR_INIT;

	bundle_make(j->sys, b, &tar);
	if (j->sys->ops->write_file(j->sys, path, str_text(&tar), tar.len, 0600, err))
		return -1;
	printf("saved: %s\n", path);
	return 0;
}

/* By hand: with a site file its plan is in it, too, if there can be one. */
int verb_bundle(struct job *j, struct error *err)
{
	struct error why = { 0 };
	const char *where;
	bool failed;
	struct bundle b;

	if (job_machine(j, err))
		return -1;
	failed = j->o.site && (job_site(j, &why) || job_catalog(j, &why) || job_plan(j, &why));
	b = bundle_of(j, j->machine, failed ? &why : NULL);
	if (j->o.to)
		return save_below(j, &b, err);
	if (job_save_bundle(j, failed ? &why : NULL, &where, err))
		return -1;
	printf("saved: %s\n", where);
	return 0;
}
