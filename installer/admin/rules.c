/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matching rules, and the next free name and address. */
#include "admin/rules.h"

#include <ctype.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/size.h"
#include "data/json.h"

static const char seq_mark[] = "{seq}";

static bool text_matches(const char *pattern, const char *text)
{
	return fnmatch(pattern, text ? text : "", FNM_CASEFOLD) == 0;
}

static bool has_mac(const struct machine *m, const char *pattern)
{
	for (size_t i = 0; i < m->n_nics; i++)
		if (text_matches(pattern, m->nics[i].permanent_mac) || text_matches(pattern, m->nics[i].mac))
			return true;
	return false;
}

static bool hears(const struct machine *m, const char *pattern)
{
	for (size_t i = 0; i < m->n_nics; i++)
		if (m->nics[i].neighbour && text_matches(pattern, m->nics[i].neighbour))
			return true;
	return false;
}

const char *rule_mismatch(const struct rule *rule, const struct machine *m, struct arena *a)
{
	const struct {
		const char *what, *pattern, *seen;
	} texts[] = {
		{ "vendor", rule->when.vendor, m->system.vendor },
		{ "product", rule->when.product, m->system.product },
		{ "serial", rule->when.serial, m->system.serial },
		{ "firmware", rule->when.firmware, m->firmware },
	};
	const struct size_cond *mem = &rule->when.memory;
	char size[SIZE_TEXT_MAX];

	if (mem->set && (m->memory_bytes < mem->min || (mem->max && m->memory_bytes > mem->max)))
		return arena_printf(a, "memory is %s, wanted %s", size_format(m->memory_bytes, size), mem->text);
	if (rule->when.cpus && m->cpus < rule->when.cpus)
		return arena_printf(a, "has %" PRIu64 " CPUs, wanted %" PRIu64, m->cpus, rule->when.cpus);
	if (rule->when.disks && m->n_disks < rule->when.disks)
		return arena_printf(a, "has %zu disks, wanted %" PRIu64, m->n_disks, rule->when.disks);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].pattern && !text_matches(texts[i].pattern, texts[i].seen))
			return arena_printf(a, "%s is \"%s\", wanted \"%s\"", texts[i].what,
					    texts[i].seen ? texts[i].seen : "", texts[i].pattern);
	if (rule->when.mac && !has_mac(m, rule->when.mac))
		return arena_printf(a, "no network adapter is %s", rule->when.mac);
	if (rule->when.ports && m->n_nics < rule->when.ports)
		return arena_printf(a, "has %zu network ports, wanted %" PRIu64, m->n_nics, rule->when.ports);
	if (rule->when.neighbour && !hears(m, rule->when.neighbour))
		return arena_printf(a, "no port hears a switch named %s", rule->when.neighbour);
	return NULL;
}

const struct rule *rules_first(const struct site *site, const struct machine *m, struct arena *a)
{
	for (size_t i = 0; i < site->n_rules; i++)
		if (!rule_mismatch(&site->rules[i], m, a))
			return &site->rules[i];
	return NULL;
}

void rules_version(const struct site *site, char ret[RULES_SHORT + 1])
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	char hex[HASH_HEX];

	for (size_t i = 0; i < site->n_rules; i++) {
		json_write(field_write(&rule_schema, &site->rules[i], false, &a), false, &text);
		str_addc(&text, '\n');
	}
	hash_buffer(str_text(&text), text.len, hex);
	memcpy(ret, hex, RULES_SHORT);
	ret[RULES_SHORT] = '\0';
}

const char *rule_title(const struct site *site, const struct rule *rule, struct arena *a)
{
	char version[RULES_SHORT + 1];

	rules_version(site, version);
	return arena_printf(a, "rule %td of %s", rule - site->rules + 1, version);
}

const char *rule_roles(const struct rule *rule, struct arena *a)
{
	AUTO_STR out = STR_INIT;

	for (size_t i = 0; i < rule->bind.n_roles; i++)
		str_addf(&out, "%s%s", i ? "," : "", rule->bind.roles[i]);
	return arena_strdup(a, str_text(&out));
}

static bool is_label(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > 63 || s[0] == '-' || s[n - 1] == '-')
		return false;
	return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static int pick_name(const char *pattern, struct store *st, struct arena *a, struct binding *b,
		     struct error *err)
{
	const char *mark = strstr(pattern, seq_mark);
	bool taken;

	if (!mark) {
		b->name = pattern;
		if (name_is_taken(st, b->name, &taken, err))
			return -1;
		if (taken) {
			error_set(err, ERR_CONFLICT, "name \"%s\" belongs to another node", b->name);
			return error_hint(err, "put {seq} into the rule's name, or narrow its conditions");
		}
		return 0;
	}
	b->counter = pattern;
	if (counter_next(st, pattern, &b->counter_next, err))
		return -1;
	do {
		b->name = arena_printf(a, "%.*s%" PRId64 "%s", (int)(mark - pattern), pattern, b->counter_next,
				       mark + strlen(seq_mark));
		b->counter_next++;
		if (name_is_taken(st, b->name, &taken, err))
			return -1;
	} while (taken);
	return 0;
}

static int pick_address(const struct network *net, const struct addr_range *part, struct store *st, struct arena *a, struct binding *b,
			struct error *err)
{
	const struct addr_range *from = part->first ? part : &net->hosts;

	for (uint32_t ip = from->first; ip && ip <= from->last; ip++) {
		bool taken;

		if (ip == net->addr)
			continue;
		b->address = ipv4_text(ip, a);
		if (address_is_taken(st, b->address, &taken, err))
			return -1;
		if (!taken)
			return 0;
	}
	error_set(err, ERR_CONFLICT, "no address is free in %s %s of network \"%s\"", part->first ? "the rule's" : "hosts",
		  from->text ? from->text : "(none)", net->name);
	if (part->first)
		return error_hint(err, "widen the rule's addresses: fulcrum rules apply FILE");
	return error_hint(err, "widen networks.%s.hosts in the site file: fulcrum network apply FILE", net->name);
}

static const char *pick_mac(const struct machine *m, const char *boot_mac)
{
	const char *best = NULL;

	for (size_t i = 0; i < m->n_nics; i++) {
		const struct nic *nic = &m->nics[i];

		if (str_empty(nic->mac))
			continue;
		if (boot_mac && strcasecmp(nic->mac, boot_mac) == 0)
			return nic->mac;
		if (nic->link && !best)
			best = nic->mac;
	}
	return best ? best : m->n_nics ? m->nics[0].mac : NULL;
}

int rules_bind(const struct site *site, struct store *st, const struct machine *m, const char *boot_mac,
	       struct arena *a, struct binding *ret, struct error *err)
{
	const struct network *net = site_network(site, "admin");
	AUTO_STR why = STR_INIT;

	memset(ret, 0, sizeof(*ret));
	if (!net)
		return error_set(err, ERR_INPUT, "the site file has no network \"admin\"");
	for (size_t i = 0; i < site->n_rules; i++) {
		const struct rule *rule = &site->rules[i];
		const char *mismatch = rule_mismatch(rule, m, a);

		if (mismatch) {
			str_addf(&why, "\n  rule %zu (site.yaml:%u): %s", i + 1, rule->pos.line, mismatch);
			continue;
		}
		ret->rule = rule;
		ret->profile = site_profile(site, rule->bind.profile);
		ret->mac = pick_mac(m, boot_mac);
		if (!ret->profile)
			return error_set(err, ERR_INPUT, "rule %zu names no known profile", i + 1);
		if (!ret->mac)
			return error_set(err, ERR_CONFLICT, "the machine has no network adapter");
		if (pick_name(rule->bind.name ? rule->bind.name : "node-{seq}", st, a, ret, err) ||
		    pick_address(net, &rule->bind.addresses, st, a, ret, err))
			return -1;
		if (!is_label(ret->name))
			return error_set(err, ERR_INPUT, "rule %zu gives the name \"%s\", which is no host name",
					 i + 1, ret->name);
		return 0;
	}
	error_set(err, ERR_NOT_FOUND, "no rule matches this machine%s", str_text(&why));
	return error_hint(err, "add a rule to the site file: fulcrum rules check FILE, then fulcrum rules apply FILE");
}
