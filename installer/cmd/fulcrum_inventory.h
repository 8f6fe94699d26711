/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `fulcrum` prints of inventories. */
#pragma once
#include "cmd/fulcrum_show.h"

/* The inventory in T, the answer of /node/NAME: each group of facts with its source. */
void print_facts(const struct tree *t);
/* The changes of /node/NAME/history, as a table. */
int show_history(const struct show *o, const struct tree *t, struct arena *a);
/* The list "held" in T: machines that belong nowhere; nothing where there are none. */
void print_held(const struct tree *t);
