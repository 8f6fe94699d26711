/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seed operation's two halves, for a data file system that is mounted already, at DATA. */
#pragma once
#include "ops/source.h"

/* Copies all of SEED to DATA/seed/BUILD-ID, and unless P says `beside`, makes it the one that is served. */
MUST_CHECK int seed_copy(struct op_env *env, const struct op_seed *p, const struct seed *seed, const char *data,
			 struct error *err);
/* Looks at it again there. */
MUST_CHECK int seed_check(struct op_env *env, const struct op_seed *p, const struct seed *seed, const char *data,
			  struct error *err);
