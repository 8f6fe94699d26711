/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What boots said, as files; and bundles. */
#include "admin/recorder.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/hwtests.h"
#include "admin/plans.h"
#include "base/clock.h"
#include "base/fd.h"
#include "data/json.h"
#include "model/site_secrets.h"

enum { FILES_KEPT = 24, BOOT_SHORT = 8, EVENTS_MAX = 2000 };

static const char *dir_of(const struct admin *ad, const struct node *n, struct arena *a)
{
	return arena_printf(a, "%s/records/%s", ad->paths.data, n->label);
}

struct kept {
	const char *name;
	int64_t time_s;
};

static int by_age(const void *x, const void *y)
{
	const struct kept *a = x, *b = y;

	return a->time_s != b->time_s ? (a->time_s < b->time_s ? -1 : 1) : strcmp(a->name, b->name);
}

/* Oldest first; none if there is no such directory. */
static size_t list(const char *dir, struct arena *a, struct kept **ret)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	size_t n = 0;

	*ret = NULL;
	while (d && (e = readdir(d))) {
		struct stat st;

		if (e->d_name[0] == '.' || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
			continue;
		*ret = arena_grow(a, *ret, n, sizeof(**ret));
		(*ret)[n++] = (struct kept){ arena_strdup(a, e->d_name), st.st_mtime };
	}
	if (d)
		closedir(d);
	if (n)
		qsort(*ret, n, sizeof(**ret), by_age);
	return n;
}

static bool is_boot_id(const char *s)
{
	size_t n = strlen(s);

	for (const char *p = s; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-')
			return false;
	return n > 0 && n <= 64;
}

int recorder_keep(struct admin *ad, const struct node *n, const struct msg_record *m, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *dir = dir_of(ad, n, &a);
	struct kept *files;
	size_t len = strlen(m->text), count;

	if (!is_boot_id(m->boot_id))
		return error_set(err, ERR_INPUT, "boot_id: 1 to 64 letters, digits and hyphens are wanted");
	if (len > RECORD_MAX)
		return error_set(err, ERR_INPUT, "text: %zu bytes, %d are kept", len, RECORD_MAX);
	/* The label was made by us of a MAC address: it is a name of a file. */
	if (make_dirs(dir, 0700, err) ||
	    file_replace(arena_printf(&a, "%s/%06" PRIu64 "-%.*s-%s", dir, m->attempt, BOOT_SHORT, m->boot_id, record_names[m->record]), m->text,
			 len, 0600, err))
		return -1;
	count = list(dir, &a, &files);
	for (size_t i = 0; i + FILES_KEPT < count; i++)
		unlink(arena_printf(&a, "%s/%s", dir, files[i].name));
	return 0;
}

void recorder_forget(struct admin *ad, const struct node *n)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *dir = dir_of(ad, n, &a);
	struct kept *files;
	size_t count = list(dir, &a, &files);

	for (size_t i = 0; i < count; i++)
		unlink(arena_printf(&a, "%s/%s", dir, files[i].name));
	rmdir(dir);
}

/* --- the bundle */

struct making {
	struct arena *a;
	struct secrets secrets;
	struct tree *files;
};

/* TEXT is scrubbed in place. */
static void add(struct making *m, const char *name, struct str *text)
{
	struct tree *t = tree_new(m->a, TREE_MAP);

	secrets_scrub(&m->secrets, text);
	tree_add(m->a, t, "name", tree_string(m->a, name));
	tree_add(m->a, t, "text", tree_string(m->a, arena_strdup(m->a, str_text(text))));
	tree_push(m->a, m->files, t);
}

static int add_events(struct admin *ad, const struct node *n, struct making *m, struct error *err)
{
	AUTO_STR text = STR_INIT;
	struct event *events;
	size_t count;

	if (events_list(ad->store, n, 0, EVENTS_MAX, m->a, &events, &count, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		char when[21];

		clock_text(events[i].time_s, when);
		str_addf(&text, "%s  attempt %" PRIu64 "  %s + %s -> %s  %s\n", when, events[i].attempt, events[i].from, events[i].event,
			 events[i].to, events[i].text);
	}
	add(m, "events", &text);
	return 0;
}

static int add_attempt(struct admin *ad, uint64_t id, const char *what, struct making *m, struct error *err)
{
	struct attempt *at;
	struct plan *p;
	struct error none;

	if (!id)
		return 0;
	if (attempt_find(ad->store, id, m->a, &at, err))
		return -1;
	if (at && at->plan && !attempt_plan(at, m->a, &p, &none)) {
		AUTO_STR text = STR_INIT;

		plan_text(p, &text);
		add(m, arena_printf(m->a, "plan-%s.txt", what), &text);
	}
	if (at && at->results) {
		AUTO_STR text = STR_INIT;

		str_add(&text, at->results);
		add(m, arena_printf(m->a, "checks-%s.json", what), &text);
	}
	return 0;
}

static int add_tests(struct admin *ad, const struct node *n, struct making *m, struct error *err)
{
	AUTO_STR text = STR_INIT;
	struct tree *t;

	if (hwtests_tree(ad, n->label, m->a, &t, err))
		return -1;
	json_write(t, true, &text);
	add(m, "tests.json", &text);
	return 0;
}

static void add_records(struct admin *ad, const struct node *n, struct making *m)
{
	const char *dir = dir_of(ad, n, m->a);
	struct kept *files;
	size_t count = list(dir, m->a, &files);

	for (size_t i = 0; i < count; i++) {
		AUTO_STR text = STR_INIT;
		struct error err;

		if (file_read(arena_printf(m->a, "%s/%s", dir, files[i].name), RECORD_MAX, &text, &err)) {
			str_clear(&text);
			str_addf(&text, "cannot be read: %s\n", err.msg);
		}
		add(m, arena_printf(m->a, "boots/%s", files[i].name), &text);
	}
}

int recorder_bundle(struct admin *ad, const struct node *n, struct arena *a, struct tree **ret, struct error *err)
{
	struct making m = { .a = a, .files = tree_new(a, TREE_SEQ), .secrets = { .arena = a } };
	struct tree *t = tree_new(a, TREE_MAP);
	AUTO_STR site = STR_INIT;
	AUTO_STR readme = STR_INIT;
	AUTO_STR machine = STR_INIT;
	const char *json;
	char when[21];

	/* First: what it finds to be secret is taken out of all that follows. */
	site_redact("site.yaml", ad->site_text, strlen(ad->site_text), a, &site, &m.secrets);
	clock_text(clock_real_s(), when);
	str_addf(&readme, "What the admin node of site %s knows of %s, %s.\nIt is %s%s%s\n%s%s%s", ad->site->site, node_title(n), when,
		 life_states[n->state].name, n->message ? ": " : "", n->message ? n->message : "", n->hint ? "what to do: " : "",
		 n->hint ? n->hint : "", n->hint ? "\n" : "");
	add(&m, "README", &readme);
	add(&m, "site.json", &site);
	if (node_machine(ad->store, n, a, &json, err))
		return -1;
	str_add(&machine, json);
	add(&m, "machine.json", &machine);
	if (add_events(ad, n, &m, err) || add_attempt(ad, n->attempt, "present", &m, err) ||
	    (n->installed != n->attempt && add_attempt(ad, n->installed, "installed", &m, err)))
		return -1;
	if (add_tests(ad, n, &m, err))
		return -1;
	add_records(ad, n, &m);
	tree_add(a, t, "name", tree_string(a, arena_printf(a, "fulcrum-%s", node_title(n))));
	tree_add(a, t, "files", m.files);
	*ret = t;
	return 0;
}
