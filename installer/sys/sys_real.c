/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real back end: which function answers which verb. */
#include <stdlib.h>

#include "sys/real.h"

static const struct sys_ops real_ops = {
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
	.guard_open = real_guard_open,
	.guard_check = real_guard_check,
	.guard_close = real_guard_close,
	.probe = real_probe,
	.probe_many = real_probe_many,
	.take_down = real_take_down,
	.wipe = real_wipe,
	.table_write = real_table_write,
	.journal_write = real_journal_write,
	.table_guid = real_table_guid,
	.sync = real_sync,
	.sleep_ms = real_sleep_ms,
	.reboot = real_reboot,
};

struct sys *sys_real_new(void)
{
	struct sys *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->ops = &real_ops;
	return s;
}
