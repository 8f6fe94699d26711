/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps that the commands share. */
#include "cmd/install_job.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "cmd/install_node.h"
#include "data/json.h"
#include "data/yaml.h"
#include "observe/machine.h"
#include "ops/source.h"
#include "plan/planner.h"

static const char default_medium[] = "/run/fulcrum/medium/fulcrum";
static const char default_key[] = "/usr/share/fulcrum/release.pub", seed_path[] = "/run/fulcrum/seed";

enum { ENTROPY_SEED = 16 };

const char *job_medium(const struct job *j)
{
	return j->o.medium ? j->o.medium : default_medium;
}

const char *job_default_key(void)
{
	return default_key;
}

int job_machine(struct job *j, struct error *err)
{
	AUTO_STR text = STR_INIT;

	if (!j->o.machine)
		return observe_machine(j->sys, "", &j->a, &j->machine, err);
	if (file_read(j->o.machine, JSON_MAX_BYTES, &text, err))
		return -1;
	j->machine = ARENA_NEW(&j->a, struct machine);
	return field_from_json(&machine_schema, arena_strdup(&j->a, j->o.machine), str_text(&text), text.len, j->machine, &j->a, err);
}

/* All findings go to stderr in one run; *ERR then only counts them. */
int job_parse_site(struct job *j, const char *text, size_t len, struct error *err)
{
	struct findings f = { .arena = &j->a };
	AUTO_STR out = STR_INIT;

	j->site_text = arena_strndup(&j->a, text, len);
	j->site = site_parse(j->site_name, j->site_text, len, &j->a, &f);
	if (!f.n && j->site)
		return 0;
	findings_print(&f, &out);
	return error_set(err, ERR_INPUT, "%zu finding%s in the site file; nothing was changed\n%s", f.n, f.n == 1 ? "" : "s",
			 str_text(&out));
}

int job_site(struct job *j, struct error *err)
{
	AUTO_STR text = STR_INIT;
	const char *slash = strrchr(j->o.site, '/');

	if (file_read(j->o.site, YAML_MAX_BYTES + 1, &text, err))
		return -1;
	j->site_name = slash ? slash + 1 : j->o.site;
	return job_parse_site(j, str_text(&text), text.len, err);
}

int job_catalog(struct job *j, struct error *err)
{
	AUTO_STR key = STR_INIT;
	const char *path = j->o.key ? j->o.key : default_key;
	const char *medium = job_medium(j);

	/* On a workstation there may be no medium: a plan of layout and consent is possible without one. */
	if (!j->o.medium && access(medium, F_OK)) {
		j->catalog = (struct catalog){ .build_id = "none", .version = "none", .seed_hash = "none" };
		return 0;
	}
	if (file_read(path, 256, &key, err))
		return -1;
	j->release_key = arena_strndup(&j->a, str_text(&key), strcspn(str_text(&key), "\n"));
	j->have_catalog = true;
	return source_catalog(j->sys, arena_printf(&j->a, "file://%s", medium), j->release_key, &j->a, &j->catalog, err);
}

const char *job_seed(struct job *j)
{
	char seed[2 * ENTROPY_SEED + 1];
	struct error ignored;

	if (j->o.seed)
		return j->o.seed;
	if (!file_read_line(seed_path, seed, sizeof(seed)) && hex_is(seed, 2 * ENTROPY_SEED))
		return arena_strdup(&j->a, seed);
	random_hex(ENTROPY_SEED, seed);
	if (!access("/run/fulcrum", W_OK) && file_replace(seed_path, seed, strlen(seed), 0600, &ignored))
		fprintf(stderr, "fulcrum-install: the plan's seed was not kept (%s): another run has another hash\n", ignored.msg);
	return arena_strdup(&j->a, seed);
}

static int find_profile(const struct job *j, const struct profile **ret, struct error *err)
{
	AUTO_STR names = STR_INIT;

	*ret = site_profile(j->site, j->o.profile);
	if (*ret)
		return 0;
	for (size_t i = 0; i < j->site->n_profiles; i++)
		str_addf(&names, "%s%s", i ? ", " : "", j->site->profiles[i].name);
	error_set(err, ERR_NOT_FOUND, "--profile %s: the site file has no such profile", j->o.profile);
	return error_hint(err, "one of: %s", str_text(&names));
}

int job_plan(struct job *j, struct error *err)
{
	struct plan_request r = { .site = j->site, .machine = j->machine, .catalog = &j->catalog,
				  .site_text = j->site_text, .seed = job_seed(j), .reinstall = j->o.reinstall };
	const struct profile *p;
	struct identity who;

	if (!j->o.profile)
		return plan_admin(&r, &j->a, &j->plan, err);
	if (find_profile(j, &p, err) || install_identity(j->site, p, j->machine, j->o.node, j->o.address, &j->a, &who, err))
		return -1;
	if (!j->have_catalog)
		install_catalog_guess(p, &j->a, &j->catalog);
	return plan_node(&r, p, &who, &j->a, &j->plan, err);
}
