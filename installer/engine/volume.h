/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files on the volumes that a person plugs in: those that a bundle may go to (engine/bundle.h). A volume is mounted
 * only while a file is read or written, and nothing that is there is ever overwritten.
 */
#pragma once
#include "base/error.h"
#include "base/str.h"
#include "model/machine.h"
#include "model/plan.h"
#include "sys/sys.h"

enum { VOLUME_FILE_MAX = 64 << 10 };

/*
 * Saves TEXT (mode 0600) under the first of NAMES that is not there yet, on the first volume that takes it. *RET_WHERE, in
 * A, says where it is, for people. ERR_NOT_FOUND when there is no such volume, with what to plug in.
 */
MUST_CHECK int volume_save(struct sys *sys, const struct machine *m, const struct plan *plan, const char *const *names, size_t n_names,
			   const char *text, const char *mount_dir, struct arena *a, const char **ret_where, struct error *err);
/*
 * Appends the files of NAMES from the first volume that has one of them, in the root of its file system; volumes are
 * mounted read-only. *RET_FROM as above. ERR_NOT_FOUND says which volumes were looked at.
 */
MUST_CHECK int volume_read(struct sys *sys, const struct machine *m, const char *const *names, size_t n_names, const char *mount_dir,
			   struct arena *a, struct str *ret, const char **ret_from, struct error *err);
