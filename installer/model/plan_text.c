/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan as text that can be read aloud before anything happens, on a screen of 80 columns. */
#include <string.h>

#include "base/size.h"
#include "model/plan.h"

enum { STEP_INDENT = 15 };

struct text {
	struct str *out;
	size_t columns;
};

/* What a plan may leave out. */
static const char *shown(const char *s)
{
	return s ? s : "-";
}

/* TEXT, which begins at column AT, in lines that go on at column INDENT. One word is never broken. */
static void add_wrapped(const struct text *t, const char *text, size_t at, size_t indent)
{
	struct str *out = t->out;
	const char *word = text;

	while (*word) {
		size_t spaces = strspn(word, " "), n = strcspn(word + spaces, " ");

		if (at > indent && at + spaces + n > t->columns) {
			str_addf(out, "\n%*s", (int)indent, "");
			at = indent;
			spaces = 0;
			word += strspn(word, " ");
		}
		str_addn(out, word, spaces + n);
		at += spaces + n;
		word += spaces + n;
	}
	str_addc(out, '\n');
}

static void add_list(const struct text *t, const char *heading, const char **lines, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		str_addf(t->out, "  %-9s ", heading);
		add_wrapped(t, shown(lines[i]), 12, 14);
	}
}

/* LAST is the disk shown before, or NULL: of a set the reason is said once. */
static void add_disk(const struct plan_disk *d, const struct plan_disk *last, const struct text *t)
{
	struct str *out = t->out;
	char size[SIZE_TEXT_MAX];
	const char *id = d->serial ? d->serial : d->wwn ? d->wwn : d->topology ? d->topology : "no identity";
	AUTO_STR holders = STR_INIT;

	str_addf(out, "disk %s -> %s  %s  %s%s%s\n", d->role, d->name, id, size_format(d->size_bytes, size),
		 d->model ? "  " : "", d->model ? d->model : "");
	if (!last || !str_eq(d->why, last->why)) {
		str_add(out, "  because: ");
		add_wrapped(t, shown(d->why), 11, 11);
	}
	add_list(t, "KEEPS", d->keeps, d->n_keeps);
	add_list(t, "DESTROYS", d->destroys, d->n_destroys);
	for (size_t i = 0; i < d->n_holders; i++)
		str_addf(&holders, "%s%s", i ? ", " : "", shown(d->holders[i]));
	if (holders.len) {
		str_add(out, "  takes down first: ");
		add_wrapped(t, str_text(&holders), 20, 20);
	}
	if (!strcmp(d->consent, "not needed"))
		return;
	if (d->n_destroys)
		str_addf(out, "  consent: %s\n", d->consent);
	else if (!strcmp(d->consent, "blank"))
		str_add(out, "  destroys nothing: the disk is blank\n");
	else
		str_add(out, "  destroys nothing\n");
}

static bool destroys(const struct plan *p)
{
	for (size_t i = 0; i < p->n_disks; i++)
		if (p->disks[i].n_destroys)
			return true;
	return false;
}

static void add_steps(const struct plan *p, const struct text *t)
{
	struct str *out = t->out;
	size_t point = destroys(p) ? plan_point_of_no_return(p) : p->n_ops;

	for (size_t i = 0; i < p->n_ops; i++) {
		if (i == point)
			str_addf(out, "     -- from step %zu on the old content is gone --\n", i + 1);
		str_addf(out, "  %2zu %-9s ", i + 1, op_kind_names[p->ops[i].kind]);
		add_wrapped(t, shown(p->ops[i].text), STEP_INDENT, STEP_INDENT);
	}
}

void plan_text_columns(const struct plan *p, size_t columns, struct str *out)
{
	const struct text t = { out, columns };
	char hash[HASH_HEX], size[SIZE_TEXT_MAX];

	plan_hash(p, hash);
	str_addf(out, "plan %.*s  %s  (%s)\n", PLAN_SHORT, hash, p->subject, shown(p->machine));
	if (p->profile)
		str_addf(out, "profile %s\n", p->profile);
	for (size_t i = 0; i < p->n_disks; i++)
		add_disk(&p->disks[i], i ? &p->disks[i - 1] : NULL, &t);
	for (size_t i = 0; i < p->n_others; i++) {
		str_addf(out, "  %s not taken: ", p->others[i].name);
		add_wrapped(&t, shown(p->others[i].why), 15 + strlen(p->others[i].name), 6);
		str_cut(out, out->len - 1);
		str_addf(out, " (%s, %s)\n", p->others[i].id, size_format(p->others[i].size_bytes, size));
	}
	for (size_t i = 0; i < p->n_networks; i++) {
		str_add(out, "network ");
		add_wrapped(&t, shown(p->networks[i]), 8, 8);
	}
	for (size_t i = 0; i < p->n_notes; i++) {
		str_add(out, "note: ");
		add_wrapped(&t, shown(p->notes[i]), 6, 6);
	}
	if (!p->n_ops) {
		str_add(out, "nothing to do: the machine is as wanted\n");
		return;
	}
	add_steps(p, &t);
}

void plan_text(const struct plan *p, struct str *out)
{
	plan_text_columns(p, 80, out);
}
