/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations on a disk's structure: clear, table, mkfs, commit. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "ops/ops.h"

int clear_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_clear *p = params;
	const char *path;

	if (op_disk_path(env, p->disk, &path, err))
		return -1;
	return env->sys->ops->wipe(env->sys, path, p->keep, p->n_keep, err);
}

/* The table still is the old one: all that is kept is in it, and what is not kept carries nothing any more. */
static int only_kept(const struct op_clear *p, const struct disk *d, struct error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n_partitions; i++) {
		const struct partition *row = &d->partitions[i];
		bool keep = false;

		for (size_t k = 0; k < p->n_keep && !keep; k++)
			keep = row->start_bytes == p->keep[k].start_bytes && row->size_bytes == p->keep[k].size_bytes;
		kept += keep;
		if (!keep && row->n_signatures)
			return error_set(err, ERR_VERIFY, "%s: partition %" PRIu64 " still carries %s after it was wiped", d->path,
					 row->number, row->signatures[0].type);
	}
	if (kept != p->n_keep)
		return error_set(err, ERR_VERIFY, "%s: has %zu of the %zu partitions to keep", d->path, kept, p->n_keep);
	return 0;
}

int clear_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_clear *p = params;
	AUTO_ARENA a = ARENA_INIT;
	struct disk d;

	if (op_probe(env, p->disk, &a, &d, err))
		return -1;
	if (p->n_keep)
		return only_kept(p, &d, err);
	if (!disk_is_blank(&d))
		return error_set(err, ERR_VERIFY, "%s: still carries %s after it was wiped", d.path,
				 d.n_signatures ? d.signatures[0].type : d.table ? d.table : "something");
	return 0;
}

const struct plan_disk *op_plan_disk(const struct op_env *env, const char *role)
{
	for (size_t i = 0; i < env->plan->n_disks; i++)
		if (str_eq(env->plan->disks[i].role, role))
			return &env->plan->disks[i];
	return NULL;
}

int table_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_table *p = params;
	const char *path;

	if (op_disk_path(env, p->disk, &path, err))
		return -1;
	return env->sys->ops->table_write(env->sys, path, op_plan_disk(env, p->disk)->sector_bytes, p, err);
}

static const struct partition *by_number(const struct disk *d, uint64_t number)
{
	for (size_t i = 0; i < d->n_partitions; i++)
		if (d->partitions[i].number == number)
			return &d->partitions[i];
	return NULL;
}

int table_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_table *p = params;
	AUTO_ARENA a = ARENA_INIT;
	struct disk d;

	if (op_probe(env, p->disk, &a, &d, err))
		return -1;
	if (!str_eq(d.table, "gpt") || d.n_partitions != p->n_parts)
		return error_set(err, ERR_VERIFY, "%s: has a %s table with %zu partitions, wanted gpt with %zu", d.path,
				 d.table ? d.table : "missing", d.n_partitions, p->n_parts);
	for (size_t i = 0; i < p->n_parts; i++) {
		const struct table_part *w = &p->parts[i];
		const struct partition *g = by_number(&d, w->number);

		if (!g || g->start_bytes != w->start_bytes || g->size_bytes != w->size_bytes ||
		    !str_eq(g->name, w->name) || !g->uuid || strcasecmp(g->uuid, w->uuid) != 0 || !g->type_uuid ||
		    strcasecmp(g->type_uuid, w->type_uuid) != 0)
			return error_set(err, ERR_VERIFY, "%s: partition %zu (%s) is not as written", d.path, i + 1, w->name);
	}
	return 0;
}

/* Bytes of a sector of the device DEV; what stands on no single disk has small ones. */
static const char *sector_of(const struct op_env *env, const char *dev, struct arena *a)
{
	const char *colon = strrchr(dev, ':');
	const struct plan_disk *d = colon ? op_plan_disk(env, arena_strndup(a, dev, (size_t)(colon - dev))) : NULL;

	return arena_printf(a, "%" PRIu64, d && d->sector_bytes ? d->sector_bytes : 512);
}

int mkfs_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_mkfs *p = params;
	AUTO_ARENA a = ARENA_INIT;
	const char *dev, *id = p->uuid;
	/* mkfs.vfat wants its serial without the dash. */
	const char *fat_id = strlen(id) == 9 ? arena_printf(&a, "%.4s%s", id, id + 5) : id;
	const char *label = p->label ? p->label : "";

	if (op_dev_path(env, p->dev, &a, &dev, err))
		return -1;
	/* The clear operation left no old content to refuse over, hence -F and -f. */
	const char *const ext4[] = { "mke2fs", "-q", "-F", "-t", "ext4", "-E", "nodiscard", "-U", id, "-L", label, dev, NULL };
	const char *const xfs[] = { "mkfs.xfs", "-q", "-f", "-K", "-L", label, "-m", arena_printf(&a, "uuid=%s", id), dev, NULL };
	/* Firmware reads a FAT only with sectors of its disk's size. */
	const char *const vfat[] = { "mkfs.vfat", "-F", "32", "-S", sector_of(env, p->dev, &a), "-i", fat_id, "-n", label, dev, NULL };
	const char *const swap[] = { "mkswap", "-U", id, "-L", label, dev, NULL };
	const struct {
		const char *fs;
		const char *const *argv;
	} tools[] = { { "ext4", ext4 }, { "xfs", xfs }, { "vfat", vfat }, { "swap", swap } };

	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		if (str_eq(tools[i].fs, p->fs))
			return env->sys->ops->exec(env->sys, &(struct sys_exec){ .argv = tools[i].argv, .timeout_ms = 1800000 }, err);
	return error_set(err, ERR_INPUT, "mkfs: unknown file system \"%s\"", p->fs);
}

int mkfs_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_mkfs *p = params;
	AUTO_ARENA a = ARENA_INIT;
	struct disk d;

	if (op_probe_dev(env, p->dev, &a, &d, err))
		return -1;
	if (d.n_signatures != 1 || !str_eq(d.signatures[0].type, p->fs) || !d.signatures[0].uuid ||
	    strcasecmp(d.signatures[0].uuid, p->uuid) != 0)
		return error_set(err, ERR_VERIFY, "%s: does not carry the %s just made", d.path, p->fs);
	return 0;
}

int commit_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_commit *p = params;

	if (env->sys->ops->sync(env->sys, err))
		return -1;
	/* The first disk's mark is what says that all is done. */
	for (size_t i = p->n_disks; i-- > 0;) {
		const struct disk_guid *g = &p->disks[i];
		const char *path;

		if (op_disk_path(env, g->disk, &path, err) ||
		    env->sys->ops->table_guid(env->sys, path, op_plan_disk(env, g->disk)->sector_bytes, g->uuid, err))
			return -1;
	}
	return 0;
}

int commit_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_commit *p = params;
	AUTO_ARENA a = ARENA_INIT;
	struct disk d;

	for (size_t i = 0; i < p->n_disks; i++) {
		if (op_probe(env, p->disks[i].disk, &a, &d, err))
			return -1;
		if (!d.table_uuid || strcasecmp(d.table_uuid, p->disks[i].uuid) != 0)
			return error_set(err, ERR_VERIFY, "%s: disk GUID is %s, wanted %s", d.path,
					 d.table_uuid ? d.table_uuid : "missing", p->disks[i].uuid);
	}
	return 0;
}
