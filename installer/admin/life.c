/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of a node's life. */
#include "admin/life.h"

#include <string.h>

const char *const boot_answer_names[] = { "agent", "local", NULL };
const char *const life_effect_names[] = { "notify", "hosts", "sweep", NULL };

#define X(constant, name, boot, silence, limit, doc) [constant] = { name, boot, silence, limit, doc },
const struct life_state life_states[NODE__STATES] = { NODE_STATES(X) };
#undef X
#define X(constant, name, doc) [constant] = name,
const char *const life_event_names[EV__N + 1] = { NODE_EVENTS(X) };
#undef X

/*
 * Reading rules: an agent in memory (hello) brings a fresh inventory, so whatever was planned
 * before is planned anew; nothing but `claimed` leads to writing, and only `approved` can be claimed;
 * a node that has its own system keeps booting it until a person says `deploy`.
 */
const struct life_row life_rows[] = {
	{ NODE_DISCOVERED, EV_HELLO, NODE_DISCOVERED, EFFECT_NOTIFY, "inventory refreshed" },
	{ NODE_DISCOVERED, EV_RELEASE, NODE_RELEASED, EFFECT_NOTIFY, "no rule is asked about it any more" },
	{ NODE_DISCOVERED, EV_BOUND, NODE_BOUND, EFFECT_HOSTS, "profile, name and address are its own now" },
	{ NODE_DISCOVERED, EV_WIPE, NODE_LEAVING, EFFECT_NOTIFY, "its disks are to be wiped" },
	{ NODE_DISCOVERED, EV_TEST, NODE_QUEUED, EFFECT_NOTIFY, "its hardware is to be tested" },

	{ NODE_BOUND, EV_HELLO, NODE_BOUND, EFFECT_NOTIFY, "inventory refreshed: planning follows" },
	{ NODE_BOUND, EV_DEPLOY, NODE_BOUND, EFFECT_NOTIFY, "intent armed; planned with its consents" },
	{ NODE_BOUND, EV_PLANNED, NODE_PLANNED, EFFECT_NOTIFY, "plan kept with its hash" },
	{ NODE_BOUND, EV_REBIND, NODE_DISCOVERED, EFFECT_SWEEP, "name and address are free; the rules are asked again" },
	{ NODE_BOUND, EV_RELEASE, NODE_RELEASED, EFFECT_SWEEP, "name and address are free" },
	{ NODE_BOUND, EV_DISK_HELLO, NODE_BOUND, EFFECT_NOTIFY, "booted its disk: told to netboot again" },
	{ NODE_BOUND, EV_FAIL, NODE_FAILED, EFFECT_NOTIFY, "does not reach the agent" },
	{ NODE_BOUND, EV_WIPE, NODE_LEAVING, EFFECT_NOTIFY, "its disks are to be wiped" },
	{ NODE_BOUND, EV_TEST, NODE_QUEUED, EFFECT_NOTIFY, "its hardware is to be tested" },

	{ NODE_PLANNED, EV_HELLO, NODE_BOUND, EFFECT_NOTIFY, "the machine may have changed: plan again" },
	{ NODE_PLANNED, EV_DEPLOY, NODE_PLANNED, EFFECT_NOTIFY, "intent armed for this plan" },
	{ NODE_PLANNED, EV_PLANNED, NODE_PLANNED, EFFECT_NOTIFY, "planned again: the operator wants the whole image" },
	{ NODE_PLANNED, EV_APPROVED, NODE_APPROVED, EFFECT_NOTIFY, "may run once" },
	{ NODE_PLANNED, EV_REBIND, NODE_DISCOVERED, EFFECT_SWEEP, "name and address are free; the rules are asked again" },
	{ NODE_PLANNED, EV_RELEASE, NODE_RELEASED, EFFECT_SWEEP, "name and address are free" },
	{ NODE_PLANNED, EV_WIPE, NODE_LEAVING, EFFECT_NOTIFY, "its disks are to be wiped" },
	{ NODE_PLANNED, EV_TEST, NODE_QUEUED, EFFECT_NOTIFY, "its hardware is to be tested; planned again afterwards" },

	{ NODE_APPROVED, EV_HELLO, NODE_BOUND, EFFECT_NOTIFY, "the agent restarted before it claimed: plan again" },
	{ NODE_APPROVED, EV_CLAIMED, NODE_DEPLOYING, EFFECT_NOTIFY, "intent spent, before the first write" },
	{ NODE_APPROVED, EV_FAIL, NODE_FAILED, EFFECT_NOTIFY, "the agent refused the plan" },
	{ NODE_APPROVED, EV_TIMEOUT, NODE_FAILED, EFFECT_NOTIFY, "nobody claimed the plan" },

	{ NODE_DEPLOYING, EV_APPLIED, NODE_DEPLOYED, EFFECT_HOSTS, "its system's key is registered" },
	{ NODE_DEPLOYING, EV_FAIL, NODE_FAILED, EFFECT_NOTIFY, "a step failed" },
	{ NODE_DEPLOYING, EV_HELLO, NODE_FAILED, EFFECT_NOTIFY, "deploy was interrupted" },
	{ NODE_DEPLOYING, EV_TIMEOUT, NODE_FAILED, EFFECT_NOTIFY, "the agent fell silent" },

	{ NODE_DEPLOYED, EV_DISK_HELLO, NODE_VERIFYING, EFFECT_NOTIFY, "its own system is up" },
	{ NODE_DEPLOYED, EV_HELLO, NODE_DEPLOYED, EFFECT_NOTIFY, "came up in the agent although its disk was to boot" },
	{ NODE_DEPLOYED, EV_TIMEOUT, NODE_FAILED, EFFECT_NOTIFY, "its own system did not report" },

	{ NODE_VERIFYING, EV_CHECKS_OK, NODE_READY, EFFECT_NOTIFY, "ready state" },
	{ NODE_VERIFYING, EV_CHECKS_BAD, NODE_FAILED, EFFECT_NOTIFY, "not as declared" },
	{ NODE_VERIFYING, EV_DISK_HELLO, NODE_VERIFYING, EFFECT_NOTIFY, "restarted while it was checked" },
	{ NODE_VERIFYING, EV_HELLO, NODE_VERIFYING, EFFECT_NOTIFY, "came up in the agent although its disk was to boot" },
	{ NODE_VERIFYING, EV_TIMEOUT, NODE_FAILED, EFFECT_NOTIFY, "the checks did not pass in time" },

	{ NODE_READY, EV_DEPLOY, NODE_BOUND, EFFECT_NOTIFY, "intent armed; told to netboot" },
	{ NODE_READY, EV_VERIFY, NODE_CHECKING, EFFECT_NOTIFY, "checked again" },
	{ NODE_READY, EV_RELEASE, NODE_RELEASED, EFFECT_SWEEP, "name and address are free; told to netboot" },
	{ NODE_READY, EV_WIPE, NODE_LEAVING, EFFECT_NOTIFY, "its disks are to be wiped; told to netboot" },
	{ NODE_READY, EV_TEST, NODE_QUEUED, EFFECT_NOTIFY, "its hardware is to be tested; told to netboot" },
	{ NODE_READY, EV_DISK_HELLO, NODE_READY, EFFECT_NOTIFY, "restarted" },
	{ NODE_READY, EV_HELLO, NODE_READY, EFFECT_NOTIFY, "came up in the agent although its disk was to boot" },

	{ NODE_FAILED, EV_DEPLOY, NODE_BOUND, EFFECT_NOTIFY, "intent armed" },
	{ NODE_FAILED, EV_HELLO, NODE_FAILED, EFFECT_NOTIFY, "the agent is up; its disks stay untouched" },
	{ NODE_FAILED, EV_FAIL, NODE_FAILED, EFFECT_NOTIFY, "the cause arrived late" },
	{ NODE_FAILED, EV_APPLIED, NODE_DEPLOYED, EFFECT_HOSTS, "it had only been silent" },
	{ NODE_FAILED, EV_DISK_HELLO, NODE_VERIFYING, EFFECT_NOTIFY, "its own system is up after all" },
	{ NODE_FAILED, EV_REBIND, NODE_DISCOVERED, EFFECT_SWEEP, "name and address are free; the rules are asked again" },
	{ NODE_FAILED, EV_RELEASE, NODE_RELEASED, EFFECT_SWEEP, "name and address are free" },
	{ NODE_FAILED, EV_WIPE, NODE_LEAVING, EFFECT_NOTIFY, "its disks are to be wiped" },
	{ NODE_FAILED, EV_TEST, NODE_QUEUED, EFFECT_NOTIFY, "its hardware is to be tested" },

	{ NODE_CHECKING, EV_CHECKS_OK, NODE_READY, EFFECT_NOTIFY, "as declared, still" },
	{ NODE_CHECKING, EV_CHECKS_BAD, NODE_DRIFTED, EFFECT_NOTIFY, "not as declared any more" },
	{ NODE_CHECKING, EV_TIMEOUT, NODE_DRIFTED, EFFECT_NOTIFY, "its system did not answer" },
	{ NODE_CHECKING, EV_DISK_HELLO, NODE_CHECKING, EFFECT_NOTIFY, "restarted while it was checked" },
	{ NODE_CHECKING, EV_HELLO, NODE_CHECKING, EFFECT_NOTIFY, "came up in the agent although its disk was to boot" },

	{ NODE_DRIFTED, EV_VERIFY, NODE_CHECKING, EFFECT_NOTIFY, "checked again" },
	{ NODE_DRIFTED, EV_DEPLOY, NODE_BOUND, EFFECT_NOTIFY, "intent armed; told to netboot" },
	{ NODE_DRIFTED, EV_RELEASE, NODE_RELEASED, EFFECT_SWEEP, "name and address are free; told to netboot" },
	{ NODE_DRIFTED, EV_WIPE, NODE_LEAVING, EFFECT_NOTIFY, "its disks are to be wiped; told to netboot" },
	{ NODE_DRIFTED, EV_TEST, NODE_QUEUED, EFFECT_NOTIFY, "its hardware is to be tested; told to netboot" },
	{ NODE_DRIFTED, EV_DISK_HELLO, NODE_DRIFTED, EFFECT_NOTIFY, "restarted" },
	{ NODE_DRIFTED, EV_HELLO, NODE_DRIFTED, EFFECT_NOTIFY, "came up in the agent although its disk was to boot" },

	{ NODE_RELEASED, EV_REBIND, NODE_DISCOVERED, EFFECT_NOTIFY, "the rules are asked again" },
	{ NODE_RELEASED, EV_HELLO, NODE_RELEASED, EFFECT_NOTIFY, "inventory refreshed" },
	{ NODE_RELEASED, EV_DISK_HELLO, NODE_RELEASED, EFFECT_NOTIFY, "booted its disk: told to netboot" },
	{ NODE_RELEASED, EV_WIPE, NODE_LEAVING, EFFECT_NOTIFY, "its disks are to be wiped" },
	{ NODE_RELEASED, EV_TEST, NODE_QUEUED, EFFECT_NOTIFY, "its hardware is to be tested" },

	{ NODE_LEAVING, EV_HELLO, NODE_LEAVING, EFFECT_NOTIFY, "the agent is up: it is given the wipe" },
	{ NODE_LEAVING, EV_CLAIMED, NODE_WIPING, EFFECT_NOTIFY, "the word is spent, before the first write" },
	{ NODE_LEAVING, EV_DISK_HELLO, NODE_LEAVING, EFFECT_NOTIFY, "booted its disk: told to netboot again" },
	{ NODE_LEAVING, EV_FAIL, NODE_UNWIPED, EFFECT_NOTIFY, "the agent refused the wipe, or is not reached" },
	{ NODE_LEAVING, EV_RELEASE, NODE_RELEASED, EFFECT_SWEEP, "taken back: its disks are as they were" },
	{ NODE_LEAVING, EV_TIMEOUT, NODE_UNWIPED, EFFECT_NOTIFY, "nobody claimed the wipe" },

	{ NODE_WIPING, EV_WIPED, NODE_RELEASED, EFFECT_SWEEP, "erased and certified; name and address are free" },
	{ NODE_WIPING, EV_FAIL, NODE_UNWIPED, EFFECT_NOTIFY, "a disk could not be erased" },
	{ NODE_WIPING, EV_HELLO, NODE_UNWIPED, EFFECT_NOTIFY, "the wipe was interrupted" },
	{ NODE_WIPING, EV_TIMEOUT, NODE_UNWIPED, EFFECT_NOTIFY, "the agent fell silent" },

	{ NODE_UNWIPED, EV_WIPE, NODE_LEAVING, EFFECT_NOTIFY, "wiped anew" },
	{ NODE_UNWIPED, EV_WIPED, NODE_RELEASED, EFFECT_SWEEP, "it had only been silent" },
	{ NODE_UNWIPED, EV_FAIL, NODE_UNWIPED, EFFECT_NOTIFY, "the cause arrived late" },
	{ NODE_UNWIPED, EV_HELLO, NODE_UNWIPED, EFFECT_NOTIFY, "the agent is up; it waits" },
	{ NODE_UNWIPED, EV_DISK_HELLO, NODE_UNWIPED, EFFECT_NOTIFY, "booted what is left on its disk" },
	{ NODE_UNWIPED, EV_RELEASE, NODE_RELEASED, EFFECT_SWEEP, "name and address are free; nothing is proved of its disks" },

	{ NODE_QUEUED, EV_HELLO, NODE_QUEUED, EFFECT_NOTIFY, "the agent is up: it is given the tests" },
	{ NODE_QUEUED, EV_CLAIMED, NODE_TESTING, EFFECT_NOTIFY, "the agent begins" },
	{ NODE_QUEUED, EV_DISK_HELLO, NODE_QUEUED, EFFECT_NOTIFY, "booted its disk: told to netboot again" },
	{ NODE_QUEUED, EV_FAIL, NODE_BACK, EFFECT_NOTIFY, "the agent is not reached" },
	{ NODE_QUEUED, EV_CANCEL, NODE_BACK, EFFECT_NOTIFY, "taken back: nothing was tested" },
	{ NODE_QUEUED, EV_TIMEOUT, NODE_BACK, EFFECT_NOTIFY, "nobody began" },

	{ NODE_TESTING, EV_TESTED, NODE_BACK, EFFECT_NOTIFY, "results are kept" },
	{ NODE_TESTING, EV_FAIL, NODE_BACK, EFFECT_NOTIFY, "the agent could not go on" },
	{ NODE_TESTING, EV_CANCEL, NODE_BACK, EFFECT_NOTIFY, "stopped; the agent is told at its next report" },
	{ NODE_TESTING, EV_HELLO, NODE_BACK, EFFECT_NOTIFY, "the machine restarted while it was tested" },
	{ NODE_TESTING, EV_DISK_HELLO, NODE_TESTING, EFFECT_NOTIFY, "the machine restarted from its disk: told to netboot" },
	{ NODE_TESTING, EV_TIMEOUT, NODE_BACK, EFFECT_NOTIFY, "the agent fell silent" },
};
const size_t life_rows_n = ARRAY_LEN(life_rows);

const struct life_row *life_find(enum node_state state, enum node_event event)
{
	for (size_t i = 0; i < ARRAY_LEN(life_rows); i++)
		if (life_rows[i].from == state && life_rows[i].event == event)
			return &life_rows[i];
	return NULL;
}

const char *life_name(enum node_state state)
{
	return state == NODE_BACK ? "back" : life_states[state].name;
}

enum node_state life_back(enum node_state state)
{
	/* Its plan goes with the agent that it was made for. */
	return state == NODE_PLANNED ? NODE_BOUND : state;
}

enum node_state life_back_restarted(enum node_state state)
{
	return life_states[state].boot == BOOT_LOCAL ? NODE_DEPLOYED : state;
}

bool life_is_netboot(enum node_state state)
{
	return state == NODE_BOUND || state == NODE_LEAVING || state == NODE_QUEUED || state == NODE_TESTING;
}

bool life_is_wipe(enum node_state state)
{
	return state == NODE_LEAVING || state == NODE_WIPING || state == NODE_UNWIPED;
}

int life_state_parse(const char *name, enum node_state *ret)
{
	for (int i = 0; i < NODE__STATES; i++)
		if (name && strcmp(life_states[i].name, name) == 0) {
			*ret = (enum node_state)i;
			return 0;
		}
	return -1;
}

bool life_is_timed(enum node_state state)
{
	return life_states[state].silence_s || life_states[state].limit_s;
}

int64_t life_late_at(enum node_state state, int64_t since_s, int64_t heard_s, const char **ret_why)
{
	const struct life_state *s = &life_states[state];
	int64_t last = heard_s > since_s ? heard_s : since_s;
	/* A deadline has passed when more than its seconds did. */
	int64_t silent = s->silence_s ? last + s->silence_s + 1 : INT64_MAX;
	int64_t over = s->limit_s ? since_s + s->limit_s + 1 : INT64_MAX;

	*ret_why = over < silent ? "in this state for too long" : silent < INT64_MAX ? "silent for too long" : NULL;
	return over < silent ? over : silent;
}

int64_t life_shortest_s(void)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < NODE__STATES; i++) {
		const struct life_state *s = &life_states[i];

		if (s->silence_s && s->silence_s < least)
			least = s->silence_s;
		if (s->limit_s && s->limit_s < least)
			least = s->limit_s;
	}
	return least;
}

void life_dot(struct str *out)
{
	str_add(out, "digraph life {\n\trankdir=TB;\n\tnode [shape=box, style=rounded];\n");
	for (int i = 0; i < NODE__STATES; i++)
		str_addf(out, "\t%s [label=\"%s\\nboots: %s\"];\n", life_states[i].name, life_states[i].name,
			 boot_answer_names[life_states[i].boot]);
	str_addf(out, "\t%s [label=\"where it was\", style=dashed];\n", life_name(NODE_BACK));
	for (size_t i = 0; i < ARRAY_LEN(life_rows); i++)
		str_addf(out, "\t%s -> %s [label=\"%s\"];\n", life_states[life_rows[i].from].name,
			 life_name(life_rows[i].to), life_event_names[life_rows[i].event]);
	str_add(out, "}\n");
}

void life_markdown(struct str *out)
{
	str_add(out, "| state | boots | meaning |\n|---|---|---|\n");
	for (int i = 0; i < NODE__STATES; i++)
		str_addf(out, "| %s | %s | %s |\n", life_states[i].name, boot_answer_names[life_states[i].boot],
			 life_states[i].doc);
	str_add(out, "\n| from | event | to | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < ARRAY_LEN(life_rows); i++)
		str_addf(out, "| %s | %s | %s | %s |\n", life_states[life_rows[i].from].name,
			 life_event_names[life_rows[i].event], life_name(life_rows[i].to),
			 life_rows[i].doc);
}
