/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ustar headers (IEEE Std 1003.1, pax, "ustar Interchange Format"). */
#include "base/tar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 512 };

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], chksum[8], typeflag[1], linkname[100];
	char magic[6], version[2], uname[32], gname[32], devmajor[8], devminor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "one block");

/* Digits to the field's end but for the last byte, which is NUL. */
static void put_octal(char *field, size_t size, uint64_t v)
{
	field[size - 1] = '\0';
	for (size_t i = size - 1; i--; v >>= 3)
		field[i] = (char)('0' + (v & 7));
}

static void put_sum(struct header *h)
{
	const unsigned char *b = (const unsigned char *)h;
	unsigned int sum = 0;

	/* As if its own field were spaces. */
	memset(h->chksum, ' ', sizeof(h->chksum));
	for (size_t i = 0; i < BLOCK; i++)
		sum += b[i];
	put_octal(h->chksum, sizeof(h->chksum) - 1, sum);
}

static void pad(struct str *out)
{
	static const char zeros[BLOCK];

	if (out->len % BLOCK)
		str_addn(out, zeros, BLOCK - out->len % BLOCK);
}

void tar_add(struct str *out, const char *name, const void *data, size_t len, int64_t mtime)
{
	struct header h = { .typeflag = "0", .magic = "ustar", .version = { '0', '0' } };

	memcpy(h.name, name, strnlen(name, sizeof(h.name) - 1));
	put_octal(h.mode, sizeof(h.mode), 0600);
	put_octal(h.uid, sizeof(h.uid), 0);
	put_octal(h.gid, sizeof(h.gid), 0);
	put_octal(h.size, sizeof(h.size), len);
	put_octal(h.mtime, sizeof(h.mtime), mtime > 0 ? (uint64_t)mtime : 0);
	put_octal(h.devmajor, sizeof(h.devmajor), 0);
	put_octal(h.devminor, sizeof(h.devminor), 0);
	put_sum(&h);
	str_addn(out, (const char *)&h, sizeof(h));
	str_addn(out, data, len);
	pad(out);
}

void tar_end(struct str *out)
{
	static const char zeros[2 * BLOCK];

	str_addn(out, zeros, sizeof(zeros));
}
