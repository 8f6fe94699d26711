/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binding a selector to what was observed. All conditions must hold and exactly one candidate must
 * match; a tie is only broken where the selector says how. Nothing is ever guessed.
 */
#pragma once
#include "base/error.h"
#include "base/str.h"
#include "model/machine.h"
#include "model/site.h"

/* Why D does not match S, as "bus is sata, wanted nvme"; NULL when it matches. */
const char *select_why_not(const struct disk_selector *s, const struct disk *d, struct arena *a);
/*
 * The disks for S: as many as its `count` says (one, if it says nothing), or ERR_SELECT with the table of all
 * candidates. With `pick`, the first `count` in that order; two disks with the same right to the last
 * place are refused. The set comes in the order of the disks' places in the machine (topology), so that
 * it is the same one whatever the kernel called them. WHAT names the selector in messages
 * ("admin.disk"); *RET_WHY says why these were taken. *RET is A's.
 */
MUST_CHECK int select_disks(const struct disk_selector *s, const char *what, const struct machine *m, struct arena *a,
			    const struct disk ***ret, size_t *ret_n, const char **ret_why, struct error *err);
/* For people: every disk with why it was taken, or with every condition that does not hold; a star marks what is taken. */
void select_explain(const struct disk_selector *s, const struct machine *m, struct str *out);
/* The one port for S, under the same rules. */
MUST_CHECK int select_nic(const struct nic_selector *s, const char *what, const struct machine *m,
			  struct arena *a, const struct nic **ret, struct error *err);
/* The ports for S, as many as its `count` says, in the order of their places in the machine; select_nic.c. */
MUST_CHECK int select_nics(const struct nic_selector *s, const char *what, const struct machine *m, struct arena *a,
			   const struct nic ***ret, size_t *ret_n, struct error *err);
/* For people: every port with why it was taken or not, as select_explain(). */
void select_nics_explain(const struct nic_selector *s, const struct machine *m, struct str *out);
