/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `fulcrum` prints, one function a kind of answer: T as fulcrumd gave it. They return the exit code. */
#pragma once
#include <stdbool.h>

#include "base/arena.h"
#include "data/tree.h"

struct show {
	bool json; /* as it is, for programs */
};

/* The site; 10 unless the admin node is ready. */
int show_status(const struct show *o, const struct tree *t, struct arena *a);
int show_list(const struct show *o, const struct tree *t, struct arena *a);
int show_node(const struct show *o, const struct tree *t, struct arena *a);
/* What brings its own `text`. */
int show_text(const struct show *o, const struct tree *t, struct arena *a);
/* "NODE is STATE: TEXT". */
int show_deploy(const struct show *o, const struct tree *t, struct arena *a);
int show_events(const struct show *o, const struct tree *t, struct arena *a);
/* As it is. */
int show_json(const struct show *o, const struct tree *t, struct arena *a);
/* The checks of one node. */
void show_checks(const struct tree *checks);
/* A tar of the files in T, on standard output; 2 when that is a terminal. */
int show_bundle(const struct show *o, const struct tree *t, struct arena *a);
/* What rules make of all nodes. */
int show_rules(const struct show *o, const struct tree *t, struct arena *a);
