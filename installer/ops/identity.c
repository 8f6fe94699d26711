/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes a freshly written image this node and no other: name, address, ids, keys, where its packages and its
 * time come from. All of it is written from the operation's parameters; the secrets (host key, agent key) are made
 * here, on the node, and never leave it.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/mount.h>

#include "base/str.h"
#include "base/uuid.h"
#include "data/json.h"
#include "ops/ops.h"

static const char mirror_keyring[] = "/usr/share/keyrings/fulcrum-mirror.gpg";

static int put(const struct op_env *env, const char *root, const char *rel, mode_t mode, struct str *text, struct error *err)
{
	int rc = op_write_text(env, root, rel, mode, str_text(text), err);

	str_clear(text);
	return rc;
}

static const char *fqdn(const struct identity *w, struct arena *a)
{
	return w->domain ? arena_printf(a, "%s.%s", w->hostname, w->domain) : w->hostname;
}

static int write_names(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR b = STR_INIT;
	const struct identity *w = &p->who;
	char uuid[UUID_TEXT];

	str_addf(&b, "%s\n", w->hostname);
	if (put(env, root, "etc/hostname", 0644, &b, err))
		return -1;
	str_addf(&b, "127.0.0.1 localhost\n::1 localhost ip6-localhost\n%s %s %s\n", w->address, fqdn(w, &a), w->hostname);
	if (put(env, root, "etc/hosts", 0644, &b, err))
		return -1;
	/* machine-id(5): 32 hex digits; made of the attempt's seed, so that no two installs share one. */
	uuid_from_seed(env->plan->seed, "machine-id", uuid);
	for (const char *c = uuid; *c; c++)
		if (*c != '-')
			str_addc(&b, *c);
	str_addc(&b, '\n');
	return put(env, root, "etc/machine-id", 0444, &b, err);
}

static int write_network(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	AUTO_STR b = STR_INIT;
	const struct identity *w = &p->who;

	/* systemd.network(5). No gateway unless the site declares one: offline means offline. */
	str_addf(&b, "[Match]\nPermanentMACAddress=%s\n\n[Network]\nAddress=%s/%" PRIu64 "\n", w->mac, w->address, w->prefix);
	str_add(&b, "DHCP=no\nIPv6AcceptRA=no\nLinkLocalAddressing=no\nLLMNR=no\nMulticastDNS=no\n");
	if (w->gateway)
		str_addf(&b, "Gateway=%s\n", w->gateway);
	if (put(env, root, "etc/systemd/network/10-fulcrum-admin.network", 0644, &b, err))
		return -1;
	str_addf(&b, "nameserver %s\n", w->admin_address);
	if (w->domain)
		str_addf(&b, "search %s\n", w->domain);
	if (put(env, root, "etc/resolv.conf", 0644, &b, err))
		return -1;
	/* The admin node is the site's time authority; Debian's default pool is outside the site. */
	str_addf(&b, "server %s iburst prefer\ndriftfile /var/lib/chrony/chrony.drift\nmakestep 1 -1\nrtcsync\n"
		     "ntsdumpdir /var/lib/chrony\nlogdir /var/log/chrony\n", w->admin_address);
	return put(env, root, "etc/chrony/chrony.conf", 0644, &b, err);
}

static int write_apt(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR b = STR_INIT;
	struct sys *s = env->sys;

	if (s->ops->remove(s, arena_printf(&a, "%s/etc/apt/sources.list", root), err))
		return -1;
	str_addf(&b, "Types: deb\nURIs: http://%s/mirror\nSuites: trixie\nComponents: main\nSigned-By: %s\n",
		 p->who.admin_address, mirror_keyring);
	return put(env, root, "etc/apt/sources.list.d/fulcrum.sources", 0644, &b, err);
}

static int write_boot(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR b = STR_INIT;
	const char *console = p->console ? p->console : "";

	str_addf(&b, "UUID=%s / ext4 errors=remount-ro 0 1\n", p->root_uuid);
	if (p->n_esp_uuids)
		str_addf(&b, "UUID=%s /boot/efi vfat umask=0077,nofail,x-systemd.automount 0 2\n", p->esp_uuids[0]);
	for (size_t i = 0; i < p->n_fstab; i++) {
		const struct fstab_line *l = &p->fstab[i];
		bool swap = str_eq(l->fs, "swap");
		const char *dev = "UUID=";

		/* What is kept inside an array or a group shows no UUID to the planner, but has a name that stays. */
		if (!l->uuid && op_dev_path(env, l->dev, &a, &dev, err))
			return -1;
		str_addf(&b, "%s%s %s %s %s 0 %d\n", dev, l->uuid ? l->uuid : "", l->where, l->fs, swap ? "sw" : "defaults,nofail", swap ? 0 : 2);
		if (!swap && env->sys->ops->make_dirs(env->sys, arena_printf(&a, "%s%s", root, l->where), 0755, err))
			return -1;
	}
	if (put(env, root, "etc/fstab", 0644, &b, err))
		return -1;
	str_add(&b, "serial --unit=0 --speed=115200\nterminal_input console serial\nterminal_output console serial\nset timeout=1\n");
	str_addf(&b,
		 "search --no-floppy --fs-uuid --set=root %s\n"
		 "menuentry \"Debian on %s\" {\n"
		 "\tlinux /vmlinuz root=%s ro %s\n\tinitrd /initrd.img\n}\n",
		 p->root_uuid, p->who.hostname, p->root_arg, console);
	return put(env, root, "boot/grub/grub.cfg", 0644, &b, err);
}

static int write_access(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR b = STR_INIT;
	struct sys *s = env->sys;
	static const char host_key[] = "/etc/ssh/ssh_host_ed25519_key";
	const char *const keygen[] = { "/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", p->who.hostname,
				       "-f", host_key, NULL };

	for (size_t i = 0; i < p->who.n_ssh_keys; i++)
		str_addf(&b, "%s\n", p->who.ssh_keys[i]);
	if (s->ops->make_dirs(s, arena_printf(&a, "%s/root/.ssh", root), 0700, err) ||
	    put(env, root, "root/.ssh/authorized_keys", 0600, &b, err))
		return -1;
	/* ssh-keygen asks before it overwrites; a repeated operation starts clean. */
	if (s->ops->remove(s, arena_printf(&a, "%s%s", root, host_key), err) ||
	    s->ops->remove(s, arena_printf(&a, "%s%s.pub", root, host_key), err))
		return -1;
	return s->ops->exec(s, &(struct sys_exec){ .argv = keygen, .root = root }, err);
}

static int write_agent(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR b = STR_INIT;
	struct tree *t = tree_new(&a, TREE_MAP);
	char sec[KEY_SEC_HEX];
	int rc;

	if (str_empty(p->who.site_key)) /* installed without an admin node: nobody to report to */
		return 0;

	tree_add(&a, t, "server", tree_string(&a, p->who.admin_address));
	tree_add(&a, t, "site_key", tree_string(&a, p->who.site_key));
	tree_add(&a, t, "node", tree_string(&a, p->who.node));
	tree_add(&a, t, "attempt", tree_u64(&a, p->who.attempt));
	json_write(t, true, &b);
	if (put(env, root, "etc/fulcrum/agent.json", 0644, &b, err))
		return -1;
	key_generate(env->node_key, sec);
	str_addf(&b, "%s\n", sec);
	rc = put(env, root, "etc/fulcrum/node.key", 0600, &b, err);
	explicit_bzero(sec, sizeof(sec));
	return rc;
}

static int run_in(struct op_env *env, const char *root, const char *const *argv, unsigned int timeout_ms, struct error *err)
{
	return env->sys->ops->exec(env->sys, &(struct sys_exec){ .argv = argv, .root = root, .timeout_ms = timeout_ms }, err);
}

/* Packages of the profile that the image does not already have, from the site's own mirror. */
static int add_packages(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	static const char *const update[] = { "/usr/bin/apt-get", "-qq", "update", NULL };
	AUTO_ARENA a = ARENA_INIT;
	const char **argv = arena_array(&a, p->who.n_packages + 6, sizeof(*argv));
	const char *proc = arena_printf(&a, "%s/proc", root);
	const char *policy = "usr/sbin/policy-rc.d";
	struct sys *s = env->sys;
	size_t n = 0;
	int rc;

	argv[n++] = "/usr/bin/apt-get";
	argv[n++] = "-qqy";
	argv[n++] = "--no-install-recommends";
	argv[n++] = "install";
	argv[n++] = "--";
	for (size_t i = 0; i < p->who.n_packages; i++) {
		const char *const query[] = { "/usr/bin/dpkg", "-s", p->who.packages[i], NULL };
		struct error absent;

		if (run_in(env, root, query, 10000, &absent))
			argv[n++] = p->who.packages[i];
	}
	if (argv[n - 1][0] == '-' && argv[n - 1][1] == '-')
		return 0; /* all there */
	/* invoke-rc.d: 101 forbids starting services in a tree that is not running. */
	if (op_write_text(env, root, policy, 0755, "#!/bin/sh\nexit 101\n", err) ||
	    s->ops->mount(s, "proc", proc, "proc", 0, NULL, err))
		return -1;
	rc = run_in(env, root, update, 120000, err) || run_in(env, root, argv, 900000, err) ? -1 : 0;
	rc = op_umount(env, proc, rc, err);
	if (!rc)
		rc = s->ops->remove(s, arena_printf(&a, "%s/%s", root, policy), err);
	return rc;
}

static int (*const parts[])(struct op_env *, const struct op_identity *, const char *, struct error *) = {
	write_names, write_network, write_apt, write_boot, write_access, write_agent, add_packages,
};

int identity_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_identity *p = params;
	AUTO_ARENA a = ARENA_INIT;
	const char *dir, *dev;
	int rc;

	if (op_mount(env, p->dev, "ext4", false, "root", &a, &dir, err))
		return -1;
	/* Programs of the target run in it below: they want /dev/null. */
	dev = arena_printf(&a, "%s/dev", dir);
	rc = env->sys->ops->mount(env->sys, "/dev", dev, NULL, MS_BIND, NULL, err);
	if (!rc) {
		for (size_t i = 0; i < ARRAY_LEN(parts) && !rc; i++)
			rc = parts[i](env, p, dir, err);
		rc = op_umount(env, dev, rc, err);
	}
	return op_umount(env, dir, rc, err);
}

int identity_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_identity *p = params;
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR got = STR_INIT;
	const char *dir, *name = arena_printf(&a, "%s\n", p->who.hostname);
	int rc;

	if (op_mount(env, p->dev, "ext4", true, "root", &a, &dir, err))
		return -1;
	rc = env->sys->ops->read_file(env->sys, arena_printf(&a, "%s/etc/hostname", dir), 256, &got, err);
	if (!rc && strcmp(str_text(&got), name) != 0)
		rc = error_set(err, ERR_VERIFY, "etc/hostname: is \"%s\", wanted %s", str_text(&got), p->who.hostname);
	str_clear(&got);
	if (!rc)
		rc = env->sys->ops->read_file(env->sys, arena_printf(&a, "%s/boot/grub/grub.cfg", dir), 65536, &got, err);
	if (!rc && !strstr(str_text(&got), p->root_uuid))
		rc = error_set(err, ERR_VERIFY, "boot/grub/grub.cfg: does not name the root file system %s", p->root_uuid);
	return op_umount(env, dir, rc, err);
}
