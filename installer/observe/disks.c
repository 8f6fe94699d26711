/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks: what counts as one, who it is, its geometry. A disk is a block device with a size that is not
 * made of others; optical and floppy drives are none. What is on a disk is sys->probe's answer; which
 * disk is right for something is not asked here.
 */
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "observe/disks.h"
#include "observe/observe.h"
#include "sys/host.h"
#include "sys/identity.h"
#include "sys/text.h"

static const char site_label[] = "FULCRUM-CFG";

/* --- who it is */

static void read_identity(const struct host *h, const char *dir, const char *path, struct disk *d)
{
	disk_identity(h, dir, path, &d->serial, &d->wwn);
	d->model = host_text(h, "%s/device/model", dir);
	if (!d->model)
		d->model = host_text(h, "%s/device/name", dir); /* MMC */
	d->revision = host_text(h, "%s/device/firmware_rev", dir); /* NVMe */
	if (!d->revision)
		d->revision = host_text(h, "%s/device/rev", dir);
	d->vendor = host_text(h, "%s/device/vendor", dir);
	if (d->vendor && str_starts(d->vendor, "0x")) /* a PCI or virtio number */
		d->vendor = NULL;
}

static bool flag(const struct host *h, const char *dir, const char *name)
{
	uint64_t v;

	return host_u64(h, &v, "%s/%s", dir, name) && v;
}

static uint64_t number(const struct host *h, const char *dir, const char *name, uint64_t otherwise)
{
	uint64_t v;

	return host_u64(h, &v, "%s/queue/%s", dir, name) && v ? v : otherwise;
}

static void read_geometry(const struct host *h, const char *dir, struct disk *d)
{
	d->sector_bytes = number(h, dir, "logical_block_size", 512);
	d->physical_bytes = number(h, dir, "physical_block_size", d->sector_bytes);
	d->optimal_io_bytes = number(h, dir, "optimal_io_size", 0);
	d->rotational = flag(h, dir, "queue/rotational");
	d->removable = flag(h, dir, "removable");
	d->read_only = flag(h, dir, "ro");
}

/* --- what counts as a disk */

static bool is_disk(const struct host *h, const char *name, const char *path)
{
	/*
	 * What is made of other things (loop, ram, zram, dm, md, nbd) is virtual; shared NVMe is
	 * not.
	 */
	if (str_starts(path, "/sys/devices/virtual/") && !str_starts(name, "nvme"))
		return false;
	/* One path of a shared namespace, which has a disk of its own. */
	if (flag(h, arena_printf(h->a, "/sys/block/%s", name), "hidden"))
		return false;
	/* Boot areas and the replay-protected block of eMMC. */
	if (str_starts(name, "mmcblk") && (strstr(name, "boot") || strstr(name, "rpmb")))
		return false;
	return !str_starts(name, "sr") &&
	       !(str_starts(name, "fd") && isdigit((unsigned char)name[2]));
}

/* A finding about this disk; its kernel name is not part of it. */
static void note_damage(struct arena *a, const struct error *err, struct disk *d)
{
	char *prefix = arena_printf(a, "%s: ", d->path);
	const char *what = str_starts(err->msg, prefix) ? err->msg + strlen(prefix) : err->msg;

	d->damage = text_clean(a, what, strlen(what));
	d->unread = true;
}

/* What is on them, of several at once: a disk that does not answer must not make the others wait. */
static int probe_all(struct sys *sys, struct seen_disk *seen, size_t n, struct arena *a, struct error *err)
{
	struct disk **disks = arena_array(a, n, sizeof(*disks));
	struct error *results = calloc(n ? n : 1, sizeof(*results));
	int rc;

	if (!results)
		abort();
	for (size_t i = 0; i < n; i++)
		disks[i] = &seen[i].disk;
	rc = sys->ops->probe_many(sys, disks, n, a, results, err);
	for (size_t i = 0; i < n && !rc; i++) {
		seen[i].answered = !results[i].msg[0];
		if (!seen[i].answered)
			note_damage(a, &results[i], disks[i]);
	}
	free(results);
	return rc;
}

static bool has_label(const struct signature *s, size_t n, const char *label)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(s[i].label, label))
			return true;
	return false;
}

static bool has_site_file(const struct disk *d)
{
	if (has_label(d->signatures, d->n_signatures, site_label))
		return true;
	for (size_t i = 0; i < d->n_partitions; i++)
		if (has_label(d->partitions[i].signatures, d->partitions[i].n_signatures,
			      site_label))
			return true;
	return false;
}

static bool look(const struct host *h, const struct uses *u, const char *name, struct seen_disk *ret)
{
	const char *dir = arena_printf(h->a, "/sys/block/%s", name), *path = place_path(h, name);
	struct disk *d = &ret->disk;
	uint64_t size;

	if (!path || !is_disk(h, name, path) || !host_u64(h, &size, "%s/size", dir) || !size)
		return false;
	*ret = (struct seen_disk){ .answered = true };
	d->name = name;
	d->path = arena_printf(h->a, "/dev/%s", name);
	d->size_bytes = size * 512; /* sysfs counts in 512 bytes, whatever the sector */
	place_find(h, path, d);
	read_identity(h, dir, path, d);
	read_geometry(h, dir, d);
	uses_of(h, u, dir, d);
	/* A namespace hangs below its controller, or, shared, below the subsystem itself. */
	ret->subsystem = host_text(h, "%s/device/subsysnqn", dir);
	return true;
}

int observe_disks(struct sys *sys, const char *root, struct arena *a, struct machine *m, struct error *err)
{
	const struct host h = { .root = root, .a = a };
	struct seen_disk *seen;
	struct uses uses;
	const char **names;
	size_t n, n_seen = 0;

	uses_read(&h, &uses);
	names = host_list(&h, &n, "/sys/block");
	seen = arena_array(a, n, sizeof(*seen));
	for (size_t i = 0; i < n; i++)
		n_seen += look(&h, &uses, names[i], &seen[n_seen]);
	if (sys && probe_all(sys, seen, n_seen, a, err))
		return -1;
	for (size_t i = 0; i < n_seen; i++)
		if (!seen[i].disk.in_use && has_site_file(&seen[i].disk))
			seen[i].disk.in_use = DISK_SITE_MEDIUM;
	paths_fold(seen, n_seen, a, m);
	if (sys)
		observe_storage(sys, a, m);
	return 0;
}
