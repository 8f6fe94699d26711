/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bundles: what a site file keeps to itself, in all the ways it can be written; that no file of a bundle holds it;
 * which volumes are taken, and which never; and what happens when one does not take it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/tar.h"
#include "data/json.h"
#include "engine/bundle.h"
#include "model/site_secrets.h"
#include "tap.h"

static struct error err;

/* --- redaction */

static const char good_site[] =
	"fulcrum: 1\nsite: lab # the old one was sesame-open-42\n"
	"profiles:\n  vault:\n    disks: { system: { size: \">= 20G\" } }\n    layout:\n"
	"      - crypt: { name: safe, on: slot, passphrase: sesame-open-42 }\n"
	"      - crypt:\n          name: second\n          passphrase: \"two \\\"words\\\"\"\n"
	"      - crypt:\n          pasphrase: misspelt-one\n"
	"      - crypt: { passphrase:glued-to-its-key }\n"
	"    packages: [ passphrase:sesame-in-a-list, nginx ]\n"
	"sites: sesame-open-42\n";

static void hidden(const char *text, const char *what, const char *secret)
{
	ok(!strstr(text, secret), "%s: \"%s\" is not in it", what, secret);
}

static void test_redact(void)
{
	static const char *const all[] = { "sesame-open-42", "two \"words\"", "two \\\"words\\\"", "misspelt-one", "glued-to-its-key",
					   "sesame-in-a-list" };
	AUTO_ARENA a = ARENA_INIT;
	struct secrets s = { .n = 0 };
	AUTO_STR out = STR_INIT;
	AUTO_STR other = STR_INIT;

	site_redact("site.yaml", good_site, strlen(good_site), &a, &out, &s);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		hidden(str_text(&out), "redacted", all[i]);
	ok(json_parse("site.json", str_text(&out), out.len, &a, &err), "it is JSON: %s", err.msg);
	ok(strstr(str_text(&out), "\"name\": \"safe\"") && strstr(str_text(&out), "nginx") &&
		   strstr(str_text(&out), "\"passphrase\": \"***\"") && strstr(str_text(&out), "\"passphrase:***\""),
	   "what is no secret is there");
	str_add(&other, "kernel: sesame-open-42 {\"x\":\"two \\\"words\\\"\"} misspelt-one, two \"words\" sesame-open-42");
	secrets_scrub(&s, &other);
	is_str(str_text(&other), "kernel: *** {\"x\":\"***\"} ***, *** ***", "other texts lose them, too, also as JSON");
}

static void test_redact_no_yaml(void)
{
	static const char bad[] = "site: [ lab\n      - crypt: { passphrase: \"sesame-open-42\", name: x\n\tpassphrase:   bare-one   # so\n";
	AUTO_ARENA a = ARENA_INIT;
	struct secrets s = { .n = 0 };
	AUTO_STR out = STR_INIT;
	AUTO_STR other = STR_INIT;

	site_redact("site.yaml", bad, strlen(bad), &a, &out, &s);
	ok(str_starts(str_text(&out), "left out: ") && !strchr(str_text(&out), '{'), "of a file that is no YAML nothing is shown");
	str_add(&other, "said sesame-open-42 and bare-one");
	secrets_scrub(&s, &other);
	is_str(str_text(&other), "said *** and ***", "and what looks like its secrets is taken out elsewhere");
}

/* --- a world of files, one volume */

static struct {
	const char *fail_mount, *mounted, *mount_type;
	unsigned long mount_flags;
	bool full;
	int mounts;
	char path[200];
	struct str saved;
} w;

static int w_read_file(struct sys *s UNUSED, const char *path, size_t max UNUSED, struct str *ret, struct error *e)
{
	if (!strcmp(path, "/proc/mdstat"))
		return error_set(e, ERR_IO, "%s: not there", path);
	str_addf(ret, "%s says sesame-open-42 and \"two \\\"words\\\"\"\n", path);
	return 0;
}

static int w_exec(struct sys *s UNUSED, const struct sys_exec *x, struct error *e UNUSED)
{
	str_addf(x->output, "%s says sesame-open-42\n", x->argv[0]);
	return 0;
}

static int w_make_dirs(struct sys *s UNUSED, const char *path UNUSED, mode_t mode UNUSED, struct error *e UNUSED)
{
	return 0;
}

static int w_mount(struct sys *s UNUSED, const char *source, const char *target UNUSED, const char *type, unsigned long flags,
		   const char *options UNUSED, struct error *e)
{
	if (w.fail_mount && str_starts(source, w.fail_mount))
		return error_set(e, ERR_IO, "mount %s: Read-only file system", source);
	w.mounts++;
	w.mounted = source;
	w.mount_type = type;
	w.mount_flags = flags;
	return 0;
}

static int w_umount(struct sys *s UNUSED, const char *target UNUSED, struct error *e UNUSED)
{
	w.mounts--;
	return 0;
}

static int w_write_file(struct sys *s UNUSED, const char *path, const void *data, size_t len, mode_t mode UNUSED, struct error *e)
{
	if (w.full)
		return error_set(e, ERR_IO, "%s: No space left on device", path);
	snprintf(w.path, sizeof(w.path), "%s", path);
	str_clear(&w.saved);
	str_addn(&w.saved, data, len);
	return 0;
}

static const struct sys_ops ops = { .read_file = w_read_file, .exec = w_exec, .make_dirs = w_make_dirs, .mount = w_mount,
				    .umount = w_umount, .write_file = w_write_file };
static struct sys sys = { .ops = &ops };

/* --- what is in a bundle */

/* The content of a file of a tar, in A, or NULL: a reader of its own, so that the writer is not its own judge. */
static char *tar_file(const struct str *tar, const char *end_of_name, struct arena *a)
{
	for (size_t at = 0; at + 512 <= tar->len && tar->s[at];) {
		const char *h = tar->s + at;
		unsigned long size = strtoul(h + 124, NULL, 8), sum = strtoul(h + 148, NULL, 8), seen = 0;

		for (size_t i = 0; i < 512; i++)
			seen += i >= 148 && i < 156 ? ' ' : (unsigned char)h[i];
		if (seen != sum || memcmp(h + 257, "ustar\00000", 8) != 0 || h[156] != '0')
			return NULL;
		if (str_ends(h, end_of_name))
			return arena_strndup(a, h + 512, size);
		at += 512 + (size + 511) / 512 * 512;
	}
	return NULL;
}

static struct plan_disk planned = { .role = "system", .name = "vda", .path = "/dev/vda", .serial = "SYS-1", .size_bytes = 1 << 30,
				    .sector_bytes = 512, .state = "0", .consent = "blank", .why = "sesame-open-42" };
static struct plan plan = { .plan = PLAN_VERSION, .kind = "node", .subject = "x", .goal = "g", .seed = "s", .disks = &planned,
			    .n_disks = 1 };
static struct machine machine = { .machine = MACHINE_VERSION, .firmware = "uefi" };

static struct bundle whole(void)
{
	static struct error cause = { .kind = ERR_IO, .msg = "image:root: sesame-open-42", .hint = "look at it" };

	return (struct bundle){ .machine = &machine, .plan = &plan, .site_text = good_site, .error = &cause, .journal = "/journal",
				.progress = "/progress", .now_s = 1795538460 };
}

static void test_content(void)
{
	static const char *const names[] = { "README", "site.json", "error.txt", "plan.txt", "plan.json", "machine.json", "journal",
					     "progress.jsonl", "dmesg", "cmdline", "partitions", "meminfo" };
	AUTO_ARENA a = ARENA_INIT;
	struct bundle b = whole();
	AUTO_STR tar = STR_INIT;
	bool there = true;

	is_str(bundle_name(&b, &a), "fulcrum-bundle-20261124-164100", "the name says when");
	bundle_make(&sys, &b, &tar);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		there &= tar_file(&tar, arena_printf(&a, "fulcrum-bundle-20261124-164100/%s", names[i]), &a) != NULL;
	ok(there, "all files are there, with good headers");
	ok(tar.len % 512 == 0 && !tar.s[tar.len - 1024] && !memcmp(tar.s + tar.len - 1024, tar.s + tar.len - 512, 512),
	   "it ends with two empty blocks");
	for (size_t i = 0; i < tar.len; i++)
		tar.s[i] = tar.s[i] ? tar.s[i] : ' ';
	hidden(str_text(&tar), "the whole bundle", "sesame-open-42");
	hidden(str_text(&tar), "the whole bundle", "words");
	hidden(str_text(&tar), "the whole bundle", "misspelt-one");
	str_clear(&tar);
	bundle_make(&sys, &b, &tar);
	ok(strstr(tar_file(&tar, "/README", &a), "mdstat           left out: /proc/mdstat: not there"), "what is missing is told");
	is_str(tar_file(&tar, "/error.txt", &a), "image:root: ***\n\nwhat to do: look at it\nkind: io\n", "the error, with what to do");
	b = (struct bundle){ .journal = "/journal", .progress = "/progress" };
	str_clear(&tar);
	bundle_make(&sys, &b, &tar);
	ok(tar_file(&tar, "/README", &a) && !tar_file(&tar, "/plan.json", &a), "one that knows next to nothing can be made, too");
}

/* --- where it goes */

static struct signature sig(const char *type, const char *label)
{
	return (struct signature){ .type = type, .usage = "filesystem", .label = label };
}

static const char *targets_of(struct disk *d, size_t n, const struct plan *p, struct arena *a)
{
	struct machine m = { .disks = d, .n_disks = n };
	struct bundle_target *t = NULL;
	AUTO_STR text = STR_INIT;
	size_t k = bundle_targets(&m, p, a, &t);

	for (size_t i = 0; i < k; i++)
		str_addf(&text, "%s%s %s", i ? ", " : "", t[i].dev, t[i].type);
	return arena_strdup(a, str_text(&text));
}

static void test_targets(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct signature fat = sig("vfat", "STICK"), cfg = sig("vfat", "FULCRUM-CFG"), ext = sig("ext4", NULL), ntfs = sig("ntfs", NULL);
	struct signature two[] = { fat, ext };
	struct partition part = { .number = 1, .signatures = &fat, .n_signatures = 1 };
	struct disk stick = { .name = "sdb", .path = "/dev/sdb", .bus = BUS_USB, .partitions = &part, .n_partitions = 1 };
	/* As it is observed: in use, for nobody is to install on it. */
	struct disk volume = { .name = "vdb", .path = "/dev/vdb", .bus = BUS_VIRTIO, .signatures = &cfg, .n_signatures = 1,
			       .in_use = DISK_SITE_MEDIUM };
	struct disk inner = { .name = "sda", .path = "/dev/sda", .bus = BUS_SATA, .signatures = &ext, .n_signatures = 1 };
	struct disk pair[] = { stick, volume }, d;

	is_str(targets_of(pair, 2, NULL, &a), "/dev/vdb vfat, /dev/sdb1 vfat", "a volume with the label comes first, then sticks");
	is_str(targets_of(&inner, 1, NULL, &a), "", "an inner disk without the label is none");
	d = inner;
	d.removable = true;
	is_str(targets_of(&d, 1, NULL, &a), "/dev/sda ext4", "a removable one is");
	d = stick;
	d.in_use = "boot medium";
	is_str(targets_of(&d, 1, NULL, &a), "", "never the boot medium");
	d = volume;
	d.read_only = true;
	is_str(targets_of(&d, 1, NULL, &a), "", "nor what is read-only, also with the label");
	d = volume;
	d.name = "vda";
	is_str(targets_of(&d, 1, &plan, &a), "", "nor a disk of the plan, by its name");
	d = volume;
	d.serial = "SYS-1";
	is_str(targets_of(&d, 1, &plan, &a), "", "or by its serial");
	d = stick;
	part.signatures = &ntfs;
	is_str(targets_of(&d, 1, NULL, &a), "", "nor a file system that we do not write");
	part.signatures = two;
	part.n_signatures = 2;
	is_str(targets_of(&d, 1, NULL, &a), "", "nor what is two things at once");
}

static void test_save(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct signature fat = sig("vfat", NULL), cfg = sig("ext4", "FULCRUM-CFG");
	struct disk disks[] = { { .name = "vdb", .path = "/dev/vdb", .signatures = &cfg, .n_signatures = 1 },
				{ .name = "sdb", .path = "/dev/sdb", .bus = BUS_USB, .signatures = &fat, .n_signatures = 1 } };
	struct machine m = { .disks = disks, .n_disks = 2 };
	struct bundle b = { .machine = &m, .now_s = 1795538460 };
	const char *where = NULL;
	AUTO_STR tar = STR_INIT;

	str_add(&tar, "a tar");
	ok(!bundle_save(&sys, &b, &tar, "/mnt", &a, &where, &err) && !strcmp(w.mounted, "/dev/vdb") && !strcmp(w.mount_type, "ext4") &&
		   !w.mounts && !strcmp(w.path, "/mnt/fulcrum-bundle-20261124-164100.tar"),
	   "it is saved on the first volume, which is let go: %s", where);
	w.fail_mount = "/dev/vdb";
	ok(!bundle_save(&sys, &b, &tar, "/mnt", &a, &where, &err) && !strcmp(w.mounted, "/dev/sdb"), "what cannot be mounted is passed over: %s",
	   where);
	w.full = true;
	ok(bundle_save(&sys, &b, &tar, "/mnt", &a, &where, &err) && err.kind == ERR_IO && strstr(err.msg, "No space left") &&
		   strstr(err.msg, "Read-only") && !w.mounts,
	   "when none takes it, each says why: %s", err.msg);
	m.n_disks = 0;
	ok(bundle_save(&sys, &b, &tar, "/mnt", &a, &where, &err) && err.kind == ERR_NOT_FOUND && strstr(err.hint, "plug in a stick"),
	   "without any it is said what to plug in");
}

int main(void)
{
	test_redact();
	test_redact_no_yaml();
	test_content();
	test_targets();
	test_save();
	str_release(&w.saved);
	return tap_end();
}
