/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The changeable part of the medium: one form for what it says, and every flipped bit is damage. */
#include "model/site_area.h"
#include "tap.h"

static void test_area(void)
{
	static const char text_in[] = "fulcrum: 1\nsite: x\n";
	AUTO_STR area = STR_INIT;
	AUTO_STR again = STR_INIT;
	AUTO_STR text = STR_INIT;
	AUTO_STR big = STR_INIT;
	struct error err;
	size_t bad = 0, n = 0;

	ok(!site_area_write(text_in, strlen(text_in), &area, &err) && area.len == SITE_AREA_BYTES, "an area has its one size");
	ok(!site_area_write(text_in, strlen(text_in), &again, &err) && !memcmp(area.s, again.s, area.len), "and is the same every time");
	ok(!site_area_read(area.s, area.len, &text, &err), "it reads");
	is_str(str_text(&text), text_in, "as what was written");
	ok(site_area_read(area.s, area.len - 1, &text, &err) && err.kind == ERR_MEDIUM, "a shorter one does not");
	/* Every byte of head and content, and some of what is behind. */
	for (size_t i = 0; i < area.len; i += i < SITE_AREA_HEAD + 64 ? 1 : 4099, n++) {
		area.s[i] ^= 4;
		str_clear(&text);
		bad += site_area_read(area.s, area.len, &text, &err) && err.kind == ERR_MEDIUM && !text.len;
		area.s[i] ^= 4;
	}
	ok(bad == n, "a changed byte is damage wherever it is (%zu of %zu)", bad, n);
	for (size_t i = 0; i < SITE_AREA_MAX; i++)
		str_addc(&big, 'x');
	str_clear(&area);
	str_clear(&text);
	ok(!site_area_write(big.s, big.len, &area, &err) && !site_area_read(area.s, area.len, &text, &err) && text.len == big.len,
	   "the longest site file fits");
	str_addc(&big, 'x');
	ok(site_area_write(big.s, big.len, &area, &err) && err.kind == ERR_INPUT, "a longer one is refused");
}

static void test_boot(void)
{
	AUTO_STR ask = STR_INIT;
	AUTO_STR unattended = STR_INIT;
	struct error err;
	bool is = true;

	site_area_boot_write(false, &ask);
	site_area_boot_write(true, &unattended);
	ok(ask.len == SITE_AREA_BOOT_BYTES && unattended.len == SITE_AREA_BOOT_BYTES, "both menus have one size");
	ok(!strstr(ask.s, "set default") && strstr(unattended.s, "set default=unattended\n"), "only one sets a default");
	ok(!site_area_boot_read(ask.s, ask.len, &is, &err) && !is, "one is read as asking");
	ok(!site_area_boot_read(unattended.s, unattended.len, &is, &err) && is, "the other as unattended");
	ask.s[0] ^= 1;
	ok(site_area_boot_read(ask.s, ask.len, &is, &err) && err.kind == ERR_MEDIUM, "anything else is damage");
}

int main(void)
{
	test_area();
	test_boot();
	return tap_end();
}
