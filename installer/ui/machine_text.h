/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine for people: what a tired person reads off a screen before writing a site file. Pure. */
#pragma once
#include "base/str.h"
#include "model/machine.h"

/* Adds a heading, a table of disks, volume groups and arrays if there are any, and a table of ports. */
void machine_text(const struct machine *m, struct str *out);
