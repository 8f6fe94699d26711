/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a site file. A site without findings must hold what the rest of the house relies on,
 * and mean the same after it was written as JSON and read again.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "data/json.h"
#include "model/site.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_network(const struct network *n)
{
	assert(n->prefix >= 8 && n->prefix <= 30 && (n->addr & n->mask) == n->net && n->addr != n->net);
	assert(n->nic.mac || n->nic.driver || n->nic.pci || n->nic.link);
	if (strcmp(n->name, "admin"))
		return;
	assert(n->hosts.first && n->hosts.first <= n->hosts.last && n->discovery.first <= n->discovery.last);
	assert((n->hosts.first & n->mask) == n->net && (n->hosts.last & n->mask) == n->net);
	assert((n->discovery.first & n->mask) == n->net && (n->discovery.last & n->mask) == n->net);
	assert(n->hosts.last < n->discovery.first || n->discovery.last < n->hosts.first);
	assert(n->addr < n->hosts.first || n->addr > n->hosts.last);
	assert(n->addr < n->discovery.first || n->addr > n->discovery.last);
}

static void check_profile(const struct profile *p)
{
	size_t roots = 0, esps = 0, rests = 0;

	assert(p->image && p->image[0] && p->n_disks == 1 && !strcmp(p->disks[0].name, "system"));
	for (size_t i = 0; i < p->n_layout; i++) {
		roots += p->layout[i].role == PART_ROOT;
		esps += p->layout[i].role == PART_ESP;
		rests += p->layout[i].size.rest;
		assert(!p->layout[i].size.rest || i + 1 == p->n_layout);
		assert(p->layout[i].role > PART_NONE && p->layout[i].role < PART__N);
	}
	assert(roots == 1 && esps == 1 && rests <= 1);
	for (size_t i = 0; i < p->n_wipe; i++)
		assert(p->wipe[i] && p->wipe[i][0]);
}

static void check_site(const struct site *s)
{
	assert(s->fulcrum == 1 && s->site && s->admin.name && strchr(s->admin.name, '.'));
	assert(s->admin.access.n_ssh_keys && site_network(s, "admin"));
	for (size_t i = 0; i < s->admin.n_wipe; i++)
		assert(s->admin.wipe[i] && s->admin.wipe[i][0]);
	for (size_t i = 0; i < s->n_networks; i++)
		check_network(&s->networks[i]);
	for (size_t i = 0; i < s->n_profiles; i++)
		check_profile(&s->profiles[i]);
	for (size_t i = 0; i < s->n_rules; i++)
		assert(site_profile(s, s->rules[i].bind.profile) && s->rules[i].bind.name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR once = STR_INIT;
	AUTO_STR twice = STR_INIT;
	struct findings f = { .arena = &a };
	const struct site *s = site_parse("fuzz", (const char *)data, size, &a, &f);

	field_to_json(&site_schema, s, true, true, &once);
	if (f.n) {
		findings_print(&f, &twice);
		return 0;
	}
	check_site(s);
	s = site_parse("again", str_text(&once), once.len, &a, &f);
	assert(!f.n);
	field_to_json(&site_schema, s, true, true, &twice);
	assert(!strcmp(str_text(&once), str_text(&twice)));
	return 0;
}
