#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The whole main line: one stick, one admin machine, one node, no route to anywhere else; and then
# what must hold afterwards: packages from the admin's mirror, a restart that changes nothing, a
# deploy that renews everything, a second install that plans nothing.

# shellcheck source=tests/vm/mainline.sh
source "${BASH_SOURCE[0]%/*}/../mainline.sh"

NODE_ADDRESS=

stage_note()
{
	note "$(printf '%8s s  %s' "$(seconds "$2")" "$1")"
}

on_node()
{
	vm_ssh_node "$NODE_ADDRESS" "$@"
}

# What the firmware lists: one entry of ours, and of a node the network before all.
check_firmware()
{
	local list first
	list=$(on_node efibootmgr)
	is "$1: the firmware lists one entry of ours" "$(grep "^Boot.*[* ] Fulcrum " <<<"$list" | cut -d' ' -f2- | cut -f1)" "Fulcrum $LINE_NODE"
	first=$(sed -n 's/^BootOrder: \([0-9A-F]*\).*/\1/p' <<<"$list")
	contains "$1: and starts from the network first" "$(grep "^Boot$first" <<<"$list")" "/MAC("
	contains "$1: the agent said where it stands" "$(vm_events node "t=note who=agent text=*firmware*")" "after those of the network"
	contains "$1: and the admin node keeps it" "$(vm_ssh_admin fulcrum node events "$LINE_NODE")" "firmware entry Boot"
}

# What must survive a restart, as one text.
node_facts()
{
	# shellcheck disable=SC2016  # for the node's shell
	on_node 'cat /etc/machine-id; blkid -o value -s PTUUID "/dev/$(lsblk -ndo PKNAME "$(findmnt -no SOURCE /)")"; findmnt -no UUID /'
}

node_attempt()
{
	line_node_json | tr -d ' \n' | grep -oE '"attempt":[0-9]+' | head -n 1
}

node_state_is_ready()
{
	vm_ssh_admin fulcrum node list -o json | tr -d ' \n' | grep -E "\"name\":\"$LINE_NODE\"[^}]*\"state\":\"ready\"|\"state\":\"ready\"[^}]*\"name\":\"$LINE_NODE\"" >/dev/null
}

# What listens on the admin machine: "tcp 22", a line each
listening()
{
	vm_ssh_admin netstat -tuln | awk '/^(tcp|udp)/ { n = split($4, a, ":"); print $1, a[n] }' | sort -u -k1,1 -k2n
}

check_admin()
{
	# SSH, names, the mirror and the boot files; names, addresses, the boot loader, time
	is "it listens for what a site needs of it, and for nothing else" "$(listening | paste -sd,)" "tcp 22,tcp 53,tcp 80,udp 53,udp 67,udp 69,udp 123"
	is "the admin's firmware lists one entry of ours" "$(vm_ssh_admin efibootmgr | grep "^Boot.*[* ] Fulcrum " | cut -d' ' -f2- | cut -f1)" \
		"Fulcrum admin.lab.example"
	check "status is green on the admin" vm_ssh_admin fulcrum status
	check "node list says the node is ready" node_state_is_ready
	check_fails "the admin has no default route" vm_ssh_admin 'ip route | grep default'
}

check_node()
{
	local config
	NODE_ADDRESS=$(line_node_address) || NODE_ADDRESS=
	isnt "the node's record has its address" "$NODE_ADDRESS" ""
	check "ssh into the node with the site's key" on_node true
	check_firmware "deployed"
	isnt "its clock of 2001 was set from the admin's" "$(vm_events node "t=stage who=agent stage=clock text=*set*")" ""
	# shellcheck disable=SC2016  # for the node's shell
	is "and the hardware's with it" "$(on_node 'test "$(cat /sys/class/rtc/rtc0/since_epoch)" -ge "$(stat -c %Y /etc/os-release)" && echo yes')" yes
	is "the node has its name" "$(on_node hostname -s)" "$LINE_NODE"
	check "apt-get update, from the admin's mirror alone" on_node apt-get -qq update
	check "a package installs from the admin's mirror" on_node 'DEBIAN_FRONTEND=noninteractive apt-get -qq install -y tree && tree --version'
	config=$(on_node 'cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null; apt-config dump | grep -iE "unauthenticated|insecure"' || true)
	lacks "apt trusts nothing unsigned: sources" "$config" "trusted=yes"
	lacks "apt trusts nothing unsigned: sources in deb822" "$config" "Trusted: yes"
	lacks "apt trusts nothing unsigned: configuration" "$config" 'AllowUnauthenticated "1"'
	lacks "apt trusts nothing insecure" "$config" 'AllowInsecureRepositories "1"'
	contains "apt knows the admin's address" "$config" "192.168.124.10"
	check_fails "the node has no default route" on_node 'ip route | grep default'
	check_fails "nothing outside the site answers the node" on_node 'timeout 10 bash -c "</dev/tcp/10.0.2.2/22" || timeout 10 ping -c 1 -W 3 192.0.2.1'
}

check_restart()
{
	local before after boot_before boot_after attempt_before
	before=$(node_facts)
	boot_before=$(on_node cat /proc/sys/kernel/random/boot_id)
	attempt_before=$(node_attempt)
	isnt "the node's record has its attempt" "$attempt_before" ""
	on_node 'echo kept >/root/marker; sync'
	vm_mark node
	vm_mark admin
	on_node systemctl reboot || true
	check "the node restarts, network first" vm_wait_event node 120 "t=qemu event=RESET"
	check "the node comes back by itself" wait_for_ssh 240
	after=$(node_facts)
	boot_after=$(on_node cat /proc/sys/kernel/random/boot_id)
	isnt "a restart is a new boot" "$boot_after" "$boot_before"
	is "a restart changes neither machine-id nor disk nor file system" "$after" "$before"
	is "a restart is no new attempt" "$(node_attempt)" "$attempt_before"
	is "a restart keeps what was written" "$(on_node cat /root/marker)" "kept"
	is "a restart starts no agent" "$(vm_events node "t=step who=agent")" ""
	is "a restart deploys nothing" "$(vm_events admin "t=event to=deploying")" ""
}

# SECONDS: until the node answers
wait_for_ssh()
{
	local end
	clock
	end=$((NOW_MS + $1 * 1000 * VM_SLOW))
	until SSH_DEADLINE=40 on_node true 2>/dev/null; do
		clock
		((NOW_MS < end)) || return 1
		sleep 1
	done
}

# The node is told by its admin to restart; nobody helps.
redeploy()
{
	local from
	clock
	from=$NOW_MS
	vm_mark admin
	vm_ssh_admin fulcrum deploy "$LINE_NODE" || line_fail "fulcrum deploy" "the command failed" || return 1
	line_node_deploy "$from"
}

# What the node has of its image already is not fetched again. A file system that was in use, was grown, and had a
# package installed differs in some tens of its chunks.
redeploy_differs()
{
	local line
	line=$(vm_events node "t=image who=agent mode=diff")
	isnt "only what differs is written" "$line" ""
	note "$line"
	check "that is less than half of the image" test "$(event_value "$line" moved)" -lt $(($(event_value "$line" chunks) / 2))
}

check_redeploy()
{
	local id_before attempt_before
	id_before=$(on_node cat /etc/machine-id)
	attempt_before=$(node_attempt)
	vm_mark node
	must "the node is deployed again when asked, to ready" redeploy
	redeploy_differs
	vm_forget_node "$NODE_ADDRESS"
	check_firmware "deployed again"
	isnt "a deploy makes a new machine-id" "$(on_node cat /etc/machine-id)" "$id_before"
	check_fails "a deploy leaves nothing of before" on_node test -e /root/marker
	isnt "a deploy is a new attempt" "$(node_attempt)" "$attempt_before"
	check "the node is ready again" node_state_is_ready
}

check_second_install()
{
	local disk before
	disk=$(vm_disk_file admin 0)
	vm_stop node
	vm_ssh_admin poweroff || true
	check "the admin switches itself off" vm_wait_off admin 90
	vm_stop admin
	before=$(disk_digest "$disk")
	vm_boot_order admin stick disk0
	vm_mark admin
	vm_start admin
	check "the stick looks at the installed machine" \
		vm_wait_event admin 180 "t=stage who=install stage=done" "${install_stop[@]}"
	vm_kill admin
	isnt "a second plan is empty" "$(vm_events admin "t=plan who=install ops=none")" ""
	is "a second install has no step to do" "$(vm_events admin "t=step who=install")" ""
	is "a second install writes nothing" "$(disk_digest "$disk")" "$before"
}

main()
{
	LINE_ON_STAGE=stage_note
	vm_run_begin line
	line_machines
	# a battery that is dead
	vm_clock node 2001-01-01
	must "the stick installs the admin machine, unattended" line_install
	must "the admin restarts from its disk and its services are ready" line_admin_services
	must "a blank node is discovered" line_node_discover
	must "the node is bound, planned, deployed and ready" line_node_deploy "$EVENT_MS"
	line_stage "node: power-on to ready" "$T_NODE" "$T_READY"
	line_stage "total: stick power-on to second machine ready" "$T_STICK" "$T_READY"
	check_admin
	check_node
	check_restart
	check_redeploy
	check_second_install
	note "stages:"
	note "$(line_table)"
	tap_end
}

main "$@"
