#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A node with BIOS: over the network, by its card's own ROM, to the agent; deployed, it starts from its own disk, and is ready. Later
# it starts from that disk again, by way of the network and, when the admin node is off, without.

# shellcheck source=tests/vm/installed.sh
source "${BASH_SOURCE[0]%/*}/../installed.sh"

ADDRESS=192.168.124.81

bios_site()
{
	site_with '{ when: {}, bind: { profile: server, name: "node-{seq}" } }' | sed 's/^    layout: \[ { esp: 256M }, { root/    layout: [ { bios: 1M }, { esp: 256M }, { root/'
}

test_node()
{
	check "it runs with BIOS" vm_ssh_node "$ADDRESS" test ! -e /sys/firmware/efi
	is "it has its name" "$(vm_ssh_node "$ADDRESS" hostname -s)" node-1
	is "its inventory says BIOS" "$(vm_ssh_admin fulcrum node show node-1 -o json | jq -r .machine.firmware)" bios
	contains "its way was the straight one" "$(node_way node-1)" \
		"planned>planned deploy>planned approved>approved claimed>deploying applied>deployed disk_hello>verifying checks_ok>ready"
	note "$(vm_ssh_admin fulcrum verify node-1 || true)"
}

# As after a power cut.
test_again()
{
	local from
	vm_kill node
	vm_mark admin
	vm_start node
	must "switched on, it starts from its disk again" vm_wait_event admin 300 "t=event who=admin node=node-1 event=disk_hello to=ready" "t=event who=admin node=node-1 event=hello"
	vm_kill node
	vm_kill admin
	from=$(vm_console_size node)
	vm_start node
	must "and without an admin node, too" vm_expect node 400 "node-1 login:" "$from"
}

main()
{
	need_program jq
	LINE_ON_STAGE=line_note_stage
	vm_run_begin node-bios
	installed_admin
	node_machine node 1 bios
	must "the admin node is up" installed_up
	bios_site >"$RUN_DIR/bios.yaml"
	check "the site has a layout for BIOS" give_site "$RUN_DIR/bios.yaml"
	vm_mark admin
	vm_start node
	must "a machine with BIOS is discovered, bound and planned" node_until node-1 planned 240
	must "it is deployed, to ready" node_to_ready "$ADDRESS" "fulcrum deploy node-1"
	test_node
	test_again
	tap_end
}

main "$@"
