/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words and progress on the consoles. */
#include "ui/console.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/size.h"
#include "ui/control.h"

enum { UPDATE_MS = 500, BAR = 20, TEXT_AT = 23, HELD_MS = 3000 };

void console_init(struct console *c, bool all, const char *who)
{
	*c = (struct console){ .who = who, .hub = TASK_NONE };
	screens_open(&c->screens, all);
}

void console_watched(struct console *c)
{
	struct screens *s = &c->screens;
	struct error ignored;
	int at;

	if (hub_start(HUB_SOCKET, &c->hub, &ignored))
		return;
	at = screens_add(s, "a remote login", c->hub.fd, c->hub.fd);
	if (at < 0) {
		task_end(&c->hub, 0);
		return;
	}
	s->s[at].tty = true;
	s->s[at].relays = true;
	c->hub.fd = -1; /* the screen's */
}

void console_close(struct console *c)
{
	screens_close(&c->screens);
	task_end(&c->hub, HUB_END_MS);
}

/* --- terminals of others */

static void give_back(struct console *c, int at)
{
	struct screens *s = &c->screens;

	for (size_t i = 0; i < s->n; i++)
		if (s->s[i].relays && s->s[i].out >= 0)
			str_addf(&s->s[i].waiting, CONTROL_FREE " %s\n", s->s[at].name);
	screens_remove(s, at);
	screens_flush(s);
}

int console_borrow(struct console *c, int at)
{
	struct screens *s = &c->screens;
	struct screen *relay = &s->s[at];
	AUTO_FD fd = relay->relays && relay->from[0] ? terminal_open(relay->from) : -1;
	int ret;

	/* Whose login has gone, but whose terminal's name is used again. */
	for (size_t i = 0; i < s->n; i++)
		if (s->s[i].borrowed && (s->s[i].in < 0 || !strcmp(s->s[i].name, relay->from)))
			give_back(c, (int)i);
	if (fd < 0)
		return -1;
	str_addf(&relay->waiting, CONTROL_HOLD " %s\n", relay->from);
	if (!screens_expect(s, at, CONTROL_HELD, HELD_MS) || (ret = screens_add(s, relay->from, fd, fd)) < 0) {
		str_addf(&relay->waiting, CONTROL_FREE " %s\n", relay->from);
		screens_flush(s);
		return -1;
	}
	terminal_sane(fd);
	fd = -1;
	s->s[ret].borrowed = true;
	return ret;
}

void console_return(struct console *c)
{
	screens_drain(&c->screens);
	for (size_t i = 0; i < c->screens.n; i++)
		if (c->screens.s[i].borrowed)
			give_back(c, (int)i);
}

void console_text(struct console *c, const char *text)
{
	screens_put(&c->screens, text);
}

void console_say(struct console *c, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	console_text(c, text);
}

int console_ask(struct console *c, const char *prompt, char ret[SCREEN_TYPED_MAX])
{
	int at;

	screens_prompt(&c->screens, prompt);
	at = screens_line(&c->screens, -1, ret);
	/* The others stand behind the question still. */
	for (size_t i = 0; i < c->screens.n && at >= 0; i++)
		if (c->screens.s[i].out >= 0 && (int)i != at)
			str_addf(&c->screens.s[i].waiting, "(answered at %s)\n", c->screens.s[at].name);
	screens_flush(&c->screens);
	return at;
}

/* --- lines */

void console_wrap(const char *text, size_t indent, struct str *out)
{
	const size_t width = CONSOLE_WIDTH - 1 - indent;

	while (*text) {
		size_t len = strcspn(text, "\n"), cut = len;

		if (len > width) {
			for (cut = width; cut && text[cut] != ' '; cut--)
				;
			/* A word that is longer than a line is left whole: it may have to be copied. */
			cut = cut ? cut : strcspn(text, " \n");
		}
		if (cut)
			str_addf(out, "%*s%.*s", (int)indent, "", (int)cut, text);
		str_addc(out, '\n');
		text += cut + (text[cut] == '\n' || text[cut] == ' ');
	}
}

void console_moving_line(const struct progress *p, struct str *out)
{
	char rate[SIZE_TEXT_MAX] = "", left[PROGRESS_TEXT_MAX];
	unsigned int full = p->percent * BAR / 100;

	if (p->rate)
		size_format(p->rate, rate);
	str_addf(out, "[%2zu/%zu] %-8s %3u%%  ", p->index + 1, p->count, op_kind_names[p->op->kind], p->percent);
	for (unsigned int i = 0; i < BAR; i++)
		str_addc(out, i < full ? '#' : '.');
	str_addf(out, " %8s%s  %s", rate, rate[0] ? "/s" : "  ", progress_left(p, left));
}

void console_finished_line(const struct progress *p, struct str *out)
{
	AUTO_STR text = STR_INIT;
	size_t from = out->len, at;

	/* The text stands in a column of its own. */
	console_wrap(p->op->text ? p->op->text : p->op->id, TEXT_AT, &text);
	str_addf(out, "[%2zu/%zu]  %3u%% %6.1f s", p->index + 1, p->count, p->percent, (double)p->op_ms / 1000.0);
	at = out->len - from;
	str_addf(out, "%*s", at < TEXT_AT ? (int)(TEXT_AT - at) : 1, "");
	if (text.len > TEXT_AT)
		str_addn(out, text.s + TEXT_AT, text.len - TEXT_AT - 1);
}

/* --- the sink */

static void tell_channel(const struct console *c, const struct progress *p)
{
	const struct channel_move m = { .id = p->op->id, .n = (unsigned int)p->index + 1, .of = (unsigned int)p->count,
					.percent = p->percent, .done = p->done, .total = p->total, .rate = p->rate,
					.left_s = p->left_known ? (int64_t)p->left_s : -1 };

	channel_step(c->who, &m);
}

static void on_step(void *ctx, const struct progress *p)
{
	struct console *c = ctx;
	uint64_t now = clock_mono_ms();
	AUTO_STR line = STR_INIT;

	if (!p->begins && !p->finished && now - c->last_ms < UPDATE_MS)
		return;
	c->last_ms = now;
	tell_channel(c, p);
	if (p->finished) {
		console_finished_line(p, &line);
		str_addc(&line, '\n');
		screens_put(&c->screens, str_text(&line));
		return;
	}
	console_moving_line(p, &line);
	screens_live(&c->screens, str_text(&line));
	str_addc(&line, '\n');
	if (p->percent / 10 > c->tenth)
		screens_plain(&c->screens, str_text(&line));
	c->tenth = p->percent / 10;
}

static void on_stage(void *ctx, const char *stage, const char *text)
{
	struct console *c = ctx;

	console_say(c, "%s: %s\n", stage, text);
	channel_emit("stage", c->who, "stage", stage, "text", text, NULL);
}

static void on_note(void *ctx, const char *text)
{
	struct console *c = ctx;

	console_say(c, "note: %s\n", text);
	channel_emit("note", c->who, "text", text, NULL);
}

struct engine_sink console_sink(struct console *c)
{
	return (struct engine_sink){ .ctx = c, .step = on_step, .stage = on_stage, .note = on_note };
}

void console_summary(struct console *c, const struct error *err)
{
	AUTO_STR text = STR_INIT;
	AUTO_STR cause = STR_INIT;

	str_addf(&cause, "\nfulcrum: %s", err->msg);
	console_wrap(str_text(&cause), 0, &text);
	if (err->hint[0]) {
		str_add(&text, "  what to do:\n");
		console_wrap(err->hint, 4, &text);
	}
	console_text(c, str_text(&text));
}

void console_error(struct console *c, const struct error *err)
{
	console_summary(c, err);
	channel_emit("error", c->who, "kind", error_kind_name(err->kind), "text", err->msg, "hint", err->hint, NULL);
}
