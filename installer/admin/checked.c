/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judging what a running system says of its checks. */
#include "admin/checked.h"

#include "admin/plans.h"
#include "data/json.h"

const char *checks_json(const struct msg_report *m, struct arena *a, const char **ret_bad)
{
	struct tree *list = tree_new(a, TREE_SEQ);
	AUTO_STR out = STR_INIT;
	AUTO_STR bad = STR_INIT;

	for (size_t i = 0; i < m->n_results; i++) {
		const struct check_result *r = &m->results[i];

		tree_push(a, list, field_write(&check_result_schema, r, false, a));
		if (!r->pass)
			str_addf(&bad, "%s%s: wanted %s, seen %s", bad.len ? "; " : "", r->name,
				 r->expected ? r->expected : "-", r->seen ? r->seen : "nothing");
	}
	json_write(list, false, &out);
	*ret_bad = bad.len ? arena_strdup(a, str_text(&bad)) : NULL;
	return arena_strdup(a, str_text(&out));
}

int checks_unmet(struct admin *ad, const struct node *n, const struct attempt *at, const struct msg_report *m, const char **ret, struct error *err)
{
	struct arena *a = n->arena;
	AUTO_STR list = STR_INIT;
	struct check *checks;
	struct plan *p;
	size_t count;

	*ret = NULL;
	if (attempt_plan(at, a, &p, err) || node_checks(ad, p, a, &checks, &count, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *seen = NULL;

		for (size_t k = 0; k < m->n_results && !seen; k++)
			if (str_eq(m->results[k].name, checks[i].name))
				seen = m->results[k].seen;
		if (!str_eq(seen, checks[i].expected))
			str_addf(&list, "%s%s: wanted %s, seen %s", list.len ? "; " : "", checks[i].name,
				 checks[i].expected, seen ? seen : "nothing");
	}
	if (list.len)
		*ret = arena_strdup(a, str_text(&list));
	return 0;
}
