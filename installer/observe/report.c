/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Readers of reports: every value is checked for the form that it must have before it is believed. */
#include "observe/report.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "data/json.h"
#include "sys/text.h"

enum {
	GROUPS_MAX = 256,
	VOLUMES_MAX = 4096,
	MEMBERS_MAX = 4096,
	LVM_NAME_MAX = 127,  /* lvm(8): VG and LV names together are limited to 126 */
	LVM_UUID_LEN = 38,   /* 6-4-4-4-4-4-6 */
	MD_DEVICES_MAX = 4096, /* more than any superblock has room for */
	MD_LINE_MAX = 256,
};

/* --- LVM */

/* Text of member KEY; lvm writes all values as such. */
static const char *text_of(const struct tree *t, const char *key)
{
	const struct tree *value = tree_get(t, key);

	return value && value->kind == TREE_STRING ? value->text : NULL;
}

/* lvm(8), VALID NAMES. */
static bool is_lvm_name(const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (!n || n > LVM_NAME_MAX || s[0] == '-' || str_eq(s, ".") || str_eq(s, ".."))
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("+_.-", *s))
			return false;
	return true;
}

static bool is_lvm_uuid(const char *s)
{
	size_t n = s ? strlen(s) : 0;

	for (size_t i = 0; i < n; i++) {
		bool dash = i == 6 || i == 11 || i == 16 || i == 21 || i == 26 || i == 31;

		if (dash ? s[i] != '-' : !isalnum((unsigned char)s[i]))
			return false;
	}
	return n == LVM_UUID_LEN;
}

/* Decimal digits that fit; lvm writes numbers as text. */
static bool read_number(const char *s, uint64_t *ret)
{
	uint64_t v = 0;

	if (!s || !*s)
		return false;
	for (; *s; s++)
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(v, 10U, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return false;
	*ret = v;
	return true;
}

/* lv_layout is a list of words, "thin,sparse": ours are those that a layout can ask for. */
static const char *volume_kind(const char *layout)
{
	if (str_eq(layout, "thin,pool"))
		return "thin-pool";
	return str_eq(layout, "thin,sparse") ? "thin" : layout;
}

static bool is_words(const char *s)
{
	size_t n = s ? strlen(s) : 0;

	return n && n < 64 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789,-") == n;
}

static int read_volume(const struct tree *t, struct lvm_volume *ret, struct error *err)
{
	const char *layout = text_of(t, "lv_layout"), *pool = text_of(t, "pool_lv");

	ret->name = text_of(t, "lv_name");
	ret->uuid = text_of(t, "lv_uuid");
	if (!is_lvm_name(ret->name) || !is_lvm_uuid(ret->uuid) || !is_words(layout) ||
	    !read_number(text_of(t, "lv_size"), &ret->size_bytes) ||
	    (!str_empty(pool) && !is_lvm_name(pool)))
		return error_set(err, ERR_INPUT, "a volume is not as lvm reports one");
	ret->kind = volume_kind(layout);
	ret->pool = str_empty(pool) ? NULL : pool;
	return 0;
}

/* The list NAME of T, of at most MOST maps; NULL after an error. */
static const struct tree *list_of(const struct tree *t, const char *name, size_t most, struct error *err)
{
	const struct tree *list = tree_get(t, name);

	if (list && list->kind == TREE_SEQ && list->n <= most)
		return list;
	error_set(err, ERR_INPUT, "\"%s\" is not a list of at most %zu", name, most);
	return NULL;
}

static int by_volume_name(const void *x, const void *y)
{
	const struct lvm_volume *a = x, *b = y;

	return strcmp(a->name, b->name);
}

static int by_text(const void *x, const void *y)
{
	const char *const *a = x, *const *b = y;

	return strcmp(*a, *b);
}

static int by_group_name(const void *x, const void *y)
{
	const struct lvm_group *a = x, *b = y;
	int order = strcmp(a->name, b->name);

	return order ? order : strcmp(a->uuid, b->uuid);
}

static int read_parts(const struct tree *t, struct arena *a, struct lvm_group *g, struct error *err)
{
	const struct tree *members = list_of(t, "pv", MEMBERS_MAX, err), *volumes;

	volumes = members ? list_of(t, "lv", VOLUMES_MAX, err) : NULL;
	if (!volumes)
		return -1;
	g->members = arena_array(a, members->n, sizeof(*g->members));
	for (size_t i = 0; i < members->n; i++) {
		g->members[g->n_members] = text_of(members->items[i], "pv_uuid");
		if (!is_lvm_uuid(g->members[g->n_members++]))
			return error_set(err, ERR_INPUT, "a physical volume is not as lvm reports one");
	}
	/* lvm's own order depends on which of them are there. */
	if (g->n_members)
		qsort(g->members, g->n_members, sizeof(*g->members), by_text);
	g->volumes = arena_array(a, volumes->n, sizeof(*g->volumes));
	for (size_t i = 0; i < volumes->n; i++)
		if (read_volume(volumes->items[i], &g->volumes[g->n_volumes++], err))
			return -1;
	if (g->n_volumes)
		qsort(g->volumes, g->n_volumes, sizeof(*g->volumes), by_volume_name);
	return 0;
}

/* 1: a group; 0: what belongs to none; -1 after an error. */
static int read_group(const struct tree *t, struct arena *a, struct lvm_group *g, struct error *err)
{
	const struct tree *heads = list_of(t, "vg", 1, err), *head;

	if (!heads)
		return -1;
	if (!heads->n)
		return 0;
	head = heads->items[0];
	g->name = text_of(head, "vg_name");
	/* Physical volumes that were never given to a group. */
	if (str_eq(g->name, ""))
		return 0;
	g->uuid = text_of(head, "vg_uuid");
	if (!is_lvm_name(g->name) || !is_lvm_uuid(g->uuid) || !read_number(text_of(head, "vg_size"), &g->size_bytes) ||
	    !read_number(text_of(head, "vg_free"), &g->free_bytes) ||
	    !read_number(text_of(head, "vg_extent_size"), &g->extent_bytes) ||
	    !read_number(text_of(head, "vg_missing_pv_count"), &g->missing))
		return error_set(err, ERR_INPUT, "a volume group is not as lvm reports one");
	return read_parts(t, a, g, err) ? -1 : 1;
}

int lvm_report_read(const char *text, size_t len, struct arena *a, struct lvm_group **ret, size_t *ret_n, struct error *err)
{
	const struct tree *t = json_parse("lvm", text, len, a, err), *list;
	struct lvm_group *groups;
	size_t n = 0;

	list = t ? list_of(t, "report", GROUPS_MAX, err) : NULL;
	if (!list)
		return -1;
	groups = arena_array(a, list->n, sizeof(*groups));
	for (size_t i = 0; i < list->n; i++) {
		int rc = read_group(list->items[i], a, &groups[n], err);

		if (rc < 0)
			return -1;
		n += (size_t)rc;
	}
	if (n)
		qsort(groups, n, sizeof(*groups), by_group_name);
	*ret = groups;
	*ret_n = n;
	return 0;
}

/* --- md */

/* "3ea1f2c8:bb0e4471:9c6d2f0a:5b7e9d11" as libblkid writes it: 3ea1f2c8-bb0e-4471-9c6d-2f0a5b7e9d11. */
static const char *md_uuid(struct arena *a, const char *s)
{
	char hex[33];
	size_t n = 0;

	for (size_t i = 0; s[i]; i++) {
		bool colon = i % 9 == 8;

		if (i >= 35 || (colon ? s[i] != ':' : !strchr("0123456789abcdef", s[i])))
			return NULL;
		if (!colon)
			hex[n++] = s[i];
	}
	hex[n] = '\0';
	if (n != 32)
		return NULL;
	return arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

/* Without the name of the host that made the array, which md puts in front: "any:boot". */
static const char *md_name(struct arena *a, const char *s)
{
	const char *colon = strchr(s, ':');

	return text_clean(a, colon ? colon + 1 : s, MD_LINE_MAX);
}

/* False if the line is not one of a report; keys of other versions are passed over. */
static bool read_md_line(const char *line, struct arena *a, struct md_member *m)
{
	const char *value = strchr(line, '=');
	size_t n = value ? (size_t)(value - line) : 0;

	if (!value || !str_starts(line, "MD_"))
		return false;
	value++;
	if (!strncmp(line, "MD_LEVEL", n) && n == 8) {
		m->array.level = is_words(value) && !m->array.level ? arena_strdup(a, value) : NULL;
		return m->array.level;
	}
	if (!strncmp(line, "MD_UUID", n) && n == 7) {
		m->array.uuid = m->array.uuid ? NULL : md_uuid(a, value);
		return m->array.uuid;
	}
	if (!strncmp(line, "MD_DEV_UUID", n) && n == 11) {
		m->uuid = m->uuid ? NULL : md_uuid(a, value);
		return m->uuid;
	}
	if (!strncmp(line, "MD_NAME", n) && n == 7) {
		m->array.name = md_name(a, value);
		m->old = false;
	}
	if (!strncmp(line, "MD_DEVICES", n) && n == 10)
		return !m->array.devices && read_number(value, &m->array.devices) && m->array.devices <= MD_DEVICES_MAX;
	return true;
}

int md_report_read(const char *text, size_t len, struct arena *a, struct md_member *ret, struct error *err)
{
	const char *end = text + len;

	*ret = (struct md_member){ .old = true };
	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((stop ? stop : end) - text);

		if (n >= MD_LINE_MAX || memchr(text, '\0', n) || !read_md_line(arena_strndup(a, text, n), a, ret))
			return error_set(err, ERR_INPUT, "a line is not as mdadm reports a member");
		text += n + (stop != NULL);
	}
	if (!ret->array.uuid || !ret->array.level)
		return error_set(err, ERR_INPUT, "no array is named");
	return 0;
}
