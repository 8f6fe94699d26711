/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a booted root image to an admin node. */
#include "admin/setup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "admin/netrun.h"
#include "admin/state.h"
#include "admin/trial.h"
#include "base/clock.h"
#include "base/fd.h"
#include "data/json.h"
#include "sys/slots.h"

enum { WAIT_MS = 500, DATA_TRIES = 60 };

/* --- small readers */

static bool is_mounted(const char *root, const char *target, struct arena *a)
{
	const char *path = arena_printf(a, "%s/proc/self/mounts", root);
	const char *mark = arena_printf(a, " %s ", target);
	AUTO_STR text = STR_INIT;
	struct error ignored;

	return file_read(path, 1 << 20, &text, &ignored) == 0 && strstr(str_text(&text), mark) != NULL;
}

/* --- the data file system */

static int find_data(const struct setup *s, const char *uuid, struct arena *a, const char **ret,
		     struct error *err)
{
	for (int i = 0; i < DATA_TRIES; i++) {
		struct disk disk;
		uint64_t number;
		unsigned int found = slots_find_fs(s->sys, s->root, uuid, a, &disk, &number);

		if (found == 1) {
			*ret = partition_path(a, disk.path, number);
			return 0;
		}
		if (found > 1) {
			error_set(err, ERR_SELECT, "%u file systems have the UUID %s of the admin node's data", found, uuid);
			return error_hint(err, "a disk was copied: detach the copy, and start again");
		}
		if (s->sys->ops->sleep_ms(s->sys, WAIT_MS, err))
			return -1;
	}
	error_set(err, ERR_NOT_FOUND, "no disk carries the admin node's data, file system %s", uuid);
	return error_hint(err, "is the disk attached that Fulcrum was installed on?");
}

static int mount_data(const struct setup *s, struct arena *a, struct error *err)
{
	const char *uuid = slots_kernel_param(s->root, "fulcrum.data", a), *dev = NULL;

	if (is_mounted(s->root, s->data_root, a))
		return 0;
	if (!uuid) {
		error_set(err, ERR_USAGE, "fulcrum.data= is not on the kernel command line");
		return error_hint(err, "it names the data file system by UUID; the installer writes it to the slot's grub.cfg");
	}
	if (find_data(s, uuid, a, &dev, err) || s->sys->ops->make_dirs(s->sys, s->data_root, 0755, err))
		return -1;
	return s->sys->ops->mount(s->sys, dev, s->data_root, "ext4", MS_NOATIME | MS_NOSUID | MS_NODEV, "", err);
}

/* --- clock */

/* A dead battery starts in the past, and signatures with dates fail then: never before our own build. */
static int mend_clock(const struct setup *s, struct arena *a, struct str *warnings, struct error *err)
{
	const char *path = arena_printf(a, "%s/release.json", s->paths.seed), *epoch;
	AUTO_STR text = STR_INIT;
	struct error ignored;
	struct tree *t;
	char now[21];

	if (file_read(path, 65536, &text, &ignored))
		return 0;
	t = json_parse(path, str_text(&text), text.len, a, &ignored);
	epoch = t ? tree_get_text(t, "epoch") : NULL;
	if (!epoch || clock_real_s() >= strtoll(epoch, NULL, 10))
		return 0;
	clock_text(clock_real_s(), now);
	str_addf(warnings, "the clock said %s, before this release was built: set to the build's time. Set it right: date -s\n",
		 now);
	const char *const argv[] = { "date", "-s", arena_printf(a, "@%s", epoch), NULL };

	return s->sys->ops->exec(s->sys, &(struct sys_exec){ .argv = argv }, err);
}

/* --- network */

/* The admin network must be there; what the site needs it for is all we are. Others may be missing. */
static int configure_networks(const struct setup *s, const struct site *site, struct arena *a, struct render_ctx *c,
			      struct str *warnings, struct error *err)
{
	const struct netrun n = { .sys = s->sys, .root = s->root, .data = s->paths.data, .run = s->paths.run };
	struct net net;

	if (netrun_bind(&n, site, a, &net, warnings, err) || netrun_up(&n, &net, err))
		return -1;
	setup_context(c, &net, a);
	return 0;
}

void setup_context(struct render_ctx *c, const struct net *net, struct arena *a)
{
	bool *missing = arena_array(a, c->site->n_networks + 1, sizeof(*missing));

	for (size_t i = 0; i < c->site->n_networks; i++) {
		const struct net_dev *d = net_find(net, c->site->networks[i].name);

		missing[i] = !d;
		if (d && str_eq(c->site->networks[i].name, "admin"))
			c->nic = d->name;
	}
	c->missing = missing;
	c->network = site_network(c->site, "admin");
}

int setup_name_machine(struct sys *sys, const struct site *site, struct arena *a, struct error *err)
{
	const struct network *net = site_network(site, "admin");
	const char *name = site->admin.name, *domain = domain_of(name);
	const char *const argv[] = { "hostname", name, NULL };
	const char *hosts, *resolv;

	hosts = arena_printf(a, "127.0.0.1 localhost\n::1 localhost\n%s %s%s%.*s\n", net->address, name,
			     *domain ? " " : "", *domain ? (int)(strlen(name) - strlen(domain) - 1) : 0, name);
	resolv = arena_printf(a, "%s%s%snameserver %s\n", *domain ? "search " : "", domain, *domain ? "\n" : "",
			      net->address);
	if (sys->ops->exec(sys, &(struct sys_exec){ .argv = argv }, err) ||
	    sys->ops->write_file(sys, "/etc/hosts", hosts, strlen(hosts), 0644, err))
		return -1;
	return sys->ops->write_file(sys, "/etc/resolv.conf", resolv, strlen(resolv), 0644, err);
}

/* --- the whole */

int setup_render(struct sys *sys, const struct render_ctx *c, const char *dir, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;

	if (sys->ops->make_dirs(sys, dir, 0755, err) ||
	    sys->ops->make_dirs(sys, arena_printf(&a, "%s/dhcp.d", dir), 0755, err) ||
	    sys->ops->make_dirs(sys, arena_printf(&a, "%s/hosts.d", dir), 0755, err))
		return -1;
	for (size_t i = 0; i < render_files_n; i++) {
		const char *path = arena_printf(&a, "%s/%s", dir, render_files[i].name);
		AUTO_STR text = STR_INIT;

		render_files[i].render(c, &text);
		if (sys->ops->write_file(sys, path, str_text(&text), text.len, render_files[i].mode, err))
			return -1;
	}
	return 0;
}

int setup_run(const struct setup *s, struct str *warnings, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const struct trial t = { .sys = s->sys, .root = s->root, .paths = s->paths };
	const struct state_env state = { .sys = s->sys, .root = s->root, .paths = s->paths };
	struct render_ctx c = { .data = s->paths.data, .run = s->paths.run, .seed = s->paths.seed };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (mount_data(s, &a, err))
		return -1;
	/* First: the trial looks at the database, and all else at the site file. */
	state_settle(&state, warnings);
	trial_settle(&t, warnings);
	if (mend_clock(s, &a, warnings, err) || admin_read_site(arena_printf(&a, "%s/site.yaml", s->paths.data), &a, &c.site, NULL, err))
		return -1;
	c.cpus = cpus > 0 ? (unsigned int)cpus : 1;
	if (configure_networks(s, c.site, &a, &c, warnings, err) ||
	    setup_name_machine(s->sys, c.site, &a, err))
		return -1;
	return setup_render(s->sys, &c, s->paths.run, err);
}
