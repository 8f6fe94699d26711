/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of operations, and what they share: finding devices, mounting, writing small files. */
#include "ops/ops.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/str.h"
#include "ops/identity.h"

const struct op_type op_types[OP__N] = {
	[OP_CLEAR] = { clear_apply, clear_verify },	 [OP_TABLE] = { table_apply, table_verify },
	[OP_RAID] = { raid_apply, raid_verify },	 [OP_CRYPT] = { crypt_apply, crypt_verify },
	[OP_GROUP] = { group_apply, group_verify },	 [OP_VOLUME] = { volume_apply, volume_verify },
	[OP_MKFS] = { mkfs_apply, mkfs_verify },	 [OP_IMAGE] = { image_apply, image_verify },
	[OP_SYSTEM] = { system_apply, system_verify },	 [OP_SEED] = { seed_apply, seed_verify },
	[OP_ADMIN] = { admin_apply, admin_verify },	 [OP_IDENTITY] = { identity_apply, identity_verify },
	[OP_BOOT] = { boot_apply, boot_verify },	 [OP_COMMIT] = { commit_apply, commit_verify },
	[OP_ERASE] = { erase_apply, erase_verify },
};

int op_possible(struct op_env *env, const struct op *op, struct error *err)
{
	const struct op_secret *key;

	if (op->kind == OP_CRYPT)
		return op_secret(env, ((const struct op_crypt *)op->params)->key, &key, err);
	if (op->kind == OP_IDENTITY)
		return identity_offered(env, op->params, err);
	return 0;
}

static int find_disk(const struct op_env *env, const char *role, size_t *ret, struct error *err)
{
	for (size_t i = 0; i < env->plan->n_disks; i++) {
		if (str_eq(env->plan->disks[i].role, role)) {
			*ret = i;
			return 0;
		}
	}
	return error_set(err, ERR_INPUT, "the plan names no disk with the role \"%s\"", role);
}

int op_disk_path(const struct op_env *env, const char *role, const char **ret, struct error *err)
{
	size_t i;

	if (find_disk(env, role, &i, err))
		return -1;
	*ret = env->disk_paths[i];
	return 0;
}

/* "--" stands for a dash in the names that the device mapper gives to volumes. */
static void add_mapped(struct str *out, const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		str_add(out, name[i] == '-' ? "--" : (const char[]){ name[i], '\0' });
}

static int partition_of(const struct op_env *env, const char *dev, const char *colon, struct arena *a,
			const char **ret, struct error *err)
{
	const char *disk;
	char *end;
	unsigned long long number = strtoull(colon + 1, &end, 10);

	if (*end || !number)
		return error_set(err, ERR_INPUT, "\"%s\" names no partition", dev);
	if (op_disk_path(env, arena_strndup(a, dev, (size_t)(colon - dev)), &disk, err))
		return -1;
	*ret = partition_path(a, disk, number);
	return 0;
}

int op_dev_path(const struct op_env *env, const char *dev, struct arena *a, const char **ret, struct error *err)
{
	const char *colon = strchr(dev, ':'), *slash;
	AUTO_STR mapped = STR_INIT;

	if (!colon)
		return op_disk_path(env, dev, ret, err);
	if (str_starts(dev, "raid:")) {
		*ret = arena_printf(a, "/dev/md/%s", colon + 1);
		return 0;
	}
	if (str_starts(dev, "crypt:")) {
		*ret = arena_printf(a, "/dev/mapper/%s", colon + 1);
		return 0;
	}
	slash = strchr(colon, '/');
	if (str_starts(dev, "lv:") && slash) {
		add_mapped(&mapped, colon + 1, (size_t)(slash - colon) - 1);
		str_addc(&mapped, '-');
		add_mapped(&mapped, slash + 1, strlen(slash + 1));
		*ret = arena_printf(a, "/dev/mapper/%s", str_text(&mapped));
		return 0;
	}
	return partition_of(env, dev, colon, a, ret, err);
}

int op_probe(const struct op_env *env, const char *role, struct arena *a, struct disk *ret, struct error *err)
{
	const struct plan_disk *pd;
	size_t i;

	if (find_disk(env, role, &i, err))
		return -1;
	pd = &env->plan->disks[i];
	*ret = (struct disk){ .name = pd->name, .path = env->disk_paths[i], .serial = pd->serial, .wwn = pd->wwn,
			      .size_bytes = pd->size_bytes, .sector_bytes = pd->sector_bytes };
	return env->sys->ops->probe(env->sys, ret, a, err);
}

int op_probe_dev(const struct op_env *env, const char *dev, struct arena *a, struct disk *ret, struct error *err)
{
	const char *path, *colon = strrchr(dev, ':');
	struct disk whole;

	if (op_dev_path(env, dev, a, &path, err))
		return -1;
	*ret = (struct disk){ .name = dev, .path = path };
	if (!colon || str_starts(dev, "raid:") || str_starts(dev, "crypt:") || str_starts(dev, "lv:"))
		return env->sys->ops->probe(env->sys, ret, a, err);
	/* A partition is looked at through its disk, so that its place is proved with it. */
	if (op_probe(env, arena_strndup(a, dev, (size_t)(colon - dev)), a, &whole, err))
		return -1;
	for (size_t i = 0; i < whole.n_partitions; i++) {
		const struct partition *p = &whole.partitions[i];

		if (p->number != strtoull(colon + 1, NULL, 10))
			continue;
		ret->size_bytes = p->size_bytes;
		ret->signatures = p->signatures;
		ret->n_signatures = p->n_signatures;
		return 0;
	}
	return error_set(err, ERR_VERIFY, "%s: is not in the partition table", path);
}

int op_mount(const struct op_env *env, const char *dev, const char *type, bool read_only, const char *name,
	     struct arena *a, const char **ret_dir, struct error *err)
{
	const char *path, *dir = arena_printf(a, "%s/%s", env->target, name);
	struct sys *s = env->sys;

	if (op_dev_path(env, dev, a, &path, err) || s->ops->make_dirs(s, dir, 0700, err) ||
	    s->ops->mount(s, path, dir, type, (read_only ? MS_RDONLY : 0) | MS_NODEV | MS_NOSUID, NULL, err))
		return -1;
	*ret_dir = dir;
	return 0;
}

int op_umount(const struct op_env *env, const char *dir, int rc, struct error *err)
{
	struct error later;

	/* What could not be unmounted was perhaps not written: that is a failure of its own. */
	if (env->sys->ops->umount(env->sys, dir, &later)) {
		if (!rc)
			*err = later;
		return -1;
	}
	return rc;
}

int op_write_text(const struct op_env *env, const char *dir, const char *rel, mode_t mode, const char *text,
		  struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	char *path = arena_printf(&a, "%s/%s", dir, rel), *slash;
	char *parent = arena_strdup(&a, path);
	struct sys *s = env->sys;

	slash = strrchr(parent, '/');
	*slash = '\0';
	if (s->ops->make_dirs(s, parent, 0755, err))
		return -1;
	return s->ops->write_file(s, path, text, strlen(text), mode, err);
}

void op_progress(const struct op_env *env, uint64_t done, uint64_t total)
{
	if (env->progress)
		env->progress(env->progress_ctx, done, total);
}

void op_note(const struct op_env *env, const char *text)
{
	if (env->note)
		env->note(env->progress_ctx, text);
}

int op_secret(const struct op_env *env, const char *name, const struct op_secret **ret, struct error *err)
{
	for (size_t i = 0; i < env->n_secrets; i++) {
		if (!str_eq(env->secrets[i].name, name))
			continue;
		if (!env->secrets[i].len)
			return error_set(err, ERR_INPUT, "the key of \"%s\" is empty", name);
		*ret = &env->secrets[i];
		return 0;
	}
	error_set(err, ERR_INPUT, "the key of \"%s\" is not here", name);
	return error_hint(err, "keys travel apart from the plan: give the site file that the plan was made of");
}
