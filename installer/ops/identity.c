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
#include "ops/identity.h"
#include "plan/net_networkd.h"

static const char mirror_keyring[] = "/usr/share/keyrings/fulcrum-mirror.gpg";
static const char host_key[] = "/etc/ssh/ssh_host_ed25519_key", node_key[] = "etc/fulcrum/node.key";

/* --- the files, as values */

void id_file_add(struct id_files *f, const char *path, mode_t mode, struct str *text)
{
	f->v = arena_grow(f->a, f->v, f->n, sizeof(*f->v));
	f->v[f->n++] = (struct id_file){ .path = path, .mode = mode, .dir_mode = 0755, .len = text->len,
					 .bytes = arena_strdup(f->a, str_text(text)) };
	str_clear(text);
}

static const char *fqdn(const struct identity *w, struct arena *a)
{
	return w->domain ? arena_printf(a, "%s.%s", w->hostname, w->domain) : w->hostname;
}

static void names(const struct op_env *env, const struct op_identity *p, struct id_files *f)
{
	AUTO_STR b = STR_INIT;
	const struct identity *w = &p->who;
	char uuid[UUID_TEXT];

	str_addf(&b, "%s\n", w->hostname);
	id_file_add(f, "etc/hostname", 0644, &b);
	str_addf(&b, "127.0.0.1 localhost\n::1 localhost ip6-localhost\n%s %s %s\n", w->address, fqdn(w, f->a), w->hostname);
	id_file_add(f, "etc/hosts", 0644, &b);
	/* machine-id(5): 32 hex digits; made of the attempt's seed, so that no two installs share one. */
	uuid_from_seed(env->plan->seed, "machine-id", uuid);
	for (const char *c = uuid; *c; c++)
		if (*c != '-')
			str_addc(&b, *c);
	str_addc(&b, '\n');
	id_file_add(f, "etc/machine-id", 0444, &b);
}

/* The admin node first; then what the networks name, as long as a resolver reads it (resolv.conf(5): three servers). */
static void resolver(const struct op_identity *p, struct str *b)
{
	const struct identity *w = &p->who;
	size_t servers = 1;
	AUTO_STR search = STR_INIT;

	str_addf(b, "nameserver %s\n", w->admin_address);
	if (w->domain)
		str_addf(&search, " %s", w->domain);
	for (size_t i = 0; i < p->net.n_devs; i++) {
		const struct net_dev *d = &p->net.devs[i];

		for (size_t k = 0; k < d->n_dns && servers < 3; k++, servers++)
			str_addf(b, "nameserver %s\n", d->dns[k]);
		for (size_t k = 0; k < d->n_search; k++)
			str_addf(&search, " %s", d->search[k]);
	}
	if (search.len)
		str_addf(b, "search%s\n", str_text(&search));
}

static void network(const struct op_identity *p, struct id_files *f)
{
	AUTO_STR b = STR_INIT;
	const struct identity *w = &p->who;
	struct net_file *files;
	size_t n;

	net_networkd(&p->net, f->a, &files, &n);
	for (size_t i = 0; i < n; i++) {
		str_add(&b, files[i].text);
		id_file_add(f, files[i].path, 0644, &b);
	}
	resolver(p, &b);
	id_file_add(f, "etc/resolv.conf", 0644, &b);
	/* The admin node is the site's time authority; Debian's default pool is outside the site. */
	str_addf(&b, "server %s iburst prefer\ndriftfile /var/lib/chrony/chrony.drift\nmakestep 1 -1\nrtcsync\n"
		     "ntsdumpdir /var/lib/chrony\nlogdir /var/log/chrony\n", w->admin_address);
	id_file_add(f, "etc/chrony/chrony.conf", 0644, &b);
	str_addf(&b, "Types: deb\nURIs: http://%s/mirror\nSuites: trixie\nComponents: main\nSigned-By: %s\n", w->admin_address,
		 mirror_keyring);
	id_file_add(f, "etc/apt/sources.list.d/fulcrum.sources", 0644, &b);
}

static void access_files(const struct op_identity *p, struct id_files *f)
{
	AUTO_STR b = STR_INIT;
	struct tree *t = tree_new(f->a, TREE_MAP);

	for (size_t i = 0; i < p->who.n_ssh_keys; i++)
		str_addf(&b, "%s\n", p->who.ssh_keys[i]);
	id_file_add(f, "root/.ssh/authorized_keys", 0600, &b);
	f->v[f->n - 1].dir_mode = 0700;
	if (str_empty(p->who.site_key)) /* installed without an admin node: nobody to report to */
		return;
	tree_add(f->a, t, "server", tree_string(f->a, p->who.admin_address));
	tree_add(f->a, t, "site_key", tree_string(f->a, p->who.site_key));
	tree_add(f->a, t, "node", tree_string(f->a, p->who.node));
	tree_add(f->a, t, "attempt", tree_u64(f->a, p->who.attempt));
	json_write(t, true, &b);
	id_file_add(f, "etc/fulcrum/agent.json", 0644, &b);
}

static int all_files(const struct op_env *env, const struct op_identity *p, struct id_files *f, struct error *err)
{
	names(env, p, f);
	network(p, f);
	access_files(p, f);
	return identity_storage_files(env, p, f, err);
}

/* --- writing */

static int write_files(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct id_files f = { .a = &a };
	struct sys *s = env->sys;

	if (all_files(env, p, &f, err) || s->ops->remove(s, arena_printf(&a, "%s/etc/apt/sources.list", root), err))
		return -1;
	for (size_t i = 0; i < p->n_fstab; i++)
		if (p->fstab[i].where[0] == '/' &&
		    s->ops->make_dirs(s, arena_printf(&a, "%s%s", root, p->fstab[i].where), 0755, err))
			return -1;
	for (size_t i = 0; i < f.n; i++) {
		const struct id_file *w = &f.v[i];
		const char *path = arena_printf(&a, "%s/%s", root, w->path);
		const char *dir = arena_strndup(&a, path, (size_t)(strrchr(path, '/') - path));

		if (s->ops->make_dirs(s, dir, w->dir_mode, err) || s->ops->write_file(s, path, w->bytes, w->len, w->mode, err))
			return -1;
	}
	return 0;
}

/* What is random is made here, on the node, and leaves it never. */
static int make_keys(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct sys *s = env->sys;
	const char *const keygen[] = { "/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", p->who.hostname,
				       "-f", host_key, NULL };
	char sec[KEY_SEC_HEX + 1];
	int rc;

	/* ssh-keygen asks before it overwrites; a repeated operation starts clean. */
	if (s->ops->remove(s, arena_printf(&a, "%s%s", root, host_key), err) ||
	    s->ops->remove(s, arena_printf(&a, "%s%s.pub", root, host_key), err) ||
	    s->ops->exec(s, &(struct sys_exec){ .argv = keygen, .root = root }, err))
		return -1;
	if (str_empty(p->who.site_key))
		return 0;
	key_generate(env->node_key, sec);
	memcpy(sec + KEY_SEC_HEX - 1, "\n", 2);
	rc = s->ops->write_file(s, arena_printf(&a, "%s/%s", root, node_key), sec, KEY_SEC_HEX, 0600, err);
	explicit_bzero(sec, sizeof(sec));
	return rc;
}

/* --- mounting */

struct target_mount {
	const char *from, *at, *type;
	unsigned long flags;
	const char *options;
};
typedef int (*target_work)(struct op_env *env, const struct op_identity *p, const char *root, struct error *err);

/* Mounts the N of M below ROOT, one in the other, works there, and leaves none of them. */
static int inside(struct op_env *env, const struct op_identity *p, const char *root, const struct target_mount *m, size_t n,
		  target_work work, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *at;

	if (!n)
		return work(env, p, root, err);
	at = arena_printf(&a, "%s/%s", root, m->at);
	if (env->sys->ops->mount(env->sys, m->from, at, m->type, m->flags, m->options, err))
		return -1;
	return op_umount(env, at, inside(env, p, root, m + 1, n - 1, work, err), err);
}

/* Programs of the target run in it: they want /dev/null, and their view of the machine. */
static int in_target(struct op_env *env, const struct op_identity *p, const char *root, bool read_only, target_work work,
		     struct error *err)
{
	const struct fstab_line *boot = identity_boot_line(p);
	AUTO_ARENA a = ARENA_INIT;
	struct target_mount m[] = {
		{ "/dev", "dev", NULL, MS_BIND, NULL },
		{ "proc", "proc", "proc", MS_NODEV | MS_NOSUID | MS_NOEXEC, NULL },
		{ "sysfs", "sys", "sysfs", MS_NODEV | MS_NOSUID | MS_NOEXEC, NULL },
		{ "tmpfs", "run", "tmpfs", MS_NODEV | MS_NOSUID, "mode=0755" },
		{ NULL, "boot", NULL, MS_NODEV | MS_NOSUID | (read_only ? MS_RDONLY : 0), NULL },
	};
	size_t n = ARRAY_LEN(m) - !boot;

	if (boot) {
		m[n - 1].type = boot->fs;
		if (op_dev_path(env, boot->dev, &a, &m[n - 1].from, err))
			return -1;
	}
	return inside(env, p, root, m, n, work, err);
}

static int work(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	if (write_files(env, p, root, err) || make_keys(env, p, root, err) || identity_packages(env, p, root, err))
		return -1;
	return identity_initramfs(env, p, root, err);
}

int identity_apply(struct op_env *env, const void *params, struct error *err)
{
	const struct op_identity *p = params;
	AUTO_ARENA a = ARENA_INIT;
	const char *dir;
	int rc;

	if (op_mount(env, p->dev, "ext4", false, "root", &a, &dir, err))
		return -1;
	rc = identity_move_boot(env, p, dir, err);
	if (!rc)
		rc = in_target(env, p, dir, false, work, err);
	return op_umount(env, dir, rc, err);
}

/* --- looking again */

static int verify_files(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct id_files f = { .a = &a };

	if (all_files(env, p, &f, err))
		return -1;
	for (size_t i = 0; i < f.n; i++) {
		const struct id_file *w = &f.v[i];
		AUTO_STR got = STR_INIT;
		bool same;

		if (env->sys->ops->read_file(env->sys, arena_printf(&a, "%s/%s", root, w->path), w->len + 4096, &got, err))
			return -1;
		same = got.len == w->len && !memcmp(str_text(&got), w->bytes, w->len);
		if (w->secret && got.len)
			explicit_bzero(got.s, got.len);
		if (!same)
			return error_set(err, ERR_VERIFY, "%s: is not as written", w->path);
	}
	return 0;
}

static int verify_keys(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR got = STR_INIT;
	struct sys *s = env->sys;
	bool good;

	if (s->ops->read_file(s, arena_printf(&a, "%s%s.pub", root, host_key), 4096, &got, err))
		return -1;
	if (!str_starts(str_text(&got), "ssh-ed25519 "))
		return error_set(err, ERR_VERIFY, "%s.pub: is not a key", host_key + 1);
	if (str_empty(p->who.site_key))
		return 0;
	str_clear(&got);
	if (s->ops->read_file(s, arena_printf(&a, "%s/%s", root, node_key), 4096, &got, err))
		return -1;
	/* libsodium's secret key ends with the public one. */
	good = got.len == KEY_SEC_HEX && !strncmp(got.s + KEY_SEC_HEX - KEY_PUB_HEX, env->node_key, KEY_PUB_HEX - 1);
	if (got.len)
		explicit_bzero(got.s, got.len);
	return good ? 0 : error_set(err, ERR_VERIFY, "%s: is not the key that was made", node_key);
}

static int look(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	if (verify_files(env, p, root, err) || verify_keys(env, p, root, err))
		return -1;
	return identity_check_initramfs(env, p, root, err);
}

int identity_verify(struct op_env *env, const void *params, struct error *err)
{
	const struct op_identity *p = params;
	AUTO_ARENA a = ARENA_INIT;
	const char *dir;

	if (op_mount(env, p->dev, "ext4", true, "root", &a, &dir, err))
		return -1;
	return op_umount(env, dir, in_target(env, p, dir, true, look, err), err);
}
