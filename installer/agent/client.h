/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's side of the conversation: every request signed with the agent's key, every answer's
 * signature checked against the site's key before it is parsed.
 */
#pragma once
#include "base/error.h"
#include "base/hash.h"
#include "proto/proto.h"
#include "sys/sys.h"

struct client {
	struct sys *sys;
	const char *server;   /* address of the admin node */
	const char *site_key; /* hex */
	const char *pub, *sec; /* the agent's own key pair, hex */
	const char *node;     /* from the welcome */
	uint64_t attempt, seq;
	int64_t came_s;	 /* its clock at its first hello, and when that was: what it would say now, had it not been set since */
	uint64_t came_ms;
	int64_t time_s; /* from the welcome: the admin node's clock; 0 = it did not say */
	char made_pub[KEY_PUB_HEX], made_sec[KEY_SEC_HEX]; /* by client_new_key */
};

/* A new key pair signs from the next request on. C stays where it is from here on: pub and sec point into it. */
void client_new_key(struct client *c);

/* One request and its answer into zeroed *RET_ANSWER (strings in A). A refusal of the admin node keeps its words. */
MUST_CHECK int client_call(struct client *c, const char *path, const struct schema *request_schema, const void *request,
			   const struct schema *answer_schema, void *ret_answer, struct arena *a, struct error *err);
/* Says hello until the admin node answers; prints why it waits. Fills node, attempt and time_s. Gives up never. */
MUST_CHECK int client_hello(struct client *c, const struct msg_hello *hello, struct arena *a, struct error *err);
/* Sends R with node, attempt and the next sequence number; TRIES times on network errors. */
MUST_CHECK int client_report(struct client *c, struct msg_report *r, unsigned int tries, struct msg_ack *ret_ack,
			     struct arena *a, struct error *err);
MUST_CHECK int client_poll(struct client *c, struct msg_order *ret, struct arena *a, struct error *err);
/* Waits as long as the admin node said, within reason: 0 is 2 s, and more than 5 min is 5 min. */
MUST_CHECK int client_pause(struct client *c, uint64_t poll_ms, struct error *err);
/* The kernel's id of this boot, or "unknown". */
const char *client_boot_id(struct arena *a);
