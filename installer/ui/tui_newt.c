/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages as screens, by newt, whose only user this is. From the top: what was wrong, the words, what is drawn or listed,
 * which gets the lines that are left and scrolls, fields, buttons.
 */
#include <locale.h>
#include <newt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "ui/tui.h"

enum { WIDTH = GUIDE_WIDTH + 2, LABEL = 11, ENTRY = 26, DETAIL = 3, FIELDS_MAX = 8, BUTTONS_MAX = 8, FRAME = 5 };

struct draw {
	const struct guide_page *p;
	const struct tui_look *look;
	struct arena *a;
	newtComponent form, body, list, detail, entries[FIELDS_MAX], buttons[BUTTONS_MAX];
	const char *values[FIELDS_MAX];
	int y, height, body_height; /* height: all; body_height: what is left for body or list */
};

/* newt's prototypes predate const; it copies or only reads. */
static char *unconst(const char *s, struct arena *a)
{
	return arena_strdup(a, s);
}

static newtComponent wrapped(const struct draw *d, const char *text, int *ret_lines)
{
	newtComponent co = newtTextbox(1, d->y, GUIDE_WIDTH, 1, NEWT_FLAG_WRAP);

	newtTextboxSetText(co, text);
	*ret_lines = newtTextboxGetNumLines(co);
	newtTextboxSetHeight(co, *ret_lines);
	return co;
}

static void add_words(struct draw *d, const char *text, bool problem)
{
	newtComponent co;
	int lines;

	if (!text)
		return;
	co = wrapped(d, text, &lines);
	if (problem)
		newtTextboxSetColors(co, NEWT_COLORSET_CUSTOM(0), NEWT_COLORSET_CUSTOM(0));
	newtFormAddComponent(d->form, co);
	d->y += lines + 1;
}

static int count_lines(const char *text)
{
	int n = 0;

	for (; text && *text; text++)
		n += *text == '\n' || !text[1];
	return n;
}

static void add_body(struct draw *d)
{
	const struct guide_page *p = d->p;
	const char *text = arena_printf(d->a, "%s%s", p->drawing ? p->drawing : "", p->body ? p->body : "");
	int lines = count_lines(text), height = lines < d->body_height ? lines : d->body_height;

	if (!lines)
		return;
	if (p->n_items && height > d->body_height - 3 - DETAIL)
		height = d->body_height - 3 - DETAIL > 2 ? d->body_height - 3 - DETAIL : 2;
	/* A scroll bar takes two more columns than are asked for. */
	d->body = newtTextbox(lines > height ? 0 : 1, d->y, GUIDE_WIDTH, height, lines > height ? NEWT_FLAG_SCROLL : 0);
	newtTextboxSetText(d->body, d->look->utf8 ? text : tui_ascii(text, d->a));
	newtFormAddComponent(d->form, d->body);
	if (lines > height)
		newtFormAddComponent(d->form, newtLabel(1, d->y + height, arena_printf(d->a, "-- %d lines: arrows and PgDn show more --", lines)));
	else
		d->body = NULL; /* nothing to move to */
	d->y += height + 1;
	d->body_height -= height + 1;
}

static void on_move(newtComponent list, void *ctx)
{
	const struct draw *d = ctx;
	const struct guide_item *i = newtListboxGetCurrent(list);

	newtTextboxSetText(d->detail, i && i->detail ? i->detail : "");
}

static void add_list(struct draw *d)
{
	const struct guide_page *p = d->p;
	int height = d->body_height - DETAIL - 1 - (p->heading ? 1 : 0), want = (int)p->n_items;

	if (!p->n_items)
		return;
	if (p->heading) {
		newtFormAddComponent(d->form, newtLabel(1, d->y, p->heading));
		d->y++;
	}
	height = want < height ? want : height < 2 ? 2 : height;
	d->list = newtListbox(1, d->y, height, NEWT_FLAG_RETURNEXIT | (want > height ? NEWT_FLAG_SCROLL : 0));
	newtListboxSetWidth(d->list, WIDTH - 1);
	for (size_t i = 0; i < p->n_items; i++)
		newtListboxAppendEntry(d->list, p->items[i].text, &p->items[i]);
	newtListboxSetCurrent(d->list, (int)p->item);
	d->y += height + 1;
	d->detail = newtTextbox(1, d->y, GUIDE_WIDTH, DETAIL, NEWT_FLAG_WRAP);
	newtFormAddComponents(d->form, d->list, d->detail, NULL);
	newtComponentAddCallback(d->list, on_move, d);
	on_move(d->list, d);
	d->y += DETAIL;
}

static void add_fields(struct draw *d)
{
	const struct guide_page *p = d->p;
	bool wide = p->n_fields == 1;

	for (size_t i = 0; i < p->n_fields && i < FIELDS_MAX; i++) {
		const struct guide_field *f = &p->fields[i];

		newtFormAddComponent(d->form, newtLabel(1, d->y, f->label));
		d->entries[i] = newtEntry(LABEL, d->y, f->value, wide ? GUIDE_WIDTH - LABEL : ENTRY, &d->values[i], NEWT_FLAG_SCROLL);
		newtFormAddComponent(d->form, d->entries[i]);
		if (f->help)
			newtFormAddComponent(d->form, newtLabel(wide ? LABEL : LABEL + ENTRY + 2, wide ? ++d->y : d->y, f->help));
		d->y++;
	}
	d->y += p->n_fields > 0;
}

static void add_buttons(struct draw *d)
{
	int x = 1;

	for (size_t i = 0; i < d->p->n_buttons && i < BUTTONS_MAX; i++) {
		d->buttons[i] = newtCompactButton(x, d->y, d->p->buttons[i].text);
		newtFormAddComponent(d->form, d->buttons[i]);
		x += (int)strlen(d->p->buttons[i].text) + 6;
	}
	d->y++;
}

/* Lines of everything that does not give way. */
static int fixed_lines(struct draw *d)
{
	int n = 2 + (int)d->p->n_fields + (d->p->n_fields > 0) + (d->p->n_fields == 1), lines;

	if (d->p->problem) {
		newtComponentDestroy(wrapped(d, d->p->problem, &lines));
		n += lines + 1;
	}
	if (d->p->intro) {
		newtComponentDestroy(wrapped(d, d->p->intro, &lines));
		n += lines + 1;
	}
	return n;
}

/* Where Enter goes first: to what is asked, and on a careful page never to what goes on. */
static void set_focus(struct draw *d)
{
	newtComponent first = d->list ? d->list : d->entries[0] ? d->entries[0] : d->body;

	if (!first)
		first = d->buttons[d->p->careful && d->p->n_buttons ? d->p->n_buttons - 1 : 0];
	newtFormSetCurrent(d->form, first);
}

static void build(struct draw *d)
{
	int columns, rows;

	newtGetScreenSize(&columns, &rows);
	d->height = rows - FRAME;
	d->form = newtForm(NULL, NULL, NEWT_FLAG_NOF12);
	d->body_height = d->height - fixed_lines(d);
	add_words(d, d->p->problem, true);
	add_words(d, d->p->intro, false);
	add_body(d);
	add_list(d);
	add_fields(d);
	add_buttons(d);
	newtFormAddHotKey(d->form, NEWT_KEY_ESCAPE);
	set_focus(d);
	newtCenteredWindow(WIDTH, (unsigned int)(d->y < d->height ? d->y : d->height), unconst(d->p->title, d->a));
}

/* Index of the button that says BACK, or -1. */
static int back_button(const struct guide_page *p)
{
	for (size_t i = 0; i < p->n_buttons; i++)
		if (p->buttons[i].what == DO_BACK)
			return (int)i;
	return -1;
}

/* 0 with the button that was meant; -1: the terminal is gone. */
static int run(struct draw *d, size_t *ret_button)
{
	for (;;) {
		struct newtExitStruct es;
		int back = back_button(d->p);

		newtFormRun(d->form, &es);
		*ret_button = 0;
		if (es.reason == NEWT_EXIT_ERROR)
			return -1;
		if (es.reason == NEWT_EXIT_HOTKEY && es.u.key == NEWT_KEY_ESCAPE && back >= 0) {
			*ret_button = (size_t)back;
			return 0;
		}
		if (es.reason != NEWT_EXIT_COMPONENT)
			continue;
		if (d->list && es.u.co == d->list)
			return 0;
		for (size_t i = 0; i < d->p->n_buttons && i < BUTTONS_MAX; i++)
			if (es.u.co == d->buttons[i]) {
				*ret_button = i;
				return 0;
			}
	}
}

int tui_newt(const struct guide_page *p, const struct tui_look *look, struct arena *a, struct guide_answer *ret)
{
	struct draw d = { .p = p, .look = look, .a = a };
	const char **values = arena_array(a, p->n_fields, sizeof(*values));
	size_t button;
	int rc;

	if (look->term)
		setenv("TERM", look->term, 1);
	/* newt draws lines by what the locale says, and S-Lang below it asks the environment again for that. */
	setenv("LC_ALL", look->utf8 ? "C.UTF-8" : "C", 1);
	setlocale(LC_CTYPE, "");
	if (newtInit())
		return -1;
	newtCls();
	newtSetColor(NEWT_COLORSET_CUSTOM(0), unconst("red", a), unconst("lightgray", a));
	newtDrawRootText(0, 0, look->banner);
	newtPushHelpLine("  Tab, arrows: move    Enter: choose    Esc: back    PgUp, PgDn: scroll");
	build(&d);
	rc = run(&d, &button);
	if (!rc) {
		const struct guide_item *item = d.list ? newtListboxGetCurrent(d.list) : NULL;

		for (size_t i = 0; i < p->n_fields && i < FIELDS_MAX; i++)
			values[i] = arena_strdup(a, d.values[i]);
		*ret = (struct guide_answer){ .what = p->buttons[button].what, .item = item ? (size_t)(item - p->items) : p->item, .values = values };
	}
	newtFormDestroy(d.form);
	newtFinished();
	return rc;
}
