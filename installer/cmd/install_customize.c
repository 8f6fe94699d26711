/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `customize`: a copy of the image with a site file inside. Nothing moves: two files of fixed size that are there for
 * it (model/site_area.h) get other bytes, so that the copy starts and verifies wherever the original does.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "cmd/install_job.h"
#include "cmd/iso_release.h"
#include "model/site_area.h"

enum { COPY_BYTES = 1 << 20 };

/* An opened image, and its places that may change. */
struct image {
	const char *path;
	int fd;
	struct stat st;
	struct iso_release rel;
	const struct iso_file *area, *boot;
};

static void image_close(struct image *i)
{
	fd_close(&i->fd);
}

static int read_exactly(int fd, uint64_t at, void *buf, size_t len, struct error *err)
{
	char *p = buf;

	while (len) {
		ssize_t n = pread(fd, p, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, errno, "at byte %" PRIu64, at);
		if (!n)
			return error_set(err, ERR_IO, "ends at byte %" PRIu64 ": it became shorter", at);
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int image_read_at(void *ctx, uint64_t at, void *buf, size_t len, struct error *err)
{
	return read_exactly(((const struct image *)ctx)->fd, at, buf, len, err);
}

static int image_open(const char *path, struct arena *a, struct image *i, struct error *err)
{
	struct iso_source src = { .read_at = image_read_at, .ctx = i };

	*i = (struct image){ .path = path, .fd = open(path, O_RDONLY | O_CLOEXEC) };
	if (i->fd < 0 || fstat(i->fd, &i->st))
		return error_sys(err, errno, "%s", path);
	if (!S_ISREG(i->st.st_mode))
		return error_set(err, ERR_INPUT, "%s: not a file with an image in it", path);
	src.size = (uint64_t)i->st.st_size;
	if (iso_release_open(&i->rel, &src, a, err))
		return error_wrap(err, "%s", path);
	i->area = iso_find(&i->rel.iso, SITE_AREA_DIR "/" SITE_AREA_FILE);
	i->boot = iso_find(&i->rel.iso, SITE_AREA_DIR "/" SITE_AREA_BOOT);
	if (!iso_find(&i->rel.iso, "fulcrum/SEED"))
		return error_set(err, ERR_MEDIUM, "%s: not a Fulcrum image: it has no /fulcrum/SEED", path);
	if (!i->area || !i->boot || i->area->size != SITE_AREA_BYTES || i->boot->size != SITE_AREA_BOOT_BYTES)
		return error_set(err, ERR_MEDIUM, "%s: a Fulcrum image without room for a site file: /%s is missing", path, SITE_AREA_DIR);
	return 0;
}

/* --- what is in it */

static int add_hash(void *ctx, const void *data, size_t len, struct error *err UNUSED)
{
	hash_add(ctx, data, len);
	return 0;
}

static int read_area(const struct image *i, struct str *ret_text, bool *ret_unattended, struct error *err)
{
	return iso_release_area(&i->rel, ret_text, ret_unattended, err) ? error_wrap(err, "%s", i->path) : 0;
}

/* Every file of the release against its signed manifest. */
static int check_release(struct job *j, struct image *i, struct error *err)
{
	const char *key = iso_release_key(&i->rel, j->o.key, &j->a, err);
	struct seed seed;

	if (!key || iso_release_seed(&i->rel, key, &j->a, &seed, err))
		return error_wrap(err, "%s", i->path);
	for (size_t n = 0; n < seed.n; n++) {
		const struct seed_entry *e = &seed.entries[n];
		const struct iso_file *f = iso_find(&i->rel.iso, arena_printf(&j->a, "fulcrum/%s", e->path));
		char got[HASH_HEX];
		struct hash h;

		if (!f || f->size != e->size)
			return error_set(err, ERR_MEDIUM, "%s: /fulcrum/%s is %s", i->path, e->path, f ? "of another size" : "missing");
		hash_begin(&h);
		if (iso_release_stream(&i->rel, f, add_hash, &h, err))
			return error_wrap(err, "%s: /fulcrum/%s", i->path, e->path);
		hash_end(&h, got);
		if (strcmp(got, e->hash) != 0)
			return error_set(err, ERR_MEDIUM, "%s: /fulcrum/%s is damaged: its content is not what was signed", i->path, e->path);
	}
	return 0;
}

/* --- the copy */

/* What the copy has in other bytes than its original. */
struct change {
	const struct iso_file *file;
	struct str data;
};

struct copy {
	struct image *from;
	struct change change[2];
	const char *tmp; /* what is written, until it is whole */
	mode_t mode;
};

static void copy_release(struct copy *c)
{
	for (size_t i = 0; i < ARRAY_LEN(c->change); i++)
		str_release(&c->change[i].data);
}

/* Lays what changes over the LEN bytes from AT in BUF. */
static void overlay(const struct copy *c, uint64_t at, unsigned char *buf, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(c->change); i++) {
		const struct change *x = &c->change[i];
		uint64_t from = x->file->at > at ? x->file->at : at;
		uint64_t to = x->file->at + x->file->size < at + len ? x->file->at + x->file->size : at + len;

		if (from < to)
			memcpy(buf + (from - at), x->data.s + (from - x->file->at), (size_t)(to - from));
	}
}

/* One walk over the original with the changes: WRITTEN to the copy, or compared with what the copy reads as. */
static int pass(const struct copy *c, int fd, bool write_it, struct error *err)
{
	static unsigned char want[COPY_BYTES], got[COPY_BYTES];
	uint64_t size = (uint64_t)c->from->st.st_size;

	for (uint64_t at = 0, n; at < size; at += n) {
		n = size - at < COPY_BYTES ? size - at : COPY_BYTES;
		if (read_exactly(c->from->fd, at, want, (size_t)n, err))
			return error_wrap(err, "%s", c->from->path);
		overlay(c, at, want, (size_t)n);
		if (write_it ? fd_write_all(fd, want, (size_t)n, err) : read_exactly(fd, at, got, (size_t)n, err))
			return error_wrap(err, "%s", c->tmp);
		if (!write_it && memcmp(want, got, (size_t)n) != 0)
			return error_set(err, ERR_VERIFY, "%s: reads back as something else within 1 MiB of byte %" PRIu64, c->tmp, at);
	}
	return 0;
}

static int write_copy(const struct copy *c, const char *out, struct error *err)
{
	AUTO_FD fd = open(c->tmp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, c->mode);
	int e;

	if (fd < 0 || fchmod(fd, c->mode))
		return error_sys(err, errno, "%s", c->tmp);
	/* Not enough room is told before half of it was written. */
	e = posix_fallocate(fd, 0, c->from->st.st_size);
	if (e)
		return error_sys(err, e, "%s: no room for %" PRIu64 " bytes", c->tmp, (uint64_t)c->from->st.st_size);
	if (pass(c, fd, true, err))
		return -1;
	if (fsync(fd))
		return error_sys(err, errno, "%s", c->tmp);
	/* What is compared next should come from the disk, not from memory. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (pass(c, fd, false, err))
		return -1;
	return rename(c->tmp, out) ? error_sys(err, errno, "%s", out) : 0;
}

/* OUT must be free, or a plain file that is not the original. */
static int check_target(const struct image *from, const char *out, struct error *err)
{
	struct stat st;

	if (stat(out, &st))
		return errno == ENOENT ? 0 : error_sys(err, errno, "%s", out);
	if (st.st_dev == from->st.st_dev && st.st_ino == from->st.st_ino)
		return error_set(err, ERR_USAGE, "%s and %s are the same file: the copy needs a place of its own", from->path, out);
	if (S_ISREG(st.st_mode))
		return 0;
	error_set(err, ERR_USAGE, "%s: not a file", out);
	return error_hint(err, "make the image as a file first, then write that to the stick");
}

static int make_copy(struct copy *c, const char *out, struct error *err)
{
	AUTO_STR tmp = STR_INIT;
	AUTO_FD dir = -1;
	const char *slash = strrchr(out, '/');

	str_addf(&tmp, "%s.new", out);
	c->tmp = str_text(&tmp);
	if (write_copy(c, out, err)) {
		unlink(c->tmp);
		return -1;
	}
	str_clear(&tmp);
	str_addn(&tmp, out, slash ? (size_t)(slash - out) + 1 : 0);
	dir = open(slash ? str_text(&tmp) : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		fsync(dir);
	return 0;
}

/* True if the site file carries a key or a passphrase: what reads as *** when it is written without. */
static bool has_secret(const struct site *s)
{
	AUTO_STR with = STR_INIT;
	AUTO_STR without = STR_INIT;

	field_to_json(&site_schema, s, true, false, &with);
	field_to_json(&site_schema, s, false, false, &without);
	return strcmp(str_text(&with), str_text(&without)) != 0;
}

/* --- the three things it does */

static int show(struct job *j, struct error *err)
{
	CLEANUP(image_close) struct image i = { .fd = -1 };
	AUTO_STR text = STR_INIT;
	char hash[HASH_HEX];
	bool unattended;

	if (image_open(j->o.args[0], &j->a, &i, err) || read_area(&i, &text, &unattended, err))
		return -1;
	hash_buffer(str_text(&text), text.len, hash);
	if (text.len)
		fprintf(stderr, "site file: %zu bytes, BLAKE2b-256 %s\n", text.len, hash);
	else
		fputs("site file: none\n", stderr);
	fprintf(stderr, "boot menu: %s\n", unattended ? "the unattended entry is taken by itself" : "the entry that asks is taken by itself");
	fwrite(str_text(&text), 1, text.len, stdout);
	return fflush(stdout) ? error_sys(err, errno, "standard output") : 0;
}

/* IN and OUT as ARGS; TEXT is what goes in. */
static int customize(struct job *j, const char *in, const char *out, const char *text, size_t len, struct error *err)
{
	CLEANUP(image_close) struct image i = { .fd = -1 };
	CLEANUP(copy_release) struct copy c = { .from = &i, .mode = j->site && has_secret(j->site) ? 0600 : 0644 };
	AUTO_STR before = STR_INIT;
	bool unattended;

	if (image_open(in, &j->a, &i, err) || check_target(&i, out, err) || read_area(&i, &before, &unattended, err) ||
	    check_release(j, &i, err))
		return -1;
	c.change[0].file = i.area;
	c.change[1].file = i.boot;
	if (site_area_write(text, len, &c.change[0].data, err))
		return -1;
	site_area_boot_write(j->o.unattended, &c.change[1].data);
	if (make_copy(&c, out, err))
		return -1;
	if (!len)
		printf("%s: no site file inside any more\n", out);
	else
		printf("%s: site %s inside; the boot menu %s\n", out, j->site->site,
		       j->o.unattended ? "takes the unattended entry by itself" : "asks before anything is written");
	if (c.mode == 0600)
		printf("  the site file carries secrets: only you may read %s, and whoever has the stick can, too\n", out);
	return 0;
}

static int put(struct job *j, struct error *err)
{
	j->o.site = j->o.args[1];
	if (job_site(j, err))
		return -1;
	if (j->o.unattended && !j->site->admin.unattended)
		fprintf(stderr, "note: %s does not say admin.unattended: true, so that the installer will ask all the same\n", j->site_name);
	return customize(j, j->o.args[0], j->o.args[2], j->site_text, strlen(j->site_text), err);
}

int verb_customize(struct job *j, struct error *err)
{
	size_t want = j->o.show ? 1 : j->o.remove ? 2 : 3;

	if ((j->o.show && j->o.remove) || ((j->o.show || j->o.remove) && j->o.unattended) || j->o.n_args != want) {
		error_set(err, ERR_USAGE, "customize: %zu file%s given, %zu wanted, or options that exclude each other", j->o.n_args,
			  j->o.n_args == 1 ? " is" : "s are", want);
		return error_hint(err, "customize [--unattended] IN.iso SITE.yaml OUT.iso; customize --show IN.iso; customize --remove IN.iso OUT.iso");
	}
	if (j->o.show)
		return show(j, err);
	return j->o.remove ? customize(j, j->o.args[0], j->o.args[1], "", 0, err) : put(j, err);
}
