/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages on whichever console answers. */
#include "ui/offer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/fd.h"

static const char invitation[] = "Press Enter on the console that you want to use: ";

enum { HINT_MS = 5 * 60 * 1000, ANSWER_MAX = 64 << 10 };

void offer_begin(struct offer *o, struct console *c, enum offer_mode mode, const char *banner)
{
	*o = (struct offer){ .c = c, .mode = mode, .banner = banner, .driver = -1 };
}

static struct screen *screen(const struct offer *o, int at)
{
	return &o->c->screens.s[at];
}

/* --- who answers */

static bool can_answer(const struct offer *o, int at)
{
	return screen(o, at)->out >= 0 && screen(o, at)->in >= 0;
}

/* What terminal AT is, asked once; and what is shown on it. */
static void look(struct offer *o, int at)
{
	struct terminal_kind *k = &o->at[at].kind;
	struct screen *s = screen(o, at);
	bool small;

	if (o->at[at].asked)
		return;
	o->at[at].asked = true;
	/* What was said before comes first: a slow line would answer after its time. */
	screens_drain(&o->c->screens);
	if (s->tty)
		terminal_probe(s->out, k);
	small = k->rows && (k->rows < TUI_ROWS || k->columns < TUI_COLUMNS);
	o->at[at].plain = o->mode == OFFER_PLAIN || !s->tty || (o->mode == OFFER_AUTO && (!k->answers || small));
	if (o->mode == OFFER_AUTO && s->tty && !k->answers)
		str_addf(&s->waiting, "This terminal did not say what it is: questions line by line (fulcrum.tui=newt draws all the same).\n");
	else if (o->mode == OFFER_AUTO && small)
		str_addf(&s->waiting, "This terminal has %d lines of %d columns, screens need %d of %d: questions line by line.\n", k->rows,
			 k->columns, TUI_ROWS, TUI_COLUMNS);
	screens_flush(&o->c->screens);
}

static void drive(struct offer *o, int at)
{
	int borrowed = console_borrow(o->c, at);

	if (borrowed >= 0) {
		at = borrowed;
		o->at[at].asked = false;
	}
	if (!can_answer(o, at)) {
		console_say(o->c, "%s only gives or only takes: it cannot be used for this\n", screen(o, at)->name);
		return;
	}
	o->driver = at;
	o->last = NULL;
	look(o, at);
}

/* The page in words on all consoles, and an invitation. -1: nobody can. */
static int find_driver(struct offer *o, const struct guide_page *p)
{
	char typed[SCREEN_TYPED_MAX];
	AUTO_STR text = STR_INIT;

	tui_text(p, &text);
	console_text(o->c, str_text(&text));
	console_text(o->c, "\nNothing happens until somebody answers.\n");
	screens_prompt(&o->c->screens, invitation);
	channel_emit("screen", o->c->who, "name", p->id, "at", "all", NULL);
	while (o->driver < 0) {
		int at = screens_line(&o->c->screens, HINT_MS, typed);

		if (at == -2)
			return -1;
		if (at >= 0)
			drive(o, at);
		else
			screens_prompt(&o->c->screens, "\nStill waiting. Press Enter on the console that you want to use: ");
	}
	return 0;
}

/* --- the child's answer, as bytes: three numbers, then each field's length and text */

struct page_run {
	const struct guide_page *p;
	struct tui_look look;
	bool plain;
};

static void put_u32(struct str *b, size_t v)
{
	for (int i = 0; i < 4; i++)
		str_addc(b, (char)(v >> (8 * i)));
}

static bool get_u32(const struct str *b, size_t *at, size_t *ret)
{
	*ret = 0;
	if (b->len - *at < 4)
		return false;
	for (int i = 0; i < 4; i++)
		*ret |= (size_t)(unsigned char)b->s[(*at)++] << (8 * i);
	return true;
}

static int show(void *ctx, int result)
{
	const struct page_run *r = ctx;
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR out = STR_INIT;
	struct guide_answer answer;
	struct error ignored;

	if (r->plain ? tui_plain(r->p, &r->look, &a, &answer) : tui_newt(r->p, &r->look, &a, &answer))
		return 1;
	put_u32(&out, (size_t)answer.what);
	put_u32(&out, answer.item);
	put_u32(&out, r->p->n_fields);
	for (size_t i = 0; i < r->p->n_fields; i++) {
		put_u32(&out, strlen(answer.values[i]));
		str_add(&out, answer.values[i]);
	}
	return fd_write_all(result, str_text(&out), out.len, &ignored) ? 1 : 0;
}

static bool read_answer(const struct str *b, const struct guide_page *p, struct arena *a, struct guide_answer *ret)
{
	const char **values = arena_array(a, p->n_fields, sizeof(*values));
	size_t at = 0, what, item, n, len;

	if (!get_u32(b, &at, &what) || !get_u32(b, &at, &item) || !get_u32(b, &at, &n) || n != p->n_fields || what > DO_DROP)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!get_u32(b, &at, &len) || len > b->len - at)
			return false;
		values[i] = arena_strndup(a, b->s + at, len);
		at += len;
	}
	*ret = (struct guide_answer){ (enum guide_do)what, item, values };
	return at == b->len;
}

/* Adds what can be read now; true at the end. */
static bool take_result(int fd, struct str *b)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0)
		return errno != EINTR && errno != EAGAIN;
	if (!n || b->len > ANSWER_MAX)
		return true;
	str_addn(b, buf, (size_t)n);
	return false;
}

/* --- one page */

static void tell_others(struct offer *o, const struct guide_page *p)
{
	const struct screen *s = screen(o, o->driver);
	AUTO_STR text = STR_INIT;

	channel_emit("screen", o->c->who, "name", p->id, "at", s->name, "by", o->at[o->driver].plain ? "plain" : "newt", "text",
		     p->problem ? p->problem : "", NULL);
	if (o->last && !strcmp(o->last, p->id))
		return;
	o->last = p->id;
	/* A question, as whatever takes over is an answer to it. */
	str_addf(&text, "\n%s answers: \"%s\". Enter here takes over: ", s->name, p->title);
	screens_tell_others(&o->c->screens, o->driver, str_text(&text));
}

enum outcome { ANSWERED, TAKEN_OVER, FAILED, NOBODY };

static enum outcome wait_for_child(struct offer *o, struct terminal_child *child, struct str *b)
{
	char typed[SCREEN_TYPED_MAX];

	for (;;) {
		int at = screens_line_or(&o->c->screens, o->driver, child->result, -1, typed);

		if (at == -2)
			return NOBODY;
		if (at == -3 && take_result(child->result, b))
			return ANSWERED;
		if (at >= 0 && can_answer(o, at)) {
			terminal_child_end(child);
			str_addf(&screen(o, o->driver)->waiting, "%s%s took over. Enter here takes it back: ", o->at[o->driver].plain ? "\n" : TERMINAL_UNDRAWN,
				 screen(o, at)->name);
			screens_flush(&o->c->screens);
			drive(o, at);
			return TAKEN_OVER;
		}
	}
}

static enum outcome ask_driver(struct offer *o, const struct guide_page *p, struct arena *a, struct guide_answer *ret)
{
	struct screen *s = screen(o, o->driver);
	const struct terminal_kind *k = &o->at[o->driver].kind;
	bool video = str_starts(s->name, "tty") && s->name[3] >= '0' && s->name[3] <= '9';
	struct page_run r = { .p = p, .plain = o->at[o->driver].plain,
			      .look = { .banner = o->banner, .utf8 = k->utf8, .rows = k->answers ? k->rows : 0,
					.term = video ? "linux" : k->utf8 ? "xterm" : "vt220" } };
	struct terminal_child child;
	AUTO_STR bytes = STR_INIT;
	struct error err;
	enum outcome what;
	bool good;

	tell_others(o, p);
	if (terminal_child(s->out, show, &r, &child, &err)) {
		console_error(o->c, &err);
		return NOBODY;
	}
	what = wait_for_child(o, &child, &bytes);
	if (what == TAKEN_OVER)
		return what;
	good = terminal_child_end(&child);
	if (what == NOBODY)
		return what;
	return good && read_answer(&bytes, p, a, ret) ? ANSWERED : FAILED;
}

int offer_ask(struct offer *o, const struct guide_page *p, struct arena *a, struct guide_answer *ret)
{
	for (;;) {
		enum outcome what;

		if (o->driver < 0 && find_driver(o, p))
			return -1;
		what = ask_driver(o, p, a, ret);
		if (what == ANSWERED)
			return 0;
		if (what == NOBODY)
			return -1;
		if (what == TAKEN_OVER)
			continue;
		if (!o->at[o->driver].plain) {
			/* It cannot be drawn on after all. */
			o->at[o->driver].plain = true;
			str_addf(&screen(o, o->driver)->waiting, "%sScreens do not work on this terminal: questions line by line.\n", TERMINAL_UNDRAWN);
			screens_flush(&o->c->screens);
			continue;
		}
		o->driver = -1;
	}
}

void offer_end(struct offer *o)
{
	o->driver = -1;
	console_return(o->c);
}
