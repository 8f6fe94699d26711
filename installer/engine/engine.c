/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's one loop. */
#include "engine/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "engine/journal.h"
#include "observe/machine.h"

/* What is held of one disk of the plan while it runs. */
struct held {
	const char *path;
	int h; /* guard; -1: none */
	char seen[HASH_HEX]; /* its table as the last step left it */
};

struct run {
	struct engine *e;
	struct held *held; /* by index of plan->disks */
	const struct plan *plan;
	size_t at;
	struct progress progress;
	struct journal journal;
};

static void tell(struct run *r, uint64_t done, uint64_t total, bool finished)
{
	const struct engine_sink *k = r->e->sink;

	progress_move(&r->progress, r->at, done, total, finished, clock_mono_ms());
	if (k && k->step)
		k->step(k->ctx, &r->progress);
}

static void on_progress(void *ctx, uint64_t done, uint64_t total)
{
	tell(ctx, done, total, false);
}

static void on_note(void *ctx, const char *text)
{
	struct run *r = ctx;
	const struct engine_sink *k = r->e->sink;
	struct error ignored;

	/* Told is told: a note that is not kept in the file stops nothing. */
	if (journal_add(&r->journal, text, "note", &ignored) && k && k->note)
		k->note(k->ctx, ignored.msg);
	if (k && k->note)
		k->note(k->ctx, text);
}

static void note(struct run *r, const char *fmt, ...) PRINTF(2, 3);

static void note(struct run *r, const char *fmt, ...)
{
	char text[sizeof(((struct error *)0)->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	on_note(r, text);
}

static void stage(struct engine *e, const char *name, const char *text)
{
	if (e->sink && e->sink->stage)
		e->sink->stage(e->sink->ctx, name, text);
}

static bool same_disk(const struct plan_disk *p, const struct disk *d)
{
	if (p->serial || p->wwn)
		return str_eq(p->serial, d->serial) && str_eq(p->wwn, d->wwn) && p->size_bytes == d->size_bytes;
	/* Without serial and WWN the place and the size are all there is. */
	return str_eq(p->topology, d->topology) && p->size_bytes == d->size_bytes;
}

static int compare_state(const struct plan_disk *p, const struct disk *d, struct error *err)
{
	char state[HASH_HEX];

	if (str_eq(p->state, PLAN_ANY_STATE))
		return 0;
	disk_state(d, state);
	if (str_eq(state, p->state))
		return 0;
	error_set(err, ERR_CHANGED, "disk %s (%s): its content is not what the plan saw", disk_id(d), d->name);
	return error_hint(err, "plan again and look at the new plan; nothing was written");
}

/* The disk of the machine as it is now that plan disk P names, in the state that the plan saw. */
static int resolve(const struct plan_disk *p, const struct machine *m, const struct disk **ret, struct error *err)
{
	const struct disk *found = NULL;
	const char *id = p->serial ? p->serial : p->wwn ? p->wwn : p->topology ? p->topology : p->name;

	for (size_t i = 0; i < m->n_disks; i++) {
		if (!same_disk(p, &m->disks[i]))
			continue;
		if (found)
			return error_set(err, ERR_CHANGED, "disk %s: %s and %s both claim this identity", id, found->name,
					 m->disks[i].name);
		found = &m->disks[i];
	}
	if (!found)
		return error_set(err, ERR_CHANGED, "disk %s: is not there any more", id);
	if (found->in_use)
		return error_set(err, ERR_CHANGED, "disk %s (%s): may not be written: %s", id, found->name, found->in_use);
	if (compare_state(p, found, err))
		return -1;
	*ret = found;
	return 0;
}

/*
 * Locks the disk, and looks at it once more now that nobody who respects locks can change it: what
 * was seen before the lock may be old.
 */
static int hold(struct engine *e, const struct plan_disk *p, const struct disk *found, struct arena *a,
		struct held *held, struct error *err)
{
	struct disk now = *found;

	held->path = found->path;
	if (e->sys->ops->guard_open(e->sys, found->path, p, &held->h, err) ||
	    e->sys->ops->guard_check(e->sys, held->h, p, held->seen, err) ||
	    e->sys->ops->probe(e->sys, &now, a, err))
		return -1;
	return compare_state(p, &now, err);
}

/* Finds and holds every disk of the plan; two roles on one disk would write over each other. */
static int hold_all(struct engine *e, const struct plan *plan, const struct machine *m, struct arena *a,
		    struct held *held, struct error *err)
{
	for (size_t i = 0; i < plan->n_disks; i++) {
		const struct disk *found = NULL;

		if (resolve(&plan->disks[i], m, &found, err))
			return -1;
		for (size_t k = 0; k < i; k++)
			if (str_eq(held[k].path, found->path))
				return error_set(err, ERR_INPUT, "disk %s: is both %s and %s in the plan", disk_id(found),
						 plan->disks[k].role, plan->disks[i].role);
		if (hold(e, &plan->disks[i], found, a, &held[i], err))
			return -1;
	}
	return 0;
}

static void let_go(struct engine *e, struct held *held, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (held[i].h >= 0)
			e->sys->ops->guard_close(e->sys, held[i].h);
}

/* Just before a step: each disk still is who it was, and its table is as our last step left it. */
static int check_guards(struct run *r, struct error *err)
{
	struct sys *s = r->e->sys;

	for (size_t i = 0; i < r->plan->n_disks; i++)
		if (s->ops->guard_check(s, r->held[i].h, &r->plan->disks[i], r->held[i].seen, err))
			return -1;
	return 0;
}

/* After a step the tables are what it made of them. */
static int renew_guards(struct run *r, struct error *err)
{
	for (size_t i = 0; i < r->plan->n_disks; i++)
		r->held[i].seen[0] = '\0';
	return check_guards(r, err);
}

/* After the last step nothing is written any more, and what it proved stands: a note that fails does not undo it. */
static void note_end(struct run *r)
{
	struct journal *j = &r->journal;
	const char *id = r->plan->ops[r->at].id;
	struct error err;

	if (journal_mark(j, id, true, &err) || journal_add(j, id, "done", &err))
		note(r, "all is done and verified, but could not be noted: %s", err.msg);
}

/*
 * The remedy where a device, a file or a program failed: the cause may be any disk of the plan, and every other cause
 * has said its own.
 */
static void hint_failed(const struct plan *plan, struct error *err)
{
	AUTO_STR disks = STR_INIT;

	if (err->kind != ERR_IO || err->hint[0])
		return;
	for (size_t i = 0; i < plan->n_disks; i++) {
		const struct plan_disk *d = &plan->disks[i];

		str_addf(&disks, "%s%s (%s)", i ? ", " : "", d->name, d->serial ? d->serial : d->wwn ? d->wwn : d->topology ? d->topology : "no serial");
	}
	if (err->sys == ENOSPC)
		error_hint(err, "something else fills %s, or it is too small: free the room or take a larger disk, and install again", str_text(&disks));
	else
		error_hint(err, "dmesg tells more; look at cable and power of %s, replace what goes on failing, and install again: it begins anew",
			   str_text(&disks));
}

static int run_op(struct run *r, struct op_env *env, struct error *err)
{
	struct journal *j = &r->journal;
	const struct op *op = &r->plan->ops[r->at];
	const struct op_type *type = &op_types[op->kind];

	if (journal_add(j, op->id, "begin", err))
		return -1;
	tell(r, 0, op->weight, false);
	if (check_guards(r, err) || journal_mark(j, op->id, false, err))
		return error_wrap(err, "%s", op->id);
	if (type->apply(env, op->params, err))
		return error_wrap(err, "%s", op->id);
	if (type->verify(env, op->params, err))
		return error_wrap(err, "%s: verify", op->id);
	if (r->at + 1 == r->plan->n_ops)
		note_end(r);
	else if (renew_guards(r, err))
		return error_wrap(err, "%s: after it", op->id);
	else if (journal_add(j, op->id, "done", err))
		return -1;
	tell(r, op->weight, op->weight, true);
	return 0;
}

/*
 * What stands on the disks that will be written is taken down before anything is: an array that goes on resyncing
 * would write between our steps.
 */
static int clear_the_way(struct run *r, const char **paths, struct error *err)
{
	bool any = false;

	for (size_t i = 0; i < r->plan->n_disks; i++) {
		AUTO_STR went = STR_INIT;

		/* Where all of it goes, what stands on it today was not planned for. */
		if (!r->plan->disks[i].n_holders && !str_eq(r->plan->disks[i].state, PLAN_ANY_STATE))
			continue;
		if (r->e->sys->ops->take_down(r->e->sys, paths[i], &went, err))
			return -1;
		if (!went.len)
			continue;
		note(r, "taken down from %s: %s", r->plan->disks[i].name, str_text(&went));
		any = true;
	}
	return any ? renew_guards(r, err) : 0;
}

static int run_all(struct engine *e, const struct plan *plan, struct held *held, const char **paths,
		   struct error *err)
{
	struct run r = { .e = e, .plan = plan, .held = held };
	struct op_env env = {
		.sys = e->sys, .plan = plan, .disk_paths = paths, .source = e->source, .release_key = e->release_key,
		.target = e->target, .site_text = e->site_text, .secrets = e->secrets, .n_secrets = e->n_secrets,
		.note = on_note, .progress = on_progress, .progress_ctx = &r, .keep = e->keep,
	};
	struct journal *j = &r.journal;
	struct error ignored;
	int rc = 0;

	progress_init(&r.progress, plan, clock_mono_ms());
	if (journal_open(j, e->journal, e->sys, plan, paths, err))
		return -1;
	rc = clear_the_way(&r, paths, err);
	if (rc && journal_add(j, "holders", "failed", &ignored))
		error_hint(err, "the journal could not be written either");
	for (r.at = 0; r.at < plan->n_ops && !rc; r.at++) {
		rc = run_op(&r, &env, err);
		if (rc && journal_add(j, plan->ops[r.at].id, "failed", &ignored))
			error_hint(err, "the journal could not be written either");
	}
	journal_close(j);
	memcpy(e->node_key, env.node_key, sizeof(e->node_key));
	e->erased = env.erased;
	e->n_erased = env.n_erased;
	return rc;
}

/* What operations can know before anything is written. */
static int foresee(struct engine *e, const struct plan *plan, struct error *err)
{
	struct op_env env = { .sys = e->sys, .plan = plan, .source = e->source, .release_key = e->release_key,
			      .secrets = e->secrets, .n_secrets = e->n_secrets };

	for (size_t i = 0; i < plan->n_ops; i++)
		if (op_possible(&env, &plan->ops[i], err))
			return error_wrap(err, "%s: nothing was written", plan->ops[i].id);
	return 0;
}

/* With the machine to itself: looks again, holds the disks, runs. */
static int apply_locked(struct engine *e, const struct plan *plan, struct arena *a, struct error *err)
{
	const char **paths = arena_array(a, plan->n_disks + 1, sizeof(*paths));
	struct held *held = arena_array(a, plan->n_disks + 1, sizeof(*held));
	struct machine *m;
	int rc;

	for (size_t i = 0; i < plan->n_disks; i++)
		held[i].h = -1;
	if (foresee(e, plan, err))
		return -1;
	stage(e, "observe", "looking again at the disks of the plan");
	if (observe_machine(e->sys, e->root, a, &m, err))
		return error_wrap(err, "observe");
	rc = hold_all(e, plan, m, a, held, err);
	if (!rc) {
		for (size_t i = 0; i < plan->n_disks; i++)
			paths[i] = held[i].path;
		stage(e, "apply", "writing");
		rc = run_all(e, plan, held, paths, err);
	}
	if (rc)
		hint_failed(plan, err);
	let_go(e, held, plan->n_disks);
	return rc;
}

int engine_apply(struct engine *e, const struct plan *plan, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_FD lock = -1;

	if (!plan->n_ops)
		return 0;
	if (e->sys->ops->make_dirs(e->sys, e->target, 0700, err))
		return -1;
	/* One apply at a time on a machine: the lock goes with the process. */
	lock = open(e->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 && errno != ENOENT) /* a dry run has not made it */
		return error_sys(err, errno, "%s", e->target);
	if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB))
		return error_set(err, ERR_CONFLICT, "another installation is running on this machine");
	return apply_locked(e, plan, &a, err);
}
