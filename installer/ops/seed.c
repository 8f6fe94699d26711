/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seeding: every file of the signed manifest is copied to the data file system with its hash checked on
 * the way, into a directory named after the release; a link is switched last, so a half-seeded release is never served.
 */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ops/bench.h"
#include "ops/seed.h"

enum { SIG_MAX = 256 };

static int take_sig(void *ctx, const void *data, size_t len, struct error *err)
{
	struct str *sig = ctx;

	if (sig->len + len > SIG_MAX)
		return error_set(err, ERR_MEDIUM, "SEED.sig: larger than a signature");
	str_addn(sig, data, len);
	return 0;
}

/* The manifest and its signature go along, so that the admin node can prove its seed at any time. */
static int copy_manifest(struct op_env *env, const char *base, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	AUTO_STR sig = STR_INIT;
	struct sys *s = env->sys;

	if (source_signed(s, env->source, env->release_key, "SEED", 16u << 20, &text, err) ||
	    s->ops->fetch(s, arena_printf(&a, "%s/SEED.sig", env->source), 0, 0, take_sig, &sig, err) ||
	    s->ops->write_file(s, arena_printf(&a, "%s/SEED", base), str_text(&text), text.len, 0644, err))
		return -1;
	return s->ops->write_file(s, arena_printf(&a, "%s/SEED.sig", base), str_text(&sig), sig.len, 0644, err);
}

int seed_copy(struct op_env *env, const struct op_seed *p, const struct seed *seed, const char *data, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct sys *s = env->sys;
	struct copy_sum sum = { .env = env, .total = seed->bytes };
	const char *base = arena_printf(&a, "%s/seed/%s", data, p->build_id), *last_dir = "";

	if (strcmp(seed->hash, p->seed_hash) != 0)
		return error_set(err, ERR_CHANGED, "SEED: the medium carries another release than the plan named");
	for (size_t i = 0; i < seed->n; i++) {
		const struct seed_entry *e = &seed->entries[i];
		const char *path = arena_printf(&a, "%s/%s", base, e->path);
		char *dir = arena_strdup(&a, path);

		*strrchr(dir, '/') = '\0';
		if (strcmp(dir, last_dir) != 0 && s->ops->make_dirs(s, dir, 0755, err))
			return -1;
		last_dir = dir;
		if (source_copy(s, env->source, e, path, copy_sum_tell, &sum, err))
			return -1;
		sum.before += e->size;
	}
	if (copy_manifest(env, base, err))
		return -1;
	if (p->beside)
		return 0;
	return s->ops->symlink(s, p->build_id, arena_printf(&a, "%s/seed/current", data), err);
}

int seed_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_seed *p = params;
	AUTO_ARENA a = ARENA_INIT;
	struct seed seed;
	const char *dir;
	uint64_t start;
	int rc;

	if (source_seed(env->sys, env->source, env->release_key, &a, &seed, err))
		return -1;
	if (op_mount(env, p->dev, "ext4", false, "data", &a, &dir, err))
		return -1;
	start = clock_mono_ms();
	rc = seed_copy(env, p, &seed, dir, err);
	if (!rc && p->bench) {
		rc = env->sys->ops->sync(env->sys, err);
		bench_tell("install", "seed", seed.bytes, clock_mono_ms() - start);
		bench_memory(env->sys, "install");
		if (!rc)
			rc = bench_copy(env, &seed, dir, err);
	}
	return op_umount(env, dir, rc, err);
}

int seed_check(struct op_env *env, const struct op_seed *p, const struct seed *seed, const char *data, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *base = arena_printf(&a, "%s/seed/%s", data, p->beside ? p->build_id : "current");

	/*
	 * Every byte was hashed on its way in. Read back from the disk: all small files (indexes, lists,
	 * loaders) and every 16th large one; reading all again would double the time of the step.
	 */
	for (size_t i = 0; i < seed->n; i++) {
		const struct seed_entry *e = &seed->entries[i];

		if (e->size > (64u << 10) && (i % 16 != 0 || e->size > (16u << 20)))
			continue;
		if (source_verify_file(env->sys, e, arena_printf(&a, "%s/%s", base, e->path), err))
			return -1;
	}
	return 0;
}

int seed_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_seed *p = params;
	AUTO_ARENA a = ARENA_INIT;
	struct seed seed;
	const char *dir;

	if (source_seed(env->sys, env->source, env->release_key, &a, &seed, err) ||
	    op_mount(env, p->dev, "ext4", true, "data", &a, &dir, err))
		return -1;
	return op_umount(env, dir, seed_check(env, p, &seed, dir, err), err);
}
