/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cpio.h"

#include <string.h>

/* Header and name together, and the data, begin at multiples of four bytes. */
static void pad(struct str *out)
{
	while (out->len % 4)
		str_addc(out, '\0');
}

void cpio_add(struct str *out, const char *name, mode_t mode, const void *data, size_t len)
{
	size_t name_len = strlen(name) + 1;

	/* magic, ino, mode, uid, gid, nlink, mtime, filesize, maj, min, rmaj, rmin, namesize, chksum; no inode: one link has none to share */
	str_addf(out, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", 0, mode, 0, 0, 1, 0, len, 0, 0, 0, 0, name_len, 0);
	str_addn(out, name, name_len);
	pad(out);
	str_addn(out, data, len);
	pad(out);
}

void cpio_end(struct str *out)
{
	cpio_add(out, "TRAILER!!!", 0, "", 0);
}
