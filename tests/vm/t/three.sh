#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Three nodes at a time: one whose clock says 2001, one that loses power in the middle of its deploy, one whose disk
# carries an array and a volume group of somebody else's. Each becomes ready, and what stops one stops no other.

# shellcheck source=tests/vm/installed.sh
source "${BASH_SOURCE[0]%/*}/../installed.sh"

NODES=(late cut full)

rule()
{
	printf '{ when: { serial: QEMU-000%d }, bind: { profile: server, name: %s } }' "$1" "$2"
}

# What lies on the third one's disk is made by a machine that knows nothing of the site.
foreign_disk()
{
	local file
	vm_rescue maker 1024
	file=$(vm_disk_file maker 0)
	truncate -s "$LINE_NODE_DISK" -- "$file"
	sfdisk -q -- "$file" <<<$'label: gpt\nstart=4MiB, size=1500MiB, type=R\nstart=1600MiB, size=2000MiB, type=V'
	vm_disk maker virtio FOREIGN "$LINE_NODE_DISK"
	vm_start maker
	vm_shell maker 120 'set -e; export DM_DISABLE_UDEV=1
		mdadm --create /dev/md/old-mirror --run --quiet --homehost=any --metadata=1.2 --level=1 --raid-devices=2 /dev/vda1 missing
		mke2fs -q -t ext4 -L old-home /dev/md/old-mirror
		mdadm --stop --quiet /dev/md/old-mirror
		lvm vgcreate old-group /dev/vda2
		lvm lvcreate -y -Wn -L 300M -n accounts old-group
		mke2fs -q -t ext4 -L accounts /dev/mapper/old--group-accounts
		lvm vgchange -an old-group; sync' >"$RUN_DIR/foreign.txt" 2>&1 || { WAIT_ERROR=$(<"$RUN_DIR/foreign.txt"); return 1; }
	vm_kill maker
	mv -- "$file" "$(vm_disk_file full 0)"
}

machines()
{
	local n=0 name
	for name in "${NODES[@]}"; do
		n=$((n + 1))
		if [[ $name == full ]]; then
			mkdir -p -- "$RUN_DIR/full"
			foreign_disk || return 1
		fi
		node_machine "$name" "$n"
	done
	vm_clock late 2001-01-01
}

rules_for_all()
{
	site_with "$(rule 1 late)" "$(rule 2 cut)" "$(rule 3 full)" >"$RUN_DIR/rules.yaml"
	give_site "$RUN_DIR/rules.yaml"
}

discover_all()
{
	local name
	for name in "${NODES[@]}"; do
		vm_start "$name"
	done
	node_until late planned 500 && node_until cut planned 300 && node_until full bound 300
}

test_foreign_refused()
{
	local said status=0
	said=$(node_says full)
	note "$said"
	is "what carries something is not planned" "$(head -n 1 <<<"$said")" bound
	contains "it names the group" "$said" "old-group"
	contains "and the array" "$said" "old-mirror"
	contains "and what to say for it" "$said" "--wipe SERIAL"
	FOREIGN=$(disk_digest "$(vm_disk_file full 0)")
	said=$(vm_ssh_admin fulcrum deploy full 2>&1) || status=$?
	is "a deploy without consent is refused" "$status" 5
	contains "with the same names" "$said" "old-group"
	said=$(vm_ssh_admin fulcrum deploy full --wipe FULCRUM-NODE-1 2>&1) && status=0 || status=$?
	is "another disk's serial is none" "$status" 5
}

# The one loses power when it has written a part of its image; nobody helps the other.
test_power_loss()
{
	local said
	vm_mark admin
	vm_mark cut
	must "the two without an obstacle are deployed together" vm_ssh_admin fulcrum deploy --all
	must "one begins" node_until cut deploying 120
	must "and writes" vm_wait_event cut 240 "t=step who=agent id=image*" "t=error"
	vm_mark cut
	must "and goes on" vm_wait_event cut 240 "t=step who=agent id=image*" "t=error"
	vm_kill cut
	note "power lost after: $(vm_events cut "t=step who=agent" | tail -n 1)"
	must "the other one is deployed meanwhile" node_until late deployed 500 "t=event who=admin node=late to=failed"
	vm_start cut
	must "the one that lost power is failed when it comes back" node_until cut failed 300
	said=$(node_says cut)
	note "$said"
	contains "with its cause" "$said" "deploy was interrupted: the agent started again before the end was reported"
	contains "and a way on" "$said" "fulcrum deploy cut"
	must "the other one is ready meanwhile" node_until late ready 600 "t=event who=admin node=late to=failed"
}

test_all_ready()
{
	local status=0
	is "nothing was written to the foreign disk so far" "$(disk_digest "$(vm_disk_file full 0)")" "$FOREIGN"
	vm_mark admin
	vm_ssh_admin fulcrum deploy cut || status=$?
	is "the one that lost power is deployed again, without consent: what is there is ours" "$status" 0
	status=0
	vm_ssh_admin fulcrum deploy full --wipe FULCRUM-NODE-3 || status=$?
	is "with its serial the foreign disk is taken" "$status" 0
	note "$(vm_ssh_admin fulcrum node plan full)"
	must "the one that lost power is ready" node_until cut ready 900 "t=event who=admin node=cut to=failed"
	must "the one with the foreign disk is ready" node_until full ready 900 "t=event who=admin node=full to=failed"
}

# NAME: what is true on it
test_node()
{
	local name=$1 address here there
	address=$(node_has_address "$name")
	is "$name: has its name" "$(vm_ssh_node "$address" hostname -s)" "$name"
	there=$(vm_ssh_node "$address" date +%s)
	here=$(vm_ssh_admin date +%s)
	note "$name: its clock is $there, the admin node's $((here - there)) s later"
	# logging in to both lies between
	check "$name: its clock is right" test $((here - there)) -lt $((60 * VM_SLOW)) -a $((here - there)) -gt -5
}

test_ways()
{
	contains "late: went straight" "$(node_way late)" \
		"planned>planned deploy>planned approved>approved claimed>deploying applied>deployed disk_hello>verifying checks_ok>ready"
	lacks "late: never failed" "$(node_way late)" failed
	contains "cut: was interrupted, and went on" "$(node_way cut)" "claimed>deploying hello>failed deploy>bound"
	lacks "full: never failed" "$(node_way full)" failed
	isnt "late: came with a clock of 2001, which was set" "$(vm_events late "t=stage who=agent stage=clock text=*set*")" ""
	is "full: nothing of the foreign group or array is left" \
		"$(vm_ssh_node "$(node_has_address full)" "lsblk -rno FSTYPE | grep -cE 'LVM2_member|linux_raid_member'" || true)" 0
	note "$(vm_ssh_admin fulcrum node list)"
	check "the admin node is green" vm_ssh_admin fulcrum status
}

main()
{
	local name
	need_program jq sfdisk
	vm_run_begin three
	installed_admin
	must "a disk with a foreign array and group is made" machines
	must "the admin node is up" installed_up
	must "each machine gets a rule of its own" rules_for_all
	vm_mark admin
	must "all three are discovered" discover_all
	test_foreign_refused
	test_power_loss
	test_all_ready
	for name in "${NODES[@]}"; do
		test_node "$name"
	done
	VM_MARK[late]=0
	test_ways
	tap_end
}

main "$@"
