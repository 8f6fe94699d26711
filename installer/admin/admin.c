/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening and closing what the daemon stands on. */
#include "admin/admin.h"

#include "admin/network.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/bootconf.h"
#include "admin/catalog_load.h"
#include "base/fd.h"
#include "data/yaml.h"

static const unsigned int default_grace_s = 600, default_poll_ms = 2000;

const char *domain_of(const char *fqdn)
{
	const char *dot = strchr(fqdn, '.');

	return dot ? dot + 1 : "";
}

int admin_read_site(const char *path, struct arena *a, const struct site **ret, const char **ret_text,
		    struct error *err)
{
	struct findings f = { .arena = a };
	AUTO_STR text = STR_INIT;
	const char *copy;
	struct site *site;

	if (file_read(path, YAML_MAX_BYTES, &text, err))
		return -1;
	copy = arena_strndup(a, str_text(&text), text.len);
	site = site_parse(strrchr(path, '/') ? strrchr(path, '/') + 1 : path, copy, text.len, a, &f);
	if (f.n || !site) {
		AUTO_STR all = STR_INIT;

		findings_print(&f, &all);
		while (all.len && all.s[all.len - 1] == '\n')
			all.s[--all.len] = '\0';
		return error_set(err, ERR_INPUT, "%s", str_text(&all));
	}
	*ret = site;
	if (ret_text)
		*ret_text = copy;
	return 0;
}

/* The site's own key: made once, never written again, readable by root alone. */
static int open_key(struct admin *ad, struct error *err)
{
	const char *path = arena_printf(&ad->arena, "%s/site.key", ad->paths.data);
	AUTO_STR text = STR_INIT;
	char line[KEY_SEC_HEX + 1];

	if (access(path, F_OK) == 0) {
		if (file_read(path, 1024, &text, err))
			return -1;
		while (text.len && text.s[text.len - 1] == '\n')
			text.s[--text.len] = '\0';
		if (!hex_is(str_text(&text), KEY_SEC_HEX - 1))
			return error_set(err, ERR_INPUT, "%s: is no secret key in hex", path);
		memcpy(ad->site_sec, text.s, KEY_SEC_HEX);
		/* libsodium's secret key is seed and public key, one after the other. */
		memcpy(ad->site_pub, ad->site_sec + KEY_PUB_HEX - 1, KEY_PUB_HEX);
		return 0;
	}
	key_generate(ad->site_pub, ad->site_sec);
	memcpy(line, ad->site_sec, KEY_SEC_HEX - 1);
	line[KEY_SEC_HEX - 1] = '\n';
	return file_replace(path, line, KEY_SEC_HEX, 0600, err);
}

int admin_load(struct admin *ad, const struct admin_paths *paths, struct error *err)
{
	struct catalog *catalog;
	const char *p;

	memset(ad, 0, sizeof(*ad));
	ad->paths = *paths;
	ad->grace_s = default_grace_s;
	ad->poll_ms = default_poll_ms;
	p = network_site_path(paths, &ad->arena);
	if (admin_read_site(p, &ad->arena, &ad->site, &ad->site_text, err))
		return -1;
	ad->domain = domain_of(ad->site->admin.name);
	ad->network = site_network(ad->site, "admin");
	if (!ad->network)
		return error_set(err, ERR_INPUT, "%s: networks: \"admin\" is missing", p);
	/* Without a catalog nothing can be planned, but status and boot answers go on. */
	if (catalog_load(paths->seed, paths->release_key, &ad->arena, &catalog, &ad->catalog_error) == 0)
		ad->catalog = catalog;
	return 0;
}

int admin_open(struct admin *ad, const struct admin_paths *paths, struct error *err)
{
	const char *p;
	mode_t before;
	int failed;

	if (admin_load(ad, paths, err) || open_key(ad, err))
		return -1;
	ad->seen = bootconf_seen_new();
	p = arena_printf(&ad->arena, "%s/fulcrum.db", paths->data);
	before = umask(0077); /* inventories are nobody else's business */
	failed = store_open(p, &ad->store, err);
	umask(before);
	return failed;
}

void admin_close(struct admin *ad)
{
	store_close(ad->store);
	ad->store = NULL;
	bootconf_seen_free(ad->seen);
	ad->seen = NULL;
	explicit_bzero(ad->site_sec, sizeof(ad->site_sec));
	arena_release(&ad->arena);
}
