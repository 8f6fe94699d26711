/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guards on files that stand for disks: what is refused, who waits for whom, what is seen to change. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"
#include "sys/sys.h"
#include "tap.h"

enum { SIZE = 8 * 1024 * 1024 };

static struct error err;
static char dir[] = "/tmp/fulcrum-guard-XXXXXX", disk[64];
static struct plan_disk want = { .role = "system", .path = disk, .size_bytes = SIZE, .sector_bytes = 512 };

/* True if PATH is refused with WORDS, and no handle came out. */
static bool refused(struct sys *s, const char *path, enum error_kind kind, const char *words)
{
	int h = -1;

	if (!s->ops->guard_open(s, path, &want, &h, &err)) {
		s->ops->guard_close(s, h);
		return false;
	}
	if (h == -1 && err.kind == kind && strstr(err.msg, words))
		return true;
	printf("# %s: %s\n", error_kind_name(err.kind), err.msg);
	return false;
}

static void poke(off_t at)
{
	AUTO_FD fd = open(disk, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, "x", 1, at) != 1)
		abort();
}

static void test_kinds(struct sys *s)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/link", dir);
	ok(!symlink(disk, path) && refused(s, path, ERR_REFUSED, "is a symbolic link"), "a symbolic link to the disk is refused");
	snprintf(path, sizeof(path), "%s/pipe", dir);
	ok(!mkfifo(path, 0600) && refused(s, path, ERR_REFUSED, "is a pipe"), "so is a pipe, without waiting for its other end");
	ok(refused(s, dir, ERR_REFUSED, "is a directory"), "a directory");
	ok(refused(s, "/dev/null", ERR_REFUSED, "is a character device"), "a character device");
	ok(refused(s, "/nowhere", ERR_IO, "/nowhere"), "and what is not there");
}

static void test_lock(struct sys *s)
{
	AUTO_FD other = open(disk, O_RDONLY | O_CLOEXEC);
	int h = -1, second = -1;

	ok(!flock(other, LOCK_EX) && refused(s, disk, ERR_CONFLICT, "another program holds the lock"),
	   "a disk that another program has locked is refused");
	flock(other, LOCK_UN);
	ok(!s->ops->guard_open(s, disk, &want, &h, &err) && flock(other, LOCK_EX | LOCK_NB),
	   "a guarded disk is locked against others");
	ok(s->ops->guard_open(s, disk, &want, &second, &err), "also against a second guard");
	s->ops->guard_close(s, h);
	ok(!flock(other, LOCK_EX | LOCK_NB), "and free again afterwards");
}

static void test_changes(struct sys *s)
{
	char seen[HASH_HEX] = "", before[HASH_HEX];
	int h = -1;

	if (s->ops->guard_open(s, disk, &want, &h, &err))
		abort();
	ok(!s->ops->guard_check(s, h, &want, seen, &err) && strlen(seen) == HASH_HEX - 1, "the first look is kept");
	memcpy(before, seen, sizeof(before));
	poke(4 * 1024 * 1024);
	ok(!s->ops->guard_check(s, h, &want, seen, &err) && !strcmp(seen, before), "what partitions hold may change");
	poke(600);
	ok(s->ops->guard_check(s, h, &want, seen, &err) && err.kind == ERR_CHANGED, "the table at the front may not: %s", err.msg);
	seen[0] = '\0';
	ok(!s->ops->guard_check(s, h, &want, seen, &err) && strcmp(seen, before) != 0, "unless the change was ours");
	poke(SIZE - 1);
	ok(s->ops->guard_check(s, h, &want, seen, &err) && err.kind == ERR_CHANGED, "nor the copy at the end");
	seen[0] = '\0';
	ok(!truncate(disk, SIZE + 512) && s->ops->guard_check(s, h, &want, seen, &err) && strstr(err.msg, "its size is 8389120 bytes, the plan says 8388608"),
	   "a disk of another size is another disk: %s", err.msg);
	s->ops->guard_close(s, h);
	ok(refused(s, disk, ERR_CHANGED, "its size"), "also when it is opened");
}

int main(void)
{
	struct sys *s = sys_real_new();
	AUTO_FD fd = -1;

	if (!mkdtemp(dir))
		return 1;
	snprintf(disk, sizeof(disk), "%s/disk", dir);
	fd = open(disk, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, SIZE))
		return 1;
	test_kinds(s);
	test_lock(s);
	test_changes(s);
	ok(!s->ops->remove(s, dir, &err), "nothing is left behind");
	sys_free(s);
	return tap_end();
}
