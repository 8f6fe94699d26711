/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directories of an ISO 9660 image. Every number in them is a stranger's. */
#include "data/iso9660.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"

enum {
	PVD_BLOCK = 16, DESCRIPTORS = 64, /* how many are looked through */
	RECORD_HEAD = 33,		  /* before the identifier, ECMA-119 9.1 */
	FLAG_DIRECTORY = 2, FLAG_ASSOCIATED = 4, FLAG_MULTI_EXTENT = 0x80,
	NM_CONTINUES = 1, NM_CURRENT = 2, NM_PARENT = 4,
	MAX_DIR_BYTES = 64 << 20,
	MAX_CONTINUATIONS = 8,
};

struct walk {
	const struct iso_source *src;
	struct arena *a;
	struct iso *iso;
	uint64_t dir_bytes; /* of all directories until now: a loop of them ends here */
	size_t skip;	    /* bytes at the start of every system use area (SUSP, SP) */
	bool open;	    /* the last file goes on in the next record of its directory */
};

/* One directory record, taken apart. */
struct record {
	uint64_t at, size;
	unsigned int flags;
	bool self, parent;
	const unsigned char *use; /* its system use area */
	size_t use_len;
};

/* What the system use area says. */
struct extra {
	struct str name;
	bool link, relocated, child_link, ended;
};

static void extra_release(struct extra *x)
{
	str_release(&x->name);
}

static uint32_t le32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* A number in both byte orders (7.3.3); false when they disagree. */
static bool both32(const unsigned char *p, uint32_t *ret)
{
	*ret = le32(p);
	return *ret == ((uint32_t)p[7] | (uint32_t)p[6] << 8 | (uint32_t)p[5] << 16 | (uint32_t)p[4] << 24);
}

static int damaged(struct error *err, const char *what, uint64_t at)
{
	return error_set(err, ERR_MEDIUM, "not a whole ISO 9660 image: %s, at byte %" PRIu64, what, at);
}

static int read_at(const struct walk *w, uint64_t at, void *buf, size_t len, struct error *err)
{
	if (at > w->src->size || len > w->src->size - at)
		return damaged(err, "something lies behind its end", at);
	return w->src->read_at(w->src->ctx, at, buf, len, err);
}

/* --- SUSP and Rock Ridge */

/* A name, or a part of it. */
static int take_name(struct extra *x, const unsigned char *e, size_t len, uint64_t at, struct error *err)
{
	if (len < 5)
		return damaged(err, "an NM entry is too short", at);
	if (e[4] & (NM_CURRENT | NM_PARENT))
		return 0;
	if (memchr(e + 5, '\0', len - 5) || memchr(e + 5, '/', len - 5) || x->name.len + len > ISO_MAX_PATH)
		return damaged(err, "a name is none", at);
	str_addn(&x->name, (const char *)e + 5, len - 5);
	return 0;
}

/* The entries of one area; where it goes on is left in CE (24 bytes), if it does. */
static int take_entries(struct extra *x, const unsigned char *p, size_t len, uint64_t at, const unsigned char **ret_ce,
			struct error *err)
{
	*ret_ce = NULL;
	/* Less than 4 bytes is padding (SUSP 5). */
	while (len >= 4 && !x->ended) {
		size_t n = p[2];

		if (n < 4 || n > len)
			return damaged(err, "an entry of a system use area is longer than that", at);
		if (!memcmp(p, "NM", 2) && take_name(x, p, n, at, err))
			return -1;
		if (!memcmp(p, "CE", 2)) {
			if (n < 28 || *ret_ce)
				return damaged(err, "a CE entry is malformed", at);
			*ret_ce = p + 4;
		}
		x->link |= !memcmp(p, "SL", 2);
		x->child_link |= !memcmp(p, "CL", 2);
		x->relocated |= !memcmp(p, "RE", 2);
		x->ended |= !memcmp(p, "ST", 2);
		p += n;
		len -= n;
	}
	x->ended = false; /* of this area */
	return 0;
}

static int take_extra(const struct walk *w, const struct record *r, uint64_t at, struct extra *x, struct error *err)
{
	const unsigned char *p = r->use, *ce;
	unsigned char area[ISO_BLOCK];
	size_t len = r->use_len;

	if (len < w->skip)
		return damaged(err, "a system use area is too short", at);
	p += w->skip;
	len -= w->skip;
	for (int i = 0;; i++) {
		uint32_t block, offset, n;

		if (take_entries(x, p, len, at, &ce, err))
			return -1;
		if (!ce)
			return 0;
		if (i == MAX_CONTINUATIONS || !both32(ce, &block) || !both32(ce + 8, &offset) || !both32(ce + 16, &n) ||
		    offset > ISO_BLOCK || n > ISO_BLOCK - offset)
			return damaged(err, "a CE entry is malformed", at);
		if (read_at(w, (uint64_t)block * ISO_BLOCK + offset, area, n, err))
			return -1;
		p = area;
		len = n;
	}
}

/* --- directories */

/* Takes apart the record at P, of which LEN bytes are left in its block. */
static int take_record(const unsigned char *p, size_t len, uint64_t at, struct record *r, struct error *err)
{
	size_t n = p[0], id_len, use;
	uint32_t block, size;

	if (n < RECORD_HEAD + 1 || n > len)
		return damaged(err, "a directory record crosses the end of its block", at);
	id_len = p[32];
	use = RECORD_HEAD + id_len + (id_len % 2 == 0); /* 9.1.12: padded to an even length */
	if (!id_len || RECORD_HEAD + id_len > n || !both32(p + 2, &block) || !both32(p + 10, &size))
		return damaged(err, "a directory record is malformed", at);
	if (p[1] || p[26] || p[27] || p[25] & FLAG_ASSOCIATED || (p[25] & FLAG_DIRECTORY && p[25] & FLAG_MULTI_EXTENT))
		return damaged(err, "a file is interleaved or associated, or a directory in several parts", at);
	*r = (struct record){
		.at = (uint64_t)block * ISO_BLOCK, .size = size, .flags = p[25],
		.self = id_len == 1 && p[RECORD_HEAD] == 0, .parent = id_len == 1 && p[RECORD_HEAD] == 1,
		.use = p + (use < n ? use : n), .use_len = use < n ? n - use : 0,
	};
	return 0;
}

static int read_dir(struct walk *w, uint64_t at, uint64_t size, const char *path, unsigned int depth, struct error *err);

/*
 * A file, or one more part of the last one. A record counts to 4 GiB: a file that has more is told in several, one after the other
 * (9.1.6, multi-extent). What makes our images lays the parts side by side, full blocks but for the last, so that it is one place still.
 */
static int add_file(struct walk *w, const struct record *r, uint64_t at, const char *path, struct error *err)
{
	bool more = w->open;
	struct iso_file *f;

	if (r->size && (r->at > w->iso->bytes || r->size > w->iso->bytes - r->at))
		return damaged(err, "a file lies behind its end", at);
	w->open = r->flags & FLAG_MULTI_EXTENT;
	if (more) {
		f = &w->iso->files[w->iso->n - 1];
		if (strcmp(f->path, path) != 0 || f->size % ISO_BLOCK || r->at != f->at + f->size)
			return damaged(err, "the parts of a file do not lie side by side", at);
		f->size += r->size;
		return 0;
	}
	if (w->iso->n == ISO_MAX_FILES)
		return damaged(err, "it has too many files", at);
	w->iso->files = arena_grow(w->a, w->iso->files, w->iso->n, sizeof(*w->iso->files));
	w->iso->files[w->iso->n++] = (struct iso_file){ .path = path, .at = r->at, .size = r->size };
	return 0;
}

/* One entry of the directory PATH that is neither itself nor its parent. */
static int take_entry(struct walk *w, const struct record *r, uint64_t at, const char *path, unsigned int depth,
		      struct error *err)
{
	CLEANUP(extra_release) struct extra x = { .name = STR_INIT };
	const char *name, *full;

	if (take_extra(w, r, at, &x, err))
		return -1;
	name = str_text(&x.name);
	if (!name[0] || !strcmp(name, ".") || !strcmp(name, ".."))
		return damaged(err, "a file has no Rock Ridge name", at);
	if (x.child_link || x.relocated)
		return damaged(err, "a directory was moved because it is too deep", at);
	full = path[0] ? arena_printf(w->a, "%s/%s", path, name) : arena_strdup(w->a, name);
	if (strlen(full) > ISO_MAX_PATH)
		return damaged(err, "a path is too long", at);
	if (!x.link && !(r->flags & FLAG_DIRECTORY))
		return add_file(w, r, at, full, err);
	if (w->open || r->flags & FLAG_MULTI_EXTENT)
		return damaged(err, "a part of a file is missing", at);
	return x.link ? 0 : read_dir(w, r->at, r->size, full, depth + 1, err);
}

static int read_dir(struct walk *w, uint64_t at, uint64_t size, const char *path, unsigned int depth, struct error *err)
{
	unsigned char block[ISO_BLOCK];

	w->dir_bytes += size;
	if (depth > ISO_MAX_DEPTH || size % ISO_BLOCK || w->dir_bytes > MAX_DIR_BYTES)
		return damaged(err, "a directory is too deep or has an impossible size", at);
	for (uint64_t end = at + size; at < end; at += ISO_BLOCK) {
		if (read_at(w, at, block, sizeof(block), err))
			return -1;
		/* No record crosses a block; a length of 0 ends it (6.8.1.1). */
		for (size_t i = 0; i < sizeof(block) && block[i]; i += block[i]) {
			struct record r;

			if (take_record(block + i, sizeof(block) - i, at + i, &r, err))
				return -1;
			if (!r.self && !r.parent && take_entry(w, &r, at + i, path, depth, err))
				return -1;
		}
	}
	return w->open ? damaged(err, "a part of a file is missing", at) : 0;
}

/* The root's own record says whether there is SUSP, and how much of every area to skip (SUSP 5.3). */
static int find_susp(struct walk *w, uint64_t at, struct error *err)
{
	unsigned char block[ISO_BLOCK];
	struct record r;

	if (read_at(w, at, block, sizeof(block), err) || take_record(block, sizeof(block), at, &r, err))
		return -1;
	if (!r.self || r.use_len < 7 || memcmp(r.use, "SP\7\1\xbe\xef", 6) != 0)
		return error_set(err, ERR_MEDIUM, "its names are not Rock Ridge's: no image of ours");
	w->skip = r.use[6];
	return 0;
}

static int find_volume(const struct walk *w, unsigned char pvd[ISO_BLOCK], struct error *err)
{
	for (unsigned int i = 0; i < DESCRIPTORS; i++) {
		uint64_t at = (uint64_t)(PVD_BLOCK + i) * ISO_BLOCK;

		if (w->src->size < at + ISO_BLOCK)
			break;
		if (read_at(w, at, pvd, ISO_BLOCK, err))
			return -1;
		if (memcmp(pvd + 1, "CD001", 5) != 0 || pvd[0] == 255)
			break;
		if (pvd[0] == 1 && pvd[6] == 1)
			return 0;
	}
	return error_set(err, ERR_MEDIUM, "not an ISO 9660 image");
}

int iso_read(const struct iso_source *src, struct arena *a, struct iso *ret, struct error *err)
{
	struct walk w = { .src = src, .a = a, .iso = ret };
	unsigned char pvd[ISO_BLOCK];
	uint32_t blocks;
	struct record root;

	memset(ret, 0, sizeof(*ret));
	if (find_volume(&w, pvd, err))
		return -1;
	/* 8.4: volume space size, logical block size, root directory record. */
	if (!both32(pvd + 80, &blocks) || pvd[128] != (ISO_BLOCK & 0xff) || pvd[129] != ISO_BLOCK >> 8)
		return damaged(err, "its volume descriptor is malformed", (uint64_t)PVD_BLOCK * ISO_BLOCK);
	ret->bytes = (uint64_t)blocks * ISO_BLOCK;
	if (ret->bytes > src->size)
		return error_set(err, ERR_MEDIUM, "cut short: it has %" PRIu64 " bytes of %" PRIu64, src->size, ret->bytes);
	if (take_record(pvd + 156, 34, (uint64_t)PVD_BLOCK * ISO_BLOCK + 156, &root, err) || find_susp(&w, root.at, err))
		return -1;
	return read_dir(&w, root.at, root.size, "", 0, err);
}

const struct iso_file *iso_find(const struct iso *iso, const char *path)
{
	for (size_t i = 0; i < iso->n; i++)
		if (!strcmp(iso->files[i].path, path))
			return &iso->files[i];
	return NULL;
}
