/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two clocks: one for durations (never jumps), one for people (may be wrong). */
#pragma once
#include <stdint.h>

uint64_t clock_mono_ms(void);
int64_t clock_real_s(void);
/* "2026-11-23T06:17:20Z"; RET holds 21. */
void clock_text(int64_t real_s, char ret[21]);
