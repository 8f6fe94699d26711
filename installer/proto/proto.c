/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Field tables of the messages between agents and the admin node. */
#include "proto/proto.h"

const char *const agent_life_names[] = { "ram", "disk", NULL };
const char *const order_names[] = { "wait", "deploy", "check", "reboot", "wipe", "test", NULL };
const char *const record_names[] = { "kernel", "agent", "system", NULL };
const char *const report_names[] = { "claim", "progress", "applied", "failed", "checks", "wiped", "tested", NULL };

static const struct field hello_fields[] = {
	FIELD_ENUM(struct msg_hello, life, FIELD_REQUIRED, agent_life_names, "from memory or from disk"),
	FIELD_STRING(struct msg_hello, boot_id, FIELD_REQUIRED, "id of this boot"),
	FIELD_STRING(struct msg_hello, key, FIELD_REQUIRED, "public key that signs"),
	FIELD_STRING(struct msg_hello, node, FIELD_OMIT_EMPTY, "disk life: deployed as"),
	FIELD_U64(struct msg_hello, attempt, FIELD_OMIT_EMPTY, "disk life: deployed by"),
	FIELD_I64(struct msg_hello, sent_s, FIELD_OMIT_EMPTY, "its clock as it sends this"),
	FIELD_STRUCT(struct msg_hello, machine, FIELD_REQUIRED, &machine_schema, "inventory"),
};
const struct schema msg_hello_schema = SCHEMA("hello", struct msg_hello, hello_fields, "an agent started");

static const struct field welcome_fields[] = {
	FIELD_STRING(struct msg_welcome, node, FIELD_REQUIRED, "who it is"),
	FIELD_STRING(struct msg_welcome, state, 0, "state of its life"),
	FIELD_U64(struct msg_welcome, attempt, 0, "attempt that its reports carry"),
	FIELD_U64(struct msg_welcome, poll_ms, 0, "ask again after"),
	FIELD_I64(struct msg_welcome, time_s, FIELD_OMIT_EMPTY, "RAM life: the admin node's clock"),
};
const struct schema msg_welcome_schema = SCHEMA("welcome", struct msg_welcome, welcome_fields, "answer to hello");

static const struct field poll_fields[] = {
	FIELD_STRING(struct msg_poll, node, FIELD_REQUIRED, "who asks"),
	FIELD_U64(struct msg_poll, attempt, 0, "attempt"),
	FIELD_U64(struct msg_poll, seq, 0, "sequence"),
};
const struct schema msg_poll_schema = SCHEMA("poll", struct msg_poll, poll_fields, "what shall I do?");

static const struct field check_fields[] = {
	FIELD_STRING(struct check, name, FIELD_REQUIRED, "name"),
	FIELD_STRING(struct check, probe, FIELD_REQUIRED, "how it is found out"),
	FIELD_STRING(struct check, argument, FIELD_OMIT_EMPTY, "of what"),
	FIELD_STRING(struct check, expected, FIELD_OMIT_EMPTY, "what must be seen"),
};
const struct schema check_schema = SCHEMA("check", struct check, check_fields, "a must-pass check");

static const struct field order_fields[] = {
	FIELD_ENUM(struct msg_order, order, FIELD_REQUIRED, order_names, "what to do"),
	FIELD_STRING(struct msg_order, text, FIELD_OMIT_EMPTY, "for the node's screen"),
	FIELD_U64(struct msg_order, poll_ms, 0, "ask again after"),
	FIELD_STRING(struct msg_order, plan, FIELD_OMIT_EMPTY, "canonical JSON of the plan"),
	FIELD_STRING(struct msg_order, plan_hash, FIELD_OMIT_EMPTY, "its hash"),
	FIELD_STRUCTS(struct msg_order, checks, FIELD_OMIT_EMPTY, &check_schema, "checks to run"),
	FIELD_STRUCT(struct msg_order, hwtest, FIELD_OMIT_EMPTY, &hwtest_order_schema, "tests to run"),
};
const struct schema msg_order_schema = SCHEMA("order", struct msg_order, order_fields, "answer to poll");

static const struct field result_fields[] = {
	FIELD_STRING(struct check_result, name, FIELD_REQUIRED, "name"),
	FIELD_BOOL(struct check_result, pass, 0, "it holds"),
	FIELD_STRING(struct check_result, expected, FIELD_OMIT_EMPTY, "what must be seen"),
	FIELD_STRING(struct check_result, seen, FIELD_OMIT_EMPTY, "what was seen"),
};
const struct schema check_result_schema =
	SCHEMA("result", struct check_result, result_fields, "outcome of a check");

static const struct field report_fields[] = {
	FIELD_STRING(struct msg_report, node, FIELD_REQUIRED, "who reports"),
	FIELD_U64(struct msg_report, attempt, 0, "attempt"),
	FIELD_U64(struct msg_report, seq, 0, "sequence"),
	FIELD_ENUM(struct msg_report, report, FIELD_REQUIRED, report_names, "kind"),
	FIELD_STRING(struct msg_report, plan_hash, FIELD_OMIT_EMPTY, "claim: which plan"),
	FIELD_STRING(struct msg_report, op, FIELD_OMIT_EMPTY, "progress: step"),
	FIELD_STRING(struct msg_report, text, FIELD_OMIT_EMPTY, "words"),
	FIELD_U64(struct msg_report, done, FIELD_OMIT_EMPTY, "progress: bytes done"),
	FIELD_U64(struct msg_report, total, FIELD_OMIT_EMPTY, "progress: of bytes"),
	FIELD_U64(struct msg_report, percent, FIELD_OMIT_EMPTY, "progress: of the whole plan"),
	FIELD_STRING(struct msg_report, error, FIELD_OMIT_EMPTY, "failed: cause"),
	FIELD_STRING(struct msg_report, hint, FIELD_OMIT_EMPTY, "failed: what to do"),
	FIELD_STRING(struct msg_report, key, FIELD_OMIT_EMPTY, "applied: key of the deployed system"),
	FIELD_STRUCTS(struct msg_report, results, FIELD_OMIT_EMPTY, &check_result_schema, "checks: outcomes"),
	FIELD_STRUCTS(struct msg_report, erased, FIELD_OMIT_EMPTY, &erased_schema, "wiped: what came of each disk"),
	FIELD_U64(struct msg_report, hwtest, FIELD_OMIT_EMPTY, "claim of tests, tested: which run"),
	FIELD_STRING(struct msg_report, address, FIELD_OMIT_EMPTY, "claim of tests that serve: where"),
	FIELD_STRUCTS(struct msg_report, measured, FIELD_OMIT_EMPTY, &measured_schema, "tested: all that was measured"),
};
const struct schema msg_report_schema = SCHEMA("report", struct msg_report, report_fields, "something happened");

static const struct field record_fields[] = {
	FIELD_STRING(struct msg_record, node, FIELD_REQUIRED, "whose"),
	FIELD_U64(struct msg_record, attempt, 0, "attempt"),
	FIELD_STRING(struct msg_record, boot_id, FIELD_REQUIRED, "id of the boot"),
	FIELD_ENUM(struct msg_record, record, FIELD_REQUIRED, record_names, "of whom"),
	FIELD_STRING(struct msg_record, text, FIELD_REQUIRED, "what it said"),
};
const struct schema msg_record_schema = SCHEMA("record", struct msg_record, record_fields, "what a boot said so far");

static const struct field sealed_fields[] = {
	FIELD_STRING(struct sealed_secret, name, FIELD_REQUIRED, "what the plan calls it"),
	FIELD_STRING(struct sealed_secret, sealed, FIELD_REQUIRED, "its bytes, sealed to the agent's key"),
};
const struct schema sealed_secret_schema = SCHEMA("secret", struct sealed_secret, sealed_fields, "key of an encrypted device");

static const struct field ack_fields[] = {
	FIELD_BOOL(struct msg_ack, accepted, 0, "it counted"),
	FIELD_STRING(struct msg_ack, text, FIELD_OMIT_EMPTY, "why not"),
	FIELD_STRUCTS(struct msg_ack, secrets, FIELD_OMIT_EMPTY, &sealed_secret_schema, "claim: keys that the plan names, the token of tests with a peer"),
};
const struct schema msg_ack_schema = SCHEMA("ack", struct msg_ack, ack_fields, "answer to report");

void proto_request_text(const char *path, const char *body, struct str *out)
{
	str_add(out, path);
	str_addc(out, '\n');
	str_add(out, body);
}

void proto_answer_text(const char *path, const char *request_sign, const char *body, struct str *out)
{
	str_add(out, path);
	str_addc(out, '\n');
	str_add(out, request_sign);
	str_addc(out, '\n');
	str_add(out, body);
}
