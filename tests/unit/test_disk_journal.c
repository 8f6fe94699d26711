/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal on a disk: written in turn, read strictly, and whole at any instant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"
#include "model/disk_journal.h"
#include "sys/sys.h"
#include "tap.h"

static const char goal[] = "8c5f0a52-36d1-8b1e-9a77-0123456789ab";
static const char plan[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
static const struct disk_journal sample = { .turn = 6, .goal = goal, .plan = plan, .step = "table:system", .keeps = true };

static bool reads(const unsigned char *zone)
{
	AUTO_ARENA a = ARENA_INIT;
	struct disk_journal j;

	return disk_journal_read(zone, &a, &j);
}

static void test_record(void)
{
	unsigned char zone[DISK_JOURNAL_BYTES] = { 0 };
	AUTO_ARENA a = ARENA_INIT;
	struct disk_journal j, next = sample;

	ok(!reads(zone), "zeros are no journal");
	disk_journal_record(&sample, zone);
	ok(disk_journal_read(zone, &a, &j) && j.turn == 6 && j.keeps && !j.finished, "what was written is read");
	is_str(j.goal, goal, "its goal");
	is_str(j.plan, plan, "its plan");
	is_str(j.step, "table:system", "its step");
	next.turn = 7;
	next.finished = true;
	next.keeps = false;
	disk_journal_record(&next, zone + DISK_JOURNAL_RECORD);
	ok(disk_journal_read(zone, &a, &j) && j.turn == 7 && j.finished && !j.keeps, "the newer of two counts");
	zone[DISK_JOURNAL_RECORD + 100] ^= 1;
	ok(disk_journal_read(zone, &a, &j) && j.turn == 6, "the older one if the newer is torn");
}

/* No byte of a record can be another and the record still be one. */
static void test_strict(void)
{
	unsigned char zone[DISK_JOURNAL_BYTES] = { 0 };
	char text[DISK_JOURNAL_TEXT + 1] = "", sum[HASH_HEX];
	size_t len, accepted = 0;
	char *line;

	disk_journal_record(&sample, zone);
	len = strlen((char *)zone);
	for (size_t i = 0; i < len; i++)
		for (int bit = 0; bit < 8; bit++) {
			zone[i] ^= (unsigned char)(1 << bit);
			accepted += reads(zone);
			zone[i] ^= (unsigned char)(1 << bit);
		}
	ok(!accepted && len > 200, "%zu bytes, each bit of them wrong once: none is accepted", len);
	zone[len] = 'x';
	ok(!reads(zone), "nor text behind it");
	/* With a sum that fits, what it says is still looked at. */
	memset(zone, 0, sizeof(zone));
	disk_journal_record(&sample, zone);
	memcpy(text, zone, DISK_JOURNAL_TEXT);
	line = strstr(text, "step table");
	memcpy(line, "step \033[2J", 9);
	line = strstr(text, "sum ");
	hash_buffer(text, (size_t)(line - text), sum);
	memcpy(line + 4, sum, HASH_HEX - 1);
	memcpy(zone, text, DISK_JOURNAL_TEXT);
	ok(!reads(zone), "a step of other letters is none, whatever the sum says");
}

static void test_long_step(void)
{
	unsigned char zone[DISK_JOURNAL_BYTES] = { 0 };
	struct disk_journal j = sample;
	AUTO_ARENA a = ARENA_INIT;
	char step[300];

	memset(step, 'a', sizeof(step) - 1);
	step[sizeof(step) - 1] = '\0';
	j.step = step;
	j.turn = 999999999999999999;
	disk_journal_record(&j, zone);
	ok(disk_journal_read(zone, &a, &j) && strlen(j.step) == 96, "a long step is cut, and fits a sector with the longest of all else");
}

/* --- on a file that stands for a disk */

static void test_disk(void)
{
	char path[] = "/tmp/fulcrum-journal-XXXXXX";
	AUTO_FD fd = mkstemp(path);
	struct sys *sys = sys_real_new();
	struct disk d = { .name = "file", .path = path, .size_bytes = 64 << 20, .sector_bytes = 512 };
	struct disk_journal j = sample;
	AUTO_ARENA a = ARENA_INIT;
	struct error err = { .msg = "" };
	char state[HASH_HEX], marked[HASH_HEX];
	const char foreign[] = "something else";

	ok(fd >= 0 && !ftruncate(fd, 64 << 20) && !sys->ops->probe(sys, &d, &a, &err) && !d.journal_goal, "an empty disk has none%s", err.msg);
	disk_state(&d, state);
	ok(!sys->ops->journal_write(sys, path, &j, &err) && !sys->ops->probe(sys, &d, &a, &err), "it is written%s", err.msg);
	ok(d.journal_goal && !strcmp(d.journal_goal, goal) && d.journal_keeps && !d.journal_finished, "and found by probing");
	ok(disk_is_blank(&d), "a disk with our journal only is blank: %s", d.damage ? d.damage : "");
	disk_state(&d, marked);
	ok(strcmp(state, marked) != 0, "but is in another state: a plan made before does not hold");
	j.finished = true;
	for (int i = 0; i < 3; i++)
		ok(!sys->ops->journal_write(sys, path, &j, &err), "once more%s", err.msg);
	ok(!sys->ops->probe(sys, &d, &a, &err) && d.journal_finished, "the last one counts");
	ok(!sys->ops->wipe(sys, path, NULL, 0, &err) && !sys->ops->probe(sys, &d, &a, &err) && d.journal_goal && disk_is_blank(&d),
	   "a wipe leaves it%s", err.msg);
	ok(pwrite(fd, foreign, sizeof(foreign), 100000) > 0 && !sys->ops->probe(sys, &d, &a, &err) && !disk_is_blank(&d),
	   "other bytes beside it are content: %s", d.damage ? d.damage : "");
	sys_free(sys);
	unlink(path);
}

int main(void)
{
	test_record();
	test_strict();
	test_long_step();
	test_disk();
	return tap_end();
}
