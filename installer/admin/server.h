/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP on two unix sockets: the agents' (nginx stands before it) and the operator's (root only).
 * The only user of libmicrohttpd. One thread, one loop: handlers need no locks, and a request is
 * answered before the next is looked at.
 */
#pragma once
#include "admin/admin.h"

struct server;
/* Called about once a second, and after every batch of requests. */
typedef void (*server_tick)(struct admin *ad);

/* Listens on <run>/agent.sock (for the web server's group) and <run>/operator.sock (0600). */
MUST_CHECK int server_open(struct admin *ad, struct server **ret, struct error *err);
/* Serves until SIGTERM or SIGINT. */
MUST_CHECK int server_run(struct server *s, server_tick tick, struct error *err);
void server_close(struct server *s);
