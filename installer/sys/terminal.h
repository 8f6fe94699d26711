/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine's consoles as terminals: which there are, opening them so that none can hold up the work, a shell on one. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include <sys/types.h>
#include <termios.h>

#include "base/compiler.h"
#include "base/error.h"

enum { TERMINAL_NAME = 24 };

/* Colours, line drawing, scroll region and cursor as a terminal has them when nobody draws on it. */
#define TERMINAL_UNDRAWN "\033[0m\017\033[r\033[?25h\033[2J\033[H"

/*
 * Names of the consoles that the kernel writes to, from the text of /proc/consoles (fs/proc/consoles.c): enabled ones
 * that can be written to and are no boot console. At most MAX; returns how many.
 */
size_t terminal_consoles(const char *text, char (*ret_names)[TERMINAL_NAME], size_t max);
/* A line that the boot asks for. */
struct terminal_line {
	char name[TERMINAL_NAME];
	unsigned int speed; /* baud; 0: as it is */
};

/*
 * The lines that a kernel command line names, "console=ttyS1,115200n8". The kernel writes to one line of a kind at most
 * (Documentation/admin-guide/serial-console.rst), so that not all of them are in /proc/consoles. At most MAX; returns how many.
 */
size_t terminal_asked(const char *cmdline, struct terminal_line *ret, size_t max);
/* Opens /dev/NAME for reading and writing: never waits, never becomes the controlling terminal. -1: it cannot be. */
int terminal_open(const char *name);
/*
 * The file or terminal that FD is, opened anew so that writing to it never waits and FD itself stays as it is; what
 * cannot be opened anew is duplicated. -1 when there is no FD.
 */
int terminal_reopen(int fd);
/* True if both are the same terminal; /dev/console counts as the one that it stands for. */
bool terminal_same(int a, int b);
/* Lines in, with echo; newlines become what a terminal wants. Whatever ran on it before may have left it otherwise. */
void terminal_sane(int fd);
/* Sets the speed, if it is one that lines have; 0 leaves it as it is. */
void terminal_speed(int fd, unsigned int baud);
/* Throws away what a terminal did not take: closing it would wait for that. */
void terminal_drop(int fd);
/* Bytes that the terminal has not sent yet; 0 when that is not known. */
size_t terminal_unsent(int fd);
/* Runs ARGV on terminal FD, as the session's leader there, and waits for its end, however it ends. */
MUST_CHECK int terminal_run(int fd, const char *const *argv, struct error *err);

struct terminal_kind {
	bool answers;	   /* a terminal that can be asked: one on which a cursor moves */
	bool utf8;	   /* it reads UTF-8 */
	int rows, columns; /* 0: not known */
};
/*
 * Asks the terminal at FD (non-blocking) what it is, for at most two seconds, and tells its driver the size where that
 * had none. What was typed meanwhile is lost. False: it did not answer.
 */
bool terminal_probe(int fd, struct terminal_kind *ret);
/* Looks for "ESC [ row ; column R" in N bytes. Pure; the bytes may be anything. */
bool terminal_position(const char *text, size_t n, int *ret_row, int *ret_column);

/* A child of this program that has a terminal to itself: what it does there holds up nobody. */
struct terminal_child {
	pid_t pid;
	int terminal, result; /* result: what it writes to its RESULT can be read here */
	struct termios was;
};
/*
 * Runs RUN in a child whose stdin, stdout and stderr are the terminal that FD is, opened anew; its return value is the
 * exit code. Whoever called watches ret->result, which ends with the child, and then ends it.
 */
MUST_CHECK int terminal_child(int fd, int (*run)(void *ctx, int result), void *ctx, struct terminal_child *ret, struct error *err);
/* Kills the child if it still runs, and gives the terminal back as it was. True if it had ended by itself with 0. */
bool terminal_child_end(struct terminal_child *c);
