/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long networks are waited for: the admin network as long as it takes, others a while after it. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "engine/port_wait.h"
#include "tap.h"

static struct nic nics[] = { { .name = "eth0", .mac = "52:54:00:00:00:01" }, { .name = "eth1", .mac = "52:54:00:00:00:02" } };
static const struct machine box = { .nics = nics, .n_nics = 2 };
static struct network nets[] = { { .name = "storage", .dhcp = true, .nic = { .mac = "52:54:00:00:00:02", .link = "up" } },
				 { .name = "admin", .address = "10.0.0.1", .prefix = 24, .nic = { .mac = "52:54:00:00:00:01", .link = "up" } } };
static const struct site site = { .networks = nets, .n_networks = 2 };
static struct arena a;
static struct str said;

static void tell(void *ctx UNUSED, const char *line)
{
	str_addf(&said, "%s\n", line);
}

static struct port_wait begin(bool admin, bool storage)
{
	nics[0].link = admin;
	nics[1].link = storage;
	str_clear(&said);
	return (struct port_wait){ .site = &site, .a = &a };
}

static bool over(struct port_wait *w, uint64_t s)
{
	return port_wait_over(w, &box, s * 1000, tell, NULL);
}

static void test_all(void)
{
	struct port_wait w = begin(true, true);

	ok(over(&w, 100) && !said.len, "where all ports have a link nothing is waited for");
}

static void test_admin(void)
{
	struct port_wait w = begin(false, true);

	ok(!over(&w, 100) && !over(&w, 120) && !over(&w, 189) && !said.len, "the admin network is waited for as long as the caller likes");
	nics[0].link = true;
	ok(over(&w, 190), "until it is there");
}

static void test_other(void)
{
	struct port_wait w = begin(false, false);

	ok(!over(&w, 100) && !over(&w, 150), "while the admin network is not there, neither is given up");
	nics[0].link = true;
	ok(!over(&w, 160), "once it is");
	ok(strstr(str_text(&said), "waiting up to 10 s: network storage is not configured: ") == str_text(&said), "the other is said to be waited for: %s",
	   str_text(&said));
	str_clear(&said);
	ok(!over(&w, 165) && !over(&w, 169) && !said.len, "for a while");
	ok(over(&w, 170), "and no longer");
	ok(strstr(str_text(&said), "going on: network storage is not configured: ") == str_text(&said), "which is said, too: %s", str_text(&said));
	w = begin(true, false);
	ok(!over(&w, 100), "one that comes within that while");
	nics[1].link = true;
	ok(over(&w, 104), "ends it");
}

/* The admin network's port has no condition that needs a link: what it is is known before it is up. */
static void test_unconditional(void)
{
	struct port_wait w = begin(false, false);

	nets[1].nic.link = NULL;
	ok(!over(&w, 100) && !over(&w, 130), "a port that is known and not up yet is waited for, too");
	nics[0].link = true;
	ok(!over(&w, 140) && over(&w, 150), "before the others' time begins");
	nets[1].nic.link = "up";
}

static void test_neighbours(void)
{
	struct port_wait w;

	nets[0].nic.neighbour = "switch-*";
	w = begin(true, true);
	ok(!over(&w, 100) && strstr(str_text(&said), "waiting up to 35 s"), "a switch speaks every 30 s");
	ok(!over(&w, 134) && over(&w, 135), "and is waited for so long");
	nets[0].nic.neighbour = NULL;
}

int main(void)
{
	test_all();
	test_admin();
	test_other();
	test_unconditional();
	test_neighbours();
	str_release(&said);
	arena_release(&a);
	return tap_end();
}
