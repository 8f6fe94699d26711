/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The services' configuration as text, a pure function of the site file: the same site gives the same
 * bytes. Nothing is read or written here.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "model/site.h"

struct render_ctx {
	const struct site *site;
	const struct network *network; /* the provisioning network */
	const char *nic;	       /* the device that has its addresses */
	const char *data, *run, *seed; /* as in struct admin_paths */
	unsigned int cpus;
	const bool *missing; /* by network of the site: has no adapter here; NULL = none is missing */
};

void render_dnsmasq(const struct render_ctx *c, struct str *out);
void render_nginx(const struct render_ctx *c, struct str *out);
void render_chrony(const struct render_ctx *c, struct str *out);
void render_authorized_keys(const struct render_ctx *c, struct str *out);

/* The files below <run>: name and renderer. */
struct render_file {
	const char *name;
	void (*render)(const struct render_ctx *c, struct str *out);
	mode_t mode;
};
extern const struct render_file render_files[];
extern const size_t render_files_n;
