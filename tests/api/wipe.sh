#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Wiping on release: shown, wanted by its plan's hash, claimed once, judged, certified; and what makes no certificate.

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

INSTALLED= # the attempt whose system node-1 has

# The machine with a second disk; the agent says how they may be erased.
wide_machine()
{
	machine "$MAC1" S1 '.disks[0].erase = ["nvme-format", "overwrite"]
		| .disks += [{"name":"vdb","path":"/dev/vdb","serial":"E-S1","bus":"virtio","size_bytes":6442450944,"sector_bytes":512}]'
}

# NAME: what a RAM agent says of the order's disks; JQ-FILTER over the list of disks
wiped_report()
{
	jq -c "{report: \"wiped\", erased: ([.plan | fromjson | .disks[] | {disk: .role, name, serial, size_bytes, method: \"overwrite\", term: \"Clear\",
		tried: [\"nvme-format: exit 1\"], begun_s: 100, ended_s: 200, samples: 768, content: 700, zeros: 768}] | ${2:-.})}" "$WORK/agent/$1/order"
}

# True if a RAM agent that boots is told to wipe.
boots_into_wipe()
{
	agent_boot a ram
	agent_hello a "$(wide_machine)"
	[[ $(order a) == wipe ]]
}

# A RAM agent boots, and is where its wipe is ordered.
boot_to_wipe()
{
	agent_boot a ram
	agent_hello a "$(wide_machine)"
	is "it is still leaving" "$(json .state)" leaving
	is "its agent is told to wipe" "$(order a)" wipe
}

wipe_plan_hash()
{
	fulcrum wipe node-1 "$@" -o json | jq -r '.hash[0:8]'
}

shown_and_refused()
{
	local out
	agent_boot a ram
	agent_hello a "$(wide_machine)"
	check_fails "of a machine that nothing was deployed on no plan says which disks" fulcrum wipe node-1
	check "all its disks can be asked for" fulcrum wipe node-1 --all-disks
	fulcrum deploy node-1 >/dev/null
	check_fails "one that is approved is not wiped" fulcrum wipe node-1
	check "it becomes ready" agent_to_ready a
	INSTALLED=$(operator /node/node-1; json .installed)
	out=$(fulcrum wipe node-1)
	contains "the wipe is shown" "$out" "vda, 5.0 GiB: nvme-format"
	contains "with what it counts as, and what comes after it" "$out" "800-88: Clear); if that fails overwrite"
	contains "and the other disk stays" "$out" "vdb not taken: the node was not deployed on it"
	contains "and how to say yes" "$out" "wipe with: fulcrum wipe node-1 --plan $(wipe_plan_hash)"
	is "nothing happened" "$(state node-1)" ready
	is "it is the same when it is shown again" "$(wipe_plan_hash)" "$(wipe_plan_hash)"
	contains "all disks are another plan" "$(fulcrum wipe node-1 --all-disks)" "erase     vdb, 6.0 GiB: overwrite"
	check_fails "another plan's hash is no consent" fulcrum wipe node-1 --plan 00000000
	check_fails "nor is the hash of all disks for those of the plan" fulcrum wipe node-1 --plan "$(wipe_plan_hash --all-disks)"
	fulcrum node lock node-1 >/dev/null
	check_fails "a locked node is not wiped" fulcrum wipe node-1 --plan "$(wipe_plan_hash)"
	fulcrum node unlock node-1 >/dev/null
	is "it is ready still" "$(state node-1)" ready
}

interrupted()
{
	check "the operator wipes it by its plan" fulcrum wipe node-1 --plan "$(wipe_plan_hash)"
	is "it is leaving" "$(state node-1)" leaving
	is "its own system is told to netboot" "$(order a)" reboot
	crash_daemon
	is "a restart of the daemon forgets nothing" "$(state node-1)" leaving
	boot_to_wipe
	agent_report a '{"report":"claim","plan_hash":"0000000000000000000000000000000000000000000000000000000000000000"}'
	is "a claim of another plan is none" "$(json .accepted)" false
	agent_claim a
	is "the claim is accepted" "$(json .accepted)" true
	agent_report a "{\"report\":\"claim\",\"plan_hash\":\"$(jq -r .plan_hash "$WORK/agent/a/order")\"}" "$(agent_get a seq)"
	is "a repeated claim whose answer was lost is, too" "$(json .accepted)" true
	agent_report a '{"report":"progress","op":"erase:disk0","done":5,"total":10,"percent":50}'
	is "its progress shows" "$(operator /node/node-1; json .percent)" 50
	check_fails "it is not forgotten meanwhile" fulcrum node delete node-1
	agent_boot a ram
	agent_hello a "$(wide_machine)"
	is "an agent that starts again has not wiped" "$(json .state)" unwiped
	contains "and the operator is told" "$(operator /node/node-1; json .message)" "interrupted"
	is "it waits" "$(order a)" wait
	check_fails "there is no certificate" fulcrum wipe certificate node-1
}

# WHAT JQ-FILTER ORDER-BEFORE PATTERN
no_certificate()
{
	fulcrum wipe node-1 --plan "$(wipe_plan_hash)" >/dev/null
	# What its agent saw is old: it starts afresh.
	is "for $1, its agent starts afresh" "$(order a)" "$3"
	check "and is told to wipe" boots_into_wipe
	agent_claim a
	agent_report a "$(wiped_report a "$2")"
	is "$1 is no wipe" "$(json .accepted) $(state node-1)" "false unwiped"
	contains "and why is told" "$(operator /node/node-1; json .message)" "$4"
}

judged()
{
	no_certificate "one that is not told of" '[]' wipe 'disk D-S1 (disk0) is not told of'
	no_certificate "another disk" '.[0].serial = "X"' reboot 'told as another disk'
	no_certificate "a way that was not planned" '.[0].method = "discard" | .[0].term = "none"' reboot 'in a way that the plan does not name'
	no_certificate "what counts as more than it is" '.[0].term = "Purge"' reboot 'said to be erased better'
	no_certificate "what was not sampled" '.[0].samples = 0 | .[0].zeros = 0' reboot 'was not sampled'
	no_certificate "samples of which some are not accounted for" '.[0].zeros = 700' reboot 'was not sampled'
	no_certificate "a disk too many" '. + [.[0] + {disk: "disk7"}]' reboot 'that the plan does not name'
	fulcrum wipe node-1 --plan "$(wipe_plan_hash)" >/dev/null
	check "it is told to wipe once more" boots_into_wipe
	agent_claim a
	agent_report a '{"report":"failed","op":"erase:disk0","error":"no method erased it: nvme-format: exit 1"}'
	is "a wipe that failed" "$(state node-1)" unwiped
	contains "has a cause with a name" "$(operator /node/node-1; json .message)" "erase:disk0: no method erased it: nvme-format: exit 1"
}

certified()
{
	local key hash
	hash=$(wipe_plan_hash)
	check "it is repeated" fulcrum node wipe node-1 --plan "$hash"
	is "an agent that began before starts afresh" "$(order a)" reboot
	boot_to_wipe
	agent_claim a
	agent_report a "$(wiped_report a)"
	is "every disk of the plan, as planned, is a wipe" "$(json .accepted)" true
	agent_report a "$(wiped_report a)" "$(agent_get a seq)"
	is "the report counts once" "$(json .text)" "known already"
	operator "/nodes"
	is "the node is released, its name is free, its system is none" "$(json '.nodes[0] | .state + " " + .name + " " + (.installed | tostring)')" "released m-525400000001 0"
	is "it starts afresh" "$(order a)" reboot
	fulcrum wipe certificate node-1 >"$WORK/cert"
	key=$SITE_KEY
	check "the certificate is good without the daemon" "$BIN/fulcrum" wipe verify "$WORK/cert" "$key"
	"$BIN/fulcrum" wipe verify "$WORK/cert" "$key" >"$WORK/said"
	contains "it names machine and plan" "$(<"$WORK/said")" "machine QEMU q35, serial S1; plan ${hash:0:8}; release test-1"
	contains "the disk" "$(<"$WORK/said")" "disk D-S1  5.0 GiB"
	contains "what erased it" "$(<"$WORK/said")" "overwrite: every sector written with zeros; NIST SP 800-88: Clear; 100 s"
	contains "what was sampled" "$(<"$WORK/said")" "768 places sampled: 700 had content, 0 could not be read; afterwards 768 zeros"
	contains "and what failed before it" "$(<"$WORK/said")" "failed before: nvme-format: exit 1"
	is "one disk of the two" "$(jq -r '.wipe | fromjson | .disks | length' "$WORK/cert")" 1
	is "with the seed of its samples" "$(jq -r '.wipe | fromjson | .seed | length' "$WORK/cert")" 32
}

forged()
{
	local key status=0
	key=$SITE_KEY
	jq -c '.wipe |= sub("D-S1"; "D-S2")' "$WORK/cert" >"$WORK/forged"
	"$BIN/fulcrum" wipe verify "$WORK/forged" "$key" >"$WORK/said" 2>&1 || status=$?
	is "a changed one is refused" "$status" 13
	status=0
	"$BIN/fulcrum" wipe verify "$WORK/cert" "${key//[0-9]/a}" >"$WORK/said" 2>&1 || status=$?
	is "so is one of another key" "$status" 13
	status=0
	"$BIN/fulcrum" wipe verify "$WORK/data/site.yaml" "$key" >"$WORK/said" 2>&1 || status=$?
	is "what is none is none" "$status" 3
	fulcrum report >"$WORK/report"
	status=0
	"$BIN/fulcrum" wipe verify "$WORK/report" "$key" >"$WORK/said" 2>&1 || status=$?
	is "nor is another text that the key signed" "$status" 3
}

afterwards()
{
	agent_boot a ram
	agent_hello a "$(wide_machine)"
	is "the machine comes back as released" "$(json .state)" released
	agent_boot a disk
	printf '%s' "$INSTALLED" >"$WORK/agent/a/attempt"
	agent_hello a "$DISK_MACHINE"
	contains "a system that comes from a disk that was not there is not its own" "$(json .error)" "deployed by attempt"
	check "it is forgotten" fulcrum node delete m-525400000001
	fulcrum wipe certificate node-1 >"$WORK/later"
	is "its certificate stays" "$(<"$WORK/cert")" "$(<"$WORK/later")"
	is "it is found by what the machine was called without a name, too" "$(fulcrum wipe certificate m-525400000001 | jq -r .signature)" "$(jq -r .signature "$WORK/cert")"
	is "and listed" "$(fulcrum wipe list -o json | jq -r '.wipes | length')" 1
	crash_daemon
	is "a restart of the daemon keeps it" "$(fulcrum wipe list -o json | jq -r '.wipes[0].node')" node-1
}

taken_back()
{
	agent_boot b ram
	agent_hello b "$(machine "$MAC2" S2)"
	check "a wipe of all disks is wanted" fulcrum wipe m-525400000002 --all-disks --plan "$(fulcrum wipe m-525400000002 --all-disks -o json | jq -r .hash)"
	is "its agent, which has written nothing, is told at once" "$(order b)" wipe
	check "before it is claimed it can be taken back" fulcrum node release node-2
	agent_claim b
	is "then there is nothing to claim" "$(json .accepted)" false
}

main()
{
	api_begin hold
	shown_and_refused
	interrupted
	judged
	certified
	forged
	afterwards
	taken_back
	stop_daemon
	tap_end
}

main "$@"
