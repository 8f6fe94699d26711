/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another admin node's state, read, proved and made fit for this machine; nothing of this one's changes. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "admin/catalog_load.h"
#include "admin/netrun.h"
#include "admin/network.h"
#include "admin/state.h"
#include "admin/state_stage.h"
#include "base/fd.h"
#include "data/json.h"
#include "data/yaml.h"

struct stage {
	const struct state_env *e;
	struct arena *a;
	const char *dir; /* <data>.new */
	struct state_manifest m;
	const struct site *site;
	struct net old_net, net;
	const char **notes;
	size_t n_notes;
	struct state_count *nodes;
	size_t n_nodes;
	/* the file that comes */
	int h;
	uint64_t at, done;
};

/* --- unpacking */

static int begin_file(void *ctx, const char *path, uint64_t bytes UNUSED, struct error *err)
{
	struct stage *g = ctx;
	struct sys *s = g->e->sys;
	const char *own = str_starts(path, "fulcrum/") ? path + strlen("fulcrum/") : path;
	char *to, *slash;

	if ((own == path && !str_starts(path, STATE_HOST_KEY_DIR "/")) || str_eq(own, STATE_RESET_MARK))
		return error_set(err, ERR_INPUT, "%s: is no part of an admin node's state", path);
	to = arena_printf(g->a, "%s/%s", g->dir, own);
	slash = strrchr(to, '/');
	*slash = '\0';
	if (s->ops->make_dirs(s, to, 0700, err))
		return -1;
	*slash = '/';
	g->at = 0;
	return s->ops->create(s, to, 0600, &g->h, err);
}

static int file_data(void *ctx, const void *data, size_t len, struct error *err)
{
	struct stage *g = ctx;

	if (g->e->sys->ops->write_at(g->e->sys, g->h, g->at, data, len, err))
		return -1;
	g->at += len;
	g->done += len;
	if (g->e->tell)
		g->e->tell(g->done, 0);
	return 0;
}

static int end_file(void *ctx, struct error *err)
{
	struct stage *g = ctx;
	int h = g->h;

	g->h = -1;
	return g->e->sys->ops->close(g->e->sys, h, false, err); /* state_commit() syncs all */
}

static int unpack(struct stage *g, int fd, const char *name, const char *pass, struct error *err)
{
	const struct state_sink sink = { begin_file, file_data, end_file, g };
	struct error ignored;
	struct sealed *s;
	int rc;

	/* Nothing is written before it is known that the passphrase is right. */
	if (sealed_open(fd, name, pass, &s, err))
		return -1;
	rc = state_begin(g->e, &g->dir, g->a, err);
	if (!rc)
		rc = state_get(s, &sink, &g->m, g->a, err);
	if (g->h >= 0)
		(void)!g->e->sys->ops->close(g->e->sys, g->h, false, &ignored);
	sealed_free(s);
	return rc;
}

/* --- whether this release and this machine can */

static int check_schema(const struct stage *g, struct error *err)
{
	if (store_reads((int64_t)g->m.schema, (int64_t)g->m.reader))
		return 0;
	error_set(err, ERR_CONFLICT, "its database is of schema %" PRIu64 ", this release reads up to %d", g->m.schema, STORE_SCHEMA);
	return error_hint(err, "bring this admin node to release %s first: fulcrum update", g->m.release);
}

static int count_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	struct stage *g = ctx;

	g->nodes = arena_grow(g->a, g->nodes, g->n_nodes, sizeof(*g->nodes));
	g->nodes[g->n_nodes++] = (struct state_count){ row_text(row, 0, g->a), row_u64(row, 1) };
	return 0;
}

/* Migrated where nobody misses it if that fails. */
static int open_database(struct stage *g, struct error *err)
{
	const char *path = arena_printf(g->a, "%s/fulcrum.db", g->dir);
	struct store *st;
	int rc;

	if (access(path, F_OK))
		return error_set(err, ERR_INPUT, "there is no database in it");
	if (store_open(path, &st, err))
		return -1;
	rc = store_each(st, "SELECT state, count(*) FROM node GROUP BY state ORDER BY state", count_row, g, err, "");
	store_close(st);
	return rc;
}

/* The first key that A and B mean differently and may not, or NULL. */
static const char *differs(const struct site *x, const struct site *y, struct arena *a)
{
	static const char *const ours[] = { "admin", "links", "networks" };
	const struct tree *t[2] = { field_write(&site_schema, x, true, a), field_write(&site_schema, y, true, a) };

	for (size_t i = 0; i < t[0]->n + t[1]->n; i++) {
		const char *key = i < t[0]->n ? t[0]->keys[i] : t[1]->keys[i - t[0]->n];
		struct str text[2] = { STR_INIT, STR_INIT };
		bool same, may = false;

		for (size_t k = 0; k < ARRAY_LEN(ours); k++)
			may = may || str_eq(key, ours[k]);
		for (size_t k = 0; k < 2; k++)
			if (tree_get(t[k], key))
				json_write(tree_get(t[k], key), false, &text[k]);
		same = str_eq(str_text(&text[0]), str_text(&text[1]));
		for (size_t k = 0; k < 2; k++)
			str_release(&text[k]);
		if (!same && !may)
			return key;
	}
	return NULL;
}

static int read_site(struct stage *g, const char *other_file, struct error *err)
{
	const char *path = arena_printf(g->a, "%s/site.yaml", g->dir), *text, *key;
	const struct site *other;

	if (admin_read_site(path, g->a, &g->site, NULL, err))
		return error_wrap(err, "its site file");
	if (!other_file)
		return 0;
	if (admin_read_site(other_file, g->a, &other, &text, err))
		return -1;
	key = differs(g->site, other, g->a);
	if (key) {
		error_set(err, ERR_INPUT, "%s: `%s` is not as in the site file that is imported", other_file, key);
		return error_hint(err, "only `admin`, `links` and `networks` may differ; the rest is changed afterwards: fulcrum rules apply");
	}
	g->site = other;
	return g->e->sys->ops->write_file(g->e->sys, path, text, strlen(text), 0600, err);
}

int state_copy_file(const struct state_env *e, const char *from, const char *to, struct error *err)
{
	AUTO_STR text = STR_INIT;

	if (access(from, F_OK))
		return 0;
	if (e->sys->ops->read_file(e->sys, from, 1 << 20, &text, err))
		return -1;
	return e->sys->ops->write_file(e->sys, to, str_text(&text), text.len, 0600, err);
}

/* What is this machine's own: its slots and its ports, to which the site's networks are bound anew. */
static int bind_here(struct stage *g, struct error *err)
{
	const struct state_env *e = g->e;
	const struct netrun now = { .sys = e->sys, .root = e->root, .data = e->paths.data, .run = e->paths.run };
	const struct netrun then = { .sys = e->sys, .root = e->root, .data = g->dir, .run = e->paths.run };
	static const char *const own[] = { "admin.json", "update.json" };

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (state_copy_file(e, arena_printf(g->a, "%s/%s", e->paths.data, own[i]), arena_printf(g->a, "%s/%s", g->dir, own[i]), err))
			return -1;
	if (netrun_now(&now, g->a, &g->old_net, err))
		return -1;
	if (netrun_resolve(&now, g->site, g->a, &g->net, &g->notes, &g->n_notes, err)) {
		error_wrap(err, "the networks of its site file cannot be had on this machine");
		err->hint[0] = '\0'; /* what it says is for who may change that file */
		return error_hint(err, "give a site file whose selectors fit these ports, the rest as it is: --site FILE");
	}
	return netrun_keep(&then, g->site, &g->net, err);
}

/* --- the plan */

static void say_nodes(const struct stage *g, struct str *out)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < g->n_nodes; i++)
		sum += g->nodes[i].nodes;
	str_addf(out, "nodes     %" PRIu64, sum);
	for (size_t i = 0; i < g->n_nodes; i++)
		str_addf(out, "%s%" PRIu64 " %s", i ? ", " : ": ", g->nodes[i].nodes, g->nodes[i].state);
	str_add(out, "\n");
}

static void say_lines(const char *sign, const char *const *lines, size_t n, struct str *out)
{
	for (size_t i = 0; i < n; i++)
		str_addf(out, "%s %s\n", sign, lines[i]);
}

static void say_networks(const struct stage *g, const struct site *here, struct str *out)
{
	const char *was = here ? site_network(here, "admin")->address : "none", *becomes = site_network(g->site, "admin")->address;
	const char **lines;
	size_t n;

	str_addf(out, "address   %s here -> %s%s\n", was, becomes,
		 str_eq(becomes, g->m.address) ? ", where its nodes look for it" : "");
	if (!str_eq(becomes, g->m.address))
		str_addf(out, "          its nodes know it as %s: those that run from their disks do not find it until they are deployed again\n",
			 g->m.address);
	str_addf(out, "name      %s -> %s\nports     as they were there (-), and are here (+)\n", here ? here->admin.name : "none",
		 g->site->admin.name);
	say_lines("-", g->m.ports, g->m.n_ports, out);
	net_lines(&g->net, g->a, &lines, &n);
	say_lines("+", lines, n, out);
	say_lines("note:", g->notes, g->n_notes, out);
}

/* Images that profiles name and this release does not bring: nodes run on, and cannot be deployed. */
static void say_images(const struct stage *g, struct str *out)
{
	struct catalog *c;
	struct error err;

	if (catalog_load(g->e->paths.seed, g->e->paths.release_key, g->a, &c, &err)) {
		str_addf(out, "images    none can be read here: %s\n", err.msg);
		return;
	}
	for (size_t i = 0; i < g->site->n_profiles; i++) {
		const struct profile *p = &g->site->profiles[i];
		bool has = false;

		for (size_t k = 0; k < c->n_images; k++)
			has = has || str_eq(c->images[k].name, p->image);
		if (!has)
			str_addf(out, "images    %s of profile %s is not on this machine: such nodes cannot be deployed\n", p->image, p->name);
	}
}

static void make_plan(const struct stage *g, const struct site *here, uint64_t own_nodes, const char *site_file, struct state_view *v)
{
	struct str *out = &v->plan;
	AUTO_STR manifest = STR_INIT;
	char content[HASH_HEX];

	field_to_json(&state_manifest_schema, &g->m, false, false, &manifest);
	hash_buffer(str_text(&manifest), manifest.len, content);
	str_addf(out, "import    site %s, written %s, content %.16s\n", g->m.site, g->m.written, content);
	str_addf(out, "release   %s -> %s\n", g->m.release, state_release(g->e, g->a));
	str_addf(out, "database  schema %" PRIu64 " -> %d\n", g->m.schema, g->m.schema > STORE_SCHEMA ? (int)g->m.schema : STORE_SCHEMA);
	say_nodes(g, out);
	if (site_file)
		str_addf(out, "site file admin, links and networks from %s\n", site_file);
	say_networks(g, here, out);
	say_images(g, out);
	str_add(out, "keys      of the site, of SSH and of encrypted disks: those of the former admin node\n");
	str_addf(out, "replaces  the state of site %s here with %" PRIu64 " node%s; it is kept as %s.former\n", here ? here->site : "unknown",
		 own_nodes, own_nodes == 1 ? "" : "s", g->e->paths.data);
	str_add(out, "then      this machine restarts. The former admin node must never run beside it again\n");
	hash_buffer(str_text(out), out->len, v->hash);
}

/* --- the whole */

static int look(struct stage *g, int fd, const char *name, const char *pass, const char *site_file, struct error *err)
{
	if (unpack(g, fd, name, pass, err) || check_schema(g, err) || open_database(g, err) || read_site(g, site_file, err))
		return -1;
	return bind_here(g, err);
}

static int refusals(const struct state_env *e, uint64_t own_nodes, bool replace, struct arena *a, struct error *err)
{
	if (!str_eq(network_site_path(&e->paths, a), arena_printf(a, "%s/site.yaml", e->paths.data))) {
		error_set(err, ERR_CONFLICT, "a change of the networks waits to be confirmed");
		return error_hint(err, "fulcrum network confirm, or fulcrum network revert");
	}
	if (!own_nodes || replace)
		return 0;
	error_set(err, ERR_REFUSED, "this admin node has %" PRIu64 " node%s of its own", own_nodes, own_nodes == 1 ? "" : "s");
	return error_hint(err, "with --replace they are given up here; their state is kept beside, as %s.former", e->paths.data);
}

int state_import_look(const struct state_env *e, int fd, const char *name, const char *pass, uint64_t own_nodes, bool replace,
		      const char *site_file, struct state_view *ret, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct stage g = { .e = e, .a = &a, .h = -1 };
	const struct site *here = NULL;
	struct error ignored;

	*ret = (struct state_view){ .plan = STR_INIT };
	if (refusals(e, own_nodes, replace, &a, err))
		return -1;
	if (look(&g, fd, name, pass, site_file, err)) {
		state_drop(e);
		return str_starts(err->msg, name) ? -1 : error_wrap(err, "%s", name);
	}
	/* One that cannot be read any more is a reason to import another. */
	(void)!admin_read_site(arena_printf(&a, "%s/site.yaml", e->paths.data), &a, &here, NULL, &ignored);
	make_plan(&g, here, own_nodes, site_file, ret);
	return 0;
}
