/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines as text: says what was seen, and judges nothing. */
#include "ui/machine_text.h"

#include <inttypes.h>

#include "base/size.h"
#include "model/disk_words.h"
#include "ui/table.h"

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
		table_cell(&t, disk_state_words(d, a));
		table_cell(&t, disk_content_words(d, a));
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
