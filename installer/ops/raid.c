/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * md arrays. mdadm alone does what is needed in a live system without udev: it loads the module, makes /dev/mdN and
 * the link /dev/md/NAME. Seen by hand:
 *
 *   mdadm --create /dev/md/boot --run --metadata=1.0 --level=1 --raid-devices=2 --homehost=any --name=boot
 *         --uuid=8x:8x:8x:8x --bitmap=none /dev/sda2 /dev/sdb2
 *   mdadm --assemble /dev/md/boot --run --uuid=8x:8x:8x:8x /dev/sda2 /dev/sdb2     exactly these members
 *   mdadm --detail --scan            ARRAY /dev/md/boot metadata=1.0 UUID=...; exit 0 and nothing when nothing runs
 *   mdadm --detail --export /dev/md/boot      what the kernel runs: MD_LEVEL, MD_DEVICES, MD_UUID, MD_DEVICE_x_DEV
 *   mdadm --examine --export /dev/sda2        what the member's superblock says
 *
 * The first synchronisation runs on in the background and after a restart; it is never declared done
 * (--assume-clean): parity that was not computed is wrong, and a mirror that was not copied never passes a check.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ops/ops.h"

static const uint64_t big_member = 100ull << 30; /* from here on mdadm itself advises a bitmap */

static int mdadm(struct op_env *env, const char *const *argv, struct str *output, struct error *err)
{
	return env->sys->ops->exec(env->sys, &(struct sys_exec){ .argv = argv, .output = output, .timeout_ms = 120000 }, err);
}

/* Value of KEY=value, one a line, cut at the line's end; NULL: no such line. */
static const char *value_of(const char *text, const char *key, struct arena *a)
{
	size_t n = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (!strncmp(line, key, n) && line[n] == '=')
			return arena_strndup(a, line + n + 1, strcspn(line + n + 1, "\n"));
	return NULL;
}

/* Stops what runs under our name or our UUID: an earlier attempt of this operation. */
static int stop_earlier(struct op_env *env, const struct op_raid *p, const char *path, struct error *err)
{
	static const char *const scan[] = { "mdadm", "--detail", "--scan", NULL };
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR out = STR_INIT;
	char *save = NULL;

	if (mdadm(env, scan, &out, err))
		return -1;
	for (char *line = strtok_r(arena_strdup(&a, str_text(&out)), "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *dev = strchr(line, ' '), *id = strstr(line, "UUID=");

		if (!str_starts(line, "ARRAY ") || !dev || !id)
			continue;
		dev = arena_strndup(&a, dev + 1, strcspn(dev + 1, " "));
		if (!str_eq(dev, path) && strncmp(id + 5, p->uuid, strlen(p->uuid)) != 0)
			continue;
		if (mdadm(env, (const char *const[]){ "mdadm", "--stop", dev, NULL }, NULL, err))
			return -1;
	}
	return 0;
}

static int member_paths(const struct op_env *env, const struct op_raid *p, struct arena *a, const char **ret, struct error *err)
{
	for (size_t i = 0; i < p->n_members; i++)
		if (op_dev_path(env, p->members[i], a, &ret[i], err))
			return -1;
	return 0;
}

static int assemble(struct op_env *env, const struct op_raid *p, const char *path, const char **members, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const char **argv = arena_array(&a, p->n_members + 8, sizeof(*argv));
	size_t n = 0;

	argv[n++] = "mdadm";
	argv[n++] = "--assemble";
	argv[n++] = path;
	argv[n++] = "--run";
	argv[n++] = arena_printf(&a, "--uuid=%s", p->uuid);
	for (size_t i = 0; i < p->n_members; i++)
		argv[n++] = members[i];
	return mdadm(env, argv, NULL, err);
}

static int create(struct op_env *env, const struct op_raid *p, const char *path, const char **members, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const char **argv = arena_array(&a, p->n_members + 16, sizeof(*argv));
	struct disk member;
	size_t n = 0;

	if (op_probe_dev(env, p->members[0], &a, &member, err))
		return -1;
	argv[n++] = "mdadm";
	argv[n++] = "--create";
	argv[n++] = path;
	argv[n++] = "--run";
	argv[n++] = arena_printf(&a, "--metadata=%s", p->metadata);
	argv[n++] = arena_printf(&a, "--level=%" PRIu64, p->level);
	argv[n++] = arena_printf(&a, "--raid-devices=%zu", p->n_members);
	argv[n++] = "--homehost=any";
	argv[n++] = arena_printf(&a, "--name=%s", p->name);
	argv[n++] = arena_printf(&a, "--uuid=%s", p->uuid);
	/* Said either way: mdadm asks a person otherwise. Striping alone has nothing to synchronise. */
	if (p->level)
		argv[n++] = member.size_bytes >= big_member ? "--bitmap=internal" : "--bitmap=none";
	for (size_t i = 0; i < p->n_members; i++)
		argv[n++] = members[i];
	return mdadm(env, argv, NULL, err);
}

int raid_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_raid *p = params;
	AUTO_ARENA a = ARENA_INIT;
	const char **members = arena_array(&a, p->n_members + 1, sizeof(*members));
	const char *path = arena_printf(&a, "/dev/md/%s", p->name);

	if (member_paths(env, p, &a, members, err) || stop_earlier(env, p, path, err))
		return -1;
	if (p->keep ? assemble(env, p, path, members, err) : create(env, p, path, members, err))
		return -1;
	/* The kernel lets it wait while anything else wants the disks. */
	if (!p->keep && p->level)
		op_note(env, arena_printf(&a, "raid %s: its first synchronisation goes on in the background, also after the restart",
					  p->name));
	return 0;
}

/* 1 when the kernel's array has DEV among its members. */
static bool has_member(const char *detail, const char *dev)
{
	AUTO_STR want = STR_INIT;

	str_addf(&want, "_DEV=%s\n", dev);
	return strstr(detail, str_text(&want)) != NULL;
}

static int verify_member(struct op_env *env, const struct op_raid *p, const char *detail, const char *dev, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR out = STR_INIT;
	const char *uuid;

	if (!has_member(detail, dev))
		return error_set(err, ERR_VERIFY, "raid %s: %s is not a member of the running array", p->name, dev);
	if (mdadm(env, (const char *const[]){ "mdadm", "--examine", "--export", dev, NULL }, &out, err))
		return -1;
	uuid = value_of(str_text(&out), "MD_UUID", &a);
	if (!uuid || strcasecmp(uuid, p->uuid) != 0)
		return error_set(err, ERR_VERIFY, "raid %s: %s carries the superblock of array %s", p->name, dev, uuid ? uuid : "none");
	return 0;
}

int raid_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_raid *p = params;
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR out = STR_INIT;
	const char **members = arena_array(&a, p->n_members + 1, sizeof(*members));
	const char *path = arena_printf(&a, "/dev/md/%s", p->name);
	const struct {
		const char *key, *want;
	} facts[] = { { "MD_UUID", p->uuid },
		      { "MD_LEVEL", arena_printf(&a, "raid%" PRIu64, p->level) },
		      { "MD_METADATA", p->metadata } };

	if (member_paths(env, p, &a, members, err) ||
	    mdadm(env, (const char *const[]){ "mdadm", "--detail", "--export", path, NULL }, &out, err))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		const char *is = value_of(str_text(&out), facts[i].key, &a);

		if (!is || strcasecmp(is, facts[i].want) != 0)
			return error_set(err, ERR_VERIFY, "raid %s: %s is %s, wanted %s", p->name, facts[i].key, is ? is : "missing",
					 facts[i].want);
	}
	for (size_t i = 0; i < p->n_members; i++)
		if (verify_member(env, p, str_text(&out), members[i], err))
			return -1;
	return 0;
}
