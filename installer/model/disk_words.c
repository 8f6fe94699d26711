/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks in words. */
#include "model/disk_words.h"

#include "base/size.h"
#include "base/str.h"

enum { PARTS_SHOWN = 6 };

static const char *type_word(const struct signature *s)
{
	static const char *const words[][2] = {
		{ "LVM2_member", "LVM member" }, { "linux_raid_member", "RAID member" }, { "crypto_LUKS", "LUKS" },
		{ "zfs_member", "ZFS member" },	 { "isw_raid_member", "firmware RAID member" },
		{ "ddf_raid_member", "firmware RAID member" },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq(s->type, words[i][0]))
			return words[i][1];
	return s->type;
}

static void add_signatures(struct str *b, const struct signature *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		str_addf(b, "%s%s", i ? " + " : "", type_word(&s[i]));
		if (!str_empty(s[i].label))
			str_addf(b, " \"%s\"", s[i].label);
	}
}

static void add_carried(struct str *b, const struct partition *p)
{
	if (p->n_signatures)
		add_signatures(b, p->signatures, p->n_signatures);
	else
		str_add(b, str_empty(p->name) ? "unknown" : p->name);
}

static void add_partition(struct str *b, const struct partition *p)
{
	char size[SIZE_TEXT_MAX];

	add_carried(b, p);
	str_addf(b, " %s", size_format(p->size_bytes, size));
}

const char *disk_content_words(const struct disk *d, struct arena *a)
{
	AUTO_STR b = STR_INIT;

	if (disk_is_blank(d))
		str_add(&b, "blank");
	add_signatures(&b, d->signatures, d->n_signatures);
	if (d->table || d->n_partitions)
		str_addf(&b, "%s%s, %zu partition%s", b.len ? "; " : "", d->table ? d->table : "no table", d->n_partitions,
			 d->n_partitions == 1 ? "" : "s");
	for (size_t i = 0; i < d->n_partitions && i < PARTS_SHOWN; i++) {
		str_add(&b, i ? ", " : ": ");
		add_partition(&b, &d->partitions[i]);
	}
	if (d->n_partitions > PARTS_SHOWN)
		str_addf(&b, " and %zu more", d->n_partitions - PARTS_SHOWN);
	if (d->damage)
		str_addf(&b, "%sunreadable: %s", b.len ? "; " : "", d->damage);
	if (d->journal_goal)
		str_addf(&b, "; %s install of ours%s%s", d->journal_finished ? "a finished" : "an unfinished",
			 !d->journal_finished && d->journal_step ? ", cut at " : "",
			 !d->journal_finished && d->journal_step ? d->journal_step : "");
	return arena_strdup(a, str_text(&b));
}

static void add_list(struct str *b, const char *intro, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		str_addf(b, "%s%s%s", i ? ", " : b->len ? "; " : "", i ? "" : intro, list[i]);
}

const char *disk_state_words(const struct disk *d, struct arena *a)
{
	AUTO_STR b = STR_INIT;

	if (d->in_use)
		str_addf(&b, "in use: %s", d->in_use);
	if (d->read_only)
		str_addf(&b, "%sread-only", b.len ? "; " : "");
	add_list(&b, "held by ", d->holders, d->n_holders);
	add_list(&b, "also as ", d->paths, d->n_paths);
	return b.len ? arena_strdup(a, b.s) : "free";
}

const char *partition_words(const struct partition *p, struct arena *a)
{
	AUTO_STR b = STR_INIT;

	add_carried(&b, p);
	return arena_strdup(a, str_text(&b));
}
