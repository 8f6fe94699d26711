/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several consoles as one: the same text on all of them, and a line typed at any. A console that is slow, or that
 * nobody reads, holds up nothing: what it does not take waits in a bounded buffer, and what does not fit there is
 * left out line by line, with a mark "... N lines left out" in its place.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "sys/terminal.h"

enum { SCREENS_LOCAL_MAX = 6, SCREENS_MAX = 12, SCREEN_WAITING_MAX = 32 << 10, SCREEN_TYPED_MAX = 256 };

struct screen {
	char name[TERMINAL_NAME]; /* "ttyS0"; "stdout" or "stdin" */
	int out, in;		  /* -1: it only takes, or only gives; may be the same */
	bool tty;
	bool local; /* a console of the machine itself */
	bool relays; /* the hub's: lines typed there come from terminals of others */
	char from[TERMINAL_NAME]; /* of these, where the last line was typed; "": none */
	bool borrowed; /* such a terminal itself */
	bool live; /* its last line is a progress line, which the next text overwrites */
	struct str waiting;
	size_t left_out;
	char typed[SCREEN_TYPED_MAX];
	size_t n_typed;
};

struct screens {
	struct screen s[SCREENS_MAX];
	size_t n;
};

/*
 * Stdout and stdin; with ALL, the machine's consoles before them, and stdout and stdin only as far as they are none of
 * these.
 */
void screens_open(struct screens *s, bool all);
/* One more: its index. OUT and IN are S's from then on, and never wait; -1: none. -1 if there is no room, and nothing is S's. */
int screens_add(struct screens *s, const char *name, int out, int in);
/* Closes what was added; its index is free for another. */
void screens_remove(struct screens *s, int at);
/* TEXT, whole lines, on all. */
void screens_put(struct screens *s, const char *text);
/* The same on the machine's own consoles alone; how many there are. */
size_t screens_put_local(struct screens *s, const char *text);
/* The same on those that are no terminals. */
void screens_plain(struct screens *s, const char *text);
/* TEXT, no newline, on terminals that keep up: the next text, or the next such line, takes its place. */
void screens_live(struct screens *s, const char *text);
/* A question: TEXT without a newline, which stays. */
void screens_prompt(struct screens *s, const char *text);
/* Writes what waits, as far as it is taken. */
void screens_flush(struct screens *s);
/* Gives them up to a second to take what waits. */
void screens_drain(struct screens *s);
/*
 * Waits for a line typed at one of them, TIMEOUT_MS (-1: for ever). Its index, and the line without its end in RET;
 * -1: none came; -2: none can come any more.
 */
int screens_line(struct screens *s, int timeout_ms, char ret[SCREEN_TYPED_MAX]);
/* The same while somebody else reads from screen BUSY; -3: FD can be read. */
int screens_line_or(struct screens *s, int busy, int fd, int timeout_ms, char ret[SCREEN_TYPED_MAX]);
/* Waits until just LINE comes from screen AT; others that come there meanwhile are lost. False: not in TIMEOUT_MS. */
bool screens_expect(struct screens *s, int at, const char *line, int timeout_ms);
/* TEXT, whole lines, on all but screen BUSY. */
void screens_tell_others(struct screens *s, int busy, const char *text);
/* Gives them up to a second to take what waits, then closes them. */
void screens_close(struct screens *s);
