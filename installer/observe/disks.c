/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks: their identity, where they are attached, what uses them. A disk is a block device with a
 * size that is not made of others; optical and floppy drives are none. What is on a disk is
 * sys->probe's answer; which disk is right for something is not asked here.
 */
#include <ctype.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "observe/observe.h"
#include "sys/host.h"
#include "sys/identity.h"
#include "sys/text.h"

static const char medium_path[] = "/run/fulcrum/medium";
static const char site_label[] = "FULCRUM-CFG";

/* --- what is in use, by device number ("8:1") and by path ("/dev/sda1") */

struct use {
	const char *device, *source, *why;
};

struct uses {
	struct use *items;
	size_t n;
};

static void add_use(struct uses *u, struct arena *a, const char *device, const char *source,
		    const char *why)
{
	u->items = arena_grow(a, u->items, u->n, sizeof(*u->items));
	u->items[u->n++] = (struct use){ .device = device, .source = source, .why = why };
}

static const char *mount_why(struct arena *a, const char *target)
{
	if (str_eq(target, medium_path))
		return "boot medium";
	return arena_printf(a, "mounted on %s", text_clean(a, target, PATH_MAX));
}

/*
 * proc(5): "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw"; no fields are empty.
 */
static void add_mounts(struct uses *u, const struct host *h)
{
	AUTO_STR text = STR_INIT;
	char *save = NULL, *line;

	host_file(h, &text, "/proc/self/mountinfo");
	for (line = text.s ? strtok_r(text.s, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		char device[32], target[1024], source[1024] = "";
		const char *dash = strstr(line, " - ");

		if (sscanf(line, "%*s %*s %31s %*s %1023s", device, target) != 2)
			continue;
		if (dash)
			sscanf(dash, " - %*s %1023s", source);
		add_use(u, h->a, arena_strdup(h->a, device), arena_strdup(h->a, source),
			mount_why(h->a, target));
	}
}

/* Trees that were recorded without mountinfo have mounts: "/dev/sda1 / ext4 rw 0 0". */
static void add_old_mounts(struct uses *u, const struct host *h)
{
	AUTO_STR text = STR_INIT;
	char *save = NULL, *line;

	host_file(h, &text, "/proc/mounts");
	for (line = text.s ? strtok_r(text.s, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		char target[1024], source[1024];

		if (sscanf(line, "%1023s %1023s", source, target) == 2)
			add_use(u, h->a, NULL, arena_strdup(h->a, source), mount_why(h->a, target));
	}
}

static void add_swaps(struct uses *u, const struct host *h)
{
	AUTO_STR text = STR_INIT;
	char *save = NULL, *line;

	host_file(h, &text, "/proc/swaps");
	for (line = text.s ? strtok_r(text.s, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		if (line[0] == '/')
			add_use(u, h->a, NULL, arena_strndup(h->a, line, strcspn(line, " \t")),
				"swap");
}

/* Why the block device NAME at sysfs DIR is in use by itself, or NULL. */
static const char *use_of(const struct host *h, const struct uses *u, const char *dir,
			  const char *name)
{
	const char *device = host_text(h, "%s/dev", dir),
		   *path = arena_printf(h->a, "/dev/%s", name);
	const char **holders;
	size_t n;

	for (size_t i = 0; i < u->n; i++) {
		const struct use *x = &u->items[i];

		if ((x->device && str_eq(x->device, device)) || str_eq(x->source, path))
			return x->why;
	}
	holders = host_list(h, &n, "%s/holders", dir);
	return n ? arena_printf(h->a, "busy: held by %s", holders[0]) : NULL;
}

/* The disk or any of its partitions; the boot medium is told before everything else. */
static const char *in_use(const struct host *h, const struct uses *u, const char *dir,
			  const char *name)
{
	const char *why = use_of(h, u, dir, name), **names;
	size_t n;

	names = host_list(h, &n, "%s", dir);
	for (size_t i = 0; i < n; i++) {
		const char *part = arena_printf(h->a, "%s/%s", dir, names[i]), *here;

		if (!str_starts(names[i], name) || !host_exists(h, "%s/partition", part))
			continue;
		here = use_of(h, u, part, names[i]);
		if (here && (!why || str_eq(here, "boot medium")))
			why = here;
	}
	return why;
}

/* --- where it is attached */

struct place {
	struct str topology;
	enum disk_bus bus;
	bool usb, ata, sas, scsi, virtio, mmc;
};

static void place_release(struct place *p)
{
	str_release(&p->topology);
}

/*
 * How far a SCSI host stands from the first one of its controller: its own number is the kernel's.
 */
static unsigned long host_offset(const struct host *h, const char *parent, const char *name)
{
	unsigned long number = strtoul(name + 4, NULL, 10), least = number;
	const char **names;
	size_t n;

	names = host_list(h, &n, "%s", parent);
	for (size_t i = 0; i < n; i++)
		if (str_starts(names[i], "host") && isdigit((unsigned char)names[i][4]) &&
		    strtoul(names[i] + 4, NULL, 10) < least)
			least = strtoul(names[i] + 4, NULL, 10);
	return number - least;
}

/* "7:0:1:2": a SCSI device. */
static bool is_scsi_address(const char *c)
{
	unsigned int numbers = 0;

	for (;;) {
		size_t digits = strspn(c, "0123456789");

		if (!digits)
			return false;
		numbers++;
		c += digits;
		if (!*c)
			return numbers == 4;
		if (*c++ != ':')
			return false;
	}
}

/* "virtio3" to "virtio", "target7:0:1" to "target:0:1", "end_device-7:2" to "end_device:2". */
static bool add_counted(struct str *out, const char *c)
{
	static const char *const words[] = { "virtio", "target",      "usb",	   "mmc",
					     "port-",  "end_device-", "expander-", "rport-" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t len = strlen(words[i]);

		if (!str_starts(c, words[i]) || !isdigit((unsigned char)c[len]))
			continue;
		str_addc(out, '/');
		str_addn(out, c, c[len - 1] == '-' ? len - 1 : len);
		str_add(out, c + len + strspn(c + len, "0123456789"));
		return true;
	}
	return false;
}

static void note_kind(struct place *p, const char *c)
{
	p->usb |= str_starts(c, "usb") && isdigit((unsigned char)c[3]);
	p->sas |= str_starts(c, "end_device-");
	p->scsi |= str_starts(c, "target") && isdigit((unsigned char)c[6]);
	p->virtio |= str_starts(c, "virtio");
	p->mmc |= str_starts(c, "mmc");
}

/*
 * One component of a device path, without the numbers that the kernel gives in order of discovery.
 */
static void add_component(const struct host *h, struct place *p, const char *parent, const char *c)
{
	struct str *out = &p->topology;
	size_t digits = strspn(c, "0123456789");
	uint64_t port;

	note_kind(p, c);
	if (str_starts(c, "ata") && isdigit((unsigned char)c[3])) {
		p->ata = true;
		if (!host_u64(h, &port, "/sys/class/ata_port/%s/port_no", c))
			port = strtoull(c + 3, NULL, 10);
		str_addf(out, "/ata-%llu", (unsigned long long)port);
	} else if (str_starts(c, "host") && isdigit((unsigned char)c[4])) {
		if (!p->ata) /* a port has one host */
			str_addf(out, "/host-%lu", host_offset(h, parent, c));
	} else if (str_starts(c, "nvme") && isdigit((unsigned char)c[4])) {
		const char *space = strchr(c + 4, 'n');

		if (space)
			str_addf(out, "/%s", space);
	} else if (is_scsi_address(c)) {
		str_addf(out, "/%s", c + digits + 1);
	} else if (p->usb && digits && c[digits] == '-') {
		str_addf(out, "/%s", c + digits + 1);
	} else if (!add_counted(out, c)) {
		str_addf(out, "/%s", c);
	}
}

/*
 * An NVMe namespace that several controllers may share stands under none of them: take the first.
 */
static const char *real_path(const struct host *h, const char *name)
{
	const char *path = host_real(h, "/sys/block/%s", name), **names, *controller;
	const char *subsystem = "/sys/devices/virtual/nvme-subsystem/";
	char *up;
	size_t n;

	if (!path || !str_starts(path, subsystem))
		return path;
	up = arena_strdup(h->a, path);
	*strrchr(up, '/') = '\0';
	names = host_list(h, &n, "%s", up);
	for (size_t i = 0; i < n; i++) {
		if (!str_starts(names[i], "nvme") || strchr(names[i] + 4, 'n'))
			continue;
		controller = host_real(h, "%s/%s", up, names[i]);
		if (controller)
			return arena_printf(h->a, "%s/%s", controller, name);
	}
	return path;
}

static enum disk_bus bus_of(const struct place *p, const char *name)
{
	if (str_starts(name, "nvme"))
		return BUS_NVME;
	if (p->usb)
		return BUS_USB;
	if (p->ata)
		return BUS_SATA;
	if (p->sas)
		return BUS_SAS;
	if (p->mmc)
		return BUS_MMC;
	if (p->scsi)
		return BUS_SCSI;
	return p->virtio ? BUS_VIRTIO : BUS_UNKNOWN;
}

static void find_place(const struct host *h, const char *path, struct disk *d)
{
	CLEANUP(place_release) struct place p = { .topology = STR_INIT };
	char *copy = arena_strdup(h->a, path), *end = strrchr(copy, '/'), *save = NULL;
	size_t block = strlen("/block");

	/* ".../block/sda" is the device ..., ".../nvme0/nvme0n1" the device nvme0n1. */
	if (end && (size_t)(end - copy) > block && !strncmp(end - block, "/block", block))
		end[-(ptrdiff_t)block] = '\0';
	for (char *c = strtok_r(copy, "/", &save); c; c = strtok_r(NULL, "/", &save)) {
		char *parent = arena_strndup(h->a, path, (size_t)(c - copy) - 1);

		if (!str_eq(c, "sys"))
			add_component(h, &p, parent, c);
	}
	d->topology = arena_strdup(h->a, str_text(&p.topology));
	d->pci = host_pci(h, path);
	d->bus = bus_of(&p, d->name);
}

/* --- who it is */

static void read_identity(const struct host *h, const char *dir, const char *path, struct disk *d)
{
	disk_identity(h, dir, path, &d->serial, &d->wwn);
	d->model = host_text(h, "%s/device/model", dir);
	if (!d->model)
		d->model = host_text(h, "%s/device/name", dir); /* MMC */
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

static void probe(struct sys *sys, struct arena *a, struct disk *d)
{
	struct error err;
	const char *what;
	char *prefix = arena_printf(a, "%s: ", d->path);

	if (!sys->ops->probe(sys, d, a, &err))
		return;
	/*
	 * It cannot be looked at: that is a finding about this disk. Its kernel name is not part of
	 * it.
	 */
	what = str_starts(err.msg, prefix) ? err.msg + strlen(prefix) : err.msg;
	d->damage = text_clean(a, what, strlen(what));
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

/*
 * Two paths to one disk would look like two disks: the later one is not to be had, and the first one
 * not either when the later one is mounted.
 */
static void mark_second_paths(struct machine *m, struct arena *a)
{
	for (size_t i = 1; i < m->n_disks; i++) {
		struct disk *d = &m->disks[i];

		for (size_t k = 0; k < i && d->wwn && d->serial; k++) {
			struct disk *first = &m->disks[k];

			if (!str_eq(d->wwn, first->wwn) || !str_eq(d->serial, first->serial) ||
			    d->size_bytes != first->size_bytes)
				continue;
			/* In use by one path is in use by all: it may be the boot medium. */
			if (!first->in_use && d->in_use)
				first->in_use = arena_printf(a, "the same disk as %s: %s", d->name, d->in_use);
			if (!d->in_use)
				d->in_use = arena_printf(a, "second path to %s", first->name);
		}
	}
}

int observe_disks(struct sys *sys, const char *root, struct arena *a, struct machine *m,
		  struct error *err UNUSED)
{
	const struct host h = { .root = root, .a = a };
	struct uses uses = { .items = NULL };
	const char **names;
	size_t n;

	m->disks = NULL;
	m->n_disks = 0;
	add_mounts(&uses, &h);
	if (!uses.n)
		add_old_mounts(&uses, &h);
	add_swaps(&uses, &h);
	names = host_list(&h, &n, "/sys/block");
	for (size_t i = 0; i < n; i++) {
		const char *dir = arena_printf(a, "/sys/block/%s", names[i]),
			   *path = real_path(&h, names[i]);
		struct disk *d;
		uint64_t size;

		if (!path || !is_disk(&h, names[i], path) || !host_u64(&h, &size, "%s/size", dir) ||
		    !size)
			continue;
		m->disks = arena_grow(a, m->disks, m->n_disks, sizeof(*m->disks));
		d = &m->disks[m->n_disks++];
		d->name = names[i];
		d->path = arena_printf(a, "/dev/%s", names[i]);
		d->size_bytes = size * 512; /* sysfs counts in 512 bytes, whatever the sector */
		find_place(&h, path, d);
		read_identity(&h, dir, path, d);
		read_geometry(&h, dir, d);
		d->in_use = in_use(&h, &uses, dir, names[i]);
		if (sys)
			probe(sys, a, d);
		if (!d->in_use && has_site_file(d))
			d->in_use = "site-file medium";
	}
	mark_second_paths(m, a);
	return 0;
}
