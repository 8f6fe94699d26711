/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations: each takes its declared parameters, reads nothing else, is safe to repeat, and
 * verifies by looking again at the world. One explicit table; one file per kind of work.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "model/erase.h"
#include "model/plan.h"
#include "sys/sys.h"

/* Bytes of a key. They never go into a plan, a log, an error or a command line. */
struct op_secret {
	const char *name;
	const unsigned char *bytes;
	size_t len;
};

struct op_env {
	struct sys *sys;
	const struct plan *plan;
	const char **disk_paths;   /* device nodes by index of plan->disks, resolved by identity */
	const char *source;	   /* URL below which the release lies: file:///... or http://... */
	const char *release_key;   /* public key that signs SEED and chunk lists, hex */
	const char *target;	   /* directory to mount the target's file systems under */
	const char *site_text;	   /* the site file that `admin` keeps; its hash is in the plan */
	const struct op_secret *secrets; /* keys of encrypted devices, by name */
	size_t n_secrets;
	/* Something a person should read that is no failure. Gets progress_ctx. May be NULL. */
	void (*note)(void *ctx, const char *text);
	/* Bytes done of the operation's weight; may be NULL. Cannot fail. */
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *progress_ctx;
	/* Left by `identity` for the report: public key of the deployed system. */
	char node_key[KEY_PUB_HEX];
	/* Left by `erase`, in KEEP, which it needs: what came of each disk. */
	struct arena *keep;
	struct erased *erased;
	size_t n_erased;
};

struct op_type {
	int (*apply)(struct op_env *env, const void *params, struct error *err);
	int (*verify)(struct op_env *env, const void *params, struct error *err);
};

/* By op_kind; every row is complete. */
extern const struct op_type op_types[OP__N];

/*
 * What of OP can be known before anything is written: that its key is here, that the release has its packages. Reads
 * the release; touches no disk.
 */
MUST_CHECK int op_possible(struct op_env *env, const struct op *op, struct error *err);

/* --- shared by the operations --- */

/* Device node of the disk with ROLE. */
MUST_CHECK int op_disk_path(const struct op_env *env, const char *role, const char **ret, struct error *err);
/* Device node of the device that the reference DEV names (see model/plan.h). */
MUST_CHECK int op_dev_path(const struct op_env *env, const char *dev, struct arena *a, const char **ret,
			   struct error *err);
/* What the plan says of the disk with ROLE; NULL if it names none. */
const struct plan_disk *op_plan_disk(const struct op_env *env, const char *role);
/* Looks at the disk with ROLE again. */
MUST_CHECK int op_probe(const struct op_env *env, const char *role, struct arena *a, struct disk *ret,
			struct error *err);
/* Looks at the device that the reference DEV names: what it carries as a whole. */
MUST_CHECK int op_probe_dev(const struct op_env *env, const char *dev, struct arena *a, struct disk *ret,
			    struct error *err);
/* Mounts a device below env->target/NAME; *RET_DIR is the directory. Pair with op_umount. */
MUST_CHECK int op_mount(const struct op_env *env, const char *dev, const char *type, bool read_only, const char *name,
			struct arena *a, const char **ret_dir, struct error *err);
/* Unmounts; on an error path keeps the earlier *ERR. RC is what the work before returned, and what is returned. */
MUST_CHECK int op_umount(const struct op_env *env, const char *dir, int rc, struct error *err);
MUST_CHECK int op_write_text(const struct op_env *env, const char *dir, const char *rel, mode_t mode,
			     const char *text, struct error *err);
void op_progress(const struct op_env *env, uint64_t done, uint64_t total);
/* Tells a person something that is no failure. */
void op_note(const struct op_env *env, const char *text);
/* The bytes of the key that the plan calls NAME. */
MUST_CHECK int op_secret(const struct op_env *env, const char *name, const struct op_secret **ret, struct error *err);

int clear_apply(struct op_env *env, const void *params, struct error *err);
int clear_verify(struct op_env *env, const void *params, struct error *err);
int table_apply(struct op_env *env, const void *params, struct error *err);
int table_verify(struct op_env *env, const void *params, struct error *err);
int raid_apply(struct op_env *env, const void *params, struct error *err);
int raid_verify(struct op_env *env, const void *params, struct error *err);
int crypt_apply(struct op_env *env, const void *params, struct error *err);
int crypt_verify(struct op_env *env, const void *params, struct error *err);
int group_apply(struct op_env *env, const void *params, struct error *err);
int group_verify(struct op_env *env, const void *params, struct error *err);
int volume_apply(struct op_env *env, const void *params, struct error *err);
int volume_verify(struct op_env *env, const void *params, struct error *err);
int mkfs_apply(struct op_env *env, const void *params, struct error *err);
int mkfs_verify(struct op_env *env, const void *params, struct error *err);
int image_apply(struct op_env *env, const void *params, struct error *err);
int image_verify(struct op_env *env, const void *params, struct error *err);
int system_apply(struct op_env *env, const void *params, struct error *err);
int system_verify(struct op_env *env, const void *params, struct error *err);
int seed_apply(struct op_env *env, const void *params, struct error *err);
int seed_verify(struct op_env *env, const void *params, struct error *err);
int admin_apply(struct op_env *env, const void *params, struct error *err);
int admin_verify(struct op_env *env, const void *params, struct error *err);
int identity_apply(struct op_env *env, const void *params, struct error *err);
int identity_verify(struct op_env *env, const void *params, struct error *err);
int boot_apply(struct op_env *env, const void *params, struct error *err);
int boot_verify(struct op_env *env, const void *params, struct error *err);
int commit_apply(struct op_env *env, const void *params, struct error *err);
int commit_verify(struct op_env *env, const void *params, struct error *err);
int erase_apply(struct op_env *env, const void *params, struct error *err);
int erase_verify(struct op_env *env, const void *params, struct error *err);
