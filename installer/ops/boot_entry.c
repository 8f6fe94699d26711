/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One entry of ours in the firmware's list, beside the removable path and never instead of it. Firmware loses entries,
 * runs out of room, or keeps its variables read-only: all of that is told, and none of it fails an install.
 *
 * What was made by an earlier install of ours goes first, which also makes room. Entries of others stay, and so does
 * their order. A node's own entry comes after those of the network: its admin node says what it boots.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "observe/boot_entries.h"
#include "ops/boot.h"

enum { ASK_MS = 20000, CHANGE_MS = 30000, NONE = -1 };

static const char loader[] = "\\EFI\\BOOT\\BOOTX64.EFI";

/* The ESP that the entry starts. */
struct esp {
	const char *disk, *number; /* device node of the whole disk */
	const char *uuid;	   /* PARTUUID */
};

static int find_esp(struct op_env *env, const char *dev, struct arena *a, struct esp *ret, struct error *err)
{
	const char *colon = strrchr(dev, ':');
	const char *role = arena_strndup(a, dev, colon ? (size_t)(colon - dev) : strlen(dev));
	struct disk d;

	*ret = (struct esp){ .number = colon ? colon + 1 : "" };
	if (op_disk_path(env, role, &ret->disk, err) || op_probe(env, role, a, &d, err))
		return -1;
	for (size_t i = 0; i < d.n_partitions; i++)
		if (d.partitions[i].number == strtoull(ret->number, NULL, 10) && d.partitions[i].uuid)
			ret->uuid = d.partitions[i].uuid;
	return ret->uuid ? 0 : error_set(err, ERR_CHANGED, "%s: has no partition %s with a GUID", ret->disk, ret->number);
}

static int ask(struct op_env *env, struct arena *a, struct boot_entries *ret, struct error *err)
{
	static const char *const argv[] = { "efibootmgr", NULL };
	AUTO_STR out = STR_INIT;

	if (env->sys->ops->exec(env->sys, &(struct sys_exec){ .argv = argv, .output = &out, .timeout_ms = ASK_MS }, err))
		return -1;
	return boot_entries_read(str_text(&out), out.len, a, ret, err);
}

static int change(struct op_env *env, const char *const *argv, struct error *err)
{
	return env->sys->ops->exec(env->sys, &(struct sys_exec){ .argv = argv, .timeout_ms = CHANGE_MS }, err);
}

/* Made by an install of ours that this one replaces. */
static bool is_ours(const struct op_boot *p, const struct boot_entry *e)
{
	if (!str_starts(e->label, BOOT_ENTRY_LABEL) || !e->partition)
		return false;
	for (size_t i = 0; i < p->n_others; i++)
		if (!strcasecmp(p->others[i], e->partition))
			return false;
	return true;
}

static bool is_wanted(const struct op_boot *p, const struct esp *esp, const struct boot_entry *e)
{
	return e->active && str_eq(e->label, p->entry) && e->partition && !strcasecmp(e->partition, esp->uuid) &&
	       strcasestr(e->path, loader);
}

/* Removes what is ours, but for one that is as wanted already: its number, or NONE. */
static int remove_old(struct op_env *env, const struct op_boot *p, const struct esp *esp, const struct boot_entries *now,
		      int *ret_kept, struct error *err)
{
	*ret_kept = NONE;
	for (size_t i = 0; i < now->n; i++) {
		const struct boot_entry *e = &now->v[i];
		char number[16];
		const char *const argv[] = { "efibootmgr", "--bootnum", number, "--delete-bootnum", NULL };

		if (!is_ours(p, e))
			continue;
		if (*ret_kept == NONE && is_wanted(p, esp, e)) {
			*ret_kept = (int)e->number;
			continue;
		}
		snprintf(number, sizeof(number), "%04X", e->number);
		if (change(env, argv, err))
			return -1;
	}
	return 0;
}

static int make(struct op_env *env, const struct op_boot *p, const struct esp *esp, struct error *err)
{
	const char *const argv[] = { "efibootmgr", "--create-only", "--disk", esp->disk, "--part", esp->number,
				     "--label", p->entry, "--loader", loader, NULL };

	return change(env, argv, err);
}

/* The only entry of ours that there is now, as wanted. */
static int find_own(const struct op_boot *p, const struct esp *esp, const struct boot_entries *now,
		    const struct boot_entry **ret, struct error *err)
{
	*ret = NULL;
	for (size_t i = 0; i < now->n; i++) {
		if (!is_ours(p, &now->v[i]))
			continue;
		if (*ret || !is_wanted(p, esp, &now->v[i]))
			return error_set(err, ERR_VERIFY, "the firmware still lists Boot%04X \"%s\"", now->v[i].number, p->entry);
		*ret = &now->v[i];
	}
	return *ret ? 0 : error_set(err, ERR_VERIFY, "the firmware took the entry, and does not list it");
}

static bool same_order(const struct boot_entries *x, const struct boot_entries *y)
{
	return x->n_order == y->n_order && !memcmp(x->order, y->order, x->n_order * sizeof(*x->order));
}

static int put_in_order(struct op_env *env, const struct boot_entries *wanted, struct error *err)
{
	AUTO_STR list = STR_INIT;

	for (size_t i = 0; i < wanted->n_order; i++)
		str_addf(&list, "%s%04X", i ? "," : "", wanted->order[i]);
	const char *const argv[] = { "efibootmgr", "--bootorder", str_text(&list), NULL };

	return change(env, argv, err);
}

/* *RET: the entry and its place, in words. */
static int renew(struct op_env *env, const struct op_boot *p, struct arena *a, const char **ret, struct error *err)
{
	bool first = str_eq(p->kind, "admin");
	struct boot_entries now, wanted;
	const struct boot_entry *own;
	size_t networks = 0;
	struct esp esp;
	int kept;

	if (find_esp(env, p->esps[0], a, &esp, err) || ask(env, a, &now, err) || remove_old(env, p, &esp, &now, &kept, err) ||
	    (kept == NONE && make(env, p, &esp, err)) || ask(env, a, &now, err) || find_own(p, &esp, &now, &own, err))
		return -1;
	boot_entries_order(&now, own->number, first, a, &wanted);
	if (!same_order(&now, &wanted) &&
	    (put_in_order(env, &wanted, err) || ask(env, a, &now, err) || find_own(p, &esp, &now, &own, err)))
		return -1;
	if (!same_order(&now, &wanted))
		return error_set(err, ERR_VERIFY, "the firmware keeps another boot order than it was given");
	for (size_t i = 0; i < now.n_order; i++)
		networks += boot_entries_find(&now, now.order[i])->network;
	*ret = arena_printf(a, "Boot%04X \"%s\", %s", own->number, p->entry,
			    first ? "the first" : networks ? "after those of the network" :
							     "the last: the firmware lists no start from the network");
	return 0;
}

void boot_entry_renew(struct op_env *env, const struct op_boot *p)
{
	AUTO_ARENA a = ARENA_INIT;
	struct error err = { 0 };
	const char *said = NULL;

	if (!p->entry || !p->n_esps)
		return;
	if (renew(env, p, &a, &said, &err))
		said = arena_printf(&a, "not as wanted (%s): the machine starts all the same, by the removable path", err.msg);
	op_note(env, arena_printf(&a, "firmware entry %s", said));
}
