/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The failing back end of tests. Knows nothing of what the verbs do. */
#include "sys/sys_fake.h"

#include <stdlib.h>

struct fake {
	struct sys sys;
	struct sys *inner;
	const struct sys_ops *over;
	uint64_t calls, fail_at;
	enum sys_fake_mode mode;
	const char *failed;
};

static struct fake *fake_of(const struct sys *s)
{
	return s->priv;
}

static struct sys *inner_of(const struct sys *s)
{
	return fake_of(s)->inner;
}

#define VERB(s, v)                                                                                 \
	(fake_of(s)->over && fake_of(s)->over->v ? fake_of(s)->over->v : inner_of(s)->ops->v)

/* Counts an effect; true with *ERR set if it is to fail. */
static bool inject(struct sys *s, const char *verb, struct error *err)
{
	struct fake *f = fake_of(s);
	bool here = ++f->calls == f->fail_at;

	if (here)
		f->failed = verb;
	if (!here && (!f->failed || f->mode == SYS_FAKE_ONCE))
		return false;
	error_set(err, ERR_IO, "injected: effect %llu, %s", (unsigned long long)f->calls, verb);
	return true;
}

static int fake_exec(struct sys *s, const struct sys_exec *x, struct error *err)
{
	if (inject(s, "exec", err))
		return -1;
	return VERB(s, exec)(inner_of(s), x, err);
}

static int fake_mount(struct sys *s, const char *source, const char *target, const char *type,
		      unsigned long flags, const char *options, struct error *err)
{
	if (inject(s, "mount", err))
		return -1;
	return VERB(s, mount)(inner_of(s), source, target, type, flags, options, err);
}

static int fake_umount(struct sys *s, const char *target, struct error *err)
{
	if (inject(s, "umount", err))
		return -1;
	return VERB(s, umount)(inner_of(s), target, err);
}

static int fake_make_dirs(struct sys *s, const char *path, mode_t mode, struct error *err)
{
	if (inject(s, "make_dirs", err))
		return -1;
	return VERB(s, make_dirs)(inner_of(s), path, mode, err);
}

static int fake_write_file(struct sys *s, const char *path, const void *data, size_t len,
			   mode_t mode, struct error *err)
{
	if (inject(s, "write_file", err))
		return -1;
	return VERB(s, write_file)(inner_of(s), path, data, len, mode, err);
}

static int fake_read_file(struct sys *s, const char *path, size_t max, struct str *ret,
			  struct error *err)
{
	if (inject(s, "read_file", err))
		return -1;
	return VERB(s, read_file)(inner_of(s), path, max, ret, err);
}

static int fake_symlink(struct sys *s, const char *target, const char *path, struct error *err)
{
	if (inject(s, "symlink", err))
		return -1;
	return VERB(s, symlink)(inner_of(s), target, path, err);
}

static int fake_rename(struct sys *s, const char *from, const char *to, struct error *err)
{
	if (inject(s, "rename", err))
		return -1;
	return VERB(s, rename)(inner_of(s), from, to, err);
}

static int fake_remove(struct sys *s, const char *path, struct error *err)
{
	if (inject(s, "remove", err))
		return -1;
	return VERB(s, remove)(inner_of(s), path, err);
}

static int fake_create(struct sys *s, const char *path, mode_t mode, int *ret_h, struct error *err)
{
	if (inject(s, "create", err))
		return -1;
	return VERB(s, create)(inner_of(s), path, mode, ret_h, err);
}

static int fake_open_block(struct sys *s, const char *path, int *ret_h, struct error *err)
{
	if (inject(s, "open_block", err))
		return -1;
	return VERB(s, open_block)(inner_of(s), path, ret_h, err);
}

static int fake_open_disk(struct sys *s, const char *path, int *ret_h, struct error *err)
{
	if (inject(s, "open_disk", err))
		return -1;
	return VERB(s, open_disk)(inner_of(s), path, ret_h, err);
}

static int fake_read_at(struct sys *s, int h, uint64_t at, void *data, size_t len,
			struct error *err)
{
	if (inject(s, "read_at", err))
		return -1;
	return VERB(s, read_at)(inner_of(s), h, at, data, len, err);
}

static int fake_zero_at(struct sys *s, int h, uint64_t at, uint64_t len, struct error *err)
{
	if (inject(s, "zero_at", err))
		return -1;
	return VERB(s, zero_at)(inner_of(s), h, at, len, err);
}

static int fake_fetch(struct sys *s, const char *url, uint64_t offset, uint64_t length, sys_sink sink, void *ctx,
		      struct error *err)
{
	if (inject(s, "fetch", err))
		return -1;
	return VERB(s, fetch)(inner_of(s), url, offset, length, sink, ctx, err);
}

static int fake_post(struct sys *s, const struct sys_post *p, struct error *err)
{
	if (inject(s, "post", err))
		return -1;
	return VERB(s, post)(inner_of(s), p, err);
}

static int fake_net_look(struct sys *s, const char *nic, uint32_t address, struct net_look *ret, struct error *err)
{
	if (inject(s, "net_look", err))
		return -1;
	return VERB(s, net_look)(inner_of(s), nic, address, ret, err);
}

static int fake_guard_open(struct sys *s, const char *path, const struct plan_disk *want, int *ret_h,
			   struct error *err)
{
	if (inject(s, "guard_open", err))
		return -1;
	return VERB(s, guard_open)(inner_of(s), path, want, ret_h, err);
}

static int fake_guard_check(struct sys *s, int h, const struct plan_disk *want, char seen[HASH_HEX],
			    struct error *err)
{
	if (inject(s, "guard_check", err))
		return -1;
	return VERB(s, guard_check)(inner_of(s), h, want, seen, err);
}

static void fake_guard_close(struct sys *s, int h)
{
	VERB(s, guard_close)(inner_of(s), h);
}

static int fake_probe(struct sys *s, struct disk *d, struct arena *a, struct error *err)
{
	if (inject(s, "probe", err))
		return -1;
	return VERB(s, probe)(inner_of(s), d, a, err);
}

/* One by one, so that every probe counts and can be made to fail. */
static int fake_probe_many(struct sys *s, struct disk *const *disks, size_t n, struct arena *a,
			   struct error *results, struct error *err UNUSED)
{
	for (size_t i = 0; i < n; i++) {
		results[i].msg[0] = '\0';
		if (fake_probe(s, disks[i], a, &results[i]) && !results[i].msg[0])
			error_set(&results[i], ERR_IO, "no reason given");
	}
	return 0;
}

static int fake_take_down(struct sys *s, const char *path, struct str *said, struct error *err)
{
	if (inject(s, "take_down", err))
		return -1;
	return VERB(s, take_down)(inner_of(s), path, said, err);
}

static int fake_wipe(struct sys *s, const char *path, const struct extent *keep, size_t n_keep,
		     struct error *err)
{
	if (inject(s, "wipe", err))
		return -1;
	return VERB(s, wipe)(inner_of(s), path, keep, n_keep, err);
}

static int fake_table_write(struct sys *s, const char *path, uint64_t sector,
			    const struct op_table *t, struct error *err)
{
	if (inject(s, "table_write", err))
		return -1;
	return VERB(s, table_write)(inner_of(s), path, sector, t, err);
}

static int fake_journal_write(struct sys *s, const char *path, const struct disk_journal *j, struct error *err)
{
	if (inject(s, "journal_write", err))
		return -1;
	return VERB(s, journal_write)(inner_of(s), path, j, err);
}

static int fake_table_guid(struct sys *s, const char *path, uint64_t sector, const char *uuid,
			   struct error *err)
{
	if (inject(s, "table_guid", err))
		return -1;
	return VERB(s, table_guid)(inner_of(s), path, sector, uuid, err);
}

static int fake_sync(struct sys *s, struct error *err)
{
	if (inject(s, "sync", err))
		return -1;
	return VERB(s, sync)(inner_of(s), err);
}

static int fake_reboot(struct sys *s, struct error *err)
{
	if (inject(s, "reboot", err))
		return -1;
	return VERB(s, reboot)(inner_of(s), err);
}

static int fake_write_at(struct sys *s, int h, uint64_t at, const void *data, size_t len,
			 struct error *err)
{
	bool first = !fake_of(s)->failed;
	struct error ignored;

	if (!inject(s, "write_at", err))
		return VERB(s, write_at)(inner_of(s), h, at, data, len, err);
	if (first && fake_of(s)->mode == SYS_FAKE_TORN &&
	    VERB(s, write_at)(inner_of(s), h, at, data, len / 2, &ignored))
		return error_set(err, ERR_IO, "injected, and more: %s", ignored.msg);
	return -1;
}

static int fake_close(struct sys *s, int h, bool sync, struct error *err)
{
	struct error ignored;

	if (!inject(s, "close", err))
		return VERB(s, close)(inner_of(s), h, sync, err);
	if (VERB(s, close)(inner_of(s), h, false, &ignored))
		return error_set(err, ERR_IO, "injected, and more: %s", ignored.msg);
	return -1;
}

static int fake_sleep_ms(struct sys *s, unsigned int ms, struct error *err)
{
	return VERB(s, sleep_ms)(inner_of(s), ms, err);
}

static const struct sys_ops fake_ops = {
	.exec = fake_exec,
	.mount = fake_mount,
	.umount = fake_umount,
	.make_dirs = fake_make_dirs,
	.write_file = fake_write_file,
	.read_file = fake_read_file,
	.symlink = fake_symlink,
	.rename = fake_rename,
	.remove = fake_remove,
	.create = fake_create,
	.open_block = fake_open_block,
	.open_disk = fake_open_disk,
	.write_at = fake_write_at,
	.read_at = fake_read_at,
	.zero_at = fake_zero_at,
	.close = fake_close,
	.fetch = fake_fetch,
	.post = fake_post,
	.net_look = fake_net_look,
	.guard_open = fake_guard_open,
	.guard_check = fake_guard_check,
	.guard_close = fake_guard_close,
	.probe = fake_probe,
	.probe_many = fake_probe_many,
	.take_down = fake_take_down,
	.wipe = fake_wipe,
	.table_write = fake_table_write,
	.journal_write = fake_journal_write,
	.table_guid = fake_table_guid,
	.sync = fake_sync,
	.sleep_ms = fake_sleep_ms,
	.reboot = fake_reboot,
};

struct sys *sys_fake_new(struct sys *inner)
{
	struct fake *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	f->sys.ops = &fake_ops;
	f->sys.priv = f;
	f->inner = inner;
	return &f->sys;
}

void sys_fake_fail_at(struct sys *s, uint64_t n, enum sys_fake_mode mode)
{
	fake_of(s)->fail_at = n;
	fake_of(s)->mode = mode;
}

void sys_fake_override(struct sys *s, const struct sys_ops *over)
{
	fake_of(s)->over = over;
}

uint64_t sys_fake_calls(const struct sys *s)
{
	return fake_of(s)->calls;
}

const char *sys_fake_failed(const struct sys *s)
{
	return fake_of(s)->failed;
}
