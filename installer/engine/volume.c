/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files on volumes. */
#include "engine/volume.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "engine/bundle.h"

static int open_volume(struct sys *sys, const struct bundle_target *t, const char *dir, unsigned long flags, struct error *err)
{
	/* A journal is not replayed where only something is read. */
	const char *options = flags & MS_RDONLY && str_eq(t->type, "ext4") ? "noload" : NULL;

	if (sys->ops->make_dirs(sys, dir, 0700, err))
		return -1;
	return sys->ops->mount(sys, t->dev, dir, t->type, flags | MS_NODEV | MS_NOSUID | MS_NOEXEC, options, err);
}

static bool is_there(struct sys *sys, const char *path)
{
	AUTO_STR ignored = STR_INIT;
	struct error err = { 0 };

	return !sys->ops->read_file(sys, path, VOLUME_FILE_MAX, &ignored, &err) || err.sys != ENOENT;
}

/* On the volume at DIR; the name that was taken in *RET_NAME. */
static int save_new(struct sys *sys, const char *dir, const char *const *names, size_t n, const char *text, struct arena *a,
		    const char **ret_name, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		const char *path = arena_printf(a, "%s/%s", dir, names[i]);

		if (is_there(sys, path))
			continue;
		*ret_name = names[i];
		return sys->ops->write_file(sys, path, text, strlen(text), 0600, err);
	}
	error_set(err, ERR_CONFLICT, "%s is there already", names[n - 1]);
	return error_hint(err, "nothing is overwritten: remove it, or use another volume");
}

int volume_save(struct sys *sys, const struct machine *m, const struct plan *plan, const char *const *names, size_t n_names,
		const char *text, const char *mount_dir, struct arena *a, const char **ret_where, struct error *err)
{
	struct bundle_target *t = NULL;
	size_t n = bundle_targets(m, plan, a, &t);
	AUTO_STR why = STR_INIT;

	for (size_t i = 0; i < n; i++) {
		const char *name = NULL;
		struct error later;
		int rc = open_volume(sys, &t[i], mount_dir, 0, err);

		if (!rc) {
			rc = save_new(sys, mount_dir, names, n_names, text, a, &name, err);
			if (sys->ops->umount(sys, mount_dir, rc ? &later : err))
				rc = -1;
		}
		if (!rc) {
			*ret_where = arena_printf(a, "%s on %s", name, t[i].what);
			return 0;
		}
		str_addf(&why, "%s%s: %s", why.len ? "; " : "", t[i].what, err->msg);
	}
	if (n)
		error_set(err, ERR_IO, "no volume took the file: %s", str_text(&why));
	else
		error_set(err, ERR_NOT_FOUND, "there is no volume to save on");
	return error_hint(err, "plug in a stick with a FAT or ext4 file system that can be written to, and look again");
}

/* How many of NAMES were there. */
static size_t read_some(struct sys *sys, const char *dir, const char *const *names, size_t n, struct arena *a, struct str *ret,
			struct str *said)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		struct error ignored;

		if (sys->ops->read_file(sys, arena_printf(a, "%s/%s", dir, names[i]), VOLUME_FILE_MAX, ret, &ignored))
			continue;
		str_addf(said, "%s%s", found++ ? ", " : "", names[i]);
		if (ret->len && ret->s[ret->len - 1] != '\n')
			str_addc(ret, '\n');
	}
	return found;
}

int volume_read(struct sys *sys, const struct machine *m, const char *const *names, size_t n_names, const char *mount_dir,
		struct arena *a, struct str *ret, const char **ret_from, struct error *err)
{
	struct machine readable = *m;
	struct bundle_target *t = NULL;
	AUTO_STR looked = STR_INIT;
	AUTO_STR said = STR_INIT;
	size_t n;

	/* A stick that cannot be written to can be read. */
	readable.disks = arena_array(a, m->n_disks, sizeof(*m->disks));
	for (size_t i = 0; i < m->n_disks; i++) {
		readable.disks[i] = m->disks[i];
		readable.disks[i].read_only = false;
	}
	n = bundle_targets(&readable, NULL, a, &t);
	for (size_t i = 0; i < n; i++) {
		struct error later;
		size_t found;

		str_addf(&looked, "%s%s", i ? ", " : "", t[i].what);
		if (open_volume(sys, &t[i], mount_dir, MS_RDONLY, &later))
			continue;
		found = read_some(sys, mount_dir, names, n_names, a, ret, &said);
		if (sys->ops->umount(sys, mount_dir, err))
			return -1;
		if (found) {
			*ret_from = arena_printf(a, "%s on %s", str_text(&said), t[i].what);
			return 0;
		}
	}
	error_set(err, ERR_NOT_FOUND, "%s%s", n ? "no such file is on " : "there is no volume to read from", str_text(&looked));
	return error_hint(err, "put the file on a stick with a FAT or ext4 file system and plug it in");
}
