/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The routes of the daemon as rows, and the dispatcher: finds the row, checks the role and the body's
 * size, calls the handler, turns errors into JSON and signs answers to agents. Knows no HTTP library.
 */
#pragma once
#include "admin/admin.h"
#include "admin/nodes.h"
#include "data/tree.h"

enum api_role {
	ROLE_ANYONE,   /* reads what is no secret */
	ROLE_AGENT,    /* proves itself by signature, in the handler */
	ROLE_OPERATOR, /* only on the operator's socket, which only root can open */
};

enum { AGENT_BODY_MAX = 4 * 1024 * 1024, OPERATOR_BODY_MAX = 64 * 1024 };

struct api_request {
	const char *method, *path; /* decoded, without the query */
	const char *body;	   /* terminated; never NULL */
	size_t body_len;
	bool too_long;	    /* the body was over the limit and is not here */
	const char *sign;   /* Fulcrum-Sign, or NULL */
	const char *since;  /* ?since= or NULL */
	bool operator;	    /* came in by the operator's socket */
	const char *arg;    /* what {} in the row's path stands for; set by the dispatcher */
	struct arena *arena; /* of this request */
};

struct api_answer {
	unsigned int status;
	const char *type; /* media type */
	struct str body;
	char sign[SIG_HEX]; /* "" = not signed */
};

typedef int (*api_handler)(struct admin *ad, const struct api_request *rq, struct api_answer *as,
			   struct error *err);
struct route {
	const char *method, *path; /* one {} stands for one segment */
	enum api_role role;
	size_t body_max;
	api_handler handler;
	const char *doc;
};
extern const struct route api_routes[];
extern const size_t api_routes_n;

/* Answers RQ; AS is zeroed before. Also runs the effects that the handler caused. */
void api_dispatch(struct admin *ad, struct api_request *rq, struct api_answer *as);
void api_answer_release(struct api_answer *as);
/* What a body sent to this path may be long. */
size_t api_body_max(const char *method, const char *path);
/* S seconds since 1970 as answers have them, null where it never was. In A. */
struct tree *api_time(struct arena *a, int64_t s);
/* VALUE as a text, with the site key's signature over these very bytes: { MEMBER, key, signature }. */
MUST_CHECK int api_signed(const struct admin *ad, const char *member, const struct tree *value, struct arena *a, struct tree **ret,
			  struct error *err);
/* Whether HASH, of a plan, is one or begins one: PLAN_SHORT digits at least. ERR_USAGE if not. */
MUST_CHECK int api_check_hash(const char *hash, struct error *err);
/* Answer with T as JSON. */
void api_json(struct api_answer *as, const struct tree *t);

/* agent_api.c */
int agent_hello(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int agent_poll(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int agent_report(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int agent_record(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
/* operator_api.c */
int api_boot_grub(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int api_public_status(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_status(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_nodes(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_node(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_plan(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_deploy(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_node_events(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
/* node_api.c; op_find: the node that {} names, ERR_NOT_FOUND if there is none. */
int op_find(struct admin *ad, const struct api_request *rq, struct node **ret, struct error *err);
int op_explain(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_lock(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_unlock(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_rebind(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_release(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_delete(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_bundle(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_verify(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_rules(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_rules_check(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_rules_apply(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_report(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_events(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_database_copy(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
/* wipe_api.c */
int op_wipe(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_wipes(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_certificate(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
/* hwtest_api.c */
int op_test(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_test_cancel(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_tests(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
int op_tests_of(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
/* inventory_api.c */
int op_node_history(struct admin *ad, const struct api_request *rq, struct api_answer *as, struct error *err);
