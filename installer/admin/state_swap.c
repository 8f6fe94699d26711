/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One state in the place of another: committed by one rename, put in place at the next start. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "admin/state.h"
#include "admin/state_stage.h"

static const char host_key[] = "dropbear_ed25519_host_key";

const char *state_beside(const struct state_env *e, const char *ending, struct arena *a)
{
	return arena_printf(a, "%s.%s", e->paths.data, ending);
}

const char *state_sibling(const char *path, const char *name, struct arena *a)
{
	const char *slash = strrchr(path, '/');

	return arena_printf(a, "%.*s/%s", slash ? (int)(slash - path) : 1, slash ? path : ".", name);
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* A tree that is half removed must not be taken for a whole one: it loses its name first. */
static int discard(const struct state_env *e, const char *path, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *away = state_beside(e, "drop", &a);

	if (e->sys->ops->remove(e->sys, away, err))
		return -1;
	if (!is_there(path))
		return 0;
	if (e->sys->ops->rename(e->sys, path, away, err))
		return -1;
	return e->sys->ops->remove(e->sys, away, err);
}

int state_begin(const struct state_env *e, const char **ret_dir, struct arena *a, struct error *err)
{
	*ret_dir = state_beside(e, "new", a);
	if (discard(e, *ret_dir, err))
		return -1;
	return e->sys->ops->make_dirs(e->sys, *ret_dir, 0700, err);
}

void state_drop(const struct state_env *e)
{
	AUTO_ARENA a = ARENA_INIT;
	struct error ignored;

	/* What stays is removed at the next start. */
	(void)!discard(e, state_beside(e, "new", &a), &ignored);
}

int state_commit(const struct state_env *e, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *new = state_beside(e, "new", &a), *next = state_beside(e, "next", &a);

	/* One that waits already gives way: the later word counts. */
	if (discard(e, next, err) || e->sys->ops->sync(e->sys, err) || e->sys->ops->rename(e->sys, new, next, err))
		return -1;
	return e->sys->ops->sync(e->sys, err);
}

/* --- at the start */

static int put_in_place(const struct state_env *e, struct arena *a, struct error *err)
{
	const char *next = state_beside(e, "next", a), *former = state_beside(e, "former", a);

	if (!is_there(next))
		return 0;
	if (is_there(e->paths.data) &&
	    (discard(e, former, err) || e->sys->ops->rename(e->sys, e->paths.data, former, err) || e->sys->ops->sync(e->sys, err)))
		return -1;
	if (e->sys->ops->rename(e->sys, next, e->paths.data, err))
		return -1;
	return e->sys->ops->sync(e->sys, err);
}

/* dropbear's key came along with the rest, and belongs beside it. */
static int place_host_key(const struct state_env *e, struct arena *a, struct error *err)
{
	const char *came = arena_printf(a, "%s/%s", e->paths.data, STATE_HOST_KEY_DIR), *key = arena_printf(a, "%s/%s", came, host_key);
	const char *dir = state_sibling(e->paths.data, "dropbear", a);

	if (!is_there(came))
		return 0;
	if (is_there(key) && (e->sys->ops->make_dirs(e->sys, dir, 0700, err) ||
			      e->sys->ops->rename(e->sys, key, arena_printf(a, "%s/%s", dir, host_key), err) || e->sys->ops->sync(e->sys, err)))
		return -1;
	return e->sys->ops->remove(e->sys, came, err);
}

/*
 * After a reset: the host key goes where the former state goes, which is away if that was the word. The mark goes last: until then all of
 * it is done again.
 */
static int finish_reset(const struct state_env *e, struct arena *a, struct error *err)
{
	const char *mark = arena_printf(a, "%s/%s", e->paths.data, STATE_RESET_MARK), *former = state_beside(e, "former", a);
	const char *keys = state_sibling(e->paths.data, "dropbear", a), *kept = arena_printf(a, "%s/" STATE_HOST_KEY_DIR, former);
	AUTO_STR word = STR_INIT;

	if (!is_there(mark))
		return 0;
	if (e->sys->ops->read_file(e->sys, mark, 64, &word, err))
		return -1;
	if (str_eq(str_text(&word), STATE_RESET_KEEP)) {
		if (is_there(keys) && !is_there(kept) && e->sys->ops->rename(e->sys, keys, kept, err))
			return -1;
	} else if (discard(e, former, err) || e->sys->ops->remove(e->sys, keys, err) ||
		   e->sys->ops->remove(e->sys, state_sibling(e->paths.data, "log", a), err)) {
		return -1;
	}
	if (e->sys->ops->sync(e->sys, err) || e->sys->ops->remove(e->sys, mark, err))
		return -1;
	return e->sys->ops->sync(e->sys, err);
}

static int settle(const struct state_env *e, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;

	if (put_in_place(e, &a, err) || place_host_key(e, &a, err) || finish_reset(e, &a, err))
		return -1;
	return discard(e, state_beside(e, "new", &a), err);
}

void state_settle(const struct state_env *e, struct str *warnings)
{
	struct error err;

	if (settle(e, &err))
		str_addf(warnings, "the state that was made is not all in place: %s; it is tried again at the next start\n", err.msg);
}
