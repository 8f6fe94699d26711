/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What uses a disk: mounts, swap and loops anywhere in the stack of devices that stand on it. Devices
 * that the engine can take down from the top (device mapper, md) only hold it; everything else makes
 * it impossible as a target.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "observe/disks.h"
#include "sys/holders.h"
#include "sys/text.h"

static const char medium_path[] = "/run/fulcrum/medium";
static const char medium_why[] = "boot medium";

/* By device number ("8:1"), by path ("/dev/sda1"), or both. */
struct use {
	const char *device, *source, *why;
};

static void add_use(struct uses *u, struct arena *a, const char *device, const char *source, const char *why)
{
	u->items = arena_grow(a, u->items, u->n, sizeof(*u->items));
	u->items[u->n++] = (struct use){ .device = device, .source = source, .why = why };
}

static const char *mount_why(struct arena *a, const char *target)
{
	if (str_eq(target, medium_path))
		return medium_why;
	return arena_printf(a, "mounted on %s", text_clean(a, target, PATH_MAX));
}

/* proc(5): "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw"; no fields are empty. */
static void add_mounts(struct uses *u, const struct host *h)
{
	AUTO_STR text = STR_INIT;
	char *save = NULL, *line;

	host_file(h, &text, "/proc/self/mountinfo");
	for (line = text.s ? strtok_r(text.s, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		char device[32], target[1024], source[1024] = "";
		const char *dash = strstr(line, " - ");

		if (sscanf(line, "%*s %*s %31s %*s %1023s", device, target) != 2)
			continue;
		if (dash)
			sscanf(dash, " - %*s %1023s", source);
		add_use(u, h->a, arena_strdup(h->a, device), arena_strdup(h->a, source), mount_why(h->a, target));
	}
}

/* Trees that were recorded without mountinfo have mounts: "/dev/sda1 / ext4 rw 0 0". */
static void add_old_mounts(struct uses *u, const struct host *h)
{
	AUTO_STR text = STR_INIT;
	char *save = NULL, *line;

	host_file(h, &text, "/proc/mounts");
	for (line = text.s ? strtok_r(text.s, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		char target[1024], source[1024];

		if (sscanf(line, "%1023s %1023s", source, target) == 2)
			add_use(u, h->a, NULL, arena_strdup(h->a, source), mount_why(h->a, target));
	}
}

static void add_swaps(struct uses *u, const struct host *h)
{
	AUTO_STR text = STR_INIT;
	char *save = NULL, *line;

	host_file(h, &text, "/proc/swaps");
	for (line = text.s ? strtok_r(text.s, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		if (line[0] == '/')
			add_use(u, h->a, NULL, arena_strndup(h->a, line, strcspn(line, " \t")), "swap");
}

/* A loop over a block device; one over a file needs a mount, which is told anyway. */
static void add_loops(struct uses *u, const struct host *h, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *file = str_starts(names[i], "loop") ?
					   host_text(h, "/sys/block/%s/loop/backing_file", names[i]) :
					   NULL;

		if (file)
			add_use(u, h->a, NULL, file, arena_printf(h->a, "%s is a loop over it", names[i]));
	}
}

/*
 * A file system of several devices names only one of them as its mount's source, and has a device
 * number of its own.
 */
static void add_btrfs(struct uses *u, const struct host *h)
{
	const char **systems, **devices;
	size_t n, k;

	systems = host_list(h, &n, "/sys/fs/btrfs");
	for (size_t i = 0; i < n; i++) {
		devices = host_list(h, &k, "/sys/fs/btrfs/%s/devices", systems[i]);
		for (size_t j = 0; j < k; j++)
			add_use(u, h->a, NULL, arena_printf(h->a, "/dev/%s", devices[j]),
				arena_printf(h->a, "part of mounted btrfs %s", systems[i]));
	}
}

void uses_read(const struct host *h, struct uses *ret)
{
	const char **names;
	size_t n;

	*ret = (struct uses){ .items = NULL };
	add_mounts(ret, h);
	if (!ret->n)
		add_old_mounts(ret, h);
	add_swaps(ret, h);
	names = host_list(h, &n, "/sys/block");
	add_loops(ret, h, names, n);
	add_btrfs(ret, h);
}

/* --- one stack */

enum { HOLDERS_MAX = 256 }; /* more is a tree that was made up */

struct stack {
	const struct host *h;
	const struct uses *u;
	struct disk *d;
	const char *why; /* it may not be a target */
	const char *names[HOLDERS_MAX]; /* of holders: never visited twice */
	size_t n;
};

static void note_why(struct stack *s, const char *why, const char *through)
{
	/* The boot medium is told before everything else. */
	if (!why || (s->why && !str_eq(why, medium_why)))
		return;
	s->why = through && !str_eq(why, medium_why) ? arena_printf(s->h->a, "%s, through %s", why, through) : why;
}

/* Why the block device NAME at DIR is in use by itself, or NULL. */
static const char *use_of(const struct stack *s, const char *dir, const char *name)
{
	const char *device = host_text(s->h, "%s/dev", dir), *mapped = host_text(s->h, "%s/dm/name", dir), *found = NULL;
	const char *path = arena_printf(s->h->a, "/dev/%s", name);

	if (mapped)
		mapped = arena_printf(s->h->a, "/dev/mapper/%s", mapped);
	for (size_t i = 0; i < s->u->n; i++) {
		const struct use *x = &s->u->items[i];

		if (!(x->device && str_eq(x->device, device)) && !str_eq(x->source, path) &&
		    !(mapped && str_eq(x->source, mapped)))
			continue;
		if (!found || str_eq(x->why, medium_why))
			found = x->why;
	}
	return found;
}

static void walk(struct stack *s, const char *dir, const char *name, const char *through);

/* What stands on the device at DIR; what is on top of that comes before it. */
static void walk_holders(struct stack *s, const char *dir, const char *through)
{
	size_t n;
	const char **names = host_list(s->h, &n, "%s/holders", dir);

	for (size_t i = 0; i < n; i++) {
		const char *kind = holder_kind(s->h, names[i]), *text;
		bool known = false;

		for (size_t k = 0; k < s->n && !known; k++)
			known = str_eq(s->names[k], names[i]);
		if (known)
			continue;
		if (s->n == HOLDERS_MAX) {
			note_why(s, "held by more devices than can be listed", NULL);
			return;
		}
		s->names[s->n++] = names[i];
		if (!kind) {
			note_why(s, arena_printf(s->h->a, "held by %s", names[i]), through);
			continue;
		}
		text = arena_printf(s->h->a, "%s %s", names[i], kind);
		walk(s, arena_printf(s->h->a, "/sys/block/%s", names[i]), names[i], text);
		s->d->holders = arena_grow(s->h->a, s->d->holders, s->d->n_holders, sizeof(*s->d->holders));
		s->d->holders[s->d->n_holders++] = text;
	}
}

/* The device NAME at DIR with its partitions; THROUGH: the holder that it is, NULL for the disk itself. */
static void walk(struct stack *s, const char *dir, const char *name, const char *through)
{
	size_t n;
	const char **names = host_list(s->h, &n, "%s", dir);

	note_why(s, use_of(s, dir, name), through);
	walk_holders(s, dir, through);
	for (size_t i = 0; i < n; i++) {
		const char *part = arena_printf(s->h->a, "%s/%s", dir, names[i]);

		if (!str_starts(names[i], name) || !host_exists(s->h, "%s/partition", part))
			continue;
		note_why(s, use_of(s, part, names[i]), through);
		walk_holders(s, part, through);
	}
}

void uses_of(const struct host *h, const struct uses *u, const char *dir, struct disk *d)
{
	struct stack s = { .h = h, .u = u, .d = d };

	walk(&s, dir, d->name, NULL);
	d->in_use = s.why;
}
