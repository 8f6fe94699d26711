/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guide's pages on one terminal: as screens (newt) or as questions, line by line, for screen readers, dumb terminals
 * and pipes. Both show the same page and bring back the same answer; neither knows what it is about.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"
#include "guide/page.h"

struct tui_look {
	const char *banner; /* the line on top of every screen */
	const char *term;   /* for terminfo; NULL: the environment says it */
	bool utf8;	    /* box characters, or else + - | */
	int rows;	    /* plain: asks before it scrolls further than that; 0: never */
};

enum { TUI_ROWS = 24, TUI_COLUMNS = 80 /* fewer, and only questions fit */ };

/*
 * Shows P on the terminal that is stdin and stdout, until it is answered: *RET, whose texts are in A. -1: the terminal is
 * gone, or cannot do it.
 */
MUST_CHECK int tui_newt(const struct guide_page *p, const struct tui_look *look, struct arena *a, struct guide_answer *ret);
/* The same by lines; stdin and stdout may be anything. */
MUST_CHECK int tui_plain(const struct guide_page *p, const struct tui_look *look, struct arena *a, struct guide_answer *ret);
/* What P tells, as lines of at most 80 columns; nothing of what it asks but its items. */
void tui_text(const struct guide_page *p, struct str *out);
/* TEXT with + - | for box characters. */
const char *tui_ascii(const char *text, struct arena *a);
