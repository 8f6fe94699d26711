/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ways to erase a whole disk, strongest first, as one table; which of them a disk allows; where a disk is sampled
 * before and after; and what came of it, which goes into a certificate. Pure.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "data/field.h"

/*
 * X(constant, name, term, reads zeros, what it does)
 * term: what it counts as in the words of NIST SP 800-88. The lower one where that depends on the maker: a Format or a
 * SECURITY ERASE UNIT may only unmap, and an overwrite leaves the spare blocks of flash; so these are Clear.
 */
#define ERASE_METHODS(X) \
	X(ERASE_SANITIZE_BLOCK, "nvme-sanitize-block", "Purge", false, "NVMe Sanitize, block erase") \
	X(ERASE_SANITIZE_CRYPTO, "nvme-sanitize-crypto", "Purge", false, "NVMe Sanitize, its key is destroyed") \
	X(ERASE_FORMAT_CRYPTO, "nvme-format-crypto", "Clear", false, "NVMe Format, its key is destroyed") \
	X(ERASE_FORMAT, "nvme-format", "Clear", false, "NVMe Format, user data erase") \
	X(ERASE_ATA_ENHANCED, "ata-erase-enhanced", "Clear", false, "ATA SECURITY ERASE UNIT, enhanced") \
	X(ERASE_ATA, "ata-erase", "Clear", false, "ATA SECURITY ERASE UNIT") \
	X(ERASE_OVERWRITE, "overwrite", "Clear", true, "every sector written with zeros") \
	X(ERASE_DISCARD, "discard", "none", true, "discarded, then zeroed as the disk does it: what lay there may still be inside")

#define X(constant, name, term, zeros, doc) constant,
enum erase_method { ERASE_METHODS(X) ERASE__N };
#undef X

struct erase_type {
	const char *name, *term;
	bool zeros; /* afterwards it must read as zeros; otherwise as one byte over and over, or as anything but what was there */
	const char *doc;
};
extern const struct erase_type erase_types[ERASE__N];

/* The method called NAME, ERASE__N if there is none. */
enum erase_method erase_find(const char *name);

/* What a disk says that it can. */
struct erase_caps {
	bool sanitize_block, sanitize_crypto, format, format_crypto;
	bool shared;	    /* NVMe: more than this one namespace, or another controller: Sanitize would reach beyond this disk */
	bool format_all;    /* NVMe: a Format is of all namespaces */
	bool ata_security, ata_enhanced, ata_frozen, ata_enabled;
	bool discard;
	bool read_only;
};

/* NVMe Identify Controller (NVM Express Base Specification 2.0, figure 275): its 4096 bytes; NAMESPACES are active. -1: too short, and *RET is as it was. */
MUST_CHECK int erase_read_nvme(const void *data, size_t len, size_t namespaces, struct erase_caps *ret);
/* What `hdparm -I` prints: the security feature set as the disk tells it (ATA8-ACS, words 82, 128). -1: it tells nothing of it, and *RET is as it was. */
MUST_CHECK int erase_read_ata(const char *text, struct erase_caps *ret);
/*
 * The methods that CAPS allow, strongest first, as names; *RET_NOTE says what a person should know of those that it does not
 * allow, or is NULL. RET has room for ERASE__N.
 */
size_t erase_choose(const struct erase_caps *caps, const char *ret[ERASE__N], const char **ret_note);

/* --- sampling */

enum { ERASE_BLOCK = 4096, ERASE_END_BYTES = 1 << 20, ERASE_RANDOM = 256, ERASE_PLACES = 2 * (ERASE_END_BYTES / ERASE_BLOCK) + ERASE_RANDOM };

/*
 * Where a disk of SIZE bytes is looked at, ERASE_BLOCK bytes each: its first and last MiB, and RANDOM places that follow from
 * SEED and DISK (its id), at most ERASE_RANDOM. A small disk is looked at as a whole. Returns how many.
 */
size_t erase_places(const char *seed, const char *disk, uint64_t size, uint64_t random, uint64_t ret[ERASE_PLACES]);

/* What came of one disk. */
struct erased {
	const char *disk; /* role in the plan */
	const char *name, *serial, *wwn, *model;
	uint64_t size_bytes;
	const char *method, *term; /* names of the table */
	const char **tried;	   /* stronger methods that failed, and why: "nvme-format: ..." */
	size_t n_tried;
	int64_t begun_s, ended_s;
	/* Places that were sampled; of these before: with content (not one byte over and over), unreadable; after: */
	uint64_t samples, content, unread;
	uint64_t zeros, constant, other; /* all zeros; another byte over and over; something else than before */
};
extern const struct schema erased_schema;
/* What of E contradicts itself or the table of methods, or NULL. */
const char *erased_wrong(const struct erased *e);
