/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The admin node's own installation: its layout is ours, not the site's, and goes the same way as a profile's. */
#include "plan/planner.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "plan/net.h"
#include "plan/work.h"

static const uint64_t mib = PLAN_MIB;

/* Two system slots (a second one for updates) and the data that outlives them. */
static const struct layout_item admin_layout[] = {
	{ .role = PART_BIOS, .name = "bios", .size = { .bytes = 1024 * 1024 } },
	{ .role = PART_ESP, .name = "esp", .size = { .bytes = 512ull * 1024 * 1024 } },
	{ .role = PART_ROOT, .name = "slot-a", .size = { .bytes = 1024ull * 1024 * 1024 } },
	{ .role = PART_ROOT, .name = "slot-b", .size = { .bytes = 1024ull * 1024 * 1024 } },
	{ .role = PART_DATA, .name = "data", .size = { .rest = true } },
};
enum { LINE_SLOT_A = 2, LINE_SLOT_B = 3, LINE_DATA = 4 };

/* The address of the first port below the admin network. */
static const char *admin_port(const struct net *net)
{
	const struct net_dev *d = net_find(net, "admin");

	while (d && d->kind != NET_PORT)
		d = net_dev_named(net, d->on ? d->on : d->n_members ? d->members[0] : NULL);
	return d ? d->mac : NULL;
}

static void admin_ops(struct work *w, const struct net *net, const char *site_hash)
{
	const struct plan_request *r = w->r;
	const struct catalog *c = r->catalog;
	const char *address = site_network(r->site, "admin")->address, *nic_mac = admin_port(net);
	const struct unit *slot = &w->units[LINE_SLOT_A], *other = &w->units[LINE_SLOT_B], *data = &w->units[LINE_DATA];
	const char *slot_uuid = fs_uuid(w, slot, 0), *other_uuid = fs_uuid(w, other, 0), *data_uuid = fs_uuid(w, data, 0);
	struct op_system *system;
	struct op_seed *seed;
	struct op_admin *admin;
	struct op_boot *boot;
	char networks[HASH_HEX];

	storage_ops(w);
	system = op_add(w, OP_SYSTEM, "system:slot-a", 100 * mib, arena_printf(w->a, "release %s into slot A", c->build_id));
	*system = (struct op_system){ .dev = unit_ref(w, slot), .slot_uuid = slot_uuid, .data_uuid = data_uuid,
				      .build_id = c->build_id, .console = r->machine->console, .other_uuid = other_uuid };
	op_needs(w, "mkfs:fulcrum-slot-a");
	seed = op_add(w, OP_SEED, "seed:data", c->seed_bytes,
		      arena_printf(w->a, "%" PRIu64 " files, %s, every byte checked", c->seed_files,
				   size_words(c->seed_bytes, w->a)));
	*seed = (struct op_seed){ unit_ref(w, data), c->build_id, c->seed_hash, c->seed_bytes, c->seed_files, r->site->bench, false };
	op_needs(w, "mkfs:fulcrum-data");
	admin = op_add(w, OP_ADMIN, "admin:data", mib,
		       arena_printf(w->a, "site %s, %s on port %s", r->site->site, address, nic_mac));
	site_networks_hash(r->site, networks);
	*admin = (struct op_admin){ .networks = arena_strdup(w->a, networks), .dev = unit_ref(w, data), .site_hash = site_hash,
				    .nic_mac = nic_mac, .data_uuid = data_uuid, .slot_uuid = slot_uuid, .slot_b_uuid = other_uuid, .net = *net };
	op_needs(w, "seed:data");
	op_needs(w, "system:slot-a");
	boot = boot_ops(w, "admin", slot);
	boot->slot_b_uuid = other_uuid;

}

int plan_admin(const struct plan_request *r, struct arena *a, struct plan **ret, struct error *err)
{
	const struct site *site = r->site;
	const struct network *net = site_network(site, "admin");
	struct work w = { .r = r, .a = a, .plan = plan_new(r, "admin", site->admin.name, a), .where = "admin",
			  .items = admin_layout, .n_items = ARRAY_LEN(admin_layout), .selectors = &site->admin.disk,
			  .n_selectors = 1, .one_role = true, .wipe = site->admin.wipe, .n_wipe = site->admin.n_wipe };
	const struct net_request nr = { .site = site, .machine = r->machine };
	struct net bound = { 0 };
	char site_hash[HASH_HEX];
	uint64_t data_bytes;
	bool done;

	if (!net)
		return error_set(err, ERR_INPUT, "networks: no network is named admin");
	if (net_resolve(&nr, a, &bound, &w.plan->notes, &w.plan->n_notes, err) || plan_storage(&w, err))
		return -1;
	net_lines(&bound, a, &w.plan->networks, &w.plan->n_networks);
	hash_buffer(r->site_text, strlen(r->site_text), site_hash);
	*ret = w.plan;
	if (plan_frame(&w, arena_printf(a, "%s\n%s\n%s\n", r->catalog->build_id, r->catalog->seed_hash, site_hash), &done, err))
		return -1;
	if (done)
		return 0;
	if (boot_check(&w, err))
		return -1;
	data_bytes = w.units[LINE_DATA].bytes;
	if (data_bytes < r->catalog->seed_bytes + r->catalog->seed_bytes / 8 + 64 * mib)
		return error_set(err, ERR_INPUT, "disk %s %s is too small: %s are left for data, seeding needs %s and room",
				 w.bounds[0].disk->name, disk_id(w.bounds[0].disk), size_words(data_bytes, a),
				 size_words(r->catalog->seed_bytes, a));
	admin_ops(&w, &bound, arena_strdup(a, site_hash));
	return 0;
}
