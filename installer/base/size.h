/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes: "512M", "1.5T", "4096" are bytes with binary suffixes (K M G T, optionally iB). */
#pragma once
#include <stdint.h>

#include "base/compiler.h"

enum { SIZE_TEXT_MAX = 24 };

/* 0 and *RET_BYTES, or -1 when S is not a size or does not fit 64 bits. */
MUST_CHECK int size_parse(const char *s, uint64_t *ret_bytes);
/* "477 GiB", "1.5 MiB", "512 B": for people, three significant digits. Returns BUF. */
const char *size_format(uint64_t bytes, char buf[SIZE_TEXT_MAX]);
