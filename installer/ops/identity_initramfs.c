/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The initramfs of the image has all that root may stand on, and nothing of this machine. What it has to know of that are
 * three short files, and to make all of it again for these (some 2000 programs, minutes where the processor is emulated)
 * is not needed: the kernel unpacks archives that follow each other, later files in the place of earlier ones
 * (Documentation/driver-api/early-userspace/buffer-format.rst). So they are appended to the file. In the root lie the same
 * settings: the next update-initramfs, with the next kernel, makes a whole initramfs with the same three files in it, and
 * what was appended is gone.
 *
 * The archive is a zstd frame of its own behind that of the image: lsinitramfs(8) then reads the file as before.
 */
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

#include "base/cpio.h"
#include "base/str.h"
#include "ops/identity.h"

enum { INITRAMFS_MAX = 256 << 20, LIST_MS = 300000, RENEW_MS = 1800000, LEVEL = 3 };

static int in_root(struct op_env *env, const char *root, const char *const *argv, unsigned int timeout_ms, struct str *output,
		   struct error *err)
{
	return env->sys->ops->exec(env->sys, &(struct sys_exec){ .argv = argv, .root = root, .output = output, .timeout_ms = timeout_ms },
				   err);
}

/* What GRUB's menu starts (identity_storage.c). */
static const char *link_of(const struct op_identity *p)
{
	return identity_boot_line(p) ? "/boot/initrd.img" : "/initrd.img";
}

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

/* --- its programs */

/* A line of `lsinitramfs -l` (as ls -l) is of a file whose path ends in NAME. */
static bool is_listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = list; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		size_t len = strcspn(line, "\n");

		/* A link has its target behind its name: what is wanted are files. */
		if (len > n && line[0] == '-' && !strncmp(line + len - n, name, n) && line[len - n - 1] == '/')
			return true;
	}
	return false;
}

static int check_programs(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	const char *const argv[] = { "/usr/bin/lsinitramfs", "-l", link_of(p), NULL };
	const struct {
		bool wanted;
		const char *name;
	} programs[] = {
		{ p->n_arrays > 0, "sbin/mdadm" },
		{ root_is_volume(p), "sbin/lvm" },
		{ root_is_encrypted(p), "sbin/cryptsetup" },
		{ root_is_encrypted(p), "cryptsetup/askpass" },
	};
	AUTO_STR out = STR_INIT;

	if (in_root(env, root, argv, LIST_MS, &out, err))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		if (programs[i].wanted && !is_listed(str_text(&out), programs[i].name))
			return error_set(err, ERR_VERIFY, "the initramfs has no %s: it would not find its root file system", programs[i].name);
	return 0;
}

/* --- its settings */

static const struct id_file *written(const struct id_files *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->v[i].path, path))
			return &f->v[i];
	return NULL;
}

/* As the hook of cryptsetup-initramfs writes it: the lines of crypttab that are opened there. */
static void root_crypttab(const struct op_identity *p, const struct id_file *all, struct str *out)
{
	const char *line = all->bytes;

	for (size_t i = 0; i < p->n_crypttab; i++) {
		size_t len = strcspn(line, "\n") + 1;

		if (p->crypttab[i].root)
			str_addn(out, line, len);
		line += len;
	}
}

static void add_dirs(struct str *archive, const char *const *dirs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cpio_add(archive, dirs[i], S_IFDIR | 0755, "", 0);
}

#define DIRS(archive, ...) \
	add_dirs(archive, (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static int add_frame(const struct str *data, struct str *ret, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	size_t room = ZSTD_compressBound(data->len);
	void *frame = arena_alloc(&a, room);
	size_t n = ZSTD_compress(frame, room, data->s, data->len, LEVEL);

	if (ZSTD_isError(n))
		return error_set(err, ERR_INTERNAL, "initramfs: %s", ZSTD_getErrorName(n));
	str_addn(ret, frame, n);
	return 0;
}

/* The archive as it is appended; empty: an initramfs needs to know nothing of this machine. */
static int settings(const struct op_env *env, const struct op_identity *p, struct str *ret, struct error *err)
{
	static const char mdadm[] = "etc/mdadm/mdadm.conf", lvm[] = "etc/lvm/lvmlocal.conf";
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR archive = STR_INIT;
	struct id_files f = { .a = &a };
	const struct id_file *w;

	if (identity_storage_files(env, p, &f, err))
		return -1;
	if ((w = written(&f, mdadm))) {
		DIRS(&archive, "etc", "etc/mdadm");
		cpio_add(&archive, mdadm, S_IFREG | 0644, w->bytes, w->len);
	}
	if ((w = written(&f, lvm))) {
		DIRS(&archive, "etc", "etc/lvm");
		cpio_add(&archive, lvm, S_IFREG | 0644, w->bytes, w->len);
	}
	if (root_is_encrypted(p) && (w = written(&f, "etc/crypttab"))) {
		AUTO_STR tab = STR_INIT;

		root_crypttab(p, w, &tab);
		DIRS(&archive, "cryptroot");
		cpio_add(&archive, "cryptroot/crypttab", S_IFREG | 0644, str_text(&tab), tab.len);
	}
	if (!archive.len)
		return 0;
	cpio_end(&archive);
	return add_frame(&archive, ret, err);
}

/* The file that GRUB's link leads to, its path from here, and its bytes. */
static int read_it(struct op_env *env, const struct op_identity *p, const char *root, struct arena *a, const char **ret_path,
		   struct str *ret, struct error *err)
{
	const char *const argv[] = { "/usr/bin/readlink", "-e", link_of(p), NULL };
	AUTO_STR at = STR_INIT;

	if (in_root(env, root, argv, 0, &at, err))
		return error_wrap(err, "%s", link_of(p));
	*ret_path = arena_printf(a, "%s%.*s", root, (int)strcspn(str_text(&at), "\n"), str_text(&at));
	return env->sys->ops->read_file(env->sys, *ret_path, INITRAMFS_MAX, ret, err);
}

static bool ends_in(const struct str *file, const struct str *tail)
{
	return file->len >= tail->len && !memcmp(file->s + file->len - tail->len, tail->s, tail->len);
}

int identity_initramfs(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	static const char *const renew[] = { "/usr/sbin/update-initramfs", "-u", NULL };
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR tail = STR_INIT;
	AUTO_STR file = STR_INIT;
	const char *path;
	struct error lacks;

	if (settings(env, p, &tail, err))
		return -1;
	if (!tail.len)
		return 0;
	/* An image may have the programs, and an initramfs that was made without them. */
	if (check_programs(env, p, root, &lacks) &&
	    (in_root(env, root, renew, RENEW_MS, NULL, err) || check_programs(env, p, root, err)))
		return -1;
	if (read_it(env, p, root, &a, &path, &file, err))
		return -1;
	if (ends_in(&file, &tail))
		return 0;
	str_addn(&file, tail.s, tail.len);
	return env->sys->ops->write_file(env->sys, path, file.s, file.len, 0644, err);
}

int identity_check_initramfs(struct op_env *env, const struct op_identity *p, const char *root, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR tail = STR_INIT;
	AUTO_STR file = STR_INIT;
	const char *path;

	if (settings(env, p, &tail, err))
		return -1;
	if (!tail.len)
		return 0;
	if (read_it(env, p, root, &a, &path, &file, err))
		return -1;
	if (!ends_in(&file, &tail))
		return error_set(err, ERR_VERIFY, "%s: does not end in the settings of this machine: it would not find its root file system",
				 link_of(p) + 1);
	return 0;
}
