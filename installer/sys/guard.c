/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guards: a whole disk held open and locked, and compared through that descriptor with what a plan
 * says of it. Names move (sdb becomes sda when a port is slow), a descriptor does not: as long as it
 * is open, its device number is nobody else's. Writes nothing. A regular file stands for a disk
 * without serial and WWN, as in tests.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/hash.h"
#include "sys/block.h"
#include "sys/identity.h"
#include "sys/real.h"

enum { LOCK_MS = 3000, END_BYTES = 1024 * 1024 };

/* What PATH is instead of a device; NULL when it may be one. */
static const char *not_a_disk(const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFBLK:
	case S_IFREG:
		return NULL;
	case S_IFLNK:
		return "a symbolic link";
	case S_IFDIR:
		return "a directory";
	case S_IFCHR:
		return "a character device";
	default:
		return "a pipe or socket";
	}
}

static int refuse_kind(const char *path, const char *what, struct error *err)
{
	error_set(err, ERR_REFUSED, "%s: is %s, a disk was expected", path, what);
	return error_hint(err, "somebody made that name: remove it, or restart this machine, and plan again");
}

static bool same_text(const char *a, const char *b)
{
	return str_empty(a) ? str_empty(b) : str_eq(a, b);
}

static int differs(struct error *err, const char *path, const char *what, const char *is, const char *wanted)
{
	error_set(err, ERR_CHANGED, "%s: %s is %s, the plan says %s", path, what, str_empty(is) ? "none" : is,
		  str_empty(wanted) ? "none" : wanted);
	return error_hint(err, "another disk answers to this name now: plan again");
}

static int compare_identity(const struct stat *st, const struct plan_disk *want, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct host h = { .root = "", .a = &a };
	char *dir = arena_printf(&a, "/sys/dev/block/%u:%u", major(st->st_rdev), minor(st->st_rdev));
	const char *path = host_real(&h, "%s", dir), *serial, *wwn;

	if (!path)
		return error_set(err, ERR_CHANGED, "%s: is gone", want->path);
	if (host_exists(&h, "%s/partition", dir))
		return refuse_kind(want->path, "a partition", err);
	disk_identity(&h, dir, path, &serial, &wwn);
	if (!same_text(serial, want->serial))
		return differs(err, want->path, "its serial number", serial, want->serial);
	if (!same_text(wwn, want->wwn))
		return differs(err, want->path, "its worldwide name", wwn, want->wwn);
	return 0;
}

/* To the byte: two disks of one model may differ by a sector. */
static const char *bytes(uint64_t n, char ret[32])
{
	snprintf(ret, 32, "%" PRIu64 " bytes", n);
	return ret;
}

static int compare(int fd, const struct plan_disk *want, struct block *ret, struct error *err)
{
	char is[32], wanted[32];
	struct stat st;

	if (fstat(fd, &st))
		return error_sys(err, errno, "%s", want->path);
	if (block_measure(fd, ret, err))
		return error_wrap(err, "%s", want->path);
	if (ret->size != want->size_bytes)
		return differs(err, want->path, "its size", bytes(ret->size, is), bytes(want->size_bytes, wanted));
	if (!ret->device)
		return 0;
	if (ret->sector != want->sector_bytes)
		return differs(err, want->path, "its sector", bytes(ret->sector, is), bytes(want->sector_bytes, wanted));
	return compare_identity(&st, want, err);
}

static int lock(int fd, const char *path, struct error *err)
{
	uint64_t end = clock_mono_ms() + LOCK_MS;

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_sys(err, errno, "%s: lock", path);
		if (clock_mono_ms() >= end) {
			error_set(err, ERR_CONFLICT, "%s: another program holds the lock of this disk", path);
			return error_hint(err, "end that program (another install, a partitioning tool) and try again");
		}
		usleep(50000);
	}
	return 0;
}

int real_guard_open(struct sys *s UNUSED, const char *path, const struct plan_disk *want, int *ret_h,
		    struct error *err)
{
	AUTO_FD fd = -1;
	struct stat st;
	struct block b;
	const char *what;

	if (lstat(path, &st))
		return error_sys(err, errno, "%s", path);
	what = not_a_disk(&st);
	if (what)
		return refuse_kind(path, what, err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return error_sys(err, errno, "%s", path);
	if (lock(fd, path, err) || compare(fd, want, &b, err))
		return -1;
	*ret_h = fd_take(&fd);
	return 0;
}

/* Digest of both ends: where every table has its place, outside of partitions that are ours. */
static int fingerprint(const struct block *b, char ret[HASH_HEX], struct error *err)
{
	size_t len = b->size < END_BYTES ? (size_t)b->size : END_BYTES;
	unsigned char *buf = malloc(2 * len + 1);
	int rc;

	if (!buf)
		abort();
	rc = block_forget(b, err) || block_read(b->fd, 0, buf, len, err) ||
			     block_read(b->fd, b->size - len, buf + len, len, err) ?
		     -1 :
		     0;
	/* What this program itself notes between two steps is nobody else's doing. */
	if (len >= DISK_JOURNAL_AT + DISK_JOURNAL_BYTES)
		memset(buf + DISK_JOURNAL_AT, 0, DISK_JOURNAL_BYTES);
	if (!rc)
		hash_buffer(buf, 2 * len, ret);
	free(buf);
	return rc;
}

int real_guard_check(struct sys *s UNUSED, int h, const struct plan_disk *want, char seen[HASH_HEX],
		     struct error *err)
{
	char now[HASH_HEX];
	struct block b;

	if (compare(h, want, &b, err))
		return -1;
	if (fingerprint(&b, now, err))
		return error_wrap(err, "%s", want->path);
	if (seen[0] && strcmp(seen, now) != 0) {
		error_set(err, ERR_CHANGED, "%s: somebody else wrote to its partition table between two steps", want->path);
		return error_hint(err, "find out who uses this disk (another machine on a shared disk?) and plan again");
	}
	memcpy(seen, now, HASH_HEX);
	return 0;
}

void real_guard_close(struct sys *s UNUSED, int h)
{
	close(h);
}
