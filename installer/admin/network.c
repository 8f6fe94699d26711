/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Check, apply, confirm, revert. */
#include "admin/network.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "admin/setup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "data/json.h"

static const char *pending(const struct admin_paths *p, const char *name, struct arena *a)
{
	return arena_printf(a, "%s/network.pending/%s", p->run, name);
}

const char *network_site_path(const struct admin_paths *paths, struct arena *a)
{
	const char *waiting = pending(paths, "site.yaml", a);

	return access(waiting, R_OK) == 0 ? waiting : arena_printf(a, "%s/site.yaml", paths->data);
}

static struct netrun netrun_of(const struct network_change *c)
{
	return (struct netrun){ .sys = c->sys, .root = c->root, .data = c->paths.data, .run = c->paths.run };
}

static int lock(const struct network_change *c, int *ret, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *path = arena_printf(&a, "%s/network.lock", c->paths.run);

	*ret = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*ret < 0)
		return error_sys(err, errno, "%s", path);
	if (flock(*ret, LOCK_EX))
		return error_sys(err, errno, "%s", path);
	return 0;
}

/* 0: nothing waits. */
static int read_deadline(const struct network_change *c, uint64_t *ret, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;

	*ret = 0;
	if (file_read(pending(&c->paths, "deadline", &a), 64, &text, err))
		return err->sys == ENOENT ? 0 : -1;
	*ret = strtoull(str_text(&text), NULL, 10);
	/* Half a number or none: over. */
	*ret = *ret ? *ret : 1;
	return 0;
}

/* --- what changes */

struct change {
	const struct site *old_site, *new_site;
	const char *new_text;
	struct net old_net, new_net;
	const char **notes;
	size_t n_notes;
};

/* What may not change this way: everything but links, networks and the profiles that name them. */
static const char *other_change(const struct change *ch, struct arena *a)
{
	static const char *const ours[] = { "links", "networks", "profiles" };
	const struct tree *old = field_write(&site_schema, ch->old_site, false, a), *new = field_write(&site_schema, ch->new_site, false, a);

	for (size_t i = 0; i < new->n + old->n; i++) {
		const char *key = i < new->n ? new->keys[i] : old->keys[i - new->n];
		const struct tree *x = tree_get(old, key), *y = tree_get(new, key);
		AUTO_STR one = STR_INIT;
		AUTO_STR two = STR_INIT;
		bool own = false;

		for (size_t k = 0; k < ARRAY_LEN(ours); k++)
			own = own || str_eq(key, ours[k]);
		if (own)
			continue;
		if (x)
			json_write(x, false, &one);
		if (y)
			json_write(y, false, &two);
		if (!str_eq(str_text(&one), str_text(&two)))
			return key;
	}
	return NULL;
}

static bool is_among(const char *line, const char *const *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(line, lines[i]))
			return true;
	return false;
}

static void add_changes(const struct change *ch, struct arena *a, struct str *out)
{
	const char **old, **new;
	size_t n_old, n_new, before = out->len;

	net_lines(&ch->old_net, a, &old, &n_old);
	net_lines(&ch->new_net, a, &new, &n_new);
	for (size_t i = 0; i < n_old; i++)
		if (!is_among(old[i], new, n_new))
			str_addf(out, "- %s\n", old[i]);
	for (size_t i = 0; i < n_new; i++)
		if (!is_among(new[i], old, n_old))
			str_addf(out, "+ %s\n", new[i]);
	if (out->len == before)
		str_add(out, "nothing changes\n");
	for (size_t i = 0; i < ch->n_notes; i++)
		str_addf(out, "note: %s\n", ch->notes[i]);
}

/* Names of ports in M may have changed since they were bound: the kernel's name is for people only. */
static void forget_seen(struct net *net)
{
	for (size_t i = 0; i < net->n_devs; i++)
		net->devs[i].seen = NULL;
}

static int look(const struct network_change *c, const char *file, struct arena *a, struct change *ch, struct str *out, struct error *err)
{
	const struct netrun n = netrun_of(c);
	const char *other;
	uint64_t deadline;

	if (read_deadline(c, &deadline, err))
		return -1;
	if (deadline) {
		error_set(err, ERR_CONFLICT, "a change of the networks waits to be confirmed");
		return error_hint(err, "fulcrum network confirm, or fulcrum network revert");
	}
	if (admin_read_site(arena_printf(a, "%s/site.yaml", c->paths.data), a, &ch->old_site, NULL, err) ||
	    admin_read_site(file, a, &ch->new_site, &ch->new_text, err))
		return -1;
	other = other_change(ch, a);
	if (other) {
		error_set(err, ERR_INPUT, "%s: `%s` is not as in the present site file", file, other);
		return error_hint(err, "only `links`, `networks` and `profiles` are changed this way");
	}
	if (netrun_now(&n, a, &ch->old_net, err) ||
	    netrun_resolve(&n, ch->new_site, a, &ch->new_net, &ch->notes, &ch->n_notes, err))
		return -1;
	forget_seen(&ch->old_net);
	forget_seen(&ch->new_net);
	add_changes(ch, a, out);
	return 0;
}

int network_check(const struct network_change *c, const char *file, struct str *out, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct change ch = { 0 };

	return look(c, file, &a, &ch, out, err);
}

/* --- services */

/* What they were told comes from the site file: rendered anew, and all of them read it again. */
static int restart_services(const struct network_change *c, const struct site *site, const struct net *net, struct error *err)
{
	static const char *const argv[] = { "sv", "-w", "20", "restart", "/run/service/dnsmasq", "/run/service/nginx", "/run/service/chrony",
					    "/run/service/fulcrumd", NULL };
	struct render_ctx r = { .site = site, .data = c->paths.data, .run = c->paths.run, .seed = c->paths.seed };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	AUTO_ARENA a = ARENA_INIT;

	r.cpus = cpus > 0 ? (unsigned int)cpus : 1;
	setup_context(&r, net, &a);
	if (setup_name_machine(c->sys, site, &a, err) || setup_render(c->sys, &r, c->paths.run, err))
		return -1;
	return c->sys->ops->exec(c->sys, &(struct sys_exec){ .argv = argv, .timeout_ms = 90000 }, err);
}

/* --- apply and back */

static int forget_pending(const struct network_change *c, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;

	return c->sys->ops->remove(c->sys, arena_printf(&a, "%s/network.pending", c->paths.run), err);
}

/* The deadline comes first: whatever ends us from here on, watch goes back. */
static int write_pending(const struct network_change *c, const struct change *ch, unsigned int timeout_s, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR net = STR_INIT;
	const char *at = arena_printf(&a, "%" PRIu64 "\n", clock_mono_ms() / 1000 + timeout_s);

	field_to_json(&net_schema, &ch->old_net, false, true, &net);
	if (make_dirs(arena_printf(&a, "%s/network.pending", c->paths.run), 0700, err) ||
	    file_replace(pending(&c->paths, "old.json", &a), str_text(&net), net.len, 0600, err) ||
	    file_replace(pending(&c->paths, "deadline", &a), at, strlen(at), 0600, err))
		return -1;
	str_clear(&net);
	field_to_json(&net_schema, &ch->new_net, false, true, &net);
	if (file_replace(pending(&c->paths, "new.json", &a), str_text(&net), net.len, 0600, err))
		return -1;
	return file_replace(pending(&c->paths, "site.yaml", &a), ch->new_text, strlen(ch->new_text), 0600, err);
}

static int read_net(const char *path, struct arena *a, struct net *ret, struct error *err)
{
	AUTO_STR text = STR_INIT;

	memset(ret, 0, sizeof(*ret));
	if (file_read(path, 1 << 20, &text, err))
		return -1;
	return field_from_json(&net_schema, path, arena_strdup(a, str_text(&text)), text.len, ret, a, err);
}

/* Both networks are taken down as far as they stand, then the old one is made. */
static int go_back(const struct network_change *c, struct error *err)
{
	const struct netrun n = netrun_of(c);
	const struct site *site;
	AUTO_ARENA a = ARENA_INIT;
	struct net old, new;
	struct error ignored;

	if (read_net(pending(&c->paths, "old.json", &a), &a, &old, err) ||
	    admin_read_site(arena_printf(&a, "%s/site.yaml", c->paths.data), &a, &site, NULL, err))
		return -1;
	if (!read_net(pending(&c->paths, "new.json", &a), &a, &new, &ignored))
		netrun_down(&n, &new);
	netrun_down(&n, &old);
	/* From here on the old site file is the one that holds, and services read it when they start again. */
	if (netrun_up(&n, &old, err) || forget_pending(c, err))
		return -1;
	return restart_services(c, site, &old, err);
}

int network_apply(const struct network_change *c, const char *file, unsigned int timeout_s, struct str *out, struct error *err)
{
	const struct netrun n = netrun_of(c);
	AUTO_ARENA a = ARENA_INIT;
	struct change ch = { 0 };
	struct error back;
	AUTO_FD held = -1;

	if (lock(c, &held, err) || look(c, file, &a, &ch, out, err) || write_pending(c, &ch, timeout_s, err))
		return -1;
	netrun_down(&n, &ch.old_net);
	if (!netrun_up(&n, &ch.new_net, err) && !restart_services(c, ch.new_site, &ch.new_net, err))
		return 0;
	error_wrap(err, "the new networks cannot be had");
	if (go_back(c, &back))
		return error_hint(err, "the old ones did not come back at once either (%s): watch tries again; else restart", back.msg);
	return error_hint(err, "the old ones are up again, nothing has changed");
}

int network_confirm(const struct network_change *c, struct error *err)
{
	const struct netrun n = netrun_of(c);
	AUTO_ARENA a = ARENA_INIT;
	const struct site *site;
	const char *text;
	uint64_t deadline;
	AUTO_FD held = -1;
	struct net net;

	if (lock(c, &held, err) || read_deadline(c, &deadline, err))
		return -1;
	if (!deadline)
		return error_set(err, ERR_CONFLICT, "no change of the networks waits to be confirmed");
	if (admin_read_site(pending(&c->paths, "site.yaml", &a), &a, &site, &text, err) ||
	    read_net(pending(&c->paths, "new.json", &a), &a, &net, err))
		return -1;
	/* The site file first: without the other it is bound anew at the next start. */
	if (file_replace(arena_printf(&a, "%s/site.yaml", c->paths.data), text, strlen(text), 0600, err) ||
	    netrun_keep(&n, site, &net, err))
		return -1;
	return forget_pending(c, err);
}

int network_revert(const struct network_change *c, struct error *err)
{
	AUTO_FD held = -1;
	uint64_t deadline;

	if (lock(c, &held, err) || read_deadline(c, &deadline, err))
		return -1;
	if (!deadline)
		return error_set(err, ERR_CONFLICT, "no change of the networks waits to be confirmed");
	return go_back(c, err);
}

int network_expire(const struct network_change *c, bool *ret_done, struct error *err)
{
	AUTO_FD held = -1;
	uint64_t deadline;

	*ret_done = false;
	if (read_deadline(c, &deadline, err))
		return -1;
	if (!deadline || clock_mono_ms() / 1000 < deadline)
		return 0;
	/* It may have been confirmed while we waited for the lock. */
	if (lock(c, &held, err) || read_deadline(c, &deadline, err))
		return -1;
	if (!deadline)
		return 0;
	*ret_done = true;
	return go_back(c, err);
}

int network_show(const struct network_change *c, struct str *out, struct error *err)
{
	const struct netrun n = netrun_of(c);
	uint64_t deadline, now = clock_mono_ms() / 1000;
	AUTO_ARENA a = ARENA_INIT;
	const char **lines;
	struct net net;
	size_t count;

	if (netrun_now(&n, &a, &net, err) || read_deadline(c, &deadline, err))
		return -1;
	forget_seen(&net);
	net_lines(&net, &a, &lines, &count);
	for (size_t i = 0; i < count; i++)
		str_addf(out, "%s\n", lines[i]);
	if (deadline)
		str_addf(out, "not confirmed: goes back in %" PRIu64 " s\n", deadline > now ? deadline - now : 0);
	return 0;
}
