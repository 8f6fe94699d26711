/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine of as many disks as asked for, for what must not get slow: two small NVMe disks, all others
 * large and spinning, behind expanders of 24, each with a partition table, three partitions and what was on
 * them once. Too large to be a file, and too regular to be worth one.
 */
#pragma once
#include "model/machine.h"

static void many_partitions(struct disk *d, size_t i, struct arena *a)
{
	static const char *const names[] = { "EFI System", "root", "data" }, *const fs[] = { "vfat", "ext4", "xfs" };
	static const uint64_t sizes[] = { 512ull << 20, 40ull << 30, 300ull << 30 };
	uint64_t at = 1 << 20;

	d->table = "gpt";
	d->table_uuid = arena_printf(a, "7d0c1111-0000-4000-8000-%012zx", i);
	d->n_partitions = ARRAY_LEN(names);
	d->partitions = arena_array(a, d->n_partitions, sizeof(*d->partitions));
	for (size_t k = 0; k < d->n_partitions; k++) {
		struct partition *p = &d->partitions[k];
		struct signature *s = ARENA_NEW(a, struct signature);

		*s = (struct signature){ .type = fs[k], .usage = "filesystem", .offset = 1080,
					 .uuid = arena_printf(a, "5f000000-0000-4000-8000-%08zx%04zx", i, k) };
		*p = (struct partition){ .number = k + 1, .name = names[k], .start_bytes = at, .size_bytes = sizes[k],
					 .type_uuid = "0fc63daf-8483-4772-8e79-3d69d8477de4",
					 .uuid = arena_printf(a, "9a000000-0000-4000-8000-%08zx%04zx", i, k),
					 .signatures = s, .n_signatures = 1 };
		at += sizes[k];
	}
}

static struct machine *many_disks(size_t n, bool dirty, struct arena *a)
{
	static struct nic port = { .name = "eno1", .mac = "52:54:00:aa:bb:01", .permanent_mac = "52:54:00:aa:bb:01",
				   .driver = "ixgbe", .pci = "0000:01:00.0", .link = true, .speed_mbit = 10000 };
	struct machine *m = ARENA_NEW(a, struct machine);

	*m = (struct machine){ .machine = MACHINE_VERSION, .firmware = "uefi", .memory_bytes = 256ull << 30, .cpus = 64,
			       .architecture = "x86_64", .system = { .vendor = "Example", .serial = "JBOD-1" },
			       .disks = arena_array(a, n, sizeof(*m->disks)), .n_disks = n, .nics = &port, .n_nics = 1 };
	for (size_t i = 0; i < n; i++) {
		bool fast = i < 2;
		const char *name = fast ? arena_printf(a, "nvme%zun1", i) : arena_printf(a, "sd%zu", i);

		m->disks[i] = (struct disk){
			.name = name, .path = arena_printf(a, "/dev/%s", name), .serial = arena_printf(a, "SERIAL-%04zu", i),
			.wwn = arena_printf(a, "naa.5000cca2%08zx", i), .model = fast ? "FAST 480" : "BIG 12T",
			.vendor = "HGST", .pci = "0000:3b:00.0", .bus = fast ? BUS_NVME : BUS_SAS,
			.topology = arena_printf(a, "/devices/pci0000:3a/0000:3b:00.0/host-0/expander:%zu/end_device:%zu", i / 24, i),
			.size_bytes = fast ? 480103981056ull : 12000138625024ull, .sector_bytes = 512,
			.physical_bytes = 4096, .rotational = !fast,
		};
		if (dirty)
			many_partitions(&m->disks[i], i, a);
	}
	return m;
}
