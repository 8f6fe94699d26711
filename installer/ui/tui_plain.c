/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages as lines: one thing after the other, nothing drawn, nothing that moves, every choice has a number or a word. What
 * is proposed stands in brackets, and Enter takes it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "ui/console.h"
#include "ui/control.h"
#include "ui/tui.h"

enum { TYPED_MAX = 16 << 10 /* an RSA key is long */ };

struct talk {
	const struct guide_page *p;
	const struct tui_look *look;
	struct arena *a;
	int shown; /* lines since a person last answered */
};

/* A line without its end, in A; NULL at the end of input. */
static char *read_line(struct talk *t)
{
	char buf[TYPED_MAX], where[TERMINAL_NAME];
	const char *typed;
	size_t n;

	fflush(stdout);
	t->shown = 0;
	if (!fgets(buf, sizeof(buf), stdin))
		return NULL;
	/* It may come through the hub. */
	typed = control_typed(buf, where);
	n = strcspn(typed, "\r\n");
	while (n && typed[n - 1] == ' ')
		n--;
	return arena_strndup(t->a, typed, n);
}

/* Stops before what a person has not read scrolls away: a console has no way back. 0: go on. */
static int one_more_line(struct talk *t)
{
	if (!t->look->rows || ++t->shown < t->look->rows - 2 || isatty(STDIN_FILENO) != 1)
		return 0;
	fputs("-- Enter for more --", stdout);
	return read_line(t) ? 0 : -1;
}

static int say_lines(struct talk *t, const char *text)
{
	while (text && *text) {
		size_t n = strcspn(text, "\n");

		printf("%.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
		if (one_more_line(t))
			return -1;
	}
	return 0;
}

void tui_text(const struct guide_page *p, struct str *out)
{
	str_addf(out, "\n== %s\n", p->title);
	if (p->problem) {
		AUTO_STR text = STR_INIT;

		str_addf(&text, "Attention: %s", p->problem);
		console_wrap(str_text(&text), 0, out);
	}
	if (p->intro)
		console_wrap(p->intro, 0, out);
	if (p->body)
		str_add(out, p->body);
	if (p->heading && p->n_items)
		str_addf(out, "    %s\n", p->heading);
	for (size_t i = 0; i < p->n_items; i++) {
		str_addf(out, "%3zu %s%s\n", i + 1, p->items[i].text, p->items[i].off ? "  (cannot be chosen)" : "");
		if (p->items[i].detail)
			console_wrap(p->items[i].detail, 6, out);
	}
}

static const struct guide_button *find_button(const struct guide_page *p, const char *word)
{
	for (size_t i = 0; i < p->n_buttons; i++)
		if (!strcmp(p->buttons[i].word, word))
			return &p->buttons[i];
	return NULL;
}

/* Adds "next, back" from button FROM on. */
static void add_words(const struct guide_page *p, size_t from, struct str *out)
{
	for (size_t i = from; i < p->n_buttons; i++)
		str_addf(out, "%s%s", i == from ? "" : i + 1 < p->n_buttons ? ", " : " or ", p->buttons[i].word);
}

/* A number of the items, or a word of the buttons. */
static int ask_item(struct talk *t, struct guide_answer *ret)
{
	const struct guide_page *p = t->p;
	AUTO_STR prompt = STR_INIT;

	str_addf(&prompt, "A number from 1 to %zu [%zu]", p->n_items, p->item + 1);
	if (p->n_buttons > 1)
		str_add(&prompt, ", or ");
	add_words(p, 1, &prompt);
	for (;;) {
		const struct guide_button *b;
		char *typed, *end;
		unsigned long n;

		printf("%s: ", str_text(&prompt));
		typed = read_line(t);
		if (!typed)
			return -1;
		b = find_button(p, typed);
		n = typed[0] ? strtoul(typed, &end, 10) : p->item + 1;
		if (b && b != &p->buttons[0]) {
			ret->what = b->what;
			return 0;
		}
		if ((!typed[0] || (typed[0] >= '0' && typed[0] <= '9' && !*end)) && n >= 1 && n <= p->n_items) {
			ret->item = n - 1;
			return 0;
		}
		printf("\"%s\" is none of these\n", typed);
	}
}

static int ask_fields(struct talk *t, const char **values)
{
	const struct guide_page *p = t->p;

	for (size_t i = 0; i < p->n_fields; i++) {
		const struct guide_field *f = &p->fields[i];
		char *typed;

		printf("%s%s%s%s", f->label, f->help ? " (" : "", f->help ? f->help : "", f->help ? ")" : "");
		if (f->value[0])
			printf(" [%s]", f->value);
		printf(": ");
		typed = read_line(t);
		if (!typed)
			return -1;
		values[i] = !typed[0] ? f->value : !strcmp(typed, "-") ? "" : typed;
	}
	return 0;
}

static int ask_button(struct talk *t, struct guide_answer *ret)
{
	const struct guide_page *p = t->p;
	AUTO_STR prompt = STR_INIT;

	add_words(p, 0, &prompt);
	if (!p->careful)
		str_addf(&prompt, " [%s]", p->buttons[0].word);
	for (;;) {
		const struct guide_button *b;
		const char *typed;

		printf("%s: ", str_text(&prompt));
		typed = read_line(t);
		if (!typed)
			return -1;
		b = !typed[0] && !p->careful ? &p->buttons[0] : find_button(p, typed);
		if (b) {
			ret->what = b->what;
			return 0;
		}
		printf("type one of these words, and Enter\n");
	}
}

int tui_plain(const struct guide_page *p, const struct tui_look *look, struct arena *a, struct guide_answer *ret)
{
	struct talk t = { .p = p, .look = look, .a = a };
	const char **values = arena_array(a, p->n_fields, sizeof(*values));
	AUTO_STR text = STR_INIT;

	*ret = (struct guide_answer){ .what = p->buttons[0].what, .item = p->item, .values = values };
	tui_text(p, &text);
	if (say_lines(&t, str_text(&text)))
		return -1;
	if (p->n_items)
		return ask_item(&t, ret);
	return ask_fields(&t, values) || ask_button(&t, ret) ? -1 : 0;
}

const char *tui_ascii(const char *text, struct arena *a)
{
	AUTO_STR out = STR_INIT;

	for (; text && *text; text++) {
		unsigned char c = (unsigned char)text[0], last = c == 0xe2 && text[1] ? (unsigned char)text[2] : 0;

		/* U+2500 and U+2502 are the straight ones. */
		if (last) {
			str_addc(&out, last == 0x80 ? '-' : last == 0x82 ? '|' : '+');
			text += 2;
		} else {
			str_addc(&out, (char)c);
		}
	}
	return arena_strdup(a, str_text(&out));
}
