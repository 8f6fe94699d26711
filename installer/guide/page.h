/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One page of the guide, as a value: what is told and what is asked, however it is shown. A front end (ui/) draws it and
 * brings back an answer; it knows nothing of disks or networks. Texts are printable ASCII; only `drawing` has UTF-8 box
 * characters, each one column wide.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { GUIDE_WIDTH = 74 /* columns: no line of drawing, body or items is wider */ };

/* What a person wants; those after DO_BACK are for the guide's caller to do. */
enum guide_do { DO_NEXT, DO_BACK, DO_AGAIN, DO_FIND, DO_SHELL, DO_REMOTE, DO_RESTART, DO_SAVE, DO_KEYS, DO_INSTALL, DO_SHOW, DO_ADD, DO_DROP };

struct guide_item {
	const char *text;
	const char *detail; /* more about it, wrapped by who shows it; NULL: nothing */
	bool off;	    /* shown, and cannot be chosen: detail says why */
};

struct guide_field {
	const char *label;
	const char *help;  /* what is expected, on one line; NULL: the label says it */
	const char *value; /* never NULL */
};

struct guide_button {
	enum guide_do what;
	const char *word; /* what is typed for it where there are no buttons; unique on its page */
	const char *text;
};

struct guide_page {
	const char *id; /* for events and tests */
	const char *title;
	const char *intro;   /* to be wrapped */
	const char *problem; /* what was wrong with the last answer, or news; lines; NULL: none */
	const char *drawing; /* lines, for eyes alone: body says the same; NULL: none */
	const char *body;    /* lines that stay as they are; NULL: none */
	const char *heading; /* of the items; NULL: none */
	const struct guide_item *items;
	size_t n_items, item; /* item: the one that is proposed */
	const struct guide_field *fields;
	size_t n_fields;
	const struct guide_button *buttons; /* the first goes on */
	size_t n_buttons;
	bool careful; /* nothing goes on by Enter alone */
};

struct guide_answer {
	enum guide_do what;
	size_t item;
	const char *const *values; /* of the fields, n_fields of them */
};
