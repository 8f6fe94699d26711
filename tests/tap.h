/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TAP for unit tests in C: ok() and is_str() count and go on, `return tap_end()` prints the plan and
 * makes the exit status. A name states the behaviour that is wanted.
 */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned int tap_count, tap_failed;

static inline void tap_note_text(const char *what, const char *text)
{
	printf("#   %s", what);
	for (; text && *text; text++) {
		putchar(*text);
		if (*text == '\n')
			printf("#   ");
	}
	puts(text ? "" : "(null)");
}

__attribute__((format(printf, 4, 0))) static inline bool tap_result(bool good, const char *file, int line,
								   const char *fmt, va_list ap)
{
	printf("%sok %u - ", good ? "" : "not ", ++tap_count);
	vprintf(fmt, ap);
	putchar('\n');
	if (!good) {
		tap_failed++;
		printf("# failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	return good;
}

__attribute__((format(printf, 4, 5))) static inline bool tap_ok(bool good, const char *file, int line,
							       const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	good = tap_result(good, file, line, fmt, ap);
	va_end(ap);
	return good;
}

__attribute__((format(printf, 5, 6))) static inline bool tap_is_str(const char *seen, const char *wanted,
								   const char *file, int line, const char *fmt, ...)
{
	bool good = seen && wanted ? !strcmp(seen, wanted) : seen == wanted;
	va_list ap;

	va_start(ap, fmt);
	tap_result(good, file, line, fmt, ap);
	va_end(ap);
	if (!good) {
		tap_note_text("seen:   ", seen);
		tap_note_text("wanted: ", wanted);
	}
	return good;
}

static inline int tap_end(void)
{
	printf("1..%u\n", tap_count);
	if (tap_failed)
		printf("# %u of %u failed\n", tap_failed, tap_count);
	return tap_failed != 0 || !tap_count;
}

#define ok(cond, ...) tap_ok((cond), __FILE__, __LINE__, __VA_ARGS__)
#define is_str(seen, wanted, ...) tap_is_str((seen), (wanted), __FILE__, __LINE__, __VA_ARGS__)
