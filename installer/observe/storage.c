/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Volume groups and arrays, read from the metadata on their members by LVM's and md's own tools.
 * Nothing is activated or assembled: what stands on an array that is not running stays unseen. Tools
 * that fail, hang or talk nonsense make damage on the disks concerned.
 */
#include <string.h>

#include "base/clock.h"
#include "observe/disks.h"
#include "observe/report.h"

enum { TOOL_MS = 20000, TOTAL_MS = 60000 };

/*
 * No udev runs here, no devices file is kept, nothing is locked or written. The components of arrays
 * and multipath are asked for by name: LVM must not leave them out by itself.
 */
static const char lvm_config[] =
	"devices{use_devicesfile=0 hints=\"none\" obtain_device_list_from_udev=0 external_device_info_source=\"none\" "
	"multipath_component_detection=0 md_component_detection=0 fw_raid_component_detection=0}"
	"global{use_lvmlockd=0 use_lvmpolld=0}activation{udev_sync=0 udev_rules=0 monitoring=0}backup{backup=0 archive=0}";

/* A device that carries a signature of one type. */
struct member {
	struct disk *disk;
	const struct signature *signature;
	const char *path;
	uint64_t size_bytes;
};
struct members {
	struct member *items;
	size_t n;
};

static void add_members(struct members *list, struct arena *a, const char *type, struct disk *d, const struct partition *p)
{
	const struct signature *s = p ? p->signatures : d->signatures;
	size_t n = p ? p->n_signatures : d->n_signatures;

	for (size_t i = 0; i < n; i++) {
		if (!str_eq(s[i].type, type))
			continue;
		list->items = arena_grow(a, list->items, list->n, sizeof(*list->items));
		list->items[list->n++] = (struct member){
			.disk = d,
			.signature = &s[i],
			.path = p ? partition_path(a, d->path, p->number) : d->path,
			.size_bytes = p ? p->size_bytes : d->size_bytes,
		};
		return;
	}
}

static struct members find_members(const struct machine *m, const char *type, struct arena *a)
{
	struct members ret = { .items = NULL };

	for (size_t i = 0; i < m->n_disks; i++) {
		struct disk *d = &m->disks[i];

		add_members(&ret, a, type, d, NULL);
		for (size_t k = 0; k < d->n_partitions; k++)
			add_members(&ret, a, type, d, &d->partitions[k]);
	}
	return ret;
}

/* The words are fixed: they are part of the disk's state, which must be the same when looked at again. */
static void add_damage(struct disk *d, struct arena *a, const char *what)
{
	if (d->damage && strstr(d->damage, what))
		return;
	d->damage = d->damage ? arena_printf(a, "%s; %s", d->damage, what) : what;
}

/* --- LVM */

/* Their paths after --devices; of copies of one physical volume only the first. */
static const char *device_list(const struct members *list, struct arena *a)
{
	AUTO_STR text = STR_INIT;

	for (size_t i = 0; i < list->n; i++) {
		bool again = false;

		for (size_t k = 0; k < i && !again; k++)
			again = list->items[k].signature->uuid &&
				str_eq(list->items[k].signature->uuid, list->items[i].signature->uuid);
		if (!again)
			str_addf(&text, "%s%s", text.len ? "," : "", list->items[i].path);
	}
	return arena_strdup(a, str_text(&text));
}

static int read_groups(struct sys *sys, const struct members *list, struct arena *a, struct machine *m, struct error *err)
{
	AUTO_STR out = STR_INIT;
	const char *const argv[] = {
		"lvm", "fullreport", "--readonly", "--reportformat", "json", "--units", "b", "--nosuffix",
		"--config", lvm_config, "--devices", device_list(list, a),
		"--configreport", "vg", "-o", "vg_name,vg_uuid,vg_size,vg_free,vg_extent_size,vg_missing_pv_count",
		"--configreport", "pv", "-o", "pv_uuid",
		"--configreport", "lv", "-o", "lv_name,lv_uuid,lv_size,lv_layout,pool_lv",
		"--configreport", "seg", "-o", "segtype",
		"--configreport", "pvseg", "-o", "pvseg_start",
		NULL
	};
	const struct sys_exec x = { .argv = argv, .output = &out, .timeout_ms = TOOL_MS };

	if (sys->ops->exec(sys, &x, err))
		return -1;
	return lvm_report_read(str_text(&out), out.len, a, &m->groups, &m->n_groups, err);
}

static void find_groups(struct sys *sys, struct arena *a, struct machine *m)
{
	struct members list = find_members(m, "LVM2_member", a);
	struct error err;

	if (!list.n || !read_groups(sys, &list, a, m, &err))
		return;
	for (size_t i = 0; i < list.n; i++)
		add_damage(list.items[i].disk, a, "its volume group cannot be read");
}

/* --- md */

/* mdadm's report does not tell the version, the place of the superblock does. */
static const char *md_metadata(const struct member *x, bool old)
{
	if (old)
		return "0.90";
	if (x->signature->offset == 4096)
		return "1.2";
	return x->signature->offset ? "1.0" : "1.1";
}

static int examine(struct sys *sys, const struct member *x, uint64_t end_ms, struct arena *a, struct md_member *ret,
		   struct error *err)
{
	const char *const argv[] = { "mdadm", "--examine", "--export", x->path, NULL };
	AUTO_STR out = STR_INIT;
	uint64_t now = clock_mono_ms(), left = end_ms > now ? end_ms - now : 1;
	const struct sys_exec e = { .argv = argv, .output = &out,
				    .timeout_ms = left < TOOL_MS ? (unsigned int)left : TOOL_MS };

	if (sys->ops->exec(sys, &e, err))
		return -1;
	return md_report_read(str_text(&out), out.len, a, ret, err);
}

/* Members that have been counted: a path or a copy of one is not another one. */
struct counted {
	const char **uuids;
	size_t n;
};

static bool is_counted(struct counted *c, struct arena *a, const char *uuid)
{
	for (size_t i = 0; i < c->n; i++)
		if (uuid && str_eq(c->uuids[i], uuid))
			return true;
	c->uuids = arena_grow(a, c->uuids, c->n, sizeof(*c->uuids));
	c->uuids[c->n++] = uuid;
	return false;
}

static void add_to_array(struct machine *m, struct arena *a, const struct md_array *seen, const char *metadata)
{
	for (size_t i = 0; i < m->n_arrays; i++)
		if (str_eq(m->arrays[i].uuid, seen->uuid)) {
			m->arrays[i].found++;
			return;
		}
	m->arrays = arena_grow(a, m->arrays, m->n_arrays, sizeof(*m->arrays));
	m->arrays[m->n_arrays] = *seen;
	m->arrays[m->n_arrays].metadata = metadata;
	m->arrays[m->n_arrays++].found = 1;
}

static void find_arrays(struct sys *sys, struct arena *a, struct machine *m)
{
	struct members list = find_members(m, "linux_raid_member", a);
	uint64_t end_ms = clock_mono_ms() + TOTAL_MS;
	struct counted counted = { .uuids = NULL };

	for (size_t i = 0; i < list.n; i++) {
		struct md_member seen;
		struct error err;

		if (examine(sys, &list.items[i], end_ms, a, &seen, &err))
			add_damage(list.items[i].disk, a, "its RAID superblock cannot be read");
		else if (!is_counted(&counted, a, seen.uuid))
			add_to_array(m, a, &seen.array, md_metadata(&list.items[i], seen.old));
	}
}

void observe_storage(struct sys *sys, struct arena *a, struct machine *m)
{
	m->groups = NULL;
	m->n_groups = 0;
	m->arrays = NULL;
	m->n_arrays = 0;
	find_arrays(sys, a, m);
	find_groups(sys, a, m);
}
