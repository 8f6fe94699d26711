/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs of the real back end, one a slot of struct sys_ops; for sys_real.c and sys_small.c,
 * which list them. Nothing above sys/ may include this. Their contracts are in sys.h.
 */
#pragma once
#include "sys/sys.h"

/* exec.c */
int real_exec(struct sys *s, const struct sys_exec *x, struct error *err);

/* files.c */
int real_mount(struct sys *s, const char *source, const char *target, const char *type,
	       unsigned long flags, const char *options, struct error *err);
int real_umount(struct sys *s, const char *target, struct error *err);
int real_make_dirs(struct sys *s, const char *path, mode_t mode, struct error *err);
int real_write_file(struct sys *s, const char *path, const void *data, size_t len, mode_t mode,
		    struct error *err);
int real_read_file(struct sys *s, const char *path, size_t max, struct str *ret, struct error *err);
int real_symlink(struct sys *s, const char *target, const char *path, struct error *err);
int real_rename(struct sys *s, const char *from, const char *to, struct error *err);
int real_remove(struct sys *s, const char *path, struct error *err);
int real_sync(struct sys *s, struct error *err);
int real_sleep_ms(struct sys *s, unsigned int ms, struct error *err);
int real_reboot(struct sys *s, struct error *err);

/* block.c */
int real_create(struct sys *s, const char *path, mode_t mode, int *ret_h, struct error *err);
int real_open_block(struct sys *s, const char *path, int *ret_h, struct error *err);
int real_open_disk(struct sys *s, const char *path, int *ret_h, struct error *err);
int real_write_at(struct sys *s, int h, uint64_t at, const void *data, size_t len,
		  struct error *err);
int real_read_at(struct sys *s, int h, uint64_t at, void *data, size_t len, struct error *err);
int real_zero_at(struct sys *s, int h, uint64_t at, uint64_t len, struct error *err);
int real_close(struct sys *s, int h, bool sync, struct error *err);

/* fetch.c */
int real_fetch(struct sys *s, const char *url, uint64_t offset, uint64_t length, sys_sink sink, void *ctx,
	       struct error *err);
int real_post(struct sys *s, const struct sys_post *p, struct error *err);

/* net_look.c */
int real_net_look(struct sys *s, const char *nic, uint32_t address, struct net_look *ret, struct error *err);

/* guard.c */
int real_guard_open(struct sys *s, const char *path, const struct plan_disk *want, int *ret_h,
		    struct error *err);
int real_guard_check(struct sys *s, int h, const struct plan_disk *want, char seen[HASH_HEX],
		     struct error *err);
void real_guard_close(struct sys *s, int h);

/* holders.c */
int real_take_down(struct sys *s, const char *path, struct str *said, struct error *err);

/* probe.c */
int real_probe(struct sys *s, struct disk *d, struct arena *a, struct error *err);
int real_probe_many(struct sys *s, struct disk *const *disks, size_t n, struct arena *a,
		    struct error *results, struct error *err);
int real_wipe(struct sys *s, const char *path, const struct extent *keep, size_t n_keep,
	      struct error *err);
/* disk_journal.c */
int real_journal_write(struct sys *s, const char *path, const struct disk_journal *j, struct error *err);

/* ptable.c */
int real_table_write(struct sys *s, const char *path, uint64_t sector, const struct op_table *t,
		     struct error *err);
int real_table_guid(struct sys *s, const char *path, uint64_t sector, const char *uuid,
		    struct error *err);
