/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the site file comes from. */
#include "engine/site_find.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "base/cmdline.h"
#include "base/hash.h"
#include "data/yaml.h"
#include "model/site_area.h"

static const char config_label[] = "FULCRUM-CFG", file_name[] = "site.yaml", near_name[] = "site.yml";

enum { VOLUMES_MAX = 8, FETCH_TRIES = 5, FETCH_PAUSE_MS = 2000 };

const char *const site_from_names[] = { "nowhere", "argument", "volume", "area", "release", NULL };

struct look {
	const struct site_search *q;
	struct arena *a;
	struct str *text;	/* of the site file */
	const char *where;	/* set when it was found */
	const char *why_not;	/* else set */
};

/* --- volumes by label */

struct volume {
	const char *dev, *type, *disk; /* disk: its serial or name, for people */
};

struct volumes {
	struct volume v[VOLUMES_MAX];
	size_t n;
};

static bool add_volume(struct volumes *vs, const struct signature *s, size_t n, const char *label, const char *dev,
		       const struct disk *d)
{
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(s[i].label, label) || (s[i].usage && !str_eq(s[i].usage, "filesystem")))
			continue;
		if (vs->n < VOLUMES_MAX)
			vs->v[vs->n++] = (struct volume){ dev, s[i].type, d->serial ? d->serial : d->name };
		return true;
	}
	return false;
}

/* A hybrid image shows its label on the disk and on a partition of it: that is one volume. */
static void find_volumes(const struct look *l, const char *label, struct volumes *vs)
{
	const struct machine *m = l->q->machine;

	vs->n = 0;
	for (size_t i = 0; i < m->n_disks; i++) {
		const struct disk *d = &m->disks[i];

		if (add_volume(vs, d->signatures, d->n_signatures, label, d->path, d))
			continue;
		for (size_t j = 0; j < d->n_partitions; j++)
			add_volume(vs, d->partitions[j].signatures, d->partitions[j].n_signatures, label,
				   partition_path(l->a, d->path, d->partitions[j].number), d);
	}
}

/* False when the file is not there. */
static int read_maybe(const struct look *l, const char *path, size_t max, struct str *ret, bool *ret_there, struct error *err)
{
	struct error own = { 0 };

	*ret_there = !l->q->sys->ops->read_file(l->q->sys, path, max, ret, &own);
	if (*ret_there || own.sys == ENOENT)
		return 0;
	*err = own;
	return -1;
}

static int read_mounted(const struct look *l, const char *path, struct str *ret, bool *ret_there, struct error *err)
{
	AUTO_STR other = STR_INIT;
	bool near = false;

	if (read_maybe(l, arena_printf(l->a, "%s%s", l->q->mount_dir, path), YAML_MAX_BYTES + 1, ret, ret_there, err))
		return -1;
	if (*ret_there || strcmp(path + 1, file_name) != 0)
		return 0;
	/* Whoever wrote that meant something by it: it is not passed over. */
	if (read_maybe(l, arena_printf(l->a, "%s/%s", l->q->mount_dir, near_name), YAML_MAX_BYTES + 1, &other, &near, err))
		return -1;
	if (!near)
		return 0;
	error_set(err, ERR_INPUT, "it carries %s, not %s", near_name, file_name);
	return error_hint(err, "rename it to %s", file_name);
}

/* The file PATH ("/site.yaml") of V. */
static int read_volume(const struct look *l, const struct volume *v, const char *path, struct str *ret, bool *ret_there,
		       struct error *err)
{
	struct sys *sys = l->q->sys;
	/* A journal is not replayed: nobody consented to a write here, not even of the file system's own. */
	const char *options = str_eq(v->type, "ext4") || str_eq(v->type, "ext3") ? "noload" : NULL;
	struct error later;
	int rc;

	if (sys->ops->make_dirs(sys, l->q->mount_dir, 0700, err) ||
	    sys->ops->mount(sys, v->dev, l->q->mount_dir, v->type, MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOEXEC, options, err))
		return -1;
	rc = read_mounted(l, path, ret, ret_there, err);
	if (sys->ops->umount(sys, l->q->mount_dir, rc ? &later : err))
		rc = -1;
	return rc;
}

static void list_volumes(const struct volumes *vs, struct str *out)
{
	for (size_t i = 0; i < vs->n; i++)
		str_addf(out, "%s%s (disk %s)", i ? ", " : "", vs->v[i].dev, vs->v[i].disk);
}

/* PATH of the volumes with LABEL: several may have it only if they say the same. */
static int look_on_volumes(struct look *l, const char *label, const char *path, struct error *err)
{
	const struct volume *taken = NULL;
	AUTO_STR names = STR_INIT;
	struct volumes vs;
	size_t without = 0;

	find_volumes(l, label, &vs);
	list_volumes(&vs, &names);
	for (size_t i = 0; i < vs.n; i++) {
		AUTO_STR text = STR_INIT;
		bool there;

		if (read_volume(l, &vs.v[i], path, &text, &there, err))
			return error_wrap(err, "volume %s, %s (disk %s)", label, vs.v[i].dev, vs.v[i].disk);
		without += !there;
		if (!there)
			continue;
		if (!taken) {
			taken = &vs.v[i];
			str_addn(l->text, str_text(&text), text.len);
			continue;
		}
		if (text.len != l->text->len || memcmp(str_text(&text), str_text(l->text), text.len) != 0) {
			error_set(err, ERR_SELECT, "%zu volumes are labelled %s, and their %s differ: %s", vs.n, label, path + 1,
				  str_text(&names));
			return error_hint(err, "leave the one that is meant plugged in, take the others out, and try again");
		}
	}
	if (taken)
		l->where = arena_printf(l->a, "%s on the volume labelled %s (%s)%s", path + 1, label, taken->dev,
					vs.n - without > 1 ? "; others with that label say the same" : "");
	else if (vs.n)
		l->why_not = arena_printf(l->a, "no %s on %s", path + 1, str_text(&names));
	else
		l->why_not = "no such volume";
	return 0;
}

/* --- the kernel command line */

struct body {
	struct str *text;
	const char *url;
};

static int add_body(void *ctx, const void *data, size_t len, struct error *err)
{
	struct body *b = ctx;

	if (b->text->len + len > YAML_MAX_BYTES)
		return error_set(err, ERR_INPUT, "%s: larger than the %d bytes that a site file may have", b->url, (int)YAML_MAX_BYTES);
	str_addn(b->text, data, len);
	return 0;
}

static int fetch(struct look *l, const char *url, struct error *err)
{
	struct sys *sys = l->q->sys;
	struct body b = { l->text, url };

	for (int try = 1;; try++) {
		struct error ignored;

		str_clear(l->text);
		if (!sys->ops->fetch(sys, url, 0, 0, add_body, &b, err))
			return 0;
		if (err->kind != ERR_NET || try == FETCH_TRIES || sys->ops->sleep_ms(sys, FETCH_PAUSE_MS, &ignored))
			return -1;
	}
}

static int from_url(struct look *l, const char *url, const char *b2, struct error *err)
{
	const struct site_search *q = l->q;
	size_t host = strcspn(url, "/") + 2;
	int rc;

	if (!b2) {
		error_set(err, ERR_INPUT, "fulcrum.site=%s needs fulcrum.site_b2=: nothing from a network is used unverified", url);
		return error_hint(err, "give the file's BLAKE2b-256: b2sum -l 256 site.yaml");
	}
	/* /proc/cmdline is everybody's. */
	if (memchr(url + host, '@', strcspn(url + host, "/?#")))
		return error_set(err, ERR_INPUT, "fulcrum.site= must not carry a password: a kernel command line is no secret");
	if (q->net_up(q->sys, cmdline_value(q->cmdline, "fulcrum.ip", l->a, NULL), q->sink, l->a, err))
		return error_wrap(err, "no network to fetch fulcrum.site=%s", url);
	rc = fetch(l, url, err);
	q->net_down(q->sys, l->a);
	if (rc)
		return error_hint(err, "see that the server answers this machine, then try again");
	l->where = url;
	return 0;
}

/* LABEL=NAME:/PATH */
static int from_label(struct look *l, const char *spec, struct error *err)
{
	const char *name = spec + strlen("LABEL="), *path = strstr(name, ":/");

	if (!path || path == name || str_ends(path, "/") || strstr(path, "/../") || str_ends(path, "/..")) {
		error_set(err, ERR_INPUT, "fulcrum.site=%s: no path of a volume", spec);
		return error_hint(err, "fulcrum.site=LABEL=NAME:/site.yaml");
	}
	name = arena_strndup(l->a, name, (size_t)(path - name));
	path++;
	if (look_on_volumes(l, name, path, err))
		return -1;
	if (l->where)
		return 0;
	error_set(err, ERR_NOT_FOUND, "fulcrum.site=%s: %s", spec, l->why_not);
	return error_hint(err, "attach the volume labelled %s, or boot without fulcrum.site=", name);
}

static int check_pin(const struct look *l, const char *b2, struct error *err)
{
	char got[HASH_HEX];

	hash_buffer(str_text(l->text), l->text->len, got);
	if (!b2 || !strcmp(got, b2))
		return 0;
	error_set(err, ERR_MEDIUM, "%s: BLAKE2b-256 is %s, fulcrum.site_b2= says %s", l->where, got, b2);
	return error_hint(err, "the file was changed, or the kernel command line names another one: nothing of it was used");
}

static int from_argument(struct look *l, struct error *err)
{
	size_t n, n_b2;
	const char *spec = cmdline_value(l->q->cmdline, "fulcrum.site", l->a, &n);
	const char *b2 = cmdline_value(l->q->cmdline, "fulcrum.site_b2", l->a, &n_b2);

	if (n > 1 || n_b2 > 1)
		return error_set(err, ERR_INPUT, "%s= stands on the kernel command line %zu times", n > 1 ? "fulcrum.site" : "fulcrum.site_b2",
				 n > 1 ? n : n_b2);
	if (b2 && !hex_is(b2, HASH_BYTES * 2))
		return error_set(err, ERR_INPUT, "fulcrum.site_b2=%s is not %d lower-case hex digits", b2, HASH_BYTES * 2);
	if (!spec && b2)
		return error_set(err, ERR_INPUT, "fulcrum.site_b2= is given without fulcrum.site=");
	if (!spec) {
		l->why_not = "fulcrum.site= is not given";
		return 0;
	}
	if (str_starts(spec, "http://") || str_starts(spec, "https://"))
		return from_url(l, spec, b2, err) ? -1 : check_pin(l, b2, err);
	if (str_starts(spec, "LABEL="))
		return from_label(l, spec, err) ? -1 : check_pin(l, b2, err);
	error_set(err, ERR_INPUT, "fulcrum.site=%s is neither a URL nor a volume", spec);
	return error_hint(err, "fulcrum.site=http://HOST/PATH with fulcrum.site_b2=, or fulcrum.site=LABEL=NAME:/PATH");
}

/* --- the others */

static int from_volume(struct look *l, struct error *err)
{
	return look_on_volumes(l, config_label, arena_printf(l->a, "/%s", file_name), err);
}

static int from_area(struct look *l, struct error *err)
{
	const char *name = SITE_AREA_DIR "/" SITE_AREA_FILE;
	AUTO_STR data = STR_INIT;
	bool there;

	if (read_maybe(l, arena_printf(l->a, "%s/../%s", l->q->release, name), SITE_AREA_BYTES + 1, &data, &there, err))
		return -1;
	if (there && site_area_read(str_text(&data), data.len, l->text, err)) {
		error_wrap(err, "/%s on the medium", name);
		return error_hint(err, "write the image again, and `fulcrum-install customize --show` it before");
	}
	if (l->text->len)
		l->where = "what fulcrum-install customize put into the image";
	else
		l->why_not = there ? "the image carries none" : "the medium has no room for one";
	return 0;
}

static int from_release(struct look *l, struct error *err)
{
	const char *path = arena_printf(l->a, "%s/%s", l->q->release, file_name);
	bool there;

	if (read_maybe(l, path, YAML_MAX_BYTES + 1, l->text, &there, err))
		return -1;
	if (there)
		l->where = path;
	else
		l->why_not = "there is none";
	return 0;
}

static const struct source {
	enum site_from from;
	const char *what;
	int (*look)(struct look *l, struct error *err);
} sources[] = {
	{ SITE_ARGUMENT, "kernel command line", from_argument },
	{ SITE_VOLUME, "volume FULCRUM-CFG", from_volume },
	{ SITE_AREA, "inside the image", from_area },
	{ SITE_RELEASE, "beside the release", from_release },
};

int site_find(const struct site_search *q, struct arena *a, struct str *ret, struct site_found *ret_found, struct error *err)
{
	struct look l = { .q = q, .a = a, .text = ret };
	AUTO_STR report = STR_INIT;

	*ret_found = (struct site_found){ .from = SITE_NOWHERE };
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		const struct source *s = &sources[i];

		str_addf(&report, "  %zu %-20s ", i + 1, s->what);
		if (l.where) {
			str_addf(&report, "not looked at: %zu comes before it\n", (size_t)ret_found->from);
			continue;
		}
		if (s->look(&l, err))
			return error_wrap(err, "site file: %s", s->what);
		str_addf(&report, "%s\n", l.where ? "taken: the first place that has one" : l.why_not);
		if (l.where)
			ret_found->from = s->from;
	}
	ret_found->where = l.where;
	ret_found->report = arena_strdup(a, str_text(&report));
	return 0;
}
