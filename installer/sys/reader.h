/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes of a medium that may be slow, stutter, fail, or be gone and come back: a child reads, so that a read that hangs in
 * the kernel hangs nobody else. It tries again after an error, opening the file or device anew by its name; all of that
 * is told in words as it happens.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"

struct reader;

enum { READER_TRIES = 4 };

struct reader_how {
	void (*tell)(void *ctx, const char *text); /* one line, without its end; may be NULL */
	void *ctx;
	/* 0 everywhere: 10 s, 180 s, and 0.5, 2 and 8 s. */
	unsigned int quiet_ms;		       /* without a byte: told, and again after each as many */
	unsigned int give_up_ms;	       /* without a byte: the read fails */
	unsigned int pause_ms[READER_TRIES - 1]; /* before each try after the first */
};

/* PATH is a file or a block device. ERR_IO when it cannot be opened. *RET is freed by reader_close. */
MUST_CHECK int reader_open(const char *path, const struct reader_how *how, struct reader **ret, struct error *err);
/* Bytes of it. */
uint64_t reader_size(const struct reader *r);
/*
 * LEN bytes at AT into BUF. ERR_IO with the first byte that did not come; err->sys is its errno, or ETIMEDOUT when it gave
 * no byte for GIVE_UP_MS: then every later read fails at once.
 */
MUST_CHECK int reader_read(struct reader *r, uint64_t at, void *buf, size_t len, struct error *err);
/* Does not wait for a child that hangs. */
void reader_close(struct reader **r);
