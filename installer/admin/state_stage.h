/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that make another state share with the one that puts it in place; nobody else's. */
#pragma once
#include "admin/state.h"

#define STATE_HOST_KEY_DIR "dropbear"
/* A file in a state that was made by a reset: what becomes of the former one. Gone once that is done. */
#define STATE_RESET_MARK "reset"
#define STATE_RESET_KEEP "keep\n"
#define STATE_RESET_DROP "drop\n"

/* <data>.ENDING */
const char *state_beside(const struct state_env *e, const char *ending, struct arena *a);
/* NAME in the directory of PATH. */
const char *state_sibling(const char *path, const char *name, struct arena *a);
/* An empty <data>.new, *RET_DIR. */
MUST_CHECK int state_begin(const struct state_env *e, const char **ret_dir, struct arena *a, struct error *err);
/* FROM as TO, both plain files, if FROM is there; mode 0600, on the disk. */
MUST_CHECK int state_copy_file(const struct state_env *e, const char *from, const char *to, struct error *err);
