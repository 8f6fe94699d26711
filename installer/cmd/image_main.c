/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fulcrum-image: the build's tool for keys, signatures, manifests and chunked images, and anybody's for checking a
 * release. Runs on any amd64 machine; the formats it writes are read by ops/source.c and ops/image.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/sums.h"
#include "data/iso9660.h"
#include "model/block_list.h"
#include "model/site_area.h"

enum { CHUNK_BYTES = 1 << 20, ZSTD_LEVEL = 15 };

static int keygen(const char *dir, struct error *err)
{
	char pub[KEY_PUB_HEX + 1], sec[KEY_SEC_HEX + 1], path[4096];

	key_generate(pub, sec);
	strcat(pub, "\n");
	strcat(sec, "\n");
	snprintf(path, sizeof(path), "%s/release.key", dir);
	if (access(path, F_OK) == 0)
		return error_set(err, ERR_CONFLICT, "%s: exists; a key is never overwritten", path);
	if (make_dirs(dir, 0700, err) || file_replace(path, sec, strlen(sec), 0600, err))
		return -1;
	snprintf(path, sizeof(path), "%s/release.pub", dir);
	return file_replace(path, pub, strlen(pub), 0644, err);
}

static int sign(const char *key_path, const char *path, struct error *err)
{
	AUTO_STR key = STR_INIT;
	AUTO_STR data = STR_INIT;
	char sig[SIG_HEX], line[SIG_HEX + 16], out[4096];

	if (file_read(key_path, 4096, &key, err) || file_read(path, 256u << 20, &data, err))
		return -1;
	while (key.len && key.s[key.len - 1] == '\n')
		key.s[--key.len] = '\0';
	if (sign_buffer(str_text(&key), str_text(&data), data.len, sig, err))
		return error_wrap(err, "%s", key_path);
	snprintf(line, sizeof(line), "ed25519 %s\n", sig);
	snprintf(out, sizeof(out), "%s.sig", path);
	return file_replace(out, line, strlen(line), 0644, err);
}

struct entry {
	char *path;
	uint64_t size;
	char hash[HASH_HEX];
};

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

static int hash_file(const char *path, struct entry *e, struct error *err)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	static unsigned char buf[1 << 20];
	struct hash h;
	ssize_t n;

	if (fd < 0)
		return error_sys(err, errno, "%s", path);
	hash_begin(&h);
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		hash_add(&h, buf, (size_t)n);
		e->size += (uint64_t)n;
	}
	if (n < 0)
		return error_sys(err, errno, "%s", path);
	hash_end(&h, e->hash);
	return 0;
}

static int manifest(char *dir, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	char *roots[] = { dir, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	struct entry *list = NULL;
	size_t n = 0, skip = strlen(dir) + 1;
	FTSENT *f;

	if (!fts)
		return error_sys(err, errno, "%s", dir);
	while ((f = fts_read(fts))) {
		if (f->fts_info == FTS_D || f->fts_info == FTS_DP)
			continue;
		if (f->fts_info != FTS_F) {
			fts_close(fts);
			return error_set(err, ERR_INPUT, "%s: only plain files can be on the medium", f->fts_path);
		}
		list = arena_grow(&a, list, n, sizeof(*list));
		list[n].path = arena_strdup(&a, f->fts_path + skip);
		if (hash_file(f->fts_path, &list[n], err)) {
			fts_close(fts);
			return -1;
		}
		n++;
	}
	fts_close(fts);
	qsort(list, n, sizeof(*list), by_path);
	for (size_t i = 0; i < n; i++)
		printf("%s %" PRIu64 " %s\n", list[i].hash, list[i].size, list[i].path);
	return fflush(stdout) ? error_sys(err, errno, "standard output") : 0;
}

static bool all_zero(const unsigned char *p, size_t n)
{
	return n && p[0] == 0 && !memcmp(p, p + 1, n - 1);
}

/* Fills BUF with LEN bytes of FD (short only at the end). */
static ssize_t read_full(int fd, unsigned char *buf, size_t len)
{
	size_t at = 0;

	while (at < len) {
		ssize_t n = read(fd, buf + at, len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		at += (size_t)n;
	}
	return (ssize_t)at;
}

static int pack(const char *name, const char *version, const char *fs, const char *in, const char *dir,
		struct error *err)
{
	AUTO_FD fd = open(in, O_RDONLY | O_CLOEXEC);
	AUTO_FD out = -1;
	AUTO_STR lines = STR_INIT;
	AUTO_STR head = STR_INIT;
	static unsigned char raw[CHUNK_BYTES];
	size_t bound = ZSTD_compressBound(CHUNK_BYTES);
	unsigned char *packed = malloc(bound);
	char path[4096], h1[HASH_HEX], h2[HASH_HEX];
	uint64_t offset = 0, size = 0, count = 0;
	int rc = -1;

	if (!packed)
		abort();
	if (fd < 0) {
		error_sys(err, errno, "%s", in);
		goto done;
	}
	if (make_dirs(dir, 0755, err))
		goto done;
	snprintf(path, sizeof(path), "%s/chunks", dir);
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0) {
		error_sys(err, errno, "%s", path);
		goto done;
	}
	for (;;) {
		ssize_t n = read_full(fd, raw, sizeof(raw));
		size_t len;

		if (n < 0) {
			error_sys(err, errno, "%s", in);
			goto done;
		}
		if (n == 0)
			break;
		count++;
		size += (uint64_t)n;
		if (all_zero(raw, (size_t)n)) {
			str_add(&lines, "Z\n");
			continue;
		}
		len = ZSTD_compress(packed, bound, raw, (size_t)n, ZSTD_LEVEL);
		if (ZSTD_isError(len)) {
			error_set(err, ERR_INTERNAL, "zstd: %s", ZSTD_getErrorName(len));
			goto done;
		}
		hash_buffer(packed, len, h1);
		hash_buffer(raw, (size_t)n, h2);
		str_addf(&lines, "D %" PRIu64 " %zu %s %s\n", offset, len, h1, h2);
		if (fd_write_all(out, packed, len, err)) {
			error_wrap(err, "%s", path);
			goto done;
		}
		offset += len;
	}
	if (fsync(out)) {
		error_sys(err, errno, "%s", path);
		goto done;
	}
	str_addf(&head,
		 "fulcrum-image 1\nname %s\nversion %s\nfs %s\nsize %" PRIu64 "\nchunk %d\n"
		 "digest blake2b-256\ncount %" PRIu64 "\ndata %" PRIu64 "\n---\n",
		 name, version, fs, size, CHUNK_BYTES, count, offset);
	str_add(&head, str_text(&lines));
	snprintf(path, sizeof(path), "%s/list", dir);
	rc = file_replace(path, str_text(&head), head.len, 0644, err);
	if (!rc)
		printf("%s: %" PRIu64 " chunks, %" PRIu64 " bytes as %" PRIu64 "\n", name, count, size, offset);
done:
	free(packed);
	return rc;
}

/* The two files of the medium that may be changed afterwards, empty. */
static int site_area(const char *dir, struct error *err)
{
	AUTO_STR area = STR_INIT;
	AUTO_STR boot = STR_INIT;
	char path[4096];

	if (make_dirs(dir, 0755, err) || site_area_write("", 0, &area, err))
		return -1;
	snprintf(path, sizeof(path), "%s/" SITE_AREA_FILE, dir);
	if (file_replace(path, str_text(&area), area.len, 0644, err))
		return -1;
	site_area_boot_write(false, &boot);
	snprintf(path, sizeof(path), "%s/" SITE_AREA_BOOT, dir);
	return file_replace(path, str_text(&boot), boot.len, 0644, err);
}

/* --- the list of blocks, into the place that the image has for it */

static int iso_pread(void *ctx, uint64_t at, void *buf, size_t len, struct error *err)
{
	ssize_t n = pread(*(const int *)ctx, buf, len, (off_t)at);

	if (n == (ssize_t)len)
		return 0;
	return n < 0 ? error_sys(err, errno, "at byte %" PRIu64, at) : error_set(err, ERR_IO, "ends at byte %" PRIu64, at);
}

/* Adds the place of PATH to the holes of L, which stay in their order. */
static int add_hole(struct block_list *l, const struct iso *iso, const char *path, struct error *err)
{
	const struct iso_file *f = iso_find(iso, path);
	size_t i = l->n_holes;

	if (!f)
		return error_set(err, ERR_INPUT, "/%s is not in it", path);
	for (; i > 0 && l->holes[i - 1].at > f->at; i--)
		l->holes[i] = l->holes[i - 1];
	l->holes[i] = (struct block_hole){ f->at, f->size };
	l->n_holes++;
	return 0;
}

static int digest_all(int fd, struct block_list *l, struct arena *a, struct error *err)
{
	static unsigned char buf[BLOCK_LIST_BLOCK];

	for (uint64_t at = 0, n; at < l->image; at += n) {
		char hex[HASH_HEX];

		n = l->image - at < sizeof(buf) ? l->image - at : sizeof(buf);
		if (iso_pread(&fd, at, buf, (size_t)n, err))
			return -1;
		block_list_digest(l, at, buf, (size_t)n, hex);
		l->digests = arena_grow(a, l->digests, l->n, sizeof(*l->digests));
		l->digests[l->n++] = arena_strdup(a, hex);
	}
	return 0;
}

static int blocks(const char *key_path, const char *path, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_FD fd = open(path, O_RDWR | O_CLOEXEC);
	AUTO_STR key = STR_INIT;
	AUTO_STR text = STR_INIT;
	struct block_list l = { 0 };
	const struct iso_file *place;
	struct stat st;
	struct iso iso;

	if (fd < 0 || fstat(fd, &st))
		return error_sys(err, errno, "%s", path);
	l.image = (uint64_t)st.st_size;
	if (file_read(key_path, 4096, &key, err) ||
	    iso_read(&(struct iso_source){ .read_at = iso_pread, .ctx = &fd, .size = l.image }, &a, &iso, err) ||
	    add_hole(&l, &iso, SITE_AREA_DIR "/" SITE_AREA_FILE, err) || add_hole(&l, &iso, SITE_AREA_DIR "/" SITE_AREA_BOOT, err) ||
	    add_hole(&l, &iso, BLOCK_LIST_PATH, err) || digest_all(fd, &l, &a, err))
		return error_wrap(err, "%s", path);
	if (block_list_write(&l, arena_strndup(&a, str_text(&key), strcspn(str_text(&key), "\n")), &text, err))
		return error_wrap(err, "%s", key_path);
	place = iso_find(&iso, BLOCK_LIST_PATH);
	if (text.len > place->size)
		return error_set(err, ERR_INPUT, "%s: /" BLOCK_LIST_PATH " has %" PRIu64 " bytes, %zu are needed", path, place->size, text.len);
	while (text.len < place->size)
		str_addc(&text, '\0');
	if (pwrite(fd, str_text(&text), text.len, (off_t)place->at) != (ssize_t)text.len || fsync(fd))
		return error_sys(err, errno, "%s", path);
	return 0;
}

/* PATH is a directory with a whole release, or one file of it beside SHA256SUMS and SHA256SUMS.sig. */
static int check(const char *key_path, const char *path, struct error *err)
{
	AUTO_STR key = STR_INIT;
	AUTO_STR dir = STR_INIT;
	const char *slash = strrchr(path, '/'), *one = NULL;
	struct stat st;
	size_t files;

	if (file_read(key_path, 4096, &key, err))
		return -1;
	while (key.len && key.s[key.len - 1] == '\n')
		str_cut(&key, key.len - 1);
	if (!hex_is(str_text(&key), KEY_PUB_HEX - 1))
		return error_set(err, ERR_INPUT, "%s: not a public key: 64 hex digits are wanted", key_path);
	if (stat(path, &st))
		return error_sys(err, errno, "%s", path);
	if (S_ISDIR(st.st_mode)) {
		str_add(&dir, path);
	} else {
		one = slash ? slash + 1 : path;
		str_add(&dir, slash ? path : ".");
		if (slash)
			str_cut(&dir, slash == path ? 1 : (size_t)(slash - path));
	}
	if (sums_check(str_text(&dir), str_text(&key), one, &files, err))
		return -1;
	printf("%s: %zu %s as signed\n", path, files, files == 1 ? "file" : "files");
	return 0;
}

static int usage(void)
{
	fputs("usage: fulcrum-image keygen DIR\n"
	      "       fulcrum-image sign KEYFILE FILE\n"
	      "       fulcrum-image manifest DIR\n"
	      "       fulcrum-image site-area DIR\n"
	      "       fulcrum-image blocks KEYFILE ISO\n"
	      "       fulcrum-image check PUBKEYFILE DIR|FILE    (beside SHA256SUMS and SHA256SUMS.sig)\n"
	      "       fulcrum-image pack --name N --version V --fs TYPE IMAGE OUTDIR\n",
	      stderr);
	return error_exit_code(ERR_USAGE);
}

int main(int argc, char **argv)
{
	struct error err = { 0 };
	int rc;

	if (argc == 3 && !strcmp(argv[1], "keygen"))
		rc = keygen(argv[2], &err);
	else if (argc == 4 && !strcmp(argv[1], "sign"))
		rc = sign(argv[2], argv[3], &err);
	else if (argc == 3 && !strcmp(argv[1], "manifest"))
		rc = manifest(argv[2], &err);
	else if (argc == 3 && !strcmp(argv[1], "site-area"))
		rc = site_area(argv[2], &err);
	else if (argc == 4 && !strcmp(argv[1], "blocks"))
		rc = blocks(argv[2], argv[3], &err);
	else if (argc == 4 && !strcmp(argv[1], "check"))
		rc = check(argv[2], argv[3], &err);
	else if (argc == 10 && !strcmp(argv[1], "pack") && !strcmp(argv[2], "--name") && !strcmp(argv[4], "--version") &&
		 !strcmp(argv[6], "--fs"))
		rc = pack(argv[3], argv[5], argv[7], argv[8], argv[9], &err);
	else
		return usage();
	if (rc) {
		fprintf(stderr, "fulcrum-image: %s\n", err.msg);
		if (err.hint[0])
			fprintf(stderr, "  %s\n", err.hint);
		return error_exit_code(err.kind);
	}
	return 0;
}
