/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz layers: base data model sys observe
 *
 * Any text as an answer of lvm, mdadm or smartctl. What is accepted can be named on command lines and screens, and can be
 * written as a machine and read again.
 */
#include <assert.h>
#include <string.h>

#include "observe/health.h"
#include "observe/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *s)
{
	assert(s && s[0] && s[0] != '-');
	for (; *s; s++)
		assert((unsigned char)*s > 0x20 && *s != 0x7f && *s != '/');
}

static void check_machine(struct machine *m, struct arena *a)
{
	AUTO_STR text = STR_INIT;
	struct machine again = { 0 };
	struct error err;

	field_to_json(&machine_schema, m, false, false, &text);
	if (field_from_json(&machine_schema, "again", str_text(&text), text.len, &again, a, &err))
		__builtin_trap();
	assert(again.n_groups == m->n_groups && again.n_arrays == m->n_arrays);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *text = arena_strndup(&a, (const char *)data, size);
	struct machine m = { .machine = MACHINE_VERSION };
	struct disk disk = { .name = "sda", .path = "/dev/sda" };
	struct md_member member;
	struct error err = { 0 };

	if (!lvm_report_read(text, size, &a, &m.groups, &m.n_groups, &err)) {
		for (size_t i = 0; i < m.n_groups; i++) {
			check_text(m.groups[i].name);
			for (size_t k = 0; k < m.groups[i].n_members; k++)
				check_text(m.groups[i].members[k]);
			for (size_t k = 0; k < m.groups[i].n_volumes; k++)
				check_text(m.groups[i].volumes[k].name);
		}
	}
	if (!md_report_read(text, size, &a, &member, &err)) {
		check_text(member.array.uuid);
		check_text(member.array.level);
		m.arrays = &member.array;
		m.n_arrays = 1;
	}
	if (!smartctl_read(text, size, &a, &disk.health)) {
		assert(disk.health.source);
		m.disks = &disk;
		m.n_disks = 1;
	}
	check_machine(&m, &a);
	return 0;
}
