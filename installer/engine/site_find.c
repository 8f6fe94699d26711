/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the site file comes from. */
#include "engine/site_find.h"

#include <errno.h>
#include <sys/mount.h>

#include "data/yaml.h"

static const char label[] = "FULCRUM-CFG", file_name[] = "site.yaml";

struct found {
	const char *dev, *type;
	size_t n;
};

static void look(const struct signature *s, size_t n, const char *dev, struct found *f)
{
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(s[i].label, label))
			continue;
		f->dev = dev;
		f->type = s[i].type;
		f->n++;
	}
}

int site_find(struct sys *sys, const struct machine *m, const char *medium, const char *mount_dir, struct arena *a,
	      struct str *ret, const char **ret_from, struct error *err)
{
	struct found f = { 0 };
	const char *options;
	struct error later;
	int rc;

	for (size_t i = 0; i < m->n_disks; i++) {
		const struct disk *d = &m->disks[i];

		look(d->signatures, d->n_signatures, d->path, &f);
		for (size_t j = 0; j < d->n_partitions; j++)
			look(d->partitions[j].signatures, d->partitions[j].n_signatures,
			     partition_path(a, d->path, d->partitions[j].number), &f);
	}
	if (f.n > 1)
		return error_set(err, ERR_SELECT, "%zu volumes are labelled %s, exactly 1 may be", f.n, label);
	if (!f.n) {
		const char *path = arena_printf(a, "%s/%s", medium, file_name);

		*ret_from = path;
		if (!sys->ops->read_file(sys, path, YAML_MAX_BYTES + 1, ret, err))
			return 0;
		if (err->sys != ENOENT)
			return -1;
		error_set(err, ERR_INPUT, "no site file: no volume is labelled %s, and the medium carries no %s", label, file_name);
		return error_hint(err, "put %s on a FAT or ext4 volume labelled %s and attach it; the README shows an example",
				  file_name, label);
	}
	/* A journal is not replayed: nobody consented to a write here, not even of the file system's own. */
	options = str_eq(f.type, "ext4") || str_eq(f.type, "ext3") ? "noload" : NULL;
	*ret_from = arena_printf(a, "%s on the volume labelled %s (%s)", file_name, label, f.dev);
	if (sys->ops->make_dirs(sys, mount_dir, 0700, err) ||
	    sys->ops->mount(sys, f.dev, mount_dir, f.type, MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOEXEC, options, err))
		return error_wrap(err, "volume %s", label);
	rc = sys->ops->read_file(sys, arena_printf(a, "%s/%s", mount_dir, file_name), YAML_MAX_BYTES + 1, ret, err);
	if (sys->ops->umount(sys, mount_dir, rc ? &later : err))
		rc = -1;
	return rc;
}
