/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packages that the image has not: those of the profile, and those that the storage needs. They come from the site's mirror,
 * or, where a node is installed from the medium, from the mirror on the medium; apt(8) checks either against the
 * mirror's key, which the image carries. Their triggers make the initramfs again, of the files that were written before.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/str.h"
#include "ops/identity.h"
#include "ops/source.h"

static const char packages_index[] = "mirror/dists/trixie/main/binary-amd64/Packages";
static const char policy[] = "usr/sbin/policy-rc.d";
static const char medium_dir[] = "run/fulcrum-mirror", medium_list[] = "run/fulcrum-medium.list";
static const char keyring[] = "/usr/share/keyrings/fulcrum-mirror.gpg";

/* Some 2000 programs make an initramfs: seconds on a server, minutes where the processor is emulated and busy. */
enum { INDEX_MAX = 16 << 20, INSTALL_MS = 1800000, INITRAMFS_MS = 1800000 };

/* Directory of the release that is installed from; NULL when it is the admin node's. */
static const char *medium_of(const struct op_env *env)
{
	return str_starts(env->source, "file://") ? env->source + strlen("file://") : NULL;
}

/* The profile's packages and the storage's. */
static const char **wanted(const struct op_identity *p, struct arena *a, size_t *ret_n)
{
	const char **list = arena_array(a, p->n_packages + p->who.n_packages + 1, sizeof(*list));

	*ret_n = 0;
	for (size_t i = 0; i < p->n_packages; i++)
		list[(*ret_n)++] = p->packages[i];
	for (size_t i = 0; i < p->who.n_packages; i++)
		list[(*ret_n)++] = p->who.packages[i];
	return list;
}

/* --- before anything is written */

/* A stanza of TEXT is of package NAME. */
static bool is_listed(const char *text, const char *name)
{
	static const char key[] = "Package: ";
	size_t n = strlen(name);

	for (const char *at = text; (at = strstr(at, key)); at += strlen(key)) {
		const char *value = at + strlen(key);

		if ((at == text || at[-1] == '\n') && !strncmp(value, name, n) && (value[n] == '\n' || !value[n]))
			return true;
	}
	return false;
}

int identity_offered(struct op_env *env, const struct op_identity *p, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	struct seed seed;
	size_t n;
	const char **list = wanted(p, &a, &n);

	if (!n)
		return 0;
	if (source_seed(env->sys, env->source, env->release_key, &a, &seed, err) ||
	    source_listed(env->sys, env->source, &seed, packages_index, INDEX_MAX, &text, err))
		return error_wrap(err, "packages");
	for (size_t i = 0; i < n; i++) {
		if (is_listed(str_text(&text), list[i]))
			continue;
		error_set(err, ERR_NOT_FOUND, "package %s: is not in this release's mirror", list[i]);
		return error_hint(err, "take it out of the profile's packages, or build a release that carries it");
	}
	return 0;
}

/* --- programs of the target */

static int in_root(struct op_env *env, const char *root, const char *const *argv, unsigned int timeout_ms, struct str *output,
		   struct error *err)
{
	return env->sys->ops->exec(env->sys, &(struct sys_exec){ .argv = argv, .root = root, .output = output, .timeout_ms = timeout_ms },
				   err);
}

/* Words of one command of the target. */
struct words {
	const char **v;
	size_t n;
};

static void add(struct words *w, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		w->v[w->n++] = words[i];
}

#define ADD(w, ...) add(w, (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

/* apt-get as it is wanted here: asks nothing, keeps our files, leaves syncing to the end. */
static struct words apt(const struct op_env *env, size_t room, struct arena *a)
{
	struct words w = { .v = arena_array(a, room + 24, sizeof(const char *)) };

	ADD(&w, "/usr/bin/env", "DEBIAN_FRONTEND=noninteractive", "/usr/bin/apt-get", "-qqy", "--no-install-recommends", "-o",
	    "Dpkg::Options::=--force-confold", "-o", "Dpkg::Options::=--force-unsafe-io", "-o", "APT::Update::Error-Mode=any");
	if (medium_of(env))
		/* The list names the medium alone; _apt may not be able to read what is mounted there. */
		ADD(&w, "-o", arena_printf(a, "Dir::Etc::sourcelist=/%s", medium_list), "-o", "Dir::Etc::sourceparts=/dev/null", "-o",
		    "APT::Sandbox::User=root");
	return w;
}

static bool is_installed(struct op_env *env, const char *root, const char *name)
{
	static const char field[] = "-f=${db:Status-Status}";
	const char *const query[] = { "/usr/bin/dpkg-query", "-W", field, "--", name, NULL };
	AUTO_STR out = STR_INIT;
	struct error absent;

	return !in_root(env, root, query, 60000, &out, &absent) && str_eq(str_text(&out), "installed");
}

static int install(struct op_env *env, const char *root, const char *const *names, size_t n, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct words update = apt(env, 0, &a), add_them = apt(env, n, &a);
	struct sys *s = env->sys;
	int rc;

	ADD(&update, "update");
	ADD(&add_them, "install", "--");
	add(&add_them, names, n);
	/* invoke-rc.d: 101 forbids starting services in a tree that is not running. */
	if (op_write_text(env, root, policy, 0755, "#!/bin/sh\nexit 101\n", err))
		return -1;
	rc = in_root(env, root, update.v, 300000, NULL, err) || in_root(env, root, add_them.v, INSTALL_MS, NULL, err) ? -1 : 0;
	if (!rc)
		rc = s->ops->remove(s, arena_printf(&a, "%s/%s", root, policy), err);
	/* Lists of a mirror that the node does not see, and packages that are unpacked. */
	if (!rc)
		rc = s->ops->remove(s, arena_printf(&a, "%s/var/lib/apt/lists", root), err);
	if (!rc)
		rc = s->ops->remove(s, arena_printf(&a, "%s/var/cache/apt/archives", root), err);
	return rc;
}

/* The medium's mirror, read-only, where apt of the target finds it. */
static int install_from_medium(struct op_env *env, const char *root, const char *const *names, size_t n, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct sys *s = env->sys;
	const char *at = arena_printf(&a, "%s/%s", root, medium_dir);
	int rc;

	if (s->ops->make_dirs(s, at, 0755, err) ||
	    op_write_text(env, root, medium_list, 0644,
			  arena_printf(&a, "deb [signed-by=%s] file:/%s trixie main\n", keyring, medium_dir), err) ||
	    s->ops->mount(s, arena_printf(&a, "%s/mirror", medium_of(env)), at, NULL, MS_BIND, NULL, err))
		return -1;
	/* A bind mount takes its flags only when it is mounted again: mount(8). */
	rc = s->ops->mount(s, "none", at, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NODEV | MS_NOSUID, NULL, err);
	if (!rc)
		rc = install(env, root, names, n, err);
	return op_umount(env, at, rc, err);
}

/* --- the initramfs */

static bool root_is_volume(const struct op_identity *p)
{
	return str_starts(p->dev, "lv:");
}

static bool root_is_encrypted(const struct op_identity *p)
{
	for (size_t i = 0; i < p->n_crypttab; i++)
		if (p->crypttab[i].root)
			return true;
	return false;
}

/* The line of `lsinitramfs -l` (ls -l) for the file whose path ends in NAME; *RET_SIZE are its bytes. */
static bool find_entry(const char *list, const char *name, uint64_t *ret_size)
{
	size_t n = strlen(name);

	for (const char *line = list; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		size_t len = strcspn(line, "\n");
		const char *at = line;

		/* Mode, links, owner, group, size. A link has its target behind its name: what is wanted are files. */
		if (len <= n || line[0] != '-' || strncmp(line + len - n, name, n) != 0 || !strchr(" /", line[len - n - 1]))
			continue;
		for (int column = 0; column < 4; column++) {
			at += strcspn(at, " ");
			at += strspn(at, " ");
		}
		*ret_size = strtoull(at, NULL, 10);
		return true;
	}
	return false;
}

/* A file that the initramfs must have. OURS: as long as the one that was written below the root, which it is a copy of. */
struct entry {
	bool wanted, ours;
	const char *name;
};

static const struct id_file *written(const struct id_files *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->v[i].path, path))
			return &f->v[i];
	return NULL;
}

static int check_entry(const char *list, const struct entry *e, const struct id_files *f, struct error *err)
{
	const struct id_file *file = e->ours ? written(f, e->name) : NULL;
	uint64_t size = 0;

	/* A crypttab that the hook found nothing for is there and empty. */
	if (!find_entry(list, e->name, &size) || !size)
		return error_set(err, ERR_VERIFY, "the initramfs has no %s: it would not find its root file system", e->name);
	if (file && file->len != size)
		return error_set(err, ERR_VERIFY, "the initramfs has another %s: it would not find its root file system", e->name);
	return 0;
}

int identity_check_initramfs(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	const char *const argv[] = { "/usr/bin/lsinitramfs", "-l", identity_boot_line(p) ? "/boot/initrd.img" : "/initrd.img", NULL };
	const struct entry entries[] = {
		{ p->n_arrays > 0, false, "sbin/mdadm" },	{ p->n_arrays > 0, true, "etc/mdadm/mdadm.conf" },
		{ root_is_volume(p), false, "sbin/lvm" },	{ root_is_volume(p), true, "etc/lvm/lvmlocal.conf" },
		{ root_is_encrypted(p), false, "sbin/cryptsetup" }, { root_is_encrypted(p), false, "cryptroot/crypttab" },
	};
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR out = STR_INIT;
	struct id_files f = { .a = &a };
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		any = any || entries[i].wanted;
	if (!any)
		return 0;
	if (identity_storage_files(env, p, &f, err) || in_root(env, root, argv, INITRAMFS_MS, &out, err))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		if (entries[i].wanted && check_entry(str_text(&out), &entries[i], &f, err))
			return -1;
	return 0;
}

int identity_packages(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	static const char *const renew[] = { "/usr/sbin/update-initramfs", "-u", NULL };
	AUTO_ARENA a = ARENA_INIT;
	size_t n, missing = 0;
	const char **list = wanted(p, &a, &n);
	struct error lacks;

	for (size_t i = 0; i < n; i++)
		if (!is_installed(env, root, list[i]))
			list[missing++] = list[i];
	if (missing && (medium_of(env) ? install_from_medium(env, root, list, missing, err) : install(env, root, list, missing, err)))
		return error_wrap(err, "packages");
	/* Packages that were there already, the image's, have made it without our files. */
	if (!identity_check_initramfs(env, p, root, &lacks))
		return 0;
	if (in_root(env, root, renew, INITRAMFS_MS, NULL, err))
		return -1;
	return identity_check_initramfs(env, p, root, err);
}
