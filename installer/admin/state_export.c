/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole state into one sealed file. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/netrun.h"
#include "admin/network.h"
#include "admin/state.h"
#include "admin/state_stage.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/size.h"
#include "data/json.h"

enum { DEPTH_MOST = 6 };

const char *state_database_copy(const struct admin_paths *paths, struct arena *a)
{
	return arena_printf(a, "%s/export.db", paths->data);
}

int state_lock(const struct state_env *e, int *ret, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *path = arena_printf(&a, "%s/state.lock", e->paths.run);

	*ret = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*ret < 0)
		return error_sys(err, errno, "%s", path);
	if (!flock(*ret, LOCK_EX | LOCK_NB))
		return 0;
	fd_close(ret);
	return error_set(err, ERR_CONFLICT, "another export, import or factory reset is at work");
}

/* --- what there is */

struct found {
	const char *path; /* on this machine */
	const char *as;	  /* in the export */
	uint64_t bytes;
};

struct job {
	const struct state_env *e;
	struct arena *a;
	struct state_manifest *m;
	struct found *files;
	size_t n;
	uint64_t total, done;
};

static void leave_out(struct job *j, const char *what, uint64_t bytes)
{
	struct state_manifest *m = j->m;

	m->left_out = arena_grow(j->a, m->left_out, m->n_left_out, sizeof(*m->left_out));
	m->left_out[m->n_left_out++] = (struct state_left){ what, bytes };
}

static void add(struct job *j, const char *path, const char *as, uint64_t bytes)
{
	j->files = arena_grow(j->a, j->files, j->n, sizeof(*j->files));
	j->files[j->n++] = (struct found){ path, as, bytes };
	j->total += bytes;
}

/* This machine's own, the database (which comes as a copy), and what a replacement that was cut short has left. */
static bool stays(const char *name)
{
	static const char *const names[] = { "admin.json", "update.json", STATE_RESET_MARK };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(name, names[i]))
			return true;
	return str_starts(name, "fulcrum.db") || str_starts(name, "export.db") || str_ends(name, ".new");
}

static int by_name(const struct dirent **x, const struct dirent **y)
{
	return strcmp((*x)->d_name, (*y)->d_name);
}

/* Files of DIR, which is AS in the export; what is neither file nor directory is said to be left out. */
static int walk(struct job *j, const char *dir, const char *as, int depth, struct error *err)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, by_name), rc = 0;

	if (n < 0)
		return errno == ENOENT && depth ? 0 : error_sys(err, errno, "%s", dir);
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name, *path = arena_printf(j->a, "%s/%s", dir, name), *to = arena_printf(j->a, "%s/%s", as, name);
		struct stat st;

		if (rc || str_eq(name, ".") || str_eq(name, "..") || (!depth && stays(name)) || lstat(path, &st))
			continue;
		if (S_ISREG(st.st_mode))
			add(j, path, to, (uint64_t)st.st_size);
		else if (S_ISDIR(st.st_mode) && depth < DEPTH_MOST)
			rc = walk(j, path, to, depth + 1, err);
		else
			leave_out(j, arena_printf(j->a, "%s, which is no file", to), 0);
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return rc;
}

/* Bytes of all files below DIR whose name begins with PREFIX. */
static uint64_t bytes_below(const char *dir, const char *prefix)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	uint64_t sum = 0;

	while (d && (entry = readdir(d))) {
		AUTO_ARENA a = ARENA_INIT;
		const char *path = arena_printf(&a, "%s/%s", dir, entry->d_name);
		struct stat st;

		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, "..") || !str_starts(entry->d_name, prefix) || lstat(path, &st))
			continue;
		if (S_ISDIR(st.st_mode))
			sum += bytes_below(path, "");
		else if (S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_size;
	}
	if (d)
		closedir(d);
	return sum;
}

static void leave_out_known(struct job *j)
{
	const struct admin_paths *p = &j->e->paths;
	uint64_t former = bytes_below(p->data, "fulcrum.db.");

	leave_out(j, "mirror and images, which are on the medium", bytes_below(state_sibling(p->seed, "", j->a), ""));
	leave_out(j, "logs", bytes_below(state_sibling(p->data, "log", j->a), ""));
	if (former)
		leave_out(j, "databases of earlier releases", former);
}

/* --- what it says of itself */

static int count_row(void *ctx, const struct store_row *row, struct error *err UNUSED)
{
	struct job *j = ctx;
	struct state_manifest *m = j->m;

	m->nodes = arena_grow(j->a, m->nodes, m->n_nodes, sizeof(*m->nodes));
	m->nodes[m->n_nodes++] = (struct state_count){ row_text(row, 0, j->a), row_u64(row, 1) };
	return 0;
}

static int say_database(struct job *j, const char *database, struct error *err)
{
	struct store *st;
	int64_t schema, reader;
	int rc;

	if (store_look(database, &schema, &reader, err) || store_open(database, &st, err))
		return -1;
	rc = store_each(st, "SELECT state, count(*) FROM node GROUP BY state ORDER BY state", count_row, j, err, "");
	store_close(st);
	j->m->schema = (uint64_t)schema;
	j->m->reader = (uint64_t)reader;
	return rc;
}

const char *state_release(const struct state_env *e, struct arena *a)
{
	const char *path = arena_printf(a, "%s/release.json", e->paths.seed), *id;
	AUTO_STR text = STR_INIT;
	struct error ignored;
	struct tree *t;

	if (file_read(path, 65536, &text, &ignored))
		return "unknown";
	t = json_parse(path, str_text(&text), text.len, a, &ignored);
	id = t ? tree_get_text(t, "build_id") : NULL;
	return id ? id : "unknown";
}

static int describe(struct job *j, const char *site_hash, struct error *err)
{
	const struct admin_paths *p = &j->e->paths;
	const struct netrun n = { .sys = j->e->sys, .root = j->e->root, .data = p->data, .run = p->run };
	const char *path = arena_printf(j->a, "%s/site.yaml", p->data), *text;
	char hash[HASH_HEX], now[21];
	const struct site *site;
	struct net net;

	if (!str_eq(network_site_path(p, j->a), path)) {
		error_set(err, ERR_CONFLICT, "a change of the networks waits to be confirmed");
		return error_hint(err, "fulcrum network confirm, or fulcrum network revert");
	}
	if (admin_read_site(path, j->a, &site, &text, err) || netrun_now(&n, j->a, &net, err))
		return -1;
	hash_buffer(text, strlen(text), hash);
	if (site_hash && !str_eq(hash, site_hash)) {
		error_set(err, ERR_CHANGED, "%s is not the one that fulcrumd works by", path);
		return error_hint(err, "it was changed by hand, or just now: restart fulcrumd if that was meant (sv restart fulcrumd), and say it again");
	}
	net_lines(&net, j->a, &j->m->ports, &j->m->n_ports);
	clock_text(clock_real_s(), now);
	j->m->fulcrum_state = STATE_FILE_VERSION;
	j->m->site = site->site;
	j->m->name = site->admin.name;
	j->m->address = site_network(site, "admin")->address;
	j->m->release = state_release(j->e, j->a);
	j->m->written = arena_strdup(j->a, now);
	return 0;
}

/* --- the whole */

static int put_all(struct job *j, struct sealed *s, struct error *err)
{
	for (size_t i = 0; i < j->n; i++) {
		const struct found *f = &j->files[i];
		AUTO_FD fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		struct stat st;

		if (fd < 0 && errno == ENOENT)
			continue; /* of what boots say, the oldest go */
		if (fd < 0 || fstat(fd, &st))
			return error_sys(err, errno, "%s", f->path);
		if (state_put(s, f->as, fd, (uint64_t)st.st_size, j->m, j->a, err))
			return -1;
		j->done += f->bytes;
		if (j->e->tell)
			j->e->tell(j->done, j->total);
	}
	return state_put_end(s, j->m, err);
}

int state_export(const struct state_env *e, const char *database, const char *site_hash, int fd, const char *pass,
		 struct state_manifest *ret, struct arena *a, struct error *err)
{
	struct job j = { .e = e, .a = a, .m = ret };
	const char *key = state_sibling(e->paths.data, "dropbear/dropbear_ed25519_host_key", a);
	struct sealed *s;
	struct stat st;
	int rc;

	memset(ret, 0, sizeof(*ret));
	if (describe(&j, site_hash, err) || say_database(&j, database, err))
		return -1;
	if (stat(database, &st))
		return error_sys(err, errno, "%s", database);
	add(&j, database, "fulcrum/fulcrum.db", (uint64_t)st.st_size);
	if (!stat(key, &st))
		add(&j, key, "dropbear/dropbear_ed25519_host_key", (uint64_t)st.st_size);
	if (walk(&j, e->paths.data, "fulcrum", 0, err))
		return -1;
	leave_out_known(&j);
	if (sealed_create(fd, pass, NULL, &s, err))
		return -1;
	rc = put_all(&j, s, err);
	sealed_free(s);
	return rc;
}

int state_check(int fd, const char *name, const char *pass, struct state_manifest *ret, struct arena *a, struct error *err)
{
	struct sealed *s;
	int rc;

	if (sealed_open(fd, name, pass, &s, err))
		return -1;
	rc = state_get(s, NULL, ret, a, err);
	sealed_free(s);
	return rc;
}

void state_manifest_print(const struct state_manifest *m, struct str *out)
{
	char size[SIZE_TEXT_MAX];
	uint64_t bytes = 0, nodes = 0;

	for (size_t i = 0; i < m->n_files; i++)
		bytes += m->files[i].bytes;
	for (size_t i = 0; i < m->n_nodes; i++)
		nodes += m->nodes[i].nodes;
	str_addf(out, "site      %s, admin node %s, %s\n", m->site, m->name, m->address);
	str_addf(out, "written   %s by release %s, database of schema %" PRIu64 "\n", m->written, m->release, m->schema);
	str_addf(out, "nodes     %" PRIu64, nodes);
	for (size_t i = 0; i < m->n_nodes; i++)
		str_addf(out, "%s%" PRIu64 " %s", i ? ", " : ": ", m->nodes[i].nodes, m->nodes[i].state);
	str_addf(out, "\nfiles     %zu, %s\n", m->n_files, size_format(bytes, size));
	for (size_t i = 0; i < m->n_left_out; i++)
		str_addf(out, "left out  %s: %s\n", m->left_out[i].what, size_format(m->left_out[i].bytes, size));
}
