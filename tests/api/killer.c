/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into fulcrumd: SIGKILL at one point of its work on the database, as a power cut would come. KILLER_AT=N and
 * KILLER_WHEN choose it: "before" the Nth commit has written anything, or "after" it is written, when nothing of what follows it
 * is done. A commit is what lies between two syncs of the log (https://www.sqlite.org/wal.html). Who is killed
 * leaves what it wrote to the kernel: nothing is really synced, which would only take time.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned long commits = 1;
static int writing;

static int is_log(int fd)
{
	char link[64], path[512];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 4)
		return 0;
	path[n] = '\0';
	return strcmp(path + n - 4, "-wal") == 0;
}

static void point(const char *when)
{
	const char *at = getenv("KILLER_AT"), *wanted = getenv("KILLER_WHEN");

	if (at && wanted && strcmp(wanted, when) == 0 && strtoul(at, NULL, 10) == commits)
		kill(getpid(), SIGKILL);
}

static void before_write(int fd)
{
	if (writing || !is_log(fd))
		return;
	point("before");
	writing = 1;
}

static void before_sync(int fd)
{
	if (!writing || !is_log(fd))
		return;
	point("after");
	writing = 0;
	commits++;
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	before_write(fd);
	return REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)(fd, data, len, at);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	before_write(fd);
	return REAL(ssize_t, "pwrite", int, const void *, size_t, off_t)(fd, data, len, at);
}

ssize_t write(int fd, const void *data, size_t len)
{
	before_write(fd);
	return REAL(ssize_t, "write", int, const void *, size_t)(fd, data, len);
}

int fdatasync(int fd)
{
	before_sync(fd);
	return 0;
}

int fsync(int fd)
{
	before_sync(fd);
	return 0;
}
