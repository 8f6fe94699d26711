#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A node that no rule binds waits; then somebody plugs a cable into its second port, and the switch at the other end says who it
# is. That decides: the first rule that asks for such a switch binds the node, which is neither restarted nor written to.

# shellcheck source=tests/vm/installed.sh
source "${BASH_SOURCE[0]%/*}/../installed.sh"
# shellcheck source=tests/vm/lldp.sh
source "${BASH_SOURCE[0]%/*}/../lldp.sh"

LABEL=m-525400fc0011

two_ports()
{
	node_machine node 1
	# a cable of its own
	vm_nic_switch node 52:54:00:fc:02:11 1
}

rules()
{
	site_with '{ when: { neighbour: "sw-rack-7" }, bind: { profile: server, name: "rack7-{seq}" } }' \
		'{ when: { neighbour: "sw-rack-*" }, bind: { profile: server, name: "rack-{seq}" } }'
}

# SWITCH PORT NODE: it speaks as switches do, again and again, until the node is bound
decided_by()
{
	local i
	vm_mark admin
	for ((i = 0; i < 20; i++)); do
		switch_speaks "$1" "$2" 1
		! node_until "$3" planned 3 || return 0
	done
	return 1
}

main()
{
	local said
	need_program jq socat
	vm_run_begin plugged
	installed_admin
	two_ports
	must "the admin node is up" installed_up
	rules >"$RUN_DIR/rules.yaml"
	check "its rules ask for neighbours" give_site "$RUN_DIR/rules.yaml"
	vm_mark admin
	vm_start node
	vm_cable node net1 false
	must "the node is discovered" vm_wait_event admin 240 "t=event who=admin to=discovered"
	is "and waits" "$(node_says "$LABEL" | head -n 1)" discovered
	said=$(vm_ssh_admin fulcrum explain "$LABEL" || true)
	note "$said"
	contains "because no rule is for it, which says what it lacks" "$said" "no port hears a switch named sw-rack-7"
	vm_mark node
	vm_cable node net1 true
	must "a cable and its switch decide" decided_by sw-rack-7 Gi1/0/7 rack7-1
	said=$(vm_ssh_admin fulcrum explain rack7-1 || true)
	note "$said"
	contains "by the first rule" "$said" "by rule 1 of"
	is "the inventory names the switch and its port" \
		"$(vm_ssh_admin fulcrum node show rack7-1 -o json | jq -r '[.machine.nics[] | select(.neighbour) | .neighbour + " " + .neighbour_port] | join(",")')" \
		"sw-rack-7 Gi1/0/7"
	contains "and its history that it came" "$(vm_ssh_admin fulcrum node history rack7-1)" sw-rack-7
	is "the machine was not restarted for it" "$(vm_events node "t=qemu event=RESET")$(vm_events node "t=boot")" ""
	check "nor was anything written" disk_is_blank "$(vm_disk_file node 0)"
	tap_end
}

main "$@"
