/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware's list: reading what efibootmgr 18 prints, the place of an entry, and installs on a firmware of a few lines
 * that takes entries, loses them, has no room, or no variables at all.
 */
#include <stdlib.h>
#include <string.h>

#include "observe/boot_entries.h"
#include "ops/ops.h"
#include "sys/sys_fake.h"
#include "tap.h"
#include "unit/world.h"

#define ESP "00000001-0000-8000-8000-000000000001"
#define OLD "0000000a-0000-8000-8000-00000000000a"
#define OTHER "0000000b-0000-8000-8000-00000000000b"
#define HD(guid) "HD(1,GPT," guid ",0x800,0x100000)"
#define LOADER "/\\EFI\\BOOT\\BOOTX64.EFI"
#define PXE "PciRoot(0x0)/Pci(0x2,0x0)/MAC(525400123456,0)/IPv4(0.0.0.0,0,DHCP,0.0.0.0,0.0.0.0,0.0.0.0)"

/* --- reading */

static int read_text(const char *text, struct arena *a, struct boot_entries *b)
{
	memset(&err, 0, sizeof(err));
	return boot_entries_read(text, strlen(text), a, b, &err);
}

static void test_reads(void)
{
	static const char text[] =
		"BootCurrent: 0003\nTimeout: 0 seconds\nBootOrder: 0003,000A,0000\n"
		"Boot0000* UiApp\tFvVol(7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1)/FvFile(462caa21-7614-4503-836e-8ab6f4662331)\n"
		"Boot0003* UEFI PXEv4 (MAC:525400123456)\t" PXE "\n"
		"Boot000A  Windows\tHD(2,GPT,7C0AD5C5-0000-4000-8000-0000000000AB,0x800,0x100000)/\\EFI\\Microsoft\\x.efi57494e\n"
		"Boot000B* Old\tBBS(Network,IBA GE Slot,0x0)\n"
		"Boot000C* \n"
		"MirroredPercentageAbove4G: 0.00\nMirrorMemoryBelow4GB: false\n";
	AUTO_ARENA a = ARENA_INIT;
	struct boot_entries b;

	ok(!read_text(text, &a, &b) && b.n == 5 && b.n_order == 3, "entries and order are read: %s", err.msg);
	ok(b.order[0] == 3 && b.order[1] == 10 && b.order[2] == 0, "the order as it is");
	ok(b.v[0].active && !b.v[0].network && !b.v[0].partition && !strcmp(b.v[0].label, "UiApp"), "the firmware's own");
	ok(b.v[1].network && b.v[4].number == 12 && b.v[3].network, "those that start from the network");
	ok(!b.v[2].active && b.v[2].partition && !strcmp(b.v[2].partition, "7c0ad5c5-0000-4000-8000-0000000000ab"),
	   "a partition, whatever its case, and one that is switched off");
	ok(!read_text("Timeout: 0 seconds\nNo BootOrder is set; firmware will attempt recovery\n", &a, &b) && !b.n && !b.n_order,
	   "a list may be empty");
	ok(!read_text("", &a, &b) && !b.n, "and so may the answer");
}

static void test_refuses(void)
{
	static const char *const bad[] = {
		"Boot0001* a\tHD(1)\nBoot0001* b\tHD(1)\n", "BootOrder: 0001\nBootOrder: 0002\n", "BootOrder: 0001,\n1\n",
		"BootOrder: 1\n", "BootOrder: 0001;0002\n", "BootOrder: 0001,0001\n", "BootOrder: 0001,zzzz\n",
	};
	AUTO_ARENA a = ARENA_INIT;
	struct boot_entries b;

	/* "0001," and nothing behind it names one entry: the only one of these that is none of two things. */
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ok((read_text(bad[i], &a, &b) && err.kind == ERR_INPUT) == (i != 2), "what is said twice or is no number is refused: %zu",
		   i);
	ok(!read_text("Boot0001* a\tHD(1,GPT,00000001-0000-8000-8000-00000000000,0x800)\nBoot0002*\nBoot00 2* b\n", &a, &b) &&
		   b.n == 1 && !b.v[0].partition,
	   "half a GUID is none, and a line that is no entry is passed over");
}

static void is_order(const char *list, unsigned int number, bool first, const char *want, const char *name)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR got = STR_INIT;
	AUTO_STR text = STR_INIT;
	struct boot_entries b, r;

	str_addf(&text, "BootOrder: %s\nBoot0001* net\t" PXE "\nBoot0002* net\t" PXE "\nBoot0003* disk\tHD(1)\nBoot0004* ours\tHD(1)\n",
		 list);
	if (read_text(str_text(&text), &a, &b))
		tree_die("order", err.msg);
	boot_entries_order(&b, number, first, &a, &r);
	for (size_t i = 0; i < r.n_order; i++)
		str_addf(&got, "%s%04X", i ? "," : "", r.order[i]);
	is_str(str_text(&got), want, "%s", name);
}

static void test_order(void)
{
	is_order("0003,0001,0002", 4, true, "0004,0003,0001,0002", "an admin node's own comes first");
	is_order("0001,0002,0003", 4, false, "0001,0002,0004,0003", "a node's comes after those of the network");
	is_order("0003,0001", 4, false, "0003,0001,0004", "also where they are the last");
	is_order("0003", 4, false, "0003,0004", "at the end where the network is not in the order");
	is_order("0004,0001,0003", 4, false, "0001,0004,0003", "and moves there");
	is_order("0001,0004,0003", 4, false, "0001,0004,0003", "what is right stays");
	is_order("0009,0001", 4, false, "0001,0004", "what does not exist is left out");
	is_order("", 4, false, "0004", "nothing but ours");
}

/* --- a firmware */

static struct firmware {
	struct {
		char label[64], path[200];
		bool there;
	} v[16];
	unsigned int order[16];
	size_t n_order, changes;
	const char *fails; /* the option that it refuses; "list": it has no variables */
	bool forgets, stubborn; /* entries; its order */
} fw;

static void fw_add(unsigned int number, const char *label, const char *path)
{
	snprintf(fw.v[number].label, sizeof(fw.v[number].label), "%s", label);
	snprintf(fw.v[number].path, sizeof(fw.v[number].path), "%s", path);
	fw.v[number].there = true;
}

static void fw_list(struct str *out)
{
	str_add(out, "BootCurrent: 0001\nTimeout: 0 seconds\n");
	for (size_t i = 0; i < fw.n_order; i++)
		str_addf(out, "%s%04X", i ? "," : "BootOrder: ", fw.order[i]);
	str_add(out, fw.n_order ? "\n" : "No BootOrder is set; firmware will attempt recovery\n");
	for (unsigned int i = 0; i < ARRAY_LEN(fw.v); i++)
		if (fw.v[i].there)
			str_addf(out, "Boot%04X* %s\t%s\n", i, fw.v[i].label, fw.v[i].path);
}

static void fw_delete(unsigned int number)
{
	size_t n = 0;

	if (number >= ARRAY_LEN(fw.v) || !fw.v[number].there)
		tree_die("deleted", "an entry that is none");
	fw.v[number].there = false;
	for (size_t i = 0; i < fw.n_order; i++)
		if (fw.order[i] != number)
			fw.order[n++] = fw.order[i];
	fw.n_order = n;
}

static void fw_create(const char *const *v)
{
	unsigned int i = 0;

	if (!str_eq(after(v, "--disk"), disk_node) || !str_eq(after(v, "--part"), "1") ||
	    !str_eq(after(v, "--loader"), "\\EFI\\BOOT\\BOOTX64.EFI"))
		tree_die("created", "another loader");
	while (fw.v[i].there)
		i++;
	if (!fw.forgets)
		fw_add(i, after(v, "--label"), HD(ESP) LOADER);
}

static void fw_put_in_order(const char *list)
{
	if (fw.stubborn)
		return;
	fw.n_order = 0;
	for (char *end; *list; list = *end ? end + 1 : end)
		fw.order[fw.n_order++] = (unsigned int)strtoul(list, &end, 16);
}

static bool has(const char *const *argv, const char *option)
{
	for (; *argv; argv++)
		if (str_eq(*argv, option))
			return true;
	return false;
}

static int fw_exec(struct sys *s, const struct sys_exec *x, struct error *e)
{
	const char *const *v = x->argv;

	if (!str_eq(v[0], "efibootmgr"))
		return w_exec(s, x, e);
	if (fw.fails && has(v, fw.fails))
		return error_set(e, ERR_IO, "efibootmgr %s: exit 5: Could not prepare Boot variable: No space left on device", fw.fails);
	if (fw.fails && !v[1] && str_eq(fw.fails, "list"))
		return error_set(e, ERR_IO, "efibootmgr: exit 2: EFI variables are not supported on this system.");
	if (!v[1]) {
		fw_list(x->output);
		return 0;
	}
	fw.changes++;
	if (has(v, "--delete-bootnum"))
		fw_delete((unsigned int)strtoul(after(v, "--bootnum"), NULL, 16));
	else if (has(v, "--create-only"))
		fw_create(v);
	else if (has(v, "--bootorder"))
		fw_put_in_order(after(v, "--bootorder"));
	else
		tree_die("efibootmgr", v[1]);
	return 0;
}

/* --- installs */

static const char *esps[] = { "system:1" }, *others[] = { OTHER };
static struct op_boot boot = { .root_uuid = "11111111-2222-3333-4444-555555555555", .esps = esps, .n_esps = 1, .others = others };
static struct plan_disk disk = { .role = "system", .name = "vdz", .size_bytes = 1 << 30, .sector_bytes = 512 };
static struct plan plan = { .disks = &disk, .n_disks = 1 };
static const char *disk_paths[] = { disk_node };
static char noted[512];
static size_t notes;

static void on_note(void *ctx UNUSED, const char *text)
{
	snprintf(noted, sizeof(noted), "%s", text);
	notes++;
}

static struct op_env env = { .plan = &plan, .disk_paths = disk_paths, .source = source, .target = "/target", .note = on_note };
static struct table_part parts[] = {
	{ .number = 1, .name = "fulcrum-esp", .type_uuid = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", .uuid = ESP,
	  .start_bytes = 1 << 20, .size_bytes = 1 << 20 },
};
static const struct op_table table = { .disk = "system", .uuid = "11111111-2222-8333-8444-555566667777", .parts = parts, .n_parts = 1 };
static const struct sys_ops firmware_ops = { .exec = fw_exec };
static struct sys *fake;

static void start(const char *kind)
{
	world_reset();
	sys_free(fake);
	fake = env.sys = sys_fake_new(&world_sys);
	sys_fake_override(fake, &firmware_ops);
	fw = (struct firmware){ .order = { 1, 2, 3 }, .n_order = 3 };
	fw_add(1, "UEFI PXEv4", PXE);
	fw_add(2, "debian", HD(OLD) "/\\EFI\\debian\\shimx64.efi");
	fw_add(3, "UEFI Shell", "FvVol(1)/FvFile(2)");
	boot.kind = kind;
	boot.entry = "Fulcrum node-1";
	boot.n_others = 0;
	if (world_sys.ops->table_write(&world_sys, disk_node, 512, &table, &err))
		tree_die("table", err.msg);
}

static int install(void)
{
	memset(&err, 0, sizeof(err));
	noted[0] = '\0';
	notes = fw.changes = 0;
	return op_types[OP_BOOT].apply(&env, &boot, &err) || op_types[OP_BOOT].verify(&env, &boot, &err) ? -1 : 0;
}

static void listed(const char *want, const char *name)
{
	AUTO_STR got = STR_INIT;

	for (size_t i = 0; i < fw.n_order; i++)
		str_addf(&got, "%s%u %s", i ? ", " : "", fw.order[i], fw.v[fw.order[i]].label);
	for (unsigned int i = 0; i < ARRAY_LEN(fw.v); i++) {
		bool found = !fw.v[i].there;

		for (size_t k = 0; k < fw.n_order; k++)
			found = found || fw.order[k] == i;
		if (!found)
			str_addf(&got, "; %u %s", i, fw.v[i].label);
	}
	is_str(str_text(&got), want, "%s", name);
}

static void test_installs(void)
{
	start("node");
	ok(!install() && notes == 1, "a node gets its entry: %s", err.msg);
	is_str(noted, "firmware entry Boot0000 \"Fulcrum node-1\", after those of the network", "which is told");
	listed("1 UEFI PXEv4, 0 Fulcrum node-1, 2 debian, 3 UEFI Shell", "between the network and the rest");
	ok(!install() && !fw.changes && notes == 1, "a second time it is as wanted, and nothing is written");
	start("admin");
	ok(!install(), "an admin node gets its entry");
	listed("0 Fulcrum node-1, 1 UEFI PXEv4, 2 debian, 3 UEFI Shell", "before all others");
	start("node");
	boot.entry = NULL;
	fw.fails = "list";
	ok(!install() && !notes, "a machine with BIOS is not asked");
}

static void test_renews(void)
{
	start("node");
	fw_add(4, "Fulcrum node-1", HD(OLD) LOADER);
	fw_add(5, "Fulcrum node-7", HD(ESP) LOADER);
	fw_add(6, "Fulcrum node-1", HD(ESP) "/\\EFI\\other.efi");
	fw_add(7, "Fulcrum admin", HD(OTHER) LOADER);
	fw_add(8, "Fulcrum flow tools", "FvVol(1)/FvFile(2)");
	fw.order[3] = 4;
	fw.order[4] = 7;
	fw.n_order = 5;
	boot.n_others = 1;
	ok(!install(), "over entries of earlier installs");
	listed("1 UEFI PXEv4, 0 Fulcrum node-1, 2 debian, 3 UEFI Shell, 7 Fulcrum admin; 8 Fulcrum flow tools",
	       "there is one of ours, and those of others and of another install");
	start("node");
	fw_add(4, "Fulcrum node-1", HD(ESP) LOADER);
	fw_add(5, "Fulcrum node-1", HD(ESP) LOADER);
	ok(!install() && fw.changes == 2, "of two that are as wanted one goes");
	listed("1 UEFI PXEv4, 4 Fulcrum node-1, 2 debian, 3 UEFI Shell", "and the other one gets its place");
}

/* What the firmware does not do is told; the install goes on, and nothing of others is lost. */
static void test_best_effort(void)
{
	static const struct {
		const char *fails, *said;
		bool forgets, stubborn;
	} cases[] = {
		{ "list", "EFI variables are not supported", false, false },
		{ "--create-only", "No space left on device", false, false },
		{ "--delete-bootnum", "No space left on device", false, false },
		{ "--bootorder", "No space left on device", false, false },
		{ NULL, "does not list it", true, false },
		{ NULL, "keeps another boot order", false, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		start("node");
		fw_add(4, "Fulcrum node-1", HD(OLD) LOADER);
		fw.fails = cases[i].fails;
		fw.forgets = cases[i].forgets;
		fw.stubborn = cases[i].stubborn;
		ok(!install() && notes == 1 && strstr(noted, cases[i].said) && strstr(noted, "by the removable path"),
		   "told, and no failure: %s", noted);
		ok(fw.v[1].there && fw.v[2].there && fw.v[3].there && fw.n_order == 3 && fw.order[0] == 1, "what others have stays");
		fw.fails = NULL;
		fw.forgets = fw.stubborn = false;
		ok(!install(), "a second install mends it");
		listed("1 UEFI PXEv4, 0 Fulcrum node-1, 2 debian, 3 UEFI Shell", "to one entry");
	}
	start("node");
	w.parts[0].uuid = NULL;
	ok(!install() && strstr(noted, "has no partition 1 with a GUID") && !fw.changes, "a table without GUIDs: %s", noted);
}

/* Whatever breaks: an ESP that is not proved fails the install before the firmware is told of it. */
static void test_fails(void)
{
	size_t n, bad = 0, survived = 0;

	for (n = 1; n < 200; n++) {
		bool failed;
		int rc;

		start("node");
		sys_fake_fail_at(fake, n, SYS_FAKE_ONCE);
		rc = op_types[OP_BOOT].apply(&env, &boot, &err);
		failed = sys_fake_failed(fake) != NULL;
		if (!failed) {
			bad += rc != 0;
			break;
		}
		survived += !rc;
		bad += rc ? fw.v[0].there : !notes;
		sys_fake_fail_at(fake, 0, SYS_FAKE_ONCE);
		bad += install() || !fw.v[0].there || w.handles;
	}
	ok(n > 20 && survived >= 5 && !bad, "each of %zu effects may fail: %zu are of the firmware and stop nothing", n - 1, survived);
}

int main(void)
{
	key_generate(pub, sec);
	env.release_key = pub;
	test_reads();
	test_refuses();
	test_order();
	test_installs();
	test_renews();
	test_best_effort();
	test_fails();
	sys_free(fake);
	world_reset();
	return tap_end();
}
