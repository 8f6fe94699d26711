/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fulcrum test ...: hardware tests. */
#pragma once
#include "cmd/fulcrum_show.h"

struct test_words {
	const char *const *words; /* after "test" */
	size_t n;
	const char *seconds; /* NULL: not given */
	bool whole, restart;
	const char *with; /* NULL: not given */
};
/* Exit code; 2 when the words are none of its. */
int run_test(const struct show *o, const struct test_words *w);
