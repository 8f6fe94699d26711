/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of a medium's blocks: what was written is read, holes count as zeros, and nothing else is a list. */
#include <string.h>

#include "model/block_list.h"
#include "tap.h"

enum { ROOM = 4096, MIB = BLOCK_LIST_BLOCK };

static char pub[KEY_PUB_HEX], sec[KEY_SEC_HEX];
static const char *two[2];

static int read_back(const struct str *text, struct arena *a, struct block_list *ret, struct error *err)
{
	AUTO_STR file = STR_INIT;

	memset(err, 0, sizeof(*err));
	str_addn(&file, str_text(text), text->len);
	while (file.len < ROOM)
		str_addc(&file, '\0');
	return block_list_read(str_text(&file), file.len, pub, a, ret, err);
}

/* BODY, signed: whatever it says, the signature holds. */
static void refused(const char *body, const char *why)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	struct block_list l;
	struct error err;
	char sig[SIG_HEX];

	if (sign_buffer(sec, body, strlen(body), sig, &err))
		printf("# %s\n", err.msg);
	str_addf(&text, "%sed25519 %s\n", body, sig);
	ok(read_back(&text, &a, &l, &err) && err.kind == ERR_MEDIUM && strstr(err.msg, why), "refused: %s", err.msg);
}

static void round_trip(void)
{
	AUTO_ARENA a = ARENA_INIT;
	AUTO_STR text = STR_INIT;
	struct block_list l = { .image = MIB + 7, .holes = { { 2048, 4096 }, { MIB - 10, 12 } }, .n_holes = 2, .digests = two, .n = 2 }, got;
	struct error err;

	ok(!block_list_write(&l, sec, &text, &err), "a list is written");
	ok(!read_back(&text, &a, &got, &err), "and read");
	ok(got.image == l.image && got.n == 2 && got.n_holes == 2 && got.holes[1].at == MIB - 10 && got.holes[1].size == 12, "as it was");
	is_str(got.digests[1], two[1], "with its digests");
	text.s[20] ^= 1;
	ok(read_back(&text, &a, &got, &err) && strstr(err.msg, "signature does not hold"), "one bit later it is none");
	text.s[20] ^= 1;
	str_addc(&text, 'x');
	ok(read_back(&text, &a, &got, &err) && strstr(err.msg, "behind its end"), "and nothing follows it");
}

static void malformed(void)
{
	AUTO_ARENA a = ARENA_INIT;
	const char *digests = arena_printf(&a, "---\n%s\n%s\n", two[0], two[1]);

	refused("fulcrum-blocks 2\n", "no list");
	refused(arena_printf(&a, "fulcrum-blocks 1\nimage 0\n%s", digests), "how large the image is");
	refused(arena_printf(&a, "fulcrum-blocks 1\nimage -5\n%s", digests), "how large the image is");
	refused(arena_printf(&a, "fulcrum-blocks 1\nimage 99999999999999999999999\n%s", digests), "how large the image is");
	refused(arena_printf(&a, "fulcrum-blocks 1\nimage 2097152\nhole 2097152 1\n%s", digests), "a hole is impossible");
	refused(arena_printf(&a, "fulcrum-blocks 1\nimage 2097152\nhole 5 18446744073709551615\n%s", digests), "a hole is impossible");
	refused(arena_printf(&a, "fulcrum-blocks 1\nimage 2097152\nhole 50 10\nhole 55 10\n%s", digests), "a hole is impossible");
	refused(arena_printf(&a, "fulcrum-blocks 1\nimage 2097152\nhole 1 1\nhole 2 1\nhole 3 1\nhole 4 1\n%s", digests), "a hole is impossible");
	refused(arena_printf(&a, "fulcrum-blocks 1\nimage 2097152\nhose 1 1\n%s", digests), "is none of it");
	refused(arena_printf(&a, "fulcrum-blocks 1\nimage 2097153\n%s", digests), "one digest a block");
	refused(arena_printf(&a, "fulcrum-blocks 1\nimage 18446744073709551615\n%s", digests), "one digest a block");
	refused(arena_printf(&a, "fulcrum-blocks 1\nimage 2097152\n---\n%s\n%.63sg\n", two[0], two[1]), "a digest is none");
}

static void holes(void)
{
	static unsigned char block[MIB];
	const struct block_list l = { .holes = { { 0, 10 }, { MIB + 100, 50 }, { 2 * MIB - 5, 10 } }, .n_holes = 3 };
	char before[HASH_HEX], after[HASH_HEX], plain[HASH_HEX];

	memset(block, 7, sizeof(block));
	block_list_digest(&l, MIB, block, sizeof(block), before);
	memset(block + 100, 9, 50);
	memset(block + MIB - 5, 9, 5);
	block_list_digest(&l, MIB, block, sizeof(block), after);
	is_str(after, before, "what is in a hole changes nothing, also in one that goes on in the next block");
	memset(block + 100, 0, 50);
	memset(block + MIB - 5, 0, 5);
	hash_buffer(block, sizeof(block), plain);
	is_str(before, plain, "it counts as zeros");
	block[99] = 1;
	block_list_digest(&l, MIB, block, sizeof(block), after);
	ok(strcmp(after, before) != 0, "the byte before it does not");
	block[99] = 7;
	block[150] = 1;
	block_list_digest(&l, MIB, block, sizeof(block), after);
	ok(strcmp(after, before) != 0, "nor the one behind it");
}

int main(void)
{
	static char one[HASH_HEX], other[HASH_HEX];

	key_generate(pub, sec);
	hash_buffer("a", 1, one);
	hash_buffer("b", 1, other);
	two[0] = one;
	two[1] = other;
	round_trip();
	malformed();
	holes();
	return tap_end();
}
