/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "admin/trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/fd.h"
#include "data/json.h"
#include "sys/slots.h"
#include "sys/watchdog.h"

enum { JSON_MAX = 65536 };

static const char mounts[] = "update"; /* below paths.run */

/* --- small readers */

/* What is not there is NULL, and no failure. */
static int load_json(const struct trial *t, const char *path, struct arena *a, const struct tree **ret, struct error *err)
{
	AUTO_STR text = STR_INIT;

	*ret = NULL;
	if (t->sys->ops->read_file(t->sys, path, JSON_MAX, &text, err))
		return err->sys == ENOENT ? 0 : -1;
	if (!text.len)
		return 0;
	*ret = json_parse(path, arena_strdup(a, str_text(&text)), text.len, a, err);
	return *ret ? 0 : -1;
}

static const struct tree *read_json(const struct trial *t, const char *path, struct arena *a)
{
	const struct tree *ret;
	struct error ignored;

	return load_json(t, path, a, &ret, &ignored) ? NULL : ret;
}

static const char *said(const struct tree *t, const char *key, const char *otherwise)
{
	const char *s = t ? tree_get_text(t, key) : NULL;

	return s ? s : otherwise;
}

static const char *release_path(const struct trial *t, struct arena *a)
{
	return arena_printf(a, "%s/slot/release.json", t->paths.run);
}

const char *trial_release(const struct trial *t, struct arena *a)
{
	return said(read_json(t, release_path(t, a), a), "build_id", NULL);
}

static const char *mount_dir(const struct trial *t, struct arena *a)
{
	return arena_printf(a, "%s/%s", t->paths.run, mounts);
}

/* release.json of the slot that does not run; NULL: nothing usable is there. */
static const struct tree *other_release(const struct trial *t, const struct slots *slots, struct arena *a)
{
	int i = SLOT_INDEX(SLOT_OTHER(slots->running));
	const char *dir = arena_printf(a, "%s/slot", mount_dir(t, a)), *dev = partition_path(a, slots->disk.path, slots->system[i]);
	const struct tree *ret = NULL;
	struct error ignored;

	if (!slots->uuid[i] || t->sys->ops->make_dirs(t->sys, dir, 0700, &ignored) ||
	    t->sys->ops->mount(t->sys, dev, dir, "ext4", MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOEXEC, "noload", &ignored))
		return NULL;
	/* The menu is written last: without it, the slot was left half-written. */
	if (!access(arena_printf(a, "%s/grub.cfg", dir), R_OK))
		ret = read_json(t, arena_printf(a, "%s/release.json", dir), a);
	if (t->sys->ops->umount(t->sys, dir, &ignored))
		return NULL;
	return ret;
}

/* --- what people are told */

static const char *state_path(const struct trial *t, struct arena *a)
{
	return arena_printf(a, "%s/update.json", t->paths.data);
}

/* Replaces RESULT and, where it is not NULL, WHY; the rest stays. */
static int write_state(const struct trial *t, const char *result, const char *why, struct error *err)
{
	static const char *const kept[] = { "release", "from", "database" };
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	const struct tree *old = read_json(t, state_path(t, &a), &a);
	struct tree *new = tree_new(&a, TREE_MAP);
	char now[21];

	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (said(old, kept[i], NULL))
			tree_add(&a, new, kept[i], tree_string(&a, said(old, kept[i], NULL)));
	clock_text(clock_real_s(), now);
	tree_add(&a, new, "time", tree_string(&a, now));
	tree_add(&a, new, "result", tree_string(&a, result));
	why = why ? why : said(old, "why", NULL);
	if (why)
		tree_add(&a, new, "why", tree_string(&a, why));
	json_write(new, true, &text);
	return t->sys->ops->write_file(t->sys, state_path(t, &a), str_text(&text), text.len, 0600, err);
}

/* --- the disk */

/* *RET_ANY: false where this is no installed admin node with two slots (tests, a medium). */
static int look(const struct trial *t, struct slots *slots, struct bootsel *sel, bool *ret_any, struct arena *a,
		struct error *err)
{
	const char *uuid = slots_kernel_param(t->root, "fulcrum.slot", a);

	*ret_any = false;
	if (!uuid)
		return 0;
	if (slots_find(t->sys, t->root, uuid, a, slots, err) ||
	    bootsel_read(t->sys, slots, mount_dir(t, a), sel, err))
		return -1;
	*ret_any = true;
	return 0;
}

static int must_look(const struct trial *t, struct slots *slots, struct bootsel *sel, struct arena *a, struct error *err)
{
	bool any;

	if (look(t, slots, sel, &any, a, err))
		return -1;
	if (any)
		return 0;
	error_set(err, ERR_CONFLICT, "this machine does not run from a system slot");
	return error_hint(err, "this is for an installed admin node");
}

static int choose(const struct trial *t, const struct slots *slots, const struct bootsel *sel, struct arena *a,
		  struct error *err)
{
	return bootsel_write(t->sys, slots, mount_dir(t, a), sel, err);
}

/* --- at start */

/* seed/current is a link beside the releases' directories. */
static int serve_own(const struct trial *t, struct arena *a, struct error *err)
{
	const struct tree *slot;
	const char *release;
	char now[256];
	ssize_t n;

	if (load_json(t, release_path(t, a), a, &slot, err))
		return -1;
	release = said(slot, "build_id", NULL);
	if (!release || strchr(release, '/') ||
	    access(arena_printf(a, "%s/../%s/SEED", t->paths.seed, release), R_OK))
		return release ? error_set(err, ERR_NOT_FOUND, "the mirror of release %s is not on the data file system", release) : 0;
	n = readlink(t->paths.seed, now, sizeof(now) - 1);
	now[n > 0 ? n : 0] = '\0';
	return str_eq(now, release) ? 0 : t->sys->ops->symlink(t->sys, release, t->paths.seed, err);
}

static int end_trial(const struct trial *t, const struct slots *slots, const struct bootsel *sel, struct str *warnings,
		     struct arena *a, struct error *err)
{
	const struct bootsel good = { .slot = slots->running };
	const struct tree *state = read_json(t, state_path(t, a), a);
	const char *copy, *why = said(state, "why", NULL);

	if (!why)
		why = sel->tries ? "the boot loader could not write its choice to the ESP" :
				   "it left no word: the power failed, its kernel stopped, or it was not up in time";
	/* In this order, each safe to repeat: a power cut before the last one only means that it all happens again. */
	if (store_take_back(arena_printf(a, "%s/fulcrum.db", t->paths.data), &copy, a, err) ||
	    write_state(t, "rolled back", why, err) || choose(t, slots, &good, a, err))
		return -1;
	str_addf(warnings, "release %s was given up, this one is back: %s\n", said(state, "release", "in the other slot"), why);
	if (copy)
		str_addf(warnings, "the database is the copy from before: %s\n", copy);
	channel_emit("update", "admin", "text", "rolled back", "why", why, NULL);
	return 0;
}

/* What a power cut left between the choice and the word about it. */
static int mend_word(const struct trial *t, struct arena *a, struct error *err)
{
	const struct tree *state = read_json(t, state_path(t, a), a);
	const char *release = trial_release(t, a);

	if (!str_eq(said(state, "result", NULL), "trial"))
		return 0;
	return write_state(t, str_eq(release, said(state, "release", NULL)) ? "kept" : "rolled back", NULL, err);
}

static int settle(const struct trial *t, struct str *warnings, struct arena *a, struct error *err)
{
	struct slots slots;
	struct bootsel sel;
	struct error served;
	bool any;
	int rc;

	rc = serve_own(t, a, &served);
	if (look(t, &slots, &sel, &any, a, err))
		return -1;
	if (any && sel.trial && sel.trial != slots.running) {
		if (end_trial(t, &slots, &sel, warnings, a, err))
			return -1;
	} else if (any && !sel.trial && mend_word(t, a, err)) {
		return -1;
	}
	if (rc)
		*err = served;
	return rc;
}

void trial_settle(const struct trial *t, struct str *warnings)
{
	AUTO_ARENA a = ARENA_INIT;
	struct error err;

	if (settle(t, warnings, &a, &err))
		str_addf(warnings, "%s\n", err.msg);
}

/* --- while it runs */

unsigned int trial_seconds(const struct trial *t)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *word = slots_kernel_param(t->root, "fulcrum.trial", &a);
	struct slots slots;
	struct bootsel sel;
	struct error ignored;
	bool any;

	if (!word || look(t, &slots, &sel, &any, &a, &ignored) || !any || sel.trial != slots.running)
		return 0;
	return (unsigned int)strtoul(word, NULL, 10);
}

int trial_confirm(const struct trial *t, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct slots slots;
	struct bootsel sel;

	if (must_look(t, &slots, &sel, &a, err))
		return -1;
	if (sel.trial != slots.running) {
		error_set(err, ERR_CONFLICT, "this release is not on trial");
		return error_hint(err, "fulcrum update --status shows what is");
	}
	if (choose(t, &slots, &(struct bootsel){ .slot = slots.running }, &a, err) || watchdog_trial_end(t->root, err))
		return -1;
	channel_emit("update", "admin", "text", "kept", NULL);
	return write_state(t, "kept", NULL, err);
}

int trial_give_up(const struct trial *t, const char *why, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct slots slots;
	struct bootsel sel;
	struct error ignored;

	if (must_look(t, &slots, &sel, &a, err))
		return -1;
	if (sel.trial != slots.running)
		return error_set(err, ERR_CONFLICT, "this release is not on trial");
	channel_emit("update", "admin", "text", "given up", "why", why, NULL);
	/* The try is spent: a restart is the way back. Without the data file system there is only no word of why. */
	if (write_state(t, "trial", why, &ignored))
		channel_emit("update", "admin", "text", "no word kept", "why", ignored.msg, NULL);
	return t->sys->ops->reboot(t->sys, err);
}

/* Whether the release R, in the other slot, reads the database as it is now. */
static int other_reads(const struct trial *t, const struct tree *r, bool *ret, struct arena *a, struct error *err)
{
	const char *says = said(r, "schema", NULL);
	int64_t schema, reader, its = says ? strtoll(says, NULL, 10) : 0;

	if (store_look(arena_printf(a, "%s/fulcrum.db", t->paths.data), &schema, &reader, err))
		return -1;
	*ret = its >= schema || its >= reader;
	return 0;
}

int trial_rollback(const struct trial *t, bool old_database, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct tree *other;
	struct slots slots;
	struct bootsel sel;
	bool reads;

	if (must_look(t, &slots, &sel, &a, err))
		return -1;
	if (sel.trial == slots.running)
		return trial_give_up(t, "a person wanted the release before", err);
	other = other_release(t, &slots, &a);
	if (!other || access(arena_printf(&a, "%s/../%s/SEED", t->paths.seed, said(other, "build_id", "")), R_OK)) {
		error_set(err, ERR_CONFLICT, "slot %c holds no whole release to go back to, or its mirror is gone", SLOT_OTHER(slots.running));
		return error_hint(err, "fulcrum update SOURCE --allow-older puts any release there");
	}
	if (other_reads(t, other, &reads, &a, err))
		return -1;
	if (!reads && !old_database) {
		error_set(err, ERR_REFUSED, "release %s does not read the database as it is now", said(other, "build_id", "?"));
		return error_hint(err, "with --old-database it gets the copy from before it was migrated; what happened since is lost");
	}
	/*
	 * The other slot is started as one whose trial of this slot was given up: the same code puts the database back, and
	 * it is the good one from its first start on.
	 */
	if (write_state(t, "trial", "a person wanted the release before", err) ||
	    choose(t, &slots, &(struct bootsel){ .slot = SLOT_OTHER(slots.running), .trial = slots.running }, &a, err))
		return -1;
	return t->sys->ops->reboot(t->sys, err);
}

int trial_status(const struct trial *t, struct str *out, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct tree *other, *state;
	const char *dog = watchdog_hardware(t->root, &a), *release = trial_release(t, &a);
	struct slots slots;
	struct bootsel sel;

	if (must_look(t, &slots, &sel, &a, err))
		return -1;
	other = other_release(t, &slots, &a);
	state = read_json(t, state_path(t, &a), &a);
	str_addf(out, "slot %c   release %s   running, %s\n", slots.running, release ? release : "unknown",
		 sel.trial == slots.running ? "on trial" : sel.slot == slots.running ? "the good one" : "this once");
	str_addf(out, "slot %c   release %s%s\n", SLOT_OTHER(slots.running), other ? said(other, "build_id", "unknown") : "none",
		 sel.trial == SLOT_OTHER(slots.running) ? "   started next, on trial" :
		 sel.slot == SLOT_OTHER(slots.running)	? "   started next" :
							  "");
	if (state)
		str_addf(out, "last update: %s, to release %s: %s%s%s\n", said(state, "time", "?"), said(state, "release", "?"),
			 said(state, "result", "?"), said(state, "why", NULL) ? ": " : "", said(state, "why", ""));
	if (dog)
		str_addf(out, "watchdog: %s: a kernel that hangs is restarted\n", dog);
	else
		str_add(out, "watchdog: none: a kernel that hangs waits for somebody to switch the machine off and on\n");
	return 0;
}
