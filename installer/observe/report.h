/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lvm and mdadm answer, as values. The answers tell of metadata that anyone may have written:
 * what is not exactly as these programs write it is refused as a whole. Pure.
 */
#pragma once
#include "model/machine.h"

/*
 * Output of `lvm fullreport --reportformat json --units b --nosuffix` with the columns that
 * observe/storage.c asks for. Groups and volumes come by name, members by UUID.
 */
MUST_CHECK int lvm_report_read(const char *text, size_t len, struct arena *a, struct lvm_group **ret, size_t *ret_n,
			       struct error *err);

struct md_member {
	struct md_array array; /* metadata and found are not in the report */
	const char *uuid;      /* of the member itself */
	bool old;	       /* no name in it: metadata 0.90 */
};
/* Output of `mdadm --examine --export DEVICE`. */
MUST_CHECK int md_report_read(const char *text, size_t len, struct arena *a, struct md_member *ret, struct error *err);
