/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Progress to a URL: the lines of the progress channel's file, posted in batches as JSON lines (one object a line), by a
 * process beside the installer. A server that is slow, or is not there, loses lines, which are counted and told in a line
 * of their own: {"t":"report","who":"report","dropped":N}. It can neither hold up nor fail an install.
 */
#pragma once
#include <stdint.h>

#include "sys/sys.h"
#include "sys/task.h"

enum {
	REPORT_BATCH_MAX = 64 << 10,	/* bytes of one request */
	REPORT_BACKLOG_MAX = 512 << 10, /* beyond it the oldest lines are dropped */
	REPORT_EVERY_MS = 1000,
	REPORT_RETRY_MS = 15000, /* between tries at most */
	REPORT_END_MS = 3000,	 /* for what is left when the install ends */
};

struct reporter {
	struct sys *sys;
	const char *url, *path; /* path: of the channel's file */
	const char *pin;	/* the server's public key, "sha256//BASE64"; NULL: http */
	uint64_t offset;	/* of the first byte that was not sent */
	uint64_t dropped;	/* lines, not told yet */
	unsigned int failed;	/* tries in a row */
};

/* Sends one batch. 1: there is more; 0: all was sent; -1: it could not be, *ERR says why. */
MUST_CHECK int reporter_turn(struct reporter *r, struct error *err);
/* How long to wait after so many failures. */
unsigned int reporter_wait_ms(const struct reporter *r);
/* Starts it; R and its texts are copied by the fork. End it with task_end(T, REPORT_END_MS + 500). */
MUST_CHECK int reporter_start(struct reporter *r, struct task *t, struct error *err);
