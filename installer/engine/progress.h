/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a run is, by weight: a value that the engine keeps and every sink shows. Pure: the time is an argument.
 * The percentage never goes back. The time left is told only once it rests on something, and follows changes of
 * speed slowly, so that a disk that stutters does not make it jump.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "model/plan.h"

enum { PROGRESS_TEXT_MAX = 32 };

struct progress {
	const struct op *op; /* the current one; index of count */
	size_t index, count;
	uint64_t done, total; /* of it, bytes; not more done than total */
	bool begins, finished;
	unsigned int percent; /* of the whole plan */
	uint64_t op_ms;	      /* since it began */
	uint64_t rate;	      /* of it, bytes a second; 0: not known (yet) */
	bool left_known;
	uint64_t left_s; /* to the end of the plan */

	/* How it is known; for progress.c alone. */
	const struct plan *plan;
	uint64_t weight_all, weight_before, start_ms, op_start_ms, last_ms, last_done;
	double weight_now, speed, op_speed; /* weight, weight per ms, bytes per ms */
};

/* Before the first step. PLAN is kept. */
void progress_init(struct progress *p, const struct plan *plan, uint64_t now_ms);
/* Operation INDEX (never one before the last call's) has done DONE of TOTAL; both 0: it begins. */
void progress_move(struct progress *p, size_t index, uint64_t done, uint64_t total, bool finished, uint64_t now_ms);
/* "about 2 min left", "" while it is not known. Returns RET. */
const char *progress_left(const struct progress *p, char ret[PROGRESS_TEXT_MAX]);
