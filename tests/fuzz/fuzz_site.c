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

static void check_network(const struct site *s, const struct network *n)
{
	bool links = false;

	for (size_t i = 0; n->on && i < s->n_links; i++)
		links |= !strcmp(s->links[i].name, n->on);
	assert(n->on ? links && !nic_selector_is_set(&n->nic) : nic_selector_is_set(&n->nic));
	assert(n->ipv6 != IPV6_DEFAULT && (n->ipv6 != IPV6_STATIC || n->prefix6));
	assert(!n->subnet == !n->prefix && !(n->subnet && n->dhcp));
	if (n->subnet)
		assert(n->prefix >= 8 && n->prefix <= 30 && (n->addr & n->mask) == n->net && n->addr != n->net);
	if (strcmp(n->name, "admin"))
		return;
	assert(n->subnet);
	assert(n->hosts.first && n->hosts.first <= n->hosts.last && n->discovery.first <= n->discovery.last);
	assert((n->hosts.first & n->mask) == n->net && (n->hosts.last & n->mask) == n->net);
	assert((n->discovery.first & n->mask) == n->net && (n->discovery.last & n->mask) == n->net);
	assert(n->hosts.last < n->discovery.first || n->discovery.last < n->hosts.first);
	assert(n->addr < n->hosts.first || n->addr > n->hosts.last);
	assert(n->addr < n->discovery.first || n->addr > n->discovery.last);
}

/* What NAME is to a line's `on`: a role of disks, or a line that carries others, before a given one or not. */
static const struct layout_item *carrier(const struct profile *p, const char *name, size_t *ret_roles)
{
	const struct layout_item *found = NULL;

	*ret_roles = 0;
	for (size_t i = 0; i < p->n_disks; i++)
		*ret_roles += !strcmp(p->disks[i].name, name);
	for (size_t i = 0; i < p->n_layout; i++) {
		const struct layout_item *it = &p->layout[i];

		if (it->role >= PART_PART && !strcmp(it->name ? it->name : part_role_names[it->role], name))
			found = it;
	}
	return found;
}

/* Every chain of lines ends at disks, after at most as many steps as there are lines. */
static void check_ends(const struct profile *p, const struct layout_item *it, size_t depth)
{
	static const char *const usual[] = { "system" };
	const char *const *on = it->n_on ? it->on : usual;

	assert(depth <= p->n_layout);
	assert(it->n_on < 2 || it->role == PART_RAID || it->role == PART_GROUP);
	for (size_t i = 0; i < (it->n_on ? it->n_on : 1); i++) {
		size_t roles;
		const struct layout_item *below = carrier(p, on[i], &roles);

		assert(roles ? roles == 1 && !below : below != NULL);
		if (below)
			check_ends(p, below, depth + 1);
	}
}

static void check_line(const struct layout_item *it)
{
	assert(it->role > PART_NONE && it->role < PART__N);
	assert(it->size.rest + (it->size.bytes != 0) + (it->size.percent != 0) <= 1 && it->size.percent <= 100);
	assert(!it->min_bytes || !it->max_bytes || it->min_bytes <= it->max_bytes);
	assert((it->role == PART_RAID) == it->level_set);
	assert((it->role == PART_CRYPT) == (it->passphrase || it->key_file) && !(it->passphrase && it->key_file));
	assert(!it->passphrase || strlen(it->passphrase) >= 8);
	assert(!it->key_file || !strchr(it->key_file, '/'));
	assert((it->role == PART_DATA) == (it->mount != NULL));
}

static void check_profile(const struct profile *p)
{
	size_t roots = 0, esps = 0, systems = 0;

	assert(p->image && p->image[0]);
	for (size_t i = 0; i < p->n_disks; i++)
		systems += !strcmp(p->disks[i].name, "system");
	for (size_t i = 0; i < p->n_layout; i++) {
		roots += p->layout[i].role == PART_ROOT;
		esps += p->layout[i].role == PART_ESP;
		check_line(&p->layout[i]);
		check_ends(p, &p->layout[i], 0);
	}
	assert(roots == 1 && esps == 1 && systems == 1);
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
		check_network(s, &s->networks[i]);
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
