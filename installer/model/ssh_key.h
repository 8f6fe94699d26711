/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a line is a public SSH key that a server will accept: type, whole body, size. */
#pragma once
#include "base/arena.h"

/*
 * NULL when LINE is the line of a .pub file, else what is wrong with it, and *RET_HINT, which may be
 * NULL. A private key is told from a public one and never shown. Texts live in A.
 */
const char *ssh_key_why_not(const char *line, struct arena *a, const char **ret_hint);
