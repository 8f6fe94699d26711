#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One node's whole life: discovered and held, explained, deployed by its plan, ready, checked again; broken, found out,
# deployed again; all that is known of it in a bundle; given back, bound again, forgotten, and seen as a new one.

# shellcheck source=tests/vm/installed.sh
source "${BASH_SOURCE[0]%/*}/../installed.sh"

ADDRESS=192.168.124.81
LABEL=m-525400fc0011

on_node()
{
	vm_ssh_node "$ADDRESS" "$@"
}

# COMMAND...: prints what it said and its exit code, whatever it is
said_by_admin()
{
	local status=0
	SSH_DEADLINE=$((240 * VM_SLOW)) vm_ssh_admin "$@" 2>&1 || status=$?
	printf 'exit %d\n' "$status"
}

discover()
{
	vm_mark node
	vm_start node
	node_until node-1 planned 240
}

test_held()
{
	local said
	is "its way so far" "$(node_way node-1)" "hello>discovered bound>bound planned>planned"
	contains "it says which rule bound it" "$(vm_ssh_admin fulcrum explain node-1)" "profile server, $ADDRESS on 52:54:00:fc:00:11, by rule 1"
	said=$(vm_ssh_admin fulcrum node plan node-1)
	note "$said"
	contains "its plan names the disk" "$said" FULCRUM-NODE-1
	check "nothing was written to it" disk_is_blank "$(vm_disk_file node 0)"
	# the very command that the plan ends with
	DEPLOY=$(sed -n 's/.*\(fulcrum deploy node-1 --plan [0-9a-f]*\).*/\1/p' <<<"$said")
	isnt "and tells how to approve it" "$DEPLOY" ""
}

test_good()
{
	local said
	is "it has its name" "$(on_node hostname -s)" node-1
	said=$(said_by_admin fulcrum verify node-1)
	note "$said"
	contains "checked again, it is as declared" "$said" "1 of 1 as declared"
	is "which the exit code says" "$(tail -n 1 <<<"$said")" "exit 0"
}

# A service that fails, another name, and a service without which the clock stands alone.
test_drift()
{
	local said
	must "somebody breaks it" on_node 'printf "[Service]\nExecStart=/bin/false\n" >/etc/systemd/system/broken.service
		systemctl start broken.service; hostname other; systemctl stop chrony; touch /root/drift; sync'
	said=$(said_by_admin fulcrum verify node-1)
	note "$said"
	is "verify says it by its exit code" "$(tail -n 1 <<<"$said")" "exit 10"
	contains "and what it is" "$said" "node-1 is drifted"
	contains "the service" "$said" "failed: broken.service"
	contains "the name" "$said" "wanted node-1, seen other"
	contains "the clock" "$(grep clock <<<"$said")" "seen"
	check "it goes on running" on_node test -e /root/drift
	is "its state stays with it" "$(node_says node-1 | head -n 1)" drifted
}

test_again()
{
	local line
	line=$(vm_events node "t=image who=agent mode=diff")
	isnt "only what differs was written" "$line" ""
	note "$line"
	check "that is less than half of the image" test "$(event_value "$line" moved)" -lt $(($(event_value "$line" chunks) / 2))
	is "nothing of what was broken is left" "$(on_node 'ls /root/drift /etc/systemd/system/broken.service 2>/dev/null; hostname')" node-1
}

test_bundle()
{
	local file=$RUN_DIR/node-1.tar dir=$RUN_DIR/bundle names secret key
	vm_ssh_admin fulcrum bundle node-1 >"$file"
	mkdir -p -- "$dir"
	check "the bundle is a tar file" tar -xf "$file" -C "$dir"
	dir=$dir/fulcrum-node-1
	names=$(cd "$dir" && find . -type f | sort)
	note "$names"
	contains "it begins with a summary" "$(<"$dir/README")" "node-1"
	is "it has the inventory" "$(jq -r .system.serial "$dir/machine.json")" QEMU-0001
	contains "every event" "$(<"$dir/events")" "checking + checks_bad -> drifted"
	contains "the plan that is installed" "$(cat "$dir"/plan-*.txt)" FULCRUM-NODE-1
	contains "the checks" "$(cat "$dir"/checks-*.json)" "host name"
	contains "what agents in memory said" "$(cat "$dir"/boots/*)" "Linux version"
	contains "and the system's journal" "$(cat "$dir"/boots/*)" "systemd"
	contains "the site file" "$(<"$dir/site.json")" NOBODY-HAS-IT
	key=$(vm_ssh_admin cat /data/fulcrum/site.key)
	isnt "the site has a key" "$key" ""
	secret=$(on_node cat /etc/fulcrum/node.key)
	isnt "the node has one" "$secret" ""
	for secret in "$INSTALLED_PASSPHRASE" "$key" "$secret" "PRIVATE KEY"; do
		check_fails "a secret is not in it (${#secret} characters)" grep -rqF -e "$secret" "$dir"
	done
}

test_release()
{
	local said
	vm_mark admin
	vm_mark node
	contains "it is given back" "$(vm_ssh_admin fulcrum node release node-1)" "is released"
	is "its names and leases are free" "$(vm_ssh_admin 'ls /run/fulcrum/dhcp.d /run/fulcrum/hosts.d | grep node-1' || true)" ""
	must "it restarts" vm_wait_event node 120 "t=qemu event=RESET"
	must "into the agent, and stays what it is" vm_wait_event admin 240 "t=event who=admin event=hello to=released"
	said=$(vm_ssh_admin fulcrum node list -o json)
	is "it has no address" "$(jq -r '.nodes[0].address' <<<"$said")" null
	RELEASED=$(disk_digest "$(vm_disk_file node 0)")
	vm_mark admin
	said=$(vm_ssh_admin fulcrum node rebind "$LABEL")
	note "$said"
	contains "it is bound again" "$said" "node-2 is "
	is "and held" "$(node_says node-2 | head -n 1)" planned
}

test_forgotten()
{
	local said
	vm_mark admin
	vm_ssh_admin fulcrum node delete node-2
	check_fails "it is forgotten" vm_ssh_admin fulcrum node show node-2
	must "it comes again, as a new one" vm_wait_event admin 120 "t=event who=admin event=hello to=discovered"
	said=$(vm_ssh_admin fulcrum node list -o json)
	is "the only one" "$(jq -r '.nodes | length' <<<"$said")" 1
	is "with nothing of before" "$(jq -r '.nodes[0].installed // 0' <<<"$said")" 0
	note "$(vm_ssh_admin fulcrum node list)"
	is "since it was given back its disk is as it was" "$(disk_digest "$(vm_disk_file node 0)")" "$RELEASED"
	check "the admin node is green" vm_ssh_admin fulcrum status
}

main()
{
	need_program jq
	LINE_ON_STAGE=line_note_stage
	vm_run_begin life
	installed_admin
	node_machine node 1
	must "the admin node is up" installed_up
	must "a machine is discovered, bound and planned" discover
	test_held
	must "it is deployed, to ready" node_to_ready "$ADDRESS" "$DEPLOY"
	test_good
	test_drift
	vm_mark node
	must "it is deployed again, to ready" node_to_ready "$ADDRESS" "fulcrum deploy node-1"
	test_again
	test_bundle
	test_release
	test_forgotten
	tap_end
}

main "$@"
