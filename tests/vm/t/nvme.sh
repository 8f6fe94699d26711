#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The admin machine on an NVMe disk, with 768 MiB of memory: installed from the stick, it comes up from that disk with its
# services ready.

# shellcheck source=tests/vm/mainline.sh
source "${BASH_SOURCE[0]%/*}/../mainline.sh"

# NAME FUNCTION
stage()
{
	if "$2"; then
		tap_ok "$1"
	else
		tap_not_ok "$1" "stage '$LINE_FAILED': $LINE_WHY"
		vm_explain admin
	fi
}

main()
{
	LINE_ADMIN_BUS=nvme
	LINE_ADMIN_MB=768
	vm_run_begin nvme
	line_machines
	stage "the stick installs onto NVMe" line_install
	stage "the admin starts from it and its services are ready" line_admin_services
	contains "the system runs from that disk" "$(vm_ssh_admin 'grep /data /proc/mounts')" "/dev/nvme0n1p5"
	vm_kill admin
	tap_end
}

main "$@"
