/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rooms of `identity`. Every file that it writes is a value first: made of the parameters alone, it is written by
 * `apply` and compared byte by byte by `verify`. Nothing here outlives its arena; key bytes stay where the caller has
 * them.
 */
#pragma once
#include "base/arena.h"
#include "ops/ops.h"

struct id_file {
	const char *path; /* below the root of the deployed system */
	mode_t mode, dir_mode; /* of the file; of its directory, if it has to be made */
	const char *bytes;
	size_t len;
	bool secret; /* its bytes appear in no message */
};
struct id_files {
	struct arena *a;
	struct id_file *v;
	size_t n;
};

/* Appends a file with a copy of TEXT, and empties TEXT. */
void id_file_add(struct id_files *f, const char *path, mode_t mode, struct str *text);

/* --- identity_storage.c: what the system is told about its storage */

/* fstab(5), crypttab(5) with its key files, mdadm.conf(5), LVM's settings, GRUB's menu. */
MUST_CHECK int identity_storage_files(const struct op_env *env, const struct op_identity *p, struct id_files *f, struct error *err);
/* The line of fstab for /boot, or NULL: /boot lies on the root file system. */
const struct fstab_line *identity_boot_line(const struct op_identity *p);
/*
 * The image has its kernel in /boot of the root file system, mounted at ROOT: all of it is copied to the file system
 * that /boot is to be, compared, and only then removed. Nothing to do without such a file system.
 */
MUST_CHECK int identity_move_boot(struct op_env *env, const struct op_identity *p, const char *root, struct error *err);

/* --- identity_packages.c */

/* Every package that the node is to have is in the release's mirror; nothing is written. */
MUST_CHECK int identity_offered(struct op_env *env, const struct op_identity *p, struct error *err);
/*
 * Installs what is missing at ROOT, from the admin node's mirror, or from the medium's if that is what is installed
 * from. /dev, /proc, /sys and /run are mounted.
 */
MUST_CHECK int identity_packages(struct op_env *env, const struct op_identity *p, const char *root, struct error *err);

/* --- identity_initramfs.c */

/*
 * The initramfs at ROOT has the programs that root stands on, and is given the settings of this machine. The same is
 * mounted.
 */
MUST_CHECK int identity_initramfs(struct op_env *env, const struct op_identity *p, const char *root, struct error *err);
/* It ends in these settings. */
MUST_CHECK int identity_check_initramfs(struct op_env *env, const struct op_identity *p, const char *root, struct error *err);
