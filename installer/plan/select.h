/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binding a selector to what was observed. All conditions must hold and exactly one candidate must
 * match; a tie is only broken where the selector says how. Nothing is ever guessed.
 */
#pragma once
#include "base/error.h"
#include "model/machine.h"
#include "model/site.h"

/* Why D does not match S, as "bus is sata, wanted nvme"; NULL when it matches. */
const char *select_why_not(const struct disk_selector *s, const struct disk *d, struct arena *a);
/*
 * The one disk for S. WHAT names the selector in messages ("admin.disk"). *RET_WHY says why it was
 * taken. Fails with ERR_SELECT and the table of all candidates.
 */
MUST_CHECK int select_disk(const struct disk_selector *s, const char *what, const struct machine *m,
			   struct arena *a, const struct disk **ret, const char **ret_why, struct error *err);
/* The one port for S, under the same rules. */
MUST_CHECK int select_nic(const struct nic_selector *s, const char *what, const struct machine *m,
			  struct arena *a, const struct nic **ret, struct error *err);
