/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages about the machine: welcome, disk, map, consent, port. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "guide/inner.h"
#include "model/disk_words.h"
#include "plan/planner.h"

/* --- welcome */

static const struct guide_button welcome_buttons[] = { { DO_NEXT, "next", "Next" } };

static size_t free_disks(struct guide *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->machine->n_disks; i++)
		n += !disk_never(&g->machine->disks[i], g->a);
	return n;
}

static const char *link_words(const struct nic *n, struct arena *a)
{
	if (n->link && n->speed_mbit)
		return arena_printf(a, "link, %" PRIu64 " Mbit/s", n->speed_mbit);
	return n->link ? "link" : "no link seen";
}

static void add_findings(struct guide *g, struct str *out)
{
	const struct machine *m = g->machine;
	size_t free = free_disks(g);
	char memory[SIZE_TEXT_MAX];

	str_add(out, "machine  ");
	add_lines(out, plain_words(arena_printf(g->a, "%s %s, serial %s", m->system.vendor ? m->system.vendor : "unnamed",
						m->system.product ? m->system.product : "machine",
						m->system.serial ? m->system.serial : "unknown"), g->a), 9);
	str_addf(out, "\n         %" PRIu64 " CPU%s, %s memory, %s%s\n", m->cpus, m->cpus == 1 ? "" : "s", size_format(m->memory_bytes, memory),
		 str_eq(m->firmware, "uefi") ? "UEFI" : str_eq(m->firmware, "bios") ? "BIOS" : "unknown firmware",
		 m->secure_boot ? ", secure boot" : "");
	if (g->medium)
		str_addf(out, "medium   %s\n", plain_words(g->medium, g->a));
	str_addf(out, "disks    %zu that can be installed on, %zu that can not\n", free, m->n_disks - free);
	for (size_t i = 0; i < m->n_nics; i++)
		str_addf(out, "%s  %-10.10s %-17.17s  %s\n", i ? "       " : "ports  ", plain_words(m->nics[i].name, g->a),
			 plain_words(port_mac(&m->nics[i]), g->a), link_words(&m->nics[i], g->a));
	if (!m->n_nics)
		str_add(out, "ports    none\n");
}

/* Why there is nothing to go on to, or NULL. */
static const char *stopped_by(struct guide *g)
{
	if (!g->machine->n_disks)
		return "No disk was found at all: check the controller's mode, its cables, and whether it needs a driver that is not here.";
	if (!free_disks(g))
		return "No disk can be installed on: each is in use, read-only or could not be read. A disk that is plugged in now is seen "
		       "by looking at the machine again.";
	if (!g->machine->n_nics)
		return "No network port was found, and the admin node needs one: check whether it is switched off in the firmware, or needs a "
		       "driver that is not here.";
	return NULL;
}

static void make_welcome(struct guide *g, struct guide_page *p)
{
	struct guide_item *items = arena_array(g->a, 6, sizeof(*items));
	const char *stop = stopped_by(g);
	AUTO_STR body = STR_INIT;

	add_findings(g, &body);
	p->intro = g->reason;
	p->body = kept_text(g, &body);
	items[0] = (struct guide_item){ g->installs ? "Install this machine as the admin node, step by step" : "Make a site file, step by step",
					stop ? stop : "Nothing is written before the last page, and not without being asked for.", stop != NULL };
	items[1] = (struct guide_item){ "Look at the machine again", "Disks and cables that were plugged in since are seen.", false };
	p->n_items = 2;
	if (g->installs) {
		items[2] = (struct guide_item){ "Look for a site file again", "On a volume labelled FULCRUM-CFG, for example a stick.", false };
		items[3] = (struct guide_item){ "A shell on this console", "`exit` comes back here.", false };
		items[4] = (struct guide_item){ "Let somebody in from elsewhere", "By SSH, with a password for one login that is shown here; they answer as at a console.", false };
		items[5] = (struct guide_item){ "Restart this machine", "Nothing was written.", false };
		p->n_items = 6;
	}
	p->items = items;
	p->item = stop ? 1 : 0;
	page_buttons(p, welcome_buttons, ARRAY_LEN(welcome_buttons));
}

static int take_welcome(struct guide *g, const struct guide_answer *answer)
{
	static const enum guide_do does[] = { DO_NEXT, DO_AGAIN, DO_FIND, DO_SHELL, DO_REMOTE, DO_RESTART };
	const char *stop = stopped_by(g);

	if (answer->item || !stop)
		return (int)does[answer->item < ARRAY_LEN(does) ? answer->item : 1];
	guide_say(g, "%s", stop);
	return -1;
}

const struct guide_row row_welcome = { "welcome", "Welcome", make_welcome, take_welcome, NULL };

/* --- disk */

static const struct guide_button disk_buttons[] = {
	{ DO_NEXT, "next", "Next" }, { DO_AGAIN, "again", "Look again" }, { DO_BACK, "back", "Back" }
};

/* What the line of the disk has no room for. */
static const char *disk_detail(struct guide *g, const struct disk *d, const char *never)
{
	AUTO_STR text = STR_INIT;

	if (never)
		str_addf(&text, "Cannot be chosen, %s. ", never);
	str_addf(&text, "Serial %s. %s%s", disk_id(d), disk_is_blank(d) ? "" : "It carries: ", disk_is_blank(d) ? "Nothing is on it" : disk_content_words(d, g->a));
	if (d->n_holders)
		str_addf(&text, "; %s", disk_state_words(d, g->a));
	return plain_words(str_text(&text), g->a);
}

static void make_disk(struct guide *g, struct guide_page *p)
{
	const struct machine *m = g->machine;
	struct guide_item *items = arena_array(g->a, m->n_disks, sizeof(*items));
	size_t free = 0;

	p->intro = "The disk that becomes the admin node's. A disk that is in use cannot be chosen: the reason is told beside it.";
	p->heading = "disk           size bus    model             serial            content";
	for (size_t i = 0; i < m->n_disks; i++) {
		const struct disk *d = &m->disks[i];
		const char *never = disk_never(d, g->a);
		char size[SIZE_TEXT_MAX];

		items[i].text = arena_printf(g->a, "%-10.10s %8s %-6s %-17.17s %-17.17s %.9s", plain_words(d->name, g->a),
					     size_format(d->size_bytes, size), disk_bus_names[d->bus], plain_words(d->model, g->a),
					     plain_words(disk_id(d), g->a), never ? "(no)" : disk_is_blank(d) ? "blank" : "not blank");
		items[i].detail = disk_detail(g, d, never);
		items[i].off = never != NULL;
		if (d == g->said.disk || (!g->said.disk && !never && !free++))
			p->item = i;
	}
	p->items = items;
	p->n_items = m->n_disks;
	page_buttons(p, disk_buttons, ARRAY_LEN(disk_buttons));
}

static int take_disk(struct guide *g, const struct guide_answer *answer)
{
	const struct disk *d;
	const char *never;

	if (answer->item >= g->machine->n_disks)
		return -1;
	d = &g->machine->disks[answer->item];
	never = disk_never(d, g->a);
	if (never) {
		guide_say(g, "%s cannot be chosen, %s", plain_words(d->name, g->a), plain_words(never, g->a));
		return -1;
	}
	if (g->said.disk != d)
		g->said.consent[0] = '\0';
	g->said.disk = d;
	return DO_NEXT;
}

const struct guide_row row_disk = { "disk", "Disk", make_disk, take_disk, NULL };

/* --- map */

static const struct guide_button map_buttons[] = { { DO_NEXT, "next", "Next" }, { DO_BACK, "back", "Back" } };

static const char *disk_words(const struct guide *g)
{
	const struct disk *d = g->said.disk;
	char size[SIZE_TEXT_MAX];

	return plain_words(arena_printf(g->a, "%s, %s, %s, serial %s", d->name, size_format(d->size_bytes, size), d->model ? d->model : "unnamed",
					disk_id(d)), g->a);
}

/* Stands in for what is asked later, so that there is a plan to draw. */
static int provisional_plan(struct guide *g, bool agreed, struct plan **ret, struct error *err)
{
	static const char *keys[] = { "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA later" };
	struct guide_answers kept = g->said;
	int rc;

	if (!g->said.n_keys) {
		g->said.keys = keys;
		g->said.n_keys = 1;
	}
	if (!g->said.mac && g->machine->n_nics)
		g->said.mac = port_mac(&g->machine->nics[0]);
	rc = draft_plan(g, agreed, ret, err);
	g->said = kept;
	return rc;
}

static void make_map(struct guide *g, struct guide_page *p)
{
	struct error err = { 0 };
	struct plan *plan = NULL;
	AUTO_STR drawing = STR_INIT;
	AUTO_STR words = STR_INIT;

	if (provisional_plan(g, true, &plan, &err)) {
		plan = NULL;
		guide_say(g, "%s", error_words(&err, g->a));
		p->problem = g->problem;
	}
	map_draw(g->said.disk, plan, &drawing, &words);
	p->intro = arena_printf(g->a, "%s: now, and after the install. Nothing has been written.", disk_words(g));
	p->drawing = kept_text(g, &drawing);
	p->body = kept_text(g, &words);
	page_buttons(p, map_buttons, ARRAY_LEN(map_buttons));
}

static int take_map(struct guide *g, const struct guide_answer *answer)
{
	struct error err = { 0 };
	struct plan *plan;

	(void)answer;
	if (!provisional_plan(g, true, &plan, &err))
		return DO_NEXT;
	/* The page says it again, with its remedy. */
	return -1;
}

const struct guide_row row_map = { "map", "Before and after", make_map, take_map, NULL };

/* --- consent */

static const struct guide_button consent_buttons[] = { { DO_NEXT, "next", "Next" }, { DO_BACK, "back", "Back" } };

/* If the planner refuses for want of one: it may know the disk as our own unfinished work. */
static bool needs_consent(struct guide *g)
{
	struct error err = { 0 };
	struct plan *plan;

	return g->said.consent[0] || (provisional_plan(g, false, &plan, &err) && err.kind == ERR_REFUSED);
}

static bool has_admin(const struct disk *d)
{
	return disk_partition(d, "fulcrum-data") != NULL;
}

static void make_consent(struct guide *g, struct guide_page *p)
{
	const struct disk *d = g->said.disk;
	const char *name = plan_consent_name(g->machine, d), *what = str_eq(name, d->serial) ? "serial" : str_eq(name, d->wwn) ? "WWN" : "place";
	struct guide_field *field = ARENA_NEW(g->a, struct guide_field);
	struct error err = { 0 };
	struct plan *plan;
	AUTO_STR body = STR_INIT;

	p->intro = arena_printf(g->a, "%s carries something, and all of it will be LOST.%s To agree, type its %s as it is shown: %s",
				plain_words(d->name, g->a),
				has_admin(d) ? " It is a Fulcrum admin node: its keys, its database and its nodes' histories are part of it." : "",
				what, plain_words(name, g->a));
	if (!provisional_plan(g, true, &plan, &err) && plan->n_disks)
		for (size_t i = 0; i < plan->disks[0].n_destroys; i++) {
			str_add(&body, "lost: ");
			add_lines(&body, plain_words(plan->disks[0].destroys[i], g->a), 6);
			str_addc(&body, '\n');
		}
	if (!body.len)
		add_lines(&body, plain_words(disk_content_words(d, g->a), g->a), 2);
	*field = (struct guide_field){ what, NULL, "" };
	p->body = kept_text(g, &body);
	p->fields = field;
	p->n_fields = 1;
	p->careful = true;
	page_buttons(p, consent_buttons, ARRAY_LEN(consent_buttons));
}

static int take_consent(struct guide *g, const struct guide_answer *answer)
{
	const char *id = plain_words(plan_consent_name(g->machine, g->said.disk), g->a);

	g->said.consent[0] = '\0';
	if (strcmp(answer->values[0], id) != 0) {
		guide_say(g, "\"%s\" is not %s: without it the disk stays as it is", answer->values[0][0] ? plain_words(answer->values[0], g->a) : "",
			  id);
		return -1;
	}
	disk_state(g->said.disk, g->said.consent);
	return DO_NEXT;
}

const struct guide_row row_consent = { "consent", "Consent", make_consent, take_consent, needs_consent };

/* --- port */

static const struct guide_button port_buttons[] = {
	{ DO_NEXT, "next", "Next" }, { DO_AGAIN, "again", "Look again" }, { DO_BACK, "back", "Back" }
};

static void make_port(struct guide *g, struct guide_page *p)
{
	const struct machine *m = g->machine;
	struct guide_item *items = arena_array(g->a, m->n_nics, sizeof(*items));
	size_t links = 0;
	bool found = false;

	p->heading = "port       address            driver       link";
	for (size_t i = 0; i < m->n_nics; i++) {
		const struct nic *n = &m->nics[i];

		items[i].text = arena_printf(g->a, "%-10.10s %-17.17s  %-12.12s %.30s", plain_words(n->name, g->a), plain_words(port_mac(n), g->a),
					     plain_words(n->driver, g->a), link_words(n, g->a));
		items[i].detail = arena_printf(g->a, "At %s. %s", plain_words(n->pci, g->a),
					       n->link ? "Something answers at the other end of its cable." :
							 "No cable, nothing at its other end, or the other end is still starting (a switch may take a minute).");
		links += n->link;
		/* The only one with a link is the best guess, and it is shown as one. */
		if (str_eq(port_mac(n), g->said.mac)) {
			p->item = i;
			found = true;
		} else if (!found && !g->said.mac && n->link && links == 1) {
			p->item = i;
		}
	}
	p->intro = links ? "The port at which the other machines will be: they boot from it, and get their addresses there." :
			   "The port at which the other machines will be. No port has a link now. Plug in the cable and look again, or go on: the "
			   "install itself does not need it.";
	p->items = items;
	p->n_items = m->n_nics;
	page_buttons(p, port_buttons, ARRAY_LEN(port_buttons));
}

static int take_port(struct guide *g, const struct guide_answer *answer)
{
	if (answer->item >= g->machine->n_nics)
		return -1;
	g->said.mac = port_mac(&g->machine->nics[answer->item]);
	return DO_NEXT;
}

const struct guide_row row_port = { "port", "Port of the admin network", make_port, take_port, NULL };
