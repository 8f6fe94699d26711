/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of methods, and the readers of what disks say of them. */
#include "model/erase.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"

#define X(constant, name, term, zeros, doc) [constant] = { name, term, zeros, doc },
const struct erase_type erase_types[ERASE__N] = { ERASE_METHODS(X) };
#undef X

enum erase_method erase_find(const char *name)
{
	for (int i = 0; i < ERASE__N; i++)
		if (str_eq(erase_types[i].name, name))
			return (enum erase_method)i;
	return ERASE__N;
}

/* Offsets of NVMe Identify Controller. */
enum { NVME_LEN = 4096, NVME_CMIC = 76, NVME_OACS = 256, NVME_SANICAP = 328, NVME_FNA = 524 };

int erase_read_nvme(const void *data, size_t len, size_t namespaces, struct erase_caps *ret)
{
	const unsigned char *id = data;

	if (len < NVME_LEN)
		return -1;
	ret->sanitize_crypto = id[NVME_SANICAP] & 1;
	ret->sanitize_block = id[NVME_SANICAP] & 2;
	ret->format = id[NVME_OACS] & 2;
	ret->format_crypto = ret->format && (id[NVME_FNA] & 4);
	ret->format_all = id[NVME_FNA] & 3;
	ret->shared = namespaces != 1 || (id[NVME_CMIC] & 2);
	return 0;
}

/* Whether the text from LINE to its end is WORDS, perhaps after "not"; *RET_NOT says which. */
static bool line_is(const char *line, const char *words, bool *ret_not)
{
	size_t n = strlen(words);

	while (*line == ' ' || *line == '\t')
		line++;
	*ret_not = str_starts(line, "not") && isspace((unsigned char)line[3]);
	if (*ret_not)
		line += 3;
	while (*line == ' ' || *line == '\t')
		line++;
	if (strncmp(line, words, n) != 0)
		return false;
	line += n;
	return !*line || *line == '\n' || *line == '\r';
}

int erase_read_ata(const char *text, struct erase_caps *ret)
{
	const char *line = strstr(text, "\nSecurity:");
	bool not;

	if (!line)
		return -1;
	/* The section's lines are indented. */
	for (line = strchr(line + 1, '\n'); line && isspace((unsigned char)line[1]); line = strchr(line + 1, '\n')) {
		if (line_is(line + 1, "supported", &not))
			ret->ata_security = !not;
		else if (line_is(line + 1, "enabled", &not))
			ret->ata_enabled = !not;
		else if (line_is(line + 1, "frozen", &not))
			ret->ata_frozen = !not;
		else if (line_is(line + 1, "supported: enhanced erase", &not))
			ret->ata_enhanced = !not;
	}
	return 0;
}

size_t erase_choose(const struct erase_caps *c, const char *ret[ERASE__N], const char **ret_note)
{
	bool ata = c->ata_security && !c->ata_frozen, alone = !c->shared;
	const bool can[ERASE__N] = {
		[ERASE_SANITIZE_BLOCK] = c->sanitize_block && alone,
		[ERASE_SANITIZE_CRYPTO] = c->sanitize_crypto && alone,
		[ERASE_FORMAT_CRYPTO] = c->format_crypto && (alone || !c->format_all),
		[ERASE_FORMAT] = c->format && (alone || !c->format_all),
		[ERASE_ATA_ENHANCED] = ata && c->ata_enhanced,
		[ERASE_ATA] = ata,
		[ERASE_OVERWRITE] = true,
		[ERASE_DISCARD] = c->discard,
	};
	size_t n = 0;

	*ret_note = NULL;
	if (c->ata_security && c->ata_frozen)
		*ret_note = "its firmware froze ATA security: take its power away and give it back while the machine runs, and wipe again, "
			    "for an erase by the disk itself";
	else if (c->ata_security && c->ata_enabled)
		*ret_note = "its ATA security is on: an erase by the disk itself works only if it was we who set its password";
	else if (c->shared && (c->sanitize_block || c->sanitize_crypto || (c->format && c->format_all)))
		*ret_note = "other namespaces or controllers share it: what would reach beyond this disk is left out";
	for (int i = 0; i < ERASE__N && !c->read_only; i++)
		if (can[i])
			ret[n++] = erase_types[i].name;
	return n;
}

size_t erase_places(const char *seed, const char *disk, uint64_t size, uint64_t random, uint64_t ret[ERASE_PLACES])
{
	const uint64_t blocks = size / ERASE_BLOCK, end = ERASE_END_BYTES / ERASE_BLOCK;
	uint64_t wanted = random < ERASE_RANDOM ? random : ERASE_RANDOM;
	size_t n = 0;

	if (blocks <= 2 * end + wanted) {
		for (uint64_t i = 0; i < blocks; i++)
			ret[n++] = i * ERASE_BLOCK;
		return n;
	}
	for (uint64_t i = 0; i < end; i++)
		ret[n++] = i * ERASE_BLOCK;
	for (uint64_t i = 0; i < wanted; i++) {
		unsigned char digest[HASH_BYTES];
		char name[320];
		uint64_t v = 0;

		snprintf(name, sizeof(name), "%" PRIu64 " %s", i, disk);
		hash_keyed(seed, name, digest);
		for (int k = 0; k < 8; k++)
			v = v << 8 | digest[k];
		ret[n++] = v % blocks * ERASE_BLOCK;
	}
	for (uint64_t i = 0; i < end; i++)
		ret[n++] = size - ERASE_END_BYTES + i * ERASE_BLOCK;
	return n;
}

static const struct field erased_fields[] = {
	FIELD_STRING(struct erased, disk, FIELD_REQUIRED, "role in the plan"),
	FIELD_STRING(struct erased, name, FIELD_OMIT_EMPTY, "kernel name"),
	FIELD_STRING(struct erased, serial, FIELD_OMIT_EMPTY, "serial number"),
	FIELD_STRING(struct erased, wwn, FIELD_OMIT_EMPTY, "world-wide name"),
	FIELD_STRING(struct erased, model, FIELD_OMIT_EMPTY, "model"),
	FIELD_U64(struct erased, size_bytes, FIELD_REQUIRED, "size, bytes"),
	FIELD_STRING(struct erased, method, FIELD_REQUIRED, "what erased it"),
	FIELD_STRING(struct erased, term, FIELD_REQUIRED, "what that counts as, NIST SP 800-88"),
	FIELD_STRINGS(struct erased, tried, FIELD_OMIT_EMPTY, "stronger methods that failed, and why"),
	FIELD_I64(struct erased, begun_s, 0, "begin, seconds since 1970"),
	FIELD_I64(struct erased, ended_s, 0, "end, seconds since 1970"),
	FIELD_U64(struct erased, samples, 0, "places that were sampled"),
	FIELD_U64(struct erased, content, 0, "of these, with content before"),
	FIELD_U64(struct erased, unread, 0, "of these, unreadable before"),
	FIELD_U64(struct erased, zeros, 0, "of these, zeros afterwards"),
	FIELD_U64(struct erased, constant, 0, "of these, another byte over and over afterwards"),
	FIELD_U64(struct erased, other, 0, "of these, something else than before"),
};
const struct schema erased_schema = SCHEMA("erased", struct erased, erased_fields, "a disk that was erased");

const char *erased_wrong(const struct erased *e)
{
	enum erase_method m = erase_find(e->method);

	if (m == ERASE__N)
		return "was erased by no method that is known";
	if (!str_eq(e->term, erase_types[m].term))
		return "is said to be erased better or worse than its method does it";
	if (!e->samples || e->zeros + e->constant + e->other != e->samples)
		return "was not sampled as it must be: the places do not add up";
	return erase_types[m].zeros && e->zeros != e->samples ? "was not sampled as it must be: its method leaves zeros, and other bytes were seen" : NULL;
}
