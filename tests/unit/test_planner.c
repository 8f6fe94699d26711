/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Planning, text in and text out: every tests/plan/NNN-slug.t names a site file, a recorded machine and what must
 * come out. Linked without sys/ and observe/. FULCRUM_UPDATE=1 writes what comes out into the
 * files, for a person to read in the diff.
 */
#include <dirent.h>
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

static int make(struct world *w, const char *kind, struct plan_request r, struct plan **ret, struct error *err)
{
	r.site = w->site;
	r.machine = w->machine;
	r.catalog = &catalog;
	r.site_text = w->site_text;
	r.seed = r.seed ? r.seed : "00112233445566778899aabbccddeeff";
	if (!strcmp(kind, "admin"))
		return plan_admin(&r, &w->a, ret, err);
	return plan_node(&r, &w->site->profiles[0], &who, &w->a, ret, err);
}

static const char *value(const char *text, const char *key, struct arena *a)
{
	const char *p = strstr(text, key);

	if (!p)
		return "";
	p += strlen(key);
	return arena_strndup(a, p, strcspn(p, "\n"));
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
	if (make(&w, value(str_text(&text), "@KIND ", &w.a), (struct plan_request){ 0 }, &plan, &err))
		str_addf(&seen, "error %s: %s\n  hint: %s\n", error_kind_name(err.kind), err.msg, err.hint);
	else
		plan_text(plan, &seen);
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

/* The machine as it looks once PLAN was applied. */
static void apply_in_mind(struct world *w, const struct plan *p)
{
	for (size_t i = 0; i < p->n_ops; i++) {
		struct disk *d = &w->machine->disks[0];

		for (size_t k = 0; k < w->machine->n_disks; k++)
			if (str_eq(w->machine->disks[k].name, p->disks[0].name))
				d = &w->machine->disks[k];
		if (p->ops[i].kind == OP_TABLE) {
			const struct op_table *t = p->ops[i].params;

			d->table = "gpt";
			d->n_signatures = 0;
			d->table_uuid = t->uuid;
			d->partitions = arena_array(&w->a, t->n_parts, sizeof(*d->partitions));
			d->n_partitions = t->n_parts;
			for (size_t k = 0; k < t->n_parts; k++)
				d->partitions[k] = (struct partition){ .number = t->parts[k].number, .name = t->parts[k].name,
					.type_uuid = t->parts[k].type_uuid, .uuid = t->parts[k].uuid,
					.start_bytes = t->parts[k].start_bytes, .size_bytes = t->parts[k].size_bytes };
		}
		if (p->ops[i].kind == OP_MKFS || p->ops[i].kind == OP_IMAGE) {
			const char *dev = p->ops[i].kind == OP_MKFS ? ((const struct op_mkfs *)p->ops[i].params)->dev :
								      ((const struct op_image *)p->ops[i].params)->dev;
			unsigned long n = strtoul(strchr(dev, ':') + 1, NULL, 10);

			d->partitions[n - 1].signatures = ARENA_NEW(&w->a, struct signature);
			d->partitions[n - 1].signatures->type = "ext4";
			d->partitions[n - 1].n_signatures = 1;
		}
		if (p->ops[i].kind == OP_COMMIT)
			d->table_uuid = ((const struct op_commit *)p->ops[i].params)->disks[0].uuid;
	}
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
	return tap_end();
}
