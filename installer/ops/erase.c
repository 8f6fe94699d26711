/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Erasing a whole disk: it is sampled, erased by the strongest method that works, and sampled again. A method that
 * fails, or whose result the samples do not show, makes room for the next one, and that is told and kept.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ops/ops.h"

enum { SHORT_MS = 60000, DAY_MS = 24 * 3600 * 1000, STEP_MS = 1000, CHUNK = 1 << 20 };

/* ATA's way needs a password between two commands: it guards nothing, and is gone with the erase. */
#define ATA_PASSWORD "fulcrum"
#define NVME_TIMEOUT "--timeout=86400000"

struct place {
	uint64_t at;
	bool content, unread;
	char digest[HASH_HEX];
};

struct erasing {
	struct op_env *env;
	const struct plan_disk *disk;
	const char *path;
	struct place places[ERASE_PLACES];
	struct erased *out;
};

static void on_tick(void *ctx)
{
	const struct erasing *e = ctx;

	/* The disk works by itself, and does not say how far it is; that we are here does count. */
	op_progress(e->env, 0, e->disk->size_bytes);
}

static int run(struct erasing *e, const char *const *argv, struct str *out, unsigned int timeout_ms, struct error *err)
{
	struct sys *s = e->env->sys;

	return s->ops->exec(s, &(struct sys_exec){ .argv = argv, .output = out, .timeout_ms = timeout_ms, .tick = on_tick, .tick_ctx = e }, err);
}

/* --- the methods */

/* Sanitize Status of the log page 81h (NVM Express Base Specification 2.0, figure 291). */
enum { SANITIZE_DONE = 1, SANITIZE_RUNS = 2, SANITIZE_DONE_NOT_FREED = 4 };

static int sanitize(struct erasing *e, const char *action, struct error *err)
{
	const char *const start[] = { "nvme", "sanitize", e->path, action, NULL };
	const char *const look[] = { "nvme", "sanitize-log", e->path, "--raw-binary", NULL };
	struct sys *s = e->env->sys;
	const uint64_t end = clock_mono_ms() + DAY_MS;

	if (run(e, start, NULL, SHORT_MS, err))
		return -1;
	for (;;) {
		AUTO_STR log = STR_INIT;
		unsigned int progress, status;

		if (run(e, look, &log, SHORT_MS, err))
			return -1;
		if (log.len < 4)
			return error_set(err, ERR_IO, "%s: its sanitize log has %zu bytes", e->path, log.len);
		progress = (unsigned char)log.s[0] | (unsigned int)(unsigned char)log.s[1] << 8;
		status = (unsigned char)log.s[2] & 7;
		if (status == SANITIZE_DONE || status == SANITIZE_DONE_NOT_FREED)
			return 0;
		if (status != SANITIZE_RUNS)
			return error_set(err, ERR_IO, "%s: says that the sanitize failed (status %u)", e->path, status);
		if (clock_mono_ms() >= end)
			return error_set(err, ERR_IO, "%s: the sanitize did not end within a day", e->path);
		op_progress(e->env, e->disk->size_bytes / 65536 * progress, e->disk->size_bytes);
		if (s->ops->sleep_ms(s, STEP_MS, err))
			return -1;
	}
}

static int sanitize_block(struct erasing *e, struct error *err)
{
	return sanitize(e, "--sanact=2", err);
}

static int sanitize_crypto(struct erasing *e, struct error *err)
{
	return sanitize(e, "--sanact=4", err);
}

static int format(struct erasing *e, const char *erase, struct error *err)
{
	const char *const argv[] = { "nvme", "format", e->path, erase, "--force", NVME_TIMEOUT, NULL };

	return run(e, argv, NULL, DAY_MS, err);
}

static int format_user(struct erasing *e, struct error *err)
{
	return format(e, "--ses=1", err);
}

static int format_crypto(struct erasing *e, struct error *err)
{
	return format(e, "--ses=2", err);
}

static int ata(struct erasing *e, const char *erase, struct error *err)
{
	const char *const set[] = { "hdparm", "--user-master", "u", "--security-set-pass", ATA_PASSWORD, e->path, NULL };
	const char *const go[] = { "hdparm", "--user-master", "u", erase, ATA_PASSWORD, e->path, NULL };
	const char *const off[] = { "hdparm", "--user-master", "u", "--security-disable", ATA_PASSWORD, e->path, NULL };
	struct error not_set, ignored;
	bool set_failed = run(e, set, NULL, SHORT_MS, &not_set);

	/* Where it was set by a run that was cut, setting it fails and erasing does not. */
	if (!run(e, go, NULL, 2U * DAY_MS, err))
		return 0;
	if (set_failed)
		return error_set(err, ERR_IO, "%s", not_set.msg);
	if (run(e, off, NULL, SHORT_MS, &ignored))
		error_hint(err, "the disk is locked now: hdparm --security-disable " ATA_PASSWORD " opens it");
	return -1;
}

static int ata_plain(struct erasing *e, struct error *err)
{
	return ata(e, "--security-erase", err);
}

static int ata_enhanced(struct erasing *e, struct error *err)
{
	return ata(e, "--security-erase-enhanced", err);
}

/* Really written: what a disk makes of a request for zeros may be no more than a note in its tables. */
static int overwrite(struct erasing *e, struct error *err)
{
	static const char zeros[CHUNK];
	struct sys *s = e->env->sys;
	struct error ignored;
	int h, rc = 0;

	if (s->ops->open_block(s, e->path, &h, err))
		return -1;
	for (uint64_t at = 0; at < e->disk->size_bytes && !rc; at += CHUNK) {
		uint64_t left = e->disk->size_bytes - at;

		rc = s->ops->write_at(s, h, at, zeros, left < CHUNK ? (size_t)left : CHUNK, err);
		if (!(at % (16 * CHUNK)))
			op_progress(e->env, at, e->disk->size_bytes);
	}
	if (s->ops->close(s, h, !rc, rc ? &ignored : err))
		return -1;
	return rc;
}

static int discard(struct erasing *e, struct error *err)
{
	const char *const argv[] = { "blkdiscard", e->path, NULL };
	struct sys *s = e->env->sys;
	struct error ignored;
	int h, rc;

	if (run(e, argv, NULL, DAY_MS, err) || s->ops->open_block(s, e->path, &h, err))
		return -1;
	rc = s->ops->zero_at(s, h, 0, e->disk->size_bytes, err);
	if (s->ops->close(s, h, !rc, rc ? &ignored : err))
		return -1;
	return rc;
}

static int (*const methods[ERASE__N])(struct erasing *e, struct error *err) = {
	[ERASE_SANITIZE_BLOCK] = sanitize_block, [ERASE_SANITIZE_CRYPTO] = sanitize_crypto,
	[ERASE_FORMAT_CRYPTO] = format_crypto,	 [ERASE_FORMAT] = format_user,
	[ERASE_ATA_ENHANCED] = ata_enhanced,	 [ERASE_ATA] = ata_plain,
	[ERASE_OVERWRITE] = overwrite,		 [ERASE_DISCARD] = discard,
};

/* --- samples */

static bool is_constant(const unsigned char *block)
{
	return !memcmp(block, block + 1, ERASE_BLOCK - 1);
}

static void remember(struct place *p, const unsigned char *block, bool readable)
{
	p->unread = !readable;
	p->content = readable && !is_constant(block);
	p->digest[0] = '\0';
	if (p->content)
		hash_buffer(block, ERASE_BLOCK, p->digest);
}

static int sample_before(struct erasing *e, struct error *err)
{
	struct sys *s = e->env->sys;
	unsigned char block[ERASE_BLOCK];
	struct error ignored;
	int h;

	if (s->ops->open_disk(s, e->path, &h, err))
		return -1;
	for (size_t i = 0; i < e->out->samples; i++) {
		struct place *p = &e->places[i];

		/* A sector that cannot be read now is no reason to keep the others. */
		remember(p, block, !s->ops->read_at(s, h, p->at, block, ERASE_BLOCK, &ignored));
		e->out->content += p->content;
		e->out->unread += p->unread;
	}
	return s->ops->close(s, h, false, err);
}

/* Compares BLOCK with what was at P; counts it. */
static int judge(struct erasing *e, const struct place *p, const unsigned char *block, bool zeros, struct error *err)
{
	char now[HASH_HEX];

	if (is_constant(block)) {
		*(block[0] ? &e->out->constant : &e->out->zeros) += 1;
		if (zeros && block[0])
			return error_set(err, ERR_VERIFY, "%s: byte %" PRIu64 " does not read as zero after it", e->path, p->at);
		return 0;
	}
	if (zeros)
		return error_set(err, ERR_VERIFY, "%s: byte %" PRIu64 " does not read as zero after it", e->path, p->at);
	hash_buffer(block, ERASE_BLOCK, now);
	/* Where it could not be read before there is nothing to compare with: then content proves nothing. */
	if (p->unread || str_eq(now, p->digest))
		return error_set(err, ERR_VERIFY, "%s: byte %" PRIu64 " reads as before", e->path, p->at);
	e->out->other++;
	return 0;
}

static int sample_after(struct erasing *e, bool zeros, struct error *err)
{
	struct sys *s = e->env->sys;
	unsigned char block[ERASE_BLOCK];
	struct error ignored;
	int h, rc = 0;

	e->out->zeros = e->out->constant = e->out->other = 0;
	if (s->ops->open_disk(s, e->path, &h, err))
		return -1;
	for (size_t i = 0; i < e->out->samples && !rc; i++)
		rc = s->ops->read_at(s, h, e->places[i].at, block, ERASE_BLOCK, err) || judge(e, &e->places[i], block, zeros, err) ? -1 : 0;
	if (s->ops->close(s, h, false, rc ? &ignored : err))
		return -1;
	return rc;
}

/* --- the operation */

static void keep_failure(struct erasing *e, const char *method, const struct error *cause)
{
	struct arena *a = e->env->keep;
	const char *text = arena_printf(a, "%s: %s", method, cause->msg);

	e->out->tried = arena_grow(a, e->out->tried, e->out->n_tried, sizeof(*e->out->tried));
	e->out->tried[e->out->n_tried++] = text;
	op_note(e->env, arena_printf(a, "%s is not erased by %s", e->disk->name, text));
}

static int by_any(struct erasing *e, const struct op_erase *p, struct error *err)
{
	AUTO_STR all = STR_INIT;

	for (size_t i = 0; i < p->n_methods; i++) {
		enum erase_method m = erase_find(p->methods[i]);
		struct error cause;

		if (m == ERASE__N)
			return error_set(err, ERR_INPUT, "there is no way to erase a disk that is called \"%.40s\"", p->methods[i]);
		if (!methods[m](e, &cause) && !sample_after(e, erase_types[m].zeros, &cause)) {
			e->out->method = erase_types[m].name;
			e->out->term = erase_types[m].term;
			return 0;
		}
		keep_failure(e, erase_types[m].name, &cause);
		str_addf(&all, "%s%s: %s", i ? "; " : "", erase_types[m].name, cause.msg);
	}
	error_set(err, ERR_IO, "%s: no method erased it: %s", e->disk->name, str_text(&all));
	return error_hint(err, "look at the disk's health and cable; destroy it by hand if it cannot be erased");
}

static struct erased *new_result(struct op_env *env, const struct plan_disk *d)
{
	struct erased *out;

	env->erased = arena_grow(env->keep, env->erased, env->n_erased, sizeof(*env->erased));
	out = &env->erased[env->n_erased];
	/* The plan may go before the report. */
	*out = (struct erased){
		.disk = arena_strdup(env->keep, d->role), .name = arena_strdup(env->keep, d->name),
		.serial = arena_strdup(env->keep, d->serial), .wwn = arena_strdup(env->keep, d->wwn),
		.model = arena_strdup(env->keep, d->model), .size_bytes = d->size_bytes, .begun_s = clock_real_s(),
	};
	return out;
}

static int erase_disk(struct erasing *e, const struct op_erase *p, struct error *err)
{
	const struct plan_disk *d = e->disk;
	uint64_t at[ERASE_PLACES];

	e->out->samples = erase_places(p->seed, p->disk, d->size_bytes, p->random, at);
	for (size_t i = 0; i < e->out->samples; i++)
		e->places[i].at = at[i];
	if (sample_before(e, err) || by_any(e, p, err))
		return -1;
	/* What a destroyed key leaves may look like anything: nobody is to find a table in it. */
	if (e->env->sys->ops->wipe(e->env->sys, e->path, NULL, 0, err))
		return -1;
	e->out->ended_s = clock_real_s();
	return 0;
}

int erase_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_erase *p = params;
	struct erasing *e;
	int rc;

	if (!env->keep)
		return error_set(err, ERR_INTERNAL, "erase: nobody keeps what comes of it");
	e = calloc(1, sizeof(*e));
	if (!e)
		abort();
	e->env = env;
	e->disk = op_plan_disk(env, p->disk);
	rc = op_disk_path(env, p->disk, &e->path, err);
	if (!rc) {
		e->out = new_result(env, e->disk);
		rc = erase_disk(e, p, err);
	}
	if (!rc)
		env->n_erased++;
	free(e);
	return rc;
}

int erase_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_erase *p = params;
	AUTO_ARENA a = ARENA_INIT;
	struct disk d;

	if (op_probe(env, p->disk, &a, &d, err))
		return -1;
	if (!disk_is_blank(&d))
		return error_set(err, ERR_VERIFY, "%s: still carries %s after it was erased", d.path,
				 d.n_signatures ? d.signatures[0].type : d.table ? d.table : "something");
	return 0;
}
