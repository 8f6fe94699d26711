/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the medium that may be changed after it was made: a directory beside the release, not covered by
 * its manifest, with two files of fixed size. `site.area` holds a site file under its own hash; `boot.cfg` is read by the
 * boot menu and says which entry is the default. Both have exactly one form for what they say, so that the same inputs
 * give the same medium, and any other byte in them is damage.
 */
#pragma once
#include "base/error.h"
#include "base/hash.h"
#include "base/str.h"

#define SITE_AREA_DIR "custom"
#define SITE_AREA_FILE "site.area"
#define SITE_AREA_BOOT "boot.cfg"

enum {
	SITE_AREA_HEAD = 2048,	      /* a block of the medium */
	SITE_AREA_MAX = 256 * 1024,   /* as long as a site file may be (data/yaml.h) */
	SITE_AREA_BYTES = SITE_AREA_HEAD + SITE_AREA_MAX,
	SITE_AREA_BOOT_BYTES = 2048,
};

/*
 * Appends the SITE_AREA_BYTES of an area that holds TEXT (LEN bytes; 0: no site file):
 *	fulcrum-site-area 1
 *	length LEN
 *	blake2b HEX
 * then zeros up to SITE_AREA_HEAD, TEXT, and zeros to the end. ERR_INPUT when it is too long.
 */
MUST_CHECK int site_area_write(const char *text, size_t len, struct str *ret, struct error *err);
/* Appends what the area DATA (LEN bytes) holds; nothing if it is empty. ERR_MEDIUM says in what it is damaged. */
MUST_CHECK int site_area_read(const char *data, size_t len, struct str *ret, struct error *err);

/* Appends the SITE_AREA_BOOT_BYTES of a boot.cfg. */
void site_area_boot_write(bool unattended, struct str *ret);
MUST_CHECK int site_area_boot_read(const char *data, size_t len, bool *ret_unattended, struct error *err);
