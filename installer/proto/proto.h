/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What agents and the admin node say to each other: JSON over HTTP POST, as field tables.
 * Every request is signed by the agent's own Ed25519 key (header Fulcrum-Sign, over
 * "<path>\n<body>"); every answer by the site's key (over "<path>\n<request's Fulcrum-Sign>\n<body>"),
 * which the agent knows from its boot configuration. No bearer secret exists.
 * A RAM agent's key is made for a `hello` and registered by it, and a boot may say more than one; a deployed
 * system's key was made on it while it was deployed and registered by the `applied` report.
 * Keys of encrypted devices travel once, in the answer to an accepted claim, each sealed to the agent's key of this boot.
 */
#pragma once
#include "data/field.h"
#include "model/erase.h"
#include "model/hwtest.h"
#include "model/machine.h"

#define PROTO_HEADER "Fulcrum-Sign"
#define PROTO_HELLO "/agent/hello"
#define PROTO_POLL "/agent/poll"
#define PROTO_REPORT "/agent/report"
#define PROTO_RECORD "/agent/record"

enum agent_life { LIFE_RAM, LIFE_DISK };
extern const char *const agent_life_names[]; /* "ram", "disk" */

struct msg_hello {
	enum agent_life life;
	const char *boot_id; /* of this boot: kernel's random boot_id */
	const char *key;     /* public key that signs this and what follows */
	const char *node;    /* disk life: who it was deployed as */
	uint64_t attempt;    /* disk life: by which attempt */
	int64_t sent_s;      /* the agent's clock as it sends this, seconds since 1970; 0: it does not say */
	struct machine machine; /* RAM life: all; disk life: system, nics, memory */
};
struct msg_welcome {
	const char *node; /* stable id; its name once bound */
	const char *state;
	uint64_t attempt; /* this boot's reports carry it */
	uint64_t poll_ms;
	int64_t time_s; /* RAM life: the admin node's clock, seconds since 1970 */
};
struct msg_poll {
	const char *node;
	uint64_t attempt, seq;
};
enum order_kind { ORDER_WAIT, ORDER_DEPLOY, ORDER_CHECK, ORDER_REBOOT, ORDER_WIPE, ORDER_TEST };
extern const char *const order_names[]; /* "wait", "deploy", "check", "reboot", "wipe", "test" */
struct check { /* a must-pass check, as data */
	const char *name, *probe, *argument, *expected;
};
struct msg_order {
	enum order_kind order;
	const char *text; /* for the node's own screen: what it waits for */
	uint64_t poll_ms;
	const char *plan, *plan_hash; /* deploy, wipe: the canonical JSON as a string */
	struct check *checks; /* check */
	size_t n_checks;
	struct hwtest_order hwtest; /* test */
};
enum report_kind { REPORT_CLAIM, REPORT_PROGRESS, REPORT_APPLIED, REPORT_FAILED, REPORT_CHECKS, REPORT_WIPED, REPORT_TESTED };
extern const char *const report_names[]; /* "claim", "progress", "applied", "failed", "checks", "wiped", "tested" */
struct check_result {
	const char *name, *expected, *seen;
	bool pass;
};
struct msg_report {
	const char *node;
	uint64_t attempt, seq; /* a repeated or older one changes nothing */
	enum report_kind report;
	const char *plan_hash;	       /* claim: the intent that is spent */
	const char *op, *text;	       /* progress: step and words; applied: what a person should know */
	uint64_t done, total, percent; /* progress */
	const char *error, *hint;      /* failed */
	const char *key;	       /* applied: public key of the deployed system */
	struct check_result *results;  /* checks */
	size_t n_results;
	struct erased *erased; /* wiped: every disk of the plan */
	size_t n_erased;
	uint64_t hwtest; /* claim of tests, tested: which */
	const char *address; /* claim of tests that serve a peer: where (model/hwtest.h) */
	struct measured *measured; /* tested: all that was measured */
	size_t n_measured;
};
enum record_kind { RECORD_KERNEL, RECORD_AGENT, RECORD_SYSTEM };
extern const char *const record_names[]; /* "kernel", "agent", "system" */
struct msg_record { /* what a boot said so far; a later one of the same boot and kind takes its place */
	const char *node;
	uint64_t attempt;
	const char *boot_id;
	enum record_kind record;
	const char *text; /* its end, if it was longer than RECORD_MAX */
};
enum { RECORD_MAX = 256 * 1024 };
struct sealed_secret {
	const char *name;   /* what op_crypt.key says; HWTEST_TOKEN */
	const char *sealed; /* seal_buffer() to the key that signed the claim */
};
struct msg_ack {
	bool accepted; /* claim: only then may writing begin */
	const char *text;
	struct sealed_secret *secrets; /* claim: what the plan names; the token of tests with a peer */
	size_t n_secrets;
};

extern const struct schema msg_hello_schema, msg_welcome_schema, msg_poll_schema, msg_order_schema,
	msg_report_schema, msg_record_schema, msg_ack_schema, sealed_secret_schema, check_schema, check_result_schema;

/* Text that is signed for a request, and for its answer. */
void proto_request_text(const char *path, const char *body, struct str *out);
void proto_answer_text(const char *path, const char *request_sign, const char *body, struct str *out);
