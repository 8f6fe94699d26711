#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a node already has of its image is not written again, unless the operator says so; and the plan tells
# how much that is.

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

# [COMPARED-JSON]: the machine as the last plan left it, its root measured against the image
own_machine()
{
	local disk
	operator /node/node-1/plan
	disk=$(jq -c --argjson compared "${1:-[]}" '
		.plan as $p | $p.ops | map({(.id): .params}) | add as $o
		| {table: "gpt", table_uuid: $p.goal, partitions: [$o["table:system"].parts[] | {number, name, type_uuid, uuid, start_bytes, size_bytes}]}
		| .partitions[0].signatures = [{type: "vfat", usage: "filesystem", uuid: "ABCD-1234"}]
		| .partitions[1].signatures = [{type: "ext4", usage: "filesystem", uuid: $o["image:root"].uuid}]
		| .partitions[1].compared = $compared' <<<"$ANSWER")
	machine "$MAC1" S1 ".disks[0] += $disk"
}

# What was measured: 2 of 4 chunks are the same.
half()
{
	operator /node/node-1/plan
	jq -c '[{list_hash: (.plan.ops[] | select(.id == "image:root") | .params.list_hash), chunks: 4, same: 2, fetch_bytes: 1000000, write_bytes: 2097152}]' <<<"$ANSWER"
}

image()
{
	operator /node/node-1/plan
	json ".image.$1"
}

first_deploy()
{
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "a blank machine gets the whole image" "$(image reimage)" full
	is "all of it is written" "$(image write_bytes)" 4194304
	check "it becomes ready" agent_to_ready a
	is "it is ready" "$(state node-1)" ready
}

# NAME DEPLOY-ARGUMENT...: asks for a deploy; the agent comes up and has measured
again()
{
	local own
	own=$(own_machine "$(half)")
	fulcrum deploy node-1 "$@" >/dev/null || return 1
	agent_boot a ram
	agent_hello a "$own"
}

differential()
{
	check "a ready node is deployed again" again
	is "it is approved at once" "$(state node-1)" approved
	is "only what differs is moved" "$(image reimage)" differential
	is "so much is fetched" "$(image fetch_bytes)" 1000000
	is "so much is written" "$(image write_bytes)" 2097152
	contains "the operator reads it in the plan" "$(fulcrum node plan node-1 | tr -s ' \n' ' ')" "2 of 4 chunks differ: 977 KiB to fetch, 2.0 MiB to write"
	check "it becomes ready" agent_to_ready a
}

full()
{
	check "a ready node is deployed again with --full" again --full
	is "it is approved at once" "$(state node-1)" approved
	is "the record says what was asked" "$(operator /node/node-1; json .full)" true
	is "the whole image is written" "$(image reimage)" full
	is "all of it" "$(image write_bytes)" 4194304
	contains "the plan says that less would do" "$(fulcrum node plan node-1 | tr -s ' \n' ' ')" "only 2 of 4 chunks of the image differ from what the disk carries; all are written, as the operator asked"
	check "it becomes ready" agent_to_ready a
	is "the word was for one deploy" "$(operator /node/node-1; json .full)" null
	check "the next one" again
	is "is differential" "$(image reimage)" differential
	check "it becomes ready" agent_to_ready a
}

# The plan that waits was made before the operator said --full.
planned_before()
{
	local own hash full_hash
	own=$(own_machine "$(half)")
	fulcrum deploy node-1 --plan 00000000 >/dev/null
	agent_boot a ram
	agent_hello a "$own"
	is "a plan waits for its approval" "$(state node-1)" planned
	is "it is differential" "$(image reimage)" differential
	hash=$(operator /node/node-1/plan; json .hash)
	check_fails "its hash and --full contradict each other" fulcrum deploy node-1 --full --plan "$hash"
	is "and approve nothing" "$(state node-1)" planned
	is "the other plan is there to be read" "$(image reimage)" full
	full_hash=$(operator /node/node-1/plan; json .hash)
	isnt "it is another plan" "$full_hash" "$hash"
	check_fails "the first one's hash is no longer taken" fulcrum deploy node-1 --plan "$hash"
	agent_boot a ram
	agent_hello a "$own"
	is "an agent that starts again measures again: only the difference" "$(image reimage)" differential
	check "--full alone plans again, and approves that" fulcrum deploy node-1 --full
	is "approved" "$(state node-1)" approved
	is "the whole image" "$(image reimage)" full
	is "what the agent is told to do is that plan" "$(agent_poll a; json .plan_hash)" "$full_hash"
	check "it becomes ready" agent_to_ready a
	check_fails "--full belongs to deploy alone" fulcrum node show node-1 --full
}

main()
{
	api_begin auto
	first_deploy
	differential
	full
	planned_before
	stop_daemon
	tap_end
}

main "$@"
