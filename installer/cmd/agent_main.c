/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fulcrum-agent: the RAM life of a node. Reads who to talk to from the kernel command line, which carries no secret. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/run.h"
#include "base/channel.h"
#include "base/cmdline.h"
#include "base/fd.h"
#include "base/str.h"
#include "engine/preflight.h"
#include "ui/console.h"

static const char release_key_path[] = "/usr/share/fulcrum/release.pub";
static const char progress_path[] = "/run/fulcrum/progress.jsonl";
enum { RETRY_MS = 10000 };

static int start(struct arena *a, struct client *c, struct ram_agent *ra, struct error *err)
{
	AUTO_STR cmdline = STR_INIT;
	AUTO_STR key = STR_INIT;
	struct stat built;

	if (file_read("/proc/cmdline", 65536, &cmdline, err) || file_read(release_key_path, 256, &key, err))
		return -1;
	ra->release_key = arena_strndup(a, str_text(&key), strcspn(str_text(&key), "\n"));
	/* Files of the root image carry the time that it is of (buildscripts/lib.sh). */
	if (!stat(release_key_path, &built))
		ra->epoch_s = built.st_mtime;
	c->server = cmdline_value(str_text(&cmdline), "fulcrum.server", a, NULL);
	c->site_key = cmdline_value(str_text(&cmdline), "fulcrum.key", a, NULL);
	ra->listen = cmdline_has(str_text(&cmdline), "fulcrum.listen");
	if (!c->server || !hex_is(c->site_key, HASH_BYTES * 2))
		return error_set(err, ERR_USAGE, "the kernel command line lacks fulcrum.server= or fulcrum.key=");
	return 0;
}

static void show_error(void *ctx, const struct error *err)
{
	console_error(ctx, err);
}

int main(int argc, char **argv)
{
	AUTO_ARENA a = ARENA_INIT;
	struct client c = { .sys = sys_real_new() };
	struct ram_agent ra = { .root = "", .target = "/run/fulcrum/target", .journal = "/run/fulcrum/journal",
				.progress = progress_path };
	struct console console;
	struct engine_sink sink = console_sink(&console);
	struct error err = { 0 };

	ra.console = &sink;
	ra.show_error = show_error;
	if (argc != 1) {
		fprintf(stderr, "usage: %s    (everything comes from the kernel command line)\n", argv[0]);
		return error_exit_code(ERR_USAGE);
	}
	channel_log(progress_path);
	console_init(&console, true, "agent");
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* A key made of an empty pool would not be one. */
	preflight_entropy(&sink);
	client_new_key(&c);
	if (start(&a, &c, &ra, &err) || agent_run_ram(&c, &ra, &err)) {
		printf("\nfulcrum-agent: %s\n", err.msg);
		if (err.hint[0])
			printf("  what to do: %s\n", err.hint);
		fflush(stdout);
		channel_emit("error", "agent", "kind", error_kind_name(err.kind), "text", err.msg, NULL);
		/* Supervision starts it again; not faster than a person can read. */
		if (c.sys->ops->sleep_ms(c.sys, RETRY_MS, &err))
			return 1;
		return error_exit_code(err.kind);
	}
	sys_free(c.sys);
	return 0;
}
