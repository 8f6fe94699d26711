/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The site file's field tables: the only place that knows its keys. What one value alone can show
 * is refused here; what takes two values to see is refused in site_check.c.
 */
#include "model/site.h"

#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "data/json.h"
#include "data/yaml.h"

const char *const fs_names[] = { "", "ext4", "xfs", "vfat", "swap", "none", NULL };

static const char *const pick_names[] = { "", "smallest", "largest", "first-by-path", NULL };
const char *const part_role_names[] = { "", "bios", "esp", "boot", "root", "swap", "data", "part", "raid", "crypt", "group", "pool", NULL };
_Static_assert(ARRAY_LEN(part_role_names) == PART__N + 1, "a name for every role");
static const char *const reimage_names[] = { "differential", "full", NULL };
static const char *const approve_names[] = { "hold", "auto", NULL };

enum {
	LINE = FIELD_NONZERO | FIELD_LINE, /* text that says something, on one line */
};

/* --- conditions on sizes */

static int size_text(const char *text, size_t n, uint64_t *ret)
{
	char buf[32];

	while (n && *text == ' ') {
		text++;
		n--;
	}
	while (n && text[n - 1] == ' ')
		n--;
	if (n >= sizeof(buf))
		return -1;
	memcpy(buf, text, n);
	buf[n] = '\0';
	return size_parse(buf, ret);
}

static int cond_parse(const char *text, struct size_cond *c, const char **ret_why)
{
	const char *dots = strstr(text, "..");
	size_t n = strlen(text);
	uint64_t v;

	c->min = 0;
	c->max = UINT64_MAX;
	if (dots) {
		if (size_text(text, (size_t)(dots - text), &c->min) || size_text(dots + 2, strlen(dots + 2), &c->max))
			return -1;
		if (c->min <= c->max)
			return 0;
		*ret_why = "the first size is larger than the second";
		return -1;
	}
	if (str_starts(text, ">=") && !size_text(text + 2, n - 2, &v)) {
		c->min = v;
		return 0;
	}
	if (str_starts(text, "<=") && !size_text(text + 2, n - 2, &v)) {
		c->max = v;
		return 0;
	}
	if (text[0] == '=' && !size_text(text + 1, n - 1, &v)) {
		c->min = c->max = v;
		return 0;
	}
	if (!size_parse(text, &v))
		*ret_why = "does not say whether at least, at most or exactly that";
	return -1;
}

static int cond_read(const char *text, void *member, struct arena *a, const char **ret_why)
{
	struct size_cond c = { .set = true };

	if (cond_parse(text, &c, ret_why))
		return -1;
	c.text = arena_strdup(a, text);
	*(struct size_cond *)member = c;
	return 0;
}

static const char *cond_write(const void *member, struct arena *a)
{
	const struct size_cond *c = member;

	(void)a;
	return c->set ? c->text : NULL;
}

static const struct field_codec cond_codec = {
	.what = "a condition on a size: \">= 20G\", \"<= 2T\", \"= 512M\" or 20G..100G",
	.pattern = "^(>=|<=|=) *[0-9][0-9.]* ?[A-Za-z]*$|^[0-9][0-9.]* ?[A-Za-z]* *\\.\\. *[0-9][0-9.]* ?[A-Za-z]*$",
	.read = cond_read,
	.write = cond_write,
};

/* --- sizes of partitions */

/* "25%" */
static int percent_parse(const char *text, uint64_t *ret, const char **ret_why)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t v = 0;

	if (!digits || strcmp(text + digits, "%") || text[0] == '0') {
		*ret_why = "a part is a whole number, such as 25%";
		return -1;
	}
	for (size_t i = 0; i < digits && v <= 100; i++)
		v = v * 10 + (uint64_t)(text[i] - '0');
	if (v > 100) {
		*ret_why = "is more than the whole";
		return -1;
	}
	*ret = v;
	return 0;
}

static int part_size_read(const char *text, void *member, struct arena *a, const char **ret_why)
{
	struct part_size s = { .rest = !strcmp(text, "rest") };

	(void)a;
	if (!s.rest && str_ends(text, "%")) {
		if (percent_parse(text, &s.percent, ret_why))
			return -1;
	} else if (!s.rest) {
		if (size_parse(text, &s.bytes))
			return -1;
		if (s.bytes < 1024 * 1024) {
			*ret_why = "nothing is smaller than 1M";
			return -1;
		}
	}
	*(struct part_size *)member = s;
	return 0;
}

static const char *part_size_write(const void *member, struct arena *a)
{
	const struct part_size *s = member;

	if (s->rest)
		return "rest";
	if (s->percent)
		return arena_printf(a, "%llu%%", (unsigned long long)s->percent);
	if (!s->bytes)
		return NULL;
	return s->bytes % (1 << 20) ? arena_printf(a, "%llu", (unsigned long long)s->bytes) :
				      arena_printf(a, "%lluM", (unsigned long long)(s->bytes >> 20));
}

static const struct field_codec part_size_codec = {
	.what = "a size, such as 512M, a part, such as 25%, or rest",
	.pattern = "^rest$|^(100|[1-9][0-9]?)%$|^[0-9]+(\\.[0-9]{1,3})? ?[KMGTPkmgtp]?(iB|B)?$",
	.read = part_size_read,
	.write = part_size_write,
};

/* --- texts with few forms; the member is a const char * */

static const char *text_write(const void *member, struct arena *a)
{
	const char *text;

	(void)a;
	memcpy(&text, member, sizeof(text));
	return text;
}

/* One of WORDS, kept as it is. */
static int word_read(const char *text, void *member, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(*words, text)) {
			memcpy(member, words, sizeof(*words));
			return 0;
		}
	return -1;
}

static int firmware_read(const char *text, void *member, struct arena *a, const char **ret_why)
{
	static const char *const words[] = { "uefi", "bios", NULL };

	(void)a;
	(void)ret_why;
	return word_read(text, member, words);
}

static const struct field_codec firmware_codec = {
	.what = "uefi or bios", .pattern = "^(uefi|bios)$", .read = firmware_read, .write = text_write
};

/* A GUID, kept in lower case. */
static int guid_read(const char *text, void *member, struct arena *a, const char **ret_why)
{
	static const char form[] = "00000000-0000-0000-0000-000000000000";
	char *guid = arena_strdup(a, text);

	(void)ret_why;
	if (strlen(text) != strlen(form))
		return -1;
	for (size_t i = 0; i < strlen(form); i++) {
		if (guid[i] >= 'A' && guid[i] <= 'F')
			guid[i] = (char)(guid[i] - 'A' + 'a');
		if (form[i] == '-' ? guid[i] != '-' : !strchr("0123456789abcdef", guid[i]))
			return -1;
	}
	memcpy(member, &guid, sizeof(guid));
	return 0;
}

static const struct field_codec guid_codec = {
	.what = "a GUID, such as 0fc63daf-8483-4772-8e79-3d69d8477de4",
	.pattern = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
	.read = guid_read,
	.write = text_write,
};

/* --- the tables */

static const struct field disk_selector_fields[] = {
	FIELD_STRING(struct disk_selector, serial, LINE, "serial number; * and ? match as in file names"),
	FIELD_STRING(struct disk_selector, wwn, LINE, "world-wide name, EUI-64 or NGUID"),
	FIELD_STRING(struct disk_selector, model, LINE, "model; wildcards match"),
	FIELD_STRING(struct disk_selector, vendor, LINE, "vendor; wildcards match"),
	FIELD_STRING(struct disk_selector, path, LINE, "where it is attached, as observed; wildcards match"),
	FIELD_STRING(struct disk_selector, pci, LINE, "PCI address of its controller, such as 0000:00:04.0"),
	FIELD_ENUM(struct disk_selector, bus, FIELD_NONZERO, disk_bus_names, "how it is attached"),
	{ .name = "rotational",
	  .type = FIELD_T_BOOL,
	  .offset = FIELD_CHECK(struct disk_selector, rotational, bool),
	  .present_offset = FIELD_CHECK(struct disk_selector, rotational_set, bool),
	  .doc = "whether it spins" },
	FIELD_CUSTOM(struct disk_selector, size, 0, &cond_codec, "its size"),
	FIELD_U64(struct disk_selector, sector, FIELD_NONZERO, "logical sector in bytes: 512 or 4096"),
	{ .name = "blank",
	  .type = FIELD_T_BOOL,
	  .offset = FIELD_CHECK(struct disk_selector, blank, bool),
	  .present_offset = FIELD_CHECK(struct disk_selector, blank_set, bool),
	  .doc = "whether nothing at all is on it" },
	FIELD_ENUM(struct disk_selector, pick, FIELD_NONZERO, pick_names, "which to take when more match than are wanted"),
	FIELD_U64(struct disk_selector, count, FIELD_NONZERO, "how many disks make the set; one, if nothing is said"),
};
static const struct schema disk_selector_schema = {
	.name = "disk_selector",
	.size = sizeof(struct disk_selector),
	.fields = disk_selector_fields,
	.nfields = ARRAY_LEN(disk_selector_fields),
	.pos_offset = offsetof(struct disk_selector, pos),
	.doc = "Says which disk, or which set of them: all that is given must hold, and exactly `count` disks must match, or `pick` says which are taken. "
	       "A tie is refused, as is a disk that is in use, read-only, the boot medium or the copy of another. "
	       "`fulcrum-install explain` shows what is taken on a machine, and why the others are not.",
};

/* What a line of the layout may say, by what it makes. */
enum {
	OF_ROOT = FIELD_OF(PART_ROOT) | FIELD_OF(PART_SWAP) | FIELD_OF(PART_DATA),
	OF_FS = FIELD_OF(PART_ESP) | FIELD_OF(PART_BOOT) | OF_ROOT,
	OF_CARRIER = FIELD_OF(PART_PART) | FIELD_OF(PART_RAID) | FIELD_OF(PART_CRYPT) | FIELD_OF(PART_GROUP),
	OF_TYPED = FIELD_OF(PART_BOOT) | OF_ROOT | OF_CARRIER,
	OF_KEPT = FIELD_OF(PART_DATA) | OF_CARRIER | FIELD_OF(PART_POOL),
};

static const struct field layout_fields[] = {
	FIELD_ENUM(struct layout_item, role, FIELD_REQUIRED, part_role_names, "what the line makes"),
	FIELD_STRING(struct layout_item, name, LINE,
		     "its name, on the machine too (/dev/md/NAME, /dev/mapper/NAME, a volume group's or volume's), and after fulcrum- "
		     "its partition's; without one, what the line makes is its name"),
	FIELD_STRINGS(struct layout_item, on, FIELD_ONE | LINE,
		      "what it stands on: a role of `disks` (then it is a partition, one on every disk of a set), or the name of a "
		      "part, raid, crypt, group or pool; `system`, if nothing is said; several for raid and group"),
	FIELD_CUSTOM(struct layout_item, size, 0, &part_size_codec,
		     "its size, a part of the disk or volume group, or a share of what the others leave; usual are bios 1M, "
		     "esp 512M, boot 1G, swap 1G, else the rest; of a raid, crypt or group on disks it is that of each member"),
	{ .name = "min", .type = FIELD_T_SIZE, .flags = FIELD_NONZERO,
	  .offset = FIELD_CHECK(struct layout_item, min_bytes, uint64_t),
	  .doc = "the least that a part or the rest must come to" },
	{ .name = "max", .type = FIELD_T_SIZE, .flags = FIELD_NONZERO,
	  .offset = FIELD_CHECK(struct layout_item, max_bytes, uint64_t),
	  .doc = "the most that a part or the rest may come to" },
	FIELD_ENUM(struct layout_item, fs, FIELD_NONZERO | OF_FS, fs_names,
		   "its file system: data may be ext4, which is usual, or xfs; the others have only their usual one"),
	FIELD_STRING(struct layout_item, mount, LINE | FIELD_OF(PART_DATA), "where it is mounted"),
	FIELD_CUSTOM(struct layout_item, type, OF_TYPED, &guid_codec, "type of its partitions, if not the usual one"),
	{ .name = "level", .type = FIELD_T_U64, .flags = FIELD_OF(PART_RAID),
	  .offset = FIELD_CHECK(struct layout_item, level, uint64_t),
	  .present_offset = FIELD_CHECK(struct layout_item, level_set, bool),
	  .doc = "0 or 1 of two or more members, 5 of three, 6 of four, 10 of two" },
	FIELD_U64(struct layout_item, stripes, FIELD_NONZERO | OF_ROOT | FIELD_OF(PART_POOL),
		  "a volume of a group: over how many of its members it is striped"),
	FIELD_STRING(struct layout_item, passphrase, FIELD_SECRET | LINE | FIELD_OF(PART_CRYPT),
		     "what opens it, at least 8 characters; asked for at boot if root stands on it"),
	FIELD_STRING(struct layout_item, key_file, LINE | FIELD_OF(PART_CRYPT),
		     "what opens it instead: the name of a file beside this one, of at most 8 KiB"),
	FIELD_BOOL(struct layout_item, preserve, FIELD_OMIT_EMPTY | OF_KEPT,
		   "if it is there already, it is kept with its content; if not, it is made"),
};
static const struct schema layout_schema = {
	.name = "layout",
	.size = sizeof(struct layout_item),
	.fields = layout_fields,
	.nfields = ARRAY_LEN(layout_fields),
	.pos_offset = offsetof(struct layout_item, pos),
	.short_for = "size",
	.long_for = FIELD_OF(PART_RAID) | FIELD_OF(PART_CRYPT) | FIELD_OF(PART_POOL),
	.doc = "One thing to make, and what it stands on. Partitions come in the order of the lines; the order of work follows "
	       "from what stands on what. `esp` and `root` are needed.",
};

static const struct field profile_fields[] = {
	FIELD_STRING(struct profile, image, FIELD_REQUIRED | LINE, "image to deploy, such as debian-13"),
	FIELD_MAP(struct profile, disks, FIELD_REQUIRED, &disk_selector_schema, "which disks it takes, by role; `system` is needed"),
	FIELD_STRUCTS(struct profile, layout, FIELD_REQUIRED, &layout_schema, "what is made on them"),
	FIELD_ENUM(struct profile, reimage, 0, reimage_names,
		   "how a node that carries a version of the image gets another: by what differs, or the whole"),
	FIELD_STRINGS(struct profile, packages, LINE, "packages to add from the site's mirror"),
	FIELD_STRINGS(struct profile, wipe, LINE, "serials of disks whose content may be destroyed"),
	FIELD_STRINGS(struct profile, networks, FIELD_ONE | FIELD_OMIT_EMPTY | LINE,
		      "networks that its nodes are on, with an address from the `hosts` of each; `admin`, if nothing is said"),
	FIELD_MAP(struct profile, links, FIELD_OMIT_EMPTY, &link_schema,
		  "its nodes' own ports, by link, or by the network whose port it is, where the site's do not fit them"),
};
static const struct schema profile_schema = {
	.name = "profile",
	.size = sizeof(struct profile),
	.fields = profile_fields,
	.nfields = ARRAY_LEN(profile_fields),
	.pos_offset = offsetof(struct profile, pos),
	.doc = "What a node becomes.",
};

static const struct field when_fields[] = {
	FIELD_CUSTOM(struct rule_when, memory, 0, &cond_codec, "memory"),
	FIELD_STRING(struct rule_when, vendor, LINE, "system vendor, as the firmware says it; wildcards match"),
	FIELD_STRING(struct rule_when, product, LINE, "product name; wildcards match"),
	FIELD_STRING(struct rule_when, serial, LINE, "serial number of the machine; wildcards match"),
	FIELD_CUSTOM(struct rule_when, mac, 0, &mac_codec, "address of one of its ports"),
	FIELD_CUSTOM(struct rule_when, firmware, 0, &firmware_codec, "how it boots"),
	FIELD_U64(struct rule_when, cpus, FIELD_NONZERO, "processors, at least"),
	FIELD_U64(struct rule_when, disks, FIELD_NONZERO, "disks, at least"),
	FIELD_U64(struct rule_when, ports, FIELD_NONZERO, "network ports, at least"),
	FIELD_STRING(struct rule_when, neighbour, LINE, "name of the switch at one of its ports, as that says it by LLDP; wildcards match"),
};
static const struct schema when_schema =
	SCHEMA("when", struct rule_when, when_fields, "Says which machines: all that is given must hold; {} is every machine.");

static const struct field bind_fields[] = {
	FIELD_STRING(struct rule_bind, profile, FIELD_REQUIRED | LINE, "name of the profile they get"),
	FIELD_STRING(struct rule_bind, name, FIELD_REQUIRED | LINE, "their names; {seq} counts from 1"),
	FIELD_CUSTOM(struct rule_bind, addresses, 0, &range_codec, "part of the admin network's `hosts` that their addresses come from"),
	FIELD_STRINGS(struct rule_bind, roles, LINE, "labels of what they are for: `fulcrum deploy --role NAME`"),
};
static const struct schema bind_schema =
	SCHEMA("bind", struct rule_bind, bind_fields, "What becomes of such a machine.");

static const struct field rule_fields[] = {
	FIELD_STRUCT(struct rule, when, FIELD_REQUIRED, &when_schema, "which machines"),
	FIELD_STRUCT(struct rule, bind, FIELD_REQUIRED, &bind_schema, "what becomes of them"),
};
const struct schema rule_schema = {
	.name = "rule",
	.size = sizeof(struct rule),
	.fields = rule_fields,
	.nfields = ARRAY_LEN(rule_fields),
	.pos_offset = offsetof(struct rule, pos),
	.doc = "The first rule that holds for a machine binds it.",
};

static const struct field access_fields[] = {
	FIELD_STRINGS(struct site_access, ssh_keys, FIELD_REQUIRED | LINE, "public keys that may log in as root"),
};
static const struct schema access_schema =
	SCHEMA("access", struct site_access, access_fields, "Who may log in. There are no passwords.");

static const struct field admin_fields[] = {
	FIELD_STRING(struct site_admin, name, FIELD_REQUIRED | LINE, "the admin node's full name, such as admin.lab.example"),
	FIELD_STRUCT(struct site_admin, disk, FIELD_REQUIRED, &disk_selector_schema, "the disk it is installed on"),
	FIELD_STRINGS(struct site_admin, wipe, LINE, "serials of disks whose content may be destroyed"),
	FIELD_BOOL(struct site_admin, unattended, FIELD_OMIT_EMPTY, "consents to an install without a question"),
	FIELD_STRUCT(struct site_admin, access, FIELD_REQUIRED, &access_schema, "who may log in, there and on every node"),
};
static const struct schema admin_schema =
	SCHEMA("admin", struct site_admin, admin_fields, "The admin node.");

static const struct field policy_fields[] = {
	FIELD_ENUM(struct site_policy, approve, 0, approve_names, "first deploys of blank machines wait for a person, or not"),
	FIELD_U64(struct site_policy, at_once, FIELD_NONZERO, "so many nodes are written at the same time, others wait; without it all that may be"),
};
static const struct schema policy_schema =
	SCHEMA("policy", struct site_policy, policy_fields, "What may happen without being asked.");

static const struct field preflight_fields[] = {
	FIELD_STRINGS(struct site_preflight, ignore, LINE,
		      "what is no reason to stop: link (the admin port has none), duplicate-address (another machine has the admin "
		      "node's), foreign-dhcp (another DHCP server answers there), mtu (a port takes less than its networks need)"),
};
static const struct schema preflight_schema =
	SCHEMA("preflight", struct site_preflight, preflight_fields, "What is looked at before anything is written.");

static const struct field installer_fields[] = {
	FIELD_BOOL(struct site_installer, ssh, FIELD_OMIT_EMPTY,
		   "admin.access.ssh_keys may log in while it runs, and watch; without it nothing listens"),
};
static const struct schema installer_schema =
	SCHEMA("installer", struct site_installer, installer_fields, "The installer, while it runs.");

static const struct field report_fields[] = {
	FIELD_STRING(struct site_report, url, LINE, "where the installer posts its progress, as JSON lines: http://HOST[:PORT]/PATH, or https://"),
	FIELD_STRING(struct site_report, pin, LINE, "https: what its server is known by: the hash of its public key, sha256//BASE64"),
};
static const struct schema report_schema =
	SCHEMA("report", struct site_report, report_fields, "Who is told of the progress of an install.");

static const struct field site_fields[] = {
	FIELD_U64(struct site, fulcrum, FIELD_REQUIRED, "format of this file: 1"),
	FIELD_STRING(struct site, site, FIELD_REQUIRED | LINE, "name of the site"),
	FIELD_STRUCT(struct site, admin, FIELD_REQUIRED, &admin_schema, "the admin node"),
	FIELD_MAP(struct site, links, FIELD_OMIT_EMPTY, &link_schema, "ports and bonds that networks are on"),
	FIELD_MAP(struct site, networks, FIELD_REQUIRED, &network_schema, "networks of the site; the admin node is on each of them"),
	FIELD_MAP(struct site, profiles, FIELD_OMIT_EMPTY, &profile_schema, "what nodes can become"),
	FIELD_STRUCTS(struct site, rules, FIELD_OMIT_EMPTY, &rule_schema, "which machine becomes what"),
	FIELD_STRUCT(struct site, policy, 0, &policy_schema, "what may happen without being asked"),
	FIELD_STRUCT(struct site, tests, FIELD_OMIT_EMPTY, &hwtest_limits_schema, "how long hardware tests run, and what must come of them"),
	FIELD_STRUCT(struct site, preflight, 0, &preflight_schema, "what is looked at before anything is written"),
	FIELD_STRUCT(struct site, installer, 0, &installer_schema, "the installer, while it runs"),
	FIELD_STRUCT(struct site, report, 0, &report_schema, "who is told of the progress of an install"),
	FIELD_BOOL(struct site, bench, FIELD_OMIT_EMPTY, "agents also time a plain HTTP-to-disk stream"),
};
const struct schema site_schema =
	SCHEMA("site", struct site, site_fields, "The site file: all that is declared of a site.");

/* --- the whole */

/* A file of another format is only told so: its other keys would all seem wrong. */
static bool format_is_known(const struct tree *t, struct findings *f)
{
	const struct tree *v = tree_get(t, "fulcrum");

	if (!v || v->kind != TREE_STRING || v->quoted || !v->text[0] || !strcmp(v->text, "1") ||
	    strspn(v->text, "0123456789") != strlen(v->text))
		return true;
	finding_add(f, v->pos, "fulcrum", "this release reads format 1", "format %s is not known",
		    text_quoted(v->text, f->arena));
	return false;
}

struct site *site_parse(const char *file, const char *data, size_t len, struct arena *a,
			struct findings *f)
{
	struct site *s = ARENA_NEW(a, struct site);
	struct tree *t = yaml_parse(file, data, len, a, f);

	if (!t || !format_is_known(t, f))
		return s;
	field_read(&site_schema, t, s, a, "", f);
	site_check(s, t, f);
	return s;
}

const struct network *site_network(const struct site *s, const char *name)
{
	for (size_t i = 0; i < s->n_networks; i++)
		if (str_eq(s->networks[i].name, name))
			return &s->networks[i];
	return NULL;
}

const struct profile *site_profile(const struct site *s, const char *name)
{
	for (size_t i = 0; i < s->n_profiles; i++)
		if (str_eq(s->profiles[i].name, name))
			return &s->profiles[i];
	return NULL;
}

void site_networks_hash(const struct site *s, char ret_hex[HASH_HEX])
{
	AUTO_ARENA a = ARENA_INIT;
	const struct tree *all = field_write(&site_schema, s, false, &a), *v;
	struct tree *t = tree_new(&a, TREE_MAP);
	static const char *const keys[] = { "links", "networks" };
	AUTO_STR text = STR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		v = tree_get(all, keys[i]);
		if (v)
			tree_add(&a, t, keys[i], (struct tree *)(uintptr_t)v);
	}
	json_write(t, false, &text);
	hash_buffer(str_text(&text), text.len, ret_hex);
}
