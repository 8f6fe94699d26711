/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys as rows of one table, and the weighing. */
#include "admin/identity.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "sys/text.h"

enum {
	ENOUGH = 4,	 /* weight that a node is known by */
	ALIVE_S = 60,	 /* who spoke within this time is not the machine whose ports were just changed */
	OWNERS_MAX = 16, /* nodes looked at for one key: more have a maker's filler in common */
	HELD_S = 300,
	HELD_EVERY_S = 30,
};

/* Parts that are changed together. */
enum group { PORTS, BOARD, DISKS, MODULES, GROUPS };

/*
 * The kinds of keys, and all the rules there are. WEIGHT: what it says for a node that has it too, and against one that has
 * others of its kind only; of several kinds of a group the best counts. New ports, new disks or a new board alone are
 * outweighed by the rest; a board takes its ports along, so that of these two only one counts against a node.
 * MOVES: it belongs to one node at a time, where it was seen last; several nodes with the same one of another kind are
 * clones, or have a maker's filler.
 */
enum kind { KEY_MAC, KEY_SYSTEM, KEY_BOARD, KEY_SERIAL, KEY_UUID, KEY_DISK, KEY_DIMM, KINDS };
static const struct {
	const char *name;
	enum group group;
	int weight;
	bool moves;
	const char *words;
} kinds[KINDS] = {
	[KEY_MAC] = { "mac", PORTS, 4, true, "an address of a port" },
	[KEY_SYSTEM] = { "system", BOARD, 4, false, "system UUID and serial number" },
	[KEY_BOARD] = { "board", BOARD, 4, false, "serial number of the board" },
	[KEY_SERIAL] = { "serial", BOARD, 2, false, "system serial number" },
	[KEY_UUID] = { "uuid", BOARD, 2, false, "system UUID" },
	[KEY_DISK] = { "disk", DISKS, 2, true, "disks" },
	[KEY_DIMM] = { "dimm", MODULES, 2, true, "memory modules" },
};

/* --- the keys of a machine */

struct key {
	enum kind kind;
	const char *value;
};
struct keys {
	struct key *items;
	size_t n;
	size_t count[KINDS];
};

static bool names(const char *text)
{
	return !str_empty(text) && !text_is_board_filler(text);
}

/* Parts joined by slashes, in small letters; a key once. */
static void add(struct keys *k, struct arena *a, enum kind kind, const char *x, const char *y, const char *z)
{
	char *value = arena_printf(a, "%s%s%s%s%s", x ? x : "", y ? "/" : "", y ? y : "", z ? "/" : "", z ? z : "");

	for (char *p = value; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	for (size_t i = 0; i < k->n; i++)
		if (k->items[i].kind == kind && str_eq(k->items[i].value, value))
			return;
	k->items = arena_grow(a, k->items, k->n, sizeof(*k->items));
	k->items[k->n++] = (struct key){ kind, value };
	k->count[kind]++;
}

/* Addresses that every other adapter has too identify nothing. */
static bool mac_identifies(const char *mac)
{
	return mac && strlen(mac) == 17 && strcmp(mac, "00:00:00:00:00:00") != 0 && strcmp(mac, "ff:ff:ff:ff:ff:ff") != 0;
}

/* A stick is no part of the machine that it is plugged into. */
static bool disk_stays(const struct disk *d)
{
	return d->bus != BUS_USB && !d->removable && !str_eq(d->in_use, DISK_SITE_MEDIUM);
}

static void keys_of(const struct machine *m, struct arena *a, struct keys *k)
{
	const struct machine_system *s = &m->system;

	*k = (struct keys){ 0 };
	for (size_t i = 0; i < m->n_nics; i++) {
		const struct nic *n = &m->nics[i];
		const char *mac = mac_identifies(n->permanent_mac) ? n->permanent_mac : n->mac;

		if (mac_identifies(mac))
			add(k, a, KEY_MAC, mac, NULL, NULL);
	}
	if (names(s->uuid) && names(s->serial))
		add(k, a, KEY_SYSTEM, s->uuid, s->serial, NULL);
	if (names(s->board_serial))
		add(k, a, KEY_BOARD, s->board_vendor ? s->board_vendor : "", s->board ? s->board : "", s->board_serial);
	if (names(s->serial))
		add(k, a, KEY_SERIAL, s->vendor ? s->vendor : "", s->product ? s->product : "", s->serial);
	if (names(s->uuid))
		add(k, a, KEY_UUID, s->uuid, NULL, NULL);
	for (size_t i = 0; i < m->n_disks; i++)
		if (disk_stays(&m->disks[i]) && names(m->disks[i].wwn))
			add(k, a, KEY_DISK, m->disks[i].wwn, NULL, NULL);
		else if (disk_stays(&m->disks[i]) && names(m->disks[i].serial))
			add(k, a, KEY_DISK, m->disks[i].model ? m->disks[i].model : "", m->disks[i].serial, NULL);
	for (size_t i = 0; i < m->n_dimms; i++)
		if (names(m->dimms[i].serial))
			add(k, a, KEY_DIMM, m->dimms[i].vendor ? m->dimms[i].vendor : "", m->dimms[i].part ? m->dimms[i].part : "",
			    m->dimms[i].serial);
}

/* --- nodes that have some of them */

struct candidate {
	int64_t node;
	size_t shared[KINDS], count[KINDS]; /* keys that both have; that the node has */
	int score;			    /* for it, less what is against it */
	bool known;
};
struct candidates {
	struct arena *arena;
	struct candidate *items;
	size_t n;
	enum kind kind; /* of the key that is looked up */
};

static int owner_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	struct candidates *c = ctx;
	int64_t node = row_i64(row, 0);
	size_t i;

	for (i = 0; i < c->n && c->items[i].node != node; i++)
		;
	if (i == c->n) {
		c->items = arena_grow(c->arena, c->items, c->n, sizeof(*c->items));
		c->items[c->n++] = (struct candidate){ .node = node };
	}
	c->items[i].shared[c->kind]++;
	return 0;
}

static int count_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	struct candidate *c = ctx;
	AUTO_ARENA a = ARENA_INIT;
	const char *name = row_text(row, 0, &a);

	for (int k = 0; k < KINDS; k++)
		if (str_eq(name, kinds[k].name))
			c->count[k] = (size_t)row_i64(row, 1);
	return 0;
}

static int find_candidates(struct store *st, const struct keys *k, struct candidates *c, struct error *err)
{
	for (size_t i = 0; i < k->n; i++) {
		c->kind = k->items[i].kind;
		if (store_each(st, "SELECT node FROM nodekey WHERE kind = ?1 AND value = ?2 ORDER BY node LIMIT ?3", owner_row, c, err, "ssi",
			       kinds[c->kind].name, k->items[i].value, (int64_t)OWNERS_MAX))
			return -1;
	}
	for (size_t i = 0; i < c->n; i++)
		if (store_each(st, "SELECT kind, count(*) FROM nodekey WHERE node = ?1 GROUP BY kind", count_row, &c->items[i], err, "i",
			       c->items[i].node))
			return -1;
	return 0;
}

static int most(int x, int y)
{
	return x > y ? x : y;
}

/* One port or one number of the board is enough; of disks and modules it takes half of the fewer. */
static bool is_shared(const struct candidate *c, const struct keys *k, enum kind kind)
{
	size_t fewer = c->count[kind] < k->count[kind] ? c->count[kind] : k->count[kind];

	if (kind == KEY_DISK || kind == KEY_DIMM)
		return c->shared[kind] && 2 * c->shared[kind] >= fewer;
	return c->shared[kind];
}

static void weigh(struct candidate *c, const struct keys *k)
{
	int same[GROUPS] = { 0 }, other[GROUPS] = { 0 }, for_it = 0, against;

	for (int i = 0; i < KINDS; i++) {
		enum group g = kinds[i].group;

		if (is_shared(c, k, (enum kind)i))
			same[g] = most(same[g], kinds[i].weight);
		else if (c->count[i] && k->count[i] && !c->shared[i])
			other[g] = most(other[g], kinds[i].weight);
	}
	for (int g = 0; g < GROUPS; g++) {
		for_it += same[g];
		if (same[g])
			other[g] = 0;
	}
	against = most(other[PORTS], other[BOARD]) + other[DISKS] + other[MODULES];
	c->score = for_it - against;
	c->known = for_it >= ENOUGH && c->score >= 0;
}

/* What C and the machine have in common, for people. */
static const char *common(const struct candidate *c)
{
	for (int i = 0; i < KINDS; i++)
		if (c->shared[i])
			return kinds[i].words;
	return "nothing";
}

static int title_of(struct store *st, int64_t id, struct arena *a, const char **ret, struct error *err)
{
	struct node *n;

	if (node_load(st, id, a, &n, err))
		return -1;
	*ret = n ? node_title(n) : "?";
	return 0;
}

static int either(struct store *st, const struct candidate *x, const struct candidate *y, struct arena *a, struct error *err)
{
	const char *one, *other;

	if (title_of(st, x->node, a, &one, err) || title_of(st, y->node, a, &other, err))
		return -1;
	error_set(err, ERR_CONFLICT, "this machine has parts of %s and of %s, and could be either: it is held", one, other);
	return error_hint(err, "put parts back where they were, or delete the node that is no more: fulcrum node delete NODE");
}

/* New, although it has a key of C: that is worth a word. */
static int say_twin(struct store *st, const struct candidate *c, const char *why, struct arena *a, struct identified *ret,
		    struct error *err)
{
	const char *title;

	if (title_of(st, c->node, a, &title, err))
		return -1;
	ret->twin = arena_printf(a, "it has %s in common with %s, and is another machine: %s", common(c), title, why);
	return 0;
}

int identity_find(struct store *st, const struct machine *m, int64_t now_s, struct arena *a, struct identified *ret, struct error *err)
{
	const struct candidate *best = NULL, *second = NULL, *near = NULL;
	struct candidates c = { .arena = a };
	struct keys k;

	*ret = (struct identified){ 0 };
	keys_of(m, a, &k);
	if (find_candidates(st, &k, &c, err))
		return -1;
	for (size_t i = 0; i < c.n; i++) {
		struct candidate *x = &c.items[i];

		weigh(x, &k);
		if (!near || x->score > near->score)
			near = x;
		if (!x->known)
			continue;
		if (!best || x->score > best->score)
			second = best, best = x;
		else if (!second || x->score > second->score)
			second = x;
	}
	/* One that only just could be it is outdone by a better one; one that something speaks for is not. */
	if (best && second && (second->score == best->score || second->score > 0))
		return either(st, best, second, a, err);
	if (best && node_load(st, best->node, a, &ret->node, err))
		return -1;
	/* Its ports are others, and that node is up: clones, or one number for all. */
	if (ret->node && !best->shared[KEY_MAC] && best->count[KEY_MAC] && k.count[KEY_MAC] && now_s >= ret->node->heard_s &&
	    now_s - ret->node->heard_s < ALIVE_S) {
		ret->node = NULL;
		return say_twin(st, best, "that one is up", a, ret, err);
	}
	if (!ret->node && near)
		return say_twin(st, near, "more of it differs", a, ret, err);
	return 0;
}

/* --- what is kept */

int identity_keep(struct store *st, int64_t node, const struct machine *m, struct arena *a, struct error *err)
{
	struct keys k;

	keys_of(m, a, &k);
	/* Ports stay known: one that is not seen today may boot tomorrow. */
	if ((k.count[KEY_DISK] && store_run(st, "DELETE FROM nodekey WHERE node = ?1 AND kind = 'disk'", err, "i", node)) ||
	    (k.count[KEY_DIMM] && store_run(st, "DELETE FROM nodekey WHERE node = ?1 AND kind = 'dimm'", err, "i", node)))
		return -1;
	/* A board has one of each; of an earlier board nothing holds any more. */
	if ((k.count[KEY_SYSTEM] || k.count[KEY_UUID] || k.count[KEY_SERIAL] || k.count[KEY_BOARD]) &&
	    store_run(st, "DELETE FROM nodekey WHERE node = ?1 AND kind IN ('system', 'board', 'serial', 'uuid')", err, "i", node))
		return -1;
	for (size_t i = 0; i < k.n; i++) {
		const char *kind = kinds[k.items[i].kind].name, *value = k.items[i].value;

		if (kinds[k.items[i].kind].moves &&
		    store_run(st, "DELETE FROM nodekey WHERE kind = ?1 AND value = ?2 AND node <> ?3", err, "ssi", kind, value, node))
			return -1;
		if (store_run(st, "INSERT OR IGNORE INTO nodekey (kind, value, node) VALUES (?1, ?2, ?3)", err, "ssi", kind, value, node))
			return -1;
	}
	return 0;
}

/* --- clones and fillers */

struct shared_ctx {
	struct arena *arena;
	const char *kind;
	struct str *text;
	size_t n;
};

static int shared_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	struct shared_ctx *c = ctx;
	const char *kind = row_text(row, 0, c->arena), *title = row_text(row, 1, c->arena);

	/* The kinds come as the table above has them: UUID and serial number together, or one of them. */
	if (c->kind && !str_eq(c->kind, kind))
		return 0;
	for (int k = 0; k < KINDS && !c->kind; k++)
		if (str_eq(kind, kinds[k].name))
			str_addf(c->text, "its %s is also that of ", kinds[k].words);
	c->kind = kind;
	str_addf(c->text, "%s%s", c->n ? ", " : "", title);
	c->n++;
	return 0;
}

int identity_note(struct store *st, int64_t node, struct arena *a, const char **ret, struct error *err)
{
	AUTO_STR text = STR_INIT;
	struct shared_ctx c = { .arena = a, .text = &text };

	*ret = NULL;
	if (store_each(st,
		       "SELECT k.kind, coalesce(n.name, n.label) FROM nodekey k JOIN nodekey o ON o.kind = k.kind AND o.value = k.value"
		       " AND o.node <> k.node JOIN node n ON n.id = o.node WHERE k.node = ?1 AND k.kind IN ('system', 'board', 'serial', 'uuid')"
		       " ORDER BY CASE k.kind WHEN 'system' THEN 0 WHEN 'board' THEN 1 WHEN 'serial' THEN 2 ELSE 3 END, n.id LIMIT 16",
		       shared_row, &c, err, "i", node))
		return -1;
	if (c.n) {
		str_add(&text, ": it says nothing of which machine this is");
		*ret = arena_strdup(a, str_text(&text));
	}
	return 0;
}

/* --- machines that nobody knows where to put */

int identity_hold(struct store *st, const char *label, const char *reason, const char *hint, int64_t now_s, struct error *err)
{
	int64_t fresh;

	/* It asks again every other second. */
	if (store_number(st, "SELECT 1 FROM held WHERE label = ?1 AND reason = ?2 AND last <= ?3 AND last > ?4", &fresh, err, "ssii", label,
			 reason, now_s, now_s - HELD_EVERY_S))
		return -1;
	if (fresh)
		return 0;
	if (store_begin(st, false, err))
		return -1;
	if (store_run(st,
		      "INSERT INTO held (label, first, last, reason, hint) VALUES (?1, ?2, ?2, ?3, ?4)"
		      " ON CONFLICT (label) DO UPDATE SET last = ?2, reason = ?3, hint = ?4",
		      err, "siss", label, now_s, reason, hint) ||
	    store_run(st, "DELETE FROM held WHERE last < ?1", err, "i", now_s - HELD_S)) {
		store_rollback(st);
		return -1;
	}
	return store_commit(st, err);
}

int identity_release(struct store *st, const char *label, struct error *err)
{
	int64_t there;

	if (store_number(st, "SELECT 1 FROM held WHERE label = ?1", &there, err, "s", label))
		return -1;
	if (!there)
		return 0;
	if (store_begin(st, false, err))
		return -1;
	if (store_run(st, "DELETE FROM held WHERE label = ?1", err, "s", label)) {
		store_rollback(st);
		return -1;
	}
	return store_commit(st, err);
}

struct held_list {
	struct arena *arena;
	struct held *items;
	size_t n;
};

static int held_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	struct held_list *l = ctx;
	struct held *h;

	l->items = arena_grow(l->arena, l->items, l->n, sizeof(*h));
	h = &l->items[l->n++];
	h->label = row_text(row, 0, l->arena);
	h->first_s = row_i64(row, 1);
	h->last_s = row_i64(row, 2);
	h->reason = row_text(row, 3, l->arena);
	h->hint = row_text(row, 4, l->arena);
	return 0;
}

int identity_held(struct store *st, int64_t now_s, struct arena *a, struct held **ret, size_t *ret_n, struct error *err)
{
	struct held_list l = { a, NULL, 0 };

	if (store_each(st, "SELECT label, first, last, reason, hint FROM held WHERE last > ?1 ORDER BY label", held_row, &l, err, "i",
		       now_s - HELD_S))
		return -1;
	*ret = l.items;
	*ret_n = l.n;
	return 0;
}
