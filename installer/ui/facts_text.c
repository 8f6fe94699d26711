/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A group of facts a function; what was not looked at is not spoken of. */
#include "ui/facts_text.h"

#include <inttypes.h>

#include "base/size.h"
#include "ui/table.h"

static void add_word(struct str *line, const char *word)
{
	if (!str_empty(word))
		str_addf(line, "%s%s", line->len ? " " : "", word);
}

/* "NAME  what   (source)" */
static void add_fact(const struct machine *m, const char *name, const char *facts, struct str *line, struct str *out)
{
	const char *source = machine_source(m, facts);

	if (line->len)
		str_addf(out, "%-10s %s%s%s%s\n", name, str_text(line), source ? "   (" : "", source ? source : "", source ? ")" : "");
	str_clear(line);
}

static void add_system(const struct machine *m, struct str *line, struct str *out)
{
	const struct machine_system *s = &m->system;

	add_word(line, s->board_vendor);
	add_word(line, s->board);
	if (s->board_serial)
		str_addf(line, "%sserial %s", line->len ? ", " : "", s->board_serial);
	add_fact(m, "board", "system", line, out);
	for (size_t i = 0; i < s->n_placeholders; i++)
		str_addf(line, "%s%s", i ? "; " : "", s->placeholders[i]);
	if (line->len)
		str_add(line, ": the maker's filler, names nothing");
	add_fact(m, "unnamed", "system", line, out);
	add_word(line, m->firmware);
	add_word(line, s->bios_version);
	if (s->bios_date)
		str_addf(line, " of %s", s->bios_date);
	if (line->len)
		str_addf(line, ", secure boot %s", m->secure_boot ? "on" : "off");
	add_fact(m, "firmware", "firmware", line, out);
}

static void add_boards(const struct machine *m, struct str *line, struct str *out)
{
	if (m->cpu_sockets)
		str_addf(line, "%" PRIu64 " package%s, %" PRIu64 " cores, ", m->cpu_sockets, m->cpu_sockets == 1 ? "" : "s", m->cpu_cores);
	if (m->cpu_model)
		str_addf(line, "%" PRIu64 " threads of %s", m->cpus, m->cpu_model);
	if (m->microcode)
		str_addf(line, ", microcode %s", m->microcode);
	add_fact(m, "processor", "processors", line, out);
	if (machine_source(m, "tpm"))
		add_word(line, m->tpm ? m->tpm : "none seen");
	add_fact(m, "tpm", "tpm", line, out);
	add_word(line, m->bmc.address);
	if (m->bmc.mac)
		str_addf(line, "%smac %s", line->len ? ", " : "", m->bmc.mac);
	if (m->bmc.version)
		str_addf(line, "%sfirmware %s", line->len ? ", " : "", m->bmc.version);
	if (m->bmc.ipmi)
		str_addf(line, "%sIPMI %s", line->len ? ", " : "", m->bmc.ipmi);
	add_fact(m, "bmc", "bmc", line, out);
	if (machine_source(m, "clock_skew"))
		str_addf(line, "%" PRId64 " s %s the admin node's", m->clock_skew_s < 0 ? -m->clock_skew_s : m->clock_skew_s,
			 m->clock_skew_s < 0 ? "behind" : "ahead of");
	add_fact(m, "clock", "clock_skew", line, out);
}

static void add_dimms(const struct machine *m, struct arena *a, struct str *out)
{
	struct table t;

	if (!m->n_dimms)
		return;
	table_init(&t, a, "memory,>size,type,>MT/s,vendor,part,serial");
	for (size_t i = 0; i < m->n_dimms; i++) {
		const struct dimm *d = &m->dimms[i];
		uint64_t speed = d->configured_mts ? d->configured_mts : d->speed_mts;
		char size[SIZE_TEXT_MAX];

		table_cell(&t, d->slot);
		table_cell(&t, arena_strdup(a, size_format(d->size_bytes, size)));
		table_cell(&t, arena_printf(a, "%s%s", d->type ? d->type : "?", d->ecc ? " ECC" : ""));
		table_cell(&t, speed ? arena_printf(a, "%" PRIu64, speed) : NULL);
		table_cell(&t, d->vendor);
		table_cell(&t, d->part);
		table_cell(&t, d->serial);
	}
	table_print(&t, out);
}

static void add_health(const struct machine *m, struct arena *a, struct str *out)
{
	struct table t;
	size_t n = 0;

	table_init(&t, a, "health,firmware,verdict,>C,>hours,>worn,>errors,>reallocated,>pending,source");
	for (size_t i = 0; i < m->n_disks; i++) {
		const struct disk *d = &m->disks[i];
		const struct disk_health *h = &d->health;

		if (!h->source)
			continue;
		n++;
		table_cell(&t, disk_id(d));
		table_cell(&t, d->revision);
		table_cell(&t, h->verdict);
		table_cell(&t, h->temperature_c ? arena_printf(a, "%" PRIu64, h->temperature_c) : NULL);
		table_cell(&t, arena_printf(a, "%" PRIu64, h->hours));
		table_cell(&t, arena_printf(a, "%" PRIu64 " %%", h->wear_percent));
		table_cell(&t, arena_printf(a, "%" PRIu64, h->errors));
		table_cell(&t, arena_printf(a, "%" PRIu64, h->reallocated));
		table_cell(&t, arena_printf(a, "%" PRIu64, h->pending));
		table_cell(&t, h->source);
	}
	if (n)
		table_print(&t, out);
}

static void add_pci(const struct machine *m, struct arena *a, struct str *out)
{
	struct table t;

	if (!m->n_pci)
		return;
	table_init(&t, a, "pci,kind,ids,card,driver");
	for (size_t i = 0; i < m->n_pci; i++) {
		table_cell(&t, m->pci[i].address);
		table_cell(&t, m->pci[i].kind);
		table_cell(&t, m->pci[i].ids);
		table_cell(&t, m->pci[i].board_ids);
		table_cell(&t, m->pci[i].driver ? m->pci[i].driver : "none");
	}
	table_print(&t, out);
}

void facts_text(const struct machine *m, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR line = STR_INIT;

	add_system(m, &line, out);
	add_boards(m, &line, out);
	add_dimms(m, &a, out);
	add_health(m, &a, out);
	add_pci(m, &a, out);
	for (size_t i = 0; i < m->n_sources; i++)
		str_addf(&line, "%s%s %s", i ? ", " : "", m->sources[i].facts, m->sources[i].source);
	if (line.len)
		str_addf(out, "%-10s %s\n", "sources", str_text(&line));
}
