/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LVM groups and volumes. Every command sees the group's own members and no other device (--devices), so that a group
 * of the same name on another disk is neither found nor touched. There is no udev: LVM makes the nodes. Seen by hand:
 *
 *   lvm pvcreate --config C --devices D,... -ff -y D         lvm vgcreate --config C --devices D,... -y GROUP D...
 *   lvm lvcreate ... -y -Wy -Zy --type linear -n NAME -L BYTESb GROUP      --type thin-pool, --type thin -V BYTESb --thinpool P
 *   lvm lvs ... --reportformat json        exit 0 and an empty list when there is nothing
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "data/json.h"
#include "ops/ops.h"

/*
 * No devices file and no backups below /etc: the live system forgets. No monitoring: dmeventd does not run here. A new pool
 * needs no thin_check, and the kernel itself refuses one that is damaged.
 */
static const char config[] =
	"devices{use_devicesfile=0} activation{udev_sync=0 udev_rules=0 monitoring=0} backup{backup=0 archive=0} "
	"global{thin_check_executable=\"\" use_lvmpolld=0}";

/* Arguments of one lvm command. */
struct words {
	const char *argv[64];
	size_t n;
};

static void add(struct words *w, const char *word)
{
	if (w->n + 1 < ARRAY_LEN(w->argv))
		w->argv[w->n++] = word;
}

static const struct op_group *group_of(const struct op_env *env, const char *name)
{
	for (size_t i = 0; i < env->plan->n_ops; i++) {
		const struct op_group *g = env->plan->ops[i].params;

		if (env->plan->ops[i].kind == OP_GROUP && str_eq(g->name, name))
			return g;
	}
	return NULL;
}

/* "lvm VERB --config ... --devices MEMBERS": the members of GROUP, which the plan names. */
static int begin(struct words *w, const struct op_env *env, const char *verb, const char *group, struct arena *a, struct error *err)
{
	const struct op_group *g = group_of(env, group);
	AUTO_STR devices = STR_INIT;

	if (!g)
		return error_set(err, ERR_INPUT, "the plan names no volume group \"%s\"", group);
	for (size_t i = 0; i < g->n_members; i++) {
		const char *path;

		if (op_dev_path(env, g->members[i], a, &path, err))
			return -1;
		str_addf(&devices, "%s%s", i ? "," : "", path);
	}
	memset(w, 0, sizeof(*w));
	add(w, "lvm");
	add(w, verb);
	add(w, "--config");
	add(w, config);
	add(w, "--devices");
	add(w, arena_strdup(a, str_text(&devices)));
	return 0;
}

static int run(struct op_env *env, const struct words *w, struct str *output, struct error *err)
{
	if (w->n + 1 >= ARRAY_LEN(w->argv))
		return error_set(err, ERR_INTERNAL, "lvm %s: too many words", w->argv[1]);
	return env->sys->ops->exec(env->sys, &(struct sys_exec){ .argv = w->argv, .output = output, .timeout_ms = 120000 }, err);
}

/*
 * Rows of `lvm VERB --reportformat json -o FIELDS`: *RET is the list, empty when there is nothing. What LVM warns of
 * goes to stderr.
 */
static int report(struct op_env *env, const char *verb, const char *fields, const char *group, struct arena *a,
		  const struct tree **ret, struct error *err)
{
	AUTO_STR out = STR_INIT;
	const struct tree *t;
	struct words w;

	if (begin(&w, env, verb, group, a, err))
		return -1;
	add(&w, "--reportformat");
	add(&w, "json");
	add(&w, "--units");
	add(&w, "b");
	add(&w, "--nosuffix");
	add(&w, "-o");
	add(&w, fields);
	if (run(env, &w, &out, err))
		return -1;
	*ret = tree_new(a, TREE_SEQ);
	if (!out.len)
		return 0;
	t = json_parse(verb, str_text(&out), out.len, a, err);
	if (!t)
		return -1;
	t = tree_get(t, "report");
	if (t && t->kind == TREE_SEQ && t->n)
		t = tree_get(t->items[0], str_eq(verb, "lvs") ? "lv" : "vg");
	if (t && t->kind == TREE_SEQ)
		*ret = t;
	return 0;
}

/* The row whose KEY is NAME, or NULL. */
static const struct tree *row_of(const struct tree *rows, const char *key, const char *name)
{
	for (size_t i = 0; i < rows->n; i++)
		if (str_eq(tree_get_text(rows->items[i], key), name))
			return rows->items[i];
	return NULL;
}

/* --- groups */

static const char group_fields[] = "vg_name,pv_uuid,vg_missing_pv_count";

static int remove_volume(struct op_env *env, const char *group, const char *name, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct words w;

	if (begin(&w, env, "lvremove", group, &a, err))
		return -1;
	add(&w, "-ff");
	add(&w, "-y");
	add(&w, arena_printf(&a, "%s/%s", group, name));
	return run(env, &w, NULL, err);
}

static const char volume_fields[] = "vg_name,lv_name,lv_size,lv_layout,pool_lv,lv_active,stripes";

static int keep_group(struct op_env *env, const struct op_group *p, struct error *err)
{
	for (size_t i = 0; i < p->n_remove; i++) {
		AUTO_ARENA a = ARENA_INIT;
		const struct tree *rows;

		if (report(env, "lvs", volume_fields, p->name, &a, &rows, err))
			return -1;
		/* Gone already: with its pool, or by an earlier attempt. */
		if (row_of(rows, "lv_name", p->remove[i]) && remove_volume(env, p->name, p->remove[i], err))
			return -1;
	}
	return 0;
}

static int make_group(struct op_env *env, const struct op_group *p, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct tree *rows;
	const char *path;
	struct words w;

	if (report(env, "vgs", group_fields, p->name, &a, &rows, err))
		return -1;
	/* Whatever group our members are in: the plan clears them. It is an earlier attempt, or a foreign one. */
	for (size_t i = 0; i < rows->n; i++) {
		const char *name = tree_get_text(rows->items[i], "vg_name");

		if (!name || row_of(rows, "vg_name", name) != rows->items[i])
			continue;
		if (begin(&w, env, "vgremove", p->name, &a, err))
			return -1;
		add(&w, "-ff");
		add(&w, "-y");
		add(&w, name);
		if (run(env, &w, NULL, err))
			return -1;
	}
	for (size_t i = 0; i < p->n_members; i++) {
		if (begin(&w, env, "pvcreate", p->name, &a, err) || op_dev_path(env, p->members[i], &a, &path, err))
			return -1;
		add(&w, "-ff");
		add(&w, "-y");
		add(&w, path);
		if (run(env, &w, NULL, err))
			return -1;
	}
	if (begin(&w, env, "vgcreate", p->name, &a, err))
		return -1;
	add(&w, "-y");
	add(&w, p->name);
	for (size_t i = 0; i < p->n_members; i++) {
		if (op_dev_path(env, p->members[i], &a, &path, err))
			return -1;
		add(&w, path);
	}
	return run(env, &w, NULL, err);
}

int group_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_group *p = params;

	return p->keep ? keep_group(env, p, err) : make_group(env, p, err);
}

int group_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_group *p = params;
	AUTO_ARENA a = ARENA_INIT;
	const struct tree *rows;

	if (report(env, "vgs", group_fields, p->name, &a, &rows, err))
		return -1;
	if (rows->n != p->n_members)
		return error_set(err, ERR_VERIFY, "group %s: has %zu physical volumes, wanted %zu", p->name, rows->n, p->n_members);
	/* The members' own labels, read by another library, name the volumes of the group. */
	for (size_t i = 0; i < p->n_members; i++) {
		const char *path;
		const struct tree *row;
		struct disk d;

		if (op_dev_path(env, p->members[i], &a, &path, err) || op_probe_dev(env, p->members[i], &a, &d, err))
			return -1;
		if (d.n_signatures != 1 || !str_eq(d.signatures[0].type, "LVM2_member"))
			return error_set(err, ERR_VERIFY, "group %s: %s is not a physical volume", p->name, path);
		row = row_of(rows, "pv_uuid", d.signatures[0].uuid);
		if (!row || !str_eq(tree_get_text(row, "vg_name"), p->name))
			return error_set(err, ERR_VERIFY, "group %s: %s is not in it", p->name, path);
		if (!str_eq(tree_get_text(row, "vg_missing_pv_count"), "0"))
			return error_set(err, ERR_VERIFY, "group %s: %s of its physical volumes are missing", p->name,
					 tree_get_text(row, "vg_missing_pv_count"));
	}
	return 0;
}

/* --- volumes */

static int activate(struct op_env *env, const struct op_volume *p, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct words w;

	if (begin(&w, env, "lvchange", p->group, &a, err))
		return -1;
	/* -K: volumes that are marked to be skipped are thin snapshots, and ours when the plan keeps them. */
	add(&w, "-ay");
	add(&w, "-K");
	add(&w, arena_printf(&a, "%s/%s", p->group, p->name));
	return run(env, &w, NULL, err);
}

static void add_size(struct words *w, const struct op_volume *p, struct arena *a)
{
	if (str_eq(p->kind, "thin")) {
		add(w, "-V");
		add(w, arena_printf(a, "%" PRIu64 "b", p->size_bytes));
	} else if (p->size_bytes) {
		add(w, "-L");
		add(w, arena_printf(a, "%" PRIu64 "b", p->size_bytes));
	} else {
		add(w, "-l");
		add(w, "100%FREE");
	}
}

static int make_volume(struct op_env *env, const struct op_volume *p, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct words w;

	if (begin(&w, env, "lvcreate", p->group, &a, err))
		return -1;
	add(&w, "-y");
	add(&w, "--type");
	add(&w, str_eq(p->kind, "pool") ? "thin-pool" : p->kind);
	add(&w, "-n");
	add(&w, p->name);
	add_size(&w, p, &a);
	if (str_eq(p->kind, "thin")) {
		add(&w, "--thinpool");
		add(&w, p->pool);
	} else if (!str_eq(p->kind, "pool")) {
		/* What lay here before is neither shown nor asked about. */
		add(&w, "-Wy");
		add(&w, "-Zy");
	}
	if (str_eq(p->kind, "striped")) {
		add(&w, "-i");
		add(&w, arena_printf(&a, "%" PRIu64, p->stripes));
	}
	add(&w, p->group);
	return run(env, &w, NULL, err);
}

int volume_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_volume *p = params;
	AUTO_ARENA a = ARENA_INIT;
	const struct tree *rows;

	if (p->keep)
		return activate(env, p, err);
	if (report(env, "lvs", volume_fields, p->group, &a, &rows, err))
		return -1;
	if (row_of(rows, "lv_name", p->name) && remove_volume(env, p->group, p->name, err))
		return -1;
	return make_volume(env, p, err);
}

/* "thin,pool" for a pool and "thin,sparse" for a volume in one (lvs(8), lv_layout). */
static const char *layout_of(const struct op_volume *p)
{
	if (str_eq(p->kind, "pool"))
		return "thin,pool";
	return str_eq(p->kind, "thin") ? "thin,sparse" : p->kind;
}

int volume_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_volume *p = params;
	AUTO_ARENA a = ARENA_INIT;
	const struct tree *rows, *row;
	const char *size;
	struct disk d;

	if (report(env, "lvs", volume_fields, p->group, &a, &rows, err))
		return -1;
	row = row_of(rows, "lv_name", p->name);
	if (!row)
		return error_set(err, ERR_VERIFY, "volume %s/%s: is not there", p->group, p->name);
	if (!str_eq(tree_get_text(row, "lv_layout"), layout_of(p)) || !str_eq(tree_get_text(row, "lv_active"), "active") ||
	    !str_eq(tree_get_text(row, "pool_lv"), p->pool ? p->pool : ""))
		return error_set(err, ERR_VERIFY, "volume %s/%s: is %s, %s, wanted %s, active", p->group, p->name,
				 tree_get_text(row, "lv_layout"), tree_get_text(row, "lv_active"), layout_of(p));
	size = tree_get_text(row, "lv_size");
	if (!size || (p->size_bytes && strtoull(size, NULL, 10) != p->size_bytes))
		return error_set(err, ERR_VERIFY, "volume %s/%s: has %s bytes, wanted %" PRIu64, p->group, p->name,
				 size ? size : "unknown", p->size_bytes);
	if (str_eq(p->kind, "pool"))
		return 0;
	/* The kernel's own view of the device. */
	if (op_probe_dev(env, arena_printf(&a, "lv:%s/%s", p->group, p->name), &a, &d, err))
		return -1;
	if (d.size_bytes != strtoull(size, NULL, 10))
		return error_set(err, ERR_VERIFY, "%s: has %" PRIu64 " bytes, LVM says %s", d.path, d.size_bytes, size);
	return 0;
}
