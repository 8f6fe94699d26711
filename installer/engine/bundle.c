/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes into a bundle, and where it goes. */
#include "engine/bundle.h"

#include <string.h>
#include <sys/mount.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/size.h"
#include "base/tar.h"
#include "model/site_secrets.h"

static const char label[] = "FULCRUM-CFG";

enum { FILE_MAX = 16 << 20 };

/* --- what is in it */

struct making {
	struct sys *sys;
	const struct bundle *b;
	const char *dir;
	struct arena *a;
	struct secrets secrets;
	struct str *tar, *readme;
};

/* TEXT is scrubbed in place. */
static void add(struct making *m, const char *name, struct str *text, const char *what)
{
	secrets_scrub(&m->secrets, text);
	tar_add(m->tar, arena_printf(m->a, "%s/%s", m->dir, name), str_text(text), text->len, m->b->now_s);
	str_addf(m->readme, "%-16s %s\n", name, what);
}

static void add_file(struct making *m, const char *name, const char *path, const char *what)
{
	AUTO_STR text = STR_INIT;
	struct error err;

	if (m->sys->ops->read_file(m->sys, path, FILE_MAX, &text, &err))
		str_addf(m->readme, "%-16s left out: %s\n", name, err.msg);
	else
		add(m, name, &text, what);
}

static void add_site(struct making *m)
{
	AUTO_STR text = STR_INIT;

	if (!m->b->site_text)
		return;
	site_redact("site.yaml", m->b->site_text, strlen(m->b->site_text), m->a, &text, &m->secrets);
	add(m, "site.json", &text, "what the site file says, without its secrets and comments");
}

static void add_error(struct making *m)
{
	AUTO_STR text = STR_INIT;
	const struct error *e = m->b->error;

	if (!e)
		return;
	str_addf(&text, "%s\n\nwhat to do: %s\nkind: %s\n", e->msg, e->hint[0] ? e->hint : "-", error_kind_name(e->kind));
	add(m, "error.txt", &text, "why the install stopped");
}

static void add_plan(struct making *m)
{
	AUTO_STR text = STR_INIT;
	AUTO_STR json = STR_INIT;

	if (!m->b->plan)
		return;
	plan_text(m->b->plan, &text);
	plan_json(m->b->plan, &json);
	add(m, "plan.txt", &text, "the plan");
	add(m, "plan.json", &json, "the same, as `apply --plan` takes it");
}

static void add_machine(struct making *m)
{
	AUTO_STR json = STR_INIT;

	if (!m->b->machine)
		return;
	field_to_json(&machine_schema, m->b->machine, false, true, &json);
	add(m, "machine.json", &json, "the machine as it was seen, as `plan --machine` takes it");
}

static void add_dmesg(struct making *m)
{
	static const char *const argv[] = { "dmesg", NULL };
	AUTO_STR text = STR_INIT;
	struct error err;

	if (m->sys->ops->exec(m->sys, &(struct sys_exec){ .argv = argv, .output = &text }, &err))
		str_addf(m->readme, "%-16s left out: %s\n", "dmesg", err.msg);
	else
		add(m, "dmesg", &text, "what the kernel said");
}

const char *bundle_name(const struct bundle *b, struct arena *a)
{
	char t[21];

	/* FAT takes no colons. */
	clock_text(b->now_s, t);
	return arena_printf(a, "fulcrum-bundle-%.4s%.2s%.2s-%.2s%.2s%.2s", t, t + 5, t + 8, t + 11, t + 14, t + 17);
}

void bundle_make(struct sys *sys, const struct bundle *b, struct str *ret)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR readme = STR_INIT;
	struct making m = { .sys = sys, .b = b, .a = &a, .dir = bundle_name(b, &a), .tar = ret, .readme = &readme };

	str_addf(&readme, "%s: what is known of a run of the Fulcrum installer.\nSecrets of the site file are \"***\".\n\n", m.dir);
	/* First: the secrets that it finds are taken out of all that follows. */
	add_site(&m);
	add_error(&m);
	add_plan(&m);
	add_machine(&m);
	add_file(&m, "journal", b->journal, "the plan and its steps as they began and ended");
	add_file(&m, "progress.jsonl", b->progress, "all that was told, one JSON object a line");
	add_dmesg(&m);
	add_file(&m, "cmdline", "/proc/cmdline", "the kernel's command line");
	add_file(&m, "partitions", "/proc/partitions", "the kernel's block devices");
	add_file(&m, "mdstat", "/proc/mdstat", "its arrays");
	add_file(&m, "meminfo", "/proc/meminfo", "its memory");
	secrets_scrub(&m.secrets, &readme);
	tar_add(ret, arena_printf(&a, "%s/README", m.dir), str_text(&readme), readme.len, b->now_s);
	tar_end(ret);
}

/* --- where it goes */

struct looking {
	struct arena *a;
	bool labelled; /* only those with the label, or only those without */
	struct bundle_target *t;
	size_t n;
};

static bool is_planned(const struct disk *d, const struct plan *p)
{
	for (size_t i = 0; p && i < p->n_disks; i++) {
		const struct plan_disk *pd = &p->disks[i];

		/* By name too: a disk that fails may have lost its identity. */
		if (str_eq(pd->name, d->name) || (pd->serial && str_eq(pd->serial, d->serial)) || (pd->wwn && str_eq(pd->wwn, d->wwn)))
			return true;
	}
	return false;
}

static void look(struct looking *l, const struct disk *d, const char *dev, const struct signature *s, size_t n)
{
	bool labelled = n == 1 && str_eq(s->label, label);

	/* Two signatures: who knows what it is. */
	if (n != 1 || (!str_eq(s->type, "vfat") && !str_eq(s->type, "ext4")) || labelled != l->labelled)
		return;
	if (!labelled && !d->removable && d->bus != BUS_USB)
		return;
	l->t = arena_grow(l->a, l->t, l->n, sizeof(*l->t));
	l->t[l->n++] = (struct bundle_target){
		.dev = dev, .type = s->type,
		.what = arena_printf(l->a, "the volume%s%s on %s (%s)", s->label ? " " : "", s->label ? s->label : "",
				     d->model ? d->model : d->name, dev),
	};
}

size_t bundle_targets(const struct machine *m, const struct plan *plan, struct arena *a, struct bundle_target **ret)
{
	struct looking l = { .a = a };

	for (int pass = 0; pass < 2; pass++) {
		l.labelled = !pass;
		for (size_t i = 0; i < m->n_disks; i++) {
			const struct disk *d = &m->disks[i];

			if ((d->in_use && !str_eq(d->in_use, DISK_SITE_MEDIUM)) || d->read_only || d->n_holders || is_planned(d, plan))
				continue;
			if (!d->n_partitions)
				look(&l, d, d->path, d->signatures, d->n_signatures);
			for (size_t k = 0; k < d->n_partitions; k++)
				look(&l, d, partition_path(a, d->path, d->partitions[k].number), d->partitions[k].signatures,
				     d->partitions[k].n_signatures);
		}
	}
	*ret = l.t;
	return l.n;
}

static int save_on(struct sys *sys, const struct bundle_target *t, const char *path, const struct str *tar, const char *mount_dir,
		   struct error *err)
{
	struct error later;
	int rc;

	if (sys->ops->make_dirs(sys, mount_dir, 0700, err) ||
	    sys->ops->mount(sys, t->dev, mount_dir, t->type, MS_NODEV | MS_NOSUID | MS_NOEXEC, NULL, err))
		return -1;
	/* Written beside, on stable storage, then renamed: a volume without room is left as it was. */
	rc = sys->ops->write_file(sys, path, str_text(tar), tar->len, 0600, err);
	if (sys->ops->umount(sys, mount_dir, rc ? &later : err))
		rc = -1;
	return rc;
}

int bundle_save(struct sys *sys, const struct bundle *b, const struct str *tar, const char *mount_dir, struct arena *a,
		const char **ret_where, struct error *err)
{
	const char *name = bundle_name(b, a);
	struct bundle_target *t = NULL;
	size_t n = b->machine ? bundle_targets(b->machine, b->plan, a, &t) : 0;
	AUTO_STR why = STR_INIT;
	char size[SIZE_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		*ret_where = arena_printf(a, "%s.tar on %s", name, t[i].what);
		if (!save_on(sys, &t[i], arena_printf(a, "%s/%s.tar", mount_dir, name), tar, mount_dir, err))
			return 0;
		str_addf(&why, "%s%s: %s", why.len ? "; " : "", t[i].what, err->msg);
	}
	if (n)
		error_set(err, ERR_IO, "no volume took the bundle of %s: %s", size_format(tar->len, size), str_text(&why));
	else
		error_set(err, ERR_NOT_FOUND, "there is no volume to save the bundle on");
	return error_hint(err, "plug in a stick with a FAT or ext4 file system that can be written to, labelled %s or not", label);
}
