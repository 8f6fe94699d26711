/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is plugged in, besides disks and ports: memory modules, PCI functions, a TPM. */
#include <stdlib.h>

#include "observe/observe.h"
#include "observe/smbios.h"
#include "sys/host.h"

enum { DMI_MAX = 256 * 1024, PCI_MAX = 1024 };

/* PCI classes (PCI Code and ID Assignment Specification 1.16, 1) that a person asks for; the first that fits counts. */
static const struct {
	uint64_t class, mask; /* as in sysfs: class, subclass, programming interface */
	const char *kind;
} kinds[] = {
	{ 0x010800, 0xffff00, "nvme" },	       { 0x010000, 0xff0000, "storage" },     { 0x020700, 0xffff00, "infiniband" },
	{ 0x0c0600, 0xffff00, "infiniband" },  { 0x020000, 0xff0000, "network" },     { 0x030000, 0xff0000, "display" },
	{ 0x120000, 0xff0000, "accelerator" }, { 0x0b4000, 0xffff00, "accelerator" }, { 0x0c0400, 0xffff00, "fibre-channel" },
};

static const char *kind_of(uint64_t class)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if ((class & kinds[i].mask) == kinds[i].class)
			return kinds[i].kind;
	return NULL;
}

/* "8086:1521", or NULL. */
static const char *ids(const struct host *h, const char *name, const char *prefix)
{
	uint64_t vendor, device;

	if (!host_u64(h, &vendor, "/sys/bus/pci/devices/%s/%svendor", name, prefix) ||
	    !host_u64(h, &device, "/sys/bus/pci/devices/%s/%sdevice", name, prefix) || vendor > 0xffff || device > 0xffff ||
	    (!vendor && !device))
		return NULL;
	return arena_printf(h->a, "%04x:%04x", (unsigned int)vendor, (unsigned int)device);
}

static void observe_pci(const struct host *h, struct machine *m)
{
	const char **names;
	size_t n;

	m->pci = NULL;
	m->n_pci = 0;
	names = host_list(h, &n, "/sys/bus/pci/devices");
	if (!names)
		return;
	machine_set_source(m, "pci", "sysfs", h->a);
	for (size_t i = 0; i < n && m->n_pci < PCI_MAX; i++) {
		struct pci_device *d;
		uint64_t class;
		const char *kind;

		if (!host_u64(h, &class, "/sys/bus/pci/devices/%s/class", names[i]))
			continue;
		kind = kind_of(class);
		/* Virtual functions come and go with what uses them. */
		if (!kind || host_exists(h, "/sys/bus/pci/devices/%s/physfn", names[i]))
			continue;
		m->pci = arena_grow(h->a, m->pci, m->n_pci, sizeof(*m->pci));
		d = &m->pci[m->n_pci++];
		d->address = names[i];
		d->kind = kind;
		d->ids = ids(h, names[i], "");
		d->board_ids = ids(h, names[i], "subsystem_");
		d->driver = host_link_name(h, "/sys/bus/pci/devices/%s/driver", names[i]);
	}
}

static void observe_dimms(const struct host *h, struct machine *m)
{
	unsigned char *table = malloc(DMI_MAX);
	size_t len;

	if (!table)
		abort();
	/* Root's alone to read: the serial numbers are in it. */
	len = host_bytes(h, table, DMI_MAX, "/sys/firmware/dmi/tables/DMI");
	if (len && !smbios_dimms(table, len, h->a, &m->dimms, &m->n_dimms) && m->n_dimms)
		machine_set_source(m, "memory_modules", "smbios", h->a);
	free(table);
}

void observe_devices(const char *root, struct arena *a, struct machine *m)
{
	const struct host h = { .root = root, .a = a };
	uint64_t tpm;

	observe_dimms(&h, m);
	observe_pci(&h, m);
	machine_set_source(m, "tpm", "sysfs", a);
	if (host_u64(&h, &tpm, "/sys/class/tpm/tpm0/tpm_version_major"))
		m->tpm = tpm == 1 ? "1.2" : arena_printf(a, "%u.0", (unsigned int)(tpm & 0xff));
}
