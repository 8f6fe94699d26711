/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware's list of what it starts (UEFI 2.10 section 3.1), as efibootmgr 18 prints it. Labels and paths are whatever
 * anyone wrote into the firmware: a text that could be read in two ways is refused as a whole. Pure.
 */
#pragma once
#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

struct boot_entry {
	unsigned int number; /* of Boot####, 0 to 0xffff */
	bool active;
	bool network;	       /* it starts from the network */
	const char *label;     /* as it is, without cleaning */
	const char *path;      /* device path, and what efibootmgr prints behind it; "" = none */
	const char *partition; /* GUID of the GPT partition that the path begins with, lower case; NULL = another path */
};

struct boot_entries {
	struct boot_entry *v;
	size_t n;
	unsigned int *order; /* BootOrder; may name entries that there are none of */
	size_t n_order;
};

/* Output of `efibootmgr`. Lines of other kinds are passed over. */
MUST_CHECK int boot_entries_read(const char *text, size_t len, struct arena *a, struct boot_entries *ret, struct error *err);
/*
 * The order that B should have for its entry NUMBER: at the very first, or after the last one that starts from the network
 * (at the end if none does). All others stay as they are; those that do not exist are left out.
 */
void boot_entries_order(const struct boot_entries *b, unsigned int number, bool first, struct arena *a,
			struct boot_entries *ret);
/* The entry NUMBER, or NULL. */
const struct boot_entry *boot_entries_find(const struct boot_entries *b, unsigned int number);
