/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files and their manifest, into a sealed stream and out of it. */
#include "admin/state_file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "data/json.h"

enum { COPY = 65536 };
static const char manifest_path[] = "manifest.json";

static const struct field entry_fields[] = {
	FIELD_STRING(struct state_entry, path, FIELD_REQUIRED, "where it lies, below the data file system"),
	FIELD_U64(struct state_entry, bytes, FIELD_REQUIRED, "its size"),
	FIELD_STRING(struct state_entry, digest, FIELD_REQUIRED, "BLAKE2b-256 of its bytes"),
};
static const struct schema entry_schema = SCHEMA("file", struct state_entry, entry_fields, "a file that is in it");

static const struct field count_fields[] = {
	FIELD_STRING(struct state_count, state, FIELD_REQUIRED, "state of their lives"),
	FIELD_U64(struct state_count, nodes, FIELD_REQUIRED, "how many"),
};
static const struct schema count_schema = SCHEMA("nodes", struct state_count, count_fields, "nodes of one state");

static const struct field left_fields[] = {
	FIELD_STRING(struct state_left, what, FIELD_REQUIRED, "what is not in it"),
	FIELD_U64(struct state_left, bytes, FIELD_REQUIRED, "its size"),
};
static const struct schema left_schema = SCHEMA("left_out", struct state_left, left_fields, "what is not in it");

static const struct field manifest_fields[] = {
	FIELD_U64(struct state_manifest, fulcrum_state, FIELD_REQUIRED, "version of this format"),
	FIELD_STRING(struct state_manifest, site, FIELD_REQUIRED, "the site"),
	FIELD_STRING(struct state_manifest, name, FIELD_REQUIRED, "name of its admin node"),
	FIELD_STRING(struct state_manifest, address, FIELD_REQUIRED, "its address on the admin network"),
	FIELD_STRING(struct state_manifest, release, FIELD_REQUIRED, "the release that wrote it"),
	FIELD_STRING(struct state_manifest, written, FIELD_REQUIRED, "when"),
	FIELD_U64(struct state_manifest, schema, FIELD_REQUIRED, "schema of the database"),
	FIELD_U64(struct state_manifest, reader, FIELD_REQUIRED, "the oldest schema whose programs read it"),
	FIELD_STRINGS(struct state_manifest, ports, 0, "its networks as they were bound to ports"),
	FIELD_STRUCTS(struct state_manifest, nodes, 0, &count_schema, "its nodes"),
	FIELD_STRUCTS(struct state_manifest, left_out, 0, &left_schema, "what is not in it"),
	FIELD_STRUCTS(struct state_manifest, files, 0, &entry_schema, "what is in it, in this order"),
};
const struct schema state_manifest_schema = SCHEMA("state", struct state_manifest, manifest_fields, "the state of an admin node");

/* --- writing */

static int put_head(struct sealed *s, const char *path, uint64_t bytes, struct error *err)
{
	unsigned char head[10];
	size_t len = strlen(path);

	if (!len || len > STATE_PATH_MAX)
		return error_set(err, ERR_INPUT, "%s: a path of %zu bytes, 1 to %d are possible", path, len, STATE_PATH_MAX);
	for (size_t i = 0; i < 2; i++)
		head[i] = (unsigned char)(len >> 8 * i);
	for (size_t i = 0; i < 8; i++)
		head[2 + i] = (unsigned char)(bytes >> 8 * i);
	if (sealed_write(s, head, 2, err) || sealed_write(s, path, len, err))
		return -1;
	return sealed_write(s, head + 2, 8, err);
}

int state_put(struct sealed *s, const char *path, int fd, uint64_t bytes, struct state_manifest *m, struct arena *a, struct error *err)
{
	char buf[COPY], digest[HASH_HEX];
	struct hash h;

	if (put_head(s, path, bytes, err))
		return -1;
	hash_begin(&h);
	for (uint64_t left = bytes; left;) {
		ssize_t n = read(fd, buf, left < COPY ? (size_t)left : COPY);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, errno, "%s", path);
		if (!n) {
			error_set(err, ERR_CHANGED, "%s became shorter while it was read", path);
			return error_hint(err, "say it again");
		}
		hash_add(&h, buf, (size_t)n);
		if (sealed_write(s, buf, (size_t)n, err))
			return -1;
		left -= (uint64_t)n;
	}
	hash_end(&h, digest);
	m->files = arena_grow(a, m->files, m->n_files, sizeof(*m->files));
	m->files[m->n_files++] = (struct state_entry){ arena_strdup(a, path), bytes, arena_strdup(a, digest) };
	return 0;
}

int state_put_end(struct sealed *s, const struct state_manifest *m, struct error *err)
{
	AUTO_STR text = STR_INIT;

	field_to_json(&state_manifest_schema, m, false, false, &text);
	if (text.len > JSON_MAX_BYTES)
		return error_set(err, ERR_INPUT, "too many files: their list has %zu bytes, %d can be read", text.len, JSON_MAX_BYTES);
	if (put_head(s, manifest_path, text.len, err) || sealed_write(s, str_text(&text), text.len, err))
		return -1;
	return sealed_finish(s, err);
}

/* --- reading */

/* Whoever has the passphrase may seal what he likes: it must not reach anything but its own place. */
static bool is_plain_path(const char *path, size_t len)
{
	const char *p = path;

	if (strlen(path) != len)
		return false;
	for (;;) {
		size_t n = strcspn(p, "/");

		if (!n || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		for (size_t i = 0; i < n; i++)
			if ((unsigned char)p[i] < ' ' || p[i] == 0x7f)
				return false;
		if (!p[n])
			return true;
		p += n + 1;
	}
}

static int get_head(struct sealed *s, char path[STATE_PATH_MAX + 1], uint64_t *ret_bytes, struct error *err)
{
	unsigned char head[8];
	size_t len;

	if (sealed_read(s, head, 2, err))
		return -1;
	len = head[0] | (size_t)head[1] << 8;
	if (!len || len > STATE_PATH_MAX)
		return error_set(err, ERR_INPUT, "a path of %zu bytes is in it", len);
	if (sealed_read(s, path, len, err) || sealed_read(s, head, 8, err))
		return -1;
	path[len] = '\0';
	if (!is_plain_path(path, len))
		return error_set(err, ERR_INPUT, "a path that leads elsewhere is in it");
	*ret_bytes = 0;
	for (int i = 0; i < 8; i++)
		*ret_bytes |= (uint64_t)head[i] << 8 * i;
	return 0;
}

static int get_file(struct sealed *s, uint64_t bytes, const struct state_sink *sink, char digest[HASH_HEX], struct error *err)
{
	char buf[COPY];
	struct hash h;

	hash_begin(&h);
	for (uint64_t left = bytes; left;) {
		size_t n = left < COPY ? (size_t)left : COPY;

		if (sealed_read(s, buf, n, err) || (sink && sink->data(sink->ctx, buf, n, err)))
			return -1;
		hash_add(&h, buf, n);
		left -= n;
	}
	hash_end(&h, digest);
	return 0;
}

static int get_manifest(struct sealed *s, uint64_t bytes, struct state_manifest *ret, struct arena *a, struct error *err)
{
	char *text;

	if (bytes > JSON_MAX_BYTES)
		return error_set(err, ERR_INPUT, "its manifest has %" PRIu64 " bytes", bytes);
	text = arena_alloc(a, (size_t)bytes + 1);
	if (sealed_read(s, text, (size_t)bytes, err) || sealed_end(s, err))
		return -1;
	if (field_from_json(&state_manifest_schema, manifest_path, text, (size_t)bytes, ret, a, err))
		return -1;
	if (ret->fulcrum_state == STATE_FILE_VERSION)
		return 0;
	error_set(err, ERR_CONFLICT, "it is of version %" PRIu64 ", this release knows %d", ret->fulcrum_state, STATE_FILE_VERSION);
	return error_hint(err, "take a newer release");
}

static int compare(const struct state_manifest *m, const struct state_entry *seen, size_t n, struct error *err)
{
	for (size_t i = 0; i < n || i < m->n_files; i++)
		if (i >= n || i >= m->n_files || !str_eq(seen[i].path, m->files[i].path) || seen[i].bytes != m->files[i].bytes ||
		    !str_eq(seen[i].digest, m->files[i].digest))
			return error_set(err, ERR_MEDIUM, "%s is not what the manifest says", i < n ? seen[i].path : m->files[i].path);
	return 0;
}

int state_get(struct sealed *s, const struct state_sink *sink, struct state_manifest *ret, struct arena *a, struct error *err)
{
	char path[STATE_PATH_MAX + 1], digest[HASH_HEX];
	struct state_entry *seen = NULL;
	uint64_t bytes = 0;
	size_t n = 0;

	memset(ret, 0, sizeof(*ret));
	for (;;) {
		if (get_head(s, path, &bytes, err))
			return -1;
		if (str_eq(path, manifest_path))
			break;
		if ((sink && sink->begin(sink->ctx, path, bytes, err)) || get_file(s, bytes, sink, digest, err) ||
		    (sink && sink->end(sink->ctx, err)))
			return -1;
		seen = arena_grow(a, seen, n, sizeof(*seen));
		seen[n++] = (struct state_entry){ arena_strdup(a, path), bytes, arena_strdup(a, digest) };
	}
	if (get_manifest(s, bytes, ret, a, err))
		return -1;
	return compare(ret, seen, n, err);
}
