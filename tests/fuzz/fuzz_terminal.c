/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a terminal answers, or whatever else comes down its line. fuzz layers: base data model sys */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sys/terminal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of its own size: a byte too far is seen. */
	char *text = malloc(size + !size);
	int row = 0, column = 0;

	memcpy(text, data, size);
	if (terminal_position(text, size, &row, &column))
		assert(row > 0 && row < 1000 && column > 0 && column < 1000);
	free(text);
	return 0;
}
