#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A node that is given back: its system disk, which can nothing by itself, is overwritten; an NVMe disk with content is
# formatted by its own command. What is left of both is read here, outside; the certificate is checked.

# shellcheck source=tests/vm/mainline.sh
source "${BASH_SOURCE[0]%/*}/../mainline.sh"

NVME_MIB=256

fulcrum()
{
	vm_ssh_admin fulcrum "$@"
}

wiped()
{
	vm_wait_event admin 400 "t=event who=admin to=wiping" "t=event who=admin to=unwiped" "t=error who=admin" &&
		vm_wait_event admin 400 "t=event who=admin to=released" "t=event who=admin to=unwiped" "t=error who=admin"
}

# What a plan says of the NVMe disk, before anything.
check_plan()
{
	local text
	text=$(fulcrum wipe "$LINE_NODE" --all-disks)
	note "$text"
	contains "the NVMe disk says that it can be formatted" "$text" "256 MiB: nvme-format"
	contains "the other is overwritten" "$text" "5.0 GiB: overwrite"
	lacks "without --all-disks only the disk that was deployed goes" "$(fulcrum wipe "$LINE_NODE" | grep erase)" nvme
	check_fails "nothing is wiped without the plan's hash" fulcrum wipe "$LINE_NODE" --all-disks --plan 00000000
}

check_certificate()
{
	local said key disks
	disks=$(fulcrum wipe certificate "$LINE_NODE" | jq -r '.wipe | fromjson | .disks[] | .serial + " " + .method + " " + (.tried | length | tostring)')
	contains "the certificate has the system disk" "$disks" "$LINE_NODE_SERIAL overwrite 0"
	contains "and the NVMe disk, by its own command" "$disks" "WIPE-NVME nvme-format 0"
	key=$(fulcrum status -o json | jq -r .admin.site_key)
	said=$(vm_ssh_admin "fulcrum wipe certificate $LINE_NODE >/tmp/certificate; fulcrum wipe verify /tmp/certificate $key")
	note "$said"
	contains "the site's key signed it" "$said" "signed by $key"
	check "it outlives its node" fulcrum node delete m-525400fc0011
	check "and is there still" vm_ssh_admin "fulcrum wipe certificate $LINE_NODE | cmp - /tmp/certificate"
}

main()
{
	local hash
	need_program jq
	LINE_ON_STAGE=:
	vm_run_begin wipe
	line_machines
	head -c "${NVME_MIB}M" /dev/urandom >"$(vm_disk_file node 1)"
	vm_disk node nvme WIPE-NVME "${NVME_MIB}M"
	must "the stick installs the admin machine" line_install
	must "its services are ready" line_admin_services
	must "the node is discovered" line_node_discover
	must "it is deployed and ready" line_node_deploy "$EVENT_MS"
	check_fails "its system disk carries something" disk_is_blank "$(vm_disk_file node 0)"
	check_plan
	hash=$(fulcrum wipe "$LINE_NODE" --all-disks -o json | jq -r .hash)
	vm_mark admin
	check "the operator says wipe" fulcrum wipe "$LINE_NODE" --all-disks --plan "$hash"
	must "the node netboots, its agent claims, erases, reports" wiped
	check_certificate
	vm_kill node
	check "its system disk is zeros from end to end" disk_is_blank "$(vm_disk_file node 0)"
	check "so is the NVMe disk" disk_is_blank "$(vm_disk_file node 1)"
	tap_end
}

main "$@"
