/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rooms of the daemon share: where its files are, what was declared, and its open things. */
#pragma once
#include "admin/store.h"
#include "base/hash.h"
#include "model/catalog.h"
#include "model/site.h"

struct checks;
struct bootconf_seen;

struct admin_paths {
	const char *data; /* /data/fulcrum: site.yaml, admin.json, fulcrum.db, site.key */
	const char *run;  /* /run/fulcrum: sockets, rendered files */
	const char *seed; /* /data/seed/current: release.json, images, mirror, netboot */
	const char *release_key; /* /usr/share/fulcrum/release.pub */
};

struct admin {
	struct arena arena; /* lives as long as the daemon */
	struct admin_paths paths;
	const struct site *site;
	const char *site_text;
	const char *domain; /* "lab.example" of admin.lab.example; "" if none */
	const struct network *network; /* the provisioning network */
	const struct catalog *catalog; /* NULL while the seed cannot be read or verified */
	struct error catalog_error;
	char site_pub[KEY_PUB_HEX], site_sec[KEY_SEC_HEX];
	struct store *store;
	struct checks *checks;		/* NULL when none run (tests) */
	struct bootconf_seen *seen;	/* which adapters asked for a boot configuration lately */
	int64_t started_s; /* silence is counted from here: what fell into our own absence is not the nodes' */
	unsigned int grace_s; /* how long must-pass checks may still fail on a node that just came up */
	unsigned int poll_ms; /* what agents are told */
	char effects_error[256]; /* why the outbox is stuck, as it was told; "" = it is not */
};

/* Reads site file and catalog. A bad catalog is kept as an error in AD, and no failure. */
MUST_CHECK int admin_load(struct admin *ad, const struct admin_paths *paths, struct error *err);
/* That, and opens the store and the key (made on first start). */
MUST_CHECK int admin_open(struct admin *ad, const struct admin_paths *paths, struct error *err);
void admin_close(struct admin *ad);
/* The site file alone, checked: all findings are in the error's message. */
MUST_CHECK int admin_read_site(const char *path, struct arena *a, const struct site **ret,
			       const char **ret_text, struct error *err);
/* "lab.example" of "admin.lab.example"; "" when there is no dot. */
const char *domain_of(const char *fqdn);
