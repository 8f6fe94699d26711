/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signed requests, checked answers. */
#include "agent/client.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "data/json.h"

enum { RETRY_MS = 2000 };

void client_new_key(struct client *c)
{
	key_generate(c->made_pub, c->made_sec);
	c->pub = c->made_pub;
	c->sec = c->made_sec;
}

/* {"error": ..., "hint": ...} of a refusal. */
static int refusal(const char *path, unsigned int status, const char *body, size_t len, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct error parse;
	const struct tree *t = json_parse("answer", body, len, &a, &parse);
	const char *text = t ? tree_get_text(t, "error") : NULL, *hint = t ? tree_get_text(t, "hint") : NULL;
	enum error_kind kind = status == 403 ? ERR_DENIED : status == 404 ? ERR_NOT_FOUND : status == 409 ? ERR_CONFLICT :
			       status >= 500 ? ERR_NET : ERR_INPUT;

	error_set(err, kind, "%s: the admin node answered %u%s%s", path, status, text ? ": " : "", text ? text : "");
	return hint ? error_hint(err, "%s", hint) : -1;
}

int client_call(struct client *c, const char *path, const struct schema *request_schema, const void *request,
		const struct schema *answer_schema, void *ret_answer, struct arena *a, struct error *err)
{
	AUTO_STR body = STR_INIT;
	AUTO_STR text = STR_INIT;
	AUTO_STR answer = STR_INIT;
	AUTO_STR sign = STR_INIT;
	/* Not the caller's: a node may ask for days. */
	AUTO_ARENA own = ARENA_INIT;
	char sig[SIG_HEX];
	const char *url = arena_printf(&own, "http://%s%s", c->server, path);
	unsigned int status = 0;

	field_to_json(request_schema, request, true, false, &body);
	proto_request_text(path, str_text(&body), &text);
	if (sign_buffer(c->sec, str_text(&text), text.len, sig, err))
		return -1;
	const char *const headers[] = { "Content-Type: application/json", arena_printf(&own, PROTO_HEADER ": %s", sig), NULL };
	const struct sys_post post = { .url = url, .headers = headers, .body = str_text(&body), .len = body.len, .ret_body = &answer,
				       .want_header = PROTO_HEADER, .ret_header = &sign, .ret_status = &status };

	if (c->sys->ops->post(c->sys, &post, err))
		return -1;
	if (status != 200)
		return refusal(path, status, str_text(&answer), answer.len, err);
	str_clear(&text);
	proto_answer_text(path, sig, str_text(&answer), &text);
	if (!sign_check(c->site_key, str_text(&text), text.len, str_text(&sign))) {
		error_set(err, ERR_DENIED, "%s: the answer is not signed by this site's key", path);
		return error_hint(err, "another machine answers at %s, or the admin node was replaced", c->server);
	}
	if (field_from_json(answer_schema, path, str_text(&answer), answer.len, ret_answer, a, err))
		return error_wrap(err, "answer");
	return 0;
}

int client_hello(struct client *c, const struct msg_hello *hello, struct arena *a, struct error *err)
{
	char last[sizeof(err->msg)] = "";

	for (;;) {
		struct msg_welcome w = { 0 };
		struct msg_hello now = *hello;

		if (!c->came_s) {
			c->came_s = clock_real_s();
			c->came_ms = clock_mono_ms();
		}
		now.sent_s = c->came_s + (int64_t)((clock_mono_ms() - c->came_ms) / 1000);
		if (!client_call(c, PROTO_HELLO, &msg_hello_schema, &now, &msg_welcome_schema, &w, a, err)) {
			c->node = w.node;
			c->attempt = w.attempt;
			c->time_s = w.time_s;
			printf("fulcrum: this machine is %s, %s\n", w.node, w.state ? w.state : "known");
			return 0;
		}
		/* Said once a cause: a console must not be flooded while the network comes up. */
		if (!str_eq(last, err->msg)) {
			printf("fulcrum: waiting for the admin node: %s\n", err->msg);
			snprintf(last, sizeof(last), "%s", err->msg);
		}
		if (err->kind == ERR_DENIED || err->kind == ERR_INTERNAL)
			return -1;
		if (c->sys->ops->sleep_ms(c->sys, RETRY_MS, err))
			return -1;
	}
}

int client_report(struct client *c, struct msg_report *r, unsigned int tries, struct msg_ack *ret_ack, struct arena *a,
		  struct error *err)
{
	r->node = c->node;
	r->attempt = c->attempt;
	/* The same number for every try: the admin node counts it once. */
	r->seq = ++c->seq;
	for (unsigned int i = 0; i < tries; i++) {
		if (!client_call(c, PROTO_REPORT, &msg_report_schema, r, &msg_ack_schema, ret_ack, a, err))
			return 0;
		if (err->kind != ERR_NET || i + 1 == tries)
			break;
		if (c->sys->ops->sleep_ms(c->sys, RETRY_MS, err))
			return -1;
	}
	return -1;
}

int client_poll(struct client *c, struct msg_order *ret, struct arena *a, struct error *err)
{
	/* A number of its own: the answer is signed for this request, and no old one can be played back for it. */
	const struct msg_poll poll = { .node = c->node, .attempt = c->attempt, .seq = ++c->seq };

	return client_call(c, PROTO_POLL, &msg_poll_schema, &poll, &msg_order_schema, ret, a, err);
}

int client_pause(struct client *c, uint64_t poll_ms, struct error *err)
{
	const uint64_t most = 300000;

	return c->sys->ops->sleep_ms(c->sys, poll_ms == 0 ? RETRY_MS : (unsigned int)(poll_ms < most ? poll_ms : most), err);
}

const char *client_boot_id(struct arena *a)
{
	char id[64];

	if (file_read_line("/proc/sys/kernel/random/boot_id", id, sizeof(id)) || !id[0])
		return "unknown";
	return arena_strdup(a, id);
}
