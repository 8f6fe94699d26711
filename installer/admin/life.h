/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node's life as data: states, events, and the one table of what may follow what. Pure: it knows
 * neither the store nor the network. Nothing else in the house decides what a state becomes.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum boot_answer { BOOT_AGENT, BOOT_LOCAL };
extern const char *const boot_answer_names[];

/*
 * X(constant, name, boot answer, silence, limit, what it means)
 * silence: seconds without a word from the node, limit: seconds in the state, until EV_TIMEOUT; 0 = none.
 */
#define NODE_STATES(X) \
	X(NODE_DISCOVERED, "discovered", BOOT_AGENT, 0, 0, "seen, and no rule has bound it yet") \
	X(NODE_BOUND, "bound", BOOT_AGENT, 0, 0, "has its profile, name and address; not planned") \
	X(NODE_PLANNED, "planned", BOOT_AGENT, 0, 0, "there is a plan; it waits for approval") \
	X(NODE_APPROVED, "approved", BOOT_AGENT, 900, 0, "the plan may run once; the agent has not claimed it") \
	X(NODE_DEPLOYING, "deploying", BOOT_AGENT, 900, 0, "the intent is spent; the agent writes") \
	X(NODE_DEPLOYED, "deployed", BOOT_LOCAL, 0, 1800, "written and verified; it boots from its disk") \
	X(NODE_VERIFYING, "verifying", BOOT_LOCAL, 0, 1800, "its own system runs; must-pass checks run on it") \
	X(NODE_READY, "ready", BOOT_LOCAL, 0, 0, "as declared, and checked on the running machine") \
	X(NODE_CHECKING, "checking", BOOT_LOCAL, 0, 300, "was ready; its checks run again") \
	X(NODE_DRIFTED, "drifted", BOOT_LOCAL, 0, 0, "was ready; a check fails now. It goes on running") \
	X(NODE_FAILED, "failed", BOOT_AGENT, 0, 0, "stopped; a person decides") \
	X(NODE_RELEASED, "released", BOOT_AGENT, 0, 0, "given back: no name, no address; waits until it is bound again") \
	X(NODE_LEAVING, "leaving", BOOT_AGENT, 1800, 0, "its disks may be wiped once; the agent has not claimed it") \
	X(NODE_WIPING, "wiping", BOOT_AGENT, 900, 0, "the word is spent; the agent erases its disks") \
	X(NODE_UNWIPED, "unwiped", BOOT_AGENT, 0, 0, "its disks were to be wiped, and that is not proved; a person decides") \
	X(NODE_QUEUED, "queued", BOOT_AGENT, 1800, 0, "its hardware is to be tested; the agent has not begun") \
	X(NODE_TESTING, "testing", BOOT_AGENT, 900, 0, "its hardware is tested; nothing is written")

/* X(constant, name, who causes it) */
#define NODE_EVENTS(X) \
	X(EV_HELLO, "hello", "an agent in memory started") \
	X(EV_BOUND, "bound", "a rule bound it") \
	X(EV_PLANNED, "planned", "a plan was made") \
	X(EV_APPROVED, "approved", "the operator's intent or the policy approved the plan") \
	X(EV_CLAIMED, "claimed", "the agent takes the intent and is about to write") \
	X(EV_APPLIED, "applied", "the agent wrote and verified everything") \
	X(EV_FAIL, "fail", "something gave up, with a cause") \
	X(EV_DISK_HELLO, "disk_hello", "the deployed system started") \
	X(EV_CHECKS_OK, "checks_ok", "all must-pass checks pass") \
	X(EV_CHECKS_BAD, "checks_bad", "a must-pass check fails") \
	X(EV_DEPLOY, "deploy", "the operator wants a deploy") \
	X(EV_VERIFY, "verify", "the operator wants the checks run again") \
	X(EV_REBIND, "rebind", "the operator wants the rules asked again") \
	X(EV_RELEASE, "release", "the operator takes the machine out of use") \
	X(EV_WIPE, "wipe", "the operator wants its disks wiped, by a plan") \
	X(EV_WIPED, "wiped", "the agent erased every disk of the plan and sampled it") \
	X(EV_TEST, "test", "the operator wants its hardware tested") \
	X(EV_TESTED, "tested", "the agent measured what it was to measure") \
	X(EV_CANCEL, "cancel", "the operator wants no tests after all") \
	X(EV_TIMEOUT, "timeout", "a deadline of the state passed")

#define X(constant, name, boot, silence, limit, doc) constant,
/* NODE_BACK is no state: a row leads there that leads back to where the node was before its tests (life_back). */
enum node_state { NODE_STATES(X) NODE__STATES, NODE_BACK = NODE__STATES };
#undef X
#define X(constant, name, doc) constant,
enum node_event { NODE_EVENTS(X) EV__N };
#undef X

/* What has to be done outside the database after a transition; idempotent, see effects.h. */
enum life_effect {
	EFFECT_NOTIFY, /* tell the progress channel: every row does */
	EFFECT_HOSTS,  /* also: the node's DHCP and DNS entries */
	EFFECT_SWEEP,  /* also: such entries of names that no node has any more */
	EFFECT__N
};
extern const char *const life_effect_names[];

struct life_state {
	const char *name;
	enum boot_answer boot;
	unsigned int silence_s, limit_s;
	const char *doc;
};
struct life_row {
	enum node_state from;
	enum node_event event;
	enum node_state to;
	enum life_effect effect;
	const char *doc;
};

extern const struct life_state life_states[NODE__STATES];
extern const char *const life_event_names[EV__N + 1];
extern const struct life_row life_rows[];
extern const size_t life_rows_n;

/* The row, or NULL: the event has no meaning in that state. */
const struct life_row *life_find(enum node_state state, enum node_event event);
/* Where a node goes when its tests end that were wanted in STATE. */
enum node_state life_back(enum node_state state);
/* The same for tests that its own system, which runs, made room for by a restart: that must come up again. */
enum node_state life_back_restarted(enum node_state state);
/* What STATE is called; "back" for NODE_BACK. */
const char *life_name(enum node_state state);
/* A node in STATE that boots its disk is told to netboot, and given up after some times. */
bool life_is_netboot(enum node_state state);
/* A node is wiped in STATE, or on its way there, or was not. */
bool life_is_wipe(enum node_state state);
/* 0 and the state, or -1. */
MUST_CHECK int life_state_parse(const char *name, enum node_state *ret);
/* A node in STATE has a deadline. */
bool life_is_timed(enum node_state state);
/* The second from which on a node in STATE since SINCE_S, last heard at HEARD_S, is late, INT64_MAX for never; *RET_WHY says by what. */
int64_t life_late_at(enum node_state state, int64_t since_s, int64_t heard_s, const char **ret_why);
/* Seconds of the shortest deadline of all states. */
int64_t life_shortest_s(void);
/* The table as a Graphviz graph, or as a Markdown table. */
void life_dot(struct str *out);
void life_markdown(struct str *out);
