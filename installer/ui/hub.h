/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The installer's words for who is not at one of its consoles: a process beside it that keeps what was said, hands it to all
 * who watch (over a socket that only root reaches), and lines that they type back to the installer. To the installer it is
 * one screen more. A watcher that does not read loses lines, and holds up nobody.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "sys/task.h"

#define HUB_SOCKET "/run/fulcrum/console.sock"

enum { HUB_WATCHERS_MAX = 8, HUB_TYPED_MAX = 16 << 10 /* of a line: an SSH key may be pasted */, HUB_KEPT_MAX = 64 << 10, HUB_WAITING_MAX = 96 << 10, HUB_END_MS = 1500 };

/* Starts it; T's fd is the screen: what is written there is said, what is read there was typed. */
MUST_CHECK int hub_start(const char *socket_path, struct task *t, struct error *err);
/* What the hub does; FD as for a task. Returns once FD has ended and all was handed on, or a second later. */
void hub_run(const char *socket_path, int fd);

/* Takes lines that move (ui/screens.h) out of a stream: "\r" LINE "\033[K". */
struct live_cut {
	bool inside;
	struct str now;	 /* of the line that is being read */
	struct str line; /* the last whole one; empty: none is shown */
};
#define LIVE_CUT_INIT { false, STR_INIT, STR_INIT }
/* What else DATA holds is appended to TEXT. */
void live_cut(struct live_cut *c, const char *data, size_t n, struct str *text);
void live_cut_release(struct live_cut *c);
