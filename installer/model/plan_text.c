/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan as text that can be read aloud before anything happens. */
#include <string.h>

#include "base/size.h"
#include "model/plan.h"

/* What a plan may leave out. */
static const char *shown(const char *s)
{
	return s ? s : "-";
}

static void add_disk(const struct plan_disk *d, struct str *out)
{
	char size[SIZE_TEXT_MAX];
	const char *id = d->serial ? d->serial : d->wwn ? d->wwn : d->topology ? d->topology : "no identity";

	str_addf(out, "disk %s -> %s  %s  %s%s%s   because: %s\n", d->role, d->name, id,
		 size_format(d->size_bytes, size), d->model ? "  " : "", d->model ? d->model : "", shown(d->why));
	if (!d->n_destroys) {
		str_add(out, "  destroys nothing: the disk is blank\n");
		return;
	}
	for (size_t i = 0; i < d->n_destroys; i++)
		str_addf(out, "  DESTROYS  %s\n", d->destroys[i]);
	str_addf(out, "  consent: %s\n", d->consent);
}

void plan_text(const struct plan *p, struct str *out)
{
	char hash[HASH_HEX], size[SIZE_TEXT_MAX];

	plan_hash(p, hash);
	str_addf(out, "plan %.*s  %s  (%s)\n", PLAN_SHORT, hash, p->subject, shown(p->machine));
	if (p->profile)
		str_addf(out, "profile %s\n", p->profile);
	for (size_t i = 0; i < p->n_disks; i++)
		add_disk(&p->disks[i], out);
	for (size_t i = 0; i < p->n_others; i++)
		str_addf(out, "  %s not taken: %s (%s, %s)\n", p->others[i].name, shown(p->others[i].why), p->others[i].id,
			 size_format(p->others[i].size_bytes, size));
	if (!p->n_ops) {
		str_add(out, "nothing to do: the machine is as wanted\n");
		return;
	}
	for (size_t i = 0; i < p->n_ops; i++)
		str_addf(out, "  %2zu %-9s %s\n", i + 1, op_kind_names[p->ops[i].kind], shown(p->ops[i].text));
}
