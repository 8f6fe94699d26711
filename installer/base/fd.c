/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors and whole files. */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

int file_read(const char *path, size_t max, struct str *ret, struct error *err)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[16384];
	size_t total = 0;
	ssize_t n;

	if (fd < 0)
		return error_sys(err, errno, "%s", path);
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, errno, "%s", path);
		total += (size_t)n;
		if (total > max)
			return error_set(err, ERR_INPUT, "%s: larger than %zu bytes", path, max);
		str_addn(ret, buf, (size_t)n);
	}
	return 0;
}

int file_read_line(const char *path, char *ret, size_t size)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t at = 0;

	ret[0] = '\0';
	if (fd < 0)
		return -errno;
	while (at + 1 < size) {
		ssize_t n = read(fd, ret + at, size - 1 - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		at += (size_t)n;
	}
	ret[at] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}

int fd_write_all(int fd, const void *data, size_t len, struct error *err)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, errno, "write");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_replace(const char *path, const void *data, size_t len, mode_t mode, struct error *err)
{
	char tmp[PATH_MAX], dir[PATH_MAX];
	AUTO_FD fd = -1;
	AUTO_FD dfd = -1;

	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp))
		return error_set(err, ERR_INPUT, "%s: path too long", path);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return error_sys(err, errno, "%s", tmp);
	if (fchmod(fd, mode))
		return error_sys(err, errno, "%s", tmp);
	if (fd_write_all(fd, data, len, err)) {
		unlink(tmp);
		return error_wrap(err, "%s", tmp);
	}
	if (fsync(fd) || rename(tmp, path)) {
		int e = errno;

		unlink(tmp);
		return error_sys(err, e, "%s", path);
	}
	snprintf(dir, sizeof(dir), "%s", path);
	dfd = open(dirname(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dfd >= 0)
		fsync(dfd);
	return 0;
}

int make_dirs(const char *path, mode_t mode, struct error *err)
{
	char buf[PATH_MAX];

	if (snprintf(buf, sizeof(buf), "%s", path) >= (int)sizeof(buf))
		return error_set(err, ERR_INPUT, "%s: path too long", path);
	for (char *p = buf + 1;; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(buf, mode) && errno != EEXIST)
			return error_sys(err, errno, "%s", buf);
		if (!c)
			return 0;
		*p = c;
	}
}
