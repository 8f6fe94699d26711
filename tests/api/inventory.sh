#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whose machine it is when parts were swapped, moved or cloned, and what changed in its inventory.

# shellcheck source=tests/api/lib.sh
source "${BASH_SOURCE[0]%/*}/lib.sh"

MAC3=52:54:00:00:00:03
SOURCES='.sources = [{facts:"system",source:"smbios"},{facts:"memory",source:"sysfs"},{facts:"disks",source:"sysfs"},{facts:"ports",source:"sysfs"},{facts:"memory_modules",source:"smbios"}]'

# MAC SERIAL [JQ-FILTER]: with two modules of memory
whole()
{
	machine "$1" "$2" "$SOURCES | .dimms = [range(2) | {slot:\"A\\(.)\",serial:\"M-$2-\\(.)\",size_bytes:2147483648}] | ${3:-.}"
}

# NAME MACHINE
boot_with()
{
	agent_boot "$1" ram
	agent_hello "$1" "$2"
}

what_changed()
{
	operator "/node/$1/history"
	json '[.changes[] | .what + ": " + (.was // "-") + " > " + (.is // "-")] | join("; ")'
}

history()
{
	boot_with a "$(whole "$MAC1" S1)"
	is "a machine is bound" "$(json .node)" node-1
	is "nothing changed yet" "$(what_changed node-1)" ""
	is "the command says so" "$(fulcrum node history node-1)" "nothing has changed since it was first seen"
	boot_with a "$(whole "$MAC1" S1 '.nics[0].link = false | .dimms[1:] = []')"
	is "the same machine with a module less" "$(json .node)" node-1
	is "which is kept" "$(what_changed node-1)" "memory module A1: 2.0 GiB M-S1-1 > -"
	contains "and shown" "$(fulcrum node history node-1 | tail -n 1 | tr -s ' ')" "memory module A1 2.0 GiB M-S1-1 (gone)"
	contains "the node's facts have their sources" "$(fulcrum node show node-1)" "memory_modules smbios"
	agent_send a /agent/hello "$WORK/agent/a/body"
	is "the same hello again changes nothing" "$(what_changed node-1)" "memory module A1: 2.0 GiB M-S1-1 > -"
	check_fails "there is no history of a node that is none" fulcrum node history nobody
}

clock()
{
	local now
	now=$(date +%s)
	agent_boot a ram
	agent_hello a "$(whole "$MAC1" S1 '.dimms[1:] = []')"
	is "a clock that is not said is not known" "$(operator /node/node-1; json '.machine.clock_skew_s // "none"')" none
	agent_boot a ram
	read -r pub _ <"$WORK/agent/a/key"
	jq -cn --arg boot "$(agent_get a boot)" --arg key "$pub" --argjson now "$now" --argjson m "$(whole "$MAC1" S1 '.dimms[1:] = []')" \
		'{life:"ram",boot_id:$boot,key:$key,sent_s:($now - 5000),machine:$m}' >"$WORK/agent/a/body"
	agent_send a /agent/hello "$WORK/agent/a/body"
	check "one that is behind is" test "$(operator /node/node-1; json '.machine.clock_skew_s + 5000 | -60 < . and . <= 0')" = true
	contains "and is shown" "$(fulcrum node show node-1)" "behind the admin node's   (hello)"
}

parts()
{
	boot_with b "$(whole "$MAC2" S2)"
	is "another machine" "$(json .node)" node-2
	boot_with a "$(whole "$MAC1" S1 ".disks[0].serial = \"NEW\"")"
	is "with another disk it is the same" "$(json .node)" node-1
	contains "the change is kept" "$(what_changed node-1)" "; disk D-S1: 5.0 GiB > -; memory module A1: - > 2.0 GiB M-S1-1; disk NEW: - > 5.0 GiB"
	boot_with b "$(whole "$MAC2" S2 '.disks += [.disks[0] + {name:"vdb",path:"/dev/vdb",serial:"NEW"}]')"
	is "that disk in the other chassis: the other" "$(json .node)" node-2
	boot_with a "$(whole "$MAC1" S1)"
	is "and the first with its old one again" "$(json .node)" node-1
}

clones()
{
	boot_with c "$(whole "$MAC3" S3 '.system.serial = "S1" | .system.uuid = "7d1f6f5e-0c3b-4a53-9f0e-525400000001"')"
	is "a clone of the first's numbers is another machine" "$(json .node)" node-3
	contains "its first event says so" "$(operator /node/node-3/events; json '.events[0].text')" \
		"it has system UUID and serial number in common with node-1, and is another machine"
	# Approval is waited for, with no other word: the clone is the message.
	is "and its message" "$(operator /node/node-3; json .message)" \
		"its system UUID and serial number is also that of node-1: it says nothing of which machine this is"
	contains "and that of the first" "$(operator /node/node-1; json .message)" "is also that of node-3"
	boot_with a "$(whole "$MAC1" S1)"
	is "both stay what they are" "$(json .node)" node-1
}

held()
{
	boot_with d "$(whole "$MAC1" '' 'del(.system, .dimms) | .disks = [] | .nics += [.nics[0] + {name:"eth1",mac:"52:54:00:00:00:02"}]')"
	is "two cards of two nodes, and nothing else, could be either" "$STATUS" 409
	contains "the machine is told" "$(json .error)" "parts of node-1 and of node-2"
	is "the operator sees it held" "$(operator /status; json '.held[0].machine')" m-525400000001
	contains "with the reason" "$(fulcrum node list)" "held: m-525400000001: this machine has parts of node-1 and of node-2"
	boot_with b "$(whole "$MAC2" S2)"
	is "others go on" "$(json .node)" node-2
	boot_with a "$(whole "$MAC1" S1)"
	is "once its place is clear it is held no more" "$(operator /status; json '.held // [] | length')" 0
}

main()
{
	api_begin hold
	history
	clock
	parts
	clones
	held
	stop_daemon
	tap_end
}

main "$@"
