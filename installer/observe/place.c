/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a disk is attached: its sysfs path without the numbers that the kernel gives in the order of
 * discovery, so that it changes when a cable is moved, not when a driver loads later.
 */
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "observe/disks.h"

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
const char *place_path(const struct host *h, const char *name)
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

void place_find(const struct host *h, const char *path, struct disk *d)
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
