/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `fulcrumd network ...`: see admin/network.h. */
#pragma once
#include "admin/admin.h"

/* WORDS: what follows `network`, N of them. Returns the exit code. */
int fulcrumd_network(const struct admin_paths *paths, unsigned int timeout_s, char *const *words, int n);
