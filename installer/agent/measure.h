/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the machine's disks already have of the images on offer: for plans that only move what differs. */
#pragma once
#include "base/arena.h"
#include "model/machine.h"
#include "sys/sys.h"

/*
 * Compares every partition of ours that has room for an image with the images of the release at SOURCE, and
 * adds what was found to M (partition.compared), in A. Bounded in time and never a failure: what could not be compared
 * is written whole, and why is said.
 */
void measure_images(struct sys *sys, const char *source, const char *release_key, struct machine *m, struct arena *a);
