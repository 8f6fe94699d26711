/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP to the daemon's socket, by libcurl. */
#include "cmd/fulcrum_client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <unistd.h>

#include "data/json.h"

static const char default_socket[] = "/run/fulcrum/operator.sock";

static size_t on_data(char *data, size_t one, size_t n, void *ctx)
{
	str_addn(ctx, data, one * n);
	return one * n;
}

/* An answer that is an error, back as the error that the daemon had. */
static int refusal(const struct tree *t, long status, struct error *err)
{
	const char *text = tree_get_text(t, "error"), *hint = tree_get_text(t, "hint"), *kind = tree_get_text(t, "kind");
	enum error_kind k = status == 404 ? ERR_NOT_FOUND : ERR_INTERNAL;

	for (int i = 0; i < ERR__KINDS; i++)
		if (str_eq(kind, error_kind_name((enum error_kind)i)))
			k = (enum error_kind)i;
	error_set(err, k, "%s", text ? text : "the daemon refused without a reason");
	return hint ? error_hint(err, "%s", hint) : -1;
}

static int transfer(CURL *curl, const char *path, const char *body, struct str *out, long *ret_status,
		    struct error *err)
{
	const char *env = getenv("FULCRUM_SOCKET"), *socket = env && *env ? env : default_socket;
	AUTO_ARENA a = ARENA_INIT;
	CURLcode code;

	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(curl, CURLOPT_URL, arena_printf(&a, "http://fulcrum%s", path));
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
	if (body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	code = curl_easy_perform(curl);
	if (code == CURLE_OK) {
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, ret_status);
		return 0;
	}
	error_set(err, ERR_NET, "%s: %s", socket, curl_easy_strerror(code));
	if (access(socket, F_OK))
		return error_hint(err, "fulcrumd does not run here; this command is for the admin node");
	if (access(socket, R_OK | W_OK))
		return error_hint(err, "only root may use it");
	return error_hint(err, "see `sv status fulcrumd` and /data/log/fulcrumd/current");
}

int client_ask(const char *path, const char *body, struct arena *a, struct tree **ret, struct error *err)
{
	CURL *curl = curl_easy_init();
	AUTO_STR out = STR_INIT;
	long status = 0;
	int failed;

	if (!curl)
		return error_set(err, ERR_INTERNAL, "libcurl does not start");
	failed = transfer(curl, path, body, &out, &status, err);
	curl_easy_cleanup(curl);
	if (failed)
		return -1;
	*ret = json_parse("answer", str_text(&out), out.len, a, err);
	if (!*ret)
		return -1;
	return status == 200 ? 0 : refusal(*ret, status, err);
}
