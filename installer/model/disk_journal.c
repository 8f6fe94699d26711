/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of the journal on disks: strict in what is read, since a record is a consent to wipe what was half made. */
#include "model/disk_journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"
#include "base/uuid.h"

static const char first_line[] = "fulcrum-journal 1";

enum { STEP_MAX = 96 };

void disk_journal_record(const struct disk_journal *j, unsigned char ret[DISK_JOURNAL_RECORD])
{
	char sum[HASH_HEX], *text = (char *)ret;
	int n;

	memset(ret, 0, DISK_JOURNAL_RECORD);
	n = snprintf(text, DISK_JOURNAL_TEXT, "%s\nturn %" PRIu64 "\ngoal %s\nplan %s\nstep %.*s\nstate %s\nkeeps %s\n", first_line,
		     j->turn, j->goal, j->plan, STEP_MAX, j->step, j->finished ? "finished" : "unfinished",
		     j->keeps ? "yes" : "no");
	hash_buffer(text, (size_t)n, sum);
	snprintf(text + n, DISK_JOURNAL_TEXT - (size_t)n, "sum %s\n", sum);
}

/* The value of the next line, which must begin with KEY; NULL if it does not. */
static const char *take(char **at, const char *key)
{
	char *line = *at, *end = strchr(line, '\n');
	size_t n = strlen(key);

	if (!end || strncmp(line, key, n) != 0 || line[n] != ' ')
		return NULL;
	*end = '\0';
	*at = end + 1;
	return line + n + 1;
}

static bool take_word(char **at, const char *key, const char *yes, const char *no, bool *ret)
{
	const char *word = take(at, key);

	*ret = word && !strcmp(word, yes);
	return *ret || (word && !strcmp(word, no));
}

/* A plan's operations are named with these letters, and nothing else reaches a screen from here. */
static bool is_step(const char *s)
{
	size_t n = strlen(s);

	return n && n <= STEP_MAX && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:@./_-+") == n;
}

static bool is_number(const char *s, uint64_t *ret)
{
	size_t n = strlen(s);

	if (!n || n > 18 || strspn(s, "0123456789") != n)
		return false;
	*ret = strtoull(s, NULL, 10);
	return true;
}

static bool read_one(const unsigned char *record, struct arena *a, struct disk_journal *ret)
{
	char text[DISK_JOURNAL_TEXT + 1], *at = text, hash[HASH_HEX];
	const char *version, *turn, *sum, *sum_line;
	unsigned char *end;

	memcpy(text, record, DISK_JOURNAL_TEXT);
	text[DISK_JOURNAL_TEXT] = '\0';
	end = memchr(record, 0, DISK_JOURNAL_TEXT);
	sum_line = strstr(text, "\nsum ");
	if (!end || !sum_line)
		return false;
	hash_buffer(text, (size_t)(sum_line + 1 - text), hash);
	version = take(&at, "fulcrum-journal");
	if (!version || strcmp(version, "1") != 0)
		return false;
	turn = take(&at, "turn");
	if (!turn || !is_number(turn, &ret->turn))
		return false;
	ret->goal = take(&at, "goal");
	ret->plan = ret->goal ? take(&at, "plan") : NULL;
	ret->step = ret->plan ? take(&at, "step") : NULL;
	if (!ret->step || !uuid_is(ret->goal) || !hex_is(ret->plan, HASH_HEX - 1) || !is_step(ret->step) ||
	    !take_word(&at, "state", "finished", "unfinished", &ret->finished) ||
	    !take_word(&at, "keeps", "yes", "no", &ret->keeps))
		return false;
	sum = take(&at, "sum");
	if (!sum || strcmp(sum, hash) != 0 || *at)
		return false;
	ret->goal = arena_strdup(a, ret->goal);
	ret->plan = arena_strdup(a, ret->plan);
	ret->step = arena_strdup(a, ret->step);
	return true;
}

bool disk_journal_read(const unsigned char *zone, struct arena *a, struct disk_journal *ret)
{
	struct disk_journal one[2];
	bool first = read_one(zone, a, &one[0]), second = read_one(zone + DISK_JOURNAL_RECORD, a, &one[1]);

	if (!first && !second)
		return false;
	*ret = one[second && (!first || one[1].turn > one[0].turn)];
	return true;
}
