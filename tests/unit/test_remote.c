/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logins from elsewhere, as far as it goes without a network: passwords, the shadow file, fingerprints, addresses, what is run. */
#include <string.h>

#include "base/clock.h"
#include "engine/live_net.h"
#include "engine/remote.h"
#include "sys/task.h"
#include "tap.h"

static struct error err;
static struct str ran;
static bool pid_there, starts = true;

static void test_password(void)
{
	char a[REMOTE_PASSWORD], b[REMOTE_PASSWORD];
	bool good = true;

	for (int i = 0; i < 1000; i++) {
		remote_password(a);
		good &= strlen(a) == 17 && a[5] == '-' && a[11] == '-' && strspn(a, "abcdefghijkmnpqrstuvwxyz23456789-") == 17;
	}
	remote_password(b);
	ok(good, "passwords are of letters that nobody takes for another: %s", a);
	ok(strcmp(a, b) != 0, "no two are the same");
}

static void test_shadow(void)
{
	AUTO_STR out = STR_INIT;

	ok(!remote_shadow("root:*:20000:0:99999:7:::\nnobody:*:1::::::\n", "$6$x$y", &out, &err), "root's line is found");
	is_str(str_text(&out), "root:$6$x$y:20000:0:99999:7:::\nnobody:*:1::::::\n", "and only its hash is another");
	str_clear(&out);
	ok(!remote_shadow("a:*:1\nroot:$6$x$y:2:\nb:*:3\n", "*", &out, &err), "wherever it is");
	is_str(str_text(&out), "a:*:1\nroot:*:2:\nb:*:3\n", "it is locked");
	ok(remote_shadow("xroot:*:1:\n", "*", &out, &err) && err.kind == ERR_NOT_FOUND, "no other line will do");
	ok(remote_shadow("root:", "*", &out, &err), "nor half a line");
}

static void test_fingerprint(void)
{
	char fp[REMOTE_FINGERPRINT];

	ok(!remote_fingerprint("Public key portion is:\nssh-ed25519 AAAA x\nFingerprint: SHA256:4CU1yB8nB2pVXBX5sJ3rbw+VrP3HNyPfXYZ7aqjbZB8\n", fp, &err),
	   "a fingerprint is found");
	is_str(fp, "SHA256:4CU1yB8nB2pVXBX5sJ3rbw+VrP3HNyPfXYZ7aqjbZB8", "as it stands there");
	ok(remote_fingerprint("Fingerprint: md5 00:11\n", fp, &err) && remote_fingerprint("", fp, &err), "another kind, or none, is an error");
}

static void test_addresses(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct live_address *list;
	size_t n = live_net_parse("1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever\n"
				  "2: eth0    inet 192.168.124.10/24 scope global eth0\\       valid_lft forever\n"
				  "2: eth0    inet6 fe80::5054:ff:fefc:1/64 scope link \\       valid_lft forever\n"
				  "3: eth1    inet6 fd00::1/64 scope global \n4: eth2    link/ether x\n5:\n\n", &a, &list);

	ok(n == 3 && !strcmp(list[0].text, "192.168.124.10") && !strcmp(list[0].port, "eth0"), "addresses, without the loopback's");
	ok(n == 3 && !strcmp(list[1].text, "fe80::5054:ff:fefc:1%eth0") && !strcmp(list[2].text, "fd00::1"), "with the port where it is part of it");
	ok(!live_net_parse("", &a, &list) && !list, "none of nothing");
}

/* --- what is run */

static int w_exec(struct sys *s UNUSED, const struct sys_exec *x, struct error *e UNUSED)
{
	for (size_t i = 0; x->argv[i]; i++)
		str_addf(&ran, "%s%s", i ? " " : "", x->argv[i]);
	str_addc(&ran, '\n');
	if (str_eq(x->argv[0], "dropbear"))
		pid_there = starts;
	if (x->output)
		str_add(x->output, "4: eth3    inet 10.9.9.9/24 scope global eth3\n");
	return 0;
}

static int w_read(struct sys *s UNUSED, const char *path, size_t max UNUSED, struct str *ret, struct error *e)
{
	if (!pid_there)
		return error_set(e, ERR_NOT_FOUND, "%s", path);
	str_add(ret, "1\n");
	return 0;
}

static int w_write(struct sys *s UNUSED, const char *path, const void *data, size_t len, mode_t mode, struct error *e UNUSED)
{
	str_addf(&ran, "write %s %o %.*s", path, (unsigned int)mode, (int)len, (const char *)data);
	return 0;
}

static int w_remove(struct sys *s UNUSED, const char *path, struct error *e UNUSED)
{
	str_addf(&ran, "remove %s\n", path);
	return 0;
}

static int w_sleep(struct sys *s UNUSED, unsigned int ms UNUSED, struct error *e UNUSED)
{
	return 0;
}

static int w_dirs(struct sys *s UNUSED, const char *path UNUSED, mode_t mode UNUSED, struct error *e UNUSED)
{
	return 0;
}

static const struct sys_ops ops = { .exec = w_exec, .read_file = w_read, .write_file = w_write, .make_dirs = w_dirs, .remove = w_remove, .sleep_ms = w_sleep };
static struct sys sys = { .ops = &ops };

static void test_keys(void)
{
	const char *keys[] = { "ssh-ed25519 AAAA one", "ssh-ed25519 BBBB two" };
	const struct site site = { .admin.access = { .ssh_keys = keys, .n_ssh_keys = 2 } };

	ok(!remote_keys_start(&sys, &site, &err), "keys are let in");
	is_str(str_text(&ran), "write /run/fulcrum/remote/keys/authorized_keys 600 ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n"
			       "dropbear -s -j -k -m -K 15 -r /run/fulcrum/remote/host_key -D /run/fulcrum/remote/keys "
			       "-P /run/fulcrum/remote/keys.pid -c /usr/sbin/fulcrum-install watch\n",
	       "by key alone, to watch and nothing else");
	str_clear(&ran);
	ok(!remote_keys_start(&sys, &site, &err) && !strstr(str_text(&ran), "dropbear"), "a second time only the keys are written");
	pid_there = starts = false;
	ok(remote_keys_start(&sys, &site, &err) && err.kind == ERR_VERIFY, "a server that ended well and does not run is an error: %s", err.msg);
}

static void test_net(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct nic nics[] = { { .name = "eth0", .mac = "52:54:00:00:00:01", .link = true }, { .name = "eth1", .mac = "52:54:00:00:00:02", .link = true },
			      { .name = "eth2", .mac = "52:54:00:00:00:03" }, { .name = "eth3", .mac = "52:54:00:00:00:04", .link = true } };
	const struct machine m = { .nics = nics, .n_nics = 4 };
	struct network net = { .name = "admin", .address = "10.0.0.1", .prefix = 24, .gateway = "10.0.0.254", .nic = { .mac = "52:54:00:00:00:01" } };
	const struct site site = { .networks = &net, .n_networks = 1 };
	struct live_net n = { .sys = &sys, .a = &a, .site = &site, .machine = &m, .admin_address = true, .ask = true };

	str_clear(&ran);
	live_net_up(&n, NULL);
	is_str(str_text(&ran), "ip link set dev eth0 up\nip addr replace 10.0.0.1/24 dev eth0\nip route replace default via 10.0.0.254 dev eth0\n"
			       "ip -o addr show up\nudhcpc -i eth1 -b -t 2 -T 2 -p /run/fulcrum/udhcpc.eth1.pid -s /usr/share/udhcpc/default.script\n",
	       "the site's address on its port; others ask, where there is a link and no address");
	pid_there = true;
	n.ask = false;
	str_clear(&ran);
	live_net_up(&n, NULL);
	ok(str_starts(str_text(&ran), "kill 1\nremove /run/fulcrum/udhcpc.eth0.pid\nip link set"), "a port that has asked before does so no more");
	pid_there = false;
	n.admin_address = false;
	n.ask = false;
	str_clear(&ran);
	live_net_up(&n, NULL);
	is_str(str_text(&ran), "", "an address that is another's is not taken");
}

/* --- programs that are heard */

static bool enough(void *ctx, const char *line)
{
	str_addf(ctx, "[%s]", line);
	return strstr(line, "enough");
}

static void test_follow(void)
{
	static const char *const talks[] = { "sh", "-c", "echo one >&2; echo enough two >&2; exec sleep 60", NULL };
	static const char *const ends[] = { "sh", "-c", "echo cannot listen >&2; exit 1", NULL };
	static const char *const silent[] = { "sleep", "60", NULL };
	AUTO_STR said = STR_INIT;
	uint64_t begin = clock_mono_ms();

	ok(!task_follow(talks, 30000, enough, &said, &err), "a program is heard until it has said enough");
	is_str(str_text(&said), "[one][enough two]", "line by line");
	ok(task_follow(ends, 30000, enough, &said, &err) && err.kind == ERR_IO && strstr(err.msg, "cannot listen"), "one that ends has its last line told: %s",
	   err.msg);
	ok(task_follow(silent, 200, enough, &said, &err) && err.kind == ERR_NET, "one that says nothing has its time");
	ok(clock_mono_ms() - begin < 20000, "and none is waited for");
}

int main(void)
{
	test_password();
	test_shadow();
	test_fingerprint();
	test_addresses();
	test_keys();
	test_net();
	test_follow();
	str_release(&ran);
	return tap_end();
}
