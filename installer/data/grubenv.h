/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's environment block, a file of GRUBENV_BYTES that GRUB reads and writes in place (GRUB manual, "Environment
 * block"): a first line, NAME=VALUE lines, and '#' to the end. Here, what an admin node's boot loader goes by:
 *   slot     "a" or "b": the good one, started unless there is a trial
 *   trial    "a" or "b": the one to be started next, once; absent: none
 *   tries    "1": not started yet; GRUB writes "0" before it starts it
 *   seconds  how long it has to prove itself
 * All of it stands in the first sector, so that a write that is cut short changes it whole or not at all.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

enum { GRUBENV_BYTES = 1024, GRUBENV_SECTOR = 512 };

struct bootsel {
	char slot;  /* 'a' or 'b' */
	char trial; /* 'a', 'b', or 0 */
	unsigned int tries, seconds;
};

/* Appends GRUBENV_BYTES to RET. */
void grubenv_write(const struct bootsel *b, struct str *ret);
/* ERR_INPUT: no environment block, or none that says which slot is the good one. */
MUST_CHECK int grubenv_read(const char *text, size_t len, struct bootsel *ret, struct error *err);
