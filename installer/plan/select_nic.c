/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selectors of ports: as those of disks, one row a condition, so that matching and explaining cannot drift apart. */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plan/select.h"

static const char *text_why(const char *what, const char *wanted, const char *seen, struct arena *a)
{
	if (!wanted)
		return NULL;
	if (str_empty(seen))
		return arena_printf(a, "%s is unknown, wanted %s", what, wanted);
	return fnmatch(wanted, seen, 0) == 0 ? NULL : arena_printf(a, "%s is %s, wanted %s", what, seen, wanted);
}

static const char *why_mac(const struct nic_selector *s, const struct nic *n, struct arena *a)
{
	const char *mac = nic_address(n);

	if (!s->mac || str_eq(s->mac, mac) || str_eq(s->mac, n->mac))
		return NULL;
	return arena_printf(a, "mac is %s, wanted %s", mac ? mac : "unknown", s->mac);
}
static const char *why_permanent(const struct nic_selector *s, const struct nic *n, struct arena *a)
{
	return text_why("permanent_mac", s->permanent_mac, n->permanent_mac, a);
}
static const char *why_driver(const struct nic_selector *s, const struct nic *n, struct arena *a)
{
	return text_why("driver", s->driver, n->driver, a);
}
static const char *why_pci(const struct nic_selector *s, const struct nic *n, struct arena *a)
{
	return text_why("pci", s->pci, n->pci, a);
}
static const char *why_link(const struct nic_selector *s, const struct nic *n, struct arena *a)
{
	if (!s->link || n->link)
		return NULL;
	return arena_printf(a, "link is down, wanted %s", s->link);
}

/* "10G", "2500M" */
static const char *speed_text(uint64_t mbit, struct arena *a)
{
	return mbit % 1000 ? arena_printf(a, "%" PRIu64 "M", mbit) : arena_printf(a, "%" PRIu64 "G", mbit / 1000);
}
static const char *why_speed(const struct nic_selector *s, const struct nic *n, struct arena *a)
{
	if (!s->speed.set || (n->speed_mbit >= s->speed.min && n->speed_mbit <= s->speed.max))
		return NULL;
	if (!n->speed_mbit)
		return arena_printf(a, "speed is unknown%s, wanted %s", n->link ? "" : " without a link", s->speed.text);
	return arena_printf(a, "speed is %s, wanted %s", speed_text(n->speed_mbit, a), s->speed.text);
}
static const char *why_neighbour(const struct nic_selector *s, const struct nic *n, struct arena *a)
{
	return text_why("neighbour", s->neighbour, n->neighbour, a);
}
static const char *why_neighbour_port(const struct nic_selector *s, const struct nic *n, struct arena *a)
{
	return text_why("neighbour_port", s->neighbour_port, n->neighbour_port, a);
}

typedef const char *(*why_fn)(const struct nic_selector *s, const struct nic *n, struct arena *a);
static const why_fn conditions[] = {
	why_mac, why_permanent, why_driver, why_pci, why_speed, why_link, why_neighbour, why_neighbour_port,
};

/* Every condition that does not hold; NULL when all do. */
static const char *fails(const struct nic_selector *s, const struct nic *n, struct arena *a)
{
	AUTO_STR b = STR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
		const char *why = conditions[i](s, n, a);

		if (why)
			str_addf(&b, "%s%s", b.len ? "; " : "", why);
	}
	return b.len ? arena_strdup(a, str_text(&b)) : NULL;
}

/* By place in the machine; the kernel's names come last, they may be others tomorrow. */
static int path_order(const void *x, const void *y)
{
	const struct nic *const *a = x, *const *b = y;
	int order;

	if (!(*a)->pci != !(*b)->pci)
		return (*a)->pci ? -1 : 1;
	order = (*a)->pci ? strcmp((*a)->pci, (*b)->pci) : 0;
	if (!order && (*a)->dev_port != (*b)->dev_port)
		order = (*a)->dev_port < (*b)->dev_port ? -1 : 1;
	if (!order && nic_address(*a) && nic_address(*b))
		order = strcmp(nic_address(*a), nic_address(*b));
	return order ? order : strcmp((*a)->name, (*b)->name);
}

struct looked {
	const struct nic **match; /* in order; the first `wanted` are taken, if BOUND */
	size_t n, wanted;
	bool bound;
};

static struct looked look(const struct nic_selector *s, const struct machine *m, struct arena *a)
{
	struct looked l = { .wanted = s->count ? s->count : 1 };

	l.match = arena_array(a, m->n_nics, sizeof(*l.match));
	for (size_t i = 0; i < m->n_nics; i++)
		if (!fails(s, &m->nics[i], a))
			l.match[l.n++] = &m->nics[i];
	qsort(l.match, l.n, sizeof(*l.match), path_order);
	l.bound = l.n == l.wanted || (l.n > l.wanted && s->pick != NIC_PICK_NONE);
	return l;
}

static bool is_taken(const struct looked *l, const struct nic *n)
{
	for (size_t i = 0; l->bound && i < l->wanted; i++)
		if (l->match[i] == n)
			return true;
	return false;
}

/* "  eth0       52:54:00:aa:bb:01  matches" */
static void add_ports(const struct nic_selector *s, const struct looked *l, const struct machine *m, bool stars, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;

	for (size_t i = 0; i < m->n_nics; i++) {
		const struct nic *n = &m->nics[i];
		const char *why = fails(s, n, &a);
		bool taken = is_taken(l, n);

		str_addf(out, "\n%s %-10s %s  %s%s", stars && taken ? "*" : " ", n->name, n->mac ? n->mac : "?", why ? why : "matches",
			 !why && l->bound && !taken ? ", not among the first by path" : "");
	}
	if (!m->n_nics)
		str_add(out, "\n  no network port was found at all");
}

static const char *outcome(const struct looked *l, struct arena *a)
{
	const char *are = l->wanted == 1 ? "is" : "are";

	if (l->n == 1)
		return arena_printf(a, "1 port matches, exactly %zu %s needed", l->wanted, are);
	if (l->n)
		return arena_printf(a, "%zu ports match, exactly %zu %s needed", l->n, l->wanted, are);
	return arena_printf(a, "no port matches, exactly %zu %s needed", l->wanted, are);
}

static const char *remedy(const struct looked *l)
{
	if (l->n < l->wanted)
		return l->wanted == 1 ? "check the cable, or change the conditions" : "check the cables, or change the conditions or `count`";
	return l->wanted == 1 ? "add `mac:` to say which" : "add conditions, or `pick: first-by-path`";
}

int select_nics(const struct nic_selector *s, const char *what, const struct machine *m, struct arena *a, const struct nic ***ret,
		size_t *ret_n, struct error *err)
{
	struct looked l = look(s, m, a);
	AUTO_STR table = STR_INIT;

	if (l.bound) {
		*ret = l.match;
		*ret_n = l.wanted;
		return 0;
	}
	add_ports(s, &l, m, false, &table);
	error_set(err, ERR_SELECT, "%s: %s%s", what, outcome(&l, a), str_text(&table));
	if (s->pos.file)
		error_wrap(err, "%s:%u:%u", s->pos.file, s->pos.line, s->pos.column);
	return error_hint(err, "%s", remedy(&l));
}

int select_nic(const struct nic_selector *s, const char *what, const struct machine *m, struct arena *a, const struct nic **ret,
	       struct error *err)
{
	const struct nic **found;
	size_t n;

	if (select_nics(s, what, m, a, &found, &n, err))
		return -1;
	*ret = found[0];
	return 0;
}

void select_nics_explain(const struct nic_selector *s, const struct machine *m, struct str *out)
{
	AUTO_ARENA a = ARENA_INIT;
	struct looked l = look(s, m, &a);

	str_addf(out, "wanted: %zu port%s%s", l.wanted, l.wanted == 1 ? "" : "s", s->pick ? ", the first by path" : "");
	add_ports(s, &l, m, true, out);
	if (!l.bound)
		str_addf(out, "\n  stops: %s\n  hint: %s", outcome(&l, &a), remedy(&l));
	str_addc(out, '\n');
}
