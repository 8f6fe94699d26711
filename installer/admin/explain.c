/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules against inventories, told. */
#include "admin/explain.h"

#include <inttypes.h>
#include <string.h>

#include "admin/plans.h"
#include "admin/rules.h"

static void add(struct arena *a, struct tree *t, const char *key, const char *text)
{
	if (!str_empty(text))
		tree_add(a, t, key, tree_string(a, arena_strdup(a, text)));
}

static struct tree *rule_tree(const struct site *site, size_t i, const char *verdict, const char *why, struct arena *a)
{
	const struct rule *rule = &site->rules[i];
	struct tree *t = tree_new(a, TREE_MAP);

	tree_add(a, t, "rule", tree_u64(a, i + 1));
	tree_add(a, t, "line", tree_u64(a, rule->pos.line));
	add(a, t, "verdict", verdict);
	add(a, t, "name", rule->bind.name);
	add(a, t, "profile", rule->bind.profile);
	add(a, t, "roles", rule_roles(rule, a));
	add(a, t, "why", why);
	return t;
}

/* Appends each rule to LIST and OUT; *RET: the one that binds, or NULL. */
static void judge(const struct site *site, const struct machine *m, struct arena *a, struct tree *list, struct str *out,
		  const struct rule **ret)
{
	*ret = NULL;
	for (size_t i = 0; i < site->n_rules; i++) {
		const struct rule *rule = &site->rules[i];
		const char *why = rule_mismatch(rule, m, a);
		const char *verdict = why ? "no" : *ret ? "later" : "binds";

		if (!why && *ret)
			why = "matches, but an earlier rule binds";
		else if (!why)
			*ret = rule;
		tree_push(a, list, rule_tree(site, i, verdict, why, a));
		str_addf(out, "  rule %-3zu line %-4u %-6s %-16s profile %-12s%s%s\n", i + 1, rule->pos.line, verdict, rule->bind.name,
			 rule->bind.profile, why ? " " : "", why ? why : "");
	}
}

/* Whether RULE gives what N has. */
static bool is_as_bound(const struct rule *rule, const struct node *n, struct arena *a)
{
	return rule && str_eq(rule->bind.profile, n->profile) && str_eq(rule_roles(rule, a), n->roles ? n->roles : "") &&
	       rule_makes_name(rule->bind.name, n->name, strlen(n->name));
}

int explain_node(struct admin *ad, const struct node *n, struct arena *a, struct tree **ret, struct error *err)
{
	struct tree *t = tree_new(a, TREE_MAP), *list = tree_new(a, TREE_SEQ);
	char version[RULES_SHORT + 1];
	AUTO_STR out = STR_INIT;
	const struct rule *first;
	struct machine *m;

	if (node_inventory(ad, n, a, &m, err))
		return -1;
	rules_version(ad->site, version);
	if (n->name)
		str_addf(&out, "%s is %s: profile %s, %s on %s, by %s%s\n", node_title(n), life_states[n->state].name, n->profile, n->address,
			 n->mac, str_empty(n->rule) ? "a rule that was not kept" : n->rule, n->locked ? "; locked" : "");
	else
		str_addf(&out, "%s is %s: nothing binds it%s\n", node_title(n), life_states[n->state].name, n->locked ? "; locked" : "");
	str_addf(&out, "the rules now, %s:\n", version);
	judge(ad->site, m, a, list, &out, &first);
	if (n->name && !is_as_bound(first, n, a))
		str_addf(&out, "these rules would bind it otherwise; what it has stays until: fulcrum node rebind %s\n", node_title(n));
	if (n->message)
		str_addf(&out, "it does not go on: %s\n%s%s%s", n->message, n->hint ? "  " : "", n->hint ? n->hint : "", n->hint ? "\n" : "");
	add(a, t, "node", node_title(n));
	add(a, t, "state", life_states[n->state].name);
	add(a, t, "bound_by", n->rule);
	tree_add(a, t, "locked", tree_bool(a, n->locked));
	add(a, t, "version", version);
	tree_add(a, t, "rules", list);
	tree_add(a, t, "text", tree_string(a, arena_strdup(a, str_text(&out))));
	*ret = t;
	return 0;
}

/* --- rules that are not in force yet */

static const char *present(const struct node *n, struct arena *a)
{
	return n->name ? arena_printf(a, "%s, profile %s%s%s", n->name, n->profile, str_empty(n->roles) ? "" : ", ",
				      n->roles ? n->roles : "") :
			 "not bound";
}

/* No rule is asked about it, whatever it is called still. */
static bool is_out(const struct node *n)
{
	return n->state == NODE_RELEASED || life_is_wipe(n->state);
}

static const char *would_be(const struct rule *rule, const struct node *n, bool same, struct arena *a)
{
	const char *roles = rule ? rule_roles(rule, a) : "";

	if (is_out(n))
		return arena_printf(a, "%s: no rule is asked", life_states[n->state].name);
	if (!rule)
		return "no rule matches";
	return arena_printf(a, "%s, profile %s%s%s", same ? n->name : rule->bind.name, rule->bind.profile, *roles ? ", " : "", roles);
}

static const char *what_changes(const struct rule *rule, const struct node *n, bool same)
{
	if (is_out(n) || same || (!n->name && !rule))
		return "nothing";
	if (!n->name)
		return "is bound at once";
	return n->locked ? "locked: stays" : "stays until rebind";
}

int explain_rules(struct admin *ad, const struct site *candidate, struct arena *a, struct tree **ret, const char **ret_lost,
		  struct error *err)
{
	struct tree *t = tree_new(a, TREE_MAP), *list = tree_new(a, TREE_SEQ);
	char version[RULES_SHORT + 1];
	struct node *nodes;
	size_t n;

	if (ret_lost)
		*ret_lost = NULL;
	if (nodes_all(ad->store, a, &nodes, &n, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct tree *row = tree_new(a, TREE_MAP);
		const struct rule *rule;
		struct machine *m;
		bool same;

		if (node_inventory(ad, &nodes[i], a, &m, err))
			return -1;
		rule = rules_first(candidate, m, a);
		same = nodes[i].name && is_as_bound(rule, &nodes[i], a);
		add(a, row, "node", node_title(&nodes[i]));
		add(a, row, "state", life_states[nodes[i].state].name);
		add(a, row, "is", present(&nodes[i], a));
		add(a, row, "would_be", would_be(rule, &nodes[i], same, a));
		add(a, row, "rule", rule ? rule_title(candidate, rule, a) : "none");
		add(a, row, "change", what_changes(rule, &nodes[i], same));
		tree_push(a, list, row);
		if (ret_lost && !*ret_lost && nodes[i].profile && !site_profile(candidate, nodes[i].profile))
			*ret_lost = node_title(&nodes[i]);
	}
	rules_version(ad->site, version);
	add(a, t, "version_now", version);
	rules_version(candidate, version);
	add(a, t, "version", version);
	tree_add(a, t, "nodes", list);
	*ret = t;
	return 0;
}
