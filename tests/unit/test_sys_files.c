/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files and handles of the real back end; the dry one's words; the failing one's walk; GPT checks;
 * text.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "sys/block.h"
#include "sys/gpt_ids.h"
#include "sys/sys_fake.h"
#include "sys/text.h"
#include "tap.h"

static struct error err;
static char dir[64] = "/tmp/fulcrum-files-XXXXXX";

static const char *in_dir(struct arena *a, const char *name)
{
	return arena_printf(a, "%s/%s", dir, name);
}

static void test_files(struct sys *s)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	const char *file = in_dir(&a, "a/b/file"), *link = in_dir(&a, "a/link"),
		   *keep = in_dir(&a, "keep");
	char target[64] = "";
	struct stat st;

	ok(!s->ops->make_dirs(s, in_dir(&a, "a/b"), 0755, &err),
	   "directories are made with those above");
	ok(!s->ops->make_dirs(s, in_dir(&a, "a/b"), 0755, &err), "and may be there");
	ok(!s->ops->write_file(s, file, "one", 3, 0600, &err) && !stat(file, &st) &&
		   (st.st_mode & 07777) == 0600,
	   "a file is written with its mode");
	ok(!s->ops->write_file(s, file, "two\n", 4, 0644, &err) &&
		   !s->ops->read_file(s, file, 10, &text, &err),
	   "and replaced");
	is_str(str_text(&text), "two\n", "by the new one");
	ok(s->ops->read_file(s, file, 3, &text, &err), "a file that is too large is not read");
	ok(s->ops->read_file(s, in_dir(&a, "none"), 3, &text, &err) && err.sys == ENOENT,
	   "nor one that is missing");
	ok(!s->ops->symlink(s, "one", link, &err) && !s->ops->symlink(s, "two", link, &err) &&
		   readlink(link, target, sizeof(target) - 1) == 3 && str_eq(target, "two"),
	   "a link is replaced");
	ok(!s->ops->rename(s, file, in_dir(&a, "a/b/other"), &err) && access(file, F_OK),
	   "a file is renamed");
	ok(!s->ops->make_dirs(s, keep, 0755, &err) &&
		   !s->ops->write_file(s, in_dir(&a, "keep/x"), "", 0, 0644, &err) &&
		   !s->ops->symlink(s, keep, in_dir(&a, "a/b/out"), &err) &&
		   !s->ops->remove(s, in_dir(&a, "a"), &err) && access(in_dir(&a, "a"), F_OK),
	   "a tree is removed");
	ok(!access(in_dir(&a, "keep/x"), F_OK), "but not what a link in it leads to");
	ok(!s->ops->remove(s, in_dir(&a, "a"), &err), "what is not there is removed");
	ok(s->ops->mount(s, "/nonexistent", "/nonexistent", "ext4", 0, NULL, &err) &&
		   str_starts(err.msg, "mount /nonexistent on /nonexistent: "),
	   "a mount that fails says of what and where");
}

static void test_handles(struct sys *s)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *file = in_dir(&a, "stream");
	char buf[16];
	struct stat st;
	int h = -1;

	ok(!s->ops->create(s, file, 0640, &h, &err), "a file is made for streaming");
	ok(!s->ops->write_at(s, h, 9 * 1024 * 1024, "end", 3, &err) &&
		   !s->ops->write_at(s, h, 0, "start", 5, &err),
	   "and written anywhere");
	ok(!s->ops->read_at(s, h, 9 * 1024 * 1024, buf, 3, &err) && !memcmp(buf, "end", 3),
	   "and read");
	ok(s->ops->read_at(s, h, 9 * 1024 * 1024, buf, 4, &err) &&
		   str_eq(err.msg, "ends at byte 9437187"),
	   "but not past its end");
	ok(!s->ops->zero_at(s, h, 1, 3, &err) && !s->ops->read_at(s, h, 0, buf, 5, &err) &&
		   !memcmp(buf, "s\0\0\0t", 5),
	   "a range is zeroed");
	ok(!s->ops->close(s, h, true, &err) && !stat(file, &st) &&
		   st.st_size == 9 * 1024 * 1024 + 3 && (st.st_mode & 07777) == 0640,
	   "and closed");
	ok(!s->ops->open_block(s, file, &h, &err) && !s->ops->read_at(s, h, 4, buf, 1, &err) &&
		   buf[0] == 't',
	   "a file may stand for a disk");
	ok(!s->ops->close(s, h, false, &err), "and is closed");
	ok(s->ops->open_block(s, dir, &h, &err), "a directory may not");
	ok(s->ops->open_block(s, in_dir(&a, "none"), &h, &err), "nor what is not there");
	ok(s->ops->close(s, -1, true, &err), "a handle that is none is not closed");
	unlink(file);
}

static struct table_part parts[] = {
	{ .number = 1,
	  .name = "fulcrum-esp",
	  .type_uuid = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
	  .uuid = "00000002-0000-8000-8000-000000000002",
	  .start_bytes = 1 << 20,
	  .size_bytes = 1 << 20 },
	{ .number = 2,
	  .name = "fulcrum-root",
	  .type_uuid = "0fc63daf-8483-4772-8e79-3d69d8477de4",
	  .uuid = "00000003-0000-8000-8000-000000000003",
	  .start_bytes = 2 << 20,
	  .size_bytes = 1 << 20 },
};
static const struct op_table table = { .disk = "system",
				       .uuid = "11111111-2222-8333-8444-555566667777",
				       .parts = parts,
				       .n_parts = ARRAY_LEN(parts) };

static void test_dry(void)
{
	AUTO_STR said = STR_INIT;
	AUTO_STR text = STR_INIT;
	struct sys *s = sys_dry_new(&said);
	const char *const argv[] = { "mkfs.ext4", "-L", "two words", "/dev/vda1", NULL };
	unsigned int status = 0;
	char buf[4] = "xxx";
	int rc = 0, h = -1;

	rc |= s->ops->wipe(s, "/dev/vda", NULL, 0, &err);
	rc |= s->ops->table_write(s, "/dev/vda", 512, &table, &err);
	rc |= s->ops->exec(s, &(struct sys_exec){ .argv = argv }, &err);
	rc |= s->ops->mount(s, "/dev/vda1", "/mnt", "ext4", 0, NULL, &err);
	rc |= s->ops->make_dirs(s, "/mnt/etc", 0755, &err);
	rc |= s->ops->write_file(s, "/mnt/etc/x", "abc", 3, 0600, &err);
	rc |= s->ops->open_block(s, "/dev/vda2", &h, &err);
	rc |= s->ops->write_at(s, h, 0, "abcd", 4, &err);
	rc |= s->ops->write_at(s, h, 4, "ef", 2, &err);
	rc |= s->ops->zero_at(s, h, 6, 1000, &err);
	rc |= s->ops->read_at(s, h, 0, buf, 3, &err);
	rc |= s->ops->close(s, h, true, &err);
	rc |= s->ops->fetch(s, "http://host/x", 5, 0, NULL, NULL, &err);
	rc |= s->ops->post(s, &(struct sys_post){ .url = "http://host/y", .body = "{}", .len = 2, .ret_body = &text, .ret_status = &status }, &err);
	rc |= s->ops->umount(s, "/mnt", &err);
	rc |= s->ops->table_guid(s, "/dev/vda", 512, "99999999-2222-8333-8444-555566667777", &err);
	rc |= s->ops->reboot(s, &err);
	ok(!rc, "everything succeeds when dry");
	is_str(str_text(&said),
	       "wipe /dev/vda: every signature, both ends\n"
	       "write table /dev/vda: gpt 11111111-2222-8333-8444-555566667777, 1 fulcrum-esp 1.0 MiB, 2 fulcrum-root 1.0 MiB\n"
	       "exec mkfs.ext4 -L 'two words' /dev/vda1\n"
	       "mount /dev/vda1 on /mnt type ext4\n"
	       "make directory /mnt/etc mode 0755\n"
	       "write file /mnt/etc/x: 3 bytes, mode 0600\n"
	       "write /dev/vda2: 6 bytes in 2 writes, 1000 bytes of zeros, synced\n"
	       "fetch http://host/x from byte 5\n"
	       "post 2 bytes to http://host/y\n"
	       "unmount /mnt\n"
	       "set disk GUID of /dev/vda: 99999999-2222-8333-8444-555566667777\n"
	       "reboot\n",
	       "and is told, a line an effect");
	ok(!memcmp(buf, "\0\0\0", 3) && status == 200, "reading answers nothing");
	ok(s->ops->write_at(s, h, 0, "x", 1, &err) && err.kind == ERR_INTERNAL,
	   "a closed handle is a defect");
	sys_free(s);
}

/* Something like an operation: it must clean up whatever fails. */
static int scenario(struct sys *s, const char *file)
{
	struct error ignored;
	int h;

	if (s->ops->make_dirs(s, dir, 0755, &err) || s->ops->create(s, file, 0644, &h, &err))
		return -1;
	if (s->ops->write_at(s, h, 0, "abcdef", 6, &err)) {
		/* Lost is lost; the handle is not. */
		if (s->ops->close(s, h, false, &ignored))
			return -1;
		return -1;
	}
	return s->ops->close(s, h, true, &err);
}

static int answer_exec(struct sys *s UNUSED, const struct sys_exec *x, struct error *e UNUSED)
{
	if (x->output)
		str_addf(x->output, "scripted %s", x->argv[0]);
	return 0;
}

static void test_fake(struct sys *inner)
{
	static const struct sys_ops script = { .exec = answer_exec };
	static const char *const failed[] = { "make_dirs", "create", "write_at", "close" };
	static const char *const argv[] = { "dmidecode", NULL };
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	const char *file = in_dir(&a, "fake");
	struct sys *s;
	uint64_t n;

	for (n = 1;; n++) {
		int rc;

		s = sys_fake_new(inner);
		sys_fake_fail_at(s, n, SYS_FAKE_ONCE);
		rc = scenario(s, file);
		if (sys_fake_calls(s) < n) {
			ok(!rc, "past the last effect everything works");
			sys_free(s);
			break;
		}
		ok(rc && str_starts(err.msg, "injected: ") && err.kind == ERR_IO, "effect %u fails",
		   (unsigned int)n);
		is_str(sys_fake_failed(s), n <= ARRAY_LEN(failed) ? failed[n - 1] : NULL,
		       "which is known by its name");
		sys_free(s);
	}
	ok(n == 5, "there were four effects");
	unlink(file);
	s = sys_fake_new(inner);
	sys_fake_fail_at(s, 3, SYS_FAKE_TORN);
	ok(scenario(s, file) && inner->ops->read_file(inner, file, 100, &text, &err) == 0,
	   "a torn write fails");
	is_str(str_text(&text), "abc", "half of it is there");
	ok(s->ops->remove(s, file, &err) && !access(file, F_OK), "and nothing happens after it");
	sys_free(s);
	unlink(file);
	s = sys_fake_new(inner);
	sys_fake_override(s, &script);
	str_clear(&text);
	ok(!s->ops->exec(s, &(struct sys_exec){ .argv = argv, .output = &text }, &err),
	   "a verb may be scripted");
	is_str(str_text(&text), "scripted dmidecode", "and answers instead");
	sys_fake_fail_at(s, 2, SYS_FAKE_ONCE);
	ok(s->ops->exec(s, &(struct sys_exec){ .argv = argv }, &err), "it fails like the others");
	sys_free(s);
}

/* --- GPT */

enum { SECTOR = 512, DISK = 4 << 20 };

static const char *check(const struct block *b, struct str *why)
{
	str_clear(why);
	return gpt_check(b, why, &err) ? err.msg : str_text(why);
}

/* Every bit of the headers and of the arrays is covered by a checksum: no change goes unseen. */
static size_t unseen_changes(const struct block *b, uint64_t from, uint64_t to, struct str *why)
{
	size_t unseen = 0;

	for (uint64_t at = from; at < to; at++) {
		unsigned char old, changed;

		if (block_read(b->fd, at, &old, 1, &err))
			return to;
		changed = (unsigned char)(old ^ (1U << at % 8));
		if (block_write(b->fd, at, &changed, 1, &err))
			return to;
		unseen += !*check(b, why);
		if (block_write(b->fd, at, &old, 1, &err))
			return to;
	}
	return unseen;
}

static void test_gpt(struct sys *s)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR why = STR_INIT;
	const char *file = in_dir(&a, "disk");
	struct block b = BLOCK_INIT;
	unsigned char bytes[GUID_BYTES], garbage[SECTOR * 40];
	uint32_t x = 1;
	int h;

	ok(!guid_parse("c12a7328-F81F-11d2-ba4b-00a0c93ec93b", bytes) &&
		   !memcmp(bytes,
			   "\xc1\x2a\x73\x28\xf8\x1f\x11\xd2\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b", 16),
	   "a UUID is read in the order of its text");
	guid_swap(bytes);
	ok(!memcmp(bytes, "\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b", 16),
	   "and swapped as a GPT has it");
	ok(guid_parse("c12a7328-f81f-11d2-ba4b-00a0c93ec93", bytes) && guid_parse(NULL, bytes) &&
		   guid_parse("c12a7328-f81f-11d2-ba4b-00a0c93ec93bb", bytes) &&
		   guid_parse("c12a7328+f81f-11d2-ba4b-00a0c93ec93b", bytes) &&
		   guid_parse("c12a7328-f81f-11d2-ba4b-00a0c93ec9 b", bytes),
	   "what is no UUID is not read");
	if (s->ops->create(s, file, 0644, &h, &err) || s->ops->zero_at(s, h, 0, DISK, &err) ||
	    s->ops->close(s, h, false, &err) ||
	    s->ops->table_write(s, file, SECTOR, &table, &err) ||
	    block_open(file, BLOCK_OWN, &b, &err)) {
		ok(false, "a disk with a table: %s", err.msg);
		return;
	}
	is_str(check(&b, &why), "", "a table as it was written is whole");
	ok(!unseen_changes(&b, SECTOR, SECTOR + 92, &why),
	   "any changed byte of the primary header is seen");
	ok(!unseen_changes(&b, DISK - SECTOR, DISK - SECTOR + 92, &why),
	   "and of the backup header");
	ok(!unseen_changes(&b, 2 * SECTOR, 2 * SECTOR + 1024, &why), "and of the partition array");
	ok(!unseen_changes(&b, DISK - 33 * SECTOR, DISK - 32 * SECTOR, &why), "and of its backup");
	ok(!gpt_set_ids(&b, "99999999-2222-8333-8444-555566667777", parts, ARRAY_LEN(parts),
			&err) &&
		   !*check(&b, &why),
	   "ids are set, and the table is whole after it");
	parts[1].start_bytes += SECTOR;
	ok(gpt_set_ids(&b, table.uuid, parts, ARRAY_LEN(parts), &err) && err.kind == ERR_VERIFY,
	   "a partition that stands elsewhere is not given an id: %s", err.msg);
	parts[1].start_bytes -= SECTOR;
	ok(gpt_set_ids(&b, table.uuid, parts, 1, &err) && err.kind == ERR_VERIFY,
	   "nor is a table with one more: %s", err.msg);
	for (int round = 0; round < 300; round++) {
		for (size_t i = 0; i < sizeof(garbage); i++) {
			x = x * 1664525 + 1013904223;
			garbage[i] = (unsigned char)(x >> 24);
		}
		/*
		 * Sizes and places at random behind a signature; the checksum is made to fit by
		 * nobody.
		 */
		memcpy(garbage, "EFI PART", 8);
		if (block_write(b.fd, SECTOR, garbage, sizeof(garbage), &err) || !*check(&b, &why))
			break;
		if (round == 299)
			ok(true, "garbage is damage, 300 times");
	}
	b.size = 5 * SECTOR;
	is_str(check(&b, &why), "primary GPT: device too small", "so is a device without room");
	block_release(&b);
	unlink(file);
}

static void test_text(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "  QEMU HARDDISK   ", "QEMU HARDDISK" },
		{ "", NULL },
		{ " \t ", NULL },
		{ "tab\there", "tab?here" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xe2\x82\xac \xf0\x9f\x92\xbe", "\xe2\x82\xac \xf0\x9f\x92\xbe" },
		{ "\xff\xfe", "??" },
		{ "cut \xe2\x82", "cut ??" },
		{ "\xc0\xaf overlong", "?? overlong" },
		{ "\xed\xa0\x80 surrogate", "??? surrogate" },
		{ "\xf4\x90\x80\x80 beyond", "???? beyond" },
		{ "c1 \xc2\x85.", "c1 ??." },
		{ "esc \x1b[0m", "esc ?[0m" },
	};
	AUTO_ARENA a = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		is_str(text_clean(&a, rows[i].in, strlen(rows[i].in)), rows[i].out,
		       "foreign text %zu is cleaned", i);
	is_str(text_clean(&a, "abc\0def", 7), "abc", "and ends at a NUL");
	is_str(text_clean(&a, "abcdef", 3), "abc", "or where it is told to");
}

/* What looks like success would be a look at what the kernel remembers, not at the disk. */
static void test_forget(void)
{
	AUTO_FD null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const struct block device = { .fd = null, .device = true }, file = { .fd = null };

	ok(block_forget(&device, &err) && err.kind == ERR_IO && strstr(err.msg, "cache"),
	   "a device whose cache cannot be dropped is an error: %s", err.msg);
	ok(!block_forget(&file, &err), "a file has none to drop");
}

int main(void)
{
	struct sys *s = sys_real_new();

	if (!mkdtemp(dir))
		return 1;
	test_files(s);
	test_handles(s);
	test_forget();
	test_dry();
	test_fake(s);
	test_gpt(s);
	test_text();
	ok(!s->ops->remove(s, dir, &err), "nothing is left behind");
	sys_free(s);
	return tap_end();
}
