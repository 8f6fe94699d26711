/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the disks of a machine may be erased: they are asked, by programs that speak their commands. */
#pragma once
#include "model/machine.h"
#include "sys/sys.h"

/* Fills erase and erase_note of M's disks. One that does not answer is overwritten; nothing is changed, nothing can fail. ROOT is the prefix of /sys. */
void observe_erase(struct sys *sys, const char *root, struct arena *a, struct machine *m);
