/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work in a forked child with a deadline: for libraries that read hostile disks (a crash or a hang
 * ends the child, not the program) or keep global state (it dies with the child).
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/str.h"

/* Runs in the child. What it adds to OUT reaches the parent; memory and descriptors do not. */
typedef int (*child_fn)(void *ctx, struct str *out, struct error *err);

/* What a child may take before it is ended; 0 or false: no more bounded than the parent is. */
struct child_limits {
	unsigned int timeout_ms; /* of waiting for its answer and its end; never 0 */
	unsigned int cpu_s;	 /* of processor time: SIGXCPU, a second later SIGKILL */
	uint64_t memory_bytes;	 /* of address space, beyond what the parent has mapped */
	bool reads_only;	 /* no byte of a regular file can be written (SIGXFSZ) */
};

/*
 * Runs FN(CTX) in a child; its OUT is appended to OUT, its error becomes *ERR. The child has none of
 * the parent's descriptors but 0 to 2, and writes no core. One that is killed by a signal, ends
 * otherwise than by returning, says anything but one whole answer, or has not ended in TIMEOUT_MS is
 * ERR_IO; in the latter case it is killed, but not waited for when it hangs in the kernel.
 */
MUST_CHECK int child_run(child_fn fn, void *ctx, unsigned int timeout_ms, struct str *out,
			 struct error *err);

struct child_job {
	void *ctx;
	struct str *out; /* may be NULL */
	struct error *err;
	int rc; /* result: 0, or -1 with *ERR set */
};
/*
 * FN in a child for each of the N jobs, each within LIMITS, BUSY of them at once. One that has said
 * nothing for 1 s waits for something that does not come, and makes room for the next: N dead disks
 * take about one deadline, not N.
 */
void child_run_all(child_fn fn, struct child_job *jobs, size_t n, size_t busy, const struct child_limits *limits);
