/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB scripts for netbooting machines. */
#include "admin/bootconf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "admin/plans.h"
#include "plan/net.h"

enum { SEEN_KEPT = 4096 };

struct bootconf_seen {
	size_t n;
	char mac[SEEN_KEPT][18]; /* a ring: [n % SEEN_KEPT] is written next */
};

struct bootconf_seen *bootconf_seen_new(void)
{
	struct bootconf_seen *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	return s;
}

void bootconf_seen_free(struct bootconf_seen *s)
{
	free(s);
}

static void bootconf_saw(struct bootconf_seen *s, const char *mac)
{
	char *slot = s->mac[s->n++ % SEEN_KEPT];

	strncpy(slot, mac, 17);
	slot[17] = '\0';
}

const char *bootconf_latest(const struct bootconf_seen *s, const struct machine *m)
{
	if (!s)
		return NULL;
	for (size_t back = 1; back <= s->n && back <= SEEN_KEPT; back++)
		for (size_t i = 0; i < m->n_nics; i++)
			if (m->nics[i].mac && strcmp(s->mac[(s->n - back) % SEEN_KEPT], m->nics[i].mac) == 0)
				return m->nics[i].mac;
	return NULL;
}

int mac_parse(const char *text, char ret[18])
{
	size_t i;

	for (i = 0; i < 17; i++) {
		unsigned char c = (unsigned char)text[i];

		if (i % 3 == 2 ? c != ':' : !isxdigit(c))
			return -1;
		ret[i] = (char)tolower(c);
	}
	ret[17] = '\0';
	return text[17] ? -1 : 0;
}

static void agent_script(const struct admin *ad, const char *mac, const char *why, struct str *out)
{
	const char *server = ad->network->address;

	str_addf(out, "echo 'Fulcrum: %s'\n", why);
	str_addf(out, "linux (http,%s)/netboot/vmlinuz fulcrum.mode=agent fulcrum.server=%s fulcrum.mac=%s fulcrum.key=%s%s"
		      " console=tty0 console=ttyS0,115200 panic=30\n",
		 server, server, mac, ad->site_pub, net_nodes_want_neighbours(ad->site) ? " fulcrum.listen" : "");
	str_addf(out, "initrd (http,%s)/netboot/initrd.img\nboot\n", server);
	/* Still here: a file did not come whole. GRUB's network may be of no use any more, the firmware's is after a restart. */
	str_add(out, "echo 'Fulcrum: the system could not be loaded over the network; starting again in 10 s'\nsleep 10\nreboot\n");
}

/*
 * The disk's own loader is started with its disk as root: the signed shim looks for GRUB on the device it was
 * loaded from, and with a network root that would be the network again. GRUB's `exit` is no way out either:
 * firmware then stops in its setup screen. With BIOS the ESP only says which disk it is: what starts is the first sector
 * of that disk. Where the disk is not found, the agent says so to a person.
 */
static void local_script(const struct admin *ad, const char *mac, const char *serial, const char *why, struct str *out)
{
	str_addf(out, "echo 'Fulcrum: %s'\n", why);
	if (serial)
		str_addf(out,
			 "if search --no-floppy --fs-uuid --set=root %s; then\n"
			 "\tif [ \"$grub_platform\" = pc ]; then\n"
			 "\t\tregexp --set=1:root '^([^,]*)' \"$root\"\n"
			 "\t\tchainloader +1\n"
			 "\telse\n"
			 "\t\tchainloader /EFI/BOOT/BOOTX64.EFI\n"
			 "\tfi\n"
			 "\tboot\n"
			 "fi\n",
			 serial);
	agent_script(ad, mac, "the disk that was deployed is not there, starting the agent", out);
}

int bootconf_grub(struct admin *ad, const char *mac, struct arena *a, struct str *out, struct error *err)
{
	const char *serial, *why;
	struct attempt *at;
	struct node *n;
	struct plan *p;

	if (ad->seen)
		bootconf_saw(ad->seen, mac);
	if (node_find_mac(ad->store, mac, a, &n, err))
		return -1;
	str_addf(out, "# %s\n", mac);
	if (!n) {
		agent_script(ad, mac, "a new machine, starting the agent", out);
		return 0;
	}
	why = arena_printf(a, "%s is %s", node_title(n), life_states[n->state].name);
	if (life_states[n->state].boot == BOOT_AGENT) {
		agent_script(ad, mac, arena_printf(a, "%s, starting the agent", why), out);
		return 0;
	}
	if (attempt_find(ad->store, n->installed, a, &at, err))
		return -1;
	/* A plan that cannot be read must not stop a working node from its own disk. */
	serial = attempt_plan(at, a, &p, err) ? NULL : plan_esp_serial(p);
	local_script(ad, mac, serial, arena_printf(a, "%s, starting its own disk", why), out);
	return 0;
}
