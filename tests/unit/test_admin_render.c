/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rendered configuration of tests/sites/lab.yaml, to the letter. After a wanted change:
 * RENDER_UPDATE=1 writes tests/unit/render/ anew, and the diff is what to review.
 */
#include <stdlib.h>

#include "admin/effects.h"
#include "admin/render.h"
#include "base/fd.h"
#include "tap.h"

static const struct site *read_site(struct arena *a, const char *extra)
{
	struct findings f = { .arena = a };
	AUTO_STR text = STR_INIT;
	AUTO_STR all = STR_INIT;
	struct error err;
	struct site *s;

	if (file_read("tests/sites/lab.yaml", 1 << 20, &text, &err)) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	str_add(&text, extra);
	s = site_parse("lab.yaml", arena_strndup(a, str_text(&text), text.len), text.len, a, &f);
	findings_print(&f, &all);
	is_str(str_text(&all), "", "the site has no finding");
	return s;
}

static void golden(const struct render_file *file, const struct render_ctx *c)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *path = arena_printf(&a, "tests/unit/render/%s", file->name);
	AUTO_STR wanted = STR_INIT;
	AUTO_STR seen = STR_INIT;
	struct error err;

	file->render(c, &seen);
	if (getenv("RENDER_UPDATE") && file_replace(path, str_text(&seen), seen.len, 0644, &err))
		printf("# %s\n", err.msg);
	if (file_read(path, 1 << 20, &wanted, &err))
		printf("# %s\n", err.msg);
	is_str(str_text(&seen), str_text(&wanted), "%s is as reviewed", file->name);
}

static void variants(struct render_ctx c, struct arena *a)
{
	struct network net = *c.network;
	bool missing[2] = { false, true };
	AUTO_STR dnsmasq = STR_INIT;
	AUTO_STR nginx = STR_INIT;

	net.gateway = "192.168.124.1";
	net.discovery.first = net.discovery.last = 0;
	c.network = &net;
	render_dnsmasq(&c, &dnsmasq);
	ok(strstr(str_text(&dnsmasq), "dhcp-option=option:router,192.168.124.1\n") != NULL, "a gateway becomes the router");
	ok(strstr(str_text(&dnsmasq), "dhcp-range=192.168.124.0,static,255.255.255.0,10m\n") != NULL,
	   "without a discovery range only bound nodes get an address");
	c.network = site_network(c.site, "admin");
	c.missing = missing;
	render_nginx(&c, &nginx);
	ok(strstr(str_text(&nginx), "10.0.2.15") == NULL, "nginx does not listen where there is no adapter");
	(void)a;
}

static void lines(void)
{
	AUTO_STR dhcp = STR_INIT;
	AUTO_STR hosts = STR_INIT;

	dhcp_line("52:54:00:00:00:01", "192.168.124.81", "node-1", &dhcp);
	hosts_line("192.168.124.81", "node-1", "lab.example", &hosts);
	hosts_line("192.168.124.82", "node-2", "", &hosts);
	is_str(str_text(&dhcp), "52:54:00:00:00:01,192.168.124.81,node-1,infinite\n", "a node's DHCP line");
	is_str(str_text(&hosts), "192.168.124.81 node-1.lab.example node-1\n192.168.124.82 node-2\n", "a node's hosts line");
}

int main(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct render_ctx c = { .nic = "eth0", .data = "/data/fulcrum", .run = "/run/fulcrum",
				.seed = "/data/seed/current", .cpus = 4 };

	c.site = read_site(&a, "");
	c.network = site_network(c.site, "admin");
	for (size_t i = 0; i < render_files_n; i++)
		golden(&render_files[i], &c);
	variants(c, &a);
	lines();
	return tap_end();
}
