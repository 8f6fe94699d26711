/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the boot operation, a file each. */
#pragma once
#include "ops/ops.h"
#include "ops/source.h"

/* GRUB for BIOS on each disk that P names. */
MUST_CHECK int boot_bios_apply(struct op_env *env, const struct op_boot *p, const struct seed *seed, struct error *err);
MUST_CHECK int boot_bios_verify(struct op_env *env, const struct op_boot *p, const struct seed *seed, struct error *err);
/*
 * One firmware entry of ours for P's first ESP, where P asks for one. Best effort: what came of it is told as a note, and
 * no failure is one of the install.
 */
void boot_entry_renew(struct op_env *env, const struct op_boot *p);
