/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The admin node's own checks, and the thread that runs them. */
#include "admin/checks.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "admin/catalog_load.h"
#include "admin/trial.h"
#include "base/clock.h"
#include "base/fd.h"
#include "data/json.h"
#include "sys/sys.h"

enum { HURRY_S = 1, CALM_S = 30, STOP_S = 2, FETCH_MAX = 1 << 20 };

/* What a check may look at; it puts into *SEEN what it found, in words. */
struct look {
	const struct admin *ad;
	struct sys *sys;
	struct arena *a;
	const char *seen;
};

static bool says(struct look *l, const char *seen)
{
	l->seen = seen;
	return true;
}

static bool bad(struct look *l, const struct error *err)
{
	l->seen = arena_strdup(l->a, err->msg);
	return false;
}

/* --- services: runit keeps "run", "down" or "finish" in supervise/stat (runsv.8) */

static bool service_up(struct look *l, const char *name)
{
	const char *path = arena_printf(l->a, "/run/service/%s/supervise/stat", name);
	char stat_line[64];
	int e = file_read_line(path, stat_line, sizeof(stat_line));

	if (e) {
		l->seen = arena_printf(l->a, "%s: %s", path, strerror(-e));
		return false;
	}
	l->seen = arena_strdup(l->a, stat_line);
	return str_starts(stat_line, "run");
}

/* --- sockets: hexadecimal local port in /proc/net, state 0A = listening (Documentation/networking/proc_net_tcp.rst) */

static bool port_open(struct look *l, const char *port)
{
	bool tcp = str_starts(port, "tcp");
	const char *path = tcp ? "/proc/net/tcp" : "/proc/net/udp";
	unsigned int wanted = (unsigned int)strtoul(port + 4, NULL, 10);
	AUTO_STR text = STR_INIT;
	struct error err;

	if (file_read(path, 16 << 20, &text, &err))
		return bad(l, &err);
	for (const char *p = str_text(&text); *p; p += strcspn(p, "\n"), p += *p == '\n') {
		unsigned int local, remote, state;

		if (sscanf(p, " %*u: %*x:%x %*x:%x %x", &local, &remote, &state) == 3 && local == wanted &&
		    (!tcp || state == 0x0a))
			return says(l, "listening");
	}
	l->seen = "nobody listens";
	return false;
}

/* --- the rest */

static bool address_here(struct look *l, const char *unused UNUSED)
{
	AUTO_STR text = STR_INIT;
	const char *const argv[] = { "ip", "-o", "-4", "address", "show", NULL };
	const char *want = arena_printf(l->a, " %s/%u ", l->ad->network->address, l->ad->network->prefix);
	struct error err;

	if (l->sys->ops->exec(l->sys, &(struct sys_exec){ .argv = argv, .output = &text, .timeout_ms = 5000 }, &err))
		return bad(l, &err);
	if (strstr(str_text(&text), want))
		return says(l, arena_printf(l->a, "%s", want + 1));
	l->seen = "no adapter has it";
	return false;
}

static bool data_mounted(struct look *l, const char *unused UNUSED)
{
	struct stat data, above;
	const char *dir = l->ad->paths.data;

	if (stat(arena_printf(l->a, "%s/..", dir), &data) || stat("/", &above)) {
		l->seen = arena_printf(l->a, "%s: %s", dir, strerror(errno));
		return false;
	}
	l->seen = data.st_dev != above.st_dev ? "a file system of its own" : "part of the root file system: lost at power off";
	return data.st_dev != above.st_dev;
}

static bool key_there(struct look *l, const char *unused UNUSED)
{
	const char *path = arena_printf(l->a, "%s/site.key", l->ad->paths.data);
	struct stat st;

	if (stat(path, &st)) {
		l->seen = arena_printf(l->a, "%s: %s", path, strerror(errno));
		return false;
	}
	l->seen = arena_printf(l->a, "mode %03o", st.st_mode & 0777);
	return (st.st_mode & 077) == 0;
}

static bool clock_sane(struct look *l, const char *unused UNUSED)
{
	const char *path = arena_printf(l->a, "%s/release.json", l->ad->paths.seed), *epoch;
	AUTO_STR text = STR_INIT;
	struct error err;
	struct tree *t;
	char now[21];

	if (file_read(path, 65536, &text, &err))
		return bad(l, &err);
	t = json_parse(path, str_text(&text), text.len, l->a, &err);
	if (!t)
		return bad(l, &err);
	epoch = tree_get_text(t, "epoch");
	clock_text(clock_real_s(), now);
	l->seen = arena_strdup(l->a, now);
	return epoch && clock_real_s() >= strtoll(epoch, NULL, 10);
}

static bool catalog_signed(struct look *l, const char *unused UNUSED)
{
	struct catalog *c;
	struct error err;

	if (catalog_load(l->ad->paths.seed, l->ad->paths.release_key, l->a, &c, &err))
		return bad(l, &err);
	/* What was read at start is what is planned with; a seed changed since needs a restart. */
	if (!l->ad->catalog || !str_eq(l->ad->catalog->seed_hash, c->seed_hash)) {
		l->seen = "changed since fulcrumd started";
		return false;
	}
	return says(l, arena_printf(l->a, "release %s, %zu image%s", c->build_id, c->n_images, c->n_images == 1 ? "" : "s"));
}

/* What is planned with and served must be what this slot's release brought. */
static bool own_release(struct look *l, const char *unused UNUSED)
{
	const struct trial t = { .sys = l->sys, .root = "", .paths = l->ad->paths };
	const char *release = trial_release(&t, l->a);

	if (!release) {
		l->seen = "the slot does not say";
		return false;
	}
	l->seen = arena_printf(l->a, "%s", release);
	return l->ad->catalog && str_eq(l->ad->catalog->build_id, release);
}

static int take(void *ctx, const void *data, size_t len, struct error *err)
{
	struct str *body = ctx;

	if (body->len + len > FETCH_MAX)
		return error_set(err, ERR_NET, "longer than expected");
	str_addn(body, data, len);
	return 0;
}

static bool served_as_seeded(struct look *l, const char *path)
{
	const char *file = arena_printf(l->a, "%s%s", l->ad->paths.seed, path);
	const char *url = arena_printf(l->a, "http://%s%s", l->ad->network->address, path);
	AUTO_STR seeded = STR_INIT;
	AUTO_STR served = STR_INIT;
	struct error err;

	if (file_read(file, FETCH_MAX, &seeded, &err) || l->sys->ops->fetch(l->sys, url, 0, 0, take, &served, &err))
		return bad(l, &err);
	if (seeded.len != served.len || memcmp(str_text(&seeded), str_text(&served), seeded.len) != 0) {
		l->seen = "other bytes than were seeded";
		return false;
	}
	return says(l, "the seeded bytes");
}

static const struct {
	const char *name;
	bool (*run)(struct look *l, const char *argument);
	const char *argument, *expected;
} rows[] = {
	{ "data file system", data_mounted, NULL, "mounted on its own" },
	{ "site key", key_there, NULL, "there, for root alone" },
	{ "clock", clock_sane, NULL, "not before the release was built" },
	{ "address", address_here, NULL, "configured" },
	{ "catalog", catalog_signed, NULL, "signed by the release key" },
	{ "release", own_release, NULL, "the one whose mirror is served" },
	{ "service dnsmasq", service_up, "dnsmasq", "run" },
	{ "service nginx", service_up, "nginx", "run" },
	{ "service chrony", service_up, "chrony", "run" },
	{ "service dropbear", service_up, "dropbear", "run" },
	{ "DHCP", port_open, "udp 67", "listening" },
	{ "TFTP", port_open, "udp 69", "listening" },
	{ "NTP", port_open, "udp 123", "listening" },
	{ "HTTP", port_open, "tcp 80", "listening" },
	{ "mirror", served_as_seeded, "/mirror/dists/trixie/InRelease", "the seeded bytes over HTTP" },
};

static bool run_all(const struct admin *ad, struct sys *sys, struct arena *a, struct check_result **ret,
		    size_t *ret_n)
{
	struct check_result *r = arena_array(a, ARRAY_LEN(rows), sizeof(*r));
	bool green = true;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct look l = { ad, sys, a, NULL };

		r[i].name = rows[i].name;
		r[i].expected = rows[i].expected;
		r[i].pass = rows[i].run(&l, rows[i].argument);
		r[i].seen = l.seen ? l.seen : "";
		green = green && r[i].pass;
	}
	*ret = r;
	*ret_n = ARRAY_LEN(rows);
	return green;
}

bool checks_once(const struct admin *ad, struct arena *a, struct check_result **ret, size_t *ret_n)
{
	struct sys *sys = sys_real_new();
	bool green = run_all(ad, sys, a, ret, ret_n);

	sys_free(sys);
	return green;
}

/* --- the thread */

struct checks {
	const struct admin *ad;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* What follows is only touched under the lock. */
	bool stop, green, done, told;
	struct arena arena; /* of the results */
	struct check_result *results;
	size_t n;
};

static void keep(struct checks *c, const struct check_result *r, size_t n, bool green)
{
	arena_release(&c->arena);
	c->results = arena_array(&c->arena, n, sizeof(*r));
	for (size_t i = 0; i < n; i++) {
		c->results[i] = r[i]; /* name and expected are literals */
		c->results[i].seen = arena_strdup(&c->arena, r[i].seen);
	}
	c->n = n;
	c->green = green;
}

static void *loop(void *arg)
{
	struct checks *c = arg;
	bool calm = false;

	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		AUTO_ARENA a = ARENA_INIT;
		struct check_result *r;
		struct timespec until;
		bool green;
		size_t n;

		pthread_mutex_unlock(&c->lock);
		green = checks_once(c->ad, &a, &r, &n);
		calm = calm || green;
		pthread_mutex_lock(&c->lock);
		keep(c, r, n, green);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += calm ? CALM_S : HURRY_S;
		while (!c->stop && pthread_cond_timedwait(&c->wake, &c->lock, &until) == 0)
			;
	}
	c->done = true;
	pthread_cond_broadcast(&c->wake);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

struct checks *checks_start(const struct admin *ad)
{
	struct checks *c = calloc(1, sizeof(*c));
	pthread_condattr_t attr;

	if (!c)
		abort();
	c->ad = ad;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&c->thread, NULL, loop, c))
		abort();
	return c;
}

bool checks_stop(struct checks *c)
{
	struct timespec until;

	if (!c)
		return true;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STOP_S;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_broadcast(&c->wake);
	while (!c->done && pthread_cond_timedwait(&c->wake, &c->lock, &until) != ETIMEDOUT)
		;
	if (!c->done) {
		pthread_mutex_unlock(&c->lock);
		pthread_detach(c->thread);
		return false;
	}
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	arena_release(&c->arena);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
	return true;
}

bool checks_turned_green(struct checks *c)
{
	bool news;

	if (!c)
		return false;
	pthread_mutex_lock(&c->lock);
	news = c->n && c->green && !c->told;
	c->told = c->told || news;
	pthread_mutex_unlock(&c->lock);
	return news;
}

bool checks_last(struct checks *c, struct arena *a, struct check_result **ret, size_t *ret_n)
{
	bool green;

	*ret = NULL;
	*ret_n = 0;
	if (!c)
		return false;
	pthread_mutex_lock(&c->lock);
	*ret = arena_array(a, c->n + 1, sizeof(**ret));
	for (size_t i = 0; i < c->n; i++) {
		(*ret)[i] = c->results[i];
		(*ret)[i].seen = arena_strdup(a, c->results[i].seen);
	}
	*ret_n = c->n;
	green = c->n && c->green;
	pthread_mutex_unlock(&c->lock);
	return green;
}
