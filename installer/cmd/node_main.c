/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fulcrum-node: the agent of the deployed system. Reads /etc/fulcrum/agent.json and node.key, written while it was deployed. */
#include <stdio.h>
#include <string.h>

#include "agent/run.h"
#include "base/fd.h"
#include "base/str.h"
#include "data/json.h"

static const char config_path[] = "/etc/fulcrum/agent.json", key_path[] = "/etc/fulcrum/node.key";

struct config {
	const char *server, *site_key, *node;
	uint64_t attempt;
};
static const struct field config_fields[] = {
	FIELD_STRING(struct config, server, FIELD_REQUIRED, "the admin node"),
	FIELD_STRING(struct config, site_key, FIELD_REQUIRED, "public key of the site"),
	FIELD_STRING(struct config, node, FIELD_REQUIRED, "who this is"),
	FIELD_U64(struct config, attempt, FIELD_REQUIRED, "attempt that deployed it"),
};
static const struct schema config_schema = SCHEMA("agent", struct config, config_fields, "the agent's configuration");

/* An Ed25519 secret key ends with its public half (RFC 8032 key as libsodium keeps it). */
static int load(struct arena *a, struct client *c, struct error *err)
{
	AUTO_STR text = STR_INIT;
	AUTO_STR key = STR_INIT;
	struct config cfg = { 0 };
	char *sec;

	if (file_read(config_path, 65536, &text, err) || file_read(key_path, 512, &key, err) ||
	    field_from_json(&config_schema, config_path, str_text(&text), text.len, &cfg, a, err))
		return -1;
	sec = arena_strndup(a, str_text(&key), strcspn(str_text(&key), "\n"));
	if (!hex_is(sec, KEY_SEC_HEX - 1))
		return error_set(err, ERR_INPUT, "%s: not an Ed25519 secret key", key_path);
	c->sec = sec;
	c->pub = sec + 64;
	c->server = cfg.server;
	c->site_key = cfg.site_key;
	c->node = cfg.node;
	c->attempt = cfg.attempt;
	return 0;
}

int main(int argc, char **argv)
{
	AUTO_ARENA a = ARENA_INIT;
	struct client c = { .sys = sys_small_new() };
	struct error err = { 0 };

	if (argc != 1) {
		fprintf(stderr, "usage: %s    (configuration: %s)\n", argv[0], config_path);
		return error_exit_code(ERR_USAGE);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (load(&a, &c, &err) || agent_run_disk(&c, &err)) {
		fprintf(stderr, "fulcrum-node: %s\n", err.msg);
		if (err.hint[0])
			fprintf(stderr, "  what to do: %s\n", err.hint);
		return error_exit_code(err.kind);
	}
	return 0;
}
