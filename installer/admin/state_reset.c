/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Back to what the install left: the site as it is declared, and nothing of what it became. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "admin/network.h"
#include "admin/state.h"
#include "admin/state_stage.h"

static int keep_file(const struct state_env *e, const char *dir, const char *name, struct arena *a, struct error *err)
{
	return state_copy_file(e, arena_printf(a, "%s/%s", e->paths.data, name), arena_printf(a, "%s/%s", dir, name), err);
}

/* What was declared, and what is this machine's own. The keys of encrypted disks belong to the site file. */
static int stage(const struct state_env *e, const struct site *site, bool keep, struct arena *a, struct error *err)
{
	static const char *const names[] = { "site.yaml", "admin.json", "update.json" };
	const char *dir, *word = keep ? STATE_RESET_KEEP : STATE_RESET_DROP;

	if (state_begin(e, &dir, a, err))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (keep_file(e, dir, names[i], a, err))
			return -1;
	for (size_t i = 0; i < site->n_profiles; i++)
		for (size_t k = 0; k < site->profiles[i].n_layout; k++) {
			const char *file = site->profiles[i].layout[k].key_file;

			if (file && keep_file(e, dir, file, a, err))
				return -1;
		}
	return e->sys->ops->write_file(e->sys, arena_printf(a, "%s/%s", dir, STATE_RESET_MARK), word, strlen(word), 0600, err);
}

static void make_plan(const struct state_env *e, const struct site *site, uint64_t own_nodes, bool keep, struct state_view *v)
{
	struct str *out = &v->plan;

	str_addf(out, "reset     site %s, to what the install of this admin node left\n", site->site);
	str_addf(out, "forgets   %" PRIu64 " node%s with names, addresses, histories and what their boots said; their systems run on, as nobody's\n",
		 own_nodes, own_nodes == 1 ? "" : "s");
	str_add(out, "anew      the keys of the site and of SSH\n"
		     "stays     the site file that is in force, with the keys of encrypted disks; mirror, images, both releases\n");
	if (keep)
		str_addf(out, "data      is kept: the former state as %s.former, the logs where they are\n", e->paths.data);
	else
		str_add(out, "data      is dropped: the former state, any from before, and the logs. Files are removed, blocks are not overwritten\n");
	str_add(out, "first     fulcrum export FILE: it is the only way back\n"
		     "then      this machine restarts\n");
	hash_buffer(str_text(out), out->len, v->hash);
}

int state_reset_look(const struct state_env *e, uint64_t own_nodes, bool keep, struct state_view *ret, const char **ret_site, struct arena *a,
		     struct error *err)
{
	const char *path = arena_printf(a, "%s/site.yaml", e->paths.data);
	const struct site *site;

	*ret = (struct state_view){ .plan = STR_INIT };
	if (!str_eq(network_site_path(&e->paths, a), path)) {
		error_set(err, ERR_CONFLICT, "a change of the networks waits to be confirmed");
		return error_hint(err, "fulcrum network confirm, or fulcrum network revert");
	}
	if (admin_read_site(path, a, &site, NULL, err))
		return -1;
	if (stage(e, site, keep, a, err)) {
		state_drop(e);
		return -1;
	}
	make_plan(e, site, own_nodes, keep, ret);
	*ret_site = site->site;
	return 0;
}
