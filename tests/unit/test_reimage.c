/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparing a partition with an image, and bringing it there by what differs alone: whatever it carried before, its
 * bytes are those of a full image afterwards, and no more was asked for and written than had to be.
 */
#include <time.h>

#include "ops/compare.h"
#include "ops/ops.h"
#include "sys/sys_fake.h"
#include "tap.h"
#include "unit/world.h"

static const char root_dev[] = "/dev/vdz2";
static struct chunk_list list;
static struct str image; /* what a full image writes */
static uint64_t data_bytes; /* all chunks of it, compressed */

static struct plan plan;
static struct plan_disk plan_disk = { .role = "system", .name = "vdz", .path = disk_node };
static const char *disk_path = disk_node;
static struct op_image op = { .dev = "system:2", .image = "debian-13", .uuid = "0a0b0c0d-0e0f-8101-9213-1415161718ff",
			      .image_bytes = IMAGE };

struct seen {
	uint64_t done;
	bool wrong;
	char note[256];
};

static void on_progress(void *ctx, uint64_t done, uint64_t total)
{
	struct seen *s = ctx;

	s->wrong |= done < s->done || done > total || total != IMAGE;
	s->done = done;
}

static void on_note(void *ctx, const char *text)
{
	snprintf(((struct seen *)ctx)->note, sizeof(((struct seen *)ctx)->note), "%s", text);
}

static void reset(void)
{
	static struct partition parts[2];

	world_reset();
	for (size_t i = 0; i < 2; i++) {
		parts[i] = (struct partition){ .number = i + 1, .size_bytes = IMAGE };
		w.parts[i] = parts[i];
	}
	w.n_parts = 2;
}

static int apply(struct sys *s, bool diff, struct seen *seen)
{
	struct op_env env = { .sys = s, .plan = &plan, .disk_paths = &disk_path, .source = source, .release_key = pub,
			      .target = "/target", .progress = on_progress, .note = on_note, .progress_ctx = seen };

	*seen = (struct seen){ 0 };
	op.diff = diff;
	w.chunk_bytes = w.chunk_fetches = 0;
	return image_apply(&env, &op, &err);
}

static bool is_image(void)
{
	const struct file *f = file_at(root_dev, false);

	return f && f->data.len == image.len && !memcmp(f->data.s, image.s, image.len);
}

static uint64_t packed(size_t from, size_t to)
{
	uint64_t sum = 0;

	for (size_t i = from; i < to; i++)
		sum += list.chunks[i].length;
	return sum;
}

/* What the image is, from a full one; and the list's own figures. */
static void test_full(struct arena *a)
{
	struct seen seen;

	reset();
	op.list_hash = "";
	if (source_chunks(&world_sys, source, pub, "debian-13", a, &list, &err))
		tree_die("list", err.msg);
	op.list_hash = list.image.list_hash;
	data_bytes = packed(0, list.n);
	ok(!apply(&world_sys, false, &seen) && w.chunk_bytes == data_bytes && w.chunk_fetches == 1,
	   "a full image is one request");
	str_addn(&image, file_at(root_dev, false)->data.s, file_at(root_dev, false)->data.len);
	ok(image.len == IMAGE && !seen.wrong && !seen.note[0], "and is written whole");
}

/* A partition that carries the image, but for what is spoilt: chunks FROM to TO, a byte of each. */
static void carry(size_t from, size_t to)
{
	reset();
	file_put(root_dev, image.s, image.len);
	for (size_t i = from; i < to; i++)
		file_at(root_dev, false)->data.s[i * CHUNK + 5] ^= 0x40;
}

static void differs(const char *what, uint64_t fetch, size_t requests, size_t chunks)
{
	struct comparison c = { 0 };
	const struct compare_how how = { 0 };
	struct seen seen;
	char words[64];
	bool alike = false;
	int rc;

	if (image_compare(&world_sys, root_dev, &list, &how, &alike, &c, &err))
		tree_die("compare", err.msg);
	ok(alike && c.chunks == CHUNKS && c.chunks - c.same == chunks && c.fetch_bytes == fetch &&
		   str_eq(c.list_hash, list.image.list_hash) && !w.handles,
	   "%s: %zu chunks differ, as compared", what, chunks);
	rc = apply(&world_sys, true, &seen);
	ok(!rc && is_image(), "%s: brought to the image%s%s", what, rc ? ": " : "", rc ? err.msg : "");
	ok(w.chunk_bytes == fetch && w.chunk_fetches == requests, "%s: %zu bytes in %zu requests", what, w.chunk_bytes,
	   w.chunk_fetches);
	snprintf(words, sizeof(words), "image debian-13: %zu of %d chunks differed: ", chunks, CHUNKS);
	ok(!seen.wrong && seen.done == IMAGE && str_starts(seen.note, words), "%s: %s", what, seen.note);
}

/* Zero chunks are 1 and 5; the last one, 9, is short. */
static void test_diff(void)
{
	carry(0, 0);
	w.calls = 0;
	differs("equal", 0, 0, 0);
	for (size_t i = 0; i < w.calls; i++)
		if (str_eq(w.verbs[i], "write_at") || str_eq(w.verbs[i], "zero_at"))
			tree_die("an equal one was written", w.verbs[i]);
	carry(3, 4);
	differs("one chunk", packed(3, 4), 1, 1);
	carry(6, 9);
	differs("three neighbours", packed(6, 9), 1, 3);
	carry(4, 7);
	differs("neighbours around zeros", packed(4, 7), 1, 3);
	carry(5, 6);
	differs("zeros that are none", 0, 0, 1);
	carry(0, 1);
	file_at(root_dev, false)->data.s[2 * CHUNK] ^= 1;
	differs("neighbours around zeros that are there", packed(0, 3), 1, 2);
	carry(9, 10);
	file_at(root_dev, false)->data.s[3 * CHUNK - 1] ^= 1;
	differs("two that are apart", packed(2, 3) + packed(9, 10), 2, 2);
	carry(0, 8);
	differs("most of it", packed(0, 8), 1, 8);
}

static void test_foreign(void)
{
	const struct compare_how how = { 0 };
	struct comparison c = { 0 };
	struct seen seen;
	bool alike = true;

	carry(0, CHUNKS);
	ok(!image_compare(&world_sys, root_dev, &list, &how, &alike, &c, &err) && !alike && !c.chunks,
	   "something else is not compared to its end");
	ok(!apply(&world_sys, true, &seen) && is_image() && w.chunk_bytes == data_bytes,
	   "and becomes the image all the same");
	reset();
	ok(image_compare(&world_sys, root_dev, &list, &how, &alike, &c, &err) && err.kind == ERR_IO && !w.handles,
	   "a partition that cannot be read says so: %s", err.msg);
}

static void test_network(void)
{
	struct seen seen;

	carry(2, 9);
	w.cut = packed(2, 3) + 40;
	ok(!apply(&world_sys, true, &seen) && is_image() && w.cuts > 2 && w.sleeps == w.cuts && !seen.wrong,
	   "a connection that is lost, again and again, is taken up where it was");
	carry(2, 9);
	w.cut = 1;
	ok(apply(&world_sys, true, &seen) && err.kind == ERR_NET && w.cuts == 30 && !w.handles,
	   "one that brings nothing is given up: %s", err.msg);
	carry(3, 4);
	file_at("/release/images/debian-13/chunks", false)->data.s[list.chunks[3].offset + 2] ^= 1;
	ok(apply(&world_sys, true, &seen) && err.kind == ERR_MEDIUM && strstr(err.msg, "damaged: chunk 3"),
	   "a damaged chunk is named: %s", err.msg);
	carry(9, 10);
	file_at("/release/images/debian-13/chunks", false)->data.len--;
	ok(apply(&world_sys, true, &seen) && err.kind == ERR_MEDIUM && strstr(err.msg, "shorter than its list"),
	   "so is an end that is missing: %s", err.msg);
	carry(0, 1);
	w.faulty = true;
	ok(apply(&world_sys, true, &seen) && err.kind == ERR_VERIFY && strstr(err.msg, "chunk 0 reads back"),
	   "everything that was written is read back: %s", err.msg);
}

static void test_every_effect_fails(void)
{
	bool told = true, closed = true, again = true;
	uint64_t n;

	for (n = 1; n < 200; n++) {
		struct sys *fake = sys_fake_new(&world_sys);
		struct seen seen;
		const char *verb;
		int rc;

		carry(2, 7);
		sys_fake_fail_at(fake, n, SYS_FAKE_ONCE);
		rc = apply(fake, true, &seen);
		verb = sys_fake_failed(fake);
		sys_free(fake);
		if (!verb)
			break;
		told &= rc == -1 && strstr(err.msg, "injected");
		closed &= !w.handles;
		/* The same again, over what is there now. */
		again &= !apply(&world_sys, true, &seen) && is_image();
	}
	ok(n > 20 && n < 200 && told && closed, "each of %d effects that fails is a failure, and leaves nothing open", (int)n - 1);
	ok(again, "and the next run brings the image, whatever the first one left");
}

static void on_slow(void *ctx UNUSED, uint64_t done UNUSED, uint64_t total UNUSED)
{
	const struct timespec t = { .tv_nsec = 5000000 };

	nanosleep(&t, NULL);
}

static void test_time(void)
{
	const struct compare_how how = { .limit_ms = 10, .progress = on_slow };
	struct comparison c = { 0 };
	bool alike;

	carry(0, 0);
	ok(image_compare(&world_sys, root_dev, &list, &how, &alike, &c, &err) && strstr(err.msg, "comparing takes longer") &&
		   !w.handles && !c.chunks,
	   "comparing ends in time: %s", err.msg);
}

int main(void)
{
	AUTO_ARENA a = ARENA_INIT;

	key_generate(pub, sec);
	plan.disks = &plan_disk;
	plan.n_disks = 1;
	test_full(&a);
	test_diff();
	test_foreign();
	test_network();
	test_every_effect_fails();
	test_time();
	world_reset();
	for (size_t i = 0; i < w.n_files; i++)
		str_release(&w.files[i].data);
	str_release(&image);
	return tap_end();
}
