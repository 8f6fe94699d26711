/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The planner: binds disks, decides consent, lays out partitions and lists the operations in the
 * order that their needs give. The admin node and a node differ only in what fills their partitions.
 */
#include "plan/planner.h"

#include <inttypes.h>
#include <string.h>

#include "base/size.h"
#include "base/str.h"
#include "base/uuid.h"
#include "data/json.h"
#include "plan/layout.h"
#include "plan/select.h"

static const char system_role[] = "system";
static const uint64_t mib = 1024 * 1024;

/* The admin node's own disk: two system slots (a second one for updates) and the data that outlives them. */
static const struct layout_part admin_layout[] = {
	{ PART_BIOS, "fulcrum-bios", FS_NONE, 1024 * 1024, NULL, NULL },
	{ PART_ESP, "fulcrum-esp", FS_VFAT, 512ull * 1024 * 1024, "FULCRUM-ESP", NULL },
	{ PART_ROOT, "fulcrum-slot-a", FS_EXT4, 1024ull * 1024 * 1024, "fulcrum-slot-a", NULL },
	{ PART_ROOT, "fulcrum-slot-b", FS_EXT4, 1024ull * 1024 * 1024, "fulcrum-slot-b", NULL },
	{ PART_DATA, "fulcrum-data", FS_EXT4, 0, "fulcrum-data", NULL },
};

/* Everything one planning run carries. */
struct work {
	const struct plan_request *r;
	struct arena *a;
	struct plan *plan;
	const struct disk *disk;
	const char *why;
	struct table_part *parts;
	const struct layout_part *layout;
	size_t n_parts;
};

static const char *seeded(struct work *w, const char *name)
{
	char uuid[UUID_TEXT];

	uuid_from_seed(w->plan->seed, name, uuid);
	return arena_strdup(w->a, uuid);
}

static const char *unfinished(const char *goal, struct arena *a)
{
	char uuid[UUID_TEXT];

	uuid_from_seed("unfinished", goal, uuid);
	return arena_strdup(a, uuid);
}

static bool same_guid(const char *a, const char *b)
{
	return a && b && !strcasecmp(a, b);
}

/* --- what is on the disk, and who agreed to lose it --- */

static void add_destroys(struct work *w, struct plan_disk *pd, const char *line)
{
	pd->destroys = arena_grow(w->a, pd->destroys, pd->n_destroys, sizeof(*pd->destroys));
	pd->destroys[pd->n_destroys++] = line;
}

static const char *signature_words(struct work *w, const struct signature *s, const char *where, uint64_t bytes)
{
	char size[SIZE_TEXT_MAX];

	if (str_empty(s->label))
		return arena_printf(w->a, "%s %s  (%s)", s->type, size_format(bytes, size), where);
	return arena_printf(w->a, "%s \"%s\" %s  (%s)", s->type, s->label, size_format(bytes, size), where);
}

static void list_destroyed(struct work *w, struct plan_disk *pd)
{
	const struct disk *d = w->disk;

	for (size_t i = 0; i < d->n_signatures; i++)
		add_destroys(w, pd, signature_words(w, &d->signatures[i], "whole disk", d->size_bytes));
	for (size_t i = 0; i < d->n_partitions; i++) {
		const struct partition *p = &d->partitions[i];
		const char *where = arena_printf(w->a, "partition %" PRIu64 "%s%s", p->number, p->name ? " " : "",
						 p->name ? p->name : "");
		char size[SIZE_TEXT_MAX];

		if (!p->n_signatures)
			add_destroys(w, pd,
				     arena_printf(w->a, "unknown content %s  (%s)", size_format(p->size_bytes, size), where));
		for (size_t j = 0; j < p->n_signatures; j++)
			add_destroys(w, pd, signature_words(w, &p->signatures[j], where, p->size_bytes));
	}
	if (d->table && !d->n_partitions)
		add_destroys(w, pd, arena_printf(w->a, "an empty %s partition table", d->table));
	if (d->damage)
		add_destroys(w, pd, arena_printf(w->a, "something unreadable: %s", d->damage));
}

static bool consented(const struct work *w, const char *const *list, size_t n)
{
	const struct disk *d = w->disk;

	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], d->serial) || str_eq(list[i], d->wwn) || str_eq(list[i], disk_id(d)))
			return true;
	return false;
}

static int find_consent(struct work *w, struct plan_disk *pd, const char *const *declared, size_t n_declared,
			const char *key, struct error *err)
{
	const struct plan_request *r = w->r;
	const char *guid = w->disk->table_uuid;
	AUTO_STR list = STR_INIT;

	if (disk_is_blank(w->disk)) {
		pd->consent = "blank";
		return 0;
	}
	list_destroyed(w, pd);
	if (same_guid(guid, unfinished(w->plan->goal, w->a)))
		pd->consent = "own unfinished attempt";
	else if (r->own_goal && (same_guid(guid, r->own_goal) || same_guid(guid, unfinished(r->own_goal, w->a))))
		pd->consent = "own earlier deployment";
	else if (consented(w, declared, n_declared))
		pd->consent = "site file";
	else if (consented(w, r->wipe, r->n_wipe))
		pd->consent = "operator";
	if (pd->consent)
		return 0;
	for (size_t i = 0; i < pd->n_destroys; i++)
		str_addf(&list, "\n  %s", pd->destroys[i]);
	error_set(err, ERR_REFUSED, "disk %s %s is not blank and nobody consented to wiping it; it carries%s",
		  w->disk->name, disk_id(w->disk), str_text(&list));
	return error_hint(err, "to destroy that, add `wipe: [ %s ]` to %s in the site file", disk_id(w->disk), key);
}

/* --- the plan's frame --- */

static void describe_machine(struct work *w)
{
	const struct machine *m = w->r->machine;
	char mem[SIZE_TEXT_MAX];

	w->plan->machine = arena_printf(w->a, "serial %s, %" PRIu64 " CPU%s, %s",
					str_empty(m->system.serial) ? "unknown" : m->system.serial, m->cpus,
					m->cpus == 1 ? "" : "s", size_format(m->memory_bytes, mem));
}

/* The goal is all that is wanted and nothing of how: two runs that want the same have the same goal. */
static void name_goal(struct work *w, const char *content)
{
	AUTO_STR text = STR_INIT;
	char uuid[UUID_TEXT];

	str_addf(&text, "%s\n%s\n%s\n%" PRIu64 "\n", w->plan->kind, w->plan->subject, disk_id(w->disk),
		 w->disk->size_bytes);
	for (size_t i = 0; i < w->n_parts; i++)
		str_addf(&text, "%s %" PRIu64 " %" PRIu64 "\n", w->parts[i].name, w->parts[i].start_bytes,
			 w->parts[i].size_bytes);
	str_add(&text, content);
	uuid_from_seed("goal", str_text(&text), uuid);
	w->plan->goal = arena_strdup(w->a, uuid);
}

/* The mark is there and every partition still is what it was made to be. */
static bool already_done(const struct work *w)
{
	const struct disk *d = w->disk;

	if (!same_guid(d->table_uuid, w->plan->goal))
		return false;
	for (size_t i = 0; i < w->n_parts; i++) {
		const struct partition *p = disk_partition(d, w->parts[i].name);

		if (!p || p->size_bytes != w->parts[i].size_bytes || p->start_bytes != w->parts[i].start_bytes)
			return false;
		if (w->layout[i].fs != FS_NONE && p->n_signatures != 1)
			return false;
	}
	return true;
}

static void list_others(struct work *w, const struct disk_selector *s)
{
	const struct machine *m = w->r->machine;
	struct plan *p = w->plan;

	for (size_t i = 0; i < m->n_disks; i++) {
		const struct disk *d = &m->disks[i];
		const char *why;

		if (d == w->disk)
			continue;
		why = select_why_not(s, d, w->a);
		p->others = arena_grow(w->a, p->others, p->n_others, sizeof(*p->others));
		p->others[p->n_others++] = (struct plan_other){
			.name = d->name, .id = disk_id(d), .size_bytes = d->size_bytes,
			.why = why ? why : "the tie-break chose another",
		};
	}
}

static struct plan_disk *add_disk(struct work *w)
{
	const struct disk *d = w->disk;
	struct plan_disk *pd = ARENA_NEW(w->a, struct plan_disk);
	char state[HASH_HEX];

	disk_state(d, state);
	*pd = (struct plan_disk){
		.role = system_role, .name = d->name, .path = d->path, .serial = d->serial, .wwn = d->wwn,
		.topology = d->topology, .model = d->model, .size_bytes = d->size_bytes,
		.sector_bytes = d->sector_bytes, .state = arena_strdup(w->a, state), .table_uuid = d->table_uuid,
		.why = w->why,
	};
	w->plan->disks = pd;
	w->plan->n_disks = 1;
	return pd;
}

static struct plan *new_plan(const struct plan_request *r, const char *kind, const char *subject, struct arena *a)
{
	struct plan *p = ARENA_NEW(a, struct plan);

	p->plan = PLAN_VERSION;
	p->kind = kind;
	p->subject = subject;
	p->seed = r->seed;
	return p;
}

/* --- operations --- */

/* Appends an operation that needs the one before it, unless that is the first. */
static void *add_op(struct work *w, enum op_kind kind, const char *id, uint64_t weight, const char *text)
{
	struct plan *p = w->plan;
	struct op *op;

	p->ops = arena_grow(w->a, p->ops, p->n_ops, sizeof(*p->ops));
	op = &p->ops[p->n_ops];
	*op = (struct op){ .kind = kind, .id = id, .text = text, .weight = weight };
	op->params = arena_alloc(w->a, op_schemas[kind]->size);
	if (p->n_ops) {
		op->needs = arena_array(w->a, 1, sizeof(*op->needs));
		op->needs[0] = p->ops[p->n_ops - 1].id;
		op->n_needs = 1;
	}
	p->n_ops++;
	return op->params;
}

static void add_clear_and_table(struct work *w)
{
	AUTO_STR words = STR_INIT;
	struct op_clear *clear;
	struct op_table *table;
	size_t n = w->plan->disks[0].n_destroys;

	clear = add_op(w, OP_CLEAR, "clear:system", 4 * mib,
		       n ? arena_printf(w->a, "wipe %zu thing%s listed above from %s", n, n == 1 ? "" : "s", w->disk->name) :
			   arena_printf(w->a, "both ends of %s, to be sure", w->disk->name));
	clear->disk = system_role;
	str_add(&words, "gpt:");
	for (size_t i = 0; i < w->n_parts; i++) {
		char size[SIZE_TEXT_MAX];

		str_addf(&words, "%s %s %s", i ? "," : "", w->parts[i].name + strlen("fulcrum-"),
			 size_format(w->parts[i].size_bytes, size));
	}
	table = add_op(w, OP_TABLE, "table:system", mib, arena_strdup(w->a, str_text(&words)));
	table->disk = system_role;
	table->uuid = unfinished(w->plan->goal, w->a);
	table->parts = w->parts;
	table->n_parts = w->n_parts;
}

/* UUID that the file system of part I gets: a FAT serial or a full UUID. */
static const char *fs_uuid(struct work *w, size_t i)
{
	const char *name = arena_printf(w->a, "fs:%s", w->parts[i].name);
	char fat[10];

	if (w->layout[i].fs != FS_VFAT)
		return seeded(w, name);
	fat_id_from_seed(w->plan->seed, name, fat);
	return arena_strdup(w->a, fat);
}

static const char *part_ref(struct work *w, size_t i)
{
	return arena_printf(w->a, "%s:%zu", system_role, i + 1);
}

static void add_mkfs(struct work *w, size_t i)
{
	struct op_mkfs *op = add_op(w, OP_MKFS, arena_printf(w->a, "mkfs:%s", w->parts[i].name), 4 * mib,
				    arena_printf(w->a, "%s on partition %zu, %s", fs_names[w->layout[i].fs], i + 1,
						 w->parts[i].name));

	op->dev = part_ref(w, i);
	op->fs = fs_names[w->layout[i].fs];
	op->label = w->layout[i].label;
	op->uuid = fs_uuid(w, i);
}

static size_t find_part(const struct work *w, const char *name)
{
	for (size_t i = 0; i < w->n_parts; i++)
		if (!strcmp(w->parts[i].name, name))
			return i;
	return 0; /* callers ask only for parts that the layout is known to have */
}

static void add_boot_and_commit(struct work *w, const char *kind, const char *root_uuid)
{
	struct op_boot *boot = add_op(w, OP_BOOT, "boot:system", 8 * mib, "UEFI removable path on the ESP, signed shim and GRUB");
	struct op_commit *commit;

	boot->kind = kind;
	boot->root_uuid = root_uuid;
	boot->esps = arena_array(w->a, 1, sizeof(*boot->esps));
	boot->esps[0] = part_ref(w, find_part(w, "fulcrum-esp"));
	boot->n_esps = 1;
	commit = add_op(w, OP_COMMIT, "commit:system", mib, arena_printf(w->a, "mark the install as finished: disk GUID %s", w->plan->goal));
	commit->disks = ARENA_NEW(w->a, struct disk_guid);
	*commit->disks = (struct disk_guid){ system_role, w->plan->goal };
	commit->n_disks = 1;
}

/* Binds the disk and lays W->layout out on it. */
static int bind_disk(struct work *w, const struct disk_selector *s, const char *what, struct error *err)
{
	if (select_disk(s, what, w->r->machine, w->a, &w->disk, &w->why, err))
		return -1;
	w->parts = arena_array(w->a, w->n_parts, sizeof(*w->parts));
	return layout_place(w->layout, w->n_parts, w->disk, w->plan->seed, w->a, w->parts, err);
}

int plan_admin(const struct plan_request *r, struct arena *a, struct plan **ret, struct error *err)
{
	const struct site *site = r->site;
	const struct network *net = site_network(site, "admin");
	struct work w = { .r = r, .a = a, .plan = new_plan(r, "admin", site->admin.name, a),
			  .layout = admin_layout, .n_parts = ARRAY_LEN(admin_layout) };
	const char *content, *slot_uuid, *data_uuid;
	const struct nic *nic = NULL;
	size_t slot, data;
	char size[SIZE_TEXT_MAX], site_hash[HASH_HEX];
	struct op_system *system;
	struct op_seed *seed;
	struct op_admin *admin;
	struct plan_disk *pd;

	if (!net)
		return error_set(err, ERR_INPUT, "networks: no network is named admin");
	if (select_nic(&net->nic, "networks.admin.nic", r->machine, a, &nic, err))
		return -1;
	if (bind_disk(&w, &site->admin.disk, "admin.disk", err))
		return -1;
	hash_buffer(r->site_text, strlen(r->site_text), site_hash);
	content = arena_printf(a, "%s\n%s\n%s\n", r->catalog->build_id, r->catalog->seed_hash, site_hash);
	name_goal(&w, content);
	describe_machine(&w);
	pd = add_disk(&w);
	list_others(&w, &site->admin.disk);
	*ret = w.plan;
	if (!r->reinstall && already_done(&w)) {
		pd->consent = "not needed";
		return 0;
	}
	if (find_consent(&w, pd, site->admin.wipe, site->admin.n_wipe, "admin", err))
		return -1;
	slot = find_part(&w, "fulcrum-slot-a");
	data = find_part(&w, "fulcrum-data");
	if (w.parts[data].size_bytes < r->catalog->seed_bytes + r->catalog->seed_bytes / 8 + 64 * mib) {
		char have[SIZE_TEXT_MAX];

		return error_set(err, ERR_INPUT, "disk %s %s is too small: %s are left for data, seeding needs %s and room",
				 w.disk->name, disk_id(w.disk), size_format(w.parts[data].size_bytes, have),
				 size_format(r->catalog->seed_bytes, size));
	}
	slot_uuid = fs_uuid(&w, slot);
	data_uuid = fs_uuid(&w, data);
	add_clear_and_table(&w);
	for (size_t i = 0; i < w.n_parts; i++)
		if (w.layout[i].fs != FS_NONE)
			add_mkfs(&w, i);
	system = add_op(&w, OP_SYSTEM, "system:slot-a", 100 * mib,
			arena_printf(a, "release %s into slot A", r->catalog->build_id));
	*system = (struct op_system){ .dev = part_ref(&w, slot), .slot_uuid = slot_uuid, .data_uuid = data_uuid,
				      .build_id = r->catalog->build_id, .console = r->machine->console };
	seed = add_op(&w, OP_SEED, "seed:data", r->catalog->seed_bytes,
		      arena_printf(a, "%" PRIu64 " files, %s, every byte checked", r->catalog->seed_files,
				   size_format(r->catalog->seed_bytes, size)));
	*seed = (struct op_seed){ part_ref(&w, data), r->catalog->build_id, r->catalog->seed_hash,
				  r->catalog->seed_bytes, r->catalog->seed_files, site->bench };
	admin = add_op(&w, OP_ADMIN, "admin:data", mib,
		       arena_printf(a, "site %s, %s on port %s", site->site, net->address, nic->mac));
	*admin = (struct op_admin){ .dev = part_ref(&w, data), .site_hash = arena_strdup(a, site_hash),
				    .nic_mac = nic->permanent_mac ? nic->permanent_mac : nic->mac,
				    .data_uuid = data_uuid, .slot_uuid = slot_uuid };
	add_boot_and_commit(&w, "admin", slot_uuid);
	return 0;
}

static const char *const part_names[PART__N] = {
	[PART_NONE] = "fulcrum-part", [PART_BIOS] = "fulcrum-bios", [PART_ESP] = "fulcrum-esp",
	[PART_ROOT] = "fulcrum-root", [PART_SWAP] = "fulcrum-swap", [PART_DATA] = "fulcrum-data",
};
static const uint64_t default_bytes[PART__N] = {
	[PART_NONE] = 0, [PART_BIOS] = 1024 * 1024, [PART_ESP] = 512ull * 1024 * 1024,
	[PART_ROOT] = 0, [PART_SWAP] = 1024ull * 1024 * 1024, [PART_DATA] = 0,
};
static const enum fs_type default_fs[PART__N] = {
	[PART_NONE] = FS_NONE, [PART_BIOS] = FS_NONE, [PART_ESP] = FS_VFAT,
	[PART_ROOT] = FS_EXT4, [PART_SWAP] = FS_SWAP, [PART_DATA] = FS_EXT4,
};

static struct layout_part *profile_layout(const struct profile *p, struct arena *a)
{
	struct layout_part *parts = arena_array(a, p->n_layout, sizeof(*parts));

	for (size_t i = 0; i < p->n_layout; i++) {
		const struct layout_item *it = &p->layout[i];
		uint64_t bytes = it->size.bytes ? it->size.bytes : default_bytes[it->role];

		parts[i] = (struct layout_part){
			.role = it->role, .name = part_names[it->role],
			.fs = it->fs == FS_DEFAULT ? default_fs[it->role] : it->fs,
			.bytes = it->size.rest ? 0 : bytes,
			.mount = it->mount,
			.label = it->role == PART_ESP ? "FULCRUM-ESP" : part_names[it->role],
		};
	}
	return parts;
}

static const struct catalog_image *find_image(const struct catalog *c, const char *name)
{
	for (size_t i = 0; i < c->n_images; i++)
		if (str_eq(c->images[i].name, name))
			return &c->images[i];
	return NULL;
}

static int node_ops(struct work *w, const struct catalog_image *img, const struct identity *who, struct error *err)
{
	size_t root = find_part(w, "fulcrum-root"), esp = find_part(w, "fulcrum-esp");
	const char *root_uuid = fs_uuid(w, root), *esp_uuid = fs_uuid(w, esp);
	struct op_image *image;
	struct op_identity *identity;
	char size[SIZE_TEXT_MAX], data[SIZE_TEXT_MAX];

	if (w->parts[root].size_bytes < img->image_bytes)
		return error_set(err, ERR_INPUT, "disk %s %s is too small: root gets %s, image %s needs %s", w->disk->name,
				 disk_id(w->disk), size_format(w->parts[root].size_bytes, data), img->name,
				 size_format(img->image_bytes, size));
	if (w->layout[root].fs != FS_EXT4)
		return error_set(err, ERR_INPUT, "image %s is an %s file system, the layout's root asks for %s", img->name,
				 img->fs, fs_names[w->layout[root].fs]);
	add_clear_and_table(w);
	for (size_t i = 0; i < w->n_parts; i++)
		if (i != root && w->layout[i].fs != FS_NONE)
			add_mkfs(w, i);
	image = add_op(w, OP_IMAGE, "image:root", img->image_bytes,
		       arena_printf(w->a, "%s@%s, %s in %" PRIu64 " MiB chunks, %s to fetch, then grow", img->name, img->version,
				    size_format(img->image_bytes, size), img->chunk_bytes / mib,
				    size_format(img->data_bytes, data)));
	*image = (struct op_image){ .dev = part_ref(w, root), .image = img->name, .version = img->version,
				    .list_hash = img->list_hash, .uuid = root_uuid,
				    .image_bytes = img->image_bytes, .data_bytes = img->data_bytes,
				    .bench = w->r->site->bench };
	identity = add_op(w, OP_IDENTITY, "identity:root", 2 * mib,
			  arena_printf(w->a, "name %s, address %s/%" PRIu64 ", keys, ids", who->hostname, who->address,
				       who->prefix));
	*identity = (struct op_identity){ .dev = part_ref(w, root), .root_uuid = root_uuid,
					  .root_arg = arena_printf(w->a, "UUID=%s", root_uuid),
					  .console = w->r->machine->console, .who = *who };
	identity->esp_uuids = arena_array(w->a, 1, sizeof(*identity->esp_uuids));
	identity->esp_uuids[0] = esp_uuid;
	identity->n_esp_uuids = 1;
	for (size_t i = 0; i < w->n_parts; i++) {
		bool swap = w->layout[i].fs == FS_SWAP;

		if (!swap && !w->layout[i].mount)
			continue;
		identity->fstab = arena_grow(w->a, identity->fstab, identity->n_fstab, sizeof(*identity->fstab));
		identity->fstab[identity->n_fstab++] = (struct fstab_line){
			.uuid = fs_uuid(w, i), .where = swap ? "none" : w->layout[i].mount, .fs = fs_names[w->layout[i].fs],
			.dev = part_ref(w, i),
		};
	}
	add_boot_and_commit(w, "node", root_uuid);
	return 0;
}

int plan_node(const struct plan_request *r, const struct profile *profile, const struct identity *who,
	      struct arena *a, struct plan **ret, struct error *err)
{
	struct work w = { .r = r, .a = a, .plan = new_plan(r, "node", who->node, a),
			  .layout = profile_layout(profile, a), .n_parts = profile->n_layout };
	const struct catalog_image *img = find_image(r->catalog, profile->image);
	const char *what = arena_printf(a, "profiles.%s.disks.system", profile->name);
	const struct disk_selector *sel = NULL;
	struct plan_disk *pd;

	for (size_t i = 0; i < profile->n_disks; i++)
		if (str_eq(profile->disks[i].name, system_role))
			sel = &profile->disks[i];
	if (!sel)
		return error_set(err, ERR_INPUT, "profiles.%s.disks: no disk has the role system", profile->name);
	if (!img)
		return error_set(err, ERR_INPUT, "profiles.%s.image: no image is named \"%s\" on this site", profile->name,
				 profile->image);
	if (bind_disk(&w, sel, what, err))
		return -1;
	/* Who the node is, without what changes with every attempt. */
	name_goal(&w, arena_printf(a, "%s %s\n%s %s\n", img->name, img->list_hash, who->hostname, who->address));
	w.plan->profile = profile->name;
	describe_machine(&w);
	pd = add_disk(&w);
	list_others(&w, sel);
	*ret = w.plan;
	if (!r->reinstall && already_done(&w)) {
		pd->consent = "not needed";
		return 0;
	}
	if (find_consent(&w, pd, profile->wipe, profile->n_wipe, arena_printf(a, "profiles.%s", profile->name), err))
		return -1;
	return node_ops(&w, img, who, err);
}
