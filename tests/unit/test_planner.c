/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Planning, text in and text out: every tests/plan/NNN-slug.t names a site file, a recorded machine and what must
 * come out. Linked without sys/ and observe/. FULCRUM_UPDATE=1 writes what comes out into the
 * files, for a person to read in the diff.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "data/json.h"
#include "plan/planner.h"
#include "plan/select.h"
#include "tap.h"

static struct catalog_image image = { "debian-13", "20261122T0000Z", "ext4",
				      "1111111111111111111111111111111111111111111111111111111111111111",
				      433061888, 167952676, 1048576 };
static const struct catalog catalog = { .build_id = "20261122-test", .version = "1",
					.seed_hash = "2222222222222222222222222222222222222222222222222222222222222222",
					.seed_bytes = 450000000, .seed_files = 321, .images = &image, .n_images = 1 };
static const char *keys[] = { "ssh-ed25519 AAAA test" };
static const struct identity who = { .node = "node-1", .hostname = "node-1", .domain = "lab.example", .address = "192.168.124.81",
				     .mac = "52:54:00:aa:bb:01", .admin_address = "192.168.124.10",
				     .site_key = "3333333333333333333333333333333333333333333333333333333333333333", .prefix = 24,
				     .attempt = 1, .ssh_keys = keys, .n_ssh_keys = 1 };

struct world {
	struct arena a;
	struct site *site;
	struct machine *machine;
	const char *site_text;
};

static void load(struct world *w, const char *site_path, const char *machine_path)
{
	AUTO_STR text = STR_INIT;
	struct findings f = { .arena = &w->a };
	struct error err;

	if (file_read(site_path, 1 << 20, &text, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	w->site_text = arena_strdup(&w->a, str_text(&text));
	w->site = site_parse("site.yaml", w->site_text, text.len, &w->a, &f);
	str_clear(&text);
	findings_print(&f, &text);
	w->machine = ARENA_NEW(&w->a, struct machine);
	if (f.n)
		fputs(str_text(&text), stderr);
	str_clear(&text);
	if (f.n || file_read(machine_path, 1 << 24, &text, &err) ||
	    field_from_json(&machine_schema, machine_path, str_text(&text), text.len, w->machine, &w->a, &err)) {
		fprintf(stderr, "%s\n", f.n ? site_path : err.msg);
		exit(1);
	}
}

/* --- what holds for every plan */

struct ids {
	const char *seen[512];
	size_t n;
};

/* True if UUID was there before; kept things have those that they had. */
static bool twice(struct ids *ids, const char *uuid)
{
	for (size_t i = 0; uuid && i < ids->n; i++)
		if (!strcasecmp(ids->seen[i], uuid))
			return true;
	if (uuid && ids->n < 512)
		ids->seen[ids->n++] = uuid;
	return false;
}

static bool table_has(const struct plan *p, const char *dev)
{
	size_t role = strcspn(dev, ":");

	for (size_t i = 0; i < p->n_ops; i++) {
		const struct op_table *t = p->ops[i].params;

		if (p->ops[i].kind != OP_TABLE || strlen(t->disk) != role || strncmp(t->disk, dev, role) != 0)
			continue;
		for (size_t k = 0; k < t->n_parts; k++)
			if (t->parts[k].number == strtoul(dev + role + 1, NULL, 10))
				return true;
		return false;
	}
	for (size_t i = 0; i < p->n_disks; i++) /* left alone: it has no table of the plan's */
		if (strlen(p->disks[i].role) == role && !strncmp(p->disks[i].role, dev, role))
			return true;
	return false;
}

/* The operation that makes DEV; NULL when the plan does not. */
static const struct op *maker(const struct plan *p, const char *dev)
{
	for (size_t i = 0; i < p->n_ops; i++) {
		const char *id = p->ops[i].id;

		if (str_eq(id, dev) || (str_starts(dev, "lv:") && str_starts(id, "volume:") && str_eq(id + 7, dev + 3)))
			return &p->ops[i];
	}
	return NULL;
}

static const char *bad_dev(const struct plan *p, size_t before, const char *dev)
{
	const struct op *op;

	if (!str_starts(dev, "raid:") && !str_starts(dev, "crypt:") && !str_starts(dev, "lv:"))
		return table_has(p, dev) ? NULL : dev;
	op = maker(p, dev);
	return op && op < p->ops + before ? NULL : dev;
}

static const char *bad_op(const struct plan *p, size_t i, struct ids *ids)
{
	const struct op *op = &p->ops[i];
	const char *bad = NULL;

	for (size_t k = 0; k < op->n_needs && !bad; k++) {
		const struct op *need = maker(p, op->needs[k]);

		bad = need && need < op ? NULL : op->needs[k];
	}
	for (size_t k = 0; k < i && !bad; k++)
		bad = str_eq(p->ops[k].id, op->id) ? "id twice" : NULL;
	if (op->kind == OP_TABLE) {
		const struct op_table *t = op->params;

		for (size_t k = 0; k < t->n_parts && !bad; k++)
			bad = twice(ids, t->parts[k].uuid) ? t->parts[k].uuid : NULL;
	} else if (op->kind == OP_MKFS) {
		const struct op_mkfs *m = op->params;

		bad = bad ? bad : twice(ids, m->uuid) ? m->uuid : bad_dev(p, i, m->dev);
	} else if (op->kind == OP_RAID) {
		const struct op_raid *r = op->params;

		bad = bad ? bad : twice(ids, r->uuid) || strlen(r->uuid) != 35 ? r->uuid : NULL;
		for (size_t k = 0; k < r->n_members && !bad; k++)
			bad = bad_dev(p, i, r->members[k]);
	} else if (op->kind == OP_CRYPT) {
		const struct op_crypt *c = op->params;

		bad = bad ? bad : twice(ids, c->uuid) ? c->uuid : bad_dev(p, i, c->dev);
	} else if (op->kind == OP_GROUP) {
		const struct op_group *g = op->params;

		for (size_t k = 0; k < g->n_members && !bad; k++)
			bad = bad_dev(p, i, g->members[k]);
	} else if (op->kind == OP_IMAGE) {
		const struct op_image *m = op->params;

		bad = bad ? bad : twice(ids, m->uuid) ? m->uuid : bad_dev(p, i, m->dev);
	}
	return bad;
}

/* Needs come before, ids and UUIDs are there once, devices are made before they are used; NULL if so. */
static const char *ill_formed(const struct plan *p, struct arena *a)
{
	struct ids ids = { .n = 0 };

	for (size_t i = 0; i < p->n_ops; i++) {
		const char *bad = bad_op(p, i, &ids);

		if (bad)
			return arena_printf(a, "%s: %s", p->ops[i].id, bad);
	}
	if (p->n_ops && (p->ops[p->n_ops - 1].kind != OP_COMMIT || p->ops[p->n_ops - 2].kind != OP_BOOT))
		return "the boot loader and the mark are not last";
	return NULL;
}

/* KIND: "admin", "node" (by the first profile), or the name of a profile. */
/* The node that all plans are for, the first of its kind on every network of P; it netbooted from its first port. */
static const struct identity *on_its_networks(struct world *w, const struct profile *p)
{
	struct identity *own = ARENA_NEW(&w->a, struct identity);

	*own = who;
	if (!p->n_networks)
		return own;
	own->mac = w->machine->nics[0].mac;
	own->n_networks = p->n_networks;
	own->networks = arena_array(&w->a, p->n_networks, sizeof(*own->networks));
	for (size_t i = 0; i < p->n_networks; i++) {
		const struct network *n = site_network(w->site, p->networks[i]);
		uint32_t ip = n->hosts.first;

		own->networks[i] = (struct node_network){ n->name, ip ? ipv4_text(ip, &w->a) : NULL, network_node_address6(n, ip, &w->a) };
	}
	return own;
}

static int make(struct world *w, const char *kind, struct plan_request r, struct plan **ret, struct error *err)
{
	const struct profile *profile = w->site->profiles;

	r.site = w->site;
	r.machine = w->machine;
	r.catalog = &catalog;
	r.site_text = w->site_text;
	r.seed = r.seed ? r.seed : "00112233445566778899aabbccddeeff";
	if (!strcmp(kind, "admin"))
		return plan_admin(&r, &w->a, ret, err);
	if (strcmp(kind, "node") != 0)
		profile = site_profile(w->site, kind);
	if (!profile) {
		fprintf(stderr, "no profile %s\n", kind);
		exit(1);
	}
	return plan_node(&r, profile, on_its_networks(w, profile), &w->a, ret, err);
}

static const char *value(const char *text, const char *key, struct arena *a)
{
	const char *p = strstr(text, key);

	if (!p)
		return "";
	p += strlen(key);
	return arena_strndup(a, p, strcspn(p, "\n"));
}

/* --- a plan applied in mind: the machine as it looks afterwards */

static struct disk *mind_disk(struct world *w, const struct plan *p, const char *role)
{
	for (size_t i = 0; i < p->n_disks; i++)
		for (size_t k = 0; k < w->machine->n_disks; k++)
			if (str_eq(p->disks[i].role, role) && str_eq(w->machine->disks[k].name, p->disks[i].name))
				return &w->machine->disks[k];
	printf("# no disk has the role %s\n", role);
	exit(1);
}

/* The partition that reference DEV names; NULL: it is no partition. */
static struct partition *mind_part(struct world *w, const struct plan *p, const char *dev)
{
	const char *colon = strchr(dev, ':');
	struct disk *d;

	if (str_starts(dev, "raid:") || str_starts(dev, "crypt:") || str_starts(dev, "lv:"))
		return NULL;
	d = mind_disk(w, p, arena_strndup(&w->a, dev, (size_t)(colon - dev)));
	for (size_t i = 0; i < d->n_partitions; i++)
		if (d->partitions[i].number == strtoul(colon + 1, NULL, 10))
			return &d->partitions[i];
	printf("# there is no %s\n", dev);
	exit(1);
}

static void mind_sign(struct world *w, const struct plan *p, const char *dev, const char *type, const char *uuid)
{
	struct partition *part = mind_part(w, p, dev);

	if (!part)
		return;
	part->signatures = ARENA_NEW(&w->a, struct signature);
	part->signatures->type = type;
	part->signatures->uuid = uuid;
	part->n_signatures = 1;
}

static void mind_table(struct world *w, const struct plan *p, const struct op_table *t)
{
	struct disk *d = mind_disk(w, p, t->disk);
	struct partition *rows = arena_array(&w->a, t->n_parts, sizeof(*rows));

	for (size_t k = 0; k < t->n_parts; k++) {
		rows[k] = (struct partition){ .number = t->parts[k].number, .name = t->parts[k].name,
			.type_uuid = t->parts[k].type_uuid, .uuid = t->parts[k].uuid,
			.start_bytes = t->parts[k].start_bytes, .size_bytes = t->parts[k].size_bytes };
		for (size_t i = 0; t->parts[k].keep && i < d->n_partitions; i++)
			if (d->partitions[i].number == rows[k].number)
				rows[k] = d->partitions[i];
	}
	d->table = "gpt";
	d->damage = NULL;
	d->n_signatures = 0;
	d->n_holders = 0;
	d->table_uuid = t->uuid;
	d->partitions = rows;
	d->n_partitions = t->n_parts;
}

static void mind_group(struct world *w, const struct plan *p, const struct op_group *op)
{
	struct machine *m = w->machine;
	struct lvm_group *g = NULL;

	if (op->keep) {
		for (size_t i = 0; i < m->n_groups; i++)
			g = str_eq(m->groups[i].name, op->name) ? &m->groups[i] : g;
		for (size_t i = 0; g && i < op->n_remove; i++)
			for (size_t k = 0; k < g->n_volumes; k++)
				if (str_eq(g->volumes[k].name, op->remove[i]))
					g->volumes[k].name = "removed";
		return;
	}
	m->groups = arena_grow(&w->a, m->groups, m->n_groups, sizeof(*m->groups));
	g = &m->groups[m->n_groups++];
	g->name = op->name;
	for (size_t i = 0; i < op->n_members; i++) {
		const char *pv = arena_printf(&w->a, "PV-%s-%zu", op->name, i);

		g->members = arena_grow(&w->a, g->members, g->n_members, sizeof(*g->members));
		g->members[g->n_members++] = pv;
		mind_sign(w, p, op->members[i], "LVM2_member", pv);
		if (mind_part(w, p, op->members[i]))
			g->size_bytes += mind_part(w, p, op->members[i])->size_bytes - 4194304;
	}
}

static void mind_array(struct world *w, const struct op_raid *op)
{
	struct machine *m = w->machine;

	if (op->keep)
		return;
	m->arrays = arena_grow(&w->a, m->arrays, m->n_arrays, sizeof(*m->arrays));
	m->arrays[m->n_arrays++] = (struct md_array){ .name = op->name, .uuid = op->uuid, .metadata = op->metadata,
		.level = arena_printf(&w->a, "raid%" PRIu64, op->level), .devices = op->n_members, .found = op->n_members };
}

static void mind_volume(struct world *w, const struct op_volume *op)
{
	for (size_t i = 0; i < w->machine->n_groups; i++) {
		struct lvm_group *g = &w->machine->groups[i];

		if (!str_eq(g->name, op->group) || op->keep)
			continue;
		g->volumes = arena_grow(&w->a, g->volumes, g->n_volumes, sizeof(*g->volumes));
		g->volumes[g->n_volumes++] = (struct lvm_volume){ .name = op->name, .kind = op->kind, .size_bytes = op->size_bytes };
	}
}

static void apply_in_mind(struct world *w, const struct plan *p)
{
	for (size_t i = 0; i < p->n_ops; i++) {
		const void *params = p->ops[i].params;

		if (p->ops[i].kind == OP_CLEAR && !((const struct op_clear *)params)->n_keep)
			mind_disk(w, p, ((const struct op_clear *)params)->disk)->n_partitions = 0;
		if (p->ops[i].kind == OP_TABLE)
			mind_table(w, p, params);
		if (p->ops[i].kind == OP_RAID) {
			const struct op_raid *op = params;

			for (size_t k = 0; k < op->n_members; k++)
				mind_sign(w, p, op->members[k], "linux_raid_member", op->uuid);
			mind_array(w, op);
		}
		if (p->ops[i].kind == OP_CRYPT)
			mind_sign(w, p, ((const struct op_crypt *)params)->dev, "crypto_LUKS", ((const struct op_crypt *)params)->uuid);
		if (p->ops[i].kind == OP_GROUP)
			mind_group(w, p, params);
		if (p->ops[i].kind == OP_VOLUME)
			mind_volume(w, params);
		if (p->ops[i].kind == OP_MKFS)
			mind_sign(w, p, ((const struct op_mkfs *)params)->dev, ((const struct op_mkfs *)params)->fs,
				  ((const struct op_mkfs *)params)->uuid);
		if (p->ops[i].kind == OP_IMAGE)
			mind_sign(w, p, ((const struct op_image *)params)->dev, "ext4", ((const struct op_image *)params)->uuid);
		if (p->ops[i].kind == OP_COMMIT) {
			const struct op_commit *op = params;

			for (size_t k = 0; k < op->n_disks; k++)
				mind_disk(w, p, op->disks[k].disk)->table_uuid = op->disks[k].uuid;
		}
	}
}

/* What the journals of the disks say when power fails in operation N. */
static void mind_cut(struct world *w, struct plan *p, size_t n)
{
	for (size_t i = 0; i < p->n_disks; i++) {
		struct disk *d = mind_disk(w, p, p->disks[i].role);

		d->journal_goal = p->goal;
		d->journal_step = p->ops[n].id;
		d->journal_keeps = p->disks[i].n_keeps > 0;
	}
	p->n_ops = n;
}

/* "405 393 4900000 12582912": chunks, those that are the same, bytes to fetch and to write. */
static void mind_compared(struct world *w, const char *text)
{
	struct comparison *c = ARENA_NEW(&w->a, struct comparison);

	if (!*text || sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &c->chunks, &c->same, &c->fetch_bytes,
			     &c->write_bytes) != 4)
		return;
	c->list_hash = image.list_hash;
	for (size_t i = 0; i < w->machine->n_disks; i++)
		for (size_t k = 0; k < w->machine->disks[i].n_partitions; k++) {
			struct partition *part = &w->machine->disks[i].partitions[k];

			if (str_eq(part->name, "fulcrum-root")) {
				part->compared = c;
				part->n_compared = 1;
			}
		}
}

/*
 * A case's optional lines: @AFTER KIND: this was installed on the machine before (and is its own earlier
 * deployment), @CUT n: but only its first n operations, with what the disks' journals say then, @COMPARED: what was
 * measured of its root, @AGAIN: planned although it is as wanted, @FULL: the operator wants the whole image, @WIPE SERIAL, @SHOW: operations
 * whose parameters are shown, too.
 */
static struct plan_request prepared(struct world *w, const char *text)
{
	const char *after = value(text, "@AFTER ", &w->a), *cut = value(text, "@CUT ", &w->a), *wipe = value(text, "@WIPE ", &w->a);
	struct plan_request r = { .reinstall = strstr(text, "@AGAIN\n") != NULL, .full = strstr(text, "@FULL\n") != NULL };
	const char **list = arena_array(&w->a, 1, sizeof(*list));
	struct error err;
	struct plan *p;

	if (*wipe) {
		list[0] = wipe;
		r.wipe = list;
		r.n_wipe = 1;
	}
	if (!*after)
		return r;
	if (make(w, after, (struct plan_request){ 0 }, &p, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	if (*cut)
		mind_cut(w, p, strtoul(cut, NULL, 10));
	apply_in_mind(w, p);
	mind_compared(w, value(text, "@COMPARED ", &w->a));
	r.own_goal = *cut ? NULL : p->goal;
	r.seed = "ffeeddccbbaa99887766554433221100";
	return r;
}

/* The parameters of the operations that @SHOW names. */
static void show_ops(struct world *w, const struct plan *p, const char *ids, struct str *out)
{
	while (*ids) {
		size_t n = strcspn(ids, " ");
		const struct op *op = NULL;

		for (size_t i = 0; i < p->n_ops; i++)
			if (strlen(p->ops[i].id) == n && !strncmp(p->ops[i].id, ids, n))
				op = &p->ops[i];
		str_addf(out, "%.*s", (int)n, ids);
		for (size_t i = 0; op && i < op->n_needs; i++)
			str_addf(out, "%s %s", i ? "," : " needs", op->needs[i]);
		str_addc(out, '\n');
		if (op)
			json_write(field_write(op_schemas[op->kind], op->params, false, &w->a), true, out);
		str_addc(out, '\n');
		ids += n + strspn(ids + n, " ");
	}
}

static void golden(const char *name)
{
	struct world w = { 0 };
	AUTO_STR text = STR_INIT;
	AUTO_STR seen = STR_INIT;
	struct error err = { 0 };
	struct plan *plan;
	char path[512];
	char *expect;

	snprintf(path, sizeof(path), "tests/plan/%s", name);
	if (file_read(path, 1 << 20, &text, &err))
		exit(1);
	load(&w, value(str_text(&text), "@SITE ", &w.a), value(str_text(&text), "@MACHINE ", &w.a));
	expect = strstr(text.s, "@EXPECT\n") + strlen("@EXPECT\n");
	if (make(&w, value(str_text(&text), "@KIND ", &w.a), prepared(&w, str_text(&text)), &plan, &err))
		str_addf(&seen, "error %s: %s\n  hint: %s\n", error_kind_name(err.kind), err.msg, err.hint);
	else {
		const char *ill = ill_formed(plan, &w.a);

		plan_text(plan, &seen);
		show_ops(&w, plan, value(str_text(&text), "@SHOW ", &w.a), &seen);
		if (ill)
			str_addf(&seen, "ILL-FORMED: %s\n", ill);
	}
	if (getenv("FULCRUM_UPDATE")) {
		AUTO_STR all = STR_INIT;

		str_addn(&all, text.s, (size_t)(expect - text.s));
		str_add(&all, str_text(&seen));
		if (file_replace(path, all.s, all.len, 0644, &err))
			exit(1);
	}
	is_str(str_text(&seen), expect, "%s", name);
	arena_release(&w.a);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void second_run(const char *kind, const char *machine)
{
	struct world w = { 0 };
	struct error err = { 0 };
	struct plan *first, *second;
	const char *unfinished;

	load(&w, "tests/sites/lab.yaml", machine);
	if (!ok(!make(&w, kind, (struct plan_request){ 0 }, &first, &err), "%s: plans a blank machine", kind))
		printf("# %s\n", err.msg);
	apply_in_mind(&w, first);
	ok(!make(&w, kind, (struct plan_request){ .seed = "ffff" }, &second, &err) && second->n_ops == 0,
	   "%s: a second run over the installed disk plans nothing, whatever its seed", kind);
	ok(!make(&w, kind, (struct plan_request){ .reinstall = true, .own_goal = first->goal }, &second, &err) && second->n_ops > 0 &&
	   str_eq(second->disks[0].consent, "own earlier deployment"), "%s: a reinstall of its own deployment is planned", kind);
	/* A cut before the commit leaves the provisional GUID. */
	unfinished = ((const struct op_table *)first->ops[1].params)->uuid;
	for (size_t i = 0; i < w.machine->n_disks; i++)
		if (str_eq(w.machine->disks[i].name, first->disks[0].name))
			w.machine->disks[i].table_uuid = unfinished;
	w.site->admin.n_wipe = 0;
	ok(!make(&w, kind, (struct plan_request){ 0 }, &second, &err) && second->n_ops > 0 &&
	   str_eq(second->disks[0].consent, "own unfinished attempt"), "%s: an unfinished attempt is begun again", kind);
	arena_release(&w.a);
}

static void round_trip(const char *kind, const char *machine)
{
	struct world w = { 0 };
	AUTO_STR one = STR_INIT;
	AUTO_STR two = STR_INIT;
	struct error err = { 0 };
	struct plan *p, *q;
	struct tree *t;

	load(&w, "tests/sites/lab.yaml", machine);
	if (make(&w, kind, (struct plan_request){ 0 }, &p, &err))
		exit(1);
	plan_json(p, &one);
	t = json_parse("plan", str_text(&one), one.len, &w.a, &err);
	q = t ? plan_read(t, &w.a, &err) : NULL;
	if (ok(q != NULL, "%s: the plan's JSON is read back", kind))
		plan_json(q, &two);
	else
		printf("# %s\n", err.msg);
	is_str(str_text(&two), str_text(&one), "%s: and written again it is the same", kind);
	arena_release(&w.a);
}

static void seeds(void)
{
	struct world w = { 0 };
	char one[HASH_HEX], two[HASH_HEX], three[HASH_HEX];
	struct error err = { 0 };
	struct plan *p;

	load(&w, "tests/sites/lab.yaml", "tests/machines/one-nvme.json");
	if (make(&w, "admin", (struct plan_request){ 0 }, &p, &err))
		exit(1);
	plan_hash(p, one);
	if (make(&w, "admin", (struct plan_request){ 0 }, &p, &err))
		exit(1);
	plan_hash(p, two);
	if (make(&w, "admin", (struct plan_request){ .seed = "eeee" }, &p, &err))
		exit(1);
	plan_hash(p, three);
	is_str(two, one, "the same inputs give the same hash");
	ok(strcmp(one, three) != 0, "another seed gives other ids and another hash");
	w.machine->disks[0].signatures = ARENA_NEW(&w.a, struct signature);
	w.machine->disks[0].signatures->type = "swap";
	w.machine->disks[0].n_signatures = 1;
	if (make(&w, "admin", (struct plan_request){ 0 }, &p, &err))
		exit(1);
	plan_hash(p, two);
	ok(strcmp(one, two) != 0, "a disk whose content changed gives another hash");
	arena_release(&w.a);
}

/* The good examples of tests/sites are more than well-formed: each makes a plan. */
static void examples(void)
{
	static const struct {
		const char *site, *machine;
	} cases[] = {
		{ "one-disk", "one-nvme" }, { "mirror", "two-nvme" }, { "lvm-luks", "store" }, { "raid6-preserve", "store" },
		{ "thin", "one-nvme" }, { "two-networks", "four-nics" }, { "lab-thirty", "lab-seat" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w = { 0 };
		struct error err = { 0 };
		struct plan *p = NULL;

		load(&w, arena_printf(&w.a, "tests/sites/example-%s.yaml", cases[i].site),
		     arena_printf(&w.a, "tests/machines/%s.json", cases[i].machine));
		if (!ok(!make(&w, "node", (struct plan_request){ 0 }, &p, &err) && p->n_ops > 5, "example-%s.yaml makes a plan",
			cases[i].site))
			printf("# %s\n", err.msg);
		arena_release(&w.a);
	}
}

int main(void)
{
	struct dirent **list;
	int n = scandir("tests/plan", &list, NULL, by_name);
	unsigned int cases = 0;

	for (int i = 0; i < n; i++) {
		if (str_ends(list[i]->d_name, ".t")) {
			golden(list[i]->d_name);
			cases++;
		}
		free(list[i]);
	}
	free(list);
	ok(cases >= 10, "all plan cases were found");
	second_run("admin", "tests/machines/one-nvme.json");
	second_run("node", "tests/machines/lab-seat.json");
	round_trip("admin", "tests/machines/dirty-nvme.json");
	round_trip("node", "tests/machines/lab-seat.json");
	seeds();
	examples();
	return tap_end();
}
