/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The admin node's own state on the data file system: the site file and what was bound at install. */
#include <string.h>

#include "base/str.h"
#include "data/json.h"
#include "ops/ops.h"

static const char site_path[] = "fulcrum/site.yaml", state_path[] = "fulcrum/admin.json";

static void state_text(const struct op_admin *p, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;
	struct tree *t = tree_new(&a, TREE_MAP);

	tree_add(&a, t, "nic_mac", tree_string(&a, p->nic_mac));
	tree_add(&a, t, "slot_uuid", tree_string(&a, p->slot_uuid));
	if (p->slot_b_uuid)
		tree_add(&a, t, "slot_b_uuid", tree_string(&a, p->slot_b_uuid));
	tree_add(&a, t, "data_uuid", tree_string(&a, p->data_uuid));
	tree_add(&a, t, "networks", tree_string(&a, p->networks));
	tree_add(&a, t, "net", field_write(&net_schema, &p->net, false, &a));
	json_write(t, true, out);
}

static int write_state(struct op_env *env, const struct op_admin *p, const char *dir, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR state = STR_INIT;
	struct sys *s = env->sys;

	state_text(p, &state);
	if (s->ops->make_dirs(s, arena_printf(&a, "%s/fulcrum", dir), 0700, err) ||
	    s->ops->make_dirs(s, arena_printf(&a, "%s/dropbear", dir), 0700, err) ||
	    s->ops->make_dirs(s, arena_printf(&a, "%s/log", dir), 0755, err))
		return -1;
	if (op_write_text(env, dir, site_path, 0600, env->site_text, err))
		return -1;
	return op_write_text(env, dir, state_path, 0600, str_text(&state), err);
}

int admin_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_admin *p = params;
	AUTO_ARENA a = ARENA_INIT;
	const char *dir;
	char hash[HASH_HEX];

	if (!env->site_text)
		return error_set(err, ERR_INTERNAL, "the site file was not handed over with the plan");
	hash_buffer(env->site_text, strlen(env->site_text), hash);
	if (strcmp(hash, p->site_hash) != 0)
		return error_set(err, ERR_CHANGED, "the site file is not the one that was planned");
	if (op_mount(env, p->dev, "ext4", false, "data", &a, &dir, err))
		return -1;
	return op_umount(env, dir, write_state(env, p, dir, err), err);
}

int admin_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_admin *p = params;
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR got = STR_INIT;
	const char *dir;
	char hash[HASH_HEX];
	int rc;

	if (op_mount(env, p->dev, "ext4", true, "data", &a, &dir, err))
		return -1;
	rc = env->sys->ops->read_file(env->sys, arena_printf(&a, "%s/%s", dir, site_path), 1u << 20, &got, err);
	hash_buffer(str_text(&got), got.len, hash);
	if (!rc && strcmp(hash, p->site_hash) != 0)
		rc = error_set(err, ERR_VERIFY, "%s: differs from the site file that was planned", site_path);
	return op_umount(env, dir, rc, err);
}
