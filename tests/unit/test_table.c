/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text tables: columns line up, nothing is printed where nothing is, no line ends in blanks. */
#include "tap.h"
#include "ui/table.h"

static struct arena a;
static struct table t;

static void cells(const char *const *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		table_cell(&t, c[i]);
}

static void prints(const char *wanted, const char *what)
{
	AUTO_STR out = STR_INIT;

	table_print(&t, &out);
	is_str(str_text(&out), wanted, "%s", what);
}

#define ROWS(...) cells((const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

int main(void)
{
	table_init(&t, &a, "NAME,>SIZE,OF");
	ROWS("a", "10", "x", "long", "5", NULL);
	prints("NAME  SIZE  OF\n"
	       "a       10  x\n"
	       "long     5  -\n",
	       "numbers stand at the right; what is not known is a dash");

	table_init(&t, &a, "NAME,,>SIZE,");
	ROWS("a", "BAD", "10", "it is broken", "b", "", "5", NULL);
	prints("NAME       SIZE\n"
	       "a     BAD    10  it is broken\n"
	       "b             5\n",
	       "a column without a header has nothing to say where it says nothing, and no line ends in blanks");

	table_init(&t, &a, "NAME,,SIZE");
	ROWS("a", "", "10");
	prints("NAME  SIZE\n"
	       "a     10\n",
	       "and takes no room where it says nothing at all");

	table_init(&t, &a, "NAME,OF");
	ROWS("\xc3\xa4\xc3\xb6", "x", "b\x1b[2J", "y");
	prints("NAME   OF\n"
	       "\xc3\xa4\xc3\xb6     x\n"
	       "b?[2J  y\n",
	       "letters are counted, not bytes; nothing drives the terminal");

	table_init(&t, &a, "NAME,OF");
	prints("NAME  OF\n", "no rows, the headers");
	arena_release(&a);
	return tap_end();
}
