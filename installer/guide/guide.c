/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way from page to page. */
#include "guide/guide.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "guide/inner.h"

static const struct guide_row *const rows[STEP__N] = {
	[STEP_WELCOME] = &row_welcome, [STEP_DISK] = &row_disk,	      [STEP_MAP] = &row_map,	 [STEP_CONSENT] = &row_consent,
	[STEP_PORT] = &row_port,       [STEP_NETWORK] = &row_network, [STEP_NAMES] = &row_names, [STEP_KEYS] = &row_keys,
	[STEP_NODES] = &row_nodes,     [STEP_REVIEW] = &row_review,   [STEP_FILE] = &row_file,
};

void guide_begin(struct guide *g, struct arena *a)
{
	g->a = a;
	g->step = STEP_WELCOME;
	g->said = (struct guide_answers){ .gateway = "", .site = "lab", .name = "admin.lab.example" };
	if (g->catalog->n_images == 1)
		g->said.image = g->catalog->images[0].name;
	draft_addresses(g, "192.168.124.0/24");
}

void guide_say(struct guide *g, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	g->problem = arena_strdup(g->a, text);
}

void page_buttons(struct guide_page *p, const struct guide_button *buttons, size_t n)
{
	p->buttons = buttons;
	p->n_buttons = n;
}

/* --- the machine anew */

static const struct disk *same_disk(const struct machine *m, const struct disk *was)
{
	for (size_t i = 0; was && i < m->n_disks; i++)
		if (!strcmp(disk_id(&m->disks[i]), disk_id(was)) && str_eq(m->disks[i].topology, was->topology))
			return &m->disks[i];
	return NULL;
}

static const struct nic *same_port(const struct machine *m, const char *mac)
{
	for (size_t i = 0; mac && i < m->n_nics; i++)
		if (str_eq(port_mac(&m->nics[i]), mac))
			return &m->nics[i];
	return NULL;
}

void guide_look(struct guide *g, const struct machine *m)
{
	const struct disk *was = g->said.disk;
	char state[HASH_HEX];

	g->machine = m;
	g->said.disk = same_disk(m, was);
	if (was && (!g->said.disk || disk_never(g->said.disk, g->a))) {
		guide_say(g, "%s, which was chosen, %s", plain_words(was->name, g->a), g->said.disk ? "can no longer be" : "is not there any more");
		g->said.disk = NULL;
		g->step = g->step > STEP_DISK ? STEP_DISK : g->step;
	}
	if (g->said.mac && !same_port(m, g->said.mac)) {
		guide_say(g, "the port that was chosen (%s) is not there any more", g->said.mac);
		g->said.mac = NULL;
		g->step = g->step > STEP_PORT ? STEP_PORT : g->step;
	}
	/* What may be lost is what was seen, and nothing that came onto it since. */
	if (!g->said.disk || !g->said.consent[0])
		return;
	disk_state(g->said.disk, state);
	if (strcmp(state, g->said.consent) != 0) {
		g->said.consent[0] = '\0';
		g->step = g->step > STEP_MAP ? STEP_MAP : g->step;
		guide_say(g, "%s is not what it was: look at it again", plain_words(g->said.disk->name, g->a));
	}
}

/* --- from page to page */

static bool is_needed(struct guide *g, int step)
{
	return !rows[step]->needed || rows[step]->needed(g);
}

static void go_on(struct guide *g)
{
	int step = (int)g->step;

	do
		step++;
	while (step < STEP_REVIEW && !is_needed(g, step));
	g->step = (enum guide_step)step;
}

static void go_back(struct guide *g)
{
	int step = (int)g->step;

	while (step > STEP_WELCOME && !is_needed(g, --step))
		;
	g->step = (enum guide_step)step;
}

const struct guide_page *guide_page(struct guide *g)
{
	struct guide_page *p = ARENA_NEW(g->a, struct guide_page);
	const struct guide_row *row = rows[g->step];

	*p = (struct guide_page){ .id = row->id, .title = row->title, .problem = g->problem };
	row->make(g, p);
	g->problem = NULL;
	return p;
}

enum guide_do guide_take(struct guide *g, const struct guide_answer *answer)
{
	enum guide_do what = answer->what;

	if (what == DO_BACK) {
		go_back(g);
		return DO_NEXT;
	}
	if (what == DO_SHOW) {
		g->step = STEP_FILE;
		return DO_NEXT;
	}
	if (what == DO_NEXT || what == DO_ADD || what == DO_DROP || what == DO_INSTALL) {
		int does = rows[g->step]->take(g, answer);

		if (does == DO_BACK) {
			go_back(g);
			return DO_NEXT;
		}
		if (does == DO_NEXT)
			go_on(g);
		return does < 0 ? DO_NEXT : (enum guide_do)does;
	}
	return what;
}
