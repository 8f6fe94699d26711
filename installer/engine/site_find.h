/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the site file of an unattended boot: on a volume labelled FULCRUM-CFG, else on the medium itself. */
#pragma once
#include "base/error.h"
#include "base/str.h"
#include "model/machine.h"
#include "sys/sys.h"

/*
 * Reads site.yaml into RET. *RET_FROM says where it was found, for people. The volume is mounted
 * read-only only while it is read. Two volumes with the label are an error, not a choice.
 */
MUST_CHECK int site_find(struct sys *sys, const struct machine *m, const char *medium, const char *mount_dir,
			 struct arena *a, struct str *ret, const char **ret_from, struct error *err);
