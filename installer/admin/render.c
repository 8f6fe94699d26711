/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration texts. */
#include "admin/render.h"

#include <string.h>
#include <sys/types.h>

#include "admin/admin.h"

static const char first_line[] = "# Made from site.yaml at every start; changes here are lost.\n";

static void add_address(struct str *out, uint32_t ip)
{
	str_addf(out, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

static void dnsmasq_names(const struct render_ctx *c, struct str *out)
{
	const char *domain = domain_of(c->site->admin.name), *name = c->site->admin.name;

	str_add(out, "\n# names: this site's, and no others\nport=53\nno-resolv\nno-hosts\n");
	str_addf(out, "host-record=%s", name);
	if (!str_empty(domain))
		str_addf(out, ",%.*s", (int)(strlen(name) - strlen(domain) - 1), name);
	str_addf(out, ",%s\n", c->network->address);
	if (!str_empty(domain))
		str_addf(out, "domain=%s\nlocal=/%s/\nexpand-hosts\n", domain, domain);
	str_addf(out, "hostsdir=%s/hosts.d\n", c->run);
}

static void dnsmasq_dhcp(const struct render_ctx *c, struct str *out)
{
	const struct network *net = c->network;

	str_add(out, "\n# addresses: a node's own once it is bound, before that one for discovery\n"
		     "dhcp-authoritative\n"
		     "# no ping before an offer: it costs every boot 3 s, and all addresses here are given by us\nno-ping\n"
		     "dhcp-range=");
	if (net->discovery.first) {
		add_address(out, net->discovery.first);
		str_addc(out, ',');
		add_address(out, net->discovery.last);
	} else {
		add_address(out, net->net);
		str_add(out, ",static");
	}
	str_addc(out, ',');
	add_address(out, net->mask);
	str_addf(out, ",10m\ndhcp-hostsdir=%s/dhcp.d\ndhcp-leasefile=%s/dnsmasq.leases\n", c->run, c->data);
	if (net->gateway)
		str_addf(out, "dhcp-option=option:router,%s\n", net->gateway);
	else
		str_add(out, "# no router: the site is closed\ndhcp-option=option:router\n");
	str_addf(out, "dhcp-option=option:dns-server,%s\ndhcp-option=option:ntp-server,%s\n", net->address,
		 net->address);
}

/* By what the machine says it is (RFC 4578 and IANA's "Processor Architecture Types"): its loader by TFTP, or by HTTP. */
static const struct loader_row {
	const char *tag, *file, *types[3], *what;
	bool http;
} loaders[] = {
	{ "efi64", "shimx64.efi", { "7", "9" }, "UEFI x86-64 gets the signed shim", false },
	{ "http64", "shimx64.efi", { "16" }, "the same by HTTP, for firmware that asks for that", true },
	{ "bios", "bios/grub.pxe", { "0" }, "BIOS gets GRUB", false },
};

static void dnsmasq_boot(const struct render_ctx *c, struct str *out)
{
	str_add(out, "\n# netboot, by the type that the firmware says it is of\n");
	for (size_t i = 0; i < ARRAY_LEN(loaders); i++) {
		const struct loader_row *l = &loaders[i];

		str_addf(out, "# %s\n", l->what);
		for (size_t n = 0; l->types[n]; n++)
			str_addf(out, "dhcp-match=set:%s,option:client-arch,%s\n", l->tag, l->types[n]);
		if (l->http)
			/* UEFI 2.10, 24.7.3.1: an answer without this vendor class is none for such firmware. */
			str_addf(out, "dhcp-option-force=tag:%s,option:vendor-class,HTTPClient\ndhcp-boot=tag:%s,http://%s/netboot/%s\n", l->tag,
				 l->tag, c->network->address, l->file);
		else
			str_addf(out, "dhcp-boot=tag:%s,%s\n", l->tag, l->file);
	}
	str_addf(out, "enable-tftp\ntftp-root=%s/netboot\n", c->seed);
}

void render_dnsmasq(const struct render_ctx *c, struct str *out)
{
	str_add(out, first_line);
	str_addf(out, "user=dnsmasq\npid-file=%s/dnsmasq.pid\nlog-facility=-\n\n# only the provisioning network\n"
		      "interface=%s\nexcept-interface=lo\nbind-interfaces\n",
		 c->run, c->nic);
	dnsmasq_names(c, out);
	dnsmasq_dhcp(c, out);
	dnsmasq_boot(c, out);
}

static void nginx_static(const struct render_ctx *c, struct str *out)
{
	str_addf(out,
		 "\t\tlocation /mirror/ {\n\t\t\talias %s/mirror/;\n\t\t\tautoindex on;\n\t\t}\n"
		 "\t\tlocation /images/ {\n\t\t\talias %s/images/;\n\t\t}\n"
		 "\t\tlocation /keys/ {\n\t\t\talias %s/keys/;\n\t\t}\n",
		 c->seed, c->seed, c->seed);
	/* What a deploy takes besides the image: the signed manifest, and the loaders it names. */
	str_addf(out,
		 "\t\tlocation = /SEED {\n\t\t\talias %s/SEED;\n\t\t}\n"
		 "\t\tlocation = /SEED.sig {\n\t\t\talias %s/SEED.sig;\n\t\t}\n"
		 "\t\tlocation /efi/ {\n\t\t\talias %s/efi/;\n\t\t}\n"
		 "\t\tlocation /bios/ {\n\t\t\talias %s/bios/;\n\t\t}\n",
		 c->seed, c->seed, c->seed, c->seed);
	/* An uncompressed image that somebody put there, to measure a deploy against. */
	if (c->site->bench)
		str_add(out, "\t\tlocation /bench/ {\n\t\t\talias /data/bench/;\n\t\t}\n");
	/* Exactly what a booting machine loads: the rest of the medium is nobody's business. */
	str_addf(out,
		 "\t\tlocation = /netboot/root.squashfs {\n\t\t\talias %s/root.squashfs;\n\t\t}\n"
		 "\t\tlocation = /netboot/vmlinuz {\n\t\t\talias %s/boot/vmlinuz;\n\t\t}\n"
		 "\t\tlocation = /netboot/initrd.img {\n\t\t\talias %s/netboot/initrd.img;\n\t\t}\n",
		 c->seed, c->seed, c->seed);
	/* The loaders, for firmware that boots by HTTP: shim asks beside itself, GRUB below /grub. */
	str_addf(out,
		 "\t\tlocation = /netboot/shimx64.efi {\n\t\t\talias %s/netboot/shimx64.efi;\n\t\t}\n"
		 "\t\tlocation = /netboot/grubx64.efi {\n\t\t\talias %s/netboot/grubx64.efi;\n\t\t}\n"
		 "\t\tlocation = /grub/grub.cfg {\n\t\t\talias %s/netboot/grub/grub.cfg;\n\t\t}\n",
		 c->seed, c->seed, c->seed);
}

static void nginx_proxy(const struct render_ctx *c, const char *location, struct str *out)
{
	str_addf(out,
		 "\t\tlocation %s {\n"
		 "\t\t\tproxy_pass http://unix:%s/agent.sock:;\n"
		 "\t\t\tproxy_http_version 1.1;\n"
		 "\t\t\tproxy_set_header Connection \"\";\n"
		 "\t\t\tproxy_set_header Host $host;\n"
		 "\t\t}\n",
		 location, c->run);
}

/*
 * Machines are provisioned on the admin network; the others only see the status page. A machine that is reset leaves its connections
 * behind, and GRUB opens the next ones from the same ports (its tcp.c counts from 21550), which get no answer as long as the old ones
 * are there: idle ones are asked after 3 s whether somebody is still at the other end.
 */
static void nginx_server(const struct render_ctx *c, const struct network *net, struct str *out)
{
	bool provisioning = net == c->network;

	str_addf(out, "\n\tserver {\n\t\tlisten %s:80%s;\n", net->address, provisioning ? " default_server backlog=4096 so_keepalive=3s:1s:3" : "");
	str_addf(out, "\t\tserver_name %s;\n", c->site->admin.name);
	if (provisioning) {
		nginx_static(c, out);
		nginx_proxy(c, "/boot/", out);
		nginx_proxy(c, "/agent/", out);
	}
	nginx_proxy(c, "= /status.json", out);
	str_add(out, "\t\tlocation / {\n\t\t\troot /usr/share/fulcrum/web;\n\t\t\tindex index.html;\n\t\t}\n\t}\n");
}

void render_nginx(const struct render_ctx *c, struct str *out)
{
	str_add(out, first_line);
	str_addf(out, "user www-data;\nworker_processes %u;\nworker_rlimit_nofile 8192;\npid /run/nginx/nginx.pid;\n"
		      "error_log stderr warn;\n\nevents {\n\tworker_connections 4096;\n}\n\n",
		 c->cpus > 1 ? 2u : 1u);
	str_add(out, "http {\n"
		     "\taccess_log off;\n"
		     "\tserver_tokens off;\n"
		     "\tsendfile on;\n"
		     "\tsendfile_max_chunk 2m;\n"
		     "\ttcp_nopush on;\n"
		     "\tkeepalive_timeout 60s;\n"
		     "\treset_timedout_connection on;\n"
		     "\tdefault_type application/octet-stream;\n"
		     "\ttypes {\n\t\ttext/html html;\n\t\ttext/css css;\n\t\tapplication/javascript js;\n\t\timage/svg+xml svg;\n\t}\n"
		     "\tclient_max_body_size 4m;\n"
		     "\tclient_body_buffer_size 256k;\n");
	str_add(out, "\tclient_body_temp_path /run/nginx/body;\n\tproxy_temp_path /run/nginx/proxy;\n"
		     "\tfastcgi_temp_path /run/nginx/fastcgi;\n\tuwsgi_temp_path /run/nginx/uwsgi;\n"
		     "\tscgi_temp_path /run/nginx/scgi;\n");
	/* A listen address that this machine does not have would keep nginx from starting at all; one by DHCP may change. */
	for (size_t i = 0; i < c->site->n_networks; i++)
		if ((!c->missing || !c->missing[i]) && c->site->networks[i].address)
			nginx_server(c, &c->site->networks[i], out);
	str_add(out, "}\n");
}

void render_chrony(const struct render_ctx *c, struct str *out)
{
	str_add(out, first_line);
	str_add(out, "# The site's time authority: no source outside, so this clock is the truth here.\n"
		     "local stratum 8\n");
	str_addf(out, "allow %s\nbindaddress %s\n", c->network->subnet, c->network->address);
	str_add(out, "driftfile /var/lib/chrony/drift\nrtcsync\ncmdport 0\n");
}

void render_authorized_keys(const struct render_ctx *c, struct str *out)
{
	for (size_t i = 0; i < c->site->admin.access.n_ssh_keys; i++)
		str_addf(out, "%s\n", c->site->admin.access.ssh_keys[i]);
}

const struct render_file render_files[] = {
	{ "dnsmasq.conf", render_dnsmasq, 0644 },
	{ "nginx.conf", render_nginx, 0644 },
	{ "chrony.conf", render_chrony, 0644 },
	{ "authorized_keys", render_authorized_keys, 0600 },
};
const size_t render_files_n = ARRAY_LEN(render_files);
