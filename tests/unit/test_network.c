/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing the networks of a running admin node on a made-up machine: files are real, below a temporary directory, and what
 * would be run is written down.
 */
#include <stdlib.h>
#include <unistd.h>

#include "admin/network.h"
#include "admin/setup.h"
#include "base/fd.h"
#include "sys/sys_fake.h"
#include "tap.h"

static char root[] = "/tmp/test_network.XXXXXX";
static struct error err;
static struct str ran;
static const char *fails; /* a command that begins so fails */
static struct network_change change;

static const char *at(const char *path)
{
	static char full[4][256];
	static unsigned int turn;

	turn = (turn + 1) % 4;
	snprintf(full[turn], sizeof(full[turn]), "%s%s", root, path);
	return full[turn];
}

static void put(const char *path, const char *text)
{
	AUTO_ARENA a = ARENA_INIT;
	char *dir = arena_strdup(&a, at(path));

	*strrchr(dir, '/') = '\0';
	if (make_dirs(dir, 0755, &err) || file_replace(at(path), text, strlen(text), 0644, &err)) {
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

static const char *get(const char *path)
{
	static struct str text;

	str_clear(&text);
	return file_read(at(path), 1 << 20, &text, &err) ? "" : str_text(&text);
}

static int record(struct sys *s UNUSED, const struct sys_exec *x, struct error *e)
{
	size_t from = ran.len;

	for (size_t i = 0; x->argv[i]; i++)
		str_addf(&ran, "%s%s", i ? " " : "", x->argv[i]);
	str_addc(&ran, '\n');
	if (fails && str_starts(ran.s + from, fails))
		return error_set(e, ERR_IO, "%.*s: failed, as it was told to", (int)strcspn(ran.s + from, "\n"), ran.s + from);
	return 0;
}

/* /etc is not ours here */
static int write_file(struct sys *s UNUSED, const char *path, const void *data, size_t len, mode_t mode, struct error *e)
{
	return str_starts(path, "/etc/") ? 0 : file_replace(path, data, len, mode, e);
}

static const struct sys_ops over = { .exec = record, .write_file = write_file };

static const char head[] =
	"fulcrum: 1\nsite: lab\nadmin:\n  name: admin.lab.example\n  disk: { bus: nvme }\n  access: { ssh_keys: [ \"ssh-ed25519 "
	"AAAAC3NzaC1lZDI1NTE5AAAAID1idgiaeJPvr6Nl/Twxy+gVcVF8aSWxhkJFHU8jh58L ops@lab\" ] }\n";
static const char one_port[] = "networks:\n  admin: { subnet: 10.0.0.0/24, address: 10.0.0.1, hosts: .20-.30, discovery: .40-.50, nic: { mac: "
			       "\"52:54:00:00:00:01\" } }\n";
static const char bonded[] =
	"links:\n  pair: { bond: { mode: active-backup, nics: [ { mac: \"52:54:00:00:00:01\" }, { mac: \"52:54:00:00:00:02\" } ] } }\n"
	"networks:\n  admin: { subnet: 10.0.0.0/24, address: 10.0.0.2, hosts: .20-.30, discovery: .40-.50, on: pair }\n";

static void site_file(const char *path, const char *networks)
{
	AUTO_STR text = STR_INIT;

	str_addf(&text, "%s%s", head, networks);
	put(path, str_text(&text));
}

/* As a start leaves it: one port, up. */
static void start(void)
{
	const struct netrun n = { .sys = change.sys, .root = root, .data = change.paths.data, .run = change.paths.run };
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR warnings = STR_INIT;
	const struct site *site;
	struct net net;

	fails = NULL;
	site_file("/data/site.yaml", one_port);
	put("/data/admin.json", "{\"build_id\":\"x\"}\n");
	if (admin_read_site(at("/data/site.yaml"), &a, &site, NULL, &err) || netrun_bind(&n, site, &a, &net, &warnings, &err) ||
	    netrun_keep(&n, site, &net, &err) || netrun_up(&n, &net, &err)) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	str_clear(&ran);
}

static void check(void)
{
	AUTO_STR out = STR_INIT;
	AUTO_STR text = STR_INIT;

	start();
	ok(!network_check(&change, at("/new.yaml"), &out, &err), "a change is looked at: %s", err.msg);
	is_str(str_text(&out), "- admin: enx525400000001 (52:54:00:00:00:01): 10.0.0.1/24\n"
			       "+ admin: pair, active-backup of enx525400000001 (52:54:00:00:00:01) and enx525400000002 "
			       "(52:54:00:00:00:02): 10.0.0.2/24\n", "and told");
	is_str(str_text(&ran), "", "nothing is done");
	str_clear(&out);
	ok(!network_check(&change, at("/data/site.yaml"), &out, &err) && str_eq(str_text(&out), "nothing changes\n"), "no change is none");
	put("/bad.yaml", "fulcrum: 1\nsite: lab\n");
	ok(network_check(&change, at("/bad.yaml"), &out, &err) && err.kind == ERR_INPUT && strstr(err.msg, "bad.yaml:1:1"),
	   "a bad file has its findings");
	str_addf(&text, "%spolicy: { approve: auto }\n", one_port);
	site_file("/other.yaml", str_text(&text));
	ok(network_check(&change, at("/other.yaml"), &out, &err) && strstr(err.msg, "policy"), "what is no network is not changed: %s", err.msg);
}

static void confirmed(void)
{
	AUTO_STR out = STR_INIT;
	bool done;

	start();
	ok(network_confirm(&change, &err) && err.kind == ERR_CONFLICT, "there is nothing to confirm");
	ok(!network_apply(&change, at("/new.yaml"), 60, &out, &err), "it is applied: %s", err.msg);
	ok(strstr(str_text(&ran), "ip link set dev enx525400000001 down\n") && strstr(str_text(&ran), "type bond mode active-backup") &&
		   strstr(str_text(&ran), "ip address replace 10.0.0.2/24 dev pair\n") && strstr(str_text(&ran), "sv -w 20 restart"),
	   "the old goes, the new comes, services are told");
	ok(!strstr(get("/data/site.yaml"), "pair") && strstr(get("/run/dnsmasq.conf"), "interface=pair\n"),
	   "what would boot is still the old one, what runs is the new one");
	{
		AUTO_ARENA a = ARENA_INIT;

		ok(str_ends(network_site_path(&change.paths, &a), "network.pending/site.yaml"), "the daemon reads the new site file");
	}
	ok(network_apply(&change, at("/new.yaml"), 60, &out, &err) && err.kind == ERR_CONFLICT, "one change at a time");
	ok(!network_expire(&change, &done, &err) && !done, "the time is not over");
	ok(!network_confirm(&change, &err), "it is confirmed: %s", err.msg);
	ok(strstr(get("/data/site.yaml"), "pair") && strstr(get("/data/admin.json"), "active-backup") &&
		   strstr(get("/data/admin.json"), "build_id") && access(at("/run/network.pending"), F_OK),
	   "now it is what boots");
	str_clear(&ran);
	ok(!network_expire(&change, &done, &err) && !done && !ran.len, "and nothing goes back");
}

static void reverted(void)
{
	AUTO_STR out = STR_INIT;
	bool done;

	start();
	ok(!network_apply(&change, at("/new.yaml"), 60, &out, &err), "it is applied again");
	put("/run/network.pending/deadline", "1\n");
	str_clear(&ran);
	str_clear(&out);
	ok(!network_show(&change, &out, &err) && strstr(str_text(&out), "not confirmed: goes back in 0 s"), "it is shown to wait");
	ok(!network_expire(&change, &done, &err) && done, "the time is over: it goes back: %s", err.msg);
	ok(strstr(str_text(&ran), "ip link delete dev pair\n") && strstr(str_text(&ran), "ip address replace 10.0.0.1/24 dev enx525400000001\n"),
	   "the bond goes, the old address comes");
	ok(access(at("/run/network.pending"), F_OK) && strstr(get("/run/dnsmasq.conf"), "interface=enx525400000001\n"),
	   "services have the old configuration");
	ok(network_revert(&change, &err) && err.kind == ERR_CONFLICT, "there is nothing more to take back");
}

static void fails_half_way(void)
{
	AUTO_STR out = STR_INIT;

	start();
	fails = "ip link add name pair";
	ok(network_apply(&change, at("/new.yaml"), 60, &out, &err) && strstr(err.msg, "as it was told to") && strstr(err.hint, "old ones are up again"),
	   "what fails half-way is told: %s", err.msg);
	ok(access(at("/run/network.pending"), F_OK) && strstr(str_text(&ran), "ip address replace 10.0.0.1/24 dev enx525400000001\n"),
	   "and the old networks are up again");
	start();
	fails = "ip address replace";
	ok(network_apply(&change, at("/new.yaml"), 60, &out, &err) && strstr(err.hint, "watch tries again"),
	   "where the old ones do not come back, watch goes on: %s", err.hint);
	ok(!access(at("/run/network.pending/deadline"), F_OK), "because the deadline is still there");
	fails = NULL;
	ok(!network_revert(&change, &err) && access(at("/run/network.pending"), F_OK), "and then they do");
}

static void kept_over_a_start(void)
{
	const struct netrun n = { .sys = change.sys, .root = root, .data = change.paths.data, .run = change.paths.run };
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR warnings = STR_INIT;
	const struct site *site;
	struct net net;

	start();
	/* by hand, and not to be had: no port is 03 */
	site_file("/data/site.yaml", "networks:\n  admin: { subnet: 10.0.0.0/24, address: 10.0.0.9, hosts: .20-.30, discovery: .40-.50, nic: { mac: "
				     "\"52:54:00:00:00:03\" } }\n");
	ok(!admin_read_site(at("/data/site.yaml"), &a, &site, NULL, &err) && !netrun_bind(&n, site, &a, &net, &warnings, &err) &&
		   str_eq(net_find(&net, "admin")->addresses[0], "10.0.0.1/24") && strstr(str_text(&warnings), "those of before are kept"),
	   "networks that cannot be had do not keep the admin node from starting");
}

static int no_sleep(struct sys *s UNUSED, unsigned int ms UNUSED, struct error *e UNUSED)
{
	return 0;
}

int main(void)
{
	struct sys *real = sys_real_new();
	static struct sys_ops all;
	static char data[64], run[64], seed[64];

	if (!mkdtemp(root))
		return 1;
	snprintf(data, sizeof(data), "%s/data", root);
	snprintf(run, sizeof(run), "%s/run", root);
	snprintf(seed, sizeof(seed), "%s/seed", root);
	all = over;
	all.sleep_ms = no_sleep;
	change = (struct network_change){ .sys = sys_fake_new(real), .root = root, .paths = { data, run, seed, "" } };
	sys_fake_override(change.sys, &all);
	put_nic("eth0", "52:54:00:00:00:01\n");
	put_nic("eth1", "52:54:00:00:00:02\n");
	put("/run/x", "");
	site_file("/new.yaml", bonded);
	check();
	confirmed();
	reverted();
	fails_half_way();
	kept_over_a_start();
	ok(!real->ops->remove(real, root, &err), "nothing is left behind");
	str_release(&ran);
	sys_free(change.sys);
	sys_free(real);
	return tap_end();
}
