/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Probes: one row each. */
#include "agent/checks.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/esps.h"
#include "base/fd.h"
#include "base/str.h"

static const char *probe_root_uuid(struct sys *sys, const struct check *c, struct arena *a)
{
	const char *link = arena_printf(a, "/dev/disk/by-uuid/%s", c->expected ? c->expected : "");
	struct stat root, dev;

	(void)sys;
	if (stat("/", &root) || stat(link, &dev))
		return "another file system, or no such device";
	return S_ISBLK(dev.st_mode) && dev.st_rdev == root.st_dev ? c->expected : "another file system";
}

static const char *probe_hostname(struct sys *sys, const struct check *c, struct arena *a)
{
	char name[256] = "";

	(void)sys;
	(void)c;
	if (gethostname(name, sizeof(name) - 1))
		return "unknown";
	return arena_strdup(a, name);
}

static int mask_bits(const struct sockaddr *mask)
{
	return __builtin_popcount(((const struct sockaddr_in *)(const void *)mask)->sin_addr.s_addr);
}

static const char *probe_address(struct sys *sys, const struct check *c, struct arena *a)
{
	struct ifaddrs *list, *i;
	const char *seen = "no port with this address";

	(void)sys;
	if (getifaddrs(&list))
		return "unknown";
	for (i = list; i; i = i->ifa_next) {
		char path[128], mac[32], ip[INET_ADDRSTRLEN];

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || !i->ifa_netmask)
			continue;
		snprintf(path, sizeof(path), "/sys/class/net/%s/address", i->ifa_name);
		if (file_read_line(path, mac, sizeof(mac)) || !c->argument || strcasecmp(mac, c->argument) != 0)
			continue;
		inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr, ip, sizeof(ip));
		seen = arena_printf(a, "%s/%d", ip, mask_bits(i->ifa_netmask));
		/* A port may have further ones. */
		if (str_eq(seen, c->expected))
			break;
	}
	freeifaddrs(list);
	return seen;
}

/* /proc/net/route: destination and mask of the default route are all zeros (net/ipv4/fib_trie.c). */
static const char *probe_gateway(struct sys *sys, const struct check *c, struct arena *a)
{
	AUTO_STR text = STR_INIT;
	struct error err;

	(void)c;
	if (sys->ops->read_file(sys, "/proc/net/route", 1u << 20, &text, &err))
		return "unknown";
	for (const char *line = strchr(str_text(&text), '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
		char name[32];
		unsigned int dest, gw, mask;

		/* 0.0.0.0/1 is half of the world, and no default route. */
		if (sscanf(line + 1, "%31s %x %x %*x %*d %*d %*d %x", name, &dest, &gw, &mask) == 4 && !dest && !mask)
			return arena_printf(a, "%u.%u.%u.%u", gw & 255, gw >> 8 & 255, gw >> 16 & 255, gw >> 24);
	}
	return "none";
}

static int count_bytes(void *ctx, const void *data, size_t len, struct error *err)
{
	(void)data;
	(void)err;
	*(size_t *)ctx += len;
	return 0;
}

static const char *probe_http(struct sys *sys, const struct check *c, struct arena *a)
{
	struct error err;
	size_t got = 0;

	if (!c->argument || sys->ops->fetch(sys, c->argument, 0, 0, count_bytes, &got, &err))
		return c->argument ? arena_strdup(a, err.msg) : "no URL";
	return got ? "200" : "200 without a body";
}

static const char *probe_clock(struct sys *sys, const struct check *c, struct arena *a)
{
	static const char *const argv[] = { "chronyc", "-n", "-c", "tracking", NULL };
	AUTO_STR out = STR_INIT;
	struct error err;

	(void)c;
	if (sys->ops->exec(sys, &(struct sys_exec){ .argv = argv, .output = &out, .timeout_ms = 5000 }, &err))
		return arena_strdup(a, err.msg);
	/* The last column of chronyc's CSV is the leap status: "Normal" once it follows a source. */
	return strstr(str_text(&out), ",Normal") ? "in step" : "not in step yet";
}

static const char *probe_units(struct sys *sys, const struct check *c, struct arena *a)
{
	static const char *const argv[] = { "systemctl", "--failed", "--plain", "--no-legend", "--no-pager", NULL };
	AUTO_STR out = STR_INIT;
	AUTO_STR names = STR_INIT;
	struct error err;

	(void)c;
	if (sys->ops->exec(sys, &(struct sys_exec){ .argv = argv, .output = &out, .timeout_ms = 20000 }, &err))
		return arena_strdup(a, err.msg);
	for (const char *p = str_text(&out); *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : "") {
		p += strspn(p, " \t"); /* some versions indent: a name must not get lost for that */
		str_addf(&names, "%s%.*s", names.len ? " " : "", (int)strcspn(p, " \n"), p);
	}
	return names.len ? arena_printf(a, "failed: %s", str_text(&names)) : "none failed";
}

static const char *probe_listening(struct sys *sys, const struct check *c, struct arena *a)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)sys;
	(void)a;
	to.sin_port = htons((uint16_t)strtoul(c->argument ? c->argument : "0", NULL, 10));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd >= 0 && !connect(fd, (struct sockaddr *)&to, sizeof(to)) ? "yes" : "no";
}

/* The service sees /tmp as its own, and nothing else that it could mount on. */
static const char *probe_esps(struct sys *sys, const struct check *c, struct arena *a)
{
	return esps_seen(sys, c->argument, "/dev/disk/by-uuid", "/tmp/fulcrum-esp", a);
}

static const struct {
	const char *name;
	const char *(*see)(struct sys *sys, const struct check *c, struct arena *a);
} probes[] = {
	{ "root-uuid", probe_root_uuid }, { "hostname", probe_hostname }, { "address", probe_address },
	{ "gateway", probe_gateway },	  { "http", probe_http },	  { "clock", probe_clock },
	{ "units", probe_units },	  { "listening", probe_listening }, { "esps", probe_esps },
};

static const char *see(struct sys *sys, const struct check *c, struct arena *a)
{
	for (size_t i = 0; i < ARRAY_LEN(probes); i++)
		if (str_eq(probes[i].name, c->probe))
			return probes[i].see(sys, c, a);
	return arena_printf(a, "this agent knows no probe \"%s\"", c->probe ? c->probe : "");
}

struct check_result *checks_run(struct sys *sys, const struct check *checks, size_t n, struct arena *a)
{
	struct check_result *r = arena_array(a, n + 1, sizeof(*r));

	for (size_t i = 0; i < n; i++) {
		r[i].name = checks[i].name;
		r[i].expected = checks[i].expected;
		r[i].seen = see(sys, &checks[i], a);
		r[i].pass = checks[i].expected && str_eq(r[i].seen, checks[i].expected);
	}
	return r;
}
