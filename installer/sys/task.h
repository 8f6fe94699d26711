/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work beside the program, in a forked child, for what must neither hold up nor outlive it for long; and programs whose
 * lines are heard while they run.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "base/error.h"

struct task {
	pid_t pid; /* 0: none */
	int fd;	   /* our end of a stream socket; never waits */
};
#define TASK_NONE { 0, -1 }

/* FD is the task's end; when the program has gone, or wants no more, it reads as ended. The process ends as FN returns. */
typedef void (*task_fn)(void *ctx, int fd);
/* The child has a session of its own, no other descriptor than FD, and /dev/null for 0 to 2. */
MUST_CHECK int task_start(task_fn fn, void *ctx, struct task *ret, struct error *err);
/* Closes our end and gives the task TIMEOUT_MS to end by itself; then it is killed. */
void task_end(struct task *t, unsigned int timeout_ms);

/* Gets each line that the program writes to its stderr, without its end; true: enough. */
typedef bool (*task_line)(void *ctx, const char *line);
/*
 * Runs ARGV until LINE has enough (0), it ends by itself (ERR_IO with its last line), or TIMEOUT_MS are over (ERR_NET);
 * then it is ended, though not what it started. It gets no input, and goes when we do.
 */
MUST_CHECK int task_follow(const char *const *argv, unsigned int timeout_ms, task_line line, void *ctx, struct error *err);
