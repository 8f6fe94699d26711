/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files, directories, mounts, and the machine as a whole: thin verbs over the kernel's, each with
 * the path in its error.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "sys/real.h"

int real_mount(struct sys *s UNUSED, const char *source, const char *target, const char *type,
	       unsigned long flags, const char *options, struct error *err)
{
	if (mount(source ? source : "none", target, type, flags, options))
		return error_sys(err, errno, "mount %s on %s", source ? source : type, target);
	return 0;
}

/*
 * The kernel tells what it could not write to those who sync, and to nobody at an unmount (fs/sync.c, syncfs;
 * Documentation/filesystems/vfs.rst, "Handling errors during writeback").
 */
static int sync_mount(const char *target, struct error *err)
{
	AUTO_FD fd = open(target, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	/* What is no directory or file of ours to open is judged by the unmount. */
	if (fd < 0 || !syncfs(fd))
		return 0;
	return error_sys(err, errno, "%s: not all that was written there reached the disk", target);
}

int real_umount(struct sys *s, const char *target, struct error *err)
{
	struct error lost;
	int rc = sync_mount(target, &lost);

	/* Something may still be closing its last file there. */
	for (int tries = 0; umount2(target, UMOUNT_NOFOLLOW); tries++) {
		if (errno != EBUSY || tries == 20)
			return error_sys(err, errno, "unmount %s", target);
		if (s->ops->sleep_ms(s, 100, err))
			return -1;
	}
	if (rc)
		*err = lost;
	return rc;
}

int real_make_dirs(struct sys *s UNUSED, const char *path, mode_t mode, struct error *err)
{
	return make_dirs(path, mode, err);
}

int real_write_file(struct sys *s UNUSED, const char *path, const void *data, size_t len,
		    mode_t mode, struct error *err)
{
	return file_replace(path, data, len, mode, err);
}

int real_read_file(struct sys *s UNUSED, const char *path, size_t max, struct str *ret,
		   struct error *err)
{
	return file_read(path, max, ret, err);
}

int real_symlink(struct sys *s UNUSED, const char *target, const char *path, struct error *err)
{
	char tmp[PATH_MAX];

	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp))
		return error_set(err, ERR_INPUT, "%s: path too long", path);
	if ((unlink(tmp) && errno != ENOENT) || symlink(target, tmp))
		return error_sys(err, errno, "%s", tmp);
	if (rename(tmp, path)) {
		int e = errno;

		unlink(tmp);
		return error_sys(err, e, "%s", path);
	}
	return 0;
}

int real_rename(struct sys *s UNUSED, const char *from, const char *to, struct error *err)
{
	if (rename(from, to))
		return error_sys(err, errno, "rename %s to %s", from, to);
	return 0;
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
		      struct FTW *at UNUSED)
{
	return remove(path);
}

int real_remove(struct sys *s UNUSED, const char *path, struct error *err)
{
	/* FTW_MOUNT and FTW_PHYS: a mount or a link to elsewhere is never walked into. */
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_MOUNT | FTW_PHYS) && errno != ENOENT)
		return error_sys(err, errno, "remove %s", path);
	return 0;
}

int real_sync(struct sys *s UNUSED, struct error *err UNUSED)
{
	sync();
	return 0;
}

int real_sleep_ms(struct sys *s UNUSED, unsigned int ms, struct error *err UNUSED)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
	return 0;
}

int real_reboot(struct sys *s, struct error *err)
{
	/* Through init, which stops services and unmounts. */
	static const char *const argv[] = { "reboot", NULL };

	if (s->ops->sync(s, err))
		return -1;
	return s->ops->exec(s, &(const struct sys_exec){ .argv = argv }, err);
}

/* Every back end is one allocation that starts with its struct sys. */
void sys_free(struct sys *s)
{
	free(s);
}
