/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the site file comes from: the order of the places, what is told of each, and that a place which has one and
 * cannot give it stops the search. Over a back end of a few volumes, files and pages.
 */
#include <errno.h>
#include <string.h>

#include "base/cmdline.h"
#include "engine/site_find.h"
#include "engine/site_net.h"
#include "model/site_area.h"
#include "sys/sys_fake.h"
#include "tap.h"

struct file {
	const char *on, *path, *text; /* ON: a device, "medium", or a URL */
	size_t len;		      /* 0: strlen */
};

struct world {
	struct str log;
	const struct file *files;
	size_t n_files;
	const char *mounted;
	unsigned int fetches, fetch_fails; /* the first N fail */
	bool no_net;
};

static struct world w;

static const struct file *find_file(const char *on, const char *path)
{
	for (size_t i = 0; i < w.n_files; i++)
		if (str_eq(w.files[i].on, on) && (!path || str_eq(w.files[i].path, path)))
			return &w.files[i];
	return NULL;
}

static int w_mount(struct sys *s UNUSED, const char *source, const char *target UNUSED, const char *type, unsigned long flags UNUSED,
		   const char *options, struct error *err)
{
	str_addf(&w.log, "mount %s %s%s%s\n", source, type, options ? " " : "", options ? options : "");
	if (str_eq(type, "broken"))
		return error_set(err, ERR_IO, "mount %s: I/O error", source);
	w.mounted = source;
	return 0;
}

static int w_umount(struct sys *s UNUSED, const char *target UNUSED, struct error *err UNUSED)
{
	w.mounted = NULL;
	return 0;
}

static int w_make_dirs(struct sys *s UNUSED, const char *path UNUSED, mode_t mode UNUSED, struct error *err UNUSED)
{
	return 0;
}

static int w_read_file(struct sys *s UNUSED, const char *path, size_t max, struct str *ret, struct error *err)
{
	const struct file *f = str_starts(path, "/config") ? find_file(w.mounted, path + strlen("/config")) : find_file("medium", path);
	size_t len;

	if (!f)
		return error_sys(err, ENOENT, "%s", path);
	len = f->len ? f->len : strlen(f->text);
	if (len > max)
		return error_set(err, ERR_INPUT, "%s: too large", path);
	str_addn(ret, f->text, len);
	return 0;
}

static int w_fetch(struct sys *s UNUSED, const char *url, uint64_t offset UNUSED, uint64_t length UNUSED, sys_sink sink, void *ctx,
		   struct error *err)
{
	const struct file *f = find_file(url, NULL);

	str_addf(&w.log, "fetch %s\n", url);
	if (w.fetches++ < w.fetch_fails) {
		struct error ignored;

		/* half of it, then the line breaks */
		if (f && sink(ctx, "half", 4, &ignored))
			return -1;
		return error_set(err, ERR_NET, "%s: connection reset", url);
	}
	return f ? sink(ctx, f->text, strlen(f->text), err) : error_set(err, ERR_NOT_FOUND, "%s: HTTP status 404", url);
}

static int w_sleep(struct sys *s UNUSED, unsigned int ms UNUSED, struct error *err UNUSED)
{
	return 0;
}

static int w_net_up(struct sys *s UNUSED, const char *spec, const struct engine_sink *sink UNUSED, struct arena *a UNUSED,
		    struct error *err)
{
	str_addf(&w.log, "network %s\n", spec ? spec : "(nothing said)");
	return w.no_net ? error_set(err, ERR_NET, "no answer to DHCP") : 0;
}

static void w_net_down(struct sys *s UNUSED, struct arena *a UNUSED)
{
	str_add(&w.log, "network down\n");
}

static const struct sys_ops ops = {
	.mount = w_mount, .umount = w_umount, .make_dirs = w_make_dirs, .read_file = w_read_file, .fetch = w_fetch,
	.sleep_ms = w_sleep,
};

/* --- one search */

static struct arena arena;
static struct str text;
static struct site_found found;
static struct error err;

static int find(const struct machine *m, const char *cmdline, const struct file *files, size_t n)
{
	struct sys s = { .ops = &ops };
	struct machine none = { .machine = MACHINE_VERSION };
	struct site_search q = { .sys = &s, .machine = m ? m : &none, .cmdline = cmdline, .release = "/medium/fulcrum",
				 .mount_dir = "/config", .net_up = w_net_up, .net_down = w_net_down };

	str_clear(&w.log);
	str_clear(&text);
	w.files = files;
	w.n_files = n;
	w.fetches = 0;
	err = (struct error){ 0 };
	return site_find(&q, &arena, &text, &found, &err);
}

/* Disks sda, sdb with one volume each. */
static struct signature volumes[2];
static struct disk disks[2];
static struct machine two;

static void set_volume(size_t i, const char *type, const char *label)
{
	static const char *const names[] = { "sda", "sdb" }, *const paths[] = { "/dev/sda", "/dev/sdb" }, *const serials[] = { "SER-A", "SER-B" };

	volumes[i] = (struct signature){ .type = type, .usage = "filesystem", .label = label };
	disks[i] = (struct disk){ .name = names[i], .path = paths[i], .serial = serials[i], .signatures = &volumes[i], .n_signatures = 1 };
	two = (struct machine){ .disks = disks, .n_disks = 2 };
}

#define AREA "/medium/fulcrum/../custom/site.area"
#define URL "http://10.0.2.2/site.yaml"

static void test_volume(void)
{
	const struct file files[] = { { .on = "/dev/sdb", .path = "/site.yaml", .text = "site: b\n" } };

	set_volume(0, "vfat", "DATA");
	set_volume(1, "vfat", "FULCRUM-CFG");
	ok(!find(&two, "", files, 1) && found.from == SITE_VOLUME, "the volume is taken");
	is_str(str_text(&text), "site: b\n", "with its file");
	is_str(str_text(&w.log), "mount /dev/sdb vfat\n", "it is mounted, no other one, and as it stands");
	is_str(found.where, "site.yaml on the volume labelled FULCRUM-CFG (/dev/sdb)", "where it was is told");
	is_str(found.report,
	       "  1 kernel command line  fulcrum.site= is not given\n"
	       "  2 volume FULCRUM-CFG   taken: the first place that has one\n"
	       "  3 inside the image     not looked at: 2 comes before it\n"
	       "  4 beside the release   not looked at: 2 comes before it\n",
	       "and of every place, why");
	set_volume(1, "ext4", "FULCRUM-CFG");
	ok(!find(&two, "", files, 1) && strstr(str_text(&w.log), "mount /dev/sdb ext4 noload\n"), "no journal is replayed");
	set_volume(1, "broken", "FULCRUM-CFG");
	ok(find(&two, "", files, 1) && strstr(err.msg, "/dev/sdb (disk SER-B)"), "a volume that cannot be read stops the search, by name");
}

static void test_volumes(void)
{
	const struct file same[] = { { .on = "/dev/sda", .path = "/site.yaml", .text = "site: a\n" },
				     { .on = "/dev/sdb", .path = "/site.yaml", .text = "site: a\n" } };
	const struct file differ[] = { { .on = "/dev/sda", .path = "/site.yaml", .text = "site: a\n" },
				       { .on = "/dev/sdb", .path = "/site.yaml", .text = "site: b\n" } };
	const struct file yml[] = { { .on = "/dev/sda", .path = "/site.yml", .text = "site: a\n" } };

	set_volume(0, "vfat", "FULCRUM-CFG");
	set_volume(1, "vfat", "FULCRUM-CFG");
	ok(find(&two, "", differ, 2) && err.kind == ERR_SELECT, "two volumes with different site files stop the search");
	ok(strstr(err.msg, "/dev/sda (disk SER-A), /dev/sdb (disk SER-B)") != NULL, "and both are said");
	ok(!find(&two, "", same, 2) && found.from == SITE_VOLUME && strstr(found.where, "say the same"), "two that say the same are one");
	ok(!find(&two, "", differ + 1, 1) && !strcmp(str_text(&text), "site: b\n"), "one without a site file does not count");
	ok(!find(&two, "", NULL, 0) && found.from == SITE_NOWHERE && strstr(found.report, "no site.yaml on /dev/sda (disk SER-A)"),
	   "volumes without any are told, and passed");
	ok(find(&two, "", yml, 1) && strstr(err.msg, "site.yml") && err.hint[0], "a near miss of the name is not passed over");
	set_volume(1, "LVM2_member", "FULCRUM-CFG");
	volumes[1].usage = "raid";
	ok(!find(&two, "", same, 2) && !strstr(str_text(&w.log), "sdb"), "what is no file system is no volume");
}

static void test_area(void)
{
	AUTO_STR area = STR_INIT;
	AUTO_STR empty = STR_INIT;
	struct error ignored;
	struct file files[] = { { .on = "medium", .path = AREA }, { .on = "medium", .path = "/medium/fulcrum/site.yaml", .text = "site: r\n" } };

	ok(!site_area_write("site: in\n", 9, &area, &ignored) && !site_area_write("", 0, &empty, &ignored), "areas are made");
	files[0].text = str_text(&area);
	files[0].len = area.len;
	ok(!find(NULL, "", files, 2) && found.from == SITE_AREA, "without a volume, what is inside the image is taken");
	is_str(str_text(&text), "site: in\n", "byte by byte");
	ok(strstr(found.report, "  2 volume FULCRUM-CFG   no such volume\n") != NULL, "that there is no volume is told");
	area.s[SITE_AREA_HEAD + 3] ^= 1;
	ok(find(NULL, "", files, 2) && err.kind == ERR_MEDIUM && strstr(err.msg, "/custom/site.area"), "a damaged area stops it, and is named");
	files[0].text = str_text(&empty);
	ok(!find(NULL, "", files, 2) && found.from == SITE_RELEASE && !strcmp(str_text(&text), "site: r\n"),
	   "an empty one is passed: a file beside the release is last");
	ok(!find(NULL, "", files, 1) && found.from == SITE_NOWHERE && !found.where && !text.len, "then there is none, which is no error");
	ok(strstr(found.report, "  3 inside the image     the image carries none\n  4 beside the release   there is none\n") != NULL, "and is told");
}

static void test_label(void)
{
	const struct file files[] = { { .on = "/dev/sda", .path = "/a/lab.yaml", .text = "site: a\n" },
				      { .on = "/dev/sdb", .path = "/site.yaml", .text = "site: b\n" } };
	char hash[HASH_HEX];

	set_volume(0, "vfat", "OPS");
	set_volume(1, "vfat", "FULCRUM-CFG");
	ok(!find(&two, "quiet fulcrum.site=LABEL=OPS:/a/lab.yaml", files, 2) && found.from == SITE_ARGUMENT && !strcmp(str_text(&text), "site: a\n"),
	   "the kernel command line comes first: a path on a labelled volume");
	ok(strstr(found.report, "  2 volume FULCRUM-CFG   not looked at: 1 comes before it\n") != NULL, "the volume is told to be passed over");
	ok(find(&two, "fulcrum.site=LABEL=OPS:/b.yaml", files, 2) && err.kind == ERR_NOT_FOUND && strstr(err.msg, "no b.yaml on /dev/sda"),
	   "a file that is not there stops it, though a volume FULCRUM-CFG has one");
	ok(find(&two, "fulcrum.site=LABEL=OTHER:/site.yaml", files, 2) && err.kind == ERR_NOT_FOUND, "so does a volume that is not there");
	ok(find(&two, "fulcrum.site=LABEL=OPS", files, 2) && err.kind == ERR_INPUT, "a path is needed");
	ok(find(&two, "fulcrum.site=LABEL=OPS:/../etc/shadow", files, 2) && err.kind == ERR_INPUT, "one that stays on the volume");
	ok(find(&two, "fulcrum.site=/etc/site.yaml", files, 2) && err.kind == ERR_INPUT && err.hint[0], "what is neither URL nor volume is refused");
	ok(find(&two, "fulcrum.site=LABEL=OPS:/a/lab.yaml fulcrum.site=" URL, files, 2) && strstr(err.msg, "2 times"), "two are one too many");
	hash_buffer("site: a\n", 8, hash);
	ok(!find(&two, arena_printf(&arena, "fulcrum.site=LABEL=OPS:/a/lab.yaml fulcrum.site_b2=%s", hash), files, 2), "it may be pinned as well");
	hash[0] = hash[0] == '0' ? '1' : '0';
	ok(find(&two, arena_printf(&arena, "fulcrum.site=LABEL=OPS:/a/lab.yaml fulcrum.site_b2=%s", hash), files, 2) && err.kind == ERR_MEDIUM,
	   "and then must be that one");
}

static void test_url(void)
{
	const struct file files[] = { { .on = URL, .text = "site: u\n" }, { .on = "/dev/sdb", .path = "/site.yaml", .text = "site: b\n" } };
	char hash[HASH_HEX];
	const char *line;

	set_volume(1, "vfat", "FULCRUM-CFG");
	hash_buffer("site: u\n", 8, hash);
	line = arena_printf(&arena, "fulcrum.site=" URL " fulcrum.site_b2=%s fulcrum.ip=10.0.2.9/24", hash);
	ok(!find(&two, line, files, 2) && found.from == SITE_ARGUMENT && !strcmp(str_text(&text), "site: u\n"), "a pinned URL is fetched");
	is_str(str_text(&w.log), "network 10.0.2.9/24\nfetch " URL "\nnetwork down\n", "over a network that is there only for that");
	is_str(found.where, URL, "and is told");
	w.fetch_fails = 2;
	ok(!find(&two, line, files, 2) && !strcmp(str_text(&text), "site: u\n"), "a broken line is tried again, from the start");
	w.fetch_fails = 99;
	ok(find(&two, line, files, 2) && err.kind == ERR_NET && strstr(str_text(&w.log), "network down\n") && !strstr(str_text(&w.log), "mount"),
	   "not for ever; then the search stops, and the network is taken down");
	w.fetch_fails = 0;
	w.no_net = true;
	ok(find(&two, line, files, 2) && err.kind == ERR_NET && !strstr(str_text(&w.log), "fetch"), "without a network it stops");
	w.no_net = false;
	ok(find(&two, "fulcrum.site=" URL, files, 2) && err.kind == ERR_INPUT && str_empty(str_text(&w.log)), "an unpinned URL is not even fetched");
	hash[5] = hash[5] == '0' ? '1' : '0';
	ok(find(&two, arena_printf(&arena, "fulcrum.site=" URL " fulcrum.site_b2=%s", hash), files, 2) && err.kind == ERR_MEDIUM &&
		   strstr(err.msg, hash),
	   "another content than was pinned is refused, with both hashes");
	ok(find(&two, "fulcrum.site=" URL " fulcrum.site_b2=12", files, 2) && err.kind == ERR_INPUT, "half a hash is refused");
	ok(find(&two, arena_printf(&arena, "fulcrum.site_b2=%s", hash), files, 2) && err.kind == ERR_INPUT, "so is a hash of nothing");
	ok(find(&two, arena_printf(&arena, "fulcrum.site=http://me:pass@h/x fulcrum.site_b2=%s", hash), files, 2) && !strstr(err.msg, "pass@"),
	   "a password in a URL is refused, and not repeated");
}

static void test_cmdline(void)
{
	size_t n;

	ok(cmdline_has("a fulcrum.unattended b\n", "fulcrum.unattended") && cmdline_has("fulcrum.unattended", "fulcrum.unattended"), "a word is found");
	ok(!cmdline_has("fulcrum.unattended=0 xfulcrum.unattended \"a fulcrum.unattended\"", "fulcrum.unattended"), "but only a whole one");
	is_str(cmdline_value("x=1 a=\"b c\" x=2", "x", &arena, &n), "2", "the last value holds");
	ok(n == 2, "and how many there are is told");
	is_str(cmdline_value("x=1 a=\"b c\" x=2", "a", &arena, NULL), "b c", "quotes hold spaces");
	ok(!cmdline_value("xx=1 x", "x", &arena, NULL), "a name is a whole name");
	is_str(cmdline_value("x=", "x", &arena, NULL), "", "an empty value is one");
}

static void test_network_words(void)
{
	static const char *const bad[] = { "10.0.2.9", "10.0.2/24", "10.0.2.9/33", "10.0.2.9/24::gw", "10.0.2.9:::255.0.255.0", "none", "::::::none",
					   "10.0.2.9/24:::::eth0:both", "10.0.2.9/24:::::eth0:none:1.1.1.1:x", "a:b:c:d:e:f:g:h:i:j", "10.0.2.9/x", "fe80::1" };
	struct net_spec s;

	ok(!site_net_parse(NULL, &arena, &s, &err) && s.dhcp && !s.port, "nothing said is DHCP");
	ok(!site_net_parse("dhcp", &arena, &s, &err) && s.dhcp, "so is dhcp");
	ok(!site_net_parse(":::::eth1:dhcp", &arena, &s, &err) && s.dhcp && str_eq(s.port, "eth1"), "on one port");
	ok(!site_net_parse("10.0.2.9/24", &arena, &s, &err) && !s.dhcp && str_eq(s.address, "10.0.2.9") && s.prefix == 24 && !s.gateway,
	   "an address with its prefix is enough");
	ok(!site_net_parse("10.0.2.9::10.0.2.2:255.255.252.0::eth0:none:10.0.2.3:10.0.2.4", &arena, &s, &err) && s.prefix == 22 &&
		   str_eq(s.gateway, "10.0.2.2") && str_eq(s.port, "eth0") && str_eq(s.dns[0], "10.0.2.3") && str_eq(s.dns[1], "10.0.2.4"),
	   "or all the kernel's fields");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ok(site_net_parse(bad[i], &arena, &s, &err) && err.kind == ERR_INPUT, "refused: fulcrum.ip=%s", bad[i]);
}

int main(void)
{
	test_volume();
	test_volumes();
	test_area();
	test_label();
	test_url();
	test_cmdline();
	test_network_words();
	str_release(&text);
	str_release(&w.log);
	arena_release(&arena);
	return tap_end();
}
