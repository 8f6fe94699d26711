/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a release: a small signed one in a directory, through the real back end. Whatever is
 * changed in it after it was signed must be seen, by name, and must not stay behind as a copy.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "ops/source.h"
#include "sys/sys_fake.h"
#include "tap.h"

static struct sys *s;
static struct error err;
static char dir[64] = "/tmp/fulcrum-source-XXXXXX", source[80];
static char pub[KEY_PUB_HEX], sec[KEY_SEC_HEX], other_pub[KEY_PUB_HEX], other_sec[KEY_SEC_HEX];
static const char h64[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static const char *in_dir(const char *rel)
{
	static char path[4][160];
	static unsigned int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, rel);
	return path[turn];
}

static void die(const char *what) __attribute__((noreturn));

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, err.msg);
	exit(1);
}

static void put(const char *rel, const char *text)
{
	char parent[160];

	snprintf(parent, sizeof(parent), "%s", in_dir(rel));
	*strrchr(parent, '/') = '\0';
	if (make_dirs(parent, 0755, &err) || file_replace(in_dir(rel), text, strlen(text), 0644, &err))
		die(rel);
}

static void sign_as(const char *key, const char *rel, const char *text)
{
	char sig[SIG_HEX], line[SIG_HEX + 16], name[128];

	put(rel, text);
	if (sign_buffer(key, text, strlen(text), sig, &err))
		die(rel);
	snprintf(line, sizeof(line), "ed25519 %s\n", sig);
	snprintf(name, sizeof(name), "%s.sig", rel);
	put(name, line);
}

static void seed_line(struct str *seed, const char *rel, const char *text)
{
	char hash[HASH_HEX];

	put(rel, text);
	hash_buffer(text, strlen(text), hash);
	str_addf(seed, "%s %zu %s\n", hash, strlen(text), rel);
}

/* A list of one data chunk and one of zeros, as fulcrum-image writes it. */
static const char *list_text(const char *name, struct arena *a)
{
	return arena_printf(a,
			    "fulcrum-image 1\nname %s\nversion 7\nfs ext4\nsize 8192\nchunk 4096\n"
			    "digest blake2b-256\ncount 2\ndata 10\n---\nD 0 10 %s %s\nZ\n",
			    name, h64, h64);
}

static void make_release(struct str *seed)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *list = list_text("debian-13", &a);

	str_clear(seed);
	seed_line(seed, "boot/vmlinuz", "a kernel\n");
	seed_line(seed, "build-id", "1-abcdef\n");
	seed_line(seed, "empty", "");
	sign_as(sec, "images/debian-13/list", list);
	seed_line(seed, "images/debian-13/list", list);
	seed_line(seed, "root.squashfs", "a root image, whose bytes are not worth much\n");
	sign_as(sec, "SEED", str_text(seed));
}

/* True if RC is a failure of KIND whose message has TEXT. */
static bool refused(int rc, enum error_kind kind, const char *text)
{
	if (rc && err.kind == kind && strstr(err.msg, text))
		return true;
	printf("# rc %d, %s: %s\n", rc, error_kind_name(err.kind), rc ? err.msg : "-");
	return false;
}

/* --- signatures */

static int read_signed(const char *key, size_t max, struct str *ret)
{
	str_clear(ret);
	return source_signed(s, source, key, "note", max, ret, &err);
}

static void test_signed(void)
{
	static const char bad[] = "note: its signature does not hold";
	AUTO_STR text = STR_INIT;
	AUTO_STR sig = STR_INIT;
	AUTO_STR changed = STR_INIT;

	sign_as(sec, "note", "hello\n");
	ok(!read_signed(pub, 6, &text) && str_eq(str_text(&text), "hello\n"), "a signed file is read");
	ok(refused(read_signed(pub, 5, &text), ERR_MEDIUM, "note: larger than 5 bytes"), "up to the limit");
	ok(refused(read_signed(other_pub, 6, &text), ERR_MEDIUM, bad), "another key's signature is refused");
	ok(strstr(err.hint, "another copy") != NULL, "with what to do");
	put("note", "hellO\n");
	ok(refused(read_signed(pub, 6, &text), ERR_MEDIUM, bad), "a changed byte is refused");
	put("note", "hello");
	ok(refused(read_signed(pub, 6, &text), ERR_MEDIUM, bad), "a byte less is refused");
	put("note", "hello\n");
	if (file_read(in_dir("note.sig"), 256, &sig, &err))
		die("note.sig");
	str_addf(&changed, "Ed25519 %s", sig.s + 8);
	put("note.sig", str_text(&changed));
	ok(refused(read_signed(pub, 6, &text), ERR_MEDIUM, bad), "a signature of another kind is refused");
	str_clear(&changed);
	str_addn(&changed, sig.s, sig.len - 3);
	put("note.sig", str_text(&changed));
	ok(refused(read_signed(pub, 6, &text), ERR_MEDIUM, bad), "a signature cut short is refused");
	str_addf(&changed, "%0200d", 0);
	put("note.sig", str_text(&changed));
	ok(refused(read_signed(pub, 6, &text), ERR_MEDIUM, "note.sig: larger than"), "a long one, too");
	put("note.sig", "");
	ok(refused(read_signed(pub, 6, &text), ERR_MEDIUM, bad), "an empty one, too");
	unlink(in_dir("note.sig"));
	ok(read_signed(pub, 6, &text), "without its signature a file is not read");
	unlink(in_dir("note"));
}

/* --- the manifest */

static int read_seed(const char *text)
{
	AUTO_ARENA a = ARENA_INIT;
	struct seed seed;

	sign_as(sec, "SEED", text);
	return source_seed(s, source, pub, &a, &seed, &err);
}

static void test_seed(void)
{
	static const struct {
		const char *line, *what;
	} bad[] = {
		{ "\n", "an empty line" },
		{ "%s\n", "a hash alone" },
		{ "%s 5\n", "a line without a path" },
		{ "%s  5 x\n", "two spaces" },
		{ "%s -5 x\n", "a negative size" },
		{ "%s +5 x\n", "a signed size" },
		{ "%s 5x x\n", "a size with a letter" },
		{ "%s 0x5 x\n", "a size in hex" },
		{ "%s 99999999999999999999999 x\n", "a size beyond 64 bits" },
		{ "%s 5 \n", "an empty path" },
		{ "0%s 5 x\n", "a hash of 65 digits" },
		{ "%.63sG 5 x\n", "a hash with a G" },
		{ "%.63sA 5 x\n", "a hash in capitals" },
		{ "%.63s 5 some/path/or/other\n", "a hash of 63 digits" },
		{ "%s 5 /etc/passwd\n", "an absolute path" },
		{ "%s 5 ../x\n", "a path that leads out" },
		{ "%s 5 a/../../x\n", "one that leads out later" },
		{ "%s 5 a/..\n", "one that ends upward" },
		{ "%s 5 ..\n", "the parent" },
		{ "%s 5 .\n", "the release itself" },
		{ "%s 5 a/.\n", "a path that ends in a dot" },
		{ "%s 5 ./x\n", "a path from a dot" },
		{ "%s 5 a/./x\n", "a dot inside" },
		{ "%s 5 a//x\n", "a double slash" },
		{ "%s 5 a/\n", "a slash at the end" },
	};
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	struct seed seed;
	char hash[HASH_HEX];

	make_release(&text);
	ok(!source_seed(s, source, pub, &a, &seed, &err) && seed.n == 5, "a manifest is read");
	hash_buffer(str_text(&text), text.len, hash);
	is_str(seed.hash, hash, "its hash is known");
	ok(seed.bytes == seed.entries[0].size + seed.entries[1].size + seed.entries[3].size + seed.entries[4].size,
	   "and the sum of its files");
	ok(seed_find(&seed, "root.squashfs") == &seed.entries[4] && !seed_find(&seed, "root") && !seed_find(&seed, ""),
	   "files are found by their whole path");
	sign_as(other_sec, "SEED", str_text(&text));
	ok(refused(source_seed(s, source, pub, &a, &seed, &err), ERR_MEDIUM, "SEED: its signature does not hold"),
	   "a manifest that others signed is refused");
	ok(!read_seed(""), "an empty manifest is one");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const char *mark = strchr(bad[i].line, '%'), *rest = mark ? mark + 1 : "";
		int digits = 64;

		str_clear(&text);
		str_addf(&text, "%s 5 a/b\n", h64);
		str_addn(&text, bad[i].line, mark ? (size_t)(mark - bad[i].line) : strlen(bad[i].line));
		if (*rest == '.') {
			digits = 63;
			rest += 3;
		}
		if (mark)
			str_addf(&text, "%.*s%s", digits, h64, rest + 1);
		ok(refused(read_seed(str_text(&text)), ERR_MEDIUM, "SEED:2: malformed line"), "%s is refused", bad[i].what);
	}
	str_clear(&text);
	str_addf(&text, "%s 5 a..b/...\n%s 0 b/.hidden\n%s 0 x", h64, h64, h64);
	ok(!read_seed(str_text(&text)), "dots in names are no way out, and the last newline may be missing");
	str_clear(&text);
	str_addf(&text, "%s 5 a\n%s 6 a\n", h64, h64);
	ok(refused(read_seed(str_text(&text)), ERR_MEDIUM, "SEED:2: "), "a path that stands twice is refused");
	str_clear(&text);
	str_addf(&text, "%s 5 b\n%s 6 a\n", h64, h64);
	ok(refused(read_seed(str_text(&text)), ERR_MEDIUM, "SEED:2: "), "and one out of order, which could hide it");
}

/* --- chunk lists */

struct list_case {
	const char *from, *to; /* one replacement in the good list */
	const char *message;   /* NULL: accepted */
	const char *what;
};

static int parse_with(const struct list_case *c)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	struct chunk_list list;
	const char *good = list_text("debian-13", &a), *at = c->from ? strstr(good, c->from) : NULL;

	if (c->from && !at)
		die(c->from);
	str_addn(&text, good, at ? (size_t)(at - good) : strlen(good));
	str_add(&text, c->to);
	if (at)
		str_add(&text, at + strlen(c->from));
	return chunk_list_parse(str_text(&text), &a, &list, &err);
}

static void test_list(void)
{
	static const struct list_case cases[] = {
		{ "fulcrum-image 1", "fulcrum-image 2", "not a chunk list", "another version" },
		{ "fulcrum-image 1\n", "", "not a chunk list", "a list without its first line" },
		{ "name debian-13\n", "", "incomplete header", "no name" },
		{ "name debian-13\n", "name\n", "malformed header line \"name\"", "a key without a value" },
		{ "name debian-13\n", "\n", "malformed header line", "an empty line in the header" },
		{ "name debian-13\n", "name \n", "incomplete header", "an empty name" },
		{ "name debian-13\n", "name a\nname b\n", "header \"name\" stands twice", "a key given twice" },
		{ "name debian-13\n", "name a\ncolour red\n", "unknown header \"colour\"", "an unknown key" },
		{ "version 7\n", "", "incomplete header", "no version" },
		{ "fs ext4\n", "", "incomplete header", "no file system" },
		{ "size 8192\n", "", "incomplete header", "no size" },
		{ "size 8192", "size 0", "incomplete header", "a size of nothing" },
		{ "size 8192", "size 8k", "header size is not a number", "a size with a unit" },
		{ "size 8192", "size -8192", "header size is not a number", "a negative size" },
		{ "size 8192", "size 99999999999999999999999", "header size is not a number", "a size beyond 64 bits" },
		{ "size 8192", "size 18446744073709551615", "chunks do not make up", "a size that wraps around" },
		{ "size 8192", "size 8193", "2 chunks do not make up the size", "a size of 3 chunks" },
		{ "size 8192", "size 4096", "2 chunks do not make up the size", "a size of 1 chunk" },
		{ "chunk 4096\n", "", "incomplete header", "no chunk size" },
		{ "chunk 4096", "chunk 0", "incomplete header", "chunks of nothing" },
		{ "chunk 4096", "chunk 512", "incomplete header", "chunks too small" },
		{ "chunk 4096", "chunk 8388609", "incomplete header", "chunks too large" },
		{ "digest blake2b-256\n", "", "incomplete header", "no digest" },
		{ "digest blake2b-256", "digest md5", "incomplete header", "another digest" },
		{ "count 2\n", "", "0 chunks do not make up the size", "no count" },
		{ "count 2", "count 2 ", "header count is not a number", "a blank after a number" },
		{ "data 10\n", "", "fewer chunks than announced", "no sum of the data" },
		{ "data 10", "data 11", "fewer chunks than announced", "a sum that is too large" },
		{ "data 10", "data 9", "fewer chunks than announced", "a sum that is too small" },
		{ "---\n", "", "unknown header \"D\"", "a header that does not end" },
		{ "D 0 10", "D 1 10", "chunk 0 is malformed", "data that starts later" },
		{ "D 0 10", "D 0 0", "chunk 0 is malformed", "an empty chunk" },
		{ "D 0 10", "D 0 8388609", "chunk 0 is malformed", "a chunk larger than any buffer" },
		{ "D 0 10", "D 0 4294967306", "chunk 0 is malformed", "a length beyond 32 bits" },
		{ "D 0 10", "D  0 10", "chunk 0 is malformed", "two spaces" },
		{ "D 0 10", "D 0 x", "chunk 0 is malformed", "a length that is none" },
		{ "D 0 10 0", "D 0 10 ", "chunk 0 is malformed", "a short hash" },
		{ "D 0 10 0", "D 0 10 g", "chunk 0 is malformed", "a hash with a g" },
		{ "\nZ\n", "x\nZ\n", "chunk 0 is malformed", "a long hash" },
		{ "\nZ\n", " Z\n", "chunk 0 is malformed", "two chunks in a line" },
		{ "\nZ\n", "\n\n", "chunk 1 is malformed", "an empty line" },
		{ "\nZ\n", "\nz\n", "chunk 1 is malformed", "a small z" },
		{ "\nZ\n", "\nZ \n", "chunk 1 is malformed", "a blank after Z" },
		{ "\nZ\n", "\nZ\nZ\n", "more chunks than announced", "a chunk too many" },
		{ "\nZ\n", "\n", "fewer chunks than announced", "a chunk too few" },
		{ "\nZ\n", "\nZ", NULL, "the last newline may be missing" },
		{ "size 8192", "size 4097", NULL, "the last chunk may be short" },
		{ "version 7", "version 7 of 8", NULL, "a value may have blanks" },
	};
	AUTO_ARENA a = ARENA_INIT;
	struct chunk_list list;

	ok(!chunk_list_parse(list_text("debian-13", &a), &a, &list, &err) && list.n == 2, "a chunk list is read");
	is_str(list.image.name, "debian-13", "with its name");
	ok(list.image.image_bytes == 8192 && list.image.chunk_bytes == 4096 && list.image.data_bytes == 10, "and sizes");
	ok(!list.chunks[0].zero && list.chunks[0].length == 10 && str_eq(list.chunks[0].hash, h64) &&
		   str_eq(list.chunks[0].raw_hash, h64) && list.chunks[1].zero && !list.chunks[1].length,
	   "and chunks");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (cases[i].message)
			ok(refused(parse_with(&cases[i]), ERR_MEDIUM, cases[i].message), "%s is refused", cases[i].what);
		else
			ok(!parse_with(&cases[i]), "%s", cases[i].what);
	ok(refused(chunk_list_parse("", &a, &list, &err), ERR_MEDIUM, "not a chunk list"), "nothing at all is refused");
	ok(refused(chunk_list_parse("fulcrum-image 1\nname x\nversion 1\nfs ext4\nsize 1152921504606846976\nchunk 4096\n"
				    "digest blake2b-256\ncount 281474976710656\ndata 0\n---\n", &a, &list, &err),
		   ERR_MEDIUM, "fewer chunks than announced"),
	   "a count that the text cannot hold is refused before memory is asked for");
}

/* --- copies */

static uint64_t progressed;

static void on_bytes(void *ctx, uint64_t bytes)
{
	(void)ctx;
	progressed = bytes;
}

static int copy(const char *rel, struct seed *seed)
{
	progressed = 0;
	return source_copy(s, source, seed_find(seed, rel), in_dir("copy"), on_bytes, NULL, &err);
}

static void test_copy(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	AUTO_STR got = STR_INIT;
	static const char rel[] = "boot/vmlinuz";
	struct seed_entry missing = { .path = "no/such", .hash = h64, .size = 1 };
	struct seed seed;

	make_release(&text);
	if (source_seed(s, source, pub, &a, &seed, &err))
		die("SEED");
	ok(!copy(rel, &seed) && progressed == 9 && !file_read(in_dir("copy"), 100, &got, &err) &&
		   str_eq(str_text(&got), "a kernel\n"), "a file is copied whole, and progress says so");
	ok(!source_verify_file(s, seed_find(&seed, rel), in_dir("copy"), &err), "the copy is verified");
	ok(!copy("empty", &seed) && !source_verify_file(s, seed_find(&seed, "empty"), in_dir("copy"), &err),
	   "an empty file is one");
	ok(refused(source_verify_file(s, seed_find(&seed, rel), in_dir("copy"), &err), ERR_VERIFY, "read back: boot/vmlinuz: damaged") &&
		   strstr(err.hint, "the disk"), "another file is not taken for it, and nobody is sent to the medium for it");
	put(rel, "a Kernel\n");
	ok(refused(copy(rel, &seed), ERR_MEDIUM, "boot/vmlinuz: damaged"), "a changed file is refused, by name");
	ok(err.hint[0] && access(in_dir("copy"), F_OK), "with what to do, and no copy is left");
	put(rel, "a kernel");
	ok(refused(copy(rel, &seed), ERR_MEDIUM, "boot/vmlinuz: damaged: its bytes differ from the signed manifest (8 of 9"),
	   "a shorter file is refused");
	ok(access(in_dir("copy"), F_OK), "and no copy is left");
	put(rel, "a kernel\nand more\n");
	ok(refused(copy(rel, &seed), ERR_MEDIUM, "boot/vmlinuz: is longer"), "a longer file is refused");
	ok(progressed <= 9 && access(in_dir("copy"), F_OK), "without writing more than was signed, and no copy is left");
	ok(refused(source_verify_file(s, seed_find(&seed, rel), in_dir(rel), &err), ERR_VERIFY, "read back: boot/vmlinuz: is longer"),
	   "and is seen when it is verified");
	ok(source_copy(s, source, &missing, in_dir("copy"), NULL, NULL, &err) && access(in_dir("copy"), F_OK),
	   "a missing file is an error, and no copy is left: %s", err.msg);
	ok(source_copy(s, source, seed_find(&seed, "empty"), in_dir("no/dir/copy"), NULL, NULL, &err),
	   "a target that cannot be made is an error: %s", err.msg);
}

/* Every effect of a copy fails once. */
static void test_copy_fails(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	bool good = true, clean = true;
	struct seed seed;
	uint64_t n;

	make_release(&text);
	if (source_seed(s, source, pub, &a, &seed, &err))
		die("SEED");
	for (n = 1; n < 50; n++) {
		struct sys *fake = sys_fake_new(s);
		int rc;

		sys_fake_fail_at(fake, n, SYS_FAKE_ONCE);
		rc = source_copy(fake, source, seed_find(&seed, "root.squashfs"), in_dir("copy"), NULL, NULL, &err);
		good &= sys_fake_failed(fake) ? rc == -1 && strstr(err.msg, "injected") : rc == 0;
		clean &= (rc == 0) == !access(in_dir("copy"), F_OK);
		if (!sys_fake_failed(fake)) {
			sys_free(fake);
			break;
		}
		sys_free(fake);
	}
	ok(good && n > 3 && n < 50, "each of the %d effects of a copy may fail, and the copy fails", (int)n - 1);
	ok(clean, "and none is left behind");
}

/* --- what is on offer */

static int catalog(struct catalog *ret, struct arena *a)
{
	return source_catalog(s, source, pub, a, ret, &err);
}

static void test_catalog(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	struct chunk_list list;
	struct catalog c;
	char hash[HASH_HEX];

	make_release(&text);
	ok(!catalog(&c, &a) && c.n_images == 1 && c.seed_files == 5, "a release is a catalog");
	is_str(c.build_id, "1-abcdef", "with its build id");
	is_str(c.images[0].name, "debian-13", "and its image");
	hash_buffer(list_text("debian-13", &a), strlen(list_text("debian-13", &a)), hash);
	is_str(c.images[0].list_hash, hash, "which is named by the hash of its list");
	put("build-id", "1-abcdeF\n");
	ok(refused(catalog(&c, &a), ERR_MEDIUM, "build-id"), "a changed build id is refused");
	put("build-id", "../../../etc\n");
	ok(refused(catalog(&c, &a), ERR_MEDIUM, "build-id"), "and one that leads elsewhere");
	str_clear(&text);
	seed_line(&text, "other", "x");
	sign_as(sec, "SEED", str_text(&text));
	ok(refused(catalog(&c, &a), ERR_MEDIUM, "build-id"), "and one that the manifest does not know");
	make_release(&text);
	sign_as(other_sec, "images/debian-13/list", list_text("debian-13", &a));
	ok(refused(catalog(&c, &a), ERR_MEDIUM, "images/debian-13/list: its signature"), "an image that others signed is refused");
	sign_as(sec, "images/debian-13/list", list_text("debian-12", &a));
	ok(refused(catalog(&c, &a), ERR_MEDIUM, "images/debian-13/list: is the list of image \"debian-12\""),
	   "so is the list of another image in its place, though we signed it");
	sign_as(sec, "images/debian-13/list", "fulcrum-image 1\n");
	ok(refused(source_chunks(s, source, pub, "debian-13", &a, &list, &err), ERR_MEDIUM,
		   "images/debian-13/list: incomplete header"), "what is wrong with a list is said with its name");
	unlink(in_dir("images/debian-13/list"));
	ok(catalog(&c, &a), "a list that is missing is an error: %s", err.msg);
}

static const struct sys_ops *real_ops;
static unsigned int to_fail, slept;
static bool half;

/* The network breaks TO_FAIL times, after some bytes had come if HALF. */
static int flaky_fetch(struct sys *sys, const char *url, uint64_t offset, uint64_t length, sys_sink sink, void *ctx, struct error *e)
{
	if (!to_fail)
		return real_ops->fetch(sys, url, offset, length, sink, ctx, e);
	to_fail--;
	if (half && sink(ctx, "half of it", 4, e))
		return -1;
	return error_set(e, ERR_NET, "connection reset");
}

static int count_sleep(struct sys *sys, unsigned int ms, struct error *e)
{
	(void)sys;
	(void)ms;
	(void)e;
	slept++;
	return 0;
}

static void test_network(void)
{
	struct sys_ops flaky = *s->ops;
	AUTO_ARENA a = ARENA_INIT;
	struct seed seed;

	real_ops = s->ops;
	flaky.fetch = flaky_fetch;
	flaky.sleep_ms = count_sleep;
	s->ops = &flaky;
	half = true;
	to_fail = 3;
	ok(!source_seed(s, source, pub, &a, &seed, &err) && slept == 3, "a manifest is asked for again when the network breaks");
	to_fail = 2;
	ok(!copy("boot/vmlinuz", &seed), "a file is begun again when the network breaks in the middle");
	to_fail = 1000;
	ok(copy("boot/vmlinuz", &seed) && err.kind == ERR_NET && to_fail > 900, "but not for ever");
	s->ops = real_ops;
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	snprintf(source, sizeof(source), "file://%s", dir);
	key_generate(pub, sec);
	key_generate(other_pub, other_sec);
	s = sys_real_new();
	test_signed();
	test_seed();
	test_list();
	test_copy();
	test_copy_fails();
	test_catalog();
	test_network();
	ok(!s->ops->remove(s, dir, &err), "the release is removed");
	sys_free(s);
	return tap_end();
}
