/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan from a file, for `apply --plan`. Nothing of the file is ever carried out: it is read strictly, gives the seed
 * and the node's identity, and then this program plans by itself, from the site file and the machine as it is. Only when
 * that plan is the saved one, byte for byte, is it applied. So a file that somebody wrote to do harm can do none, and a
 * machine that is not what it was is noticed before anything else.
 */
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "cmd/install_job.h"
#include "data/json.h"

enum { SEED_MAX = 64 };

static int take_identity(struct job *j, struct error *err)
{
	const struct plan *p = j->saved;

	if (strcmp(p->kind, "node") != 0)
		return 0;
	if (!p->profile)
		return error_set(err, ERR_INPUT, "%s: a node's plan without a profile", j->o.plan);
	j->o.profile = p->profile;
	for (size_t i = 0; i < p->n_ops; i++)
		if (p->ops[i].kind == OP_IDENTITY) {
			const struct op_identity *id = p->ops[i].params;

			j->o.node = id->who.node;
			j->o.address = id->who.address;
		}
	return 0;
}

int job_saved_plan(struct job *j, struct error *err)
{
	AUTO_STR text = STR_INIT;
	char hash[HASH_HEX];
	struct tree *t;
	size_t n;

	if (file_read(j->o.plan, JSON_MAX_BYTES, &text, err))
		return -1;
	t = json_parse(arena_strdup(&j->a, j->o.plan), str_text(&text), text.len, &j->a, err);
	j->saved = t ? plan_read(t, &j->a, err) : NULL;
	if (!j->saved)
		return error_hint(err, "save one with: fulcrum-install plan -o json SITE.yaml >FILE");
	plan_hash(j->saved, hash);
	if (j->o.plan_hash && !job_hash_is(hash, j->o.plan_hash)) {
		error_set(err, ERR_CHANGED, "%s: holds plan %.*s, not %s: nothing was written", j->o.plan, PLAN_SHORT, hash, j->o.plan_hash);
		return error_hint(err, "look at the plan in the file, and give its hash");
	}
	n = strlen(j->saved->seed);
	if (!n || n > SEED_MAX || strspn(j->saved->seed, "0123456789abcdef") != n)
		return error_set(err, ERR_INPUT, "%s: seed is no seed of ours", j->o.plan);
	j->o.seed = j->saved->seed;
	return take_identity(j, err);
}

/* The first thing in which NOW is not SAVED, for people. */
static const char *difference(const struct plan *saved, const struct plan *now, struct arena *a)
{
	if (strcmp(saved->subject, now->subject) != 0)
		return "it is for another machine or node";
	for (size_t i = 0; i < saved->n_disks || i < now->n_disks; i++) {
		if (i >= saved->n_disks || i >= now->n_disks)
			return "it has another number of disks";
		if (strcmp(saved->disks[i].state, now->disks[i].state) != 0)
			return arena_printf(a, "disk %s is not in the state it was in, or is another one", now->disks[i].name);
		if (strcmp(saved->disks[i].path, now->disks[i].path) != 0)
			return arena_printf(a, "disk %s was %s", now->disks[i].path, saved->disks[i].path);
	}
	for (size_t i = 0; i < saved->n_ops || i < now->n_ops; i++)
		if (i >= saved->n_ops || i >= now->n_ops || strcmp(saved->ops[i].id, now->ops[i].id) != 0)
			return arena_printf(a, "step %zu is another one", i + 1);
	return "a step, or what is said of a disk, is another one: the site file, the release or the file was changed";
}

int job_same_plan(struct job *j, struct error *err)
{
	char saved[HASH_HEX], now[HASH_HEX];

	plan_hash(j->saved, saved);
	plan_hash(j->plan, now);
	if (!strcmp(saved, now))
		return 0;
	error_set(err, ERR_CHANGED, "%s: the plan for this machine now is %.*s, the saved one %.*s: %s; nothing was written", j->o.plan,
		  PLAN_SHORT, now, PLAN_SHORT, saved, difference(j->saved, j->plan, &j->a));
	return error_hint(err, "plan again, and look at the new plan");
}
