/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Console progress. */
#include "ui/console.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/size.h"

enum { UPDATE_MS = 500 };

void console_init(struct console *c, FILE *out, const char *who)
{
	memset(c, 0, sizeof(*c));
	c->out = out;
	c->who = who;
	c->tty = isatty(fileno(out)) == 1;
	c->start_ms = clock_mono_ms();
}

static void show_running(struct console *c, const struct op *op, size_t index, size_t count, uint64_t done,
			 uint64_t total, unsigned int percent, uint64_t now)
{
	uint64_t ms = now - c->op_start_ms;
	char rate[SIZE_TEXT_MAX] = "";

	if (ms > 1000 && done > (1u << 20))
		size_format(done * 1000 / ms, rate);
	fprintf(c->out, "\r[%2zu/%zu] %-9s %3u%%  this step %3u%%%s%s%s   \033[K", index + 1, count,
		op_kind_names[op->kind], percent, total ? (unsigned int)((double)done * 100.0 / (double)total) : 0,
		rate[0] ? "  " : "", rate, rate[0] ? "/s" : "");
	fflush(c->out);
}

static void on_step(void *ctx, const struct op *op, size_t index, size_t count, uint64_t done, uint64_t total,
		    unsigned int percent, bool finished)
{
	struct console *c = ctx;
	uint64_t now = clock_mono_ms();
	bool begins = !finished && done == 0;

	if (begins)
		c->op_start_ms = now;
	if (!begins && !finished && now - c->last_ms < UPDATE_MS)
		return;
	c->last_ms = now;
	channel_step(c->who, op->id, (unsigned int)index + 1, (unsigned int)count, done, total, percent);
	if (finished)
		fprintf(c->out, "%s[%2zu/%zu] %-9s %3u%%  %5.1f s  %s%s\n", c->tty ? "\r" : "", index + 1, count,
			op_kind_names[op->kind], percent, (double)(now - c->op_start_ms) / 1000.0, op->text,
			c->tty ? "\033[K" : "");
	else if (c->tty)
		show_running(c, op, index, count, done, total, percent, now);
	fflush(c->out);
}

static void on_stage(void *ctx, const char *stage, const char *text)
{
	struct console *c = ctx;

	fprintf(c->out, "%s: %s\n", stage, text);
	fflush(c->out);
	channel_emit("stage", c->who, "stage", stage, "text", text, NULL);
}

static void on_note(void *ctx, const char *text)
{
	struct console *c = ctx;

	fprintf(c->out, "%snote: %s%s\n", c->tty ? "\r" : "", text, c->tty ? "\033[K" : "");
	fflush(c->out);
	channel_emit("note", c->who, "text", text, NULL);
}

struct engine_sink console_sink(struct console *c)
{
	return (struct engine_sink){ .ctx = c, .step = on_step, .stage = on_stage, .note = on_note };
}

void console_error(struct console *c, const struct error *err)
{
	fprintf(c->out, "\nfulcrum: %s\n", err->msg);
	if (err->hint[0])
		fprintf(c->out, "  what to do: %s\n", err->hint);
	fflush(c->out);
	channel_emit("error", c->who, "kind", error_kind_name(err->kind), "text", err->msg, "hint", err->hint, NULL);
}
