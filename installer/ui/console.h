/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The installer's and the agent's words and progress, on the consoles and, as JSON lines, on the progress channel.
 * A terminal has one line that moves, at most twice a second; what is none gets a plain line every tenth.
 */
#pragma once
#include <stdbool.h>

#include "engine/engine.h"
#include "ui/hub.h"
#include "ui/screens.h"

struct console {
	struct screens screens;
	struct task hub;
	const char *who; /* "install" or "agent": in the channel's lines */
	uint64_t last_ms;
	unsigned int tenth;
};

enum { CONSOLE_WIDTH = 80 };

/* ALL: on every console of the machine, else on stdout alone. */
void console_init(struct console *c, bool all, const char *who);
void console_close(struct console *c);
/* Whole lines. */
void console_say(struct console *c, const char *fmt, ...) PRINTF(2, 3);
/* The same of any length. */
void console_text(struct console *c, const char *text);
/* Who watches from elsewhere (ui/hub.h), as one more console; nobody can, if that fails. */
void console_watched(struct console *c);
/*
 * The terminal where the last line of screen AT, the hub's, was typed, as a screen of its own: who watches there lets go
 * of it until console_return(). Its index; -1: it has none, or cannot be had.
 */
MUST_CHECK int console_borrow(struct console *c, int at);
/* All such terminals go back. */
void console_return(struct console *c);
/*
 * Asks on all of them, and waits for a line typed at any: its index among c->screens, the line in RET. -1 when
 * nobody can type any more.
 */
int console_ask(struct console *c, const char *prompt, char ret[SCREEN_TYPED_MAX]);
/* The sink that writes to C. */
struct engine_sink console_sink(struct console *c);
/* What failed and what to do, on the consoles. */
void console_summary(struct console *c, const struct error *err);
/* The same, and on the channel: when it happened. */
void console_error(struct console *c, const struct error *err);

/* --- the lines themselves, without their newline, for one place and for tests */

/* "[ 9/14] image      43%  ########............    38 MiB/s  about 2 min left", less than CONSOLE_WIDTH wide. */
void console_moving_line(const struct progress *p, struct str *out);
/* "[ 9/14]  43%   12.3 s  what it was", on as many lines as it takes. */
void console_finished_line(const struct progress *p, struct str *out);
/* TEXT in lines of at most CONSOLE_WIDTH - 1, each begun by INDENT spaces; broken between words. */
void console_wrap(const char *text, size_t indent, struct str *out);
