#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The whole life of one node, from its first hello to ready, deployed again, and what it is told on the way.

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

boots()
{
	ask agent "/boot/grub/$1"
	grep -oE 'fulcrum.mode=agent|chainloader' <<<"$ANSWER" | head -n 1 || echo nothing
}

events()
{
	operator "/node/$1/events"
	json '[.events[] | .event + ">" + .to] | join(" ")'
}

first_deploy()
{
	is "an unknown adapter boots the agent" "$(boots "$MAC1")" fulcrum.mode=agent
	agent_boot a ram
	agent_hello a "$(machine "$MAC1" S1)"
	is "a hello is welcome" "$STATUS" 200
	is "the site's key signs the answer" "$GOOD_SIGN" yes
	is "it is bound, planned and held for approval" "$(json .state)" planned
	is "it has its name" "$(json .node)" node-1
	is "a planned node waits" "$(order a)" wait
	operator /node/node-1/plan
	contains "the plan can be read" "$(json .text)" "destroys nothing: the disk is blank"
	contains "the plan says how to approve it" "$(json .text)" "approve with: fulcrum deploy node-1 --plan $(json '.hash[0:8]')"
	check "the operator deploys it by its plan" fulcrum deploy node-1 --plan "$(json '.hash[0:8]')"
	is "it is approved" "$(state node-1)" approved
	is "the agent is told to deploy" "$(order a)" deploy
	is "the order's hash is the plan's" "$(jq -r .plan_hash "$WORK/agent/a/order")" "$(operator /node/node-1; json .plan_hash)"
	agent_claim a
	is "the claim is accepted" "$(json .accepted)" true
	is "it is deploying" "$(state node-1)" deploying
	agent_report a '{"report":"progress","op":"image:root","done":5,"total":10,"percent":50}'
	ask agent /status.json
	is "progress shows in the public status" "$(json '.nodes[0].percent')" 50
	lacks "the public status shows no address" "$ANSWER" 192.168.124.81
	agent_applied a
	is "the end is accepted" "$(json .accepted)" true
	is "it is deployed" "$(state node-1)" deployed
	is "the agent is told to reboot" "$(order a)" reboot
	is "a deployed node boots its disk" "$(boots "$MAC1")" chainloader
	ask agent "/boot/grub/$MAC1"
	contains "with BIOS it is the first sector of that disk" "$ANSWER" "chainloader +1"
	contains "local boot names the ESP that was made" "$ANSWER" "--fs-uuid --set=root $(operator /node/node-1/plan; json '.plan.ops[] | select(.params.fs == "vfat") | .params.uuid')"
}

first_boot()
{
	agent_boot a disk
	agent_hello a "$DISK_MACHINE"
	is "its own system is welcome" "$STATUS" 200
	is "it is verified" "$(state node-1)" verifying
	is "it is asked for its checks" "$(order a)" check
	is "the checks know its address" "$(jq -r '.checks[] | select(.probe == "address") | .expected' "$WORK/agent/a/order")" 192.168.124.81/24
	agent_checks a
	is "it is ready" "$(state node-1)" ready
	is "a ready node has nothing to do" "$(order a)" wait
	is "dnsmasq gets its lease" "$(cat "$WORK/run/dhcp.d/node-1")" "$MAC1,192.168.124.81,node-1,infinite"
	is "dnsmasq gets its name" "$(cat "$WORK/run/hosts.d/node-1")" "192.168.124.81 node-1.lab.example node-1"
	is "its events tell the whole way" "$(events node-1)" \
		"hello>discovered bound>bound planned>planned deploy>planned approved>approved claimed>deploying applied>deployed disk_hello>verifying checks_ok>ready"
}

# The machine, its disk carrying what was deployed.
own_machine()
{
	machine "$MAC1" S1 ".disks[0] += {table:\"gpt\",table_uuid:\"$(operator /node/node-1/plan; json .plan.goal)\",partitions:[{number:1,name:\"fulcrum-esp\",start_bytes:1048576,size_bytes:1000000,signatures:[{type:\"vfat\"}]}]}"
}

deploy_again()
{
	local before
	before=$(operator /node/node-1; json .attempt)
	check "a ready node is deployed when asked" fulcrum node deploy node-1
	is "it boots the agent now" "$(boots "$MAC1")" fulcrum.mode=agent
	is "its own system is told to reboot" "$(order a)" reboot
	agent_boot a ram
	agent_hello a "$(own_machine)"
	is "planned and approved at once: the operator said so, and the disk is ours" "$(json .state)" approved
	isnt "it is a new attempt" "$(json .attempt)" "$before"
	check "it goes all the way again" agent_to_ready a
	is "it is ready again" "$(state node-1)" ready
	agent_boot a disk
	agent_hello a "$DISK_MACHINE"
	is "a restart leaves it ready" "$(state node-1)" ready
	is "the command shows it" "$(fulcrum node list -o json | jq -r '.nodes[0] | .name + " " + .state')" "node-1 ready"
}

checks_left_out()
{
	check "it is deployed a third time" fulcrum node deploy node-1
	agent_boot a ram
	agent_hello a "$(own_machine)"
	is "the agent is told to deploy" "$(order a)" deploy
	agent_claim a
	agent_applied a
	agent_boot a disk
	agent_hello a "$DISK_MACHINE"
	is "it is asked for its checks" "$(order a)" check
	agent_report a '{"report":"checks","results":[{"name":"address","expected":"x","seen":"x","pass":true}]}'
	is "results that leave checks out, or change what is wanted, make nothing ready" "$(state node-1)" failed
	contains "what was changed is said" "$(operator /node/node-1; json .message)" "address: wanted 192.168.124.81/24, seen x"
	contains "what is missing is said" "$(operator /node/node-1; json .message)" "ssh: wanted yes, seen nothing"
}

main()
{
	api_begin hold
	first_deploy
	first_boot
	deploy_again
	checks_left_out
	stop_daemon
	tap_end
}

main "$@"
