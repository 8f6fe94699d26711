/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an agent finds out before hello: how its partitions compare with the images on offer. Only ours are read, nothing
 * is written, and nothing that goes wrong there keeps a machine from being known.
 */
#include "agent/measure.h"
#include "ops/compare.h"
#include "sys/sys_fake.h"
#include "tap.h"
#include "unit/world.h"

static struct partition part;
static struct disk disk;
static struct machine machine;

/* A disk with a root partition that carries the image, but for SPOILT bytes in its first chunks. */
static void carry(struct arena *a, size_t spoilt)
{
	unsigned char *bytes = arena_alloc(a, IMAGE), raw[CHUNK];

	world_reset();
	/* As world.h makes its image: chunks 1 and 5 are zeros. */
	for (size_t i = 0; i < CHUNK; i++)
		raw[i] = (unsigned char)(i * i >> 3);
	for (size_t i = 0; i < CHUNKS; i++) {
		size_t len = i + 1 < CHUNKS ? CHUNK : IMAGE % CHUNK;

		raw[0] = i + 1 < CHUNKS ? (unsigned char)i : CHUNKS - 2;
		if (i % 4 != 1 || i + 1 == CHUNKS)
			memcpy(bytes + i * CHUNK, raw, len);
	}
	for (size_t i = 0; i < spoilt; i++)
		bytes[i * CHUNK + 7] ^= 1;
	file_put("/dev/vdz1", bytes, IMAGE);
	part = (struct partition){ .number = 1, .name = "fulcrum-root", .size_bytes = IMAGE };
	disk = (struct disk){ .name = "vdz", .path = disk_node, .serial = "SEAT", .partitions = &part, .n_partitions = 1 };
	machine = (struct machine){ .machine = MACHINE_VERSION, .disks = &disk, .n_disks = 1 };
	w.parts[0] = part;
	w.n_parts = 1;
	w.calls = 0;
}

static bool came_verb(const char *verb)
{
	for (size_t i = 0; i < w.calls; i++)
		if (str_eq(w.verbs[i], verb))
			return true;
	return false;
}

static void run(struct arena *a)
{
	measure_images(&world_sys, source, pub, &machine, a);
}

static void nothing(struct arena *a, const char *what)
{
	run(a);
	ok(!part.n_compared && !w.handles, "%s", what);
}

int main(void)
{
	AUTO_ARENA a = ARENA_INIT;
	char before[HASH_HEX], after[HASH_HEX];
	AUTO_STR json = STR_INIT;
	struct machine again = { 0 };
	bool told = true, past = false;
	struct sys *fake;

	key_generate(pub, sec);
	carry(&a, 2);
	disk_state(&disk, before);
	run(&a);
	ok(part.n_compared == 1 && part.compared[0].chunks == CHUNKS && part.compared[0].same == CHUNKS - 2 &&
		   part.compared[0].write_bytes == 2 * CHUNK && hex_is(part.compared[0].list_hash, HASH_HEX - 1),
	   "a partition of ours is compared with the image");
	ok(!came_verb("write_at") && !came_verb("zero_at") && !came_verb("wipe") && !came_verb("mount") && !w.handles,
	   "and nothing is written");
	disk_state(&disk, after);
	is_str(after, before, "the disk's state does not change by that");
	field_to_json(&machine_schema, &machine, false, false, &json);
	ok(!field_from_json(&machine_schema, "m", str_text(&json), json.len, &again, &a, &err) &&
		   again.disks[0].partitions[0].compared[0].same == CHUNKS - 2 &&
		   str_eq(again.disks[0].partitions[0].compared[0].list_hash, part.compared[0].list_hash),
	   "it travels with the inventory");
	carry(&a, CHUNKS);
	nothing(&a, "something else has no comparison");
	carry(&a, 0);
	part.name = "root";
	nothing(&a, "a partition that is not ours is not read");
	ok(!w.calls, "not even the images are asked for");
	carry(&a, 0);
	part.size_bytes = IMAGE - 1;
	nothing(&a, "nor one without room for the image");
	carry(&a, 0);
	disk.in_use = "mounted";
	nothing(&a, "nor one in use");
	carry(&a, 0);
	file_at("/release/images/debian-13/list", false)->data.s[40] ^= 1;
	nothing(&a, "without a signed list there is nothing to compare with");
	carry(&a, 0);
	file_at("/release/SEED", false)->data.s[0] ^= 1;
	nothing(&a, "nor without a signed manifest");
	for (uint64_t n = 1; n < 60 && !past; n++) {
		carry(&a, 1);
		fake = sys_fake_new(&world_sys);
		sys_fake_fail_at(fake, n, SYS_FAKE_ONCE);
		measure_images(fake, source, pub, &machine, &a);
		past = !sys_fake_failed(fake);
		told &= past == (part.n_compared == 1) && !w.handles;
		sys_free(fake);
	}
	ok(told && past, "whatever fails, there is no comparison and no failure");
	world_reset();
	for (size_t i = 0; i < w.n_files; i++)
		str_release(&w.files[i].data);
	return tap_end();
}
