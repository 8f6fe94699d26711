/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The back end that only says what it would do: one line an effect. Reading answers nothing (empty
 * files, empty bodies, zeros, a disk as it was given), so that an operation runs to its end;
 * nothing is touched, and nothing is waited for. What is streamed to a handle is summed up when the
 * handle is closed.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "sys/sys.h"

enum { HANDLES = 16, HANDLE_BASE = 1 << 20 }; /* far from any descriptor */

struct handle {
	bool open;
	char path[256];
	uint64_t written, zeroed, writes;
};

struct dry {
	struct sys sys;
	struct str *out;
	struct handle handles[HANDLES];
};

static struct dry *dry_of(struct sys *s)
{
	return s->priv;
}

#define SAY(s, ...) str_addf(dry_of(s)->out, __VA_ARGS__)

static int dry_exec(struct sys *s, const struct sys_exec *x, struct error *err UNUSED)
{
	SAY(s, "exec");
	for (size_t i = 0; x->argv[i]; i++)
		SAY(s, strpbrk(x->argv[i], " \t\n") || !*x->argv[i] ? " '%s'" : " %s", x->argv[i]);
	if (x->root)
		SAY(s, " (in %s)", x->root);
	if (x->input)
		SAY(s, " (with %zu bytes of input)", x->input_len ? x->input_len : strlen(x->input));
	SAY(s, "\n");
	return 0;
}

static int dry_mount(struct sys *s, const char *source, const char *target, const char *type,
		     unsigned long flags UNUSED, const char *options, struct error *err UNUSED)
{
	SAY(s, "mount %s on %s%s%s%s%s\n", source ? source : "none", target, type ? " type " : "",
	    type ? type : "", options ? " options " : "", options ? options : "");
	return 0;
}

static int dry_umount(struct sys *s, const char *target, struct error *err UNUSED)
{
	SAY(s, "unmount %s\n", target);
	return 0;
}

static int dry_make_dirs(struct sys *s, const char *path, mode_t mode, struct error *err UNUSED)
{
	SAY(s, "make directory %s mode %04o\n", path, (unsigned int)mode);
	return 0;
}

static int dry_write_file(struct sys *s, const char *path, const void *data UNUSED, size_t len,
			  mode_t mode, struct error *err UNUSED)
{
	SAY(s, "write file %s: %zu bytes, mode %04o\n", path, len, (unsigned int)mode);
	return 0;
}

static int dry_read_file(struct sys *s UNUSED, const char *path UNUSED, size_t max UNUSED,
			 struct str *ret, struct error *err UNUSED)
{
	str_add(ret, "");
	return 0;
}

static int dry_symlink(struct sys *s, const char *target, const char *path,
		       struct error *err UNUSED)
{
	SAY(s, "link %s to %s\n", path, target);
	return 0;
}

static int dry_rename(struct sys *s, const char *from, const char *to, struct error *err UNUSED)
{
	SAY(s, "rename %s to %s\n", from, to);
	return 0;
}

static int dry_remove(struct sys *s, const char *path, struct error *err UNUSED)
{
	SAY(s, "remove %s\n", path);
	return 0;
}

static int new_handle(struct sys *s, const char *path, int *ret_h, struct error *err)
{
	struct dry *d = dry_of(s);

	for (int i = 0; i < HANDLES; i++) {
		struct handle *h = &d->handles[i];

		if (h->open)
			continue;
		memset(h, 0, sizeof(*h));
		h->open = true;
		strncpy(h->path, path, sizeof(h->path) - 1);
		*ret_h = HANDLE_BASE + i;
		return 0;
	}
	return error_set(err, ERR_INTERNAL, "%s: more than %d handles are open", path, HANDLES);
}

static struct handle *handle_of(struct sys *s, int h, struct error *err)
{
	int i = h - HANDLE_BASE;

	if (i >= 0 && i < HANDLES && dry_of(s)->handles[i].open)
		return &dry_of(s)->handles[i];
	error_set(err, ERR_INTERNAL, "%d is not an open handle", h);
	return NULL;
}

static int dry_create(struct sys *s, const char *path, mode_t mode, int *ret_h, struct error *err)
{
	SAY(s, "create file %s mode %04o\n", path, (unsigned int)mode);
	return new_handle(s, path, ret_h, err);
}

static int dry_open_block(struct sys *s, const char *path, int *ret_h, struct error *err)
{
	return new_handle(s, path, ret_h, err);
}

static int dry_open_disk(struct sys *s, const char *path, int *ret_h, struct error *err)
{
	return new_handle(s, path, ret_h, err);
}

static int dry_write_at(struct sys *s, int h, uint64_t at UNUSED, const void *data UNUSED,
			size_t len, struct error *err)
{
	struct handle *p = handle_of(s, h, err);

	if (!p)
		return -1;
	p->written += len;
	p->writes++;
	return 0;
}

static int dry_read_at(struct sys *s, int h, uint64_t at UNUSED, void *data, size_t len,
		       struct error *err)
{
	if (!handle_of(s, h, err))
		return -1;
	memset(data, 0, len);
	return 0;
}

static int dry_zero_at(struct sys *s, int h, uint64_t at UNUSED, uint64_t len, struct error *err)
{
	struct handle *p = handle_of(s, h, err);

	if (!p)
		return -1;
	p->zeroed += len;
	return 0;
}

static int dry_close(struct sys *s, int h, bool sync, struct error *err)
{
	struct handle *p = handle_of(s, h, err);

	if (!p)
		return -1;
	if (p->writes || p->zeroed)
		SAY(s,
		    "write %s: %" PRIu64 " bytes in %" PRIu64 " writes, %" PRIu64
		    " bytes of zeros%s\n",
		    p->path, p->written, p->writes, p->zeroed, sync ? ", synced" : "");
	p->open = false;
	return 0;
}

static int dry_guard_open(struct sys *s, const char *path, const struct plan_disk *want UNUSED, int *ret_h,
			  struct error *err)
{
	SAY(s, "guard %s: lock it, compare who it is and its table before every step\n", path);
	return new_handle(s, path, ret_h, err);
}

static int dry_guard_check(struct sys *s, int h, const struct plan_disk *want UNUSED, char seen[HASH_HEX] UNUSED,
			   struct error *err)
{
	return handle_of(s, h, err) ? 0 : -1;
}

static void dry_guard_close(struct sys *s, int h)
{
	struct error ignored;
	struct handle *p = handle_of(s, h, &ignored);

	if (p)
		p->open = false;
}

static int dry_fetch(struct sys *s, const char *url, uint64_t offset, uint64_t length UNUSED, sys_sink sink UNUSED,
		     void *ctx UNUSED, struct error *err UNUSED)
{
	SAY(s, "fetch %s from byte %" PRIu64 "\n", url, offset);
	return 0;
}

static int dry_net_look(struct sys *s, const char *nic, uint32_t address UNUSED, struct net_look *ret, struct error *err UNUSED)
{
	SAY(s, "ask who else is on the network of %s\n", nic);
	*ret = (struct net_look){ .n_offers = 0 };
	return 0;
}

static int dry_post(struct sys *s, const struct sys_post *p, struct error *err UNUSED)
{
	SAY(s, "post %zu bytes to %s\n", p->len, p->url);
	if (p->ret_body)
		str_add(p->ret_body, "{}");
	if (p->ret_status)
		*p->ret_status = 200;
	return 0;
}

static int dry_probe(struct sys *s UNUSED, struct disk *d UNUSED, struct arena *a UNUSED,
		     struct error *err UNUSED)
{
	return 0;
}

static int dry_probe_many(struct sys *s UNUSED, struct disk *const *disks UNUSED, size_t n,
			  struct arena *a UNUSED, struct error *results, struct error *err UNUSED)
{
	for (size_t i = 0; i < n; i++)
		results[i].msg[0] = '\0';
	return 0;
}

static int dry_take_down(struct sys *s, const char *path, struct str *said UNUSED, struct error *err UNUSED)
{
	SAY(s, "take down what stands on %s\n", path);
	return 0;
}

static int dry_wipe(struct sys *s, const char *path, const struct extent *keep UNUSED, size_t n_keep,
		    struct error *err UNUSED)
{
	if (n_keep)
		SAY(s, "wipe %s: every signature, around %zu partition%s\n", path, n_keep, n_keep == 1 ? "" : "s");
	else
		SAY(s, "wipe %s: every signature, both ends\n", path);
	return 0;
}

static int dry_table_write(struct sys *s, const char *path, uint64_t sector UNUSED,
			   const struct op_table *t, struct error *err UNUSED)
{
	char size[SIZE_TEXT_MAX];

	SAY(s, "write table %s: gpt %s", path, t->uuid);
	for (size_t i = 0; i < t->n_parts; i++)
		SAY(s, ", %" PRIu64 " %s %s", t->parts[i].number, t->parts[i].name,
		    size_format(t->parts[i].size_bytes, size));
	SAY(s, "\n");
	return 0;
}

static int dry_journal_write(struct sys *s, const char *path, const struct disk_journal *j, struct error *err UNUSED)
{
	SAY(s, "note on %s: %s\n", path, j->finished ? "finished" : j->step);
	return 0;
}

static int dry_table_guid(struct sys *s, const char *path, uint64_t sector UNUSED, const char *uuid,
			  struct error *err UNUSED)
{
	SAY(s, "set disk GUID of %s: %s\n", path, uuid);
	return 0;
}

static int dry_sync(struct sys *s UNUSED, struct error *err UNUSED)
{
	return 0;
}

static int dry_sleep_ms(struct sys *s UNUSED, unsigned int ms UNUSED, struct error *err UNUSED)
{
	return 0;
}

static int dry_reboot(struct sys *s, struct error *err UNUSED)
{
	SAY(s, "reboot\n");
	return 0;
}

static const struct sys_ops dry_ops = {
	.exec = dry_exec,
	.mount = dry_mount,
	.umount = dry_umount,
	.make_dirs = dry_make_dirs,
	.write_file = dry_write_file,
	.read_file = dry_read_file,
	.symlink = dry_symlink,
	.rename = dry_rename,
	.remove = dry_remove,
	.create = dry_create,
	.open_block = dry_open_block,
	.open_disk = dry_open_disk,
	.write_at = dry_write_at,
	.read_at = dry_read_at,
	.zero_at = dry_zero_at,
	.close = dry_close,
	.guard_open = dry_guard_open,
	.guard_check = dry_guard_check,
	.guard_close = dry_guard_close,
	.fetch = dry_fetch,
	.post = dry_post,
	.net_look = dry_net_look,
	.probe = dry_probe,
	.probe_many = dry_probe_many,
	.take_down = dry_take_down,
	.wipe = dry_wipe,
	.table_write = dry_table_write,
	.journal_write = dry_journal_write,
	.table_guid = dry_table_guid,
	.sync = dry_sync,
	.sleep_ms = dry_sleep_ms,
	.reboot = dry_reboot,
};

struct sys *sys_dry_new(struct str *out)
{
	struct dry *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	d->sys.ops = &dry_ops;
	d->sys.priv = d;
	d->out = out;
	return &d->sys;
}
