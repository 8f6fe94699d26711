/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One word to several nodes. What becomes of one is nothing to the others: each is asked, each answer is shown. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "cmd/fulcrum_show.h"

struct batch {
	const struct show *show;
	const char *const *names; /* given by name; else by what they are: */
	size_t n_names;
	const char *role; /* all of that role that the word has a meaning for */
	bool all;	  /* all that it has a meaning for */
};

/* Deploys them with BODY; --all and --role mean those with a plan that waits. Exit code: that of the first that was refused. */
int batch_deploy(const struct batch *b, const char *body);
/*
 * Has them run their checks again and waits for what they say, shown as they come; --all and --role mean those that are ready or
 * drifted. 0 only if every one is as declared, 10 if one is not.
 */
int batch_verify(const struct batch *b);
