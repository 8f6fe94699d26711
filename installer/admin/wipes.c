/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wipes as values, and their certificates. */
#include "admin/wipes.h"

#include <inttypes.h>
#include <string.h>

#include "admin/api.h"
#include "admin/plans.h"
#include "data/json.h"
#include "model/erase.h"
#include "plan/wipe.h"

enum { CERTIFICATE_VERSION = 1, SEED_BYTES = 16 };

#define WIPE_COLUMNS "SELECT id, title, label, created, claimed, ended, plan, plan_hash, attempt, claim_seq, certificate FROM wipe "

struct wipe_list {
	struct arena *arena;
	struct wipe *items;
	size_t n;
};

static int wipe_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	struct wipe_list *list = ctx;
	struct arena *a = list->arena;

	list->items = arena_grow(a, list->items, list->n, sizeof(*list->items));
	list->items[list->n++] = (struct wipe){
		.id = row_i64(row, 0), .title = row_text(row, 1, a), .label = row_text(row, 2, a), .created_s = row_i64(row, 3),
		.claimed_s = row_i64(row, 4), .ended_s = row_i64(row, 5), .plan = row_text(row, 6, a), .plan_hash = row_text(row, 7, a),
		.attempt = row_u64(row, 8), .claim_seq = row_u64(row, 9), .certificate = row_text(row, 10, a),
	};
	return 0;
}

int wipe_load(struct store *st, int64_t id, struct arena *a, struct wipe **ret, struct error *err)
{
	struct wipe_list list = { a, NULL, 0 };

	if (store_each(st, WIPE_COLUMNS "WHERE id = ?1", wipe_row, &list, err, "i", id))
		return -1;
	*ret = list.n ? &list.items[0] : NULL;
	return 0;
}

int wipe_find(struct store *st, const char *title, struct arena *a, struct wipe **ret, struct error *err)
{
	struct wipe_list list = { a, NULL, 0 };

	if (store_each(st, WIPE_COLUMNS "WHERE (title = ?1 OR label = ?1) AND certificate IS NOT NULL ORDER BY id DESC LIMIT 1", wipe_row, &list,
		       err, "s", title))
		return -1;
	*ret = list.n ? &list.items[0] : NULL;
	return 0;
}

int wipes_all(struct store *st, struct arena *a, struct wipe **ret, size_t *ret_n, struct error *err)
{
	struct wipe_list list = { a, NULL, 0 };

	if (store_each(st, WIPE_COLUMNS "WHERE certificate IS NOT NULL ORDER BY id DESC", wipe_row, &list, err, ""))
		return -1;
	*ret = list.items;
	*ret_n = list.n;
	return 0;
}

/* --- before */

/* The disks that the node's system lies on, or that an attempt began to write. */
static int deployed_disks(struct admin *ad, const struct node *n, struct arena *a, struct wipe_request *r, struct error *err)
{
	struct attempt *at;
	struct plan *p;

	if (n->installed ? attempt_find(ad->store, n->installed, a, &at, err) : attempt_claimed(ad->store, n, a, &at, err))
		return -1;
	if (!at) {
		error_set(err, ERR_CONFLICT, "%s: nothing was ever deployed on it, so no plan says which disks are meant", node_title(n));
		return error_hint(err, "all that it has: fulcrum wipe %s --all-disks", node_title(n));
	}
	if (attempt_plan(at, a, &p, err))
		return -1;
	r->wanted = p->disks;
	r->n_wanted = p->n_disks;
	return 0;
}

int wipe_plan(struct admin *ad, const struct node *n, bool all, struct arena *a, struct plan **ret, struct error *err)
{
	struct wipe_request r = { .subject = node_title(n) };
	unsigned char key[HASH_BYTES];
	AUTO_STR seed = STR_INIT;
	struct attempt *at;
	struct machine *m;

	if (node_inventory(ad, n, a, &m, err) || attempt_find(ad->store, n->attempt, a, &at, err))
		return -1;
	if (!at)
		return error_set(err, ERR_INTERNAL, "node %s has no attempt", node_title(n));
	if (!all && deployed_disks(ad, n, a, &r, err))
		return -1;
	/* The same each time it is shown, another for each wipe, and known to nobody who wrote the disk. */
	hash_keyed(at->seed, arena_printf(a, "wipe after %" PRId64, n->wipe), key);
	for (size_t i = 0; i < SEED_BYTES; i++)
		str_addf(&seed, "%02x", key[i]);
	r.machine = m;
	r.seed = arena_strdup(a, str_text(&seed));
	return plan_wipe(&r, a, ret, err);
}

int wipe_order(struct admin *ad, const struct node *n, struct arena *a, struct msg_order *o, struct error *err)
{
	struct wipe *w;

	if (!n->fresh) {
		o->order = ORDER_REBOOT;
		o->text = "its disks are to be wiped: it starts afresh";
		return 0;
	}
	if (wipe_load(ad->store, n->wipe, a, &w, err))
		return -1;
	if (!w)
		return error_set(err, ERR_INTERNAL, "%s is leaving, and nothing says how", node_title(n));
	o->order = ORDER_WIPE;
	o->plan = w->plan;
	o->plan_hash = w->plan_hash;
	o->text = arena_printf(a, "wipe %.*s is wanted", PLAN_SHORT, w->plan_hash);
	return 0;
}

/* --- afterwards */

static bool allows(const struct plan *p, const char *disk, const char *method)
{
	for (size_t i = 0; i < p->n_ops; i++) {
		const struct op_erase *e = p->ops[i].params;

		if (p->ops[i].kind != OP_ERASE || !str_eq(e->disk, disk))
			continue;
		for (size_t k = 0; k < e->n_methods; k++)
			if (str_eq(e->methods[k], method))
				return true;
	}
	return false;
}

static const char *disk_bad(const struct plan *p, const struct plan_disk *d, const struct erased *e)
{
	if (!str_eq(e->serial, d->serial) || !str_eq(e->wwn, d->wwn) || e->size_bytes != d->size_bytes)
		return "is told as another disk than the plan's";
	if (!allows(p, d->role, e->method))
		return "was erased in a way that the plan does not name";
	return erased_wrong(e);
}

void wipe_judge(const struct plan *p, const struct msg_report *m, struct arena *a, const char **ret_bad)
{
	AUTO_STR bad = STR_INIT;

	for (size_t i = 0; i < p->n_disks; i++) {
		const struct plan_disk *d = &p->disks[i];
		const char *why = "is not told of";
		size_t n = 0;

		for (size_t k = 0; k < m->n_erased; k++)
			if (str_eq(m->erased[k].disk, d->role))
				why = n++ ? "is told of twice" : disk_bad(p, d, &m->erased[k]);
		if (why)
			str_addf(&bad, "%sdisk %s (%s) %s", bad.len ? "; " : "", d->serial ? d->serial : d->name, d->role, why);
	}
	if (m->n_erased > p->n_disks)
		str_addf(&bad, "%sdisks are told of that the plan does not name", bad.len ? "; " : "");
	*ret_bad = bad.len ? arena_strdup(a, str_text(&bad)) : NULL;
}

static struct tree *machine_tree(const struct machine *m, struct arena *a)
{
	const struct {
		const char *key, *value;
	} rows[] = {
		{ "vendor", m->system.vendor },	      { "product", m->system.product },	    { "serial", m->system.serial },
		{ "uuid", m->system.uuid },	      { "board_serial", m->system.board_serial },
	};
	struct tree *t = tree_new(a, TREE_MAP);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].value)
			tree_add(a, t, rows[i].key, tree_string(a, rows[i].value));
	return t;
}

/* M, judged, as a certificate: JSON, signed with the site's key. */
static int certify(struct admin *ad, const struct node *n, const struct wipe *w, const struct plan *p, const struct msg_report *r, int64_t now_s,
		   const char **ret, struct error *err)
{
	struct arena *a = n->arena;
	struct tree *t = tree_new(a, TREE_MAP), *disks = tree_new(a, TREE_SEQ), *whole;
	AUTO_STR text = STR_INIT;
	struct machine *m;

	if (node_inventory(ad, n, a, &m, err))
		return -1;
	for (size_t i = 0; i < r->n_erased; i++)
		tree_push(a, disks, field_write(&erased_schema, &r->erased[i], false, a));
	tree_add(a, t, "certificate", tree_u64(a, CERTIFICATE_VERSION));
	tree_add(a, t, "number", tree_i64(a, w->id));
	tree_add(a, t, "site", tree_string(a, ad->site->site));
	tree_add(a, t, "node", tree_string(a, w->title));
	tree_add(a, t, "label", tree_string(a, w->label));
	tree_add(a, t, "machine", machine_tree(m, a));
	tree_add(a, t, "plan", tree_string(a, w->plan_hash));
	tree_add(a, t, "seed", tree_string(a, p->seed));
	tree_add(a, t, "wanted_s", tree_i64(a, w->created_s));
	tree_add(a, t, "begun_s", tree_i64(a, w->claimed_s));
	tree_add(a, t, "ended_s", tree_i64(a, now_s));
	tree_add(a, t, "release", ad->catalog ? tree_string(a, ad->catalog->build_id) : tree_new(a, TREE_NULL));
	tree_add(a, t, "disks", disks);
	if (r->text)
		tree_add(a, t, "notes", tree_string(a, r->text));
	if (api_signed(ad, "wipe", t, a, &whole, err))
		return -1;
	json_write(whole, false, &text);
	*ret = arena_strdup(a, str_text(&text));
	return 0;
}

int wipe_running(struct admin *ad, const struct node *n, const struct attempt *at, struct wipe **ret, struct error *err)
{
	*ret = NULL;
	if (n->state != NODE_WIPING && n->state != NODE_UNWIPED)
		return 0;
	if (wipe_load(ad->store, n->wipe, n->arena, ret, err))
		return -1;
	if (*ret && (!(*ret)->claimed_s || (*ret)->attempt != at->id))
		*ret = NULL;
	return 0;
}

int wipe_end(struct admin *ad, const struct node *n, const struct wipe *w, const struct msg_report *m, struct event_ctx *c, struct error *err)
{
	const struct attempt as_plan = { .plan = w->plan };
	struct arena *a = n->arena;
	struct plan *p;

	if (attempt_plan(&as_plan, a, &p, err))
		return -1;
	wipe_judge(p, m, a, &c->message);
	if (c->message) {
		c->text = c->message;
		c->hint = arena_printf(a, "wipe it again: fulcrum wipe %s", node_title(n));
		return 0;
	}
	c->text = arena_printf(a, "%zu disk%s erased; certificate %" PRId64, m->n_erased, m->n_erased == 1 ? "" : "s", w->id);
	return certify(ad, n, w, p, m, c->now_s, &c->certificate, err);
}
