/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Route table and dispatcher. */
#include "admin/api.h"

#include <string.h>

#include "admin/effects.h"
#include "data/json.h"
#include "data/yaml.h"
#include "model/plan.h"
#include "proto/proto.h"

const struct route api_routes[] = {
	{ "POST", PROTO_HELLO, ROLE_AGENT, AGENT_BODY_MAX, agent_hello, "an agent started" },
	{ "POST", PROTO_POLL, ROLE_AGENT, AGENT_BODY_MAX, agent_poll, "an agent asks for orders" },
	{ "POST", PROTO_REPORT, ROLE_AGENT, AGENT_BODY_MAX, agent_report, "an agent reports" },
	{ "POST", PROTO_RECORD, ROLE_AGENT, AGENT_BODY_MAX, agent_record, "what a boot said so far" },
	{ "GET", "/boot/grub/{}", ROLE_ANYONE, 0, api_boot_grub, "boot script of the adapter with this MAC" },
	{ "GET", "/status.json", ROLE_ANYONE, 0, api_public_status, "states and progress, nothing secret" },
	{ "GET", "/status", ROLE_OPERATOR, 0, op_status, "the site, the admin node's checks, all nodes" },
	{ "GET", "/nodes", ROLE_OPERATOR, 0, op_nodes, "all nodes" },
	{ "GET", "/node/{}", ROLE_OPERATOR, 0, op_node, "one node with its inventory and checks" },
	{ "GET", "/node/{}/plan", ROLE_OPERATOR, 0, op_plan, "its plan, as value and as text" },
	{ "POST", "/node/{}/deploy", ROLE_OPERATOR, OPERATOR_BODY_MAX, op_deploy, "one deploy is wanted" },
	{ "GET", "/node/{}/events", ROLE_OPERATOR, 0, op_node_events, "what happened to it, ?since=ID" },
	{ "GET", "/node/{}/explain", ROLE_OPERATOR, 0, op_explain, "which rule bound it, and why each other did not" },
	{ "POST", "/node/{}/lock", ROLE_OPERATOR, 0, op_lock, "its binding stays, whatever rules come" },
	{ "POST", "/node/{}/unlock", ROLE_OPERATOR, 0, op_unlock, "its binding may change" },
	{ "POST", "/node/{}/rebind", ROLE_OPERATOR, 0, op_rebind, "the rules are asked again" },
	{ "POST", "/node/{}/release", ROLE_OPERATOR, 0, op_release, "taken out of use: name and address are free" },
	{ "POST", "/node/{}/delete", ROLE_OPERATOR, 0, op_delete, "forgotten, with all that was kept of it" },
	{ "POST", "/node/{}/verify", ROLE_OPERATOR, 0, op_verify, "its checks run again" },
	{ "POST", "/node/{}/wipe", ROLE_OPERATOR, OPERATOR_BODY_MAX, op_wipe, "what a wipe of it would be; with that plan's hash: it is wiped" },
	{ "GET", "/wipes", ROLE_OPERATOR, 0, op_wipes, "all certificates of wipes" },
	{ "GET", "/wipe/{}", ROLE_OPERATOR, 0, op_certificate, "the newest certificate of what was called so" },
	{ "POST", "/node/{}/test", ROLE_OPERATOR, OPERATOR_BODY_MAX, op_test, "its hardware is to be tested" },
	{ "POST", "/node/{}/test-cancel", ROLE_OPERATOR, 0, op_test_cancel, "its tests are to stop" },
	{ "GET", "/tests", ROLE_OPERATOR, 0, op_tests, "all runs of hardware tests" },
	{ "GET", "/tests/{}", ROLE_OPERATOR, 0, op_tests_of, "those of what is or was called so, with results" },
	{ "GET", "/node/{}/bundle", ROLE_OPERATOR, 0, op_bundle, "all that is known of it, what its boots said included" },
	{ "GET", "/rules", ROLE_OPERATOR, 0, op_rules, "what the rules in force make of every node" },
	{ "POST", "/rules/check", ROLE_OPERATOR, YAML_MAX_BYTES, op_rules_check, "what the rules of this site file would make of every node" },
	{ "POST", "/rules/apply", ROLE_OPERATOR, YAML_MAX_BYTES, op_rules_apply, "this site file's rules, profiles, policy and tests from now on" },
	{ "GET", "/report", ROLE_OPERATOR, 0, op_report, "all nodes and their last checks, signed by the site's key" },
	{ "POST", "/database/copy", ROLE_OPERATOR, 0, op_database_copy, "a copy of the database on the data file system, for an export" },
	{ "GET", "/node/{}/history", ROLE_OPERATOR, 0, op_node_history, "what changed in its inventory" },
	{ "GET", "/events", ROLE_OPERATOR, 0, op_events, "what happened, ?since=ID" },
};
const size_t api_routes_n = ARRAY_LEN(api_routes);

/* True if PATH is PATTERN, with *RET_ARG the segment that {} stands for. */
static bool path_matches(const char *pattern, const char *path, struct arena *a, const char **ret_arg)
{
	const char *hole = strstr(pattern, "{}");
	size_t head, len;

	*ret_arg = NULL;
	if (!hole)
		return strcmp(pattern, path) == 0;
	head = (size_t)(hole - pattern);
	if (strncmp(pattern, path, head) != 0)
		return false;
	len = strcspn(path + head, "/");
	if (len == 0 || strcmp(hole + 2, path + head + len) != 0)
		return false;
	*ret_arg = a ? arena_strndup(a, path + head, len) : NULL;
	return true;
}

size_t api_body_max(const char *method, const char *path)
{
	const char *arg;

	for (size_t i = 0; i < ARRAY_LEN(api_routes); i++)
		if (strcmp(api_routes[i].method, method) == 0 && path_matches(api_routes[i].path, path, NULL, &arg))
			return api_routes[i].body_max;
	return 0;
}

int api_signed(const struct admin *ad, const char *member, const struct tree *value, struct arena *a, struct tree **ret, struct error *err)
{
	struct tree *t = tree_new(a, TREE_MAP);
	AUTO_STR text = STR_INIT;
	char sign[SIG_HEX];

	json_write(value, false, &text);
	if (sign_buffer(ad->site_sec, str_text(&text), text.len, sign, err))
		return -1;
	tree_add(a, t, member, tree_string(a, arena_strdup(a, str_text(&text))));
	tree_add(a, t, "key", tree_string(a, ad->site_pub));
	tree_add(a, t, "signature", tree_string(a, arena_strdup(a, sign)));
	*ret = t;
	return 0;
}

int api_check_hash(const char *hash, struct error *err)
{
	size_t n = strlen(hash);

	if (n < PLAN_SHORT || n >= HASH_HEX || strspn(hash, "0123456789abcdef") != n)
		return error_set(err, ERR_USAGE, "\"%.70s\" is no plan hash: %d to %d hex digits are wanted", hash, PLAN_SHORT, HASH_HEX - 1);
	return 0;
}

void api_json(struct api_answer *as, const struct tree *t)
{
	as->type = "application/json";
	json_write(t, false, &as->body);
	str_addc(&as->body, '\n');
}

static void answer_error(struct api_request *rq, struct api_answer *as, unsigned int status,
			 const struct error *err)
{
	struct tree *t = tree_new(rq->arena, TREE_MAP);

	str_clear(&as->body);
	as->status = status;
	tree_add(rq->arena, t, "error", tree_string(rq->arena, err->msg));
	if (err->hint[0])
		tree_add(rq->arena, t, "hint", tree_string(rq->arena, err->hint));
	tree_add(rq->arena, t, "kind", tree_string(rq->arena, error_kind_name(err->kind)));
	api_json(as, t);
}

/* The agent believes nothing that the site's key has not signed, errors included. */
static void sign_answer(const struct admin *ad, const struct api_request *rq, struct api_answer *as)
{
	AUTO_STR text = STR_INIT;
	struct error err;

	proto_answer_text(rq->path, rq->sign ? rq->sign : "", str_text(&as->body), &text);
	if (sign_buffer(ad->site_sec, str_text(&text), text.len, as->sign, &err))
		as->sign[0] = '\0';
}

static const struct route *find_route(struct api_request *rq, bool *ret_other_method)
{
	*ret_other_method = false;
	for (size_t i = 0; i < ARRAY_LEN(api_routes); i++) {
		if (!path_matches(api_routes[i].path, rq->path, rq->arena, &rq->arg))
			continue;
		if (strcmp(api_routes[i].method, rq->method) == 0)
			return &api_routes[i];
		*ret_other_method = true;
	}
	return NULL;
}

void api_dispatch(struct admin *ad, struct api_request *rq, struct api_answer *as)
{
	const struct route *route;
	bool other_method;
	struct error err;

	memset(as, 0, sizeof(*as));
	as->status = 200;
	route = find_route(rq, &other_method);
	if (!route) {
		error_set(&err, ERR_NOT_FOUND, "%s %s: no such %s", rq->method, rq->path,
			  other_method ? "method here" : "path");
		answer_error(rq, as, other_method ? 405 : 404, &err);
		return;
	}
	if (route->role == ROLE_OPERATOR && !rq->operator) {
		error_set(&err, ERR_DENIED, "%s is only for the operator's socket", rq->path);
		answer_error(rq, as, 403, &err);
		return;
	}
	if (rq->too_long || rq->body_len > route->body_max) {
		error_set(&err, ERR_INPUT, "the body is longer than %zu bytes", route->body_max);
		answer_error(rq, as, 413, &err);
	} else if (route->handler(ad, rq, as, &err)) {
		answer_error(rq, as, error_http_status(err.kind), &err);
	}
	if (route->role == ROLE_AGENT)
		sign_answer(ad, rq, as);
	effects_run(ad);
}

void api_answer_release(struct api_answer *as)
{
	str_release(&as->body);
}
