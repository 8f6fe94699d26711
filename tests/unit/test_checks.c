/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The must-pass checks of a deployed system: what tools and files say, and what is seen in it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/checks.h"
#include "agent/esps.h"
#include "base/fd.h"
#include "tap.h"

/* The system: what a program prints (NULL: it fails), what a file holds, what a URL answers. */
static struct {
	const char *output, *file, *body;
	char asked[256];
	size_t calls;
} sees;

static int say(const char *text, struct str *ret, const char *what, struct error *e)
{
	sees.calls++;
	snprintf(sees.asked, sizeof(sees.asked), "%s", what);
	if (!text)
		return error_set(e, ERR_IO, "%s: it failed", what);
	str_add(ret, text);
	return 0;
}

static int see_exec(struct sys *s UNUSED, const struct sys_exec *x, struct error *e)
{
	AUTO_STR line = STR_INIT;

	for (size_t i = 0; x->argv[i]; i++)
		str_addf(&line, "%s%s", i ? " " : "", x->argv[i]);
	return say(sees.output, x->output, str_text(&line), e);
}

static int see_file(struct sys *s UNUSED, const char *path, size_t max UNUSED, struct str *ret, struct error *e)
{
	return say(sees.file, ret, path, e);
}

static int see_url(struct sys *s UNUSED, const char *url, uint64_t offset UNUSED, uint64_t length UNUSED, sys_sink sink, void *ctx, struct error *e)
{
	AUTO_STR text = STR_INIT;

	return say(sees.body, &text, url, e) || (text.len && sink(ctx, text.s, text.len, e)) ? -1 : 0;
}

static const struct sys_ops seen_ops = { .exec = see_exec, .read_file = see_file, .fetch = see_url };
static struct sys seen_sys = { .ops = &seen_ops };

/* One check; true if it passes. RET gets what was seen. */
static bool passes(const char *probe, const char *argument, const char *expected, char ret[256])
{
	AUTO_ARENA a = ARENA_INIT;
	const struct check c = { .name = "a check", .probe = probe, .argument = argument, .expected = expected };
	const struct check_result *r = checks_run(&seen_sys, &c, 1, &a);

	snprintf(ret, 256, "%s", r->seen);
	return r->pass && str_eq(r->name, "a check") && str_eq(r->expected, expected);
}

#define CHRONY "7F7F0101,192.168.124.10,11,1795418131.123,0.000001,-0.000002,0.00003,-12.3,0.01,0.2,0.0001,0.0002,64.2,"

static void test_clock(void)
{
	static const struct {
		const char *output, *seen;
	} cases[] = {
		{ CHRONY "Normal\n", "in step" },
		{ CHRONY "Not synchronised\n", "not in step yet" },
		{ "00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised\n", "not in step yet" },
		{ "506 Cannot talk to daemon\n", "not in step yet" },
		{ "", "not in step yet" },
	};
	char seen[256];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		sees.output = cases[i].output;
		ok(passes("clock", NULL, "in step", seen) == !i, "a clock is in step only by chrony's word (%zu)", i);
		is_str(seen, cases[i].seen, "and is said to be so");
	}
	is_str(sees.asked, "chronyc -n -c tracking", "chrony is asked without names");
	sees.output = NULL;
	ok(!passes("clock", NULL, "in step", seen) && strstr(seen, "it failed"), "a chrony that cannot be asked is not in step");
}

static void test_units(void)
{
	static const struct {
		const char *output, *seen;
	} cases[] = {
		{ "", "none failed" },
		{ "\n", "none failed" },
		{ "ssh.service loaded failed failed OpenBSD Secure Shell server\n", "failed: ssh.service" },
		{ "a.service loaded failed failed A\nb.mount loaded failed failed B\n", "failed: a.service b.mount" },
		{ "a.service loaded failed failed A", "failed: a.service" },
		{ "  a.service loaded failed failed A\n", "failed: a.service" },
	};
	char seen[256];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		sees.output = cases[i].output;
		ok(passes("units", NULL, "none failed", seen) == (i < 2), "units fail when systemd names one (%zu)", i);
		is_str(seen, cases[i].seen, "and by its name");
	}
	sees.output = NULL;
	ok(!passes("units", NULL, "none failed", seen), "a systemd that cannot be asked is no pass");
}

#define ROUTES "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
#define LOCAL "eth0\t007CA8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
#define DEFAULT "eth0\t00000000\t0A7CA8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"

static void test_gateway(void)
{
	static const struct {
		const char *file, *seen, *what;
	} cases[] = {
		{ ROUTES LOCAL DEFAULT, "192.168.124.10", "the default route is seen" },
		{ ROUTES DEFAULT LOCAL, "192.168.124.10", "wherever it stands" },
		{ ROUTES LOCAL, "none", "a system without one has none" },
		{ ROUTES, "none", "nor has one without routes" },
		{ "", "none", "nor one without a table" },
		{ ROUTES "eth0\t00000000\t0A7CA8C0\t0003\t0\t0\t0\t00000080\t0\t0\t0\n", "none", "0.0.0.0/1 is no default route" },
		{ ROUTES "eth0\t00000000\n", "none", "half a line is none" },
		{ NULL, "unknown", "what cannot be read is not known" },
	};
	char seen[256];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		sees.file = cases[i].file;
		ok(passes("gateway", NULL, cases[i].seen, seen), "%s", cases[i].what);
		is_str(seen, cases[i].seen, "and said");
	}
	is_str(sees.asked, "/proc/net/route", "the kernel's table is read");
	sees.file = ROUTES DEFAULT;
	ok(!passes("gateway", NULL, "none", seen), "a default route where none was wanted is no pass");
}

static void test_http(void)
{
	char seen[256];

	sees.body = "Origin: Fulcrum\n";
	ok(passes("http", "http://192.0.2.1/mirror/dists/trixie/InRelease", "200", seen), "a page that comes is 200");
	is_str(sees.asked, "http://192.0.2.1/mirror/dists/trixie/InRelease", "it is the one that was named");
	sees.body = "";
	ok(!passes("http", "http://192.0.2.1/", "200", seen), "an empty page is not");
	sees.body = NULL;
	ok(!passes("http", "http://192.0.2.1/", "200", seen) && strstr(seen, "it failed"), "nor one that does not come");
	ok(!passes("http", NULL, "200", seen), "nor one that nobody named");
}

static void test_listening(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(at);
	char seen[256], port[8];

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&at, len) || getsockname(fd, (struct sockaddr *)&at, &len) || listen(fd, 4)) {
		ok(false, "a port can be listened on");
		return;
	}
	snprintf(port, sizeof(port), "%u", ntohs(at.sin_port));
	ok(passes("listening", port, "yes", seen), "a port that is listened on is seen");
	fd_close(&fd);
	ok(passes("listening", port, "no", seen) && !passes("listening", port, "yes", seen), "and one that is not");
	ok(!passes("listening", NULL, "yes", seen), "no port is no pass");
}

/* --- EFI system partitions */

static struct {
	char *dir;
	const char *mounted;	 /* name of the device that is at the mount point */
	const char *mountinfo;
	size_t mounts, umounts;
	const char *content[2][3]; /* of the devices "AAAA-0001", "AAAA-0002"; NULL: no such file */
} esp;

static int esp_mount(struct sys *s UNUSED, const char *from, const char *to, const char *type, unsigned long flags,
		     const char *options UNUSED, struct error *e)
{
	if (!str_eq(to, "/mnt") || !str_eq(type, "vfat") || !(flags & MS_RDONLY))
		return error_set(e, ERR_IO, "mounted otherwise");
	esp.mounted = strrchr(from, '/') + 1;
	esp.mounts++;
	return 0;
}

static int esp_umount(struct sys *s UNUSED, const char *at UNUSED, struct error *e UNUSED)
{
	esp.mounted = NULL;
	esp.umounts++;
	return 0;
}

static int esp_dirs(struct sys *s UNUSED, const char *path UNUSED, mode_t mode UNUSED, struct error *e UNUSED)
{
	return 0;
}

static int esp_read(struct sys *s UNUSED, const char *path, size_t max UNUSED, struct str *ret, struct error *e)
{
	static const char *const files[] = { "/EFI/BOOT/BOOTX64.EFI", "/EFI/BOOT/grubx64.efi", "/EFI/debian/grub.cfg" };
	bool stands = str_starts(path, "/boot/efi/"); /* the first one, mounted by the system */
	const char *name = stands ? "AAAA-0001" : esp.mounted;

	if (str_eq(path, "/proc/self/mountinfo")) {
		str_add(ret, esp.mountinfo ? esp.mountinfo : "");
		return 0;
	}
	for (size_t i = 0; name && i < ARRAY_LEN(files); i++) {
		const char *text = esp.content[name[8] - '1'][i];

		if (!str_ends(path, files[i]) || !text)
			continue;
		str_add(ret, text);
		return 0;
	}
	return error_set(e, ERR_NOT_FOUND, "%s: no such file", path);
}

static const struct sys_ops esp_ops = { .mount = esp_mount, .umount = esp_umount, .make_dirs = esp_dirs, .read_file = esp_read };
static struct sys esp_sys = { .ops = &esp_ops };

static void esps_are(const char *want, const char *name)
{
	AUTO_ARENA a = ARENA_INIT;

	is_str(esps_seen(&esp_sys, "AAAA-0001,AAAA-0002", esp.dir, "/mnt", &a), want, "%s", name);
	ok(esp.mounts == esp.umounts, "and nothing stays mounted");
}

static void esp_device(const char *serial, bool there)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *path = arena_printf(&a, "%s/%s", esp.dir, serial);
	struct error e;

	if (there ? file_replace(path, "", 0, 0600, &e) : unlink(path))
		abort();
}

static void test_esps(void)
{
	char dir[] = "/tmp/esps-XXXXXX";

	esp.dir = mkdtemp(dir);
	esps_are("none is there", "a system without any cannot start");
	esp_device("AAAA-0001", true);
	esp_device("AAAA-0002", true);
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < 3; k++)
			esp.content[i][k] = "the same";
	esps_are("in step", "two that are equal are in step");
	ok(esp.mounts == 2, "both were looked at");
	esp.content[1][1] = "another GRUB";
	esps_are("AAAA-0002 differs from AAAA-0001 in EFI/BOOT/grubx64.efi", "one with another GRUB is named");
	esp.content[1][1] = NULL;
	esps_are("AAAA-0002: /mnt/EFI/BOOT/grubx64.efi: no such file", "and one without");
	esp_device("AAAA-0002", false);
	esps_are("in step", "one that went with its disk is no difference");
	esp.mounts = esp.umounts = 0;
	/* A plain file has the device number 0:0. */
	esp.mountinfo = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n29 22 0:0 /sub /bind rw - vfat x rw\n30 22 0:0 / /boot/efi rw,nosuid - vfat x rw\n";
	esps_are("in step", "one that is mounted");
	ok(!esp.mounts, "is read where it is");
	esp_device("AAAA-0001", false);
	if (rmdir(dir))
		abort();
}

static void test_others(void)
{
	AUTO_ARENA a = ARENA_INIT;
	char name[256] = "", seen[256];
	struct check_result *r;

	gethostname(name, sizeof(name) - 1);
	ok(passes("hostname", NULL, name, seen), "the host name is seen");
	ok(!passes("hostname", NULL, "somebody-else", seen), "another one is no pass");
	ok(!passes("root-uuid", NULL, "00000000-0000-0000-0000-000000000000", seen), "a file system that is not there is not the root");
	ok(!passes("root-uuid", NULL, "", seen) && !passes("root-uuid", NULL, "../../null", seen),
	   "nor is a directory, nor another device");
	ok(!passes("address", "52:54:00:00:00:99", "192.0.2.1/24", seen), "a port that is not there has no address");
	ok(!passes("address", NULL, "127.0.0.1/8", seen), "no port is no pass");
	ok(!passes("magic", NULL, "yes", seen), "an unknown probe is no pass");
	is_str(seen, "this agent knows no probe \"magic\"", "and says so");
	ok(!passes(NULL, NULL, "yes", seen), "nor is none at all");
	sees.output = "";
	ok(!passes("units", NULL, NULL, seen), "nothing expected is no pass, whatever is seen");
	sees.calls = 0;
	r = checks_run(&seen_sys, NULL, 0, &a);
	ok(r && !sees.calls, "no checks are none");
}

int main(void)
{
	test_clock();
	test_units();
	test_gateway();
	test_http();
	test_listening();
	test_esps();
	test_others();
	return tap_end();
}
