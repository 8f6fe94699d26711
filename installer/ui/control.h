/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What installer, hub and watchers say to each other about terminals, among what is said to people: lines of their own
 * that begin with a byte no text has (ECMA-48's ENQ).
 *
 *   watcher to hub    ENQ "terminal pts/0"    its terminal, so that pages can be drawn there
 *   installer to hub  ENQ "hold pts/0"        from now on the installer has that terminal to itself
 *   hub to watcher    ENQ "hold"              the watcher neither reads nor writes there any more,
 *   watcher to hub    ENQ "held"              and says so
 *   installer to hub  ENQ "free pts/0"        it may again
 *   hub to watcher    ENQ "free"
 *   hub to installer  ENQ "pts/0 " LINE       a line, and the terminal where it was typed; ENQ "held" is one, too
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "sys/terminal.h"

#define CONTROL_TERMINAL "\005terminal "
#define CONTROL_HOLD "\005hold"
#define CONTROL_HELD "\005held"
#define CONTROL_FREE "\005free"
#define CONTROL_ENQ '\005'

/* Takes such lines out of a stream, however it is cut. */
struct control_cut {
	bool inside;
	struct str line; /* without its newline */
};
#define CONTROL_CUT_INIT { false, STR_INIT }
/*
 * Takes from N bytes of DATA up to the first whole control line, or all; text is appended to TEXT. Returns how many were
 * taken; *RET_LINE: a control line is in c->line.
 */
size_t control_cut(struct control_cut *c, const char *data, size_t n, struct str *text, bool *ret_line);
void control_cut_release(struct control_cut *c);

/* True if S is a terminal's name that may be opened for somebody else: "pts/" and a number. */
bool control_terminal_is_good(const char *s);
/* LINE as the hub sends it: the terminal's name in RET ("" if it has none), and what was typed. */
const char *control_typed(const char *line, char ret[TERMINAL_NAME]);
