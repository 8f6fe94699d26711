/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The site file: good ones are read and resolved, every bad one in tests/sites has its findings
 * beside it (bad-x.yaml, bad-x.expected). UPDATE_EXPECTED=1 rewrites these: read the difference.
 * Run from the top of the tree.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "data/json.h"
#include "model/site.h"
#include "model/ssh_key.h"
#include "tap.h"

static struct site *parse_text(const char *text, struct arena *a, struct str *findings)
{
	struct findings f = { .arena = a };
	struct site *s = site_parse("site.yaml", text, strlen(text), a, &f);

	str_clear(findings);
	findings_print(&f, findings);
	return s;
}

static char *load(const char *path, struct arena *a)
{
	AUTO_STR text = STR_INIT;
	struct error err = { 0 };
	char *copy;

	if (file_read(path, 1 << 20, &text, &err)) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	/* With its NULs, and a last one. */
	copy = arena_alloc(a, text.len + 1);
	memcpy(copy, str_text(&text), text.len);
	return copy;
}

static void test_bad_files(void)
{
	bool update = getenv("UPDATE_EXPECTED") != NULL;
	struct error err = { 0 };
	glob_t g;

	if (!ok(!glob("tests/sites/bad-*.yaml", 0, NULL, &g) && g.gl_pathc >= 15, "there are bad site files"))
		return;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		AUTO_ARENA a = ARENA_INIT;
		AUTO_STR text = STR_INIT;
		AUTO_STR seen = STR_INIT;
		struct findings f = { .arena = &a };
		const char *path = g.gl_pathv[i], *name = strrchr(path, '/') + 1;
		const char *expected = arena_printf(&a, "%.*s.expected", (int)(strlen(path) - strlen(".yaml")), path);

		if (file_read(path, 1 << 20, &text, &err)) {
			ok(false, "%s", err.msg);
			continue;
		}
		site_parse(name, str_text(&text), text.len, &a, &f);
		findings_print(&f, &seen);
		if (update && file_replace(expected, str_text(&seen), seen.len, 0644, &err))
			ok(false, "%s", err.msg);
		ok(f.n > 0, "%s is refused", name);
		is_str(str_text(&seen), load(expected, &a), "%s has exactly the findings beside it", name);
	}
	globfree(&g);
}

static void test_good_files(void)
{
	static const char *const files[] = { "lab", "minimal", "full", "example-one-disk", "example-mirror", "example-lvm-luks",
					     "example-raid6-preserve", "example-thin", "example-two-networks", "example-lab-thirty" };

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO_ARENA a = ARENA_INIT;
		AUTO_STR seen = STR_INIT;
		AUTO_STR once = STR_INIT;
		AUTO_STR twice = STR_INIT;
		struct site *s = parse_text(load(arena_printf(&a, "tests/sites/%s.yaml", files[i]), &a), &a, &seen);

		is_str(str_text(&seen), "", "%s.yaml has no findings", files[i]);
		field_to_json(&site_schema, s, true, true, &once);
		s = parse_text(str_text(&once), &a, &seen);
		is_str(str_text(&seen), "", "%s.yaml written as JSON is a site file, too", files[i]);
		field_to_json(&site_schema, s, true, true, &twice);
		is_str(str_text(&twice), str_text(&once), "%s.yaml means the same then", files[i]);
	}
}

static const struct layout_item *line_named(const struct profile *p, const char *name)
{
	for (size_t i = 0; i < p->n_layout; i++)
		if (str_eq(p->layout[i].name, name))
			return &p->layout[i];
	return NULL;
}

static void test_layout_values(const struct profile *p)
{
	const struct layout_item *it = line_named(p, "spare");

	ok(it->role == PART_PART && it->size.percent == 5 && !it->size.bytes && !it->size.rest && it->max_bytes == 64ull << 30 &&
		   !it->n_on && !strcmp(it->type, "0fc63daf-8483-4772-8e79-3d69d8477de4"),
	   "a line has a part of the disk, a bound, and its type in lower case");
	it = line_named(p, "md0");
	ok(it->level_set && it->level == 1 && it->n_on == 1 && !strcmp(it->on[0], "spare"), "`on` may be one word");
	it = line_named(p, "md1");
	ok(it->n_on == 1 && !strcmp(it->on[0], "system") && it->size.rest && it->min_bytes == 20ull << 30, "or a list");
	it = line_named(p, "vg0");
	ok(it->n_on == 2 && !strcmp(it->on[1], "more"), "of several");
	is_str(line_named(p, "secret")->passphrase, "correct horse", "a passphrase is read");
	is_str(line_named(p, "locked")->key_file, "disk.key", "and the name of a key file");
	it = line_named(p, "store");
	ok(it->preserve && it->fs == FS_XFS && !line_named(p, "hidden")->preserve, "what is kept is marked");
}

static void test_values(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR seen = STR_INIT;
	const struct site *s = parse_text(load("tests/sites/lab.yaml", &a), &a, &seen);
	const struct network *n = site_network(s, "admin");
	const struct profile *p = site_profile(s, "server");

	is_str(s->admin.name, "admin.lab.example", "the admin node has its name");
	ok(s->admin.disk.bus == BUS_NVME && s->admin.disk.size.set && s->admin.disk.size.min == 200ull << 30 &&
		   s->admin.disk.size.max == UINT64_MAX && !s->admin.disk.rotational_set && !s->admin.disk.blank_set,
	   "its disk is selected by what is written and nothing else");
	ok(s->admin.disk.pos.line == 5 && s->admin.disk.pos.column == 9, "and knows its line, for the planner's messages");
	ok(s->admin.n_wipe == 1 && !strcmp(s->admin.wipe[0], "S5GXNF0R123456") && !s->admin.unattended, "consent is by serial");
	ok(n && n->net == 0xc0a87c00 && n->mask == 0xffffff00 && n->prefix == 24 && n->addr == 0xc0a87c0a,
	   "the admin network is resolved");
	ok(n && n->hosts.first == 0xc0a87c51 && n->hosts.last == 0xc0a87ca0 && n->discovery.first == 0xc0a87c15,
	   "short ranges are inside its subnet");
	ok(s->n_networks == 2 && !strcmp(s->networks[1].name, "office") && !s->networks[1].hosts.last,
	   "a second network has no ranges");
	is_str(s->networks[1].nic.mac, "52:54:00:aa:bb:02", "and its port is named by address");
	ok(p && p->n_disks == 1 && !strcmp(p->disks[0].name, "system") && p->disks[0].rotational_set &&
		   !p->disks[0].rotational && p->disks[0].pick == PICK_SMALLEST,
	   "a profile's disk is selected");
	ok(p && p->n_layout == 2 && p->layout[0].role == PART_ESP && p->layout[0].size.bytes == 512ull << 20 &&
		   p->layout[1].role == PART_ROOT && p->layout[1].fs == FS_EXT4 && p->layout[1].size.rest,
	   "a layout has its parts in order");
	ok(s->n_rules == 1 && s->rules[0].when.memory.min == 1ull << 30 && !strcmp(s->rules[0].bind.name, "node-{seq}"),
	   "a rule has its condition and its name");
	ok(s->policy.approve == APPROVE_AUTO && !s->bench, "policy is as written, the rest as is usual");
	ok(!site_network(s, "nope") && !site_profile(s, "admin"), "what is not named is not found");
	s = parse_text(load("tests/sites/minimal.yaml", &a), &a, &seen);
	n = site_network(s, "admin");
	ok(s->policy.approve == APPROVE_HOLD, "without a policy a person approves");
	is_str(n->nic.mac, "52:54:00:aa:bb:01", "an address is kept as the kernel writes it");
	ok(n->hosts.first == 0x0a140101 && n->hosts.last == 0x0a1401fa && n->discovery.first == 0x0a140201,
	   "ranges of two octets and whole addresses are resolved");
	s = parse_text(load("tests/sites/full.yaml", &a), &a, &seen);
	ok(s->admin.disk.size.min == 200ull << 30 && s->admin.disk.size.max == 2ull << 40 && s->admin.disk.blank_set &&
		   !s->admin.disk.blank && s->admin.disk.sector == 4096 && s->admin.disk.pick == PICK_FIRST_BY_PATH,
	   "every condition of a disk is read");
	p = site_profile(s, "server");
	ok(p->n_packages == 3 && p->reimage == REIMAGE_FULL && p->disks[0].count == 2, "and all of a profile");
	test_layout_values(p);
	ok(s->rules[1].when.memory.min == (3ull << 40) / 2 && s->rules[1].when.cpus == 8 && s->rules[1].when.disks == 2,
	   "every condition of a rule is read");
}

/* LAB with the one occurrence of OLD replaced. */
static const char *changed(const char *lab, const char *old, const char *new, struct arena *a)
{
	const char *at = strstr(lab, old);

	if (!at) {
		printf("Bail out! %s is not in lab.yaml\n", old);
		exit(1);
	}
	return arena_printf(a, "%.*s%s%s", (int)(at - lab), lab, new, at + strlen(old));
}

static void test_changes(void)
{
	static const struct {
		const char *name, *old, *new, *wanted; /* WANTED: part of the findings, "" = none */
	} cases[] = {
		{ "a size condition with much space", "\">= 200G\"", "\">=    200 GiB\"", "" },
		{ "an exact size", "\">= 200G\"", "\"= 500107862016\"", "" },
		{ "a size range with spaces", "\">= 200G\"", "\"1T .. 2T\"", "" },
		{ "a strict comparison", "\">= 200G\"", "\"> 200G\"", "5:28: admin.disk.size: \"> 200G\" is not a condition" },
		{ "a size range without an end", "\">= 200G\"", "\"1T..\"", "is not a condition" },
		{ "an overflowing size", "\">= 200G\"", "\">= 99999999999T\"", "is not a condition" },
		{ "true in another spelling", "rotational: false", "rotational: False", "\"False\" is not true or false" },
		{ "a full range", ".81-.160", "192.168.124.81-192.168.124.160", "" },
		{ "a range of one address", ".81-.160", ".81-.81", "" },
		{ "a range with half an end", ".81-.160", ".81-160", "is not a range" },
		{ "a range with a leading zero", ".81-.160", ".081-.160", "is not a range" },
		{ "a range outside", ".81-.160", "10.0.0.1-10.0.0.9", "(10.0.0.1-10.0.0.9) is not inside 192.168.124.0/24" },
		{ "a range to the broadcast address", ".81-.160", ".81-.255", "is not inside" },
		{ "a range of another length", ".81-.160", ".125.1-.125.9", "(192.168.125.1-192.168.125.9) is not inside" },
		{ "touching ranges", ".81-.160", ".80-.160", "networks.admin.discovery: .21-.80 overlaps hosts, .80-.160" },
		{ "an address with five octets", "192.168.124.10", "192.168.124.10.1", "is not an address" },
		{ "an address with letters", "192.168.124.10", "192.168.124.x", "is not an address" },
		{ "an IPv6 address", "192.168.124.10", "\"fd00::1\"", "is not an address" },
		{ "a subnet without a prefix", "192.168.124.0/24", "192.168.124.0", "is not a subnet" },
		{ "a subnet with a mask", "192.168.124.0/24", "192.168.124.0/255.255.255.0", "is not a subnet" },
		{ "a subnet with a prefix of 0", "192.168.124.0/24", "0.0.0.0/0", "a prefix of /0 is not possible" },
		{ "a subnet with a prefix of 024", "192.168.124.0/24", "192.168.124.0/024", "is not a subnet" },
		{ "a class D subnet", "192.168.124.0/24", "224.0.0.0/8", "is not for ordinary addresses" },
		{ "no admin disk", "{ bus: nvme, size: \">= 200G\" }", "{}", "admin.disk: needs at least one condition" },
		{ "a wildcard serial", "{ bus: nvme,", "{ serial: \"S5*\",", "" },
		{ "a rule without {seq} for any machine", "node-{seq}", "node", "would be the name of every machine" },
		{ "a rule without {seq} for one machine", "memory: \">= 1G\" }, bind: { profile: server, name: \"node-{seq}\"",
		  "mac: \"52:54:00:00:00:01\" }, bind: { profile: server, name: node", "" },
		{ "a node with the admin node's name", "node-{seq}", "admi{seq}n", "" },
		{ "a node with a domain", "node-{seq}", "node-{seq}.lab", "does not make host names" },
		{ "a long node name", "node-{seq}", "n23456789012345678901234567890123456789012345678901234567890{seq}",
		  "does not make host names" },
		{ "an upper-case host name", "admin.lab.example", "Admin.lab.example", "is not a host name" },
		{ "a host name with an empty part", "admin.lab.example", "admin..example", "is not a host name" },
		{ "a host name with a dot at its end", "admin.lab.example", "admin.lab.", "is not a host name" },
		{ "an address as the host name", "admin.lab.example", "10.0.0.1", "is not a host name" },
		{ "an unknown profile", "profile: server", "profile: servers", "no profile is named \"servers\"" },
		{ "a layout with rest first", "{ esp: 512M }, { root: { fs: ext4, size: rest } }",
		  "{ root: { fs: ext4 } }, { esp: 512M }", "" },
		{ "two that take the rest", "{ root: { fs: ext4, size: rest } }", "{ root: rest }, { data: { mount: /srv } }", "" },
		{ "an ESP of 63M", "esp: 512M", "esp: 63M", "esp has at least 64M" },
		{ "an ESP of 64M", "esp: 512M", "esp: 64M", "" },
		{ "a partition of no size", "esp: 512M", "esp: 0", "nothing is smaller than 1M" },
		{ "a policy for everything", "approve: auto", "approve: all", "policy.approve: unknown word \"all\"" },
		{ "quoted true", "site: lab-west", "site: lab-west\nbench: \"true\"", "wants true or false, not text in quotes" },
		{ "a number as a serial", "S5GXNF0R123456", "123456", "" },
		{ "a serial that is a file name pattern", "S5GXNF0R123456", "\"S5GX*\"", "wildcards are not read" },
		{ "no rules", "rules:\n", "rules: []\nold:\n", "unknown key \"old\"" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_ARENA a = ARENA_INIT;
		AUTO_STR seen = STR_INIT;
		const char *lab = load("tests/sites/lab.yaml", &a);

		parse_text(changed(lab, cases[i].old, cases[i].new, &a), &a, &seen);
		if (!cases[i].wanted[0])
			is_str(str_text(&seen), "", "reads: %s", cases[i].name);
		else if (!ok(strstr(str_text(&seen), cases[i].wanted) != NULL, "refuses: %s", cases[i].name))
			tap_note_text("seen: ", str_text(&seen));
	}
}

/* Whatever is wrong about a passphrase, it is not shown; nor when it stands where it should not. */
static void test_secrets(void)
{
	static const char *const forms[] = {
		"{ crypt: { size: 1G, passphrase: s3cr3t } }",
		"{ crypt: { size: 1G, passphrase: \"s3cr3t\\ts3cr3t\" } }",
		"{ crypt: { size: 1G, passphrase: [ s3cr3ts3cr3t ] } }",
		"{ crypt: { size: 1G, passphrase: { s3cr3ts3cr3t: 1 } } }",
		"{ crypt: { size: 1G, passphrase:s3cr3ts3cr3t } }",
		"{ crypt: { size: 1G, passphras: s3cr3ts3cr3t } }",
		"{ crypt: { size: 1G, passphrase: s3cr3ts3cr3t, key_file: a.key } }",
		"{ crypt: { size: 1, passphrase: s3cr3ts3cr3t } }",
		"{ crypt: { size: 1G, passphrase: &s3cr3ts3cr3t x } }",
		"{ crypt: { size: 1G, passphrase: *s3cr3ts3cr3t } }",
		"{ crypt: { size: 1G, passphrase: !s3cr3ts3cr3t x } }",
		"{ crypt: { size: 1G, passphrase: \"s3cr3ts3cr3t\" s3cr3t } }",
		"{ crypt: { size: 1G, passphrase: \"s3cr3t\\qs3cr3t\" } }",
		"{ crypt: { size: 1G, passphrase: @s3cr3ts3cr3t } }",
		"{ crypt: { size: 1G, passphrase: s3cr3ts3cr3t, passphrase: s3cr3ts3cr3t } }",
		"{ crypt: s3cr3ts3cr3t }",
		"{ crypt: [ s3cr3ts3cr3t ] }",
		"{ crypt: { passphrase: s3cr3ts3cr3t, on: nowhere } }",
		"{ swap: { passphrase: s3cr3ts3cr3t, size: 1G } }",
	};
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		AUTO_ARENA a = ARENA_INIT;
		AUTO_STR seen = STR_INIT;
		const char *lab = load("tests/sites/lab.yaml", &a);

		parse_text(changed(lab, "[ { esp: 512M }", arena_printf(&a, "[ { esp: 512M }, %s", forms[i]), &a), &a, &seen);
		if (!ok(seen.len && !strstr(str_text(&seen), "s3cr3t"), "refuses, and does not show: %s", forms[i]))
			tap_note_text("seen: ", str_text(&seen));
	}
}

static void test_secrets_written(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR seen = STR_INIT;
	const struct site *s = parse_text(load("tests/sites/example-lvm-luks.yaml", &a), &a, &seen);

	is_str(s->profiles[0].layout[5].passphrase, "correct horse battery staple", "a passphrase is read");
	field_to_json(&site_schema, s, false, true, &seen);
	ok(strstr(str_text(&seen), "\"passphrase\": \"***\"") && !strstr(str_text(&seen), "staple"),
	   "and not written to who does not ask for secrets");
}

static void test_addresses(void)
{
	static const char *const bad[] = { "", "1", "1.2.3", "1.2.3.", "1.2.3.4.", ".1.2.3", "1.2.3.256", "1.2.3.04",
					   "1.2.3.4 ", " 1.2.3.4", "1..2.3", "1.2.3.+4", "0x1.2.3.4", "1.2.3.99999999999" };
	AUTO_ARENA a = ARENA_INIT;
	uint32_t v = 7;

	ok(!ipv4_parse("255.255.255.255", &v) && v == 0xffffffff && !ipv4_parse("0.0.0.0", &v) && v == 0,
	   "the first and the last address are read");
	is_str(ipv4_text(0xc0a87c0a, &a), "192.168.124.10", "an address is written");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ok(ipv4_parse(bad[i], &v) == -1, "\"%s\" is no address", bad[i]);
}

static void test_ssh_keys(void)
{
	static const char good[] = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID1idgiaeJPvr6Nl/Twxy+gVcVF8aSWxhkJFHU8jh58L";
	AUTO_ARENA a = ARENA_INIT;
	const char *hint, *why;
	bool every = true;

	ok(!ssh_key_why_not(good, &a, &hint) && !hint, "a key needs no comment");
	for (size_t n = 0; n < sizeof(good) - 1; n++)
		every = every && ssh_key_why_not(arena_strndup(&a, good, n), &a, &hint);
	ok(every, "a key that is cut anywhere is refused");
	ok(ssh_key_why_not("ssh-ed25519  AAAAC3NzaC1lZDI1NTE5AAAAID1idgiaeJPvr6Nl/Twxy+gVcVF8aSWxhkJFHU8jh58L", &a, &hint) != NULL,
	   "two spaces are not one");
	why = ssh_key_why_not("-----BEGIN RSA PRIVATE KEY-----MIIEsecret", &a, &hint);
	ok(why && !strstr(why, "secret") && !strstr(hint, "secret"), "a private key is not shown");
}

static void test_schema_covers_full_example(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR ref = STR_INIT;
	const char *full = load("tests/sites/full.yaml", &a);
	size_t missing = 0;

	field_reference(&site_schema, &ref);
	for (const char *row = str_text(&ref); (row = strstr(row, "\n| `")); row++) {
		const char *key = row + 4;
		int n = (int)strcspn(key, "`");

		if (!strstr(full, arena_printf(&a, "%.*s:", n, key))) {
			printf("# %.*s is not in full.yaml\n", n, key);
			missing++;
		}
	}
	ok(!missing && ref.len > 2000, "the full example has every key that the reference lists");
	ok(tree_get(tree_get(field_json_schema(&site_schema, &a), "properties"), "networks") != NULL, "the site has a JSON Schema");
}

static void test_cost(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	AUTO_STR seen = STR_INIT;
	uint64_t begin = clock_mono_ms();

	str_add(&text, load("tests/sites/lab.yaml", &a));
	str_add(&text, "x:\n");
	for (unsigned int i = 0; i < 9000; i++)
		str_addf(&text, " k%u: 1\n", i);
	parse_text(str_text(&text), &a, &seen);
	str_clear(&text);
	str_add(&text, load("tests/sites/minimal.yaml", &a));
	str_add(&text, "rules:\n");
	for (unsigned int i = 0; i < 2500; i++)
		str_addf(&text, " - { when: { cpus: %u }, bind: {} }\n", i + 1);
	parse_text(str_text(&text), &a, &seen);
	ok(strstr(str_text(&seen), "more findings are not shown") != NULL, "thousands of findings are cut");
	ok(clock_mono_ms() - begin < 10000, "large files take less than 10 s, also with sanitizers");
}

int main(void)
{
	test_good_files();
	test_values();
	test_bad_files();
	test_changes();
	test_secrets();
	test_secrets_written();
	test_addresses();
	test_ssh_keys();
	test_schema_covers_full_example();
	test_cost();
	return tap_end();
}
