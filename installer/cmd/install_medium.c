/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `check-medium`: every block and every file of a medium against what was signed; of an image file on a workstation, of a
 * device, of a directory with a release, or, without an argument, of the medium that this machine was started from. Started by the
 * boot menu (fulcrum.mode=check), it says so on all consoles and waits for a person.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/cmdline.h"
#include "base/fd.h"
#include "base/size.h"
#include "cmd/install_job.h"
#include "cmd/iso_release.h"
#include "ops/medium_check.h"
#include "sys/reader.h"

static const char medium_mount[] = "/run/fulcrum/medium", who[] = "install", step_id[] = "check-medium";

enum { UPDATE_MS = 500, BAR = 20, RATE_AFTER_MS = 3000, SLOW_LEFT_S = 60, BAD_IN_A_ROW = 8, TOLD_MAX = 25, MOUNTS_MAX = 1 << 20 };

struct check {
	struct job *j;
	struct console c;
	const char *path, *key_path; /* what is checked; NULL: the key that it carries */
	struct reader *reader;
	struct iso_release rel;
	struct block_list list;
	struct medium_check m;
	const char *build_id;
	uint64_t start_ms, last_ms, done, total;
	unsigned int tenth;
	bool rate_told;
};

static void check_release_all(struct check *c)
{
	reader_close(&c->reader);
}

/* --- words on the way */

static void note(struct check *c, const char *text)
{
	console_say(&c->c, "note: %s\n", text);
	channel_emit("note", who, "text", text, NULL);
}

static void on_reader(void *ctx, const char *text)
{
	note(ctx, text);
}

static uint64_t rate_of(const struct check *c, uint64_t now)
{
	return now > c->start_ms ? c->done * 1000 / (now - c->start_ms) : 0;
}

/* "45 MiB/s" */
static const char *rate_text(struct check *c, uint64_t rate)
{
	char text[SIZE_TEXT_MAX];

	return arena_printf(&c->j->a, "%s/s", size_format(rate, text));
}

/* "2 minutes" */
static const char *time_text(struct check *c, uint64_t s)
{
	if (s < 100)
		return arena_printf(&c->j->a, "%" PRIu64 " s", s);
	return arena_printf(&c->j->a, "%" PRIu64 " minutes", (s + 30) / 60);
}

static void moving_line(struct check *c, unsigned int percent, uint64_t rate, uint64_t left_s)
{
	AUTO_STR line = STR_INIT;

	str_addf(&line, "check  %3u%%  ", percent);
	for (unsigned int i = 0; i < BAR; i++)
		str_addc(&line, i < percent * BAR / 100 ? '#' : '.');
	str_addf(&line, "  %s  about %s left", rate_text(c, rate), time_text(c, left_s));
	screens_live(&c->c.screens, str_text(&line));
	str_addc(&line, '\n');
	if (percent / 10 > c->tenth)
		screens_plain(&c->c.screens, str_text(&line));
	c->tenth = percent / 10;
}

/* LEN more bytes were looked at. A medium that will take long says so as soon as that is known. */
static void move(struct check *c, uint64_t len)
{
	uint64_t now = clock_mono_ms(), rate, left_s;
	unsigned int percent;

	c->done += len;
	rate = rate_of(c, now);
	left_s = rate ? (c->total - c->done) / rate : 0;
	if (!c->rate_told && now - c->start_ms >= RATE_AFTER_MS) {
		c->rate_told = true;
		if (left_s > SLOW_LEFT_S)
			note(c, arena_printf(&c->j->a, "this medium reads %s: reading the rest takes about %s", rate_text(c, rate), time_text(c, left_s)));
	}
	if (now - c->last_ms < UPDATE_MS && c->done < c->total)
		return;
	c->last_ms = now;
	percent = c->total ? (unsigned int)(c->done * 100 / c->total) : 100;
	channel_step(who, &(struct channel_move){ .id = step_id, .n = 1, .of = 1, .percent = percent, .done = c->done, .total = c->total,
						  .rate = rate, .left_s = c->rate_told ? (int64_t)left_s : -1 });
	moving_line(c, percent, rate, left_s);
}

static void begin(struct check *c, uint64_t total)
{
	c->total = total;
	c->start_ms = c->last_ms = clock_mono_ms();
}

/* --- an image or a device */

static int read_at(void *ctx, uint64_t at, void *buf, size_t len, struct error *err)
{
	return reader_read(((const struct check *)ctx)->reader, at, buf, len, err);
}

/* The two lists, as far as they can be believed; what speaks against one is told, and the other says the rest. */
static int take_lists(struct check *c, struct error *err)
{
	const char *key = iso_release_key(&c->rel, c->key_path, &c->j->a, err);
	struct error why[2] = { 0 };
	const struct block_list *list = &c->list;
	AUTO_STR text = STR_INIT;
	struct seed seed = { 0 };

	if (!key)
		return -1;
	if (iso_release_text(&c->rel, BLOCK_LIST_PATH, BLOCK_LIST_MAX, &text, &why[0]) ||
	    block_list_read(str_text(&text), text.len, key, &c->j->a, &c->list, &why[0]))
		list = NULL;
	if (iso_release_seed(&c->rel, key, &c->j->a, &seed, &why[1]))
		seed = (struct seed){ 0 };
	if (list && list->image > c->rel.src.size)
		return error_set(err, ERR_MEDIUM, "%s is cut short: it has %" PRIu64 " bytes of %" PRIu64, c->path, c->rel.src.size, list->image);
	medium_check_begin(&c->m, &c->rel.iso, &seed, list, &c->j->a);
	for (size_t i = 0; i < ARRAY_LEN(why); i++)
		if (why[i].msg[0])
			medium_check_finding(&c->m, why[i].msg);
	return 0;
}

static void take_build_id(struct check *c)
{
	AUTO_STR id = STR_INIT;
	struct error ignored;

	if (!iso_release_text(&c->rel, "fulcrum/build-id", 128, &id, &ignored))
		c->build_id = arena_strndup(&c->j->a, str_text(&id), strcspn(str_text(&id), "\n"));
}

/* All blocks, in their order. */
static int read_all(struct check *c, struct error *err)
{
	static unsigned char buf[BLOCK_LIST_BLOCK];
	unsigned int in_a_row = 0;

	begin(c, c->m.bytes);
	for (uint64_t at = 0, len; at < c->m.bytes; at += len) {
		struct error why = { 0 };

		len = c->m.bytes - at < sizeof(buf) ? c->m.bytes - at : sizeof(buf);
		if (!reader_read(c->reader, at, buf, (size_t)len, &why)) {
			medium_check_block(&c->m, at, buf, (size_t)len, NULL);
			in_a_row = 0;
		} else {
			medium_check_block(&c->m, at, NULL, (size_t)len, why.msg);
			if (why.sys == ETIMEDOUT || ++in_a_row == BAD_IN_A_ROW) {
				*err = why;
				return error_wrap(err, "gave up after %u blocks that cannot be read", in_a_row ? in_a_row : 1);
			}
		}
		move(c, len);
	}
	return 0;
}

/* What no list covers, because it may be changed: it has one form for what it says. */
static void check_area(struct check *c)
{
	AUTO_STR text = STR_INIT;
	struct error err;
	bool unattended;

	if (iso_release_area(&c->rel, &text, &unattended, &err))
		medium_check_finding(&c->m, err.msg);
}

static int check_image(struct check *c, struct error *err)
{
	const struct reader_how how = { .tell = on_reader, .ctx = c };
	struct iso_source src = { .read_at = read_at, .ctx = c };

	if (reader_open(c->path, &how, &c->reader, err))
		return -1;
	src.size = reader_size(c->reader);
	if (iso_release_open(&c->rel, &src, &c->j->a, err)) {
		error_wrap(err, "%s", c->path);
		return error_hint(err, "write the medium again from an image that was checked");
	}
	if (take_lists(c, err))
		return -1;
	take_build_id(c);
	if (read_all(c, err))
		return -1;
	medium_check_end(&c->m);
	check_area(c);
	return 0;
}

/* --- a directory: a medium that the files of a release were copied to has no blocks that are ours */

static int add_some(void *ctx, const void *data, size_t len, struct error *err UNUSED)
{
	hash_add(ctx, data, len);
	return 0;
}

static void check_file(struct check *c, const struct seed_entry *e)
{
	const char *url = arena_printf(&c->j->a, "file://%s/%s", c->path, e->path);
	char got[HASH_HEX];
	struct error why;
	struct hash h;

	hash_begin(&h);
	if (c->j->sys->ops->fetch(c->j->sys, url, 0, 0, add_some, &h, &why)) {
		medium_check_finding(&c->m, why.msg);
		return;
	}
	hash_end(&h, got);
	if (strcmp(got, e->hash) != 0)
		medium_check_finding(&c->m, arena_printf(&c->j->a, "%s/%s is damaged: its content is not what was signed", c->path, e->path));
}

static int check_dir(struct check *c, struct error *err)
{
	const char *key_path = c->key_path ? c->key_path : arena_printf(&c->j->a, "%s/keys/release.pub", c->path);
	AUTO_STR key = STR_INIT;
	struct seed seed;

	if (file_read(key_path, 256, &key, err))
		return -1;
	if (source_seed(c->j->sys, arena_printf(&c->j->a, "file://%s", c->path),
			arena_strndup(&c->j->a, str_text(&key), strcspn(str_text(&key), "\n")), &c->j->a, &seed, err))
		return error_wrap(err, "%s", c->path);
	c->m = (struct medium_check){ .a = &c->j->a, .n_files = seed.n };
	begin(c, seed.bytes);
	for (size_t i = 0; i < seed.n; i++) {
		check_file(c, &seed.entries[i]);
		move(c, seed.entries[i].size);
	}
	return 0;
}

/* --- what is to be checked, and what came of it */

/* The device, or a loop, that is mounted as the medium if it is an image; else the directory of its release. */
static int find_medium(struct check *c, struct error *err)
{
	AUTO_STR mounts = STR_INIT;
	char *rest, *line;

	c->path = c->j->o.medium;
	if (c->path)
		return 0;
	if (file_read("/proc/mounts", MOUNTS_MAX, &mounts, err))
		return -1;
	rest = mounts.s;
	while (rest && (line = strsep(&rest, "\n"))) {
		char *device = strsep(&line, " "), *target = strsep(&line, " "), *type = strsep(&line, " ");

		if (!type || strcmp(target, medium_mount) != 0)
			continue;
		c->path = !strcmp(type, "iso9660") ? arena_strdup(&c->j->a, device) : job_medium(c->j);
		return 0;
	}
	error_set(err, ERR_NOT_FOUND, "this machine was not started from a medium: nothing is mounted at %s", medium_mount);
	return error_hint(err, "name what to check: check-medium FILE.iso, a device, or a directory with a release");
}

static int judge(struct check *c, struct error *err)
{
	AUTO_STR all = STR_INIT;
	uint64_t took = clock_mono_ms() - c->start_ms;
	const struct medium_check *m = &c->m;
	const char *rate = rate_text(c, rate_of(c, clock_mono_ms()));

	if (!m->n_findings) {
		console_say(&c->c, "%s is good: %s%s%zu blocks and %zu files are as signed; %" PRIu64 " bytes in %" PRIu64 ".%" PRIu64 " s, %s\n", c->path,
			    c->build_id ? c->build_id : "", c->build_id ? ", " : "", m->list ? m->list->n : 0, m->n_files, c->done, took / 1000,
			    took % 1000 / 100, rate);
		channel_emit("stage", who, "stage", "done", "text", arena_printf(&c->j->a, "the medium is good; it reads %s", rate), NULL);
		return 0;
	}
	for (size_t i = 0; i < m->n_findings && i < TOLD_MAX; i++) {
		str_addf(&all, "  %s\n", m->findings[i]);
		channel_emit("finding", who, "text", m->findings[i], NULL);
	}
	if (m->n_findings > TOLD_MAX)
		str_addf(&all, "  and %zu more\n", m->n_findings - TOLD_MAX);
	console_text(&c->c, str_text(&all));
	error_set(err, ERR_MEDIUM, "%s is damaged: %zu finding%s", c->path, m->n_findings, m->n_findings == 1 ? "" : "s");
	return error_hint(err, "write it again from an image that was checked (fulcrum-install check-medium FILE.iso); if it happens again, take another medium");
}

/* A person reads the verdict, then says what next. */
static int wait_for_person(struct check *c, struct error *err)
{
	for (;;) {
		char typed[SCREEN_TYPED_MAX];
		int at = console_ask(&c->c, "\nEnter restarts this machine; s and Enter opens a shell: ", typed);

		if (at < 0)
			return 0;
		if (!typed[0])
			break;
		if (!strcmp(typed, "s"))
			job_shell(&c->c, at);
	}
	return c->j->sys->ops->sync(c->j->sys, err) ? -1 : c->j->sys->ops->reboot(c->j->sys, err);
}

static int run_check(struct check *c, struct error *err)
{
	struct engine_sink sink = console_sink(&c->c);
	struct stat st;

	if (!c->path && find_medium(c, err))
		return -1;
	sink.stage(&c->c, "check", arena_printf(&c->j->a, "reading all of %s", c->path));
	if ((stat(c->path, &st) == 0 && S_ISDIR(st.st_mode) ? check_dir(c, err) : check_image(c, err)))
		return -1;
	return judge(c, err);
}

int verb_check_medium(struct job *j, struct error *err)
{
	CLEANUP(check_release_all) struct check c = { .j = j, .path = j->o.site, .key_path = j->o.key };
	AUTO_STR cmdline = STR_INIT;
	bool booted;
	int rc;

	job_cmdline(&cmdline);
	booted = !c.path && str_eq(cmdline_value(str_text(&cmdline), "fulcrum.mode", &j->a, NULL), "check");
	if (!c.path && !c.key_path)
		c.key_path = job_default_key();
	console_init(&c.c, booted, who);
	rc = run_check(&c, err);
	if (rc) {
		channel_emit("stage", who, "stage", "failed", "text", err->msg, NULL);
		if (booted)
			console_error(&c.c, err);
	}
	if (booted) {
		struct error failed = { 0 };

		if (wait_for_person(&c, &failed))
			console_error(&c.c, &failed);
	}
	console_close(&c.c);
	return rc;
}
