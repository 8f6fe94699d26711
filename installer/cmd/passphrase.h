/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A passphrase from whoever knows it: never from a command line, which every process may read. */
#pragma once
#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

/*
 * The first line of FILE ("-" is standard input), or, if FILE is NULL, what is typed at the terminal, without echo; TWICE, because nobody
 * sees it. The caller wipes RET by passphrase_wipe(). ERR_REFUSED when nobody can be asked, or when both are not the same.
 */
MUST_CHECK int passphrase_read(const char *file, bool twice, struct str *ret, struct error *err);
void passphrase_wipe(struct str *pass);
