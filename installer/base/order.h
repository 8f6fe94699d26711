/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders for qsort(3). */
#pragma once
#include <stdint.h>

/* Numbers of 64 bits, the smallest first. */
static inline int order_u64(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}
