/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking at the machine: the world becomes a struct machine, which is all that planning knows of
 * it. Every path of /sys and /proc stands below ROOT ("" in real life), so that a recorded tree
 * replays as the machine it was taken from. Looking changes nothing and waits for nothing, except
 * where it says so.
 */
#pragma once
#include "observe/observe.h"

/*
 * All of it. With SYS, tables and signatures of the disks are probed (20 s at most for one that
 * does not answer); without (NULL), they stay empty: for recorded trees, and for programs that need
 * no disks. Fails only if ROOT holds no machine at all; what cannot be read of one thing is that
 * thing's `damage`, or left out.
 */
MUST_CHECK int observe_machine(struct sys *sys, const char *root, struct arena *a,
			       struct machine **ret, struct error *err);
