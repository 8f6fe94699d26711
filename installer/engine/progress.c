/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Percent, rate and time left. */
#include "engine/progress.h"

#include <stdio.h>
#include <string.h>

/*
 * Time constants: how long it takes until a change of speed is mostly believed. The first seconds, and the first
 * hundredth of the work, say nothing of the rest.
 */
static const double whole_tau_ms = 15000, op_tau_ms = 3000, left_after_ms = 3000, left_after_share = 0.01;
enum { RATE_AFTER_MS = 1000, RATE_AFTER_BYTES = 1 << 20, DAY_S = 86400 };

void progress_init(struct progress *p, const struct plan *plan, uint64_t now_ms)
{
	*p = (struct progress){ .plan = plan, .count = plan->n_ops, .start_ms = now_ms, .op_start_ms = now_ms, .last_ms = now_ms };
	for (size_t i = 0; i < plan->n_ops; i++)
		p->weight_all += plan->ops[i].weight;
}

/* OLD drawn towards SAMPLE, which held for DT: right for any DT, and never past SAMPLE. */
static double drawn(double old, double sample, double dt_ms, double tau_ms)
{
	return old + (sample - old) * dt_ms / (tau_ms + dt_ms);
}

static void begin_op(struct progress *p, size_t index, uint64_t now_ms)
{
	for (size_t i = p->op ? p->index : 0; i < index; i++)
		p->weight_before += p->plan->ops[i].weight;
	p->op = &p->plan->ops[index];
	p->index = index;
	p->op_start_ms = now_ms;
	p->op_speed = 0;
	p->last_done = 0;
	p->done = 0;
}

static void measure(struct progress *p, double weight, uint64_t now_ms)
{
	double dt = (double)(now_ms - p->last_ms);
	double moved = weight > p->weight_now ? weight - p->weight_now : 0;
	double bytes = p->done > p->last_done ? (double)(p->done - p->last_done) : 0;
	bool first = p->speed <= 0, first_op = p->op_speed <= 0;

	/* Several moves in one millisecond are seen as one when the clock goes on. */
	if (dt <= 0)
		return;
	p->speed = first ? weight / (double)(now_ms - p->start_ms) : drawn(p->speed, moved / dt, dt, whole_tau_ms);
	p->op_speed = first_op ? bytes / dt : drawn(p->op_speed, bytes / dt, dt, op_tau_ms);
	p->weight_now = weight;
	p->last_done = p->done;
	p->last_ms = now_ms;
}

static void estimate(struct progress *p, double weight, uint64_t now_ms)
{
	double elapsed = (double)(now_ms - p->start_ms), all = (double)p->weight_all;
	double average = elapsed > 0 ? weight / elapsed : 0, speed;

	p->left_known = all > 0 && elapsed >= left_after_ms && weight >= all * left_after_share;
	if (!p->left_known)
		return;
	/* Half of it is what the whole run showed: a step that stands still makes the rest longer, not endless. */
	speed = (average + p->speed) / 2;
	p->left_s = (uint64_t)((all - weight) / speed / 1000.0 + 0.5);
}

void progress_move(struct progress *p, size_t index, uint64_t done, uint64_t total, bool finished, uint64_t now_ms)
{
	double share, weight;
	unsigned int percent;

	if (now_ms < p->last_ms)
		now_ms = p->last_ms;
	if (!p->op || index != p->index)
		begin_op(p, index, now_ms);
	p->total = total;
	p->done = done < total ? done : total;
	p->begins = !done && !finished;
	p->finished = finished;
	share = finished ? 1 : total ? (double)p->done / (double)total : 0;
	weight = (double)p->weight_before + share * (double)p->op->weight;
	measure(p, weight, now_ms);
	percent = p->weight_all ? (unsigned int)(weight * 100 / (double)p->weight_all) : 0;
	/* An operation that starts over (a stream that was cut) does not take back what was told. */
	if (percent > p->percent)
		p->percent = percent > 100 ? 100 : percent;
	p->op_ms = now_ms - p->op_start_ms;
	p->rate = p->op_ms >= RATE_AFTER_MS && p->done >= RATE_AFTER_BYTES ? (uint64_t)(p->op_speed * 1000) : 0;
	estimate(p, weight, now_ms);
}

const char *progress_left(const struct progress *p, char ret[PROGRESS_TEXT_MAX])
{
	uint64_t s = p->left_s;

	/* As fine as it can be believed. */
	if (!p->left_known)
		ret[0] = '\0';
	else if (s < 5)
		snprintf(ret, PROGRESS_TEXT_MAX, "almost done");
	else if (s < 55)
		snprintf(ret, PROGRESS_TEXT_MAX, "about %u s left", (unsigned int)((s + 5) / 10 * 10));
	else if (s < 90 * 60)
		snprintf(ret, PROGRESS_TEXT_MAX, "about %u min left", (unsigned int)((s + 30) / 60));
	else if (s < DAY_S)
		snprintf(ret, PROGRESS_TEXT_MAX, "about %u h left", (unsigned int)((s + 1800) / 3600));
	else
		snprintf(ret, PROGRESS_TEXT_MAX, "more than a day left");
	return ret;
}
