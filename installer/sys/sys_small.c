/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The back end of programs that touch no disks (fulcrum, fulcrum-node): the real verbs without
 * probe, wipe and tables, so that neither libparted nor libblkid is linked. Those verbs fail.
 */
#include <stdlib.h>

#include "sys/real.h"

static int no_disks(struct error *err)
{
	return error_set(err, ERR_INTERNAL, "this program does not touch disks");
}

static int no_probe(struct sys *s UNUSED, struct disk *d UNUSED, struct arena *a UNUSED,
		    struct error *err)
{
	return no_disks(err);
}

static int no_probe_many(struct sys *s UNUSED, struct disk *const *disks UNUSED, size_t n UNUSED,
			 struct arena *a UNUSED, struct error *results UNUSED, struct error *err)
{
	return no_disks(err);
}

static int no_guard_open(struct sys *s UNUSED, const char *path UNUSED, const struct plan_disk *want UNUSED,
			 int *ret_h UNUSED, struct error *err)
{
	return no_disks(err);
}

static int no_guard_check(struct sys *s UNUSED, int h UNUSED, const struct plan_disk *want UNUSED,
			  char seen[HASH_HEX] UNUSED, struct error *err)
{
	return no_disks(err);
}

static void no_guard_close(struct sys *s UNUSED, int h UNUSED)
{
}

static int no_take_down(struct sys *s UNUSED, const char *path UNUSED, struct str *said UNUSED, struct error *err)
{
	return no_disks(err);
}

static int no_wipe(struct sys *s UNUSED, const char *path UNUSED, const struct extent *keep UNUSED,
		   size_t n_keep UNUSED, struct error *err)
{
	return no_disks(err);
}

static int no_table_write(struct sys *s UNUSED, const char *path UNUSED, uint64_t sector UNUSED,
			  const struct op_table *t UNUSED, struct error *err)
{
	return no_disks(err);
}

static int no_journal_write(struct sys *s UNUSED, const char *path UNUSED, const struct disk_journal *j UNUSED,
			    struct error *err)
{
	return no_disks(err);
}

static int no_table_guid(struct sys *s UNUSED, const char *path UNUSED, uint64_t sector UNUSED,
			 const char *uuid UNUSED, struct error *err)
{
	return no_disks(err);
}

static const struct sys_ops small_ops = {
	.exec = real_exec,
	.mount = real_mount,
	.umount = real_umount,
	.make_dirs = real_make_dirs,
	.write_file = real_write_file,
	.read_file = real_read_file,
	.symlink = real_symlink,
	.rename = real_rename,
	.remove = real_remove,
	.create = real_create,
	.open_block = real_open_block,
	.open_disk = real_open_disk,
	.write_at = real_write_at,
	.read_at = real_read_at,
	.zero_at = real_zero_at,
	.close = real_close,
	.fetch = real_fetch,
	.post = real_post,
	.net_look = real_net_look,
	.guard_open = no_guard_open,
	.guard_check = no_guard_check,
	.guard_close = no_guard_close,
	.probe = no_probe,
	.probe_many = no_probe_many,
	.take_down = no_take_down,
	.wipe = no_wipe,
	.table_write = no_table_write,
	.journal_write = no_journal_write,
	.table_guid = no_table_guid,
	.sync = real_sync,
	.sleep_ms = real_sleep_ms,
	.reboot = real_reboot,
};

struct sys *sys_small_new(void)
{
	struct sys *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->ops = &small_ops;
	return s;
}
