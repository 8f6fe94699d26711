/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this boot said, collected and sent. */
#include "agent/record.h"

#include <stdio.h>

#include "base/str.h"

enum { READ_MAX = 16 << 20, COLLECT_MS = 10000 };

/* The end of TEXT, from the start of a line on, as printable ASCII: it is for people and for JSON. */
static const char *tail_of(struct str *text)
{
	const char *from = str_text(text);

	for (size_t i = 0; i < text->len; i++) {
		unsigned char ch = (unsigned char)text->s[i];

		if ((ch < 0x20 && ch != '\n' && ch != '\t') || ch > 0x7e)
			text->s[i] = '?';
	}
	if (text->len <= RECORD_MAX)
		return from;
	from += text->len - RECORD_MAX;
	while (*from && *from++ != '\n')
		;
	return from;
}

static int send(struct client *c, enum record_kind kind, struct str *text, struct error *err)
{
	AUTO_ARENA a = ARENA_INIT;
	struct msg_ack ack = { 0 };
	struct msg_record m = { .node = c->node, .attempt = c->attempt, .boot_id = client_boot_id(&a), .record = kind };

	if (!text->len)
		return 0;
	m.text = tail_of(text);
	return client_call(c, PROTO_RECORD, &msg_record_schema, &m, &msg_ack_schema, &ack, &a, err);
}

static int send_output(struct client *c, enum record_kind kind, const char *const *argv, struct error *err)
{
	AUTO_STR text = STR_INIT;
	struct error unread;

	if (c->sys->ops->exec(c->sys, &(struct sys_exec){ .argv = argv, .output = &text, .timeout_ms = COLLECT_MS }, &unread))
		return 0;
	return send(c, kind, &text, err);
}

static int send_file(struct client *c, enum record_kind kind, const char *path, struct error *err)
{
	AUTO_STR text = STR_INIT;
	struct error unread;

	if (c->sys->ops->read_file(c->sys, path, READ_MAX, &text, &unread))
		return 0;
	return send(c, kind, &text, err);
}

void record_send(struct client *c, const char *progress)
{
	static const char *const dmesg[] = { "dmesg", NULL };
	static const char *const journal[] = { "journalctl", "--boot", "--no-pager", "--priority=notice", "--lines=2000", NULL };
	struct error err;

	if (send_output(c, RECORD_KERNEL, dmesg, &err) ||
	    (progress ? send_file(c, RECORD_AGENT, progress, &err) : send_output(c, RECORD_SYSTEM, journal, &err)))
		printf("fulcrum: the admin node did not take what this boot said: %s\n", err.msg);
}
