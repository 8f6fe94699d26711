/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the site file is looked for, over the dry back end: one volume, and nothing written to it. */
#include <string.h>

#include "engine/site_find.h"
#include "sys/sys_fake.h"
#include "tap.h"

static void test_volume(const char *type, const char *wanted)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR said = STR_INIT;
	AUTO_STR text = STR_INIT;
	struct signature s = { .type = type, .label = "FULCRUM-CFG" };
	struct disk d = { .name = "sdb", .path = "/dev/sdb", .signatures = &s, .n_signatures = 1 };
	struct machine m = { .disks = &d, .n_disks = 1 };
	struct sys *dry = sys_dry_new(&said);
	const char *from = NULL;
	struct error err;

	ok(!site_find(dry, &m, "/medium", "/config", &a, &text, &from, &err), "%s: the volume is taken", type);
	ok(strstr(str_text(&said), wanted) != NULL, "%s: it is mounted as it stands, no journal is replayed", type);
	sys_free(dry);
}

static void test_two(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR said = STR_INIT;
	AUTO_STR text = STR_INIT;
	struct signature s = { .type = "vfat", .label = "FULCRUM-CFG" };
	struct disk d[] = {
		{ .name = "sdb", .path = "/dev/sdb", .signatures = &s, .n_signatures = 1 },
		{ .name = "sdc", .path = "/dev/sdc", .signatures = &s, .n_signatures = 1 },
	};
	struct machine m = { .disks = d, .n_disks = 2 };
	struct sys *dry = sys_dry_new(&said);
	const char *from = NULL;
	struct error err;

	ok(site_find(dry, &m, "/medium", "/config", &a, &text, &from, &err) && err.kind == ERR_SELECT,
	   "two volumes with the label are refused");
	is_str(str_text(&said), "", "and none is touched");
	sys_free(dry);
}

int main(void)
{
	test_volume("vfat", "mount /dev/sdb on /config type vfat\n");
	test_volume("ext4", "mount /dev/sdb on /config type ext4 options noload\n");
	test_two();
	return tap_end();
}
