/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node's plan, from its profile and its identity: the image onto root, whatever root stands on, and then what
 * the deployed system must be told about its storage.
 */
#include "plan/planner.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "plan/net.h"
#include "plan/net_networkd.h"
#include "plan/work.h"

static const uint64_t mib = PLAN_MIB;

static const struct catalog_image *find_image(const struct catalog *c, const char *name)
{
	for (size_t i = 0; i < c->n_images; i++)
		if (str_eq(c->images[i].name, name))
			return &c->images[i];
	return NULL;
}

/* --- in place: only what differs */

/* The disk carries partition PLACE of U as it would be made now. */
static bool as_made(struct work *w, const struct unit *u, size_t place)
{
	const struct bound *b = &w->bounds[u->places[place].disk];
	const struct layout_part *want = &b->wants[u->places[place].part];
	const struct table_part *row = &b->parts[u->places[place].part];
	const struct partition *p = place_seen(w, u, place);

	if (!p || p->start_bytes != row->start_bytes || p->size_bytes != row->size_bytes || !p->uuid ||
	    !same_guid(p->type_uuid, want->type_uuid))
		return false;
	/* A file system of another kind would leave its own signature beside the new one. */
	return u->item->role == PART_ROOT || !p->n_signatures ||
	       (p->n_signatures == 1 && u->signature && str_eq(p->signatures[0].type, u->signature));
}

static bool disk_fits(const struct bound *b)
{
	const struct disk *d = b->disk;

	return b->untouched || (str_eq(d->table, "gpt") && d->n_partitions == b->n_wants && !d->n_signatures &&
				!d->damage && !d->n_holders);
}

/* What was measured of root against the image, if nothing but content has to change; else NULL. */
static const struct comparison *in_place(struct work *w, const struct catalog_image *img)
{
	const struct unit *root = unit_by_role(w, PART_ROOT);
	const struct partition *p;

	if (root->n_places != 1)
		return NULL;
	for (size_t i = 0; i < w->n_bounds; i++)
		if (!disk_fits(&w->bounds[i]))
			return NULL;
	for (size_t i = 0; i < w->n_units; i++) {
		/* Arrays, LUKS volumes and groups are made anew, unless they are preserved. */
		if (w->units[i].n_on || (w->units[i].item->role >= PART_PART && w->units[i].kept == UNIT_NEW))
			return NULL;
		for (size_t k = 0; k < w->units[i].n_places; k++)
			if (!as_made(w, &w->units[i], k))
				return NULL;
	}
	p = place_seen(w, root, 0);
	for (size_t i = 0; i < p->n_compared; i++)
		if (str_eq(p->compared[i].list_hash, img->list_hash))
			return &p->compared[i];
	return NULL;
}

/* The same, unless the whole image is wanted all the same: then a person learns what that costs. */
static const struct comparison *differential(struct work *w, const struct profile *profile, const struct catalog_image *img)
{
	const struct comparison *c = in_place(w, img);

	if (!c || (!w->r->full && profile->reimage == REIMAGE_DIFFERENTIAL))
		return c;
	work_note(w, arena_printf(w->a, "only %" PRIu64 " of %" PRIu64 " chunks of the image differ from what the disk carries; "
				  "all are written, as %s", c->chunks - c->same, c->chunks,
				  w->r->full ? "the operator asked" : "the profile says"));
	return NULL;
}

/* Every partition stays where it is. */
static int stay_in_place(struct work *w, struct error *err)
{
	for (size_t i = 0; i < w->n_units; i++)
		for (size_t k = 0; k < w->units[i].n_places; k++) {
			const struct place *p = &w->units[i].places[k];

			w->bounds[p->disk].wants[p->part].kept = place_seen(w, &w->units[i], k);
		}
	w->in_place = true;
	return place_partitions(w, err);
}

/* --- the image */

static void image_op(struct work *w, const struct unit *root, const struct catalog_image *img, const struct comparison *diff)
{
	const char *words = arena_printf(w->a, "%s@%s, %s in %" PRIu64 " MiB chunks, %s to fetch, then grow", img->name,
					 img->version, size_words(img->image_bytes, w->a), img->chunk_bytes / mib,
					 size_words(img->data_bytes, w->a));
	uint64_t weight = img->image_bytes;
	struct op_image *op;

	if (diff) {
		words = arena_printf(w->a, "%s@%s, %" PRIu64 " of %" PRIu64 " chunks differ: %s to fetch, %s to write", img->name,
				     img->version, diff->chunks - diff->same, diff->chunks,
				     size_words(diff->fetch_bytes, w->a), size_words(diff->write_bytes, w->a));
		weight = diff->write_bytes + img->image_bytes / 8 + mib; /* all of it is read */
	}
	op = op_add(w, OP_IMAGE, "image:root", weight, words);
	*op = (struct op_image){ .dev = unit_ref(w, root), .image = img->name, .version = img->version,
				 .list_hash = img->list_hash, .uuid = fs_uuid(w, root, 0), .image_bytes = img->image_bytes,
				 .data_bytes = diff ? diff->fetch_bytes : img->data_bytes, .diff = diff != NULL, .write_bytes = diff ? diff->write_bytes : 0,
				 .bench = w->r->site->bench };
	if (root->op)
		op_needs(w, root->op);
	else if (root->n_places)
		op_needs(w, arena_printf(w->a, "table:%s", w->bounds[root->places[0].disk].role));
	else
		op_needs(w, root->on[0]->op);
}

/* --- what the deployed system is told */

static void tell_mounts(struct work *w, struct op_identity *id)
{
	for (size_t i = 0; i < w->n_units; i++) {
		const struct unit *u = &w->units[i];
		bool swap = u->item->role == PART_SWAP, boot = u->item->role == PART_BOOT;

		if (!swap && !boot && !u->item->mount)
			continue;
		id->fstab = arena_grow(w->a, id->fstab, id->n_fstab, sizeof(*id->fstab));
		id->fstab[id->n_fstab++] = (struct fstab_line){
			.uuid = fs_uuid(w, u, 0), .where = swap ? "none" : boot ? "/boot" : u->item->mount,
			.fs = fs_names[u->fs], .dev = unit_ref(w, u),
		};
	}
}

static void tell_carriers(struct work *w, struct op_identity *id, const struct unit *root)
{
	for (size_t i = 0; i < w->n_units; i++) {
		const struct unit *u = &w->units[i];
		bool under_root = stands_on(root, u);

		if (u->item->role == PART_RAID) {
			const struct op_raid *op = NULL;

			for (size_t k = 0; k < w->plan->n_ops; k++)
				if (str_eq(w->plan->ops[k].id, u->op))
					op = w->plan->ops[k].params;
			id->arrays = arena_grow(w->a, id->arrays, id->n_arrays, sizeof(*id->arrays));
			id->arrays[id->n_arrays++] = (struct array_line){ u->name, op->uuid };
		} else if (u->item->role == PART_GROUP) {
			add_line(w->a, &id->groups, &id->n_groups, u->name);
		} else if (u->item->role == PART_CRYPT) {
			/* Nothing below root can be read before root is: then somebody types the passphrase. */
			bool file = u->item->key_file && !under_root;

			id->crypttab = arena_grow(w->a, id->crypttab, id->n_crypttab, sizeof(*id->crypttab));
			id->crypttab[id->n_crypttab++] = (struct crypttab_line){
				.name = u->name, .uuid = u->uuid, .key = file ? u->name : NULL, .root = under_root,
				.dev = u->n_on ? unit_ref(w, u->on[0]) : place_ref(w, &u->places[0]),
			};
		}
	}
}

static void tell_packages(struct work *w, struct op_identity *id, const struct unit *root)
{
	bool xfs = false, root_crypt = false, other_crypt = false;

	for (size_t i = 0; i < w->n_units; i++) {
		xfs = xfs || w->units[i].fs == FS_XFS;
		if (w->units[i].item->role == PART_CRYPT)
			*(stands_on(root, &w->units[i]) ? &root_crypt : &other_crypt) = true;
	}
	if (unit_by_role(w, PART_RAID))
		add_line(w->a, &id->packages, &id->n_packages, "mdadm");
	if (unit_by_role(w, PART_GROUP))
		add_line(w->a, &id->packages, &id->n_packages, "lvm2");
	if (unit_by_role(w, PART_POOL))
		add_line(w->a, &id->packages, &id->n_packages, "thin-provisioning-tools");
	if (root_crypt)
		add_line(w->a, &id->packages, &id->n_packages, "cryptsetup-initramfs");
	if (other_crypt) /* reads crypttab at boot */
		add_line(w->a, &id->packages, &id->n_packages, "systemd-cryptsetup");
	if (xfs)
		add_line(w->a, &id->packages, &id->n_packages, "xfsprogs");
}

static struct op_identity *identity_op(struct work *w, const struct unit *root, const struct identity *who, const struct net *net)
{
	const struct unit *esp = unit_by_role(w, PART_ESP), *boot = unit_by_role(w, PART_BOOT);
	const char *root_uuid = fs_uuid(w, root, 0);
	struct op_identity *id = op_add(w, OP_IDENTITY, "identity:root", 2 * mib,
					arena_printf(w->a, "name %s, address %s/%" PRIu64 ", keys, ids", who->hostname,
						     who->address, who->prefix));

	/* It is told about all that was made, and looks at some of it. */
	op_needs_all(w);
	*id = (struct op_identity){ .net = *net, .dev = unit_ref(w, root), .root_uuid = root_uuid, .console = w->r->machine->console,
				    .boot_uuid = boot ? fs_uuid(w, boot, 0) : NULL, .who = *who };
	/* lvm2's initramfs hook activates the group of what root= names in this form. */
	id->root_arg = is_volume(root) ? arena_printf(w->a, "/dev/mapper/%s", mapped_name(w, root)) :
					 arena_printf(w->a, "UUID=%s", root_uuid);
	for (size_t i = 0; i < esp->n_places; i++)
		add_line(w->a, &id->esp_uuids, &id->n_esp_uuids, fs_uuid(w, esp, i));
	tell_mounts(w, id);
	tell_carriers(w, id, root);
	tell_packages(w, id, root);
	return id;
}

/* --- network */

static int resolve_net(struct work *w, const struct profile *profile, const struct identity *who, struct net *ret, struct error *err)
{
	const struct node_network admin = { .name = "admin", .address = who->address };
	const struct net_request r = { .site = w->r->site, .machine = w->r->machine, .profile = profile, .boot_mac = who->mac,
				       .networks = who->n_networks ? who->networks : &admin,
				       .n_networks = who->n_networks ? who->n_networks : 1 };

	if (net_resolve(&r, w->a, ret, NULL, NULL, err))
		return -1;
	net_lines(ret, w->a, &w->plan->networks, &w->plan->n_networks);
	return 0;
}

/*
 * What of the network makes another goal: all that the node's files say. One port with an address, the usual, is known by
 * the address alone, so that a port that was replaced is no reason to install again.
 */
static const char *net_goal(struct work *w, const struct net *net)
{
	AUTO_STR all = STR_INIT;
	char hash[HASH_HEX];
	struct net_file *files;
	size_t n;

	if (net->n_devs == 1)
		return "";
	net_networkd(net, w->a, &files, &n);
	for (size_t i = 0; i < n; i++)
		str_addf(&all, "%s\n%s", files[i].path, files[i].text);
	hash_buffer(str_text(&all), all.len, hash);
	return arena_printf(w->a, "network %s\n", hash);
}

/* --- all */

static int check_root(struct work *w, const struct unit *root, const struct catalog_image *img, struct error *err)
{
	if (root->bytes < img->image_bytes && root->n_places)
		return error_set(err, ERR_INPUT, "disk %s %s is too small: root gets %s, image %s needs %s",
				 w->bounds[root->places[0].disk].disk->name, disk_id(w->bounds[root->places[0].disk].disk),
				 size_words(root->bytes, w->a), img->name, size_words(img->image_bytes, w->a));
	if (root->bytes < img->image_bytes)
		return error_set(err, ERR_INPUT, "%s: root on %s gets %s, image %s needs %s", w->where, root->on[0]->name,
				 size_words(root->bytes, w->a), img->name, size_words(img->image_bytes, w->a));
	if (root->fs != FS_EXT4)
		return error_set(err, ERR_INPUT, "image %s is an %s file system, the layout's root asks for %s", img->name,
				 img->fs, fs_names[root->fs]);
	return 0;
}

/* GRUB finds its menu by the UUID of the file system: what is kept inside an array shows none to planning. */
static int check_kept_boot(struct work *w, const struct unit *boot, struct error *err)
{
	if (!boot || fs_uuid(w, boot, 0))
		return 0;
	error_set(err, ERR_INPUT, "%s: boot is kept on %s, where its file system's UUID cannot be seen: GRUB would not find it", w->where,
		  boot->on[0]->name);
	return error_hint(err, "leave `preserve` out of the boot line: what is in /boot comes with the image");
}

int plan_node(const struct plan_request *r, const struct profile *profile, const struct identity *who,
	      struct arena *a, struct plan **ret, struct error *err)
{
	const struct catalog_image *img = find_image(r->catalog, profile->image);
	struct work w = { .r = r, .a = a, .plan = plan_new(r, "node", who->node, a),
			  .where = arena_printf(a, "profiles.%s", profile->name), .items = profile->layout,
			  .n_items = profile->n_layout, .selectors = profile->disks, .n_selectors = profile->n_disks,
			  .wipe = profile->wipe, .n_wipe = profile->n_wipe, .image_on_root = true };
	const struct comparison *diff;
	const struct unit *root, *boot;
	struct net net = { 0 };
	bool done;

	if (!img)
		return error_set(err, ERR_INPUT, "profiles.%s.image: no image is named \"%s\" on this site", profile->name,
				 profile->image);
	w.root_least = img->image_bytes;
	if (resolve_net(&w, profile, who, &net, err))
		return -1;
	if (plan_storage(&w, err))
		return -1;
	root = unit_by_role(&w, PART_ROOT);
	boot = unit_by_role(&w, PART_BOOT);
	w.plan->profile = profile->name;
	*ret = w.plan;
	/* Who the node is, without what changes with every attempt. */
	if (plan_frame(&w, arena_printf(a, "%s %s\n%s %s\n%s", img->name, img->list_hash, who->hostname, who->address, net_goal(&w, &net)),
		       &done, err))
		return -1;
	if (done)
		return 0;
	if (boot_check(&w, err) || check_root(&w, root, img, err) || check_kept_boot(&w, boot, err))
		return -1;
	diff = differential(&w, profile, img);
	if (diff && stay_in_place(&w, err))
		return -1;
	storage_ops(&w);
	image_op(&w, root, img, diff);
	identity_op(&w, root, who, &net);
	boot_ops(&w, "node", boot ? boot : root);
	return 0;
}
