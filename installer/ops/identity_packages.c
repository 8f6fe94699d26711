/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packages that the image has not: those of the profile, and those that the storage needs. They come from the site's mirror,
 * or, where a node is installed from the medium, from the mirror on the medium; apt(8) checks either against the
 * mirror's key, which the image carries. Where their triggers make the initramfs again, it is of the files that were
 * written before.
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
enum { INDEX_MAX = 16 << 20, INSTALL_MS = 1800000 };

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

int identity_packages(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	size_t n, missing = 0;
	const char **list = wanted(p, &a, &n);

	for (size_t i = 0; i < n; i++)
		if (!is_installed(env, root, list[i]))
			list[missing++] = list[i];
	if (missing && (medium_of(env) ? install_from_medium(env, root, list, missing, err) : install(env, root, list, missing, err)))
		return error_wrap(err, "packages");
	return 0;
}
