/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image as an input of fuzz_probe: pack_disk FLAGS IMAGE >INPUT. Sectors that are not all zero, from
 * the start and from the end of the image, at most MOST bytes of them, neighbours in one piece.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 512, MOST = 6 * 1024, RUN = 32 };

static unsigned char buf[SECTOR * RUN];

static bool is_zero(const unsigned char *p)
{
	return !p[0] && !memcmp(p, p + 1, SECTOR - 1);
}

/* LEN bytes without the zeros at their end. */
static void piece(unsigned long sector, bool from_end, size_t len)
{
	while (len && !buf[len - 1])
		len--;
	for (int i = 0; i < 4; i++)
		putchar((int)((sector | (from_end ? 1UL << 31 : 0)) >> (8 * i) & 0xff));
	putchar((int)(len & 0xff));
	putchar((int)(len >> 8));
	fwrite(buf, 1, len, stdout);
}

int main(int argc, char **argv)
{
	FILE *f = argc == 3 ? fopen(argv[2], "rb") : NULL;
	unsigned long sectors, done = 0;
	size_t run = 0;

	if (!f || fseek(f, 0, SEEK_END))
		return 2;
	sectors = (unsigned long)ftell(f) / SECTOR;
	putchar(atoi(argv[1]));
	rewind(f);
	for (unsigned long i = 0; i < sectors && done < MOST; i++) {
		bool far = i >= sectors / 2; /* counted from the end: it moves with it */

		if (fread(buf + run * SECTOR, SECTOR, 1, f) != 1)
			return 1;
		if (is_zero(buf + run * SECTOR)) {
			if (run)
				piece(far ? sectors - 1 - (i - run) : i - run, far, run * SECTOR);
			run = 0;
			continue;
		}
		done += SECTOR;
		if (++run == RUN || i + 1 == sectors || done >= MOST) {
			piece(far ? sectors - 1 - (i + 1 - run) : i + 1 - run, far, run * SECTOR);
			run = 0;
		}
	}
	return 0;
}
