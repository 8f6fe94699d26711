/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lvm 2.03.31 and mdadm 4.4 say, read from recorded answers (.lvm and .mdadm in tests/machines); and
 * answers that they would not give.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "observe/report.h"
#include "tap.h"

static const char *recorded(const char *name, struct arena *a)
{
	AUTO_STR text = STR_INIT;
	struct error err;

	if (file_read(arena_printf(a, "tests/machines/%s", name), 1 << 20, &text, &err)) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	return arena_strdup(a, str_text(&text));
}

static const struct lvm_volume *volume(const struct lvm_group *g, const char *name)
{
	static const struct lvm_volume none;

	for (size_t i = 0; i < g->n_volumes; i++)
		if (str_eq(g->volumes[i].name, name))
			return &g->volumes[i];
	return &none;
}

static void test_group(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *text = recorded("group.lvm", &a);
	struct lvm_group *g;
	struct error err;
	size_t n;

	ok(!lvm_report_read(text, strlen(text), &a, &g, &n, &err) && n == 1, "a group is read");
	is_str(g->name, "vg0", "its name");
	ok(g->size_bytes == 792723456 && g->free_bytes == 671088640 && g->extent_bytes == 4194304, "its sizes");
	ok(g->n_members == 3 && str_eq(g->members[1], "dQkvQu-wGNF-GVmd-rgft-ZT9e-0gVq-CS8whZ") && !g->missing,
	   "its members, none of them missing");
	ok(g->n_volumes == 5 && str_eq(g->volumes[0].name, "fast"), "its volumes, by name, without those that LVM hides");
	is_str(volume(g, "root")->kind, "linear", "a linear volume");
	is_str(volume(g, "fast")->kind, "striped", "a striped one");
	is_str(volume(g, "thin")->kind, "thin-pool", "a pool");
	is_str(volume(g, "srv")->kind, "thin", "a thin one");
	is_str(volume(g, "srv")->pool, "thin", "with its pool");
	ok(volume(g, "srv")->size_bytes == 1073741824 && !volume(g, "root")->pool, "which may be larger than the pool");
}

static void test_missing(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *text = recorded("missing.lvm", &a), *none = recorded("none.lvm", &a);
	struct lvm_group *g;
	struct error err;
	size_t n;

	ok(!lvm_report_read(text, strlen(text), &a, &g, &n, &err) && n == 1 && g->missing == 1 && g->n_members == 3,
	   "a group with a physical volume that is gone says so, and still names it");
	ok(!lvm_report_read(none, strlen(none), &a, &g, &n, &err) && !n, "no group is no error");
}

/* Text with the first WHAT replaced. */
static const char *with(const char *text, const char *what, const char *instead, struct arena *a)
{
	const char *p = strstr(text, what);

	if (!p) {
		printf("Bail out! %s is not in the recording\n", what);
		exit(1);
	}
	return arena_printf(a, "%.*s%s%s", (int)(p - text), text, instead, p + strlen(what));
}

static void test_bad_groups(void)
{
	static const struct {
		const char *what, *instead, *name;
	} cases[] = {
		{ "\"vg0\"", "\"../vg\"", "a name with a slash" },
		{ "\"vg0\"", "\"-r\"", "a name that would be an option" },
		{ "\"vg0\"", "7", "a number for a name" },
		{ "\"792723456\"", "\"792723456B\"", "a size with a unit" },
		{ "\"792723456\"", "\"99999999999999999999999\"", "a size that does not fit" },
		{ "\"QGUvbl-tFxd", "\"QGUvbl_tFxd", "a UUID of another form" },
		{ "\"pv\": [", "\"pw\": [", "no list of members" },
		{ "\"pool_lv\":\"thin\"", "\"pool_lv\":\"a b\"", "a pool that cannot be one" },
		{ "\"linear\"", "\"linear\\u0007\"", "control characters" },
		{ "\"report\": [", "\"report\": [[],", "a list where a group belongs" },
	};
	AUTO_ARENA a = ARENA_INIT;
	const char *good = recorded("group.lvm", &a);
	struct lvm_group *g;
	struct error err;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *text = with(good, cases[i].what, cases[i].instead, &a);

		ok(lvm_report_read(text, strlen(text), &a, &g, &n, &err), "refused: %s", cases[i].name);
	}
	ok(lvm_report_read(good, strlen(good) / 2, &a, &g, &n, &err), "refused: half an answer");
	ok(lvm_report_read("", 0, &a, &g, &n, &err), "refused: none at all");
}

static void test_member(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *text = recorded("member.mdadm", &a);
	struct md_member m;
	struct error err;

	ok(!md_report_read(text, strlen(text), &a, &m, &err), "a RAID member is read");
	is_str(m.array.uuid, "3ea1f2c8-bb0e-4471-9c6d-2f0a5b7e9d11", "the array's UUID, as libblkid writes it");
	is_str(m.array.name, "md-main", "its name, without the host that made it");
	is_str(m.array.level, "raid1", "its level");
	ok(m.array.devices == 2 && !m.old, "how many it wants");
	is_str(m.uuid, "6eaa94df-4b0b-e573-9de2-e205029a9633", "and who it is itself");
	text = "MD_LEVEL=raid1\nMD_DEVICES=2\nMD_UUID=3ea1f2c8:bb0e4471:9c6d2f0a:5b7e9d11\nMD_EVENTS=17\n";
	ok(!md_report_read(text, strlen(text), &a, &m, &err) && m.old && !m.array.name,
	   "a superblock without a name is an old one");
}

static void test_bad_members(void)
{
	static const struct {
		const char *what, *instead, *name;
	} cases[] = {
		{ "MD_LEVEL", "mdadm: No md superblock\nMD_LEVEL", "a line that is no value" },
		{ "3ea1f2c8:", "3ea1f2c8-", "a UUID of another form" },
		{ "3ea1f2c8:", "", "half a UUID" },
		{ "MD_DEVICES=2", "MD_DEVICES=2\nMD_DEVICES=3", "two numbers of members" },
		{ "MD_DEVICES=2", "MD_DEVICES=70000", "more members than there can be" },
		{ "MD_LEVEL=raid1", "MD_LEVEL=../1", "a level that is a path" },
		{ "MD_UUID", "MD_UID", "no UUID" },
		{ "MD_UUID=", "MD_UUID=3ea1f2c8:bb0e4471:9c6d2f0a:5b7e9d11\nMD_UUID=", "two of them" },
	};
	AUTO_ARENA a = ARENA_INIT;
	const char *good = recorded("member.mdadm", &a);
	struct md_member m;
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *text = with(good, cases[i].what, cases[i].instead, &a);

		ok(md_report_read(text, strlen(text), &a, &m, &err), "refused: %s", cases[i].name);
	}
	ok(md_report_read("", 0, &a, &m, &err), "refused: an empty answer");
	ok(md_report_read("MD_LEVEL=a\0b\n", 13, &a, &m, &err), "refused: a NUL");
}

int main(void)
{
	test_group();
	test_missing();
	test_bad_groups();
	test_member();
	test_bad_members();
	return tap_end();
}
