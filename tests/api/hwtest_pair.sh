#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The network between two nodes: both are tested or neither, who begins when, what both are given, and that nobody is left alone.

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

A=m-525400000001 # what they are called without a name
B=m-525400000002

outcome()
{
	fulcrum test list "$1" -o json | jq -r '.runs[0] | .outcome + ": " + .text'
}

# NAME [JQ-FILTER]: what its agent measured with the other, as its report of the run that it claimed last
pair_report()
{
	jq -cn --argjson run "$(jq .hwtest.id "$WORK/agent/$1/order")" --arg with "$(jq -r .hwtest.peer "$WORK/agent/$1/order")" "{report: \"tested\", hwtest: \$run,
		measured: ([{name: \"network.tested\", value: 1000000}, {name: \"network.wrong\", value: 0}, {name: \"network.peer-to\", value: 120000000},
		{name: \"network.peer-from\", value: 110000000}] | map(.object = \$with) | ${2:-.})}"
}

# NAME [ADDRESS]: claims the order of its run, which serves at ADDRESS; what is sealed for it is in WORK/token-NAME
claim_pair()
{
	agent_report "$1" "$(jq -c --arg at "${2:-}" '{report: "claim", hwtest: .hwtest.id} + (if $at == "" then {} else {address: $at} end)' "$WORK/agent/$1/order")"
	token_of "$1"
}

# NAME: opens the token of its last answer; none: an empty file
token_of()
{
	json '.secrets[]? | select(.name == "peer") | .sealed' | tr -d '\n' >"$WORK/sealed"
	"$SIGNER" open "$(cut -d' ' -f2 "$WORK/agent/$1/key")" "$WORK/sealed" >"$WORK/token-$1" 2>/dev/null || true
}

both()
{
	printf '%s %s' "$(state $A)" "$(state $B)"
}

outcomes()
{
	printf '%s\n%s' "$(outcome $A)" "$(outcome $B)"
}

# Both agents are there and poll.
want_pair()
{
	fulcrum test $A network --with $B --seconds 3 >/dev/null && agent_poll a && agent_poll b
}

# Both are given their orders and have claimed them.
begin_pair()
{
	want_pair && [[ $(json .order) == test ]] && claim_pair b 192.168.124.22:7357 && [[ $(order a) == test ]] && claim_pair a && [[ $(both) == "testing testing" ]]
}

# The network between two nodes: b serves, a comes to it.
between_two()
{
	local runs
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	agent_boot b ram
	agent_hello b "$(machine "$MAC2" S2)"
	is "two that no rule binds" "$(both)" "discovered discovered"
	check_fails "a node is not tested with itself" fulcrum test $A network --with $A
	check_fails "nor with one that is not there" fulcrum test $A network --with node-99
	check_fails "nor anything but the network" fulcrum test $A cpu network --with $B
	check_fails "which has no sectors" fulcrum test $A network --with $B --whole
	fulcrum test $B cpu >/dev/null
	runs=$(fulcrum test list -o json | jq '.runs | length')
	check_fails "nor with one that is busy" fulcrum test $A --with $B
	is "then nothing is wanted of the first either" "$(state $A) $(fulcrum test list -o json | jq '.runs | length')" "discovered $runs"
	fulcrum test cancel $B >/dev/null
	check "the network between two is to be tested" fulcrum test $A network --with $B --seconds 3
	is "both are queued" "$(both)" "queued queued"
	check_fails "one that another waits for is not forgotten" fulcrum node delete $B
	agent_poll a
	is "the one that comes waits until the other listens" "$(json .order) $(json .text)" "wait hardware tests $((runs + 1)) wait until $B listens"
	agent_poll b
	is "the one that serves is told" "$(json .order) $(json '.hwtest | [.tests[0], .serves, .peer, .network_seconds, .address] | tostring')" "test [\"network\",true,\"$A\",3,null]"
	is "its order has no token" "$(json 'has("secrets")')" false
	claim_pair b
	is "a claim that does not say where is none" "$(json .accepted) $(json .text) $(state $B)" "false the claim does not say where this node listens queued"
	claim_pair b admin.example:7357
	is "nor one that says nonsense" "$(json .accepted) $(state $B)" "false queued"
	claim_pair b 192.168.124.22:7357
	is "with it, it is accepted" "$(json .accepted) $(state $B)" "true testing"
	is "and a token comes, sealed to the agent" "$(wc -c <"$WORK/token-b")" 64
	agent_report b "{\"report\":\"claim\",\"hwtest\":$(jq .hwtest.id "$WORK/agent/b/order"),\"address\":\"192.168.124.22:7357\"}" "$(agent_get b seq)"
	cp "$WORK/token-b" "$WORK/token-first"
	token_of b
	check "the same with a claim whose answer was lost" cmp -s "$WORK/token-first" "$WORK/token-b"
	agent_poll a
	is "now the other is told where" "$(json .order) $(json '.hwtest | [.serves, .peer, .address] | tostring')" "test [null,\"$B\",\"192.168.124.22:7357\"]"
	crash_daemon
	claim_pair a
	is "it claims, also when the daemon restarted meanwhile" "$(json .accepted) $(both)" "true testing testing"
	check "both have the same token" cmp -s "$WORK/token-a" "$WORK/token-b"
	agent_report a "$(pair_report a)"
	is "one ends first, and is where it was" "$(json .accepted) $(both)" "true discovered testing"
	agent_report b "$(pair_report b '(.[1] | .value) = 2')"
	is "the other has its own end" "$(json .accepted) $(both)" "true discovered discovered"
	contains "both are kept: one passed" "$(outcome $A)" "passed: hardware tests $((runs + 1)): all of 4 values are good"
	contains "the other did not" "$(outcome $B)" "failed: hardware tests $((runs + 2)): network.wrong $A: 2 (at most 0)"
	contains "with whom is shown" "$(fulcrum test show $A | tr -s ' ')" "peer $B"
	contains "and each way's rate" "$(fulcrum test show $A | tr -s ' ')" "network.peer-to $B 114 MiB/s"
	contains "with whom is listed" "$(fulcrum test list $A)" "network with $B"
	check_fails "the token is in no database, log or list" grep -r -e "$(<"$WORK/token-a")" "$WORK/data" "$WORK/log" "$WORK/run"
}

limited()
{
	sed 's/disk: { min_rate/network: { min_peer_rate: 115M }, disk: { min_rate/' "$WORK/data/site.yaml" >"$WORK/with-limit"
	check "a limit for it" fulcrum rules apply "$WORK/with-limit"
	check "again" begin_pair
	check_fails "another token each time" cmp -s "$WORK/token-a" "$WORK/token-first"
	agent_report a "$(pair_report a)"
	agent_report b "$(pair_report b 'map(select(.name | startswith("network.peer") | not))')"
	contains "the limit counts" "$(outcome $A)" "network.peer-to $B: 114 MiB/s (at least 115 MiB/s): is slower"
	contains "what was not told did not happen" "$(outcome $B)" "network.peer-to: 0 B/s (at least 0 B/s): was not told"
}

# NAME VERB: the program that an agent runs, by its order and token; what it measured is in WORK/measured-NAME
run_end()
{
	"$BIN/fulcrum-hwtest" "$2" "$WHERE" --seconds 1 --wait 30 --stall 20 <"$WORK/token-$1" >"$WORK/measured-$1"
}

# The programs at both ends, on loopback, by what the daemon gave to their agents.
by_the_programs()
{
	local server status=0
	WHERE=127.0.0.1:$(shuf -i 20000-30000 -n 1)
	check "two agents have their orders" want_pair
	claim_pair b "$WHERE"
	agent_poll a
	claim_pair a
	WHERE=$(jq -r .hwtest.address "$WORK/agent/a/order")
	run_end b serve &
	server=$!
	check "one program comes" run_end a visit
	# not by check(), whose shell is not the parent of it
	wait "$server" || status=$?
	is "the other served it" "$status" 0
	is "what one sent the other took" "$(jq -c '[.measured[] | select(.name | startswith("network.peer")) | .value]' "$WORK/measured-a")" \
		"$(jq -c '[.measured[] | select(.name | startswith("network.peer")) | .value] | reverse' "$WORK/measured-b")"
	agent_report a "$(jq -c --argjson run "$(jq .hwtest.id "$WORK/agent/a/order")" '{report: "tested", hwtest: $run} + .' "$WORK/measured-a")"
	agent_report b "$(jq -c --argjson run "$(jq .hwtest.id "$WORK/agent/b/order")" '{report: "tested", hwtest: $run} + .' "$WORK/measured-b")"
	is "both passed, of which one says as much as the other" "$(outcomes | grep -c '^passed: .*: all of 4 values are good$')" 2
	check_fails "without a token there is no measuring" "$BIN/fulcrum-hwtest" visit "$WHERE" --seconds 0 --wait 0 </dev/null
}

# Nobody is left alone.
one_of_two()
{
	check "tests of two are wanted" want_pair
	fulcrum test cancel $A >/dev/null
	is "the operator stops one, and both are where they were" "$(both)" "discovered discovered"
	contains "the other says why" "$(outcomes)" "stopped: the tests of $A, which these are with, ended: the operator said stop"
	check "both run" begin_pair
	fulcrum test cancel $B >/dev/null
	is "the one that serves is stopped, and both are where they were" "$(both)" "discovered discovered"
	agent_report a '{"report":"progress","op":"test:network","done":0,"total":1,"percent":30}'
	is "the other's agent is told by its next report" "$(json .accepted)" false
	check "both run" begin_pair
	agent_boot b ram
	agent_hello b "$(machine "$MAC2" S2)"
	is "one restarts, and both are where they were" "$(both)" "discovered discovered"
	contains "that one has failed" "$(outcome $B)" "failed: "
	contains "the other was stopped, and says why" "$(outcome $A)" "stopped: the tests of $B, which these are with, ended: hardware tests"
	check "both run" begin_pair
	agent_report a '{"report":"failed","error":"no room"}'
	is "one cannot go on, and both are where they were" "$(both)" "discovered discovered"
	want_pair
	claim_pair b 192.168.124.22:7357
	agent_report b "$(pair_report b '[.[0] | .value = 0 | .text = "nobody came"]')"
	is "one ends before the other began: that one does not begin" "$(both) $(order a)" "discovered discovered wait"
	contains "it says why" "$(outcome $A)" "stopped: the tests of $B, which these are with, ended: "
	fulcrum test $A --with $B >/dev/null
	check "a policy goes on with both" policy_goes_on
}

# Rules that bind both come while they are tested: each is planned when its tests are stopped.
policy_goes_on()
{
	sed 's/memory: ">= 8G"/memory: ">= 1G"/' "$WORK/with-limit" >"$WORK/binds"
	fulcrum rules apply "$WORK/binds" >/dev/null && fulcrum test cancel $A >/dev/null
	[[ $(both) == "planned planned" ]]
}

main()
{
	api_begin hold
	stop_daemon
	# No rule binds them: they stand still where they were discovered.
	sed -i 's/memory: ">= 1G"/memory: ">= 8G"/' "$WORK/data/site.yaml"
	echo 'tests: { disk: { min_rate: 100M, reads: 10 } }' >>"$WORK/data/site.yaml"
	start_daemon
	between_two
	by_the_programs
	limited
	one_of_two
	stop_daemon
	tap_end
}

main "$@"
