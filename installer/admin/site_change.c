/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site file, exchanged while its daemon runs. */
#include "admin/site_change.h"

#include <stdio.h>
#include <string.h>

#include "admin/explain.h"
#include "admin/network.h"
#include "admin/plans.h"
#include "admin/rules.h"
#include "base/fd.h"
#include "base/hash.h"
#include "data/json.h"

static const struct site *parse(const char *text, size_t len, struct arena *a, struct error *err)
{
	struct findings f = { .arena = a };
	const struct site *site = site_parse("site.yaml", text, len, a, &f);
	AUTO_STR all = STR_INIT;

	if (site && !f.n)
		return site;
	findings_print(&f, &all);
	while (all.len && all.s[all.len - 1] == '\n')
		all.s[--all.len] = '\0';
	error_set(err, ERR_INPUT, "%s", str_text(&all));
	return NULL;
}

static bool may_change(const char *key)
{
	static const char *const keys[] = { "rules", "profiles", "policy", "tests" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!strcmp(keys[i], key))
			return true;
	return false;
}

/* The first key that differs between what both mean and may not, or NULL. */
static const char *other_change(const struct site *now, const struct site *then, struct arena *a)
{
	struct tree *x = field_write(&site_schema, now, true, a), *y = field_write(&site_schema, then, true, a);

	for (int side = 0; side < 2; side++) {
		struct tree *from = side ? y : x, *to = side ? x : y;

		for (size_t i = 0; i < from->n; i++) {
			AUTO_STR is = STR_INIT;
			AUTO_STR was = STR_INIT;
			const struct tree *other = tree_get(to, from->keys[i]);

			if (may_change(from->keys[i]))
				continue;
			json_write(from->items[i], false, &was);
			if (other)
				json_write(other, false, &is);
			if (!str_eq(str_text(&was), str_text(&is)))
				return from->keys[i];
		}
	}
	return NULL;
}

static int refusals(struct admin *ad, const struct site *then, const char *lost, struct arena *a, struct error *err)
{
	const char *key = other_change(ad->site, then, a), *own = arena_printf(a, "%s/site.yaml", ad->paths.data);

	if (!str_eq(network_site_path(&ad->paths, a), own)) {
		error_set(err, ERR_CONFLICT, "a change of the networks waits to be confirmed");
		return error_hint(err, "fulcrum network confirm, or fulcrum network revert");
	}
	if (key) {
		error_set(err, ERR_REFUSED, "site.yaml: `%s` differs from what is in force", key);
		return error_hint(err, "only rules, profiles, policy and tests are changed here; networks and links by: fulcrum network apply FILE");
	}
	if (lost) {
		error_set(err, ERR_REFUSED, "site.yaml: the profile of %s is missing", lost);
		return error_hint(err, "keep the profile, or take the node out of it first: fulcrum node rebind %s, or release", lost);
	}
	return 0;
}

/* Nodes that waited for a rule or a plan; the plan of one that nobody approved yet is made anew by what is declared now. */
static int go_on(struct admin *ad, struct arena *a, struct error *err)
{
	struct node *nodes;
	size_t n;

	if (nodes_all(ad->store, a, &nodes, &n, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (node_replan(ad, &nodes[i], err) || node_advance(ad, &nodes[i], err))
			return -1;
	return 0;
}

static int exchange(struct admin *ad, const char *text, size_t len, struct arena *a, struct error *err)
{
	const char *path = arena_printf(a, "%s/site.yaml", ad->paths.data), *copy;
	char hash[HASH_HEX];
	const struct site *site;

	/* Its parts outlive the request: they are the daemon's until it ends. */
	copy = arena_strndup(&ad->arena, text, len);
	site = parse(copy, len, &ad->arena, err);
	if (!site)
		return -1;
	/* Named by what is in it: none takes the place of another, of the same rules with other profiles. */
	hash_buffer(ad->site_text, strlen(ad->site_text), hash);
	if (file_replace(arena_printf(a, "%s.%.*s", path, RULES_SHORT, hash), ad->site_text, strlen(ad->site_text), 0600, err) ||
	    file_replace(path, text, len, 0600, err))
		return -1;
	ad->site = site;
	ad->site_text = copy;
	ad->domain = domain_of(site->admin.name);
	ad->network = site_network(site, "admin");
	return go_on(ad, a, err);
}

int site_change(struct admin *ad, const char *text, size_t len, bool apply, struct arena *a, struct tree **ret, struct error *err)
{
	const struct site *then = parse(text, len, a, err);
	const char *lost;

	if (!then || explain_rules(ad, then, a, ret, &lost, err) || refusals(ad, then, lost, a, err))
		return -1;
	return apply ? exchange(ad, text, len, a, err) : 0;
}
