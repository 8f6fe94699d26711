/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of checks, and what is made of its rows. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/size.h"
#include "data/json.h"
#include "engine/preflight.h"
#include "plan/net.h"
#include "sys/host.h"

const char *const preflight_result_names[] = { "good", "note", "unknown", "ignored", "asks", "stops", NULL };
_Static_assert(ARRAY_LEN(preflight_result_names) == PREFLIGHT__N + 1, "a name for every result");

enum { MTU_USUAL = 1500, PROBE_BYTES = 16 << 20, PROBE_MS = 3000, SLOW_S = 120 };

/* What was seen of the network by the rows that share it. */
struct seen {
	struct preflight *p;
	const struct network *net;
	struct net wanted; /* what the admin node's network is to be, with ports as they are now */
	const char **missing; /* networks without a port, and why */
	size_t n_missing;
	bool bound; /* WANTED is known; else UNBOUND says why not */
	struct error unbound;
	struct net_look look;
	bool looked;
	struct error why; /* not looked: why */
};

static void set(struct preflight_row *r, enum preflight_result result, const char *text, const char *hint)
{
	r->result = result;
	r->text = text;
	r->hint = hint;
}

/* --- the rows */

static void check_memory(const struct seen *s, struct preflight_row *r)
{
	const struct machine *m = s->p->machine;
	char has[SIZE_TEXT_MAX];
	struct error err = { 0 };

	if (preflight_memory(m, &err))
		set(r, PREFLIGHT_STOPS, arena_strdup(s->p->a, err.msg), arena_strdup(s->p->a, err.hint));
	else if (m->memory_bytes)
		set(r, PREFLIGHT_GOOD, arena_strdup(s->p->a, size_format(m->memory_bytes, has)), NULL);
	else
		set(r, PREFLIGHT_UNKNOWN, "the kernel does not say how much there is", NULL);
}

/* The planner has summed up what has to fit; its refusal is the finding. */
static void check_disk(const struct seen *s, struct preflight_row *r)
{
	const struct preflight *p = s->p;
	char size[SIZE_TEXT_MAX], seed[SIZE_TEXT_MAX];

	if (!p->plan) {
		set(r, PREFLIGHT_STOPS, arena_strdup(p->a, p->plan_error->msg), p->plan_error->hint[0] ? arena_strdup(p->a, p->plan_error->hint) : NULL);
		return;
	}
	if (!p->plan->n_disks) {
		set(r, PREFLIGHT_GOOD, "nothing is to be written", NULL);
		return;
	}
	size_format(p->plan->disks[0].size_bytes, size);
	size_format(p->catalog->seed_bytes, seed);
	set(r, PREFLIGHT_GOOD, arena_printf(p->a, "%s %s: %s, %s to be seeded", p->plan->disks[0].name,
					    p->plan->disks[0].serial ? p->plan->disks[0].serial : "without a serial", size,
					    p->catalog->seed_bytes ? seed : "nothing"), NULL);
}

struct said {
	struct arena *a;
	const char *text;
};

static void on_clock(void *ctx, const char *stage UNUSED, const char *text)
{
	struct said *c = ctx;

	c->text = arena_strdup(c->a, text);
}

static void check_clock(const struct seen *s, struct preflight_row *r)
{
	struct said c = { s->p->a, NULL };
	const struct engine_sink sink = { .ctx = &c, .stage = on_clock };
	char now[21];

	if (s->p->elsewhere) {
		set(r, PREFLIGHT_UNKNOWN, "that of a recorded machine", NULL);
		return;
	}
	preflight_clock(s->p->sys, s->p->catalog, &sink);
	clock_text(clock_real_s(), now);
	set(r, c.text ? PREFLIGHT_NOTE : PREFLIGHT_GOOD, c.text ? c.text : arena_strdup(s->p->a, now), NULL);
}

static void check_link(const struct seen *s, struct preflight_row *r)
{
	const struct nic *port = s->p->port;

	if (!port)
		set(r, PREFLIGHT_UNKNOWN, arena_strdup(s->p->a, s->why.msg), NULL);
	else if (port->link && port->speed_mbit)
		set(r, PREFLIGHT_GOOD, arena_printf(s->p->a, "%s %s: up, %" PRIu64 " Mbit/s", port->name, port->mac, port->speed_mbit), NULL);
	else if (port->link)
		set(r, PREFLIGHT_GOOD, arena_printf(s->p->a, "%s %s: up", port->name, port->mac), NULL);
	else
		set(r, PREFLIGHT_ASKS, arena_printf(s->p->a, "%s %s: no link; who else is on that network is not known", port->name, port->mac),
		    "plug in the cable of the admin network, or look at the switch's port");
}

/* "not looked" as a row's text. */
static void not_looked(const struct seen *s, struct preflight_row *r)
{
	set(r, PREFLIGHT_UNKNOWN, arena_strdup(s->p->a, s->why.msg), NULL);
}

static void check_address(const struct seen *s, struct preflight_row *r)
{
	if (!s->looked)
		not_looked(s, r);
	else if (!s->look.taken_by[0])
		set(r, PREFLIGHT_GOOD, arena_printf(s->p->a, "%s: nobody else has it", s->net->address), NULL);
	else
		set(r, PREFLIGHT_ASKS, arena_printf(s->p->a, "%s, the admin node's, is taken on %s by %s", s->net->address, s->p->port->name,
						    s->look.taken_by),
		    arena_printf(s->p->a, "give the machine with %s another address, or change networks.admin.address", s->look.taken_by));
}

static void check_dhcp(const struct seen *s, struct preflight_row *r)
{
	AUTO_STR who = STR_INIT;

	if (!s->looked) {
		not_looked(s, r);
		return;
	}
	for (size_t i = 0; i < s->look.n_offers; i++) {
		const struct net_offer *o = &s->look.offers[i];

		str_addf(&who, "%s%s (%s) offers %s", i ? "; " : "", ipv4_text(o->server, s->p->a), o->mac, ipv4_text(o->offered, s->p->a));
	}
	if (!s->look.n_offers)
		set(r, PREFLIGHT_GOOD, arena_printf(s->p->a, "%s: no other server answers", s->p->port->name), NULL);
	else
		set(r, PREFLIGHT_ASKS, arena_printf(s->p->a, "%s: another DHCP server answers: %s", s->p->port->name, str_text(&who)),
		    "take that server off the admin network: nodes would boot by whichever answers first; or correct networks.admin.nic, "
		    "if that port is on the wrong network");
}

static void check_networks(const struct seen *s, struct preflight_row *r)
{
	AUTO_STR text = STR_INIT;

	for (size_t i = 0; i < s->n_missing; i++)
		str_addf(&text, "%s%s", i ? "\n" : "", s->missing[i]);
	if (!s->bound)
		set(r, PREFLIGHT_UNKNOWN, arena_strdup(s->p->a, s->unbound.msg), NULL);
	else if (s->n_missing)
		set(r, PREFLIGHT_NOTE, arena_strdup(s->p->a, str_text(&text)), "look at cables and conditions; the admin node looks for them again at each start");
	else
		set(r, PREFLIGHT_GOOD, "all have their ports", NULL);
}

/* The largest that the driver of PORT takes; 0: it does not say. */
static uint64_t most_mtu(const struct seen *s, const char *port)
{
	static const char mark[] = " maxmtu ";
	const char *const argv[] = { "ip", "-d", "-o", "link", "show", "dev", port, NULL };
	AUTO_STR text = STR_INIT;
	struct error ignored;
	const char *at;

	if (s->p->sys->ops->exec(s->p->sys, &(struct sys_exec){ .argv = argv, .output = &text, .timeout_ms = 10000 }, &ignored))
		return 0;
	at = strstr(str_text(&text), mark);
	return at ? strtoull(at + strlen(mark), NULL, 10) : 0;
}

static enum preflight_result judge_mtu(const struct seen *s, const struct net_dev *d, struct str *out)
{
	const struct host h = { .root = s->p->root, .a = s->p->a };
	uint64_t want = d->mtu ? d->mtu : MTU_USUAL, most = most_mtu(s, d->seen), is = 0;

	str_addf(out, "%s%s: ", out->len ? "\n" : "", d->seen);
	if (most && most < want) {
		str_addf(out, "takes %" PRIu64 " at most, its networks need %" PRIu64, most, want);
		return PREFLIGHT_ASKS;
	}
	host_u64(&h, &is, "/sys/class/net/%s/mtu", d->seen);
	/* A usual size is not set, but taken as it is. */
	if (is && is < want && want == MTU_USUAL) {
		str_addf(out, "%" PRIu64 ", where nodes use %d", is, MTU_USUAL);
		return PREFLIGHT_NOTE;
	}
	if (is < want && !most) {
		str_addf(out, "whether it takes %" PRIu64 " is not known", want);
		return PREFLIGHT_UNKNOWN;
	}
	str_addf(out, "takes the %" PRIu64 " that its networks need", want);
	return PREFLIGHT_GOOD;
}

/* There are no peers yet to measure a path to. */
static void check_mtu(const struct seen *s, struct preflight_row *r)
{
	enum preflight_result worst = PREFLIGHT_GOOD;
	AUTO_STR text = STR_INIT;

	if (!s->bound || s->p->elsewhere) {
		set(r, PREFLIGHT_UNKNOWN, s->bound ? "not known of that machine" : arena_strdup(s->p->a, s->unbound.msg), NULL);
		return;
	}
	for (size_t i = 0; i < s->wanted.n_devs; i++)
		if (s->wanted.devs[i].kind == NET_PORT) {
			enum preflight_result one = judge_mtu(s, &s->wanted.devs[i], &text);

			worst = one > worst ? one : worst;
		}
	set(r, worst, arena_strdup(s->p->a, str_text(&text)),
	    worst == PREFLIGHT_ASKS ? "lower the mtu of the link and its networks, or choose another port: the network would not come up" : NULL);
}

/* How fast the medium gives its bytes, measured where nothing was read yet. */
struct probe {
	uint64_t start_ms, ms, bytes;
};

static int on_probe(void *ctx, const void *data UNUSED, size_t len, struct error *err)
{
	struct probe *p = ctx;

	p->bytes += len;
	p->ms = clock_mono_ms() - p->start_ms;
	return p->ms < PROBE_MS ? 0 : error_set(err, ERR_IO, "enough");
}

static void check_medium(const struct seen *s, struct preflight_row *r)
{
	const struct preflight *p = s->p;
	const struct catalog_image *image = p->catalog->n_images ? &p->catalog->images[0] : NULL;
	struct probe probe = { .start_ms = clock_mono_ms() };
	char rate[SIZE_TEXT_MAX], seed[SIZE_TEXT_MAX];
	struct error err = { 0 };
	uint64_t a_second, left_s;
	const char *url;

	if (!p->medium || !image || p->elsewhere) {
		set(r, PREFLIGHT_UNKNOWN, "there is none here to read", NULL);
		return;
	}
	url = arena_printf(p->a, "file://%s/images/%s/chunks", p->medium, image->name);
	if (p->sys->ops->fetch(p->sys, url, image->data_bytes / 2, PROBE_BYTES, on_probe, &probe, &err) && probe.ms < PROBE_MS) {
		set(r, PREFLIGHT_NOTE, arena_strdup(p->a, err.msg), "check the medium: the boot menu has an entry for that");
		return;
	}
	a_second = probe.bytes * 1000 / (probe.ms ? probe.ms : 1);
	left_s = p->catalog->seed_bytes / (a_second ? a_second : 1);
	size_format(a_second, rate);
	size_format(p->catalog->seed_bytes, seed);
	if (left_s < SLOW_S)
		set(r, PREFLIGHT_GOOD, arena_printf(p->a, "reads %s/s: %s take about %" PRIu64 " s", rate, seed, left_s), NULL);
	else
		set(r, PREFLIGHT_NOTE, arena_printf(p->a, "this medium reads %s/s: reading the rest, %s, takes about %" PRIu64 " minutes", rate, seed,
						    (left_s + 30) / 60), "another port, or a local stick instead of one over the network, may be faster");
}

static const struct preflight_check {
	const char *name;
	void (*run)(const struct seen *s, struct preflight_row *r);
} checks[PREFLIGHT_ROWS] = {
	{ "memory", check_memory },	      { "disk", check_disk },	       { "clock", check_clock }, { "link", check_link },
	{ "duplicate-address", check_address }, { "foreign-dhcp", check_dhcp }, { "networks", check_networks },
	{ "mtu", check_mtu }, { "medium", check_medium },
};

/* --- the run */

static void look_around(struct seen *s)
{
	struct preflight *p = s->p;
	const struct net_request r = { .site = p->site, .machine = p->machine };

	s->bound = !net_resolve(&r, p->a, &s->wanted, &s->missing, &s->n_missing, &s->unbound);
	/* The rest is the table of candidates, which the plan's refusal shows. */
	s->unbound.msg[strcspn(s->unbound.msg, "\n")] = '\0';
	s->net = site_network(p->site, "admin");
	if (!s->net) {
		error_set(&s->why, ERR_INPUT, "networks.admin is missing");
		return;
	}
	if (net_port(p->site, p->machine, "admin", p->a, &p->port, &s->why)) {
		s->why.msg[strcspn(s->why.msg, "\n")] = '\0';
		p->port = NULL;
		return;
	}
	if (s->net->vlan)
		error_set(&s->why, ERR_NET, "the admin network is a VLAN, which is not raised yet");
	else if (p->elsewhere)
		error_set(&s->why, ERR_NET, "the network of a recorded machine");
	else if (!p->port->link)
		error_set(&s->why, ERR_NET, "%s has no link", p->port->name);
	else
		s->looked = !p->sys->ops->net_look(p->sys, p->port->name, s->net->addr, &s->look, &s->why);
}

static bool is_ignored(const struct site *s, const char *name)
{
	for (size_t i = 0; i < s->preflight.n_ignore; i++)
		if (str_eq(s->preflight.ignore[i], name))
			return true;
	return false;
}

void preflight_run(struct preflight *p)
{
	struct seen s = { .p = p };

	look_around(&s);
	p->address_free = s.looked && !s.look.taken_by[0];
	for (size_t i = 0; i < PREFLIGHT_ROWS; i++) {
		struct preflight_row *r = &p->rows[i];

		r->name = checks[i].name;
		checks[i].run(&s, r);
		if (r->result == PREFLIGHT_ASKS && is_ignored(p->site, r->name))
			r->result = PREFLIGHT_IGNORED;
	}
}

/* --- what is made of it */

int preflight_judge(const struct preflight *p, bool asks_too, struct error *err)
{
	const struct preflight_row *first = NULL;
	AUTO_STR all = STR_INIT;
	AUTO_STR hints = STR_INIT;
	AUTO_STR asking = STR_INIT;
	size_t n = 0;

	for (size_t i = 0; i < PREFLIGHT_ROWS; i++) {
		const struct preflight_row *r = &p->rows[i];

		if (r->result != PREFLIGHT_STOPS && !(asks_too && r->result == PREFLIGHT_ASKS))
			continue;
		first = first ? first : r;
		str_addf(&all, "%s%s: %s", n++ ? "\n" : "", r->name, r->text);
		str_addf(&hints, "%s%s", hints.len && r->hint ? "; " : "", r->hint ? r->hint : "");
		if (r->result == PREFLIGHT_ASKS)
			str_addf(&asking, "%s%s", asking.len ? ", " : "", r->name);
	}
	if (!n)
		return 0;
	if (n == 1 && str_eq(first->name, "disk")) {
		*err = *p->plan_error;
		return -1;
	}
	if (n == 1)
		error_set(err, ERR_REFUSED, "%s; nothing was written", str_text(&all));
	else
		error_set(err, ERR_REFUSED, "%zu checks stop this install; nothing was written\n%s", n, str_text(&all));
	if (asking.len)
		str_addf(&hints, "; or, if it may be so, in the site file: preflight: { ignore: [ %s ] }", str_text(&asking));
	return error_hint(err, "%s", str_text(&hints));
}

void preflight_text(const struct preflight *p, struct str *out)
{
	enum { TEXT_AT = 30 };

	str_add(out, "preflight\n");
	for (size_t i = 0; i < PREFLIGHT_ROWS; i++) {
		const struct preflight_row *r = &p->rows[i];

		str_addf(out, "  %-18s %-8s ", r->name, preflight_result_names[r->result]);
		/* A text of several lines stays in its column. */
		for (const char *line = r->text; *line; line += strcspn(line, "\n"), line += *line == '\n')
			str_addf(out, "%*s%.*s\n", line == r->text ? 0 : TEXT_AT, "", (int)strcspn(line, "\n"), line);
	}
}

void preflight_json(const struct preflight *p, struct str *out)
{
	struct tree *list = tree_new(p->a, TREE_SEQ);

	for (size_t i = 0; i < PREFLIGHT_ROWS; i++) {
		const struct preflight_row *r = &p->rows[i];
		struct tree *row = tree_new(p->a, TREE_MAP);

		tree_add(p->a, row, "name", tree_string(p->a, r->name));
		tree_add(p->a, row, "result", tree_string(p->a, preflight_result_names[r->result]));
		tree_add(p->a, row, "text", tree_string(p->a, r->text));
		if (r->hint)
			tree_add(p->a, row, "hint", tree_string(p->a, r->hint));
		tree_push(p->a, list, row);
	}
	json_write(list, true, out);
}
