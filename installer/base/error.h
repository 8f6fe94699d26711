/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An error is a value on the caller's stack: what kind, what happened, what to do about it.
 * Rules: the error parameter comes last and is never NULL; it is written only on failure, set once
 * where it happens, then only wrapped with more position. Messages are lower case, without a full
 * stop, position or device first. Library layers never log and never exit.
 */
#pragma once
#include "base/compiler.h"

enum error_kind {
	ERR_INTERNAL = 0, /* a defect of ours */
	ERR_USAGE,	  /* the command line is off */
	ERR_INPUT,	  /* a site file, plan or message is bad */
	ERR_SELECT,	  /* no disk or several match */
	ERR_REFUSED,	  /* consent is missing */
	ERR_MEDIUM,	  /* bytes differ from what was signed */
	ERR_CHANGED,	  /* the world is not what the plan assumed */
	ERR_IO,		  /* a device, file or child failed */
	ERR_NET,	  /* the network failed: trying again may help */
	ERR_VERIFY,	  /* applied, but a second look says otherwise */
	ERR_NOT_FOUND,	  /* the named thing does not exist */
	ERR_CONFLICT,	  /* not possible in the present state */
	ERR_DENIED,	  /* not authenticated or not allowed */
	ERR__KINDS
};

struct error {
	enum error_kind kind;
	int sys; /* errno of the cause, or 0 */
	char msg[1536];
	char hint[512]; /* what to do next; may be empty */
};

/* Set MSG; always returns -1, so that `return error_set(...)` reads well. Truncates quietly. */
int error_set(struct error *err, enum error_kind kind, const char *fmt, ...) PRINTF(3, 4);
/* The same with ": strerror(errnum)" appended; kind ERR_IO. */
int error_sys(struct error *err, int errnum, const char *fmt, ...) PRINTF(3, 4);
/* Put "text: " in front of the message. Returns -1. */
int error_wrap(struct error *err, const char *fmt, ...) PRINTF(2, 3);
/* Set the remedy, if none is set yet. Returns -1. */
int error_hint(struct error *err, const char *fmt, ...) PRINTF(2, 3);

const char *error_kind_name(enum error_kind kind);
/* Exit code of the programs for KIND; see the table in README.md. */
int error_exit_code(enum error_kind kind);
/* HTTP status for KIND. */
unsigned int error_http_status(enum error_kind kind);
