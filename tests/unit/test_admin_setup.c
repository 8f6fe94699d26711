/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fulcrumd setup on a made-up machine: what it would do, and what stops it. */
#include <stdlib.h>
#include <unistd.h>

#include "admin/setup.h"
#include "base/fd.h"
#include "sys/sys_fake.h"
#include "tap.h"

static const char uuid[] = "0f0e0d0c-1111-4222-8333-444455556666";
static char root[] = "/tmp/test_setup.XXXXXX";
static struct error err;
static unsigned int copies; /* disks that carry the data's UUID */

static void put(const char *path, const char *text)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *full = arena_printf(&a, "%s%s", root, path);
	char *dir = arena_strdup(&a, full);

	*strrchr(dir, '/') = '\0';
	if (make_dirs(dir, 0755, &err) || file_replace(full, text, strlen(text), 0644, &err)) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
}

static void put_nic(const char *name, const char *mac)
{
	AUTO_ARENA a = ARENA_INIT;

	put(arena_printf(&a, "/sys/class/net/%s/address", name), mac);
	put(arena_printf(&a, "/sys/class/net/%s/type", name), "1\n");
	put(arena_printf(&a, "/sys/class/net/%s/addr_assign_type", name), "0\n");
	put(arena_printf(&a, "/sys/class/net/%s/carrier", name), "1\n");
	put(arena_printf(&a, "/sys/class/net/%s/device/uevent", name), "");
}

/* What an install keeps: bound when the ports had other names. */
static void put_state(const char *site_text)
{
	AUTO_ARENA a = ARENA_INIT;
	struct findings f = { .arena = &a };
	char hash[HASH_HEX];

	site_networks_hash(site_parse("site.yaml", site_text, strlen(site_text), &a, &f), hash);
	put("/data/admin.json",
	    arena_printf(&a,
			 "{\"build_id\":\"x\",\"networks\":\"%s\",\"net\":{\"devs\":["
			 "{\"kind\":\"port\",\"name\":\"enp1s0\",\"mac\":\"52:54:00:aa:bb:01\",\"network\":\"admin\","
			 "\"addresses\":[\"192.168.124.10/24\"]},"
			 "{\"kind\":\"port\",\"name\":\"enp2s0\",\"mac\":\"52:54:00:aa:bb:02\",\"network\":\"office\","
			 "\"addresses\":[\"10.0.2.15/24\"]}]}}\n",
			 hash));
}

static int probe(struct sys *s UNUSED, struct disk *d, struct arena *a, struct error *e UNUSED)
{
	if (!str_eq(d->name, "nvme0n1") && !(copies > 1 && str_eq(d->name, "sda")))
		return 0;
	d->partitions = ARENA_NEW(a, struct partition);
	d->n_partitions = copies > 0;
	d->partitions->number = 5;
	d->partitions->signatures = ARENA_NEW(a, struct signature);
	d->partitions->n_signatures = 1;
	d->partitions->signatures->uuid = uuid;
	return 0;
}

static int no_sleep(struct sys *s UNUSED, unsigned int ms UNUSED, struct error *e UNUSED)
{
	return 0;
}

static const struct sys_ops over = { .probe = probe, .sleep_ms = no_sleep };

/* 0 or -1 as setup_run says; what it did is in OUT. */
static int run(struct str *out, struct str *warnings)
{
	AUTO_ARENA a = ARENA_INIT;
	struct sys *dry = sys_dry_new(out), *sys = sys_fake_new(dry);
	struct setup s = { .sys = sys, .root = root, .data_root = "/data" };
	int result;

	s.paths.data = arena_printf(&a, "%s/data", root);
	s.paths.seed = arena_printf(&a, "%s/seed", root);
	s.paths.run = "/run/fulcrum";
	sys_fake_override(sys, &over);
	result = setup_run(&s, warnings, &err);
	sys_free(sys);
	sys_free(dry);
	return result;
}

static void whole(void)
{
	AUTO_STR out = STR_INIT;
	AUTO_STR warnings = STR_INIT;
	const char *text;

	ok(run(&out, &warnings) == 0, "setup goes through%s%s", err.msg[0] ? ": " : "", err.msg);
	text = str_text(&out);
	ok(strstr(text, "mount /dev/nvme0n1p5 on /data type ext4") != NULL, "the data file system is found by its UUID");
	ok(strstr(text, "exec ip link set dev eth1 down\nexec ip link set dev eth1 name enp1s0\n") &&
		   strstr(text, "exec ip link set dev enp1s0 up\n") &&
		   strstr(text, "exec ip address replace 192.168.124.10/24 dev enp1s0\n"),
	   "the adapter that was installed with gets its name and the address, whatever its name is now");
	ok(strstr(text, "ip address replace 10.0.2.15/24 dev enp2s0\n") != NULL, "another network gets its own");
	ok(strstr(text, "route") == NULL, "no gateway, no route");
	ok(strstr(text, "exec hostname admin.lab.example\n") != NULL, "it gets its name");
	ok(strstr(text, "write file /run/fulcrum/dnsmasq.conf") && strstr(text, "write file /run/fulcrum/nginx.conf") &&
		   strstr(text, "write file /run/fulcrum/chrony.conf") && strstr(text, "write file /run/fulcrum/authorized_keys"),
	   "all services get their configuration");
	is_str(str_text(&warnings), "", "and nothing is to be said");
}

static void troubles(void)
{
	AUTO_STR out = STR_INIT;
	AUTO_STR warnings = STR_INIT;

	copies = 0;
	ok(run(&out, &warnings) && err.kind == ERR_NOT_FOUND && strstr(err.msg, uuid), "no data file system: named");
	copies = 2;
	ok(run(&out, &warnings) && err.kind == ERR_SELECT && err.hint[0], "a copied disk is not guessed between");
	copies = 1;
	put("/proc/cmdline", "console=tty0 fulcrum.mode=admin\n");
	ok(run(&out, &warnings) && strstr(err.msg, "fulcrum.data"), "no UUID on the command line: said");
	put("/proc/self/mounts", "x / ext4 rw 0 0\n/dev/nvme0n1p5 /data ext4 rw 0 0\n");
	str_clear(&out);
	ok(run(&out, &warnings) == 0 && !strstr(str_text(&out), "mount /dev"), "a mounted one is not mounted again");
	put("/sys/class/net/eth0/address", "52:54:00:00:00:77\n");
	str_clear(&out);
	ok(run(&out, &warnings) == 0 && strstr(str_text(&warnings), "office"), "a missing adapter of another network is a warning");
	put("/sys/class/net/eth1/address", "52:54:00:00:00:78\n");
	ok(run(&out, &warnings) != 0, "a missing provisioning adapter is not");
	put("/data/site.yaml", "fulcrum: 1\nsite: [\n");
	ok(run(&out, &warnings) && err.kind == ERR_INPUT && strstr(err.msg, "site.yaml:"), "a broken site file is named with its line");
}

static void each_failure(void)
{
	AUTO_ARENA a = ARENA_INIT;
	uint64_t n;

	/* Every effect fails once; setup must say so and stop, never go on half done. */
	for (n = 1; n < 100; n++) {
		AUTO_STR out = STR_INIT;
		AUTO_STR warnings = STR_INIT;
		struct sys *dry = sys_dry_new(&out), *sys = sys_fake_new(dry);
		struct setup s = { .sys = sys, .root = root, .data_root = "/data" };
		bool past, told;
		int result;

		s.paths.data = arena_printf(&a, "%s/data", root);
		s.paths.seed = arena_printf(&a, "%s/seed", root);
		s.paths.run = "/run/fulcrum";
		sys_fake_override(sys, &over);
		sys_fake_fail_at(sys, n, SYS_FAKE_ONCE);
		result = setup_run(&s, &warnings, &err);
		past = sys_fake_calls(sys) < n;
		/* A disk that cannot be read is looked at again; a trial that cannot be ended is no reason not to serve. */
		told = result || warnings.len || str_eq(sys_fake_failed(sys), "probe");
		sys_free(sys);
		sys_free(dry);
		if (past)
			break;
		if (!told)
			ok(false, "effect %llu fails and nobody says so", (unsigned long long)n);
	}
	ok(n > 5 && n < 100, "each of %llu effects may fail, and is told", (unsigned long long)n - 1);
}

int main(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR site = STR_INIT;

	if (!mkdtemp(root) || file_read("tests/sites/lab.yaml", 1 << 20, &site, &err))
		return 1;
	copies = 1;
	put("/proc/cmdline", arena_printf(&a, "console=tty0 fulcrum.mode=admin fulcrum.data=%s panic=30\n", uuid));
	put("/proc/self/mounts", "x / ext4 rw 0 0\n");
	put("/sys/block/nvme0n1/size", "400000000\n");
	put("/sys/block/nvme0n1/queue/logical_block_size", "512\n");
	put("/sys/block/sda/size", "400000000\n");
	put("/sys/block/sda/queue/logical_block_size", "512\n");
	put("/sys/block/loop0/size", "8\n");
	put_nic("eth0", "52:54:00:aa:bb:02\n");
	put_nic("eth1", "52:54:00:aa:bb:01\n");
	put("/data/site.yaml", str_text(&site));
	put_state(str_text(&site));
	put("/seed/release.json", "{\"build_id\":\"x\",\"version\":\"0\",\"epoch\":1700000000}\n");
	whole();
	each_failure();
	troubles();
	{
		struct sys *real = sys_real_new();

		ok(real->ops->remove(real, root, &err) == 0, "nothing is left behind");
		sys_free(real);
	}
	return tap_end();
}
