/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The error value: one table maps a kind to its name, exit code and HTTP status. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int exit_code;
	unsigned int http;
} kinds[ERR__KINDS] = {
	[ERR_INTERNAL] = { "internal", 1, 500 },    [ERR_USAGE] = { "usage", 2, 400 },
	[ERR_INPUT] = { "input", 3, 400 },	    [ERR_SELECT] = { "select", 4, 409 },
	[ERR_REFUSED] = { "refused", 5, 409 },	    [ERR_MEDIUM] = { "medium", 6, 500 },
	[ERR_CHANGED] = { "changed", 7, 409 },	    [ERR_IO] = { "io", 8, 500 },
	[ERR_NET] = { "net", 9, 502 },		    [ERR_VERIFY] = { "verify", 10, 500 },
	[ERR_NOT_FOUND] = { "not-found", 11, 404 }, [ERR_CONFLICT] = { "conflict", 12, 409 },
	[ERR_DENIED] = { "denied", 13, 403 },
};

/* snprintf that cannot fail and says how much of the buffer is used. */
__attribute__((format(printf, 4, 0))) static size_t put(char *buf, size_t size, size_t at, const char *fmt, va_list ap)
{
	int n;

	if (at + 1 >= size)
		return at;
	n = vsnprintf(buf + at, size - at, fmt, ap);
	if (n < 0)
		return at;
	return (size_t)n >= size - at ? size - 1 : at + (size_t)n;
}

int error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
{
	va_list ap;

	memset(err, 0, sizeof(*err));
	err->kind = kind;
	va_start(ap, fmt);
	put(err->msg, sizeof(err->msg), 0, fmt, ap);
	va_end(ap);
	return -1;
}

int error_sys(struct error *err, int errnum, const char *fmt, ...)
{
	size_t at;
	va_list ap;

	memset(err, 0, sizeof(*err));
	err->kind = ERR_IO;
	err->sys = errnum;
	va_start(ap, fmt);
	at = put(err->msg, sizeof(err->msg), 0, fmt, ap);
	va_end(ap);
	snprintf(err->msg + at, sizeof(err->msg) - at, ": %s", strerror(errnum));
	return -1;
}

int error_wrap(struct error *err, const char *fmt, ...)
{
	char old[sizeof(err->msg)];
	size_t at;
	va_list ap;

	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	at = put(err->msg, sizeof(err->msg), 0, fmt, ap);
	va_end(ap);
	if (at + 3 < sizeof(err->msg)) {
		size_t room = sizeof(err->msg) - at - 3, len = strnlen(old, sizeof(old));

		memcpy(err->msg + at, ": ", 2);
		if (len > room)
			len = room;
		memcpy(err->msg + at + 2, old, len);
		err->msg[at + 2 + len] = '\0';
	}
	return -1;
}

int error_hint(struct error *err, const char *fmt, ...)
{
	va_list ap;

	if (err->hint[0])
		return -1;
	va_start(ap, fmt);
	put(err->hint, sizeof(err->hint), 0, fmt, ap);
	va_end(ap);
	return -1;
}

const char *error_kind_name(enum error_kind kind)
{
	return kind < ERR__KINDS ? kinds[kind].name : "internal";
}

int error_exit_code(enum error_kind kind)
{
	return kind < ERR__KINDS ? kinds[kind].exit_code : 1;
}

unsigned int error_http_status(enum error_kind kind)
{
	return kind < ERR__KINDS ? kinds[kind].http : 500;
}
