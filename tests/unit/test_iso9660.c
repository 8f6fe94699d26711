/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories of an ISO 9660 image: names by Rock Ridge, in pieces too, places in the image, those of files beyond 4 GiB and of more
 * than that among them, and what is refused.
 * The image is a fuzzer's seed, which begins with the volume descriptor. Run from the top of the tree.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "data/iso9660.h"
#include "tap.h"

enum { LARGE_PART = 0xfffff800, LARGE_BLOCKS = 6000000 }; /* most of one extent; an image of 12 GB */
enum { DESCRIPTOR_AT = 16 * ISO_BLOCK, ROOT_AT = 18 * ISO_BLOCK, SUB_AT = 19 * ISO_BLOCK, IMAGE = 20 * ISO_BLOCK };

static unsigned char image[IMAGE];
static struct str seed;
static struct error err;

static int read_at(void *ctx, uint64_t at, void *buf, size_t len, struct error *e)
{
	(void)ctx;
	(void)e;
	/* A large image has zeros behind what is here. */
	memset(buf, 0, len);
	if (at < IMAGE)
		memcpy(buf, image + at, len < IMAGE - at ? len : IMAGE - at);
	return 0;
}

static void fresh(void)
{
	memset(image, 0, sizeof(image));
	memcpy(image + DESCRIPTOR_AT, seed.s, seed.len);
}

static int parse(uint64_t size, struct arena *a, struct iso *iso)
{
	struct iso_source src = { .read_at = read_at, .size = size };

	err = (struct error){ 0 };
	return iso_read(&src, a, iso, &err);
}

static void refused(const char *part, const char *name)
{
	AUTO_ARENA a = ARENA_INIT;
	struct iso iso;

	ok(parse(IMAGE, &a, &iso) && err.kind == ERR_MEDIUM && strstr(err.msg, part), "%s: %s", name, err.msg);
	fresh();
}

/* The first place of the N bytes of WHAT in the image. */
static unsigned char *find(const char *what, size_t n)
{
	return memmem(image, sizeof(image), what, n);
}

static void put32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = p[7 - i] = (unsigned char)(v >> 8 * i);
}

/* "build-id" in two parts, of SIZE and 100 bytes, from block AT of a large image on; returns the record of the first. */
static unsigned char *in_two(uint32_t at, uint32_t size)
{
	unsigned char *p = image + ROOT_AT;
	size_t len;

	fresh();
	while (p[2] != 17)
		p += p[0];
	len = p[0];
	memmove(p + len, p, (size_t)(image + ROOT_AT + ISO_BLOCK - p) - len);
	put32(image + DESCRIPTOR_AT + 80, LARGE_BLOCKS);
	put32(p + 2, at);
	put32(p + 10, size);
	p[25] |= 0x80;
	put32(p + len + 2, at + size / ISO_BLOCK);
	return p;
}

static int parse_large(struct arena *a, struct iso *iso)
{
	return parse((uint64_t)LARGE_BLOCKS * ISO_BLOCK, a, iso);
}

static void test_large(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct iso_file *f;
	unsigned char *second;
	struct iso iso;

	in_two(3000000, LARGE_PART);
	ok(!parse_large(&a, &iso) && iso.n == 3, "a file in several parts is one: %s", err.msg);
	f = iso_find(&iso, "build-id");
	ok(f && f->size == 4294965348, "of more than 4 GiB");
	ok(f && f->at == 6144000000, "which lies beyond 4 GiB");
	put32(in_two(3000000, LARGE_PART) + 2, 3000001);
	ok(parse_large(&a, &iso) && strstr(err.msg, "side by side"), "parts that lie apart: %s", err.msg);
	in_two(3000000, ISO_BLOCK + 1);
	ok(parse_large(&a, &iso) && strstr(err.msg, "side by side"), "a part that ends within a block, and is not the last: %s", err.msg);
	in_two(LARGE_BLOCKS - LARGE_PART / ISO_BLOCK, LARGE_PART);
	ok(parse_large(&a, &iso) && strstr(err.msg, "behind its end"), "a last part outside of the image: %s", err.msg);
	second = in_two(3000000, LARGE_PART);
	second += second[0];
	memcpy(memmem(second, second[0], "build-id", 8), "other-id", 8);
	ok(parse_large(&a, &iso) && strstr(err.msg, "side by side"), "a part of another file: %s", err.msg);
	second = in_two(3000000, LARGE_PART);
	second[second[0] + 25] |= 0x80;
	ok(parse_large(&a, &iso) && strstr(err.msg, "side by side"), "a file that goes on as another: %s", err.msg);
	fresh();
	for (unsigned char *p = image + SUB_AT; p[0]; p += p[0])
		if (!(p[25] & 2))
			p[25] |= 0x80;
	refused("part of a file is missing", "a last part that is not there");
}

int main(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct iso_file *f;
	struct iso iso;

	if (file_read("tests/fuzz/corpus/iso/tree", IMAGE, &seed, &err) || seed.len != IMAGE - DESCRIPTOR_AT) {
		printf("Bail out! %s\n", err.msg);
		return 1;
	}
	fresh();
	ok(!parse(IMAGE, &a, &iso) && iso.n == 3 && iso.bytes == IMAGE, "an image is read");
	f = iso_find(&iso, "build-id");
	ok(f && f->at == 17 * ISO_BLOCK && f->size == 100, "a file has its place");
	ok(iso_find(&iso, "longer-continued-name") != NULL, "a name in two pieces, one in a continuation area, is one");
	ok(iso_find(&iso, "sub/site.area") != NULL && !iso_find(&iso, "site.area"), "a file of a directory has its path");
	ok(parse(IMAGE - 1, &a, &iso) && strstr(err.msg, "cut short: it has 40959 bytes of 40960"), "a shorter file is told with its numbers");
	ok(parse(100, &a, &iso) && strstr(err.msg, "not an ISO"), "nothing is not an image");

	image[DESCRIPTOR_AT + 1] = 'X';
	refused("not an ISO 9660 image", "another volume");
	image[DESCRIPTOR_AT + 87] ^= 1;
	refused("volume descriptor", "numbers that disagree");
	memcpy(find("SP\7", 3), "XX", 2);
	refused("Rock Ridge", "names of another kind");
	find("NM\10\1\0sub", 8)[5] = '/';
	refused("a name is none", "a name with a slash");
	memcpy(find("NM\10\1\0sub", 8), "NM\7\1\0..", 7);
	refused("no Rock Ridge name", "a name that leads up");
	find("CE", 2)[12] = 0xff;
	refused("CE entry", "a continuation outside of its block");
	/* The extent of "sub" is that of the root: a loop. */
	for (unsigned char *p = image + ROOT_AT; p[0]; p += p[0])
		if (p[25] & 2 && p[2] == 19)
			p[2] = p[9] = 18;
	refused("too deep", "a directory in itself");
	for (unsigned char *p = image + ROOT_AT; p[0]; p += p[0])
		if (!(p[25] & 2))
			p[2] = p[9] = 200;
	refused("behind its end", "a file outside of the image");
	image[SUB_AT] = 33;
	refused("directory record", "a record without a name");
	for (unsigned char *p = image + ROOT_AT; p[0]; p += p[0])
		p[25] |= p[25] & 2 ? 0x80 : 0;
	refused("several parts", "a directory in several parts");
	test_large();
	str_release(&seed);
	return tap_end();
}
