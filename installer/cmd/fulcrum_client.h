/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One question to the daemon over the operator's socket (FULCRUM_SOCKET, else /run/fulcrum/operator.sock). */
#pragma once
#include "base/error.h"
#include "data/tree.h"

/* Says ERR on standard error, after WHO (a node, or "fulcrum"), with what to do; returns its exit code. */
int client_fail(const char *who, const struct error *err);
/* FORMAT, a literal with one %s, with NAME as one segment of a path in its place. *RET is A's. */
const char *client_path(const char *format, const char *name, struct arena *a);
/*
 * GET PATH, or POST when BODY is not NULL. *RET is the parsed answer, in A. The daemon's refusals come back as
 * the error it had: kind, message, hint.
 */
MUST_CHECK int client_ask(const char *path, const char *body, struct arena *a, struct tree **ret, struct error *err);
