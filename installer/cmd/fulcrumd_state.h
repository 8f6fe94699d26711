/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `fulcrumd export`, `import`, `factory-reset`, which `fulcrum` hands on: the whole state of this admin node (admin/state.h). */
#pragma once
#include <stdbool.h>

/* Whether WORD is one of these verbs; they have options of their own. */
bool fulcrumd_state_verb(const char *word);
/* The exit code. */
int fulcrumd_state(int argc, char **argv);
