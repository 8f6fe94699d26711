/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal of a run, each note on stable storage before going on: in a file the plan and one line an operation
 * begins or ends; on every disk that the plan writes which operation has begun, so that after a power cut the
 * disk itself tells whose attempt was cut (model/disk_journal.h).
 */
#pragma once
#include "base/error.h"
#include "base/hash.h"
#include "model/plan.h"
#include "sys/sys.h"

struct journal {
	int fd; /* -1: no file is kept */
	struct sys *sys;
	const struct plan *plan;
	const char *const *paths; /* device nodes by index of plan->disks */
	char hash[HASH_HEX];	  /* of the plan */
};

/* PATH: the file; NULL = none. Nothing is written to disks yet. What is given has to live as long as *J. */
MUST_CHECK int journal_open(struct journal *j, const char *path, struct sys *sys, const struct plan *plan,
			    const char *const *paths, struct error *err);
/* A line in the file: WHAT is "begin", "done" or "failed"; or "note", with a text in place of an operation. */
MUST_CHECK int journal_add(struct journal *j, const char *op_id, const char *what, struct error *err);
/*
 * Notes on the disks that OP_ID begins, or that all is done. A disk is left out if the plan does not write it or has a
 * partition where the record would lie.
 */
MUST_CHECK int journal_mark(const struct journal *j, const char *op_id, bool finished, struct error *err);
void journal_close(struct journal *j);
