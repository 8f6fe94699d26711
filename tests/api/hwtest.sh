#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hardware tests: wanted, claimed once, judged by the site's limits, kept; what ends them otherwise; and back to where the node was.

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

A=m-525400000001 # what they are called without a name
B=m-525400000002

# [JQ-FILTER]: what a good machine measures, as an agent's report of the run that was claimed last
tested_report()
{
	jq -cn --argjson run "$(<"$WORK/run-number")" "{report: \"tested\", hwtest: \$run, measured: ([
		{name: \"cpu.tested\", value: 4}, {name: \"cpu.wrong\", value: 0}, {name: \"cpu.rate\", value: 800000000}, {name: \"cpu.slowest\", value: 95},
		{name: \"memory.tested\", value: 1073741824}, {name: \"memory.wrong\", value: 0},
		{name: \"disk.tested\", object: \"D-S1\", value: 3221225472}, {name: \"disk.errors\", object: \"D-S1\", value: 0},
		{name: \"disk.rate\", object: \"D-S1\", value: 209715200},
		{name: \"network.tested\", value: 1000000}, {name: \"network.errors\", object: \"eth0\", value: 0}] | ${1:-.})}"
}

# NAME: claims the tests of the last order
claim_tests()
{
	jq -r .hwtest.id "$WORK/agent/$1/order" >"$WORK/run-number"
	agent_report "$1" "{\"report\":\"claim\",\"hwtest\":$(<"$WORK/run-number")}"
}

begin_tests()
{
	fulcrum test "$@" >/dev/null && [[ $(order a) == test ]] && claim_tests a && [[ $(json .accepted) == true && $(state "$1") == testing ]]
}

outcome()
{
	fulcrum test list "$1" -o json | jq -r '.runs[0] | .outcome + ": " + .text'
}

wanted()
{
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "it is planned, and waits" "$(state node-1)" planned
	check_fails "a test that nobody knows is refused" fulcrum test node-1 gpu
	check_fails "one that is named twice, too" fulcrum test node-1 cpu cpu
	check_fails "and a time that is none" fulcrum test node-1 --seconds 0
	check_fails "a node that was not tested has nothing to show" fulcrum test show node-1
	check_fails "and nothing to cancel" fulcrum test cancel node-1
	is "nothing happened" "$(state node-1)" planned
	check "tests are wanted" fulcrum test node-1 --seconds 5
	is "it is queued" "$(state node-1)" queued
	check_fails "nothing else is done to it meanwhile: no deploy" fulcrum deploy node-1
	check_fails "no release" fulcrum node release node-1
	check_fails "and no second test" fulcrum test node-1
	crash_daemon
	is "a restart of the daemon forgets nothing" "$(state node-1)" queued
	agent_poll a
	is "the agent is told which, and for how long" "$(json .order) $(json '.hwtest.tests | join(",")') $(json .hwtest.cpu_seconds) $(json .hwtest.disk_reads)" \
		"test cpu,memory,disk,network 5 10"
	agent_report a '{"report":"claim","hwtest":77}'
	is "a claim of others is none" "$(json .accepted) $(state node-1)" "false queued"
	is "the order stands" "$(order a)" test
	claim_tests a
	is "the claim is accepted" "$(json .accepted) $(state node-1)" "true testing"
	agent_report a "{\"report\":\"claim\",\"hwtest\":$(<"$WORK/run-number")}" "$(agent_get a seq)"
	is "a repeated claim whose answer was lost is, too" "$(json .accepted)" true
	agent_report a '{"report":"progress","op":"test:memory","done":1,"total":4,"percent":30}'
	is "its progress shows" "$(operator /node/node-1; json '.op + " " + (.percent | tostring)')" "test:memory 30"
	contains "in the list of all" "$(fulcrum node list)" "30 %  test:memory"
	check_fails "it is not forgotten meanwhile" fulcrum node delete node-1
	crash_daemon
	is "nor by a daemon that restarts" "$(state node-1)" testing
}

passed()
{
	local report
	report=$(tested_report)
	agent_report a "$report"
	is "what was measured counts" "$(json .accepted)" true
	is "and it is where it was, planned anew" "$(state node-1)" planned
	agent_report a "$report" "$(agent_get a seq)"
	is "the report counts once" "$(json .text)" "known already"
	agent_report a "$report"
	is "and not under another number either" "$(json .accepted) $(json .text)" "false nothing is being tested"
	contains "it passed" "$(outcome node-1)" "passed: hardware tests 1: all of 11 values are good"
	fulcrum test show node-1 >"$WORK/said"
	contains "what it measured is shown, with its limit" "$(tr -s ' ' <"$WORK/said")" "disk.rate D-S1 200 MiB/s >= 100 MiB/s"
	contains "and what measured" "$(<"$WORK/said")" "software   test-1"
	is "all is kept for programs, too" "$(fulcrum test show node-1 -o json | jq -c '.runs[0].results[] | select(.name == "disk.rate") | [.value, .limit, .pass]')" \
		"[209715200,104857600,true]"
}

# WHAT JQ-FILTER PATTERN
no_pass()
{
	check "tests are wanted once more" begin_tests node-1
	agent_report a "$(tested_report "$2")"
	contains "$1 is no pass" "$(outcome node-1)" "failed: $3"
	is "the node stands where it was" "$(state node-1)" planned
}

judged()
{
	local status=0
	no_pass "a wrong bit" '.[5].value = 1 | .[5].text = "at 0x1000"' 'hardware tests 2: memory.wrong: 1 (at most 0): read other bits than were written: at 0x1000'
	no_pass "what is slower than the site wants" '.[8].value = 1000000' 'hardware tests 3: disk.rate D-S1: 977 KiB/s (at least 100 MiB/s)'
	no_pass "a test that is not told of" '.[0:9]' 'hardware tests 4: network.tested'
	contains "the node says so as long as nothing else is to be said" "$(operator /node/node-1; json .message)" "hardware tests 4: network.tested"
	fulcrum test show node-1 >"$WORK/said" || status=$?
	is "showing one that failed ends with 10" "$status" 10
	contains "with what to do" "$(<"$WORK/said")" "what to do: run it again"
	is "values stand beside those of the run before" \
		"$(fulcrum test show node-1 -o json | jq -c '.runs[0].results[] | select(.name == "disk.rate") | [.value, .before]')" "[209715200,1000000]"
	contains "all runs are listed" "$(fulcrum test list)" "cpu memory disk network"
	check "they are in the bundle" in_bundle
	sed 's/min_rate: 100M/min_rate: 300M/' "$WORK/data/site.yaml" >"$WORK/stricter"
	check "limits change while the daemon runs" fulcrum rules apply "$WORK/stricter"
	no_pass "what was fast enough before" . 'hardware tests 5: disk.rate D-S1: 200 MiB/s (at least 300 MiB/s)'
	sed 's/min_rate: 300M/min_rate: 100M/' "$WORK/stricter" >"$WORK/as-before"
	fulcrum rules apply "$WORK/as-before" >/dev/null
}

in_bundle()
{
	fulcrum bundle node-1 | tar -xO fulcrum-node-1/tests.json | jq -e '.runs | length == 4' >/dev/null
}

interrupted()
{
	check "tests are wanted" begin_tests node-1
	agent_report a '{"report":"progress","op":"test:memory","done":1,"total":4,"percent":30}'
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "a machine that restarts in its tests is back where it was" "$(json .state)" planned
	contains "and has failed, with the test it was in" "$(outcome node-1)" "failed: hardware tests 6: the machine restarted in them, in test:memory"
	check "tests are wanted" begin_tests node-1
	check "the operator stops them" fulcrum test cancel node-1
	is "the node is where it was" "$(state node-1)" planned
	agent_report a '{"report":"progress","op":"test:memory","done":1,"total":4,"percent":30}'
	is "the agent is told by its next report" "$(json .accepted)" false
	agent_report a "$(tested_report)"
	is "what comes late does not count" "$(json .accepted)" false
	contains "it says so" "$(outcome node-1)" "stopped: the operator said stop"
	check "tests are wanted" begin_tests node-1
	agent_report a '{"report":"failed","error":"no room"}'
	is "an agent that cannot go on is back, too" "$(json .accepted) $(state node-1)" "true planned"
	contains "with its cause" "$(outcome node-1)" "stopped: hardware tests: no room"
	check "tests are wanted" fulcrum test node-1
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "a machine that starts before it began is given them" "$(json .state) $(order a)" "queued test"
	check "before that they can be taken back" fulcrum test cancel node-1
	is "and it is planned" "$(state node-1)" planned
}

elsewhere()
{
	fulcrum node release node-1 >/dev/null
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	check "a released one is tested" begin_tests m-525400000001 cpu
	agent_report a "$(tested_report)"
	is "and stays released" "$(state m-525400000001)" released
	contains "only what was wanted counts" "$(outcome m-525400000001)" "all of 4 values are good"
	is "its runs are one machine's, whatever it was called" "$(fulcrum test list node-1 -o json | jq '.runs | length')" 10
	fulcrum node rebind m-525400000001 >/dev/null
	agent_boot b ram
	agent_hello b "$(machine "$MAC2" S2)"
	fulcrum test "$B" disk >/dev/null
	agent_poll b
	claim_tests b
	agent_report b "$(tested_report '[.[] | select(.name | startswith("disk")) | .object = "D-S2" | (select(.name == "disk.rate") | .value) = 314572800]')"
	is "another machine of its kind is compared with it" \
		"$(fulcrum test show "$B" -o json | jq -c '.runs[0].results[] | select(.name == "disk.rate") | [.value, .median, .machines]')" "[314572800,209715200,1]"
}

# A node whose own system runs.
of_a_ready_one()
{
	local installed
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	fulcrum deploy $A >/dev/null
	check "it becomes ready" agent_to_ready a
	installed=$(operator "/node/$A"; json .installed)
	check_fails "one whose own system runs is not tested without a word" fulcrum test $A cpu
	is "it runs on" "$(state $A)" ready
	check "with it, it is queued" fulcrum test $A cpu --restart
	agent_poll a
	is "its own system is told to netboot" "$(json .order) $(json .text)" "reboot its hardware is to be tested: netboot"
	check "before it has, that can be taken back" fulcrum test cancel $A
	is "it never was anything but ready" "$(state $A)" ready
	fulcrum test $A cpu --restart >/dev/null
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "its agent is told to test" "$(json .state) $(order a)" "queued test"
	claim_tests a
	agent_report a "$(tested_report)"
	is "afterwards it is to boot its own disk" "$(json .accepted) $(state $A) $(order a)" "true deployed reboot"
	agent_boot a disk
	printf '%s' "$installed" >"$WORK/agent/a/attempt"
	agent_hello a "$DISK_MACHINE"
	is "where it is checked" "$(json .state) $(order a)" "verifying check"
	agent_checks a
	is "and ready" "$(state $A)" ready
	fulcrum test $A cpu --restart >/dev/null
	agent_boot a disk
	printf '%s' "$installed" >"$WORK/agent/a/attempt"
	agent_hello a "$DISK_MACHINE"
	is "one that boots its disk instead is told again" "$(json .state) $(order a)" "queued reboot"
	for _ in 1 2 3; do
		agent_boot a disk
		printf '%s' "$installed" >"$WORK/agent/a/attempt"
		agent_hello a "$DISK_MACHINE"
	done
	is "and left in peace after some times" "$(state $A)" ready
	contains "with the reason" "$(operator "/node/$A"; json .message)" "told to netboot 3 times"
}

# Under a policy that deploys blank machines by itself.
not_by_policy()
{
	sed -i 's/approve: hold/approve: auto/' "$WORK/data/site.yaml"
	crash_daemon
	fulcrum node delete "$B" >/dev/null
	sed -i 's/memory: ">= 1G"/memory: ">= 8G"/' "$WORK/data/site.yaml"
	crash_daemon
	agent_boot b ram
	agent_hello b "$(machine "$MAC2" S2)"
	is "no rule binds it yet" "$(json .state)" discovered
	fulcrum test $B memory >/dev/null
	agent_poll b
	claim_tests b
	agent_report b "$(tested_report '.[5].value = 9')"
	is "its memory is bad" "$(state $B)" discovered
	fulcrum test $B memory >/dev/null
	check "a node is forgotten whose tests wait" fulcrum node delete $B
	contains "its runs stay, the last one with its end" "$(outcome $B)" "stopped: forgotten"
	agent_boot b ram
	agent_hello b "$(machine "$MAC2" S2)"
	fulcrum test $B memory >/dev/null
	agent_poll b
	claim_tests b
	agent_report b "$(tested_report '.[5].value = 9')"
	fulcrum test $B cpu >/dev/null
	fulcrum test cancel $B >/dev/null
	fulcrum test $B cpu >/dev/null
	agent_poll b
	claim_tests b
	agent_report b "$(tested_report)"
	contains "its CPUs are good, which says nothing of its memory" "$(outcome $B)" passed
	sed -i 's/memory: ">= 8G"/memory: ">= 1G"/' "$WORK/data/site.yaml"
	crash_daemon
	agent_boot b ram
	agent_hello b "$(machine "$MAC2" S2)"
	is "the policy deploys nothing whose last tests failed" "$(json .state)" planned
	contains "and says why it waits" "$(operator "/node/$(json .node)"; json .message)" "memory.wrong: 9"
}

main()
{
	api_begin hold
	stop_daemon
	cat >>"$WORK/data/site.yaml" <<-END
		tests: { cpu: { min_rate: 500M }, disk: { min_rate: 100M, reads: 10 } }
	END
	start_daemon
	wanted
	passed
	judged
	interrupted
	elsewhere
	of_a_ready_one
	not_by_policy
	stop_daemon
	tap_end
}

main "$@"
