/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes on block devices and files. Knows no formats. A handle of the vtable is a descriptor.
 */
#include "sys/block.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "sys/real.h"

enum { WAIT_MS = 3000, WRITEBACK = 8 * 1024 * 1024, ZERO_STEP = 256 * 1024 * 1024 };

static int measure(struct block *b, struct error *err)
{
	struct stat st;
	int sector = 0;

	if (fstat(b->fd, &st))
		return error_sys(err, errno, "stat");
	b->sector = 512;
	if (S_ISREG(st.st_mode)) {
		b->size = (uint64_t)st.st_size;
		return 0;
	}
	if (!S_ISBLK(st.st_mode))
		return error_set(err, ERR_IO, "not a block device");
	b->device = true;
	if (ioctl(b->fd, BLKGETSIZE64, &b->size) || ioctl(b->fd, BLKSSZGET, &sector))
		return error_sys(err, errno, "size");
	b->sector = (uint64_t)sector;
	return 0;
}

static void pause_ms(unsigned int ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

int block_measure(int fd, struct block *ret, struct error *err)
{
	*ret = (struct block){ .fd = fd };
	return measure(ret, err);
}

int block_open(const char *path, enum block_open how, struct block *ret, struct error *err)
{
	uint64_t end = clock_mono_ms() + WAIT_MS;
	int flags = (how == BLOCK_READ ? O_RDONLY | O_NONBLOCK : O_RDWR) | O_CLOEXEC;
	struct stat st;

	*ret = BLOCK_INIT;
	for (;;) {
		/* O_EXCL without O_CREAT has a meaning for block devices only. */
		int own = how == BLOCK_OWN && !stat(path, &st) && S_ISBLK(st.st_mode) ? O_EXCL : 0;

		ret->fd = open(path, flags | own);
		if (ret->fd >= 0)
			break;
		/* EBUSY: someone may just be looking. ENOENT, ENXIO: the node is being made. */
		if ((errno != EBUSY &&
		     (strncmp(path, "/dev/", 5) || (errno != ENOENT && errno != ENXIO))) ||
		    clock_mono_ms() >= end) {
			error_sys(err, errno, "%s", path);
			if (errno == EBUSY)
				error_hint(err, "mounted, or held by RAID, LVM or a program");
			return -1;
		}
		pause_ms(50);
	}
	if (measure(ret, err)) {
		block_release(ret);
		return error_wrap(err, "%s", path);
	}
	return 0;
}

void block_release(struct block *b)
{
	fd_close(&b->fd);
}

int block_forget(const struct block *b, struct error *err)
{
	if (b->device && ioctl(b->fd, BLKFLSBUF))
		return error_sys(err, errno, "cannot be read past this kernel's cache");
	return 0;
}

int block_read(int fd, uint64_t at, void *data, size_t len, struct error *err)
{
	char *p = data;

	while (len) {
		ssize_t n = pread(fd, p, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, errno, "read at byte %" PRIu64, at);
		if (!n)
			return error_set(err, ERR_IO, "ends at byte %" PRIu64, at);
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int block_write(int fd, uint64_t at, const void *data, size_t len, struct error *err)
{
	const char *p = data;

	while (len) {
		ssize_t n = pwrite(fd, p, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, errno, "write at byte %" PRIu64, at);
		if (!n)
			return error_set(err, ERR_IO,
					 "write at byte %" PRIu64 ": nothing was taken", at);
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_zeros(int fd, uint64_t at, uint64_t len, struct error *err)
{
	static const char zeros[65536];

	while (len) {
		size_t n = len < sizeof(zeros) ? (size_t)len : sizeof(zeros);

		if (block_write(fd, at, zeros, n, err))
			return -1;
		at += n;
		len -= n;
	}
	return 0;
}

static int zero_file(int fd, const struct stat *st, uint64_t at, uint64_t len, struct error *err)
{
	uint64_t size = (uint64_t)st->st_size, end = at + len;

	if (at < size &&
	    fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)len))
		return write_zeros(fd, at, len, err); /* a file system without holes */
	if (end > size && ftruncate(fd, (off_t)end))
		return error_sys(err, errno, "grow to %" PRIu64 " bytes", end);
	return 0;
}

int block_zero(int fd, uint64_t at, uint64_t len, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return error_sys(err, errno, "stat");
	if (!S_ISBLK(st.st_mode))
		return zero_file(fd, &st, at, len, err);
	while (len) {
		uint64_t range[2] = { at, len < ZERO_STEP ? len : ZERO_STEP };

		if (ioctl(fd, BLKZEROOUT, range)) {
			/* EINVAL: not whole sectors. It can still be written. */
			if (errno != EINVAL && errno != EOPNOTSUPP && errno != ENOTTY)
				return error_sys(err, errno, "zero at byte %" PRIu64, at);
			if (write_zeros(fd, at, range[1], err))
				return -1;
		}
		at += range[1];
		len -= range[1];
	}
	return 0;
}

/* --- the verbs */

int real_create(struct sys *s UNUSED, const char *path, mode_t mode, int *ret_h, struct error *err)
{
	AUTO_FD fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0)
		return error_sys(err, errno, "%s", path);
	if (fchmod(fd, mode))
		return error_sys(err, errno, "%s", path);
	*ret_h = fd_take(&fd);
	return 0;
}

int real_open_block(struct sys *s UNUSED, const char *path, int *ret_h, struct error *err)
{
	struct block b;

	if (block_open(path, BLOCK_OWN, &b, err))
		return -1;
	*ret_h = b.fd;
	return 0;
}

int real_open_disk(struct sys *s UNUSED, const char *path, int *ret_h, struct error *err)
{
	struct block b;

	if (block_open(path, BLOCK_SHARED, &b, err))
		return -1;
	/* A partition's writes do not pass by here: what the disk's own cache holds of them may be old. */
	if (block_forget(&b, err)) {
		block_release(&b);
		return error_wrap(err, "%s", path);
	}
	*ret_h = b.fd;
	return 0;
}

int real_write_at(struct sys *s UNUSED, int h, uint64_t at, const void *data, size_t len,
		  struct error *err)
{
	uint64_t mark = (at + len) / WRITEBACK * WRITEBACK;

	if (block_write(h, at, data, len, err))
		return -1;
	/* Start the device early: little is left for the fsync at the end. May fail. */
	if (mark > at && mark >= WRITEBACK)
		sync_file_range(h, (off_t)(mark - WRITEBACK), WRITEBACK, SYNC_FILE_RANGE_WRITE);
	return 0;
}

int real_read_at(struct sys *s UNUSED, int h, uint64_t at, void *data, size_t len,
		 struct error *err)
{
	return block_read(h, at, data, len, err);
}

int real_zero_at(struct sys *s UNUSED, int h, uint64_t at, uint64_t len, struct error *err)
{
	return block_zero(h, at, len, err);
}

int real_close(struct sys *s UNUSED, int h, bool sync, struct error *err)
{
	AUTO_FD fd = h;

	if (sync && fsync(fd))
		return error_sys(err, errno, "fsync");
	if (close(fd_take(&fd)) && errno != EINTR)
		return error_sys(err, errno, "close");
	return 0;
}
