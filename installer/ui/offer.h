/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guide's pages on all consoles of a machine. Every console offers them; the one at which Enter is pressed answers,
 * the others say which page it is at, and Enter there takes over. The page stands in a child of its own on that
 * terminal, so that a line that is slow or stuck, or a screen library that gives up, takes nothing else along. A login from
 * elsewhere with a terminal of its own is such a console, too, from its first Enter on.
 */
#pragma once
#include "sys/terminal.h"
#include "ui/console.h"
#include "ui/tui.h"

enum offer_mode { OFFER_AUTO /* what each terminal can do */, OFFER_PLAIN, OFFER_NEWT };

struct offer {
	struct console *c;
	enum offer_mode mode;
	const char *banner;
	int driver; /* index of its screen; -1: nobody yet */
	const char *last; /* id of the page that the others were told of */
	struct {
		bool asked, plain;
		struct terminal_kind kind;
	} at[SCREENS_MAX];
};

void offer_begin(struct offer *o, struct console *c, enum offer_mode mode, const char *banner);
/*
 * Shows P until somebody answers it: *RET, in A. Waits as long as it takes, and says so every five minutes; nothing is
 * ever answered by itself. -1: nobody can type any more. A line "screen" on the channel for each page.
 */
MUST_CHECK int offer_ask(struct offer *o, const struct guide_page *p, struct arena *a, struct guide_answer *ret);
/* Gives back the terminals that it was answered at from elsewhere. */
void offer_end(struct offer *o);
