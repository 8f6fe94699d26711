/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/update.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/cmdline.h"
#include "base/size.h"
#include "data/json.h"
#include "ops/seed.h"
#include "sys/host.h"

enum { JSON_MAX = 65536 };
static const uint64_t room = 64ull << 20; /* for what the release writes while it is on trial */
static const char role[] = "system";

/* --- looking */

static const struct tree *json_at(struct sys *s, const char *path, struct arena *a)
{
	AUTO_STR text = STR_INIT;
	struct error ignored;

	if (s->ops->read_file(s, path, JSON_MAX, &text, &ignored))
		return NULL;
	return json_parse(path, str_text(&text), text.len, a, &ignored);
}

static const char *get(const struct tree *t, const char *key)
{
	return t ? tree_get_text(t, key) : NULL;
}

int update_database(const char *old, const char *old_reader, const char *new, const char *new_reader, struct arena *a,
		    const char **ret, struct error *err)
{
	long from = old ? strtol(old, NULL, 10) : 0, from_reader = old_reader ? strtol(old_reader, NULL, 10) : from;
	long to = new ? strtol(new, NULL, 10) : 0, to_reader = new_reader ? strtol(new_reader, NULL, 10) : to;

	if (!from || !to) {
		*ret = "a copy is kept before it is changed; one of the releases does not say which schema it has";
		return 0;
	}
	if (to < from && to < from_reader) {
		error_set(err, ERR_REFUSED, "that release reads databases up to schema %ld; this one has %ld", to, from);
		return error_hint(err, "a release as new as this one is needed, or a new admin node with an import");
	}
	if (to <= from)
		*ret = arena_printf(a, "stays as it is, schema %ld; both releases read it", from);
	else if (to_reader <= from)
		*ret = arena_printf(a, "goes from schema %ld to %ld; after a way back this release reads it as it is then", from, to);
	else
		*ret = arena_printf(a, "goes from schema %ld to %ld; after a way back this release gets a copy from before, and what "
				       "happened in between is lost", from, to);
	return 0;
}

/* What the release says of itself, by the manifest that its signature covers. */
static int new_release(const struct update *u, struct arena *a, const struct tree **ret, struct error *err)
{
	AUTO_STR text = STR_INIT;
	struct seed seed;

	if (source_seed(u->sys, u->source, u->release_key, a, &seed, err) ||
	    source_listed(u->sys, u->source, &seed, "release.json", JSON_MAX, &text, err))
		return -1;
	*ret = json_parse("release.json", arena_strdup(a, str_text(&text)), text.len, a, err);
	return *ret ? 0 : -1;
}

static int compare(const struct update *u, struct update_view *v, struct arena *a, struct error *err)
{
	const struct tree *now = json_at(u->sys, arena_printf(a, "%s/slot/release.json", u->run), a), *new;
	const char *epoch = get(now, "epoch");

	v->running = get(now, "build_id");
	if (!v->running) {
		error_set(err, ERR_CONFLICT, "this slot does not say which release it is");
		return error_hint(err, "it was installed by a release without updates: install this machine again");
	}
	if (new_release(u, a, &new, err) || source_catalog(u->sys, u->source, u->release_key, a, &v->new, err))
		return -1;
	if (!str_eq(get(new, "build_id"), v->new.build_id) || strchr(v->new.build_id, '/'))
		return error_set(err, ERR_MEDIUM, "release.json and build-id name different releases");
	if (str_eq(v->running, v->new.build_id))
		return error_set(err, ERR_CONFLICT, "release %s is the one that runs", v->running);
	if (!u->allow_older && epoch && v->new.epoch < strtoull(epoch, NULL, 10)) {
		error_set(err, ERR_REFUSED, "release %s is older than %s, which runs", v->new.build_id, v->running);
		return error_hint(err, "with --allow-older it is taken all the same");
	}
	return update_database(get(now, "schema"), get(now, "reader"), get(new, "schema"), get(new, "reader"), a, &v->database, err);
}

static int look_at_disk(const struct update *u, struct update_view *v, struct arena *a, struct error *err)
{
	const char *uuid = slots_kernel_param(u->root, "fulcrum.slot", a);
	const struct tree *state = json_at(u->sys, arena_printf(a, "%s/fulcrum/admin.json", u->data), a);

	v->data_uuid = slots_kernel_param(u->root, "fulcrum.data", a);
	if (!uuid || !v->data_uuid) {
		error_set(err, ERR_CONFLICT, "this machine does not run from a system slot");
		return error_hint(err, "updates are for an installed admin node");
	}
	if (slots_find(u->sys, u->root, uuid, a, &v->slots, err) ||
	    bootsel_read(u->sys, &v->slots, arena_printf(a, "%s/update", u->run), &v->sel, err))
		return -1;
	/* Not as it is found: a power cut may have left no file system there. */
	v->other_uuid = get(state, v->slots.running == 'b' ? "slot_uuid" : "slot_b_uuid");
	if (!v->other_uuid) {
		error_set(err, ERR_CONFLICT, "admin.json does not name the other slot");
		return error_hint(err, "it was installed by a release without updates: install this machine again");
	}
	if (v->sel.trial == v->slots.running) {
		error_set(err, ERR_CONFLICT, "this release is on trial itself: the one in slot %c is still needed", v->sel.slot);
		return error_hint(err, "wait until its checks pass, or: fulcrum update --confirm");
	}
	return 0;
}

/* The words of consoles that this kernel was started with. */
static const char *consoles(const struct update *u, struct arena *a)
{
	AUTO_STR line = STR_INIT;
	struct error ignored;
	const char *words = NULL;

	if (!u->sys->ops->read_file(u->sys, arena_printf(a, "%s/proc/cmdline", u->root), JSON_MAX, &line, &ignored))
		words = cmdline_words(str_text(&line), "console=", a);
	return words ? words : "";
}

int update_look(const struct update *u, struct update_view *v, struct arena *a, struct error *err)
{
	*v = (struct update_view){ 0 };
	if (look_at_disk(u, v, a, err) || compare(u, v, a, err) || host_free_bytes(u->data, &v->free_bytes, err))
		return -1;
	v->console = consoles(u, a);
	v->need_bytes = v->new.seed_bytes + v->new.seed_bytes / 64 + room;
	return 0;
}

/* --- writing */

static const struct plan *disk_plan(const struct update_view *v, struct arena *a)
{
	struct plan *p = ARENA_NEW(a, struct plan);

	p->kind = "admin";
	p->disks = arena_array(a, 1, sizeof(*p->disks));
	p->n_disks = 1;
	p->disks[0] = (struct plan_disk){ .role = role, .name = v->slots.disk.name, .path = v->slots.disk.path,
					  .size_bytes = v->slots.disk.size_bytes, .sector_bytes = v->slots.disk.sector_bytes };
	return p;
}

static int run_op(struct op_env *env, enum op_kind kind, const void *params, struct error *err)
{
	if (op_types[kind].apply(env, params, err))
		return -1;
	return op_types[kind].verify(env, params, err);
}

/* All releases below seed/ but the one that runs and the new one. Which of them the other slot has does not count any more. */
static int drop_others(const struct update *u, const struct update_view *v, struct arena *a, struct error *err)
{
	const struct host h = { "", a };
	const char *dir = arena_printf(a, "%s/seed", u->data);
	size_t n;
	const char **names = host_list(&h, &n, "%s", dir);

	for (size_t i = 0; i < n; i++) {
		if (str_eq(names[i], "current") || str_eq(names[i], v->running) || str_eq(names[i], v->new.build_id))
			continue;
		if (u->sys->ops->remove(u->sys, arena_printf(a, "%s/%s", dir, names[i]), err))
			return -1;
	}
	return 0;
}

static int make_room(const struct update *u, const struct update_view *v, struct arena *a, struct error *err)
{
	uint64_t left = v->free_bytes;

	if (left >= v->need_bytes)
		return 0;
	/* An attempt that was cut short may have left some of it. */
	if (u->sys->ops->remove(u->sys, arena_printf(a, "%s/seed/%s", u->data, v->new.build_id), err) ||
	    drop_others(u, v, a, err) || host_free_bytes(u->data, &left, err))
		return -1;
	if (left >= v->need_bytes)
		return 0;
	error_set(err, ERR_CONFLICT, "%s: %" PRIu64 " MiB are free, the mirror and images of release %s need %" PRIu64, u->data,
		  left >> 20, v->new.build_id, v->need_bytes >> 20);
	return error_hint(err, "remove what is not needed below %s", u->data);
}

/* Not by way of op_types: the data file system is mounted, and the kernel mounts none read-only beside that. */
static int copy_seed(const struct update *u, const struct update_view *v, struct op_env *env, struct arena *a, struct error *err)
{
	const struct op_seed p = { .build_id = v->new.build_id, .seed_hash = v->new.seed_hash, .beside = true };
	struct seed seed;

	if (source_seed(u->sys, u->source, u->release_key, a, &seed, err) || seed_copy(env, &p, &seed, u->data, err) ||
	    u->sys->ops->sync(u->sys, err))
		return -1;
	return seed_check(env, &p, &seed, u->data, err);
}

/* The release as it was verified on its way to the data file system is what the slot is filled from. */
static int fill_slot(const struct update *u, const struct update_view *v, struct op_env *env, struct arena *a, struct error *err)
{
	char other = SLOT_OTHER(v->slots.running);
	const char *dev = arena_printf(a, "%s:%" PRIu64, role, v->slots.system[SLOT_INDEX(other)]);
	const struct op_mkfs fs = { .dev = dev, .fs = "ext4", .uuid = v->other_uuid,
				    .label = other == 'b' ? "fulcrum-slot-b" : "fulcrum-slot-a" };
	const struct op_system system = { .dev = dev, .slot_uuid = v->other_uuid, .data_uuid = v->data_uuid,
					  .build_id = v->new.build_id, .console = v->console,
					  .other_uuid = v->slots.uuid[SLOT_INDEX(v->slots.running)] };

	env->source = arena_printf(a, "file://%s/seed/%s", u->data, v->new.build_id);
	u->say(arena_printf(a, "filling slot %c", other));
	return run_op(env, OP_MKFS, &fs, err) || run_op(env, OP_SYSTEM, &system, err) ? -1 : 0;
}

static int write_word(const struct update *u, const struct update_view *v, struct arena *a, struct error *err)
{
	const char *path = arena_printf(a, "%s/fulcrum/update.json", u->data);
	struct tree *t = tree_new(a, TREE_MAP);
	AUTO_STR text = STR_INIT;
	char now[21];

	clock_text(clock_real_s(), now);
	tree_add(a, t, "release", tree_string(a, v->new.build_id));
	tree_add(a, t, "from", tree_string(a, v->running));
	tree_add(a, t, "database", tree_string(a, v->database));
	tree_add(a, t, "time", tree_string(a, now));
	tree_add(a, t, "result", tree_string(a, "trial"));
	json_write(t, true, &text);
	return u->sys->ops->write_file(u->sys, path, str_text(&text), text.len, 0600, err);
}

int update_write(const struct update *u, const struct update_view *v, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *path = v->slots.disk.path, *dir = arena_printf(&a, "%s/update", u->run);
	struct op_env env = { .sys = u->sys, .plan = disk_plan(v, &a), .disk_paths = &path, .source = u->source,
			      .release_key = u->release_key, .target = dir };
	const struct bootsel good = { .slot = v->slots.running };
	struct bootsel trial = { .slot = v->slots.running, .trial = SLOT_OTHER(v->slots.running), .tries = 1, .seconds = u->seconds };

	/* Whatever was to be started next, it is not what is about to lie there. */
	if (bootsel_write(u->sys, &v->slots, dir, &good, err) || make_room(u, v, &a, err))
		return -1;
	u->say("copying mirror and images, every byte checked");
	if (copy_seed(u, v, &env, &a, err) || fill_slot(u, v, &env, &a, err) || drop_others(u, v, &a, err) ||
	    u->sys->ops->sync(u->sys, err) || write_word(u, v, &a, err))
		return -1;
	u->say("choosing it for the next start");
	return bootsel_write(u->sys, &v->slots, dir, &trial, err);
}
