/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine is made of, for people, each group of facts with its source. Pure. */
#pragma once
#include "base/str.h"
#include "model/machine.h"

/* Adds a line a fact, "firmware   uefi 2.19.1 of 06/04/2024, secure boot off   (sysfs)", and tables of what there are several of. */
void facts_text(const struct machine *m, struct str *out);
