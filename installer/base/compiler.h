/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes and the few macros everything uses. Knows nothing else. */
#pragma once
#include <stddef.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define UNUSED __attribute__((unused))
/* The local is given to FN (which takes a pointer to it) when it goes out of scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))
