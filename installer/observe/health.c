/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One program for all kinds of disks, and the reader of its answer. */
#include "observe/health.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "data/json.h"

enum { DISK_MS = 10000, TOTAL_MS = 60000 };

/* --- the answer */

/* Digits that fit; 0 for anything else. */
static uint64_t number(const struct tree *t, const char *key)
{
	const char *text = tree_get_text(t, key);
	uint64_t v = 0;

	for (; text && *text; text++)
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(v, 10U, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*text - '0'), &v))
			return 0;
	return v;
}

/* Raw value of ATA attribute ID (smartctl's table of them), or 0. */
static uint64_t attribute(const struct tree *table, uint64_t id)
{
	for (size_t i = 0; table && table->kind == TREE_SEQ && i < table->n; i++)
		if (number(table->items[i], "id") == id)
			return number(tree_get(table->items[i], "raw"), "value");
	return 0;
}

static void read_ata(const struct tree *table, struct disk_health *h)
{
	h->reallocated = attribute(table, 5);
	h->pending = attribute(table, 197);
	h->errors = attribute(table, 187) > attribute(table, 198) ? attribute(table, 187) : attribute(table, 198);
}

static void read_scsi(const struct tree *t, struct disk_health *h)
{
	static const char *const ways[] = { "read", "write", "verify" };
	const struct tree *log = tree_get(t, "scsi_error_counter_log");

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		uint64_t n = number(tree_get(log, ways[i]), "total_uncorrected_errors");

		h->errors = n > h->errors ? n : h->errors;
	}
	h->reallocated = number(t, "scsi_grown_defect_list");
}

int smartctl_read(const char *text, size_t len, struct arena *a, struct disk_health *ret)
{
	struct error ignored;
	const struct tree *t = json_parse("smartctl", text, len, a, &ignored), *nvme, *ata;
	const char *passed = tree_get_text(tree_get(t, "smart_status"), "passed");

	*ret = (struct disk_health){ 0 };
	if (!t || t->kind != TREE_MAP)
		return -1;
	nvme = tree_get(t, "nvme_smart_health_information_log");
	ata = tree_get(tree_get(t, "ata_smart_attributes"), "table");
	ret->verdict = str_eq(passed, "true") ? "passed" : str_eq(passed, "false") ? "failed" : NULL;
	ret->temperature_c = number(tree_get(t, "temperature"), "current");
	ret->hours = number(tree_get(t, "power_on_time"), "hours");
	if (nvme) {
		ret->wear_percent = number(nvme, "percentage_used");
		ret->errors = number(nvme, "media_errors");
	} else if (ata) {
		read_ata(ata, ret);
	} else {
		read_scsi(t, ret);
	}
	if (!ret->verdict && !nvme && !ata && !ret->hours)
		return -1;
	ret->source = "smartctl";
	return 0;
}

/* --- asking */

static bool is_asked(const struct disk *d)
{
	return !d->unread && (d->bus == BUS_NVME || d->bus == BUS_SATA || d->bus == BUS_SAS || d->bus == BUS_SCSI);
}

void observe_health(struct sys *sys, struct arena *a, struct machine *m)
{
	uint64_t end = clock_mono_ms() + TOTAL_MS;
	bool any = false;

	for (size_t i = 0; i < m->n_disks && clock_mono_ms() < end; i++) {
		struct disk *d = &m->disks[i];
		const char *const argv[] = { "smartctl", "--json=c", "--nocheck=standby", "--health", "--attributes", d->path, NULL };
		AUTO_STR out = STR_INIT;
		struct error err;

		if (!is_asked(d))
			continue;
		/* A disk that fails makes its exit status non-zero: what it said counts. */
		if (sys->ops->exec(sys, &(struct sys_exec){ .argv = argv, .output = &out, .timeout_ms = DISK_MS }, &err) &&
		    err.sys == ENOENT)
			return;
		if (out.len && !smartctl_read(str_text(&out), out.len, a, &d->health))
			any = true;
	}
	if (any)
		machine_set_source(m, "health", "smartctl", a);
}
