/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of a node's life, walked in every direction. */
#include <string.h>

#include "admin/life.h"
#include "base/fd.h"
#include "tap.h"

static void walk_all(void)
{
	size_t legal = 0;

	for (int s = 0; s < NODE__STATES; s++)
		for (int e = 0; e < EV__N; e++)
			legal += life_find((enum node_state)s, (enum node_event)e) != NULL;
	ok(legal == life_rows_n, "states x events has exactly the table's %zu rows, none twice (%zu)", life_rows_n, legal);
}

static void reach_all(void)
{
	bool seen[NODE__STATES] = { [NODE_DISCOVERED] = true };
	bool moved = true;

	while (moved) {
		moved = false;
		for (size_t i = 0; i < life_rows_n; i++) {
			enum node_state to = life_rows[i].to;

			if (to != NODE_BACK && seen[life_rows[i].from] && !seen[to])
				seen[to] = moved = true;
		}
	}
	for (int s = 0; s < NODE__STATES; s++)
		ok(seen[s], "%s can be reached", life_states[s].name);
}

static void only_one_way_to_writing(void)
{
	bool from_approved = true, from_leaving = true, proved = true, agent_when_writing = true, local_when_own = true;

	for (size_t i = 0; i < life_rows_n; i++) {
		const struct life_row *r = &life_rows[i];

		if (r->to == NODE_WIPING)
			from_leaving = from_leaving && r->from == NODE_LEAVING && r->event == EV_CLAIMED;
		if (r->to == NODE_LEAVING && r->from != NODE_LEAVING)
			from_leaving = from_leaving && r->event == EV_WIPE;
		if (r->event == EV_WIPED)
			proved = proved && r->to == NODE_RELEASED && (r->from == NODE_WIPING || r->from == NODE_UNWIPED);
		if (r->to == NODE_DEPLOYING)
			from_approved = from_approved && r->from == NODE_APPROVED && r->event == EV_CLAIMED;
		/* A node with its own system leaves local boot only by the operator's word, or by failing. */
		if (r->to != NODE_BACK && life_states[r->from].boot == BOOT_LOCAL && life_states[r->to].boot == BOOT_AGENT)
			local_when_own = local_when_own && (r->event == EV_DEPLOY || r->event == EV_RELEASE || r->event == EV_WIPE ||
							    r->event == EV_TEST || r->to == NODE_FAILED);
	}
	agent_when_writing = life_states[NODE_DEPLOYING].boot == BOOT_AGENT;
	ok(from_approved, "only a claim of an approved plan leads to writing");
	ok(agent_when_writing, "a node that is being written boots the agent");
	ok(local_when_own, "a node with its own system keeps it until the operator says deploy, release, wipe or test, or it fails");
	ok(from_leaving, "only the operator's word and a claim after it lead to erasing");
	ok(proved, "only what claimed a wipe ends one");
	ok(life_find(NODE_READY, EV_CLAIMED) == NULL, "a ready node has nothing to claim");
	ok(life_find(NODE_FAILED, EV_HELLO)->to == NODE_FAILED, "a failed node stays failed when its agent comes back");
	ok(life_find(NODE_DEPLOYING, EV_HELLO)->to == NODE_FAILED, "an agent that comes back while deploying has failed");
}

/* Where tests end is where they began, as far as that still holds. */
static void back_from_tests(void)
{
	bool only_tests = true, no_other_way = true, known = true;
	size_t from = 0;

	for (size_t i = 0; i < life_rows_n; i++) {
		const struct life_row *r = &life_rows[i];
		enum node_state back = life_back(r->from), restarted = life_back_restarted(back);
		bool of_tests = r->from == NODE_QUEUED || r->from == NODE_TESTING;

		only_tests = only_tests && (r->to != NODE_BACK || of_tests);
		no_other_way = no_other_way && (!of_tests || r->to == NODE_BACK || r->to == NODE_QUEUED || r->to == NODE_TESTING);
		if (r->event != EV_TEST)
			continue;
		from++;
		known = known && r->to == NODE_QUEUED && back < NODE__STATES && (back == r->from || r->from == NODE_PLANNED);
		/* What had its own system is checked from its start on. */
		known = known && (restarted == (life_states[r->from].boot == BOOT_LOCAL ? NODE_DEPLOYED : back));
	}
	ok(from == 7 && known, "tests are wanted where a node stands still, and lead back there");
	ok(only_tests && no_other_way, "nothing else leads back, and tests lead nowhere else");
	ok(life_back(NODE_PLANNED) == NODE_BOUND, "what was planned is planned again");
	ok(!life_find(NODE_TESTING, EV_DEPLOY) && !life_find(NODE_TESTING, EV_WIPE) && !life_find(NODE_QUEUED, EV_APPROVED) &&
		   !life_find(NODE_QUEUED, EV_RELEASE), "nothing else is done to it meanwhile");
	ok(life_states[NODE_QUEUED].boot == BOOT_AGENT && life_states[NODE_TESTING].boot == BOOT_AGENT, "tests are the agent's");
	is_str(life_name(NODE_BACK), "back", "the way back has a name");
}

static void deadlines(void)
{
	const char *why;
	enum node_state s;
	int64_t at;

	ok(life_late_at(NODE_READY, 0, 0, &why) == INT64_MAX && !why, "a ready node has no deadline");
	at = life_late_at(NODE_DEPLOYING, 1000, 1000, &why);
	ok(at == 1901, "a deploying node is late after more than 900 s of silence (%d)", (int)at);
	is_str(why, "silent for too long", "and it is said why");
	at = life_late_at(NODE_DEPLOYING, 1000, 1900, &why);
	ok(at == 2801, "one that reports has as long again (%d)", (int)at);
	at = life_late_at(NODE_DEPLOYING, 1000, 10, &why);
	ok(at == 1901, "what it said before it came to this state does not count (%d)", (int)at);
	at = life_late_at(NODE_VERIFYING, 1000, 9000, &why);
	ok(at == 2801, "a verifying node is late whether it talks or not (%d)", (int)at);
	is_str(why, "in this state for too long", "and that is said, too");
	ok(life_shortest_s() == 300, "no deadline is shorter than that of a node that is checked");
	for (int i = 0; i < NODE__STATES; i++) {
		bool timed = life_is_timed((enum node_state)i);

		ok(timed == (life_find((enum node_state)i, EV_TIMEOUT) != NULL), "%s: a deadline has a row for it, and only then",
		   life_states[i].name);
		ok(life_state_parse(life_states[i].name, &s) == 0 && s == (enum node_state)i, "%s: its name reads back",
		   life_states[i].name);
	}
	ok(life_state_parse("gone", &s) != 0 && life_state_parse(NULL, &s) != 0, "an unknown state's name does not read");
}

static void drawing(void)
{
	AUTO_STR dot = STR_INIT;
	AUTO_STR text = STR_INIT;
	size_t edges = 0;

	life_dot(&dot);
	life_markdown(&text);
	for (const char *p = str_text(&dot); (p = strstr(p, " -> ")); p++)
		edges++;
	ok(edges == life_rows_n, "the graph has an edge a row");
	ok(strstr(str_text(&text), "| approved | claimed | deploying |") != NULL, "the table in words names the claim");
}

/* A table that is written twice is wrong once. */
static void written_down(void)
{
	AUTO_STR text = STR_INIT;
	AUTO_STR page = STR_INIT;
	struct error err;

	life_markdown(&text);
	ok(file_read("installer/admin/README.md", 1 << 20, &page, &err) == 0, "the daemon's page is there");
	ok(strstr(str_text(&page), str_text(&text)) != NULL, "and has the tables as they are (fulcrumd life)");
}

int main(void)
{
	walk_all();
	reach_all();
	only_one_way_to_writing();
	back_from_tests();
	deadlines();
	drawing();
	written_down();
	return tap_end();
}
