/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between two releases: the boot loader's choice, and what becomes of the database. */
#include <string.h>

#include "data/grubenv.h"
#include "engine/update.h"
#include "tap.h"

static struct error err;

static void block(void)
{
	const struct bootsel b = { .slot = 'a', .trial = 'b', .tries = 1, .seconds = 600 };
	AUTO_STR text = STR_INIT;
	struct bootsel got;
	const char *last;

	grubenv_write(&b, &text);
	ok(text.len == GRUBENV_BYTES && str_starts(str_text(&text), "# GRUB Environment Block\n"), "a block as GRUB takes it");
	last = strrchr(str_text(&text), '\n');
	ok(last && last - str_text(&text) < GRUBENV_SECTOR, "all that it says is in the first sector");
	ok(!grubenv_read(str_text(&text), text.len, &got, &err) && got.slot == 'a' && got.trial == 'b' && got.tries == 1 &&
		   got.seconds == 600,
	   "it is read as it was written");
	/* GRUB writes the same block with the try spent. */
	memcpy(strstr(text.s, "tries=1"), "tries=0", 7);
	ok(!grubenv_read(str_text(&text), text.len, &got, &err) && got.trial == 'b' && got.tries == 0, "the try is spent");
	str_clear(&text);
	grubenv_write(&(struct bootsel){ .slot = 'b' }, &text);
	ok(!grubenv_read(str_text(&text), text.len, &got, &err) && got.slot == 'b' && !got.trial, "without a trial there is none");
}

static void bad_blocks(void)
{
	static const char *const bad[] = {
		"", "# GRUB Environment Block\n", "# GRUB Environment Block\nslot=c\n", "# GRUB Environment Block\nslot=ab\n",
		"# GRUB Environment Block\nslot=a", "# GRUB environment block\nslot=a\n", "# GRUB Environment Block\nslot=\n",
		"# GRUB Environment Block\nslot=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
	};
	struct bootsel got;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_STR text = STR_INIT;

		str_add(&text, bad[i]);
		while (text.len < GRUBENV_BYTES)
			str_addc(&text, '#');
		ok(grubenv_read(str_text(&text), text.len, &got, &err) && err.kind == ERR_INPUT, "block %zu is refused: %s", i, err.msg);
	}
	ok(grubenv_read("# GRUB Environment Block\nslot=a\n", 32, &got, &err), "a short one, too");
}

static void database(void)
{
	static const struct {
		const char *old, *old_reader, *new, *new_reader, *want;
	} rows[] = {
		{ "4", "4", "4", "4", "both releases read it" },
		{ "4", "4", "5", "4", "this release reads it as it is then" },
		{ "4", "4", "6", "5", "a copy from before" },
		{ "5", "4", "4", "4", "both releases read it" },
		{ "5", "5", "4", "4", NULL },
		{ NULL, NULL, "4", "4", "does not say" },
		{ "4", "4", NULL, NULL, "does not say" },
	};
	AUTO_ARENA a = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *said = NULL;
		int rc = update_database(rows[i].old, rows[i].old_reader, rows[i].new, rows[i].new_reader, &a, &said, &err);

		if (rows[i].want)
			ok(!rc && strstr(said, rows[i].want), "row %zu: %s", i, said ? said : err.msg);
		else
			ok(rc && err.kind == ERR_REFUSED && err.hint[0], "row %zu is refused: %s", i, err.msg);
	}
}

int main(void)
{
	block();
	bad_blocks();
	database();
	return tap_end();
}
