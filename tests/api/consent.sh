#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Nothing is destroyed, and nothing is deployed again, without a word for it.

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

dirty='.disks[0] += {signatures:[{type:"ext4",usage:"filesystem",label:"precious"}]}'

foreign_disk()
{
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1 "$dirty")"
	is "a disk with something on it stops the planning" "$(json .state)" bound
	operator /node/node-1
	contains "and the node says what is on it" "$(json .message)" precious
	contains "and what to do" "$(json .hint)" "--wipe"
	is "the agent waits" "$(order a)" wait
	check_fails "deploy without a word for the disk is refused" fulcrum deploy node-1
	is "and spends the intent" "$(operator /node/node-1; json .intent)" null
	check_fails "another disk's serial is no word for it" fulcrum deploy node-1 --wipe OTHER
	is "it is still bound" "$(state node-1)" bound
	check "its own serial is" fulcrum deploy node-1 --wipe D-S1
	is "it is approved" "$(state node-1)" approved
	operator /node/node-1/plan
	contains "the plan says what it destroys" "$(json .text)" 'DESTROYS  ext4 "precious"'
}

interrupted()
{
	order a >/dev/null
	agent_claim a
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1 "$dirty")"
	is "an agent that comes back in the middle has failed" "$(json .state)" failed
	contains "and says why" "$(operator /node/node-1; json .message)" "deploy was interrupted"
	is "its agent waits" "$(order a)" wait
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1 "$dirty")"
	is "booting again deploys nothing" "$(json .state)" failed
	check_fails "the word for the disk was for one deploy" fulcrum deploy node-1
	check "deploy with a new word goes on at once: the inventory is fresh" fulcrum deploy node-1 --wipe D-S1
	is "it is approved" "$(state node-1)" approved
	check_fails "an approved node cannot be deployed twice" fulcrum deploy node-1
}

half_done()
{
	local table
	order a >/dev/null
	agent_claim a
	table=$(operator /node/node-1/plan; json '.plan.ops[] | select(.op == "table" or .kind == "table") | .params.uuid')
	isnt "the plan gives the disk a name before it is done" "$table" ""
	agent_report a '{"report":"failed","op":"image:root","error":"/dev/vda: read error","hint":"replace it"}'
	is "a failed step fails the node" "$(state node-1)" failed
	operator /node/node-1
	is "the cause is kept" "$(json .message)" "image:root: /dev/vda: read error"
	is "and the remedy" "$(json .hint)" "replace it"
	check "the operator tries again" fulcrum deploy node-1
	is "the agent starts afresh first" "$(order a)" reboot
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1 ".disks[0] += {table:\"gpt\",table_uuid:\"$table\",partitions:[{number:1,start_bytes:1048576,size_bytes:1000000}]}")"
	is "what we began ourselves needs no new word" "$(json .state)" approved
	order a >/dev/null
	check "and it becomes ready" agent_to_ready a
	is "it is ready" "$(state node-1)" ready
}

other_plan()
{
	check_fails "a plan hash that is none is refused" fulcrum deploy node-1 --plan xyz
	check "ready: deploy by a plan" fulcrum deploy node-1 --plan 00000000
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "another plan than asked for stops at planned" "$(json .state)" planned
	contains "and says so" "$(operator /node/node-1; json .message)" "asked for plan 00000000"
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "the intent is gone with it" "$(json .state)" planned
	check_fails "the old hash is refused at once now" fulcrum deploy node-1 --plan 00000000
	check "the right one is taken" fulcrum deploy node-1 --plan "$(operator /node/node-1/plan; json .hash)"
}

bad_checks()
{
	order a >/dev/null
	agent_claim a
	agent_applied a
	agent_boot a disk
	agent_hello a "$DISK_MACHINE"
	order a >/dev/null
	agent_checks a "host name"
	is "a failing check fails the node" "$(state node-1)" failed
	contains "and is named" "$(operator /node/node-1; json .message)" "host name: wanted node-1, seen something else"
	agent_boot a disk
	agent_hello a "$DISK_MACHINE"
	is "its system, started again, is checked again" "$(state node-1)" verifying
	order a >/dev/null
	agent_checks a
	is "and may become ready" "$(state node-1)" ready
}

stuck_on_disk()
{
	local i
	fulcrum deploy node-1 >/dev/null
	for i in 1 2 3 4; do
		agent_boot a disk
		agent_hello a "$DISK_MACHINE"
	done
	is "a node that never netboots is given up" "$(state node-1)" failed
	contains "with the remedy" "$(operator /node/node-1; json .hint)" "boot order"
}

addresses()
{
	local i
	for i in 2 3; do
		agent_boot "b$i" ram
		agent_hello "b$i" "$(machine "52:54:00:00:00:0$i" "S$i")"
	done
	is "the second machine has the next name" "$(operator /node/node-2; json .address)" 192.168.124.82
	agent_boot b4 ram
	agent_hello b4 "$(machine 52:54:00:00:00:04 S4)"
	is "with no address left a machine stays discovered" "$(json .state)" discovered
	is "and keeps a label" "$(json .node)" m-525400000004
	contains "and says why" "$(operator /node/m-525400000004; json .message)" "no address is free"
	agent_boot b5 ram
	agent_hello b5 "$(machine 52:54:00:00:00:05 S5 '.memory_bytes = 1000000')"
	contains "a machine that no rule takes says why" "$(operator /node/m-525400000005; json .message)" "memory is"
	agent_boot b6 ram
	agent_hello b6 "$(machine 52:54:00:00:00:02 S3 '.nics += [{name:"eth1",mac:"52:54:00:00:00:03"}]')"
	is "a machine made of two known ones is refused" "$STATUS" 409
}

main()
{
	api_begin auto
	foreign_disk
	interrupted
	half_done
	other_plan
	bad_checks
	stuck_on_disk
	addresses
	stop_daemon
	tap_end
}

main "$@"
