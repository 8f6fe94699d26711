/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was answered, as a site file: through its own tables out, and by its own parser in again. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/yaml.h"
#include "guide/inner.h"
#include "plan/planner.h"
#include "plan/select.h"

static const char file_name[] = "site.yaml";

/* --- the disk: the shortest words that name it and no other */

static bool names(const struct guide *g, const struct disk_selector *s)
{
	const struct disk **taken;
	const char *why;
	struct error ignored;
	size_t n;

	return !select_disks(s, "disk", g->machine, g->a, &taken, &n, &why, &ignored) && n == 1 && taken[0] == g->said.disk;
}

/* What a site file can say as it is, and a selector takes for itself. */
static bool is_word(const char *s)
{
	for (const char *c = s; c && *c; c++)
		if (*c < ' ' || *c > '~' || strchr("*?[\\", *c))
			return false;
	return !str_empty(s);
}

static struct disk_selector selector_of(const struct guide *g)
{
	const struct disk *d = g->said.disk;
	const struct disk_selector ways[] = {
		{ .serial = is_word(d->serial) ? d->serial : NULL },
		{ .wwn = is_word(d->wwn) ? d->wwn : NULL },
		{ .serial = is_word(d->serial) ? d->serial : NULL, .path = d->topology },
	};

	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if ((ways[i].serial || ways[i].wwn) && names(g, &ways[i]))
			return ways[i];
	return (struct disk_selector){ .path = d->topology };
}

/* --- the whole */

static bool agreed(const struct guide *g)
{
	char state[HASH_HEX];

	if (!g->said.disk || !g->said.consent[0])
		return false;
	disk_state(g->said.disk, state);
	return !strcmp(state, g->said.consent);
}

/* A server of the image, on the smallest disk that holds it well. Waits for a person: see policy. */
static void add_nodes(struct guide *g, struct site *s)
{
	struct profile *p = ARENA_NEW(g->a, struct profile);
	struct rule *r = ARENA_NEW(g->a, struct rule);
	struct disk_selector *d = ARENA_NEW(g->a, struct disk_selector);
	struct layout_item *l = arena_array(g->a, 3, sizeof(*l));
	const char **packages = ARENA_NEW(g->a, const char *);
	uint64_t gib = 4;

	for (size_t i = 0; i < g->catalog->n_images; i++)
		if (str_eq(g->catalog->images[i].name, g->said.image) && g->catalog->images[i].image_bytes >> 29 > gib)
			gib = g->catalog->images[i].image_bytes >> 29;
	*d = (struct disk_selector){ .name = "system", .pick = PICK_SMALLEST,
				     .size = { .set = true, .text = arena_printf(g->a, ">= %" PRIu64 "G", gib) } };
	l[0] = (struct layout_item){ .role = PART_BIOS, .size = { .bytes = 1 << 20 } };
	l[1] = (struct layout_item){ .role = PART_ESP, .size = { .bytes = 512 << 20 } };
	l[2] = (struct layout_item){ .role = PART_ROOT, .size = { .rest = true } };
	packages[0] = "openssh-server";
	*p = (struct profile){ .name = "server", .image = g->said.image, .disks = d, .n_disks = 1, .layout = l, .n_layout = 3,
			       .packages = packages, .n_packages = 1 };
	*r = (struct rule){ .bind = { .profile = "server", .name = "node-{seq}" } };
	s->profiles = p;
	s->n_profiles = 1;
	s->rules = r;
	s->n_rules = 1;
}

const char *guide_site_text(struct guide *g)
{
	const struct guide_answers *w = &g->said;
	struct network net = { .name = "admin", .subnet = w->subnet, .address = w->address, .hosts.text = w->hosts,
			       .discovery.text = w->discovery, .gateway = str_empty(w->gateway) ? NULL : w->gateway, .nic.mac = w->mac };
	struct site s = { .fulcrum = 1, .site = w->site, .networks = &net, .n_networks = 1 };
	const char *wipe = w->disk ? plan_consent_name(g->machine, w->disk) : NULL;
	AUTO_STR text = STR_INIT;

	s.admin.name = w->name;
	if (w->disk)
		s.admin.disk = selector_of(g);
	if (agreed(g)) {
		s.admin.wipe = &wipe;
		s.admin.n_wipe = 1;
	}
	s.admin.access.ssh_keys = w->keys;
	s.admin.access.n_ssh_keys = w->n_keys;
	if (w->image)
		add_nodes(g, &s);
	yaml_write(field_write(&site_schema, &s, false, g->a), &text);
	return arena_strdup(g->a, str_text(&text));
}

static struct site *parse(struct guide *g, const char *text, struct findings *f)
{
	*f = (struct findings){ .arena = g->a };
	return site_parse(file_name, text, strlen(text), g->a, f);
}

/* PATH, or something inside it. */
static bool is_at(const char *found, const char *path)
{
	size_t n = strlen(path);

	return !strncmp(found, path, n) && (!found[n] || found[n] == '.' || found[n] == '[');
}

const char *draft_problems(struct guide *g, const char *const *paths, const char *const *labels, size_t n)
{
	struct findings f;
	AUTO_STR text = STR_INIT;

	parse(g, guide_site_text(g), &f);
	for (size_t i = 0; i < f.n; i++)
		for (size_t k = 0; k < n; k++) {
			if (!is_at(f.items[i].path, paths[k]))
				continue;
			str_addf(&text, "%s%s: %s", text.len ? "\n" : "", labels[k], plain_words(f.items[i].text, g->a));
			if (f.items[i].hint)
				str_addf(&text, " (%s)", plain_words(f.items[i].hint, g->a));
			break;
		}
	return text.len ? arena_strdup(g->a, str_text(&text)) : NULL;
}

int draft_plan(struct guide *g, bool as_agreed, struct plan **ret, struct error *err)
{
	const char *text = guide_site_text(g), *wipe = g->said.disk ? plan_consent_name(g->machine, g->said.disk) : NULL;
	struct findings f;
	struct plan_request r = { .site = parse(g, text, &f), .machine = g->machine, .catalog = g->catalog, .site_text = text,
				  .seed = g->seed, .reinstall = g->reinstall };
	AUTO_STR findings = STR_INIT;

	if (f.n) {
		findings_print(&f, &findings);
		return error_set(err, ERR_INPUT, "%s", str_text(&findings));
	}
	if (as_agreed && wipe) {
		r.wipe = &wipe;
		r.n_wipe = 1;
	}
	return plan_admin(&r, g->a, ret, err);
}

/* --- addresses */

void draft_addresses(struct guide *g, const char *subnet)
{
	size_t len = strcspn(subnet, "/");
	long prefix = subnet[len] ? strtol(subnet + len + 1, NULL, 10) : 0;
	uint32_t net, size, at;

	g->said.subnet = arena_strdup(g->a, subnet);
	if (prefix < 8 || prefix > 29 || ipv4_parse(arena_strndup(g->a, subnet, len), &net))
		return;
	size = (uint32_t)1 << (32 - prefix);
	/* No subnet, but an address in one: the parser says so. */
	if (net & (size - 1))
		return;
	at = net & 255;
	if (size >= 256) {
		g->said.address = ipv4_text(net + 10, g->a);
		g->said.discovery = arena_printf(g->a, ".%u-.%u", at + 21, at + 80);
		g->said.hosts = arena_printf(g->a, ".%u-.%u", at + 81, at + 160);
		return;
	}
	g->said.address = ipv4_text(net + 1, g->a);
	g->said.discovery = arena_printf(g->a, ".%u-.%u", at + 2, at + size / 2);
	g->said.hosts = arena_printf(g->a, ".%u-.%u", at + size / 2 + 1, at + size - 2);
}
