/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Progress of an engine run as plain lines on a console, and on the progress channel. Slow serial lines are
 * spared: at most one update in half a second, and one line an operation.
 */
#pragma once
#include <stdio.h>

#include "engine/engine.h"

struct console {
	FILE *out;
	const char *who; /* "install" or "agent": in the channel's lines */
	uint64_t last_ms;
	bool tty;
};

void console_init(struct console *c, FILE *out, const char *who);
/* The sink that writes to C. */
struct engine_sink console_sink(struct console *c);
/* "fulcrum-install: text\n  hint\n", and on the channel. */
void console_error(struct console *c, const struct error *err);
