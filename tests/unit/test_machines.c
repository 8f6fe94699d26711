/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machines in tests/machines: every one is read strictly, hangs together as hardware does, can be
 * explained to a selector and shown as text.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "data/json.h"
#include "machines/many.h"
#include "plan/select.h"
#include "tap.h"
#include "ui/facts_text.h"
#include "ui/machine_text.h"

/* Extended dos partitions hold others; those of the partitions of a hybrid image overlap by design. */
static bool partitions_fit(const struct disk *d)
{
	for (size_t i = 0; i < d->n_partitions; i++) {
		const struct partition *p = &d->partitions[i];

		if (p->start_bytes % d->sector_bytes || p->size_bytes % d->sector_bytes || !p->size_bytes ||
		    p->start_bytes + p->size_bytes > d->size_bytes || !p->number)
			return false;
		for (size_t k = 0; k < i; k++) {
			const struct partition *q = &d->partitions[k];
			bool extended = str_eq(p->type_uuid, "0x5") || str_eq(q->type_uuid, "0x5");

			if (p->number == q->number || (!extended && p->start_bytes < q->start_bytes + q->size_bytes &&
						       q->start_bytes < p->start_bytes + p->size_bytes))
				return false;
		}
		for (size_t k = 0; k < p->n_signatures; k++)
			if (p->signatures[k].offset >= p->size_bytes)
				return false;
	}
	return true;
}

static bool is_path_name(const struct machine *m, const char *name)
{
	for (size_t i = 0; i < m->n_disks; i++)
		for (size_t k = 0; k < m->disks[i].n_paths; k++)
			if (str_eq(m->disks[i].paths[k], name))
				return true;
	return false;
}

static const char *disk_oddity(const struct machine *m, const struct disk *d)
{
	if (d->sector_bytes != 512 && d->sector_bytes != 4096)
		return "sector";
	if (!d->size_bytes || d->size_bytes % d->sector_bytes || d->physical_bytes % d->sector_bytes)
		return "size";
	if (!str_starts(d->path, "/dev/") || !str_eq(d->path + 5, d->name) || is_path_name(m, d->name))
		return "name";
	if (d->bus == BUS_UNKNOWN || str_empty(d->topology))
		return "place";
	if (!partitions_fit(d) || (d->n_partitions && !d->table))
		return "partitions";
	/* Equal ids must have been told apart, or made unusable, when this was observed. */
	for (const struct disk *e = m->disks; e < d; e++)
		if (str_eq(d->name, e->name) || ((d->serial || d->wwn) && str_eq(d->serial, e->serial) &&
						 str_eq(d->wwn, e->wwn) && d->size_bytes == e->size_bytes &&
						 (!d->in_use || !e->in_use)))
			return "identity";
	return NULL;
}

static const char *oddity(const struct machine *m, struct arena *a)
{
	if (m->machine != MACHINE_VERSION || !m->memory_bytes || !m->cpus)
		return "head";
	if (!str_eq(m->firmware, "uefi") && !str_eq(m->firmware, "bios"))
		return "firmware";
	for (size_t i = 0; i < m->n_disks; i++) {
		const char *what = disk_oddity(m, &m->disks[i]);

		if (what)
			return arena_printf(a, "%s of %s", what, m->disks[i].name);
	}
	for (size_t i = 0; i < m->n_groups; i++)
		if (m->groups[i].free_bytes > m->groups[i].size_bytes || m->groups[i].missing >= m->groups[i].n_members)
			return m->groups[i].name;
	for (size_t i = 0; i < m->n_arrays; i++)
		if (!m->arrays[i].found || m->arrays[i].found > m->arrays[i].devices)
			return m->arrays[i].uuid;
	return NULL;
}

static int read_machine(const char *name, struct machine *m, struct arena *a, struct error *err)
{
	AUTO_STR text = STR_INIT;

	if (file_read(arena_printf(a, "tests/machines/%s", name), JSON_MAX_BYTES, &text, err))
		return -1;
	return field_from_json(&machine_schema, name, str_text(&text), text.len, m, a, err);
}

static bool names_all(const struct machine *m, const char *text)
{
	for (size_t i = 0; i < m->n_disks; i++)
		if (!strstr(text, m->disks[i].name) || !strstr(text, m->disks[i].serial ? m->disks[i].serial : ""))
			return false;
	return m->n_disks || strstr(text, "no disk was found");
}

static void test_one(const char *name)
{
	static const struct disk_selector any = { .name = "system" };
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR explained = STR_INIT;
	AUTO_STR shown = STR_INIT;
	struct machine m = { 0 };
	struct error err;
	const char *odd;

	if (!ok(!read_machine(name, &m, &a, &err), "%s is read", name)) {
		printf("# %s\n", err.msg);
		return;
	}
	/* Trees replay without memory and processors. */
	odd = strstr(name, ".observed.") ? NULL : oddity(&m, &a);
	if (!ok(!odd, "%s hangs together", name))
		printf("# %s\n", odd);
	select_explain(&any, &m, &explained);
	machine_text(&m, &shown);
	if (!ok(names_all(&m, str_text(&explained)), "%s: each disk is explained", name))
		printf("# %s\n", str_text(&explained));
	if (!ok(names_all(&m, str_text(&shown)), "%s: each disk is shown", name))
		printf("# %s\n", str_text(&shown));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void test_text(void)
{
	static const char *const wanted[] = {
		"array main: raid5, metadata 1.2, 3 of 4 members are here\n",
		"gpt, 3 partitions: bios 1.0 MiB, RAID member \"old-nas:boot\" 1.0 GiB, RAID member \"old-nas:main\" ",
	};
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR shown = STR_INIT;
	struct machine m = { 0 };
	struct error err;

	ok(!read_machine("dirty-raid.json", &m, &a, &err), "a machine for its text");
	machine_text(&m, &shown);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		if (!ok(strstr(str_text(&shown), wanted[i]) != NULL, "says: %s", wanted[i]))
			printf("# %s\n", str_text(&shown));
	str_clear(&shown);
	memset(&m, 0, sizeof(m));
	ok(!read_machine("multipath-fc.json", &m, &a, &err), "and another one");
	machine_text(&m, &shown);
	ok(strstr(str_text(&shown), "held by dm-2 LVM vgsan-root, dm-0 multipath mpatha; also as sdc, sde, sdg") != NULL,
	   "holders and paths are said");
	ok(strstr(str_text(&shown), "volume group vgsan: 499 GiB, 399 GiB free, 1 member: root linear 100 GiB\n") != NULL,
	   "so are groups with their volumes");
}

static void test_facts(void)
{
	static const char *const wanted[] = {
		"board      Example Boards EX-2S   (smbios)\n",
		"unnamed    vendor: To Be Filled By O.E.M.; serial: Default string; uuid: 03000200-0400-0500-0006-000700080009; board_serial: To be filled by O.E.M.: the maker's filler, names nothing   (smbios)\n",
		"2.19.1 of 06/04/2024, secure boot on   (sysfs)\n",
		"processor  2 packages, 4 cores, ",
		"microcode 0x2006e05   (procfs)\n",
		"tpm        2.0   (sysfs)\n",
		"DIMM_A1  16 GiB  DDR4 ECC  2933  Example Memory  EX-16G-3200  4F00A1B1\n",
		"0000:5e:00.0  display  10de:20f1  10de:145f  none\n",
		"memory_modules smbios",
		"clock      90 s behind the admin node's   (hello)\n",
		"WEAR-1  3.1       failed   71  40000  97 %       2            0        0  smartctl\n",
		"bmc        10.0.0.7, mac 52:54:00:00:00:07, firmware 1.42, IPMI 2.0   (ipmi)\n",
	};
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR shown = STR_INIT;
	struct machine m = { 0 };
	struct error err;

	ok(!read_machine("rack.observed.json", &m, &a, &err), "a machine for its facts");
	m.clock_skew_s = -90;
	machine_set_source(&m, "clock_skew", "hello", &a);
	m.bmc = (struct bmc){ "10.0.0.7", "52:54:00:00:00:07", "1.42", "2.0" };
	machine_set_source(&m, "bmc", "other", &a);
	machine_set_source(&m, "bmc", "ipmi", &a);
	m.disks[0].serial = "WEAR-1";
	m.disks[0].revision = "3.1";
	m.disks[0].health = (struct disk_health){ "smartctl", "failed", .temperature_c = 71, .hours = 40000, .wear_percent = 97, .errors = 2 };
	facts_text(&m, &shown);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		if (!ok(strstr(str_text(&shown), wanted[i]) != NULL, "says: %s", wanted[i]))
			printf("# %s\n", str_text(&shown));
}

static void test_many(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct machine *m = many_disks(200, true, &a), again = { 0 };
	AUTO_STR text = STR_INIT;
	struct error err;

	ok(!oddity(m, &a), "the machine of 200 disks hangs together");
	field_to_json(&machine_schema, m, false, false, &text);
	ok(!field_from_json(&machine_schema, "many", str_text(&text), text.len, &again, &a, &err) && again.n_disks == 200,
	   "and can be sent: %zu KiB", text.len / 1024);
}

int main(void)
{
	struct dirent **list;
	int n = scandir("tests/machines", &list, NULL, by_name);
	unsigned int seen = 0;

	for (int i = 0; i < n; i++) {
		if (str_ends(list[i]->d_name, ".json")) {
			test_one(list[i]->d_name);
			seen++;
		}
		free(list[i]);
	}
	free(list);
	ok(seen >= 25, "%u machines are kept", seen);
	test_text();
	test_facts();
	test_many();
	return tap_end();
}
