/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing before hello. */
#include "agent/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/size.h"
#include "base/str.h"
#include "ops/compare.h"

/* A node that is new must not wait: so much for all partitions and images together. */
enum { LIMIT_MS = 180000, SAY_MS = 5000 };
static const char our_prefix[] = "fulcrum-", lists[] = "images/";

struct measure {
	struct sys *sys;
	const char *source, *release_key;
	struct chunk_list *images;
	size_t n_images;
	uint64_t end_ms, say_ms; /* when time is over; when progress is said next */
	struct arena *a;
};

static void say(void *ctx, uint64_t done, uint64_t total)
{
	struct measure *me = ctx;
	uint64_t now = clock_mono_ms();

	if (now < me->say_ms)
		return;
	me->say_ms = now + SAY_MS;
	printf("fulcrum: comparing, %u %%\n", (unsigned int)((double)done * 100.0 / (double)total));
	fflush(stdout);
}

static int read_lists(struct measure *me, struct error *err)
{
	struct seed seed;

	if (source_seed(me->sys, me->source, me->release_key, me->a, &seed, err))
		return -1;
	for (size_t i = 0; i < seed.n; i++) {
		const char *path = seed.entries[i].path;
		struct chunk_list *l;

		if (!str_starts(path, lists) || !str_ends(path, "/list"))
			continue;
		me->images = arena_grow(me->a, me->images, me->n_images, sizeof(*me->images));
		l = &me->images[me->n_images++];
		if (source_chunks(me->sys, me->source, me->release_key,
				  arena_strndup(me->a, path + strlen(lists), strlen(path) - strlen(lists) - strlen("/list")),
				  me->a, l, err))
			return -1;
	}
	return 0;
}

static void tell(const char *dev, const struct chunk_list *l, const struct comparison *c, uint64_t ms)
{
	char n[5][24], fetch[SIZE_TEXT_MAX], write[SIZE_TEXT_MAX];

	printf("fulcrum: %s differs from %s@%s in %" PRIu64 " of %" PRIu64 " chunks: %s to fetch, %s to write\n", dev,
	       l->image.name, l->image.version, c->chunks - c->same, c->chunks, size_format(c->fetch_bytes, fetch),
	       size_format(c->write_bytes, write));
	fflush(stdout);
	snprintf(n[0], sizeof(n[0]), "%" PRIu64, c->chunks);
	snprintf(n[1], sizeof(n[1]), "%" PRIu64, c->chunks - c->same);
	snprintf(n[2], sizeof(n[2]), "%" PRIu64, c->fetch_bytes);
	snprintf(n[3], sizeof(n[3]), "%" PRIu64, c->write_bytes);
	snprintf(n[4], sizeof(n[4]), "%" PRIu64, ms);
	channel_emit("compare", "agent", "dev", dev, "image", l->image.name, "chunks", n[0], "differ", n[1], "fetch", n[2],
		     "write", n[3], "ms", n[4], NULL);
}

static void compare_one(struct measure *me, const char *dev, struct partition *p, const struct chunk_list *l)
{
	uint64_t now = clock_mono_ms();
	struct compare_how how = { .progress = say, .ctx = me, .limit_ms = now < me->end_ms ? me->end_ms - now : 1 };
	struct comparison c = { 0 };
	struct error err;
	bool alike;

	me->say_ms = now + SAY_MS;
	if (image_compare(me->sys, dev, l, &how, &alike, &c, &err)) {
		printf("fulcrum: %s was not compared with %s: %s\n", dev, l->image.name, err.msg);
		fflush(stdout);
		return;
	}
	if (!alike)
		return;
	p->compared = arena_grow(me->a, p->compared, p->n_compared, sizeof(*p->compared));
	p->compared[p->n_compared++] = c;
	tell(dev, l, &c, clock_mono_ms() - now);
}

/* What may be ours, by its name: of others nothing is read. */
static bool may_carry(const struct disk *d, const struct partition *p)
{
	return !d->in_use && !d->read_only && p->name && str_starts(p->name, our_prefix);
}

static bool any_may_carry(const struct machine *m)
{
	for (size_t i = 0; i < m->n_disks; i++)
		for (size_t k = 0; k < m->disks[i].n_partitions; k++)
			if (may_carry(&m->disks[i], &m->disks[i].partitions[k]))
				return true;
	return false;
}

void measure_images(struct sys *sys, const char *source, const char *release_key, struct machine *m, struct arena *a)
{
	struct measure me = { .sys = sys, .source = source, .release_key = release_key, .a = a };
	struct error err;

	if (!any_may_carry(m))
		return;
	channel_emit("stage", "agent", "stage", "compare", "text", "what the disks have of the images", NULL);
	if (read_lists(&me, &err)) {
		printf("fulcrum: nothing was compared with the images on offer: %s\n", err.msg);
		fflush(stdout);
		return;
	}
	me.end_ms = clock_mono_ms() + LIMIT_MS;
	for (size_t i = 0; i < m->n_disks; i++)
		for (size_t k = 0; k < m->disks[i].n_partitions; k++) {
			struct partition *p = &m->disks[i].partitions[k];

			for (size_t j = 0; j < me.n_images && may_carry(&m->disks[i], p); j++)
				if (p->size_bytes >= me.images[j].image.image_bytes)
					compare_one(&me, partition_path(a, m->disks[i].path, p->number), p, &me.images[j]);
		}
}
