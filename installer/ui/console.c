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
}

static void show_running(struct console *c, const struct progress *p)
{
	char rate[SIZE_TEXT_MAX] = "", left[PROGRESS_TEXT_MAX];

	if (p->rate)
		size_format(p->rate, rate);
	fprintf(c->out, "\r[%2zu/%zu] %-9s %3u%%  %s%s%s\033[K", p->index + 1, p->count, op_kind_names[p->op->kind], p->percent,
		rate, rate[0] ? "/s  " : "", progress_left(p, left));
	fflush(c->out);
}

static void on_step(void *ctx, const struct progress *p)
{
	struct console *c = ctx;
	uint64_t now = clock_mono_ms();

	if (!p->begins && !p->finished && now - c->last_ms < UPDATE_MS)
		return;
	c->last_ms = now;
	channel_step(c->who, p->op->id, (unsigned int)p->index + 1, (unsigned int)p->count, p->done, p->total, p->percent);
	if (p->finished)
		fprintf(c->out, "%s[%2zu/%zu] %-9s %3u%%  %5.1f s  %s%s\n", c->tty ? "\r" : "", p->index + 1, p->count,
			op_kind_names[p->op->kind], p->percent, (double)p->op_ms / 1000.0, p->op->text, c->tty ? "\033[K" : "");
	else if (c->tty)
		show_running(c, p);
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
