/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking down what stands on a disk, from the top: maps by dmsetup, arrays by mdadm. Nothing on any disk is
 * changed by that but what md notes in its own superblock: an array of which another disk is a member can be
 * assembled again. What is mounted or swapped to is busy and stays, which is an error.
 */
#include "sys/holders.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "sys/real.h"

enum {
	HOLDERS_MAX = 256, /* more is a loop, or a tree that was made up */
	ROUNDS = 4,	   /* what something else puts up again while we take down is not fought for long */
	TOOL_MS = 30000,
};

const char *holder_kind(const struct host *h, const char *name)
{
	static const struct {
		const char *prefix, *kind;
	} kinds[] = { { "LVM-", "LVM" }, { "CRYPT-", "crypt" }, { "mpath-", "multipath" }, { "part", "partition" } };
	const char *uuid, *kind = "device-mapper", *text;

	if (str_starts(name, "md")) {
		text = host_text(h, "/sys/block/%s/md/level", name);
		return text ? text : host_exists(h, "/sys/block/%s/md", name) ? "inactive" : NULL;
	}
	if (!str_starts(name, "dm-") || !host_exists(h, "/sys/block/%s/dm", name))
		return NULL;
	uuid = host_text(h, "/sys/block/%s/dm/uuid", name);
	for (size_t i = 0; uuid && i < ARRAY_LEN(kinds); i++)
		if (str_starts(uuid, kinds[i].prefix))
			kind = kinds[i].kind;
	text = host_text(h, "/sys/block/%s/dm/name", name);
	return text ? arena_printf(h->a, "%s %s", kind, text) : kind;
}

/* --- the list */

struct list {
	const struct host *h;
	struct holder *items;
	size_t n;
	const char *foreign;
	const char *seen[HOLDERS_MAX]; /* before what stands on it was listed: a loop ends here */
	size_t n_seen;
};

static void add_device(struct list *l, const char *dir);

static void add_holders(struct list *l, const char *dir)
{
	size_t n;
	const char **names = host_list(l->h, &n, "%s/holders", dir);

	for (size_t i = 0; i < n; i++) {
		bool known = l->n_seen == HOLDERS_MAX;

		for (size_t k = 0; k < l->n_seen && !known; k++)
			known = str_eq(l->seen[k], names[i]);
		if (known)
			continue;
		if (!holder_kind(l->h, names[i])) {
			l->foreign = l->foreign ? l->foreign : names[i];
			continue;
		}
		l->seen[l->n_seen++] = names[i];
		add_device(l, arena_printf(l->h->a, "/sys/block/%s", names[i]));
		l->items = arena_grow(l->h->a, l->items, l->n, sizeof(*l->items));
		l->items[l->n++] = (struct holder){ names[i], host_text(l->h, "/sys/block/%s/dm/name", names[i]) };
	}
}

static void add_device(struct list *l, const char *dir)
{
	size_t n;
	const char **names = host_list(l->h, &n, "%s", dir);

	add_holders(l, dir);
	for (size_t i = 0; i < n; i++)
		if (host_exists(l->h, "%s/%s/partition", dir, names[i]))
			add_holders(l, arena_printf(l->h->a, "%s/%s", dir, names[i]));
}

const struct holder *holders_list(const struct host *h, const char *dir, size_t *ret_n, const char **ret_foreign)
{
	struct list l = { .h = h };

	add_device(&l, dir);
	*ret_n = l.n;
	if (ret_foreign)
		*ret_foreign = l.foreign;
	return l.items;
}

/* --- the verb */

static int stop(struct sys *s, const struct host *h, const struct holder *x, struct error *err)
{
	/* A device manager or a prober may have it open for a moment: --retry asks again for some seconds. */
	const char *const remove[] = { "dmsetup", "remove", "--retry", x->mapped, NULL };
	const char *const end[] = { "mdadm", "--stop", arena_printf(h->a, "/dev/%s", x->name), NULL };
	const struct sys_exec e = { .argv = x->mapped ? remove : end, .timeout_ms = TOOL_MS };

	return real_exec(s, &e, err);
}

static int still_there(const char *path, const struct host *h, const char *name, const char *why, struct error *err)
{
	const char *kind = holder_kind(h, name);

	error_set(err, ERR_CONFLICT, "%s: %s %s stands on it and does not go%s%s", path, name, kind ? kind : "", why ? ": " : "",
		  why ? why : "");
	return error_hint(err, "end what uses %s (umount, swapoff, the program that has it open) and try again", name);
}

int real_take_down(struct sys *s, const char *path, struct str *said, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct host h = { .root = "", .a = &a };
	const struct holder *list;
	struct error why = { .msg = "" };
	const char *foreign, *dir;
	struct stat st;
	size_t n;

	if (stat(path, &st))
		return error_sys(err, errno, "%s", path);
	if (!S_ISBLK(st.st_mode)) /* a file that stands for a disk */
		return 0;
	dir = arena_printf(&a, "/sys/dev/block/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	for (int round = 0; round < ROUNDS; round++) {
		list = holders_list(&h, dir, &n, &foreign);
		if (foreign)
			return still_there(path, &h, foreign, NULL, err);
		if (!n)
			return 0;
		for (size_t i = 0; i < n; i++) {
			const char *kind = holder_kind(&h, list[i].name);

			if (kind && !stop(s, &h, &list[i], &why))
				str_addf(said, "%s%s %s", said->len ? ", " : "", list[i].name, kind);
		}
	}
	list = holders_list(&h, dir, &n, &foreign);
	return n ? still_there(path, &h, list[0].name, why.msg, err) : 0;
}
