/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP to the daemon's socket. */
#include "cmd/fulcrum_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "data/json.h"
#include "sys/sys.h"

static const char default_socket[] = "/run/fulcrum/operator.sock";

/* An answer that is an error, back as the error that the daemon had. */
static int refusal(const struct tree *t, unsigned int status, struct error *err)
{
	const char *text = tree_get_text(t, "error"), *hint = tree_get_text(t, "hint"), *kind = tree_get_text(t, "kind");
	enum error_kind k = status == 404 ? ERR_NOT_FOUND : ERR_INTERNAL;

	for (int i = 0; i < ERR__KINDS; i++)
		if (str_eq(kind, error_kind_name((enum error_kind)i)))
			k = (enum error_kind)i;
	error_set(err, k, "%s", text ? text : "the daemon refused without a reason");
	return hint ? error_hint(err, "%s", hint) : -1;
}

/* Where the trouble with SOCKET lies, for a person. */
static int unreachable(const char *socket, struct error *err)
{
	error_set(err, ERR_NET, "fulcrumd does not answer at %s", socket);
	if (access(socket, F_OK))
		return error_hint(err, "there is no such socket: it does not run here; this command is for the admin node");
	if (access(socket, R_OK | W_OK))
		return error_hint(err, "only root may use it");
	return error_hint(err, "see `sv status fulcrumd` and /data/log/fulcrumd/current");
}

int client_fail(const char *who, const struct error *err)
{
	fprintf(stderr, "%s: %s\n", who, err->msg);
	if (err->hint[0])
		fprintf(stderr, "  %s\n", err->hint);
	return error_exit_code(err->kind);
}

const char *client_path(const char *format, const char *name, struct arena *a)
{
	const char *hole = strstr(format, "%s");
	AUTO_STR out = STR_INIT;

	str_addf(&out, "%.*s", (int)(hole - format), format);
	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("-._", *p))
			str_addc(&out, (char)*p);
		else
			str_addf(&out, "%%%02X", *p);
	str_add(&out, hole + 2);
	return arena_strdup(a, str_text(&out));
}

int client_ask(const char *path, const char *body, struct arena *a, struct tree **ret, struct error *err)
{
	const char *env = getenv("FULCRUM_SOCKET"), *socket = env && *env ? env : default_socket;
	struct sys *sys = sys_small_new();
	AUTO_STR out = STR_INIT;
	unsigned int status = 0;
	const struct sys_post post = { .url = arena_printf(a, "unix:%s:%s", socket, path), .body = body, .len = body ? strlen(body) : 0,
				       .ret_body = &out, .ret_status = &status };
	int rc = sys->ops->post(sys, &post, err);

	sys_free(sys);
	if (rc)
		return unreachable(socket, err);
	*ret = json_parse("answer", str_text(&out), out.len, a, err);
	if (!*ret)
		return -1;
	return status == 200 ? 0 : refusal(*ret, status, err);
}
