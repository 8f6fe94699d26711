/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selectors: sets, ties, orders, and what the table says of each candidate. Linked without sys/ and observe/. */
#include <stdio.h>
#include <string.h>

#include "plan/select.h"
#include "tap.h"

#define GIB (1ull << 30)
#define PORT(n) "/devices/pci0000:00/0000:00:17.0/ata-" #n "/target:0:0/0:0:0"

/* Named by the kernel in another order than they are plugged in; ports 2 and 10 tell text from numbers. */
static struct disk disks[] = {
	{ .name = "sda", .serial = "D", .topology = PORT(10), .bus = BUS_SATA, .rotational = true, .size_bytes = 4000 * GIB, .sector_bytes = 512 },
	{ .name = "sdb", .serial = "A", .topology = PORT(1), .bus = BUS_SATA, .rotational = true, .size_bytes = 4000 * GIB, .sector_bytes = 512 },
	{ .name = "sdc", .serial = "B", .topology = PORT(2), .bus = BUS_SATA, .rotational = true, .size_bytes = 4000 * GIB, .sector_bytes = 4096 },
	{ .name = "sdd", .serial = "C", .topology = PORT(3), .bus = BUS_SATA, .rotational = true, .size_bytes = 8000 * GIB, .sector_bytes = 512 },
	{ .name = "nvme0n1", .serial = "N", .topology = "/devices/pci0000:00/0000:00:04.0/nvme/n1", .bus = BUS_NVME, .size_bytes = 500 * GIB, .sector_bytes = 512 },
};

static struct machine machine_of(struct disk *list, size_t n)
{
	return (struct machine){ .disks = list, .n_disks = n };
}

/* The set as "A B C", or the error's text. */
static const char *taken(const struct disk_selector *s, const struct machine *m, struct arena *a, const char **ret_why)
{
	const struct disk **set;
	struct error err = { 0 };
	AUTO_STR b = STR_INIT;
	size_t n;

	if (select_disks(s, "disks.data", m, a, &set, &n, ret_why, &err))
		return arena_printf(a, "%s\n  hint: %s", err.msg, err.hint);
	for (size_t i = 0; i < n; i++)
		str_addf(&b, "%s%s", i ? " " : "", disk_id(set[i]));
	return arena_strdup(a, str_text(&b));
}

static const char *explained(const struct disk_selector *s, const struct machine *m, struct arena *a)
{
	AUTO_STR b = STR_INIT;

	select_explain(s, m, &b);
	return arena_strdup(a, str_text(&b));
}

static void sets(void)
{
	struct machine m = machine_of(disks, ARRAY_LEN(disks));
	struct disk_selector s = { .rotational = true, .rotational_set = true, .count = 4 };
	AUTO_ARENA a = ARENA_INIT;
	const char *why = "";

	is_str(taken(&s, &m, &a, &why), "A B C D", "a set comes in the order of its places, ports counted as numbers");
	is_str(why, "rotational, the only 4 that match of 5", "and says why");
	s.count = 2;
	is_str(taken(&s, &m, &a, &why),
	       "disks.data: 4 disks match, exactly 2 are needed\n"
	       "  sda      D         3.9 TiB  matches\n"
	       "  sdb      A         3.9 TiB  matches\n"
	       "  sdc      B         3.9 TiB  matches\n"
	       "  sdd      C         7.8 TiB  matches\n"
	       "  nvme0n1  N         500 GiB  not rotational, wanted rotational\n"
	       "  hint: add conditions, `pick:` or a larger `count:`",
	       "more matches than wanted are refused");
	s.count = 5;
	is_str(strtok(arena_strdup(&a, taken(&s, &m, &a, &why)), "\n"),
	       "disks.data: 4 disks match, exactly 5 are needed", "and fewer");
	s.count = 1;
	s.size = (struct size_cond){ true, 8000 * GIB, UINT64_MAX, ">= 8000G" };
	is_str(taken(&s, &m, &a, &why), "C", "one is a set of one");
	is_str(why, "rotational, >= 8000G, the only match of 5", "and says why");
}

static void picks(void)
{
	struct machine m = machine_of(disks, ARRAY_LEN(disks));
	struct disk_selector s = { .rotational = true, .rotational_set = true, .count = 2, .pick = PICK_FIRST_BY_PATH };
	AUTO_ARENA a = ARENA_INIT;
	const char *why = "";

	is_str(taken(&s, &m, &a, &why), "A B", "first-by-path takes the first places");
	is_str(why, "rotational, the first 2 by path of 4", "and says so");
	s.pick = PICK_SMALLEST;
	is_str(taken(&s, &m, &a, &why),
	       "disks.data: 4 disks match, and which are the 2 smallest is not clear: several are equal\n"
	       "  sda      D         3.9 TiB  matches\n"
	       "  sdb      A         3.9 TiB  matches\n"
	       "  sdc      B         3.9 TiB  matches\n"
	       "  sdd      C         7.8 TiB  matches\n"
	       "  nvme0n1  N         500 GiB  not rotational, wanted rotational\n"
	       "  hint: add a condition, or write `pick: first-by-path`",
	       "a tie at the border of the set is refused");
	s.count = 3;
	is_str(taken(&s, &m, &a, &why), "A B D", "a tie inside the set is none");
	is_str(why, "rotational, the 3 smallest of 4", "and says why");
	s.pick = PICK_LARGEST;
	s.count = 1;
	is_str(taken(&s, &m, &a, &why), "C", "the largest");
	is_str(why, "rotational, largest of 4", "and says why");
	s.count = 4;
	is_str(taken(&s, &m, &a, &why), "A B C D", "where all that match are wanted, equal sizes leave nothing open");
}

static void conditions(void)
{
	struct machine m = machine_of(disks, ARRAY_LEN(disks));
	struct disk_selector s = { .bus = BUS_SATA, .sector = 512, .count = 2, .pick = PICK_SMALLEST,
				   .size = { true, 0, 5000 * GIB, "<= 5000G" } };
	AUTO_ARENA a = ARENA_INIT;

	is_str(explained(&s, &m, &a),
	       "wanted: 2 disks: bus sata, <= 5000G, sector 512, then the 2 smallest\n"
	       "* sda      D         3.9 TiB  matches\n"
	       "* sdb      A         3.9 TiB  matches\n"
	       "  sdc      B         3.9 TiB  sector is 4096, wanted 512\n"
	       "  sdd      C         7.8 TiB  size is 7.8 TiB, wanted <= 5000G\n"
	       "  nvme0n1  N         500 GiB  bus is nvme, wanted sata\n",
	       "explain marks what is taken");
	s.size.max = 5 * GIB;
	s.size.text = "<= 5G";
	s.bus = BUS_USB;
	s.count = 1;
	is_str(explained(&s, &m, &a),
	       "wanted: bus usb, <= 5G, sector 512, then the smallest\n"
	       "  sda      D         3.9 TiB  bus is sata, wanted usb; size is 3.9 TiB, wanted <= 5G\n"
	       "  sdb      A         3.9 TiB  bus is sata, wanted usb; size is 3.9 TiB, wanted <= 5G\n"
	       "  sdc      B         3.9 TiB  bus is sata, wanted usb; size is 3.9 TiB, wanted <= 5G; sector is 4096, wanted 512\n"
	       "  sdd      C         7.8 TiB  bus is sata, wanted usb; size is 7.8 TiB, wanted <= 5G\n"
	       "  nvme0n1  N         500 GiB  bus is nvme, wanted usb; size is 500 GiB, wanted <= 5G\n"
	       "  stops: no disk matches, exactly 1 is needed\n"
	       "  hint: change the conditions so that exactly one of these disks matches\n",
	       "every condition that does not hold is named, and what would stop the install");
}

/* Two disks with one identity, and one with two paths: never targets, and the table says why. */
static void the_way(void)
{
	static const char *paths[] = { "sdx" };
	struct disk list[] = { disks[1], disks[1], disks[3] };
	struct machine m = machine_of(list, ARRAY_LEN(list));
	struct disk_selector s = { .bus = BUS_SATA, .size = { true, 0, 5000 * GIB, "<= 5000G" } };
	AUTO_ARENA a = ARENA_INIT;
	const char *why;

	list[0].in_use = "has the same serial as sdc";
	list[1].in_use = "has the same serial as sdb";
	list[1].name = "sdc";
	list[0].topology = "/usb/1";
	list[1].topology = "/usb/2";
	list[2].paths = paths;
	list[2].n_paths = 1;
	is_str(taken(&s, &m, &a, &why),
	       "disks.data: no disk matches, exactly 1 is needed\n"
	       "  sdb   A at /usb/1    3.9 TiB  would match, but is never a target: has the same serial as sdc\n"
	       "  sdc   A at /usb/2    3.9 TiB  would match, but is never a target: has the same serial as sdb\n"
	       "  sdd   C (2 paths)    7.8 TiB  size is 7.8 TiB, wanted <= 5000G\n"
	       "  hint: a disk that is in use, read-only or a copy of another is never taken: see beside it",
	       "clones are shown as what they are, paths as one disk");
	s.size.set = false;
	is_str(taken(&s, &m, &a, &why), "C", "and another disk is taken beside them");
	list[0].in_use = list[1].in_use = NULL;
	list[0].read_only = true;
	s.serial = "A";
	is_str(explained(&s, &m, &a),
	       "wanted: serial A, bus sata\n"
	       "  sdb   A at /usb/1    3.9 TiB  would match, but is never a target: read-only\n"
	       "* sdc   A at /usb/2    3.9 TiB  matches\n"
	       "  sdd   C (2 paths)    7.8 TiB  serial is C, wanted A\n",
	       "a read-only disk is never a target");
}

/* A disk that could not be looked at is no match for a selector that would take any; naming it does take it. */
static void unread(void)
{
	struct disk list[2] = { disks[1], disks[2] };
	struct machine m = machine_of(list, 2);
	struct disk_selector s = { .rotational = true, .rotational_set = true };
	AUTO_ARENA a = ARENA_INIT;
	const char *why;

	list[0].unread = true;
	list[0].damage = "probe: killed by signal 11 (SEGV)";
	is_str(taken(&s, &m, &a, &why), "B", "a disk that could not be read is left out");
	is_str(select_why_not(&s, &list[0], &a),
	       "could not be read (probe: killed by signal 11 (SEGV)), and is not named by serial, wwn or path", "and the reason is said");
	s.serial = "*";
	is_str(taken(&s, &m, &a, &why), "B", "a pattern names nothing");
	s.serial = "A";
	is_str(taken(&s, &m, &a, &why), "A", "who names it takes it");
	s.serial = NULL;
	s.blank = s.blank_set = true;
	list[1].damage = "unknown data in the first MiB";
	ok(strstr(taken(&s, &m, &a, &why), "no disk matches") != NULL, "and it is never blank");
}

/* What matches stands first in an error, and a very long table ends with a count, not in the middle of a word. */
static void many(void)
{
	enum { N = 200 };
	static struct disk list[N];
	struct machine m = machine_of(list, N);
	struct disk_selector s = { .bus = BUS_NVME };
	AUTO_ARENA a = ARENA_INIT;
	const char *why, *text, *more;
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < N; i++) {
		list[i] = disks[0];
		list[i].name = arena_printf(&a, "sd%zu", i);
		list[i].serial = arena_printf(&a, "SERIAL%03zu", i);
	}
	list[150].bus = list[190].bus = BUS_NVME;
	text = taken(&s, &m, &a, &why);
	ok(strstr(text, "exactly 1 is needed\n  sd150") && strstr(text, "matches\n  sd190"), "what matches comes first");
	for (const char *p = strstr(text, "\n  sd"); p; p = strstr(p + 1, "\n  sd"))
		shown++;
	more = strstr(text, "\n  and ");
	ok(more && sscanf(more, "\n  and %zu more", &left) == 1 && shown + left == N, "the others are counted (%zu + %zu)",
	   shown, left);
	ok(strstr(text, "explain shows all\n  hint: add `serial:`") != NULL, "and nothing is cut");
}

int main(void)
{
	sets();
	picks();
	conditions();
	the_way();
	unread();
	many();
	return tap_end();
}
