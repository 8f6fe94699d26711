/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The outbox, emptied. */
#include "admin/effects.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/fd.h"

void dhcp_line(const char *mac, const char *address, const char *name, struct str *out)
{
	str_addf(out, "%s,%s,%s,infinite\n", mac, address, name);
}

void hosts_line(const char *address, const char *name, const char *domain, struct str *out)
{
	if (str_empty(domain))
		str_addf(out, "%s %s\n", address, name);
	else
		str_addf(out, "%s %s.%s %s\n", address, name, domain, name);
}

/*
 * Whole or not at all, and never under a second name: dnsmasq reads every file of the directory, so
 * the temporary one stands beside the directory, not in it.
 */
static int put_file(const struct admin *ad, const char *dir, const char *name, const struct str *text,
		    struct arena *a, struct error *err)
{
	const char *path = arena_printf(a, "%s/%s/%s", ad->paths.run, dir, name);
	const char *tmp = arena_printf(a, "%s/.%s-%s", ad->paths.run, dir, name);
	AUTO_STR old = STR_INIT;
	AUTO_FD fd = -1;
	struct error none;

	if (file_read(path, 4096, &old, &none) == 0 && str_eq(str_text(&old), str_text(text)))
		return 0;
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return error_sys(err, errno, "%s", tmp);
	if (fd_write_all(fd, str_text(text), text->len, err))
		return error_wrap(err, "%s", tmp);
	if (rename(tmp, path))
		return error_sys(err, errno, "%s", path);
	return 0;
}

static int put_hosts(const struct admin *ad, const char *name, const char *mac, const char *address,
		     struct arena *a, struct error *err)
{
	AUTO_STR dhcp = STR_INIT;
	AUTO_STR hosts = STR_INIT;

	if (!name || !mac || !address)
		return 0;
	dhcp_line(mac, address, name, &dhcp);
	hosts_line(address, name, ad->domain, &hosts);
	if (put_file(ad, "dhcp.d", name, &dhcp, a, err))
		return -1;
	return put_file(ad, "hosts.d", name, &hosts, a, err);
}

/*
 * Files of names that no node has any more. dnsmasq follows new and changed files by itself, but forgets one only when it
 * is told to read all again (SIGHUP).
 */
static int sweep_dir(const struct admin *ad, const char *dir, struct arena *a, bool *ret_any, struct error *err)
{
	const char *path = arena_printf(a, "%s/%s", ad->paths.run, dir);
	DIR *d = opendir(path);
	struct dirent *e;
	int rc = 0;

	if (!d)
		return errno == ENOENT ? 0 : error_sys(err, errno, "%s", path);
	while (!rc && (e = readdir(d))) {
		bool taken;

		if (e->d_name[0] == '.')
			continue;
		rc = name_is_taken(ad->store, e->d_name, &taken, err);
		if (rc || taken)
			continue;
		*ret_any = true;
		if (unlinkat(dirfd(d), e->d_name, 0) && errno != ENOENT)
			rc = error_sys(err, errno, "%s/%s", path, e->d_name);
	}
	closedir(d);
	return rc;
}

static void reread_hosts(const struct admin *ad, struct arena *a)
{
	AUTO_STR text = STR_INIT;
	struct error none;
	long pid;

	if (file_read(arena_printf(a, "%s/dnsmasq.pid", ad->paths.run), 32, &text, &none))
		return;
	pid = strtol(str_text(&text), NULL, 10);
	if (pid > 1)
		kill((pid_t)pid, SIGHUP);
}

int effects_sweep(struct admin *ad, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	bool any = false;

	if (sweep_dir(ad, "dhcp.d", &a, &any, err) || sweep_dir(ad, "hosts.d", &a, &any, err))
		return -1;
	if (any)
		reread_hosts(ad, &a);
	return 0;
}

static int run_one(struct admin *ad, const struct effect *e, struct arena *a, struct error *err)
{
	switch (e->kind) {
	case EFFECT_HOSTS:
		if (put_hosts(ad, e->name, e->mac, e->address, a, err))
			return -1;
		break;
	case EFFECT_SWEEP:
		if (effects_sweep(ad, err))
			return -1;
		break;
	case EFFECT_NOTIFY:
	case EFFECT__N:
		break;
	}
	channel_emit("event", "admin", "node", e->what.node, "from", e->what.from, "event", e->what.event, "to",
		     e->what.to, "text", e->what.text, NULL);
	return 0;
}

static int run_pending(struct admin *ad, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct effect *list;
	int64_t done = 0;
	int result = 0;
	size_t n;

	if (effects_pending(ad->store, &a, &list, &n, err))
		return -1;
	for (size_t i = 0; i < n && result == 0; i++) {
		result = run_one(ad, &list[i], &a, err);
		if (result == 0)
			done = list[i].event;
	}
	if (done) {
		struct error why;

		if (effects_done(ad->store, done, &why)) {
			*err = why;
			return -1;
		}
	}
	return result;
}

void effects_run(struct admin *ad)
{
	struct error err;

	if (run_pending(ad, &err) == 0) {
		ad->effects_error[0] = '\0';
		return;
	}
	/* Nobody waits for an answer here, and it is tried again each second: a cause is told once. */
	if (strncmp(ad->effects_error, err.msg, sizeof(ad->effects_error) - 1) == 0)
		return;
	snprintf(ad->effects_error, sizeof(ad->effects_error), "%.255s", err.msg);
	fprintf(stderr, "fulcrumd: a node's names and leases cannot be written: %s\n", err.msg);
	channel_emit("error", "admin", "text", err.msg, NULL);
}

int effects_restore(struct admin *ad, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct node *nodes;
	size_t n;

	if (make_dirs(arena_printf(&a, "%s/dhcp.d", ad->paths.run), 0755, err) ||
	    make_dirs(arena_printf(&a, "%s/hosts.d", ad->paths.run), 0755, err) ||
	    nodes_all(ad->store, &a, &nodes, &n, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (put_hosts(ad, nodes[i].name, nodes[i].mac, nodes[i].address, &a, err))
			return -1;
	return 0;
}
