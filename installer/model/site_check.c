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

#include "model/site.h"
#include "model/ssh_key.h"

struct check {
	struct site *s;
	struct findings *f;
};

/* Where the value of KEY stands, else where T does. */
static struct pos at(const struct tree *t, const char *key)
{
	const struct tree *v = tree_get(t, key);

	return v ? v->pos : t ? t->pos : (struct pos){ NULL, 0, 0 };
}

static const struct tree *nth(const struct tree *t, size_t i)
{
	return t && i < t->n ? t->items[i] : NULL;
}

static struct pos nth_pos(const struct tree *t, size_t i)
{
	return t && i < t->n ? t->items[i]->pos : t ? t->pos : (struct pos){ NULL, 0, 0 };
}

static struct pos key_pos(const struct tree *t, size_t i)
{
	return t && t->kind == TREE_MAP && i < t->n ? t->key_pos[i] : (struct pos){ NULL, 0, 0 };
}

static const char *under(const struct check *c, const char *path, const char *key)
{
	return arena_printf(c->f->arena, "%s.%s", path, key);
}

static const char *item(const struct check *c, const char *path, size_t i)
{
	return arena_printf(c->f->arena, "%s[%zu]", path, i);
}

static const char *quoted(const struct check *c, const char *text)
{
	return text_quoted(text, c->f->arena);
}

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

static void check_label(const struct check *c, struct pos pos, const char *path, const char *name)
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

/* The first of N texts that stands twice is complained of; NULLs were complained of before. */
static void check_twice(const struct check *c, const struct tree *t, const char *path, const char *const *list,
			size_t n)
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
}

/* Whether mapping T has a key other than EXCEPT. */
static bool has_key_besides(const struct tree *t, const char *except)
{
	for (size_t i = 0; t && i < t->n; i++)
		if (t->kind != TREE_MAP || !str_eq(t->keys[i], except))
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
	if (disk && disk->kind == TREE_MAP && !has_key_besides(disk, "pick"))
		finding_add(c->f, disk->pos, "admin.disk", "for example { serial: S5GXNF0R123456 } or { bus: nvme }",
			    "needs at least one condition: it says what is overwritten");
	check_wipe(c, tree_get(t, "wipe"), "admin.wipe", a->wipe, a->n_wipe);
	check_keys(c, tree_get(t, "access"));
}

/* --- networks */

static uint32_t broadcast(const struct network *n)
{
	return n->net | ~n->mask;
}

/* Sets NET, MASK and PREFIX of N; they stay 0 when the subnet is no good. */
static void check_subnet(const struct check *c, struct network *n, struct pos pos, const char *path)
{
	size_t len = strcspn(n->subnet, "/");
	const char *digits = n->subnet[len] ? n->subnet + len + 1 : "";
	unsigned int prefix = 0, top;
	uint32_t addr, mask;

	for (size_t i = 0; digits[i] && i < 3; i++)
		prefix = prefix * 10 + (unsigned int)(digits[i] - '0');
	if (strspn(digits, "0123456789") != strlen(digits) || !digits[0] || strlen(digits) > 2 ||
	    (digits[0] == '0' && digits[1]) || ipv4_parse(arena_strndup(c->f->arena, n->subnet, len), &addr)) {
		finding_add(c->f, pos, path, NULL, "%s is not a subnet, such as 192.168.124.0/24", quoted(c, n->subnet));
		return;
	}
	if (prefix < 8 || prefix > 30) {
		finding_add(c->f, pos, path, NULL, "a prefix of /%u is not possible, /8 to /30 are", prefix);
		return;
	}
	mask = ~(uint32_t)0 << (32 - prefix);
	top = addr >> 24;
	if (addr & ~mask)
		finding_add(c->f, pos, path,
			    arena_printf(c->f->arena, "did you mean %s/%u?", ipv4_text(addr & mask, c->f->arena), prefix),
			    "%s is an address in a subnet, not a subnet", quoted(c, n->subnet));
	else if (!top || top == 127 || top >= 224 || addr >> 16 == 0xa9fe)
		finding_add(c->f, pos, path, "for example 192.168.124.0/24", "%s is not for ordinary addresses",
			    quoted(c, n->subnet));
	n->net = addr & mask;
	n->mask = mask;
	n->prefix = prefix;
}

/* The address TEXT, which must be one for a host inside N; 0 when it is not. */
static uint32_t check_address(const struct check *c, const struct network *n, struct pos pos, const char *path,
			      const char *text)
{
	uint32_t addr;

	if (ipv4_parse(text, &addr)) {
		finding_add(c->f, pos, path, NULL, "%s is not an address, such as 192.168.124.10", quoted(c, text));
		return 0;
	}
	if (!n->mask)
		return 0;
	if ((addr & n->mask) != n->net)
		finding_add(c->f, pos, path, NULL, "%s is not in %s", text, n->subnet);
	else if (addr == n->net || addr == broadcast(n))
		finding_add(c->f, pos, path, NULL, "%s is the %s address of %s", text,
			    addr == n->net ? "network" : "broadcast", n->subnet);
	else
		return addr;
	return 0;
}

static void check_range(const struct check *c, const struct network *n, struct pos pos, const char *path,
			struct addr_range *r, uint32_t gateway)
{
	const struct findings *f = c->f;
	size_t before = f->n;

	if (!r->text || !n->mask || addr_range_resolve(r, n->net))
		return; /* complained of before */
	if (r->first > r->last)
		finding_add(c->f, pos, path, NULL, "%s ends before it begins", r->text);
	else if (r->first <= n->net || r->last >= broadcast(n))
		finding_add(c->f, pos, path, NULL, "%s (%s-%s) is not inside %s", r->text, ipv4_text(r->first, f->arena),
			    ipv4_text(r->last, f->arena), n->subnet);
	else if (n->addr >= r->first && n->addr <= r->last)
		finding_add(c->f, pos, path, NULL, "%s holds %s, the admin node's own address", r->text, n->address);
	else if (gateway && gateway >= r->first && gateway <= r->last)
		finding_add(c->f, pos, path, NULL, "%s holds %s, the gateway", r->text, n->gateway);
	if (f->n != before)
		r->first = r->last = 0;
}

/* Whether T has a key that was likely meant to be NAME: it was complained of already. */
static bool misspelt(const struct tree *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_distance(t->keys[i], name) <= 2)
			return true;
	return false;
}

static void check_ranges(const struct check *c, struct network *n, const struct tree *t, const char *path,
			 uint32_t gateway)
{
	bool provisioning = str_eq(n->name, "admin");
	struct {
		const char *key;
		struct addr_range *r;
	} ranges[] = { { "hosts", &n->hosts }, { "discovery", &n->discovery } };

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		const struct tree *v = tree_get(t, ranges[i].key);
		const char *p = under(c, path, ranges[i].key);

		if (!provisioning && v)
			finding_add(c->f, v->pos, p, NULL, "only the network named admin gives out addresses");
		else if (provisioning && !v && t && t->kind == TREE_MAP && !misspelt(t, ranges[i].key))
			finding_add(c->f, t->pos, path, "for example .81-.160", "key \"%s\" is missing", ranges[i].key);
		else if (v)
			check_range(c, n, v->pos, p, ranges[i].r, gateway);
	}
	if (n->hosts.first && n->discovery.first && n->hosts.first <= n->discovery.last &&
	    n->discovery.first <= n->hosts.last)
		finding_add(c->f, at(t, "discovery"), under(c, path, "discovery"), NULL, "%s overlaps hosts, %s",
			    n->discovery.text, n->hosts.text);
}

static void check_network(const struct check *c, struct network *n, const struct tree *t, const char *path)
{
	const struct tree *nic = tree_get(t, "nic");
	uint32_t gateway = 0;

	if (n->subnet)
		check_subnet(c, n, at(t, "subnet"), under(c, path, "subnet"));
	if (n->address)
		n->addr = check_address(c, n, at(t, "address"), under(c, path, "address"), n->address);
	if (n->gateway)
		gateway = check_address(c, n, at(t, "gateway"), under(c, path, "gateway"), n->gateway);
	if (gateway && gateway == n->addr)
		finding_add(c->f, at(t, "gateway"), under(c, path, "gateway"),
			    "leave it out when the site has no way out", "is the admin node's own address");
	check_ranges(c, n, t, path, gateway);
	if (nic && nic->kind == TREE_MAP && !nic->n)
		finding_add(c->f, nic->pos, under(c, path, "nic"), "for example { mac: \"52:54:00:12:34:56\" } or { link: up }",
			    "needs at least one condition");
}

static bool same_nic(const struct nic_selector *a, const struct nic_selector *b)
{
	bool any = a->mac || a->driver || a->pci || a->link;

	return any && str_eq(a->mac, b->mac) && str_eq(a->driver, b->driver) && str_eq(a->pci, b->pci) &&
	       str_eq(a->link, b->link);
}

/* What two networks may not share: addresses, the port, the default route. */
static void check_two_networks(const struct check *c, const struct network *n, const struct network *o,
			       const struct tree *t, const char *path)
{
	uint32_t mask = n->mask & o->mask; /* the shorter prefix */

	if (mask && (n->net & mask) == (o->net & mask))
		finding_add(c->f, at(t, "subnet"), under(c, path, "subnet"), NULL, "%s overlaps %s of network %s",
			    n->subnet, o->subnet, o->name);
	if (same_nic(&n->nic, &o->nic))
		finding_add(c->f, at(t, "nic"), under(c, path, "nic"), "add `mac:` to say which port",
			    "has the same conditions as network %s: one port cannot be both", o->name);
	if (n->gateway && o->gateway)
		finding_add(c->f, at(t, "gateway"), under(c, path, "gateway"), NULL,
			    "network %s has a gateway too, there is one default route", o->name);
}

static void check_networks(const struct check *c, const struct tree *t)
{
	struct site *s = c->s;

	if (t && t->kind == TREE_MAP && !tree_get(t, "admin"))
		finding_add(c->f, t->pos, "networks", "it is the one that nodes boot from", "network \"admin\" is missing");
	for (size_t i = 0; i < s->n_networks; i++) {
		struct network *n = &s->networks[i];
		const char *path = under(c, "networks", n->name);

		check_label(c, key_pos(t, i), "networks", n->name);
		check_network(c, n, nth(t, i), path);
		for (size_t j = 0; j < i; j++)
			check_two_networks(c, n, &s->networks[j], nth(t, i), path);
	}
}

/* --- profiles */

/* What may be said of a partition, by its role. */
static const struct role_rule {
	const char *name;
	uint64_t least, most;	/* bytes, 0 = any */
	enum fs_type fs[3];	/* that it may have; the first is the usual one */
	bool rest;		/* takes the rest when no size is given */
	bool needed;
} role_rules[PART__N] = {
	[PART_NONE] = { "", 0, 0, { FS_NONE }, false, false },
	[PART_BIOS] = { "bios", 1 << 20, 64 << 20, { FS_NONE }, false, false },
	[PART_ESP] = { "esp", 64 << 20, 0, { FS_VFAT }, false, true },
	[PART_ROOT] = { "root", 256 << 20, 0, { FS_EXT4, FS_XFS }, true, true },
	[PART_SWAP] = { "swap", 0, 0, { FS_SWAP }, false, false },
	[PART_DATA] = { "data", 16 << 20, 0, { FS_EXT4, FS_XFS }, true, false },
};

static void check_mount(const struct check *c, const struct layout_item *it, struct pos pos, const char *path)
{
	static const char *const taken[] = { "/boot", "/dev", "/etc", "/proc", "/run",
					     "/sys",  "/usr", "/lib", "/bin",  "/sbin" };
	const char *m = it->mount;
	size_t n = strlen(m);

	if (m[0] != '/' || n < 2 || m[n - 1] == '/' || strstr(m, "//") || strstr(m, "/.") || strpbrk(m, " \\\"'#")) {
		finding_add(c->f, pos, path, NULL, "%s is not a directory such as /srv", quoted(c, m));
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
		size_t k = strlen(taken[i]);

		if (!strncmp(m, taken[i], k) && (!m[k] || m[k] == '/'))
			finding_add(c->f, pos, path, NULL, "%s belongs to the system", quoted(c, m));
	}
}

static void check_layout_item(const struct check *c, const struct layout_item *it, const struct tree *t,
			      const char *path)
{
	const struct role_rule *r = &role_rules[it->role];
	const struct tree *v = t && t->kind == TREE_MAP ? nth(t, 0) : NULL; /* the size, or a mapping */
	const char *p = under(c, path, r->name);
	bool fs_good = it->fs == FS_DEFAULT;

	for (size_t i = 0; i < ARRAY_LEN(r->fs); i++)
		fs_good = fs_good || (r->fs[i] != FS_DEFAULT && it->fs == r->fs[i]);
	if (!fs_good)
		finding_add(c->f, at(v, "fs"), under(c, p, "fs"), NULL, "%s cannot be %s", r->name, fs_names[it->fs]);
	if (it->size.bytes && it->size.bytes < r->least)
		finding_add(c->f, at(v, "size"), p, NULL, "is too small: %s has at least %" PRIu64 "M", r->name,
			    r->least >> 20);
	if (it->size.bytes && r->most && it->size.bytes > r->most)
		finding_add(c->f, at(v, "size"), p, NULL, "is too large: %s has at most %" PRIu64 "M", r->name,
			    r->most >> 20);
	if (it->size.rest && !r->rest)
		finding_add(c->f, at(v, "size"), p, NULL, "%s cannot take the rest of the disk", r->name);
	if (it->mount && it->role != PART_DATA)
		finding_add(c->f, at(v, "mount"), under(c, p, "mount"), NULL, "only data is mounted where you say");
	else if (it->mount)
		check_mount(c, it, at(v, "mount"), under(c, p, "mount"));
	else if (it->role == PART_DATA && !tree_get(v, "mount"))
		finding_add(c->f, nth_pos(t, 0), p, "for example { data: { size: 10G, mount: /srv } }",
			    "does not say where it is mounted");
}

static void check_layout(const struct check *c, const struct profile *p, const struct tree *t, const char *path)
{
	size_t seen[PART__N] = { 0 };

	if (!t || t->kind != TREE_SEQ)
		return;
	for (size_t i = 0; i < p->n_layout; i++) {
		const struct layout_item *it = &p->layout[i];
		bool rest = it->size.rest || (!it->size.bytes && role_rules[it->role].rest);

		if (it->role == PART_NONE)
			return; /* misspelt: what is missing would be a guess */
		if (seen[it->role]++)
			finding_add(c->f, nth_pos(t, i), item(c, path, i), NULL, "a second %s, there may be one",
				    role_rules[it->role].name);
		if (rest && i + 1 < p->n_layout)
			finding_add(c->f, nth_pos(t, i), item(c, path, i), "give it a size, or put it last",
				    "%s takes the rest of the disk and is not last", role_rules[it->role].name);
		check_layout_item(c, it, nth(t, i), item(c, path, i));
	}
	for (size_t r = 0; r < PART__N; r++)
		if (role_rules[r].needed && !seen[r])
			finding_add(c->f, t->pos, path, NULL, "no %s partition", role_rules[r].name);
}

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
	if (disks && disks->kind == TREE_MAP && !tree_get(disks, "system"))
		finding_add(c->f, disks->pos, under(c, path, "disks"), "the layout is made on it", "no disk is named system");
	for (size_t i = 0; i < p->n_disks; i++) {
		check_disk(c, nth(disks, i), under(c, under(c, path, "disks"), p->disks[i].name), &p->disks[i]);
		if (!str_eq(p->disks[i].name, "system"))
			finding_add(c->f, key_pos(disks, i), under(c, path, "disks"), "disks that are not named stay as they are",
				    "%s: the only disk that a layout is made on is system", quoted(c, p->disks[i].name));
	}
	check_layout(c, p, tree_get(t, "layout"), under(c, path, "layout"));
	for (size_t i = 0; i < p->n_packages; i++)
		if (p->packages[i])
			check_package(c, nth_pos(packages, i), item(c, under(c, path, "packages"), i), "a package",
				      p->packages[i]);
	check_twice(c, packages, under(c, path, "packages"), p->packages, p->n_packages);
	check_wipe(c, tree_get(t, "wipe"), under(c, path, "wipe"), p->wipe, p->n_wipe);
}

/* --- rules */

static const char seq_mark[] = "{seq}";

/* Whether NAME (LEN bytes) is what PATTERN makes for some number. */
static bool pattern_makes(const char *pattern, const char *name, size_t len)
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
	else if (admin && pattern_makes(name, admin, strcspn(admin, ".")))
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

static void check_rules(const struct check *c, const struct tree *t)
{
	const struct site *s = c->s;

	for (size_t i = 0; i < s->n_rules; i++) {
		const struct rule *r = &s->rules[i];
		const struct tree *bind = tree_get(nth(t, i), "bind");
		const char *path = under(c, item(c, "rules", i), "bind");

		if (r->bind.profile && !site_profile(s, r->bind.profile))
			finding_add(c->f, at(bind, "profile"), under(c, path, "profile"), NULL, "no profile is named %s",
				    quoted(c, r->bind.profile));
		if (r->bind.name)
			check_rule_name(c, r, at(bind, "name"), under(c, path, "name"));
		for (size_t j = 0; j < i && r->bind.name && !strstr(r->bind.name, seq_mark); j++)
			if (str_eq(s->rules[j].bind.name, r->bind.name)) {
				finding_add(c->f, at(bind, "name"), under(c, path, "name"), NULL,
					    "rules[%zu] gives the same name", j);
				break;
			}
		check_reached(c, t, i);
	}
}

void site_check(struct site *s, const struct tree *t, struct findings *f)
{
	struct check c = { s, f };
	const struct tree *profiles = tree_get(t, "profiles");

	if (t->kind != TREE_MAP)
		return;
	if (s->site)
		check_label(&c, at(t, "site"), "site", s->site);
	check_admin(&c, tree_get(t, "admin"));
	check_networks(&c, tree_get(t, "networks"));
	for (size_t i = 0; i < s->n_profiles; i++) {
		const struct profile *p = &s->profiles[i];

		check_label(&c, key_pos(profiles, i), "profiles", p->name);
		check_profile(&c, p, nth(profiles, i), under(&c, "profiles", p->name));
	}
	check_rules(&c, tree_get(t, "rules"));
}
