/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines as text: says what was seen, and judges nothing. */
#include "ui/machine_text.h"

#include <inttypes.h>

#include "base/size.h"
#include "ui/table.h"

enum { PARTS_SHOWN = 6 };

static const char *signature_word(const struct signature *s)
{
	static const char *const words[][2] = {
		{ "LVM2_member", "LVM member" }, { "linux_raid_member", "RAID member" }, { "crypto_LUKS", "LUKS" },
		{ "zfs_member", "ZFS member" },	 { "isw_raid_member", "firmware RAID member" },
		{ "ddf_raid_member", "firmware RAID member" },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq(s->type, words[i][0]))
			return words[i][1];
	return s->type;
}

static void add_signatures(struct str *b, const struct signature *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		str_addf(b, "%s%s", i ? " + " : "", signature_word(&s[i]));
		if (!str_empty(s[i].label))
			str_addf(b, " \"%s\"", s[i].label);
	}
}

static void add_partition(struct str *b, const struct partition *p)
{
	char size[SIZE_TEXT_MAX];

	if (p->n_signatures)
		add_signatures(b, p->signatures, p->n_signatures);
	else
		str_add(b, str_empty(p->name) ? "unknown" : p->name);
	str_addf(b, " %s", size_format(p->size_bytes, size));
}

static const char *content(const struct disk *d, struct arena *a)
{
	AUTO_STR b = STR_INIT;

	if (disk_is_blank(d))
		str_add(&b, "blank");
	add_signatures(&b, d->signatures, d->n_signatures);
	if (d->table || d->n_partitions)
		str_addf(&b, "%s%s, %zu partition%s", b.len ? "; " : "", d->table ? d->table : "no table", d->n_partitions,
			 d->n_partitions == 1 ? "" : "s");
	for (size_t i = 0; i < d->n_partitions && i < PARTS_SHOWN; i++) {
		str_add(&b, i ? ", " : ": ");
		add_partition(&b, &d->partitions[i]);
	}
	if (d->n_partitions > PARTS_SHOWN)
		str_addf(&b, " and %zu more", d->n_partitions - PARTS_SHOWN);
	if (d->damage)
		str_addf(&b, "%sunreadable: %s", b.len ? "; " : "", d->damage);
	if (d->journal_goal)
		str_addf(&b, "; %s install of ours%s%s", d->journal_finished ? "a finished" : "an unfinished",
			 !d->journal_finished && d->journal_step ? ", cut at " : "",
			 !d->journal_finished && d->journal_step ? d->journal_step : "");
	return arena_strdup(a, str_text(&b));
}

static void add_list(struct str *b, const char *intro, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		str_addf(b, "%s%s%s", i ? ", " : b->len ? "; " : "", i ? "" : intro, list[i]);
}

/* What stands in the way, or is good to know; NULL for a disk that is free. */
static const char *state(const struct disk *d, struct arena *a)
{
	AUTO_STR b = STR_INIT;

	if (d->in_use)
		str_addf(&b, "in use: %s", d->in_use);
	if (d->read_only)
		str_addf(&b, "%sread-only", b.len ? "; " : "");
	add_list(&b, "held by ", d->holders, d->n_holders);
	add_list(&b, "also as ", d->paths, d->n_paths);
	return b.len ? arena_strdup(a, b.s) : "free";
}

static void add_disks(const struct machine *m, struct arena *a, struct str *out)
{
	struct table t;

	if (!m->n_disks) {
		str_add(out, "no disk was found\n");
		return;
	}
	table_init(&t, a, "disk,bus,>size,>sector,serial,model,state,content");
	for (size_t i = 0; i < m->n_disks; i++) {
		const struct disk *d = &m->disks[i];
		char size[SIZE_TEXT_MAX];

		table_cell(&t, d->name);
		table_cell(&t, disk_bus_names[d->bus]);
		table_cell(&t, arena_strdup(a, size_format(d->size_bytes, size)));
		table_cell(&t, arena_printf(a, "%" PRIu64, d->sector_bytes));
		table_cell(&t, d->serial);
		table_cell(&t, d->model);
		table_cell(&t, state(d, a));
		table_cell(&t, content(d, a));
	}
	table_print(&t, out);
}

static void add_group(const struct lvm_group *g, struct str *out)
{
	char size[SIZE_TEXT_MAX], room[SIZE_TEXT_MAX];

	str_addf(out, "volume group %s: %s, %s free, %zu member%s", g->name, size_format(g->size_bytes, size),
		 size_format(g->free_bytes, room), g->n_members, g->n_members == 1 ? "" : "s");
	if (g->missing)
		str_addf(out, ", %" PRIu64 " missing", g->missing);
	for (size_t i = 0; i < g->n_volumes; i++)
		str_addf(out, "%s%s %s %s", i ? ", " : ": ", g->volumes[i].name, g->volumes[i].kind ? g->volumes[i].kind : "?",
			 size_format(g->volumes[i].size_bytes, size));
	str_addc(out, '\n');
}

static void add_array(const struct md_array *x, struct str *out)
{
	str_addf(out, "array %s: %s, metadata %s, %" PRIu64 " of %" PRIu64 " members are here\n", x->name ? x->name : x->uuid,
		 x->level ? x->level : "?", x->metadata ? x->metadata : "?", x->found, x->devices);
}

static void add_ports(const struct machine *m, struct arena *a, struct str *out)
{
	struct table t;

	if (!m->n_nics) {
		str_add(out, "no network port was found\n");
		return;
	}
	table_init(&t, a, "port,address,driver,pci,link");
	for (size_t i = 0; i < m->n_nics; i++) {
		const struct nic *n = &m->nics[i];

		table_cell(&t, n->name);
		table_cell(&t, n->permanent_mac ? n->permanent_mac : n->mac);
		table_cell(&t, n->driver);
		table_cell(&t, n->pci);
		table_cell(&t, n->link && n->speed_mbit ? arena_printf(a, "up, %" PRIu64 " Mbit/s", n->speed_mbit) :
			       n->link			? "up" :
							  "none seen");
	}
	table_print(&t, out);
}

void machine_text(const struct machine *m, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;
	char memory[SIZE_TEXT_MAX];

	str_addf(out, "%s %s, serial %s, %s, %" PRIu64 " CPU%s, %s memory\n\n", m->system.vendor ? m->system.vendor : "unnamed",
		 m->system.product ? m->system.product : "machine", m->system.serial ? m->system.serial : "unknown",
		 m->firmware ? m->firmware : "unknown firmware", m->cpus, m->cpus == 1 ? "" : "s",
		 size_format(m->memory_bytes, memory));
	add_disks(m, &a, out);
	str_addc(out, '\n');
	for (size_t i = 0; i < m->n_arrays; i++)
		add_array(&m->arrays[i], out);
	for (size_t i = 0; i < m->n_groups; i++)
		add_group(&m->groups[i], out);
	if (m->n_arrays || m->n_groups)
		str_addc(out, '\n');
	add_ports(m, &a, out);
}
