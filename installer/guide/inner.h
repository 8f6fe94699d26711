/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share. */
#pragma once
#include "base/error.h"
#include "base/str.h"
#include "guide/guide.h"
#include "model/site.h"

/* --- pages_*.c: a row for each step: its page, and what becomes of an answer */
struct guide_row {
	const char *id, *title;
	/* Fills P, whose id, title, problem are set. */
	void (*make)(struct guide *g, struct guide_page *p);
	/* DO_NEXT to go on; -1 to stay, with g->problem set; else for the caller. */
	int (*take)(struct guide *g, const struct guide_answer *answer);
	/* Whether there is anything to ask; NULL: always. */
	bool (*needed)(struct guide *g);
};
extern const struct guide_row row_welcome, row_disk, row_map, row_consent, row_port; /* pages_machine.c */
extern const struct guide_row row_network, row_names, row_keys, row_nodes, row_review, row_file; /* pages_site.c */
/* Sets the buttons of P. */
void page_buttons(struct guide_page *p, const struct guide_button *buttons, size_t n);

/* --- draft.c: answers to a site file */

/* Defaults of the addresses inside SUBNET; leaves what it cannot say. */
void draft_addresses(struct guide *g, const char *subnet);
/* What is wrong with the values at these paths of the site file, a line each, or NULL. */
const char *draft_problems(struct guide *g, const char *const *paths, const char *const *labels, size_t n);
/* The plan of what was said; with AGREED as if losing what the disk carries were agreed to. */
int draft_plan(struct guide *g, bool agreed, struct plan **ret, struct error *err);

/* --- map.c */

/* Both ways to show what is on a disk now, and what PLAN (may be NULL) makes of it. */
void map_draw(const struct disk *d, const struct plan *plan, struct str *drawing, struct str *words);

/* --- words.c */

/* TEXT for as long as G lives; NULL when it is empty. */
const char *kept_text(struct guide *g, const struct str *text);

/* TEXT for a screen: what is no printable ASCII becomes "?"; NULL "-". */
const char *plain_words(const char *text, struct arena *a);
/* The error and its remedy, as lines. */
const char *error_words(const struct error *err, struct arena *a);
/* TEXT in lines of at most GUIDE_WIDTH columns, further ones indented by INDENT. */
void add_lines(struct str *out, const char *text, size_t indent);
/* The port's address by which a site file names it. */
const char *port_mac(const struct nic *n);
/* Why D can never be installed on, or NULL. */
const char *disk_never(const struct disk *d, struct arena *a);
