/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Too little memory; clocks of 1980, of today and of the far future; and the whole table, on machines whose network has
 * others on it.
 */
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "engine/preflight.h"
#include "tap.h"

static struct error err;
static char set_to[32], stage[32], said[300];
static bool fails;

static const char *link_says; /* what `ip link show` says of any port; NULL: it fails */

static int w_exec(struct sys *s UNUSED, const struct sys_exec *x, struct error *e)
{
	if (str_eq(x->argv[0], "ip")) {
		if (!link_says)
			return error_set(e, ERR_IO, "ip: exit 1");
		str_add(x->output, link_says);
		return 0;
	}
	snprintf(set_to, sizeof(set_to), "%s %s", x->argv[0], x->argv[3]);
	return fails ? error_set(e, ERR_IO, "date: exit 1") : 0;
}

static void on_stage(void *ctx UNUSED, const char *name, const char *text)
{
	snprintf(stage, sizeof(stage), "%s", name);
	snprintf(said, sizeof(said), "%s", text);
}

static const struct sys_ops ops = { .exec = w_exec };
static struct sys sys = { .ops = &ops };
static const struct engine_sink sink = { .stage = on_stage };

static void clock_with(int64_t epoch)
{
	const struct catalog c = { .epoch = (uint64_t)epoch };

	set_to[0] = stage[0] = said[0] = '\0';
	preflight_clock(&sys, &c, &sink);
}

static void test_memory(void)
{
	struct machine m = { .memory_bytes = 384ull << 20 };

	ok(preflight_memory(&m, &err) && err.kind == ERR_REFUSED && strstr(err.msg, "has 384 MiB, an install needs 512 MiB"),
	   "384 MiB are refused with the numbers: %s", err.msg);
	m.memory_bytes = 768ull << 20;
	ok(!preflight_memory(&m, &err), "768 MiB are enough");
	m.memory_bytes = (512ull << 20) - 1;
	ok(preflight_memory(&m, &err), "a byte under the limit is not");
	m.memory_bytes = 0;
	ok(!preflight_memory(&m, &err), "a kernel that does not say is no reason to stop");
}

static void test_clock(void)
{
	int64_t now = clock_real_s();
	char want[64];

	clock_with(now - 86400);
	ok(!set_to[0] && !stage[0], "a clock after the build is left alone, in silence");
	snprintf(want, sizeof(want), "date @%lld", (long long)now + 86400);
	clock_with(now + 86400);
	ok(!strcmp(set_to, want) && !strcmp(stage, "clock") && strstr(said, "set to the build's time"),
	   "one before it is set to the build's time, and that is said");
	clock_with(now - 11ll * 366 * 86400);
	ok(!set_to[0] && strstr(said, "left as it is"),
	   "one in the far future is told, and left");
	clock_with(0);
	ok(!set_to[0], "a release that does not say when it was built changes nothing");
	fails = true;
	clock_with(now + 86400);
	ok(strstr(said, "cannot be set: date: exit 1"), "a clock that cannot be set is told, and stops nothing: %s", said);
}

/* --- the table */

static struct net_look around;
static bool look_fails;
static unsigned int looks;

static int w_look(struct sys *s UNUSED, const char *nic UNUSED, uint32_t address, struct net_look *ret, struct error *e)
{
	looks++;
	if (look_fails || address != 0x0a000001)
		return error_set(e, ERR_IO, "eth0: packet socket: Operation not permitted");
	*ret = around;
	return 0;
}

static const struct sys_ops table_ops = { .exec = w_exec, .net_look = w_look };
static struct sys table_sys = { .ops = &table_ops };
static struct nic nics[] = { { .name = "eth0", .mac = "52:54:00:00:00:01", .link = true, .speed_mbit = 1000 } };
static struct network net = { .name = "admin", .address = "10.0.0.1", .addr = 0x0a000001, .prefix = 24, .nic = { .mac = "52:54:00:00:00:01" } };
static struct machine box = { .nics = nics, .n_nics = 1, .memory_bytes = 1ull << 30 };
static struct site site = { .networks = &net, .n_networks = 1 };
static const struct catalog none = { .epoch = 0 };
static struct plan plan;

static const struct preflight_row *row(const struct preflight *p, const char *name)
{
	for (size_t i = 0; i < PREFLIGHT_ROWS; i++)
		if (!strcmp(p->rows[i].name, name))
			return &p->rows[i];
	return NULL;
}

static struct preflight table(struct arena *a, const struct error *plan_error)
{
	struct preflight p = { .sys = &table_sys, .a = a, .site = &site, .machine = &box, .catalog = &none, .plan = plan_error ? NULL : &plan,
			       .plan_error = plan_error, .root = "tests/unit/none" };

	memset(&err, 0, sizeof(err));
	preflight_run(&p);
	return p;
}

static void test_good(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	struct preflight p = table(&a, NULL);

	ok(!preflight_judge(&p, true, &err), "a machine that is alone on its network may be installed");
	ok(p.address_free && p.port == &nics[0], "and its address is free");
	ok(row(&p, "link")->result == PREFLIGHT_GOOD && strstr(row(&p, "link")->text, "1000 Mbit/s"), "the link is told: %s", row(&p, "link")->text);
	preflight_text(&p, &text);
	ok(strstr(str_text(&text), "  duplicate-address  good     10.0.0.1: nobody else has it\n"), "the table has a row a check");
	str_clear(&text);
	preflight_json(&p, &text);
	ok(strstr(str_text(&text), "\"name\": \"foreign-dhcp\""), "so has the JSON");
}

/* --- the medium */

static bool medium_breaks;
static const char *medium_url;

static int w_fetch(struct sys *s UNUSED, const char *url, uint64_t offset, uint64_t length, sys_sink to, void *ctx, struct error *e)
{
	static const char some[65536];

	medium_url = url;
	ok(offset == 50 << 20 && length, "it is read where nothing was read yet, and not all of it");
	if (medium_breaks)
		return error_set(e, ERR_IO, "/m/images/debian-13/chunks: at byte 52428800: Input/output error");
	poll(NULL, 0, 20);
	return to(ctx, some, sizeof(some), e);
}

static struct preflight_row medium_row(struct arena *a, uint64_t seed_bytes)
{
	static const struct sys_ops with_fetch = { .exec = w_exec, .net_look = w_look, .fetch = w_fetch };
	struct sys s = { .ops = &with_fetch };
	struct catalog_image image = { .name = "debian-13", .data_bytes = 100 << 20 };
	const struct catalog c = { .images = &image, .n_images = 1, .seed_bytes = seed_bytes };
	struct preflight p = { .sys = &s, .a = a, .site = &site, .machine = &box, .catalog = &c, .plan = &plan, .root = "tests/unit/none", .medium = "/m" };

	preflight_run(&p);
	return *row(&p, "medium");
}

static void test_medium(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct preflight_row r = medium_row(&a, 1 << 20);

	ok(r.result == PREFLIGHT_GOOD && strstr(r.text, "/s: 1.0 MiB take about 0 s"), "a medium says how fast it is: %s", r.text);
	is_str(medium_url, "file:///m/images/debian-13/chunks", "by the largest file that will be read");
	r = medium_row(&a, 1ull << 40);
	ok(r.result == PREFLIGHT_NOTE && strstr(r.text, "this medium reads ") && strstr(r.text, " minutes"), "one that will take long says so: %s", r.text);
	medium_breaks = true;
	r = medium_row(&a, 1 << 20);
	ok(r.result == PREFLIGHT_NOTE && strstr(r.text, "Input/output error"), "so does one that cannot be read: %s", r.text);
}

static void test_others(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *ignore[] = { "foreign-dhcp" };
	const struct error refusal = { .kind = ERR_SELECT, .msg = "admin.disk: no disk matches", .hint = "plug one in" };
	struct preflight p;

	around = (struct net_look){ .taken_by = "52:54:00:00:00:99", .n_offers = 1,
				    .offers = { { .mac = "52:55:0a:00:02:02", .server = 0x0a000202, .offered = 0x0a00020f } } };
	p = table(&a, NULL);
	ok(!preflight_judge(&p, false, &err), "others on the network are for a person to judge");
	ok(preflight_judge(&p, true, &err) && err.kind == ERR_REFUSED, "where there is none they stop the install");
	ok(strstr(err.msg, "taken on eth0 by 52:54:00:00:00:99") && strstr(err.msg, "10.0.2.2 (52:55:0a:00:02:02) offers 10.0.2.15"),
	   "both are told in one go, by their MACs: %s", err.msg);
	ok(strstr(err.hint, "ignore: [ duplicate-address, foreign-dhcp ]"), "with what the site file can say: %s", err.hint);
	ok(!p.address_free, "the address is not free");
	site.preflight.ignore = ignore;
	site.preflight.n_ignore = 1;
	p = table(&a, NULL);
	ok(row(&p, "foreign-dhcp")->result == PREFLIGHT_IGNORED, "what the site file ignores is shown all the same");
	ok(preflight_judge(&p, true, &err) && strstr(err.msg, "taken on") && !strstr(err.msg, "DHCP"), "and only the other stops: %s", err.msg);
	box.memory_bytes = 100ull << 20;
	p = table(&a, &refusal);
	ok(preflight_judge(&p, false, &err) && strstr(err.msg, "too little memory") && strstr(err.msg, "no disk matches"),
	   "what nobody may overrule stops in any case, all at once: %s", err.msg);
	box.memory_bytes = 1ull << 30;
	around = (struct net_look){ .n_offers = 0 };
	p = table(&a, &refusal);
	ok(preflight_judge(&p, true, &err) && err.kind == ERR_SELECT && !strcmp(err.msg, refusal.msg) && !strcmp(err.hint, refusal.hint),
	   "a plan that alone cannot be made says so itself");
	site.preflight.n_ignore = 0;
}

static void test_blind(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct preflight p;
	unsigned int before;

	look_fails = true;
	p = table(&a, NULL);
	ok(row(&p, "foreign-dhcp")->result == PREFLIGHT_UNKNOWN && strstr(row(&p, "foreign-dhcp")->text, "not permitted") && !p.address_free,
	   "what could not be looked at is no good news: %s", row(&p, "foreign-dhcp")->text);
	look_fails = false;
	nics[0].link = false;
	before = looks;
	p = table(&a, NULL);
	ok(row(&p, "link")->result == PREFLIGHT_ASKS && row(&p, "duplicate-address")->result == PREFLIGHT_UNKNOWN && looks == before,
	   "without a link nobody is asked, and a person is: %s", row(&p, "link")->text);
	nics[0].link = true;
	net.nic.mac = "52:54:00:00:00:02";
	p = table(&a, NULL);
	ok(!p.port && row(&p, "link")->result == PREFLIGHT_UNKNOWN && looks == before, "so it is without a port: %s", row(&p, "link")->text);
	net.nic.mac = "52:54:00:00:00:01";
}

static void has_mtu(const char *says, uint64_t want, enum preflight_result result, const char *text, const char *name)
{
	AUTO_ARENA a = ARENA_INIT;
	struct preflight p;

	link_says = says;
	net.mtu = want;
	p = table(&a, NULL);
	ok(row(&p, "mtu")->result == result && strstr(row(&p, "mtu")->text, text), "%s: %s", name, row(&p, "mtu")->text);
	ok(!preflight_judge(&p, true, &err) == (result != PREFLIGHT_ASKS), "and the install is judged by it");
	net.mtu = 1500;
}

static void test_mtu(void)
{
	static const char large[] = "2: eth0: <UP> mtu 1500 \\ link/ether promiscuity 0 minmtu 68 maxmtu 9710 addrgenmode none",
			  small[] = "2: eth0: <UP> mtu 1500 \\ link/ether promiscuity 0 minmtu 68 maxmtu 1500 addrgenmode none";

	has_mtu(large, 9000, PREFLIGHT_GOOD, "eth0: takes the 9000 that", "a port that takes what the network needs is good");
	has_mtu(small, 9000, PREFLIGHT_ASKS, "eth0: takes 1500 at most, its networks need 9000", "one that does not is asked about");
	has_mtu(small, 1500, PREFLIGHT_GOOD, "eth0: takes the 1500 that", "though it is good for usual packets");
	has_mtu("2: eth0: <UP> mtu 1500 \\ link/ether minmtu 0 maxmtu 0 ", 9000, PREFLIGHT_UNKNOWN, "is not known", "a driver may not say");
	has_mtu(NULL, 9000, PREFLIGHT_UNKNOWN, "whether it takes 9000 is not known", "nor a tool that fails");
}

static void test_networks(void)
{
	AUTO_ARENA a = ARENA_INIT;
	struct network both[] = { net, { .name = "storage", .dhcp = true, .nic = { .mac = "52:54:00:00:00:77" } } };
	struct preflight p = table(&a, NULL);

	ok(row(&p, "networks")->result == PREFLIGHT_GOOD, "all networks have their ports");
	site.networks = both;
	site.n_networks = 2;
	p = table(&a, NULL);
	ok(row(&p, "networks")->result == PREFLIGHT_NOTE && strstr(row(&p, "networks")->text, "network storage is not configured: "),
	   "one that has none is told: %s", row(&p, "networks")->text);
	ok(!preflight_judge(&p, true, &err) && p.port, "and stops nothing");
	site.networks = &net;
	site.n_networks = 1;
}

int main(void)
{
	test_memory();
	test_clock();
	test_good();
	test_medium();
	test_others();
	test_blind();
	test_mtu();
	test_networks();
	return tap_end();
}
