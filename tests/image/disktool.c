/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs of sys/ that touch disks, on a file, for the image tests; and `dirty`, which writes the
 * signs of other lives by hand, from their public descriptions, so that the tests need none of
 * those tools.
 *
 *	disktool table FILE SECTOR SPEC		SPEC: a file with the disk GUID, then
 *						NUMBER NAME TYPE GUID START SIZE lines
 *	disktool guid FILE SECTOR GUID
 *	disktool probe FILE SECTOR		prints the disk as JSON
 *	disktool wipe FILE
 *	disktool zero FILE OFFSET LENGTH
 *	disktool observe ROOT [probe]		prints the machine below ROOT as JSON
 *	disktool dirty KIND FILE [OFFSET [SIZE]]	SIZE: of the device that begins at OFFSET
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "observe/machine.h"
#include "sys/block.h"
#include "sys/sys.h"

static int verb_table(struct sys *s, char **argv, struct arena *a, struct error *err)
{
	struct op_table t = { .disk = "system" };
	AUTO_STR text = STR_INIT;
	char *save = NULL, *line;

	if (file_read(argv[2], 65536, &text, err))
		return -1;
	line = strtok_r(text.s, "\n", &save);
	t.uuid = line;
	while ((line = strtok_r(NULL, "\n", &save))) {
		struct table_part *p;
		char name[64], type[40], uuid[40], keep[8] = "";
		int words;

		t.parts = arena_grow(a, t.parts, t.n_parts, sizeof(*t.parts));
		p = &t.parts[t.n_parts++];
		words = sscanf(line, "%" SCNu64 " %63s %39s %39s %" SCNu64 " %" SCNu64 " %7s", &p->number, name,
			       type, uuid, &p->start_bytes, &p->size_bytes, keep);
		if (words != 6 && (words != 7 || strcmp(keep, "keep")))
			return error_set(err, ERR_USAGE, "%s: not six words, nor these and keep", line);
		p->keep = words == 7;
		p->name = arena_strdup(a, name);
		p->type_uuid = arena_strdup(a, type);
		p->uuid = arena_strdup(a, uuid);
	}
	return s->ops->table_write(s, argv[0], strtoull(argv[1], NULL, 10), &t, err);
}

static int verb_guid(struct sys *s, char **argv, struct arena *a UNUSED, struct error *err)
{
	return s->ops->table_guid(s, argv[0], strtoull(argv[1], NULL, 10), argv[2], err);
}

static int verb_probe(struct sys *s, char **argv, struct arena *a, struct error *err)
{
	struct disk d = { .name = "disk",
			  .path = argv[0],
			  .sector_bytes = strtoull(argv[1], NULL, 10) };
	AUTO_BLOCK b = { .fd = -1 };
	AUTO_STR text = STR_INIT;

	if (block_open(argv[0], BLOCK_READ, &b, err))
		return -1;
	d.size_bytes = b.size;
	if (s->ops->probe(s, &d, a, err))
		return -1;
	field_to_json(&disk_schema, &d, false, true, &text);
	puts(str_text(&text));
	return 0;
}

/* FILE [START SIZE]... of what stays */
static int verb_wipe(struct sys *s, char **argv, struct arena *a UNUSED, struct error *err)
{
	struct extent keep[8];
	size_t n = 0;

	for (char **v = argv + 1; v[0] && v[1] && n < ARRAY_LEN(keep); v += 2)
		keep[n++] = (struct extent){ strtoull(v[0], NULL, 10), strtoull(v[1], NULL, 10) };
	return s->ops->wipe(s, argv[0], keep, n, err);
}

static int verb_zero(struct sys *s, char **argv, struct arena *a UNUSED, struct error *err)
{
	struct error ignored;
	int h, rc;

	if (s->ops->open_block(s, argv[0], &h, err))
		return -1;
	rc = s->ops->zero_at(s, h, strtoull(argv[1], NULL, 10), strtoull(argv[2], NULL, 10), err);
	return rc ? s->ops->close(s, h, false, &ignored) - 1 : s->ops->close(s, h, true, err);
}

static int verb_observe(struct sys *s, char **argv, struct arena *a, struct error *err)
{
	AUTO_STR text = STR_INIT;
	struct machine *m;

	if (observe_machine(argv[1] ? s : NULL, argv[0], a, &m, err))
		return -1;
	field_to_json(&machine_schema, m, false, true, &text);
	puts(str_text(&text));
	return 0;
}

/* --- signs of other lives */

static int fd;
static uint64_t base;

static void put(uint64_t at, const void *data, size_t len)
{
	struct error err;

	if (block_write(fd, base + at, data, len, &err)) {
		fprintf(stderr, "disktool: %s\n", err.msg);
		exit(8);
	}
}

static void put_le(unsigned char *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

static uint32_t crc32(uint32_t crc, const unsigned char *p, size_t len)
{
	while (len--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	return crc;
}

/*
 * LVM2 label in the second sector: "LABELONE", its sector, CRC of what follows, offset, type; then
 * the PV header.
 */
static void dirty_lvm(uint64_t size)
{
	unsigned char l[512] = "LABELONE";

	put_le(l + 8, 1, 8);
	put_le(l + 20, 32, 4);
	memcpy(l + 24, "LVM2 001", 8);
	memcpy(l + 32, "abcdefABCDEF0123456789abcdefABCD", 32);
	put_le(l + 64, size, 8);
	put_le(l + 16, crc32(0xf597a6cf, l + 20, 512 - 20), 4);
	put(512, l, sizeof(l));
}

/* md 0.90: 64 KiB before the last 64 KiB boundary. */
static void dirty_md090(uint64_t size)
{
	unsigned char sb[4096] = { 0 };

	put_le(sb, 0xa92b4efc, 4);
	put_le(sb + 4, 0, 4);
	put_le(sb + 8, 90, 4);
	put_le(sb + 20, 0x11223344, 4);
	put_le(sb + 52, 0x55667788, 4);
	put_le(sb + 56, 0x99aabbcc, 4);
	put_le(sb + 60, 0xddeeff00, 4);
	put(size / 65536 * 65536 - 65536, sb, sizeof(sb));
}

/* md 1.x: 1.0 8 KiB before the end, 1.1 at the start, 1.2 at 4 KiB. */
static void dirty_md1(uint64_t at)
{
	unsigned char sb[4096] = { 0 };
	uint64_t sum = 0;

	put_le(sb, 0xa92b4efc, 4);
	put_le(sb + 4, 1, 4);
	memcpy(sb + 16, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10", 16);
	memcpy(sb + 32, "old:0", 5);
	put_le(sb + 72, 1, 4);	       /* level */
	put_le(sb + 92, 2, 4);	       /* devices */
	put_le(sb + 128, 2048, 8);     /* data offset */
	put_le(sb + 144, at / 512, 8); /* super offset */
	put_le(sb + 220, 2, 4);	       /* max_dev */
	for (size_t i = 0; i < 256 + 4; i += 4) {
		uint32_t v;

		memcpy(&v, sb + i, 4);
		sum += v;
	}
	put_le(sb + 216, (sum & 0xffffffff) + (sum >> 32), 4);
	put(at, sb, sizeof(sb));
}

static void dirty_luks1(void)
{
	unsigned char h[1024] = "LUKS\xba\xbe";

	h[7] = 1;
	strcpy((char *)h + 8, "aes");
	strcpy((char *)h + 40, "xts-plain64");
	strcpy((char *)h + 72, "sha256");
	strcpy((char *)h + 168, "0a0b0c0d-0001-4002-8003-000000000004");
	put(0, h, sizeof(h));
}

static void dirty_luks2(void)
{
	unsigned char h[4096] = "LUKS\xba\xbe";

	h[7] = 2;
	h[14] = 0x40; /* header size 16 KiB, big-endian */
	strcpy((char *)h + 24, "oldsecret");
	strcpy((char *)h + 168, "0a0b0c0d-0001-4002-8003-000000000005");
	put(0, h, sizeof(h));
	memcpy(h, "SKUL\xba\xbe", 6);
	h[262] = 0x40; /* its own offset, 16 KiB */
	put(16384, h, sizeof(h));
}

static void dirty_btrfs(uint64_t size)
{
	unsigned char sb[4096] = { 0 };

	memcpy(sb + 32, "\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff\x01", 16);
	put_le(sb + 48, 65536, 8);
	memcpy(sb + 64, "_BHRfS_M", 8);
	put_le(sb + 0x70, size, 8);
	put_le(sb + 0x90, 4096, 4);
	put_le(sb + 0x94, 16384, 4);
	strcpy((char *)sb + 0x12b, "oldbtrfs");
	put(65536, sb, sizeof(sb));
}

static void dirty_swap(void)
{
	unsigned char p[4096] = { 0 };

	put_le(p + 1024, 1, 4);
	put_le(p + 1028, 100, 4);
	strcpy((char *)p + 1052, "oldswap");
	memcpy(p + 4086, "SWAPSPACE2", 10);
	put(0, p, sizeof(p));
}

/* The primary volume descriptor of ISO 9660, as at the start of a hybrid stick. */
static void dirty_iso(const char *label)
{
	unsigned char d[2048] = { 1, 'C', 'D', '0', '0', '1', 1 };

	memset(d + 8, ' ', 64);
	memcpy(d + 40, label, strlen(label));
	put(32768, d, sizeof(d));
	d[0] = 255;
	put(34816, d, sizeof(d));
}

static void dirty_random(void)
{
	unsigned char p[65536];
	uint32_t x = 1;

	for (size_t i = 0; i < sizeof(p); i++) {
		x = x * 1664525 + 1013904223;
		p[i] = (unsigned char)(x >> 24);
	}
	put(0, p, sizeof(p));
}

static void dirty_mbr(void)
{
	unsigned char b[512] = { 0 };

	put_le(b + 440, 0xcafe1234, 4);
	b[446 + 4] = 0x83;
	put_le(b + 446 + 8, 2048, 4);
	put_le(b + 446 + 12, 20480, 4);
	b[446 + 16 + 4] = 0x8e;
	put_le(b + 446 + 16 + 8, 22528, 4);
	put_le(b + 446 + 16 + 12, 20480, 4);
	b[510] = 0x55;
	b[511] = 0xaa;
	put(0, b, sizeof(b));
}

static int verb_dirty(struct sys *s UNUSED, char **argv, struct arena *a UNUSED, struct error *err)
{
	const char *kind = argv[0];
	uint64_t size;
	struct stat st;

	fd = open(argv[1], O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return error_sys(err, errno, "%s", argv[1]);
	base = argv[2] ? strtoull(argv[2], NULL, 10) : 0;
	size = argv[2] && argv[3] ? strtoull(argv[3], NULL, 10) : (uint64_t)st.st_size - base;
	if (!strcmp(kind, "lvm"))
		dirty_lvm(size);
	else if (!strcmp(kind, "md0.90"))
		dirty_md090(size);
	else if (!strcmp(kind, "md1.0"))
		dirty_md1(size / 512 / 8 * 8 * 512 - 8192);
	else if (!strcmp(kind, "md1.1"))
		dirty_md1(0);
	else if (!strcmp(kind, "md1.2"))
		dirty_md1(4096);
	else if (!strcmp(kind, "luks1"))
		dirty_luks1();
	else if (!strcmp(kind, "luks2"))
		dirty_luks2();
	else if (!strcmp(kind, "btrfs"))
		dirty_btrfs(size);
	else if (!strcmp(kind, "swap"))
		dirty_swap();
	else if (!strcmp(kind, "iso"))
		dirty_iso("OLDSTICK");
	else if (!strcmp(kind, "random"))
		dirty_random();
	else if (!strcmp(kind, "mbr"))
		dirty_mbr();
	else
		return error_set(err, ERR_USAGE, "%s: no such dirt", kind);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int args;
		int (*run)(struct sys *s, char **argv, struct arena *a, struct error *err);
	} verbs[] = {
		{ "table", 3, verb_table },	{ "guid", 3, verb_guid },
		{ "probe", 2, verb_probe },	{ "wipe", 1, verb_wipe },
		{ "zero", 3, verb_zero },	{ "dirty", 2, verb_dirty },
		{ "observe", 1, verb_observe },
	};
	AUTO_ARENA a = ARENA_INIT;
	struct sys *s = sys_real_new();
	struct error err;
	int status = 2;

	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) || argc - 2 < verbs[i].args)
			continue;
		status = 0;
		memset(&err, 0, sizeof(err));
		if (verbs[i].run(s, argv + 2, &a, &err)) {
			fprintf(stderr, "disktool: %s\n", err.msg);
			status = error_exit_code(err.kind);
		}
	}
	if (status == 2)
		fprintf(stderr, "disktool: see the start of disktool.c\n");
	sys_free(s);
	return status;
}
