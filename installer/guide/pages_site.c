/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages about the site: addresses, names, keys, nodes; and the last two, of what comes of it all. */
#include <stdio.h>
#include <string.h>

#include "guide/inner.h"
#include "model/ssh_key.h"

/* A field of a form: where its value is kept, where the site file has it, and whether it may be empty. */
struct line {
	const char *label, *help, *path;
	size_t at; /* of struct guide_answers */
	bool may_be_empty;
};

static const char **value_of(struct guide *g, const struct line *l)
{
	return (const char **)((char *)&g->said + l->at);
}

static void make_form(struct guide *g, struct guide_page *p, const struct line *lines, size_t n)
{
	struct guide_field *fields = arena_array(g->a, n, sizeof(*fields));

	for (size_t i = 0; i < n; i++)
		fields[i] = (struct guide_field){ lines[i].label, lines[i].help, *value_of(g, &lines[i]) };
	p->fields = fields;
	p->n_fields = n;
}

/* Keeps what was typed, and says what is wrong with it; true if it is good. */
static bool take_form(struct guide *g, const struct line *lines, size_t n, const char *const *values)
{
	const char *paths[8], *labels[8], *problems;
	AUTO_STR missing = STR_INIT;

	for (size_t i = 0; i < n && i < ARRAY_LEN(paths); i++) {
		const char *v = values[i] + strspn(values[i], " ");
		size_t len = strlen(v);

		while (len && v[len - 1] == ' ')
			len--;
		*value_of(g, &lines[i]) = arena_strndup(g->a, v, len);
		paths[i] = lines[i].path;
		labels[i] = lines[i].label;
		if (!len && !lines[i].may_be_empty)
			str_addf(&missing, "%s%s: is needed", missing.len ? "\n" : "", lines[i].label);
	}
	if (missing.len) {
		guide_say(g, "%s", str_text(&missing));
		return false;
	}
	problems = draft_problems(g, paths, labels, n);
	if (problems)
		guide_say(g, "%s", problems);
	return !problems;
}

static const struct guide_button plain_buttons[] = { { DO_NEXT, "next", "Next" }, { DO_BACK, "back", "Back" } };

/* --- network */

static const struct line network_lines[] = {
	{ "subnet", "as 192.168.124.0/24", "networks.admin.subnet", offsetof(struct guide_answers, subnet), false },
	{ "address", "this machine's own in it", "networks.admin.address", offsetof(struct guide_answers, address), false },
	{ "discovery", "for machines not yet known", "networks.admin.discovery", offsetof(struct guide_answers, discovery), false },
	{ "hosts", "for deployed machines", "networks.admin.hosts", offsetof(struct guide_answers, hosts), false },
	{ "gateway", "empty: there is no way out", "networks.admin.gateway", offsetof(struct guide_answers, gateway), true },
};

static void make_network(struct guide *g, struct guide_page *p)
{
	p->intro = "The addresses of the admin network. This machine gives them out there, so the subnet must be used by nobody else. With "
		   "another subnet the rest is computed again, and shown again.";
	make_form(g, p, network_lines, ARRAY_LEN(network_lines));
	page_buttons(p, plain_buttons, ARRAY_LEN(plain_buttons));
}

static int take_network(struct guide *g, const struct guide_answer *answer)
{
	const struct guide_answers old = g->said;
	bool untouched = str_eq(answer->values[1], old.address) && str_eq(answer->values[2], old.discovery) &&
			 str_eq(answer->values[3], old.hosts);

	if (!str_eq(answer->values[0], old.subnet) && untouched) {
		draft_addresses(g, answer->values[0]);
		if (!str_eq(g->said.address, old.address)) {
			g->said.gateway = arena_strdup(g->a, answer->values[4]);
			guide_say(g, "The other addresses were computed from the new subnet: check them");
			return -1;
		}
	}
	return take_form(g, network_lines, ARRAY_LEN(network_lines), answer->values) ? DO_NEXT : -1;
}

const struct guide_row row_network = { "network", "Addresses", make_network, take_network, NULL };

/* --- names */

static const struct line name_lines[] = {
	{ "site", "lower case, digits, hyphens", "site", offsetof(struct guide_answers, site), false },
	{ "name", "full name of this machine", "admin.name", offsetof(struct guide_answers, name), false },
};

static const char *name_for(struct guide *g, const char *site)
{
	return arena_printf(g->a, "admin.%s.example", site);
}

static void make_names(struct guide *g, struct guide_page *p)
{
	p->intro = "The site's name is for people. The machine's name ends in the domain that all machines of the site get.";
	make_form(g, p, name_lines, ARRAY_LEN(name_lines));
	page_buttons(p, plain_buttons, ARRAY_LEN(plain_buttons));
}

static int take_names(struct guide *g, const struct guide_answer *answer)
{
	const char *old = g->said.site;

	if (!str_eq(answer->values[0], old) && str_eq(answer->values[1], g->said.name) && str_eq(g->said.name, name_for(g, old))) {
		g->said.site = arena_strdup(g->a, answer->values[0]);
		g->said.name = name_for(g, answer->values[0]);
		guide_say(g, "The machine's name was made of the site's: check it");
		return -1;
	}
	return take_form(g, name_lines, ARRAY_LEN(name_lines), answer->values) ? DO_NEXT : -1;
}

const struct guide_row row_names = { "names", "Names", make_names, take_names, NULL };

/* --- keys */

static const struct guide_button key_buttons[] = {
	{ DO_NEXT, "next", "Next" }, { DO_ADD, "add", "Add" }, { DO_DROP, "drop", "Drop last" }, { DO_KEYS, "read", "Read from a stick" },
	{ DO_BACK, "back", "Back" },
};

static bool add_key(struct guide *g, const char *line)
{
	const char *hint, *why = ssh_key_why_not(line, g->a, &hint);

	for (size_t i = 0; i < g->said.n_keys && !why; i++)
		if (str_eq(g->said.keys[i], line))
			why = "is there already";
	if (why) {
		guide_say(g, "The key %s%s%s", plain_words(why, g->a), hint ? "\n-> " : "", hint ? plain_words(hint, g->a) : "");
		return false;
	}
	g->said.keys = arena_grow(g->a, g->said.keys, g->said.n_keys, sizeof(*g->said.keys));
	g->said.keys[g->said.n_keys++] = arena_strdup(g->a, line);
	return true;
}

void guide_keys(struct guide *g, const char *text, const char *from)
{
	size_t added = 0, bad = 0;
	const char *why = NULL;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		size_t n = strcspn(text, "\r\n");

		if (!n || text[0] == '#')
			continue;
		if (add_key(g, arena_strndup(g->a, text, n))) {
			added++;
		} else {
			bad++;
			why = g->problem;
		}
	}
	guide_say(g, "%s: %zu key%s added%s%s", plain_words(from, g->a), added, added == 1 ? "" : "s",
		  bad ? ". " : "", bad ? (bad > 1 ? arena_printf(g->a, "%zu lines were not taken; the last: %s", bad, why) : why) : "");
}

static void make_keys(struct guide *g, struct guide_page *p)
{
	struct guide_field *field = ARENA_NEW(g->a, struct guide_field);
	AUTO_STR body = STR_INIT;

	p->intro = "Who may log in, there are no passwords: the lines of .pub files, pasted here one by one, or read from a file "
		   "authorized_keys, id_ed25519.pub, id_ecdsa.pub or id_rsa.pub on a stick that is plugged in.";
	for (size_t i = 0; i < g->said.n_keys; i++) {
		const char *key = g->said.keys[i], *last = strrchr(key, ' ');
		size_t type = strcspn(key, " ");

		/* Its end and its name tell a key from another; its beginning is that of all. */
		str_addf(&body, "%zu  %.*s ...%.16s  %.36s\n", i + 1, (int)type, key,
			 last > key + type + 16 ? last - 16 : key + (strlen(key) > 16 ? strlen(key) - 16 : 0),
			 last > key + type ? plain_words(last + 1, g->a) : "");
	}
	if (!g->said.n_keys)
		str_add(&body, "no key yet: at least one is needed\n");
	*field = (struct guide_field){ "key", "ssh-ed25519 AAAA... name", "" };
	p->body = kept_text(g, &body);
	p->fields = field;
	p->n_fields = 1;
	page_buttons(p, key_buttons, ARRAY_LEN(key_buttons));
}

static int take_keys(struct guide *g, const struct guide_answer *answer)
{
	const char *typed = answer->values[0] + strspn(answer->values[0], " ");

	if (answer->what == DO_DROP) {
		g->said.n_keys -= g->said.n_keys > 0;
		return -1;
	}
	/* What stands in the field when a person goes on is meant to be added. */
	if (typed[0] && (!add_key(g, typed) || answer->what == DO_ADD))
		return -1;
	if (answer->what == DO_ADD)
		guide_say(g, "Paste the line of a .pub file into the field first");
	else if (!g->said.n_keys)
		guide_say(g, "Without a key nobody can log in: at least one is needed");
	else
		return DO_NEXT;
	return -1;
}

const struct guide_row row_keys = { "keys", "Access", make_keys, take_keys, NULL };

/* --- nodes */

static void make_nodes(struct guide *g, struct guide_page *p)
{
	const struct catalog *c = g->catalog;
	struct guide_item *items = arena_array(g->a, c->n_images + 1, sizeof(*items));

	p->intro = "What becomes of other machines that boot from the admin network. Nothing is written to any of them before its plan is "
		   "approved by a person, one by one: fulcrum deploy NODE --plan HASH.";
	for (size_t i = 0; i < c->n_images; i++) {
		items[i].text = arena_printf(g->a, "Servers from the image %.40s", plain_words(c->images[i].name, g->a));
		items[i].detail = "Each on its smallest disk that is large enough, named node-1, node-2 and so on, with an SSH server.";
		if (str_eq(g->said.image, c->images[i].name))
			p->item = i;
	}
	items[c->n_images] = (struct guide_item){ "Nothing yet", "They are discovered and listed. Profiles and rules in the site file say more, later.", false };
	if (!g->said.image)
		p->item = c->n_images;
	p->items = items;
	p->n_items = c->n_images + 1;
	page_buttons(p, plain_buttons, ARRAY_LEN(plain_buttons));
}

static int take_nodes(struct guide *g, const struct guide_answer *answer)
{
	if (answer->item > g->catalog->n_images)
		return -1;
	g->said.image = answer->item < g->catalog->n_images ? g->catalog->images[answer->item].name : NULL;
	return DO_NEXT;
}

const struct guide_row row_nodes = { "nodes", "Other machines", make_nodes, take_nodes, NULL };

/* --- review */

static const struct guide_button review_buttons[] = {
	{ DO_INSTALL, "install", "Install" }, { DO_SHOW, "file", "Site file" }, { DO_SAVE, "save", "Save it" }, { DO_BACK, "back", "Back" }
};
static const struct guide_button file_only_buttons[] = {
	{ DO_SAVE, "save", "Save the site file" }, { DO_SHOW, "file", "Show it" }, { DO_BACK, "back", "Back" }
};

static void make_review(struct guide *g, struct guide_page *p)
{
	struct error err = { 0 };
	char hash[HASH_HEX];
	AUTO_STR text = STR_INIT;
	AUTO_STR body = STR_INIT;

	p->careful = true;
	g->site_text = guide_site_text(g);
	if (draft_plan(g, false, &g->plan, &err)) {
		g->plan = NULL;
		p->intro = "What was said makes no plan for this machine. Nothing was written.";
		add_lines(&body, error_words(&err, g->a), 2);
		p->body = kept_text(g, &body);
		page_buttons(p, &review_buttons[3], 1);
		return;
	}
	plan_text_columns(g->plan, GUIDE_WIDTH, &text);
	/* Some of its lines are never broken. */
	add_lines(&body, str_text(&text), 6);
	plan_hash(g->plan, hash);
	p->body = kept_text(g, &body);
	p->intro = arena_printf(g->a, "This is plan %.*s. Nothing has been written yet. %s", PLAN_SHORT, hash,
				!g->plan->n_ops ? "There is nothing to do: this machine already is that admin node." :
				g->installs	? "Install writes it; the site file that makes the same install again is kept on the admin node." :
						  "The site file makes the same install on the machine itself.");
	if (g->installs && g->plan->n_ops)
		page_buttons(p, review_buttons, ARRAY_LEN(review_buttons));
	else
		page_buttons(p, file_only_buttons, ARRAY_LEN(file_only_buttons));
}

static int take_review(struct guide *g, const struct guide_answer *answer)
{
	(void)answer;
	return g->plan && g->plan->n_ops && g->installs ? DO_INSTALL : -1;
}

const struct guide_row row_review = { "review", "Review", make_review, take_review, NULL };

/* --- file */

static const struct guide_button show_buttons[] = { { DO_BACK, "back", "Back" }, { DO_SAVE, "save", "Save it" } };

static void make_file(struct guide *g, struct guide_page *p)
{
	AUTO_STR body = STR_INIT;

	/* An SSH key is wider than the page. */
	add_lines(&body, g->site_text, 8);
	p->intro = "The site file of this install. With it on a volume labelled FULCRUM-CFG, as site.yaml, the same install is made without a "
		   "question but the one for the plan's hash.";
	p->body = kept_text(g, &body);
	page_buttons(p, show_buttons, ARRAY_LEN(show_buttons));
}

static int take_file(struct guide *g, const struct guide_answer *answer)
{
	(void)g;
	(void)answer;
	return DO_BACK;
}

const struct guide_row row_file = { "file", "Site file", make_file, take_file, NULL };
