/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A release in an image. */
#include "cmd/iso_release.h"

#include <string.h>

#include "base/fd.h"
#include "model/site_area.h"

static const char release_url[] = "file://iso", area_path[] = SITE_AREA_DIR "/" SITE_AREA_FILE, boot_path[] = SITE_AREA_DIR "/" SITE_AREA_BOOT;

enum { PIECE = 1 << 20, KEY_FILE_MAX = 256 };

int iso_release_stream(const struct iso_release *r, const struct iso_file *f, sys_sink sink, void *ctx, struct error *err)
{
	static unsigned char buf[PIECE];

	for (uint64_t at = 0, n; at < f->size; at += n) {
		n = f->size - at < sizeof(buf) ? f->size - at : sizeof(buf);
		if (r->src.read_at(r->src.ctx, f->at + at, buf, (size_t)n, err) || sink(ctx, buf, (size_t)n, err))
			return -1;
	}
	return 0;
}

/* The release of the image, to ops/source.c: file://iso/PATH is /fulcrum/PATH. Whole files only. */
static int image_fetch(struct sys *s, const char *url, uint64_t offset UNUSED, uint64_t length UNUSED, sys_sink sink, void *ctx,
		       struct error *err)
{
	const struct iso_release *r = s->priv;
	AUTO_STR path = STR_INIT;
	const struct iso_file *f;

	str_addf(&path, "fulcrum%s", url + strlen(release_url));
	f = iso_find(&r->iso, str_text(&path));
	if (!f)
		return error_set(err, ERR_MEDIUM, "/%s is not in it", str_text(&path));
	return iso_release_stream(r, f, sink, ctx, err);
}

int iso_release_open(struct iso_release *ret, const struct iso_source *src, struct arena *a, struct error *err)
{
	*ret = (struct iso_release){ .src = *src, .ops = { .fetch = image_fetch } };
	return iso_read(src, a, &ret->iso, err);
}

static int add_text(void *ctx, const void *data, size_t len, struct error *err UNUSED)
{
	str_addn(ctx, data, len);
	return 0;
}

int iso_release_text(const struct iso_release *r, const char *path, size_t max, struct str *ret, struct error *err)
{
	const struct iso_file *f = iso_find(&r->iso, path);

	if (!f)
		return error_set(err, ERR_MEDIUM, "/%s is not in it", path);
	if (f->size > max)
		return error_set(err, ERR_MEDIUM, "/%s is larger than %zu bytes", path, max);
	return iso_release_stream(r, f, add_text, ret, err);
}

const char *iso_release_key(const struct iso_release *r, const char *path, struct arena *a, struct error *err)
{
	AUTO_STR key = STR_INIT;

	if (path ? file_read(path, KEY_FILE_MAX, &key, err) : iso_release_text(r, "fulcrum/keys/release.pub", KEY_FILE_MAX, &key, err)) {
		if (!path)
			error_hint(err, "it carries no key: give the release's with --key");
		return NULL;
	}
	return arena_strndup(a, str_text(&key), strcspn(str_text(&key), "\n"));
}

int iso_release_seed(struct iso_release *r, const char *key, struct arena *a, struct seed *ret, struct error *err)
{
	r->sys = (struct sys){ .ops = &r->ops, .priv = r };
	return source_seed(&r->sys, release_url, key, a, ret, err);
}

int iso_release_area(const struct iso_release *r, struct str *ret_text, bool *ret_unattended, struct error *err)
{
	AUTO_STR area = STR_INIT;
	AUTO_STR boot = STR_INIT;

	if (iso_release_text(r, area_path, SITE_AREA_BYTES, &area, err) || iso_release_text(r, boot_path, SITE_AREA_BOOT_BYTES, &boot, err))
		return -1;
	if (site_area_read(str_text(&area), area.len, ret_text, err))
		return error_wrap(err, "/%s", area_path);
	if (site_area_boot_read(str_text(&boot), boot.len, ret_unattended, err))
		return error_wrap(err, "/%s", boot_path);
	return 0;
}
