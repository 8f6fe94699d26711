/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's two lives. In RAM: observe, report, wait for an order, run the plan it is given. On the deployed
 * disk: report in, run the must-pass checks, wait for orders.
 */
#pragma once
#include "agent/client.h"
#include "engine/engine.h"

struct ram_agent {
	const char *root;	 /* prefix of /sys and /proc */
	const char *release_key; /* hex */
	bool listen;		 /* neighbours decide what this machine becomes: they are heard before hello */
	int64_t epoch_s;	 /* when this system was built; 0 = unknown */
	const char *target, *journal;
	const char *progress; /* file with all that the progress channel was told; NULL: none */
	const struct engine_sink *console; /* the machine's own screen */
	void (*show_error)(void *ctx, const struct error *err); /* with the console's ctx */
};

/* Returns 0 when a reboot was ordered and asked for; -1 with *ERR when it cannot go on. */
MUST_CHECK int agent_run_ram(struct client *c, const struct ram_agent *r, struct error *err);
MUST_CHECK int agent_run_disk(struct client *c, struct error *err);
