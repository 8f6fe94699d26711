/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What only the whole site file shows: addresses inside subnets, names that exist, layouts that can
 * be made. Every complaint is collected, none stops another; what the reader already complained of
 * (a missing or misspelt key) is NULL or zero here and passed over. Does not know disks or machines:
 * whether a selector matches anything is the planner's to say. Longer than most files: it is one list
 * of questions to one value.
 */
#include <inttypes.h>
#include <string.h>

#include "model/check.h"
#include "model/ssh_key.h"

/* --- names */

static const char lower_digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";

/* One part of a host name: N bytes at S. */
static bool label_is_good(const char *s, size_t n)
{
	if (!n || n > 63 || s[0] == '-' || s[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (s[i] != '-' && !memchr(lower_digits, s[i], sizeof(lower_digits) - 1))
			return false;
	return true;
}

void check_label(const struct check *c, struct pos pos, const char *path, const char *name)
{
	if (name && !label_is_good(name, strlen(name)))
		finding_add(c->f, pos, path, "lower-case letters, digits and inner hyphens, at most 63",
			    "%s is not a name", quoted(c, name));
}

static void check_full_name(const struct check *c, struct pos pos, const char *path, const char *name)
{
	size_t parts = 0, len = strlen(name);
	bool good = len <= 253;

	for (const char *s = name; good; parts++) {
		size_t n = strcspn(s, ".");

		good = label_is_good(s, n);
		if (!s[n]) {
			parts++;
			good = good && strspn(s, "0123456789") != n;
			break;
		}
		s += n + 1;
	}
	if (!good)
		finding_add(c->f, pos, path, "lower-case letters, digits and inner hyphens, with dots between",
			    "%s is not a host name", quoted(c, name));
	else if (parts < 2)
		finding_add(c->f, pos, path, "nodes get its domain: give one, such as admin.lab.example",
			    "%s has no domain", quoted(c, name));
}

void unknown_name(const struct check *c, struct pos pos, const char *path, const char *what, const char *name,
		  const char *const *known, size_t n)
{
	const char *near = str_nearest(name, known, n);
	AUTO_STR list = STR_INIT;

	for (size_t i = 0; i < n; i++)
		str_addf(&list, "%s%s", i ? ", " : "known: ", known[i]);
	if (near)
		finding_add(c->f, pos, path, NULL, "no %s is named %s (did you mean \"%s\"?)", what, quoted(c, name), near);
	else
		finding_add(c->f, pos, path, n ? arena_strdup(c->f->arena, str_text(&list)) : NULL, "no %s is named %s", what,
			    quoted(c, name));
}

/* The first of N texts that stands twice is complained of; NULLs were complained of before. */
void check_twice(const struct check *c, const struct tree *t, const char *path, const char *const *list, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = 0; j < i && list[i]; j++)
			if (list[j] && !strcmp(list[i], list[j])) {
				finding_add(c->f, nth_pos(t, i), item(c, path, i), NULL, "%s is listed twice",
					    quoted(c, list[i]));
				return;
			}
}

/* --- disks and consent */

static void check_wipe(const struct check *c, const struct tree *t, const char *path, const char *const *list,
		       size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *s = list[i];

		if (!s)
			continue;
		if (strpbrk(s, "*?"))
			finding_add(c->f, nth_pos(t, i), item(c, path, i), "write the serial of each disk out",
				    "%s: consent names one disk, wildcards are not read", quoted(c, s));
		else if (s[0] == ' ' || str_ends(s, " "))
			finding_add(c->f, nth_pos(t, i), item(c, path, i), NULL,
				    "%s begins or ends with a space, as no serial does", quoted(c, s));
	}
	check_twice(c, t, path, list, n);
}

/* A set, and conditions that only one disk can meet. */
static void check_count(const struct check *c, const struct tree *t, const char *path, const struct disk_selector *d)
{
	enum { MOST = 64 };
	const struct {
		const char *key, *value;
	} single[] = { { "serial", d->serial }, { "wwn", d->wwn }, { "path", d->path } };

	if (d->count > MOST)
		finding_add(c->f, at(t, "count"), under(c, path, "count"), NULL, "%" PRIu64 " disks are too many for a set, %d are possible",
			    d->count, MOST);
	for (size_t i = 0; i < ARRAY_LEN(single) && d->count > 1; i++)
		if (single[i].value && !strpbrk(single[i].value, "*?["))
			finding_add(c->f, at(t, single[i].key), under(c, path, single[i].key), "wildcards match: ? and *",
				    "names one disk, and %" PRIu64 " are wanted", d->count);
}

static void check_disk(const struct check *c, const struct tree *t, const char *path, const struct disk_selector *d)
{
	if (d->sector && d->sector != 512 && d->sector != 4096)
		finding_add(c->f, at(t, "sector"), under(c, path, "sector"), NULL,
			    "%" PRIu64 " is not a sector size, 512 and 4096 are", d->sector);
	if (d->path && str_starts(d->path, "/dev/"))
		finding_add(c->f, at(t, "path"), under(c, path, "path"),
			    "path is where the disk is attached; `fulcrum-install observe` shows it as topology",
			    "%s may name another disk at the next boot", quoted(c, d->path));
	if (d->size.set && d->size.max < 1024 * 1024)
		finding_add(c->f, at(t, "size"), under(c, path, "size"), NULL, "%s holds for no disk",
			    quoted(c, d->size.text));
	check_count(c, t, path, d);
}

/* Whether selector T has a key that says which disk, not only how many. */
static bool has_condition(const struct tree *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (!str_eq(t->keys[i], "pick") && !str_eq(t->keys[i], "count"))
			return true;
	return false;
}

/* --- SSH keys */

static void check_key(const struct check *c, struct pos pos, const char *path, const char *key)
{
	const char *hint, *why = ssh_key_why_not(key, c->f->arena, &hint);

	if (why)
		finding_add(c->f, pos, path, hint, "%s", why);
}

static void check_keys(const struct check *c, const struct tree *access)
{
	const struct site_access *acc = &c->s->admin.access;
	const struct tree *t = tree_get(access, "ssh_keys");

	if (t && t->kind == TREE_SEQ && !t->n)
		finding_add(c->f, t->pos, "admin.access.ssh_keys", "there are no passwords: without a key nobody can log in",
			    "at least one key is needed");
	for (size_t i = 0; i < acc->n_ssh_keys; i++)
		if (acc->ssh_keys[i])
			check_key(c, nth_pos(t, i), item(c, "admin.access.ssh_keys", i), acc->ssh_keys[i]);
	check_twice(c, t, "admin.access.ssh_keys", acc->ssh_keys, acc->n_ssh_keys);
}

static void check_admin(const struct check *c, const struct tree *t)
{
	const struct site_admin *a = &c->s->admin;
	const struct tree *disk = tree_get(t, "disk");

	if (a->name)
		check_full_name(c, at(t, "name"), "admin.name", a->name);
	check_disk(c, disk, "admin.disk", &a->disk);
	if (a->disk.count > 1)
		finding_add(c->f, at(disk, "count"), "admin.disk.count", "leave it out", "the admin node is installed on one disk");
	if (disk && disk->kind == TREE_MAP && !has_condition(disk))
		finding_add(c->f, disk->pos, "admin.disk", "for example { serial: S5GXNF0R123456 } or { bus: nvme }",
			    "needs at least one condition: it says what is overwritten");
	check_wipe(c, tree_get(t, "wipe"), "admin.wipe", a->wipe, a->n_wipe);
	check_keys(c, tree_get(t, "access"));
}

/* --- profiles */

/* Names of images and packages: what Debian allows. */
static void check_package(const struct check *c, struct pos pos, const char *path, const char *what, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (!memchr(lower_digits, name[i], sizeof(lower_digits) - 1) && (!i || !strchr("+-.", name[i]))) {
			finding_add(c->f, pos, path, NULL, "%s is not the name of %s", quoted(c, name), what);
			return;
		}
}

static void check_profile(const struct check *c, const struct profile *p, const struct tree *t, const char *path)
{
	const struct tree *disks = tree_get(t, "disks"), *packages = tree_get(t, "packages");

	if (p->image)
		check_package(c, at(t, "image"), under(c, path, "image"), "an image", p->image);
	for (size_t i = 0; i < p->n_disks; i++)
		check_disk(c, nth(disks, i), under(c, under(c, path, "disks"), p->disks[i].name), &p->disks[i]);
	layout_check(c, p, t, path);
	for (size_t i = 0; i < p->n_packages; i++)
		if (p->packages[i])
			check_package(c, nth_pos(packages, i), item(c, under(c, path, "packages"), i), "a package",
				      p->packages[i]);
	check_twice(c, packages, under(c, path, "packages"), p->packages, p->n_packages);
	check_wipe(c, tree_get(t, "wipe"), under(c, path, "wipe"), p->wipe, p->n_wipe);
	profile_networks_check(c, p, t, path);
}

/* --- rules */

static const char seq_mark[] = "{seq}";

bool rule_makes_name(const char *pattern, const char *name, size_t len)
{
	const char *mark = strstr(pattern, seq_mark), *tail;
	size_t head, digits, tail_n;

	if (!mark)
		return strlen(pattern) == len && !memcmp(pattern, name, len);
	head = (size_t)(mark - pattern);
	tail = mark + strlen(seq_mark);
	tail_n = strlen(tail);
	if (len <= head + tail_n || memcmp(name, pattern, head) || memcmp(name + len - tail_n, tail, tail_n))
		return false;
	digits = len - head - tail_n;
	return strspn(name + head, "0123456789") >= digits;
}

/* Whether W can hold for one machine only. */
static bool names_one_machine(const struct rule_when *w)
{
	return w->mac || (w->serial && !strpbrk(w->serial, "*?["));
}

static void check_rule_name(const struct check *c, const struct rule *r, struct pos pos, const char *path)
{
	const char *name = r->bind.name, *mark = strstr(name, seq_mark), *tail = mark ? mark + strlen(seq_mark) : "";
	const char *admin = c->s->admin.name;
	size_t head = mark ? (size_t)(mark - name) : strlen(name);
	/* As if node 99999 were made: names must fit then, too. */
	const char *sample = arena_printf(c->f->arena, "%.*s%s%s", (int)head, name, mark ? "99999" : "", tail);

	if (strlen(name) > 200 || !label_is_good(sample, strlen(sample)))
		finding_add(c->f, pos, path, "lower-case letters, digits, inner hyphens, and {seq} once, such as node-{seq}",
			    "%s does not make host names", quoted(c, name));
	else if (!mark && !names_one_machine(&r->when))
		finding_add(c->f, pos, path, "write {seq} where a number goes, or give the `serial:` of one machine in `when`",
			    "%s would be the name of every machine of this rule", quoted(c, name));
	else if (admin && rule_makes_name(name, admin, strcspn(admin, ".")))
		finding_add(c->f, pos, path, NULL, "%s would also name the admin node, %s", quoted(c, name), admin);
}

static bool same_text(const struct tree *a, const struct tree *b)
{
	bool scalars = a->kind != TREE_MAP && a->kind != TREE_SEQ && b->kind != TREE_MAP && b->kind != TREE_SEQ;

	return scalars && str_eq(a->text, b->text);
}

/* Whether every condition of O is also one of N, so that N's machines are O's before. */
static bool when_covers(const struct tree *o, const struct tree *n)
{
	if (!o || !n || o->kind != TREE_MAP || n->kind != TREE_MAP)
		return false;
	for (size_t i = 0; i < o->n; i++) {
		const struct tree *v = tree_get(n, o->keys[i]);

		if (!v || !same_text(o->items[i], v))
			return false;
	}
	return true;
}

static void check_reached(const struct check *c, const struct tree *rules, size_t i)
{
	const struct tree *when = tree_get(nth(rules, i), "when"), *earlier;

	for (size_t j = 0; j < i; j++) {
		earlier = tree_get(nth(rules, j), "when");
		if (!when_covers(earlier, when))
			continue;
		finding_add(c->f, nth_pos(rules, i), item(c, "rules", i), "put the narrower rule first",
			    "is never reached: rules[%zu] on line %u takes these machines", j, nth_pos(rules, j).line);
		return;
	}
}

static void check_rule_addresses(const struct check *c, struct rule *r, struct pos pos, const char *path)
{
	const struct network *net = site_network(c->s, "admin");
	struct addr_range *range = &r->bind.addresses;

	/* What is wrong with the network itself is said there. */
	if (!range->text || !net || !net->mask || !net->hosts.first)
		return;
	if (addr_range_resolve(range, net->net) || range->first > range->last)
		finding_add(c->f, pos, path, NULL, "%s is no range of addresses", quoted(c, range->text));
	else if (range->first < net->hosts.first || range->last > net->hosts.last)
		finding_add(c->f, pos, path, "give a part of that range", "%s is not inside of networks.admin.hosts, %s",
			    quoted(c, range->text), net->hosts.text);
	else
		return;
	range->first = range->last = 0;
}

static void check_roles(const struct check *c, const struct rule *r, const struct tree *bind, const char *path)
{
	const struct tree *list = tree_get(bind, "roles");

	for (size_t i = 0; i < r->bind.n_roles; i++)
		if (!label_is_good(r->bind.roles[i], strlen(r->bind.roles[i])))
			finding_add(c->f, nth_pos(list, i), item(c, path, i), "lower-case letters, digits and inner hyphens",
				    "%s is no name of a role", quoted(c, r->bind.roles[i]));
}

static void check_rules(const struct check *c, const struct tree *t)
{
	const struct site *s = c->s;
	const char **profiles = arena_array(c->f->arena, s->n_profiles, sizeof(*profiles));

	for (size_t i = 0; i < s->n_profiles; i++)
		profiles[i] = s->profiles[i].name;
	for (size_t i = 0; i < s->n_rules; i++) {
		struct rule *r = &s->rules[i];
		const struct tree *bind = tree_get(nth(t, i), "bind");
		const char *path = under(c, item(c, "rules", i), "bind");

		if (r->bind.profile && !site_profile(s, r->bind.profile))
			unknown_name(c, at(bind, "profile"), under(c, path, "profile"), "profile", r->bind.profile, profiles,
				     s->n_profiles);
		if (r->bind.name)
			check_rule_name(c, r, at(bind, "name"), under(c, path, "name"));
		for (size_t j = 0; j < i && r->bind.name && !strstr(r->bind.name, seq_mark); j++)
			if (str_eq(s->rules[j].bind.name, r->bind.name)) {
				finding_add(c->f, at(bind, "name"), under(c, path, "name"), NULL,
					    "rules[%zu] gives the same name", j);
				break;
			}
		check_rule_addresses(c, r, at(bind, "addresses"), under(c, path, "addresses"));
		check_roles(c, r, bind, under(c, path, "roles"));
		check_reached(c, t, i);
	}
}

/* --- the installer */

const char *const site_preflight_ignorable[] = { "link", "duplicate-address", "foreign-dhcp", "mtu", NULL };

static void check_preflight(const struct check *c, const struct tree *t)
{
	const struct site_preflight *p = &c->s->preflight;
	const struct tree *list = tree_get(t, "ignore");
	size_t n = 0;

	while (site_preflight_ignorable[n])
		n++;
	for (size_t i = 0; i < p->n_ignore; i++) {
		const char *name = p->ignore[i], *meant;
		bool known = false;

		for (size_t k = 0; k < n; k++)
			known |= str_eq(name, site_preflight_ignorable[k]);
		if (known || !name)
			continue;
		meant = str_nearest(name, site_preflight_ignorable, n);
		finding_add(c->f, nth_pos(list, i), item(c, "preflight.ignore", i),
			    meant ? arena_printf(c->f->arena, "did you mean %s?", meant) : "link, duplicate-address, foreign-dhcp or mtu",
			    "%s is no check that can be ignored", quoted(c, name));
	}
	check_twice(c, list, "preflight.ignore", p->ignore, p->n_ignore);
}

/* A week at most each, as by `fulcrum test`; no CPU does more than the median of all. */
static void check_tests(const struct check *c, const struct tree *t)
{
	enum { WEEK_S = 7 * 24 * 3600 };
	const struct hwtest_limits *l = &c->s->tests;
	const struct {
		const char *test, *key;
		uint64_t value, most;
	} rows[] = {
		{ "cpu", "seconds", l->cpu.seconds, WEEK_S },	      { "cpu", "min_share", l->cpu.min_share, 100 },
		{ "memory", "seconds", l->memory.seconds, WEEK_S },   { "disk", "max_latency_ms", l->disk.max_latency_ms, 1000 * WEEK_S },
		{ "disk", "reads", l->disk.reads, 1000000 },	      { "network", "seconds", l->network.seconds, WEEK_S },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct tree *v = tree_get(tree_get(t, rows[i].test), rows[i].key);

		if (v && rows[i].value > rows[i].most)
			finding_add(c->f, v->pos, arena_printf(c->f->arena, "tests.%s.%s", rows[i].test, rows[i].key), NULL,
				    "is more than %llu", (unsigned long long)rows[i].most);
	}
}

/* The live system has no certificates to know a server by: with https its key is given. */
static void check_pin(const struct check *c, const struct tree *t, bool https)
{
	static const char how[] = "openssl x509 -in CERT -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64, "
				  "with sha256// before it";
	static const char start[] = "sha256//", base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	enum { DIGITS = 43 }; /* of 32 bytes; and one = */
	const char *pin = c->s->report.pin, *hash = pin ? pin + strlen(start) : NULL;

	if (https && !pin)
		finding_add(c->f, at(t, "url"), "report.pin", how, "missing: an https server is known by its public key");
	if (pin && !https)
		finding_add(c->f, at(t, "pin"), "report.pin", "write https:// in report.url, or leave it out", "is for https alone");
	if (pin && (!str_starts(pin, start) || strspn(hash, base64) != DIGITS || strcmp(hash + DIGITS, "=") != 0))
		finding_add(c->f, at(t, "pin"), "report.pin", how, "%s is no hash of a public key", quoted(c, pin));
}

/* What it carries is no secret. */
static void check_report(const struct check *c, const struct tree *t)
{
	const char *url = c->s->report.url, *host, *why = NULL;
	bool https = url && str_starts(url, "https://");

	if (!url)
		return;
	check_pin(c, t, https);
	host = url + strlen(https ? "https://" : "http://");
	if (!https && !str_starts(url, "http://"))
		why = "is neither an http:// nor an https:// URL";
	else if (!strcspn(host, "/?#:"))
		why = "names no host";
	else if (memchr(host, '@', strcspn(host, "/?#")))
		why = "carries a user or password: nothing secret is kept for it";
	else if (strpbrk(url, " \"<>\\^`{|}#"))
		why = "has characters that no URL has";
	if (why)
		finding_add(c->f, at(t, "url"), "report.url", "for example http://192.168.124.1:8080/progress", "%s %s", quoted(c, url), why);
}

void site_check(struct site *s, const struct tree *t, struct findings *f)
{
	struct check c = { s, f, t };
	const struct tree *profiles = tree_get(t, "profiles");

	if (t->kind != TREE_MAP)
		return;
	if (s->site)
		check_label(&c, at(t, "site"), "site", s->site);
	check_admin(&c, tree_get(t, "admin"));
	networks_check(&c);
	for (size_t i = 0; i < s->n_profiles; i++) {
		const struct profile *p = &s->profiles[i];

		check_label(&c, key_pos(profiles, i), "profiles", p->name);
		check_profile(&c, p, nth(profiles, i), under(&c, "profiles", p->name));
	}
	check_rules(&c, tree_get(t, "rules"));
	check_preflight(&c, tree_get(t, "preflight"));
	check_tests(&c, tree_get(t, "tests"));
	check_report(&c, tree_get(t, "report"));
}
