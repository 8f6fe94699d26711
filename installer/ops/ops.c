/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of operations, and what they share: finding devices, mounting, writing small files. */
#include "ops/ops.h"

#include <string.h>
#include <sys/mount.h>

#include "base/str.h"

const struct op_type op_types[OP__N] = {
	[OP_CLEAR] = { clear_apply, clear_verify },	 [OP_TABLE] = { table_apply, table_verify },
	[OP_MKFS] = { mkfs_apply, mkfs_verify },	 [OP_IMAGE] = { image_apply, image_verify },
	[OP_SYSTEM] = { system_apply, system_verify },	 [OP_SEED] = { seed_apply, seed_verify },
	[OP_ADMIN] = { admin_apply, admin_verify },	 [OP_IDENTITY] = { identity_apply, identity_verify },
	[OP_BOOT] = { boot_apply, boot_verify },	 [OP_COMMIT] = { commit_apply, commit_verify },
};

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

int op_part_path(const struct op_env *env, const char *role, uint64_t number, struct arena *a, const char **ret,
		 struct error *err)
{
	const char *disk;

	if (op_disk_path(env, role, &disk, err))
		return -1;
	*ret = partition_path(a, disk, number);
	return 0;
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

int op_mount(const struct op_env *env, const char *role, uint64_t number, const char *type, bool read_only,
	     const char *name, struct arena *a, const char **ret_dir, struct error *err)
{
	const char *dev, *dir = arena_printf(a, "%s/%s", env->target, name);
	struct sys *s = env->sys;

	if (op_part_path(env, role, number, a, &dev, err) || s->ops->make_dirs(s, dir, 0700, err) ||
	    s->ops->mount(s, dev, dir, type, (read_only ? MS_RDONLY : 0) | MS_NODEV | MS_NOSUID, NULL, err))
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
